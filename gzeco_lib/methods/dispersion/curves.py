"""What a plume does along the wind, for one kind of source and each hour."""

from __future__ import annotations

from math import atan, erf, exp, log, pi, sqrt

import numpy as np
from numba import njit

KARMAN = 0.4


@njit(cache=True)
def _shape(z: float, z0: float, length: float) -> float:
    """Integral stability form of the wind profile: U(z) k / u*."""
    z = max(z, 2.0 * z0)
    if length > 0:
        return log(z / z0) + 17.0 * (1.0 - exp(-0.29 * z / length)) - 17.0 * (1.0 - exp(-0.29 * z0 / length))
    return log(z / z0) - _psi(z / length) + _psi(z0 / length)


@njit(cache=True)
def _psi(ratio: float) -> float:
    x = (1.0 - 16.0 * ratio) ** 0.25
    return 2.0 * log((1.0 + x) / 2.0) + log((1.0 + x * x) / 2.0) - 2.0 * atan(x) + pi / 2.0


@njit(cache=True)
def _centre(h: float, sz: float) -> float:
    """Mean height of a Gaussian plume over ground [m]."""
    return sz * sqrt(2.0 / pi) * exp(-0.5 * (h / sz) ** 2) + h * erf(h / (sqrt(2.0) * sz))


@njit(cache=True)
def trace(met, kinds, levels, distance, top, width):  # noqa: ANN001, ANN201
    """Fill ``top`` and ``width``; met (time, 8), kinds (time, kind, 4): height, sy0, sz0, rise."""
    for t in range(met.shape[0]):
        us, L, zi, z0, zr, ur, sv = met[t]
        for k in range(kinds.shape[1]):
            h, sy0, sz0 = kinds[t, k]
            sz = 1.0
            for n in range(len(distance)):
                x = distance[n]
                for _ in range(6):
                    zm = min(_centre(h, sz), zi)
                    u = ur * _shape(zm, z0, L) / _shape(zr, z0, L)
                    if L > 0:
                        s = 0.57 * us / u * x / (1 + 3.0 * us / u * (x / L) ** (2.0 / 3.0))
                    else:
                        s = 0.57 * us / u * x * (1 + 1.5 * us / u * x / abs(L))
                    sz = sqrt(s * s + sz0 * sz0)
                    sz = min(sz, 3.0 * zi)
                sy = 1.6 * sv / us * s * ((1 + 2.5 * s / L) if L > 0 else (1 + s / abs(L)) ** -0.5)
                sy = sqrt(sy * sy + sy0 * sy0)
                width[t, k, 0, n] = -log(2 * sy * sy)
                for j in range(len(levels)):
                    z, f = levels[j], 0.0
                    for m in range(-6, 7):
                        f += exp(-0.5 * ((z - h - 2 * m * zi) / sz) ** 2)
                        f += exp(-0.5 * ((z + h - 2 * m * zi) / sz) ** 2)
                    f /= 2 * pi * u * sz * sy
                    top[t, k, 0, j, n] = log(max(f, 1e-60))
