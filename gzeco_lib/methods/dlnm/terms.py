"""What else moves daily counts: season and trend, days of the week, public holidays."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gzeco_lib.methods.dlnm.basis import Floats, Natural

DAYS = 365.25


def smooth(x: ArrayLike, df: int) -> Floats:
    """A natural cubic spline of ``x`` with ``df`` degrees of freedom: R's ``ns(x, df)`` (time, df)."""
    return Natural(df).on(x)(x)


def seasonal(days: pd.DatetimeIndex, df_a_year: float = 7.0) -> Floats:
    """Season and trend: a natural spline of time with ``df_a_year`` degrees of freedom a year (time, df).

    Seven a year are usual for air pollution (Peng, Dominici and Louis 2006, doi:10.1111/j.1467-985X.2006.00410.x).
    """
    number = (days - days[0]) / pd.Timedelta(days=1)
    years = (float(number.max()) + 1.0) / DAYS
    return smooth(number.to_numpy(), max(round(df_a_year * years), 1))


def levels(labels: ArrayLike) -> Floats:
    """One column for each label but the first in order (time, label - 1): R's treatment contrasts."""
    found = np.asarray(labels)
    return (found[:, None] == np.unique(found)[1:]).astype(float)


def weekdays(days: pd.DatetimeIndex) -> Floats:
    """Tuesday to Sunday against Monday (time, up to 6)."""
    return levels(days.dayofweek.to_numpy())


def holidays(days: pd.DatetimeIndex, country: str = "CN") -> Floats:
    """One on public holidays and days off in lieu, by the package ``holidays`` (time, 1)."""
    import holidays as calendar

    years = range(int(days.year.min()), int(days.year.max()) + 1)
    known = calendar.country_holidays(country, years=years)
    return np.array([day.date() in known for day in days], float)[:, None]
