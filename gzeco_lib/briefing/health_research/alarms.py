"""Alarms at stations and their traces: the likeliest sources, who was exposed, where the plume goes, what to check."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.briefing.elements import Bullets, Element, Figure, Note, Paragraph, Section
from gzeco_lib.briefing.health_research import names
from gzeco_lib.briefing.health_research.absent import absent
from gzeco_lib.briefing.health_research.companions import TRACE
from gzeco_lib.briefing.health_research.page import Page
from gzeco_lib.briefing.tables import Cell, Column, Table
from gzeco_lib.errors import N_
from gzeco_lib.views import theme

HEADING, ANCHOR = N_("Alarms and traces"), "alarms"
DETAILED = 2  # traces with a map and a table of candidates
DRAWN = 3  # candidates on the map
LISTED = 5  # candidates of a trace that are listed
PLACES = 8  # schools, hospitals and homes that are listed
LIKELY = 0.5  # from this probability on the first candidate is named as the likeliest source


def section(page: Page) -> Section:
    """All alarms, and the trace of those that were traced."""
    _ = page.words
    alarms = page.optional("alarms")
    if alarms is None:
        return absent(page, HEADING, ANCHOR)
    heading = page.heading(_(HEADING), ANCHOR)
    if alarms.empty:
        return Section([heading, Paragraph(none(page))])
    traces = page.companions.table(TRACE, "traces")
    elements: list[Element] = [heading, Paragraph(sentence(page, alarms, traces), leading=True)]
    elements.append(_alarm_table(page, alarms, traces))
    for _i, trace in traces.head(DETAILED).iterrows():
        elements += _trace(page, trace)
    others = [
        _title(page, trace) + exposed(page, trace) + verdict(page, trace)
        for _i, trace in traces.iloc[DETAILED:].iterrows()
    ]
    elements += [Bullets(others)] if others else []
    outcome = page.companions.outcomes.get(TRACE)
    told = list(dict.fromkeys(page.told(*note) for note in (outcome.notes if outcome else [])))
    elements += [Note(page.sentences(told))] if told else []
    return Section(elements)


def none(page: Page) -> str:
    """That there is no alarm, and what was looked at."""
    _ = page.words
    hourly = page.table("station_hourly")
    return _(
        "No alarm in the last 24 h: at none of the {n} stations was a pollutant further above what the other "
        "stations and its own usual day explain than chance would have it."
    ).format(n=hourly["site"].nunique())


def sentence(page: Page, alarms: pd.DataFrame, traces: pd.DataFrame) -> str:
    """How many alarms, the strongest of them, and what its trace says."""
    _ = page.words
    top = alarms.sort_values("score", ascending=False).iloc[0]
    said = _(
        "Alarms in the last 24 h: {n}; the strongest at {site}: {variable} {value} {unit} where {expected} was to be "
        "expected ({hour})."
    ).format(
        n=len(alarms), site=page.name(top), variable=top["variable"], value=_value(top["value"]),
        unit=page.variable(str(top["variable"]))[1], expected=_value(top["expected"]), hour=page.hour(top["peak_time"]),
    )  # fmt: skip
    if traces.empty:
        return said + _(" No alarm could be traced to a source.")
    own = traces[traces["alarm"] == top["alarm"]] if "alarm" in traces else traces.head(0)
    return said + verdict(page, own.iloc[0] if len(own) else traces.iloc[0])


def verdict(page: Page, trace: pd.Series) -> str:
    """What a trace says of the source in one sentence."""
    _ = page.words
    first = _candidates(page, trace).head(1)
    if first.empty:
        return _(" No enterprise of the list explains it.")
    name, chance = page.name(first.iloc[0]), page.chance(trace["probability"])
    if float(trace["probability"]) >= LIKELY:
        return _(" Its likeliest source is {name} (probability {chance}).").format(name=name, chance=chance)
    return _(" No source stands out: {name} comes first with a probability of only {chance}.").format(
        name=name, chance=chance
    )


def _value(value: Any) -> str:
    return theme.number(float(value), 0 if abs(float(value)) >= 10 else 1)


def _candidates(page: Page, trace: pd.Series) -> pd.DataFrame:
    table = page.companions.table(TRACE, "candidates")
    return table if table.empty else table[table["trace"] == trace["trace"]].sort_values("rank")


def _alarm_table(page: Page, alarms: pd.DataFrame, traces: pd.DataFrame) -> Element:
    _ = page.words
    traced = set(traces["alarm"]) if len(traces) else set()
    rows: list[list[Cell | str]] = [
        [
            page.name(row),
            page.district(row["district"]),
            str(row["variable"]),
            page.span(row["start"], row["end"]),
            f"{_value(row['value'])} {page.variable(str(row['variable']))[1]}",
            _value(row["expected"]),
            page.chance(row["probability"]),
            _("traced") if row["alarm"] in traced else theme.NO_VALUE,
        ]
        for _i, row in alarms.iterrows()
    ]
    return Table(
        page.table_label(),
        _("Alarms of the last 24 h, the newest first"),
        [
            Column(_("Station"), figures=False, share=2),
            Column(_("District"), figures=False, share=1.1),
            Column(_("Pollutant"), figures=False, share=1),
            Column(_("Time"), figures=False, share=2.4),
            Column(_("Highest hour"), share=1.4),
            Column(_("Expected"), share=1),
            Column(_("Local source"), share=1.1),
            Column(_("Trace"), figures=False, share=0.9),
        ],
        rows,
        _(
            "Expected: from the other stations and the station's own usual day. Local source: probability that "
            "something near the station made the excess."
        ),
        _("continued"),
    )


def _trace(page: Page, trace: pd.Series) -> list[Element]:
    _ = page.words
    found = _candidates(page, trace)
    elements: list[Element] = [Paragraph(_title(page, trace) + exposed(page, trace), leading=True)]
    elements.append(_candidate_table(page, trace, found))
    if figure := _figure(page, trace, found):
        elements.append(figure)
    elements.append(Bullets([*_reached(page, trace), *_checks(page, trace, found)]))
    return elements


def _title(page: Page, trace: pd.Series) -> str:
    _ = page.words
    return _("Trace of {variable} at {site}, {span}: ").format(
        variable=trace["variable"], site=page.name(trace), span=page.span(trace["start"], trace["end"])
    )


def colon(page: Page) -> str:
    """A colon as the language writes it."""
    return "：" if page.lang == "zh" else ": "


def exposed(page: Page, trace: pd.Series) -> str:
    """How many people, in words."""
    _ = page.words
    unit = page.variable(str(trace["variable"]))[1]
    return _(
        "about {people} (90% interval {lo} to {hi}) were in cells where the source added more than {threshold} {unit} "
        "in some hour."
    ).format(
        people=page.people(trace["people"]), lo=page.people(trace["people_lo"], bare=True),
        hi=page.people(trace["people_hi"]), threshold=f"{float(trace['threshold']):g}", unit=unit,
    )  # fmt: skip


def _candidate_table(page: Page, trace: pd.Series, found: pd.DataFrame) -> Element:
    _ = page.words
    names_of = {row["enterprise"]: page.name(row) for _i, row in found.iterrows()}
    rows: list[list[Cell | str]] = [
        [
            str(int(row["rank"])), page.name(row), page.district(row["district"]), page.chance(row["probability"]),
            f"{_rate(row['rate'])} ({_rate(row['rate_lo'])}–{_rate(row['rate_hi'])})",
            _alike(page, row, names_of),
        ]
        for _i, row in found.head(LISTED).iterrows()
    ]  # fmt: skip
    others = float(found["probability"].iloc[LISTED:].sum()) + max(
        0.0, 1.0 - float(found["probability"].sum()) - float(trace["unknown"]) - float(trace["none"])
    )
    for name, chance in (
        (_("Other enterprises of the list"), others), (_("A source not on the list"), float(trace["unknown"])),
        (_("No single source"), float(trace["none"])),
    ):  # fmt: skip
        rows.append(["", name, "", page.chance(chance), theme.NO_VALUE, theme.NO_VALUE])
    return Table(
        page.table_label(),
        _("Candidates of the trace at {site} with their probabilities").format(site=page.name(trace)),
        [
            Column(_("Rank"), share=0.7),
            Column(_("Enterprise"), figures=False, share=2.6),
            Column(_("District"), figures=False, share=1.1),
            Column(_("Probability"), share=1.2),
            Column(_("Rate if it was the source"), "kg/h", share=1.9),
            Column(_("Easily confused with"), figures=False, share=2.4),
        ],
        rows,
        _("Rates with their 95% interval. The probabilities add up to 100%; they come from monitors and wind and are "
          "no evidence of an offence."),
        _("continued"),
    )  # fmt: skip


def _rate(value: Any) -> str:
    return theme.number(float(value), 0 if float(value) >= 100 else 1)


def _alike(page: Page, row: pd.Series, known: dict[str, str]) -> str:
    """The candidate the monitors cannot tell it from, where there is one."""
    if pd.isna(row["correlation"]) or float(row["correlation"]) < 0.9:
        return theme.NO_VALUE
    return known.get(str(row["like"]), theme.NO_VALUE)


def _plume(page: Page, trace: pd.Series) -> Any:
    """The field of the trace (lead_h, y, x), only hours that it has; None where there is none."""
    outcome = page.companions.outcomes.get(TRACE)
    field = None if outcome is None else outcome.fields.get("plume")
    if field is None:
        return None
    keys = [str(key) for key in field["trace"].to_numpy()]
    if str(trace["trace"]) not in keys:
        return None
    own = field.isel(trace=keys.index(str(trace["trace"]))).load()
    known = np.isfinite(own["added"].to_numpy()).any(axis=(1, 2))
    return own.isel(lead_h=np.flatnonzero(known)) if known.any() else None


def figure_leads(added: Any) -> list[int]:
    """Three hours worth a map: the one with most added, the last one seen and three hours on; fewer where equal."""
    leads = [int(lead) for lead in added["lead_h"].to_numpy()]
    seen = [lead for lead in leads if lead <= 0]
    ahead = [lead for lead in leads if lead > 0]
    total = added.fillna(0).sum(("y", "x")).to_numpy()
    strongest = max(seen, key=lambda lead: float(total[leads.index(lead)])) if seen else leads[0]
    later = ahead[min(2, len(ahead) - 1)] if ahead else strongest
    return sorted({strongest, 0 if 0 in leads else strongest, later})


def _figure(page: Page, trace: pd.Series, found: pd.DataFrame) -> Element | None:
    from gzeco_lib.views.figures_plume import plume_maps

    _ = page.words
    plume = _plume(page, trace)
    if plume is None:
        return None
    leads = figure_leads(plume["added"])
    times = {
        int(lead): time
        for lead, time in zip(plume["lead_h"].to_numpy(), plume["time"].to_numpy(), strict=True)
    }
    titles = [_hour_title(page, lead, times[lead]) for lead in leads]
    places = page.companions.table(TRACE, "exposed_places")
    if len(places):
        places = places[(places["trace"] == trace["trace"]) & (places["probability"] >= LIKELY)]
    alarms = page.table("alarms")
    at = alarms[alarms["site"] == trace["site"]]
    place = (float(at["lon"].iloc[0]), float(at["lat"].iloc[0])) if len(at) else (float("nan"), float("nan"))
    name, unit = page.variable(str(trace["variable"]))
    svg = plume_maps(
        plume, leads, titles, place, found.head(DRAWN), places,
        _("Expected addition of {variable} [{unit}]").format(variable=name, unit=unit), _, page.lang,
    )  # fmt: skip
    if not svg:
        return None
    caption = _("Where the traced source added how much: expectation over all candidates")
    note = _(
        "Numbers are ranks of the candidates. Hours ahead carry the last wind forward and are the less certain the "
        "farther ahead."
    )
    return Figure(page.figure_label(), caption, svg, f"{caption} {page.joined(titles)} {note}", note)


def _hour_title(page: Page, lead: int, time: Any) -> str:
    _ = page.words
    return _("{time}, carried forward").format(time=page.short(time)) if lead > 0 else page.short(time)


def _reached(page: Page, trace: pd.Series) -> list[str]:
    """Schools, hospitals and homes reached, and districts ahead."""
    _ = page.words
    places = page.companions.table(TRACE, "exposed_places")
    if places.empty:
        return [
            _("No school, hospital or home for the elderly was reached, as far as the list of places tells.")
        ]
    own = places[(places["trace"] == trace["trace"]) & (places["probability"] >= LIKELY)]
    if own.empty:
        return [
            _(
                "No school, hospital or home for the elderly was reached with a probability of one half or more."
            )
        ]
    counts = own["kind"].value_counts()
    kinds = page.listed([f"{_(names.PLACE_KINDS.get(str(k), str(k)))} {n}" for k, n in counts.items()])
    top = own.nlargest(PLACES, "peak_added")
    named = page.listed([f"{page.name(row)} ({page.short(row['first_time'])})" for _i, row in top.iterrows()])
    return [_("Reached with a probability of one half or more: {kinds}. First of them: {named}.").format(
        kinds=kinds, named=named)]  # fmt: skip


def _checks(page: Page, trace: pd.Series, found: pd.DataFrame) -> list[str]:
    """What to check, in the order of what it decides."""
    _ = page.words
    first = page.listed([page.name(row) for _i, row in found.head(3).iterrows()])
    checks = []
    if first:
        said = _(
            "To check first: records of monitoring and operation of {names} for {span}, beside the hours of the excess."
        )
        checks.append(said.format(names=first, span=page.span(trace["start"], trace["end"])))
    if float(trace["unknown"]) >= 0.3:
        checks.append(
            _("A source not on the list is as likely as any: look for works, sites and fires upwind.")
        )
    return checks
