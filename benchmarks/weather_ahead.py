"""How true the temperature of the next 24 hours is without a weather forecast, on hourly temperature of Guangzhou.

    python benchmarks/weather_ahead.py [--data FOLDER] [--days 365]

From an origin every 31 hours of the last ``--days`` days of the public record (``uci_pm25_guangzhou``), with the 45
days before it as a run reads them. Beside it: the last value, the same hour of the day before, and the usual day alone.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.outlook.persistence import DAY, path, trailing, usual
from gzeco_lib.environmental_health.outlook.weather import LEARNT_FROM
from gzeco_lib.experiments.folder import folder

Z90 = 1.2815515655446004
LEADS = (1, 3, 6, 12, 24)


def temperature(root: str | None) -> np.ndarray:
    """Hourly temperature (time, 1) [degC] of the whole record, NaN where missing."""
    file = next(Path(folder("uci_pm25_guangzhou", root)).glob("*.parquet"))
    rows = pd.read_parquet(file, columns=["time_local", "TEMP"])
    series = rows.drop_duplicates("time_local").set_index("time_local")["TEMP"]
    series = series.where(series.between(-20, 50))  # missing ones are -9999
    return series.asfreq("h").to_numpy(dtype=float)[:, None]


def main() -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=None)
    parser.add_argument("--days", type=int, default=365)
    asked = parser.parse_args()
    began = time.process_time()
    values = temperature(asked.data)
    made: dict[str, list[np.ndarray]] = {
        name: [] for name in ("ours", "last", "yesterday", "usual", "inside", "day")
    }
    for origin in range(len(values) - DAY * asked.days, len(values) - DAY, 31):
        past, came = values[origin - DAY * LEARNT_FROM : origin], values[origin : origin + DAY]
        if np.isfinite(past[-6:]).sum() < 3:
            continue
        found = path(past, DAY)
        last = past[-6:][np.isfinite(past[-6:])][-1]
        made["ours"].append(np.abs(found.value - came)[:, 0])
        made["last"].append(np.abs(last - came)[:, 0])
        made["yesterday"].append(np.abs(past[-DAY:] - came)[:, 0])
        made["usual"].append(np.abs(usual(past, DAY)[-DAY:] - came)[:, 0])
        made["inside"].append(_inside(found.value, found.sd, came))
        days = trailing(np.vstack([past[-DAY:], came]))[-DAY:]
        made["day"].append(_inside(found.daily, found.daily_sd, days))
    mean = {name: np.nanmean(np.stack(cases), axis=0) for name, cases in made.items()}
    result = {
        "origins": len(made["ours"]),
        "mae_degC": {name: {lead: round(float(mean[name][lead - 1]), 2) for lead in LEADS}
                     for name in ("ours", "last", "yesterday", "usual")},
        "covered_80": round(float(mean["inside"].mean()), 3),
        "covered_80_of_the_24_h_mean": round(float(mean["day"].mean()), 3),
        "cpu_s": round(time.process_time() - began, 1),
    }  # fmt: skip
    print(json.dumps(result, indent=1))


def _inside(value: np.ndarray, sd: np.ndarray, came: np.ndarray) -> np.ndarray:
    """1 where the 80 % band holds what came, NaN where that is missing (lead,)."""
    inside = np.abs(value - came) <= Z90 * sd[:, None]
    return np.where(np.isfinite(came), inside, np.nan)[:, 0]


if __name__ == "__main__":
    main()
