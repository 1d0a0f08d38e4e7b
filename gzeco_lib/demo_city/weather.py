"""Hourly weather of the generated city: monsoon, sea breeze, calm spells, rain, and summers' typhoon-side days.

Nothing here is a forecast model: smooth random series carry the weather from day to day, seasons and the sun
shape them, and three planted regimes (calm spells, sea breeze, subsidence beside a typhoon) bend them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.demo_city.clock import Clock
from gzeco_lib.demo_city.noise import EPOCH, WEEK, generator, leaky, smooth, week_numbers, white
from gzeco_lib.demo_city.places import Place

Array = NDArray[np.float64]

DECIMALS = {
    "temperature": 1,
    "relative_humidity": 0,
    "pressure": 1,
    "wind_speed": 1,
    "wind_direction": 0,
    "precipitation": 1,
    "solar_radiation": 0,
}
TYPHOON_SHARE = 0.3  # share of the weeks from June to October with a typhoon passing at a distance


@dataclass(frozen=True, eq=False)
class Weather:
    """Regional series (T,): wind towards ``u`` east, ``v`` north [m s-1], sea ``breeze`` [m s-1], and the rest."""

    clock: Clock
    u: Array
    v: Array
    breeze: Array
    calm: Array  # 0..1, 1 in a calm spell
    cloud: Array  # 0..1
    rain: Array  # mm h-1
    temperature: Array  # degC
    humidity: Array  # %
    pressure: Array  # hPa
    sun: Array  # W m-2
    mixing: Array  # mixing height, m
    subsidence: Array  # 0..1, 1 beside a typhoon
    spells: pd.DataFrame  # planted regimes: kind, start, end


def _sigmoid(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def typhoons(seed: int, hours: pd.DatetimeIndex) -> tuple[Array, Array, pd.DataFrame]:
    """Subsidence (T,) 0..1 and landfall rain (T,) 0..1 of the planted typhoons, and their table."""
    subsidence, landfall = np.zeros(len(hours)), np.zeros(len(hours))
    rows = []
    for week in week_numbers(hours[0] - 2 * WEEK, hours[-1] + pd.Timedelta(hours=1)):
        rng = generator(seed, "typhoon", week)
        start = EPOCH + week * WEEK + pd.Timedelta(hours=int(rng.integers(0, 96)))
        length = int(rng.integers(48, 97))
        if not 6 <= start.month <= 10 or rng.random() > TYPHOON_SHARE:
            continue
        since = np.asarray((hours - start) / pd.Timedelta(hours=1), dtype=float)
        subsidence = np.maximum(subsidence, np.clip(np.minimum(since, length - since) / 12.0, 0.0, 1.0))
        landfall = np.maximum(
            landfall, np.clip(np.minimum(since - length, length + 30 - since) / 8.0, 0.0, 1.0)
        )
        end = start + pd.Timedelta(hours=length)
        if start <= hours[-1] and end > hours[0]:
            rows.append({"kind": "typhoon_side", "start": start, "end": end})
    return subsidence, landfall, pd.DataFrame(rows, columns=["kind", "start", "end"])


def _spells(kind: str, on: NDArray[np.bool_], hours: pd.DatetimeIndex, least: int) -> pd.DataFrame:
    """Runs of ``on`` of at least ``least`` hours as rows kind, start, end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], on, [False]]).astype(int)))
    begins, ends = edges[::2], edges[1::2]
    rows = [
        {"kind": kind, "start": hours[b], "end": hours[e - 1] + pd.Timedelta(hours=1)}
        for b, e in zip(begins, ends, strict=True)
        if e - b >= least
    ]
    return pd.DataFrame(rows, columns=["kind", "start", "end"])


def weather(seed: int, clock: Clock) -> Weather:
    """The regional weather of consecutive hours."""
    hours, winter = clock.hours, clock.winter
    series = {name: smooth(seed, name, hours, decay)[:, 0] for name, decay in _DECAYS.items()}
    subsidence, landfall, spells = typhoons(seed, hours)
    calm = _sigmoid(4.0 * (series["calm"] - 1.2)) * (1.0 - landfall)
    cloud = _cloud(clock, series, subsidence, landfall)
    sun = 1050.0 * clock.elevation**1.15 * (1.0 - 0.75 * cloud**1.5)
    rain = _rain(seed, clock, series, subsidence, landfall)
    u, v = _wind(clock, series, calm, subsidence, landfall)
    # The breeze needs a warm, sunny land and no strong wind against it; it comes in from the south after noon.
    pull = leaky(sun / 800.0, 4.0) / 4.0 * (0.75 - 0.45 * winter)
    breeze = 2.6 * pull * _sigmoid(2.0 * (2.8 - np.hypot(u, v)))
    temperature = _temperature(clock, series, cloud, rain, subsidence)
    humidity = _humidity(clock, series, temperature, rain, subsidence)
    pressure = (
        1011.0 + 7.5 * winter + 2.3 * series["pressure"] - 4.0 * subsidence - 6.0 * landfall
        + 1.1 * np.cos(4 * np.pi * (clock.hour - 10.0) / 24.0)
    )  # fmt: skip
    speed = np.hypot(u, v + 0.5 * breeze)
    mixing = 130.0 + 75.0 * speed + 330.0 * leaky(sun / 800.0, 3.0) * (1.0 - 0.3 * subsidence)
    calm_spells = _spells("calm", calm > 0.5, hours, 12)
    return Weather(
        clock, u, v, breeze, calm, cloud, rain, temperature, humidity, pressure, sun, mixing, subsidence,
        pd.concat([spells, calm_spells], ignore_index=True),
    )  # fmt: skip


# Decorrelation times [h] of the series that carry the weather from hour to hour.
_DECAYS = {
    "wind east": 30.0,
    "wind north": 40.0,
    "gust": 6.0,
    "calm": 50.0,
    "cloud": 22.0,
    "wet": 11.0,
    "warm": 80.0,
    "humid": 45.0,
    "pressure": 60.0,
}


def _cloud(clock: Clock, series: dict[str, Array], subsidence: Array, landfall: Array) -> Array:
    # Spring (February to June) is dull, autumn clear.
    spring = np.cos(2 * np.pi * (clock.day - 105) / 365.25)
    cloud = _sigmoid(1.5 * series["cloud"] + 0.9 * spring + 0.3)
    return np.clip(cloud * (1.0 - 0.85 * subsidence) + landfall, 0.0, 1.0)


def _rain(seed: int, clock: Clock, series: dict[str, Array], subsidence: Array, landfall: Array) -> Array:
    """Rain [mm h-1]: fronts in spring, showers on summer afternoons, bands where a typhoon lands."""
    wet_season = np.cos(2 * np.pi * (clock.day - 165) / 365.25)
    summer = np.clip(-clock.winter, 0.0, None)
    shower = 0.9 * summer * np.exp(-(((clock.hour - 16.0) / 3.0) ** 2))
    wet = (
        series["wet"] + 0.55 * series["cloud"] + 0.5 * wet_season + shower - 2.5 * subsidence + 2.5 * landfall
    )
    burst = np.exp(0.9 * white(seed, "burst", clock.hours)[:, 0] - 0.4)
    amount = 1.5 * np.clip(wet - 1.75, 0.0, None) ** 1.5 * (1.0 + 0.8 * summer) * burst
    return np.where(amount >= 0.05, amount, 0.0)


def _wind(
    clock: Clock, series: dict[str, Array], calm: Array, subsidence: Array, landfall: Array
) -> tuple[Array, Array]:
    """Wind components [m s-1]: northerly monsoon in winter, southerly in summer."""
    weaker = (1.0 - 0.8 * calm) * (0.92 + 0.16 * np.sin(2 * np.pi * (clock.hour - 9.0) / 24.0))
    gust = np.exp(0.18 * series["gust"])
    u = (-0.3 - 0.3 * clock.winter + 1.1 * series["wind east"]) * weaker * gust
    v = (-0.35 - 1.6 * clock.winter + 1.3 * series["wind north"]) * weaker * gust
    # Beside a typhoon the air sinks and drifts slowly from the north-west; at landfall it blows.
    u = u * (1.0 - subsidence) + 0.7 * subsidence + 4.0 * landfall
    v = v * (1.0 - subsidence) - 0.8 * subsidence + 3.0 * landfall
    return u, v


def _temperature(
    clock: Clock, series: dict[str, Array], cloud: Array, rain: Array, subsidence: Array
) -> Array:
    season = 22.4 - 7.6 * np.cos(2 * np.pi * (clock.day - 18) / 365.25)
    spread = 2.0 + 1.3 * np.clip(clock.winter, 0.0, None)  # cold surges
    daily = (1.6 + 3.0 * (1.0 - cloud)) * np.sin(2 * np.pi * (clock.hour - 9.0) / 24.0)
    cooling = 1.8 * np.tanh(leaky(rain, 3.0) / 5.0)
    return (
        season
        + spread * (series["warm"] + 0.35 * series["wind north"]) / 1.06
        + daily
        - cooling
        + 2.2 * subsidence
    )


def _humidity(
    clock: Clock, series: dict[str, Array], temperature: Array, rain: Array, subsidence: Array
) -> Array:
    slow = leaky(temperature, 36.0) / leaky(np.ones_like(temperature), 36.0)
    season = 75.0 + 8.0 * np.cos(2 * np.pi * (clock.day - 130) / 365.25)
    wetter = 10.0 * np.tanh(leaky(rain, 4.0) / 4.0)
    humidity = season + 7.0 * series["humid"] - 2.6 * (temperature - slow) + wetter - 10.0 * subsidence
    return np.clip(humidity, 22.0, 100.0)


def reach(places: tuple[Place, ...]) -> Array:
    """How strongly the sea breeze is felt at each place (n,): 1.2 on the coast, fading inland."""
    return np.clip((23.5 - np.array([p.lat for p in places])) / 0.6, 0.0, 1.2)


def wind_at(air: Weather, places: tuple[Place, ...]) -> tuple[Array, Array]:
    """Wind components u, v (T, n) [m s-1] at the places, the sea breeze included."""
    felt = reach(places)
    return np.repeat(air.u[:, None], len(places), axis=1), air.v[:, None] + air.breeze[:, None] * felt[
        None, :
    ]


# By setting: shift of temperature [degC] by day and night, factor on wind speed.
_LOCAL = {
    "urban": (0.3, 0.9, 0.80),
    "traffic": (0.3, 0.9, 0.75),
    "industry": (0.2, 0.5, 0.95),
    "suburb": (0.0, 0.0, 1.0),
    "coast": (-0.6, 0.4, 1.35),
    "hills": (-1.8, -2.2, 0.85),
}


def observed(seed: int, air: Weather, places: tuple[Place, ...]) -> dict[str, Array]:
    """What weather stations measure: arrays (T, n) by variable code, with noise and the instrument's resolution."""
    clock, n = air.clock, len(places)
    by_day, by_night, windy = (np.array([_LOCAL[p.setting][i] for p in places]) for i in range(3))
    noise = {name: white(seed, f"weather {name}", clock.hours, n) for name in DECIMALS}
    day = (clock.elevation > 0.15)[:, None]
    u, v = wind_at(air, places)
    speed = np.hypot(u, v) * windy * np.exp(0.12 * noise["wind_speed"])
    direction = np.degrees(np.arctan2(-u, -v)) + 8.0 * noise["wind_direction"]
    # Showers are patches: each place sees the regional rain through its own share.
    share = np.exp(0.7 * smooth(seed, "rain patch", clock.hours, 2.0, n) - 0.245)
    rain = air.rain[:, None] * share
    humid = air.humidity[:, None] - 2.0 * by_night
    values = {
        "temperature": air.temperature[:, None]
        + np.where(day, by_day, by_night)
        + 0.15 * noise["temperature"],
        "relative_humidity": np.clip(humid + 1.2 * noise["relative_humidity"], 15.0, 100.0),
        "pressure": air.pressure[:, None]
        - np.array([9.0 if p.setting == "hills" else 0.0 for p in places])
        + 0.1 * noise["pressure"],
        "wind_speed": np.clip(speed, 0.1, None),
        "wind_direction": np.mod(np.round(direction), 360.0),
        "precipitation": np.where(rain >= 0.1, rain, 0.0),
        "solar_radiation": np.clip(air.sun[:, None] * np.exp(0.06 * noise["solar_radiation"]), 0.0, 1200.0),
    }
    return {code: np.round(value, DECIMALS[code]) for code, value in values.items()}
