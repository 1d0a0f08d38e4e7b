"""The first page: title, the answer in a sentence, headline figures, contents, and what the reader must know."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gzeco_lib.briefing.elements import Answer, Callout, Card, Cards, Contents, Element, Section, Title
from gzeco_lib.briefing.health_research import numbers
from gzeco_lib.briefing.health_research.feeds import HEADING as FEEDS_HEADING
from gzeco_lib.briefing.health_research.page import Page
from gzeco_lib.views import theme

# The note of a station that fell silent, as the feeds write it.
GONE = "{zh} ({site}, {en}) has sent nothing since {since}, {hours} h before; the others stand in."


def title(page: Page) -> Element:
    """Bureau, title, and what the briefing is about and when."""
    _ = page.words
    outcome, brief = page.outcome, page.brief
    now = numbers.city(page.table("city_hourly")).now
    stamps = [
        (_("Known up to (Beijing time)"), page.moment(outcome.at)),
        (_("Latest hour"), page.hour(now["time"])),
        (_("Forecast"), _("{n} h ahead").format(n=int(page.table("city_hourly")["lead_h"].max()))),
    ]
    return Title(
        bureau=brief.bureau or _(theme.BUREAU),
        title=brief.heading or _("Environmental health research briefing"),
        subtitle=_("Health risk of the air in Guangzhou, now and in the hours ahead"),
        stamps=stamps,
        running=f"{brief.heading or _('Environmental health research briefing')} · {page.moment(outcome.at)}",
        lang=page.lang,
        form=str(brief.form),
    )


def answer(page: Page, sentence: str) -> Element:
    """The answer with its grade and band, and the time it holds for."""
    _ = page.words
    city = numbers.city(page.table("city_hourly"))
    chips = [page.category_chip(city.now["category"]), page.band_chip(city.now["aqhi_band"])]
    detail = _("Holds for {hour}, Beijing time; data capture of the last 24 h {capture}.").format(
        hour=page.hour(city.now["time"]),
        capture=page.percent(numbers.mean_capture(page.table("capture"), "capture_24h")),
    )
    return Answer(sentence, [chip for chip in chips if chip], detail)


def cards(page: Page) -> Element:
    """At most five headline figures."""
    _ = page.words
    city = numbers.city(page.table("city_hourly"))
    now, before, worst = city.now, city.yesterday, city.worst
    capture = page.table("capture")
    return Cards(
        [
            Card("AQI", page.value("aqi", now["aqi"]), "", _compared(page, "aqi", now, before)),
            Card(
                _("Excess risk"),
                page.value("excess_risk", now["excess_risk"]),
                "%",
                _compared(page, "excess_risk", now, before),
            ),
            Card("AQHI", page.aqhi(now["aqhi"]), "", page.band_cell(now["aqhi_band"]).text),
            Card(
                _("Highest ahead"),
                page.value("excess_risk", worst["excess_risk"]),
                "%",
                page.short(worst["time"]),
            ),
            Card(
                _("Data capture"),
                theme.number(100 * numbers.mean_capture(capture, "capture_24h"), 1),
                "%",
                _("last 24 h"),
            ),
        ]
    )


def _compared(page: Page, name: str, now: pd.Series, before: pd.Series | None) -> str:
    """The change against the same hour yesterday, in words."""
    _ = page.words
    difference = numbers.change(now[name], None if before is None else before[name])
    if pd.isna(difference):
        return _("yesterday unknown")
    change = theme.number(difference, theme.DECIMALS.get(name, 0), signed=True)
    return _("{change} against yesterday").format(change=change)


MOST_NOTES = 5  # on the first page; the others stand with the feeds


def told(page: Page) -> list[str]:
    """All the reader must know, each sentence once: what stands in now for a feed goes before what is always so."""
    _ = page.words
    urgent = _urgent(page)
    first: list[str] = []
    if page.generated:
        first.append(_("The data are generated for demonstration: nothing in this briefing was measured."))
    elif page.people_generated:
        first.append(_("The population by cell and hour is generated; the air was measured."))
    every = [*page.outcome.notes, *page.companions.notes]
    now = [page.told(*_filled(page, note)) for note in every if note[0] in urgent]
    rest = [page.told(*_filled(page, note)) for note in every if note[0] not in urgent]
    return list(dict.fromkeys([*first, *now, *rest]))


def _filled(page: Page, note: tuple[str, dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """The note with those of its fields translated that are messages themselves."""
    message, fields = note
    return message, {
        key: page.words(value) if key in ("title", "why") and isinstance(value, str) else value
        for key, value in fields.items()
    }


def _urgent(page: Page) -> set[str]:
    """Message ids of notes on what is late or gone now."""
    table = page.optional("feeds")
    late = set() if table is None else set(table.loc[table["status"].isin(["late", "thin"]), "instead"])
    return {GONE, *late} - {""}


def notes(page: Page, most: int = MOST_NOTES) -> list[Element]:
    """What was missing and what was used instead, said up front; where there is much, it is said where the rest is."""
    _ = page.words
    said = told(page)
    if len(said) > most + 1:
        more = _("{n} more notes stand under {section}.") if page.brief.form == "long" else _(
            "{n} more notes stand in the long form."
        )  # fmt: skip
        said = [*said[:most], more.format(n=len(said) - most, section=_(FEEDS_HEADING))]
    return [Callout(_("What the reader must know"), said, "warning")] if said else []


def more_notes(page: Page) -> list[Element]:
    """The notes the first page had no room for."""
    _, said = page.words, told(page)
    return [Callout(_("Further notes"), said[MOST_NOTES:])] if len(said) > MOST_NOTES + 1 else []


def first_page(page: Page, sentence: str) -> Section:
    """Everything a leader needs on one page."""
    _ = page.words
    return Section([title(page), answer(page, sentence), cards(page), *notes(page), Contents(_("Contents"))])
