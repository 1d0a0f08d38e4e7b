"""The model of daily counts: what is fitted for one area, the same for the city and for each district.

``log E(count) = cross-basis of the exposure + temperature (cross-basis) + humidity + season and trend + day of week +
public holidays``; the specification of multi-city studies (Bhaskaran et al. 2013, doi:10.1093/ije/dyt092; Gasparrini et
al. 2015, doi:10.1016/S0140-6736(14)62114-0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gzeco_lib.methods import dlnm
from gzeco_lib.methods.dlnm import terms
from gzeco_lib.methods.dlnm.bayes import Counts

TERM = "exposure"
TEMPERATURE = "temperature"
HUMIDITY_DF = 3
PERCENTILES = (10, 75, 90)  # inner knots of temperature (Gasparrini et al. 2015)


@dataclass(frozen=True)
class Plan:
    """What is fitted.

    Attributes:
        exposure: code of the exposure.
        lag: last lag of a pollutant [d].
        temperature_lag: last lag of temperature [d].
        df: degrees of freedom of season and trend a year.
        spline: whether a pollutant's curve may bend.
    """

    exposure: str
    lag: int
    temperature_lag: int
    df: int
    spline: bool = False


@dataclass(frozen=True)
class Area:
    """One area's days: counts, what suppressed ones can be at most (0 where known) and daily exposures (day,)."""

    name: str
    days: pd.DatetimeIndex
    counts: np.ndarray
    upper: np.ndarray
    exposures: dict[str, np.ndarray]

    @property
    def known(self) -> int:
        """Days that hold a count, be it a suppressed one."""
        return int((np.isfinite(self.counts) | (self.upper > 0)).sum())

    @property
    def cases(self) -> float:
        """Cases known."""
        return float(np.nansum(self.counts))


def basis(plan: Plan, values: np.ndarray) -> dlnm.CrossBasis:
    """The cross-basis of the plan's exposure, fixed on the city's ``values`` so that districts share it."""
    if plan.exposure == TEMPERATURE:
        return _temperature(values, plan.temperature_lag)
    shape = dlnm.Natural(3) if plan.spline else dlnm.Linear()
    lag: dlnm.Basis = dlnm.Integer() if plan.lag <= 3 else dlnm.Natural(knots=dlnm.log_knots(plan.lag, 2))
    return dlnm.CrossBasis.of(values, shape, lag, plan.lag)


def _temperature(values: np.ndarray, lag: int) -> dlnm.CrossBasis:
    known = values[np.isfinite(values)]
    knots = tuple(np.percentile(known, PERCENTILES).tolist())
    shape: dlnm.Basis = dlnm.Natural(knots=knots)
    over: dlnm.Basis = dlnm.Natural(knots=dlnm.log_knots(lag, 3)) if lag > 6 else dlnm.Integer()
    return dlnm.CrossBasis.of(values, shape, over, lag)


def counts(area: Area, plan: Plan, cross: dlnm.CrossBasis) -> Counts:
    """Terms and counts of one area; a term whose input is missing altogether is left out."""
    found = area.exposures
    made: dict[str, np.ndarray] = {TERM: cross.columns(found[plan.exposure])}
    if plan.exposure != TEMPERATURE and _there(found, TEMPERATURE, area):
        warm = _temperature(found[TEMPERATURE], plan.temperature_lag)
        made[TEMPERATURE] = warm.columns(found[TEMPERATURE])
    if _there(found, "relative_humidity", area):
        made["humidity"] = terms.smooth(found["relative_humidity"], HUMIDITY_DF)
    made["season"] = terms.seasonal(area.days, plan.df)
    made["weekday"] = terms.weekdays(area.days)
    holiday = terms.holidays(area.days)
    if holiday.any():
        made["holiday"] = holiday
    return Counts(made, area.counts, suppressed=area.upper)


def _there(found: dict[str, np.ndarray], code: str, area: Area) -> bool:
    """Whether a variable is known on nine tenths of the days that have counts: else it would cost too many of them."""
    days = np.isfinite(area.counts) | (area.upper > 0)
    values = found.get(code)
    return values is not None and bool(days.any()) and float(np.isfinite(values[days]).mean()) >= 0.9
