"""What if a source stops: choose the source and the hour, run the trace again, compare people and peaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from gzeco_lib.environmental_health.pages import trace_shows as shows
from gzeco_lib.environmental_health.pages.context import Context
from gzeco_lib.environmental_health.pages.trace_shows import Trace
from gzeco_lib.environmental_health.pages.view import clock
from gzeco_lib.views import theme
from gzeco_lib.views.layout import heading_markup, html, surface, toolbar
from gzeco_lib.views.lines import Drawn, LinesChart
from gzeco_lib.views.markup import text


class StopPart:
    """The part of the page; ``run(source, time)`` starts the run."""

    def __init__(self, context: Context, trace: Trace, run: Callable[[str, str], None]) -> None:
        self.context, self.trace, self.run, self._ = context, trace, run, context._
        title = heading_markup(
            self._("What if this source stops"),
            self._("the trace is run again with its emission ended at that hour"),
        )
        self.view = surface(html(title), *self._controls(), *self._compared())

    def _controls(self) -> list[Any]:
        _, frame = self._, self.trace.rows("candidates")
        options = {}
        row: Any
        for row in frame.head(8).itertuples() if len(frame) else ():
            options[f"{shows.name_of(self.trace.shown, row)} ({theme.percent(row.probability)})"] = str(
                row.enterprise
            )
        if not options:
            return [html(f'<div class="muted">{text(_("There is no candidate that could stop."))}</div>')]
        self.source = pmui.Select(
            label=_("Source"),
            options=options,
            value=next(iter(options.values())),
            size="small",
            width=300,
            margin=0,
        )
        hours = {
            clock(t, "%m-%d %H:%M"): f"{t.tz_convert(theme.ZONE):%Y-%m-%dT%H:%M%z}" for t in self._hours()
        }
        values = list(hours.values())
        self.hour = pmui.Select(
            label=_("Stops at"), options=hours, value=values[len(values) // 2] if values else None,
            size="small", width=160, margin=0,
        )  # fmt: skip
        button = pmui.Button(
            label=_("Work it out"), variant="contained", color="primary", size="small", margin=0
        )
        button.on_click(lambda _event: self.run(self.source.value, self.hour.value))
        # Two lines: a row is at least as wide as its parts together, which a phone is not.
        return [toolbar(self.source), toolbar(self.hour, button)]

    def _hours(self) -> list[pd.Timestamp]:
        """Hours of the plume from its beginning on."""
        plume = self.trace.plume()
        if plume is not None:
            return shows.frames(plume)
        return list(pd.date_range(self.trace.row["start"], self.trace.row["end"], freq="h"))

    def _compared(self) -> list[Any]:
        """The stored comparison, where this trace was run with a stop."""
        _, found = self._, self.trace.rows("what_if")
        if found.empty:
            return []
        found = found.sort_values("time")
        stop = pd.Timestamp(found["stop"].iloc[0])
        after = found[found["time"] >= stop]
        before_hours, stopped_hours = after["people"].sum(), after["people_stopped"].sum()
        told = _(
            "Stopping it at {time} spares {saved} of {all} person-hours above the threshold from then on; "
            "the highest addition in those hours falls from {high} to {low} {unit}."
        ).format(
            time=clock(stop, "%m-%d %H:%M"),
            saved=theme.number(before_hours - stopped_hours),
            all=theme.number(before_hours),
            high=theme.number(after["added_max"].max(), 1),
            low=theme.number(after["added_max_stopped"].max(), 1),
            unit=self.trace.unit,
        )
        chart = LinesChart(_, self.context.dark, "stop_chart", height=240)
        chart.show(
            [
                Drawn(_("Goes on"), found["time"], found["people"], colour=theme.SEVERITY["very_high"]),
                Drawn(
                    _("Stops"), found["time"], found["people_stopped"], colour=theme.OTHER[0], dash="dashed"
                ),
            ],
            (_("Time"), ""),
            (_("People above the threshold"), _("persons")),
            0,
        )
        chart.mark(stop)
        sentence = html(f'<div style="font-size:16px">{text(told)}</div>')
        return [sentence, pn.pane.Bokeh(chart.figure, sizing_mode="stretch_width", margin=0)]
