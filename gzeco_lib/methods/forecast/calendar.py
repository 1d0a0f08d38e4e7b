"""The local calendar: hour, weekday, and whether people rest."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.forecast.panel import Array


def local(time: Array, zone: str) -> pd.DatetimeIndex:
    """Naive UTC hours as local wall-clock hours.

    Raises:
        InputError: the zone is not in the time zone database.
    """
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            N_("no time zone {zone}"),
            "zone",
            N_("give a name of the IANA database, such as Asia/Shanghai"),
            zone=zone,
        ) from error
    return pd.DatetimeIndex(time).tz_localize("UTC").tz_convert(place).tz_localize(None)


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
