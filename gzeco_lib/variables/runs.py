"""Runs of one repeated value that are too long to be real.

How often a value repeats depends on the instrument's resolution and on the level: whole ug m-3 of SO2 near the
detection limit repeat three hours in four, PM2.5 of 40 one hour in ten. A run of ``n`` equal values therefore counts
as frozen when ``p ** (n - 1)`` times the number of runs at that level (a thousand at least, so that a day's batch is
not judged more harshly than a year's) is below one in a hundred. ``p`` is the share of repeats at that level: counted
in the site's own series without the run itself, drawn towards the network's share at the level, and that towards the
dictionary's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gzeco_lib.variables.batch import Part
from gzeco_lib.variables.dictionary import get

EXPECTED = 1e-2  # runs this long expected by chance at a level in the whole batch
FINE = 30  # levels told apart one by one, in steps of the resolution; above, in steps of a quarter
FEWEST = 1000  # runs at a level that chance is given at least
OWN, NETWORK = 30.0, 50.0  # weights, in observations, of the wider estimate of p


def levels(values: NDArray[np.float64], decimals: int) -> NDArray[np.int64]:
    """Number of the level of each value: the value itself when small, a logarithmic class when large."""
    steps = np.rint(values * 10.0**decimals)
    size = np.abs(steps)
    coarse = FINE + np.floor(np.log(np.maximum(size, FINE) / FINE) / np.log(1.25))
    return (np.sign(steps) * np.where(size < FINE, size, coarse)).astype(np.int64)


def _sums(group: NDArray[np.int64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.bincount(group, weights=weights)


def improbable_runs(part: Part, least: int, repeat: float, always: float = np.inf) -> NDArray[np.bool_]:
    """True on every row of a run of at least ``least`` equal values that chance does not explain.

    Args:
        part: the observations.
        least: shortest run that may count [steps].
        repeat: share of repeats to be expected before any were counted.
        always: a run of so many steps counts whatever the chance.
    """
    if not len(part):
        return np.zeros(0, dtype=bool)
    same = np.zeros(len(part), dtype=bool)
    same[1:] = part.follows[1:] & (part.value[1:] == part.value[:-1])
    run = np.cumsum(~same) - 1
    starts = np.flatnonzero(~same)
    length = np.diff(np.append(starts, len(part))).astype(np.float64)
    level = levels(part.value[starts], get(part.code).decimals)
    _, level = np.unique(level, return_inverse=True)
    _, own = np.unique(part.series[starts] * (level.max() + 1) + level, return_inverse=True)
    repeats = length - 1
    wide = (_sums(level, repeats) + NETWORK * repeat)[level] - repeats
    wide /= (_sums(level, length) + NETWORK)[level] - length
    p = (_sums(own, repeats)[own] - repeats + OWN * wide) / (_sums(own, length)[own] - length + OWN)
    expected = np.log(np.maximum(np.bincount(level)[level], FEWEST)) + repeats * np.log(
        np.clip(p, 1e-6, 1 - 1e-6)
    )
    frozen = (length >= always) | ((length >= least) & (expected < np.log(EXPECTED)))
    return frozen[run]
