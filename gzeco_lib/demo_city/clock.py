"""The city's clock: local hours, seasons, days of rest, the sun."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

LATITUDE, LONGITUDE = 23.13, 113.3  # degrees, where the sun is computed for


@dataclass(frozen=True, eq=False)
class Clock:
    """An hourly UTC index with what the local time (UTC+8) says about it, each (T,)."""

    hours: pd.DatetimeIndex
    hour: Array  # local hour of day at mid-interval, 0.5 .. 23.5
    day: Array  # day of year
    rest: NDArray[np.bool_]  # weekends and public holidays, less the days worked for them
    winter: Array  # +1 mid-January, -1 mid-July
    elevation: Array  # sine of the sun's elevation, 0 at night


def clock(hours: pd.DatetimeIndex) -> Clock:
    """The clock of consecutive UTC ``hours`` (interval starts)."""
    local = hours.tz_convert("Asia/Shanghai")
    hour = local.hour.to_numpy() + 0.5
    day = local.dayofyear.to_numpy() + hour / 24.0
    return Clock(
        hours=hours,
        hour=hour,
        day=day,
        rest=rest_days(local),
        winter=np.cos(2 * np.pi * (day - 15) / 365.25),
        elevation=_elevation(day, hour),
    )


def rest_days(local: pd.DatetimeIndex) -> NDArray[np.bool_]:
    """Which local times lie on a day of rest: weekends and holidays of China, but not the days worked for them."""
    import holidays

    calendar = holidays.country_holidays("CN", years=sorted(set(local.year)))
    days = local.normalize().tz_localize(None)
    kinds = {day: not calendar.is_working_day(day.date()) for day in days.unique()}
    return np.asarray(days.map(kinds), dtype=bool)


def _elevation(day: Array, hour: Array) -> Array:
    """Sine of the sun's elevation; declination after Cooper (1969), doi:10.1016/0038-092X(69)90047-4."""
    declination = np.radians(23.45 * np.sin(2 * np.pi * (284 + day) / 365.25))
    solar_hour = hour + (LONGITUDE - 120.0) / 15.0
    angle = np.radians(15.0 * (solar_hour - 12.0))
    latitude = np.radians(LATITUDE)
    sine = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(angle)
    return np.clip(sine, 0.0, None)
