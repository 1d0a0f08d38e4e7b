"""The forecast chart: history, forecast with its band, the line of the norm, and where now is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from bokeh.models import (
    ColumnDataSource,
    CrosshairTool,
    CustomJSTickFormatter,
    HoverTool,
    NoOverlap,
    PanTool,
    Range1d,
    ResetTool,
    SaveTool,
    WheelZoomTool,
)
from bokeh.models.annotations import Label, Span
from bokeh.plotting import figure

from gzeco_lib.views import theme
from gzeco_lib.views.words import Translate

HEIGHT = 300


@dataclass(frozen=True)
class Line:
    """A horizontal line of a norm: its value and its words."""

    value: float
    label: str


@dataclass(frozen=True)
class Series:
    """What the chart shows: rows of ``time`` (UTC), ``lead_h``, ``value``, ``lo``, ``hi``, and how to write them."""

    frame: pd.DataFrame
    name: str
    unit: str
    decimals: int = 0
    limit: Line | None = None


class ForecastChart:
    """One chart of one session."""

    def __init__(self, _: Translate, dark: bool) -> None:
        self._ = _
        self.history = ColumnDataSource(_empty(), name="history")
        self.forecast = ColumnDataSource(_empty(), name="forecast")
        tools = [
            PanTool(description=_("Move"), dimensions="width"),
            WheelZoomTool(description=_("Zoom with the wheel"), dimensions="width"),
            ResetTool(description=_("Whole period")),
            SaveTool(description=_("Save as picture"), visible=False),
        ]
        # Bokeh's type stubs know only some of the options of a figure.
        self.figure: Any = cast(Any, figure)(
            height=HEIGHT,
            sizing_mode="stretch_width",
            x_axis_type="datetime",
            tools=tools,
            toolbar_location="right",
            min_border_left=56,
            min_border_right=8,
            name="forecast_chart",
            outline_line_color=None,
            y_range=Range1d(start=0, end=1),
        )
        self.figure.toolbar.logo = None
        self.figure.toolbar.active_scroll = None
        self._draw()
        self.paint(dark)

    def _draw(self) -> None:
        plot, _ = self.figure, self._
        self._band = plot.varea(
            "time", "lo", "hi", source=self.forecast, fill_alpha=0.2, legend_label=_("80 % band")
        )
        self._past = plot.line("time", "value", source=self.history, line_width=2, legend_label=_("Observed"))
        self._next = plot.line(
            "time", "value", source=self.forecast, line_width=2, line_dash=[6, 4], legend_label=_("Forecast")
        )
        self.now = Span(dimension="height", line_width=1, line_dash="dotted")
        self.limit = Span(
            dimension="width", line_width=1.5, line_color=theme.SEVERITY["very_high"], visible=False
        )
        self.limit_label = Label(
            x=6,
            y=0,
            x_units="screen",
            text="",
            text_font_size="12px",
            text_color=theme.SEVERITY["very_high"],
            text_font=theme.FONT_FAMILY,
            text_baseline="bottom",
            y_offset=2,
            visible=False,
        )
        self.hour = Span(dimension="height", line_width=2, line_alpha=0.55, visible=False)
        for item in (self.now, self.limit, self.limit_label, self.hour):
            plot.add_layout(item)
        marks = plot.scatter("time", "value", source=self.history, size=7, alpha=0, hover_alpha=1)
        ahead = plot.scatter("time", "value", source=self.forecast, size=7, alpha=0, hover_alpha=1)
        self._marks = (marks, ahead)
        self.hovers = [
            HoverTool(renderers=[marks], mode="vline", tooltips=[], visible=False),
            HoverTool(renderers=[ahead], mode="vline", tooltips=[], visible=False),
        ]
        plot.add_tools(*self.hovers, CrosshairTool(dimensions="height", line_alpha=0.25, visible=False))
        # Midnight is told by its date, the other hours by the hour: one tick each six hours, none repeated.
        plot.xaxis.formatter = CustomJSTickFormatter(
            code="const t = new Date(tick); const two = (n) => String(n).padStart(2, '0');"
            "if (t.getUTCHours() === 0) return `${two(t.getUTCMonth() + 1)}-${two(t.getUTCDate())}`;"
            "return `${two(t.getUTCHours())}:00`;"
        )
        plot.xaxis.major_label_policy = NoOverlap(min_distance=8)
        plot.legend.orientation = "horizontal"
        plot.legend.location = "top_left"
        plot.legend.padding = 2
        plot.add_layout(plot.legend[0], "above")
        plot.xgrid.grid_line_color = None

    def paint(self, dark: bool) -> None:
        """Colours of the light or the dark mode."""
        g = theme.ground(dark)
        for renderer in (self._past, self._next):
            renderer.glyph.line_color = g.accent
        for renderer in self._marks:
            renderer.glyph.fill_color = renderer.glyph.line_color = g.accent
            renderer.hover_glyph.fill_color = renderer.hover_glyph.line_color = g.accent
        self._band.glyph.fill_color = g.accent
        self.now.line_color = g.muted
        self.hour.line_color = g.ink

    def show(self, series: Series) -> None:
        """Show ``series``; the scale follows the values, their band and the limit."""
        _ = self._
        frame = series.frame.sort_values("time").assign(time=lambda f: local(f["time"]))
        self._ticks(frame["time"])
        told = frame.assign(when=frame["time"].dt.strftime(theme.TIME_FORMAT))
        self.history.data = _columns(told[told["lead_h"] <= 0])
        self.forecast.data = _columns(told[told["lead_h"] >= 0])
        figures = "0" if not series.decimals else "0." + "0" * series.decimals
        value = (series.name, f"@value{{{figures}}} {series.unit}")
        when = (_("Time"), "@when")
        band = (_("80 % band"), f"@lo{{{figures}}} – @hi{{{figures}}} {series.unit}")
        self.hovers[0].tooltips = [when, value]
        self.hovers[1].tooltips = [when, value, band]
        current = told.loc[told["lead_h"] == 0, "time"]
        if len(current):
            self.now.location = _milliseconds(current.iloc[0])
        self.figure.yaxis.axis_label = f"{series.name} [{series.unit}]" if series.unit else series.name
        self._limit(series.limit)
        top = np.nanmax([*_finite(told[["value", "hi"]]), series.limit.value if series.limit else 0.0, 1e-9])
        self.figure.y_range.start, self.figure.y_range.end = 0, float(top) * 1.12

    def _ticks(self, times: pd.Series) -> None:
        """A tick each six hours, twelve where the series is long."""
        if times.empty:
            return
        step = pd.Timedelta(hours=6 if times.max() - times.min() <= pd.Timedelta(hours=78) else 12)
        days = pd.date_range(times.min().normalize(), times.max(), freq=step)
        self.figure.xaxis.ticker = [_milliseconds(t) for t in days if t >= times.min()]

    def _limit(self, limit: Line | None) -> None:
        self.limit.visible = self.limit_label.visible = limit is not None
        if limit is not None:
            self.limit.location = self.limit_label.y = limit.value
            self.limit_label.text = limit.label

    def mark(self, time: pd.Timestamp | None) -> None:
        """Mark the hour the map shows (UTC); None for none."""
        self.hour.visible = time is not None
        if time is not None:
            self.hour.location = _milliseconds(local(pd.Series([time])).iloc[0])


def local(times: pd.Series) -> pd.Series:
    """UTC times as wall-clock times of Guangzhou without a zone, which is what Bokeh draws."""
    return pd.to_datetime(times, utc=True).dt.tz_convert(theme.ZONE).dt.tz_localize(None)


def _milliseconds(time: pd.Timestamp) -> float:
    return time.timestamp() * 1000.0


def _finite(frame: pd.DataFrame) -> list[float]:
    values = frame.to_numpy(dtype=float).ravel()
    return [float(v) for v in values[np.isfinite(values)]]


def _empty() -> Any:
    return {c: [] for c in ("time", "value", "lo", "hi", "when")}


def _columns(frame: pd.DataFrame) -> Any:
    return {c: frame[c].to_numpy() for c in ("time", "value", "lo", "hi", "when")}
