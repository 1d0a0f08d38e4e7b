"""Weather normalisation on real hours: skill beside climatology, and measures of known size found again.

    python benchmarks/normalisation.py [--data FOLDER] [--stations 4] [--every 122]

1. Skill on fortnights left out, against a month-by-hour climatology, for each set and pollutant.
2. Planted measures: concentrations after a date are multiplied by 0.85, and the counterfactual is asked. What
really happened
   on those dates is part of the error, so the coverage is a lower bound of the method's.
3. A planted step in the normalised series and its date by `find_break`.
Processor seconds are single-threaded.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from gzeco_lib.errors import InputError
from gzeco_lib.experiments import folder
from gzeco_lib.methods.normalisation import find_break, normalise, skill, tables
from gzeco_lib.methods.normalisation.counterfactual import Drift, judged, residuals

STEP = 0.85
DRIFTS: tuple[Drift, ...] = ("none", "linear")
DAYS_AFTER = 90
BEIJING_WEATHER = ["TEMP", "PRES", "DEWP", "RAIN", "WSPM"]
Case = tuple[str, pd.DataFrame, list[str], list[str], str, str]


def hours(name: str, root: Path | None) -> pd.DataFrame:
    """All tables of a data set, one under another."""
    return pd.concat([pd.read_parquet(path) for path in sorted(folder(name, root).glob("*.parquet"))])


def beijing(root: Path | None, stations: int) -> Iterator[Case]:
    """Stations of Beijing, evenly through the alphabet."""
    rows = hours("beijing_prsa", root).rename(columns={"station": "site"})
    rows["site"] = rows["site"].astype(str)
    rows = rows.set_index(pd.DatetimeIndex(rows["time_local"]) - pd.Timedelta(hours=8))
    names = sorted(rows["site"].unique())
    for site in names[:: max(1, len(names) // stations)][:stations]:
        own = rows[rows["site"] == site].drop(columns="site")
        yield f"Beijing {site}", own, ["PM2.5", "NO2", "SO2", "O3"], BEIJING_WEATHER, "wd", "Asia/Shanghai"


def london(root: Path | None) -> Iterator[Case]:
    """The kerbside station of openair's mydata; weather is the wind alone."""
    rows = hours("openair_mydata_london", root).set_index("date")
    yield "London mydata", rows, ["nox", "no2", "o3", "pm10"], ["ws"], "wd", "Europe/London"


def guangzhou(root: Path | None) -> Iterator[Case]:
    """The US post of Guangzhou (the other columns repeat each other); -9999 and below is missing."""
    rows = hours("uci_pm25_guangzhou", root)
    rows = rows.set_index(pd.DatetimeIndex(rows["time_local"]) - pd.Timedelta(hours=8))
    weather = ["DEWP", "HUMI", "PRES", "TEMP", "Iws", "precipitation"]
    rows[weather] = rows[weather].where(rows[weather] > -900)
    rows = rows[["PM_US Post", *weather, "cbwd"]][rows["PM_US Post"].first_valid_index() :]
    yield "Guangzhou US post", rows, ["PM_US Post"], weather, "cbwd", "Asia/Shanghai"


def planted(case: Case, variable: str, every: int) -> list[dict[str, float | str]]:
    """Effects found where the truth is -15 %, for dates ``every`` days apart and both kinds of drift."""
    _, rows, _, weather, direction, zone = case
    whole = next(iter(tables(rows, variable, weather, direction or None, zone).values()))
    first, last = whole.time[0], whole.time[-1]
    long = pd.Timedelta(days=DAYS_AFTER)
    out: list[dict[str, float | str]] = []
    # A year and a half before the first date, so that each season was seen once and a half.
    for date in pd.date_range(first + pd.Timedelta(days=548), last - long, freq=f"{every}D"):
        try:
            placebos, after, _ = residuals(
                whole.scaled(np.where(whole.time < date, 1.0, STEP)), date, date + long
            )
        except InputError as problem:
            print(f"    left out {variable} {date:%Y-%m-%d}: {problem.told()['error']}")
            continue
        for drift in DRIFTS:
            change, low, high, *_ = judged(placebos, after, date + long / 2, drift, 0.95)
            inside = float(low <= 100 * (STEP - 1) <= high)
            out.append({"drift": drift, "change": change, "half": (high - low) / 2, "inside": inside})
    return out


def print_skill(cases: list[Case]) -> None:
    """Part 1."""
    print("1. skill on fortnights left out: R2, RMSE, RMSE of climatology, 1 - MSE / MSE climatology")
    for name, rows, variables, weather, direction, zone in cases:
        for variable in variables:
            began = time.process_time()
            table = next(iter(tables(rows, variable, weather, direction or None, zone).values()))
            s = skill(table)
            figures = f"{s['r2']:.2f} {s['rmse']:8.2f} {s['rmse_climatology']:8.2f} {s['skill']:.2f}"
            print(f"  {name:24} {variable:10} {figures}  {time.process_time() - began:.1f} CPU s")


def print_planted(cases: list[Case], every: int) -> None:
    """Part 2."""
    truth = 100 * (STEP - 1)
    print(
        f"2. planted {truth:.0f} % for {DAYS_AFTER} d: cases, mean found, RMSE, half interval, coverage of 95 %"
    )
    pooled = []
    for case in cases:
        for variable in case[2]:
            began = time.process_time()
            found = pd.DataFrame(planted(case, variable, every))
            if found.empty:
                continue
            pooled.append(found)
            spent = (time.process_time() - began) / len(found) * len(DRIFTS)
            for drift, part in found.groupby("drift"):
                error = np.sqrt(((part["change"] - truth) ** 2).mean())
                print(
                    f"  {case[0]:24} {variable:10} drift {drift:6} {len(part):3d} {part['change'].mean():7.1f}",
                    f"{error:6.1f} {part['half'].mean():6.1f} {part['inside'].mean():5.2f}  {spent:.1f} CPU s a date",
                    flush=True,
                )
    for drift, part in pd.concat(pooled).groupby("drift"):
        print(
            f"  all, drift {drift}: {len(part)} cases, mean {part['change'].mean():.1f} %,",
            f"median {part['change'].median():.1f} %, coverage {part['inside'].mean():.3f},",
            f"mean half interval {part['half'].mean():.1f} points",
        )


def print_breaks(cases: list[Case]) -> None:
    """Part 3."""
    print("3. a step of -15 % in the middle: day found minus day planted, step of the normalised series")
    for name, rows, variables, weather, direction, zone in cases:
        variable = variables[0]
        date = rows.index.min() + (rows.index.max() - rows.index.min()) / 2
        steps = []
        began = time.process_time()
        for factor in (1.0, STEP):
            moved = rows.assign(
                **{variable: rows[variable].where(rows.index < date, rows[variable] * factor)}
            )
            series = normalise(moved, variable, weather, direction or None, draws=48, zone=zone)
            steps.append(series["normalised"].isel(site=0).to_series())
        ratio = steps[1] / steps[0]
        found = find_break(ratio)
        spent = (time.process_time() - began) / 2
        print(
            f"  {name:24} {variable:10} {(found.date - date.normalize()).days:5d} d, {found.change:6.1f} %",
            f"({found.low:.1f} to {found.high:.1f}); {spent:.1f} CPU s a normalisation of {len(ratio)} days",
        )


def main() -> None:
    """Read the arguments and print the three parts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--stations", type=int, default=4)
    parser.add_argument("--every", type=int, default=122, help="days between two dates")
    given = parser.parse_args()
    warnings.simplefilter("ignore", UserWarning)
    cases = [*beijing(given.data, given.stations), *london(given.data), *guangzhou(given.data)]
    print_skill(cases)
    print_planted(cases, given.every)
    print_breaks(cases)


if __name__ == "__main__":
    main()
