"""What the hazards read of the lake: sites of a kind, their readings as known at a time, attributes of cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzeco_lib.geo.coords import to_plane
from gzeco_lib.geo.districts import district_of
from gzeco_lib.geo.grid import KILOMETRE, cell_of
from gzeco_lib.variables import quality

if TYPE_CHECKING:
    from gzeco_lib.geo.grid import Grid
    from gzeco_lib.lake.lake import Lake

LENGTH = {"PT1H": pd.Timedelta("1h"), "PT4H": pd.Timedelta("4h"), "P1D": pd.Timedelta("1D")}


@dataclass(frozen=True)
class Readings:
    """Usable readings and the sites they are from.

    Attributes:
        rows: time (UTC), site, variable, value, interval; only intervals that had ended.
        sites: site, name_zh, name_en, lon, lat, x, y, district of those with coordinates and readings.
        silent: sites of the kind without a reading in the window.
        unplaced: sites with readings but without coordinates.
    """

    rows: pd.DataFrame
    sites: pd.DataFrame
    silent: list[str]
    unplaced: list[str]


def readings(
    lake: Lake, at: pd.Timestamp, variables: Sequence[str], days: dict[str, int], kinds: Sequence[str]
) -> Readings:
    """Readings of ``variables`` at sites of ``kinds`` that were known at ``at``.

    Args:
        lake: the lake.
        at: UTC.
        variables: codes.
        days: by interval (PT1H, PT4H, P1D), how many days before ``at`` are read.
        kinds: kinds of site; a site of another kind that measured the variables counts where ``kinds`` is empty.
    """
    parts = [
        lake.read(
            "observation",
            columns=["time", "site", "variable", "value", "flag", "interval"],
            start=at - pd.Timedelta(days=window),
            # An interval counts once it has ended; reading is half-open.
            end=at - LENGTH[interval] + pd.Timedelta("1us"),
            where={"variable": list(variables), "interval": interval},
        )
        for interval, window in days.items()
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[quality.usable(rows["flag"])] if len(rows) else rows
    known = lake.read("site", where={"kind": list(kinds)} if kinds else None)
    rows = _of(rows.drop(columns="flag"), set(known["site"]))
    reporting = known["site"].isin(rows["site"].unique())
    placed = known["lon"].notna() & known["lat"].notna()
    sites = known[reporting & placed].sort_values("site", ignore_index=True)
    return Readings(
        _of(rows, set(sites["site"])),
        _placed(sites),
        sorted(known.loc[~reporting, "site"]) if kinds else [],
        sorted(known.loc[reporting & ~placed, "site"]),
    )


def _of(rows: pd.DataFrame, sites: set[str]) -> pd.DataFrame:
    """The rows of ``sites``; most often all are, which a look at the distinct ids tells quickly."""
    if set(rows["site"].unique()) <= sites:
        return rows.reset_index(drop=True)
    return rows[rows["site"].isin(sites)].reset_index(drop=True)


def _placed(sites: pd.DataFrame) -> pd.DataFrame:
    x, y = to_plane(sites["lon"].astype(float), sites["lat"].astype(float)) if len(sites) else ([], [])
    found = district_of(sites["lon"], sites["lat"]) if len(sites) else np.array([], dtype="U6")
    given = sites["district"].fillna("").astype(str).to_numpy()
    return sites.assign(
        x=np.asarray(x, dtype=float), y=np.asarray(y, dtype=float),
        district=np.where(found != "", found, given),
        name_en=sites["name_en"].fillna(sites["site"]),
    )[["site", "name_zh", "name_en", "lon", "lat", "x", "y", "district"]]  # fmt: skip


def pivoted(rows: pd.DataFrame, variable: str, sites: Sequence[str]) -> tuple[pd.DatetimeIndex, np.ndarray]:
    """UTC times and values (time, site) of one variable, in the order of ``sites``."""
    part = rows[rows["variable"] == variable]
    table = part.pivot_table(index="time", columns="site", values="value", aggfunc="mean").reindex(
        columns=list(sites)
    )
    return pd.DatetimeIndex(table.index), table.to_numpy(dtype=float)


def cell_attribute(lake: Lake, attribute: str) -> pd.Series:
    """Values of a cell attribute by cell id; empty where the lake has none."""
    table = lake.read("cell", where={"attribute": attribute})
    return table.set_index("cell")["value"].astype(float)


def attribute_at(values: pd.Series, xy: np.ndarray) -> np.ndarray:
    """The attribute of the kilometre cell that each point (n, 2) [m] lies in, NaN where not known."""
    if values.empty or len(xy) == 0:
        return np.full(len(xy), np.nan)
    return values.reindex(cell_of(xy[:, 0], xy[:, 1], KILOMETRE)).to_numpy(dtype=float)


def on_grid(values: pd.Series, grid: Grid) -> np.ndarray:
    """The attribute of the cells inside the city, by the kilometre cell their centre lies in."""
    return attribute_at(values, grid.points(inside=True))
