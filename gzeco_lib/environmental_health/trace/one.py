"""One alarm traced from beginning to end: an independent task, which runs here or on a cluster with equal numbers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.environmental_health.trace import attribution, exposure, listing, path, sources, weather
from gzeco_lib.environmental_health.trace.background import Background
from gzeco_lib.geo.grid import city_grid
from gzeco_lib.methods.inversion.candidates import Settings

if TYPE_CHECKING:
    from gzeco_lib.environmental_health.feeds import People

HOUR = pd.Timedelta("1h")
BEFORE, AFTER, LONGEST = (
    10,
    3,
    30,
)  # h of the window before an alarm (air comes from far) and after it, and in all


@dataclass(frozen=True)
class Task:
    """What one trace needs.

    Attributes:
        alarm: row of the table ``alarms``.
        background: of the stations.
        xy: of the stations [m] (site, 2).
        enterprises: of the lake.
        winds: hourly weather (time, site) and ``places`` of its stations [m].
        reach, ahead, threshold, draws: parameters of the model.
        stop_source, stop: what if this enterprise (empty: the first candidate) stops then (None: no stop).
        place: rows of the lake's ``place``; ``cell`` their cells inside the city.
        persons: of the hours ``hours(alarm, ...)``.
    """

    alarm: dict[str, Any]
    background: Background
    xy: np.ndarray
    enterprises: pd.DataFrame
    winds: xr.Dataset
    places: np.ndarray
    reach: float
    ahead: int
    threshold: float
    draws: int
    stop_source: str
    stop: pd.Timestamp | None
    place: pd.DataFrame
    cell: np.ndarray
    persons: People


@dataclass
class Traced:
    """Tables of one trace by name, its plume (time, y, x) and hours; ``tables`` is empty where nothing can be said."""

    trace: str
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    plume: dict[str, np.ndarray] = field(default_factory=dict)
    times: pd.DatetimeIndex = field(default_factory=lambda: pd.DatetimeIndex([]))
    seen: int = 0
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def window(alarm: dict[str, Any], last: pd.Timestamp, ahead: int) -> tuple[pd.DatetimeIndex, int]:
    """Hours of a trace (UTC without a zone) and how many of them are seen; ``last`` is the last hour observed."""
    start = alarm["start"].tz_convert("UTC").tz_localize(None) - BEFORE * HOUR
    end = alarm["end"].tz_convert("UTC").tz_localize(None) + AFTER * HOUR
    final = min(end - HOUR, last)
    start = max(start, final - (LONGEST - 1) * HOUR)
    seen = int((final - start) / HOUR) + 1
    return pd.date_range(start, periods=seen + ahead, freq="1h"), seen


def trace(task: Task) -> Traced:
    """All that is said of one alarm."""
    began = time.perf_counter()
    alarm, back = task.alarm, task.background
    name = f"trace-{alarm['alarm']}"
    times, seen_hours = window(alarm, back.times[-1], task.ahead)
    at = task.xy[back.sites.index(alarm["site"])]
    air = weather.weather(task.winds, task.places, at, times)
    if air is None:
        return Traced(name, notes=[(weather.NO_WIND, {"site": alarm["site"]})])
    rows = back.times.get_indexer(times[:seen_hours])
    monitors = np.flatnonzero(np.hypot(*(task.xy - at).T) < task.reach)
    seen_air = weather.first(air, seen_hours)
    seen = attribution.episode(back, rows, monitors, seen_air.sun)
    listed = sources.candidates(task.enterprises, at, task.reach)
    found = attribution.attribute(seen, listed, task.xy[monitors], seen_air)
    variable, grid = str(alarm["variable"]), city_grid()
    seed = int(alarm["start"].timestamp()) % 2**31
    drawn = exposure.draw(found, air, variable, task.draws, seed, Settings().stops)
    added = exposure.fields(found, drawn, air, grid)
    lead = np.arange(len(times)) - (seen_hours - 1)
    chance, unknown = listing.probabilities(found)
    first = str(chance.index[0]) if len(chance) else ""
    source = task.stop_source or first
    without = added if task.stop is None else path.stopped(added, found, drawn, source, task.stop, times)
    exposed, people = exposure.exposed(added, task.persons, task.threshold, lead, seen_hours)
    tables = {
        "traces": pd.DataFrame([{
            "trace": name, **{c: alarm[c] for c in ("alarm", "site", "name_zh", "name_en", "variable", "start", "end")},
            **{c: float(alarm[c]) for c in ("lon", "lat")},
            "first": first, "probability": float(chance.iloc[0]) if len(chance) else 0.0, "unknown": unknown,
            "none": found.none, "people": people[0], "people_lo": people[1], "people_hi": people[2],
            "threshold": task.threshold, "seconds": 0.0,
        }]),
        "candidates": listing.table(found, seen, variable, task.enterprises),
        "fit": listing.fit(found, seen, back, rows, monitors, variable), "exposed": exposed,
        "exposed_places": exposure.places(added, times, task.threshold, task.place, task.cell),
        "arrival": path.arrival(added.mean(axis=0), times, task.threshold, grid),
    }  # fmt: skip
    if task.stop is not None:
        changed = path.what_if(added, without, task.persons, task.threshold, lead)
        changed.insert(0, "source", source)
        changed.insert(1, "stop", task.stop.tz_localize("UTC"))
        tables["what_if"] = changed
    for key, frame in tables.items():
        if key != "traces":
            frame.insert(0, "trace", name)
    tables["traces"]["seconds"] = round(time.perf_counter() - began, 2)
    return Traced(
        name, tables, path.plume(added, without, task.threshold, grid), times, seen_hours, weather.notes(air)
    )
