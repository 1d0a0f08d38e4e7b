"""What each part of the index is made of: values with their errors in the cells, and at single places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.friendliness.rules import rules
from gzeco_lib.errors import N_
from gzeco_lib.geo.coords import to_plane
from gzeco_lib.geo.grid import KILOMETRE, cell_of

if TYPE_CHECKING:
    import xarray as xr

    from gzeco_lib.environmental_health.fields import CityCells
    from gzeco_lib.environmental_health.outlook.weather import Weather
    from gzeco_lib.geo.grid import Grid
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

CELL = KILOMETRE / np.sqrt(12)  # [m] standard deviation of where in a cell somebody is, along one axis


@dataclass(frozen=True)
class Part:
    """Values of one part and their standard errors, in the unit of the rules (cell,); NaN where not known."""

    value: np.ndarray
    sd: np.ndarray


def air(cells: CityCells, leads: np.ndarray) -> Part:
    """Mean excess risk from the latest hour on [%]; its errors of the hours count as fully dependent."""
    ahead = leads >= 0
    return Part(_mean(cells.excess_risk[ahead]), _mean(cells.excess_risk_sd[ahead]))


def heat(weather: Weather | None, leads: np.ndarray, xy: np.ndarray) -> tuple[Part, list[Note]]:
    """Highest heat index from the latest hour on [degC]; air temperature where humidity is not known."""
    none = np.full(len(xy), np.nan)
    ahead = leads >= 0
    if weather is None:
        return Part(none, none), []
    felt, error = weather.heat_index, weather.heat_index_sd
    notes: list[Note] = []
    if not np.isfinite(felt[ahead]).any():
        felt, error = weather.temperature, weather.temperature_sd
        notes = [
            (
                N_(
                    "Without humidity the heat part of the index is made from air temperature: it is too kind."
                ),
                {},
            )
        ]
    values = weather.at(felt[ahead], xy)
    known = np.isfinite(values)
    peak = np.where(known, values, -np.inf).argmax(axis=0)
    top = np.where(known.any(axis=0), values[peak, np.arange(len(xy))], np.nan)
    return Part(top, np.hypot(np.nan_to_num(error[ahead])[peak], weather.spatial)), notes


def hazard(hazards: xr.Dataset | None, name: str, grid: Grid) -> Part:
    """Value of a hazard of the map in the cells: noise [dB above the limit] or water [class]."""
    if hazards is None or f"{name}_value" not in hazards:
        none = np.full(int(grid.mask.sum()), np.nan)
        return Part(none, none)
    return Part(
        hazards[f"{name}_value"].to_numpy()[grid.mask].astype(float),
        hazards[f"{name}_sd"].to_numpy()[grid.mask].astype(float),
    )


def green(lake: Lake, xy: np.ndarray) -> Part:
    """Green share of the kilometre cell that each centre lies in [1]."""
    table = lake.read("cell", columns=["cell", "value"], where={"attribute": ["green_share"]})
    known = table.drop_duplicates("cell").set_index("cell")["value"]
    value = known.reindex(cell_of(xy[:, 0], xy[:, 1])).to_numpy(dtype=float)
    return Part(value, np.where(np.isfinite(value), float(rules()["parts"]["green"]["sd"]), np.nan))


def places(lake: Lake) -> pd.DataFrame:
    """The lake's places with coordinates: its columns and x, y [m]."""
    table = lake.read("place").sort_values("place", ignore_index=True)
    table = table[table["lon"].notna() & table["lat"].notna()].reset_index(drop=True)
    table["x"], table["y"] = to_plane(table["lon"], table["lat"]) if len(table) else (np.nan, np.nan)
    return table


def distance(xy: np.ndarray, targets: np.ndarray, itself: bool = False) -> np.ndarray:
    """Distance (point,) [m] to the nearest of ``targets`` (m, 2); NaN without any.

    Args:
        itself: the points are among the targets: each one's own place does not count.
    """
    from scipy.spatial import KDTree

    wanted = 2 if itself else 1
    if len(targets) < wanted or not len(xy):
        return np.full(len(xy), np.nan)
    found = KDTree(targets).query(xy, k=[wanted])[0]
    return np.asarray(found[:, 0])


def _mean(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values).sum(axis=0)
    return np.where(known > 0, np.nansum(values, axis=0) / np.maximum(known, 1), np.nan)
