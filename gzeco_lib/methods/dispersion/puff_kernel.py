"""Puffs followed one by one and added up, compiled; one thread, no Python object, the interpreter's lock released.

A continuous source is cut into short releases; each is followed as one puff, in steps about as long as the puff is
wide. Over the releases and the steps the sum is the midpoint rule for the time-mean of a moving Gaussian; with steps
of one spread its error is below a part in a thousand. A low-discrepancy sequence shifts the first step of each
release, so that the steps of an hour's releases fall between each other. All compiled functions that call each other
are in this file: numba's cache notices a change in a file only for the functions of that file.
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
MARGIN = 10_000.0  # [m] outside the extent, beyond which a puff is given up
MOST_STEPS = 4000
# A sample is x, y, spread, time, mass times duration, direction (x, y), spread along it; then shares per metre.
SIZE = 8
# Step over the spread along the wind: the midpoint rule is within a few parts in a thousand up to 1.4.
STRIDE = 1.2
# [s] Young puffs may be slim along the wind, to follow the plume where it changes quickly (it knows no spread along);
# what has travelled for an hour is round, as the wind has turned. Both times are ours.
YOUNG, ROUND = 600.0, 3600.0
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
        ground: the same at the ground [ln m-1] (hour, kind, node); nothing where no deposition asks for it.
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
        scale: by hour, the speed [m s-1] that ``u`` and ``v`` stand for at their one level, to be brought to the
            speed at a puff's centre; 0 where ``u`` and ``v`` are the wind at each level themselves.
    """

    u: np.ndarray
    v: np.ndarray
    time: np.ndarray
    level: np.ndarray
    frame: np.ndarray
    scale: np.ndarray


class Losses(NamedTuple):
    """What takes mass: first-order decay [s-1] (hour,), washout [s-1] (hour,), deposition velocity [m s-1]."""

    decay: np.ndarray
    washout: np.ndarray
    deposition: float


class Run(NamedTuple):
    """Extent of the run: hours, box west, south, east, north [m], shortest step [m], how slim young puffs are [1]."""

    hours: int
    west: float
    south: float
    east: float
    north: float
    shortest: float
    slim: float


class Emission(NamedTuple):
    """Sources of a run: x, y [m] (source, 2), kind (source,), rates [g s-1] and releases an hour (source, hour)."""

    place: np.ndarray
    kind: np.ndarray
    rates: np.ndarray
    releases: np.ndarray


class Puff(NamedTuple):
    """One puff of 1 g at first.

    Attributes:
        x: easting [m].
        y: northing [m].
        t: [s since the start].
        mass: left of it [g].
        wide: distance [m] at which a plume of this hour is as wide.
        deep: distance [m] at which it is as deep.
        least_width: spread [m] it had when the hour began; it never shrinks.
        least_depth: depth [ln m] it had then.
        held: whether it is mixed higher than this hour could mix it: its shares per metre stay.
    """

    x: float
    y: float
    t: float
    mass: float
    wide: float
    deep: float
    least_width: float
    least_depth: float
    held: bool


@njit(cache=True, error_model="numpy", inline="always")
def _node(distance: float, last: int) -> tuple[int, float]:
    place = min(max((log(max(distance, 1e-9)) - FIRST) / STEP, 0.0), last - 1e-9)
    node = int(place)
    return node, place - node


@njit(cache=True, error_model="numpy", inline="always")
def _read(table: np.ndarray, hour: int, k: int, node: int, part: float) -> float:
    """Between two nodes of a table; no row is cut out, which would cost more than the reading."""
    low = table[hour, k, node]
    return low + part * (table[hour, k, node + 1] - low)


@njit(cache=True, error_model="numpy")
def _rank(axis: np.ndarray, at: float) -> int:
    """Node of the rising ``axis`` below ``at``, such that there is a next one."""
    low, high = 0, len(axis) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if axis[middle] <= at:
            low = middle
        else:
            high = middle
    return low


@njit(cache=True, error_model="numpy")
def _inverse(row: np.ndarray, value: float) -> float:
    """Distance [m] at which the rising ``row`` reaches ``value``; the last where it does not."""
    low = _rank(row, value)
    rise = row[low + 1] - row[low]
    part = 1.0 if rise <= 0 else min(max((value - row[low]) / rise, 0.0), 1.0)
    return exp(FIRST + STEP * (low + part))


@njit(cache=True, error_model="numpy", inline="always")
def _between(axis: np.ndarray, at: float) -> tuple[int, float]:
    """Lower neighbour and part of the way on an uneven axis, held beyond its ends."""
    if len(axis) == 1 or at <= axis[0]:
        return 0, 0.0
    low = _rank(axis, at)
    return low, min((at - axis[low]) / (axis[low + 1] - axis[low]), 1.0)


@njit(cache=True, error_model="numpy", inline="always")
def _flat(values: np.ndarray, i: int, j: int, r: int, c: int, px: float, py: float) -> float:
    """Linear between four neighbours in the plane."""
    low = values[i, j, r, c] + px * (values[i, j, r, c + 1] - values[i, j, r, c])
    high = values[i, j, r + 1, c] + px * (values[i, j, r + 1, c + 1] - values[i, j, r + 1, c])
    return low + py * (high - low)


@njit(cache=True, error_model="numpy")
def wind_at(air: Air, x: float, y: float, height: float, t: float) -> tuple[float, float]:
    """u and v [m s-1], linear in time, height and place, held beyond the edges."""
    i, pt = _between(air.time, t)
    ny, nx = air.u.shape[2], air.u.shape[3]
    u = v = 0.0
    if nx == 1 or ny == 1:  # the same everywhere
        for a in range(2 if pt > 0.0 else 1):
            weight = pt if a else 1.0 - pt
            u += weight * air.u[i + a, 0, 0, 0]
            v += weight * air.v[i + a, 0, 0, 0]
        return u, v
    j, pz = _between(air.level, height)
    fx = min(max((x - air.frame[0]) / air.frame[1], 0.0), nx - 1.0)
    fy = min(max((y - air.frame[2]) / air.frame[3], 0.0), ny - 1.0)
    c, r = min(int(fx), nx - 2), min(int(fy), ny - 2)
    for a in range(2 if pt > 0.0 else 1):
        for b in range(2 if pz > 0.0 else 1):
            weight = (pt if a else 1.0 - pt) * (pz if b else 1.0 - pz)
            u += weight * _flat(air.u, i + a, j + b, r, c, fx - c, fy - r)
            v += weight * _flat(air.v, i + a, j + b, r, c, fx - c, fy - r)
    return u, v


@njit(cache=True, error_model="numpy")
def _wide(puff: Puff, ahead: float, width: np.ndarray, hour: int, k: int) -> float:
    """Spread across the wind [m], ``ahead`` metres on."""
    node, part = _node(puff.wide + ahead, width.shape[2] - 1)
    return max(exp(_read(width, hour, k, node, part)), puff.least_width)


@njit(cache=True, error_model="numpy")
def _carried(
    puff: Puff, x: float, y: float, t: float, ahead: float, hour: int, k: int, air: Air, growth: Growth
) -> tuple[float, float, float]:
    """Wind at the puff's centre [m s-1] at a place and time, and the wind of the tables there."""
    node, part = _node(puff.deep + ahead, growth.speed.shape[2] - 1)
    pace = _read(growth.speed, hour, k, node, part)
    u, v = wind_at(air, x, y, exp(_read(growth.centre, hour, k, node, part)), t)
    scale = pace / air.scale[hour] if air.scale[hour] > 0 else 1.0
    return u * scale, v * scale, pace


@njit(cache=True, error_model="numpy")
def _step(
    puff: Puff, start: float, lead: float, until: float, hour: int, k: int, air: Air, growth: Growth, losses: Losses,
    run: Run, sample: np.ndarray, before: np.ndarray, fate: np.ndarray,
) -> Puff:  # fmt: skip
    """Carry the puff one step on; ``sample`` gets what it was half way, ``fate`` what was lost."""
    u, v, pace = _carried(puff, puff.x, puff.y, puff.t, 0.0, hour, k, air, growth)
    path = max(hypot(u, v), 0.5 * pace)
    slim = run.slim + (1.0 - run.slim) * min(max((puff.t - start - YOUNG) / (ROUND - YOUNG), 0.0), 1.0)
    length = max(STRIDE * slim * _wide(puff, 0.0, growth.width, hour, k), run.shortest) * lead
    stay = min(length / path, LONGEST, until - puff.t)
    half = 0.5 * stay
    u, v, pace = _carried(
        puff, puff.x + u * half, puff.y + v * half, puff.t + half, path * half, hour, k, air, growth
    )
    node, part = _node(puff.deep + path * half, growth.width.shape[2] - 1)
    for j in range(growth.vertical.shape[2]):
        low, high = growth.vertical[hour, k, j, node], growth.vertical[hour, k, j, node + 1]
        own = exp(low + part * (high - low))
        sample[SIZE + j] = before[SIZE + j] if puff.held else own
    settling = 0.0
    if losses.deposition > 0:
        settling = losses.deposition * exp(_read(growth.ground, hour, k, node, part))
        if puff.held:
            settling = min(settling, losses.deposition / exp(puff.least_depth))
    total = losses.decay[hour] + losses.washout[hour] + settling
    gone = puff.mass * (1.0 - exp(-total * stay))
    speed = max(hypot(u, v), 1e-6)
    sample[0], sample[1], sample[3] = puff.x + u * half, puff.y + v * half, puff.t + half
    sample[2] = _wide(puff, path * half, growth.width, hour, k)
    sample[4] = puff.mass * stay if total * stay < 1e-6 else gone / total
    sample[5], sample[6] = u / speed, v / speed
    sample[7] = sample[2] * slim
    if total > 0:
        fate[0] += gone * losses.decay[hour] / total
        fate[1] += gone * losses.washout[hour] / total
        fate[2] += gone * settling / total
    path = max(hypot(u, v), 0.5 * pace) * stay
    return Puff(
        puff.x + u * stay, puff.y + v * stay, puff.t + stay, puff.mass - gone, puff.wide + path, puff.deep + path,
        puff.least_width, puff.least_depth, puff.held,
    )  # fmt: skip


@njit(cache=True, error_model="numpy")
def _into(hour: int, puff: Puff, k: int, growth: Growth) -> Puff:
    """The puff in the tables of ``hour``, coming from those of the hour before: as wide and as deep as it was."""
    last = growth.width.shape[2] - 1
    width = _wide(puff, 0.0, growth.width, hour - 1, k)
    depth = puff.least_depth
    if not puff.held:
        node, part = _node(puff.deep, last)
        depth = _read(growth.depth, hour - 1, k, node, part)
    sinks = puff.held or growth.lid[hour] < growth.lid[hour - 1]
    held = (sinks and exp(depth) > growth.lid[hour]) or depth > growth.depth[hour, k, last]
    return Puff(
        puff.x, puff.y, puff.t, puff.mass, _inverse(growth.width[hour, k], log(width)),
        _inverse(growth.depth[hour, k], depth), width, depth, held,
    )  # fmt: skip


@njit(cache=True, error_model="numpy")
def follow(
    x: float, y: float, start: float, apart: float, phase: float, k: int, air: Air, growth: Growth, losses: Losses,
    run: Run, samples: np.ndarray, fate: np.ndarray,
) -> int:  # fmt: skip
    """Follow one puff of 1 g, the middle of a release of ``apart`` [s]; how many rows of ``samples`` were filled.

    ``fate`` gets the shares that decayed, were washed out, settled, left, and are still there at the end, added.
    """
    end = run.hours * HOUR + 0.5 * apart  # the last of a release ends that much later than its middle
    hour = min(int(start / HOUR), run.hours - 1)
    puff = Puff(x, y, start, 1.0, 0.0, 0.0, 0.0, -1e9, False)
    lead = 0.5 + phase
    count = 0
    while puff.t < end - 1e-6 and count < len(samples):
        until = (hour + 1) * HOUR if hour < run.hours - 1 else end
        puff = _step(
            puff,
            start,
            lead,
            until,
            hour,
            k,
            air,
            growth,
            losses,
            run,
            samples[count],
            samples[count - 1],
            fate,
        )
        count += 1
        lead = 1.0
        off = max(run.west - puff.x, puff.x - run.east, run.south - puff.y, puff.y - run.north)
        if off > MARGIN + REACH * samples[count - 1, 2]:
            break
        if puff.t >= until - 1e-6 and hour < run.hours - 1:
            hour += 1
            puff = _into(hour, puff, k, growth)
    fate[4 if puff.t >= end - 1e-6 else 3] += puff.mass
    return count


@njit(cache=True, error_model="numpy")
def _released(
    s: int, h: int, n: int, serial: int, emission: Emission, air: Air, growth: Growth, losses: Losses, run: Run,
    samples: np.ndarray, budget: np.ndarray,
) -> int:  # fmt: skip
    """Follow release ``n`` of source ``s`` in hour ``h`` and book where its mass went [g]."""
    apart = HOUR / emission.releases[s, h]
    grams = emission.rates[s, h] * apart
    fate = np.zeros(5)
    phase = (serial * GOLDEN) % 1.0 - 0.5
    count = follow(
        emission.place[s, 0], emission.place[s, 1], h * HOUR + (n + 0.5) * apart, apart, phase, emission.kind[s],
        air, growth, losses, run, samples, fate,
    )  # fmt: skip
    budget[s, 0] += grams
    for f in range(5):
        budget[s, 1 + f] += grams * fate[f]
    return count


@njit(cache=True, error_model="numpy", fastmath=True)
def _bell(at: float, sigma: float, first: float, width: float, n: int, out: np.ndarray) -> tuple[int, int]:
    """Share of a Gaussian in each cell of a row, over the cell's width [m-1]; which cells, from and to."""
    spread = sqrt(sigma * sigma + width * width / 12.0)
    low = max(floor((at - REACH * spread - first) / width + 0.5), 0)
    high = min(ceil((at + REACH * spread - first) / width + 0.5), n)
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


@njit(cache=True, error_model="numpy", inline="always")
def _frames(t: float, apart: float, length: float, frames: int) -> tuple[float, float, int, int]:
    """When the release of ``apart`` [s] around ``t`` begins and ends, in frames; the frames it touches, from and to."""
    begin, until = (t - 0.5 * apart) / length, (t + 0.5 * apart) / length
    return begin, until, max(floor(begin), 0), min(ceil(until), frames)


@njit(cache=True, error_model="numpy", nogil=True)
def spread_on_cells(
    emission: Emission, air: Air, growth: Growth, losses: Losses, run: Run, grid: np.ndarray, length: float,
    fields: np.ndarray, budget: np.ndarray,
) -> None:  # fmt: skip
    """Add the mean concentration [g m-3] over cells to ``fields`` (1 or source, frame, y, x).

    Args:
        emission: the sources.
        air: wind.
        growth: of each kind of source, at one level.
        losses: what takes mass.
        run: extent.
        grid: x of the first cell, distance, y of the first, distance [m].
        length: of a frame [s].
        fields: out.
        budget: out, emitted and what ``follow`` tells [g] (source, 6).
    """
    samples = np.empty((MOST_STEPS, SIZE + 1))
    frames, ny, nx = fields.shape[1:]
    across, up = np.zeros(nx), np.zeros(ny)
    for s in range(len(emission.place)):
        to = fields[min(s, len(fields) - 1)]
        serial = 0
        for h in range(run.hours):
            if emission.rates[s, h] <= 0:
                continue
            apart = HOUR / emission.releases[s, h]
            for n in range(emission.releases[s, h]):
                serial += 1
                count = _released(s, h, n, serial, emission, air, growth, losses, run, samples, budget)
                for m in range(count):
                    i0, i1 = _bell(samples[m, 0], samples[m, 2], grid[0], grid[1], nx, across)
                    j0, j1 = _bell(samples[m, 1], samples[m, 2], grid[2], grid[3], ny, up)
                    if i1 <= i0 or j1 <= j0:
                        continue
                    amount = emission.rates[s, h] * apart * samples[m, 4] * samples[m, SIZE] / length
                    begin, until, f0, f1 = _frames(samples[m, 3], apart, length, frames)
                    for f in range(f0, f1):
                        part = (min(until, f + 1.0) - max(begin, float(f))) / (until - begin)
                        _add(to[f], across, up, i0, i1, j0, j1, amount * part)


@njit(cache=True, error_model="numpy", nogil=True, fastmath=True)
def spread_on_points(
    emission: Emission, air: Air, growth: Growth, losses: Losses, run: Run, points: np.ndarray, level: np.ndarray,
    length: float, values: np.ndarray, budget: np.ndarray,
) -> None:  # fmt: skip
    """Put the mean concentration [g m-3] of each source at each receptor into ``values`` (source, frame, receptor).

    Args:
        emission: the sources.
        air: wind.
        growth: of each kind of source, at the levels of the receptors.
        losses: what takes mass.
        run: extent.
        points: x, y [m] (receptor, 2).
        level: which of the growth's levels each receptor is at (receptor,).
        length: of a frame [s].
        values: out.
        budget: out, emitted and what ``follow`` tells [g] (source, 6).
    """
    samples = np.empty((MOST_STEPS, SIZE + growth.vertical.shape[2]))
    frames = values.shape[1]
    for s in range(len(emission.place)):
        serial = 0
        for h in range(run.hours):
            if emission.rates[s, h] <= 0:
                continue
            apart = HOUR / emission.releases[s, h]
            for n in range(emission.releases[s, h]):
                serial += 1
                count = _released(s, h, n, serial, emission, air, growth, losses, run, samples, budget)
                for m in range(count):
                    sigma, along = samples[m, 2], samples[m, 7]
                    ex, ey = samples[m, 5], samples[m, 6]
                    begin, until, f0, f1 = _frames(samples[m, 3], apart, length, frames)
                    top = emission.rates[s, h] * apart * samples[m, 4] / (2.0 * pi * sigma * along * length)
                    for r in range(len(points)):
                        dx, dy = points[r, 0] - samples[m, 0], points[r, 1] - samples[m, 1]
                        ahead, aside = (dx * ex + dy * ey) / along, (dx * ey - dy * ex) / sigma
                        off = ahead * ahead + aside * aside
                        if off > 1.5 * REACH * REACH:
                            continue
                        value = top * samples[m, SIZE + level[r]] * exp(-0.5 * off)
                        for f in range(f0, f1):
                            part = (min(until, f + 1.0) - max(begin, float(f))) / (until - begin)
                            values[s, f, r] += value * part
