"""The quality rules. Each looks at one variable's observations and says which rows it fires on; it changes nothing.

A rule is registered once with :func:`rule`; the dictionary hangs it on variables and gives its parameters. What the
rules were measured to do on real series is in docs/methods/quality.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzeco_lib.errors import N_
from gzeco_lib.variables.batch import Batch, Part
from gzeco_lib.variables.copies import copied
from gzeco_lib.variables.dictionary import get
from gzeco_lib.variables.runs import improbable_runs

Mask = NDArray[np.bool_]
Check = Callable[..., Mask]


@dataclass(frozen=True)
class Rule:
    """One quality rule: its title, whether it makes a value unusable, the sentence that reports it, and its test."""

    name: str
    title: str  # message id
    invalid: bool
    sentence: str
    check: Check


REGISTRY: dict[str, Rule] = {}


def rule(name: str, title: str, invalid: bool, sentence: str) -> Callable[[Check], Check]:
    """Register a rule ``check(part, batch, **parameters) -> mask``."""

    def register(check: Check) -> Check:
        REGISTRY[name] = Rule(name, title, invalid, sentence, check)
        return check

    return register


@rule(
    "sentinel",
    N_("code for missing"),
    True,
    N_("{site} {variable}: {n} values are codes for missing such as {value} ({first} to {last})"),
)
def sentinel(part: Part, batch: Batch) -> Mask:
    """A code that stands for "missing": outside the plausible range, or inside it and far off both neighbours."""
    variable = get(part.code)
    low, high = variable.plausible
    coded = np.isin(np.round(part.value, 4), variable.sentinels)
    outside = (part.value < low) | (part.value > high)
    before, after = part.back(1), part.back(-1)
    with np.errstate(invalid="ignore"):
        alone = ~(np.abs(part.value) < 3 * np.abs(before)) & ~(np.abs(part.value) < 3 * np.abs(after))
    known = ~(np.isnan(before) & np.isnan(after))
    return coded & (outside | (alone & known))


@rule(
    "range",
    N_("outside the plausible range"),
    True,
    N_(
        "{site} {variable}: {n} values outside {low} to {high} {unit}, for example {value} ({first} to {last})"
    ),
)
def outside_range(part: Part, batch: Batch) -> Mask:
    """Outside what can have been measured."""
    low, high = get(part.code).plausible
    return ~((part.value >= low) & (part.value <= high))


@rule(
    "duplicate",
    N_("repeated time"),
    True,
    N_("{site} {variable}: {n} rows repeat the time of another row ({first} to {last})"),
)
def duplicate(part: Part, batch: Batch) -> Mask:
    """The same time twice: later repeats of an equal value, and every row where the values disagree."""
    same = np.zeros(len(part), dtype=bool)
    same[1:] = (part.series[1:] == part.series[:-1]) & (part.time[1:] == part.time[:-1])
    if not same.any():
        return same
    group = np.cumsum(~same) - 1
    differs = np.zeros(group[-1] + 1, dtype=bool)
    differs[group[1:][same[1:] & (part.value[1:] != part.value[:-1])]] = True
    return same | differs[group]


@rule(
    "copied_series",
    N_("copy of another site"),
    True,
    N_("{site} {variable}: {n} values are the same as another site's at the same times ({first} to {last})"),
)
def copied_series(part: Part, batch: Batch, hours: float = 18) -> Mask:
    """A stretch of at least ``hours`` steps equal to another site's, with enough change not to be chance."""
    return copied(part, int(hours))


@rule(
    "flat_line",
    N_("frozen value"),
    True,
    N_("{site} {variable}: frozen for {n} hours, for example at {value} ({first} to {last})"),
)
def flat_line(
    part: Part,
    batch: Batch,
    hours: float = 5,
    repeat: float = 0.25,
    always: float = np.inf,
    small: float = -np.inf,
    large: float = np.inf,
) -> Mask:
    """The same value too many times in a row for a value of its size, above ``small`` and below ``large``.

    ``hours`` is the shortest run that may count, ``always`` the length from which every run does; between them
    :func:`~gzeco_lib.variables.runs.improbable_runs` decides. ``large`` is where a scale saturates.
    """
    runs = improbable_runs(part, int(hours), repeat, always)
    return runs & (part.value > small) & (part.value < large)


@rule(
    "flat_low",
    N_("unchanged near the detection limit"),
    False,
    N_("{site} {variable}: unchanged for {n} hours at the low end of its scale ({value}; {first} to {last})"),
)
def flat_low(
    part: Part, batch: Batch, small: float, hours: float = 5, repeat: float = 0.25, always: float = np.inf
) -> Mask:
    """As flat_line at or below ``small``, where resolution and detection limit make real air stand still too."""
    return improbable_runs(part, int(hours), repeat, always) & (part.value <= small)


@rule(
    "spike",
    N_("lone peak"),
    False,
    N_("{site} {variable}: {n} lone peaks of one hour, for example {value} ({first} to {last})"),
)
def spike(
    part: Part, batch: Batch, step: float, share: float = 0.0, times: float = 4.0, sites: float = 0.2
) -> Mask:
    """One value far above (or below) both neighbours while all around it is calm.

    It stands off both neighbours by more than ``step`` [unit], by ``share`` of the larger of them, and by ``times``
    the largest change between the neighbours two steps either side. An hour at which more than ``sites`` of the
    network (3 sites or more) peak together is weather or fireworks, not an instrument.
    """
    b2, b1, a1, a2 = part.back(2), part.back(1), part.back(-1), part.back(-2)
    above, below = part.value - np.maximum(b1, a1), np.minimum(b1, a1) - part.value
    off = np.maximum(above, below)
    calm = np.fmax(np.fmax(np.abs(b1 - b2), np.abs(a1 - a2)), np.abs(a1 - b1))
    with np.errstate(invalid="ignore"):
        found = (off > step) & (off > times * calm) & (off > share * np.fmax(np.abs(b1), np.abs(a1)))
    return found & ~_together(part, found, sites)


def _together(part: Part, found: Mask, sites: float) -> Mask:
    moments, place = np.unique(part.time, return_inverse=True)
    firing = np.bincount(place, weights=found, minlength=len(moments))
    present = np.bincount(place, minlength=len(moments))
    return ((firing >= 3) & (firing > sites * present))[place]


@rule(
    "pm25_gt_pm10",
    N_("PM2.5 above PM10"),
    False,
    N_("{site} {variable}: PM2.5 above PM10 in {n} hours ({first} to {last})"),
)
def pm25_gt_pm10(part: Part, batch: Batch, allow: float = 0.0) -> Mask:
    """PM2.5 is a part of PM10 and cannot exceed it; ``allow`` [ug m-3] leaves room for noise."""
    other = batch.parts.get("PM10" if part.code == "PM2.5" else "PM2.5")
    if other is None or not len(other) or not len(part):
        return np.zeros(len(part), dtype=bool)
    partner = _at_same_place(part, other)
    fine, coarse = (part.value, partner) if part.code == "PM2.5" else (partner, part.value)
    with np.errstate(invalid="ignore"):
        return fine > coarse + allow


def _at_same_place(part: Part, other: Part) -> NDArray[np.float64]:
    """The value of ``other`` at the same site, time and interval; NaN where there is none."""
    span = max(part.time.max(), other.time.max()) - min(part.time.min(), other.time.min()) + 1
    start = min(part.time.min(), other.time.min())
    keys = [(p.site * 64 + np.log2(p.step).astype(np.int64)) * span + (p.time - start) for p in (part, other)]
    order = np.argsort(keys[1], kind="stable")
    place = np.minimum(np.searchsorted(keys[1][order], keys[0]), len(order) - 1)
    hit = order[place]
    return np.where(keys[1][hit] == keys[0], other.value[hit], np.nan)


@rule(
    "gap",
    N_("first value after a gap"),
    False,
    N_("{site} {variable}: {n} gaps of more than the allowed hours before a value ({first} to {last})"),
)
def gap(part: Part, batch: Batch, hours: float = 3) -> Mask:
    """The first value after more than ``hours`` steps without one."""
    result = np.zeros(len(part), dtype=bool)
    result[1:] = (part.series[1:] == part.series[:-1]) & (
        part.time[1:] - part.time[:-1] > (hours + 1) * part.step[1:]
    )
    return result
