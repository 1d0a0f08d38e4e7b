"""The dashboard of environmental health: it shows the latest stored outcome and computes nothing of its own."""

from __future__ import annotations

import logging
import os
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param

from gzeco_lib.environmental_health import page_cards, page_run, page_series, page_sheets, page_words
from gzeco_lib.environmental_health import page_tables as shows
from gzeco_lib.environmental_health.answer import answer
from gzeco_lib.environmental_health.model import EnvironmentalHealth
from gzeco_lib.environmental_health.page_tables import Shown
from gzeco_lib.errors import N_, InputError
from gzeco_lib.lake import Lake
from gzeco_lib.scenario import Outcome
from gzeco_lib.standards.limits import POLLUTANTS
from gzeco_lib.views import cards, states, tables, theme
from gzeco_lib.views.charts import ForecastChart
from gzeco_lib.views.components import DataTable, RankedList, TimeBar
from gzeco_lib.views.controls import Controls
from gzeco_lib.views.maps import CityMap, legend
from gzeco_lib.views.page import (
    Notices,
    beside,
    choice,
    column,
    failure_markup,
    frame,
    guarded,
    heading_markup,
    html,
    surface,
    toolbar,
)
from gzeco_lib.views.view_state import ViewState
from gzeco_lib.views.words import words

logger = logging.getLogger("gzeco.pages")

SLUG = "environmental_health"
TITLE = N_("Environmental health")
STALE = pd.Timedelta(hours=3)
LISTS = {"district": N_("Districts"), "station": N_("Stations"), "source": N_("Risk sources")}
SHEETS = {
    "series": N_("Chart"),
    "district": N_("Districts"),
    "station": N_("Stations"),
    "source": N_("Risk sources"),
    "capture": N_("Data capture"),
    "skill": N_("Forecast skill"),
}


class PageState(ViewState):
    """What the address of this page keeps."""

    hour = param.Integer(default=0, bounds=(0, 24))
    layer: Any = param.Selector(default="excess_risk", objects=["excess_risk", "aqi", *POLLUTANTS])
    station = param.String(default="", regex=r"^[\w.\-]{0,64}$", doc="Site, district or enterprise selected.")
    pollutant: Any = param.Selector(
        default="aqi", objects=["aqi", "excess_risk", *POLLUTANTS], doc="What the chart shows."
    )
    list: Any = param.Selector(default="district", objects=list(LISTS))


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
        build=lambda notices: EnvironmentalHealthPage(_open(lake), state, notices).view(),
    )


def _open(lake: str | None) -> Lake:
    url = lake or os.environ.get("GZECO_LAKE")
    if not url:
        raise InputError(
            N_("no lake was named"), "GZECO_LAKE", N_("start the pages with: gzeco serve --lake DIR")
        )
    return Lake.open(url)


class EnvironmentalHealthPage:
    """One session's page: its widgets, its state, and the outcome it shows."""

    def __init__(self, lake: Lake, state: PageState, notices: Notices) -> None:
        self.lake, self.state, self.notices = lake, state, notices
        self._ = words(state.lang)
        self.outcome = Outcome.load(lake, EnvironmentalHealth.key, self._asked())
        self.shown = Shown(self.outcome, self._, state.lang) if self.outcome is not None else None

    def _asked(self) -> pd.Timestamp | None:
        """The time the address asks for, None for the latest."""
        if not self.state.at:
            return None
        try:
            asked = pd.Timestamp(self.state.at.replace(" ", "+"))
        except ValueError as error:
            raise InputError(
                N_("{text} is not a time"),
                "?at=",
                N_("write it as 2024-12-15T08:00+08:00"),
                text=repr(self.state.at),
            ) from error
        return (asked.tz_localize(theme.ZONE) if asked.tzinfo is None else asked).tz_convert("UTC")

    # --- the page ---------------------------------------------------------------------------------------------

    def view(self) -> pmui.Page:
        """The whole page."""
        _ = self._
        self.controls = Controls(
            _,
            EnvironmentalHealth,
            self.outcome.parameters if self.outcome else {},
            self.run,
            f"{SLUG}.yaml",
            page_words.CHOICES,
        )
        self.as_of = pmui.TextInput(
            label=_("As known at (empty for the newest data)"),
            value=self.state.at,
            sizing_mode="stretch_width",
            placeholder="2024-12-15T08:00+08:00",
            size="small",
        )
        facts = html(page_words.provenance(_, self.outcome)) if self.outcome else html("")
        drawer = pmui.Drawer(
            column(self.as_of, self.controls.view, facts, gap=18, padding="18px 18px 40px"),
            anchor="right",
            size=380,
        )
        data_time = ""
        if self.shown is not None:
            data_time = _("Data until {time}").format(time=self._hour_name(0))
        return frame(
            _,
            self.state,
            slug=SLUG,
            title=_(TITLE),
            body=column(self.notices.pane, *self._body()),
            data_time=data_time,
            drawer=drawer,
            on_dark=self._dark,
        )

    def _dark(self, dark: bool) -> None:
        if self.shown is not None:
            self.map.paint(dark)
            self.chart.paint(dark)

    def _body(self) -> list[Any]:
        if self.shown is None:
            return [self._empty()]
        dark = self.state.theme == "dark"
        self.state.hour = min(self.state.hour, self.shown.leads[-1])
        self.map = CityMap(self._, self.state.lang, dark, self._select)
        self.chart = ForecastChart(self._, dark)
        parts = [
            html(self._answer_markup()),
            html(cards.cards(page_cards.city_cards(self.shown))),
            beside(self._map_side(), self._list_side()),
            self._chart_part(),
            self._table_part(),
            html(page_words.method(self._, self.shown.outcome)),
        ]
        self._connect()
        self._show_hour()
        self._show_place()
        return [*self._warnings(), *parts]

    def _empty(self) -> Any:
        _ = self._
        button = pmui.Button(label=_("Run the model"), variant="contained", color="primary")
        button.on_click(lambda _event: self.run(self.controls.values()))
        told = states.state(
            "empty",
            _("No outcome of this model is stored yet."),
            _(
                "Bring in observations with gzeco ingest, then run the model here or with gzeco run. "
                "It takes a minute or two."
            ),
        )
        self.start_button = button
        return column(html(told), button)

    def _warnings(self) -> list[Any]:
        """Slim notices: data that are generated, and a newest outcome that is old."""
        assert self.shown is not None
        _ = self._
        found = []
        sites = self.lake.read("site", columns=["site", "generated"])
        if sites.loc[sites["site"].isin(self.shown.table("station_hourly")["site"]), "generated"].any():
            found.append(
                states.state(
                    "note",
                    _("Demonstration: all data on this page are generated, nothing was measured."),
                    _("Bring in real observations with gzeco ingest into a lake of their own."),
                    slim=True,
                )
            )
        age = pd.Timestamp.now("UTC") - self.shown.time(0)
        # A page asked for a past time is meant to be old.
        if not self.state.at and age >= STALE:
            hours = int(age.total_seconds() // 3600)
            old = _("{n} days").format(n=hours // 24) if hours >= 48 else _("{n} hours").format(n=hours)
            told = _("These are not the newest hours: the data shown end {age} ago.").format(age=old)
            then = _(
                "Check that new data arrive (gzeco catalogue), then run the model under Model at the top right."
            )
            found.append(states.state("stale", told, then, slim=True))
        return [html(markup) for markup in found]

    def _answer_markup(self) -> str:
        assert self.shown is not None
        _ = self._
        message, fields = answer(self.shown.outcome, self.state.lang)
        now = self.shown.hour("city_hourly", 0).iloc[0]
        facts = [
            (_("Holds for"), f"{self._hour_name(0)} – {self._hour_name(self.shown.leads[-1])}"),
            (_("Data capture, 24 h"), theme.percent(self.shown.table("capture")["capture_24h"].mean(), 1)),
        ]
        if now["primary"]:
            facts.append((_("Primary pollutant"), str(now["primary"]).replace(",", ", ")))
        grade = page_cards.aqi_grade(now["category"], self.state.lang)
        return cards.answer(_(message).format(**fields), grade, facts)

    def _hour_name(self, lead: int) -> str:
        assert self.shown is not None
        return self.shown.time(lead).tz_convert(theme.ZONE).strftime(theme.TIME_FORMAT)

    # --- map and list -----------------------------------------------------------------------------------------

    def _map_side(self) -> Any:
        assert self.shown is not None
        _ = self._
        labels = self.shown.layers()
        if self.state.layer not in labels:
            self.state.layer = "excess_risk"
        self.layer = choice(_("Layer"), labels, self.state.layer)
        self.hours = TimeBar(
            value=self.state.hour,
            words={"hour": _("Hour"), "play": _("Play"), "pause": _("Pause")},
            sizing_mode="stretch_width",
            margin=0,
        )
        self.map_title = html("")
        self.map_legend = html("")
        return surface(
            self.map_title,
            toolbar(self.layer),
            pn.pane.Bokeh(self.map.figure, sizing_mode="stretch_width", margin=0),
            self.map_legend,
            self.hours,
        )

    def _list_side(self) -> Any:
        _ = self._
        self.lists = choice(_("Ranked"), {key: _(label) for key, label in LISTS.items()}, self.state.list)
        self.ranked = RankedList(
            selected=self.state.station,
            nothing=_("Nothing to rank: the model found none."),
            sizing_mode="stretch_width",
            margin=0,
        )
        self.list_title = html("")
        return surface(self.list_title, toolbar(self.lists), self.ranked)

    def _show_hour(self) -> None:
        """Map, legend and list for the hour and the layer of the state."""
        assert self.shown is not None
        _, layer, lead = self._, self.state.layer, self.state.hour
        scale = shows.scale(self.shown, layer)
        name = self.shown.measure(layer)[0]
        when = self._hour_name(lead) + (_(" (now)") if lead == 0 else _(" (in {n} h)").format(n=lead))
        self.map_title.object = heading_markup(_("Map: {layer}").format(layer=name), when)
        self.map_legend.object = legend(scale, _("no value"))
        cells = shows.raster(self.shown, layer, lead)
        if cells is not None:
            self.map.show_raster(*cells, scale, name)
        self.map.show_points(shows.points(self.shown, layer, lead))
        city = self.shown.table("city_hourly").set_index("lead_h")
        leads = self.shown.leads
        if layer == "aqi":
            colours = [theme.aqi_colour(float(city["category"].get(h, 0))) for h in leads]
        else:
            colours = [theme.SEVERITY.get(str(city["aqhi_band"].get(h)), theme.MISSING) for h in leads]
        notes = [f"AQI {theme.number(city['aqi'].get(h))}" for h in leads]
        local = [self.shown.time(h).tz_convert(theme.ZONE) for h in leads]
        self.hours.param.update(
            labels=[t.strftime("%m-%d %H:%M") for t in local],
            colours=colours,
            notes=notes,
            value=lead,
            ticks=[[i, t.strftime("%H:%M")] for i, t in enumerate(local) if t.hour % 6 == 0],
        )
        self._show_list()
        self.chart.mark(self.shown.time(lead) if lead else None)

    def _show_list(self) -> None:
        assert self.shown is not None
        _, kind = self._, self.state.list
        rows = shows.ranked(self.shown, kind, self.state.layer, self.state.hour)
        what = (
            "aqi" if self.state.layer == "aqi" else "excess_risk" if kind == "district" else self.state.layer
        )
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
            html(page_words.chart_note(_)),
        )

    def _table_part(self) -> Any:
        _ = self._
        self.sheet = choice(_("Tables"), {key: _(label) for key, label in SHEETS.items()}, "series")
        self.table = DataTable(nothing=_("no rows"), sizing_mode="stretch_width", margin=0)
        self.table_title = html("")
        style: dict[str, Any] = {
            "variant": "outlined",
            "size": "small",
            "margin": 0,
            "embed": False,
            "auto": True,
        }
        csv = pmui.FileDownload(callback=self._csv, filename=f"{SLUG}.csv", label=_("Download CSV"), **style)
        xlsx = pmui.FileDownload(
            callback=self._xlsx, filename=f"{SLUG}.xlsx", label=_("Download XLSX"), **style
        )
        png = pmui.Button(label=_("Chart as PNG"), variant="outlined", size="small", margin=0)
        png.js_on_click(
            args={"figure": self.chart.figure},
            code="const tool = figure.toolbar.tools.find((t) => t.type === 'SaveTool');"
            f"tool.filename = '{SLUG}'; tool.do.emit('save');",
        )
        return surface(self.table_title, toolbar(self.sheet, csv, xlsx, png), self.table)

    def _show_place(self) -> None:
        """Chart and table for the selected place and measure."""
        assert self.shown is not None
        key = self.state.station
        options = page_series.measures(self.shown, key)
        if self.state.pollutant not in options.values():
            self.state.pollutant = "aqi"
        self.measure.param.update(options=options, value=self.state.pollutant)
        name, point = page_series.place_row(self.shown, key)
        self.map.select(page_series.place_kind(self.shown, key), key, point)
        self.ranked.selected = key
        self.chart_title.object = heading_markup(
            self._("Past 48 h and forecast: {place}").format(place=name),
            self.shown.measure(self.state.pollutant)[0],
        )
        self.chart.show(page_series.series(self.shown, key, self.state.pollutant))
        self._show_table()

    def _sheets(self) -> dict[str, tables.Sheet]:
        assert self.shown is not None
        return page_sheets.sheets(self.shown, self.state.station, self.state.pollutant, self.state.hour)

    def _show_table(self) -> None:
        sheet = self._sheets()[self.sheet.value]
        columns, rows = sheet.shown()
        self.table.param.update(columns=columns, caption=sheet.title)
        self.table.rows = rows
        self.table_title.object = heading_markup(self._("Table: {title}").format(title=sheet.title))

    def _csv(self) -> Any:
        from io import BytesIO

        return BytesIO(tables.csv(self._sheets()[self.sheet.value]))

    def _xlsx(self) -> Any:
        from io import BytesIO

        return BytesIO(tables.xlsx(list(self._sheets().values())))

    # --- what follows what ------------------------------------------------------------------------------------

    def _connect(self) -> None:
        state = self.state
        self.hours.param.watch(lambda e: setattr(state, "hour", e.new), "value")
        self.layer.param.watch(lambda e: setattr(state, "layer", e.new), "value")
        self.lists.param.watch(lambda e: setattr(state, "list", e.new), "value")
        self.ranked.param.watch(lambda e: self._select("", e.new), "selected")
        self.measure.param.watch(lambda e: setattr(state, "pollutant", e.new or "aqi"), "value")
        self.whole_city.on_click(lambda _event: self._select("city", shows.CITY))
        self.sheet.param.watch(lambda _event: self._show_table(), "value")
        state.param.watch(lambda _event: self._show_hour(), ["hour", "layer"])
        state.param.watch(lambda _event: self._show_list(), "list")
        state.param.watch(lambda _event: self._show_place(), ["station", "pollutant"])
        state.param.watch(lambda _event: self._show_table(), "hour")

    def _select(self, kind: str, key: str) -> None:
        if kind in LISTS and self.state.list != kind:
            self.state.list = kind
        self.state.station = key

    def run(self, values: dict[str, Any]) -> None:
        """Run the model with ``values`` as of the time in the drawer, and load the page again when it is done."""
        self.state.at = str(self.as_of.value_input or self.as_of.value or "").strip()
        page_run.start(self._, self.lake, values, self._asked(), self._told, self._done)

    def _told(self, markup: str) -> None:
        """Show that the model runs, where the reader looks and where it was started."""
        self.controls.busy(markup)
        self.notices.show(markup)
        if self.shown is None:
            self.start_button.disabled = bool(markup)

    def _done(self, failed: Exception | None) -> None:
        self._told("")
        if failed is not None:
            self.notices.show(failure_markup(self._, failed, slim=True))
        elif (location := pn.state.location) is not None:
            # A value that differs makes the address change, and with ``reload`` the browser loads the page afresh.
            location.reload = True
            location.search = "?" + urlencode(
                {**location.query_params, "made": f"{pd.Timestamp.now('UTC'):%H%M%S}"}
            )
