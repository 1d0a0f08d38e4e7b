"""The index page: one card per dashboard, plain HTML, so that it costs no session and asks for nothing outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gzeco_lib.views import theme
from gzeco_lib.views.markup import style, text
from gzeco_lib.views.page import ASSETS, HTML_LANG
from gzeco_lib.views.rail import DASHBOARDS, Dashboard
from gzeco_lib.views.words import LANGUAGES, words

CURRENT = ' aria-current="true" class="on"'


def index(
    lang: str, served: Sequence[str], news: Mapping[str, str], pages: Sequence[Dashboard] = DASHBOARDS
) -> str:
    """The index in ``lang``.

    Args:
        served: slugs of the pages that are served.
        news: a line by slug, e.g. the time of its data.
        pages: all pages of the product.
    """
    _ = words(lang)
    groups: dict[str, list[Dashboard]] = {}
    for page in pages:
        if page.slug in served:
            groups.setdefault(page.group, []).append(page)
    body = "".join(
        f"<h2>{text(_(group))}</h2><div class='grid'>"
        + "".join(_card(page, lang, news.get(page.slug, "")) for page in members)
        + "</div>"
        for group, members in groups.items()
    )
    languages = "".join(
        f'<a href="?lang={code}" lang="{HTML_LANG[code]}"{CURRENT if code == lang else ""}>{name}</a>'
        for code, name in LANGUAGES.items()
    )
    return (
        f'<!DOCTYPE html><html lang="{HTML_LANG[lang]}"><head><meta charset="utf-8">'
        f"<title>{text(_(theme.BUREAU))}</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="{ASSETS}/gzeco.svg" type="image/svg+xml">'
        f'<link rel="stylesheet" href="{ASSETS}/fonts.css">'
        f"<style>{_colours()}{style('index')}</style></head><body><header><span>{text(_(theme.BUREAU))}</span>"
        f'<nav aria-label="{text(_("Language"))}">{languages}</nav></header>'
        f"<main><h1>{text(_('Environmental analytics'))}</h1>"
        f"<p class='lead'>{text(_('Each page answers one question. Choose the question.'))}</p>{body}"
        "</main></body></html>"
    )


def _card(page: Dashboard, lang: str, line: str) -> str:
    _ = words(lang)
    return (
        f'<a class="card" href="{page.slug}?lang={lang}"><span class="title">{text(_(page.title))}</span>'
        f'<span class="question">{text(_(page.question))}</span><span class="news">{text(line)}</span></a>'
    )


def _colours() -> str:
    """The theme's neutrals as custom properties, light and dark as the reader's system has it."""

    def rule(dark: bool) -> str:
        g = theme.ground(dark)
        bar = g.surface if dark else g.accent
        return (
            f":root{{--page:{g.page};--surface:{g.surface};--ink:{g.ink};--muted:{g.muted};--line:{g.line};"
            f"--accent:{g.accent};--bar:{bar}}}"
        )

    return f"{rule(False)}@media(prefers-color-scheme:dark){{{rule(True)}}}body{{font-family:{theme.FONT_FAMILY}}}"
