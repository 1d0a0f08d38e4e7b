"""Winds of stations as vectors, hour by hour, missing hours told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.methods.wind.grid import WHERE

SPEED, FROM = "wind_speed", "wind_direction"


@dataclass(frozen=True)
class StationWind:
    """Winds at stations: u, v [m s-1] (time, site), NaN where missing; x, y, height [m] (site,)."""

    time: np.ndarray
    x: np.ndarray
    y: np.ndarray
    height: np.ndarray
    u: np.ndarray
    v: np.ndarray

    @property
    def used(self) -> np.ndarray:
        """Stations with wind, by hour (time,)."""
        return np.isfinite(self.u).sum(axis=1)


def components(speed: np.ndarray, wind_from: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """u towards east and v towards north [m s-1] from speed [m s-1] and the direction it comes from [deg]."""
    angle = np.radians(wind_from)
    return -speed * np.sin(angle), -speed * np.cos(angle)


def stations_of(data: xr.Dataset) -> StationWind:
    """The winds in ``data``, as ``lake.observations`` gives them, with positions beside.

    Args:
        data: dims (time, site); variables ``wind_speed`` [m s-1] and ``wind_direction`` (from) [degree], or ``u`` and
            ``v`` [m s-1]; coordinates ``x`` and ``y`` [m] by site, and ``height`` of the
            instrument [m] (10 where absent). A calm needs no direction.

    Raises:
        InputError: a variable or coordinate is missing, or no station has a single wind.
    """
    for name in ("x", "y"):
        _need(data, name)
    u, v = _vectors(data)
    sites = np.atleast_1d(data["x"].to_numpy()).size
    height = np.broadcast_to(data["height"].to_numpy() if "height" in data.variables else 10.0, (sites,))
    x, y = (np.atleast_1d(data[name].to_numpy()).astype(float) for name in ("x", "y"))
    kept = np.isfinite(x) & np.isfinite(y) & np.isfinite(u).any(axis=0)
    if not kept.any():
        raise InputError(
            N_("no station has wind in these hours"), WHERE,
            N_("give at least one station with wind speed and direction and a position"),
        )  # fmt: skip
    return StationWind(
        data["time"].to_numpy(), x[kept], y[kept], np.asarray(height, float)[kept], u[:, kept], v[:, kept]
    )


def _need(data: xr.Dataset, name: str) -> None:
    if name not in data.variables:
        raise InputError(
            N_("the stations have no {name}"), WHERE, N_("the data hold: {near}"),
            name=name, near=near(name, [str(v) for v in data.variables]),
        )  # fmt: skip


def _vectors(data: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    if "u" in data.data_vars and "v" in data.data_vars:
        u, v = (data[name].transpose("time", "site").to_numpy().astype(float) for name in ("u", "v"))
    else:
        for name in (SPEED, FROM):
            _need(data, name)
        speed, angle = (
            data[name].transpose("time", "site").to_numpy().astype(float) for name in (SPEED, FROM)
        )
        speed = np.where(speed < 0, np.nan, speed)
        u, v = components(speed, np.where(speed == 0, 0.0, angle))
    known = np.isfinite(u) & np.isfinite(v)
    return np.where(known, u, np.nan), np.where(known, v, np.nan)
