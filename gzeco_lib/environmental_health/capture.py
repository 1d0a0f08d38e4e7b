"""Data capture: how much of what should have come did come, by station and pollutant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake

DAYS = 30


def capture_table(data: xr.Dataset, flagged: pd.DataFrame) -> pd.DataFrame:
    """Capture of each station and pollutant in the last 24 hours and 30 days of ``data``.

    Args:
        data: usable observations, dims (time, site), complete hours.
        flagged: columns site, variable, rows: rows of the 30 days that a quality rule flagged.

    Returns:
        site, variable, capture_24h, capture_30d (fractions of the hours), flagged_30d (rows), last_time (UTC).
    """
    times = pd.DatetimeIndex(data["time"].to_numpy()).tz_localize("UTC")
    counts = flagged.set_index(["site", "variable"])["rows"].to_dict()
    rows = []
    for code in data.data_vars:
        present = np.isfinite(data[code].to_numpy())
        for k, site in enumerate(data["site"].to_numpy()):
            known = np.flatnonzero(present[:, k])
            rows.append(
                {
                    "site": str(site),
                    "variable": str(code),
                    "capture_24h": present[-24:, k].sum() / 24,
                    "capture_30d": present[-24 * DAYS :, k].sum() / (24 * DAYS),
                    "flagged_30d": int(counts.get((str(site), str(code)), 0)),
                    "last_time": times[known[-1]] if len(known) else pd.NaT,
                }
            )
    table = pd.DataFrame(rows)
    table["last_time"] = pd.to_datetime(table["last_time"], utc=True)
    return table.sort_values(["site", "variable"], ignore_index=True)


def flagged_rows(lake: Lake, latest: pd.Timestamp) -> pd.DataFrame:
    """Flagged rows by station and variable in the 30 days up to ``latest``: site, variable, rows."""
    rows = lake.read(
        "observation",
        columns=["site", "variable", "flag"],
        start=latest - pd.Timedelta(days=DAYS) + pd.Timedelta("1h"),
        end=latest + pd.Timedelta("1h"),
        where={"interval": "PT1H"},
    )
    rows = rows[rows["flag"].fillna("") != ""]
    return rows.groupby(["site", "variable"]).size().rename("rows").reset_index()
