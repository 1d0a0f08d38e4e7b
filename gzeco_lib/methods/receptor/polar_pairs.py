"""Two pollutants against each other, cell by cell of the polar plane: weighted correlation and regression.

Every cell's statistic uses all hours, weighted by Gaussian kernels in wind speed and direction around the
cell (Grange et al. 2016, doi:10.1016/j.atmosenv.2016.09.016; spreads as in openair: 15 over the range of the
speed, 4 over a radian of direction). The robust regression is Huber's M-estimator by iterated weighting
(Huber 1964, doi:10.1214/aoms/1177703732; k = 1.345, scale by the median absolute residual).
"""

from __future__ import annotations

import numpy as np

from gzeco_lib.methods.receptor.polar_bins import Cells

SPEED_SPREAD, DIRECTION_SPREAD = 15.0, 4.0
LEAST_WEIGHT = 0.001  # of the largest: rows below are left out
HUBER, STEPS, CONVERGED = 1.345, 20, 1e-4
MAD = 0.6745


def kernel(
    speed: np.ndarray, direction: np.ndarray, at_speed: np.ndarray, at_direction: np.ndarray, span: float
) -> np.ndarray:
    """Weights (cells, rows) relative to the largest of each cell, 0 where below ``LEAST_WEIGHT``."""
    away = SPEED_SPREAD * (speed - at_speed[:, None]) / span
    turn = (direction - at_direction[:, None] + 180) % 360 - 180
    weight = np.exp(-0.5 * (away**2 + (DIRECTION_SPREAD * np.deg2rad(turn)) ** 2))
    weight /= weight.max(axis=1, keepdims=True)
    weight[weight <= LEAST_WEIGHT] = 0
    return weight


def pair_statistic(
    made: Cells, speed: np.ndarray, direction: np.ndarray, y: np.ndarray, x: np.ndarray, statistic: str
) -> np.ndarray:
    """The statistic of ``y`` against ``x`` at each cell that holds hours, NaN elsewhere.

    Args:
        made: cells of the polar plane.
        speed: of the rows, counted from the lowest (rows,).
        direction: of the rows [deg].
        y: dependent pollutant (rows,).
        x: the other one (rows,).
        statistic: one of ``polar.PAIRS``.
    """
    filled = np.flatnonzero(made.count)
    found = np.full(len(made.count), np.nan)
    span = float(np.ptp(speed))
    if statistic.startswith("robust"):
        which = 1 if statistic.endswith("slope") else 0
        for cell in filled:
            weight = kernel(speed, direction, made.speed[[cell]], made.direction[[cell]], span)[0]
            used = weight > 0
            found[cell] = _huber(x[used], y[used], weight[used])[which]
        return found
    found[filled] = _moments(made, filled, speed, direction, y, x, span)[statistic]
    return found


def _moments(
    made: Cells,
    filled: np.ndarray,
    speed: np.ndarray,
    direction: np.ndarray,
    y: np.ndarray,
    x: np.ndarray,
    span: float,
) -> dict[str, np.ndarray]:
    """Weighted correlation, slope and intercept of ``y`` on ``x`` at the cells ``filled``.

    Hours of equal wind carry equal weight, so their sums are taken first: of hourly data rounded to 10
    degrees and tenths of a metre a second a tenth remains. Values are centred against rounding in the sums of
    squares.
    """
    x0, y0 = x.mean(), y.mean()
    a, b = x - x0, y - y0
    winds, row = np.unique(np.column_stack([speed, direction]), axis=0, return_inverse=True)
    row = row.ravel()
    powers = np.column_stack(
        [np.bincount(row, weights=w) for w in (np.ones(len(a)), a, b, a * a, b * b, a * b)]
    )
    sums = np.empty((len(filled), 6))
    step = max(1, 2_000_000 // len(winds))
    for start in range(0, len(filled), step):
        part = filled[start : start + step]
        weight = kernel(winds[:, 0], winds[:, 1], made.speed[part], made.direction[part], span)
        sums[start : start + step] = weight @ powers
    n, sa, sb, saa, sbb, sab = sums.T
    ma, mb = sa / n, sb / n
    both, va, vb = sab / n - ma * mb, saa / n - ma**2, sbb / n - mb**2
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = both / va
        return {"r": both / np.sqrt(va * vb), "slope": slope, "intercept": mb + y0 - slope * (ma + x0)}


def _huber(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """(intercept, slope) of Huber's weighted M-estimate, NaN where ``x`` does not vary."""
    if len(x) < 3 or np.ptp(x) == 0:
        return np.nan, np.nan
    intercept, slope = _weighted_line(x, y, weight)
    root = np.sqrt(weight)
    residual = (y - intercept - slope * x) * root
    for _ in range(STEPS):
        scale = np.median(np.abs(residual)) / MAD
        if scale == 0:
            break
        away = np.abs(residual) / (HUBER * scale)
        intercept, slope = _weighted_line(x, y, weight / np.maximum(away, 1))
        before, residual = residual, (y - intercept - slope * x) * root
        change = np.sqrt(np.square(before - residual).sum() / max(1e-20, np.square(before).sum()))
        if change <= CONVERGED:
            break
    return intercept, slope


def _weighted_line(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """(intercept, slope) of weighted least squares."""
    total = weight.sum()
    mx, my = weight @ x / total, weight @ y / total
    away = x - mx
    spread = weight @ (away * away)
    slope = float(weight @ (away * (y - my)) / spread) if spread > 0 else np.nan
    return float(my - slope * mx), slope
