"""Every table of the page of a trace."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from gzeco_lib.environmental_health.pages import trace_shows as shows
from gzeco_lib.environmental_health.pages.outlook_shows import GROUP_NAMES
from gzeco_lib.environmental_health.pages.shown import Shown
from gzeco_lib.environmental_health.pages.trace_shows import Trace
from gzeco_lib.errors import N_
from gzeco_lib.geo.districts import NAMES
from gzeco_lib.views.tables import Column, Sheet

SHEETS = {
    "candidate": N_("Candidates"),
    "place": N_("Places reached"),
    "people": N_("People by hour"),
    "arrival": N_("Arrival"),
    "fit": N_("Observed and explained"),
    "what_if": N_("What if"),
    "alarm": N_("Alarms"),
}


def sheets(trace: Trace, hourly: Shown | None, sites: Mapping[str, str]) -> dict[str, Sheet]:
    """The tables that have rows, by key; the candidates always."""
    _, unit = trace.shown._, trace.unit
    made = {
        "candidate": _candidates(trace),
        "place": _places(trace),
        "people": _people(trace),
        "arrival": _arrival(trace),
    }
    fit = trace.rows("fit")
    if len(fit):
        frame = fit.assign(place=[sites.get(str(s), str(s)) for s in fit["site"]])
        columns = [
            Column("time", _("Time"), time=True),
            Column("place", _("Station")),
            Column("variable", _("Variable")),
            Column("observed", _("Observed"), unit, 1),
            Column("background", _("Background"), unit, 1),
            Column("fitted", _("Explained"), unit, 1),
        ]
        made["fit"] = Sheet(_("Observed and explained"), columns, frame)
    stop = trace.rows("what_if")
    if len(stop):
        columns = [
            Column("time", _("Time"), time=True),
            Column("people", _("People, goes on"), _("persons"), 0),
            Column("people_stopped", _("People, stops"), _("persons"), 0),
            Column("added_max", _("Highest addition, goes on"), unit, 1),
            Column("added_max_stopped", _("Highest addition, stops"), unit, 1),
        ]
        made["what_if"] = Sheet(_("What if"), columns, stop)
    if hourly is not None and hourly.has("alarms"):
        made["alarm"] = _alarms(hourly)
    return {key: sheet for key, sheet in made.items() if key == "candidate" or len(sheet.frame)}


def _candidates(trace: Trace) -> Sheet:
    _, frame = trace.shown._, trace.rows("candidates")
    columns = [
        Column("rank", _("Rank"), "", 0),
        Column("name", _("Name")),
        Column("industry", _("Industry")),
        Column("place", _("District")),
        Column("chance", _("Probability"), "%", 1),
        Column("rate", _("Emission rate"), "kg/h", 2),
        Column("rate_lo", _("95 % low"), "kg/h", 2),
        Column("rate_hi", _("95 % high"), "kg/h", 2),
        Column("detectable", _("Smallest rate the monitors would see"), "kg/h", 2),
        Column("twin", _("Looks most like")),
    ]
    if frame.empty:
        return Sheet(_("Candidates"), columns, pd.DataFrame(columns=[c.key for c in columns]))
    frame = frame.assign(
        name=[shows.name_of(trace.shown, row) for row in frame.itertuples()],
        place=[_district(trace.shown, str(d)) for d in frame["district"]],
        chance=100 * frame["probability"],
        twin=_twins(trace, frame),
    )
    return Sheet(_("Candidates"), columns, frame)


def _twins(trace: Trace, frame: pd.DataFrame) -> list[str]:
    """The candidate each one is hardest to tell from, with the correlation of what the monitors would see of them."""
    names = {str(row.enterprise): shows.name_of(trace.shown, row) for row in frame.itertuples()}
    return [
        f"{names[str(other)]} ({alike:.2f})" if str(other) in names else ""
        for other, alike in zip(frame["like"], frame["correlation"], strict=True)
    ]


def _district(shown: Shown, code: str) -> str:
    zh, en = NAMES.get(code, (code, code))
    return zh if shown.lang == "zh" else en


def _places(trace: Trace) -> Sheet:
    _, frame = trace.shown._, trace.rows("exposed_places")
    columns = [
        Column("name", _("Name")),
        Column("what", _("Kind")),
        Column("area", _("District")),
        Column("people", _("People"), _("persons"), 0),
        Column("first_time", _("First reached"), time=True),
        Column("peak_time", _("Peak"), time=True),
        Column("peak_added", _("Highest addition"), trace.unit, 1),
        Column("chance", _("Probability"), "%", 0),
    ]
    if frame.empty:
        return Sheet(_("Places reached"), columns, pd.DataFrame(columns=[c.key for c in columns]))
    frame = frame.assign(
        name=[shows.name_of(trace.shown, row) for row in frame.itertuples()],
        what=[_(shows.PLACE_KINDS.get(k, k)) for k in frame["kind"]],
        area=[_district(trace.shown, str(d)) for d in frame["district"]],
        chance=100 * frame["probability"],
    )
    return Sheet(_("Places reached"), columns, frame)


def _people(trace: Trace) -> Sheet:
    _, frame = trace.shown._, trace.rows("exposed")
    columns = [
        Column("time", _("Time"), time=True),
        Column("who", _("Group")),
        Column("people", _("People"), _("persons"), 0),
        Column("people_lo", _("80 % low"), _("persons"), 0),
        Column("people_hi", _("80 % high"), _("persons"), 0),
        Column("mean_added", _("Mean addition"), trace.unit, 1),
    ]
    if frame.empty:
        return Sheet(_("People by hour"), columns, pd.DataFrame(columns=[c.key for c in columns]))
    frame = frame.assign(who=[_(GROUP_NAMES.get(g, g)) for g in frame["group"]])
    return Sheet(_("People by hour"), columns, frame)


def _arrival(trace: Trace) -> Sheet:
    _, frame = trace.shown._, trace.rows("arrival")
    columns = [
        Column("area", _("District")),
        Column("first_time", _("First reached"), time=True),
        Column("peak_time", _("Peak"), time=True),
        Column("peak_added", _("Highest addition"), trace.unit, 1),
    ]
    if frame.empty:
        return Sheet(_("Arrival"), columns, pd.DataFrame(columns=[c.key for c in columns]))
    return Sheet(
        _("Arrival"), columns, frame.assign(area=[_district(trace.shown, str(d)) for d in frame["district"]])
    )


def _alarms(hourly: Shown) -> Sheet:
    _, frame = hourly._, hourly.table("alarms")
    frame = frame.assign(
        name=[shows.name_of(hourly, row) for row in frame.itertuples()], chance=100 * frame["probability"]
    )
    columns = [
        Column("name", _("Station")),
        Column("variable", _("Variable")),
        Column("start", _("From"), time=True),
        Column("end", _("To"), time=True),
        Column("value", _("Highest value"), "", 1),
        Column("expected", _("Expected"), "", 1),
        Column("chance", _("Probability"), "%", 0),
    ]
    return Sheet(_("Alarms"), columns, frame)
