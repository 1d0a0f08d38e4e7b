"""Gridded winds laid out for the integrator: ascending axes, seconds, one array a component."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_, InputError

EARTH_RADIUS = 6_371_229.0  # [m], the sphere of ECMWF's and NCEP's models
PRESSURE = {"hPa": 0.01, "mbar": 0.01, "Pa": 1.0}  # units of the level a Pa


@dataclass(frozen=True)
class Flow:
    """A wind field the integrator reads.

    Attributes:
        time: seconds since ``epoch`` (T,), ascending.
        level: height [m] or pressure (L,), ascending.
        y: northing [m], or latitude [deg] on the sphere (Y,), ascending.
        x: easting [m], or longitude [deg] on the sphere (X,), ascending.
        u: eastward wind [m s-1] (T, L, Y, X).
        v: northward wind [m s-1].
        w: rate of the level coordinate [level units s-1].
        epoch: of ``time``.
        sphere: longitude and latitude instead of plane metres.
        period: 360 where the longitudes go round, else 0.
        pressure: the level is a pressure: its greatest value is the ground.
    """

    time: np.ndarray
    level: np.ndarray
    y: np.ndarray
    x: np.ndarray
    u: np.ndarray
    v: np.ndarray
    w: np.ndarray
    epoch: np.datetime64
    sphere: bool
    period: float
    pressure: bool

    @property
    def spacing(self) -> float:
        """Smallest distance of grid columns or rows [m]; infinite for a wind without horizontal extent.

        On the sphere along meridians: columns that meet at the poles would ask for no step at all.
        """
        metres = np.deg2rad(EARTH_RADIUS) if self.sphere else 1.0
        axes = [self.y] if self.sphere and len(self.y) > 1 else [self.x, self.y]
        steps = [np.diff(axis).min() * metres for axis in axes if len(axis) > 1]
        return float(min(steps, default=np.inf))

    @property
    def fastest(self) -> float:
        """Greatest wind component [m s-1]."""
        return float(np.nanmax([np.nanmax(np.abs(self.u)), np.nanmax(np.abs(self.v))]))


def prepare(wind: xr.Dataset) -> Flow:
    """The wind field ``wind`` for the integrator.

    Args:
        wind: variables ``u``, ``v`` and, where there is vertical motion, ``w`` over (time, level, y, x),
            plane metres, or over (time, level, lat, lon) degrees. Without ``level`` it is one layer. A level
            with the unit hPa or Pa is a pressure and ``w`` then [Pa s-1]; else a height [m] and ``w`` [m
            s-1]. An axis of length one means that the wind does not change along it (a single station's wind
            holds everywhere).

    Raises:
        InputError: a component or axis is missing, is not monotonic, or holds no value at all.
    """
    sphere = "lon" in wind.dims and "lat" in wind.dims
    across, along = ("lat", "lon") if sphere else ("y", "x")
    order = ["time", "level", across, along]
    for name in ("u", "v"):
        if name not in wind:
            raise InputError(
                N_("the wind holds no component {name}"), "wind", N_("give u and v [m s-1]"), name=name
            )
    whole = wind[[name for name in ("u", "v", "w") if name in wind]]
    for name in ("level", across, along):
        if name not in whole.dims:
            whole = whole.expand_dims({name: [float(wind[name]) if name in wind.coords else 0.0]})
    if "time" not in whole.dims:
        raise InputError(N_("the wind has no axis {name}"), "wind", N_("give u and v over time"), name="time")
    if sphere:
        whole = _round_the_globe(whole.assign_coords(lon=np.asarray(whole["lon"], float)))
    whole = whole.sortby(order).transpose(*order)
    for name in order:
        steps = np.diff(whole[name].to_numpy().astype(float))
        if not (steps > 0).all():
            raise InputError(
                N_("the axis {name} of the wind repeats a value"),
                "wind",
                N_("give each value once"),
                name=name,
            )
    unit = str(wind["level"].attrs.get("units", "m")) if "level" in wind.coords else "m"
    fields = {name: np.ascontiguousarray(whole[name].to_numpy(), float) for name in whole.data_vars}
    if not np.isfinite(fields["u"]).any() or not np.isfinite(fields["v"]).any():
        raise InputError(N_("the wind holds no value"), "wind", N_("look at the file the wind was read from"))
    w = fields["w"] * PRESSURE.get(unit, 1.0) if "w" in fields else np.zeros_like(fields["u"])
    times = whole["time"].to_numpy().astype("datetime64[ns]")
    longitudes = whole[along].to_numpy().astype(float)
    return Flow(
        time=(times - times[0]) / np.timedelta64(1, "s"),
        level=whole["level"].to_numpy().astype(float),
        y=whole[across].to_numpy().astype(float),
        x=longitudes,
        u=fields["u"], v=fields["v"], w=w,
        epoch=times[0],
        sphere=sphere,
        period=360.0 if sphere and longitudes[-1] - longitudes[0] >= 360.0 - 1e-6 else 0.0,
        pressure=unit in PRESSURE,
    )  # fmt: skip


def _round_the_globe(wind: xr.Dataset) -> xr.Dataset:
    """Longitudes ascending; the first column repeated at the end where they go round."""
    wind = wind.sortby("lon")
    lon = wind["lon"].to_numpy()
    if len(lon) < 3:
        return wind
    gap = lon[0] + 360.0 - lon[-1]
    if not 0 < gap <= 1.5 * np.diff(lon).max():
        return wind
    first = wind.isel(lon=[0]).assign_coords(lon=[lon[0] + 360.0])
    return xr.concat([wind, first], "lon")


def station_wind(time: ArrayLike, speed: ArrayLike, direction: ArrayLike) -> xr.Dataset:
    """The wind of one station as a field that is the same everywhere, for progressive-vector trajectories.

    Args:
        time: hours (T,).
        speed: wind speed [m s-1] (T,).
        direction: where the wind comes from, clockwise from north [deg] (T,).

    Returns:
        ``u``, ``v`` [m s-1] over time; hours without wind are filled in time over at most three hours by
        component.
    """
    angle = np.deg2rad(np.asarray(direction, float))
    speed = np.asarray(speed, float)
    frame = pd.DataFrame(
        {"u": -speed * np.sin(angle), "v": -speed * np.cos(angle)}, pd.DatetimeIndex(np.asarray(time))
    )
    frame = frame.interpolate("time", limit=3, limit_area="inside")
    return xr.Dataset({name: ("time", frame[name].to_numpy()) for name in ("u", "v")}, {"time": frame.index})
