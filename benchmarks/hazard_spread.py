"""Monthly means between monitors: does the interval of a graded cell hold, and are grades as probable as they say?

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/hazard_spread.py [--data FOLDER]

Noise and air toxics have no public network in the city, so the way from monitors to cells is tried on what has one:
monthly means of the national air stations, on the logarithm as the toxics are. Each station in turn is left out of each
month and foretold from the others. Grades are those of five equal classes of the station-months.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.hazards.grades import chance, cumulative, grade_of, mean_with_error
from gzeco_lib.environmental_health.hazards.spread import spread
from gzeco_lib.experiments.guangzhou_air import Network, network

Z90 = 1.2815515655446004
LEAST_DAYS = 20


def months(found: Network, code: str) -> list[np.ndarray]:
    """Logarithms of daily means (day, station) of each month with enough days."""
    frame = pd.DataFrame(found.values[code], index=found.times)
    daily = frame.resample("D").mean().where(frame.resample("D").count() >= 20)
    logs = np.log(daily.clip(lower=1e-3))
    return [
        part.to_numpy()
        for _, part in logs.groupby([logs.index.year, logs.index.month])
        if len(part) >= LEAST_DAYS
    ]


def left_out(found: Network, code: str) -> pd.DataFrame:
    """One row a station and month: true mean, foretold mean and error, mean of the others, way."""
    rows = []
    for daily in months(found, code):
        mean, error, n = mean_with_error(daily)
        use = np.flatnonzero(n >= LEAST_DAYS)
        for k in use if len(use) >= 5 else []:
            others = use[use != k]
            made = spread(
                found.xy[others], mean[others], error[others], found.xy[[k]], daily[:, others], 4000.0
            )
            rows.append((mean[k], made.value[0], made.sd[0], mean[others].mean(), made.method))
    return pd.DataFrame(rows, columns=["true", "made", "sd", "others", "method"])


def scores(rows: pd.DataFrame) -> dict[str, float]:
    """Share of cells that are known, coverage of the 80 % interval, errors, and how probable the right grades were."""
    known = rows.dropna()
    uppers = rows["true"].quantile([0.2, 0.4, 0.6, 0.8]).to_numpy()
    inside = cumulative(known["made"], known["sd"], uppers)
    grade = grade_of(known["made"], uppers)
    right = grade == grade_of(known["true"], uppers)
    return {
        "n": len(rows),
        "kriged": float((rows["method"] == "kriging").mean()),
        "known": len(known) / len(rows),
        "cover80": float((np.abs(known["true"] - known["made"]) <= Z90 * known["sd"]).mean()),
        "rmse": float(np.sqrt(np.mean((known["true"] - known["made"]) ** 2))),
        "rmse_others": float(np.sqrt(np.mean((known["true"] - known["others"]) ** 2))),
        "said": float(chance(inside, grade).mean()),
        "right": float(right.mean()),
    }


def main() -> None:
    """Print the scores of each pollutant."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", help="root of the public data sets")
    found = network(parser.parse_args().data)
    began, cpu = time.perf_counter(), time.process_time()
    heads = ["n", "kriged", "known", "cover80", "rmse", "rmse_others", "said", "right"]
    print("         " + " ".join(f"{head:>11}" for head in heads))
    for code in found.values:
        result = scores(left_out(found, code))
        print(f"{code:8} " + " ".join(f"{result[head]:11.3f}" for head in heads))
    print(f"{time.process_time() - cpu:.1f} CPU s, {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
