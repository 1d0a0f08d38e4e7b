"""A weather file as one Dataset: u, v and w [m s-1] over (time, level, rows, columns), whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.wind import names

GRIB = (".grib", ".grib2", ".grb", ".grb2", ".gb2")


Near = Callable[[xr.DataArray, xr.DataArray], np.ndarray]


def load(path: Path, near: Near) -> tuple[xr.Dataset, xr.DataArray, xr.DataArray]:
    """Wind by time and level, and the two coordinates of its cells (rows, columns), east first.

    Args:
        path: of the file.
        near: which cells (rows, columns) are wanted, from their coordinates; only the rows and columns around them are
            read, so that a file of the whole globe costs no memory.

    Raises:
        InputError: the file is missing or unreadable, or lacks a part of the wind, its place or its time.
    """
    where = path.name
    with _open(path) as data:
        east, north = _place(data, where)
        wanted = near(east, north)
        box = {
            str(dim): slice(int(found.min(initial=0)), int(found.max(initial=-1)) + 1)
            for axis, dim in enumerate(east.dims)
            for found in [np.flatnonzero(wanted.any(axis=1 - axis))]
        }
        wind = _wind(data.isel(box), tuple(str(d) for d in east.dims), where)
        return wind.load(), east.isel(box).load(), north.isel(box).load()


def _open(path: Path) -> xr.Dataset:
    if not path.is_file():
        raise InputError(
            N_("there is no file {name}"), str(path.parent), N_("check the path"), name=path.name
        )
    # Before ecCodes: both bring a PROJ library, and the process crashes at its end where pyproj's comes second.
    import pyproj  # noqa: F401

    try:
        with path.open("rb") as file:
            grib = path.suffix.lower() in GRIB or file.read(4) == b"GRIB"
        return _open_grib(path) if grib else xr.open_dataset(path, engine="netcdf4")
    except Exception as error:  # each reader has its own errors for a broken file
        raise InputError(
            N_("the file cannot be read as NetCDF or GRIB: {problem}"), path.name,
            N_("give a complete file; a download may have been cut short"), problem=str(error)[:200],
        ) from error  # fmt: skip


def _open_grib(path: Path) -> xr.Dataset:
    """All messages together; a wind at one height above ground becomes a level."""
    import cfgrib

    parts = []
    for part in cfgrib.open_datasets(str(path), backend_kwargs={"indexpath": "", "errors": "raise"}):
        if (
            "heightAboveGround" in part.coords
            and part["heightAboveGround"].ndim == 0
            and "u" in part.data_vars
        ):
            part = part.expand_dims("heightAboveGround")  # noqa: PLW2901
        parts.append(
            part.drop_vars(
                [n for n in ("heightAboveGround", "number", "surface") if n not in part.dims], errors="ignore"
            )
        )
    if not parts:
        raise ValueError("no messages")
    return xr.merge(parts, compat="override", join="outer")


def _place(data: xr.Dataset, where: str) -> tuple[xr.DataArray, xr.DataArray]:
    """Coordinates of the cells, each over (rows, columns)."""
    for pair in names.PLACE:
        found = [names.find(data, name) for name in pair]
        if found[0] and found[1]:
            east, north = (data[name].reset_coords(drop=True) for name in found)
            if east.ndim == 1:
                rows, columns = xr.broadcast(north, east)
                return columns, rows
            if east.ndim == 3:  # WRF repeats its places every hour
                east, north = east[0], north[0]
            return east, north
    raise InputError(
        N_("the file does not say where its cells are"), where,
        N_("give longitude and latitude, or x and y in EPSG:4547"),
    )  # fmt: skip


def _wind(data: xr.Dataset, plane: tuple[str, ...], where: str) -> xr.Dataset:
    """u, v (w) over (time, level, rows, columns)."""
    layers = []
    for height, pairs in names.AT_HEIGHT.items():
        pair = names.find_pair(data, pairs, where)
        if pair:
            layers.append(_parts(data, pair, where).expand_dims(level=[height]))
    pair = names.find_pair(data, names.ON_LEVELS, where)
    if pair and set(plane) <= {str(d) for d in data[pair[0]].dims}:
        layers.append(_on_levels(data, pair, where))
    if not layers:
        raise InputError(
            N_("the file holds no wind; it has: {names}"), where, N_("give u10 and v10, or u and v on levels"),
            names=", ".join(str(name) for name in list(data.data_vars)[:12]),
        )  # fmt: skip
    timed = [_timed(layer, data, plane, where) for layer in layers]
    wind = xr.concat(timed, "level", join="inner") if len(timed) > 1 else timed[0]
    return wind.drop_duplicates("level").sortby("level").transpose("time", "level", *plane)


def _parts(data: xr.Dataset, pair: tuple[str, str], where: str) -> xr.Dataset:
    """u and v towards east and north; WRF's own are along its grid, which its angles undo."""
    u, v = (data[name] * names.speed_factor(data[name], where) for name in pair)
    cosine, sine = (names.find(data, name) for name in names.ROTATION)
    if cosine and sine and pair[0].lower() in ("u10", "u"):
        u, v = u * data[cosine] - v * data[sine], v * data[cosine] + u * data[sine]
    return xr.Dataset({"u": u, "v": v})


def _on_levels(data: xr.Dataset, pair: tuple[str, str], where: str) -> xr.Dataset:
    wind = _parts(data, pair, where)
    dim = next((str(d) for d in wind.dims if str(d).lower() in names.LEVEL), None)
    if dim is None:
        fixed = next((c for c in wind.coords if str(c).lower() in names.LEVEL), None)
        return wind.expand_dims(level=[10.0 if fixed is None else float(wind[fixed])])
    if dim not in data.coords:
        raise InputError(
            N_("the levels of {name} have no heights"), where, N_("give metres above ground, or pressure"),
            name=pair[0],
        )  # fmt: skip
    upward = next((found for name in names.VERTICAL if (found := names.find(data, name))), None)
    if upward and dim in data[upward].dims and str(data[upward].attrs.get("units", "")).startswith("m"):
        wind["w"] = data[upward]
    return wind.assign_coords({dim: names.level_heights(data[dim])}).rename({dim: "level"})


def _timed(wind: xr.Dataset, data: xr.Dataset, plane: tuple[str, ...], where: str) -> xr.Dataset:
    """``wind`` with one dimension ``time`` in UTC."""
    wind = wind.squeeze(
        [d for d in wind.dims if wind.sizes[d] == 1 and d not in (*plane, "level")], drop=False
    )
    left = [str(d) for d in wind.dims if d not in (*plane, "level")]
    if len(left) > 1:
        raise InputError(
            N_("the wind has the dimensions {dims} besides level and place"), where,
            N_("choose one run, member or step, so that time alone is left"), dims=", ".join(left),
        )  # fmt: skip
    stamps = _stamps(wind, data, left[0] if left else None, where)
    kept = wind.drop_vars([c for c in wind.coords if c != "level"])
    return (
        kept.rename({left[0]: "time"}).assign_coords(time=stamps) if left else kept.expand_dims(time=stamps)
    )


def _stamps(wind: xr.Dataset, data: xr.Dataset, dim: str | None, where: str) -> np.ndarray:
    dims = () if dim is None else (dim,)
    for name in ("valid_time", *names.TIME):
        found = names.find(data, name)
        if found is None or (found in wind.coords and wind[found].dims != dims):
            continue
        values = wind[found] if found in wind.coords else data[found]
        if values.dtype.kind == "S":  # WRF's text, 2024-11-01_06:00:00
            return pd.to_datetime(
                [str(t, "ascii") for t in np.atleast_1d(values.to_numpy())], format="%Y-%m-%d_%H:%M:%S"
            ).to_numpy()
        if np.issubdtype(values.dtype, np.datetime64):
            return np.atleast_1d(values.to_numpy()).astype("datetime64[ns]")
    raise InputError(
        N_("the file does not say the time of its wind"), where,
        N_("give a time coordinate with CF units, such as hours since 2024-01-01"),
    )  # fmt: skip
