"""Distances on the sphere and in the plane, nearest neighbours, points within a radius."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gzeco_lib.errors import N_, InputError

EARTH_RADIUS = 6_371_008.8  # m, mean radius of the WGS-84 ellipsoid (IUGG: (2a + b) / 3)


def great_circle(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> NDArray[np.float64]:
    """Great-circle distance [m] between points in degrees, broadcast; haversine on the mean sphere.

    Within 0.5 % of the geodesic; over the city the plane EPSG:4547 (``planar``) is the more exact one.
    """
    a1, b1, a2, b2 = (np.radians(np.asarray(v, dtype=float)) for v in (lon1, lat1, lon2, lat2))
    half = np.sin((b2 - b1) / 2) ** 2 + np.cos(b1) * np.cos(b2) * np.sin((a2 - a1) / 2) ** 2
    return 2 * EARTH_RADIUS * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))


def _points(points: ArrayLike, name: str) -> NDArray[np.float64]:
    xy = np.asarray(points, dtype=float)
    if xy.ndim == 1 and xy.size == 2:
        xy = xy[None, :]
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise InputError(
            N_("{name} has shape {shape}, not (n, 2)"),
            name,
            N_("give one row of x, y in metres for each point"),
            name=name,
            shape=xy.shape,
        )
    if not np.isfinite(xy).all():
        raise InputError(
            N_("{name} holds points without coordinates"),
            name,
            N_("drop the points without coordinates first"),
            name=name,
        )
    return xy


def planar(points: ArrayLike, targets: ArrayLike) -> NDArray[np.float64]:
    """Distances [m] (n, m) between every point (n, 2) and every target (m, 2), EPSG:4547 metres."""
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(_points(points, "points"), _points(targets, "targets")))


def nearest(
    points: ArrayLike, targets: ArrayLike, k: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """The ``k`` nearest targets of each point: distances [m] and target indices, (n,) for k = 1, else (n, k).

    Raises:
        InputError: where there are fewer than ``k`` targets, or points without coordinates.
    """
    from scipy.spatial import cKDTree

    where, to = _points(points, "points"), _points(targets, "targets")
    if not 1 <= k <= len(to):
        raise InputError(
            N_("asked for the {k} nearest of {n} points"), "k", N_("ask for 1 to {n}"), k=k, n=len(to)
        )
    distance, index = cKDTree(to).query(where, k=k)
    return np.asarray(distance), np.asarray(index)


def within(points: ArrayLike, targets: ArrayLike, radius: float) -> list[NDArray[np.intp]]:
    """For each point the indices of the targets no further than ``radius`` [m], ascending.

    Raises:
        InputError: for a negative radius or points without coordinates.
    """
    from scipy.spatial import cKDTree

    if not radius >= 0:
        raise InputError(
            N_("the radius {radius} m is not 0 or more"),
            "radius",
            N_("give metres of 0 or more"),
            radius=radius,
        )
    where, to = _points(points, "points"), _points(targets, "targets")
    found = cKDTree(to).query_ball_point(where, radius, return_sorted=True)
    return [np.asarray(indices, dtype=np.intp) for indices in found]
