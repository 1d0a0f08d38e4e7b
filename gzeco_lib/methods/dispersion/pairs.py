"""From curves along the wind to every pair of source and receptor: the quick half of the steady plume.

What a plume does depends on the hour, on the kind of source (height, heat, initial size) and on the height of the
receptor, not on where the two stand. So ``curves`` computes it once along the wind, and here each pair looks up two
numbers at its distance: ``C = exp(top - width * y^2)``. Both are smooth in the logarithm of distance; cubic
interpolation over a few dozen nodes keeps them to about a part in a thousand.
"""

from __future__ import annotations

from math import exp, log, pi, sqrt

import numpy as np
from numba import njit

NEGLIGIBLE = 30.0  # exp(-30) of the value on the centre line is left out


@njit(cache=True, fastmath=True, inline="always")
def _between(row: np.ndarray, node: int, part: float) -> float:
    """Catmull-Rom between ``node`` and ``node + 1``; straight where the curve plunges."""
    before, a, b, after = row[node - 1], row[node], row[node + 1], row[node + 2]
    if max(abs(b - a), abs(a - before), abs(after - b)) > 3.0:
        return a + part * (b - a)
    return _spline(before, a, b, after, part)


@njit(cache=True, fastmath=True, inline="always")
def _spline(before: float, a: float, b: float, after: float, part: float) -> float:
    """Catmull-Rom spline through four equidistant values, at ``part`` (0..1) between the middle two."""
    slope = 0.5 * (b - before)
    curve = before - 2.5 * a + 2.0 * b - 0.5 * after
    third = 1.5 * (a - b) + 0.5 * (after - before)
    return a + part * (slope + part * (curve + part * third))


@njit(cache=True, fastmath=True)
def fill(
    out: np.ndarray,
    source_xy: np.ndarray,
    kind: np.ndarray,
    receptor_xy: np.ndarray,
    level: np.ndarray,
    wind_to: np.ndarray,
    first: float,
    step: float,
    top: np.ndarray,
    width: np.ndarray,
    parts: np.ndarray,
    meanders: np.ndarray,
    around: np.ndarray,
) -> None:
    """Put the concentration per unit rate of every hour, source and receptor into ``out``.

    Args:
        out: [s m-3] (time, source, receptor), zeros.
        source_xy: [m] (source, 2).
        kind: which kind each source is (source,).
        receptor_xy: [m] (receptor, 2).
        level: which height each receptor has (receptor,).
        wind_to: unit vector the wind blows to (time, 2).
        first: logarithm of the distance of node 1 [ln m].
        step: between nodes [ln m].
        top: logarithm of the concentration on the axis (time, kind, part, level, node).
        width: logarithm of ``1 / (2 sigma_y^2)`` (time, kind, part, node).
        parts: how many parts the plume has: 1, or 2 where some of it went through the lid (time, kind).
        meanders: whether part of the plume goes anywhere in this hour (time,).
        around: logarithm of the crosswind-integrated concentration of that part (time, kind, level, node).
    """
    last = top.shape[4] - 3
    for t in range(out.shape[0]):
        ex, ey = wind_to[t, 0], wind_to[t, 1]
        for s in range(out.shape[1]):
            k = kind[s]
            sx, sy = source_xy[s, 0], source_xy[s, 1]
            for r in range(out.shape[2]):
                dx, dy = receptor_xy[r, 0] - sx, receptor_xy[r, 1] - sy
                along = dx * ex + dy * ey
                total = 0.0
                if along > 0.0:
                    square = (dx * ey - dy * ex) ** 2
                    place = max((log(along) - first) / step + 1.0, 1.0)
                    node = min(int(place), last)
                    part = min(place - node, 1.0)
                    for p in range(parts[t, k]):
                        off = square * exp(_between(width[t, k, p], node, part))
                        if off < NEGLIGIBLE:
                            total += exp(_between(top[t, k, p, level[r]], node, part) - off)
                if meanders[t]:
                    away = max(sqrt(dx * dx + dy * dy), exp(first))
                    place = (log(away) - first) / step + 1.0
                    node = min(int(place), last)
                    part = min(place - node, 1.0)
                    total += exp(_between(around[t, k, level[r]], node, part)) / (2.0 * pi * away)
                out[t, s, r] = total
