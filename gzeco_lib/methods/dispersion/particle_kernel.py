"""Moving particles: one pass of every particle from one instant to another, compiled.

The model is Thomson's (1987, doi:10.1017/S0022112087001940) for Gaussian turbulence that changes with height,
written for the velocity in units of its standard deviation, q = w / sigma_w (Wilson et al. 1983,
Boundary-Layer Meteorology 27, 163):

    dq = -q dt / T + d(sigma_w)/dz dt + sqrt(2 / T) dW,    dz = sigma_w q dt

which keeps a well-mixed tracer well mixed. The step is exact for the noise and of second order in the
stretching of sigma_w, the length of a step is a share of T at the particle. Where the hour is skewed, the
vertical part is that of Luhar and Britter (1989,
Atmospheric Environment 23, 1911). Ground and lid reflect. Backward in time the mean wind is reversed (Flesch
et al. 1995).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from gzeco_lib.methods.dispersion.particle_random import normal

# Columns of the state of a particle.
X, Y, Z, QU, QV, QW, MASS, TIME = range(8)
# What became of the mass: places in the budget.
LEFT, DRY, WET, DECAYED = range(4)
# Free air above the lid: weak turbulence of eddy diffusivity 1 m2 s-1 up and 45 m2 s-1 along.
ALOFT_H, ALOFT_W, ALOFT_TIME_H, ALOFT_TIME_W = 0.3, 0.1, 500.0, 100.0
# The drift of the skewed model grows without bound in the tails, where a finite step may run away.
WILDEST = 6.0
# Skewed rows need shorter steps for the same evenness of a well-mixed tracer (docs/methods/particles.md).
SKEWED_SHARE = 0.5
ROOT_TAU = math.sqrt(2 * math.pi)


class Medium(NamedTuple):
    """What particles move in during one row of turbulence."""

    height: np.ndarray  # (level,)
    rise: np.ndarray  # 1 / spacing of levels (level - 1,)
    index_scale: float  # level = log(1 + z / index_scale) * index_gain where levels are stretched
    index_gain: float
    start: np.ndarray  # level to look from, by bin of the logarithm
    table: np.ndarray  # sigma_u, sigma_v, sigma_w, time_h, time_w (level, 5)
    pdf: np.ndarray  # two Gaussians (level, 5), as turbulence.halves; empty where not skewed
    lid: float
    top: float
    wind: np.ndarray  # (time, y, x, level, 3)
    wind_height: np.ndarray
    wind_rise: np.ndarray
    wind_first: np.ndarray  # wind level to look from, by bin of the logarithm
    wind_time: np.ndarray  # start, 1 / step, held (1 or 0), row
    plane: np.ndarray  # x0, 1 / dx, y0, 1 / dy
    bounds: np.ndarray  # west, east, south, north


class Rules(NamedTuple):
    """How to step, and what takes mass away."""

    sign: float  # 1 forward, -1 backward
    share: float  # of T in a step
    shortest: float  # [s]
    longest: float  # [s]
    settling: float  # [m s-1]
    decay: float  # [s-1]
    washout: float  # [s-1]
    deposition: float  # dry deposition velocity over the depth of its layer [s-1]
    depth: float  # of that layer [m]


class Cells(NamedTuple):
    """Where mass is counted."""

    x0: float
    dx: float
    nx: int
    y0: float
    dy: float
    ny: int
    edges: np.ndarray  # of the layers (layer + 1,)


@njit(cache=True, error_model="numpy", inline="always")
def _below(values: np.ndarray, at: float, first: int) -> int:
    """Place of the last of ``values`` not above ``at``, looked for from ``first`` upward; the last but one at
    most."""
    k = first
    last = len(values) - 2
    while k < last and at >= values[k + 1]:
        k += 1
    return k


@njit(cache=True, error_model="numpy")
def _wind(m: Medium, x: float, y: float, z: float, time: float, k: int) -> tuple[float, float, float]:
    """Mean wind at a place; ``k`` is the wind level below it."""
    field = m.wind
    fz = min((z - m.wind_height[k]) * m.wind_rise[k], 1.0)
    if m.wind_time[2] > 0.5:
        t = int(m.wind_time[3])
        row = field[t, 0, 0]
        return (
            row[k, 0] + fz * (row[k + 1, 0] - row[k, 0]),
            row[k, 1] + fz * (row[k + 1, 1] - row[k, 1]),
            row[k, 2] + fz * (row[k + 1, 2] - row[k, 2]),
        )
    ft = min(max((time - m.wind_time[0]) * m.wind_time[1], 0.0), field.shape[0] - 1.0)
    t0 = min(int(ft), max(field.shape[0] - 2, 0))
    t1 = min(t0 + 1, field.shape[0] - 1)
    ft -= t0
    fx = (x - m.plane[0]) * m.plane[1]
    fy = (y - m.plane[2]) * m.plane[3]
    i = min(max(int(fx), 0), field.shape[2] - 2)
    j = min(max(int(fy), 0), field.shape[1] - 2)
    fx -= i
    fy -= j
    u = v = w = 0.0
    for dt in range(2):
        t, share_t = (t0, 1.0 - ft) if dt == 0 else (t1, ft)
        for dj in range(2):
            share_y = share_t * ((1.0 - fy) if dj == 0 else fy)
            for di in range(2):
                share = share_y * ((1.0 - fx) if di == 0 else fx)
                row = field[t, j + dj, i + di]
                a, b = share * (1.0 - fz), share * fz
                u += a * row[k, 0] + b * row[k + 1, 0]
                v += a * row[k, 1] + b * row[k + 1, 1]
                w += a * row[k, 2] + b * row[k + 1, 2]
    return u, v, w


@njit(cache=True, error_model="numpy")
def _normal_cdf(t: float) -> float:
    return 0.5 * math.erfc(-t * 0.7071067811865476)


@njit(cache=True, error_model="numpy")
def _skewed_drift(m: Medium, k: int, f: float, w: float, time_w: float, variance: float) -> float:
    """Drift of w [m s-2] that keeps the two-Gaussian density: ``(phi - (C0 eps / 2) Q) / P``."""
    slope = m.rise[k]
    density = moment = flux = 0.0
    for half in range(2):
        column = 1 + 2 * half
        a0, a1 = m.pdf[k, 0], m.pdf[k + 1, 0]
        if half == 1:
            a0, a1 = 1.0 - a0, 1.0 - a1
        weight, d_weight = a0 + f * (a1 - a0), (a1 - a0) * slope
        mean = m.pdf[k, column] + f * (m.pdf[k + 1, column] - m.pdf[k, column])
        d_mean = (m.pdf[k + 1, column] - m.pdf[k, column]) * slope
        wide = m.pdf[k, column + 1] + f * (m.pdf[k + 1, column + 1] - m.pdf[k, column + 1])
        d_wide = (m.pdf[k + 1, column + 1] - m.pdf[k, column + 1]) * slope
        t = (w - mean) / wide
        d_t = -(d_mean + t * d_wide) / wide
        bell = math.exp(-0.5 * t * t) / ROOT_TAU
        density += weight * bell / wide
        moment += weight * t / wide * bell / wide
        # phi is minus the slope with height of the flux below w: weight * (mean * cdf - wide * bell).
        flux += (d_weight * mean + weight * d_mean) * _normal_cdf(t)
        flux += (weight * mean * d_t - d_weight * wide - weight * d_wide + weight * wide * t * d_t) * bell
    if density < 1e-12:
        return -w / time_w
    return (-flux - variance / time_w * moment) / density


@njit(cache=True, error_model="numpy")
def _sigma_w(m: Medium, z: float) -> float:
    """Standard deviation of the vertical wind at ``z``."""
    k = _below(m.height, z, m.start[int(math.log(1.0 + z * m.index_scale) * m.index_gain)])
    return m.table[k, 2] + (z - m.height[k]) * m.rise[k] * (m.table[k + 1, 2] - m.table[k, 2])


@njit(cache=True, error_model="numpy", inline="always")
def _autocorrelation(a: float) -> tuple[float, float]:
    """``exp(-a)`` to third order, and the noise that keeps the variance at 1."""
    if a >= 2.0:
        return 0.0, 1.0
    b = 1.0 / (2.0 + a)
    return (2.0 - a) * b, math.sqrt(8.0 * a) * b


@njit(cache=True, error_model="numpy", inline="always")
def _profile(
    m: Medium, z: float, near: int
) -> tuple[float, float, float, float, float, float, float, int, float]:
    """Turbulence at ``z``: spreads, time scales, slopes of sigma_w and of the vertical time scale, level and
    share above it."""
    if z >= m.lid:
        return ALOFT_H, ALOFT_H, ALOFT_W, ALOFT_TIME_H, ALOFT_TIME_W, 0.0, 0.0, 0, 0.0
    k = _below(m.height, z, m.start[near])
    f = (z - m.height[k]) * m.rise[k]
    lo, hi = m.table[k], m.table[k + 1]
    spread, scale = hi[2] - lo[2], hi[4] - lo[4]
    return (
        lo[0] + f * (hi[0] - lo[0]), lo[1] + f * (hi[1] - lo[1]), lo[2] + f * spread,
        lo[3] + f * (hi[3] - lo[3]), lo[4] + f * scale, spread * m.rise[k], scale * m.rise[k], k, f,
    )  # fmt: skip


@njit(cache=True, error_model="numpy", inline="always")
def _length(dt: float, left: float, shortest: float, longest: float) -> tuple[float, bool]:
    """Length of the next step, and whether it is free to change on the way."""
    if dt >= 0.7 * left:  # the end is near: no splinter of a step there
        return (left if dt >= left else 0.5 * left), False
    if dt < shortest or dt > longest:
        return min(max(dt, shortest), longest, left), False
    return dt, True


@njit(cache=True, error_model="numpy", inline="always")
def _reflected(z: float, floor: float, lid: float) -> tuple[float, float]:
    """``z`` folded into its layer, and -1 where it moves the other way now."""
    turned = 1.0
    for _ in range(4):
        if z < floor:
            z, turned = 2.0 * floor - z, -turned
        elif z > lid:
            z, turned = 2.0 * lid - z, -turned
        else:
            break
    return min(max(z, floor), lid), turned


@njit(cache=True, error_model="numpy", inline="always")
def _layer(edges: np.ndarray, z: float) -> int:
    """Layer that holds ``z``, or -1."""
    for layer in range(len(edges) - 1):
        if edges[layer] <= z < edges[layer + 1]:
            return layer
    return -1


@njit(cache=True, error_model="numpy")
def _lost(
    mass: float, dt: float, low: bool, rules: Rules, ground: np.ndarray, budget: np.ndarray, j: int, i: int
) -> float:
    """Mass lost in a step, entered in the budget and, where ``i`` is a cell, on the ground."""
    dry = rules.deposition if low else 0.0
    rate = dry + rules.washout + rules.decay
    gone = -mass * math.expm1(-rate * dt)
    if gone > 0.0:
        share = gone / rate
        budget[DRY] += share * dry
        budget[WET] += share * rules.washout
        budget[DECAYED] += share * rules.decay
        if i >= 0:
            ground[0, j, i] += share * dry
            ground[1, j, i] += share * rules.washout
    return gone


@njit(cache=True, error_model="numpy", inline="always")
def _cell(x: float, y: float, cells: Cells) -> tuple[int, int]:
    """Row and column of the cell that holds a place; -1 for both where none does."""
    i = math.floor((x - cells.x0) / cells.dx)
    j = math.floor((y - cells.y0) / cells.dy)
    if 0 <= i < cells.nx and 0 <= j < cells.ny:
        return int(j), int(i)
    return -1, -1


@njit(cache=True, error_model="numpy")
def advance(
    particles: np.ndarray, rng: np.ndarray, alive: np.ndarray, group: np.ndarray, until: float,
    m: Medium, rules: Rules, cells: Cells, counts: np.ndarray, ground: np.ndarray, budget: np.ndarray,
) -> int:  # fmt: skip
    """Move every particle to ``until`` [s]; returns the number of steps.

    ``particles`` (particle, 8), ``rng`` (particle, 2), ``alive`` (particle,), ``budget`` (4,) and the counts
    change in place: ``counts`` (group, layer, y, x) gains mass times time [kg s], ``ground`` (2, y, x) what
    was deposited dry and wet [kg].
    """
    steps = 0
    for p in range(len(particles)):
        if alive[p]:
            steps += _journey(
                p, particles, rng, alive, group[p], until, m, rules, cells, counts, ground, budget
            )
    return steps


@njit(cache=True, error_model="numpy")
def _journey(  # noqa: PLR0915 (one loop, so that the state of a particle stays in registers)
    p: int, particles: np.ndarray, rng: np.ndarray, alive: np.ndarray, g: int, until: float,
    m: Medium, rules: Rules, cells: Cells, counts: np.ndarray, ground: np.ndarray, budget: np.ndarray,
) -> int:  # fmt: skip
    """Move particle ``p``."""
    skewed = len(m.pdf) > 0
    part = rules.share * (SKEWED_SHARE if skewed else 1.0)
    loses = rules.decay + rules.washout + rules.deposition > 0.0
    x, y, z = particles[p, X], particles[p, Y], particles[p, Z]
    qu, qv, qw = particles[p, QU], particles[p, QV], particles[p, QW]
    mass, time = particles[p, MASS], particles[p, TIME]
    s0, s1 = rng[p, 0], rng[p, 1]
    left = rules.sign * (until - time)
    steps = 0
    while left > 0.0:
        steps += 1
        near = int(math.log(1.0 + z * m.index_scale) * m.index_gain)
        within = z < m.lid
        sigma_u, sigma_v, sigma_w, time_h, time_w, slope, growth, k, f = _profile(m, z, near)
        # A step is a share of the time scale where the particle is, and that changes on the way: steps that
        # did not know
        # would count too much time near the ground.
        dt, free = _length(part * time_w, left, rules.shortest, rules.longest)
        noise, s0, s1 = normal(s0, s1)
        w = 0.0
        if skewed and within:
            w = qw * sigma_w
            w += _skewed_drift(m, k, f, w, time_w, sigma_w * sigma_w) * dt
            w += sigma_w * math.sqrt(2.0 * dt / time_w) * noise
            w = min(max(w, -WILDEST * sigma_w), WILDEST * sigma_w)
            rise = w * dt
            slope = 0.0
        else:
            kept, fresh = _autocorrelation(dt / time_w)
            qw = kept * qw + (1.0 - kept) * time_w * slope + fresh * noise
            rise = sigma_w * qw * dt
        longer = min(max(0.5 * growth / time_w * rise, -0.5), 0.5) if free else 0.0
        rise *= 1.0 + 0.5 * slope / sigma_w * rise + longer
        dt *= 1.0 + longer
        kept, fresh = _autocorrelation(dt / time_h)
        noise, s0, s1 = normal(s0, s1)
        qu = kept * qu + fresh * noise
        noise, s0, s1 = normal(s0, s1)
        qv = kept * qv + fresh * noise
        u, v, lift = _wind(m, x, y, z, time, _below(m.wind_height, z, m.wind_first[near]))
        along_x = (rules.sign * u + sigma_u * qu) * dt
        along_y = (rules.sign * v + sigma_v * qv) * dt
        rise += (rules.sign * lift - rules.settling) * dt
        # The middle of the step is where it is counted.
        lid = m.lid if within else m.top
        floor = 0.0 if within or rules.settling > 0.0 else m.lid
        middle, turned = _reflected(z + 0.5 * rise, floor, lid)
        z, turned = _reflected(z + rise, floor, lid)
        qw = turned * (w / _sigma_w(m, z) if skewed and within else qw)
        j, i = _cell(x + 0.5 * along_x, y + 0.5 * along_y, cells)
        mean = mass
        if loses:
            gone = _lost(mass, dt, middle < rules.depth, rules, ground, budget, j, i)
            mean -= 0.5 * gone
            mass -= gone
        if i >= 0:
            layer = _layer(cells.edges, middle)
            if layer >= 0:
                counts[g, layer, j, i] += mean * dt
        x += along_x
        y += along_y
        time += rules.sign * dt
        left = left - dt if dt < left else 0.0
        if not (m.bounds[0] <= x <= m.bounds[1] and m.bounds[2] <= y <= m.bounds[3]):
            alive[p] = False
            budget[LEFT] += mass
            left = 0.0
    particles[p, X], particles[p, Y], particles[p, Z] = x, y, z
    particles[p, QU], particles[p, QV], particles[p, QW] = qu, qv, qw
    particles[p, MASS], particles[p, TIME] = mass, time
    rng[p, 0], rng[p, 1] = s0, s1
    return steps
