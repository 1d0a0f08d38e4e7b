"""How the plume moves over the hours, when it arrives where, and what a source that stops would change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.environmental_health.districts import district_masks

if TYPE_CHECKING:
    from gzeco_lib.environmental_health.feeds import People
    from gzeco_lib.environmental_health.trace.attribution import Attribution
    from gzeco_lib.environmental_health.trace.exposure import Drawn
    from gzeco_lib.geo.grid import Grid

ARRIVED = 0.2  # share of the threshold that counts as arrived


def arrival(added: np.ndarray, times: pd.DatetimeIndex, threshold: float, grid: Grid) -> pd.DataFrame:
    """First and highest hour of the expected addition in each district; districts it hardly reaches are left out.

    Args:
        added: expected addition [ug m-3] (time, cell).
        times: UTC without a zone.
        threshold: [ug m-3]; a fifth of it in any cell counts as arrived.
        grid: of the cells.
    """
    rows = []
    for code, _zh, _en, inside in district_masks(grid):
        course = added[:, inside].max(axis=1, initial=0.0)
        reached = np.flatnonzero(course > ARRIVED * threshold)
        if len(reached):
            first, peak = times[reached[0]], times[int(course.argmax())]
            rows.append((code, first.tz_localize("UTC"), peak.tz_localize("UTC"), float(course.max())))
    return pd.DataFrame(rows, columns=["district", "first_time", "peak_time", "peak_added"])


def stopped(
    added: np.ndarray,
    found: Attribution,
    drawn: Drawn,
    source: str,
    stop: pd.Timestamp,
    times: pd.DatetimeIndex,
) -> np.ndarray:
    """``added`` (draw, time, cell) had ``source`` stopped at ``stop``; the hour of the stop counts by its part.

    A steady plume holds no memory: what was released before has left the city within the hour.
    """
    left = np.clip((stop - times) / pd.Timedelta("1h"), 0.0, 1.0).astype(float)
    names = np.where(drawn.hypothesis >= 0, found.candidates.enterprise[drawn.hypothesis], "")
    factor = np.where((names == source)[:, None], np.asarray(left)[None, :], 1.0)
    return added * factor[:, :, None].astype(np.float32)


def what_if(
    added: np.ndarray, without: np.ndarray, persons: People, threshold: float, lead: np.ndarray
) -> pd.DataFrame:
    """People above the threshold and the highest expected addition by hour, with and without the stop."""
    there = persons.everybody.astype(np.float32)
    count = [
        np.einsum("dtc,tc->t", (a > threshold).astype(np.float32), there) / len(a) for a in (added, without)
    ]
    return pd.DataFrame({
        "time": persons.times.tz_localize("UTC"), "lead_h": lead, "people": count[0], "people_stopped": count[1],
        "added_max": added.mean(axis=0).max(axis=1), "added_max_stopped": without.mean(axis=0).max(axis=1),
    })  # fmt: skip


def plume(added: np.ndarray, without: np.ndarray, threshold: float, grid: Grid) -> dict[str, np.ndarray]:
    """Fields (time, y, x): expected addition with and without the stop, probability of more than the threshold."""
    values = {
        "added": added.mean(axis=0), "added_stopped": without.mean(axis=0),
        "probability": (added > threshold).mean(axis=0),
    }  # fmt: skip
    out = {}
    for name, flat in values.items():
        whole = np.full((len(flat), *grid.shape), np.nan, np.float32)
        whole[:, grid.mask] = flat
        out[name] = whole
    return out


def dataset(
    parts: dict[str, dict[str, np.ndarray]],
    times: dict[str, pd.DatetimeIndex],
    seen: dict[str, int],
    grid: Grid,
) -> xr.Dataset:
    """The field ``plume``: dims (trace, lead_h, y, x); leads count from the last hour seen, NaN outside a trace."""
    names = list(parts)
    first = min(1 - seen[name] for name in names)
    last = max(len(times[name]) - seen[name] for name in names)
    leads = np.arange(first, last + 1)
    field = grid.dataset().assign_coords(
        lead_h=("lead_h", leads, {"units": "h", "long_name": "lead"}), trace=("trace", np.array(names, dtype=object)),
    )  # fmt: skip
    field["district"] = (("y", "x"), np.where(grid.mask, grid.district, "0").astype(np.int64))
    clock = np.full((len(names), len(leads)), np.datetime64("NaT"), "datetime64[ns]")
    units = {"added": "ug m-3", "added_stopped": "ug m-3", "probability": "1"}
    values = {name: np.full((len(names), len(leads), *grid.shape), np.nan, np.float32) for name in units}
    for i, name in enumerate(names):
        start = 1 - seen[name] - first
        span = slice(start, start + len(times[name]))
        clock[i, span] = times[name].to_numpy()
        for key in units:
            values[key][i, span] = parts[name][key]
    field = field.assign_coords(time=(("trace", "lead_h"), clock))
    for key, unit in units.items():
        field[key] = (("trace", "lead_h", "y", "x"), values[key], {"units": unit})
    field.attrs = {"Conventions": "CF-1.11", "crs": "EPSG:4547", "resolution_m": grid.resolution}
    return field
