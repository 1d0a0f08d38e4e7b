"""Puffs followed one by one and added up, compiled; one thread, no Python object, the interpreter's lock released.

A continuous source is cut into short releases; each is followed as one puff in steps about as long as the puff is wide. Over the
releases and the steps the sum is the midpoint rule for the time-mean of a moving Gaussian: with steps of one spread its
error is below a part in a thousand. The first step of each release is shifted by a low-discrepancy sequence, so that the steps of an hour's
releases fall between each other.
"""

from __future__ import annotations

from math import ceil, erf, exp, floor, hypot, log, pi, sqrt
from typing import NamedTuple

import numpy as np
from numba import njit

HOUR = 3600.0
REACH = 4.0  # spreads, beyond which a puff is nothing
LONGEST = 600.0  # [s] of a step: the wind turns meanwhile
GOLDEN = 0.6180339887498949
MARGIN = 10_000.0  # [m] beyond which a puff outside is given up
SIZE = 8  # of a sample: x, y, spread, time, mass times duration, direction (x, y), spread along it; then shares per metre
# Spread along the wind over that across it. A plume knows none: young puffs keep it short, so that they follow the plume where
# it changes quickly; what has travelled for an hour is round, as the wind has turned. Both times are ours.
SLIM, YOUNG, ROUND = 0.25, 600.0, 3600.0
NEAREST = 1.0  # [m] first node of the tables of growth
STEP = 0.15  # between nodes in the logarithm of distance
FIRST = log(NEAREST)


class Growth(NamedTuple):
    """Tables by hour, kind of source and distance; all natural logarithms but ``speed`` and ``lid``.

    Attributes:
        width: spread across the wind [ln m] (hour, kind, node).
        depth: vertical spread [ln m] (hour, kind, node), rising with distance: tells how far a puff has mixed.
        centre: height of the centre of mass [ln m] (hour, kind, node), where the puff meets the wind.
        speed: wind there [m s-1] (hour, kind, node).
        vertical: share of the puff per metre of height, at each level asked for [ln m-1] (hour, kind, level, node).
        ground: the same at the ground [ln m-1] (hour, kind, node); ``NOTHING`` where no deposition asks for it.
        lid: mixing height [m] (hour,).
    """

    width: np.ndarray
    depth: np.ndarray
    centre: np.ndarray
    speed: np.ndarray
    vertical: np.ndarray
    ground: np.ndarray
    lid: np.ndarray


class Air(NamedTuple):
    """Wind for the kernel.

    Attributes:
        u: towards east [m s-1] (time, level, y, x); one level and one cell where the same everywhere.
        v: towards north, likewise.
        time: of each row [s since the start].
        level: heights [m].
        frame: x of the first cell, distance of cells in x, y of the first, distance in y [m].
        scale: by hour, what brings the wind to that at a puff's centre: speed there over this [m s-1]; 0 where ``u`` and ``v`` are
            those at each level themselves.
    """

    u: np.ndarray
    v: np.ndarray
    time: np.ndarray
    level: np.ndarray
    frame: np.ndarray
    scale: np.ndarray


class Losses(NamedTuple):
    """What takes mass from a puff: first-order decay [s-1] (hour,), washout [s-1] (hour,), deposition velocity [m s-1]."""

    decay: np.ndarray
    washout: np.ndarray
    deposition: float


class Run(NamedTuple):
    """Extent of the run: hours, box west, south, east, north [m], shortest step [m], step in spreads [1]."""

    hours: int
    west: float
    south: float
    east: float
    north: float
    shortest: float
    stride: float


@njit(cache=True, error_model="numpy", inline="always")
def _node(distance: float, last: int) -> tuple[int, float]:
    place = min(max((log(max(distance, 1e-9)) - FIRST) / STEP, 0.0), last - 1e-9)
    node = int(place)
    return node, place - node


@njit(cache=True, error_model="numpy", inline="always")
def _read(row: np.ndarray, node: int, part: float) -> float:
    return row[node] + part * (row[node + 1] - row[node])


@njit(cache=True, error_model="numpy")
def _inverse(row: np.ndarray, value: float) -> float:
    """Distance [m] at which the rising ``row`` reaches ``value``; the last where it does not."""
    node = min(max(np.searchsorted(row, value), 1), len(row) - 1)
    rise = row[node] - row[node - 1]
    part = 1.0 if rise <= 0 else min(max((value - row[node - 1]) / rise, 0.0), 1.0)
    return exp(FIRST + STEP * (node - 1 + part))


@njit(cache=True, error_model="numpy", inline="always")
def _between(axis: np.ndarray, at: float) -> tuple[int, float]:
    """Lower neighbour and part of the way on an uneven axis, held beyond its ends."""
    n = len(axis)
    if n == 1 or at <= axis[0]:
        return 0, 0.0
    if at >= axis[n - 1]:
        return n - 2, 1.0
    low = np.searchsorted(axis, at) - 1
    return low, (at - axis[low]) / (axis[low + 1] - axis[low])


@njit(cache=True, error_model="numpy")
def wind_at(air: Air, x: float, y: float, height: float, t: float) -> tuple[float, float]:
    """u and v [m s-1], linear in time, height and place, held beyond the edges."""
    i, pt = _between(air.time, t)
    j, pz = _between(air.level, height)
    ny, nx = air.u.shape[2], air.u.shape[3]
    fx = min(max((x - air.frame[0]) / air.frame[1], 0.0), nx - 1.0)
    fy = min(max((y - air.frame[2]) / air.frame[3], 0.0), ny - 1.0)
    c, r = min(int(fx), max(nx - 2, 0)), min(int(fy), max(ny - 2, 0))
    px, py = fx - c, fy - r
    u = v = 0.0
    for a in range(2):
        wt = pt if a else 1.0 - pt
        for b in range(2):
            wz = wt * (pz if b else 1.0 - pz)
            for d in range(2):
                wy = wz * (py if d else 1.0 - py)
                for e in range(2):
                    w = wy * (px if e else 1.0 - px)
                    if w > 0.0:
                        u += w * air.u[i + a, j + b, r + d, c + e]
                        v += w * air.v[i + a, j + b, r + d, c + e]
    return u, v


@njit(cache=True, error_model="numpy")
def follow(
    x: float,
    y: float,
    start: float,
    apart: float,
    phase: float,
    k: int,
    air: Air,
    growth: Growth,
    losses: Losses,
    run: Run,
    samples: np.ndarray,
    fate: np.ndarray,
) -> int:
    """Follow one puff of 1 g, the middle of a release of ``apart`` [s]; fill ``samples`` (step, SIZE + level), return how many.

    ``fate`` gets the shares that decayed, were washed out, settled, left, and are still there at the end, added.
    """
    last = growth.width.shape[2] - 1
    end = run.hours * HOUR + 0.5 * apart  # the last of a release ends that much later than its middle
    hour = min(int(start / HOUR), run.hours - 1)
    t, mass, lead = start, 1.0, 0.5 + phase
    wide = deep = 0.0  # equivalent distances
    least_width, least_depth = 0.0, -1e9
    held = False
    count = 0
    levels = growth.vertical.shape[2]
    while t < end - 1e-6 and count < len(samples):
        node, part = _node(wide, last)
        sigma = max(exp(_read(growth.width[hour, k], node, part)), least_width)
        node, part = _node(deep, last)
        centre, pace = (
            exp(_read(growth.centre[hour, k], node, part)),
            _read(growth.speed[hour, k], node, part),
        )
        u, v = wind_at(air, x, y, centre, t)
        scale = pace / air.scale[hour] if air.scale[hour] > 0 else 1.0
        path = max(hypot(u, v) * scale, 0.5 * pace)
        stay = min(
            max(run.stride * sigma, run.shortest) * lead / path,
            LONGEST,
            (hour + 1) * HOUR - t if hour < run.hours - 1 else end - t,
        )
        lead = 1.0
        # the middle of the step
        node, part = _node(deep + 0.5 * path * stay, last)
        pace = _read(growth.speed[hour, k], node, part)
        centre = exp(_read(growth.centre[hour, k], node, part))
        um, vm = wind_at(air, x + 0.5 * u * scale * stay, y + 0.5 * v * scale * stay, centre, t + 0.5 * stay)
        scale = pace / air.scale[hour] if air.scale[hour] > 0 else 1.0
        um, vm = um * scale, vm * scale
        settle = 0.0
        if not held:
            for j in range(levels):
                samples[count, SIZE + j] = exp(_read(growth.vertical[hour, k, j], node, part))
        else:
            for j in range(levels):
                samples[count, SIZE + j] = samples[count - 1, SIZE + j]
        if losses.deposition > 0:
            settle = losses.deposition * exp(_read(growth.ground[hour, k], node, part))
        node, part = _node(wide + 0.5 * path * stay, last)
        total = losses.decay[hour] + losses.washout[hour] + settle
        gone = mass * (1.0 - exp(-total * stay))
        samples[count, 0], samples[count, 1] = x + 0.5 * um * stay, y + 0.5 * vm * stay
        samples[count, 2] = max(exp(_read(growth.width[hour, k], node, part)), least_width)
        samples[count, 3] = t + 0.5 * stay
        speed = max(hypot(um, vm), 1e-6)
        samples[count, 5], samples[count, 6] = um / speed, vm / speed
        grown = min(max((t - start - YOUNG) / (ROUND - YOUNG), 0.0), 1.0)
        samples[count, 7] = samples[count, 2] * (SLIM + (1.0 - SLIM) * grown)
        samples[count, 4] = mass * stay if total * stay < 1e-6 else gone / total
        count += 1
        if total > 0:
            fate[0] += gone * losses.decay[hour] / total
            fate[1] += gone * losses.washout[hour] / total
            fate[2] += gone * settle / total
        mass -= gone
        x, y, t = x + um * stay, y + vm * stay, t + stay
        path = max(hypot(um, vm), 0.5 * pace)
        wide, deep = wide + path * stay, deep + path * stay
        off = max(run.west - x, x - run.east, run.south - y, y - run.north)
        if off > MARGIN + REACH * sigma:
            break
        if t >= (hour + 1) * HOUR - 1e-6 and hour < run.hours - 1:
            node, part = _node(wide, last)
            least_width = max(exp(_read(growth.width[hour, k], node, part)), least_width)
            if not held:
                node, part = _node(deep, last)
                least_depth = _read(growth.depth[hour, k], node, part)
            before = growth.lid[hour]
            hour += 1
            wide = _inverse(growth.width[hour, k], log(least_width))
            deep = _inverse(growth.depth[hour, k], least_depth)
            # A puff mixed above the new lid, or deeper than this hour could mix it, keeps its share per metre.
            above = exp(least_depth) > growth.lid[hour] and (held or growth.lid[hour] < before)
            held = above or least_depth > growth.depth[hour, k, last]
    if t >= end - 1e-6:
        fate[4] += mass
    else:
        fate[3] += mass
    return count


@njit(cache=True, error_model="numpy", fastmath=True)
def _bell(at: float, sigma: float, first: float, width: float, n: int, out: np.ndarray) -> tuple[int, int]:
    """Share of a Gaussian in each cell of a row, over the cell's width [m-1]; which cells, from and to."""
    spread = sqrt(sigma * sigma + width * width / 12.0)
    low = max(int(floor((at - REACH * spread - first) / width + 0.5)), 0)
    high = min(int(ceil((at + REACH * spread - first) / width + 0.5)), n)
    if high <= low:
        return 0, 0
    if sigma > width:  # a cell's mean is the value at its centre of the bell widened by the cell
        top = 1.0 / (sqrt(2.0 * pi) * spread)
        half = -0.5 / (spread * spread)
        for i in range(low, high):
            off = first + i * width - at
            out[i] = top * exp(half * off * off)
        return low, high
    root = 1.0 / (sqrt(2.0) * sigma)
    left = erf((first + (low - 0.5) * width - at) * root)
    for i in range(low, high):
        right = erf((first + (i + 0.5) * width - at) * root)
        out[i] = (right - left) / (2.0 * width)
        left = right
    return low, high


@njit(cache=True, error_model="numpy", fastmath=True)
def _add(
    field: np.ndarray, across: np.ndarray, up: np.ndarray, i0: int, i1: int, j0: int, j1: int, amount: float
) -> None:
    for j in range(j0, j1):
        part = amount * up[j]
        for i in range(i0, i1):
            field[j, i] += part * across[i]


@njit(cache=True, error_model="numpy", nogil=True)
def spread_on_cells(
    place: np.ndarray,
    kind: np.ndarray,
    rates: np.ndarray,
    releases: np.ndarray,
    air: Air,
    growth: Growth,
    losses: Losses,
    run: Run,
    grid: np.ndarray,
    length: float,
    fields: np.ndarray,
    budget: np.ndarray,
) -> None:
    """Add the mean concentration of some sources to ``fields`` (1 or source, frame, y, x), ``length`` [s] a frame.

    Args:
        place: x, y [m] (source, 2).
        kind: of each (source,).
        rates: [g s-1] (source, hour).
        releases: how many in each hour (source, hour).
        grid: x of the first cell, distance, y of the first, distance [m].
        fields: out [g m-3].
        budget: out, emitted and what ``follow`` tells, and what is still inside the grid [g] (source, 7).
    """
    samples = np.empty((4000, SIZE + 1))
    fate = np.empty(5)
    frames, ny, nx = fields.shape[1:]
    across, up = np.zeros(nx), np.zeros(ny)
    for s in range(len(place)):
        to = fields[min(s, len(fields) - 1)]
        serial = 0
        for h in range(run.hours):
            if rates[s, h] <= 0:
                continue
            apart = HOUR / releases[s, h]
            grams = rates[s, h] * apart
            for n in range(releases[s, h]):
                serial += 1
                fate[:] = 0.0
                phase = (serial * GOLDEN) % 1.0 - 0.5
                count = follow(
                    place[s, 0],
                    place[s, 1],
                    h * HOUR + (n + 0.5) * apart,
                    apart,
                    phase,
                    kind[s],
                    air,
                    growth,
                    losses,
                    run,
                    samples,
                    fate,
                )
                budget[s, 0] += grams
                for f in range(5):
                    budget[s, 1 + f] += grams * fate[f]
                for m in range(count):
                    i0, i1 = _bell(samples[m, 0], samples[m, 2], grid[0], grid[1], nx, across)
                    if i1 <= i0:
                        continue
                    j0, j1 = _bell(samples[m, 1], samples[m, 2], grid[2], grid[3], ny, up)
                    if j1 <= j0:
                        continue
                    amount = grams * samples[m, 4] * samples[m, SIZE] / length
                    # The release lasted ``apart``: what falls beyond the frame belongs to its neighbour.
                    begin, until = (
                        (samples[m, 3] - 0.5 * apart) / length,
                        (samples[m, 3] + 0.5 * apart) / length,
                    )
                    for f in range(max(int(floor(begin)), 0), min(int(ceil(until)), frames)):
                        part = (min(until, f + 1.0) - max(begin, float(f))) / (until - begin)
                        _add(to[f], across, up, i0, i1, j0, j1, amount * part)


@njit(cache=True, error_model="numpy", nogil=True, fastmath=True)
def spread_on_points(
    place: np.ndarray,
    kind: np.ndarray,
    rates: np.ndarray,
    releases: np.ndarray,
    air: Air,
    growth: Growth,
    losses: Losses,
    run: Run,
    points: np.ndarray,
    level: np.ndarray,
    length: float,
    values: np.ndarray,
    budget: np.ndarray,
) -> None:
    """Put the mean concentration [g m-3] of each source at each receptor into ``values`` (source, frame, receptor).

    Args:
        points: x, y [m] (receptor, 2).
        level: which of the growth's levels each receptor is at (receptor,).
    """
    samples = np.empty((4000, SIZE + growth.vertical.shape[2]))
    fate = np.empty(5)
    frames = values.shape[1]
    for s in range(len(place)):
        serial = 0
        for h in range(run.hours):
            if rates[s, h] <= 0:
                continue
            apart = HOUR / releases[s, h]
            grams = rates[s, h] * apart
            for n in range(releases[s, h]):
                serial += 1
                fate[:] = 0.0
                phase = (serial * GOLDEN) % 1.0 - 0.5
                count = follow(
                    place[s, 0],
                    place[s, 1],
                    h * HOUR + (n + 0.5) * apart,
                    apart,
                    phase,
                    kind[s],
                    air,
                    growth,
                    losses,
                    run,
                    samples,
                    fate,
                )
                budget[s, 0] += grams
                for f in range(5):
                    budget[s, 1 + f] += grams * fate[f]
                for m in range(count):
                    sigma, along = samples[m, 2], samples[m, 7]
                    ex, ey = samples[m, 5], samples[m, 6]
                    begin, until = (
                        (samples[m, 3] - 0.5 * apart) / length,
                        (samples[m, 3] + 0.5 * apart) / length,
                    )
                    top = grams * samples[m, 4] / (2.0 * pi * sigma * along * length)
                    for r in range(len(points)):
                        dx, dy = points[r, 0] - samples[m, 0], points[r, 1] - samples[m, 1]
                        ahead, aside = (dx * ex + dy * ey) / along, (dx * ey - dy * ex) / sigma
                        off = ahead * ahead + aside * aside
                        if off > REACH * REACH * 1.5:
                            continue
                        value = top * samples[m, SIZE + level[r]] * exp(-0.5 * off)
                        for f in range(max(int(floor(begin)), 0), min(int(ceil(until)), frames)):
                            part = (min(until, f + 1.0) - max(begin, float(f))) / (until - begin)
                            values[s, f, r] += value * part
