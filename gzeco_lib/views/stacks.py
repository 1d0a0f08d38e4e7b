"""Bars stacked hour by hour, such as people by group or the chances of each risk band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, HoverTool, NumeralTickFormatter, Range1d
from bokeh.models.annotations import Span

from gzeco_lib.views import theme
from gzeco_lib.views.chart_base import empty_figure, figures, hours_axis, ink, legend_above
from gzeco_lib.views.charts import local
from gzeco_lib.views.words import Translate

WIDTH = 0.9 * 3_600_000  # of a bar [ms]


class StackedHours:
    """One chart of one session; ``name`` is the Bokeh figure's."""

    def __init__(self, _: Translate, dark: bool, name: str, height: int = 260) -> None:
        self._ = _
        self._shown: tuple[Any, ...] | None = None
        self.figure = empty_figure(_, name, height, x_axis_type="datetime", y_range=Range1d(start=0, end=1))
        self.hover = HoverTool(renderers=[], tooltips=[], visible=False)
        self.hour = Span(dimension="height", line_width=2, line_alpha=0.55, visible=False)
        self.line = Span(dimension="width", line_width=1.5, line_dash="dashed", visible=False)
        for item in (self.hour, self.line):
            self.figure.add_layout(item)
        self.figure.add_tools(self.hover)
        self.paint(dark)

    def paint(self, dark: bool) -> None:
        """Colours of the light or the dark mode."""
        self.dark = dark
        ink(self.figure, dark)
        if self._shown is not None:
            self.show(*self._shown)
        self.hour.line_color = self.line.line_color = theme.ground(dark).ink

    def show(
        self,
        times: pd.Series,
        parts: Mapping[str, Any],
        colours: Sequence[str],
        axis: tuple[str, str],
        decimals: int = 0,
        top: float | None = None,
    ) -> None:
        """Show ``parts`` (label: value by hour) on top of each other, the first at the bottom.

        Args:
            times: UTC starts of the hours.
            axis: name and unit of the values.
            top: upper end of the scale; None lets it follow the values.
        """
        self._shown = (times, parts, colours, axis, decimals, top)
        plot = self.figure
        plot.renderers = []
        if plot.legend:
            plot.legend[0].items = []
        x = local(times).to_numpy()
        when = [f"{t:%m-%d %H:%M}" for t in pd.DatetimeIndex(x)]
        foot = np.zeros(len(x))
        bars = []
        for (label, found), colour in zip(parts.items(), colours, strict=True):
            values = np.nan_to_num(np.asarray(found, dtype=float))
            data: Any = {"x": x, "foot": foot, "top": foot + values, "value": values, "told": when}
            source = ColumnDataSource({**data, "name": [label] * len(x)})
            bars.append(
                plot.vbar(
                    "x",
                    WIDTH,
                    "top",
                    "foot",
                    source=source,
                    fill_color=theme.drawn(colour, self.dark),
                    line_color=None,
                    legend_label=label,
                )
            )
            foot = foot + values
        highest = float(foot.max()) if len(foot) else 0.0
        plot.y_range.end = top if top is not None else (highest * 1.08 or 1.0)
        plot.yaxis.axis_label = f"{axis[0]} [{axis[1]}]" if axis[1] else axis[0]
        plot.yaxis.formatter = NumeralTickFormatter(format="0,0.[00]")
        self.hover.renderers = bars
        self.hover.tooltips = [
            ("", "@name"),
            (self._("Time"), "@told"),
            (axis[0], f"@value{{{figures(decimals)}}} {axis[1]}"),
        ]
        hours_axis(plot, x)
        legend_above(plot)

    def mark(self, time: Any) -> None:
        """Mark a UTC hour; None for none."""
        self.hour.visible = time is not None
        if time is not None:
            self.hour.location = local(pd.Series([time])).iloc[0].timestamp() * 1000.0

    def level(self, value: float | None) -> None:
        """Draw a dashed line across at ``value``; None for none."""
        self.line.visible = value is not None
        if value is not None:
            self.line.location = value
