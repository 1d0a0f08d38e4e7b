"""The page "friendliness index": how friendly each place is to each group, under weights the reader may change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from gzeco_lib.environmental_health.friendliness import PART_NAMES, PARTS, default_weights
from gzeco_lib.environmental_health.pages import index_shows as shows
from gzeco_lib.environmental_health.pages import prose
from gzeco_lib.environmental_health.pages.context import Context
from gzeco_lib.environmental_health.pages.view import View, clock
from gzeco_lib.errors import N_
from gzeco_lib.views import cards, states, theme
from gzeco_lib.views.cards import Card
from gzeco_lib.views.components import RankedList
from gzeco_lib.views.interval_bars import IntervalBars
from gzeco_lib.views.layout import beside, choice, heading_markup, html, surface, toolbar
from gzeco_lib.views.map_part import MapPart
from gzeco_lib.views.maps import legend
from gzeco_lib.views.table_part import BUTTON, TablePart, download

LISTS = {"district": N_("Districts"), "place_kind": N_("Kinds of places"), "place": N_("Places")}
SHEETS = {
    "index": N_("Friendliness index"),
    "parts": N_("Parts"),
    "advice": N_("Advice"),
    "opinion": N_("Complaints and opinion"),
}
CITY_KEY = "440100"


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
        """Answer, cards, weights, map beside list, parts, advice, opinion, tables."""
        assert self.shown is not None
        if not shows.there(self.shown):
            return [
                self.empty(
                    self._("This outcome was made before the friendliness index was."),
                    self._("Run the model under Model at the top right."),
                ),
                *self._advice_part(),
            ]
        state = self.state
        if state.list not in LISTS:
            state.list = "district"
        if state.group not in shows.groups(self.shown):
            state.group = "all"
        self.weights = shows.start_weights(self.shown, state.weights)
        self.found = shows.table(self.shown, self.weights)
        self.answer, self.figures = html(""), html("")
        self.bars = IntervalBars(self._, self.context.dark, "parts_chart")
        parts = [
            self.answer,
            self.figures,
            beside(self._map_side(), self._list_side()),
            beside(self._weights_part(), self._parts_part(), (2, 3)),
            *self._advice_part(),
            *self._opinion_part(),
            self._table_part(),
            html(prose.known(self._, self.shown.outcome)),
            html(prose.index_method(self._)),
        ]
        self.painted += [self.part, self.bars]
        self._connect()
        self._show()
        return parts

    # --- the answer -------------------------------------------------------------------------------------------

    def _rows(self, scope: str, group: str) -> Any:
        return self.found[(self.found["scope"] == scope) & (self.found["group"] == group)]

    def _show_answer(self) -> None:
        assert self.shown is not None
        _, group = self._, self.state.group
        city = self._rows("city", group)
        districts = self._rows("district", group).dropna(subset=["index"]).sort_values("index")
        if city.empty or not np.isfinite(city["index"].iloc[0]) or districts.empty:
            self.answer.object = states.state("empty", _("Too little is known to make the index."))
            return
        row, name = city.iloc[0], self.shown.name
        fields = {
            "group": _(shows.GROUP_NAMES[group]),
            "index": theme.number(row["index"]),
            "lo": theme.number(row["lo"]),
            "hi": theme.number(row["hi"]),
            "best": districts[name].iloc[-1],
            "worst": districts[name].iloc[0],
        }
        sentence = _(
            "{group}: the city's friendliness is {index} of 100 ({lo} to {hi}); it is highest in {best} and lowest in "
            "{worst}."
        )
        facts = [
            (_("Holds for"), f"{clock(self.shown.time(0))} – {clock(self.shown.time(self.shown.leads[-1]))}")
        ]
        if gone := shows.missing(self.shown, row["missing"]):
            facts.append((_("Not complete"), gone))
        self.answer.object = cards.answer(sentence.format(**fields), None, facts)
        self.figures.object = cards.cards(self._cards())

    def _cards(self) -> list[Card]:
        """The city's index for up to five groups."""
        made = []
        for group, label in list(shows.groups(self.shown).items())[: cards.MAX_CARDS]:  # type: ignore[arg-type]
            row = self._rows("city", group)
            if row.empty:
                continue
            one = row.iloc[0]
            note = self._("{lo} to {hi} (80 %)").format(
                lo=theme.number(one["lo"]), hi=theme.number(one["hi"])
            )
            made.append(Card(label, theme.number(one["index"]), self._("of 100"), note))
        return made

    # --- map, list, weights -----------------------------------------------------------------------------------

    def _map_side(self) -> Any:
        assert self.shown is not None
        _ = self._
        self.group = choice(_("Group"), shows.groups(self.shown), self.state.group)
        layers = {"": _("Index")} | {part: _(PART_NAMES[part]) for part in PARTS}
        self.layer = choice(_("Layer"), layers, "")
        self.part = MapPart(
            _, self.shown.lang, self.context.dark, lambda _k, key: self._select(key), controls=[self.group, self.layer],
            hours=False,
        )  # fmt: skip
        self.part.map.hatch(True)
        self.part.map.show_points(shows.no_points())
        return self.part.view

    def _list_side(self) -> Any:
        _ = self._
        known = {key: label for key, label in LISTS.items() if (self.found["scope"] == key).any()}
        self.lists = choice(_("Ranked"), {key: _(label) for key, label in known.items()}, self.state.list)
        self.ranked = RankedList(nothing=_("nothing to list"), sizing_mode="stretch_width", margin=0)
        self.list_title = html("")
        return surface(self.list_title, toolbar(self.lists), self.ranked)

    def _weights_part(self) -> Any:
        _ = self._
        self.sliders = {
            part: pmui.FloatSlider(
                label=_(PART_NAMES[part]), start=0, end=1, step=0.05, value=self.weights[part], margin=(0, 8),
                sizing_mode="stretch_width",
            )
            for part in PARTS
        }  # fmt: skip
        reset = pmui.Button(label=_("Reset"), **BUTTON)
        reset.on_click(lambda _event: self._reset())
        save = download(_("Save as YAML"), "weights.yaml", lambda: shows.weights_yaml(self.weights))
        title = heading_markup(
            _("Weights"), _("a judgement: move one, and map, list and figures follow at once")
        )
        return surface(html(title), *self.sliders.values(), toolbar(reset, save), gap=2)

    def _parts_part(self) -> Any:
        self.bars_title = html("")
        pane = pn.pane.Bokeh(self.bars.figure, sizing_mode="stretch_width", margin=0)
        return surface(self.bars_title, pane)

    def _advice_part(self) -> list[Any]:
        assert self.shown is not None
        if "advice" not in self.shown.outcome.tables:
            return []
        _ = self._
        options = shows.audiences(self.shown)
        if self.state.audience not in options:
            self.state.audience = shows.first_audience(self.shown)
        self.audience = choice(_("For whom"), options, self.state.audience)
        self.advice = html(shows.advice(self.shown, self.state.audience, self.state.station))
        self.audience.param.watch(lambda e: setattr(self.state, "audience", e.new), "value")
        self.state.param.watch(lambda _event: self._show_advice(), ["audience", "station"])
        title = heading_markup(
            _("Advice"), _("chosen by rule from the inputs of this outcome, with its source")
        )
        return [surface(html(title), toolbar(self.audience), self.advice)]

    def _show_advice(self) -> None:
        assert self.shown is not None
        self.advice.object = shows.advice(self.shown, self.state.audience, self.state.station)

    def _opinion_part(self) -> list[Any]:
        assert self.shown is not None
        found = shows.opinion_bars(self.shown)
        if not found:
            return []
        _ = self._
        rows = self.shown.table("opinion_summary")
        chart = IntervalBars(_, self.context.dark, "opinion_chart")
        chart.show(found[:10], (_("Complaints and posts"), ""))
        self.painted.append(chart)
        span = f"{clock(rows['day'].min(), '%Y-%m-%d')} – {clock(rows['day'].max(), '%Y-%m-%d')}"
        title = html(heading_markup(_("What people complain of"), span))
        return [surface(title, pn.pane.Bokeh(chart.figure, sizing_mode="stretch_width", margin=0))]

    def _table_part(self) -> Any:
        labels = {key: self._(SHEETS[key]) for key in self._sheets()}
        self.tables = TablePart(self._, labels, self._sheets, f"{self.slug}_index", self.bars.figure)
        return self.tables.view

    def _sheets(self) -> dict[str, Any]:
        assert self.shown is not None
        found = self.found[self.found["group"] == self.state.group]
        return shows.sheets(self.shown, found)

    # --- what follows what ------------------------------------------------------------------------------------

    def _show(self) -> None:
        """Everything that depends on weights, group or layer."""
        assert self.shown is not None
        _, state, part = self._, self.state, self.layer.value
        self._show_answer()
        scale = shows.scale(self.shown, part)
        group = _(shows.GROUP_NAMES[state.group])
        name = _("Score: {part}").format(part=_(PART_NAMES[part])) if part else scale.title
        self.part.head(_("Map: {layer}").format(layer=name), group, legend(scale, _("not known"), True))
        cells = shows.raster(self.shown, self.weights, state.group, part)
        if cells is None:
            self.part.map.hide_raster()
        else:
            self.part.map.show_raster(*cells, scale, name)
        self._show_list()
        self.tables.show()

    def _show_list(self) -> None:
        assert self.shown is not None
        _, state = self._, self.state
        made = shows.ranked(self.shown, self.found, state.list, state.group)
        title = _("Ranking: {kind}").format(kind=_(LISTS[state.list]))
        self.list_title.object = heading_markup(
            title, _("least friendly first; index with its 80 % interval")
        )
        self.ranked.param.update(rows=made, label=_(LISTS[state.list]), selected=state.station)
        self._show_parts()

    def _show_parts(self) -> None:
        """The parts behind the index of the selected area or place, the whole city where none is."""
        assert self.shown is not None
        _, key, group = self._, self.state.station, self.state.group
        rows = self.found[(self.found["key"].astype(str) == key) & (self.found["group"] == group)]
        scope, key = ("city", CITY_KEY) if rows.empty else (str(rows["scope"].iloc[0]), key)
        name = (
            _("Whole city") if rows.empty else str(rows[self.shown.name].iloc[0] or rows["name_zh"].iloc[0])
        )
        if scope == "place_kind":
            name = _(shows.PLACE_KINDS.get(key, key))
        self.bars_title.object = heading_markup(
            _("What the index is made of: {place}").format(place=name), _(shows.GROUP_NAMES[group])
        )
        self.bars.show(shows.bars(self.shown, scope, key, group), (_("Score, 0 to 100"), ""))
        self.part.map.select("district" if scope == "district" else "city", key)

    def _connect(self) -> None:
        state = self.state
        self.group.param.watch(lambda e: setattr(state, "group", e.new), "value")
        self.layer.param.watch(lambda _event: self._show(), "value")
        self.lists.param.watch(lambda e: setattr(state, "list", e.new), "value")
        self.ranked.param.watch(lambda e: self._select(e.new), "selected")
        for slider in self.sliders.values():
            slider.param.watch(lambda _event: self._weigh(), "value")
        state.param.watch(lambda _event: self._show(), "group")
        state.param.watch(lambda _event: self._show_list(), "list")
        state.param.watch(lambda _event: self._show_list(), "station")

    def _weigh(self) -> None:
        """Other weights: the index is made again of the stored scores."""
        assert self.shown is not None
        weights = {part: float(slider.value) for part, slider in self.sliders.items()}
        if not sum(weights.values()):
            told = self._("At least one part must have a weight.")
            self.context.notices.show(states.state("note", told, "", slim=True))
            return
        self.context.notices.show("")
        self.weights = weights
        self.state.weights = shows.kept_weights(weights)
        self.found = shows.table(self.shown, weights)
        self._show()

    def _reset(self) -> None:
        for part, weight in default_weights().items():
            self.sliders[part].value = weight

    def _select(self, key: str) -> None:
        self.state.station = key
