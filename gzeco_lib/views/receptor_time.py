"""Views of receptor methods over time: panels of the time variation, trend with its band, calendar, as HoloViews
objects.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.views import theme
from gzeco_lib.views.jupyter import NARROW, WIDE, holoviews, pollutant_label, shades
from gzeco_lib.views.words import DEFAULT_LANGUAGE, words

DAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
MONTHS = (
    *(N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun")),
    *(N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec")),
)


def _band(hv: Any, table: pd.DataFrame, key: Any, value: Any, colour: str, label: str) -> Any:
    """A line of means in its band."""
    ordered = table.sort_values(key.name)
    area = hv.Area((ordered[key.name], ordered["lower"], ordered["upper"]), key, [value, "upper"]).opts(
        color=colour, fill_alpha=0.25, line_alpha=0
    )
    return area * hv.Curve(ordered, key, [value, "lower", "upper", "capture"], label=label).opts(
        color=colour, tools=["hover"]
    )


def variation(panels: dict[str, pd.DataFrame], unit: str = "ug m-3", lang: str = DEFAULT_LANGUAGE) -> Any:
    """Hours of the week above; hours, months and days of the week below, each with its interval.

    Args:
        panels: as ``time_variation`` gives them.
        unit: of the pollutants.
        lang: language of the labels.
    """
    hv = holoviews()
    _ = words(lang)
    names = list(dict.fromkeys(panels["hour"]["variable"]))
    value = hv.Dimension(
        "mean", label=pollutant_label(names[0], unit, lang) if len(names) == 1 else theme.unit(unit)
    )
    colours = dict(zip(names, theme.OTHER * (len(names) // len(theme.OTHER) + 1), strict=False))
    days, months = [(i, _(d)) for i, d in enumerate(DAYS, 1)], [(i, _(m)) for i, m in enumerate(MONTHS, 1)]
    week = panels["day_hour"].assign(place=lambda t: (t["day"] - 1) * 24 + t["hour"])
    keys = {
        "week": hv.Dimension("place", label=_("Hour of the week")),
        "hour": hv.Dimension("hour", label=_("Hour of the day")),
        "month": hv.Dimension("month", label=_("Month")),
        "day": hv.Dimension("day", label=_("Day of the week")),
    }
    ticks = {
        "week": [(12 + 24 * i, _(d)) for i, d in enumerate(DAYS)],
        "hour": [0, 6, 12, 18, 23],
        "month": months,
        "day": days,
    }
    tables = {"week": week, "hour": panels["hour"], "month": panels["month"], "day": panels["day"]}
    drawn = []
    for panel, table in tables.items():
        parts = [
            _band(
                hv,
                table[table["variable"] == name],
                keys[panel],
                value,
                colours[name],
                pollutant_label(name, "", lang),
            )
            for name in names
        ]
        wide = panel == "week"
        drawn.append(
            hv.Overlay(parts)
            .collate()
            .opts(
                hv.opts.Overlay(
                    frame_width=NARROW,
                    frame_height=180,
                    xticks=ticks[panel],
                    show_legend=wide and len(names) > 1,
                    title=str(keys[panel].label),
                )
            )
        )
    return hv.Layout(drawn).opts(shared_axes=False).cols(2)


def trend(
    made: Any, pollutant: str, unit: str = "ug m-3", lang: str = DEFAULT_LANGUAGE, title: str = ""
) -> Any:
    """The series, its Theil-Sen line, and the lines of the slope's interval.

    Args:
        made: ``Trend``.
        pollutant: its name.
        unit: of it.
        lang: language of the labels.
        title: what stands before the slope.
    """
    hv = holoviews()
    _ = words(lang)
    value = hv.Dimension("conc", label=pollutant_label(pollutant, unit, lang))
    time = hv.Dimension("time", label=_("Time"))
    table = made.data.reset_index()
    series = hv.Curve(table, time, value).opts(color=theme.LIGHT.muted, line_width=1) * hv.Scatter(
        table, time, [value, "capture"]
    )
    low, high = (
        table[["line_lower", "line_upper"]].min(axis=1),
        table[["line_lower", "line_upper"]].max(axis=1),
    )
    band = hv.Area((table["time"], low, high), time, [value, "high"]).opts(
        color=theme.ACCENT, fill_alpha=0.18, line_alpha=0
    )
    line = hv.Curve((table["time"], table["line"]), time, value).opts(color=theme.ACCENT, line_width=2)
    said = _("{slope:+.2f} [{lower:+.2f}, {upper:+.2f}] {unit} a year {stars}").format(
        slope=made.slope, lower=made.lower, upper=made.upper, unit=theme.unit(unit), stars=made.stars
    )
    return (band * series * line).opts(
        hv.opts.Scatter(color=theme.LIGHT.ink, size=4, tools=["hover"]),
        hv.opts.Overlay(
            frame_width=WIDE,
            frame_height=260,
            title=" · ".join(filter(None, (title, said.strip()))),
            show_legend=False,
        ),
    )


def calendar(
    table: pd.DataFrame, pollutant: str, year: int, unit: str = "ug m-3", lang: str = DEFAULT_LANGUAGE
) -> Any:
    """The days of a year, month by month, coloured by value; arrows show where the wind blew to.

    Args:
        table: as ``methods.receptor.calendar`` gives it.
        pollutant: its name.
        year: to be shown.
        unit: of the pollutant.
        lang: language of the labels.

    Raises:
        InputError: where the table holds no day of that year.
    """
    hv = holoviews()
    _ = words(lang)
    rows = table[table["year"] == year]
    if rows.empty:
        raise InputError(
            N_("the calendar holds no day of {year}"), "calendar", N_("it holds: {known}"),
            year=year, known=", ".join(str(y) for y in sorted(set(table["year"]))),
        )  # fmt: skip
    label = pollutant_label(pollutant, unit, lang)
    limits = (float(np.nanmin(rows["value"])), float(np.nanmax(rows["value"])))
    weekday = hv.Dimension("weekday", label=_("Day of the week"))
    week, value = hv.Dimension("week", label=_("Week")), hv.Dimension("value", label=label)
    capture = hv.Dimension("capture", label=_("Data capture"), unit="%")
    sheets = []
    for number, name in enumerate(MONTHS, 1):
        part = rows[rows["month"] == number].assign(
            date=lambda t: pd.DatetimeIndex(t.index).strftime("%Y-%m-%d")
        )
        boxes = hv.HeatMap(part, [weekday, week], [value, capture]).opts(
            cmap=shades(), clim=limits, clipping_colors={"NaN": "transparent"}, tools=["hover"],
            colorbar=number == 12, clabel=theme.unit(unit),
        )  # fmt: skip
        days = hv.Labels(part, [weekday, week], "day").opts(
            text_font_size="7pt", text_color=theme.LIGHT.muted, xoffset=-0.3, yoffset=-0.3
        )
        layers = [boxes, days]
        if {"ws", "wd"} <= set(part.columns):
            layers.append(_arrows(hv, part))
        sheets.append(
            hv.Overlay(layers).opts(
                hv.opts.Overlay(
                    frame_width=190,
                    frame_height=150,
                    title=_(name),
                    invert_yaxis=True,
                    yaxis=None,
                    xticks=[(i, _(d)) for i, d in enumerate(DAYS, 1)],
                    xlabel="",
                    xlim=(0.5, 7.5),
                    ylim=(-0.5, 5.5),
                )
            )
        )
    return hv.Layout(sheets).opts(title=f"{year} · {label}").cols(3)


def _arrows(hv: Any, days: pd.DataFrame) -> Any:
    """Segments from the middle of a day's box to where the wind blew, longer in stronger wind."""
    blown = np.deg2rad(days["wd"] + 180)
    size = 0.45 * np.clip(days["ws"] / max(float(days["ws"].max()), 1e-9), 0.2, 1)
    x, y = days["weekday"] - size * np.sin(blown) / 2, days["week"] + size * np.cos(blown) / 2
    ends = (days["weekday"] + size * np.sin(blown) / 2, days["week"] - size * np.cos(blown) / 2)
    lines = hv.Segments((x, y, *ends)).opts(color=theme.LIGHT.ink, line_width=1)
    return lines * hv.Points(ends).opts(color=theme.LIGHT.ink, size=3)
