"""Fusion of stations with covariates beside ordinary kriging: left-out stations, and the fields against the clock.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/fusion.py [--data FOLDER] [--every 29] [--fine]

**Left-out stations.** For each month after the first in ``guangzhou_air`` and each station: learn on the 30 days before
the month from the other stations alone, then predict the hours of the month from the other stations alone ("strict").
``fusion`` uses hours up to the one predicted, ``looking back`` later ones too; ``fell silent`` is another question:
the station's past is known up to the month, its hours are not. pykrige runs as anyone would: raw
values, its own variogram fitted each hour, each of linear (its default), exponential and spherical. Every method is
scored on the same hours (every 29th: all times of day) and stations. ``vs_best`` is against the best of the three for
that pollutant. Station covariates are terrain and settlements (``gzeco_lib.geo.surroundings``).

**Fields.** Six pollutants, 25 hours, mean and standard error: 1 km with learning, and with ``--fine`` 100 m here and
on a local Dask cluster, which must give equal numbers.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.experiments.guangzhou_air import Network, network
from gzeco_lib.geo.coords import from_plane
from gzeco_lib.geo.grid import city_grid
from gzeco_lib.geo.surroundings import surroundings
from gzeco_lib.methods.interpolation import Covariates, Fusion, Kriging
from gzeco_lib.methods.interpolation.field import Field
from gzeco_lib.methods.interpolation.never_seen import NeverSeen, fell_silent, never_seen
from gzeco_lib.methods.interpolation.tiles import Values, fill

PAST = 720  # [h] of history
AFTER = 80  # [h] after the month that looking back may use
VARIOGRAMS = ("linear", "exponential", "spherical")
HALF = 1.645  # of a 90 % interval, in standard deviations

Made = dict[str, np.ndarray]


def months(times: pd.DatetimeIndex) -> Iterator[tuple[int, int]]:
    """First and last hour (half-open) of every month with 30 days of history."""
    for first in pd.date_range(times[0].normalize(), times[-1], freq="MS"):
        start = int(np.searchsorted(times, first))
        if start >= PAST:
            yield start, int(np.searchsorted(times, first + pd.offsets.MonthBegin(1)))


def fused(
    values: np.ndarray, xy: np.ndarray, land: np.ndarray, span: tuple[int, int], rows: np.ndarray
) -> Made:
    """Ours at every station left out in turn: mean and interval bounds (row, station) by method."""
    start, end = span
    made: Made = {}
    past, later = values[start - PAST : start], values[start:end]
    for name in OURS:
        if name == "kriging (ours)":
            found = _kriged(values, xy, past, rows)
        elif name == "fusion, fell silent":
            found = fell_silent(xy, past, later, rows - start, land)
        else:
            back = name == "fusion, looking back"
            around = values[start : end + AFTER] if back else later
            told = None if name == "fusion without covariates" else land
            found = never_seen(xy, past, around, rows - start, told, smoothing=back)
        made[name], made[f"{name}:low"], made[f"{name}:high"] = found.mean, found.low, found.high
    return made


OURS = (
    "fusion",
    "fusion, looking back",
    "fusion without covariates",
    "fusion, fell silent",
    "kriging (ours)",
)


def _kriged(values: np.ndarray, xy: np.ndarray, past: np.ndarray, rows: np.ndarray) -> NeverSeen:
    found = [np.full((len(rows), len(xy)), np.nan) for _ in range(4)]
    for left in range(len(xy)):
        rest = np.arange(len(xy)) != left
        model = Kriging.fit(xy[rest], xy[left : left + 1], past[:, rest])
        there = model.interpolate(values[rows][:, rest])
        parts = (there.mean, there.quantile(0.05), there.quantile(0.95), there.sd)
        for array, part in zip(found, parts, strict=True):
            array[:, left] = part[:, 0]
    return NeverSeen(*found)


def peers(values: np.ndarray, xy: np.ndarray, rows: np.ndarray) -> Made:
    """pykrige at every station left out in turn, and the mean of the others."""
    from pykrige.ok import OrdinaryKriging

    made = {f"pykrige {name}": np.full((len(rows), len(xy)), np.nan) for name in VARIOGRAMS}
    for hour, row in enumerate(values[rows]):
        for left in np.flatnonzero(np.isfinite(row)):
            rest = np.isfinite(row) & (np.arange(len(row)) != left)
            if rest.sum() < 4:
                continue
            for name in VARIOGRAMS:
                if np.ptp(row[rest]) == 0:  # no variogram to fit: the one value
                    made[f"pykrige {name}"][hour, left] = row[rest][0]
                    continue
                model = OrdinaryKriging(*xy[rest].T, row[rest], variogram_model=name)
                made[f"pykrige {name}"][hour, left] = model.execute("points", *xy[left][:, None])[0][0]
    known = values[rows]
    count = np.isfinite(known).sum(axis=1, keepdims=True) - 1
    made["mean of the others"] = (np.nansum(known, axis=1, keepdims=True) - known) / np.maximum(count, 1)
    return made | optional(values, xy, rows)


def optional(values: np.ndarray, xy: np.ndarray, rows: np.ndarray) -> Made:
    """gstools (its variogram fitted each hour) and verde (its default spline), where they are installed."""
    made: Made = {}
    try:
        import gstools
        import verde
    except ImportError:
        return made
    made = {name: np.full((len(rows), len(xy)), np.nan) for name in ("gstools", "verde")}
    for hour, row in enumerate(values[rows]):
        for left in np.flatnonzero(np.isfinite(row)):
            rest = np.isfinite(row) & (np.arange(len(row)) != left)
            if rest.sum() < 4 or np.ptp(row[rest]) == 0:
                continue
            made["gstools"][hour, left] = _gstools(gstools, xy[rest], row[rest], xy[left])
            spline = verde.Spline(damping=1e-4).fit(tuple(xy[rest].T), row[rest])
            made["verde"][hour, left] = spline.predict(tuple(xy[left][:, None]))[0]
    return made


def _gstools(gstools: Any, xy: np.ndarray, values: np.ndarray, at: np.ndarray) -> float:
    model = gstools.Exponential(dim=2, var=max(values.var(), 1e-9), len_scale=3e4)
    bins, gamma = gstools.vario_estimate(tuple(xy.T), values)
    with contextlib.suppress(RuntimeError, ValueError):  # as found without a fit
        model.fit_variogram(bins, gamma, nugget=True)
    kriging = gstools.krige.Ordinary(model, tuple(xy.T), values)
    return float(kriging((at[:1], at[1:]), return_var=False)[0])


def left_out(net: Network, every: int, last: int | None) -> dict[str, Any]:
    """Scores by pollutant, and the mean ratios over the pollutants."""
    land = surroundings(net.lon, net.lat)
    spans = list(months(net.times))[-last if last else 0 :]
    result: dict[str, Any] = {}
    for code, values in net.values.items():
        parts, truths, which = [], [], []
        for span in spans:
            rows = np.arange(span[0], span[1])
            rows = rows[rows % every == 0]
            parts.append(fused(values, net.xy, land, span, rows) | peers(values, net.xy, rows))
            truths.append(values[rows])
            which += [str(net.times[span[0]].strftime("%Y-%m"))] * len(rows)
        made = {name: np.vstack([part[name] for part in parts]) for name in parts[0]}
        result[code] = scores(made, np.vstack(truths), np.array(which))
        print(json.dumps({code: result[code]}, ensure_ascii=False), flush=True)
    means = {}
    for name in OURS:
        for against in ("vs_best", "vs_linear"):
            gain = [result[code]["gain_%"][name][against] for code in result]
            means[f"{name} {against}"] = round(float(np.mean(gain)), 2)
    return {"pollutants": result, "mean_gain_%": means}


def scores(made: Made, truth: np.ndarray, month: np.ndarray) -> dict[str, Any]:
    """RMSE of all on the same cases, gains over pykrige, and coverage of the 90 % interval by month."""
    methods = [name for name in made if ":" not in name]
    cases = np.isfinite(truth)
    for name in methods:
        if name not in ("gstools", "verde"):
            cases &= np.isfinite(made[name])
    rmse = {n: float(np.sqrt(np.nanmean(np.square(made[n] - truth)[cases]))) for n in methods}
    best = min(rmse[f"pykrige {name}"] for name in VARIOGRAMS)
    gain = {
        name: {
            "vs_best": round(100 * (1 - rmse[name] / best), 2),
            "vs_linear": round(100 * (1 - rmse[name] / rmse["pykrige linear"]), 2),
        }
        for name in OURS
    }
    inside = (truth >= made["fusion:low"]) & (truth <= made["fusion:high"])
    by_month = {m: round(float(inside[month == m][cases[month == m]].mean()), 3) for m in np.unique(month)}
    return {
        "cases": int(cases.sum()),
        "rmse": {name: round(value, 4) for name, value in rmse.items()},
        "gain_%": gain,
        "coverage90": round(float(inside[cases].mean()), 3),
        "coverage90_by_month": by_month,
    }


def city(net: Network) -> tuple[dict[str, Any], dict[str, Fusion]]:
    """The 1 km field of six pollutants, now and 24 hours, learning included."""
    cells = city_grid(1000).points()  # made once a process, whoever asks first
    began, worked = time.perf_counter(), time.process_time()
    at_cells = surroundings(*from_plane(*cells.T))
    land = surroundings(net.lon, net.lat)
    models = {}
    for code, values in net.values.items():
        past, ahead = values[-PAST - 25 : -25], values[-25:]
        models[code] = Fusion.fit(net.xy, cells, past, Covariates(land, at_cells))
        found = models[code].interpolate(ahead)
        assert np.isfinite(found.mean).all() and np.isfinite(found.sd).all()
    seconds = {
        "wall_s": round(time.perf_counter() - began, 2), "cpu_s": round(time.process_time() - worked, 2),
    }  # fmt: skip
    return {"cells": len(cells), **seconds}, models


def fine(net: Network, models: dict[str, Fusion]) -> dict[str, Any]:
    """The 100 m field here and on a local cluster."""
    cells = city_grid(100).points()
    at_cells = surroundings(*from_plane(*cells.T))
    fields = {code: model.solve(net.values[code][-25:]) for code, model in models.items()}
    land = {code: model.land_of(at_cells) for code, model in models.items()}
    here, seconds, busy = _filled(fields, cells, land, None)
    there, elsewhere, _ = _filled(fields, cells, land, "local")
    equal = all(np.array_equal(here[k], there[k]) for k in here)
    return {
        "cells": len(cells), "wall_s": seconds, "cpu_s": busy, "cluster_wall_s": elsewhere, "equal": equal,
    }  # fmt: skip


def _filled(
    fields: dict[str, Field], cells: np.ndarray, land: dict[str, np.ndarray], cluster: str | None
) -> tuple[Made, float, float]:
    whole: Made = {
        f"{code}:{part}": np.empty((25, len(cells)), dtype=np.float32) for code in fields for part in "ms"
    }

    def write(first: int, values: Values) -> None:
        for code, (mean, sd) in values.items():
            whole[f"{code}:m"][:, first : first + mean.shape[1]] = mean
            whole[f"{code}:s"][:, first : first + sd.shape[1]] = sd

    began, worked = time.perf_counter(), time.process_time()
    fill(fields, cells, land, write, cluster=cluster)
    return whole, round(time.perf_counter() - began, 1), round(time.process_time() - worked, 1)


def main() -> int:
    """Run and print JSON; exit 1 where a field is too slow or the cluster's numbers differ."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", help="folder of the public data sets")
    parser.add_argument("--every", type=int, default=29, help="hours between the scored ones")
    parser.add_argument("--months", type=int, help="only the last so many months")
    parser.add_argument("--fine", action="store_true", help="also the 100 m field")
    parser.add_argument("--only-fields", action="store_true", help="leave the left-out stations out")
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    net = network(asked.data)
    result: dict[str, Any] = {}
    result["city_1km"], models = city(net)
    print(json.dumps(result["city_1km"]), flush=True)
    good = result["city_1km"]["wall_s"] < 5
    if asked.fine:
        result["city_100m"] = fine(net, models)
        good = good and result["city_100m"]["wall_s"] < 60 and result["city_100m"]["equal"]
        print(json.dumps(result["city_100m"]), flush=True)
    if not asked.only_fields:
        result["left_out"] = left_out(net, asked.every, asked.months)
    print(json.dumps(result, indent=1, ensure_ascii=False))
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
