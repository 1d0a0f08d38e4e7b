"""The hourly public series of the national stations of Guangzhou, with the places of the stations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.experiments.folder import folder
from gzeco_lib.geo.coords import to_plane

POLLUTANTS = ("PM2.5", "PM10", "SO2", "NO2", "O3", "CO")


@dataclass(frozen=True)
class Network:
    """Hourly values of a network.

    Attributes:
        times: every hour from first to last, local time (UTC+8).
        sites: station codes; ``names`` are theirs in Chinese.
        lon, lat: of the stations [degree]; ``xy`` (station, 2) in EPSG:4547 [m].
        values: (time, station) by pollutant [ug m-3], CO [mg m-3]; NaN where missing.
    """

    times: pd.DatetimeIndex
    sites: list[str]
    names: list[str]
    lon: np.ndarray
    lat: np.ndarray
    xy: np.ndarray
    values: dict[str, np.ndarray]


def network(root: Path | str | None = None) -> Network:
    """All hours and placed stations that lie in ``guangzhou_air`` of the public data sets.

    Args:
        root: folder of all data sets, as in `experiments.folder`.

    Raises:
        InputError: a data set is not there, or holds no file.
    """
    files = sorted(folder("guangzhou_air", root).glob("*.parquet"))
    if not files:
        raise InputError(
            N_("the public data set {name} is not here"), str(folder("guangzhou_air", root)),
            N_("docs/experiments.md says where it comes from; name its folder in GZECO_DATA"), name="*.parquet",
        )  # fmt: skip
    rows = pd.concat([pd.read_parquet(file) for file in files])
    rows = rows.drop_duplicates(["station", "time_local"], keep="last")
    places = pd.read_csv(folder("cn_national_stations", root) / "cn_national_stations.csv")
    places = places.set_index("监测点编码")
    lonlat = places[["经度", "纬度"]].apply(pd.to_numeric, errors="coerce").dropna()
    sites = sorted(set(rows["station"]) & set(lonlat.index))
    lon, lat = lonlat.loc[sites].to_numpy(dtype=float).T
    times = pd.date_range(rows["time_local"].min(), rows["time_local"].max(), freq="h")
    values = {
        code: rows.pivot(index="time_local", columns="station", values=code)
        .reindex(index=times, columns=sites)
        .to_numpy(dtype=float)
        for code in POLLUTANTS
    }
    xy = np.column_stack(to_plane(lon, lat))
    return Network(times, sites, [str(n) for n in places.loc[sites, "监测点名称"]], lon, lat, xy, values)
