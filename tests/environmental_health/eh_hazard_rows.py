"""Rows of monitors of water, noise and air toxics for the tests of the hazards, with levels that are known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gzeco_lib.geo.coords import from_plane
from gzeco_lib.geo.grid import city_grid

AT = pd.Timestamp("2026-05-31T16:00Z")  # local midnight
GRID = city_grid(1000)
DAYS = 30


def middle(index: int) -> tuple[float, float]:
    """Longitude and latitude of the middle of the cell of that number inside the city."""
    lon, lat = from_plane(*GRID.points(inside=True)[[index]].T)
    return float(lon[0]), float(lat[0])


def cell_id(index: int) -> str:
    """Its id."""
    return str(GRID.cells[GRID.mask][index])


def site(name: str, kind: str, index: int, name_en: str | None = None) -> dict[str, object]:
    lon, lat = middle(index)
    return {
        "site": name, "name_zh": f"站{name}", "name_en": name_en, "kind": kind, "lon": lon, "lat": lat,
        "district": None, "generated": True, "source": "test",
    }  # fmt: skip


def series(name: str, variable: str, value: object, interval: str, days: int = DAYS) -> pd.DataFrame:
    """Readings to the time ``AT``: a constant, or a function of the local hour."""
    step = {"PT1H": "1h", "PT4H": "4h", "P1D": "1D"}[interval]
    times = pd.date_range(AT - pd.Timedelta(days=days), AT, freq=step, inclusive="left")
    hour = times.tz_convert("Asia/Shanghai").hour.to_numpy()
    values = value(hour) if callable(value) else np.full(len(times), float(value))  # type: ignore[arg-type]
    return pd.DataFrame(
        {"time": times, "site": name, "variable": variable, "value": np.asarray(values, dtype=float), "flag": "",
         "interval": interval, "source": "test"}
    )  # fmt: skip


def level(day: float, night: float):
    """Noise of a constant level by day and by night."""
    return lambda hour: np.where((hour >= 6) & (hour < 22), day, night)


def place(name: str, kind: str, index: int) -> dict[str, object]:
    lon, lat = middle(index)
    return {
        "place": name, "name_zh": f"处{name}", "name_en": name, "kind": kind, "lon": lon, "lat": lat,
        "district": None, "people": 800.0, "generated": True, "source": "test",
    }  # fmt: skip


def zones(code: float) -> pd.DataFrame:
    """The same zone in every cell of the city."""
    return pd.DataFrame(
        {
            "cell": GRID.cells[GRID.mask],
            "attribute": "noise_zone",
            "value": float(code),
            "generated": True,
            "source": "test",
        }
    )
