"""Covariance of station values in space and time: a sum of separable terms with learnt variances.

``k(i, j, lag) = sum over s, k of v[s, k] S_s(i, j) T_k(lag)``

``S_s`` are exponentials of distance, a nugget and products of covariates; ``T_k`` fade with the lag, some with the hour
of the day. The variances ``v`` are found by non-negative least squares on contrasts within the hour, so that what all
stations share (the city's level) needs no model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from gzeco_lib.methods.interpolation.covariance import MICRO_RANGE

RANGES = (MICRO_RANGE, 1e4, 3e4, 9e4, 2.7e5)  # [m]; the first is the nugget, a structure of short range
DAILY_WIDTH = 0.8  # of the daily kernel, MacKay 1998 (periodic covariance); 0.8 lets neighbouring hours share
LAGS = np.array([0, 1, 2, 3, 4, 6, 9, 12, 15, 18, 21, 24, 30, 36, 48, 72, 96, 120, 168, 240, 336])  # [h]
WEIGHT_AT_ONCE = 3.0  # of lag 0 against every other lag: the field of one hour hangs on it
CLIP = 3.5  # standard deviations at which a spiking value stops to count for more
LEAST_HOURS = 24


@dataclass(frozen=True)
class Memory:
    """Correlation in time ``exp(-lag / hours)``, times a daily periodic kernel where ``daily``; 0 h is white."""

    hours: float
    daily: bool = False

    def correlation(self, lag: np.ndarray) -> np.ndarray:
        """Correlation [1] at ``lag`` [h]."""
        lag = np.abs(np.asarray(lag, dtype=float))
        if self.hours == 0:
            return (lag == 0).astype(float)
        fading = np.exp(-lag / self.hours)
        return fading * np.exp(-2 * np.sin(np.pi * lag / 24) ** 2 / DAILY_WIDTH**2) if self.daily else fading


MEMORIES = (
    Memory(0),
    Memory(3),
    Memory(12),
    Memory(72),
    Memory(72, daily=True),
    Memory(720, daily=True),
    Memory(2000),
)
LASTING = len(MEMORIES) - 1  # what a covariate explains lasts: land does not change from hour to hour
DEFAULT_SHARE = {0: 0.25, 3: 0.75}  # of nugget and 90 km where the history is too short to learn from


def spatial(one: np.ndarray, other: np.ndarray, ranges: np.ndarray) -> np.ndarray:
    """``exp(-distance / range)`` (range, n, m) between points ``one`` (n, 2) and ``other`` (m, 2) [m]."""
    apart = np.hypot(one[:, None, 0] - other[None, :, 0], one[:, None, 1] - other[None, :, 1])
    return np.exp(-apart[None] / ranges[:, None, None].astype(apart.dtype))


def contrasts(values: np.ndarray) -> np.ndarray:
    """Half the mean product of one hour's contrast with that of another: (lag, pair of stations).

    For stations i, j: ``E[(w_i(t) - w_j(t)) (w_i(t - lag) - w_j(t - lag))] / 2``, which is ``k(0, lag) - k(ij, lag)``
    in a stationary field, and blind to what both share.

    Args:
        values: (time, station), NaN where missing.
    """
    known = np.isfinite(values)
    filled, there = np.where(known, values, 0.0), known.astype(float)
    upper = np.triu_indices(values.shape[1], 1)
    found = np.zeros((len(LAGS), len(upper[0])))
    for row, lag in enumerate(LAGS):
        if lag >= len(values):
            continue
        now, then = filled[lag:], filled[: len(filled) - lag]
        both = there[lag:] * there[: len(there) - lag]
        now, then = now * both, then * both
        own, cross = (now * then).T @ both, now.T @ then
        pairs = np.maximum(both.T @ both, 1.0)
        found[row] = ((own + own.T - cross - cross.T) / (2 * pairs))[upper]
    return found


def learn(values: np.ndarray, between: np.ndarray, covariates: np.ndarray) -> np.ndarray:
    """Variances (range and covariate, memory) of the terms from deviations from the city's level.

    Args:
        values: (time, station), NaN where missing.
        between: spatial correlations between the stations (range, station, station).
        covariates: standardised covariates of the stations (station, covariate).

    Returns:
        variances; the default shares of the overall variance with fewer than 24 hours of four stations.
    """
    spread = float(np.nanstd(values)) if np.isfinite(values).any() else 0.0
    found = np.zeros((len(between) + covariates.shape[1], len(MEMORIES)))
    usable = (np.isfinite(values).sum(axis=1) >= 4).sum() >= LEAST_HOURS
    if not usable or spread == 0:
        for row, share in DEFAULT_SHARE.items():
            found[row, 2] = share * (spread**2 or 1.0)
        return found
    came = contrasts(np.clip(values, -CLIP * spread, CLIP * spread))
    upper = np.triu_indices(values.shape[1], 1)
    columns, names = [], []
    for row, matrix in enumerate([*between, *(np.outer(x, x) for x in covariates.T)]):
        own = np.diag(matrix)
        apart = ((own[:, None] + own[None, :]) / 2 - matrix)[upper]
        for column, memory in enumerate(MEMORIES):
            if row < len(between) or column == LASTING:
                columns.append(np.outer(memory.correlation(LAGS), apart).ravel())
                names.append((row, column))
    weight = _weights(came, -np.log(np.clip(between[-1][upper], 1e-9, 1 - 1e-9)))
    variance, _ = nnls(np.array(columns).T * weight[:, None], came.ravel() * weight)
    for (row, column), value in zip(names, variance, strict=True):
        found[row, column] = value
    if found.sum() <= 0:
        found[0, 0] = spread**2
    return found


def _weights(came: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Weights of the contrasts: relative errors count (Cressie 1985, doi:10.1007/BF01032109), lag 0 most.

    The level at a distance is a straight line in its logarithm, so that a pair is not heavy for being small by chance.
    """
    slope = np.polyfit(np.log(distance), came[0], 1) if np.ptp(distance) > 0 else [0.0, came[0].mean()]
    scale = np.maximum(np.polyval(slope, np.log(distance)), 0.2 * came[0].mean() + 1e-12)
    return (np.where(LAGS == 0, WEIGHT_AT_ONCE, 1.0)[:, None] / scale[None, :]).ravel()
