"""Diagnostic wind: stations to a mass-consistent field, hour by hour."""

from __future__ import annotations

import numpy as np
import xarray as xr

from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.methods.dispersion.inputs import BoundaryLayer
from gzeco_lib.methods.wind.adjust import Adjustment, Faces
from gzeco_lib.methods.wind.first_guess import analyse
from gzeco_lib.methods.wind.grid import WHERE, WindGrid
from gzeco_lib.methods.wind.profile import power_law, similarity
from gzeco_lib.methods.wind.stations import StationWind, stations_of

REFERENCE = 10.0  # [m] height the stations are analysed at
METHODS = ("barnes", "inverse_distance")
BATCH = 24  # hours adjusted together; bounds the memory


def diagnose(
    stations: xr.Dataset,
    grid: WindGrid,
    *,
    layer: BoundaryLayer | None = None,
    method: str = "inverse_distance",
    ratio: float = 1.0,
    closed: bool = False,
    bridge: int = 3,
) -> xr.Dataset:
    """The mass-consistent wind nearest to what the stations measured.

    Args:
        stations: winds by station as ``stations.stations_of`` takes them, dims (time, site).
        grid: cells, levels above ground, and the ground.
        layer: weather by the hour for the profile by similarity theory; None takes a power law (urban, neutral).
        method: of the first guess between stations: ``inverse_distance``, better where stations are few, or ``barnes``.
        ratio: willingness of the vertical wind to be changed against the horizontal [1]: 1 in neutral air, 0.1 in
            stable air, which flows around hills.
        closed: no flow through the top of the grid.
        bridge: hours without a station that are interpolated in time [h]; a longer gap is refused.

    Returns:
        u, v, w [m s-1] (time, level, y, x) at the centres of the cells, ``stations`` (time,) in use each hour, 0 where
        interpolated, and the divergence [s-1] before and after (time,). ``time`` is that of the stations.

    Raises:
        InputError: no station, a gap longer than ``bridge``, an unknown method, or a layer of other hours.
    """
    _check(stations, layer, method, ratio)
    wind = stations_of(stations)
    u, v = _first_guess(wind, grid, layer, method)
    _bridge_gaps(wind, (u, v), bridge)
    adjustment = Adjustment(grid, ratio, closed)
    shape = _profile(grid, layer, len(wind.time))
    parts = [
        _adjusted(adjustment, u[rows], v[rows], shape[rows])
        for rows in np.array_split(np.arange(len(wind.time)), -(-len(wind.time) // BATCH))
    ]
    fields = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return _dataset(fields, wind, grid)


def _check(stations: xr.Dataset, layer: BoundaryLayer | None, method: str, ratio: float) -> None:
    if method not in METHODS:
        raise InputError(
            N_("unknown way between stations: {method}"), WHERE, N_("name one of: {near}"),
            method=method, near=near(method, METHODS),
        )  # fmt: skip
    if not ratio > 0:
        raise InputError(
            N_("the ratio of the weights is {ratio}"), WHERE, N_("give a positive number"), ratio=ratio
        )
    if layer is not None and len(layer) != stations.sizes.get("time"):
        raise InputError(
            N_("the weather has {rows} hours, the stations {hours}"), WHERE, N_("give the same hours"),
            rows=len(layer), hours=stations.sizes.get("time"),
        )  # fmt: skip


def _first_guess(
    wind: StationWind, grid: WindGrid, layer: BoundaryLayer | None, method: str
) -> tuple[np.ndarray, np.ndarray]:
    """u and v at 10 m [m s-1], each (time, y, x)."""
    to_reference = 1 / _speeds(wind.height, layer, len(wind.time))
    xx, yy = np.meshgrid(grid.x, grid.y)
    u, v = analyse(wind, xx.ravel(), yy.ravel(), to_reference, method)
    return u.reshape(-1, *xx.shape), v.reshape(-1, *xx.shape)


def _speeds(heights: np.ndarray, layer: BoundaryLayer | None, hours: int) -> np.ndarray:
    """Speed at ``heights`` over that at 10 m [1] (time, height)."""
    if layer is not None:
        return similarity(heights, layer, REFERENCE)
    return np.broadcast_to(power_law(heights, REFERENCE), (hours, len(heights)))


def _profile(grid: WindGrid, layer: BoundaryLayer | None, hours: int) -> np.ndarray:
    return _speeds(grid.heights, layer, hours)


def _bridge_gaps(wind: StationWind, fields: tuple[np.ndarray, np.ndarray], bridge: int) -> None:
    """Interpolate hours without a station in time, in place; the ends take their neighbour."""
    empty = wind.used == 0
    if not empty.any():
        return
    runs = np.split(np.arange(len(empty)), np.flatnonzero(np.diff(empty)) + 1)
    longest = max((run for run in runs if empty[run[0]]), key=len)
    if len(longest) > bridge:
        raise InputError(
            N_("no station has wind for {hours} hours from {start}"), WHERE,
            N_("add stations, leave these hours out, or bridge more than {bridge} hours"),
            hours=len(longest), start=str(wind.time[longest[0]])[:16], bridge=bridge,
        )  # fmt: skip
    full, gone = np.flatnonzero(~empty), np.flatnonzero(empty)
    after = np.clip(np.searchsorted(full, gone), 1, max(len(full) - 1, 1)) % len(full)
    before = np.maximum(after - 1, 0)
    span = np.maximum(full[after] - full[before], 1)
    share = np.clip((gone - full[before]) / span, 0, 1)[:, None, None]
    for field in fields:
        field[gone] = (1 - share) * field[full[before]] + share * field[full[after]]


def _adjusted(
    adjustment: Adjustment, u: np.ndarray, v: np.ndarray, shape: np.ndarray
) -> dict[str, np.ndarray]:
    """Centre winds of some hours, and their divergence before and after."""
    along_x = np.pad((u[:, :, 1:] + u[:, :, :-1]) / 2, ((0, 0), (0, 0), (1, 1)), mode="edge")
    along_y = np.pad((v[:, 1:] + v[:, :-1]) / 2, ((0, 0), (1, 1), (0, 0)), mode="edge")
    column = shape[:, :, None, None]
    still = np.zeros((*shape.shape, *u.shape[1:]))
    first = Faces(column * along_x[:, None], column * along_y[:, None], still)
    final = adjustment(first)
    return {
        **centres(final, adjustment.grid),
        "divergence_before": adjustment.rms(first),
        "divergence_after": adjustment.rms(final),
    }


def centres(wind: Faces, grid: WindGrid) -> dict[str, np.ndarray]:
    """u, v, w at the centres of the cells [m s-1] (time, level, y, x)."""
    u = (wind.u[..., 1:] + wind.u[..., :-1]) / 2
    v = (wind.v[..., 1:, :] + wind.v[..., :-1, :]) / 2
    slope_x, slope_y = grid.slope
    ground = (u[:, :1] * slope_x + v[:, :1] * slope_y) if grid.elevation is not None else 0 * u[:, :1]
    tops, bottoms = wind.w, np.concatenate([ground, wind.w[:, :-1]], axis=1)
    edges = grid.edges
    share = ((grid.heights - edges[:-1]) / np.diff(edges))[:, None, None]
    return {"u": u, "v": v, "w": share * tops + (1 - share) * bottoms}


def _dataset(fields: dict[str, np.ndarray], wind: StationWind, grid: WindGrid) -> xr.Dataset:
    dims = ("time", "level", "y", "x")
    names = {"u": "eastward_wind", "v": "northward_wind", "w": "upward_air_velocity"}
    data: dict[str, tuple] = {
        name: (
            dims,
            fields[name],
            {"units": "m s-1", "standard_name": standard, "cell_methods": "time: mean"},
        )
        for name, standard in names.items()
    }
    about = {"stations": ("1", "stations in use"), "divergence_before": ("s-1", "divergence of the first guess"),
             "divergence_after": ("s-1", "divergence of the adjusted wind")}  # fmt: skip
    rows = {**fields, "stations": wind.used}
    for name, (unit, title) in about.items():
        data[name] = (("time",), rows[name], {"units": unit, "long_name": title})
    if grid.elevation is not None:
        data["elevation"] = (("y", "x"), grid.elevation, {"units": "m", "standard_name": "surface_altitude"})
    return xr.Dataset(data, coords=coordinates(wind.time, grid.heights, grid.y, grid.x), attrs={
        "Conventions": "CF-1.11", "title": "Mass-consistent wind from stations",
        "hours_interpolated": int((wind.used == 0).sum())})  # fmt: skip


def coordinates(time: np.ndarray, heights: np.ndarray, y: np.ndarray, x: np.ndarray) -> dict[str, tuple]:
    """CF coordinates of a wind field: time, level [m above ground], y and x [m]."""
    return {
        "time": ("time", time, {"standard_name": "time", "axis": "T"}),
        "level": ("level", heights, {"units": "m", "standard_name": "height", "positive": "up", "axis": "Z"}),
        "y": ("y", y, {"units": "m", "standard_name": "projection_y_coordinate", "axis": "Y"}),
        "x": ("x", x, {"units": "m", "standard_name": "projection_x_coordinate", "axis": "X"}),
    }
