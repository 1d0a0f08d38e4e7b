"""The page "next 24 hours": risk by district, cell and group for each hour, and alerts at the reader's threshold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui

from gzeco_lib.environmental_health.pages import now_cards, prose
from gzeco_lib.environmental_health.pages import outlook_shows as shows
from gzeco_lib.environmental_health.pages import shown as hourly
from gzeco_lib.environmental_health.pages.context import Context
from gzeco_lib.environmental_health.pages.shown import CITY
from gzeco_lib.environmental_health.pages.view import View, clock
from gzeco_lib.errors import N_
from gzeco_lib.views import cards, states, theme
from gzeco_lib.views.cards import Card
from gzeco_lib.views.charts import ForecastChart
from gzeco_lib.views.components import RankedList
from gzeco_lib.views.layout import beside, choice, heading_markup, html, surface, toolbar
from gzeco_lib.views.map_part import MapPart
from gzeco_lib.views.maps import legend
from gzeco_lib.views.stacks import StackedHours
from gzeco_lib.views.table_part import TablePart

LISTS = {"district": N_("Districts"), "group": N_("Groups"), "alert": N_("Alerts")}
LAYERS = {
    "expected": N_("Expected risk"),
    "upper": N_("Upper end of the 80 % band"),
    "chance": N_("Probability of the band"),
}
SHEETS = {
    "alert": N_("Alerts"),
    "hour": N_("By the hour"),
    "group": N_("Groups"),
    "chance": N_("Probability"),
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
        """Answer, cards, the reader's threshold, map beside list, charts, tables."""
        assert self.shown is not None
        if self.shown.leads[-1] < 1:
            return [
                self.empty(self._("This outcome has no forecast."), self._("Run the model with a horizon."))
            ]
        state = self.state
        state.hour = min(max(state.hour, 1), self.shown.leads[-1])
        if state.list not in LISTS:
            state.list = "district"
        if state.group not in shows.groups(self.shown):
            state.group = "all"
        self.answer, self.figures = html(""), html("")
        self.alerts = shows.found_alerts(self.shown, state.band, state.chance)
        self.chart = ForecastChart(self._, self.context.dark)
        self.bars = StackedHours(self._, self.context.dark, "band_chart")
        parts = [
            self.answer,
            self.figures,
            self._threshold(),
            beside(self._map_side(), self._list_side()),
            self._charts(),
            self._table_part(),
            html(prose.known(self._, self.shown.outcome)),
        ]
        self.painted = [self.part, self.chart, self.bars]
        self._connect()
        self._show_answer()
        self._show_hour()
        self._show_place()
        return parts

    # --- answer and cards -------------------------------------------------------------------------------------

    def _show_answer(self) -> None:
        assert self.shown is not None
        _, state = self._, self.state
        city = shows.rows(self.shown, CITY, "all")
        ahead = city[(city["lead_h"] > 0) & city["excess_risk"].notna()]
        if ahead.empty:
            self.answer.object = states.state("empty", _("The risk of the next hours is not known."))
            return
        peak = ahead.iloc[int(ahead["excess_risk"].to_numpy().argmax())]
        places = (
            self.alerts[self.alerts["place_kind"].isin(["city", "district"])]
            if len(self.alerts)
            else self.alerts
        )
        fields = {
            "time": clock(peak["time"], "%m-%d %H:%M"),
            "risk": theme.number(peak["excess_risk"], 1),
            "lo": theme.number(peak["excess_risk_lo"], 1),
            "hi": theme.number(peak["excess_risk_hi"], 1),
            "band": _(theme.BAND_NAMES[state.band]),
            "chance": state.chance,
            "n": places["place"].nunique() if len(places) else 0,
        }
        sentence = _(
            "In the next 24 hours the city's excess risk is expected to peak around {time} at {risk} % "
            "(80 % interval {lo} to {hi} %); nowhere does the probability of {band} or worse reach {chance} %."
        )
        if fields["n"]:
            sentence = _(
                "In the next 24 hours the city's excess risk is expected to peak around {time} at {risk} % "
                "(80 % interval {lo} to {hi} %); in {n} places the probability of {band} or worse reaches {chance} %."
            )
        grade = now_cards.band_grade(_, peak["aqhi_band"])
        holds = (_("Holds for"), f"{clock(ahead['time'].min())} – {clock(ahead['time'].max())}")
        self.answer.object = cards.answer(sentence.format(**fields), grade, [holds])
        self.figures.object = cards.cards(self._cards(city, peak))

    def _cards(self, city: pd.DataFrame, peak: pd.Series) -> list[Card]:
        assert self.shown is not None
        _, state = self._, self.state
        city = city[city["lead_h"] >= -24]
        now = int(np.flatnonzero((city["lead_h"] == 0).to_numpy())[0])
        at = _("at {time}").format(time=clock(peak["time"], "%m-%d %H:%M"))
        made = [
            Card(
                _("Highest excess risk ahead"), theme.number(peak["excess_risk"], 2), "%", at,
                city["excess_risk"].tolist(), now, now_cards.band_grade(_, peak["aqhi_band"]),
            )
        ]  # fmt: skip
        band = _(theme.BAND_NAMES[state.band])
        reached = shows.reaching(self.shown, CITY, state.band)
        if not reached.empty:
            best = reached.iloc[int(reached["probability"].to_numpy().argmax())]
            made.append(
                Card(
                    _("Probability of {band} or worse, city").format(band=band),
                    theme.number(100 * best["probability"]),
                    "%",
                    _("highest at {time}").format(time=clock(best["time"], "%m-%d %H:%M")),
                    reached["probability"].tolist(),
                )
            )
        made += self._group_card() + self._heat_card(city, now)
        places = self.alerts[self.alerts["place_kind"] != "cell"] if len(self.alerts) else self.alerts
        cells = len(self.alerts) - len(places)
        made.append(
            Card(
                _("Alerts at your threshold"),
                theme.number(len(places)),
                "",
                _("and {n} cells").format(n=cells),
            )
        )
        return made[: cards.MAX_CARDS]

    def _group_card(self) -> list[Card]:
        """The group at highest risk in the hours ahead."""
        assert self.shown is not None
        if not self.shown.has("group_hourly"):
            return []
        frame = self.shown.table("group_hourly")
        frame = frame[
            (frame["lead_h"] > 0) & (frame["district"].astype(str) == CITY) & (frame["group"] != "all")
        ]
        frame = frame.dropna(subset=["excess_risk"])
        if frame.empty:
            return []
        row = frame.iloc[int(frame["excess_risk"].to_numpy().argmax())]
        note = self._("excess risk {risk} %").format(risk=theme.number(row["excess_risk"], 2))
        name = self._(shows.GROUP_NAMES.get(row["group"], row["group"]))
        grade = now_cards.band_grade(self._, row["aqhi_band"])
        return [Card(self._("Group at highest risk"), name, "", note, grade=grade)]

    def _heat_card(self, city: pd.DataFrame, now: int) -> list[Card]:
        """The highest risk by heat or cold, where the outcome knows it."""
        if "temperature_risk" not in city or not city["temperature_risk"].notna().any():
            return []
        ahead = city[(city["lead_h"] > 0) & city["temperature_risk"].notna()]
        if ahead.empty:
            return []
        row = ahead.iloc[int(ahead["temperature_risk"].to_numpy().argmax())]
        note = self._("80 % interval {lo} to {hi} %").format(
            lo=theme.number(row["temperature_risk_lo"], 1), hi=theme.number(row["temperature_risk_hi"], 1)
        )
        value = theme.number(row["temperature_risk"], 1)
        return [
            Card(
                self._("Risk by heat or cold ahead"), value, "%", note, city["temperature_risk"].tolist(), now
            )
        ]

    # --- the reader's threshold -------------------------------------------------------------------------------

    def _threshold(self) -> Any:
        _ = self._
        bands = {band: f"{theme.SIGNS[band]} {_(theme.BAND_NAMES[band])}" for band in theme.BANDS[1:]}
        self.band = choice(_("Band"), bands, self.state.band)
        self.chance = pmui.IntSlider(
            label=_("Probability [%]"), start=5, end=95, step=5, value=self.state.chance, width=260, margin=0
        )
        title = html(
            heading_markup(
                _("Your alert threshold"),
                _(
                    "an alert is given where the probability of the band or a worse one reaches the chosen value"
                ),
            )
        )
        return surface(title, toolbar(self.band, self.chance))

    # --- map and list -----------------------------------------------------------------------------------------

    def _map_side(self) -> Any:
        assert self.shown is not None
        self.layer = choice(
            self._("Layer"), {key: self._(label) for key, label in LAYERS.items()}, "expected"
        )
        self.part = MapPart(
            self._,
            self.shown.lang,
            self.context.dark,
            lambda _kind, key: self._select(key),
            controls=[self.layer],
        )
        return self.part.view

    def _list_side(self) -> Any:
        assert self.shown is not None
        _ = self._
        self.lists = choice(_("Ranked"), {key: _(label) for key, label in LISTS.items()}, self.state.list)
        self.group = choice(_("Group"), shows.groups(self.shown), self.state.group)
        self.ranked = RankedList(
            nothing=_("No alert at this threshold."), sizing_mode="stretch_width", margin=0
        )
        self.list_title = html("")
        return surface(self.list_title, toolbar(self.lists), toolbar(self.group), self.ranked)

    def _show_hour(self) -> None:
        assert self.shown is not None
        _, shown, state = self._, self.shown, self.state
        lead = state.hour
        found = shows.raster(shown, self.layer.value, state.band, lead)
        if found is not None:
            cells, scale = found
            when = clock(shown.time(lead)) + _(" (in {n} h)").format(n=lead)
            self.part.head(_("Map: {layer}").format(layer=scale.title), when, legend(scale, _("no value")))
            self.part.map.show_raster(*cells, scale, scale.title)
        self.part.map.show_points(hourly.points(shown, "excess_risk", lead))
        city = shown.table("city_hourly").set_index("lead_h")
        colours = [theme.SEVERITY.get(str(city["aqhi_band"].get(h)), theme.MISSING) for h in shown.leads]
        notes = [f"{theme.number(city['excess_risk'].get(h), 2)} %" for h in shown.leads]
        self.part.scale_hours([shown.time(h) for h in shown.leads], colours, notes, lead)
        self.chart.mark(shown.time(lead))
        self.bars.mark(shown.time(lead))
        self._show_list()

    def _show_list(self) -> None:
        assert self.shown is not None
        _, state = self._, self.state
        group = _(shows.GROUP_NAMES[state.group])
        if state.list == "alert":
            made, by = (
                shows.ranked_alerts(self.shown, self.alerts),
                _("highest probability of the run of hours"),
            )
        elif state.list == "group":
            made, by = shows.ranked_groups(self.shown, self._district(), state.hour), _("Excess risk")
        else:
            made, by = (
                shows.ranked_districts(self.shown, state.group, state.hour),
                f"{_('Excess risk')} · {group}",
            )
        title = _("Ranking: {kind}").format(kind=_(LISTS[state.list]))
        if state.list == "group":
            title += f" · {shows.place_name(self.shown, self._district())}"
        self.list_title.object = heading_markup(title, by)
        chosen = state.group if state.list == "group" else state.station
        self.ranked.param.update(rows=made, label=_(LISTS[state.list]), selected=chosen)

    def _district(self) -> str:
        """The district selected, the whole city where none is."""
        assert self.shown is not None
        return self.state.station if self.state.station in self.shown.districts() else CITY

    # --- charts and tables ------------------------------------------------------------------------------------

    def _charts(self) -> Any:
        _ = self._
        self.whole_city = pmui.Button(label=_("Whole city"), variant="outlined", size="small", margin=0)
        self.chart_title, self.bars_title = html(""), html("")
        return surface(
            self.chart_title,
            toolbar(self.whole_city),
            pn.pane.Bokeh(self.chart.figure, sizing_mode="stretch_width", margin=0),
            self.bars_title,
            pn.pane.Bokeh(self.bars.figure, sizing_mode="stretch_width", margin=0),
        )

    def _table_part(self) -> Any:
        labels = {key: self._(SHEETS[key]) for key in self._sheets()}
        self.tables = TablePart(self._, labels, self._sheets, f"{self.slug}_next", self.chart.figure)
        return self.tables.view

    def _sheets(self) -> dict[str, Any]:
        assert self.shown is not None
        state = self.state
        return shows.sheets(self.shown, self._district(), state.group, state.band, state.hour, self.alerts)

    def _show_place(self) -> None:
        """Charts and tables of the selected district and group."""
        assert self.shown is not None
        _, district = self._, self._district()
        place = shows.place_name(self.shown, district)
        group = _(shows.GROUP_NAMES[self.state.group])
        self.chart_title.object = heading_markup(
            _("Past 48 h and forecast: {place}").format(place=f"{place} · {group}"), _("Excess risk")
        )
        self.chart.show(shows.series(self.shown, district, self.state.group))
        chances = shows.chances(self.shown, district)
        if chances.empty:
            told = _("This outcome holds no probabilities of the bands.")
            self.bars_title.object = states.state("note", told, _("Run the model again."), slim=True)
            self.bars.figure.visible = False
        else:
            known = [band for band in theme.BANDS if band in chances]
            self.bars_title.object = heading_markup(
                _("Probability of each band by the hour: {place}").format(place=place),
                _("dashed: your threshold for {band} or worse").format(
                    band=_(theme.BAND_NAMES[self.state.band])
                ),
            )
            # The worst stands at the bottom: the height of its bars is then the probability of "or worse".
            parts = {_(theme.BAND_NAMES[band]): 100 * chances[band] for band in known[::-1]}
            colours = [theme.SEVERITY[band] for band in known[::-1]]
            self.bars.show(chances["time"], parts, colours, (_("Probability"), "%"), 0, 100)
            self.bars.level(self.state.chance)
        kind = "city" if district == CITY else "district"
        self.part.map.select(kind, district)
        self._show_list()
        self.tables.show()

    # --- what follows what ------------------------------------------------------------------------------------

    def _connect(self) -> None:
        state = self.state
        self.part.hours.param.watch(lambda e: setattr(state, "hour", max(1, e.new)), "value")
        self.layer.param.watch(lambda _event: self._show_hour(), "value")
        self.lists.param.watch(lambda e: setattr(state, "list", e.new), "value")
        self.group.param.watch(lambda e: setattr(state, "group", e.new), "value")
        self.band.param.watch(lambda e: setattr(state, "band", e.new), "value")
        self.chance.param.watch(lambda e: setattr(state, "chance", int(e.new)), "value_throttled")
        self.ranked.param.watch(lambda e: self._chosen(e.new), "selected")
        self.whole_city.on_click(lambda _event: self._select(CITY))
        state.param.watch(lambda _event: self._show_hour(), "hour")
        state.param.watch(lambda _event: self._show_list(), "list")
        state.param.watch(lambda _event: self._show_place(), ["station", "group"])
        state.param.watch(lambda _event: self._again(), ["band", "chance"])

    def _again(self) -> None:
        """Another threshold: the stored risk is filtered anew."""
        assert self.shown is not None
        self.alerts = shows.found_alerts(self.shown, self.state.band, self.state.chance)
        self._show_answer()
        self._show_hour()
        self._show_place()

    def _chosen(self, key: str) -> None:
        if self.state.list == "group" and key:
            self.state.group = self.group.value = key
        elif self.state.list == "district":
            self._select(key)
        elif ":" in key:
            kind, place, group, _rank = key.split(":")
            if kind in ("district", "group"):
                self.state.param.update(station=place, group=group)

    def _select(self, key: str) -> None:
        assert self.shown is not None
        if key == CITY or key in self.shown.districts():
            self.state.station = key
