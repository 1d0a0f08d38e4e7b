"""What the concentration would have been in average weather.

After Grange et al. (2018), doi:10.5194/acp-18-6223-2018: a model learns the concentration from weather,
calendar and time; then each hour is predicted many times with the weather of other hours, and averaged. By
default the weather is drawn from the same hour and season of all years (Vu et al. 2019,
doi:10.5194/acp-19-11303-2019), so that the season stays in the result and no January gets a July's sun;
``draw="all"`` is Grange's, which leaves the trend only.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.normalisation.model import WeatherModel, fit, predictors, skill
from gzeco_lib.methods.normalisation.table import DAY, Table, tables
from gzeco_lib.parallel import workers

Draw = Literal["season", "all"]
TRIES = 20  # for drawn hours without weather
WINDOW_DAYS = 14
BLOCK_DAYS = 7
SLOW_DAYS = 30  # of the mean of residuals that is put back
CHUNK = 200_000  # rows predicted at once


def normalise(
    data: xr.Dataset | pd.DataFrame,
    variable: str,
    weather: list[str],
    wind_direction: str | None = None,
    draws: int = 240,
    draw: Draw = "season",
    resamples: int = 0,
    zone: str = "Asia/Shanghai",
    seed: int = 0,
    cluster: str | None = None,
) -> xr.Dataset:
    """Weather-normalised daily series of each site.

    Args:
        data: hours (UTC) by sites as `lake.observations` gives them, or a DataFrame with a time index and
            perhaps ``site``.
        variable: the concentration.
        weather: names of the weather variables; their trailing means over 24 and 72 h are added.
        wind_direction: the one that is an angle [deg] or a compass name.
        draws: weather draws a day, spread over its hours.
        draw: ``season`` or ``all``.
        resamples: refits on resampled weeks for the interval; 0 for none. Ten give a rough one.
        zone: of local time.
        seed: of draws and resamples.
        cluster: None, ``local`` or a Dask scheduler, one task a site; the numbers are the same.

    Returns:
        Over (time, site), days of local time: ``normalised`` and ``observed`` (mean of the hours there are)
        in the variable's unit, ``low`` and ``high`` (90 %) where resampled. Over site: ``r2``, ``rmse``,
        ``rmse_climatology``, ``skill`` on fortnights left out. No skill over climatology means that the
        normalised series says nothing.

    Raises:
        InputError: an unknown name, a site with too few hours, or an unknown way to draw.
    """
    if draw not in ("season", "all"):
        raise InputError(
            N_("{name} is not known"), "draw", N_("name one of: {near}"), name=draw, near="season, all"
        )
    if draws < DAY:
        raise InputError(
            N_("{given} draws a day leave hours without any"),
            "draws",
            N_("give {length} or more"),
            given=draws,
            length=DAY,
        )
    every = tables(data, variable, weather, wind_direction, zone)
    with workers(cluster) as run:
        n = len(every)
        found = run(
            _site, every.values(), [draws] * n, [draw] * n, [resamples] * n, [zone] * n,
            [seed + 1000 * number for number in range(n)],
        )  # fmt: skip
    out = xr.concat(
        found, xr.DataArray(np.array(list(every)), dims="site", name="site"), join="outer"
    ).transpose("time", "site", ...)
    units = data[variable].attrs.get("units") if isinstance(data, xr.Dataset) else None
    for name in ("normalised", "observed", "low", "high"):
        if name in out and units:
            out[name].attrs["units"] = units
    return out.assign_attrs(variable=variable, draw=draw, draws=draws, resamples=resamples)


def _site(table: Table, draws: int, draw: Draw, resamples: int, zone: str, seed: int) -> xr.Dataset:
    random = np.random.default_rng(seed)
    model = fit(table, trend=True)
    middle = averaged(table, model, draws, draw, random) * slow(table, model)
    clock = table.time.tz_localize("UTC").tz_convert(zone).tz_localize(None)
    day = clock.normalize()
    daily = pd.DataFrame({"normalised": middle, "observed": table.y}, table.time).groupby(day).mean()
    if resamples:
        runs = []
        for _ in range(resamples):
            again = fit(table, True, weeks(len(table.time), random))
            # Draws are shared out over the refits: their noise is small beside that of the fits.
            series = averaged(table, again, max(DAY, draws // 4), draw, random) * slow(table, again)
            runs.append(pd.Series(series, table.time).groupby(day).mean().to_numpy())
        spread = (
            np.std(runs, axis=0, ddof=1)
            if resamples > 1
            else np.abs(runs[0] - daily["normalised"].to_numpy())
        )
        daily["low"] = np.maximum(0.0, daily["normalised"] - 1.645 * spread)
        daily["high"] = daily["normalised"] + 1.645 * spread
    out = xr.Dataset.from_dataframe(daily.rename_axis("time"))
    return out.assign(skill(table))


def slow(table: Table, model: WeatherModel) -> np.ndarray:
    """Factor (T,) that puts back what the model left over for a month on end.

    Predictors that tell the weeks apart take part of a sudden step for weather. What is missing stays in the
    residuals, whose 30-day mean restores it in part: planted steps came out nearer to their size and date with it.
    """
    left = np.where(table.known, table.log - model.log(predictors(table, trend=True)), np.nan)
    smooth = pd.Series(left).rolling(SLOW_DAYS * DAY, center=True, min_periods=SLOW_DAYS * DAY // 4).mean()
    return np.exp(smooth.fillna(0.0).to_numpy())


def averaged(
    table: Table, model: WeatherModel, draws: int, draw: Draw, random: np.random.Generator
) -> np.ndarray:
    """Mean prediction (T,) of every hour over weather drawn from other hours, in the concentration's unit."""
    hours, each = len(table.time), int(np.ceil(draws / DAY))
    valid = np.isfinite(table.weather).any(axis=1)
    own = predictors(table, trend=True)
    columns = table.weather.shape[1] + (table.clock.shape[1] if draw == "all" else 0)
    total = np.zeros(hours)
    step = max(1, CHUNK // each)
    for first in range(0, hours, step):
        at = np.repeat(np.arange(first, min(first + step, hours)), each)
        rows = own[at]
        rows[:, :columns] = own[drawn(at, hours, valid, draw, random)][:, :columns]
        total[first : first + step] = np.exp(model.log(rows)).reshape(-1, each).mean(axis=1)
    return model.smear * total


def drawn(
    at: np.ndarray, hours: int, valid: np.ndarray, draw: Draw, random: np.random.Generator
) -> np.ndarray:
    """For each hour ``at`` an hour whose weather it gets; one with weather if it takes no more than 20 tries."""
    chosen = _candidates(at, hours, draw, random)
    for _ in range(TRIES):
        bad = np.flatnonzero(~valid[chosen])
        if not len(bad):
            break
        chosen[bad] = _candidates(at[bad], hours, draw, random)
    return chosen


def _candidates(at: np.ndarray, hours: int, draw: Draw, random: np.random.Generator) -> np.ndarray:
    if draw == "all":
        return random.integers(0, hours, len(at))
    year = 365 * DAY
    moved = at + DAY * random.integers(-WINDOW_DAYS, WINDOW_DAYS + 1, len(at))
    moved = np.where(moved < 0, moved + DAY * WINDOW_DAYS, moved)
    moved = np.where(moved >= hours, moved - DAY * WINDOW_DAYS, moved)
    moved = np.clip(moved, 0, hours - 1)
    # Whole years to either side that stay within the data, each equally likely.
    back, forth = moved // year, (hours - 1 - moved) // year
    shift = np.floor(random.uniform(size=len(at)) * (back + forth + 1)).astype(int) - back
    return moved + year * shift


def weeks(hours: int, random: np.random.Generator) -> np.ndarray:
    """Hours of whole weeks drawn with replacement."""
    block = BLOCK_DAYS * DAY
    first = np.arange(0, hours, block)
    chosen = random.choice(first, len(first))
    rows = (chosen[:, None] + np.arange(block)).ravel()
    return rows[rows < hours]
