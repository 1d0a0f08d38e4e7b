"""AQI of many rows: ours beside the public packages aqi-hub and python-aqi, in one process.

Run it where the peers are installed (``uv run --with aqi-hub --with python-aqi benchmarks/aqi.py``); without them it
says so and times ours alone. Rows are made: six pollutants an hour, log-normal, both generations of HJ 633 for ours,
the one the peer implements for the comparison of results.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from gzeco_lib.standards import POLLUTANTS, aqi_hourly

HERE = Path(__file__).resolve().parent
SCALE = {"PM2.5": 40, "PM10": 70, "SO2": 10, "NO2": 40, "O3": 90, "CO": 0.8}
TOP = {"PM2.5": 500, "PM10": 600, "SO2": 800, "NO2": 3840, "O3": 1200, "CO": 150}
OLD, NEW = np.datetime64("2025-06-01"), np.datetime64("2026-06-01")


def rows_of(count: int, seed: int = 7) -> dict[str, np.ndarray]:
    """``count`` rows of 1-h means as an instrument reports them: whole ug m-3, CO in tenths of mg m-3."""
    rng = np.random.default_rng(seed)
    drawn = {code: scale * rng.lognormal(0, 0.8, count) for code, scale in SCALE.items()}
    # Within the tables: python-aqi raises an IndexError above them.
    return {code: np.clip(np.round(v, 1 if code == "CO" else 0), 1, TOP[code]) for code, v in drawn.items()}


def per_cpu_second(work: Callable[[], object], rows: int) -> float:
    """Rows a second of processor time, the best of three."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return rows / best


def aqi_hub(rows: dict[str, np.ndarray]) -> list[float]:
    """aqi-hub, HJ 633-2026 hourly, row by row."""
    from aqi_hub.aqi_cn.aqi import cal_aqi_cn

    columns = (rows[code].tolist() for code in ("PM2.5", "PM10", "SO2", "NO2", "CO", "O3"))
    return [cal_aqi_cn(*row, "hourly")[0] for row in zip(*columns, strict=True)]


def python_aqi(rows: dict[str, np.ndarray]) -> list[float]:
    """python-aqi, its newest algorithm of China, row by row."""
    sys.path = [
        entry for entry in sys.path if Path(entry or ".").resolve() != HERE
    ]  # the peer is called aqi, too
    import aqi

    names = {"PM2.5": "pm25", "PM10": "pm10", "SO2": "so2_1h", "NO2": "no2_1h", "CO": "co_1h", "O3": "o3_1h"}
    columns = (rows[code].tolist() for code in names)
    return [
        float(aqi.to_aqi(list(zip(names.values(), row, strict=True)), algo=aqi.ALGO_MEP))
        for row in zip(*columns, strict=True)
    ]


PEERS = {"aqi-hub": aqi_hub, "python-aqi": python_aqi}


def compared(
    name: str, peer: Callable[[dict[str, np.ndarray]], list[float]], count: int, ours: float
) -> dict:
    """One peer's speed, ours over it, and how often both give the same AQI in each generation."""
    rows = rows_of(count)
    theirs = np.array(peer(rows))
    speed = per_cpu_second(lambda: peer(rows), count)
    same = {str(when)[:4]: float(np.mean(aqi_hourly(rows, when).aqi == theirs)) for when in (OLD, NEW)}
    return {
        "peer": name,
        "version": version(name),
        "rows_per_cpu_s": speed,
        "ratio": ours / speed,
        "same": same,
    }


def main() -> None:
    """Print one line a package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows for ours")
    parser.add_argument("--peer-rows", type=int, default=20_000, help="rows for the peers")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = rows_of(options.rows)
    times = np.datetime64("2026-01-01") + (np.arange(options.rows) % 4000) * np.timedelta64(3600, "s")
    aqi_hourly(rows_of(10), NEW)  # tables are made once
    ours = per_cpu_second(lambda: aqi_hourly({c: rows[c] for c in POLLUTANTS}, times), options.rows)
    results = [{"peer": "gzeco, rows of both generations", "rows_per_cpu_s": ours}]
    for name, peer in PEERS.items():
        try:
            version(name)
        except PackageNotFoundError:
            print(f"{name} is not installed here: skipped (uv run --with {name} benchmarks/aqi.py)")
            continue
        results.append(compared(name, peer, options.peer_rows, ours))
    if options.json:
        print(json.dumps(results))
        return
    for result in results:
        print(
            "  ".join(
                f"{key} {value:,.4g}" if isinstance(value, float) else f"{key} {value}"
                for key, value in result.items()
            )
        )


if __name__ == "__main__":
    main()
