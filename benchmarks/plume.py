"""The steady plume beside measurements, beside AERMOD, and against the clock.

    OMP_NUM_THREADS=1 python benchmarks/plume.py [--data FOLDER]

FOLDER holds the public data sets (docs/experiments.md); whatever runs lie there are scored. Prints one JSON object;
exit 1 where a target is missed: arc maxima FAC2 >= 0.75, |FB| <= 0.20, NMSE <= 0.6, sigma_y within 25 % in median,
AERMOD's period means FAC2 >= 0.9 and hours above 1 % of the largest FAC2 >= 0.6, 20 million receptor-hours a second.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np

from gzeco_lib.experiments import aermod, prairie_grass
from gzeco_lib.methods.dispersion import BoundaryLayer, Sources
from gzeco_lib.methods.dispersion.plume import dilution
from gzeco_lib.methods.scores import fac2, fractional_bias, geometric_mean_bias, geometric_variance, nmse

AERMOD_PER_SECOND = 0.6e6  # receptor-hours per CPU second of AERMOD on such a machine (shared figure)


def scores(observed: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """The five scores of Chang and Hanna (2004)."""
    kinds = {
        "fac2": fac2, "fb": fractional_bias, "nmse": nmse, "mg": geometric_mean_bias, "vg": geometric_variance
    }  # fmt: skip
    return {name: round(score(observed, predicted), 3) for name, score in kinds.items()} | {
        "pairs": int((np.isfinite(observed) & np.isfinite(predicted)).sum())
    }


def prairie(data: str | None) -> dict[str, Any]:
    """Arc maxima and sigma_y of Prairie Grass, all and by stability."""
    experiment = prairie_grass.read(data)
    maximum, spread = prairie_grass.predict(experiment)
    stability = experiment.stability()
    off = np.abs(spread / experiment.sigma_y - 1.0)
    found: dict[str, Any] = {"runs": [int(run) for run in experiment.runs.index]}
    for name in ("all", "unstable", "neutral", "stable"):
        rows = (stability == name) | (name == "all")
        if rows.any():
            found[name] = scores(experiment.maximum[rows], maximum[rows]) | {
                "runs": int(rows.sum()),
                "sigma_y_median_error": round(float(np.nanmedian(off[rows])), 3),
                "sigma_y_median_ratio": round(float(np.nanmedian((spread / experiment.sigma_y)[rows])), 3),
            }
    return found


def beside_aermod(data: str | None) -> dict[str, Any]:
    """Period means and hours of every AERMOD run there is."""
    found: dict[str, Any] = {}
    for number, run in enumerate(aermod.read(data)):
        ours = dilution(run.source, run.receptors, run.layer)[:, 0] * run.rate * 1e6
        weighty = run.concentration > 0.01 * np.nanmax(run.concentration)
        unstable = run.layer.obukhov_length < 0
        found[f"run {number + 1}"] = {
            "hours": len(run.times),
            "period_means": scores(run.concentration.mean(0), ours.mean(0)),
            "hours_above_1_percent": scores(run.concentration[weighty], ours[weighty]),
            "of_these_unstable": scores(*(v[unstable][weighty[unstable]] for v in (run.concentration, ours))),
            "of_these_stable": scores(*(v[~unstable][weighty[~unstable]] for v in (run.concentration, ours))),
            "largest_hour_ug_m3": [round(float(v.max()), 1) for v in (run.concentration, ours)],
        }
    return found


def weather(hours: int) -> BoundaryLayer:
    """A plain month: days and nights, wind from all around."""
    clock = np.arange(hours)
    day = np.sin((clock % 24 - 6) / 12 * np.pi)
    wind = 3.0 + 2.0 * np.cos(clock * 0.37)
    friction = 0.09 * wind
    return BoundaryLayer(
        wind_speed=wind, wind_from=clock * 37.0 % 360.0, friction_velocity=friction,
        obukhov_length=np.where(day > 0.05, -150.0 * friction / np.maximum(day, 0.05), 400.0 * friction),
        mixing_height=np.where(day > 0.05, 300.0 + 900.0 * np.maximum(day, 0), 2300.0 * friction**1.5),
        roughness_length=np.array([0.3]), temperature=np.array([290.0]),
        convective_velocity=np.where(day > 0.05, 1.8 * np.maximum(day, 0.05) ** (1 / 3), 0.0),
    )  # fmt: skip


def speed() -> dict[str, Any]:
    """Receptor-hours per CPU second, one thread; share of the pairs where anything arrives."""
    started = time.process_time()
    month = weather(744)
    stack = Sources(
        np.zeros(1), np.zeros(1), np.array([60.0]), np.array([2.0]), np.array([12.0]), np.array([420.0])
    )
    dilution(stack, np.array([[500.0, 0.0, 0.0]]), month)
    found: dict[str, Any] = {"first_call_s": round(time.process_time() - started, 2)}
    side = np.linspace(-10_000, 10_000, 100)
    grid = np.column_stack([v.ravel() for v in np.meshgrid(side, side)] + [np.zeros(10_000)])
    ring = np.deg2rad(np.arange(0, 360, 10))
    few = np.array([(d * np.sin(a), d * np.cos(a), 0.0) for d in (200, 500, 1000, 2000, 5000) for a in ring])
    ahead = np.column_stack([grid[:, 0] * 0.1, -np.abs(grid[:, 1]) - 200.0, grid[:, 2]])
    north = replace(month, wind_from=np.zeros(len(month)))
    for name, spots, layer, meander in (
        ("grid of 10,000 around the stack", grid, month, True),
        ("the same without meander", grid, month, False),
        ("10,000 receptors, all downwind", ahead, north, True),
        ("180 receptors around the stack", few, month, True),
    ):
        times = []
        for _ in range(3):
            began = time.process_time()
            out = dilution(stack, spots, layer, meander=meander)
            times.append(time.process_time() - began)
        found[name] = {
            "million_receptor_hours_per_cpu_s": round(out.size / min(times) / 1e6, 1),
            "times_aermod": round(out.size / min(times) / AERMOD_PER_SECOND, 1),
            "share_above_1e-12_s_m3": round(float((out > 1e-12).mean()), 3),
        }
    return found


def main() -> int:
    """Run, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="folder of the public data sets")
    asked = parser.parse_args()
    began, clock = time.process_time(), time.perf_counter()
    result = {"prairie_grass": prairie(asked.data), "aermod": beside_aermod(asked.data), "speed": speed()}
    arcs = result["prairie_grass"]["all"]
    met = {
        "arc maxima": arcs["fac2"] >= 0.75 and abs(arcs["fb"]) <= 0.20 and arcs["nmse"] <= 0.6,
        "sigma_y": arcs["sigma_y_median_error"] <= 0.25,
        "period means": all(run["period_means"]["fac2"] >= 0.9 for run in result["aermod"].values()),
        "hours": all(run["hours_above_1_percent"]["fac2"] >= 0.6 for run in result["aermod"].values()),
        "speed": result["speed"]["grid of 10,000 around the stack"]["million_receptor_hours_per_cpu_s"] >= 20,
    }
    result |= {
        "met": met,
        "cpu_s": round(time.process_time() - began, 1),
        "wall_s": round(time.perf_counter() - clock, 1),
    }
    print(json.dumps(result, indent=1))
    return 0 if all(met.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
