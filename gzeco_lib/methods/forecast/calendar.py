"""The local calendar: hour, weekday, and whether people rest."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.forecast.panel import Array


def known_zone(zone: str) -> ZoneInfo:
    """The zone of that name.

    Raises:
        InputError: it is not in the time zone database.
    """
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            N_("no time zone {zone}"),
            "zone",
            N_("give a name of the IANA database, such as Asia/Shanghai"),
            zone=zone,
        ) from error


def local(time: Array, zone: str) -> pd.DatetimeIndex:
    """Naive UTC hours as local wall-clock hours."""
    place = known_zone(zone)
    return pd.DatetimeIndex(time).tz_localize("UTC").tz_convert(place).tz_localize(None)


def season(clock: pd.DatetimeIndex) -> list[Array]:
    """Sine and cosine of the day of the year."""
    angle = 2 * np.pi * clock.day_of_year.to_numpy() / 365.25
    return [np.sin(angle), np.cos(angle)]


def rest_days(clock: pd.DatetimeIndex, country: str) -> Array:
    """1.0 on weekends and public holidays of ``country`` (ISO 3166), else 0.0; no holidays for an empty country."""
    weekend = clock.day_of_week.to_numpy() >= 5
    if not country:
        return weekend.astype(float)
    import holidays

    try:
        known = holidays.country_holidays(country, years=sorted(set(clock.year)))
    except NotImplementedError as error:
        raise InputError(
            N_("no holiday calendar for {country}"), "country", N_("give a code of ISO 3166, such as CN, or nothing"),
            country=country,
        ) from error  # fmt: skip
    days = clock.normalize()
    off = {day for day in days.unique() if day.date() in known}
    return weekend.astype(float) if not off else np.where(days.isin(list(off)), 1.0, weekend)
