"""Long frames of observations, made and real."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

POLLUTANTS = ["PM2.5", "PM10", "SO2", "NO2", "O3", "CO"]
Frame = Callable[..., pd.DataFrame]


@pytest.fixture
def series() -> Frame:
    """Hourly observations of one site and variable from a list of values (None leaves the hour out)."""

    def make(
        values: list, variable: str = "PM2.5", site: str = "A", start: str = "2024-06-01T00:00Z"
    ) -> pd.DataFrame:
        times = pd.date_range(start, periods=len(values), freq="h")
        frame = pd.DataFrame(
            {"time": times, "site": site, "variable": variable, "value": values, "interval": "PT1H"}
        )
        return frame.dropna(subset="value").astype({"value": float}).reset_index(drop=True)

    return make


@pytest.fixture(scope="session")
def guangzhou(shared: Path) -> pd.DataFrame:
    """Nine months of the 21 national stations of Guangzhou, 807,044 observations."""
    wide = pd.read_parquet(shared / "guangzhou_air" / "hourly_2024-04_2024-12.parquet")
    frame = wide.melt(["station", "time_local"], POLLUTANTS, "variable", "value").dropna()
    time = (frame["time_local"] - pd.Timedelta(hours=8)).dt.tz_localize("UTC")
    return pd.DataFrame(
        {
            "time": time, "site": frame["station"], "variable": frame["variable"],
            "value": frame["value"].astype(np.float64).round(1), "interval": "PT1H",
        }
    ).reset_index(drop=True)  # fmt: skip
