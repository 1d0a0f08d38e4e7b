"""Steady plume: concentration per unit emission rate of every hour, source and receptor."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dispersion.inputs import BoundaryLayer, Sources

WHERE = "methods.dispersion.plume"
STEP = 0.12  # between nodes in the logarithm of distance


def _points(receptors: ArrayLike) -> np.ndarray:
    """``receptors`` as floats (n, 3)."""
    points = np.asarray(receptors, float)
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
        raise InputError(
            N_("receptors have shape {shape}, or hold missing values"), WHERE,
            N_("give rows of x, y and height above ground in metres"), shape=points.shape,
        )  # fmt: skip
    return points


def _nodes(sources: Sources, points: np.ndarray) -> tuple[float, np.ndarray]:
    """Logarithm of the first distance and the distances of the nodes [m], one more on each side."""
    dx = points[:, 0][None] - sources.x[:, None]
    dy = points[:, 1][None] - sources.y[:, None]
    away = np.hypot(dx, dy)
    low, high = max(0.1 * away.min(), 1.0), max(away.max(), 10.0)
    first = np.log(low)
    count = int(np.ceil((np.log(high) - first) / STEP)) + 1
    return float(first), np.exp(first + STEP * np.arange(-1, count + 2))


def dilution(sources: Sources, receptors: ArrayLike, layer: BoundaryLayer) -> np.ndarray:
    """Concentration per unit emission rate.

    Args:
        sources: point sources.
        receptors: x, y [m] in the plane of the sources, height above ground [m] (receptor, 3).
        layer: weather by the hour.

    Returns:
        [s m-3] (time, source, receptor); times a rate in g s-1 it is a concentration in g m-3.

    Raises:
        InputError: receptors that are not rows of three finite numbers.
    """
    from gzeco_lib.methods.dispersion import curves, pairs

    points = _points(receptors)
    first, distance = _nodes(sources, points)
    levels, level = np.unique(points[:, 2], return_inverse=True)
    traits = np.stack([sources.height, sources.sigma_y0, sources.sigma_z0], 1)
    kinds, kind = np.unique(traits, axis=0, return_inverse=True)
    spread = np.where(np.isfinite(layer.sigma_v), layer.sigma_v, np.maximum(
        np.sqrt(3.6 * layer.friction_velocity**2 + 0.35 * layer.convective_velocity**2), 0.2))  # fmt: skip
    met = np.stack(
        [layer.friction_velocity, layer.obukhov_length, layer.mixing_height, layer.roughness_length,
         layer.reference_height, layer.wind_speed, spread], 1)  # fmt: skip
    hours = len(layer)
    top = np.empty((hours, len(kinds), 1, len(levels), len(distance)))
    width = np.empty((hours, len(kinds), 1, len(distance)))
    each = np.broadcast_to(kinds, (hours, *kinds.shape)).copy()
    curves.trace(met, each, levels, distance, top, width)
    angle = np.deg2rad(layer.wind_from)
    out = np.zeros((hours, len(sources), len(points)))
    pairs.fill(
        out, np.stack([sources.x, sources.y], 1), kind.reshape(-1), points[:, :2].copy(), level.reshape(-1),
        -np.stack([np.sin(angle), np.cos(angle)], 1), first, STEP, top, width,
        np.ones((hours, len(kinds)), np.int64),
        np.full((hours, len(kinds), len(levels), len(distance)), pairs.FLOOR),
    )  # fmt: skip
    return out
