"""The league beside a plain LightGBM with lags and calendar, and beside the two baselines, on the same cases.

    python benchmarks/forecast.py [--set guangzhou] [--start 2024-11-01] [--end 2024-12-31] [--every 3] [--refit 7]
                                  [--pollutants PM2.5,NO2,O3] [--data ../shared/data] [--speed]

Sets: ``guangzhou`` (21 stations, no weather), ``beijing`` (12 stations with weather), ``london`` (one kerbside station
with wind). Whatever stations and hours the files of a set hold are used; without --end, to the end of them.

The plain model is what one would write first: one LightGBM for all stations, lead as a predictor, lags of the
pollutant, everything else that is measured, hour, weekday and month, default objective (squares); fitted once on what
lies before the period. Prints MAE and RMSE by lead as ratios to the better of persistence and the same hour yesterday,
coverage of the 80 % band, Brier skill of the AQI categories, and processor time.

``--speed`` instead fits the whole league, Prophet among it, once for all pollutants on what lies before the period and
forecasts all stations and leads from ten days later, the longest it looks back at its own misses, and prints processor
and wall time.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.experiments.hourly_air import SETS, HourlySet, observations
from gzeco_lib.methods.forecast import LEAGUE, BacktestResult, backtest, fit_all
from gzeco_lib.methods.forecast.calendar import local
from gzeco_lib.methods.forecast.forecaster import RECHECK_DAYS
from gzeco_lib.methods.forecast.panel import panel

LAGS = (0, 1, 2, 3, 6, 12, 23, 24, 47, 48)
SHOWN = (1, 2, 3, 6, 9, 12, 18, 21, 24)
PERIODS = {  # set: first and last day (None: the end of what there is), days between fits, pollutants
    "guangzhou": ("2024-11-01", None, 7, "PM2.5,NO2,O3"),
    "beijing": ("2016-03-01", None, 31, "PM2.5,NO2,O3"),
    "london": ("2004-01-01", "2005-05-31", 60, "pm10"),
}


class Plain:
    """The model one would write first."""

    def __init__(self, data: xr.Dataset, variable: str, zone: str) -> None:
        self.values = panel(data, variable).y
        self.others = [data[name].to_numpy() for name in map(str, data.data_vars) if name != variable]
        clock = local(data["time"].to_numpy(), zone)
        self.clock = [clock.hour.to_numpy(), clock.day_of_week.to_numpy(), clock.month.to_numpy()]

    def predictors(self, rows: np.ndarray, lead: np.ndarray, site: np.ndarray) -> np.ndarray:
        """Predictors of flat rows."""
        columns = [self.values[rows - k, site] for k in LAGS] + [self.values[rows + lead - 24, site]]
        columns += [other[rows, site] for other in self.others]
        hour, weekday, month = self.clock
        columns += [
            lead,
            (hour[rows] + lead) % 24,
            (weekday[rows] + (hour[rows] + lead) // 24) % 7,
            month[rows],
            site,
        ]
        return np.stack([np.asarray(c, np.float32) for c in columns], axis=1)

    def forecast(self, first: int, origins: np.ndarray) -> np.ndarray:
        """Forecasts (origins, site, 24), fitted on hours before ``first``."""
        import lightgbm

        draw = np.random.default_rng(0)
        count, sites = 250_000, self.values.shape[1]
        rows = draw.integers(48, first - 24, count)
        lead, site = draw.integers(1, 25, count), draw.integers(0, sites, count)
        target = self.values[rows + lead, site]
        known = np.isfinite(target)
        model = lightgbm.LGBMRegressor(n_estimators=300, learning_rate=0.05, n_jobs=1, verbose=-1)
        model.fit(self.predictors(rows[known], lead[known], site[known]), target[known])
        grid = np.meshgrid(origins, np.arange(sites), np.arange(1, 25), indexing="ij")
        at, where, ahead = (g.ravel() for g in grid)
        return np.asarray(model.predict(self.predictors(at, ahead, where))).reshape(grid[0].shape)


def plain_scores(
    data: xr.Dataset, variable: str, zone: str, start: pd.Timestamp, end: pd.Timestamp, every: int
) -> tuple[np.ndarray, np.ndarray]:
    """MAE and RMSE by lead of the plain model on the cases persistence and yesterday can be scored on."""
    whole = panel(data, variable)
    first, stop = whole.index(start), min(whole.index(end), len(whole.time))
    origins = np.arange(first, stop, every)
    forecast = Plain(data, variable, zone).forecast(first, origins)
    padded = np.concatenate([whole.y[:stop], np.full((24, whole.y.shape[1]), np.nan)])
    came = np.stack([padded[origins + h] for h in range(1, 25)], axis=-1)
    before = np.stack([whole.y[origins + h - 24] for h in range(1, 25)], axis=-1)
    known = np.isfinite(came) & np.isfinite(before) & np.isfinite(whole.y[origins])[:, :, None]
    error = np.where(known, forecast - came, 0.0)
    count = known.sum(axis=(0, 1))
    return np.abs(error).sum(axis=(0, 1)) / count, np.sqrt((error**2).sum(axis=(0, 1)) / count)


def compare(data: xr.Dataset, variable: str, place: HourlySet, given: Any) -> float:
    """Print the table of one pollutant; its mean gain [%]."""
    zone = place.zone
    start = pd.Timestamp(given.start).tz_localize(zone).tz_convert("UTC").tz_localize(None)
    last = given.end and pd.Timestamp(given.end) + pd.Timedelta(days=1)
    end = (
        last.tz_localize(zone).tz_convert("UTC").tz_localize(None)
        if last is not None
        else pd.Timestamp(data["time"].to_numpy()[-1]) + pd.Timedelta(hours=1)
    )
    members = tuple(given.members.split(",")) if given.members else LEAGUE
    began = time.process_time()
    result = backtest(
        data.sel(time=slice(None, end)), variable, start, end, every=given.every, refit_days=given.refit,
        zone=zone, country=place.country, members=members,
    )  # fmt: skip
    ours = time.process_time() - began
    mae, rmse = plain_scores(data, variable, zone, start, end, given.every)
    rival = time.process_time() - began - ours
    _show(result, mae, rmse)
    print(f"processor seconds: back-test with {result.refits} fits {ours:.0f}, plain {rival:.0f}", flush=True)
    return 100 * float(np.mean(result.skill))


def _show(result: BacktestResult, mae: np.ndarray, rmse: np.ndarray) -> None:
    better = {
        s: np.minimum(result.members["persistence"][s], result.members["yesterday"][s])
        for s in ("mae", "rmse")
    }
    table = pd.DataFrame({"lead": result.leads, "better baseline": better["mae"]})
    for name, scores in result.members.items():
        table[name] = np.array(scores["mae"]) / better["mae"]
    table["plain"] = mae / better["mae"]
    table["ours"] = np.array(result.chosen["mae"]) / better["mae"]
    table["inside %"] = 100 * np.array(result.chosen["coverage80"])
    table["RMSE persistence"] = result.members["persistence"]["rmse"]
    table["RMSE plain"] = rmse
    table["RMSE ours"] = result.chosen["rmse"]
    period = f"{result.start} to {result.end}, {result.origins} origins"
    print(f"\n{result.variable}, {period}: MAE / MAE of the better baseline")
    print(table[table["lead"].isin(SHOWN)].to_string(index=False, float_format=lambda v: f"{v:.3f}"))
    gain = 100 - 100 * table[["ours", "plain"]]
    wins = [
        int((table[ours] < table[plain]).sum())
        for ours, plain in (("ours", "plain"), ("RMSE ours", "RMSE plain"))
    ]
    inside = table["inside %"]
    print(
        f"mean of {len(table)} leads: gain {gain['ours'].mean():.1f} %, worst lead {gain['ours'].min():.1f} %, plain "
        f"{gain['plain'].mean():.1f} %; under plain in MAE at {wins[0]} leads, in RMSE at {wins[1]}; "
        f"coverage {inside.mean():.1f} % ({inside.min():.1f} to {inside.max():.1f})"
    )
    for category, found in result.grades.items():
        if found["share"] > 0:
            print(
                f"category {category} or worse (above {found['limit']:g}): {found['share']:.2%} of hours, "
                f"Brier skill {found['brier_skill_mean']:.2f}"
            )


def clocks() -> tuple[float, float]:
    """Processor time with that of child processes (Prophet's optimiser is one), and wall time [s]."""
    return sum(os.times()[:4]), time.perf_counter()


def speed(data: xr.Dataset, place: HourlySet, given: Any, pollutants: list[str]) -> None:
    """Print what a fit and a forecast of all pollutants, stations and leads take [s]."""
    start = pd.Timestamp(given.start).tz_localize(place.zone).tz_convert("UTC").tz_localize(None)
    known = data.sel(time=slice(None, start - pd.Timedelta("1h")))
    recent = data.sel(time=slice(None, start + pd.Timedelta(days=RECHECK_DAYS)))
    last = recent["time"].to_numpy()[-1]
    began = clocks()
    fitted = fit_all(known, pollutants, zone=place.zone, country=place.country)
    between = clocks()
    made = [forecaster.predict(recent, last) for forecaster in fitted.values()]
    ended = clocks()
    fit, forecast = (np.subtract(*pair) for pair in ((between, began), (ended, between)))
    count = sum(int(np.isfinite(one["value"].to_numpy()).all(axis=0).sum()) for one in made)
    days = known.sizes["time"] / 24
    print(f"{', '.join(pollutants)} at {known.sizes['site']} stations, 24 leads, {days:.0f} days of record")
    print(f"fit of all: {fit[0]:.1f} s processor, {fit[1]:.1f} s wall")
    print(
        f"forecast of all ({count} values with quantiles): {forecast[0]:.2f} s processor, {forecast[1]:.2f} s wall"
    )


def main() -> None:
    """Read the arguments and compare the pollutants of a set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--set", choices=list(SETS), default="guangzhou")
    parser.add_argument("--start")
    parser.add_argument("--end")
    parser.add_argument("--every", type=int, default=3)
    parser.add_argument("--refit", type=int)
    parser.add_argument("--members", default="persistence,yesterday,climatology,linear,boosting")
    parser.add_argument("--pollutants")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--speed", action="store_true")
    given = parser.parse_args()
    place = SETS[given.set]
    start, end, refit, pollutants = PERIODS[given.set]
    given.start, given.end, given.refit = given.start or start, given.end or end, given.refit or refit
    data = observations(given.set, given.data)
    wanted = (given.pollutants or pollutants).split(",")
    if given.speed:
        speed(data, place, given, wanted)
        return
    gains = [compare(data, v, place, given) for v in wanted]
    print(f"\nmean gain over {len(gains)} pollutants and all leads: {np.mean(gains):.1f} %")


if __name__ == "__main__":
    main()
