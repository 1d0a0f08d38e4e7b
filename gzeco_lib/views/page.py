"""The frame every dashboard has: bar, rail, drawer, the place for notices; and what is shown where a page fails.

Each call builds new widgets for one session; nothing here is shared between sessions. Widgets' tooltips that come in
English only (drawer and theme buttons of the stock page) are replaced by our own bar.
"""

from __future__ import annotations

import logging
import traceback
import uuid
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from panel.util import edit_readonly

from gzeco_lib.errors import GzecoError
from gzeco_lib.views import fonts, states, theme
from gzeco_lib.views.components import HeaderBar
from gzeco_lib.views.layout import column, hidden, html, show
from gzeco_lib.views.markup import TEMPLATES
from gzeco_lib.views.rail import rail
from gzeco_lib.views.view_state import ViewState
from gzeco_lib.views.words import LANGUAGES, Translate

logger = logging.getLogger("gzeco.pages")

HTML_LANG = {"zh": "zh-CN", "en": "en"}
ASSETS = "assets"


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
    parts: Mapping[str, str] | None = None,
    part: str = "",
) -> pmui.Page:
    """The whole page.

    Args:
        on_dark: is told when the reader switches between light and dark.
        parts: labels of the pages this dashboard consists of, by the key their address has.
        part: the key of the page shown.
    """
    dark = state.theme == "dark"
    words = {
        "language": _("Language"),
        "light": _("Light colours"),
        "dark": _("Dark colours"),
        "norm": _("AQI colours of the norm"),
        "accessible": _("AQI colours for colour-blind readers"),
    }
    if drawer is not None:
        words["model"] = _("Model")
    bar = HeaderBar(
        bureau=_(theme.BUREAU),
        page_title=title,
        data_time=data_time,
        lang=state.lang,
        languages=LANGUAGES,
        dark=dark,
        accessible=state.palette == "accessible",
        user=str(pn.state.user or "") if pn.state.user not in (None, "guest") else "",
        words=words,
        sizing_mode="stretch_width",
        margin=0,
    )
    page = pmui.Page(
        title="",
        meta_title=f"{title} · {_(theme.BUREAU)}",
        header=[bar],
        main=[with_rail(rail(_, state, slug, parts or {}, part), body)],
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
