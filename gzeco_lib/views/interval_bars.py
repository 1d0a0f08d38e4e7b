"""Bars with their intervals, one row a name, the largest first: deaths by cause, an index by district."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, FactorRange, HoverTool, NumeralTickFormatter, Range1d

from gzeco_lib.views import theme
from gzeco_lib.views.chart_base import empty_figure, figures
from gzeco_lib.views.words import Translate

ROW = 30  # height of a row [px]


@dataclass(frozen=True)
class Bar:
    """One bar: its name, value and the ends of its interval (NaN where it has none); "" takes the accent."""

    name: str
    value: float
    lo: float = float("nan")
    hi: float = float("nan")
    colour: str = ""


class IntervalBars:
    """One chart of one session; ``name`` is the Bokeh figure's."""

    def __init__(self, _: Translate, dark: bool, name: str) -> None:
        self._ = _
        self.bars = ColumnDataSource(
            {c: [] for c in ("name", "value", "lo", "hi", "colour")}, name=f"{name}_bars"
        )
        self.ends = ColumnDataSource({"xs": [], "ys": []})
        self.figure = empty_figure(
            _, name, 200, y_range=FactorRange(factors=[]), x_range=Range1d(start=0, end=1)
        )
        self.figure.hbar(
            "name", height=0.62, right="value", source=self.bars, fill_color="colour", line_color=None
        )
        self._whiskers = self.figure.segment("lo", "name", "hi", "name", source=self.bars, line_width=2)
        self.hover = HoverTool(renderers=[self.figure.renderers[0]], tooltips=[], visible=False)
        self.figure.add_tools(self.hover)
        self.figure.ygrid.grid_line_color = None
        self.figure.xaxis[0].ticker.desired_num_ticks = 5
        self.figure.yaxis.major_tick_line_color = None
        self.figure.yaxis.axis_line_color = None
        self.figure.yaxis.major_label_text_font_size = "13px"
        self.dark = dark
        self.paint(dark)

    def paint(self, dark: bool) -> None:
        """Colours of the light or the dark mode."""
        was, g = theme.ground(self.dark).accent, theme.ground(dark)
        self.dark = dark
        colours = self.bars.data["colour"]
        self.bars.data = {**self.bars.data, "colour": [g.accent if c == was else c for c in colours]}
        self._whiskers.glyph.line_color = g.ink
        self.figure.xgrid.grid_line_color = g.grid

    def show(self, bars: Sequence[Bar], axis: tuple[str, str], decimals: int = 0) -> None:
        """Show ``bars`` from the top down; ``axis`` is name and unit of the values. Names must differ."""
        names = [bar.name for bar in bars]
        data: Any = {
            "name": names,
            "value": [bar.value for bar in bars],
            "lo": [bar.lo for bar in bars],
            "hi": [bar.hi for bar in bars],
            "colour": [bar.colour or theme.ground(self.dark).accent for bar in bars],
        }
        self.figure.y_range.factors = names[::-1]
        self.bars.data = data
        self.figure.height = 74 + ROW * max(len(bars), 1)
        ends = np.array([[bar.value, bar.lo, bar.hi] for bar in bars], dtype=float).ravel()
        ends = ends[np.isfinite(ends)]
        low, high = (min(0.0, float(ends.min())), max(float(ends.max()), 0.0)) if len(ends) else (0.0, 1.0)
        room = 0.06 * ((high - low) or 1.0)
        self.figure.x_range.start, self.figure.x_range.end = (low - room if low < 0 else 0.0), high + room
        self.figure.xaxis.axis_label = f"{axis[0]} [{axis[1]}]" if axis[1] else axis[0]
        self.figure.xaxis.formatter = NumeralTickFormatter(format="0,0.[00]")
        shape = figures(decimals)
        self.hover.tooltips = [
            ("", "@name"),
            (axis[0], f"@value{{{shape}}} {axis[1]}"),
            (self._("Interval"), f"@lo{{{shape}}} – @hi{{{shape}}}"),
        ]
