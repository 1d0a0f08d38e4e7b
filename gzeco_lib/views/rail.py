"""The left rail: links to all dashboards, and under the one shown its pages; a line of links on a narrow window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import panel as pn

from gzeco_lib.errors import N_
from gzeco_lib.views.layout import html
from gzeco_lib.views.markup import text
from gzeco_lib.views.view_state import ViewState
from gzeco_lib.views.words import Translate


@dataclass(frozen=True)
class Dashboard:
    """A page of the product: its address, its title and the question it answers (message ids)."""

    slug: str
    title: str
    question: str
    group: str


DASHBOARDS = (
    Dashboard(
        "environmental_health",
        N_("Environmental health"),
        N_("How safe is the air for people now and in the next 24 hours, and where is it worst?"),
        N_("Scenarios"),
    ),
    Dashboard(
        "runs",
        N_("Briefing runs"),
        N_("Which scheduled briefings ran, which failed, and where are their files?"),
        N_("Operation"),
    ),
)

FOLLOWED = ("theme", "palette", "at")  # what the links take along and the reader may change on the page


def rail(_: Translate, state: ViewState, here: str, parts: Mapping[str, str], part: str) -> pn.pane.HTML:
    """The rail of the dashboard ``here``; ``parts`` are labels of its pages by key, ``part`` the one shown."""
    pane = html(markup(_, state, here, parts, part), sheets=("rail",), css_classes=["gz-rail"])

    def again(_event: object) -> None:
        pane.object = markup(_, state, here, parts, part)

    state.param.watch(again, list(FOLLOWED))
    return pane


def markup(_: Translate, state: ViewState, here: str, parts: Mapping[str, str], part: str) -> str:
    """The links as HTML."""
    kept = state.common()
    found = [f'<a class="link" href="./?{_query({"lang": state.lang})}">{text(_("All pages"))}</a>']
    group = ""
    for page in DASHBOARDS:
        if page.group != group:
            group = page.group
            found.append(f'<div class="group">{text(_(group))}</div>')
        inside = page.slug == here and bool(parts)
        mark = " open" if inside else ' on" aria-current="page' if page.slug == here else ""
        found.append(f'<a class="link{mark}" href="{page.slug}?{_query(kept)}">{text(_(page.title))}</a>')
        if inside:
            found += [_part(page.slug, key, label, kept, key == part) for key, label in parts.items()]
    return f'<nav aria-label="{text(_("Pages"))}">{"".join(found)}</nav>'


def _part(slug: str, key: str, label: str, kept: Mapping[str, str], shown: bool) -> str:
    mark = ' on" aria-current="page' if shown else ""
    return f'<a class="link part{mark}" href="{slug}?{_query({"page": key, **kept})}">{text(label)}</a>'


def _query(values: Mapping[str, str]) -> str:
    return text(urlencode(values))
