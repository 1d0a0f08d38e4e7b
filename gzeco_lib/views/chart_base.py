"""What the charts of the pages share: an empty figure with our tools, its colours, and an axis of local hours."""

from __future__ import annotations

from typing import Any, cast

import pandas as pd
from bokeh.models import CustomJSTickFormatter, NoOverlap, PanTool, ResetTool, SaveTool, WheelZoomTool
from bokeh.plotting import figure

from gzeco_lib.views import theme
from gzeco_lib.views.words import Translate


def empty_figure(_: Translate, name: str, height: int, **options: Any) -> Any:
    """A figure without anything in it; ``options`` are Bokeh's."""
    tools = [
        PanTool(description=_("Move"), dimensions="width"),
        WheelZoomTool(description=_("Zoom with the wheel"), dimensions="width"),
        ResetTool(description=_("Whole period")),
        SaveTool(description=_("Save as picture"), visible=False),
    ]
    # Bokeh's type stubs know only some of the options of a figure.
    plot = cast(Any, figure)(
        height=height,
        sizing_mode="stretch_width",
        tools=tools,
        toolbar_location="right",
        name=name,
        outline_line_color=None,
        min_border_left=56,
        min_border_right=12,
        **options,
    )
    plot.toolbar.logo = None
    plot.toolbar.active_scroll = None  # the page scrolls; the wheel zooms once its tool is chosen
    return plot


def legend_above(plot: Any) -> None:
    """The legend in a line above ``plot``, which has glyphs with labels."""
    if not plot.legend:
        return
    legend = plot.legend[0]
    legend.orientation = "horizontal"
    legend.padding = 2
    legend.spacing = 14
    legend.border_line_color = None
    legend.ncols = 6 if len(legend.items) <= 3 else 3  # in two lines, so that it fits a phone
    if legend not in plot.above:
        plot.add_layout(legend, "above")


def hours_axis(plot: Any, times: Any) -> None:
    """Ticks of local hours: midnight is told by its date; six hours apart, or more where the series is long."""
    plot.xaxis.formatter = CustomJSTickFormatter(
        code="const t = new Date(tick); const two = (n) => String(n).padStart(2, '0');"
        "if (t.getUTCHours() === 0) return `${two(t.getUTCMonth() + 1)}-${two(t.getUTCDate())}`;"
        "return `${two(t.getUTCHours())}:00`;"
    )
    plot.xaxis.major_label_policy = NoOverlap(min_distance=8)
    found = pd.DatetimeIndex(times)
    if len(found) == 0:
        return
    span = found.max() - found.min()
    step = next((h for h, days in ((2, 0.6), (6, 3.3), (12, 8)) if span <= pd.Timedelta(days=days)), 24)
    ticks = pd.date_range(found.min().normalize(), found.max(), freq=pd.Timedelta(hours=step))
    plot.xaxis.ticker = [t.timestamp() * 1000.0 for t in ticks if t >= found.min()]


def ink(plot: Any, dark: bool) -> None:
    """Neutral colours of grid and axes in the light or the dark mode."""
    g = theme.ground(dark)
    plot.xgrid.grid_line_color = None
    plot.ygrid.grid_line_color = g.grid


def figures(decimals: int) -> str:
    """Bokeh's number format with ``decimals``."""
    return "0,0" if not decimals else "0,0." + "0" * decimals
