"""The wind and the boundary layer of an episode, from the weather stations around it, with the wind's error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_
from gzeco_lib.geo.coords import from_plane

if TYPE_CHECKING:
    from gzeco_lib.methods.dispersion import BoundaryLayer
    from gzeco_lib.scenario.outcome import Note

VARIABLES = ("wind_speed", "wind_direction", "temperature", "solar_radiation")
FADES = 100_000.0  # m over which a weather station counts less by a factor e
CARRIED = 6  # h for which the last wind stands in for a missing one
ROUGHNESS = 0.5  # m, built-up area
LEAST_LENGTH = (
    100.0  # m, least Obukhov length over a conurbation of over a million people (ADMS-Urban user guide)
)
URBAN_LID = 400.0  # m, lid of the night over a city of two million (AERMOD's urban option, EPA-454/R-19-028)
VANE = 3.0  # degrees, of the mean direction of several vanes in a good wind
GUSTS = 0.05  # m s-1 of the wind across the mean that no station sees: what makes weak winds uncertain
OLDER = 12.0  # degrees the direction grows uncertain by in the first hour without a wind; with the root of the hours


@dataclass(frozen=True)
class Weather:
    """Hours of an episode.

    Attributes:
        times: UTC without a zone.
        layer: the boundary layer of each hour.
        turn: standard error of the wind's direction [rad] (time,).
        age: hours since the wind was measured (time,); 0 where it was, NaN where nothing stands in.
        sun: radiation on the ground [W m-2] (time,).
    """

    times: pd.DatetimeIndex
    layer: BoundaryLayer
    turn: np.ndarray
    age: np.ndarray
    sun: np.ndarray


def weather(data: xr.Dataset, places: np.ndarray, xy: np.ndarray, times: pd.DatetimeIndex) -> Weather | None:
    """The weather at ``xy`` [m] for ``times``; None where no wind is known within ``CARRIED`` hours of any.

    Args:
        data: hourly variables ``VARIABLES`` of the weather stations (time, site), radiation and temperature may lack.
        places: of the stations [m] (site, 2).
        xy: where [m] (2,).
        times: consecutive hours, UTC without a zone; hours after the data carry the last wind forward.
    """
    from gzeco_lib.methods.dispersion.boundary_layer import Surface, diagnose

    near = np.exp(-np.hypot(*(places - xy).T) / FADES)
    part = data.reindex(time=times)
    u, v, spread = _mean_wind(part, near)
    age = _age(np.isfinite(u), data, times)
    if not np.isfinite(age).any():
        return None
    u, v = _carried(u), _carried(v)
    speed = np.maximum(np.hypot(u, v), 0.1)
    turn = np.hypot(np.deg2rad(VANE), np.arctan2(GUSTS, speed))
    turn = np.sqrt(
        turn**2 + (0.25 * np.nan_to_num(spread)) ** 2 + np.deg2rad(OLDER) ** 2 * np.nan_to_num(age)
    )
    lon, lat = (float(value) for value in from_plane(*xy))
    sun, cloud = _sun(_value(part, "solar_radiation", near), times, lon, lat)
    warm = _carried(_value(part, "temperature", near))
    warm = np.where(np.isfinite(warm), warm, 22.0) + 273.15
    layer = diagnose(
        times.tz_localize("UTC"), lon, lat, speed, np.mod(np.rad2deg(np.arctan2(-u, -v)), 360.0), warm, cloud,
        surface=Surface(roughness_length=ROUGHNESS), solar=sun,
    )  # fmt: skip
    return Weather(times, _urban(layer), np.minimum(turn, np.pi / 2), age, sun)


def _urban(layer: BoundaryLayer) -> BoundaryLayer:
    """Stable hours as a large city has them: never very stable, and under a deeper lid than the open country."""
    stable = layer.obukhov_length > 0
    length = np.where(stable, np.maximum(layer.obukhov_length, LEAST_LENGTH), layer.obukhov_length)
    shape = np.log(layer.reference_height / layer.roughness_length) + 5.0 * layer.reference_height / length
    friction = np.where(stable, 0.4 * layer.wind_speed / shape, layer.friction_velocity)
    lid = np.where(stable, np.maximum(layer.mixing_height, URBAN_LID), np.maximum(layer.mixing_height, 150.0))
    return replace(layer, obukhov_length=length, friction_velocity=friction, mixing_height=lid)


def _mean_wind(part: xr.Dataset, near: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weighted mean components [m s-1] and the standard error of their direction from the stations' spread [rad]."""
    speed, angle = part["wind_speed"].to_numpy(), np.deg2rad(part["wind_direction"].to_numpy())
    known = np.isfinite(speed) & np.isfinite(angle)
    weight = np.where(known, near, 0.0)
    total = weight.sum(axis=1)
    share = weight / np.where(total > 0, total, np.nan)[:, None]
    east, north = np.where(known, -speed * np.sin(angle), 0.0), np.where(known, -speed * np.cos(angle), 0.0)
    u, v = (share * east).sum(axis=1), (share * north).sum(axis=1)
    away = ((share * ((east - u[:, None]) ** 2 + (north - v[:, None]) ** 2)).sum(axis=1)) / 2.0
    count = 1.0 / (share**2).sum(axis=1)
    spread = np.arctan2(np.sqrt(away / np.maximum(count - 1.0, 1.0)), np.maximum(np.hypot(u, v), 0.1))
    return u, v, np.where(count > 1.5, spread, np.deg2rad(10.0))


def _age(known: np.ndarray, data: xr.Dataset, times: pd.DatetimeIndex) -> np.ndarray:
    """Hours since the last wind (time,), the time before ``times`` looked at too; NaN from ``CARRIED`` hours on."""
    age = np.full(len(times), np.nan)
    last = -1
    for i, here in enumerate(known):
        if here:
            last = i
        if last >= 0:
            age[i] = i - last
    return age


def _carried(values: np.ndarray) -> np.ndarray:
    """Missing hours hold the last value before them, leading ones the first."""
    return pd.Series(values).ffill().bfill().to_numpy()


def _value(part: xr.Dataset, name: str, near: np.ndarray) -> np.ndarray:
    """Weighted mean over the stations (time,), NaN where none reports."""
    if name not in part:
        return np.full(part.sizes["time"], np.nan)
    values = part[name].to_numpy()
    weight = np.where(np.isfinite(values), near, 0.0)
    total = weight.sum(axis=1)
    return np.where(
        total > 0, (weight * np.nan_to_num(values)).sum(axis=1) / np.where(total > 0, total, 1), np.nan
    )


def _sun(
    measured: np.ndarray, times: pd.DatetimeIndex, lon: float, lat: float
) -> tuple[np.ndarray, np.ndarray]:
    """Radiation [W m-2] and cloud [0..1] of each hour; half a sky where neither is measured."""
    from gzeco_lib.methods.dispersion.boundary_layer import insolation, solar_elevation

    height = solar_elevation(times.tz_localize("UTC") + pd.Timedelta("30min"), lon, lat)
    clear = insolation(height, np.zeros(len(times)))
    share = np.where((clear > 100) & np.isfinite(measured), measured / np.maximum(clear, 1.0), np.nan)
    cloud = (np.clip(1.0 - share, 0.0, 0.75) / 0.75) ** (1 / 3.4)
    cloud = np.where(np.isfinite(_carried(cloud)), _carried(cloud), 0.5)
    return np.where(np.isfinite(measured), measured, insolation(height, cloud)), cloud


def notes(found: Weather) -> list[Note]:
    """What stands in for missing winds."""
    carried = int((found.age > 0).sum())
    if not carried:
        return []
    message = N_(
        "{hours} h of the trace have no measured wind: the last one is carried forward with a growing error."
    )
    return [(message, {"hours": carried})]


NO_WIND = N_("There is no wind within 6 h of the alarm at {site}: its source is not traced.")


def first(found: Weather, hours: int) -> Weather:
    """The first ``hours`` of the weather."""
    return Weather(
        found.times[:hours], found.layer.take(np.arange(hours)), found.turn[:hours], found.age[:hours],
        found.sun[:hours],
    )  # fmt: skip
