"""Noise: levels of day and night at monitors against the limits of their zone, and their excess in the cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.hazards.grades import (
    chance,
    cumulative,
    grade_of,
    mean_with_error,
    worst_of,
)
from gzeco_lib.environmental_health.hazards.layers import Floats, Layer, nothing, site_rows
from gzeco_lib.environmental_health.hazards.readings import (
    Readings,
    attribute_at,
    cell_attribute,
    on_grid,
    pivoted,
    readings,
)
from gzeco_lib.environmental_health.hazards.rules import Z90, rules
from gzeco_lib.environmental_health.hazards.spread import Spread, spread
from gzeco_lib.errors import N_
from gzeco_lib.geo.distance import nearest
from gzeco_lib.standards.noise import (
    UNIT,
    DayNight,
    Part,
    day_night,
    energy_mean,
    night_peak_limit,
    noise_limit,
    zone_of,
)

if TYPE_CHECKING:
    from gzeco_lib.geo.grid import Grid
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

NAME = "excess of the noise level over the limit of its zone"
PARTS: tuple[Part, Part] = ("day", "night")
LEVELS = {"day": "Ld", "night": "Ln"}


@dataclass(frozen=True)
class Judged:
    """Monitors against the limits of their zones.

    Attributes:
        excess, error: mean excess [dB] and its standard error (part, site), NaN where not judged.
        daily: excess of each day (part, day, site).
        rows: ``hazard_sites`` rows.
    """

    excess: Floats
    error: Floats
    daily: Floats
    rows: list[dict[str, Any]]


def layer(lake: Lake, at: pd.Timestamp, grid: Grid) -> Layer:
    """The grade of the noise in each cell inside the city whose zone is known and of which monitors say something."""
    cells = grid.points(inside=True)
    found = readings(lake, at, ["Leq"], {"PT1H": int(rules()["noise"]["window_days"])}, ["noise"])
    notes: list[Note] = []
    if found.silent:
        note = N_("Noise monitors without readings in the window: {sites}.")
        notes.append((note, {"sites": ", ".join(found.silent)}))
    if found.sites.empty:
        notes.append((N_("No noise monitor has readings: noise is not graded."), {}))
        return nothing(len(cells), "dB", NAME, notes)
    zones = cell_attribute(lake, "noise_zone")
    xy = found.sites[["x", "y"]].to_numpy(dtype=float)
    own = [zone_of(code) for code in attribute_at(zones, xy)]
    unzoned = [site for site, zone in zip(found.sites["site"], own, strict=True) if not zone]
    if unzoned:
        note = N_("Noise monitors in cells without a zone of GB 3096 are not judged: {sites}.")
        notes.append((note, {"sites": ", ".join(unzoned)}))
    judged = _judged(found, own, at)
    if not np.isfinite(judged.excess).any():
        notes.append((N_("No noise monitor has enough days and a known zone: noise is not graded."), {}))
        return nothing(len(cells), "dB", NAME, notes, site_rows(judged.rows))
    return _graded(judged, found, cells, on_grid(zones, grid), grid.resolution, notes)


def _graded(
    judged: Judged, found: Readings, cells: Floats, zone: Floats, edge: float, notes: list[Note]
) -> Layer:
    """Excess of day and night in the cells, the worse of the two as the grade."""
    rule = rules()["noise"]
    xy = found.sites[["x", "y"]].to_numpy(dtype=float)
    parts = [_over_cells(judged, k, xy, cells, edge) for k in range(len(PARTS))]
    if any(part.method == "nearest" for part in parts):
        note = N_(
            "Noise is graded only in cells within {metres} m of a monitor: levels at the monitors do not "
            "foretell each other."
        )
        notes.append((note, {"metres": int(rule["reach_m"])}))
    zoned = np.isin(zone, [0, 1, 2, 3, 4])
    value = np.where(zoned, np.stack([part.value for part in parts]), np.nan)
    sd = np.stack([part.sd for part in parts])
    worse = np.nan_to_num(value, nan=-np.inf).argmax(axis=0)[None]
    top = np.take_along_axis(value, worse, axis=0)[0]
    grade = grade_of(top, rule["upper"])
    inside = worst_of(
        [cumulative(v, s, rule["upper"]) for v, s in zip(value, sd, strict=True)], together=True
    )
    usable = np.flatnonzero(np.isfinite(judged.excess).any(axis=0))
    _, index = nearest(cells, xy[usable])
    extra = {
        "noise_zone": zone,
        **{f"noise_{part}": v for part, v in zip(PARTS, value, strict=True)},
    }
    names = found.sites["site"].to_numpy(dtype=object)[usable[index]]
    site = np.where(np.isnan(top), "", names)
    error = np.where(np.isnan(top), np.nan, np.take_along_axis(sd, worse, axis=0)[0])
    return Layer(
        grade, top, error, chance(inside, grade), "dB", NAME, site, extra, site_rows(judged.rows), notes
    )  # fmt: skip


def _over_cells(judged: Judged, k: int, xy: Floats, cells: Floats, edge: float) -> Spread:
    """The excess of one part of the day over the cells; nowhere known where no monitor was judged."""
    use = np.isfinite(judged.excess[k])
    if not use.any():
        none = np.full(len(cells), np.nan)
        return Spread(none, none, "nearest", float("nan"))
    reach = float(rules()["noise"]["reach_m"])
    return spread(
        xy[use], judged.excess[k, use], judged.error[k, use], cells, judged.daily[k][:, use], reach, edge
    )


def _judged(found: Readings, zones: list[str], at: pd.Timestamp) -> Judged:
    times, values = pivoted(found.rows, "Leq", list(found.sites["site"]))
    levels = day_night(values, times)
    least, window = int(rules()["noise"]["least_days"]), int(rules()["noise"]["window_days"])
    shape = (len(PARTS), len(found.sites))
    excess, error = np.full(shape, np.nan), np.full(shape, np.nan)
    daily = np.full((len(PARTS), *levels.day.shape), np.nan)
    rows: list[dict[str, Any]] = []
    for s, site in enumerate(found.sites.to_dict("records")):
        for k, part in enumerate(PARTS):
            one = (levels.day if part == "day" else levels.night)[:, s]
            n = int(np.isfinite(one).sum())
            if n == 0:
                continue
            mean, se = float(energy_mean(one)), float(mean_with_error(one)[1])
            row = _row(site, levels, part, mean, se, n, window)
            if zones[s]:
                limit = noise_limit(zones[s], part, at)
                row |= _against(limit, one, mean, n >= least) | {"class": zones[s]}
                if part == "night":
                    row["night_peaks"] = int(
                        np.sum(levels.night_peak[:, s] > night_peak_limit(zones[s], at).value)
                    )
                daily[k, :, s] = one - limit.value
                if n >= least:
                    excess[k, s], error[k, s] = mean - limit.value, se
            rows.append(row)
    return Judged(excess, error, daily, rows)


def _row(
    site: dict[Any, Any], levels: DayNight, part: Part, mean: float, se: float, n: int, window: int
) -> dict[str, Any]:
    def utc(day: np.datetime64) -> pd.Timestamp:
        return pd.Timestamp(str(day), tz="Asia/Shanghai").tz_convert("UTC")

    return {
        "hazard": "noise", **{k: site[k] for k in ("site", "name_zh", "name_en", "lon", "lat", "district")},
        "variable": LEVELS[part], "value": mean, "lo": mean - Z90 * se, "hi": mean + Z90 * se, "unit": UNIT,
        "start": utc(levels.start[0]), "end": utc(levels.start[-1] + np.timedelta64(1, "D")), "n": n,
        "capture": min(1.0, n / window),
    }  # fmt: skip


def _against(limit: Any, daily: Floats, mean: float, enough: bool) -> dict[str, Any]:
    """What the limit says: grade, clause, and the share of days over it."""
    known = daily[np.isfinite(daily)]
    grade = float(grade_of(mean - limit.value, rules()["noise"]["upper"])) if enough else np.nan
    return {
        "limit": float(limit.value), "grade": grade, "share_over": float(np.mean(known > limit.value)),
        "clause": f"{limit.document} {limit.clause}", "certainty": limit.certainty,
    }  # fmt: skip
