"""The short form: two pages for leaders, the same words and figures as the long form."""

from __future__ import annotations

import pandas as pd

from gzeco_lib.briefing.elements import Beside, Bullets, Element, Figure, KeyValues, Section, Sheet
from gzeco_lib.briefing.health_research import (
    advice,
    ahead,
    alarms,
    burden,
    compare,
    feeds,
    hazards,
    index,
    names,
    numbers,
    summary,
)  # fmt: skip
from gzeco_lib.briefing.health_research.companions import TRACE
from gzeco_lib.briefing.health_research.page import Page
from gzeco_lib.briefing.tables import Cell, Column, Table
from gzeco_lib.environmental_health.answer import findings
from gzeco_lib.environmental_health.friendliness.advice_texts import AUDIENCES
from gzeco_lib.errors import N_
from gzeco_lib.views import theme

NOTES = 3  # notes on the first page
ADVICE = 5  # rows of advice
ALERTS = 3  # alerts in words
TRACES = 2  # traces in words
MAP, CHART, HEIGHT = 78.0, 90.0, 92.0  # widths and height of the two figures [mm]
CHANGES = ("aqi", "excess_risk", "high_share", "alerts", "alarms", "deaths", "friendliness")


def pages(page: Page, sentence: str) -> Section:
    """Both pages."""
    first = [
        summary.title(page), summary.answer(page, sentence), summary.cards(page), *summary.notes(page, NOTES),
        _findings(page), *_figures(page),
    ]  # fmt: skip
    second = [_strip(page), _lines(page), *_advice(page), _foot(page)]
    return Section([Sheet(first), Sheet(second, last=True)])


def _findings(page: Page) -> Element:
    return Bullets([page.told(message, fields) for message, fields in findings(page.outcome, page.lang)][:3])


def _figures(page: Page) -> list[Element]:
    """The worst hour on the map beside the outlook."""
    from gzeco_lib.views.figures_chart import outlook
    from gzeco_lib.views.figures_map import risk_maps

    _ = page.words
    city = numbers.city(page.table("city_hourly"))
    worst = int(city.worst["lead_h"])
    stations = page.table("station_hourly")
    title = page.hour(city.worst["time"])
    svg = risk_maps(
        page.outcome.fields["risk"].load(), [worst], [title], stations[stations["lead_h"] == 0], _, page.lang,
        width=MAP, height=HEIGHT,
    )  # fmt: skip
    caption = (
        _("Excess risk by cell in the worst hour ahead")
        if worst
        else _("Excess risk by cell in the latest hour")
    )
    chart = outlook(page.table("city_hourly"), _, CHART, HEIGHT)
    second = _("AQI and excess risk of the city: observed, and forecast with its 80% band")
    return [
        Beside(
            Figure(page.figure_label(), caption, svg, f"{caption} {title}"),
            Figure(page.figure_label(), second, chart, second),
            MAP / (MAP + CHART),
        )
    ]


def _strip(page: Page) -> Element:
    _ = page.words
    caption = _("AQHI of each district by hour, the highest risk ahead first")
    return Figure(
        page.figure_label(), caption, ahead.strip(page, 172.0), f"{caption} {ahead.alert_sentence(page)}"
    )


def _lines(page: Page) -> Element:
    """One line a topic: what a leader must know of it."""
    _ = page.words
    brief = page.brief
    rows = [(_("Alerts"), _alerts(page)), (_("Groups"), _groups(page))]
    if brief.show_traces:
        rows.append((_("Alarms"), _alarms(page)))
    rows.append((_("Hazards"), hazards.sentence(page)))
    if brief.show_burden:
        told = "" if page.companions.table(burden.BURDEN, "burden").empty else burden.sentence(page)
        rows.append((_("Burden"), told or _("not computed for want of data")))
    if brief.show_index:
        rows.append((_("Index"), index.sentence(page)))
    rows += [
        (_("Complaints"), advice.opinion_sentence(page)), (_("Changes"), _changes(page)),
        (_("Feeds"), feeds.sentence(page)),
    ]  # fmt: skip
    return KeyValues([(name, said) for name, said in rows if said])


def _alerts(page: Page) -> str:
    said = ahead.alert_sentence(page)
    top = ahead.ranked_alerts(page)
    top = top[top["place_kind"] != "cell"] if len(top) else top
    named = [
        f"{ahead.alert_name(page, row)} {page.chance(row['probability'])} "
        f"{page.span(row['first_time'], row['last_time'] + pd.Timedelta('1h'))}"
        for _i, row in top.head(ALERTS).iterrows()
    ]
    return f"{said} {page.joined(named)}".strip()


def _groups(page: Page) -> str:
    """The groups with the highest risk ahead."""
    _ = page.words
    worst = ahead.worst_by_group(page)
    if worst.empty:
        return ""
    told = [
        f"{_(names.GROUPS.get(str(row['group']), str(row['group'])))} {page.value('excess_risk', row['excess_risk'])}%"
        for _i, row in worst.iterrows()
    ]
    return _("Highest excess risk ahead: {groups}.").format(groups=page.listed(told))


def _alarms(page: Page) -> str:
    """Alarms and what their traces say."""
    found = page.optional("alarms")
    if found is None:
        return ""
    if found.empty:
        return alarms.none(page)
    traces = page.companions.table(TRACE, "traces")
    said = [alarms.sentence(page, found, traces)]
    for _i, trace in traces.head(TRACES).iterrows():
        said.append(
            f"{page.name(trace)} · {trace['variable']}{alarms.colon(page)}{alarms.exposed(page, trace)}"
        )
    return " ".join(said)


def _changes(page: Page) -> str:
    """What moved since the last briefing, in one line."""
    _ = page.words
    if not page.brief.show_changes or page.previous is None:
        return ""
    before = dict(page.previous.table("figures").itertuples(index=False, name=None))
    now = dict(compare.figures(page).itertuples(index=False, name=None))
    parts = [
        f"{_(label)} {theme.number(now[name], decimals)}{'' if unit == '1' else unit} "
        f"({theme.number(now[name] - before[name], decimals, signed=True)})"
        for name, label, unit, decimals in compare.FIGURES
        if name in CHANGES and name in before and name in now
    ]
    return _("Since {time}: {parts}.").format(time=page.moment(page.previous.at), parts=page.joined(parts))


def _advice(page: Page) -> list[Element]:
    _ = page.words
    table = page.optional("advice")
    if not page.brief.show_advice or table is None or table.empty:
        return []
    rows: list[list[Cell | str]] = [
        [
            _(AUDIENCES.get(str(row["audience"]), str(row["audience"]))),
            page.told(row["text"], row["fields"]) + advice.where(page, row),
            page.told(row["reason"], row["fields"]),
        ]
        for _i, row in advice.merged(table).head(ADVICE).iterrows()
    ]
    return [
        Table(
            page.table_label(), _("Advice for the hours ahead, the most pressing first"),
            [
                Column(_("For whom"), figures=False, share=1.2),
                Column(_("Advice"), figures=False, share=4),
                Column(_("Reason"), figures=False, share=2.2),
            ],
            rows, "", _("continued"),
        )
    ]  # fmt: skip


LIMITS = N_(
    "Excess risk follows studies of other cities and counts no cases; AQHI is no official index here; values are not "
    "ratified; traces are probabilities, no evidence of an offence."
)


def _foot(page: Page) -> Element:
    """Limits and provenance, one line each."""
    _ = page.words
    made = page.outcome.provenance
    window = (
        f"{page.moment(made.window[0])} – {page.moment(made.window[1])}" if made.window else theme.NO_VALUE
    )
    source = _("Outcome {outcome}; data used {window}; gzeco {code}.").format(
        outcome=page.outcome.id, window=window, code=made.code
    )
    return KeyValues([(_("Limits"), _(LIMITS)), (_("Provenance"), source)])
