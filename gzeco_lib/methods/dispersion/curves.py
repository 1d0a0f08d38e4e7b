"""What a plume does along the wind, for one kind of source in one hour: spread, height, crosswind-integrated value.

Sources, where not said otherwise: Cimorelli et al. (2005), doi:10.1175/JAM2227.1 (formulation of AERMOD), with the
constants of its version 13350; releases near the ground: Venkatram, Snyder, Heist, Perry, Petersen and Isakov (2013),
Atmospheric Environment 77, 846. All compiled functions that call each other are in this file: numba's cache
notices a change in a file only for the functions of that file.
"""

from __future__ import annotations

from math import atan, cos, erf, exp, log, pi, sin, sqrt
from typing import NamedTuple

import numpy as np
from numba import njit

FLOOR = -150.0  # logarithm that stands for "nothing there"
ROOT_2PI = sqrt(2.0 * pi)
REACH = 2.15  # standard deviations from the centre to the edge of a plume
BUOYANT = 0.4 / sqrt(2.0)  # spread that rising itself makes, per metre of rise
SLOWEST = 0.1  # [m s-1]
MEMORY = 24 * 3600.0  # [s], after which the mean wind has no say
CENTRED = (
    0.6  # height at which a plume from the ground sees its wind, in parts of its mean height (van Ulden 1978)
)
# Height of the plume [m] up to which the spread near the ground holds alone, and from which it has no part.
# The formulas were derived from releases within a few metres of the ground; the change-over is ours.
GROUND, ALOFT = 10.0, 30.0


class Hour(NamedTuple):
    """Weather of one hour; SI units as in ``BoundaryLayer``."""

    friction: float
    length: float
    lid: float
    roughness: float
    reference: float
    wind: float
    convective: float
    mean_wind: float  # over the layer below the lid
    mean_sigma_w: float


class Release(NamedTuple):
    """One kind of source in one hour, see ``rise.Rise``."""

    stack: float
    height: float
    buoyancy: float
    momentum: float
    speed: float
    frequency: float
    final: float
    distance: float
    through: float
    above: float
    sigma_y0: float
    sigma_z0: float


@njit(cache=True, error_model="numpy")
def _place(z: float, heights: np.ndarray) -> tuple[int, float]:
    """Level under ``z`` and the part of the way to the next."""
    top = len(heights) - 2
    if z <= heights[1]:
        return 0, max(z, 0.0) / heights[1]
    i = min(int(log(z / heights[1]) / log(heights[2] / heights[1])) + 1, top)
    return i, min((z - heights[i]) / (heights[i + 1] - heights[i]), 1.0)


@njit(cache=True, error_model="numpy")
def _at(z: float, heights: np.ndarray, values: np.ndarray) -> tuple[float, float, float, float]:
    """Wind, sigma_v, sigma_w and gradient at ``z``."""
    i, p = _place(z, heights)
    q = 1.0 - p
    return (
        max(q * values[0, i] + p * values[0, i + 1], SLOWEST),
        q * values[1, i] + p * values[1, i + 1],
        q * values[2, i] + p * values[2, i + 1],
        q * values[3, i] + p * values[3, i + 1],
    )


@njit(cache=True, error_model="numpy")
def _upto(
    which: int, i: int, p: float, heights: np.ndarray, values: np.ndarray, integral: np.ndarray
) -> float:
    a, b = values[which, i], values[which, i + 1]
    return integral[which, i] + (heights[i + 1] - heights[i]) * p * (a + 0.5 * p * (b - a))


@njit(cache=True, error_model="numpy")
def _mean(
    low: float, high: float, heights: np.ndarray, values: np.ndarray, integral: np.ndarray
) -> tuple[float, float, float, float]:
    """Wind, sigma_v, sigma_w and gradient averaged from ``low`` to ``high``."""
    if high - low < 0.5:
        return _at(high, heights, values)
    i, p = _place(low, heights)
    j, q = _place(high, heights)
    deep = high - low
    return (
        (_upto(0, j, q, heights, values, integral) - _upto(0, i, p, heights, values, integral)) / deep,
        (_upto(1, j, q, heights, values, integral) - _upto(1, i, p, heights, values, integral)) / deep,
        (_upto(2, j, q, heights, values, integral) - _upto(2, i, p, heights, values, integral)) / deep,
        (_upto(3, j, q, heights, values, integral) - _upto(3, i, p, heights, values, integral)) / deep,
    )


# --- near the ground ------------------------------------------------------------------------------------------------


@njit(cache=True, error_model="numpy")
def _psi(ratio: float) -> float:
    if ratio >= 0.0:
        return -17.0 * (1.0 - exp(-0.29 * ratio))
    x = sqrt(sqrt(1.0 - 16.0 * ratio))
    return 2.0 * log((1.0 + x) / 2.0) + log((1.0 + x * x) / 2.0) - 2.0 * atan(x) + pi / 2.0


@njit(cache=True, error_model="numpy")
def _shape(z: float, hour: Hour) -> float:
    z0 = hour.roughness
    at = max(z, 7.0 * z0)
    full = log(at / z0) - _psi(at / hour.length) + _psi(z0 / hour.length)
    return full * min(z / (7.0 * z0), 1.0)


@njit(cache=True, error_model="numpy")
def centre_of_mass(height: float, sz: float) -> float:
    """Mean height [m] of a Gaussian plume over reflecting ground."""
    if height > 6.0 * sz:
        return height
    return sz * sqrt(2.0 / pi) * exp(-0.5 * (height / sz) ** 2) + height * erf(height / (sqrt(2.0) * sz))


@njit(cache=True, error_model="numpy")
def _diffused(z: float, hour: Hour) -> float:
    """Distance [m], but for a factor, at which a plume from the ground in stable air has the mean height ``z``."""
    a = 5.0 * CENTRED / hour.length
    step = log(max(CENTRED * z / hour.roughness, 1.1))
    return z * (step - 1.0) + 0.5 * a * z * z * (step + 0.5) + a * a * z**3 / 3.0


@njit(cache=True, error_model="numpy")
def stable_ground_spread(x: float, height: float, guess: float, hour: Hour) -> tuple[float, float]:
    """Mean height [m] and wind [m s-1] of a plume released near the ground into stable air (van Ulden 1978).

    ``dz/dx = K(cz) / (U(cz) cz)`` with ``K = k u* z / (1 + 5 z / L)``, c = 0.6, in closed form for the logarithmic
    and linear wind of Dyer (1974); solved for z by Newton's method.
    """
    a = 5.0 * CENTRED / hour.length
    anchor = log(hour.reference / hour.roughness) + 5.0 * hour.reference / hour.length
    pace = hour.wind / anchor  # wind per unit of its shape [m s-1]
    start = max(height, 7.0 * hour.roughness / CENTRED)
    target = _diffused(start, hour) + 0.4 * hour.friction / pace * x
    z = max(guess, start)
    for _ in range(30):
        shape = log(CENTRED * z / hour.roughness) + a * z
        new = max(z - (_diffused(z, hour) - target) / (shape * (1.0 + a * z)), start)
        done = abs(new - z) < 1e-4 * z
        z = new
        if done:
            break
    at = min(z, hour.lid)
    return z, pace * (log(CENTRED * at / hour.roughness) + a * at)


@njit(cache=True, error_model="numpy")
def _width_of(mean: float, height: float, guess: float) -> float:
    """sigma_z [m] of the Gaussian plume from ``height`` whose mean height is ``mean``."""
    if mean <= height * 1.0001:
        return 0.01
    sz = max(guess, sqrt(pi / 2.0) * (mean - height))
    for _ in range(30):
        now = centre_of_mass(height, sz)
        new = max(sz - (now - mean) / max(sqrt(2.0 / pi) * exp(-0.5 * (height / sz) ** 2), 0.05), 0.3 * sz)
        done = abs(new - sz) < 1e-4 * sz
        sz = new
        if done:
            break
    return sz


@njit(cache=True, error_model="numpy")
def surface_spread(
    x: float, height: float, sz0: float, guess: float, sv: float, hour: Hour
) -> tuple[float, float, float]:
    """sigma_y, sigma_z [m] and effective wind [m s-1] of a release near the ground.

    Vertical: Venkatram et al. (2013) in unstable air, where spread and the wind at the plume's mean height are found
    together; van Ulden (1978) in stable air. Lateral: Irwin (1983) in unstable, Cimorelli et al. (2005) in stable air.
    """
    if hour.length > 0:
        mean, u = stable_ground_spread(x, height, sqrt(2.0 / pi) * guess, hour)
        own = _width_of(mean, height, guess)
        ahead = sv * x / u
        return ahead / (1.0 + 78.0 * ahead / hour.lid) ** 0.3, sqrt(own * own + sz0 * sz0), u
    anchor = _shape(min(hour.reference, hour.lid), hour)
    sz, own, u = guess, guess, hour.wind
    for _ in range(20):
        mean = max(min(centre_of_mass(height, sz), hour.lid), 7.0 * hour.roughness)
        u = hour.wind * _shape(mean, hour) / anchor
        ratio = hour.friction / u
        own = 0.57 * ratio * x * (1.0 + 1.5 * ratio * x / -hour.length)
        new = max(sqrt(own * own + sz0 * sz0), 0.01)
        done = abs(new - sz) < 1e-3 * new
        sz = new
        if done:
            break
    ahead = sv * x / u
    return ahead / (1.0 + 0.9 * sqrt(x / u / 1000.0)), sz, u


# --- vertical distribution ------------------------------------------------------------------------------------------


@njit(cache=True, error_model="numpy", fastmath=True)
def _image(z: float, at: float, sz: float) -> float:
    """What a source at the height ``at`` and its mirror image under the ground give at ``z``; 1 on the axis."""
    half = -0.5 / (sz * sz)
    if z == 0.0:
        power = half * at * at
        return 2.0 * exp(power) if power > -60.0 else 0.0
    return exp(half * (z - at) ** 2) + exp(half * (z + at) ** 2)


@njit(cache=True, error_model="numpy", fastmath=True)
def reflected(z: float, height: float, sz: float, lid: float) -> float:
    """Vertical distribution [m-1] at ``z`` of a Gaussian plume between ground and ``lid``; nothing above the lid."""
    if z > lid:
        return 0.0
    if sz > 1.6 * lid:
        return 1.0 / lid
    total = _image(z, height, sz)
    m = 1
    while True:
        shift = 2.0 * m * lid
        term = _image(z, shift - height, sz) + _image(z, shift + height, sz)
        total += term
        m += 1
        if term <= 1e-6 * total or m > 60:
            break
    return total / (ROOT_2PI * sz)


@njit(cache=True, error_model="numpy", fastmath=True)
def _one_way(z: float, height: float, sz: float, lid: float, way: float) -> float:
    """Images of one half of the convective plume: from the first one up (``way`` 1), or from the second down (-1)."""
    total, m = 0.0, 0 if way > 0 else 1
    while m < 200:
        at = height + way * 2.0 * m * lid
        term = _image(z, at, sz)
        total += term
        m += 1
        if way * at > lid and term <= 1e-6 * total + 1e-40:
            break
    return total / (ROOT_2PI * sz)


# --- stable, or above the lid ---------------------------------------------------------------------------------------


@njit(cache=True, error_model="numpy")
def _rise_in_wind(x: float, r: Release) -> float:
    return ((3.0 * r.momentum * x / r.speed**2 + 1.5 * r.buoyancy * x * x / r.speed**3) / 0.36) ** (1.0 / 3.0)


@njit(cache=True, error_model="numpy")
def _stable_rise(x: float, r: Release) -> float:
    if r.final <= 0.0 or x >= r.distance:
        return r.final
    n = 0.7 * r.frequency
    wave = n * x / r.speed
    if r.buoyancy > 1e-6:
        bent = (
            r.buoyancy
            / (r.frequency**2 * r.speed)
            * (n * r.momentum / r.buoyancy * sin(wave) + 1.0 - cos(wave))
        )
        return min(2.66 * max(bent, 0.0) ** (1.0 / 3.0), r.final, _rise_in_wind(x, r))
    return min(_rise_in_wind(x, r), r.final)


@njit(cache=True, error_model="numpy")
def _elevated_spread(t: float, sw: float, height: float, frequency: float) -> float:
    """sigma_z [m] after the time ``t`` [s]: mixing length limited by the ground and by stability."""
    step = sw * t
    return step / sqrt(1.0 + step * (1.0 / (0.72 * height) + frequency / (0.54 * sw)))


@njit(cache=True, error_model="numpy")
def _stable_sigma_z(
    x: float, he: float, u: float, sw: float, slope: float, theta: float, hour: Hour
) -> float:
    frequency = sqrt(9.80665 * max(slope, 0.0) / theta)
    aloft = _elevated_spread(x / u, sw, max(he, 0.1), frequency)
    if he >= hour.lid or hour.length <= 0:
        return aloft
    ground = sqrt(2.0 / pi) * hour.friction * x / u * (1.0 + 0.7 * x / hour.length) ** (-1.0 / 3.0)
    part = he / hour.lid
    return (1.0 - part) * ground + part * aloft


@njit(cache=True, error_model="numpy")
def _lateral(x: float, u: float, sv: float, lid: float, height: float) -> float:
    """sigma_y [m]: ``x sv / u`` at first, slower once the plume is as wide as the eddies."""
    share = max(sv / u, 0.05)
    period = lid / (156.0 * sv) * max(height, 0.46) / 0.46
    return share * x / (1.0 + x / (2.0 * u * period)) ** 0.3


@njit(cache=True, error_model="numpy")
def _below(
    centre: float, sz: float, heights: np.ndarray, values: np.ndarray, integral: np.ndarray
) -> tuple[float, float, float, float]:
    """Air that the lower half of the plume travels in."""
    if centre <= 5.0:
        return _mean(0.5, 5.0, heights, values, integral)
    return _mean(max(centre - REACH * sz, 0.5), centre, heights, values, integral)


@njit(cache=True, error_model="numpy")
def _stable_part(
    x: float,
    r: Release,
    hour: Hour,
    theta: float,
    heights: np.ndarray,
    values: np.ndarray,
    integral: np.ndarray,
) -> tuple[float, float, float, float, float, float]:
    """Height, sigma_y, sigma_z, lid [m], wind and sigma_v [m s-1] of a plume in stable air."""
    rise = _stable_rise(x, r)
    he = r.height + rise
    u, sv, sw, slope = _at(he, heights, values)
    own = BUOYANT * rise
    sz = sqrt(_stable_sigma_z(x, he, u, sw, slope, theta, hour) ** 2 + own * own + r.sigma_z0**2)
    lid = max(hour.lid, he + REACH * sz)
    u, sv, sw, slope = _below(he, sz, heights, values, integral)
    sz = sqrt(_stable_sigma_z(x, he, u, sw, slope, theta, hour) ** 2 + own * own + r.sigma_z0**2)
    sy = sqrt(_lateral(x, u, sv, hour.lid, he) ** 2 + own * own + r.sigma_y0**2)
    return he, sy, sz, lid, u, sv


# --- convective -----------------------------------------------------------------------------------------------------


@njit(cache=True, error_model="numpy")
def _drafts(sw: float, centre: float, hour: Hour) -> tuple[float, float, float]:
    """Mean velocity of updrafts and of downdrafts [m s-1], share of updrafts: bi-Gaussian of Weil et al. (1997)."""
    third = 0.125 * hour.convective**3
    if centre < 0.1 * hour.lid:
        third *= 10.0 * centre / hour.lid
    skew = third / sw**3
    g1, g2 = 5.0 / 13.0, 5.0
    root = sqrt((g1 * skew) ** 2 + 4.0 / g2)
    up, down = 0.5 * sw * (g1 * skew + root), 0.5 * sw * (g1 * skew - root)
    return up, down, down / (down - up)


@njit(cache=True, error_model="numpy")
def _centre(x: float, rise: float, r: Release, hour: Hour) -> float:
    """Height of the centroid [m]: along the rise, then towards the middle of the mixed layer."""
    mixed = hour.lid * hour.mean_wind / hour.mean_sigma_w
    end, final = r.distance, r.final
    if mixed < 1.25 * end:
        end = 0.8 * mixed
        final = _rise_in_wind(end, r)
    if x < end:
        return min(r.height + rise, hour.lid)
    start = min(r.height + final, hour.lid)
    if x >= mixed:
        return 0.5 * hour.lid
    return start + (x - end) / (mixed - end) * (0.5 * hour.lid - start)


@njit(cache=True, error_model="numpy")
def _draft_spread(x: float, u: float, draft: float, centre: float, hour: Hour) -> float:
    """sigma_z [m] within updrafts or downdrafts."""
    factor, ground = 1.0, 0.0
    if centre < 0.1 * hour.lid:
        near = 10.0 * centre / hour.lid
        factor = 0.6 + 0.4 * near
        ground = 0.5 * (1.0 - near) * (hour.friction / u) ** 2 * x * x / -hour.length
    own = factor * 2.0 * abs(draft) * x / u
    return sqrt(own * own + ground * ground)


@njit(cache=True, error_model="numpy")
def _convective_part(
    x: float, r: Release, hour: Hour, heights: np.ndarray, values: np.ndarray, integral: np.ndarray
) -> tuple[float, float, float, float, float, float, float, float, float]:
    """Height and sigma_z of both halves, share of updrafts, shift of what the lid held back, sigma_y, u, sv."""
    rise = _rise_in_wind(x, r) if r.buoyancy > 0 or r.momentum > 0 else 0.0
    centre = _centre(x, rise, r, hour)
    own = BUOYANT * rise
    extra = own * own + r.sigma_z0**2
    u, sv, sw, _ = _at(centre, heights, values)
    up, down, share = _drafts(sw, centre, hour)
    sz = 0.5 * (
        sqrt(_draft_spread(x, u, up, centre, hour) ** 2 + extra)
        + sqrt(_draft_spread(x, u, down, centre, hour) ** 2 + extra)
    )
    u, sv, sw, _ = _below(min(centre, hour.lid), sz, heights, values, integral)
    up, down, share = _drafts(sw, centre, hour)
    high, low = r.height + rise + up * x / u, r.height + rise + down * x / u
    s1 = sqrt(_draft_spread(x, u, up, centre, hour) ** 2 + extra)
    s2 = sqrt(_draft_spread(x, u, down, centre, hour) ** 2 + extra)
    room = 0.4 * (hour.lid - r.height)
    radius = room * room + 0.25 * 0.1 * 2.3**1.5 * (hour.convective * x / r.speed) ** 2
    shift = sqrt(2.0 * r.buoyancy * hour.lid / (1.4 * r.speed * radius)) * x / r.speed
    ahead = max(sv / u, 0.05) * x
    slow = max(78.0 * 0.46 / max(r.stack, 0.46), 0.7)
    sy = sqrt((ahead / (1.0 + slow * ahead / hour.lid) ** 0.3) ** 2 + own * own + r.sigma_y0**2)
    return high, low, s1, s2, share, shift, sy, u, sv


@njit(cache=True, error_model="numpy")
def _penetrated_part(
    x: float, r: Release, hour: Hour, heights: np.ndarray, values: np.ndarray, integral: np.ndarray
) -> tuple[float, float, float, float, float]:
    """Height, sigma_y, sigma_z, lid [m] and wind [m s-1] of what went through the lid."""
    he = r.height + r.above
    own = BUOYANT * r.through * r.above
    u, sv, sw, _ = _at(he, heights, values)
    sz = sqrt(_elevated_spread(x / u, sw, he, 0.0) ** 2 + own * own)
    lid = max(hour.lid, he + REACH * sz)
    u, sv, sw, _ = _mean(max(he - REACH * sz, 0.5), he, heights, values, integral)
    sz = sqrt(_elevated_spread(x / u, sw, he, 0.0) ** 2 + own * own + r.sigma_z0**2)
    mechanical = min(max(2300.0 * hour.friction**1.5, 10.0), 4000.0)
    sy = sqrt(_lateral(x, u, sv, mechanical, he) ** 2 + own * own + r.sigma_y0**2)
    return he, sy, sz, lid, u


@njit(cache=True, error_model="numpy")
def _fill_stable(
    x: float, r: Release, hour: Hour, theta: float, heights: np.ndarray, values: np.ndarray, integral: np.ndarray,
    levels: np.ndarray, column: np.ndarray,
) -> tuple[float, float, float]:  # fmt: skip
    he, sy, sz, lid, u, sv = _stable_part(x, r, hour, theta, heights, values, integral)
    for j in range(len(levels)):
        column[j] = reflected(levels[j], he, sz, lid) / u
    return sy, u, sv


@njit(cache=True, error_model="numpy")
def _fill_convective(
    x: float, r: Release, hour: Hour, heights: np.ndarray, values: np.ndarray, integral: np.ndarray,
    levels: np.ndarray, column: np.ndarray,
) -> tuple[float, float, float]:  # fmt: skip
    high, low, s1, s2, share, shift, sy, u, sv = _convective_part(x, r, hour, heights, values, integral)
    for j in range(len(levels)):
        z = levels[j]
        if z <= hour.lid:
            up = _one_way(z, high, s1, hour.lid, 1.0) + _one_way(z, high - shift, s1, hour.lid, -1.0)
            down = _one_way(z, low, s2, hour.lid, 1.0) + _one_way(z, low - shift, s2, hour.lid, -1.0)
            column[j] = (1.0 - r.through) / u * (share * up + (1.0 - share) * down)
    return sy, u, sv


@njit(cache=True, error_model="numpy")
def _fill_penetrated(
    x: float, r: Release, hour: Hour, heights: np.ndarray, values: np.ndarray, integral: np.ndarray,
    levels: np.ndarray, beyond: np.ndarray,
) -> float:  # fmt: skip
    he, sy, sz, lid, u = _penetrated_part(x, r, hour, heights, values, integral)
    for j in range(len(levels)):
        beyond[j] = r.through * reflected(levels[j], he, sz, lid) / u
    return sy


# --- together -------------------------------------------------------------------------------------------------------


@njit(cache=True, error_model="numpy")
def _random(x: float, u: float, sv: float) -> float:
    """Share of the plume that the wind carries in any direction."""
    mean = max(u * u - 2.0 * sv * sv, 0.01)
    return min((2.0 * sv * sv + mean * (1.0 - exp(-x / u / MEMORY))) / (u * u), 1.0)


@njit(cache=True, error_model="numpy")
def _log(value: float) -> float:
    return FLOOR if value <= 1e-60 else log(value)


@njit(cache=True, error_model="numpy")
def _section(
    x: float,
    r: Release,
    hour: Hour,
    theta: float,
    heights: np.ndarray,
    values: np.ndarray,
    integral: np.ndarray,
    levels: np.ndarray,
    column: np.ndarray,
    beyond: np.ndarray,
    guess: float,
) -> tuple[float, float, float, float, float]:
    """One section across the plume: crosswind-integrated values into ``column`` and, past the lid, ``beyond``.

    Returns sigma_y of both [m], wind and sigma_v [m s-1], and sigma_z near the ground [m], a guess for the next.
    """
    quiet = hour.length > 0 or r.stack >= hour.lid
    he = r.height + (_stable_rise(x, r) if quiet else _rise_in_wind(x, r))
    near = min(max((ALOFT - he) / (ALOFT - GROUND), 0.0), 1.0)
    column[:], beyond[:] = 0.0, 0.0
    sy, sy3, u, sv = 1.0, 1.0, 0.0, 0.0
    if near < 1.0:
        if quiet:
            sy, u, sv = _fill_stable(x, r, hour, theta, heights, values, integral, levels, column)
        else:
            sy, u, sv = _fill_convective(x, r, hour, heights, values, integral, levels, column)
        column *= 1.0 - near
    if not quiet and r.through > 0.0:
        sy3 = _fill_penetrated(x, r, hour, heights, values, integral, levels, beyond)
    if near > 0.0:
        _, at_axis, _, _ = _at(min(he, hour.lid), heights, values)
        across, sz, wind = surface_spread(x, he, r.sigma_z0, guess, at_axis, hour)
        guess = sz
        across = sqrt(across * across + r.sigma_y0**2)
        sy = across if near >= 1.0 else exp(near * log(across) + (1.0 - near) * log(sy))
        u, sv = near * wind + (1.0 - near) * u, near * at_axis + (1.0 - near) * sv
        for j in range(len(levels)):
            column[j] += near * (1.0 - r.through) * reflected(levels[j], he, sz, hour.lid) / wind
    return sy, sy3, u, sv, guess


@njit(cache=True, error_model="numpy")
def trace(
    weather: np.ndarray,
    theta: np.ndarray,
    meanders: np.ndarray,
    releases: np.ndarray,
    heights: np.ndarray,
    values: np.ndarray,
    integral: np.ndarray,
    levels: np.ndarray,
    distance: np.ndarray,
    top: np.ndarray,
    width: np.ndarray,
    around: np.ndarray,
) -> None:
    """Fill the curves that ``pairs.fill`` reads.

    Args:
        weather: rows of ``Hour`` (time, 9).
        theta: potential temperature near the ground [K] (time,).
        meanders: whether part of the plume goes anywhere in this hour (time,).
        releases: rows of ``Release`` (time, kind, 12).
        heights: of the profile tables [m].
        values: profile tables (time, 4, height).
        integral: the same integrated from the ground.
        levels: receptor heights [m] (level,).
        distance: of the nodes [m] (node,).
        top: out, logarithm of the concentration on the axis [s m-3] (time, kind, 2, level, node).
        width: out, logarithm of ``1 / (2 sigma_y^2)`` (time, kind, 2, node).
        around: out, logarithm of the crosswind-integrated concentration that goes anywhere (time, kind, level, node).
    """
    column, beyond = np.empty(len(levels)), np.empty(len(levels))
    for t in range(len(weather)):
        w = weather[t]
        hour = Hour(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8])
        for k in range(releases.shape[1]):
            s = releases[t, k]
            r = Release(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10], s[11])
            guess = 1.0
            for n in range(len(distance)):
                sy, sy3, u, sv, guess = _section(
                    distance[n],
                    r,
                    hour,
                    theta[t],
                    heights,
                    values[t],
                    integral[t],
                    levels,
                    column,
                    beyond,
                    guess,
                )
                loose = _random(distance[n], u, sv) if meanders[t] else 0.0
                width[t, k, 0, n], width[t, k, 1, n] = -log(2.0 * sy * sy), -log(2.0 * sy3 * sy3)
                for j in range(len(levels)):
                    top[t, k, 0, j, n] = _log((1.0 - loose) * column[j] / (ROOT_2PI * sy))
                    top[t, k, 1, j, n] = _log((1.0 - loose) * beyond[j] / (ROOT_2PI * sy3))
                    around[t, k, j, n] = _log(loose * (column[j] + beyond[j]))
