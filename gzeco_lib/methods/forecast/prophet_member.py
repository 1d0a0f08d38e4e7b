"""The Prophet member: level, day and week of each station over the last four weeks, with the last residual carried.

Taylor and Letham 2018, doi:10.1080/00031305.2017.1380080. Prophet alone knows nothing of the last hour; to be a fair
member its last residual is carried and fades with the lead as residuals have faded in the fitted weeks. With a flat
trend a fitted Prophet is a table of the 168 hours of a week, which is what is kept.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.methods.forecast.panel import HORIZON, Array, Panel
from gzeco_lib.methods.forecast.series import carried

WINDOW = 28  # d
LEAST = 96  # h a station must have reported in the window
WEEK = 168


@dataclass(frozen=True)
class Weekly:
    """``table`` (168, S) transformed unit by hour of week (UTC, from Monday), and ``carry`` (24,) of the residual."""

    table: Array
    carry: Array


def hour_of_week(time: Array) -> Array:
    """0 is Monday 00:00 UTC."""
    hours = time.astype("datetime64[h]").astype(int)
    return (hours + 3 * 24) % WEEK  # 1970-01-01 was a Thursday


def _quiet() -> None:
    for name in ("cmdstanpy", "prophet", "prophet.plot", "prophet.models"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL)
        logger.propagate = False
        if not logger.handlers:  # cmdstanpy would add its own and turn itself up again
            logger.addHandler(logging.NullHandler())


def _one(time: Array, values: Array, week: pd.DatetimeIndex) -> Array:
    from prophet import Prophet

    frame = pd.DataFrame({"ds": time, "y": values}).dropna()
    if len(frame) < LEAST or frame["y"].nunique() < 3:
        return np.full(WEEK, np.nan)
    model = Prophet(
        growth="flat", uncertainty_samples=0, yearly_seasonality=False, weekly_seasonality=len(frame) >= 2 * WEEK,
        daily_seasonality=4,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(frame, seed=1)
    return tabled(model, week)


def tabled(model: Any, week: pd.DatetimeIndex) -> Array:
    """What ``model.predict`` gives for the hours ``week``, without its cost: level plus Fourier series."""
    waves = [
        model.fourier_series(pd.Series(week), season["period"], season["fourier_order"])
        for season in model.seasonalities.values()
    ]
    level, share = np.asarray(model.params["m"]).ravel()[0], np.asarray(model.params["beta"]).ravel()
    return (level + np.concatenate(waves, axis=1) @ share) * model.y_scale


def fit_weekly(panel: Panel, most: int | None = None) -> Weekly:
    """Prophet for each station, or ``most`` of them evenly chosen, on the last ``WINDOW`` days; NaN for the others."""
    recent = panel.until(len(panel.time), len(panel.time) - WINDOW * 24)
    z = recent.z[recent.variable]
    week = pd.date_range("2024-01-01", periods=WEEK, freq="h")  # a Monday
    _quiet()
    try:
        import prophet  # noqa: F401  (a missing Prophet leaves the league without this member)
    except ImportError:
        return Weekly(np.full((WEEK, z.shape[1]), np.nan), np.zeros(HORIZON))
    sites = z.shape[1]
    table = np.full((WEEK, sites), np.nan)
    for s in np.unique(np.linspace(0, sites - 1, min(most or sites, sites)).astype(int)):
        table[:, s] = _one(recent.time, z[:, s], week)
    residual = z - table[hour_of_week(recent.time)]
    return Weekly(table, fading(residual))


def fading(residual: Array) -> Array:
    """Share of a residual left after 1..24 h: its autocorrelation, never rising with the lead, never below 0."""
    filled = np.where(np.isfinite(residual), residual, 0.0)
    power = float((filled**2).mean()) or 1.0
    shares = [
        float((filled[k:] * filled[:-k]).mean() / power) if len(filled) > k else 0.0
        for k in range(1, HORIZON + 1)
    ]
    return np.minimum.accumulate(np.clip(shares, 0.0, 1.0))


def weekly_forecast(of: Weekly, panel: Panel, rows: Array, leads: Array) -> Array:
    """Transformed unit, (len(rows), S, len(leads)); without a residual in the last 6 h none is carried."""
    z = panel.z[panel.variable]
    residual = carried(z - of.table[hour_of_week(panel.time)], 6)[rows]
    residual = np.where(np.isfinite(residual), residual, 0.0)
    week = (hour_of_week(panel.time[rows])[:, None] + leads[None, :]) % WEEK
    return np.moveaxis(of.table[week], 1, 2) + residual[:, :, None] * of.carry[leads - 1]
