"""Objective analysis: station winds on the cells, before the adjustment."""

from __future__ import annotations

import numpy as np

from gzeco_lib.methods.wind.stations import StationWind

SECOND_PASS = 0.3  # Barnes 1973: narrower weights of the second pass, 0.2 to 0.4


def _spacing(x: np.ndarray, y: np.ndarray) -> float:
    """Spacing of the stations as if evenly spread [m] (Koch et al. 1983, equation 12)."""
    width = max(np.ptp(x), 1.0) * max(np.ptp(y), 1.0)
    n = len(x)
    return float(np.sqrt(width) * (1 + np.sqrt(n)) / (n - 1))


def _squares(ax: np.ndarray, ay: np.ndarray, bx: np.ndarray, by: np.ndarray) -> np.ndarray:
    return (ax[:, None] - bx) ** 2 + (ay[:, None] - by) ** 2


def _normal(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum(axis=1, keepdims=True)


def _gauss(squares: np.ndarray, width: float) -> np.ndarray:
    """Weights exp(-d2 / width), rows summing to 1, also where all are far (the nearest then rules)."""
    return _normal(np.exp(-(squares - squares.min(axis=1, keepdims=True)) / width))


def barnes(x: np.ndarray, y: np.ndarray, to_x: np.ndarray, to_y: np.ndarray) -> np.ndarray:
    """Two-pass Barnes weights (point, station): values at points are weights @ values of stations.

    Width from the mean spacing: Koch, desJardins and Kocin 1983, doi:10.1175/1520-0450(1983)022<1487:AIBOMA>2.0.CO;2.
    """
    width = 5.052 * (2 * _spacing(x, y) / np.pi) ** 2
    out, own = _squares(to_x, to_y, x, y), _squares(x, y, x, y)
    first, back = _gauss(out, width), _gauss(own, width)
    return first + _gauss(out, SECOND_PASS * width) @ (np.eye(len(x)) - back)


def inverse_distance(x: np.ndarray, y: np.ndarray, to_x: np.ndarray, to_y: np.ndarray) -> np.ndarray:
    """Weights 1 / d2 (point, station), rows summing to 1; 100 m is the least distance."""
    return _normal(1 / np.maximum(_squares(to_x, to_y, x, y), 1e4))


def analyse(
    wind: StationWind, to_x: np.ndarray, to_y: np.ndarray, scale: np.ndarray, method: str
) -> tuple[np.ndarray, np.ndarray]:
    """u and v at points [m s-1] (time, point); NaN in hours without a station.

    Args:
        wind: stations; fewer than four in an hour are taken by inverse distance, whose weights need no spacing.
        to_x: easting of the points [m] (point,).
        to_y: northing [m] (point,).
        scale: factor that brings each station's wind to the reference height [1] (time, site).
        method: ``barnes`` or ``inverse_distance``.
    """
    u, v = np.full((2, len(wind.time), len(to_x)), np.nan)
    known = np.isfinite(wind.u)
    patterns, which = np.unique(known, axis=0, return_inverse=True)
    for index, here in enumerate(patterns):
        if not here.any():
            continue
        hours = np.flatnonzero(which.ravel() == index)
        kind = barnes if method == "barnes" and here.sum() > 3 else inverse_distance
        weights = kind(wind.x[here], wind.y[here], to_x, to_y)
        u[hours] = (wind.u * scale)[np.ix_(hours, here)] @ weights.T
        v[hours] = (wind.v * scale)[np.ix_(hours, here)] @ weights.T
    return u, v
