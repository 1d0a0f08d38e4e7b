"""What the page of a trace shows of the outcome: candidates, plume, exposed people and places, arrival, fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.pages import grades
from gzeco_lib.environmental_health.pages.outlook_shows import CHANCE, GROUP_NAMES
from gzeco_lib.environmental_health.pages.shown import Shown
from gzeco_lib.environmental_health.pages.view import clock
from gzeco_lib.errors import N_
from gzeco_lib.geo.districts import NAMES
from gzeco_lib.variables.dictionary import variables
from gzeco_lib.views import theme
from gzeco_lib.views.markup import text
from gzeco_lib.views.scale import Scale

UNKNOWN, NONE = "unknown", "none"
PLACE_KINDS = {
    "school": N_("School"), "kindergarten": N_("Kindergarten"), "hospital": N_("Hospital"),
    "elderly_home": N_("Home for the elderly"), "park": N_("Park"), "construction": N_("Construction site"),
    "residence": N_("Residential estate"), "water_source": N_("Drinking-water source"),
}  # fmt: skip
LAYERS = {
    "added": N_("Expected addition"),
    "probability": N_("Probability above the threshold"),
    "added_stopped": N_("Addition if the source stops"),
}


@dataclass(frozen=True)
class Trace:
    """One trace of the outcome: its row and the rows of every table that belong to it."""

    shown: Shown
    row: pd.Series
    place: tuple[float, float] = (float("nan"), float("nan"))  # longitude and latitude of the station

    @property
    def key(self) -> str:
        """Its id."""
        return str(self.row["trace"])

    def rows(self, table: str) -> pd.DataFrame:
        """Rows of ``table`` of this trace; none where the outcome lacks the table."""
        if not self.shown.has(table):
            return pd.DataFrame()
        frame = self.shown.table(table)
        return frame[frame["trace"].astype(str) == self.key]

    @property
    def variable(self) -> str:
        """Code of the variable traced."""
        return str(self.row["variable"])

    @property
    def unit(self) -> str:
        """Its unit as a reader writes it."""
        known = variables()
        return theme.unit(known[self.variable].unit) if self.variable in known else "µg/m³"

    def plume(self) -> Any:
        """The field of its plume (lead_h, y, x); None where there is none."""
        field = self.shown.outcome.fields.get("plume")
        if field is None or self.key not in [str(t) for t in field["trace"].values]:
            return None
        k = [str(t) for t in field["trace"].values].index(self.key)
        return field.isel(trace=k).load()

    def first_name(self) -> str:
        """Name of the most probable candidate, "" where it is a source not on the list."""
        found = self.rows("candidates")
        found = found[found["enterprise"].astype(str) == str(self.row["first"])] if len(found) else found
        return name_of(self.shown, next(found.itertuples())) if len(found) else ""


def traces(shown: Shown | None, hourly: Shown | None) -> list[Trace]:
    """The traces of an outcome, the newest first; ``hourly`` knows where the stations are."""
    if shown is None or not shown.has("traces"):
        return []
    frame = shown.table("traces").sort_values("start", ascending=False, kind="stable")
    stations = hourly.hour("station_hourly", 0).set_index("site") if hourly is not None else pd.DataFrame()
    found = []
    for _k, row in frame.iterrows():
        at = row if "lon" in row else stations.loc[row["site"]] if row["site"] in stations.index else None
        place = (float("nan"), float("nan")) if at is None else (float(at["lon"]), float(at["lat"]))
        found.append(Trace(shown, row, place))
    return found


def name_of(shown: Shown, row: Any) -> str:
    """A row's name in the reader's language, in Chinese where it has no other."""
    return grades.named(shown, row)


def label(trace: Trace) -> str:
    """A trace in a list: station, variable, hours."""
    site = str(trace.row[trace.shown.name] or trace.row["name_zh"])
    return f"{site} · {trace.variable} · {clock(trace.row['start'], '%m-%d %H:%M')}"


def candidates(trace: Trace) -> list[dict[str, Any]]:
    """Candidates by probability with bars, among them a source not on the list, and none at all."""
    _, shown = trace.shown._, trace.shown
    frame = trace.rows("candidates")
    made = []
    row: Any
    for row in frame.itertuples() if len(frame) else ():
        rate = _("{rate} kg/h ({lo} to {hi})").format(
            rate=theme.number(row.rate, 1), lo=theme.number(row.rate_lo, 1), hi=theme.number(row.rate_hi, 1)
        )
        note = rate if np.isfinite(row.rate) else ""
        made.append(
            (float(row.probability), str(row.enterprise), name_of(shown, row), note, "var(--gz-accent)")
        )
    for code, name in ((UNKNOWN, _("A source not on the list")), (NONE, _("No single source"))):
        chance = float(trace.row.get(code, np.nan))
        if np.isfinite(chance):
            made.append((chance, code, name, "", theme.MISSING))
    made.sort(key=lambda item: -item[0])
    return [
        {
            "key": key, "rank": str(rank), "name": name, "note": note,
            "value": theme.percent(chance, 0 if chance >= 0.01 else 1),
            "colour": colour, "sign": "", "grade": "", "share": chance, "title": f"{name}\n{note}",
        }
        for rank, (chance, key, name, note, colour) in enumerate(made, start=1)
    ]  # fmt: skip


def places(trace: Trace) -> list[dict[str, Any]]:
    """Schools, hospitals and homes reached, the earliest first."""
    _, shown = trace.shown._, trace.shown
    frame = trace.rows("exposed_places")
    if frame.empty:
        return []
    frame = frame.sort_values("first_time")
    top = float(frame["peak_added"].max()) or 1.0
    made = []
    row: Any
    for rank, row in enumerate(frame.itertuples(), start=1):
        name = name_of(shown, row)
        people = _("{n} people").format(n=theme.number(row.people)) if np.isfinite(row.people) else ""
        note = " · ".join(
            part
            for part in (
                _(PLACE_KINDS.get(row.kind, row.kind)),
                _("from {time}").format(time=clock(row.first_time, "%m-%d %H:%M")),
                people,
            )
            if part
        )
        made.append(
            {
                "key": str(row.place), "rank": str(rank), "name": name, "note": note,
                "value": f"+{theme.number(row.peak_added, 1)} {trace.unit}", "colour": theme.SEQUENTIAL[5], "sign": "",
                "grade": theme.percent(row.probability), "share": float(row.peak_added) / top,
                "title": f"{name}\n{note}",
            }
        )  # fmt: skip
    return made


def arrival(trace: Trace) -> list[dict[str, Any]]:
    """Districts in the order the plume reaches them."""
    frame = trace.rows("arrival")
    if frame.empty:
        return []
    frame = frame.dropna(subset=["first_time"]).sort_values("first_time")
    top = float(frame["peak_added"].max()) or 1.0 if len(frame) else 1.0
    made = []
    row: Any
    for rank, row in enumerate(frame.itertuples(), start=1):
        code = str(row.district)
        zh, en = NAMES.get(code, (code, code))
        peak = trace.shown._("peak at {time}").format(time=clock(row.peak_time, "%m-%d %H:%M"))
        made.append(
            {
                "key": code, "rank": str(rank), "name": zh if trace.shown.lang == "zh" else en, "note": peak,
                "value": clock(row.first_time, "%m-%d %H:%M"), "colour": theme.SEQUENTIAL[5], "sign": "",
                "grade": f"+{theme.number(row.peak_added, 1)} {trace.unit}", "share": float(row.peak_added) / top,
                "title": peak,
            }
        )  # fmt: skip
    return made


def alarms(shown: Shown | None) -> list[dict[str, Any]]:
    """Alarms of the hourly outcome, the newest first."""
    if shown is None or not shown.has("alarms"):
        return []
    made = []
    row: Any
    for rank, row in enumerate(
        shown.table("alarms").sort_values("start", ascending=False).itertuples(), start=1
    ):
        name = name_of(shown, row)
        known = variables().get(str(row.variable))
        unit = theme.unit(known.unit) if known is not None else ""
        note = f"{row.variable} · {clock(row.start, '%m-%d %H:%M')} – {clock(row.end, '%H:%M')}"
        made.append(
            {
                "key": str(row.alarm), "rank": str(rank), "name": name, "note": note,
                "value": theme.percent(row.probability),
                "colour": "var(--gz-accent)", "sign": "", "grade": f"+{theme.number(row.excess)} {unit}".strip(),
                "share": float(row.probability), "title": f"{name} {note}",
            }
        )  # fmt: skip
    return made


def frames(plume: Any) -> list[pd.Timestamp]:
    """UTC start of each hour of the plume."""
    return [pd.Timestamp(t, tz="UTC") for t in plume["time"].values]


def step(trace: Trace, times: list[pd.Timestamp], asked: int) -> int:
    """The hour of the plume that is shown: the one asked for, else that in which the alarm began."""
    if asked < 0:
        began = pd.Timestamp(trace.row["start"])
        asked = int(np.argmin([abs((t - began).total_seconds()) for t in times]))
    return min(asked, len(times) - 1)


def likeliest(trace: Trace, most: int = 3) -> str:
    """The likeliest candidates with their probabilities, as one phrase."""
    rows = trace.rows("candidates").head(most)
    named = [
        f"{name_of(trace.shown, row)} ({theme.percent(row.probability)})"  # type: ignore[arg-type]
        for row in rows.itertuples()
    ]
    return trace.shown._(", ").join(named)


def raster(trace: Trace, plume: Any, layer: str, step: int) -> tuple[tuple[Any, Any, Any, Any], Scale]:
    """Cells of the plume at its hour ``step``; cells with next to nothing stay empty."""
    _ = trace.shown._
    values = plume[layer].isel(lead_h=step).values.astype(float)
    x, y = plume["x"].values, plume["y"].values
    if layer == "probability":
        values = 100 * values
        scale = Scale(_(LAYERS[layer]), "%", CHANCE, 0, 90)
        return (np.where(values >= 1, values, np.nan), values, x, y), scale
    top = _top(plume["added"].values)
    step_size = next((s for s in (1, 3, 6, 15, 30, 60, 150, 300, 600, 1500) if s >= top), 3000.0)
    scale = Scale(
        f"{_(LAYERS[layer])} · {trace.variable}", trace.unit, theme.SEQUENTIAL, 0, float(step_size), (), 1
    )
    return (np.where(values >= step_size / 60, values, np.nan), values, x, y), scale


def _top(values: np.ndarray) -> float:
    """The upper end of the scale: nearly the highest of the cells that count, for most cells get next to nothing."""
    most = float(np.nanmax(values, initial=0.0))
    found = values[np.isfinite(values) & (values > 0.05 * most)]
    return float(np.quantile(found, 0.98)) if found.size else 1.0


def bounds(trace: Trace, plume: Any, room: float = 5000.0) -> tuple[float, float, float, float] | None:
    """West, south, east, north [m] of where the plume comes at all; None where it comes nowhere."""
    most = np.nan_to_num(plume["added"].max("lead_h").values)
    rows, columns = np.nonzero(most > max(0.02 * most.max(), 0.05))
    if not len(rows):
        return None
    x, y = plume["x"].values[columns], plume["y"].values[rows]
    west, east, south, north = x.min() - room, x.max() + room, y.min() - room, y.max() + room
    # No closer than 30 km across: the reader must still see which district it is.
    grow_x, grow_y = max(0.0, 30_000 - (east - west)) / 2, max(0.0, 30_000 - (north - south)) / 2
    return west - grow_x, south - grow_y, east + grow_x, north + grow_y


def points(trace: Trace, plume: Any) -> pd.DataFrame:
    """The station that gave the alarm, the candidates and the places reached, as the map takes them."""
    _, shown = trace.shown._, trace.shown
    found: list[tuple[Any, ...]] = []
    row: Any
    places_found, likely = trace.rows("exposed_places"), trace.rows("candidates")
    for row in places_found.itertuples() if len(places_found) else ():
        kind = text(_(PLACE_KINDS.get(row.kind, row.kind)))
        hover = f"{kind}<br>+{theme.number(row.peak_added, 1)} {text(trace.unit)}"
        found.append((str(row.place), name_of(shown, row), row.lon, row.lat, "#FFFFFF", hover, "square", 8.0))
    for row in likely.head(12).itertuples() if len(likely) else ():
        chance = float(row.probability)
        hover = f"{text(_('Candidate source'))}: {text(theme.percent(chance, 1))}"
        size = 10 + 10 * chance
        colour = theme.ACCENT if chance >= 0.05 else theme.MISSING
        found.append(
            (str(row.enterprise), name_of(shown, row), row.lon, row.lat, colour, hover, "triangle", size)
        )
    sites = trace.rows("fit")
    site = trace.row
    lon, lat = trace.place
    if np.isfinite(lon):
        hover = text(_("Station of the alarm")) + f"<br>{text(trace.variable)}"
        hover += (
            f"<br>{text(_('{n} stations in the fit').format(n=sites['site'].nunique() if len(sites) else 1))}"
        )
        name = str(site[shown.name] or site["name_zh"])
        found.append((str(site["site"]), name, lon, lat, theme.SEVERITY["high"], hover, "circle", 13.0))
    columns = ["key", "name", "lon", "lat", "colour", "hover", "marker", "size"]
    return pd.DataFrame(found, columns=columns).dropna(subset=["lon", "lat"])


def people(trace: Trace) -> tuple[pd.Series, dict[str, Any]] | None:
    """People above the threshold by hour: times, and values by group's label; None where not known."""
    frame = trace.rows("exposed")
    if frame.empty:
        return None
    groups = [
        group
        for group in GROUP_NAMES
        if group in set(frame["group"]) and group not in ("all", "outdoor_worker")
    ]
    wide = frame.pivot_table(index="time", columns="group", values="people", aggfunc="sum").sort_index()
    groups = groups or list(wide.columns)
    return wide.index.to_series(), {trace.shown._(GROUP_NAMES.get(g, g)): wide[g].to_numpy() for g in groups}
