"""What the model reads of the lake, as known at a time: stations, recent hours, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.environmental_health.risk import POLLUTANTS
from gzeco_lib.errors import N_, InputError
from gzeco_lib.geo.coords import to_plane
from gzeco_lib.geo.districts import city_outline, district_of

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

AROUND = 0.3  # [degree] stations this far outside the city still help to interpolate
HOUR = pd.Timedelta("1h")


@dataclass
class Inputs:
    """Recent observations of the city's air stations.

    Attributes:
        data: dims (time, site), complete UTC hours without a zone; ends with the latest complete hour.
        sites: one row a station in the order of ``data.site``: site, name_zh, name_en, district, lon, lat, x, y.
        latest: the latest complete hour (UTC).
        notes: what the reader must know.
    """

    data: xr.Dataset
    sites: pd.DataFrame
    latest: pd.Timestamp
    notes: list[Note] = field(default_factory=list)

    @property
    def xy(self) -> np.ndarray:
        """Coordinates (site, 2) [m], NaN where unknown."""
        return self.sites[["x", "y"]].to_numpy(dtype=float)


def gather(lake: Lake, at: pd.Timestamp, days: int) -> Inputs:
    """The last ``days`` days of the city's air stations that could be known at ``at``.

    Raises:
        InputError: where the lake has no air station of the city, or no data in the window.
    """
    sites = air_sites(lake)
    end = at.tz_convert("UTC").floor("1h")  # an hour that starts here has not ended yet
    data = lake.observations(POLLUTANTS, end - pd.Timedelta(days=days), end, sites=list(sites["site"]))
    latest = latest_hour(data)
    if latest is None:
        raise InputError(
            N_("there are no hourly observations of the city in the {days} days before {at}"),
            "{url}",
            N_("the lake's latest hour is {latest}; name a time after it with --at, or ingest newer data"),
            days=days, at=f"{at:%Y-%m-%d %H:%M} UTC", url=lake.url, latest=newest(lake),
        )  # fmt: skip
    data = data.sel(time=slice(None, latest))
    reporting = np.any([np.isfinite(data[code].to_numpy()).any(axis=0) for code in POLLUTANTS], axis=0)
    inputs = Inputs(
        data.isel(site=np.flatnonzero(reporting)),
        sites[reporting].reset_index(drop=True),
        latest.tz_localize("UTC"),
    )
    inputs.notes = _notes(inputs, sites[~reporting], at)
    return inputs


def air_sites(lake: Lake) -> pd.DataFrame:
    """Air stations in or near the city, sorted by id, with plane coordinates; stations without coordinates are kept.

    Raises:
        InputError: where there are none.
    """
    sites = lake.read("site", where={"kind": ["air", "background"]}).sort_values("site", ignore_index=True)
    west, south, east, north = city_outline().bounds
    inside = sites["lon"].between(west - AROUND, east + AROUND) & sites["lat"].between(
        south - AROUND, north + AROUND
    )
    sites = sites[inside | sites["lon"].isna() | sites["lat"].isna()].reset_index(drop=True)
    if sites.empty:
        raise InputError(
            N_("the lake holds no air station in or near the city"), "{url}",
            N_("ingest stations with their coordinates first: gzeco ingest … --lake {url}"), url=lake.url,
        )  # fmt: skip
    placed = (sites["lon"].notna() & sites["lat"].notna()).to_numpy()
    sites["x"], sites["y"] = np.nan, np.nan
    sites.loc[placed, "x"], sites.loc[placed, "y"] = to_plane(
        sites.loc[placed, "lon"], sites.loc[placed, "lat"]
    )
    found = district_of(sites["lon"], sites["lat"])
    given = sites["district"].fillna("").astype(str).to_numpy()
    sites["district"] = np.where(found != "", found, given)
    sites["name_en"] = sites["name_en"].fillna(sites["site"])
    return sites[["site", "name_zh", "name_en", "district", "lon", "lat", "x", "y"]]


def latest_hour(data: xr.Dataset) -> pd.Timestamp | None:
    """The latest hour with data from at least half of the stations that report at all; None where there are none."""
    present = np.any([np.isfinite(data[code].to_numpy()) for code in data.data_vars], axis=0)
    reporting = int(present.any(axis=0).sum())
    if reporting == 0:
        return None
    enough = np.flatnonzero(present.sum(axis=1) * 2 >= reporting)
    # Stations that never report at the same time: the latest hour with any of them is the best there is.
    hours = enough if len(enough) else np.flatnonzero(present.any(axis=1))
    return pd.Timestamp(data["time"].to_numpy()[hours[-1]])


def newest(lake: Lake) -> str:
    """The start of the latest hourly observation in the lake, as text."""
    found = lake.query("SELECT max(time) AS time FROM observation WHERE interval = 'PT1H'")["time"].iloc[0]
    return "-" if pd.isna(found) else f"{pd.Timestamp(found):%Y-%m-%d %H:%M} UTC"


def _notes(inputs: Inputs, silent: pd.DataFrame, at: pd.Timestamp) -> list[tuple[str, dict[str, Any]]]:
    notes: list[tuple[str, dict[str, Any]]] = []
    if at > pd.Timestamp.now("UTC"):
        notes.append((N_("The time asked for lies in the future; the latest hour known is used."), {}))
    age = (at - (inputs.latest + HOUR)) / HOUR
    if age > 1:
        notes.append(
            (N_("The latest complete hour ended {hours} h before the time asked for."), {"hours": round(age)})
        )
    for code in POLLUTANTS:
        if not np.isfinite(inputs.data[code]).any():
            notes.append(
                (N_("{code} is missing at every station; indices are made without it."), {"code": code})
            )
    # Of neighbouring cities the register may hold many stations that nobody meant to bring in.
    expected = silent[silent["district"] != ""]
    for message, rows in (
        (N_("Stations of the city without any data in the window read: {sites}."), expected),
        (
            N_("Stations without coordinates, left off the map: {sites}."),
            inputs.sites[inputs.sites["x"].isna()],
        ),
    ):
        if len(rows):
            notes.append((message, {"sites": ", ".join(rows["site"])}))
    return notes
