"""What it would have been without the measure, and how sure that is.

A model learns the concentration from weather and calendar on the time *before* only, and is then given the weather
after. The mean log residual after is the effect. Its interval comes from placebos: the time before is cut into windows
as long as the time after, each is left out of the fit in turn and predicted like the time after; so far as nothing
happened, their mean residuals are pure error, of the weather model and of what changes from window to window by
itself. The after window is judged against them with Student's prediction interval. Business as usual from a weather
model: Grange and Carslaw (2019), doi:10.1016/j.scitotenv.2018.10.344; placebos: Abadie et al. (2010),
doi:10.1198/jasa.2009.ap08746.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.normalisation.model import fit, predictors
from gzeco_lib.methods.normalisation.table import DAY, Table, tables

Drift = Literal["none", "linear"]
LEAST_WINDOWS, MOST_WINDOWS = 4, 12
LEAST_COVERED = 0.3  # share of a window's hours that must be known


@dataclass(frozen=True)
class Effect:
    """The effect of a measure.

    Attributes:
        effects: by site, and ``all`` for the network's mean: ``change`` [%], ``low`` and ``high`` of its
            interval, ``windows`` used.
        daily: ``observed``, ``expected`` (without the measure), ``low``, ``high`` of the expected level over
            (time, site), days after.
        placebos: mean log residual of each window left out (window start by site) [1].
        level: of the interval.
    """

    effects: pd.DataFrame
    daily: xr.Dataset
    placebos: pd.DataFrame
    level: float


def counterfactual(
    data: xr.Dataset | pd.DataFrame,
    variable: str,
    weather: list[str],
    date: str | pd.Timestamp,
    until: str | pd.Timestamp | None = None,
    wind_direction: str | None = None,
    drift: Drift = "none",
    level: float = 0.95,
    zone: str = "Asia/Shanghai",
) -> Effect:
    """The change since ``date`` against what the weather would have given.

    Args:
        data, variable, weather, wind_direction, zone: as for `normalise`.
        date: when the measure began (UTC).
        until: end of the time judged, or the end of the data.
        drift: ``linear`` also extrapolates a trend of the windows before; it needs many of them, and widens
            the interval.
        level: of the interval.

    Raises:
        InputError: the time before holds fewer than four windows of the length of the time after, or an
        argument is unknown.
    """
    if drift not in ("none", "linear"):
        raise InputError(
            N_("{name} is not known"), "drift", N_("name one of: {near}"), name=drift, near="none, linear"
        )
    start = _naive(date)
    end = _naive(until) if until is not None else None
    every = tables(data, variable, weather, wind_direction, zone)
    placebo, parts, after = {}, {}, {}
    for site, table in every.items():
        placebo[site], after[site], parts[site] = residuals(table, start, end)
    placebos = pd.DataFrame(placebo)
    length = (
        min(end or next(iter(every.values())).time[-1], max(t.time[-1] for t in every.values())) - start
    ) / 2
    rows = {
        site: judged(placebos[site].dropna(), after[site], start + length, drift, level) for site in every
    }
    if len(every) > 1:
        mean = placebos.mean(axis=1, skipna=False).dropna()
        rows["all"] = judged(mean, float(np.nanmean(list(after.values()))), start + length, drift, level)
    effects = pd.DataFrame(rows, ["change", "low", "high", "windows", "offset", "half"]).T
    sites = xr.DataArray(np.array(list(every)), dims="site", name="site")
    days = [_daily(parts[site], rows[site], zone) for site in every]
    daily = xr.concat(days, sites, join="outer").transpose("time", "site")
    return Effect(effects[["change", "low", "high", "windows"]], daily, placebos, level)


def residuals(
    table: Table, start: pd.Timestamp, end: pd.Timestamp | None
) -> tuple[pd.Series, float, pd.DataFrame]:
    """Mean log residual of each placebo window and of the time after, and the hours after: observed and
    expected.

    Raises:
        InputError: see `counterfactual`.
    """
    before, after = table.between(None, start), table.between(start, end)
    long = len(after.time)
    windows = min(MOST_WINDOWS, len(before.time) // max(long, DAY))
    if windows < LEAST_WINDOWS or after.known.mean() < LEAST_COVERED or not len(after.time):
        raise InputError(
            N_("{before} days before cannot judge {after} days after"), "counterfactual",
            N_("choose an earlier end: the time before must be at least {least} times as long, and both well covered"),
            before=len(before.time) // DAY, after=long // DAY, least=LEAST_WINDOWS,
        )  # fmt: skip
    X, log, known = predictors(before, trend=False), before.log, before.known
    edges = len(before.time) - long * np.arange(windows, -1, -1)
    found = {}
    for first, last in pairwise(edges):
        inside = np.zeros(len(known), bool)
        inside[first:last] = True
        if known[inside].mean() < LEAST_COVERED:
            continue
        # Trailing means of the weather reach into the window: the days beside it are left out too.
        near_by = np.zeros(len(known), bool)
        near_by[max(0, first - 3 * DAY) : last + 3 * DAY] = True
        model = fit(before, False, np.flatnonzero(known & ~near_by))
        rows = np.flatnonzero(inside & known)
        found[before.time[int(first)]] = float((log[rows] - model.log(X[rows])).mean())
    if len(found) < LEAST_WINDOWS:
        raise InputError(
            N_("{before} days before cannot judge {after} days after"), "counterfactual",
            N_("choose an earlier end: the time before must be at least {least} times as long, and both well covered"),
            before=len(before.time) // DAY, after=long // DAY, least=LEAST_WINDOWS,
        )  # fmt: skip
    model = fit(before, False)
    expected = model.log(predictors(after, trend=False))
    left = float((after.log - expected)[after.known].mean())
    hours = pd.DataFrame(
        {"observed": after.y, "expected": np.where(after.known, model.smear * np.exp(expected), np.nan)},
        after.time,
    )
    return pd.Series(found), left, hours


def judged(
    placebos: pd.Series, after: float, centre: pd.Timestamp, drift: Drift, level: float
) -> list[float]:
    """The time after against the placebo windows (log residuals by window start).

    Returns:
        Change [%], low and high of its interval, number of windows, and the offset of the expected level and half the
        interval as logarithms.
    """
    from scipy.stats import t

    n = len(placebos)
    # A window left out also shifts the mean of the rest: this undoes it.
    x = placebos.to_numpy() * (n - 1) / n
    days = ((placebos.index - placebos.index[0]) / pd.Timedelta(days=1)).to_numpy()
    step = np.diff(days).min() if n > 1 else 0.0
    at = (centre - placebos.index[0]) / pd.Timedelta(days=1) - step / 2
    centred = days - days.mean()
    slope = float((centred * x).sum() / (centred**2).sum()) if drift == "linear" else 0.0
    expected = x.mean() + slope * (at - days.mean())
    free = n - (2 if drift == "linear" else 1)
    spread = np.sqrt(((x - x.mean() - slope * centred) ** 2).sum() / free)
    further = (at - days.mean()) ** 2 / (centred**2).sum() if drift == "linear" else 0.0
    half = float(t.ppf(0.5 + level / 2, free) * spread * np.sqrt(1 + 1 / n + further))
    change = after - expected
    low, middle, high = (100 * np.expm1(change + d) for d in (-half, 0.0, half))
    return [middle, low, high, n, float(expected), half]


def _daily(hours: pd.DataFrame, row: list[float], zone: str) -> xr.Dataset:
    clock = pd.DatetimeIndex(hours.index).tz_localize("UTC").tz_convert(zone).tz_localize(None)
    both = hours.dropna()
    days = (
        hours.assign(observed=hours["observed"].where(hours.index.isin(both.index)))
        .groupby(clock.normalize())
        .mean()
    )
    offset, half = row[-2:]
    expected = days["expected"] * np.exp(offset)
    days = days.assign(expected=expected, low=expected * np.exp(-half), high=expected * np.exp(half))
    return xr.Dataset.from_dataframe(days.rename_axis("time"))


def _naive(time: str | pd.Timestamp) -> pd.Timestamp:
    stamp = pd.Timestamp(time)
    return stamp.tz_convert(None) if stamp.tz is not None else stamp
