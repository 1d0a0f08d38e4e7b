"""Hourly concentrations of the six pollutants at the stations, before the instruments.

City sources are transported (`transport`), regional air comes with the wind and the season, rain washes
particles out, ozone is made by the sun and eaten by fresh nitric oxide (photostationary state). The numbers
were set so that monthly and daily means lie in the range published for Guangzhou.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzeco_lib.demo_city.clock import Clock
from gzeco_lib.demo_city.noise import leaky, smooth, white
from gzeco_lib.demo_city.places import Place
from gzeco_lib.demo_city.transport import by_wind
from gzeco_lib.demo_city.weather import Weather, wind_at

Array = NDArray[np.float64]

POLLUTANTS = ("PM2.5", "PM10", "SO2", "NO2", "O3", "CO")
NO2_UG, O3_UG = 1.88, 1.96  # ug m-3 per ppb at 298.15 K and 1013.25 hPa
# Local loads at a station of mean exposure in mean ventilation: NOx [ppb], particles and SO2 [ug m-3], CO [mg m-3].
TRAFFIC = {"NOx": 10.5, "PM2.5": 3.2, "PM10": 7.5, "SO2": 0.25, "CO": 0.14}
INDUSTRY = {"NOx": 1.9, "PM2.5": 1.8, "PM10": 2.8, "SO2": 1.2, "CO": 0.03}


@dataclass(frozen=True, eq=False)
class Setting:
    """What does not change with time: exposure by wind sector (16, n), 1 on the average of stations and sectors."""

    places: tuple[Place, ...]
    traffic: Array
    industry: Array


@dataclass(frozen=True, eq=False)
class Air:
    """Everything hourly that concentrations are made of, computed once; episodes are added to the loads.

    ``loads`` [NOx ppb; PM2.5, PM10, SO2 ug m-3; CO mg m-3] by species (T, n); ``oxidant`` (T, n) [ppb] is
    O3 + NO2; ``photolysis`` (T,) [ppb] the ratio of NO2 photolysis to its titration.
    """

    loads: dict[str, Array]
    oxidant: Array
    photolysis: Array


def traffic_by_hour(clock: Clock) -> Array:
    """Traffic against its daily mean (T,): rush hours on workdays, a late broad hump on days of rest."""
    hour = clock.hour
    morning, evening = np.exp(-(((hour - 8.2) / 1.6) ** 2)), np.exp(-(((hour - 18.8) / 2.4) ** 2))
    day = 1.0 / (1.0 + np.exp(-(hour - 6.5) / 0.6)) / (1.0 + np.exp((hour - 22.5) / 0.9))
    work = 0.55 + 0.38 * day + 0.20 * morning + 0.22 * evening
    rest = 0.55 + 0.34 * day + 0.03 * morning + 0.18 * evening
    return np.where(clock.rest, rest, work)


def _washout(rain: Array) -> Array:
    """Share of particles left in the air (T,): rain takes them within hours, the air refills within a day."""
    return np.exp(-0.33 * np.minimum(leaky(np.minimum(rain, 4.0), 16.0), 5.0))


def air(seed: int, weather: Weather, setting: Setting) -> Air:
    """Loads and oxidant at every station and hour."""
    clock, n = weather.clock, len(setting.places)
    u, v = wind_at(weather, setting.places)
    speed = np.hypot(u, v)
    # Dilution by wind and mixing height; the exponents are below one because air comes back.
    ventilation = (1.7 / np.clip(speed, 0.4, None)) ** 0.45 * (500.0 / weather.mixing[:, None]) ** 0.55
    traffic = by_wind(setting.traffic, u, v) * traffic_by_hour(clock)[:, None] * ventilation
    industry = by_wind(setting.industry, u, v) * ventilation * _by_day(clock)[:, None]
    own = np.exp(0.16 * smooth(seed, "local", clock.hours, 9.0, n))
    loads = {
        species: (TRAFFIC[species] * traffic + INDUSTRY[species] * industry) * own for species in TRAFFIC
    }
    region = _regional(seed, weather, n)
    for species, background in region.items():
        loads[species] = loads[species] + background
    photochemical = _photochemical(seed, weather, setting)
    loads["PM2.5"] = loads["PM2.5"] + 0.14 * photochemical
    loads["PM10"] = loads["PM10"] + 0.15 * photochemical
    # At night the ground takes up oxidant below a shallow mixing height.
    held = 0.45 + 0.55 * np.clip(weather.mixing / 650.0, 0.0, 1.0)[:, None]
    oxidant = _oxidant(seed, weather, n) * held + photochemical + 0.05 * loads["NOx"]
    return Air(loads, oxidant, 0.6 + 19.0 * weather.sun / 900.0)


def _by_day(clock: Clock) -> Array:
    """Industry against its mean (T,): a little less at night and on days of rest."""
    day = np.exp(-(((clock.hour - 14.0) / 6.0) ** 2))
    return (0.85 + 0.3 * day) * np.where(clock.rest, 0.85, 1.06)


def _regional(seed: int, weather: Weather, n: int) -> dict[str, Array]:
    """Regional background (T, n) [ug m-3, CO mg m-3]: higher in the dry northerly season, washed out by rain."""
    clock = weather.clock
    slow = smooth(seed, "region", clock.hours, 70.0)
    patch = smooth(seed, "region patch", clock.hours, 24.0, n)
    dry = np.cos(2 * np.pi * (clock.day - 358) / 365.25)
    north = np.tanh(leaky(-weather.v, 18.0) / 18.0)
    heavy = (
        0.47 * dry
        + 0.20 * north
        + 0.40 * weather.subsidence
        + 0.25 * weather.calm
        - 0.08 * (weather.mixing / 500.0)
    )
    fine = np.exp(2.50 + heavy[:, None] + 0.45 * slow + 0.21 * patch) * _washout(weather.rain)[:, None]
    dust = 1.0 + 0.5 * np.clip((75.0 - weather.humidity) / 40.0, 0.0, 1.0)
    coarse = 6.5 * dust[:, None] * _washout(weather.rain)[:, None] * np.exp(0.25 * slow + 0.18 * patch)
    return {
        "PM2.5": fine,
        "PM10": 1.18 * fine + coarse,
        "SO2": 2.6 + 0.05 * fine + 1.2 * np.exp(0.5 * patch),
        "CO": 0.38 + 0.005 * fine + 0.03 * slow + 0.06 * patch,
        "NOx": 1.5 + 0.10 * fine,
    }


def _photochemical(seed: int, weather: Weather, setting: Setting) -> Array:
    """Oxidant made by the sun over the day (T, n) [ppb]: more when hot, calm, clear, and downwind of the city."""
    n = len(setting.places)
    speed = np.hypot(weather.u, weather.v)
    stagnant = (1.9 / np.clip(speed, 0.8, None)) ** 0.3 * (1.0 + 0.45 * weather.subsidence)
    warm = np.exp(0.018 * (weather.temperature - 25.0))
    precursors = np.exp(0.24 * smooth(seed, "precursors", weather.clock.hours, 40.0))[:, 0]
    made = 7.4 * np.clip(weather.sun / 800.0, 0.0, None) ** 1.3 * warm * stagnant * precursors
    local = np.exp(0.18 * smooth(seed, "photochemistry", weather.clock.hours, 12.0, n))
    return leaky(made, 4.8)[:, None] * local


def _oxidant(seed: int, weather: Weather, n: int) -> Array:
    """Oxidant the air brings along (T, n) [ppb]: highest in autumn, low in the clean, wet air of June and July."""
    clock = weather.clock
    slow = smooth(seed, "oxidant", clock.hours, 60.0)
    season = 40.0 + 6.0 * np.cos(2 * np.pi * (clock.day - 290) / 365.25) + 5.0 * clock.winter
    falling = 1.0 - 0.18 * np.tanh(leaky(weather.rain, 6.0) / 8.0)
    patch = smooth(seed, "oxidant patch", clock.hours, 18.0, n)
    return (season[:, None] + 5.0 * slow + 5.0 * patch + 6.0 * weather.subsidence[:, None]) * falling[:, None]


def concentrations(mixture: Air, added: dict[str, Array] | None = None) -> dict[str, Array]:
    """Concentrations (T, n) [ug m-3; CO mg m-3] with ``added`` loads of episodes (NOx in ppb) on top.

    NO2 and O3 follow from NOx and oxidant at the photostationary state: (NOx - NO2)(Ox - NO2) = r NO2.
    """
    added = added or {}
    loads = {species: load + added.get(species, 0.0) for species, load in mixture.loads.items()}
    nox, oxidant, ratio = loads["NOx"], mixture.oxidant, mixture.photolysis[:, None]
    # A tenth of a fresh plume's NOx leaves the stack as NO2, which is oxidant.
    oxidant = oxidant + 0.1 * added.get("NOx", np.zeros(()))
    total = nox + oxidant + ratio
    no2 = 0.5 * (total - np.sqrt(np.clip(total**2 - 4.0 * nox * oxidant, 0.0, None)))
    return {
        "PM2.5": loads["PM2.5"],
        "PM10": np.maximum(loads["PM10"], 1.06 * loads["PM2.5"]),
        "SO2": loads["SO2"],
        "NO2": NO2_UG * no2,
        "O3": O3_UG * (oxidant - no2),
        "CO": loads["CO"],
    }


# Instruments: noise as a constant and as a share of the value, least value shown, decimals.
INSTRUMENTS = {
    "PM2.5": (0.8, 0.03, 1.0, 0),
    "PM10": (1.2, 0.04, 2.0, 0),
    "SO2": (0.35, 0.03, 1.0, 0),
    "NO2": (0.9, 0.035, 1.0, 0),
    "O3": (1.2, 0.025, 1.0, 0),
    "CO": (0.02, 0.03, 0.1, 1),
}


def measured(seed: int, truth: dict[str, Array], clock: Clock, offsets: dict[str, Array]) -> dict[str, Array]:
    """What sound instruments show: offset of the station, noise, resolution."""
    shown = {}
    for code, (constant, share, least, decimals) in INSTRUMENTS.items():
        noise = white(seed, f"instrument {code}", clock.hours, truth[code].shape[1])
        value = truth[code] * offsets[code] + (constant + share * truth[code]) * noise
        shown[code] = np.round(np.clip(value, least, None), decimals)
    return shown
