"""Daily exposures of the city and its districts from the lake's observations, by the norm's validity rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_
from gzeco_lib.geo.districts import CITY, district_of
from gzeco_lib.standards import validity

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

AIR = ("PM2.5", "O3", "NO2")
WEATHER = ("temperature", "relative_humidity")
LOCAL = "Asia/Shanghai"


@dataclass(frozen=True)
class Exposures:
    """Daily values: variable -> (day x area), the city under its adcode, beside it districts with stations.

    Daily means; O3 is the daily maximum of the 8-h means [ug m-3], temperature [degC], humidity [%].
    """

    values: dict[str, pd.DataFrame]

    def of(self, variable: str, area: str, days: pd.DatetimeIndex) -> np.ndarray:
        """Values of an area on ``days``, of the city where the area has no station; NaN where missing."""
        frame = self.values.get(variable)
        if frame is None or frame.empty:
            return np.full(len(days), np.nan)
        return frame[area if area in frame else CITY].reindex(days).to_numpy(dtype=float)


def daily(lake: Lake, start: pd.Timestamp, end: pd.Timestamp) -> tuple[Exposures, list[Note]]:
    """Exposures of the local days in [start, end) and what is missing.

    Hours make a day's value by `standards.validity`; days for which only a daily value is kept (interval P1D; of O3
    that is the maximum of the 8-h means) take that. The city is the mean over all stations.
    """
    sites = lake.read("site")
    area = dict(zip(sites["site"], _districts(sites), strict=True))
    values: dict[str, pd.DataFrame] = {}
    notes: list[Note] = []
    for code in (*AIR, *WEATHER):
        stations = _stations(lake, code, start, end)
        if stations.empty or not stations.notna().to_numpy().any():
            notes.append((N_("The lake holds no days of {code}."), {"code": code}))
            continue
        names = [area.get(site, "") for site in stations]
        means = stations.T.groupby(np.asarray(names, dtype=object)).mean().T
        means = means.drop(columns=[c for c in means if not c])
        means[CITY] = stations.mean(axis=1)
        values[code] = means
    return Exposures(values), notes


def _districts(sites: pd.DataFrame) -> np.ndarray:
    """District of each site, by its place where the lake does not say; "" outside or unknown."""
    said = sites["district"].fillna("").to_numpy(dtype=object)
    placed = (sites["lon"].notna() & sites["lat"].notna()).to_numpy() & (said == "")
    said[placed] = district_of(sites["lon"].to_numpy(float)[placed], sites["lat"].to_numpy(float)[placed])
    return said


def _stations(lake: Lake, code: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Daily values of each station (local day x site), from hours first, then from kept days."""
    hourly = lake.observations([code], start, end, interval="PT1H")
    found = pd.DataFrame()
    if hourly.sizes["site"]:
        rule = validity.mda8 if code == "O3" else validity.daily_mean
        made = rule(hourly[code].to_numpy(), hourly["time"].to_numpy())
        found = pd.DataFrame(
            made.value, pd.DatetimeIndex(made.start), [str(s) for s in hourly["site"].to_numpy()]
        )
    kept = lake.read("observation", start=start, end=end, where={"variable": code, "interval": "P1D"})
    if not kept.empty:
        from gzeco_lib.variables import quality

        kept = kept[np.asarray(quality.usable(kept["flag"]), dtype=bool)]
        day = kept["time"].dt.tz_convert(LOCAL).dt.tz_localize(None).dt.normalize()
        table = kept.assign(day=day).pivot_table(index="day", columns="site", values="value")
        found = found.combine_first(table)
    return found
