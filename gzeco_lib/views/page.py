"""The frame every dashboard has: bar, rail, answer, cards, map beside a ranked list, chart, table, drawer.

Each call builds new widgets for one session; nothing here is shared between sessions. Widgets' tooltips that come in
English only (drawer and theme buttons of the stock page) are replaced by our own bar.
"""

from __future__ import annotations

import logging
import traceback
import uuid
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from panel.util import edit_readonly

from gzeco_lib.errors import N_, GzecoError
from gzeco_lib.views import fonts, states, theme
from gzeco_lib.views.components import Choice, HeaderBar
from gzeco_lib.views.markup import TEMPLATES, style, text
from gzeco_lib.views.view_state import ViewState
from gzeco_lib.views.words import LANGUAGES, Translate

logger = logging.getLogger("gzeco.pages")

HTML_LANG = {"zh": "zh-CN", "en": "en"}
ASSETS = "assets"
GAP = 14


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


def html(content: str, *, sheets: Sequence[str] = ("parts",), **params: Any) -> pn.pane.HTML:
    """A pane for our own markup with our stylesheets; ``content`` must be escaped already."""
    params.setdefault("sizing_mode", "stretch_width")
    params.setdefault("margin", 0)
    return pn.pane.HTML(content, stylesheets=[style(name) for name in sheets], **params)


def hidden() -> pn.pane.HTML:
    """An empty pane that takes no room until `show` gives it something."""
    return html("", styles={"display": "none"})


def show(pane: pn.pane.HTML, markup: str) -> None:
    """Show ``markup`` in ``pane``; with "" it takes no room. (Its ``visible`` must not change: a pane that was
    never drawn fails in the browser when its text changes.)"""
    pane.param.update(object=markup, styles={"display": "block" if markup else "none"})


def column(*items: Any, gap: int = GAP, padding: str = "0", **params: Any) -> pn.Column:
    """Items under each other with an even gap."""
    sheet = f":host {{ gap: {gap}px; min-width: 0; padding: {padding}; box-sizing: border-box; }}"
    return pn.Column(*items, sizing_mode="stretch_width", margin=0, stylesheets=[sheet], **params)


def surface(*items: Any, gap: int = 10, **params: Any) -> pn.Column:
    """Items on a card."""
    sheet = (
        f":host {{ gap: {gap}px; min-width: 0; padding: 14px 16px; "
        "border: 1px solid var(--gz-line); border-radius: 10px; "
        "background: var(--panel-surface-color); box-sizing: border-box; }"
    )
    return pn.Column(*items, sizing_mode="stretch_width", margin=0, stylesheets=[sheet], **params)


def beside(left: Any, right: Any, widths: tuple[int, int] = (3, 2), below: int = 900) -> pn.Column:
    """Two items side by side in the given proportion; under each other on a window narrower than ``below`` [px]."""
    sheet = (
        f":host {{ display: grid !important; gap: 0 {GAP}px; align-items: stretch; "
        f"grid-template-columns: minmax(0, {widths[0]}fr) minmax(0, {widths[1]}fr); }}"
        f"@media (max-width: {below}px) {{ :host {{ grid-template-columns: minmax(0, 1fr); row-gap: {GAP}px; }} }}"
        "[class*=Column] { align-self: stretch !important; height: auto !important; }"
    )
    return pn.Column(left, right, sizing_mode="stretch_width", margin=0, stylesheets=[sheet])


def toolbar(*items: Any) -> pn.Row:
    """Controls in one line that wraps."""
    sheet = ":host { flex-wrap: wrap !important; gap: 8px 14px; align-items: center; min-width: 0; }"
    return pn.Row(*items, sizing_mode="stretch_width", margin=0, stylesheets=[sheet])


def choice(label: str, options: Mapping[str, str], value: str) -> Choice:
    """One of a few as a line of buttons; ``options`` are labels by key."""
    return Choice(label=label, options=[list(pair) for pair in options.items()], value=value, margin=0)


def heading(title: str, sub: str = "") -> pn.pane.HTML:
    """The heading of a section."""
    return html(heading_markup(title, sub))


def heading_markup(title: str, sub: str = "") -> str:
    """The markup of a section's heading."""
    return f'<div class="heading"><h2>{text(title)}</h2><span class="sub">{text(sub)}</span></div>'


def rail(_: Translate, lang: str, here: str, pages: Sequence[Dashboard] = DASHBOARDS) -> pn.pane.HTML:
    """The left rail: links to all pages, in groups; a line of links on a narrow window."""
    parts = [f'<a class="link" href="./?lang={lang}">{text(_("All pages"))}</a>']
    group = ""
    for page in pages:
        if page.group != group:
            group = page.group
            parts.append(f'<div class="group">{text(_(group))}</div>')
        on = ' on" aria-current="page' if page.slug == here else ""
        parts.append(f'<a class="link{on}" href="{page.slug}?lang={lang}">{text(_(page.title))}</a>')
    content = f'<nav aria-label="{text(_("Pages"))}">{"".join(parts)}</nav>'
    return html(content, sheets=("rail",), css_classes=["gz-rail"])


def with_rail(side: Any, body: Any) -> pn.Column:
    """The rail beside the content; above it on a narrow window."""
    sheet = (
        ":host { display: grid !important; grid-template-columns: 176px minmax(0, 1fr); align-items: start; "
        "min-height: 100%; "
        "box-sizing: border-box; padding: 14px 20px 40px 0; gap: 0 16px; background: var(--panel-background-color); }"
        "@media (max-width: 1100px) { "
        ":host { grid-template-columns: minmax(0, 1fr); padding: 0 14px 32px; gap: 10px; } }"
        "@media (max-width: 620px) { :host { padding: 0 10px 28px; } }"
    )
    return pn.Column(side, body, sizing_mode="stretch_width", margin=0, stylesheets=[sheet])


def theme_config() -> dict[str, Any]:
    """Our colours and type for the Material components, light and dark."""

    def mode(dark: bool) -> dict[str, Any]:
        g = theme.ground(dark)
        return {
            "palette": {
                "primary": {"main": g.accent, "contrastText": theme.text_on(g.accent)},
                "background": {"default": g.page, "paper": g.surface},
                "text": {"primary": g.ink, "secondary": g.muted},
                "divider": g.line,
            },
            "typography": {
                "fontFamily": theme.FONT_FAMILY,
                "button": {"textTransform": "none"},
                "fontSize": 14,
            },
            "shape": {"borderRadius": 8},
        }

    return {"light": mode(False), "dark": mode(True)}


def shell_style(dark: bool) -> dict[str, Any]:
    """Our colours for the bar and the ground of the stock page."""
    bar = theme.DARK.surface if dark else theme.ACCENT
    return {
        "& .MuiAppBar-root": {"backgroundColor": bar, "backgroundImage": "none", "boxShadow": "none"},
        "& main": {"backgroundColor": theme.ground(dark).page},
    }


def frame(
    _: Translate,
    state: ViewState,
    *,
    slug: str,
    title: str,
    body: Any,
    data_time: str = "",
    drawer: pmui.Drawer | None = None,
    on_dark: Callable[[bool], None] | None = None,
) -> pmui.Page:
    """The whole page; ``on_dark`` is told when the reader switches between light and dark."""
    dark = state.theme == "dark"
    words = {"language": _("Language"), "light": _("Light colours"), "dark": _("Dark colours")}
    if drawer is not None:
        words["model"] = _("Model")
    bar = HeaderBar(
        bureau=_(theme.BUREAU),
        page_title=title,
        data_time=data_time,
        lang=state.lang,
        languages=LANGUAGES,
        dark=dark,
        user=str(pn.state.user or "") if pn.state.user not in (None, "guest") else "",
        words=words,
        sizing_mode="stretch_width",
        margin=0,
    )
    page = pmui.Page(
        title="",
        meta_title=f"{title} · {_(theme.BUREAU)}",
        header=[bar],
        main=[with_rail(rail(_, state.lang, slug), body)],
        theme_config=theme_config(),
        theme_toggle=False,
        dark_theme=dark,
        template=TEMPLATES / "page.html",
        sx=shell_style(dark),
    )
    if drawer is not None:
        page.main[0].append(drawer)
        bar.param.watch(lambda _event: drawer.param.update(open=True), "opened")

    def switch(event: Any) -> None:
        state.theme = "dark" if event.new else "default"
        page.dark_theme = event.new
        page.sx = shell_style(event.new)
        if on_dark is not None:
            on_dark(event.new)

    bar.param.watch(switch, "dark")
    _forget_with_session(page)
    prepare_document(_, state.lang)
    return page


class _Idle(param.Parameterized):
    """What a page follows that nobody looks at any more."""

    busy = param.Boolean(default=False)


def _forget_with_session(page: pmui.Page) -> None:
    """Cut ``page`` loose from Panel's global state when its session ends.

    The stock page follows ``pn.state.busy`` for ever, and so the state would hold every page that was ever shown
    (some 6 MB each).
    """

    def forget(_context: Any) -> None:
        with edit_readonly(page):
            page.busy = _Idle().param.busy  # a reference in place of the other ends its watching

    if pn.state.curdoc is not None:
        pn.state.on_session_destroyed(forget)


def prepare_document(_: Translate, lang: str) -> None:
    """Give the template of this session its language, its words and its assets."""
    if pn.state.curdoc is not None:
        pn.state.curdoc.template_variables.update(
            html_lang=HTML_LANG[lang],
            assets=ASSETS,
            font_file=fonts.cuts()[0].file,
            loading_words=_("Loading…"),
            lost_words=_("The connection to the server was lost."),
            reload_words=_("Load the page again"),
        )


def failure_markup(_: Translate, error: BaseException, slim: bool = False) -> str:
    """A failed state for ``error``: our own errors say how to mend it, others carry a number to find in the log."""
    if isinstance(error, GzecoError):
        told = error.told(_)
        return states.state("failed", told["error"], told["fix"], told["where"], slim)
    number = uuid.uuid4().hex[:8]
    logger.error("page error %s\n%s", number, "".join(traceback.format_exception(error)))
    return states.state(
        "failed",
        _("Something went wrong on this page."),
        _(
            "Load the page again. If it happens again, give the number {number} to the operator: "
            "the server's log has the details."
        ).format(number=number),
        "",
        slim,
    )


class Notices:
    """The place above the answer where errors of callbacks are shown to the reader of this session."""

    def __init__(self, _: Translate) -> None:
        self._ = _
        self.pane = hidden()

    def show(self, markup: str) -> None:
        """Show ``markup``; nothing hides the place."""
        show(self.pane, markup)

    def catch(self, error: Exception) -> None:
        """Show and log ``error``."""
        self.show(failure_markup(self._, error, slim=True))

    def handler(self) -> Callable[[Exception], None]:
        """What Panel calls with an error of this session; it does not keep the session alive."""
        me = weakref.ref(self)

        def handle(error: Exception) -> None:
            notices = me()
            if notices is not None:
                notices.catch(error)
            else:
                logger.error("error after the end of a session", exc_info=error)

        return handle


def guarded(
    _: Translate, state: ViewState, *, slug: str, title: str, build: Callable[[Notices], pmui.Page]
) -> pmui.Page:
    """The page that ``build`` makes; where it raises, the same frame with the failure in it."""
    notices = Notices(_)
    pn.config.exception_handler = notices.handler()
    state.companions.append(notices)
    state.follow(pn.state.location)
    try:
        return build(notices)
    except Exception as error:
        return frame(_, state, slug=slug, title=title, body=column(html(failure_markup(_, error))))
