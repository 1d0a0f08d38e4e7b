"""The page "trace": which source made an alarm, who is exposed, where the plume goes, what stopping it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import panel as pn

from gzeco_lib.environmental_health.pages import prose, trace_sheets
from gzeco_lib.environmental_health.pages import trace_shows as shows
from gzeco_lib.environmental_health.pages.context import Context
from gzeco_lib.environmental_health.pages.state import TRACE
from gzeco_lib.environmental_health.pages.trace_shows import Trace
from gzeco_lib.environmental_health.pages.trace_stop import StopPart
from gzeco_lib.environmental_health.pages.view import View, clock
from gzeco_lib.errors import N_
from gzeco_lib.views import cards, theme
from gzeco_lib.views.cards import Card, Grade
from gzeco_lib.views.components import RankedList
from gzeco_lib.views.layout import beside, choice, heading_markup, html, surface, toolbar
from gzeco_lib.views.lines import Drawn, LinesChart
from gzeco_lib.views.map_part import MapPart
from gzeco_lib.views.maps import legend
from gzeco_lib.views.stacks import StackedHours
from gzeco_lib.views.table_part import TablePart

LISTS = {
    "candidate": N_("Candidates"),
    "place": N_("Places reached"),
    "arrival": N_("Arrival"),
    "alarm": N_("Alarms"),
}
SURE, LIKELY = 0.8, 0.5  # probability of the first candidate from which it is called so
GROUP_COLOURS = ("#C77400", "#0B5E82", "#6A4C93", "#3E7D4F", "#A2436B")


class Page(View):
    """One session's page."""

    def __init__(self, context: Context, run: Callable[[str, dict[str, Any]], None]) -> None:
        super().__init__(context)
        self.run = run
        self.hourly, self.shown = context.shown(), context.shown(TRACE)
        self.traces = shows.traces(self.shown, self.hourly)

    def ready(self) -> bool:
        """Whether there is anything to show: a trace, or alarms looked for."""
        return self.shown is not None or self.hourly is not None

    def data_time(self) -> str:
        """Until when the data reach."""
        shown = self.shown or self.hourly
        assert shown is not None
        return self._("As known at {time}").format(time=clock(shown.outcome.at))

    def body(self) -> list[Any]:
        """The chosen trace, or what was looked at where there is none."""
        if not self.traces:
            return self._nothing()
        state = self.state
        if state.list not in LISTS:
            state.list = "candidate"
        self.trace = next((t for t in self.traces if t.key == state.trace), self.traces[0])
        self.plume = self.trace.plume()
        self.fit = LinesChart(self._, self.context.dark, "fit_chart")
        self.people = StackedHours(self._, self.context.dark, "people_chart")
        parts = [
            *self._choose(),
            html(self._answer()),
            html(cards.cards(self._cards())),
            beside(self._map_side(), self._list_side()),
            *self._people_part(),
            StopPart(self.context, self.trace, self._stop).view,
            *self._fit_part(),
            self._table_part(),
            html(prose.known(self._, self.trace.shown.outcome)),
            html(prose.trace_method(self._)),
        ]
        self.painted = [self.part, self.fit, self.people]
        self._connect()
        self._show_step()
        self._show_list()
        return parts

    def _nothing(self) -> list[Any]:
        """No trace: say what was looked at, and list the alarms there are."""
        _ = self._
        found = shows.alarms(self.hourly)
        parts: list[Any] = []
        if found:
            tried = self.shown is not None and self.shown.has("alarms")
            told = _("{n} alarms wait for a trace.").format(n=len(found))
            then = _("Run the trace under Model at the top right; it takes under a minute.")
            if tried:
                told = _("{n} alarms could not be traced.").format(n=len(found))
                then = _(
                    "What was missing is said below; once it has come in, run the trace again under Model."
                )
            parts.append(self.empty(told, then))
            parts.append(surface(html(heading_markup(_("Alarms"), "")), self._list(found, _("Alarms"))))
        else:
            parts.append(self.empty(_("No alarm: there is nothing to trace."), self._looked()))
        if self.shown is not None:
            parts.append(html(prose.known(_, self.shown.outcome)))
        return parts

    def _looked(self) -> str:
        """What was looked at before it was said that there is no alarm."""
        _ = self._
        if self.hourly is None:
            return _("Run the model of a trace for a site and a period under Model at the top right.")
        if "alarms" not in self.hourly.outcome.tables:
            return _("This outcome was made before alarms were looked for: run the hourly model again.")
        return _(
            "{sites} stations were looked at up to {time}: none stood above what the others and its own past "
            "let expect. A past period of one site can be traced under Model at the top right."
        ).format(
            sites=self.hourly.hour("station_hourly", 0)["site"].nunique(), time=clock(self.hourly.time(0))
        )

    def _list(self, rows: list[dict[str, Any]], label: str) -> RankedList:
        return RankedList(
            rows=rows, label=label, nothing=self._("nothing to list"), sizing_mode="stretch_width", margin=0
        )

    # --- the answer -------------------------------------------------------------------------------------------

    def _choose(self) -> list[Any]:
        """The traces to choose from; loading another one is a new view of the page."""
        if len(self.traces) < 2:
            return []
        options = {trace.key: shows.label(trace) for trace in self.traces[:12]}
        self.chosen = choice(self._("Traces"), options, self.trace.key)
        title = self._("{n} traces in this outcome").format(n=len(self.traces))
        return [surface(html(heading_markup(title, "")), toolbar(self.chosen))]

    def _answer(self) -> str:
        _, trace = self._, self.trace
        row = trace.row
        fields = {
            "site": str(row[trace.shown.name] or row["name_zh"]),
            "variable": trace.variable,
            "start": clock(row["start"], "%m-%d %H:%M"),
            "end": clock(row["end"], "%H:%M"),
            "name": trace.first_name(),
            "chance": theme.percent(row["probability"]),
            "unknown": theme.percent(row["unknown"]),
            "people": theme.number(row["people"]),
            "lo": theme.number(row["people_lo"]),
            "hi": theme.number(row["people_hi"]),
            "threshold": f"{theme.number(row['threshold'])} {trace.unit}",
            "names": shows.likeliest(trace),
        }
        if fields["name"] and float(row["probability"]) < LIKELY:
            sentence = _(
                "No single source stands out yet behind the {variable} alarm at {site} ({start} to {end}): {names} are "
                "the likeliest; some {people} people ({lo} to {hi}) were reached by more than {threshold}."
            )
        elif fields["name"]:
            sentence = _(
                "The {variable} alarm at {site} ({start} to {end}) most probably comes from {name} ({chance}); "
                "some {people} people ({lo} to {hi}) were reached by more than {threshold}."
            )
        else:
            sentence = _(
                "The {variable} alarm at {site} ({start} to {end}) comes from a source that is not on the list with "
                "probability {unknown}; some {people} people ({lo} to {hi}) were reached by more than {threshold}."
            )
        facts = [(_("Source not on the list"), fields["unknown"]), (_("Threshold"), fields["threshold"])]
        if np.isfinite(float(row.get("seconds", np.nan))):
            facts.append((_("Traced in"), f"{theme.number(row['seconds'], 1)} s"))
        return cards.answer(sentence.format(**fields), self._sure(float(row["probability"])), facts)

    def _sure(self, chance: float) -> Grade:
        """How sure the first candidate is, in a word."""
        _ = self._
        for least, words, sign in ((SURE, _("probable"), "●"), (LIKELY, _("likely"), "◐")):
            if chance >= least:
                return Grade(words, theme.ACCENT, sign)
        return Grade(_("open"), theme.MISSING, "○")

    def _cards(self) -> list[Card]:
        _, trace = self._, self.trace
        row, found = trace.row, trace.rows("exposed_places")
        schools = int(found["kind"].isin(["school", "kindergarten"]).sum()) if len(found) else 0
        care = int(found["kind"].isin(["hospital", "elderly_home"]).sum()) if len(found) else 0
        made = [
            Card(
                _("First candidate"), theme.number(100 * row["probability"]), "%",
                trace.first_name() or _("A source not on the list"),
            ),
            Card(
                _("People reached"), theme.number(row["people"]), _("persons"),
                _("{lo} to {hi}").format(lo=theme.number(row["people_lo"]), hi=theme.number(row["people_hi"])),
            ),
            Card(_("Schools and kindergartens"), theme.number(schools), "", _("reached by the plume")),
            Card(_("Hospitals and homes for the elderly"), theme.number(care), "", _("reached by the plume")),
        ]  # fmt: skip
        rows = shows.arrival(trace)
        if rows:
            made.append(
                Card(
                    _("Districts reached"), str(len(rows)), "", _("first {name}").format(name=rows[0]["name"])
                )
            )
        return made

    # --- map and lists ----------------------------------------------------------------------------------------

    def _map_side(self) -> Any:
        _ = self._
        known = [k for k in shows.LAYERS if self.plume is not None and k in self.plume]
        if "added_stopped" in known and self.trace.rows("what_if").empty:
            known.remove("added_stopped")
        self.layer = choice(_("Layer"), {k: _(shows.LAYERS[k]) for k in known}, known[0] if known else "")
        self.part = MapPart(
            _,
            self.trace.shown.lang,
            self.context.dark,
            lambda _kind, _key: None,
            controls=[self.layer],
            hours=self.plume is not None,
        )
        return self.part.view

    def _show_step(self) -> None:
        """The plume at the hour of the state, and the hour on the charts."""
        _, trace = self._, self.trace
        self.part.map.show_points(shows.points(trace, self.plume))
        if self.plume is None:
            self.part.map.hide_raster()
            self.part.head(_("Map"), _("this trace holds no plume"), "")
            return
        times = shows.frames(self.plume)
        step = shows.step(self.trace, times, self.state.step)
        cells, scale = shows.raster(trace, self.plume, self.layer.value, step)
        self.part.map.look_at(shows.bounds(trace, self.plume))
        lead = int(self.plume["lead_h"].values[step])
        when = clock(times[step]) + (_(" (forecast wind)") if lead > 0 else "")
        self.part.head(scale.title, when, legend(scale, _("none")) + self._key())
        self.part.map.show_raster(*cells, scale, scale.title)
        most = np.nan_to_num(self.plume["added"].max(["y", "x"]).values)
        look = shows.raster(trace, self.plume, "added", step)[1]
        notes = [f"+{theme.number(v, 1)} {trace.unit}" for v in most]
        self.part.scale_hours(times, [look.colour(float(v)) for v in most], notes, step)
        self.people.mark(times[step])
        self.fit.mark(times[step])

    def _key(self) -> str:
        """What the signs of the map stand for."""
        _ = self._
        signs = (("●", _("station of the alarm")), ("▲", _("candidate source")), ("□", _("place reached")))
        steps = "".join(f'<span class="step">{sign} {words}</span>' for sign, words in signs)
        return f'<div class="legend"><span class="steps">{steps}</span></div>'

    def _list_side(self) -> Any:
        _ = self._
        self.lists = choice(_("Ranked"), {key: _(label) for key, label in LISTS.items()}, self.state.list)
        self.ranked = self._list([], "")
        self.list_title = html("")
        return surface(self.list_title, toolbar(self.lists), self.ranked)

    def _show_list(self) -> None:
        _, kind = self._, self.state.list
        made = {
            "candidate": lambda: (
                shows.candidates(self.trace),
                _("probability, emission rate with interval"),
            ),
            "place": lambda: (shows.places(self.trace), _("highest addition, probability of being reached")),
            "arrival": lambda: (shows.arrival(self.trace), _("first hour above the threshold")),
            "alarm": lambda: (shows.alarms(self.hourly), _("probability that something local made it")),
        }[kind]()
        self.list_title.object = heading_markup(_(LISTS[kind]), made[1])
        self.ranked.param.update(rows=made[0], label=_(LISTS[kind]))

    # --- charts, what if, tables ------------------------------------------------------------------------------

    def _people_part(self) -> list[Any]:
        _ = self._
        found = shows.people(self.trace)
        if found is None:
            return [self.note(_("Who is exposed is not known: the lake holds nothing of where people are."))]
        times, groups = found
        colours = GROUP_COLOURS[: len(groups)]
        self.people.show(
            pd.Series(times.to_numpy()), groups, colours, (_("People above the threshold"), _("persons"))
        )
        title = html(heading_markup(_("People above the threshold by hour and group"), ""))
        return [surface(title, pn.pane.Bokeh(self.people.figure, sizing_mode="stretch_width", margin=0))]

    def _fit_part(self) -> list[Any]:
        """Observed and fitted concentration, one station at a time."""
        _, found = self._, self.trace.rows("fit")
        if found.empty:
            return []
        order = found.groupby("site")["fitted"].max().sort_values(ascending=False).index.astype(str).tolist()
        names = self._site_names()
        options = {site: names.get(site, site) for site in order[:8]}
        self.sites = choice(_("Station"), options, order[0])
        self.sites.param.watch(lambda event: self._show_fit(event.new), "value")
        self._show_fit(order[0])
        title = html(
            heading_markup(
                _("Observed and explained"), _("what the stations measured, and what the trace makes of it")
            )
        )
        pane = pn.pane.Bokeh(self.fit.figure, sizing_mode="stretch_width", margin=0)
        return [surface(title, toolbar(self.sites), pane)]

    def _site_names(self) -> dict[str, str]:
        if self.hourly is None:
            return {}
        rows = self.hourly.hour("station_hourly", 0)
        return dict(zip(rows["site"].astype(str), rows[self.hourly.name].astype(str), strict=True))

    def _show_fit(self, site: str) -> None:
        _, found = self._, self.trace.rows("fit")
        rows = found[
            (found["site"].astype(str) == site) & (found["variable"] == self.trace.variable)
        ].sort_values("time")
        if rows.empty:
            rows = found[found["site"].astype(str) == site].sort_values("time")
        self.fit.show(
            [
                Drawn(
                    _("Observed"), rows["time"], rows["observed"], dots=True, colour=theme.SEVERITY["high"]
                ),
                Drawn(_("Background"), rows["time"], rows["background"], dash="dashed", colour="#8494A0"),
                Drawn(_("Explained"), rows["time"], rows["fitted"], colour=theme.OTHER[0]),
            ],
            (_("Time"), ""),
            (self.trace.variable, self.trace.unit),
        )

    def _table_part(self) -> Any:
        labels = {key: self._(trace_sheets.SHEETS[key]) for key in self._sheets()}
        self.tables = TablePart(self._, labels, self._sheets, f"{self.slug}_trace", self.fit.figure)
        return self.tables.view

    def _sheets(self) -> dict[str, Any]:
        return trace_sheets.sheets(self.trace, self.hourly, self._site_names())

    def _stop(self, source: str, stop: str) -> None:
        """Run the trace of this alarm again with the source stopped."""
        values = dict(self.trace.shown.outcome.parameters)
        self.run(TRACE, stop_values(self.trace, values, source, stop))

    # --- what follows what ------------------------------------------------------------------------------------

    def _connect(self) -> None:
        state = self.state
        self.part.hours.param.watch(lambda e: setattr(state, "step", e.new), "value")
        self.layer.param.watch(lambda _event: self._show_step(), "value")
        self.lists.param.watch(lambda e: setattr(state, "list", e.new), "value")
        state.param.watch(lambda _event: self._show_step(), "step")
        state.param.watch(lambda _event: self._show_list(), "list")
        if len(self.traces) > 1:
            self.chosen.param.watch(lambda e: self._another(e.new), "value")

    def _another(self, key: str) -> None:
        """Another trace is another view: the address changes and the page is loaded afresh."""
        if (location := pn.state.location) is not None:
            location.reload = True
        self.state.param.update(trace=key, step=-1)


def stop_values(trace: Trace, values: dict[str, Any], source: str, stop: str) -> dict[str, Any]:
    """Parameters of the run that answers "what if ``source`` stops at ``stop``" for the alarm of ``trace``."""
    from gzeco_lib.scenario import registered

    declared = registered(TRACE).declared()
    wanted = {"alarm": str(trace.row["alarm"]), "stop_source": source, "stop_at": stop}
    return {k: v for k, v in values.items() if k in declared} | {
        k: v for k, v in wanted.items() if k in declared
    }
