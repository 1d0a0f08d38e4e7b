"""AQI and AQHI-type excess risk of stations, cells and the city: thin calls of the standards on arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gzeco_lib.environmental_health.series import Series
from gzeco_lib.standards import aqhi
from gzeco_lib.standards.air import AqiResult, aqi_hourly

FORMS = ("hong_kong", "canada")
NEEDS = {"hong_kong": ("NO2", "SO2", "O3", "PM10", "PM2.5"), "canada": ("NO2", "O3", "PM2.5")}
POLLUTANTS = ("PM2.5", "PM10", "SO2", "NO2", "O3", "CO")


@dataclass(frozen=True)
class Band:
    """A value with its 80 % band; arrays of one shape."""

    value: np.ndarray
    lo: np.ndarray
    hi: np.ndarray


def lacking(present: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    """Pollutants that no station has a single value of."""
    return tuple(code for code in POLLUTANTS if code not in present or not np.isfinite(present[code]).any())


def aqi(concentrations: Mapping[str, np.ndarray], times: np.ndarray) -> AqiResult:
    """Hourly AQI (HJ 633 of each hour's date), first axis time.

    A gap at a place follows the norm's rule of publication; a pollutant that the whole network lacks is left out, which
    the outcome says in a note.
    """
    gone = lacking(concentrations)
    given = {code: values for code, values in concentrations.items() if code not in gone}
    if not given:
        shape = next(iter(concentrations.values())).shape
        given = {"PM2.5": np.full(shape, np.nan)}
    return aqi_hourly(given, times, publish_rule=not gone)


def excess_risk(
    concentrations: Mapping[str, np.ndarray],
    times: np.ndarray,
    form: str,
) -> aqhi.AqhiResult:
    """Excess risk [%] from hourly concentrations on a complete time axis (first axis), as 3-h moving means.

    Args:
        concentrations: by code [ug m-3], (time, ...).
        times: UTC start of each hour.
        form: ``hong_kong`` (the larger particulate term counts) or ``canada``.
    """
    needed = NEEDS[form]
    shape = next(iter(concentrations.values())).shape
    gone = set(lacking(concentrations)) & set(needed)
    means = {
        code: aqhi.moving_mean(concentrations[code]) if code in concentrations else np.full(shape, np.nan)
        for code in needed
    }
    # One particle size may be missing under the Hong Kong form: the other one stands for both.
    partial = bool(gone - ({"PM10"} if form == "hong_kong" else set()))
    if form == "canada":
        return aqhi.canada(means, partial=partial)
    return aqhi.hong_kong(means, times, partial=partial)


def risk_error(
    rated: aqhi.AqhiResult,
    concentrations: Mapping[str, np.ndarray],
    sd: Mapping[str, np.ndarray],
    correlation: np.ndarray,
    codes: Sequence[str],
) -> np.ndarray:
    """Standard error of the excess risk [%] (time, ...), to first order.

    With ``R_i = 100 (exp(beta_i C_i) - 1)`` the part of pollutant i is ``g_i = dR_i/dC_i sd_i``, which is
    ``(R_i + 100) ln(1 + R_i/100) sd_i / C_i``, and the variance is ``sum_ij r_ij g_i g_j``. Within the three hours of
    the mean errors are fully dependent: the mean's standard error is the mean of theirs.

    Args:
        rated: the excess risk of ``concentrations``.
        concentrations, sd: by code [ug m-3] (time, ...).
        correlation: of the pollutants' errors (code, code).
        codes: their order in it.
    """
    parts = {}
    for name, term in rated.terms.items():
        code = _carrier(name, concentrations)
        mean, error = aqhi.moving_mean(concentrations[code]), aqhi.moving_mean(sd[code])
        parts[code] = np.nan_to_num((term + 100) * np.log1p(term / 100) * error / np.maximum(mean, 1e-9))
    variance = np.zeros_like(rated.excess_risk)
    for one, g in parts.items():
        for other, h in parts.items():
            variance += correlation[codes.index(one), codes.index(other)] * g * h
    return np.where(np.isnan(rated.excess_risk), np.nan, np.sqrt(np.maximum(variance, 0.0)))


def _carrier(term: str, concentrations: Mapping[str, np.ndarray]) -> str:
    """The pollutant a term stands for; the particulate term is PM10's, whose coefficient and value are the larger."""
    if term != aqhi.PM:
        return term
    return "PM10" if "PM10" not in lacking(concentrations) else "PM2.5"


def bands(
    series: Series, form: str, city: bool = False, shared: np.ndarray | None = None
) -> tuple[Band, Band]:
    """AQI and excess risk of each station (time, site), or of the city's mean air (time, 1), with 80 % bands.

    The value is that of the observed or median concentrations. The band comes from drawing the concentrations (see
    `Series.draws`); it always holds the value.

    Args:
        shared: of each hour (time,), what of a station's error is left in the mean over stations; all of it by default.
    """
    value = {code: mean_of_stations(array) if city else array for code, array in series.value.items()}
    drawn = {code: series.draws(code, shared) for code in series.codes}
    if city:
        drawn = {code: mean_of_stations(array) for code, array in drawn.items()}
    middle = aqi(value, series.utc).aqi, excess_risk(value, series.utc, form).excess_risk
    many = aqi(drawn, series.utc).aqi, excess_risk(drawn, series.utc, form).excess_risk
    result = []
    for one, draws in zip(middle, many, strict=True):
        lo, hi = _quantiles(draws)
        result.append(Band(one, np.fmin(lo, one), np.fmax(hi, one)))
    return result[0], result[1]


def _quantiles(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 10 % and 90 % quantiles over the draws (axis 1), NaN where a draw is missing."""
    ordered = np.sort(draws, axis=1)  # NaN goes last, so a place with any gap shows it at the end
    n = draws.shape[1]
    missing = np.isnan(ordered[:, -1])
    lo, hi = ordered[:, round(0.1 * (n - 1))], ordered[:, round(0.9 * (n - 1))]
    return np.where(missing, np.nan, lo), np.where(missing, np.nan, hi)


def mean_of_stations(array: np.ndarray) -> np.ndarray:
    """Mean over the last axis (stations), kept as an axis of one; NaN where no station has a value."""
    count = np.isfinite(array).sum(axis=-1, keepdims=True)
    return np.where(count > 0, np.nansum(array, axis=-1, keepdims=True) / np.maximum(count, 1), np.nan)
