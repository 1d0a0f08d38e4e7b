"""What the past tells about an hour: means of a station over stretches of hours, and their covariance in time.

A field with one separable term learns nothing from the past where every station reports (the screening effect); it does
where terms differ in memory, or where a station is silent. Six stretches keep nearly all of it at a hundredth of the
cost of all hours: the hour itself, the two before, the six before those, the same time of day in the last three days
and in the eleven before, and the month.
"""

from __future__ import annotations

import numpy as np

from gzeco_lib.methods.interpolation.space_time import MEMORIES

PAST = 720  # [h] that the longest stretch reaches back
LEAST_SHARE = 0.4  # of its hours that a stretch must have; the month needs 96 h


def _same_time(first: int, last: int) -> np.ndarray:
    return np.concatenate([24 * day + np.array([-1, 0, 1]) for day in range(first, last + 1)])


BEFORE = (
    np.array([0]),
    np.array([1, 2]),
    np.arange(3, 9),
    _same_time(1, 3),
    _same_time(4, 14),
    np.arange(1, PAST),
)
AFTER = (
    np.array([-2, -1]),
    np.arange(-8, -2),
    -_same_time(1, 3),
)  # known when past hours are looked back upon


def stretches(smoothing: bool) -> tuple[np.ndarray, ...]:
    """Lags [h] of each stretch; with ``smoothing`` also those after the hour. The first is the hour itself."""
    return BEFORE + AFTER if smoothing else BEFORE


def means(values: np.ndarray, lags: tuple[np.ndarray, ...]) -> np.ndarray:
    """Mean of ``values`` (time, station) over each stretch (time, station, stretch), NaN where too little is known."""
    known = np.isfinite(values)
    reach = max(int(np.abs(lag).max()) for lag in lags)
    pad = ((reach + 1, reach), (0, 0))
    total = np.cumsum(np.pad(np.where(known, values, 0.0), pad), axis=0)
    count = np.cumsum(np.pad(known.astype(float), pad), axis=0)
    hours = np.arange(len(values)) + reach + 1
    found = np.full((*values.shape, len(lags)), np.nan)
    for column, lag in enumerate(lags):
        runs = np.split(lag, np.flatnonzero(np.diff(lag) != 1) + 1)
        sums, counts = (
            sum(c[hours - run.min()] - c[hours - run.max() - 1] for run in runs) for c in (total, count)
        )
        enough = counts >= max(1.0, LEAST_SHARE * min(len(lag), 240))
        found[..., column] = np.where(enough, sums / np.maximum(counts, 1.0), np.nan)
    return found


def memories(lags: tuple[np.ndarray, ...]) -> np.ndarray:
    """Covariance (memory, stretch, stretch) of the means of a unit process of each memory over complete stretches."""
    found = np.empty((len(MEMORIES), len(lags), len(lags)))
    for one, first in enumerate(lags):
        for other in range(one + 1):
            apart, count = np.unique(np.abs(np.subtract.outer(first, lags[other])), return_counts=True)
            for row, memory in enumerate(MEMORIES):
                value = float(memory.correlation(apart) @ count) / count.sum()
                found[row, one, other] = found[row, other, one] = value
    return found


def level(values: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """The city's level (time,): mean of what stations report, each freed of its lasting ``offset``; NaN where none."""
    known = np.isfinite(values)
    freed = np.where(known, values - offset, 0.0).sum(axis=1)
    count = known.sum(axis=1)
    return np.where(count > 0, freed / np.maximum(count, 1), np.nan)


def offsets(values: np.ndarray, rounds: int = 5) -> np.ndarray:
    """How much each station lies above the level on average (station,): means of a two-way table with gaps."""
    offset = np.zeros(values.shape[1])
    for _ in range(rounds):
        apart = values - level(values, offset)[:, None]
        known = np.isfinite(apart)
        offset = np.where(known, apart, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        offset -= offset.mean()
    return offset
