"""Burden of disease of a city by Monte Carlo: time, against a plain loop, and the functions against the public tables.

    python benchmarks/burden.py [--data FOLDER] [--draws 2000] [--plain 20] [--cluster local]

A city of eleven districts, twelve age groups and every function of the product is drawn ``--draws`` times; a plain
loop of the same sums is timed on ``--plain`` draws and carried up. Tables of ``health_crf_tables`` are compared where
they stand.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.burden import Air, People, burden
from gzeco_lib.errors import InputError
from gzeco_lib.experiments.folder import folder
from gzeco_lib.standards.crf import GEMM_CAUSES, Response, gemm, response, response_names

AGES = np.arange(25, 85, 5)
PM25, NO2, O3 = ("PM2.5", "annual"), ("NO2", "annual"), ("O3", "peak_season_mda8")
TARGETS = {PM25: {"IT-4": 10.0, "AQG": 5.0}, NO2: {"AQG": 10.0}, O3: {"AQG": 60.0}}


def city() -> tuple[People, dict[tuple[str, str], Air]]:
    """A made city: shapes and sizes of the real one."""
    rng = np.random.default_rng(1)
    causes = {response(name).cause for name in response_names()}
    rates = {cause: 20.0 * np.exp((AGES - 25) / 10.0) for cause in causes}
    people = People(AGES, rng.uniform(2e4, 2e5, (11, len(AGES))), rates)
    air = {
        key: Air(rng.uniform(0.9, 1.1, 11) * level, np.full(11, 0.05 * level), 0.03 * level)
        for key, level in ((PM25, 25.0), (NO2, 32.0), (O3, 120.0))
    }
    return people, air


def loop(people: People, air: dict[tuple[str, str], Air], functions: list[Response], draws: int) -> None:
    """The same deaths, now and at the targets, cell by cell."""
    rng = np.random.default_rng(2)
    for _ in range(draws):
        for function in functions:
            of = air[function.pollutant, function.metric]
            z, common, place = rng.normal(), rng.normal(), rng.random()
            goals = TARGETS[function.pollutant, function.metric]
            for d in range(len(of.mean)):
                c = max(0.0, of.mean[d] + common * of.common_sd + rng.normal() * of.sd[d])
                for a, age in enumerate(AGES):
                    theta, se = function.theta_of(age)
                    expected = people.population[d, a] * people.rates[function.cause][a] / 1e5
                    now = np.exp(-(theta + z * se) * function.shape(c, place))
                    _deaths = expected * (1 - now)
                    for goal in goals.values():
                        then = np.exp(-(theta + z * se) * function.shape(min(c, goal), place))
                        _less = expected * (1 - now / then)


def tables(root: Path | None) -> dict[str, float]:
    """Largest relative difference to each public table."""
    where = folder("health_crf_tables", root)
    public = pd.read_csv(where / "GEMM_MEAN.csv")
    worst = 0.0
    for cause in GEMM_CAUSES:
        function = gemm(cause)
        for age in function.ages:
            ours = function.hazard_ratio(public["concentration"], age)
            theirs = public[f"{cause}_{'ALL' if age < 0 else age}"]
            worst = max(worst, float(np.abs(ours / theirs - 1).max()))
        whole = gemm(cause, by_age=False).hazard_ratio(public["concentration"])
        worst = max(worst, float(np.abs(whole / public[f"{cause}_ALL"] - 1).max()))
    no2, o3 = pd.read_csv(where / "NO2_CR_MEAN.csv"), pd.read_csv(where / "O3_CR_MEAN.csv")
    spline, gbd = response("China_NO2_all_spline"), response("GBD_O3_COPD")
    ozone = np.abs(gbd.hazard_ratio(o3["concentration"] / gbd.to_unit) / o3["COPD_ALL"] - 1)
    return {
        "gemm_42_columns": worst,
        "no2_table": float(np.abs(spline.hazard_ratio(no2["concentration"]) / no2["ALLCAUSE_ALL"] - 1).max()),
        "o3_table_to_100_ppb": float(ozone[o3["concentration"] <= 100].max()),
        "o3_table": float(ozone.max()),
    }


def main() -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="root of the public data sets")
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--plain", type=int, default=20, help="draws of the plain loop")
    parser.add_argument("--cluster", help="also run there and compare: local or tcp://host:port")
    given = parser.parse_args()
    people, air = city()
    functions = [response(name) for name in response_names()]
    burden(functions, people, air, TARGETS, 200)  # warm
    cpu, wall = time.process_time(), time.perf_counter()
    made = burden(functions, people, air, TARGETS, given.draws)
    found: dict[str, object] = {
        "functions": len(functions), "districts": 11, "ages": len(AGES), "draws": given.draws,
        "cpu_s": round(time.process_time() - cpu, 3), "wall_s": round(time.perf_counter() - wall, 3),
    }  # fmt: skip
    cpu = time.process_time()
    loop(people, air, functions, given.plain)
    found["plain_cpu_s"] = round((time.process_time() - cpu) * given.draws / max(given.plain, 1), 1)
    if given.cluster:
        other = burden(functions, people, air, TARGETS, given.draws, cluster=given.cluster)
        pairs = zip(made, other, strict=True)
        found["cluster_equal"] = all(
            np.array_equal(a.deaths, b.deaths) and np.array_equal(a.share, b.share) for a, b in pairs
        )
    try:
        found["largest_difference"] = tables(given.data)
    except InputError as error:
        found["largest_difference"] = str(error)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
