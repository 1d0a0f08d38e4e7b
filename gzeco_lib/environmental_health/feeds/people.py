"""Who is where at which hour: people counted in that hour, else the usual day scaled to recent counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.feeds.regrid import spread
from gzeco_lib.environmental_health.feeds.usual_day import AREA, GROUPS, laid_out, usual_day
from gzeco_lib.errors import N_

if TYPE_CHECKING:
    from gzeco_lib.geo.grid import Grid
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

COUNTED = "counted"
LOOK_BACK = pd.Timedelta(days=7)  # counts this recent scale the usual day
WHOLE = 0.5  # an hour that reports fewer of the usual cells than this was cut short, and does not count
BOUNDS = (0.5, 2.0)  # the usual day is scaled within these; beyond them the count is not of the same people
HOUR = pd.Timedelta("1h")


@dataclass(frozen=True, eq=False)
class People:
    """Persons present in each cell inside the city.

    Attributes:
        times: UTC hours without a zone.
        groups: disjoint groups; their sum is everybody.
        persons: (group, time, cell) [1]; where nothing is known of people the cells weigh the same.
        made_from: (time,) what each hour rests on: ``counted``, ``usual``, ``residents`` or ``area``.
        known: False where ``persons`` are only areas.
    """

    times: pd.DatetimeIndex
    groups: tuple[str, ...]
    persons: np.ndarray
    made_from: np.ndarray
    known: bool

    @property
    def everybody(self) -> np.ndarray:
        """Persons of all groups (time, cell)."""
        return self.persons.sum(axis=0)

    def of(self, group: str) -> np.ndarray:
        """Persons of ``group`` (time, cell); "all" is everybody."""
        return self.everybody if group == "all" else self.persons[self.groups.index(group)]


def people(
    lake: Lake, times: pd.DatetimeIndex, grid: Grid, at: pd.Timestamp | None = None
) -> tuple[People, list[Note]]:
    """Persons by group, hour and cell, as could be known at ``at``, and what stands in for what was not counted.

    An hour with counts is taken as counted; cells outside the area of the count, and hours without one, take the usual
    day, scaled by how the counts of the last week compare with it.

    Args:
        times: hours (UTC, with or without the zone).
        at: counts of hours that had not ended by then are left out; by default all the lake holds are used.
    """
    hours = times.tz_convert("UTC").tz_localize(None) if times.tz is not None else times
    usual, notes = usual_day(lake, grid)
    persons = _usual_at(usual.persons, hours)
    made_from = np.full(len(hours), usual.made_from, dtype=object)
    if len(hours) == 0:
        return People(hours, GROUPS, persons, made_from, usual.made_from != AREA), notes
    counts = _counts(lake, hours, at)
    known = usual.made_from != AREA
    if counts is not None:
        around = counts.hours.union(hours)
        expected = _usual_at(usual.persons, around)
        laid = _laid(counts, grid, expected, around, known)
        factor = _factor(laid, expected[:, around.get_indexer(counts.hours)]) if known else 1.0
        persons, made_from = _merged(hours, counts, laid, persons * factor, made_from)
        known = known or bool((made_from == COUNTED).all())
        notes = [*notes, *_told(hours, made_from, factor, known)]
    elif known and usual.made_from == "usual":
        notes = [*notes, (N_("No counts of the present people: the usual day stands in."), {})]
    return People(hours, GROUPS, persons, made_from, known), notes


def _usual_at(usual: np.ndarray, hours: pd.DatetimeIndex) -> np.ndarray:
    """The usual day (2, 24, group, cell) at each hour: (group, time, cell)."""
    from gzeco_lib.environmental_health.districts import LOCAL, day_types

    local = hours.tz_localize("UTC").tz_convert(LOCAL)
    rest = (day_types(hours) == "restday").astype(int) if len(hours) else np.empty(0, dtype=int)
    return np.moveaxis(usual[rest, local.hour.to_numpy(dtype=int)], 1, 0)


@dataclass(frozen=True, eq=False)
class _Counts:
    """Rows of `presence` as arrays: persons (hour, group or -1 for all, lake cell), and the cells seen at all."""

    hours: pd.DatetimeIndex
    cells: np.ndarray
    by_group: np.ndarray  # (hour, group, cell), NaN where that cell was not counted
    total: np.ndarray  # (hour, cell) counts without groups, NaN where none


def _counts(lake: Lake, hours: pd.DatetimeIndex, at: pd.Timestamp | None) -> _Counts | None:
    """Whole hours of counts around ``hours``, None where there are none."""
    start, end = hours.min().tz_localize("UTC") - LOOK_BACK, hours.max().tz_localize("UTC") + HOUR
    if at is not None:
        start, end = min(start, at - LOOK_BACK), min(end, at.tz_convert("UTC").floor("1h"))
    if end <= start:
        return None
    rows = lake.query(
        "SELECT date_trunc('hour', time) AS time, cell, \"group\", avg(population) AS population FROM presence "
        "WHERE time >= $start AND time < $end GROUP BY ALL",
        start=start.to_pydatetime(),
        end=end.to_pydatetime(),
    )
    rows = rows[rows["population"] >= 0]
    if rows.empty:
        return None
    when = pd.DatetimeIndex(rows["time"]).tz_convert("UTC").tz_localize(None)
    reported = rows.groupby(when)["cell"].nunique()
    whole = pd.DatetimeIndex(reported[reported >= WHOLE * reported.median()].index)
    rows, when = rows[when.isin(whole)], when[when.isin(whole)]
    code, cells = pd.factorize(rows["cell"])
    hour = whole.get_indexer(when)
    by_group = np.full((len(whole), len(GROUPS), len(cells)), np.nan)
    total = np.full((len(whole), len(cells)), np.nan)
    group, value = rows["group"].to_numpy(dtype=object), rows["population"].to_numpy(dtype=float)
    for g, name in enumerate(GROUPS):
        of = group == name
        by_group[hour[of], g, code[of]] = value[of]
    of = group == "all"
    total[hour[of], code[of]] = value[of]
    return _Counts(whole, np.asarray(cells, dtype=str), by_group, total)


def _laid(
    counts: _Counts, grid: Grid, expected: np.ndarray, around: pd.DatetimeIndex, known: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Counted persons on the grid (group, hour, cell), and how much of each cell the count covers (cell,), 0..1.

    A cell of the count's area that is missing in one hour held fewer people than may be kept: it counts as empty.
    """
    share = spread(counts.cells, grid)
    covered = np.asarray(share.sum(axis=1)).ravel() / max((grid.resolution / 1000) ** 2, 1e-12)
    grouped = laid_out(np.nan_to_num(counts.by_group), share)
    only_total = np.where(np.isfinite(counts.by_group).any(axis=1), 0.0, np.nan_to_num(counts.total))
    rest = laid_out(only_total, share)
    usual = expected[:, around.get_indexer(counts.hours)]
    everybody = usual.sum(axis=0)
    parts = np.where(everybody > 0, usual / np.where(everybody > 0, everybody, 1), 1 / len(GROUPS))
    if not known:
        parts = np.full_like(usual, 1 / len(GROUPS))
    return np.moveaxis(grouped, 1, 0) + parts * rest, np.clip(covered, 0, 1)


def _factor(laid: tuple[np.ndarray, np.ndarray], expected: np.ndarray) -> float:
    """How the counts compare with the usual day over the area of the count: the median over hours, within bounds."""
    counted, covered = laid
    there = (expected * covered).sum(axis=(0, 2))
    ratio = (counted.sum(axis=(0, 2)) / np.where(there > 0, there, np.nan))[there > 0]
    return float(np.clip(np.median(ratio), *BOUNDS)) if len(ratio) else 1.0


def _merged(
    hours: pd.DatetimeIndex,
    counts: _Counts,
    laid: tuple[np.ndarray, np.ndarray],
    usual: np.ndarray,
    made_from: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Counted hours as counted where the count reaches, all else the usual day."""
    counted, covered = laid
    where = counts.hours.get_indexer(hours)
    at = np.flatnonzero(where >= 0)
    persons, made_from = usual.copy(), made_from.copy()
    persons[:, at] = counted[:, where[at]] + usual[:, at] * (1 - covered)
    made_from[at] = COUNTED
    return persons, made_from


def _told(hours: pd.DatetimeIndex, made_from: np.ndarray, factor: float, known: bool) -> list[Note]:
    """Which hours were not counted and what stands in."""
    n = int((made_from != COUNTED).sum())
    if n == 0:
        return []
    if not known:
        return [
            (N_("People were counted in {n} of {all} hours only."), {"n": len(hours) - n, "all": len(hours)})
        ]
    note = N_(
        "In {n} of {all} hours people were not counted: the usual day stands in, times {factor} as the counts of the "
        "last week compare with it."
    )
    return [(note, {"n": n, "all": len(hours), "factor": round(factor, 2)})]
