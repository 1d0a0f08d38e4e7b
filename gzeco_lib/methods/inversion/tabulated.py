"""The steady plume looked up: its curves along the wind once for every time, then any pair with exact slopes.

Over flat ground a plume that does not rise depends on the distance along and across the wind only. ``tabulate`` asks
``plume.dilution`` for it on the axis, beside the axis and upwind; ``look_up`` puts it together again as

    C = A(x) exp(-w(x) y^2) + M(r)

with the meander M the same all round. Tables are smooth in the logarithm of distance (Catmull-Rom), so the
derivatives by position, wind direction and spread are those of the formula and cost next to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numba import njit

from gzeco_lib.methods.dispersion import BoundaryLayer, Sources, plume

STEP = 0.1  # between nodes in the logarithm of distance
NEAREST = 1.0  # distance of the second node [m]
SIDES = (0.05, 0.15, 0.4)  # where the spread is looked for, as shares of the distance along the wind
NOTHING = -150.0  # logarithm that stands for no concentration


@dataclass(frozen=True)
class Curves:
    """Tables (time, level, node), logarithms; nodes lie at ``exp(first + STEP n)`` [m].

    Attributes:
        axis: of the concentration per unit rate on the axis, without meander [ln s m-3].
        narrow: of ``1 / (2 sigma_y^2)`` [ln m-2].
        around: of the meander's share [ln s m-3].
        first: logarithm of the first distance.
    """

    axis: np.ndarray
    narrow: np.ndarray
    around: np.ndarray
    first: float


def tabulate(
    layer: BoundaryLayer, levels: np.ndarray, source_height: float, farthest: float, meander: bool = True
) -> Curves:
    """Tables of the plume of a release at ``source_height`` [m] for receptors at heights ``levels`` [m].

    Args:
        layer: weather by the time.
        levels: heights of the receptors [m] (level,).
        source_height: [m].
        farthest: distance to tabulate to [m].
        meander: whether part of the plume goes in any direction in weak winds.
    """
    first = np.log(NEAREST) - STEP
    count = int(np.ceil((np.log(max(farthest, 10.0)) - first) / STEP)) + 4
    distance = np.exp(first + STEP * np.arange(count))
    east = np.concatenate([distance, *[distance] * len(SIDES), -distance])
    north = np.concatenate([0 * distance, *[side * distance for side in SIDES], 0 * distance])
    receptors = np.concatenate([np.column_stack([east, north, np.full(len(east), z)]) for z in levels])
    source = Sources(np.zeros(1), np.zeros(1), np.array([source_height]))
    straight = replace(layer, wind_from=np.full(len(layer), 270.0))
    field = plume.dilution(source, receptors, straight, meander)[:, 0].reshape(
        len(layer), len(levels), -1, count
    )
    axis, *sides, behind = np.moveaxis(field, 2, 0)
    tiny = np.exp(NOTHING)
    above = np.maximum(axis - behind, tiny)
    fall = []
    for side, beside in zip(SIDES, sides, strict=True):
        # the meander is the same all round: that of the farther point is looked up between the nodes
        level = np.log(np.maximum(behind, tiny))
        away = np.log(np.hypot(1, side)) / STEP
        moved = level + away * np.gradient(level, axis=2)
        left = np.maximum(beside - np.exp(moved), tiny)
        fall.append((np.log(above) - np.log(left)) / (side * distance) ** 2)
    drop = np.stack([f * (side * distance) ** 2 for f, side in zip(fall, SIDES, strict=True)])
    best = np.abs(np.log(np.maximum(drop, 1e-12))).argmin(axis=0)
    narrow = np.take_along_axis(np.stack(fall), best[None], axis=0)[0]
    return Curves(
        np.log(above), np.log(np.maximum(narrow, 1e-12)), np.log(np.maximum(behind, tiny)), float(first)
    )


@njit(cache=True, fastmath=True)
def _curve(row: np.ndarray, node: int, part: float) -> tuple[float, float]:
    """Value and slope by node of a Catmull-Rom spline; straight where the curve plunges."""
    a, b = row[node], row[node + 1]
    if abs(b - a) > 3.0:
        return a + part * (b - a), b - a
    before, after = row[node - 1], row[node + 2]
    slope = 0.5 * (b - before)
    bend = before - 2.5 * a + 2.0 * b - 0.5 * after
    third = 1.5 * (a - b) + 0.5 * (after - before)
    value = a + part * (slope + part * (bend + part * third))
    return value, slope + part * (2.0 * bend + 3.0 * part * third)


@njit(cache=True, fastmath=True)
def look_up(
    out: np.ndarray, time: np.ndarray, sensor: np.ndarray, starts: np.ndarray, counts: np.ndarray,
    points: np.ndarray, level: np.ndarray, xy: np.ndarray, angle: np.ndarray, widen: float,
    axis: np.ndarray, narrow: np.ndarray, around: np.ndarray, first: float, step: float,
) -> None:  # fmt: skip
    """Fill ``out`` (kind, observation, source): the value and, where there are five kinds, its slopes.

    Kinds are value, by easting, by northing, by wind direction [rad], by the logarithm of the spread.
    """
    last = axis.shape[2] - 3
    slopes = out.shape[0] == 5
    for n in range(len(time)):
        t, s = time[n], sensor[n]
        ex, ey = -np.sin(angle[t]), -np.cos(angle[t])
        nx, ny = ey, -ex
        for k in range(len(xy)):
            value = east = north = turn = wide = 0.0
            for p in range(starts[s], starts[s] + counts[s]):
                dx, dy = points[p, 0] - xy[k, 0], points[p, 1] - xy[k, 1]
                along, off, z = dx * ex + dy * ey, dx * nx + dy * ny, level[p]
                if along > 0.0:
                    place = min(max((np.log(along) - first) / step, 1.0), last + 0.999)
                    node = int(place)
                    log_w, w_slope = _curve(narrow[t, z], node, place - node)
                    w = np.exp(log_w - 2.0 * widen)
                    if w * off * off < 30.0:
                        log_a, a_slope = _curve(axis[t, z], node, place - node)
                        c = np.exp(log_a - widen - w * off * off)
                        value += c
                        if slopes:
                            by_along = c * (a_slope - w * off * off * w_slope) / (step * along)
                            by_off = -2.0 * w * off * c
                            east -= by_along * ex + by_off * nx
                            north -= by_along * ey + by_off * ny
                            turn += by_along * off - by_off * along
                            wide += c * (2.0 * w * off * off - 1.0)
                if around[t, z, last] > NOTHING:
                    away = max(np.sqrt(dx * dx + dy * dy), 1e-3)
                    place = min(max((np.log(away) - first) / step, 1.0), last + 0.999)
                    node = int(place)
                    log_m, m_slope = _curve(around[t, z], node, place - node)
                    m = np.exp(log_m)
                    value += m
                    if slopes:
                        by_away = m * m_slope / (step * away)
                        east -= by_away * dx / away
                        north -= by_away * dy / away
            out[0, n, k] = value / counts[s]
            if slopes:
                out[1, n, k], out[2, n, k] = east / counts[s], north / counts[s]
                out[3, n, k], out[4, n, k] = turn / counts[s], wide / counts[s]
