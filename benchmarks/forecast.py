"""The league beside a plain LightGBM with lags and calendar, and beside the two baselines, on the same cases.

    python benchmarks/forecast.py [--start 2024-11-01] [--end 2024-12-31] [--every 3] [--data ../shared/data]

The plain model is what one would write first: one LightGBM for all stations, lead as a predictor, lags of the
pollutant, the other pollutants, hour and weekday, default objective; fitted once on what lies before the period. Prints
the MAE of the better of persistence and the same hour yesterday by lead, and the ratio of each to it.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.methods.forecast import backtest
from gzeco_lib.methods.forecast.panel import panel

ROOT = Path(__file__).parents[1]
CODES = ["PM2.5", "PM10", "SO2", "NO2", "O3", "CO"]
LAGS = (0, 1, 2, 3, 6, 12, 23, 24, 47, 48)
SHOWN = (1, 2, 3, 6, 9, 12, 18, 21, 24)


def observations(folder: Path) -> xr.Dataset:
    """Stations of Guangzhou, UTC."""
    rows = pd.read_parquet(folder / "guangzhou_air" / "hourly_2024-04_2024-12.parquet")
    rows["time"] = rows["time_local"].astype("datetime64[ns]") - pd.Timedelta(hours=8)
    return (
        rows.rename(columns={"station": "site"}).set_index(["time", "site"])[CODES].astype(float).to_xarray()
    )


def lagged(
    data: xr.Dataset, variable: str, rows: np.ndarray, lead: np.ndarray, site: np.ndarray
) -> np.ndarray:
    """Predictors of the plain model for flat rows."""
    values = panel(data, variable).y
    local = pd.DatetimeIndex(data["time"].to_numpy()) + pd.Timedelta(hours=8)
    hour, weekday = local.hour.to_numpy(), local.day_of_week.to_numpy()
    columns = [values[rows - k, site] for k in LAGS] + [values[rows + lead - 24, site]]
    columns += [data[other].to_numpy()[rows, site] for other in CODES if other != variable]
    columns += [lead, (hour[rows] + lead) % 24, (weekday[rows] + (hour[rows] + lead) // 24) % 7, site]
    return np.stack([np.asarray(c, np.float32) for c in columns], axis=1)


def plain(data: xr.Dataset, variable: str, first: int, origins: np.ndarray) -> np.ndarray:
    """Forecasts (origins, site, 24) of the plain LightGBM fitted on hours before ``first``."""
    import lightgbm

    draw = np.random.default_rng(0)
    values, count = panel(data, variable).y, 250_000
    rows = draw.integers(48, first - 24, count)
    lead, site = draw.integers(1, 25, count), draw.integers(0, values.shape[1], count)
    target = values[rows + lead, site]
    known = np.isfinite(target)
    predictors = lagged(data, variable, rows[known], lead[known], site[known])
    model = lightgbm.LGBMRegressor(n_estimators=300, learning_rate=0.05, n_jobs=1, verbose=-1)
    model.fit(predictors, target[known])
    grid = np.meshgrid(origins, np.arange(values.shape[1]), np.arange(1, 25), indexing="ij")
    at, where, ahead = (g.ravel() for g in grid)
    return model.predict(lagged(data, variable, at, ahead, where)).reshape(grid[0].shape)


def plain_mae(
    data: xr.Dataset, variable: str, start: pd.Timestamp, end: pd.Timestamp, every: int
) -> np.ndarray:
    """MAE by lead of the plain model on the cases the back-test scores persistence and yesterday on."""
    whole = panel(data, variable)
    first, stop = whole.index(start), min(whole.index(end), len(whole.time))
    origins = np.arange(first, stop, every)
    forecast = plain(data, variable, first, origins)
    padded = np.concatenate([whole.y[:stop], np.full((24, whole.y.shape[1]), np.nan)])
    came = np.stack([padded[origins + h] for h in range(1, 25)], axis=-1)
    before = np.stack([whole.y[origins + h - 24] for h in range(1, 25)], axis=-1)
    known = np.isfinite(came) & np.isfinite(before) & np.isfinite(whole.y[origins])[:, :, None]
    return np.where(known, np.abs(forecast - came), 0.0).sum(axis=(0, 1)) / known.sum(axis=(0, 1))


def compare(data: xr.Dataset, variable: str, start: pd.Timestamp, end: pd.Timestamp, every: int) -> None:
    """Print the table of one pollutant."""
    result = backtest(data, variable, start, end, every=every)
    began = time.perf_counter()
    rival = plain_mae(data, variable, start, end, every)
    rival_seconds = time.perf_counter() - began
    better = np.minimum(result.members["persistence"]["mae"], result.members["yesterday"]["mae"])
    table = pd.DataFrame({"lead": result.leads, "better baseline": better})
    for name, scores in result.members.items():
        table[name] = np.array(scores["mae"]) / better
    table["plain LightGBM"] = rival / better
    table["ours"] = np.array(result.chosen["mae"]) / better
    table["ours / plain"] = np.array(result.chosen["mae"]) / rival
    table["coverage80"] = result.chosen["coverage80"]
    print(f"\n{variable}: MAE / MAE of the better baseline; {result.origins} origins, {result.refits} refits")
    print(table[table["lead"].isin(SHOWN)].to_string(index=False, float_format=lambda v: f"{v:.3f}"))
    mean = table.drop(columns="lead").mean()
    print(
        f"mean over 24 leads: ours {mean['ours']:.3f}, plain {mean['plain LightGBM']:.3f}, worst lead of ours "
        f"{table['ours'].max():.3f}; seconds: back-test {result.seconds:.0f}, plain {rival_seconds:.0f}"
    )


def main() -> None:
    """Read the arguments and compare three pollutants."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--start", default="2024-11-01")
    parser.add_argument("--end", default="2024-12-31")
    parser.add_argument("--every", type=int, default=3)
    parser.add_argument("--pollutants", default="PM2.5,O3,NO2")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    given = parser.parse_args()
    data = observations(given.data)
    start = pd.Timestamp(given.start) - pd.Timedelta(hours=8)
    end = pd.Timestamp(given.end) + pd.Timedelta(hours=16)
    for variable in given.pollutants.split(","):
        compare(data, variable, start, end, given.every)


if __name__ == "__main__":
    main()
