"""What every city map stands on: the borders of the districts, and where their names have room."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray


@cache
def districts() -> dict[str, list[Any]]:
    """Borders of the districts as Bokeh multi-polygons in EPSG:4547, with a point for the name."""
    from gzeco_lib.geo.coords import to_plane
    from gzeco_lib.geo.districts import outlines

    def ring(coordinates: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        lon, lat = np.asarray(coordinates)[:, :2].T
        x, y = to_plane(lon, lat)
        return np.round(x), np.round(y)

    columns: dict[str, list[Any]] = {k: [] for k in ("adcode", "zh", "en", "xs", "ys")}
    for row in outlines(200.0).itertuples():
        parts = getattr(row.geometry, "geoms", [row.geometry])
        rings = [[ring(r.coords) for r in (part.exterior, *part.interiors)] for part in parts]
        columns["adcode"].append(row.adcode)
        columns["zh"].append(row.name_zh)
        columns["en"].append(row.name_en)
        columns["xs"].append([[x for x, _ in part] for part in rings])
        columns["ys"].append([[y for _, y in part] for part in rings])
    return columns


@lru_cache(maxsize=4)
def name_spots(stations: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """Where each district's name stands [m]: inside it, clear of stations and of the names already placed."""
    import shapely

    base = districts()
    taken = [np.array(stations, dtype=float).reshape(-1, 2)]
    spots = []
    for xs, ys in zip(base["xs"], base["ys"], strict=True):
        largest = max(range(len(xs)), key=lambda i: len(xs[i][0]))
        shape = shapely.Polygon(np.column_stack([xs[largest][0], ys[largest][0]]))
        shapely.prepare(shape)
        west, south, east, north = shape.bounds
        grid = np.stack(
            np.meshgrid(np.linspace(west, east, 24), np.linspace(south, north, 24)), axis=-1
        ).reshape(-1, 2)
        inside = grid[shapely.contains_xy(shape, grid[:, 0], grid[:, 1])]
        # A name is some four times as wide as high: distances across count a quarter.
        gaps = (inside[:, None, :] - np.concatenate(taken)[None]) / np.array([2.5, 1.0])
        nearest = np.minimum(np.hypot(gaps[..., 0], gaps[..., 1]).min(axis=1, initial=6000.0), 6000.0)
        off_centre = np.hypot(*(inside - np.array([shape.centroid.x, shape.centroid.y])).T)
        spot = inside[int(np.argmax(nearest - 0.2 * off_centre))]
        taken.append(spot[None])
        spots.append((float(spot[0]), float(spot[1])))
    return spots
