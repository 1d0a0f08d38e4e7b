"""Roads and yards: line and area sources as points, as many as the receptors can tell apart.

A point for each stretch or cell, with its share of the rate and its size as initial spread; their number is doubled
until no receptor of weight changes by more than ``tolerance``. One kind of source makes them cheap: the curves along
the wind are computed once for all points (see ``pairs``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dispersion.inputs import BoundaryLayer, Sources
from gzeco_lib.methods.dispersion.plume import concentration

WHERE = "methods.dispersion.line_area"
UNIFORM = np.sqrt(12.0)  # width of a uniform strip in its standard deviations
MOST = 4096  # points to a source


def line(
    start: ArrayLike,
    end: ArrayLike,
    receptors: ArrayLike,
    layer: BoundaryLayer,
    height: float = 0.5,
    width: float = 0.0,
    sigma_z0: float = 0.0,
    tolerance: float = 0.01,
) -> np.ndarray:
    """Concentration per unit rate of the whole line.

    Args:
        start: x, y of one end [m].
        end: of the other [m].
        receptors: x, y, height [m] (receptor, 3); within a metre of the line they are taken a metre off.
        layer: weather by the hour.
        height: of release [m].
        width: of the road [m].
        sigma_z0: spread that traffic gives in the vertical [m].
        tolerance: change of a concentration at which doubling ends, in parts of itself.

    Returns:
        [s m-3] (time, receptor).

    Raises:
        InputError: both ends in one place.
    """
    a, b = np.asarray(start, float), np.asarray(end, float)
    length = float(np.hypot(*(b - a)))
    if not length > 0:
        raise InputError(
            N_("the line has no length"), WHERE, N_("give two different ends, x and y in metres")
        )

    def points(count: int) -> Sources:
        part = (np.arange(count) + 0.5) / count
        x, y = (a[:, None] + (b - a)[:, None] * part).tolist()
        own = max(length / count, width) / UNIFORM
        return Sources(
            x, y, np.full(count, height), sigma_y0=np.full(count, own), sigma_z0=np.full(count, sigma_z0)
        )

    return _refined(points, receptors, layer, 8, 2, tolerance)


def area(
    corners: ArrayLike,
    receptors: ArrayLike,
    layer: BoundaryLayer,
    height: float = 0.0,
    sigma_z0: float = 0.0,
    tolerance: float = 0.02,
) -> np.ndarray:
    """Concentration per unit rate of a whole polygon that emits evenly.

    Args:
        corners: x, y in order [m] (corner, 2).
        receptors: x, y, height [m] (receptor, 3).
        layer: weather by the hour.
        height: of release [m].
        sigma_z0: initial vertical spread [m].
        tolerance: change of a concentration at which doubling ends, in parts of itself.

    Returns:
        [s m-3] (time, receptor).

    Raises:
        InputError: fewer than three corners, or no area between them.
    """
    from shapely import Polygon, contains_xy

    ring = np.asarray(corners, float)
    shape = Polygon(ring) if ring.ndim == 2 and len(ring) >= 3 else Polygon()
    if shape.is_empty or not shape.is_valid or shape.area <= 0:
        raise InputError(
            N_("the corners enclose no area"),
            WHERE,
            N_("give three corners or more in order, x and y in metres"),
        )
    west, south, east, north = shape.bounds

    def points(count: int) -> Sources:
        step = np.sqrt(shape.area / count)
        x, y = np.meshgrid(
            *(low + (np.arange(n) + 0.5) * (high - low) / n for low, high, n in (
                (west, east, max(int(np.ceil((east - west) / step)), 1)),
                (south, north, max(int(np.ceil((north - south) / step)), 1)))))  # fmt: skip
        inside = contains_xy(shape, x, y)
        n = int(inside.sum())
        return Sources(
            x[inside], y[inside], np.full(n, height), sigma_y0=np.full(n, step / UNIFORM),
            sigma_z0=np.full(n, sigma_z0),
        )  # fmt: skip

    return _refined(points, receptors, layer, 64, 4, tolerance)


def _refined(
    points: Callable[[int], Sources],
    receptors: ArrayLike,
    layer: BoundaryLayer,
    count: int,
    factor: int,
    tolerance: float,
) -> np.ndarray:
    """Mean over the points, more and more of them."""
    before = _mean(points(count), receptors, layer)
    while True:
        count *= factor
        now = _mean(points(count), receptors, layer)
        weighty = now > 1e-3 * now.max(axis=1, keepdims=True)
        if count >= MOST or np.all(np.abs(now - before)[weighty] <= tolerance * now[weighty]):
            return now
        before = now


def _mean(sources: Sources, receptors: ArrayLike, layer: BoundaryLayer) -> np.ndarray:
    return concentration(sources, 1.0 / len(sources), receptors, layer)
