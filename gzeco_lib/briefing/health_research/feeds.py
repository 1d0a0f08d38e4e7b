"""Which feeds were on time, what stood in for those that were not, and how long it took from data to map."""

from __future__ import annotations

import pandas as pd

from gzeco_lib.briefing.elements import Element, Note, Paragraph, Section
from gzeco_lib.briefing.health_research import names
from gzeco_lib.briefing.health_research.absent import absent, rows
from gzeco_lib.briefing.health_research.page import Page
from gzeco_lib.briefing.tables import Cell, Column, Table
from gzeco_lib.errors import N_
from gzeco_lib.views import theme

HEADING, ANCHOR = N_("Feeds and response time"), "feeds"


def section(page: Page) -> Section:
    """Feeds with what stood in, and the time from data to map."""
    _ = page.words
    table = rows(page, "feeds")
    if table is None:
        return absent(page, HEADING, ANCHOR)
    found: list[Element] = [
        page.heading(_(HEADING), ANCHOR),
        Paragraph(sentence(page) + _took(page), leading=True),
        _table(page, table),
    ]
    if spent := _timing(page):
        found.append(Note(spent))
    return Section(found)


def troubled(page: Page) -> pd.DataFrame:
    """The feeds that were late, thin or missing."""
    table = rows(page, "feeds")
    return pd.DataFrame() if table is None else table[table["status"] != "ok"]


def sentence(page: Page) -> str:
    """How many feeds were on time, and which were not."""
    _ = page.words
    table, late = rows(page, "feeds"), troubled(page)
    if table is None:
        return ""
    if late.empty:
        return _("All {n} feeds were on time.").format(n=len(table))
    space = "" if page.lang == "zh" else " "
    said = [
        space.join(
            (_(names.FEEDS.get(str(row["feed"]), str(row["feed"]))), _(names.STATUS[str(row["status"])][0]))
        )
        for _i, row in late.iterrows()
    ]
    return _("{ok} of {n} feeds were on time; not so: {late}.").format(
        ok=len(table) - len(late), n=len(table), late=page.listed(said)
    )


def _took(page: Page) -> str:
    """How long it took from the arrival of the newest data to the map."""
    _ = page.words
    table = rows(page, "response")
    if table is None or "minutes" not in table or pd.isna(table["minutes"].iloc[0]):
        return ""
    minutes = float(table["minutes"].iloc[0])
    said = _("{n} min") if minutes >= 1 else _("{n} s")
    spent = said.format(n=theme.number(minutes if minutes >= 1 else 60 * minutes, 0))
    return _(" From the arrival of the newest data to risk map, alarms and leads it took {time}.").format(
        time=spent
    )


def _table(page: Page, table: pd.DataFrame) -> Element:
    _ = page.words
    cells: list[list[Cell | str]] = []
    for _i, row in table.iterrows():
        words, band = names.STATUS[str(row["status"])]
        cells.append(
            [
                _(names.FEEDS.get(str(row["feed"]), str(row["feed"]))),
                Cell(f"{theme.SIGNS[band]}\u00a0{_(words)}"),
                page.short(row["newest"]),
                theme.number(float(row["age_h"]), 1) if pd.notna(row["age_h"]) else theme.NO_VALUE,
                theme.number(float(row["rows_24h"])),
                page.told(row["instead"], row["fields"]) if row["instead"] else theme.NO_VALUE,
            ]
        )
    return Table(
        page.table_label(),
        _("Feeds at the time of the briefing"),
        [
            Column(_("Feed"), figures=False, share=1.4),
            Column(_("State"), figures=False, share=1),
            Column(_("Reaches to"), figures=False, share=1.4),
            Column(_("Age"), "h", share=0.8),
            Column(_("Rows"), _("24 h"), share=1.1),
            Column(_("What stands in"), figures=False, share=4),
        ],
        cells,
        _("Of a feed that does not change by the hour, rows are all there are."),
        _("continued"),
        long=True,
    )


def _timing(page: Page) -> str:
    """Seconds of the steps of the run, in one line."""
    _ = page.words
    table = rows(page, "timing")
    if table is None:
        return ""
    steps = [
        f"{_(str(row['step']))} {theme.number(float(row['seconds']), 1)} s" for _i, row in table.iterrows()
    ]
    return _("Time of the run: {steps}.").format(steps=page.listed(steps))
