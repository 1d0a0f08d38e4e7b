"""Puffs and wind fields: against the clock, a plain numpy loop, the plume, the mass released, and stations left out.

    OMP_NUM_THREADS=1 python benchmarks/puff.py [--data FOLDER] [--cluster] [--small]

FOLDER holds the public data sets (docs/experiments.md). No package on PyPI follows Gaussian puffs of many sources in a
changing wind, so the peer is a plain loop in numpy (rows and columns of each puff by outer product), run in this
process on a few source-hours; the ratio is of CPU seconds a source-hour. Prints one JSON object; exit 1 where a target
is missed: 500 sources x 24 h x 30,000 cells under 20 s on 2 cores, mass within 1 %, plume and puffs within 5 %.
``--cluster`` also runs on Dask workers; ``--small`` takes 20 sources, to see that it works.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import xarray as xr

from gzeco_lib.errors import InputError
from gzeco_lib.experiments import station_wind
from gzeco_lib.methods import wind
from gzeco_lib.methods.dispersion import BoundaryLayer, Sources, plume, puff
from gzeco_lib.methods.dispersion.puff_growth import growth, nodes
from gzeco_lib.parallel import workers

SEED = 20241101
LIMIT = 20.0  # [s]
X, Y = np.arange(200) * 500.0 + 250, np.arange(150) * 500.0 + 250  # 30,000 cells


def day(hours: int = 24) -> BoundaryLayer:
    """A day with a sea breeze: wind backs and veers by 120 degrees, stable nights, unstable noon."""
    clock = np.arange(hours)
    sun = np.sin((clock % 24 - 6) / 12 * np.pi)
    speed = 2.5 + 1.5 * np.maximum(sun, 0)
    friction = 0.1 * speed
    return BoundaryLayer(
        wind_speed=speed, wind_from=90 + 60 * np.sin(clock / 24 * 2 * np.pi), friction_velocity=friction,
        obukhov_length=np.where(sun > 0.05, -120.0 * friction / np.maximum(sun, 0.05), 300.0 * friction),
        mixing_height=np.where(sun > 0.05, 300.0 + 800.0 * np.maximum(sun, 0), 250.0), roughness_length=0.5,
    )  # fmt: skip


def city(count: int) -> Sources:
    """Stacks of 500 different kinds over the city, and their places."""
    rng = np.random.default_rng(SEED)
    place = rng.uniform((15e3, 10e3), (85e3, 65e3), (count, 2)).T
    return Sources(
        *place,
        rng.uniform(5, 80, count),
        rng.uniform(0.5, 3, count),
        rng.uniform(5, 15, count),
        rng.uniform(320, 420, count),
    )


def timed(task: Any) -> tuple[Any, dict[str, float]]:
    """What ``task`` gives, its wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = task()
    spent = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    return found, {name: round(value, 2) for name, value in spent.items()}


def speed(count: int, cluster: bool) -> dict[str, Any]:
    """The day of the city with one and two threads, and on a cluster; numbers must be equal."""
    sources, layer, rates = city(count), day(), np.ones(count)
    _, first = timed(lambda: puff.fields(sources, rates, layer.take(np.arange(1)), X, Y))
    one, alone = timed(lambda: puff.fields(sources, rates, layer, X, Y))
    with ThreadPoolExecutor(2) as pool:
        two, threads = timed(lambda: puff.fields(sources, rates, layer, X, Y, run=pool.map))
    found = {
        "sources": count, "hours": 24, "cells": len(X) * len(Y), "first_call": first, "1_thread": alone,
        "2_threads": threads, "equal_on_2_threads": one.identical(two),
        "cpu_ms_per_source_hour": round(1000 * alone["cpu_s"] / (count * 24), 3),
    }  # fmt: skip
    if cluster:
        with workers("local") as run:
            three, spent = timed(lambda: puff.fields(sources, rates, layer, X, Y, run=run))
        found |= {"dask": {"wall_s": spent["wall_s"]}, "equal_on_dask": one.identical(three)}
    return found


def plain(source: Sources, layer: BoundaryLayer, every: float, step: float) -> np.ndarray:
    """Puffs of one source in plain numpy: hourly mean concentration (time, y, x) per g s-1."""
    tables, _ = growth(source, layer, np.array([1.5]), False)
    ladder, hours, angle = np.log(nodes()), len(layer), np.radians(layer.wind_from)
    middles = (np.arange(hours) + 0.5) * 3600
    out = np.zeros((hours, len(Y), len(X)))
    place, gone = np.zeros((0, 2)), np.zeros(0)
    for n in range(int(hours * 3600 / step)):
        now, hour = (n + 0.5) * step, int((n + 0.5) * step / 3600)
        if (n * step) % every < step:
            place, gone = np.vstack([place, [[source.x[0], source.y[0]]]]), np.append(gone, 0.0)
        unit = np.array([-np.interp(now, middles, part(angle)) for part in (np.sin, np.cos)])
        pace = np.interp(np.log(np.maximum(gone, 1)), ladder, tables.speed[hour, 0])
        place, gone = place + pace[:, None] * step * unit, gone + pace * step
        at = np.log(np.maximum(gone, 1.0))
        sigma = np.exp(np.interp(at, ladder, tables.width[hour, 0]))
        share = np.exp(np.interp(at, ladder, tables.vertical[hour, 0, 0]))
        inside = (np.abs(place - [X.mean(), Y.mean()]) < [60e3, 48e3]).all(axis=1)
        place, gone, sigma, share = place[inside], gone[inside], sigma[inside], share[inside]
        for (x, y), wide, part in zip(place, sigma, share, strict=True):
            amount = part * every * step / 3600 / (2 * np.pi * wide**2)
            rows, columns = np.exp(-0.5 * ((Y - y) / wide) ** 2), np.exp(-0.5 * ((X - x) / wide) ** 2)
            out[hour] += np.outer(amount * rows, columns)
    return out


def peer(ms: float) -> dict[str, Any]:
    """The plain loop on six hours of two sources: CPU against ours, and whether both say the same."""
    layer = day().take(np.arange(9, 15))
    sources = city(2)
    ours = puff.fields(sources, np.ones(2), layer, X, Y)["concentration"].to_numpy()
    each = [Sources(sources.x[[i]], sources.y[[i]], sources.height[[i]], sources.diameter[[i]], sources.velocity[[i]],
                    sources.temperature[[i]]) for i in range(2)]  # fmt: skip
    theirs, spent = timed(lambda: sum(plain(one, layer, 300.0, 60.0) for one in each))
    theirs_ms = 1000 * spent["cpu_s"] / 12
    shown = theirs[-1] > 0.01 * theirs[-1].max()
    return {
        "cpu_ms_per_source_hour": round(theirs_ms, 1),
        "times_ours": round(theirs_ms / ms, 1),
        "median_difference_last_hour": round(float(np.median(np.abs(ours[-1] / theirs[-1] - 1)[shown])), 3),
        "sum_ratio_last_hour": round(float(ours[-1].sum() / theirs[-1].sum()), 4),
    }


def beside_plume() -> dict[str, Any]:
    """Largest difference from the steady plume at receptors above 1 % of the largest value, by stability and height."""
    angles = np.radians(np.arange(-90, 91, 3.0))
    arcs = (400.0, 800, 1500, 3000, 6000)
    points = np.concatenate(
        [np.column_stack([d * np.cos(angles), d * np.sin(angles), 0 * angles + 1.5]) for d in arcs]
    )
    found = {}
    for name, length, lid, friction in (
        ("unstable", -30, 1200, 0.4),
        ("neutral", np.inf, 800, 0.4),
        ("stable", 40, 250, 0.25),
    ):
        layer = BoundaryLayer(np.full(4, 4.0), 270.0, friction, length, lid)
        for height in (2.0, 40.0):
            source = Sources([0.0], [0.0], [height])
            straight = plume.dilution(source, points, layer, meander=False)[-1, 0]
            puffs = puff.at_receptors(source, [1.0], points, layer)["concentration"][-1, 0].to_numpy()
            shown = straight > 0.01 * straight.max()
            found[f"{name}, {height:.0f} m"] = round(float(np.abs(puffs / straight - 1)[shown].max()), 4)
    return found


def mass() -> dict[str, float]:
    """Largest difference of the column from what is in the air, and of the budget from what was emitted."""
    hours = 8
    layer = BoundaryLayer(
        np.full(hours, 3.0),
        90 + np.linspace(0, 200, hours),
        0.3,
        np.repeat([-50.0, 50.0], 4),
        np.repeat([1000.0, 250.0], 4),
    )
    axis, sources = np.arange(-150e3, 150e3, 1e3) + 500, Sources([0.0, 300.0], [0.0, 100.0], [20.0, 1.0])
    column = puff.fields(sources, np.ones(2), layer, axis, axis, height=None)["column"].sum(["y", "x"]) * 1e6
    airborne = 2 * 3600 * (np.arange(hours) + 0.5)
    removal = puff.Removal(decay=2e-5, washout=1e-5, deposition=0.005)
    budget = puff.fields(sources, np.ones(2), layer, X, Y, removal=removal)["budget"].sum("source")
    return {
        "column": round(float(np.abs(column / airborne - 1).max()), 4),
        "budget": round(float(abs(budget[1:].sum() / budget[0] - 1)), 12),
    }


def wind_speed() -> dict[str, Any]:
    """A day of 20 stations on 90 x 90 x 10 cells, flat and with a hill of 400 m."""
    rng = np.random.default_rng(SEED)
    axis = np.arange(90) * 1000.0 + 500
    heights = np.array([10, 30, 60, 100, 200, 350, 500, 750, 1000, 1500.0])
    xx, yy = np.meshgrid(axis, axis)
    stations = xr.Dataset(
        {"wind_speed": (("time", "site"), rng.uniform(1, 5, (24, 20))),
         "wind_direction": (("time", "site"), rng.uniform(60, 140, (24, 20)))},
        {"time": np.datetime64("2024-11-01", "ns") + np.arange(24) * np.timedelta64(1, "h"),
         "x": ("site", rng.uniform(0, 9e4, 20)), "y": ("site", rng.uniform(0, 9e4, 20))},
    )  # fmt: skip
    found: dict[str, Any] = {}
    hill = 400 * np.exp(-((xx - 45e3) ** 2 + (yy - 45e3) ** 2) / (2 * 6e3**2))
    for name, ground in (("flat", None), ("hill", hill)):
        field, spent = timed(
            lambda ground=ground: wind.diagnose(stations, wind.WindGrid(axis, axis, heights, ground))
        )
        left = field["divergence_after"] / field["divergence_before"]
        found[name] = spent | {"divergence_left": float(f"{float(left.max()):.1e}")}
    return found


def left_out(data: str | None, hours: int) -> dict[str, Any]:
    """Vector error at each Beijing station from the others [m s-1], every nth hour of the set, four ways."""
    try:
        stations = station_wind.read(data)
    except InputError as error:
        return {"skipped": str(error)}
    if stations.sizes["site"] < 4:
        return {"skipped": f"only {stations.sizes['site']} stations"}
    stations = stations.isel(time=slice(None, None, max(stations.sizes["time"] // hours, 1)))
    full = np.isfinite(stations["wind_speed"]).all("site") & np.isfinite(stations["wind_direction"]).all(
        "site"
    )
    stations = stations.isel(time=np.flatnonzero(full))
    x, y = stations["x"].to_numpy(), stations["y"].to_numpy()
    grid = wind.WindGrid(
        np.arange(x.min() - 5e3, x.max() + 5e3, 2e3),
        np.arange(y.min() - 5e3, y.max() + 5e3, 2e3),
        np.array([10.0, 50, 200, 600]),
    )
    u, v = wind.components(stations["wind_speed"].to_numpy(), stations["wind_direction"].to_numpy())
    squares: dict[str, list[np.ndarray]] = {}
    for site in range(len(x)):
        others = [i for i in range(len(x)) if i != site]
        nearest = others[int(np.hypot(x[others] - x[site], y[others] - y[site]).argmin())]
        told = {
            "mean of the others": (u[:, others].mean(1), v[:, others].mean(1)),
            "nearest": (u[:, nearest], v[:, nearest]),
        }
        for method in ("barnes", "inverse_distance"):
            field = wind.diagnose(stations.isel(site=others), grid, method=method).isel(level=0)
            here = field.interp(x=x[site], y=y[site])
            told[f"{method}, adjusted"] = (here["u"].to_numpy(), here["v"].to_numpy())
        for name, (east, north) in told.items():
            squares.setdefault(name, []).append((east - u[:, site]) ** 2 + (north - v[:, site]) ** 2)
    error = {name: round(float(np.sqrt(np.mean(parts))), 3) for name, parts in squares.items()}
    return {
        "stations": len(x),
        "hours": int(full.sum()),
        "vector_rmse_m_s": error,
        "rms_wind_m_s": round(float(np.sqrt((u**2 + v**2).mean())), 2),
    }


def main() -> int:
    """Run, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="folder of the public data sets")
    parser.add_argument("--cluster", action="store_true", help="also on Dask workers")
    parser.add_argument("--small", action="store_true", help="20 sources")
    asked = parser.parse_args()
    fast = speed(20 if asked.small else 500, asked.cluster)
    result: dict[str, Any] = {"puffs": fast, "plain_numpy_loop": peer(fast["cpu_ms_per_source_hour"])}
    result |= {"largest_difference_from_plume": beside_plume(), "mass": mass(), "wind": wind_speed()}
    result["beijing_left_out"] = left_out(asked.data, 60 if asked.small else 2000)
    result["met"] = {
        "speed": min(fast["1_thread"]["wall_s"], fast["2_threads"]["wall_s"]) < LIMIT,
        "equal": fast["equal_on_2_threads"] and fast.get("equal_on_dask", True),
        "plume": max(result["largest_difference_from_plume"].values()) < 0.05,
        "mass": max(result["mass"].values()) < 0.01,
    }
    print(json.dumps(result, indent=1))
    return 0 if all(result["met"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
