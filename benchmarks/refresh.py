"""The hourly refresh as a monitoring centre sees it: a file with one new hour in, the new risk map out.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/refresh.py [--data FOLDER] [--at TIME] [--hours N]

The lake first holds the hours before (real stations; people of the demo city, the only thing generated) with the
models fitted on them. Then for each of N hours a file with that hour alone is ingested and the model run, each as a
command of its own in a fresh process, as the schedule does it. Exit 1 where one of them takes 20 s or more.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

from gzeco_lib.demo_city.population import exposure, people
from gzeco_lib.experiments import folder
from gzeco_lib.lake.lake import Lake
from gzeco_lib.scenario import Outcome

LIMIT_S = 20.0
MODEL = "environmental_health"


def gzeco(*words: str) -> dict[str, Any]:
    """What a command of gzeco says as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "gzeco_lib.cli", *words, "--json"], check=True, capture_output=True, text=True
    )
    return dict(json.loads(done.stdout))


def stations(data: Path) -> pd.DataFrame:
    """Hourly rows of the stations of Guangzhou with their local times."""
    files = sorted((data / "guangzhou_air").glob("*.parquet"))
    return pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)


def ingested(rows: pd.DataFrame, file: Path, lake: str) -> float:
    """Seconds of ingesting ``rows`` as a file."""
    rows.to_parquet(file, index=False)
    began = time.perf_counter()
    gzeco("ingest", str(file), "--adapter", "guangzhou_stations", "--lake", lake)
    return time.perf_counter() - began


def refresh(
    rows: pd.DataFrame, moment: pd.Timestamp, scratch: Path, lake: str
) -> dict[str, float | list[dict[str, Any]]]:
    """Seconds from the file with the hour before ``moment`` to the stored map."""
    hour = rows[pd.to_datetime(rows["time_local"]) == (moment - pd.Timedelta("1h")).tz_localize(None)]
    brought = ingested(hour, scratch / "hour.parquet", lake)
    began = time.perf_counter()
    gzeco("run", MODEL, "--at", moment.isoformat(), "--lake", lake)
    ran = time.perf_counter() - began
    outcome = Outcome.load(Lake.open(lake), MODEL, moment.tz_convert("UTC"))
    assert outcome is not None and outcome.at == moment
    return {
        "ingest_s": round(brought, 2),
        "run_s": round(ran, 2),
        "total_s": round(brought + ran, 2),
        "steps": outcome.table("timing").to_dict("records"),
    }


def main() -> int:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=None)
    parser.add_argument(
        "--at", default=None, help="the first hour known before; by default three days before the end"
    )
    parser.add_argument("--hours", type=int, default=3)
    asked = parser.parse_args()
    rows = stations(Path(asked.data) if asked.data else folder())
    local = pd.to_datetime(rows["time_local"])
    start = (
        pd.Timestamp(asked.at)
        if asked.at
        else (local.max() - pd.Timedelta("3D")).tz_localize("Asia/Shanghai")
    )
    with tempfile.TemporaryDirectory() as scratch:
        lake = str(Path(scratch) / "lake")
        Lake.open(lake, create=True).write("exposure", exposure(people(2026)))
        before = rows[local < start.tz_localize(None)]
        ingested(before, Path(scratch) / "before.parquet", lake)
        gzeco("run", MODEL, "--at", start.isoformat(), "--lake", lake)  # fits the models, once a week
        made = [
            refresh(rows, start + pd.Timedelta(hours=1 + k), Path(scratch), lake) for k in range(asked.hours)
        ]
    print(json.dumps({"refresh": made, "limit_s": LIMIT_S}, indent=1, ensure_ascii=False))
    return 0 if all(one["total_s"] < LIMIT_S for one in made) else 1


if __name__ == "__main__":
    sys.exit(main())
