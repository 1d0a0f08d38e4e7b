"""The integrator: positions of many parcels in a gridded wind, Petterssen's scheme or Runge-Kutta.

Compiled with numba. A parcel is four numbers: on the plane (x, y, 0, level); on the sphere a unit vector and the level,
so that the poles and the date line are places like any other. The wind is linear in time and space between
grid points.
"""

from __future__ import annotations

import numpy as np
from numba import njit

PETTERSSEN, RUNGE_KUTTA = 0, 1
ITERATIONS = (
    3  # of Petterssen's implicit step; HYSPLIT takes one, the FLEXTRA text (Stohl 1998) asks for two or more
)


SLACK = 1e-3  # [s]


@njit(cache=True, nogil=True)
def _bracket(axis, value):
    """Index of the lower neighbour and the share of the upper one; -1 outside."""
    last = axis.shape[0] - 1
    if last == 0:
        return 0, 0.0
    if not axis[0] <= value <= axis[last]:
        return -1, 0.0
    low, high = 0, last
    while high - low > 1:
        middle = (low + high) // 2
        if axis[middle] <= value:
            low = middle
        else:
            high = middle
    return low, (value - axis[low]) / (axis[low + 1] - axis[low])


@njit(cache=True, nogil=True)
def _mix(field, t, ft, k, fk, j, fj, i, fi):
    """Linear interpolation in time, level, y and x; a neighbour with no share is not looked at."""
    total = 0.0
    for a in range(2):
        wt = ft if a else 1.0 - ft
        if wt == 0.0:
            continue
        for b in range(2):
            wk = wt * (fk if b else 1.0 - fk)
            if wk == 0.0:
                continue
            for c in range(2):
                wj = wk * (fj if c else 1.0 - fj)
                if wj == 0.0:
                    continue
                if fi < 1.0:
                    total += wj * (1.0 - fi) * field[t + a, k + b, j + c, i]
                if fi > 0.0:
                    total += wj * fi * field[t + a, k + b, j + c, i + 1]
    return total


@njit(cache=True, nogil=True)
def _velocity(axes, fields, sphere, period, radius, t, p, out):
    """Rates of the four numbers of parcel ``p`` at time ``t`` into ``out``; False outside the field."""
    x, y = p[0], p[1]
    if sphere:
        flat = np.hypot(p[0], p[1])
        y = np.rad2deg(np.arctan2(p[2], flat))
        x = np.rad2deg(np.arctan2(p[1], p[0]))
        first = axes[3][0]
        if axes[3].shape[0] > 1:
            while x < first:
                x += 360.0
            while x > first + 360.0:
                x -= 360.0
    level = min(max(p[3], axes[1][0]), axes[1][-1])
    # Steps add up to the first or last hour with a rounding error, which must not put a parcel outside.
    if abs(t - axes[0][0]) < SLACK:
        t = axes[0][0]
    elif abs(t - axes[0][-1]) < SLACK:
        t = axes[0][-1]
    n, fn = _bracket(axes[0], t)
    k, fk = _bracket(axes[1], level)
    j, fj = _bracket(axes[2], y)
    i, fi = _bracket(axes[3], x)
    if n < 0 or k < 0 or j < 0 or i < 0:
        return False
    u = _mix(fields[0], n, fn, k, fk, j, fj, i, fi)
    v = _mix(fields[1], n, fn, k, fk, j, fj, i, fi)
    w = _mix(fields[2], n, fn, k, fk, j, fj, i, fi)
    if not (np.isfinite(u) and np.isfinite(v) and np.isfinite(w)):
        return False
    if sphere:
        lon, lat = np.deg2rad(x), np.deg2rad(y)
        out[0] = (-u * np.sin(lon) - v * np.sin(lat) * np.cos(lon)) / radius
        out[1] = (u * np.cos(lon) - v * np.sin(lat) * np.sin(lon)) / radius
        out[2] = v * np.cos(lat) / radius
    else:
        out[0], out[1], out[2] = u, v, 0.0
    out[3] = w
    return True


@njit(cache=True, nogil=True)
def _moved(p, dt, rate, sphere, low, high, out):
    """``p + dt * rate`` into ``out``: back on the sphere, and not through the ground."""
    for a in range(4):
        out[a] = p[a] + dt * rate[a]
    if sphere:
        length = np.sqrt(out[0] ** 2 + out[1] ** 2 + out[2] ** 2)
        out[0], out[1], out[2] = out[0] / length, out[1] / length, out[2] / length
    out[3] = min(max(out[3], low), high)


@njit(cache=True, nogil=True)
def _step(  # noqa: PLR0911 (a parcel may leave the field at each look)
    axes, fields, sphere, period, radius, low, high, scheme, t, dt, p, work
):
    """One time step of ``p`` in place; False where it leaves the field."""
    q, k1, k2, k3, k4 = work[0], work[1], work[2], work[3], work[4]
    if not _velocity(axes, fields, sphere, period, radius, t, p, k1):
        return False
    if scheme == PETTERSSEN:
        _moved(p, dt, k1, sphere, low, high, q)
        for _ in range(ITERATIONS):
            if not _velocity(axes, fields, sphere, period, radius, t + dt, q, k2):
                return False
            for a in range(4):
                k3[a] = 0.5 * (k1[a] + k2[a])
            _moved(p, dt, k3, sphere, low, high, q)
        p[:] = q
        return True
    _moved(p, 0.5 * dt, k1, sphere, low, high, q)
    if not _velocity(axes, fields, sphere, period, radius, t + 0.5 * dt, q, k2):
        return False
    _moved(p, 0.5 * dt, k2, sphere, low, high, q)
    if not _velocity(axes, fields, sphere, period, radius, t + 0.5 * dt, q, k3):
        return False
    _moved(p, dt, k3, sphere, low, high, q)
    if not _velocity(axes, fields, sphere, period, radius, t + dt, q, k4):
        return False
    for a in range(4):
        k1[a] = (k1[a] + 2.0 * k2[a] + 2.0 * k3[a] + k4[a]) / 6.0
    _moved(p, dt, k1, sphere, low, high, q)
    p[:] = q
    return True


@njit(cache=True, nogil=True)
def advect(axes, fields, sphere, period, radius, low, high, top, scheme, start, begin, outputs, steps, dt):
    """Positions (N, outputs + 1, 4) of parcels from ``start`` (N, 4) at times ``begin`` (N,) [s].

    ``steps`` steps of ``dt`` [s] (negative goes back in time) lie between two outputs. A parcel that leaves
    the field, or the level ``top``, is NaN from then on. ``axes`` are (time, level, y, x), ``fields`` (u, v,
    w).
    """
    parcels = start.shape[0]
    out = np.full((parcels, outputs + 1, 4), np.nan)
    work = np.empty((5, 4))
    p = np.empty(4)
    for n in range(parcels):
        p[:] = start[n]
        if not _velocity(axes, fields, sphere, period, radius, begin[n], p, work[1]):
            continue
        out[n, 0] = p
        inside = True
        for m in range(outputs):
            for s in range(steps):
                t = begin[n] + (m * steps + s) * dt
                inside = _step(axes, fields, sphere, period, radius, low, high, scheme, t, dt, p, work)
                inside = inside and p[3] != top
                if not inside:
                    break
            if not inside:
                break
            out[n, m + 1] = p
    return out
