"""Figures for paper of the burden of disease: causes, districts and targets as points with their 95 % intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_
from gzeco_lib.views.figures import FULL_WIDTH, SIZE, SMALL, drawing
from gzeco_lib.views.theme import ACCENT, LIGHT
from gzeco_lib.views.words import Translate

CITY = "440100"
ALL_AGES = -1
ROW = 6.2  # height of a row [mm]
NAME_WIDTH = 40.0  # room for the names [mm]


def measure(rows: pd.DataFrame) -> str:
    """``deaths``, or ``share`` where no death rates were known."""
    return "deaths" if rows["deaths"].notna().any() else "share"


def chosen(burden: pd.DataFrame, pollutant: str = "PM2.5", model: str = "GEMM") -> pd.DataFrame:
    """All ages' rows of one pollutant and function, of the outcome's table ``burden``."""
    return burden[
        (burden["pollutant"] == pollutant) & (burden["model"] == model) & (burden["age"] == ALL_AGES)
    ]


def causes(rows: pd.DataFrame, names: Mapping[str, str], translate: Translate) -> str:
    """The city's causes, the largest first.

    Args:
        rows: as of :func:`chosen`.
        names: cause to what it is called.
        translate: the translating function.
    """
    what = measure(rows)
    city = rows[rows["district"] == CITY].sort_values(what, ascending=False)
    return intervals("burden_causes", city, [names.get(c, c) for c in city["cause"]], what, translate)


def districts(rows: pd.DataFrame, cause: str, names: Mapping[str, str], translate: Translate) -> str:
    """Districts by one cause, the largest first; deaths per 100,000 persons would hide where most people die.

    Args:
        rows: as of :func:`chosen`.
        cause: e.g. ``NCD+LRI``.
        names: adcode to what the district is called.
        translate: the translating function.
    """
    what = measure(rows)
    own = rows[(rows["district"] != CITY) & (rows["cause"] == cause)].sort_values(what, ascending=False)
    return intervals("burden_districts", own, [names.get(d, d) for d in own["district"]], what, translate)


def targets(
    avoided: pd.DataFrame, translate: Translate, pollutant: str = "PM2.5", model: str = "GEMM"
) -> str:
    """Deaths a year the city would be spared at each target; "" where death rates are not known."""
    rows = avoided[
        (avoided["district"] == CITY) & (avoided["pollutant"] == pollutant) & (avoided["model"] == model)
    ].dropna(subset=["deaths"])
    if rows.empty:
        return ""
    rows = rows.sort_values("target_value", ascending=False)
    names = [
        f"{translate(t)} ({v:g} µg/m³)" for t, v in zip(rows["target"], rows["target_value"], strict=True)
    ]
    return intervals("burden_targets", rows, names, "deaths", translate, N_("Avoided deaths a year"), 62.0)


def intervals(
    name: str,
    rows: pd.DataFrame,
    names: Sequence[str],
    what: str,
    translate: Translate,
    title: str = "",
    room: float = NAME_WIDTH,
) -> str:
    """Bars of ``rows[what]`` with whiskers from ``what_lo`` to ``what_hi``, one row a name, as SVG.

    Args:
        name: of the figure, for the ids within.
        rows: one row a bar, in order from top to bottom.
        names: what each row is called.
        what: ``deaths`` or ``share``.
        translate: the translating function.
        title: message id of the axis; that of ``what`` where "".
        room: width kept for the names [mm].
    """
    factor = 100.0 if what == "share" else 1.0
    value, lo, hi = (factor * rows[f"{what}{end}"].to_numpy(dtype=float) for end in ("", "_lo", "_hi"))
    label = title or (N_("Share of the deaths [%]") if what == "share" else N_("Attributable deaths a year"))
    height = 13 + ROW * max(len(rows), 1)
    with drawing(name, height) as sheet:
        axes = sheet.figure.subplots(
            gridspec_kw={
                "left": room / FULL_WIDTH,
                "right": 0.97,
                "top": 1 - 2 / height,
                "bottom": 11 / height,
            }
        )
        y = np.arange(len(rows))
        axes.barh(y, value, height=0.6, color=ACCENT, alpha=0.75)
        axes.hlines(y, lo, hi, color=LIGHT.ink, linewidth=1.2)
        top = float(np.nanmax(hi, initial=1e-9)) * 1.22
        for k, number in enumerate(value):
            told = f"{number:,.0f}" if what == "deaths" else f"{number:.1f}"
            axes.text(float(np.nanmax([hi[k], number])) + top * 0.012, k, told, va="center", fontsize=SMALL)
        axes.set_yticks(y, list(names), fontsize=SIZE)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, top)
        axes.tick_params(axis="y", length=0)
        axes.tick_params(axis="x", labelsize=SMALL)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.set_xlabel(
            translate(N_("{label}, with 95 % interval")).format(label=translate(label)), fontsize=SMALL
        )
    return sheet.svg
