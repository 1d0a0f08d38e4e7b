"""The page "now": how high the risk is, where it is worst, and what every grade on the map rests on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from gzeco_lib.environmental_health.answer import answer
from gzeco_lib.environmental_health.hazards.workbook import workbook
from gzeco_lib.environmental_health.pages import (
    cell,
    grades,
    now_cards,
    now_sheets,
    places,
    prose,
    status,
)
from gzeco_lib.environmental_health.pages import shown as shows
from gzeco_lib.environmental_health.pages.context import Context
from gzeco_lib.environmental_health.pages.state import GRADE_LAYERS
from gzeco_lib.environmental_health.pages.view import View, clock
from gzeco_lib.errors import N_
from gzeco_lib.views import cards, theme
from gzeco_lib.views.charts import ForecastChart
from gzeco_lib.views.components import RankedList
from gzeco_lib.views.layout import beside, choice, column, heading_markup, html, surface, toolbar
from gzeco_lib.views.map_part import MapPart
from gzeco_lib.views.maps import legend
from gzeco_lib.views.table_part import TablePart, download

LISTS = {"district": N_("Districts"), "station": N_("Stations"), "source": N_("Risk sources")}
SHEETS = {
    "series": N_("Chart"),
    "district": N_("Districts"),
    "station": N_("Stations"),
    "source": N_("Risk sources"),
    "hazard_district": N_("Hazards by district"),
    "hazard_site": N_("Hazards by monitor"),
    "capture": N_("Data capture"),
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
        """Answer, feeds, cards, map beside list, the opened cell, chart, table."""
        assert self.shown is not None
        state = self.state
        state.hour = min(state.hour, self.shown.leads[-1])
        if state.list not in LISTS:
            state.list = "district"
        self.chart = ForecastChart(self._, self.context.dark)
        self.opened = column()
        parts = [
            html(self._answer()),
            html(status.strip(self.shown)),
            html(cards.cards(now_cards.city_cards(self.shown))),
            beside(self._map_side(), self._list_side()),
            self.opened,
            self._chart_part(),
            self._table_part(),
            html(prose.known(self._, self.shown.outcome)),
        ]
        self.painted = [self.map, self.chart]
        self._connect()
        self._show_hour()
        self._show_place()
        self._show_cell()
        return parts

    def _answer(self) -> str:
        assert self.shown is not None
        _, shown = self._, self.shown
        message, fields = answer(shown.outcome, shown.lang)
        now = shown.hour("city_hourly", 0).iloc[0]
        facts = [
            (_("Holds for"), f"{clock(shown.time(0))} – {clock(shown.time(shown.leads[-1]))}"),
            (_("Data capture, 24 h"), theme.percent(shown.table("capture")["capture_24h"].mean(), 1)),
        ]
        if now["primary"]:
            facts.append((_("Primary pollutant"), str(now["primary"]).replace(",", ", ")))
        facts += status.response_fact(shown)
        grade = now_cards.aqi_grade(now["category"], shown)
        return cards.answer(_(message).format(**fields), grade, facts)

    # --- map and list -----------------------------------------------------------------------------------------

    def _map_side(self) -> Any:
        assert self.shown is not None
        _ = self._
        hourly, graded = self.shown.layers(), grades.layers(self.shown)
        if self.state.layer not in {**hourly, **graded}:
            self.state.layer = "excess_risk"
        self.layers = [choice(_("By the hour"), hourly, self.state.layer)]
        if graded:
            self.layers.append(choice(_("Graded hazards"), graded, self.state.layer))
        self.part = MapPart(
            _, self.shown.lang, self.context.dark, self._select, self._place, controls=self.layers
        )
        self.map = self.part.map
        return self.part.view

    def _list_side(self) -> Any:
        assert self.shown is not None
        _ = self._
        self.lists = choice(_("Ranked"), {key: _(label) for key, label in LISTS.items()}, self.state.list)
        self.ranked = RankedList(
            selected=self.state.station,
            nothing=_("Nothing to rank: the model found none."),
            sizing_mode="stretch_width",
            margin=0,
        )
        self.list_title = html("")
        buttons = []
        if self.shown.has("risk_sources"):
            shown = self.shown
            buttons.append(
                download(
                    _("Control list (XLSX)"), "control_list.xlsx", lambda: workbook(shown.outcome, shown.lang)
                )
            )
        return surface(self.list_title, toolbar(self.lists, *buttons), self.ranked)

    def _show_hour(self) -> None:
        """Map, legend and list for the hour and the layer of the state."""
        assert self.shown is not None
        _, shown, layer, lead = self._, self.shown, self.state.layer, self.state.hour
        graded = layer in GRADE_LAYERS
        self.map.hatch(graded)
        if graded:
            self._show_grades(layer.removeprefix("grade_"))
        else:
            scale = shows.scale(shown, layer)
            name = shown.measure(layer)[0]
            when = clock(shown.time(lead)) + (_(" (now)") if lead == 0 else _(" (in {n} h)").format(n=lead))
            self.part.head(_("Map: {layer}").format(layer=name), when, legend(scale, _("no value")))
            cells = shows.raster(shown, layer, lead)
            if cells is not None:
                self.map.show_raster(*cells, scale, name)
            self.map.show_points(shows.points(shown, layer, lead))
        for item in self.layers:
            item.value = layer
        self.part.hours.visible = not graded  # grades are of a day, a month or a year, not of the hour
        self._hours(layer, lead)
        self._show_list()
        self.chart.mark(shown.time(lead) if lead else None)

    def _show_grades(self, hazard: str) -> None:
        assert self.shown is not None
        _ = self._
        scale = grades.scale(self.shown, hazard)
        sub = _("graded 1 to 5 by {n} monitors; a click on a cell opens what its grade rests on").format(
            n=grades.monitors(self.shown, hazard)
        )
        self.part.head(_("Map: {layer}").format(layer=scale.title), sub, legend(scale, _("not known"), True))
        self.map.show_raster(*grades.raster(self.shown, hazard), scale, scale.title)
        self.map.show_points(grades.points(self.shown, hazard))

    def _hours(self, layer: str, lead: int) -> None:
        assert self.shown is not None
        city, leads = self.shown.table("city_hourly").set_index("lead_h"), self.shown.leads
        if layer == "aqi":
            colours = [self.shown.aqi_colour(float(city["category"].get(h, 0))) for h in leads]
        else:
            colours = [theme.SEVERITY.get(str(city["aqhi_band"].get(h)), theme.MISSING) for h in leads]
        notes = [f"AQI {theme.number(city['aqi'].get(h))}" for h in leads]
        self.part.scale_hours([self.shown.time(h) for h in leads], colours, notes, lead)

    def _show_list(self) -> None:
        assert self.shown is not None
        _, kind, layer = self._, self.state.list, self.state.layer
        if layer in GRADE_LAYERS and kind != "source":
            rows, by = grades.ranked(self.shown, kind, layer.removeprefix("grade_"))
        else:
            layer = "excess_risk" if layer in GRADE_LAYERS else layer
            rows = shows.ranked(self.shown, kind, layer, self.state.hour)
            what = "aqi" if layer == "aqi" else "excess_risk" if kind == "district" else layer
            by = _("Screening score") if kind == "source" else self.shown.measure(what)[0]
        self.list_title.object = heading_markup(_("Ranking: {kind}").format(kind=_(LISTS[kind])), by)
        self.ranked.param.update(rows=rows, label=_(LISTS[kind]), selected=self.state.station)

    # --- chart and table --------------------------------------------------------------------------------------

    def _chart_part(self) -> Any:
        _ = self._
        self.measure = pmui.Select(options=[], label=_("Shown"), size="small", width=250, margin=0)
        self.whole_city = pmui.Button(label=_("Whole city"), variant="outlined", size="small", margin=0)
        self.chart_title = html("")
        return surface(
            self.chart_title,
            toolbar(self.measure, self.whole_city),
            pn.pane.Bokeh(self.chart.figure, sizing_mode="stretch_width", margin=0),
            html(prose.chart_note(_)),
        )

    def _table_part(self) -> Any:
        assert self.shown is not None
        there = [key for key in SHEETS if not key.startswith("hazard") or grades.there(self.shown)]
        labels = {key: self._(SHEETS[key]) for key in there}
        self.tables = TablePart(self._, labels, self._sheets, self.slug, self.chart.figure)
        return self.tables.view

    def _sheets(self) -> dict[str, Any]:
        assert self.shown is not None
        made = now_sheets.sheets(self.shown, self.state.station, self.state.pollutant, self.state.hour)
        return made | grades.sheets(self.shown)

    def _show_place(self) -> None:
        """Chart and table for the selected place and measure."""
        assert self.shown is not None
        key = self.state.station
        options = places.measures(self.shown, key)
        if self.state.pollutant not in options.values():
            self.state.pollutant = "aqi"
        self.measure.param.update(options=options, value=self.state.pollutant)
        name, point = places.place_row(self.shown, key)
        self.map.select(places.place_kind(self.shown, key), key, point)
        self.ranked.selected = key
        self.chart_title.object = heading_markup(
            self._("Past 48 h and forecast: {place}").format(place=name),
            self.shown.measure(self.state.pollutant)[0],
        )
        self.chart.show(places.series(self.shown, key, self.state.pollutant))
        self.tables.show()

    def _show_cell(self) -> None:
        """What the grades of the chosen cell rest on."""
        assert self.shown is not None
        key = self.state.cell
        found = cell.find(self.shown, key) if key else None
        self.map.outline(None if found is None else (found.x, found.y, found.size))
        self.opened[:] = [] if found is None else [cell.panel(self.shown, found, self._close)]

    def _close(self) -> None:
        self.state.cell = ""

    # --- what follows what ------------------------------------------------------------------------------------

    def _connect(self) -> None:
        state = self.state
        self.part.hours.param.watch(lambda e: setattr(state, "hour", e.new), "value")
        for item in self.layers:
            item.param.watch(lambda e: setattr(state, "layer", e.new), "value")
        self.lists.param.watch(lambda e: setattr(state, "list", e.new), "value")
        self.ranked.param.watch(lambda e: self._select("", e.new), "selected")
        self.measure.param.watch(lambda e: setattr(state, "pollutant", e.new or "aqi"), "value")
        self.whole_city.on_click(lambda _event: self._select("city", shows.CITY))
        state.param.watch(lambda _event: self._show_hour(), ["hour", "layer"])
        state.param.watch(lambda _event: self._show_list(), "list")
        state.param.watch(lambda _event: self._show_place(), ["station", "pollutant"])
        state.param.watch(lambda _event: self.tables.show(), "hour")
        state.param.watch(lambda _event: self._show_cell(), "cell")

    def _select(self, kind: str, key: str) -> None:
        if kind in LISTS and self.state.list != kind:
            self.state.list = kind
        self.state.station = key

    def _place(self, x: float, y: float) -> None:
        assert self.shown is not None
        self.state.cell = cell.key_at(self.shown, x, y)
