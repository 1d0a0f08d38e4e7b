"""Trajectories, source fields and clusters: order of accuracy, planted sources found again, processor time.

    python benchmarks/trajectory.py [--seeds 10] [--data FOLDER]

No public trajectories are read: winds are analytic or made up, and --data is there for uniformity. openair 2.18.2 took
3 to 6 seconds for ``trajCluster``; its example is a year of 96-h trajectories every three hours (2,920 x 97), the size
that is clustered here.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.experiments.planted_sources import arrivals, concentrations, wandering_wind
from gzeco_lib.methods.trajectory import cluster, cwt, pscf, redistributed, trajectories

OPENAIR_SECONDS = (3.0, 6.0)
CELL = 50_000.0


def rotation(hours: int = 49) -> xr.Dataset:
    """Solid rotation once a day on 400 km."""
    axis = np.linspace(-2e5, 2e5, 41)
    X, Y = np.meshgrid(axis, axis)
    omega = 2 * np.pi / 86_400
    dims, shape = ("time", "y", "x"), (hours, 41, 41)
    fields = {"u": (dims, np.broadcast_to(-omega * Y, shape)), "v": (dims, np.broadcast_to(omega * X, shape))}
    return xr.Dataset(
        fields, {"time": pd.date_range("2026-01-01", periods=hours, freq="h"), "y": axis, "x": axis}
    )


def print_order() -> None:
    """Distance from the start after one turn, and the order that follows."""
    wind = rotation()
    start = pd.DataFrame({"time": [pd.Timestamp("2026-01-02")], "x": [1e5], "y": [0.0]})
    print("1. solid rotation, one turn at 100 km: distance from the start [m] with steps of 1800, 900, 450 s")
    for scheme in ("petterssen", "runge_kutta"):
        ends = [
            trajectories(wind, start, 24, scheme=scheme, step=step).isel(age=-1) for step in (1800, 900, 450)
        ]
        miss = np.array([float(np.hypot(end["x"] - 1e5, end["y"])[0]) for end in ends])
        print(
            f"  {scheme:12} {miss.round(4).tolist()}  order {np.log2(miss[:-1] / miss[1:]).round(2).tolist()}"
        )


def print_sources(seeds: int) -> None:
    """Distance between the planted source and the field's maximum over seeds."""
    found: dict[str, list[float]] = {"pscf": [], "cwt": [], "redistributed": []}
    for seed in range(seeds):
        wind = wandering_wind(240, seed)
        tracks = trajectories(wind, arrivals(wind), 96)
        draw = np.random.default_rng(100 + seed)
        angle, far = draw.uniform(0, 2 * np.pi), draw.uniform(2e5, 6e5)
        source = (far * np.cos(angle), far * np.sin(angle))
        value = concentrations(tracks, source, seed)
        for name, function in (("pscf", pscf), ("cwt", cwt), ("redistributed", redistributed)):
            field = function(tracks, value, CELL)[name].stack(cell=("y", "x")).dropna("cell")
            top = field.isel(cell=int(field.to_numpy().argmax()))
            found[name].append(float(np.hypot(top["x"] - source[0], top["y"] - source[1])) / 1000)
    print(f"2. a source of 75 km radius, 200 to 600 km off, {seeds} seeds: km from it to the field's maximum")
    for name, far_off in found.items():
        inside = np.mean(np.array(far_off) <= 150)
        print(
            f"  {name:14} median {np.median(far_off):5.0f}, worst {max(far_off):5.0f}, within 150 km {inside:.2f}"
        )


def print_clusters() -> None:
    """Processor time of clustering as large as openair's example."""
    wind = wandering_wind(370, 1)
    starts = arrivals(wind).iloc[:2920]
    trajectories(wind, starts.iloc[:2], 96)  # compile
    began = time.process_time()
    tracks = trajectories(wind, starts, 96)
    spent = time.process_time() - began
    print(f"3. {len(starts)} trajectories of 96 h ({starts.shape[0] * 97} points): {spent:.2f} CPU s")
    cluster(tracks.isel(trajectory=slice(0, 200)), 5)  # import
    for measure in ("euclid", "angle"):
        for number in (5, None):
            times = []
            for _ in range(3):
                began = time.process_time()
                found = cluster(tracks, number, measure)  # type: ignore[arg-type]
                times.append(time.process_time() - began)
            spent = float(np.median(times))
            ratio = ", ".join(f"{seconds / spent:.0f}" for seconds in OPENAIR_SECONDS)
            said = "5 clusters" if number else f"number chosen ({found.attrs['number']})"
            print(f"  {measure:7} {said:20} {spent:.3f} CPU s; openair's 3 to 6 s are {ratio} times that")
    value = concentrations(tracks, (-3.25e5, 2.25e5))
    for name, function in (("pscf", pscf), ("cwt", cwt), ("redistributed", redistributed)):
        began = time.process_time()
        function(tracks, value, CELL)
        print(f"  {name:14} {time.process_time() - began:.2f} CPU s")


def main() -> None:
    """Read the arguments and print the three parts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--data", type=Path, default=None, help="not read: no public set holds trajectories")
    given = parser.parse_args()
    print_order()
    print_sources(given.seeds)
    print_clusters()


if __name__ == "__main__":
    main()
