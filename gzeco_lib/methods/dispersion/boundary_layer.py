"""The boundary layer from routine weather: radiation, heat flux, u*, L, w* and the height of the lid.

Sources: Holtslag and van Ulden (1983), doi:10.1175/1520-0450(1983)022<0517:ASSFDE>2.0.CO;2 (radiation, day);
Venkatram (1980), doi:10.1007/BF00122347, and van Ulden and Holtslag (1985) (night); EPA-454/R-19-028 (AERMET: how the
parts fit together). Fluxes are positive upwards; arrays are (time,), hourly and in order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dispersion.inputs import BoundaryLayer
from gzeco_lib.methods.dispersion.profiles import GRAVITY, KARMAN, wind_shape

WHERE = "methods.dispersion.boundary_layer"
STEFAN = 5.67e-8  # [W m-2 K-4]
HEAT = 1005.0  # heat capacity of air [J kg-1 K-1]
GAS = 287.04  # gas constant of dry air [J kg-1 K-1]
HOUR = 3600.0  # [s]
CALM = 0.5  # [m s-1]: vanes and cups start there; a weaker wind is computed as this one
LOWEST, HIGHEST = 25.0, 4000.0  # [m], limits of the lid in AERMET
ENTRAINED = 0.2  # heat that comes down through the lid, in parts of that from the ground


@dataclass(frozen=True)
class Surface:
    """What the ground is like: roughness length [m], albedo [1], Bowen ratio [1]."""

    roughness_length: float = 0.1
    albedo: float = 0.18
    bowen: float = 1.0


def solar_elevation(times: pd.DatetimeIndex, lon: float, lat: float) -> np.ndarray:
    """Elevation of the sun [deg] at ``times`` (UTC), to about a third of a degree (Holtslag and van Ulden 1983)."""
    day = times.dayofyear.to_numpy(float)
    hour = times.hour.to_numpy(float) + times.minute.to_numpy(float) / 60.0
    ecliptic = 4.871 + 0.0175 * day + 0.033 * np.sin(0.0175 * day)
    declination = np.arcsin(0.398 * np.sin(ecliptic))
    angle = (
        np.deg2rad(lon) + 0.043 * np.sin(2 * ecliptic) - 0.033 * np.sin(0.0175 * day) + 0.262 * hour - np.pi
    )
    latitude = np.deg2rad(lat)
    sine = np.sin(declination) * np.sin(latitude) + np.cos(declination) * np.cos(latitude) * np.cos(angle)
    return np.rad2deg(np.arcsin(np.clip(sine, -1, 1)))


def insolation(elevation: ArrayLike, cloud: ArrayLike) -> np.ndarray:
    """Solar radiation on the ground [W m-2]: ``(990 sin e - 30) (1 - 0.75 N^3.4)`` (Kasten and Czeplak 1980)."""
    clear = 990.0 * np.sin(np.deg2rad(np.asarray(elevation, float))) - 30.0
    return np.maximum(clear, 0.0) * (1.0 - 0.75 * np.asarray(cloud, float) ** 3.4)


def net_radiation(solar: ArrayLike, temperature: ArrayLike, cloud: ArrayLike, albedo: float) -> np.ndarray:
    """Net radiation [W m-2] by day from insolation [W m-2], temperature [K], cloud [0..1] (their eq. 32)."""
    warm = np.asarray(temperature, float)
    gain = (1.0 - albedo) * np.asarray(solar, float) + 60.0 * np.asarray(cloud, float)
    return (gain + 5.31e-13 * warm**6 - STEFAN * warm**4) / 1.12


def sensible_heat(net: ArrayLike, bowen: float) -> np.ndarray:
    """Sensible heat flux [W m-2]: nine tenths of the net radiation, shared with evaporation by the Bowen ratio."""
    return 0.9 * np.asarray(net, float) / (1.0 + 1.0 / bowen)


def density(temperature: ArrayLike, pressure: float = 101_325.0) -> np.ndarray:
    """Of dry air [kg m-3]."""
    return pressure / (GAS * np.asarray(temperature, float))


def convective(
    wind: np.ndarray, heat: np.ndarray, temperature: np.ndarray, roughness: float, height: float
) -> tuple[np.ndarray, np.ndarray]:
    """u* [m s-1] and L [m] in hours with heat from the ground, found together by iteration."""
    flux = heat / (density(temperature) * HEAT)
    rough, level = np.full_like(wind, roughness), np.full_like(wind, height)
    length = np.full_like(wind, -np.inf)
    friction = KARMAN * wind / np.log(height / roughness)
    for _ in range(50):
        friction = KARMAN * wind / wind_shape(level, rough, length)
        new = -temperature * friction**3 / (KARMAN * GRAVITY * flux)
        if np.all(np.abs(new - length) < 1e-3 * np.abs(new)):
            break
        length = new
    return friction, np.minimum(length, -1.0)


def stable(
    wind: np.ndarray, cloud: np.ndarray, temperature: np.ndarray, roughness: float, height: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """u* [m s-1], L [m] and heat flux [W m-2] by night, from wind and cloud (Venkatram 1980).

    The temperature scale is ``0.09 (1 - 0.5 N^2)``; under the wind for which the quadratic has a solution, u* and the
    scale shrink with the wind.
    """
    scale = 0.09 * (1.0 - 0.5 * cloud**2)
    drag = KARMAN / np.log(height / roughness)
    against = 5.0 * height * GRAVITY * scale / temperature  # u0^2 [m2 s-2]
    least = 2.0 * np.sqrt(against / drag)
    root = np.sqrt(np.maximum(1.0 - (least / wind) ** 2, 0.0))
    part = np.minimum(wind / least, 1.0)
    friction = np.where(wind >= least, 0.5 * drag * wind * (1.0 + root), 0.5 * drag * least * part)
    scale = scale * part
    heat = -density(temperature) * HEAT * friction * scale
    strongest = 64.0  # [W m-2]: more is not lost by night
    scale = np.where(heat < -strongest, strongest / (density(temperature) * HEAT * friction), scale)
    length = temperature * friction**2 / (KARMAN * GRAVITY * scale)
    return friction, np.maximum(length, 1.0), np.maximum(heat, -strongest)


def mechanical_height(friction: ArrayLike, step: float = HOUR) -> np.ndarray:
    """Height of the lid that wind alone makes [m]: ``2300 u*^1.5`` (Venkatram 1980), reached with delay.

    The delay is ``z / (2 u*)`` of AERMET, over consecutive steps [s].
    """
    u = np.asarray(friction, float)
    sought = np.clip(2300.0 * u**1.5, LOWEST, HIGHEST)
    found = sought.copy()
    for i in range(1, len(u)):
        if np.isfinite(found[i - 1]) and np.isfinite(u[i]):
            kept = np.exp(-step * 2.0 * u[i] / found[i - 1])
            found[i] = kept * found[i - 1] + (1.0 - kept) * sought[i]
    return found


def stable_height(friction: ArrayLike, length: ArrayLike, lat: float) -> np.ndarray:
    """Height of a stable layer in balance [m]: ``0.4 (u* L / f)^(1/2)`` (Zilitinkevich 1972), f the Coriolis parameter.

    For single nights of which nothing else is known; where hours follow each other, ``mechanical_height`` is steadier.
    """
    coriolis = 2.0 * 7.292e-5 * abs(np.sin(np.deg2rad(lat)))
    return 0.4 * np.sqrt(np.asarray(friction, float) * np.asarray(length, float) / coriolis)


def convective_height(
    heat: ArrayLike, temperature: ArrayLike, lapse: float, step: float = HOUR
) -> np.ndarray:
    """Height of the lid that heat makes [m]: ``z^2 = 2 (1 + 2 A) / gamma * integral of H / (rho c) dt``.

    Carson (1973) as in AERMET, with the same gradient of potential temperature ``lapse`` [K m-1] at any height in
    place of a morning sounding; the integral starts anew each morning. NaN where no heat comes from the ground.
    """
    flux = np.asarray(heat, float) / (density(temperature) * HEAT)
    found, gathered = np.full(len(flux), np.nan), 0.0
    for i, value in enumerate(flux):
        if not value > 0:
            gathered = 0.0
            continue
        gathered += value * step
        found[i] = min(max(np.sqrt(2.0 * (1.0 + 2.0 * ENTRAINED) * gathered / lapse), LOWEST), HIGHEST)
    return found


def convective_velocity(heat: ArrayLike, height: ArrayLike, temperature: ArrayLike) -> np.ndarray:
    """w* [m s-1]: ``(g H z / (rho c T))^(1/3)``; 0 without heat from the ground."""
    flux = np.asarray(heat, float) / (density(temperature) * HEAT)
    cubed = GRAVITY * np.asarray(height, float) * flux / np.asarray(temperature, float)
    return np.cbrt(np.where(cubed > 0, cubed, 0.0))


def diagnose(
    times: pd.DatetimeIndex,
    lon: float,
    lat: float,
    wind_speed: ArrayLike,
    wind_from: ArrayLike,
    temperature: ArrayLike,
    cloud: ArrayLike,
    surface: Surface | None = None,
    solar: ArrayLike | None = None,
    reference_height: float = 10.0,
    lapse: float = 0.005,
) -> BoundaryLayer:
    """The boundary layer of each hour from what any weather station reports.

    Args:
        times: start of each hour, UTC, hourly (time,).
        lon: of the station [deg].
        lat: the same.
        wind_speed: at ``reference_height`` [m s-1]; under 0.5 counts as 0.5.
        wind_from: direction [deg].
        temperature: of the air [K].
        cloud: covered part of the sky [0..1].
        surface: roughness, albedo, Bowen ratio.
        solar: measured insolation [W m-2]; else from sun and cloud.
        reference_height: of the wind [m].
        lapse: gradient of potential temperature above the lid [K m-1].

    Returns:
        A row an hour; hours with a missing input hold NaN, which ``plume.dilution`` refuses: leave them out.

    Raises:
        InputError: cloud outside 0..1 or temperature not in kelvin.
    """
    ground = surface or Surface()
    wind, warm, sky = (np.asarray(v, float) for v in (wind_speed, temperature, cloud))
    if np.nanmin(sky, initial=0) < 0 or np.nanmax(sky, initial=0) > 1:
        raise InputError(N_("cloud cover is outside 0..1"), WHERE, N_("divide tenths by 10 and oktas by 8"))
    if np.nanmin(warm, initial=300) < 180:
        raise InputError(N_("temperature is not in kelvin"), WHERE, N_("add 273.15 to degrees Celsius"))
    blowing = np.where(np.isnan(wind), np.nan, np.maximum(wind, CALM))
    middle = times + pd.Timedelta(minutes=30)
    shine = insolation(solar_elevation(middle, lon, lat), sky) if solar is None else np.asarray(solar, float)
    heat = sensible_heat(net_radiation(shine, warm, sky, ground.albedo), ground.bowen)
    day = (shine > 0) & (heat > 0)
    friction, length, flux = stable(blowing, sky, warm, ground.roughness_length, reference_height)
    heat = np.where(day, heat, flux)
    if day.any():
        found = convective(blowing[day], heat[day], warm[day], ground.roughness_length, reference_height)
        friction[day], length[day] = found
    by_wind = mechanical_height(friction)
    by_heat = convective_height(heat, warm, lapse)
    lid = np.where(day, np.fmax(by_heat, by_wind), by_wind)
    return BoundaryLayer(
        wind_speed=blowing, wind_from=np.asarray(wind_from, float), friction_velocity=friction,
        obukhov_length=length, mixing_height=lid, roughness_length=np.array([ground.roughness_length]),
        reference_height=np.array([reference_height]), temperature=warm,
        convective_velocity=convective_velocity(np.where(day, heat, 0.0), np.nan_to_num(by_heat), warm),
        lapse=np.array([lapse]),
    )  # fmt: skip
