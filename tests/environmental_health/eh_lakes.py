"""Rows of a small generated city for the model's tests, and sentences as a reader gets them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.geo.grid import city_grid
from gzeco_lib.views.words import words

CODES = ("PM2.5", "PM10", "SO2", "NO2", "O3", "CO")
LEVEL = {"PM2.5": 30.0, "PM10": 55.0, "SO2": 7.0, "NO2": 35.0, "O3": 60.0, "CO": 0.8}
PLACES = {  # real places of Guangzhou: lon, lat
    "S1": (113.2347, 23.1423), "S2": (113.2612, 23.1050), "S3": (113.3478, 23.0916), "S4": (113.4332, 23.1047),
    "S5": (113.3505, 22.9483), "S6": (113.2146, 23.3916), "S7": (113.5618, 23.3120), "S8": (113.5342, 22.7896),
}  # fmt: skip
END = pd.Timestamp("2024-12-15T00:00Z")  # END - 1 h is the last hour of the generated lake
DAYS = 12  # too few to train on: forecasts are persistence, which keeps the tests quick


def observations(
    end: pd.Timestamp = END,
    days: int = DAYS,
    level: dict[str, float] = LEVEL,
    sites: tuple[str, ...] = tuple(PLACES),
) -> pd.DataFrame:
    """Hourly rows with a daily cycle, a gradient from west to east and some noise."""
    rng = np.random.default_rng(5)
    times = pd.date_range(end - pd.Timedelta(days=days), end, freq="1h", inclusive="left")
    parts = []
    for code in CODES:
        cycle = 1 + 0.4 * np.sin((times.hour.to_numpy() + 8) / 24 * 2 * np.pi)
        for k, site in enumerate(sites):
            values = level[code] * cycle * (1 - 0.03 * k) * np.exp(rng.normal(0, 0.05, len(times)))
            parts.append(
                pd.DataFrame({"time": times, "site": site, "variable": code, "value": values.round(2)})
            )
    return pd.concat(parts).assign(flag="", interval="PT1H", source="test")


def sites() -> pd.DataFrame:
    """The site table."""
    return pd.DataFrame(
        [
            {
                "site": site, "name_zh": f"站{site}", "name_en": f"Station {site}", "kind": "air",
                "lon": lon, "lat": lat,
                "district": None, "generated": True, "source": "test",
            }
            for site, (lon, lat) in PLACES.items()
        ]
    )  # fmt: skip


def exposure() -> pd.DataFrame:
    """Persons by cell: many in Yuexiu, few elsewhere, more by day than by night; other numbers on rest days."""
    grid = city_grid(1000)
    cells = grid.cells[grid.mask]
    dense = grid.district[grid.mask] == "440104"
    parts = []
    for kind, factor in (("workday", 1.0), ("restday", 0.5)):
        for hour in range(24):
            people = np.where(dense, 30_000.0, 500.0) * factor * (2.0 if 8 <= hour < 20 else 1.0)
            parts.append(pd.DataFrame({"cell": cells, "hour": hour, "day_type": kind, "population": people}))
    table = pd.concat(parts).assign(group="all", generated=True, source="test")
    return table.astype({"hour": "int16"})


def enterprises() -> pd.DataFrame:
    """Three works in the old town and one far outside."""
    rows = [
        ("E1", "甲厂", "Works A", 113.262, 23.131, "key", 4, 6, '{"NOx": 120.0, "SO2": 30.0}'),
        ("E2", "乙厂", None, 113.250, 23.120, "simplified", 0, 1, '{"NOx": 3.0}'),
        ("E3", "丙厂", "Works C", 113.270, 23.110, None, None, None, None),
        ("E4", "丁厂", "Works D", None, None, "key", 9, 9, "{broken"),
    ]
    names = "enterprise name_zh name_en lon lat management exceedances_12m complaints_12m emission_t_a"
    frame = pd.DataFrame(rows, columns=names.split()).assign(
        industry="造纸", district="440104", credit=80.0, stack_height_m=30.0, generated=True, source="test"
    )
    return frame.astype({"exceedances_12m": "Int64", "complaints_12m": "Int64"})


def told(sentence: tuple[str, dict[str, Any]], lang: str) -> str:
    """The sentence in ``lang`` with its fields filled."""
    message, fields = sentence
    return words(lang)(message).format(**fields)
