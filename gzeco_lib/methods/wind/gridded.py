"""Wind of weather models, from NetCDF (CF, ERA5, WRF) and GRIB, onto a grid in the plane."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from gzeco_lib.errors import N_, InputError
from gzeco_lib.geo.coords import PLANE_FRAME, to_plane
from gzeco_lib.methods.wind.diagnostic import coordinates
from gzeco_lib.methods.wind.weather_file import load

MERIDIAN = 114.0  # [deg] central meridian of EPSG:4547
ABOUT = {"units": "m s-1", "cell_methods": "time: point"}
PARTS = {"u": "eastward_wind", "v": "northward_wind", "w": "upward_air_velocity"}


def read(path: str | Path, x: np.ndarray, y: np.ndarray, heights: np.ndarray | None = None) -> xr.Dataset:
    """The wind in a weather file on the grid ``x``, ``y``.

    Args:
        path: NetCDF (wind names of CF, ERA5 or WRF) or GRIB; longitudes and latitudes, regular or curvilinear, or
            ``x`` and ``y`` in EPSG:4547. Times are UTC. Heights of pressure levels are the standard atmosphere's.
        x: centres, easting in EPSG:4547 [m] (x,).
        y: centres, northing [m] (y,).
        heights: levels wanted above ground [m]; None takes those of the file. Linear in the logarithm of height, held
            beyond the file's lowest and highest.

    Returns:
        u, v and, where the file has it in m s-1, w [m s-1] (time, level, y, x), u towards grid east; ``time`` in UTC.

    Raises:
        InputError: the file is missing, unreadable, lacks a part of the wind, its place or time, holds missing values,
            or does not cover the grid.
    """
    where = Path(path).name
    x, y = np.asarray(x, float), np.asarray(y, float)
    wind, east, north = load(Path(path), lambda east, north: _near(*_in_plane(east, north)[:2], x, y))
    easting, northing, turn = _in_plane(east, north)
    near = _near(easting, northing, x, y)
    cells = {str(name): values.to_numpy().astype(float)[..., near] for name, values in wind.data_vars.items()}
    u, v = cells["u"], cells["v"]
    cells["u"], cells["v"] = (
        u * np.cos(turn[near]) - v * np.sin(turn[near]),
        v * np.cos(turn[near]) + u * np.sin(turn[near]),
    )
    fields = _interpolated(cells, easting[near], northing[near], x, y, where)
    data = {
        name: (("time", "level", "y", "x"), field, {**ABOUT, "standard_name": PARTS[name]})
        for name, field in fields.items()
    }
    levels, time = wind["level"].to_numpy(), wind["time"].to_numpy()
    found = xr.Dataset(
        data,
        coordinates(time, levels, y, x),
        {"Conventions": "CF-1.11", "title": "Wind of a weather model", "source": where},
    )
    return found if heights is None else at_heights(found, np.asarray(heights, float))


def at_heights(wind: xr.Dataset, heights: np.ndarray) -> xr.Dataset:
    """``wind`` on other levels [m above ground], linear in the logarithm of height, held beyond the ends."""
    levels = np.maximum(wind["level"].to_numpy(), 0.1)
    wanted = np.clip(heights, levels[0], levels[-1])
    above = np.clip(np.searchsorted(levels, wanted), 1, max(len(levels) - 1, 1)) % len(levels)
    below = np.maximum(above - 1, 0)
    span = np.where(above > below, np.log(levels[above] / levels[below]), 1.0)
    share = xr.DataArray(np.log(wanted / levels[below]) / span, dims="level")
    low, high = (wind.isel(level=rows).drop_vars("level") for rows in (below, above))
    with xr.set_options(keep_attrs=True):
        mixed = low * (1 - share) + high * share
    moved = mixed.transpose("time", "level", "y", "x").assign_coords(
        level=("level", heights, wind["level"].attrs)
    )
    return moved.assign_attrs(wind.attrs)


def _in_plane(east: xr.DataArray, north: xr.DataArray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Easting and northing [m], NaN far from the plane, and by how much true north leans there [rad]."""
    first, second = east.to_numpy().astype(float), north.to_numpy().astype(float)
    if str(east.name).lower() in ("x", "easting"):
        return first, second, np.zeros_like(first)
    lon = (first + 180) % 360 - 180
    west, south, right, top = PLANE_FRAME
    known = (lon >= west) & (lon <= right) & (second >= south) & (second <= top)
    easting, northing = np.full((2, *lon.shape), np.nan)
    easting[known], northing[known] = to_plane(lon[known], second[known])
    return easting, northing, np.radians(lon - MERIDIAN) * np.sin(np.radians(second))


def _near(easting: np.ndarray, northing: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Cells within the grid and three of their own widths around it (rows, columns)."""
    steps = [np.abs(np.diff(part, axis=axis)) for part in (easting, northing) for axis in (0, 1)]
    known = np.concatenate([step[np.isfinite(step)].ravel() for step in steps])
    margin = 3 * (float(known.max()) if known.size else 0.0)
    middle = [(axis[0] + axis[-1]) / 2 for axis in (x, y)]
    reach = [np.ptp(axis) / 2 + margin for axis in (x, y)]
    return (np.abs(easting - middle[0]) <= reach[0]) & (np.abs(northing - middle[1]) <= reach[1])


def _interpolated(
    cells: dict[str, np.ndarray],
    easting: np.ndarray,
    northing: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    where: str,
) -> dict[str, np.ndarray]:
    """Linear in the triangles between the file's cells: fields (time, level, y, x)."""
    from scipy.interpolate import LinearNDInterpolator
    from scipy.spatial import Delaunay, QhullError

    xx, yy = np.meshgrid(x, y)
    try:
        triangles = Delaunay(np.column_stack([easting, northing]))
        covered = (triangles.find_simplex(np.column_stack([xx.ravel(), yy.ravel()])) >= 0).all()
    except (QhullError, ValueError):
        covered = False
    if not covered:
        raise InputError(
            N_("the file does not cover the grid"), where, N_("give a file whose cells enclose it")
        )
    fields = {}
    for name, values in cells.items():
        if not np.isfinite(values).all():
            raise InputError(
                N_("{name} has {n} missing values over the grid"), where, N_("give hours that are complete"),
                name=name, n=int((~np.isfinite(values)).sum()),
            )  # fmt: skip
        flat = values.reshape(-1, values.shape[-1]).T
        on_grid = LinearNDInterpolator(triangles, flat)(xx.ravel(), yy.ravel())
        fields[name] = on_grid.T.reshape(*values.shape[:2], *xx.shape)
    return fields
