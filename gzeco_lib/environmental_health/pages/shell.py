"""The frame around the six pages: bar, rail, drawer with the declarations, runs, and what is told above the answer."""

from __future__ import annotations

import importlib
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from gzeco_lib.environmental_health.pages import prose, running
from gzeco_lib.environmental_health.pages.context import Context, open_lake
from gzeco_lib.environmental_health.pages.state import HOURLY, PAGES, PageState
from gzeco_lib.environmental_health.pages.view import View
from gzeco_lib.errors import N_, InputError
from gzeco_lib.scenario import Scenario, registered
from gzeco_lib.views import states
from gzeco_lib.views.controls import Controls
from gzeco_lib.views.layout import column, html
from gzeco_lib.views.page import failure_markup, frame, guarded
from gzeco_lib.views.words import words

SLUG = "environmental_health"
TITLE = N_("Environmental health")
STALE = pd.Timedelta(hours=3)


def page(lake: str | None = None) -> pmui.Page:
    """The page for this session; ``lake`` is the folder or address, by default the one `gzeco serve` was given."""
    location = pn.state.location
    state = PageState.from_query(location.query_params if location is not None else {})
    _ = words(state.lang)
    return guarded(
        _,
        state,
        slug=SLUG,
        title=_(TITLE),
        build=lambda notices: Shell(Context(open_lake(lake), state, notices)).view(),
    )


class Shell:
    """One session's page in its frame."""

    def __init__(self, context: Context) -> None:
        self.context, self.state, self._ = context, context.state, context._
        self.kind = PAGES[context.state.page]
        module = importlib.import_module(f"{__package__}.{self.kind.module}")
        self.shown: View = module.Page(context, self.run)
        self.controls: dict[str, Controls] = {}

    def view(self) -> pmui.Page:
        """The whole page."""
        _ = self._
        drawer = self._drawer()
        ready = self.shown.ready()
        body = [*self._warnings(), *self.shown.body()] if ready else [self._empty()]
        return frame(
            _,
            self.state,
            slug=SLUG,
            title=f"{_(TITLE)} · {_(self.kind.title)}",
            body=column(self.context.notices.pane, *body),
            data_time=self.shown.data_time() if ready else "",
            drawer=drawer,
            on_dark=self.shown.paint,
            parts={key: _(kind.title) for key, kind in PAGES.items()},
            part=self.state.page,
        )

    # --- the drawer -------------------------------------------------------------------------------------------

    def _drawer(self) -> pmui.Drawer:
        _ = self._
        self.as_of = pmui.TextInput(
            label=_("As known at (empty for the newest data)"),
            value=self.state.at,
            sizing_mode="stretch_width",
            placeholder="2024-12-15T08:00+08:00",
            size="small",
        )
        parts: list[Any] = [self.as_of]
        for model in self.kind.models:
            declaration = self._declaration(model)
            if declaration is None:
                continue
            outcome = self.context.outcome(model)
            self.controls[model] = Controls(
                _,
                declaration,
                outcome.parameters if outcome else {},
                lambda values, model=model: self.run(model, values),  # type: ignore[misc]
                f"{model}.yaml",
                prose.CHOICES,
                _(declaration.title),
            )
            parts.append(self.controls[model].view)
            if outcome is not None:
                parts.append(html(prose.provenance(_, outcome)))
        return pmui.Drawer(column(*parts, gap=18, padding="18px 18px 40px"), anchor="right", size=380)

    def _declaration(self, model: str) -> type[Scenario] | None:
        """The declaration of ``model``; None where this installation has none."""
        try:
            return registered(model)
        except InputError:
            return None

    # --- what is told above the answer ------------------------------------------------------------------------

    def _empty(self) -> Any:
        _ = self._
        model = self.kind.models[0]
        told = states.state(
            "empty",
            _("No outcome of this model is stored yet."),
            _(
                "Bring in observations with gzeco ingest, then run the model here or with gzeco run. "
                "It takes a minute or two."
            ),
        )
        if model not in self.controls:
            return html(told)
        button = pmui.Button(label=_("Run the model"), variant="contained", color="primary")
        button.on_click(lambda _event: self.run(model, self.controls[model].values()))
        self.start_button = button
        return column(html(told), button)

    def _warnings(self) -> list[Any]:
        """Slim notices: data that are generated, and a newest outcome that is old."""
        _, shown = self._, self.context.shown(HOURLY)
        if shown is None:
            return []
        found = []
        sites = self.context.lake.read("site", columns=["site", "generated"])
        if sites.loc[sites["site"].isin(shown.table("station_hourly")["site"]), "generated"].any():
            found.append(
                states.state(
                    "note",
                    _("Demonstration: all data on this page are generated, nothing was measured."),
                    _("Bring in real observations with gzeco ingest into a lake of their own."),
                    slim=True,
                )
            )
        age = pd.Timestamp.now("UTC") - shown.time(0)
        # A page asked for a past time is meant to be old, and yearly figures are not a matter of hours.
        if not self.state.at and age >= STALE and HOURLY in self.kind.models:
            hours = int(age.total_seconds() // 3600)
            old = _("{n} days").format(n=hours // 24) if hours >= 48 else _("{n} hours").format(n=hours)
            told = _("These are not the newest hours: the data shown end {age} ago.").format(age=old)
            then = _(
                "Check that new data arrive (gzeco catalogue), then run the model under Model at the top right."
            )
            found.append(states.state("stale", told, then, slim=True))
        return [html(markup) for markup in found]

    # --- runs -------------------------------------------------------------------------------------------------

    def run(self, model: str, values: dict[str, Any]) -> None:
        """Run ``model`` with ``values`` as of the time in the drawer, and load the page again when it is done."""
        self.state.at = str(self.as_of.value_input or self.as_of.value or "").strip()
        running.start(self._, self.context.lake, model, values, self.context.at(), self._told, self._done)

    def _told(self, markup: str) -> None:
        """Show that the model runs, where the reader looks and where it was started."""
        for controls in self.controls.values():
            controls.busy(markup)
        self.context.notices.show(markup)
        if (button := getattr(self, "start_button", None)) is not None:
            button.disabled = bool(markup)

    def _done(self, failed: Exception | None) -> None:
        self._told("")
        if failed is not None:
            self.context.notices.show(failure_markup(self._, failed, slim=True))
        elif (location := pn.state.location) is not None:
            # A value that differs makes the address change, and with ``reload`` the browser loads the page afresh.
            location.reload = True
            location.search = "?" + urlencode(
                {**location.query_params, "made": f"{pd.Timestamp.now('UTC'):%H%M%S}"}
            )
