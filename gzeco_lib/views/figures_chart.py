"""Charts for paper: the outlook with its band, and forecast skill by lead time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_
from gzeco_lib.views.figures import FULL_WIDTH, SIZE, SMALL, drawing, hours_axis, local, subscripted
from gzeco_lib.views.theme import ACCENT, LIGHT, OTHER, aqi_colours
from gzeco_lib.views.words import Translate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AQI_LIMITS = (0, 50, 100, 150, 200, 300, 500)
NOW_STYLE: dict[str, Any] = {"color": LIGHT.ink, "linewidth": 0.8, "linestyle": (0, (4, 2))}


def outlook(city: pd.DataFrame, translate: Translate, width: float = FULL_WIDTH, height: float = 96.0) -> str:
    """The city's AQI and excess risk [%]: what was observed, then the forecast with its 80% band.

    Args:
        city: table ``city_hourly`` of the outcome.
        translate: the translating function.
        width, height: [mm].
    """
    city = city.sort_values("lead_h")
    with drawing("outlook", height, width) as sheet:
        upper, lower = sheet.figure.subplots(
            2,
            1,
            sharex=True,
            gridspec_kw={
                "left": 12.3 / width,
                "right": 0.985,
                "top": 1 - 7 / height,
                "bottom": 13 / height,
                "hspace": 0.3 if height > 90 else 0.45,
            },
        )
        _band(upper, city, "aqi", translate)
        upper.set_title("AQI")
        _grade_strip(upper, city)
        _band(lower, city, "excess_risk", translate)
        lower.set_title(translate(N_("Excess risk [%]")))
        lower.set_ylim(bottom=0)
        hours_axis(lower, 6 if width > 120 else 12)
        upper.tick_params(axis="x", which="both", labelbottom=False)
        lower.set_xlabel(translate(N_("Local time [h]")), fontsize=SMALL, labelpad=1)
        handles, labels = upper.get_legend_handles_labels()
        sheet.figure.legend(
            handles,
            labels,
            loc="upper right",
            ncols=3,
            bbox_to_anchor=(0.99, 1.005),
            handlelength=1.6,
            columnspacing=1.4,
        )
    return sheet.svg


def _band(axes: Axes, city: pd.DataFrame, name: str, translate: Translate) -> None:
    """Observed line, forecast line and its band, with the line between past and future."""
    times, lead = local(city["time"]), city["lead_h"].to_numpy()
    past, future = lead <= 0, lead >= 0
    values = city[name].to_numpy(dtype=float)
    axes.fill_between(
        times[future],
        city[f"{name}_lo"].to_numpy(dtype=float)[future],
        city[f"{name}_hi"].to_numpy(dtype=float)[future],
        color=ACCENT,
        alpha=0.18,
        linewidth=0,
        label=translate(N_("80% band")),
    )
    axes.plot(times[past], values[past], color=LIGHT.ink, label=translate(N_("Observed")))
    axes.plot(times[future], values[future], color=ACCENT, label=translate(N_("Forecast")))
    now = times[lead == 0]
    if len(now):
        axes.axvline(now[0], **NOW_STYLE)
        axes.plot(now, values[lead == 0], "o", color=LIGHT.ink, markersize=3.5)
    axes.grid(axis="y")
    axes.margins(x=0.005)


def _grade_strip(axes: Axes, city: pd.DataFrame) -> None:
    """The norm's colours as a strip along the axis, so that a value reads as a grade."""
    highest = float(np.nanmax(city[["aqi", "aqi_hi"]].to_numpy(dtype=float), initial=60.0))
    top = highest * 1.08
    axes.set_ylim(0, top)
    inside = [limit for limit in AQI_LIMITS if limit <= top]
    axes.set_yticks(inside if len(inside) > 3 else np.arange(0, top, 25))
    for low, high, colour in zip(AQI_LIMITS[:-1], AQI_LIMITS[1:], aqi_colours(), strict=True):
        if low < top:
            axes.axhspan(
                low, min(high, top), xmin=0, xmax=0.007, facecolor=colour, edgecolor="none", zorder=3
            )


def skill(table: pd.DataFrame, names: dict[str, tuple[str, str]], translate: Translate) -> str:
    """Mean absolute error by lead time [h] of the forecast chosen and of persistence, a small chart a pollutant.

    Args:
        table: table ``skill`` of the outcome.
        names: what each variable is called and its unit.
        translate: the translating function.
    """
    variables = [v for v in names if v in set(table["variable"])]
    columns = 3
    rows = -(-len(variables) // columns)
    with drawing("skill", 12 + 41 * rows) as sheet:
        panels = sheet.figure.subplots(
            rows,
            columns,
            squeeze=False,
            sharex=True,
            gridspec_kw={
                "left": 0.055,
                "right": 0.99,
                "top": 1 - 13 / (12 + 41 * rows),
                "bottom": 10 / (12 + 41 * rows),
                "hspace": 0.32,
                "wspace": 0.22,
            },
        )
        for i, axes in enumerate(panels.flat):
            if i >= len(variables):
                axes.set_axis_off()
                continue
            one = table[table["variable"] == variables[i]].sort_values("lead_h")
            axes.plot(
                one["lead_h"],
                one["mae_persistence"],
                color=OTHER[5],
                linestyle=(0, (4, 2)),
                label=translate(N_("Persistence")),
            )
            axes.plot(one["lead_h"], one["mae"], color=ACCENT, label=translate(N_("Chosen forecast")))
            name, unit = names[variables[i]]
            axes.set_title(f"{subscripted(name)} [{unit}]", fontsize=SIZE, parse_math=True)
            axes.set_ylim(bottom=0)
            axes.set_xlim(0, 24.5)
            axes.set_xticks([1, 6, 12, 18, 24])
            axes.grid(axis="y")
            axes.tick_params(labelsize=SMALL, labelbottom=i + columns >= len(variables))
            if i + columns >= len(variables):
                axes.set_xlabel(translate(N_("Lead time [h]")), fontsize=SMALL, labelpad=1)
        handles, labels = panels.flat[0].get_legend_handles_labels()
        sheet.figure.legend(handles, labels, loc="upper right", ncols=2, bbox_to_anchor=(0.995, 1.005))
    return sheet.svg
