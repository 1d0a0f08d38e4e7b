"""Hourly wind of the Beijing stations (UCI 501) with their places: a real network to check wind fields on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.experiments.folder import folder
from gzeco_lib.experiments.hourly_air import COMPASS

# Names of the set and of the national list (cn_national_stations).
PLACES = {
    "Aotizhongxin": "奥体中心", "Changping": "昌平镇", "Dingling": "定陵(对照点)", "Dongsi": "东四",
    "Guanyuan": "官园", "Gucheng": "古城", "Huairou": "怀柔镇", "Nongzhanguan": "农展馆",
    "Shunyi": "顺义新城", "Tiantan": "天坛", "Wanliu": "海淀万柳", "Wanshouxigong": "万寿西宫",
}  # fmt: skip
KILOMETRES = 111.195  # in a degree of latitude


def read(root: Path | str | None = None, start: str | None = None, hours: int | None = None) -> xr.Dataset:
    """Wind by hour and station, UTC.

    The weather of this set comes from the nearest weather station, so that several air stations may share one wind;
    such copies are kept once, at the first of them.

    Args:
        root: folder of all data sets, as ``experiments.folder`` takes it.
        start: first hour (UTC); None is the first there is.
        hours: how many; None is all.

    Returns:
        ``wind_speed`` [m s-1] and ``wind_direction`` [degree] (time, site), of 16 directions; ``x``, ``y`` [m] by site
        in a plane around the middle of the stations, ``height`` 10 m.

    Raises:
        InputError: a set is not here.
    """
    path = sorted(folder("beijing_prsa", root).glob("*.parquet"))
    rows = pd.concat(pd.read_parquet(p, columns=["time_local", "station", "wd", "WSPM"]) for p in path)
    rows["time"] = pd.to_datetime(rows["time_local"]) - pd.Timedelta(hours=8)
    rows["angle"] = rows["wd"].map({name: 22.5 * i for i, name in enumerate(COMPASS)}).astype(float)
    wide = {
        name: rows.pivot_table(index="time", columns="station", values=name) for name in ("WSPM", "angle")
    }
    first = pd.Timestamp(start) if start else wide["WSPM"].index[0]
    clock = pd.date_range(first, wide["WSPM"].index[-1], freq="h")[:hours]
    speed, angle = (wide[name].reindex(index=clock, columns=sorted(PLACES)) for name in ("WSPM", "angle"))
    own = ~speed.T.round(2).fillna(-1).duplicated()
    sites = [name for name in speed.columns if own[name] and speed[name].notna().any()]
    x, y = _plane(root, sites)
    return xr.Dataset(
        {
            "wind_speed": (("time", "site"), speed[sites].to_numpy(), {"units": "m s-1"}),
            "wind_direction": (("time", "site"), angle[sites].to_numpy(), {"units": "degree"}),
        },
        {
            "time": clock.to_numpy(),
            "site": sites,
            "x": ("site", x),
            "y": ("site", y),
            "height": ("site", np.full(len(x), 10.0)),
        },
    )


def _plane(root: Path | str | None, sites: list[str]) -> tuple[np.ndarray, np.ndarray]:
    known = pd.read_csv(folder("cn_national_stations", root) / "cn_national_stations.csv")
    known = known[known["城市"] == "北京"].set_index("监测点名称")
    lon, lat = (
        known.loc[[PLACES[site] for site in sites], name].to_numpy(float) for name in ("经度", "纬度")
    )
    north = KILOMETRES * 1000
    return (lon - lon.mean()) * north * np.cos(np.radians(lat.mean())), (lat - lat.mean()) * north
