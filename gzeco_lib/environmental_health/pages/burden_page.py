"""The page "burden of disease": deaths that go with long-term air, what targets avoid, how the city responds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import panel as pn

from gzeco_lib.environmental_health.pages import burden_shows as shows
from gzeco_lib.environmental_health.pages import prose
from gzeco_lib.environmental_health.pages.context import Context
from gzeco_lib.environmental_health.pages.state import BURDEN, RESPONSE
from gzeco_lib.environmental_health.pages.view import View, clock
from gzeco_lib.errors import N_
from gzeco_lib.views import cards, theme
from gzeco_lib.views.cards import Card
from gzeco_lib.views.interval_bars import IntervalBars
from gzeco_lib.views.layout import beside, choice, column, heading_markup, html, surface, toolbar
from gzeco_lib.views.lines import LinesChart
from gzeco_lib.views.table_part import TablePart

SHEETS = {
    "burden": N_("Burden"),
    "target": N_("Targets"),
    "effect": N_("Effects"),
    "input": N_("Inputs of the burden"),
    "response_input": N_("Inputs of the response"),
}


class Page(View):
    """One session's page."""

    def __init__(self, context: Context, run: Callable[[str, dict[str, Any]], None]) -> None:
        super().__init__(context)
        self.shown, self.response = context.shown(BURDEN), context.shown(RESPONSE)

    def ready(self) -> bool:
        """Whether there is an outcome to show."""
        return self.shown is not None or self.response is not None

    def data_time(self) -> str:
        """As of when the figures are."""
        shown = self.shown or self.response
        assert shown is not None
        return self._("As known at {time}").format(time=clock(shown.outcome.at))

    def body(self) -> list[Any]:
        """Answer, cards, bars by cause and district, targets, exposure-response, tables."""
        if self.shown is None or not self.shown.has("burden"):
            told = self._("The burden was not computed yet.")
            return [self.empty(told, self._("Run it under Model at the top right.")), *self._response_part()]
        options = shows.forms(self.shown)
        first = next((k for k in options if k.startswith("PM2.5|GEMM")), next(iter(options)))
        self.form = choice(self._("Pollutant and function"), options, first)
        self.answer, self.figures = html(""), html("")
        dark = self.context.dark
        self.causes, self.districts, self.targets = (
            IntervalBars(self._, dark, name) for name in ("cause_chart", "district_chart", "target_chart")
        )
        self.titles = [html("") for _k in range(3)]
        pairs = zip(self.titles, (self.causes, self.districts, self.targets), strict=True)
        cause, district, target = (
            surface(title, pn.pane.Bokeh(chart.figure, sizing_mode="stretch_width", margin=0))
            for title, chart in pairs
        )
        self.painted += [self.causes, self.districts, self.targets]
        self.target_part = target
        parts = [
            surface(toolbar(self.form)),
            self.answer,
            self.figures,
            beside(cause, district, (1, 1)),
            target,
            *self._response_part(),
            self._table_part(),
            html(prose.known(self._, self.shown.outcome)),
            html(prose.burden_method(self._)),
        ]
        self.form.param.watch(lambda _event: self._show(), "value")
        self._show()
        return parts

    def _show(self) -> None:
        assert self.shown is not None
        _ = self._
        found = shows.rows(self.shown, self.form.value)
        self.answer.object = self._answer(found)
        self.figures.object = cards.cards(self._cards(found))
        axis = shows.axis(self.shown, shows.measure(found))
        decimals = 0 if shows.measure(found) == "deaths" else 1
        self.causes.show(shows.by_cause(self.shown, found), axis, decimals)
        self.districts.show(shows.by_district(self.shown, found), axis, decimals)
        goals = shows.targets(self.shown, self.form.value)
        self.targets.show(goals, (_("Deaths avoided a year"), ""))
        self.target_part.visible = bool(goals)
        cause = shows.cause_name(self.shown, shows.leading(found))
        for pane, title, sub in zip(
            self.titles,
            (_("By cause, whole city"), _("By district"), _("What reaching a target would avoid")),
            (_("with 95 % interval; causes overlap and must not be added"), cause, _("with 95 % interval")),
            strict=True,
        ):
            pane.object = heading_markup(title, sub)
        self.tables.show()

    def _answer(self, found: Any) -> str:
        assert self.shown is not None
        _, row = self._, shows.whole(found)
        if row is None:
            return cards.answer(_("There is no figure for the whole city."), None, [])
        fields = {
            "pollutant": row["pollutant"],
            "mean": theme.number(row["concentration"], 1),
            "deaths": theme.number(row["deaths"]),
            "lo": theme.number(row["deaths_lo"]),
            "hi": theme.number(row["deaths_hi"]),
            "share": theme.number(100 * row["share"], 1),
            "share_lo": theme.number(100 * row["share_lo"], 1),
            "share_hi": theme.number(100 * row["share_hi"], 1),
            "cause": shows.in_sentence(self.shown, row["cause"]),
        }
        sentence = _(
            "Some {deaths} deaths a year ({lo} to {hi}) go with long-term {pollutant} at {mean} µg/m³: {share} % of "
            "the deaths of {cause}."
        )
        if not np.isfinite(row["deaths"]):
            sentence = _(
                "{share} % ({share_lo} to {share_hi} %) of the deaths of {cause} go with long-term {pollutant} at "
                "{mean} µg/m³; without death rates their number is not known."
            )
        facts = [(_("Function"), shows.function_name(self.shown, row["model"]))]
        if np.isfinite(row["capture"]):
            facts.append((_("Data capture of the year"), theme.percent(row["capture"], 1)))
        return cards.answer(sentence.format(**fields), None, facts)

    def _cards(self, found: Any) -> list[Card]:
        assert self.shown is not None
        _, row = self._, shows.whole(found)
        if row is None:
            return []
        made = []
        if np.isfinite(row["deaths"]):
            span = _("{lo} to {hi}").format(
                lo=theme.number(row["deaths_lo"]), hi=theme.number(row["deaths_hi"])
            )
            made.append(Card(_("Deaths a year"), theme.number(row["deaths"]), "", span))
            made.append(Card(_("Per 100,000 people"), theme.number(row["per_100k"], 1)))
        share = _("{lo} to {hi} %").format(
            lo=theme.number(100 * row["share_lo"], 1), hi=theme.number(100 * row["share_hi"], 1)
        )
        made.append(Card(_("Attributable share"), theme.number(100 * row["share"], 1), "%", share))
        sd = _("standard error {sd}").format(sd=theme.number(row["concentration_sd"], 1))
        made.append(Card(_("Annual mean people breathe"), theme.number(row["concentration"], 1), "µg/m³", sd))
        goals = shows.targets(self.shown, self.form.value)
        if goals:
            best = max(goals, key=lambda bar: bar.value)
            made.append(Card(_("Avoided at the strictest target"), theme.number(best.value), "", best.name))
        return made[: cards.MAX_CARDS]

    def _response_part(self) -> list[Any]:
        """Curves of exposure and response: what the city's own counts say beside the literature."""
        _ = self._
        title = html(
            heading_markup(_("Exposure and response"), _("relative risk with 95 % interval, whole city"))
        )
        if self.response is None or not self.response.has("curve"):
            told = _("The city's own response was not estimated yet: the literature's functions are used.")
            then = _("Bring in daily health counts with gzeco ingest, then run the response under Model.")
            return [surface(title, self.note(told, then))]
        options = shows.exposures(self.response)
        chosen = self.state.measure if self.state.measure in options else next(iter(options))
        self.curve = LinesChart(_, self.context.dark, "curve_chart", times=False)
        self.lag_chart = LinesChart(_, self.context.dark, "lag_chart", times=False, height=240)
        self.painted += [self.curve, self.lag_chart]
        lag_title = html(
            heading_markup(_("Spread over the days after"), _("relative risk with 95 % interval"))
        )
        lag_pane = pn.pane.Bokeh(self.lag_chart.figure, sizing_mode="stretch_width", margin=0)
        self.lag_part = column(lag_title, lag_pane)
        self.curve_choice = choice(_("Exposure, count and cause"), options, chosen)
        self.curve_choice.param.watch(lambda e: setattr(self.state, "measure", e.new), "value")
        self.state.param.watch(lambda _event: self._show_curve(self.curve_choice.value), "measure")
        self._show_curve(chosen)
        pane = pn.pane.Bokeh(self.curve.figure, sizing_mode="stretch_width", margin=0)
        known = html(prose.known(_, self.response.outcome))
        return [surface(title, toolbar(self.curve_choice), pane, self.lag_part, known)]

    def _show_curve(self, key: str) -> None:
        assert self.response is not None
        drawn = shows.curves(self.response, key)
        code = key.rsplit(".", 2)[0]
        axis = shows.exposure_name(self.response, code), shows.exposure_unit(code)
        self.curve.show(drawn, axis, (self._("Relative risk"), ""), 3, base=1.0)
        found = shows.lags(self.response, key)
        self.lag_part.visible = bool(found)
        if found:
            self.lag_chart.show(
                found,
                (self._("Days after the exposure"), self._("days")),
                (self._("Relative risk"), ""),
                4,
                base=1.0,
            )

    def _table_part(self) -> Any:
        labels = {key: self._(SHEETS[key]) for key in self._sheets()}
        self.tables = TablePart(self._, labels, self._sheets, f"{self.slug}_burden", self.causes.figure)
        return self.tables.view

    def _sheets(self) -> dict[str, Any]:
        assert self.shown is not None
        return shows.sheets(self.shown, self.response, shows.rows(self.shown, self.form.value))
