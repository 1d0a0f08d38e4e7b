"""The page "method and data": how the result was made, from what, how well it does, and where it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import panel as pn

from gzeco_lib.environmental_health.pages import grades, now_sheets, prose, status
from gzeco_lib.environmental_health.pages.context import Context, told
from gzeco_lib.environmental_health.pages.view import View, clock
from gzeco_lib.errors import N_
from gzeco_lib.variables.dictionary import variables
from gzeco_lib.views import cards, theme
from gzeco_lib.views.cards import Card
from gzeco_lib.views.layout import choice, heading, html, surface, toolbar
from gzeco_lib.views.lines import Drawn, LinesChart
from gzeco_lib.views.table_part import TablePart
from gzeco_lib.views.tables import Column, Sheet

SHEETS = {
    "formula": N_("Formulas"),
    "skill": N_("Forecast skill"),
    "capture": N_("Data capture"),
    "feeds": N_("Feeds"),
    "timing": N_("Time taken"),
    "response": N_("From data to lead"),
}


class Page(View):
    """One session's page."""

    def __init__(self, context: Context, run: Callable[[str, dict[str, Any]], None]) -> None:
        super().__init__(context)
        self.shown = context.shown()

    def ready(self) -> bool:
        """Whether there is an outcome to show."""
        return self.shown is not None

    def data_time(self) -> str:
        """Until when the data reach."""
        assert self.shown is not None
        return self._("Data until {time}").format(time=clock(self.shown.time(0)))

    def body(self) -> list[Any]:
        """Answer, cards, skill, tables, method and limits."""
        assert self.shown is not None
        return [
            html(self._answer()),
            html(status.strip(self.shown)),
            html(cards.cards(self._cards())),
            *self._skill(),
            TablePart(self._, self._labels(), self._sheets, f"{self.slug}_method", self._figure()).view,
            html(prose.known(self._, self.shown.outcome)),
            html(prose.method(self._)),
            surface(html(prose.provenance(self._, self.shown.outcome))),
        ]

    def _answer(self) -> str:
        assert self.shown is not None
        _, shown = self._, self.shown
        made = shown.outcome.provenance
        days = (
            _("{n} days").format(n=(pd.Timestamp(made.window[1]) - pd.Timestamp(made.window[0])).days)
            if made.window
            else theme.NO_VALUE
        )
        sentence = _(
            "This result rests on {days} of data from {sites} stations, {capture} of the last 24 h captured; "
            "the forecast was closer than persistence at {better} of {all} checked combinations of pollutant and hour."
        )
        skill = shown.table("skill").dropna(subset=["mae", "mae_persistence"])
        better = int((skill["mae"] < skill["mae_persistence"]).sum())
        fields = {
            "days": days,
            "sites": shown.hour("station_hourly", 0)["site"].nunique(),
            "capture": theme.percent(shown.table("capture")["capture_24h"].mean(), 1),
            "better": better,
            "all": len(skill),
        }
        return cards.answer(sentence.format(**fields), None, status.response_fact(shown))

    def _cards(self) -> list[Card]:
        assert self.shown is not None
        _, shown = self._, self.shown
        capture, skill = shown.table("capture"), shown.table("skill")
        made = [
            Card(_("Data capture, 24 h"), theme.number(100 * capture["capture_24h"].mean(), 1), "%"),
            Card(_("Data capture, 30 days"), theme.number(100 * capture["capture_30d"].mean(), 1), "%"),
        ]
        if not skill.empty:
            cover = 100 * skill["coverage80"].mean()
            made.append(Card(_("Inside the 80 % band"), theme.number(cover, 1), "%", _("should be 80 %")))
            gain = 100 * (1 - skill["mae"].sum() / skill["mae_persistence"].sum())
            note = _("mean absolute error against persistence, all pollutants and hours together")
            made.append(Card(_("Gain of the forecast"), theme.number(gain, 0), "%", note))
        for label, said in status.response_fact(shown):
            number, __, unit = said.rpartition(" ")
            made.append(Card(label, number, unit, _("asked for are hours instead of a month")))
        return made[: cards.MAX_CARDS]

    def _skill(self) -> list[Any]:
        """The error of the forecast by lead time beside persistence, one pollutant at a time."""
        assert self.shown is not None
        skill = self.shown.table("skill")
        if skill.empty:
            self.chart = None
            return [
                self.note(
                    self._(
                        "There is no measured skill: the forecasts were not checked on days they had not seen."
                    )
                )
            ]
        known = [code for code in variables() if code in set(skill["variable"])]
        self.chart = LinesChart(self._, self.context.dark, "skill_chart", times=False)
        self.painted.append(self.chart)
        chosen = choice(self._("Pollutant"), {code: code for code in known}, known[0])
        chosen.param.watch(lambda event: self._show_skill(event.new), "value")
        self._show_skill(known[0])
        pane = pn.pane.Bokeh(self.chart.figure, sizing_mode="stretch_width", margin=0)
        title = heading(
            self._("How far the forecast is off, by lead time"),
            self._("measured on a week the models had not seen"),
        )
        return [surface(title, toolbar(chosen), pane)]

    def _show_skill(self, code: str) -> None:
        assert self.shown is not None and self.chart is not None
        _, variable = self._, variables()[code]
        rows = self.shown.table("skill")
        rows = rows[rows["variable"] == code].sort_values("lead_h")
        self.chart.show(
            [
                Drawn(_("Forecast"), rows["lead_h"], rows["mae"]),
                Drawn(_("Persistence"), rows["lead_h"], rows["mae_persistence"], dash="dashed"),
            ],
            (_("Lead"), "h"),
            (_("Mean absolute error"), theme.unit(variable.unit)),
            max(variable.decimals, 1),
        )

    def _figure(self) -> Any:
        return None if self.chart is None else self.chart.figure

    def _labels(self) -> dict[str, str]:
        return {key: self._(SHEETS[key]) for key in self._sheets()}

    def _sheets(self) -> dict[str, Sheet]:
        assert self.shown is not None
        made = {
            "skill": now_sheets.skill_sheet(self.shown),
            "capture": now_sheets.capture_sheet(self.shown),
            **status.sheets(self.shown),
        }
        if self.shown.has("grade_method"):
            made = {"formula": formulas(self.shown), **made}
        return made


# Clauses and sources of the rules that are words and not the number of a norm.
CLAUSES = (
    N_("AQHI bands"),
    N_("1e-6 to 1e-4 to be managed, above 1e-4 not acceptable (common use); the steps within are ours"),
    N_("hazard index above 1 is of concern (common use); the other steps are ours"),
    N_(
        "GB 3838-2002 3; HJ 338-2018 (1,000 m upstream for the first area, 2,000 m more for the second; taken here as "
        "circles)"
    ),
    N_("GB 3096-2008 5.1 limits of the zone; steps of 5 dB as the grades of HJ 640-2012 Table 1"),
    N_("GB 3838-2002 3, Table 1"),
)


def formulas(shown: Any) -> Sheet:
    """Every formula behind a grade with its clause, source, certainty and uncertainty."""
    _ = shown._
    rows = shown.table("grade_method").replace({np.nan: ""})

    def said(column: str) -> list[str]:
        return [told(_, value, {}) if value else "" for value in rows[column]]

    frame = rows.assign(
        hazard=[_(grades.SHORT.get(h, h)) for h in rows["hazard"]],
        unit=[theme.unit(str(u)) for u in rows["unit"]],
        certainty=[_(prose.CERTAINTY.get(c, c)) for c in rows["certainty"]],
        source=[prose.source(_, value) for value in rows["source"]],
        **{c: said(c) for c in ("quantity", "formula", "clause", "uncertainty")},
    )
    frame["why"] = rows["reason_zh" if shown.lang == "zh" else "reason_en"]
    labels = {
        "hazard": _("Hazard"), "quantity": _("Quantity"), "formula": _("Formula"), "unit": _("Unit"),
        "why": _("Grading"),
        "clause": _("Clause"), "source": _("Source"), "certainty": _("Certainty"), "uncertainty": _("Uncertainty"),
    }  # fmt: skip
    return Sheet(_("Formulas"), [Column(key, label) for key, label in labels.items()], frame)
