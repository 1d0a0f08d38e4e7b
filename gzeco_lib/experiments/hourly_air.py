"""Public hourly air-quality sets as the forecast takes them: every numeric series over (time, site), UTC."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.experiments.folder import folder

COMPASS = ["N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"]
DERIVED = {"AQI"}  # made from the others


@dataclass(frozen=True)
class HourlySet:
    """Where a set lies, its columns of time and station (None: one station), and the place it is from.

    ``ahead`` of UTC [h] are its clocks all year; ``zone`` and ``country`` are for hours of day and holidays.
    """

    folder: str
    time: str
    site: str | None
    ahead: int
    zone: str
    country: str


SETS = {
    "guangzhou": HourlySet("guangzhou_air", "time_local", "station", 8, "Asia/Shanghai", "CN"),
    "beijing": HourlySet("beijing_prsa", "time_local", "station", 8, "Asia/Shanghai", "CN"),
    "london": HourlySet("openair_mydata_london", "date", None, 0, "Europe/London", "GB"),
}


def observations(name: str, root: Path | str | None = None) -> xr.Dataset:
    """Everything hourly the files of the set hold, whatever stations and hours there are.

    Args:
        name: ``guangzhou``, ``beijing`` or ``london``.
        root: folder of all data sets, as ``experiments.folder`` takes it.

    Returns:
        dims (time, site), complete hours, naive UTC; units as found; wind direction ``wd`` in degrees.

    Raises:
        InputError: another name, or the set is not here.
    """
    if name not in SETS:
        raise InputError(
            N_("no hourly set {name}"), "name", N_("name one of: {near}"), name=name, near=near(name, SETS)
        )
    of = SETS[name]
    rows = pd.concat(pd.read_parquet(path) for path in sorted(folder(of.folder, root).glob("*.parquet")))
    stamps = pd.DatetimeIndex(rows[of.time]) - pd.Timedelta(hours=of.ahead)
    rows = rows.assign(time=stamps.astype("datetime64[ns]"), site=rows[of.site] if of.site else name)
    if "wd" in rows and not pd.api.types.is_numeric_dtype(rows["wd"]):
        rows["wd"] = rows["wd"].map({point: 22.5 * k for k, point in enumerate(COMPASS)}).astype(float)
    numeric = [c for c in rows.select_dtypes("number").columns if c not in {"time", "site", *DERIVED}]
    data = (
        rows.drop_duplicates(["time", "site"]).set_index(["time", "site"])[numeric].astype(float).to_xarray()
    )
    data = data.reindex(
        time=pd.date_range(data["time"].values[0], data["time"].values[-1], freq="h", unit="ns")
    )
    if "wd" in data:
        data["wd"].attrs["units"] = "degree"
    return data
