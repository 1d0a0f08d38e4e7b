"""How emissions reach the stations: a ventilated surface model for the city, a Gaussian plume for one stack.

City-wide sources (traffic, homes, industry) reach a station through the cells upwind of it, diluted by wind and
mixing height. One stack is a Gaussian plume with Briggs' open-country dispersion widths, or a puff ring in a calm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SECTORS = 16
CALM_SPEED = 0.6  # m s-1, below it a plume has no direction


def sector_exposure(cells: Array, strength: Array, stations: Array) -> Array:
    """Relative source strength upwind of each station by wind sector (SECTORS, n).

    Sector k holds wind FROM k * 22.5 degrees. ``cells`` (m, 2) and ``stations`` (n, 2) in metres; a cell counts by
    its distance along the wind (falling off with 8 km) and across it (a fan of about 20 degrees).
    """
    offset = (cells[None, :, :] - stations[:, None, :]) / 1000.0  # km from the station to the source
    found = np.empty((SECTORS, len(stations)))
    near = np.exp(-((np.hypot(offset[..., 0], offset[..., 1]) / 1.8) ** 2))
    for k in range(SECTORS):
        angle = np.radians(k * 360.0 / SECTORS)
        along = offset[..., 0] * np.sin(angle) + offset[..., 1] * np.cos(angle)
        across = -offset[..., 0] * np.cos(angle) + offset[..., 1] * np.sin(angle)
        width = 0.8 + 0.35 * np.clip(along, 0.0, None)
        fan = (
            np.exp(-0.5 * (across / width) ** 2)
            / width
            * np.exp(-np.clip(along, 0.0, None) / 8.0)
            * (along > 0)
        )
        found[k] = (fan + 0.6 * near) @ strength
    return found


def by_wind(exposure: Array, u: Array, v: Array) -> Array:
    """Exposure (T, n) for the hourly wind (T, n), interpolated between sectors; the mean of all in a calm."""
    direction = np.mod(np.degrees(np.arctan2(-u, -v)), 360.0) / (360.0 / SECTORS)
    low = np.floor(direction).astype(int)
    part = direction - low
    column = np.arange(exposure.shape[1])
    directed = exposure[low % SECTORS, column] * (1 - part) + exposure[(low + 1) % SECTORS, column] * part
    steady = 1.0 / (1.0 + np.exp(-4.0 * (np.hypot(u, v) - CALM_SPEED)))
    return directed * steady + exposure.mean(axis=0) * (1 - steady)


def plume(
    source: Array,
    height: float,
    stations: Array,
    u: Array,
    v: Array,
    mixing: Array,
    stable: NDArray[np.bool_],
) -> Array:
    """Hourly concentration per unit release (T, n) [ug m-3 per kg h-1] of one stack at the stations.

    Gaussian plume with reflection at the ground and below the mixing height ``mixing`` (T,) [m]; widths after
    Briggs (1973) for open country, class C by day and E where ``stable`` (T,), widened for the wander of an hour.
    ``source`` (2,) and ``stations`` (n, 2) in metres, ``height`` [m], wind ``u``, ``v`` (T,) [m s-1].
    """
    speed = np.hypot(u, v)
    moving = np.clip(speed, CALM_SPEED, None)[:, None]
    offset = stations - source
    distance = np.maximum(np.hypot(offset[:, 0], offset[:, 1]), 50.0)[None, :]
    along = (offset[None, :, 0] * u[:, None] + offset[None, :, 1] * v[:, None]) / np.maximum(speed, 0.05)[
        :, None
    ]
    across = np.sqrt(np.clip(distance**2 - along**2, 0.0, None))
    x = np.clip(along, 50.0, None)
    sigma_y = 1.6 * np.where(stable[:, None], 0.06, 0.11) * x / np.sqrt(1 + 1e-4 * x)
    directed = _gauss(across, sigma_y) * _vertical(x, height, mixing, stable) / moving * (along > 0)
    # In a calm the release spreads to all sides: the ring at distance r takes what the plume would give its width.
    ring = _vertical(distance, height, mixing, stable) / (2 * np.pi * distance) / moving
    steady = 1.0 / (1.0 + np.exp(-6.0 * (speed - CALM_SPEED)))[:, None]
    return (directed * steady + ring * (1 - steady)) * 1e9 / 3600.0


def arrived(distance: Array, speed: Array) -> Array:
    """Share of a release's concentration that has come as far as ``distance`` (n,) [m] by each hour (T, n).

    The first air of a release is as far away as the wind has blown since; mixing along the wind softens its front by a
    fifth. ``speed`` (T,) [m s-1] from the hour the release begins; on average that hour's air has half of it behind it.
    """
    blown = np.clip(speed, 0.3, None) * 3600.0
    front = np.cumsum(blown) - 0.5 * blown
    return 1.0 / (1.0 + np.exp(np.clip((distance[None, :] / front[:, None] - 1.0) / 0.2, -50.0, 50.0)))


def _gauss(offset: Array, sigma: Array) -> Array:
    return np.exp(-0.5 * (offset / sigma) ** 2) / (np.sqrt(2 * np.pi) * sigma)


def _vertical(x: Array, height: float, mixing: Array, stable: NDArray[np.bool_]) -> Array:
    """Vertical share [m-1] at the ground: plume and mirror image, well mixed where that gives more."""
    sigma = np.where(stable[:, None], 0.03 * x / (1 + 3e-4 * x), 0.08 * x / np.sqrt(1 + 2e-4 * x))
    return np.maximum(2 * _gauss(np.array(height), sigma), (sigma > mixing[:, None]) / mixing[:, None])
