"""The hourly risk map, ours step by step beside pykrige: 21 stations to 1 km over the whole city, now and 24 hours.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/risk_map.py LAKE [--at TIME]

on a lake that holds the stations of Guangzhou (``gzeco ingest``). Both interpolate the same concentrations (six
pollutants, 25 hours) in one process; pykrige fits its variogram each hour, as it does by default. Leave-one-out errors
are over every third hour of the week before, on the same cases.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health import EnvironmentalHealth
from gzeco_lib.environmental_health import fields as city
from gzeco_lib.environmental_health.districts import presence
from gzeco_lib.environmental_health.forecasts import join, predict
from gzeco_lib.environmental_health.inputs import Inputs, gather
from gzeco_lib.environmental_health.series import Series
from gzeco_lib.environmental_health.tables import district_hourly, station_hourly
from gzeco_lib.environmental_health.trained import Recipe
from gzeco_lib.geo.grid import Grid, city_grid
from gzeco_lib.lake.lake import Lake
from gzeco_lib.methods.interpolation import Kriging


def timed(steps: dict[str, float], name: str, work: Callable[[], Any]) -> Any:
    """The result of ``work``, its seconds put under ``name``."""
    began = time.perf_counter()
    result = work()
    steps[name] = round(time.perf_counter() - began, 3)
    return result


def ours(lake: Lake, at: pd.Timestamp, steps: dict[str, float]) -> tuple[Inputs, Series, Grid]:
    """Every step from new data to the stored field."""
    recipe = Recipe()
    inputs = timed(steps, "read the lake", lambda: gather(lake, at, 30))
    made = timed(steps, "forecast 24 h", lambda: predict(lake, inputs.data, 24, recipe))
    series = join(inputs.data, made, 24)
    grid = city_grid(1000)
    history = {code: inputs.data[code].to_numpy() for code in series.codes}
    cells = timed(
        steps, "interpolate, AQI and risk", lambda: city.krige(series, history, inputs.xy, grid, "hong_kong")
    )
    people, _ = timed(steps, "people present", lambda: presence(lake, grid, series.times))
    timed(
        steps,
        "tables",
        lambda: (
            station_hourly(series, inputs.sites, "hong_kong"),
            district_hourly(series, cells, people, grid, "hong_kong", 7),
        ),
    )
    timed(steps, "write Zarr", lambda: lake.write_grid("benchmark/risk", city.dataset(cells, series, grid)))
    return inputs, series, grid


def interpolation(inputs: Inputs, series: Series, grid: Grid) -> dict[str, float]:
    """Seconds of ours and of pykrige for the same 6 x 25 maps, values only."""
    from pykrige.ok import OrdinaryKriging

    ahead = series.since(0)
    cells = grid.points(inside=True)
    began = time.perf_counter()
    for code in ahead.codes:
        kriging = Kriging.fit(inputs.xy, cells, inputs.data[code].to_numpy())
        kriging.interpolate(ahead.value[code])
    own = time.perf_counter() - began
    began = time.perf_counter()
    for code in ahead.codes:
        for row in ahead.value[code]:
            known = np.isfinite(row)
            x, y = inputs.xy[known].T
            model = OrdinaryKriging(x, y, row[known], variogram_model="exponential", pseudo_inv=True)
            model.execute("points", cells[:, 0], cells[:, 1])
    theirs = time.perf_counter() - began
    return {"ours_s": round(own, 3), "pykrige_s": round(theirs, 3), "ratio": round(theirs / own, 1)}


def leave_one_out(inputs: Inputs) -> dict[str, dict[str, float]]:
    """RMSE at left-out stations, ours (learnt on the days before the last week) and pykrige's, on the same cases."""
    from pykrige.ok import OrdinaryKriging

    found = {}
    for code in (str(name) for name in inputs.data.data_vars):
        values = inputs.data[code].to_numpy()
        past, week = values[: -7 * 24], values[-7 * 24 :: 3]
        kriging = Kriging.fit(inputs.xy, inputs.xy[:1], past)
        centre, spread = kriging.leave_one_out(week)
        theirs = np.full(week.shape, np.nan)
        for hour, row in enumerate(week):
            for left in np.flatnonzero(np.isfinite(row)):
                rest = np.isfinite(row) & (np.arange(len(row)) != left)
                if rest.sum() < 4 or np.ptp(row[rest]) == 0:
                    continue
                x, y = inputs.xy[rest].T
                model = OrdinaryKriging(x, y, row[rest], variogram_model="exponential", pseudo_inv=True)
                theirs[hour, left] = model.execute("points", *inputs.xy[left][:, None])[0][0]
        both = np.isfinite(week) & np.isfinite(centre) & np.isfinite(theirs)
        own = np.square(centre) + np.square(spread)
        others = (np.nansum(week, axis=1, keepdims=True) - week) / (
            np.isfinite(week).sum(axis=1, keepdims=True) - 1
        )
        found[code] = {
            "ours": _rmse(own, week, both),
            "pykrige": _rmse(theirs, week, both),
            "mean_of_others": _rmse(others, week, both),
            "coverage90": round(float((np.abs(np.sqrt(week) - centre) <= 1.645 * spread)[both].mean()), 3),
            "cases": int(both.sum()),
        }
    return found


def _rmse(made: np.ndarray, came: np.ndarray, cases: np.ndarray) -> float:
    return round(float(np.sqrt(np.mean(np.square(made - came)[cases]))), 3)


def main() -> int:
    """Run and print one JSON object; exit 1 where the map took 10 s or more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lake")
    parser.add_argument("--at", default="2024-12-15T08:00+08:00")
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    lake, at = Lake.open(asked.lake), pd.Timestamp(asked.at)
    EnvironmentalHealth().run(lake, at)  # trains what is missing, and warms the imports up
    steps: dict[str, float] = {}
    inputs, series, grid = ours(lake, at, steps)
    total = round(sum(steps.values()), 3)
    result = {
        "cells": int(grid.mask.sum()),
        "stations": len(series.sites),
        "steps_s": steps,
        "new_data_to_stored_field_s": total,
        "interpolation": interpolation(inputs, series, grid),
        "leave_one_out_rmse": leave_one_out(inputs),
    }
    print(json.dumps(result, indent=1))
    return 0 if total < 10 else 1


if __name__ == "__main__":
    sys.exit(main())
