"""Seasonal-trend decomposition by loess.

Source: Cleveland, Cleveland, McRae and Terpenning 1990, Journal of Official Statistics 6, 3-73 (procedure
STL); constants of the local fits and their jumps as in the authors' published routine, which R's ``stl`` uses
too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

OUTER, INNER = 15, 1  # of the robust fit


@dataclass(frozen=True)
class Decomposition:
    """Additive parts of a series (n,): their sum is the series."""

    trend: np.ndarray
    seasonal: np.ndarray
    remainder: np.ndarray


def _odd(value: float) -> int:
    whole = round(value)
    return whole + 1 if whole % 2 == 0 else whole


def decompose(values: np.ndarray, period: int = 12, seasonal_window: int = 11) -> Decomposition:
    """Robust decomposition with a seasonal cycle that may change.

    Args:
        values: regular series without gaps (n,), at least two periods.
        period: steps of a cycle.
        seasonal_window: span of the seasonal loess in cycles (odd).
    """
    trend_window = _odd(np.ceil(1.5 * period / (1 - 1.5 / seasonal_window)))
    low_window = _odd(period)
    jumps = [int(np.ceil(window / 10)) for window in (seasonal_window, trend_window, low_window)]
    n = len(values)
    trend, robust = np.zeros(n), None
    seasonal = np.zeros(n)
    for turn in range(OUTER + 1):
        for _ in range(INNER):
            cycle = _cycles(values - trend, period, seasonal_window, jumps[0], robust)
            low = _moving(_moving(_moving(cycle, period), period), 3)
            seasonal = cycle[period:-period] - loess(low, low_window, jumps[2])
            trend = loess(values - seasonal, trend_window, jumps[1], robust)
        if turn < OUTER:
            robust = _bisquare(values - trend - seasonal)
    return Decomposition(trend, seasonal, values - trend - seasonal)


def _bisquare(residual: np.ndarray) -> np.ndarray:
    """Robustness weights; 6 median absolute residuals and more weigh nothing."""
    size = np.abs(residual)
    limit = 6 * np.median(size)
    if limit == 0:
        return np.ones(len(size))
    weight = (1 - np.minimum(size / limit, 1) ** 2) ** 2
    weight[size <= 0.001 * limit] = 1
    weight[size > 0.999 * limit] = 0
    return weight


def _moving(values: np.ndarray, width: int) -> np.ndarray:
    return np.convolve(values, np.full(width, 1 / width), mode="valid")


def _cycles(values: np.ndarray, period: int, window: int, jump: int, robust: np.ndarray | None) -> np.ndarray:
    """Loess of each month's own series, one step beyond either end: shape (n + 2 period,)."""
    made = np.empty(len(values) + 2 * period)
    for phase in range(period):
        own = values[phase::period]
        weight = None if robust is None else robust[phase::period]
        count = len(own)
        inside = loess(own, window, jump, weight)
        before = _fit(own, np.array([-1]), np.array([0]), np.array([min(window, count)]), window, weight)
        after = _fit(
            own, np.array([count]), np.array([max(0, count - window)]), np.array([count]), window, weight
        )
        before = np.where(np.isnan(before), inside[0], before)
        after = np.where(np.isnan(after), inside[-1], after)
        made[phase::period] = np.concatenate([before, inside, after])
    return made


def loess(values: np.ndarray, window: int, jump: int = 1, robust: np.ndarray | None = None) -> np.ndarray:
    """Locally linear fit with tricube weights, evaluated at every ``jump``-th point and the last, linear between."""
    n = len(values)
    if n < 2:
        return values.copy()
    places = np.arange(0, n, min(jump, n - 1))
    if places[-1] != n - 1:
        places = np.append(places, n - 1)
    span = min(window, n)
    left = np.clip(places - (window + 1) // 2 + 1, 0, n - span) if window < n else np.zeros(len(places), int)
    fitted = _fit(values, places, left, left + span, window, robust)
    fitted = np.where(np.isnan(fitted), values[places], fitted)
    return np.interp(np.arange(n), places, fitted)


def _fit(
    values: np.ndarray,
    places: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    window: int,
    robust: np.ndarray | None,
) -> np.ndarray:
    """Local lines at ``places`` from the points ``left``..``right`` (exclusive) each; NaN where no weight is left."""
    n = len(values)
    at = np.arange(n)
    reach = np.maximum(places - left, right - 1 - places).astype(float)
    if window > n:
        reach += (window - n) // 2
    away = np.abs(at - places[:, None])
    reach = np.maximum(reach, 1e-300)[:, None]
    weight = np.where(away <= 0.001 * reach, 1.0, (1 - np.minimum(away / reach, 1) ** 3) ** 3)
    weight[(away > 0.999 * reach) | (at < left[:, None]) | (at >= right[:, None])] = 0
    if robust is not None:
        weight = weight * robust
    total = weight.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = weight / total
        middle = (weight @ at)[:, None]
        spread = (weight * (at - middle) ** 2).sum(axis=1, keepdims=True)
        lean = (places[:, None] - middle) / spread
        tilted = weight * (1 + lean * (at - middle))
    weight = np.where(np.sqrt(spread) > 0.001 * (n - 1), tilted, weight)
    return np.where(total[:, 0] > 0, weight @ values, np.nan)
