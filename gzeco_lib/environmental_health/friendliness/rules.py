"""The rules of the index, read once, and what may be asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.safe_yaml import read_yaml

PARTS = ("air", "heat", "noise", "water", "green", "access")
BANDS_FROM = ("moderate", "high", "very_high", "serious")
GROUPS = ("all", "child_0_14", "elder_65", "pregnant", "respiratory", "outdoor_worker")

PART_NAMES = {
    "air": N_("Air"),
    "heat": N_("Heat"),
    "noise": N_("Noise"),
    "water": N_("Water"),
    "green": N_("Green space"),
    "access": N_("Access to services"),
}


@cache
def rules() -> dict[str, Any]:
    """Content of ``rules.yaml``; callers must not change it."""
    found: dict[str, Any] = read_yaml(Path(__file__).with_name("rules.yaml"))
    return found


def default_weights() -> dict[str, float]:
    """The weights of the parts before anybody changed them; they sum to one."""
    return {part: float(rules()["weights"][part]) for part in PARTS}


def points(part: str, on: Any, form: str) -> np.ndarray:
    """Values and scores (point, 2) of ``part`` on UTC ``on``; ``access`` has its own two curves."""
    rule = rules()["parts"][part]
    if part != "air":
        return np.asarray(rule["points"], dtype=float)
    from gzeco_lib.environmental_health.outlook.probability import threshold

    scores = rule["bands"]
    pairs = [(0.0, scores[0])]
    pairs += [(threshold(band, on, form), score) for band, score in zip(BANDS_FROM, scores[1:], strict=True)]
    known = [(value, score) for value, score in pairs if np.isfinite(value)]
    if len(known) < len(
        pairs
    ):  # a form without the worst band: its score is met as far beyond as the last step
        known.append((2 * known[-1][0] - known[-2][0], scores[-1]))
    return np.asarray(known, dtype=float)


def weights_of(weights: Mapping[str, float], group: str) -> dict[str, float]:
    """The weights of the parts for ``group``, summing to one.

    Args:
        weights: of the parts for everybody, 0 or more, of any sum; a part not given weighs 0.

    Raises:
        InputError: for a part or group that does not exist, a negative weight, or weights that are all 0.
    """
    if group not in GROUPS:
        raise InputError(
            N_("there is no group {group}"), "group", N_("use one of: {near}"),
            group=group, near=near(group, GROUPS),
        )  # fmt: skip
    for part, weight in weights.items():
        if part not in PARTS:
            raise InputError(
                N_("the index has no part {part}"), "weights", N_("use one of: {near}"),
                part=part, near=near(part, PARTS),
            )  # fmt: skip
        if not (np.isfinite(weight) and weight >= 0):
            raise InputError(
                N_("the weight {weight} of {part} is not 0 or more"), "weights", N_("give a number of 0 or more"),
                weight=weight, part=part,
            )  # fmt: skip
    factors = rules()["groups"][group]["factors"]
    raw = {part: float(weights.get(part, 0.0)) * float(factors.get(part, 1.0)) for part in PARTS}
    total = sum(raw.values())
    if total <= 0:
        raise InputError(
            N_("all weights of the index are 0"), "weights", N_("give at least one part a weight above 0")
        )
    return {part: value / total for part, value in raw.items()}
