"""The first page: title, the answer in a sentence, headline figures, contents, and what the reader must know."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gzeco_lib.briefing.elements import Answer, Callout, Card, Cards, Contents, Element, Section, Title
from gzeco_lib.briefing.health_research import numbers
from gzeco_lib.briefing.health_research.page import Page
from gzeco_lib.views import theme


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


def notes(page: Page) -> list[Element]:
    """What was missing and what was used instead, said up front."""
    _ = page.words
    told = [_filled(page, message, fields) for message, fields in page.outcome.notes]
    if page.generated:
        told.insert(0, _("The data are generated for demonstration: nothing in this briefing was measured."))
    return [Callout(_("What the reader must know"), told, "warning")] if told else []


def _filled(page: Page, message: str, fields: dict[str, Any]) -> str:
    """A note of the outcome in the language of the briefing."""
    return page.words(message).format(**fields)


def first_page(page: Page, sentence: str) -> Section:
    """Everything a leader needs on one page."""
    _ = page.words
    return Section([title(page), answer(page, sentence), cards(page), *notes(page), Contents(_("Contents"))])
