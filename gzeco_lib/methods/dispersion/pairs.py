"""From curves along the wind to every pair of source and receptor: the quick half of the steady plume.

What a plume does depends on the hour, on the kind of source (height, heat, initial size) and on the height of the
receptor, not on where the two stand. So ``curves`` computes it once along the wind on a few dozen nodes, here it is
drawn through them on a fine grid in the logarithm of distance, and each pair looks two numbers up:
``C = axis(x) exp(-narrow(x) y^2)``, and a third for what meander carries in any direction.
"""

from __future__ import annotations

from math import exp, log, pi, sqrt

import numpy as np
from numba import njit

FINE = 6  # steps of the fine grid to one of the nodes'
BLOCK = 32  # hours whose curves are drawn at a time
NOTHING = -130.0  # logarithm under which a curve counts as nothing
NEGLIGIBLE = 18.0  # beyond six standard deviations from the axis nothing is left


@njit(cache=True, fastmath=True)
def _draw(row: np.ndarray, fine: np.ndarray) -> None:
    """``exp`` of the Catmull-Rom spline through ``row`` into ``fine``; straight where the curve plunges."""
    for node in range(1, len(row) - 2):
        before, a, b, after = row[node - 1], row[node], row[node + 1], row[node + 2]
        slope = 0.5 * (b - before)
        curve = before - 2.5 * a + 2.0 * b - 0.5 * after
        third = 1.5 * (a - b) + 0.5 * (after - before)
        if max(abs(b - a), abs(a - before), abs(after - b)) > 3.0:
            slope, curve, third = b - a, 0.0, 0.0
        for i in range(FINE):
            part = i / FINE
            value = a + part * (slope + part * (curve + part * third))
            fine[(node - 1) * FINE + i] = exp(value) if value > NOTHING else 0.0
    value = row[len(row) - 2]
    fine[(len(row) - 3) * FINE] = exp(value) if value > NOTHING else 0.0


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
    hours, kinds, _, levels, nodes = top.shape
    count, receptors = (nodes - 3) * FINE + 1, len(receptor_xy)
    axis = np.empty((BLOCK, kinds, 2, levels, count))
    narrow = np.empty((BLOCK, kinds, 2, count))
    ring = np.empty((BLOCK, kinds, levels, count))
    widest = np.empty((BLOCK, kinds, 2))
    away, node, part = np.empty(receptors), np.empty(receptors, np.int64), np.empty(receptors)
    for start in range(0, hours, BLOCK):
        for t in range(start, min(start + BLOCK, hours)):
            b = t - start
            for k in range(kinds):
                for p in range(parts[t, k]):
                    _draw(width[t, k, p], narrow[b, k, p])
                    widest[b, k, p] = _cone(width[t, k, p], first, step)
                    for j in range(levels):
                        _draw(top[t, k, p, j], axis[b, k, p, j])
                if meanders[t]:
                    for j in range(levels):
                        _draw(around[t, k, j], ring[b, k, j])
        for s in range(len(source_xy)):
            dx, dy = receptor_xy[:, 0] - source_xy[s, 0], receptor_xy[:, 1] - source_xy[s, 1]
            _distances(dx, dy, first, FINE / step, count, away, node, part)
            k = kind[s]
            for t in range(start, min(start + BLOCK, hours)):
                b, row = t - start, out[t, s]
                if meanders[t]:
                    _everywhere(row, level, ring[b, k], away, node, part)
                for p in range(parts[t, k]):
                    _downwind(
                        row, level, dx, dy, wind_to[t], first, FINE / step,
                        axis[b, k, p], narrow[b, k, p], widest[b, k, p],
                    )  # fmt: skip


@njit(cache=True, fastmath=True)
def _distances(
    dx: np.ndarray, dy: np.ndarray, first: float, per: float, count: int,
    away: np.ndarray, node: np.ndarray, part: np.ndarray,
) -> None:  # fmt: skip
    """Distance of each receptor [m], and its place on the fine grid."""
    for r in range(len(dx)):
        away[r] = max(sqrt(dx[r] * dx[r] + dy[r] * dy[r]), exp(first))
        place = (log(away[r]) - first) * per
        node[r] = min(int(place), count - 2)
        part[r] = min(place - node[r], 1.0)


@njit(cache=True, fastmath=True)
def _everywhere(
    row: np.ndarray, level: np.ndarray, ring: np.ndarray, away: np.ndarray, node: np.ndarray, part: np.ndarray
) -> None:
    """Add what meander carries in any direction, spread over the circle."""
    for r in range(len(row)):
        a, b = ring[level[r], node[r]], ring[level[r], node[r] + 1]
        row[r] += (a + part[r] * (b - a)) / (2.0 * pi * away[r])


@njit(cache=True, fastmath=True)
def _downwind(
    row: np.ndarray, level: np.ndarray, dx: np.ndarray, dy: np.ndarray, wind_to: np.ndarray,
    first: float, per: float, axis: np.ndarray, narrow: np.ndarray, widest: float,
) -> None:  # fmt: skip
    """Add the plume itself; beyond six standard deviations from its axis nothing is left."""
    ex, ey = wind_to[0], wind_to[1]
    near, last = exp(first), axis.shape[1] - 2
    for r in range(len(row)):
        along = dx[r] * ex + dy[r] * ey
        if along <= 0.0:
            continue
        square = (dx[r] * ey - dy[r] * ex) ** 2
        if square > 2.0 * NEGLIGIBLE * widest * max(along, near) ** 2:
            continue
        place = max((log(along) - first) * per, 0.0)
        i = min(int(place), last)
        q = min(place - i, 1.0)
        off = square * (narrow[i] + q * (narrow[i + 1] - narrow[i]))
        if off < NEGLIGIBLE:
            a, b = axis[level[r], i], axis[level[r], i + 1]
            row[r] += (a + q * (b - a)) * exp(-off)


@njit(cache=True, fastmath=True)
def _cone(row: np.ndarray, first: float, step: float) -> float:
    """Largest ``(sigma_y / x)^2`` along the plume."""
    found = 0.0
    for node in range(1, len(row) - 1):
        found = max(found, 0.5 * exp(-row[node] - 2.0 * (first + (node - 1) * step)))
    return found
