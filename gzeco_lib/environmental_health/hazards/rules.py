"""The rules of the grades as data: ``rules.yaml``, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gzeco_lib.safe_yaml import read_yaml
from gzeco_lib.standards import aqhi
from gzeco_lib.standards.facts import load

HAZARDS = ("air", "toxics", "water", "noise")
OVERALL = "overall"
INDICES = ("ilcr", "hi")  # of air toxics
GRADES = (1, 2, 3, 4, 5)
Z90 = 1.2815515655446004  # standard normal quantile of 0.9: intervals are 80 %


@cache
def rules() -> dict[str, Any]:
    """The content of ``rules.yaml``; callers must not change it."""
    return read_yaml(Path(__file__).with_name("rules.yaml"))


def air_uppers(on: Any, form: str) -> np.ndarray:
    """Excess risk [%] up to which grades 1 to 4 hold at UTC ``on``; infinite where a form lacks the band.

    Args:
        on: the hour.
        form: ``"hong_kong"`` or ``"canada"``.
    """
    index = np.arange(1, aqhi.PLUS + 1)
    grade = np.array([rules()["air"]["bands"][band] for band in aqhi.band_of(index, form)])
    above = [index[grade > g] for g in GRADES[:-1]]
    return np.array([aqhi.threshold(int(first[0]), on, form) if len(first) else np.inf for first in above])


def toxic_uppers(index: str) -> list[float]:
    """Values up to which grades 1 to 4 of ``ilcr`` or ``hi`` hold."""
    return [float(upper) for upper in load("toxics")["bands"][index]]


def water_grade(number: ArrayLike) -> np.ndarray:
    """Grade 1..5 of water classes 1..6, NaN for 0 (not known)."""
    table = np.full(7, np.nan)
    for key, grade in rules()["water"]["classes"].items():
        table[int(key)] = grade
    return table[np.asarray(number, dtype=int)]
