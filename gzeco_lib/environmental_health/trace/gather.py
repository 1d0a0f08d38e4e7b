"""What the trace reads of the lake, and which alarms belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.environmental_health.trace.alarms import COLUMNS
from gzeco_lib.environmental_health.trace.background import CODES
from gzeco_lib.environmental_health.trace.weather import VARIABLES
from gzeco_lib.errors import N_
from gzeco_lib.geo.coords import to_plane

if TYPE_CHECKING:
    from gzeco_lib.geo.grid import Grid
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

DAYS = 30  # of history behind an alarm
CARRIED = pd.Timedelta("6h")


def observed(lake: Lake, sites: pd.DataFrame, end: pd.Timestamp) -> tuple[xr.Dataset | None, list[Note]]:
    """A month of the stations before ``end``, to the latest hour that half of them report; None where there is none."""
    from gzeco_lib.environmental_health.inputs import latest_hour

    data = lake.observations(CODES, end - pd.Timedelta(days=DAYS), end, sites=list(sites["site"]))
    latest = latest_hour(data)
    if latest is None:
        return None, [
            (N_("No station reported in the month before: there is nothing to look for alarms in."), {})
        ]
    notes: list[Note] = []
    data = data.sel(time=slice(None, latest))
    recent = np.any([np.isfinite(data[c].to_numpy()[-24:]).any(axis=0) for c in data.data_vars], axis=0)
    if not recent.all():
        gone = ", ".join(str(s) for s in data["site"].to_numpy()[~recent][:5])
        notes.append((N_("{n} stations report nothing in the last day and cannot raise an alarm: {sites}."),
                      {"n": int((~recent).sum()), "sites": gone}))  # fmt: skip
    return data, notes


def winds(lake: Lake, times: pd.DatetimeIndex) -> tuple[xr.Dataset | None, np.ndarray, list[Note]]:
    """Hourly weather of the stations with a place, and the places [m]; None where the lake holds no wind."""
    sites = lake.read("site")
    sites = sites[sites["lon"].notna() & sites["lat"].notna()].sort_values("site", ignore_index=True)
    none: tuple[None, np.ndarray, list[Note]] = (
        None, np.zeros((0, 2)),
        [(N_("The lake holds no wind of these hours: alarms are shown, their sources are not traced."), {})],
    )  # fmt: skip
    if sites.empty:
        return none
    start, end = times[-1] - pd.Timedelta("3D"), times[-1] + pd.Timedelta("1h")
    first = min(times[0], start).tz_localize("UTC")
    data = lake.observations(VARIABLES, first, end.tz_localize("UTC"), sites=list(sites["site"]))
    if "wind_speed" not in data or "wind_direction" not in data:
        return none
    known = np.isfinite(data["wind_speed"].to_numpy() + data["wind_direction"].to_numpy()).any(axis=0)
    if not known.any():
        return none
    order = pd.Index(sites["site"]).get_indexer([str(s) for s in data["site"].to_numpy()])
    xy = np.column_stack(to_plane(sites["lon"].to_numpy(float)[order], sites["lat"].to_numpy(float)[order]))
    return data.isel(site=np.flatnonzero(known)), xy[known], []


def grouped(alarms: pd.DataFrame, sites: pd.DataFrame, reach: float) -> pd.DataFrame:
    """The strongest alarm of each group that overlaps in time within half of ``reach`` [m]: one trace explains them."""
    index = pd.Index(sites["site"]).get_indexer(alarms["site"])
    xy = sites[["x", "y"]].to_numpy(float)[index]
    start, end = alarms["start"].to_numpy(), alarms["end"].to_numpy()
    kept: list[int] = []
    for i in np.argsort(-alarms["score"].clip(upper=60.0).to_numpy(float), kind="stable"):
        if not any(
            start[i] < end[j] and end[i] > start[j] and np.hypot(*(xy[i] - xy[j])) < reach / 2 for j in kept
        ):
            kept.append(int(i))
    return alarms.iloc[kept]


def cells(place: pd.DataFrame, grid: Grid) -> np.ndarray:
    """Number among the cells inside the city that each place lies in, -1 outside or without coordinates."""
    found = np.full(len(place), -1)
    known = (place["lon"].notna() & place["lat"].notna()).to_numpy(bool)
    if not known.any():
        return found
    x, y = to_plane(place.loc[known, "lon"].to_numpy(float), place.loc[known, "lat"].to_numpy(float))
    half = grid.resolution / 2
    column = np.floor((x - grid.x[0] + half) / grid.resolution).astype(int)
    row = np.floor((y - grid.y[0] + half) / grid.resolution).astype(int)
    number = np.where(grid.mask.ravel(), np.cumsum(grid.mask.ravel()) - 1, -1).reshape(grid.shape)
    on = (column >= 0) & (column < len(grid.x)) & (row >= 0) & (row < len(grid.y))
    found[known] = np.where(on, number[row.clip(0, len(grid.y) - 1), column.clip(0, len(grid.x) - 1)], -1)
    return found


def empty() -> dict[str, pd.DataFrame]:
    """The tables of the outcome without a row, so that readers find their columns."""
    columns = {
        "alarms": " ".join(COLUMNS),
        "traces": "trace alarm site name_zh name_en variable start end lon lat first probability unknown none people "
        "people_lo people_hi threshold seconds",
        "candidates": "trace rank enterprise name_zh name_en industry district lon lat probability prior rate rate_lo "
        "rate_hi detectable like correlation",
        "fit": "trace time site variable observed background fitted",
        "exposed": "trace time lead_h group people people_lo people_hi mean_added",
        "exposed_places": "trace place kind name_zh name_en lon lat district people first_time peak_time peak_added "
        "probability",
        "arrival": "trace district first_time peak_time peak_added",
        "what_if": "trace source stop time lead_h people people_stopped added_max added_max_stopped",
    }
    return {name: pd.DataFrame(columns=names.split()) for name, names in columns.items()}
