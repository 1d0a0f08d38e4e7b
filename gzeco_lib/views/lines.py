"""A chart of several lines with their bands, over local hours or over a quantity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, Range1d
from bokeh.models.annotations import Span

from gzeco_lib.views import theme
from gzeco_lib.views.chart_base import empty_figure, figures, hours_axis, ink, legend_above
from gzeco_lib.views.charts import local
from gzeco_lib.views.words import Translate


@dataclass(frozen=True)
class Drawn:
    """One line: its name, where it goes, the ends of its band where it has one, and how it looks."""

    name: str
    x: Any  # UTC times or numbers, as a list, an array or a column
    y: Any
    lo: Any = None
    hi: Any = None
    colour: str = ""
    dash: str = "solid"
    dots: bool = False


class LinesChart:
    """One chart of one session.

    Args:
        name: of the Bokeh figure.
        times: whether the lines go over time.
    """

    def __init__(self, _: Translate, dark: bool, name: str, times: bool = True, height: int = 280) -> None:
        self._, self.times = _, times
        self._shown: tuple[Any, ...] | None = None
        self.figure = empty_figure(
            _, name, height, x_axis_type="datetime" if times else "linear", y_range=Range1d(start=0, end=1)
        )
        self.base = Span(dimension="width", line_width=1, visible=False)
        self.mark_line = Span(dimension="height", line_width=2, line_alpha=0.55, visible=False)
        self.figure.add_layout(self.base)
        self.figure.add_layout(self.mark_line)
        self.hover = HoverTool(renderers=[], tooltips=[], mode="mouse", visible=False)
        self.figure.add_tools(self.hover)
        self.paint(dark)

    def paint(self, dark: bool) -> None:
        """Colours of the light or the dark mode."""
        self.dark = dark
        ink(self.figure, dark)
        if self._shown is not None:
            self.show(*self._shown)
        self.base.line_color = theme.ground(dark).muted
        self.mark_line.line_color = theme.ground(dark).ink

    def show(
        self,
        lines: Sequence[Drawn],
        x: tuple[str, str],
        y: tuple[str, str],
        decimals: int = 1,
        base: float | None = None,
    ) -> None:
        """Show ``lines`` in place of what was shown.

        Args:
            x, y: name and unit of the axes.
            decimals: of the values on hover.
            base: a value that is marked and need not be 0, e.g. 1 for a ratio; the scale then follows the values.
        """
        self._shown = (lines, x, y, decimals, base)
        plot, reach = self.figure, []
        plot.renderers = []
        if plot.legend:
            plot.legend[0].items = []
        told = []
        for k, line in enumerate(lines):
            data = self._data(line)
            source = ColumnDataSource(data)
            colour = theme.drawn(line.colour or theme.OTHER[k % len(theme.OTHER)], self.dark)
            if "lo" in data:
                plot.varea(
                    "x", "lo", "hi", source=source, fill_color=colour, fill_alpha=0.18, legend_label=line.name
                )
            if line.dots:
                mark = plot.scatter("x", "y", source=source, size=7, color=colour, legend_label=line.name)
            else:
                plot.line(
                    "x",
                    "y",
                    source=source,
                    color=colour,
                    line_width=2,
                    line_dash=line.dash,
                    legend_label=line.name,
                )
                mark = plot.scatter("x", "y", source=source, size=8, alpha=0, hover_alpha=1, color=colour)
            told.append(mark)
            reach += [data[c] for c in ("y", "lo", "hi") if c in data]
        self._scale(reach, base)
        plot.xaxis.axis_label, plot.yaxis.axis_label = (f"{n} [{u}]" if u else n for n, u in (x, y))
        self.hover.renderers = told
        self.hover.tooltips = [("", "@name"), (x[0], "@told"), (y[0], f"@y{{{figures(decimals)}}} {y[1]}")]
        if self.times and lines:
            hours_axis(plot, np.concatenate([self._data(line)["x"] for line in lines]))
        legend_above(plot)

    def _data(self, line: Drawn) -> dict[str, Any]:
        import pandas as pd

        x: Any = local(pd.Series(list(line.x))).to_numpy() if self.times else np.asarray(line.x, dtype=float)
        told = (
            [f"{t:%m-%d %H:%M}" for t in pd.DatetimeIndex(x)]
            if self.times
            else [theme.number(v, 1) for v in x]
        )
        data = {"x": x, "y": np.asarray(line.y, dtype=float), "told": told, "name": [line.name] * len(x)}
        if line.lo is not None and line.hi is not None:
            data |= {"lo": np.asarray(line.lo, dtype=float), "hi": np.asarray(line.hi, dtype=float)}
        return data

    def _scale(self, reach: list[np.ndarray], base: float | None) -> None:
        values = np.concatenate(reach) if reach else np.zeros(1)
        values = values[np.isfinite(values)]
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        low = min(low, 0.0) if base is None else min(low, base)
        high = high if base is None else max(high, base)
        room = 0.08 * ((high - low) or 1.0)
        self.figure.y_range.start = low if base is None and low == 0 else low - room
        self.figure.y_range.end = high + room
        self.base.visible = base is not None or low < 0
        self.base.location = 0.0 if base is None else base

    def mark(self, time: Any) -> None:
        """Mark a UTC hour; None for none."""
        import pandas as pd

        self.mark_line.visible = time is not None
        if time is not None:
            self.mark_line.location = local(pd.Series([time])).iloc[0].timestamp() * 1000.0
