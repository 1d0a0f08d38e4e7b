"""Views of the friendliness index: ranking with its band, parts that make it, and what other weights would change.

Figures for Jupyter are HoloViews on Bokeh; `figure` is the one for paper. Names of places and parts come with the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_
from gzeco_lib.views import theme
from gzeco_lib.views.figures import SMALL, drawing
from gzeco_lib.views.jupyter import WIDE, holoviews, shades
from gzeco_lib.views.words import DEFAULT_LANGUAGE, Translate, words

# Parts keep their colour everywhere; the last resort for a part of another name is the colour of missing values.
COLOURS = dict(zip(("air", "heat", "noise", "water", "green", "access"), theme.OTHER, strict=False))
INDEX = N_("Friendliness index (0–100)")


def _named(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Rows with a known index and their name, the friendliest first."""
    rows = table.dropna(subset="index").sort_values("index", ascending=False, kind="stable")
    return rows.assign(name=rows["name_zh"] if lang == "zh" else rows["name_en"])


def ranking(table: pd.DataFrame, title: str, lang: str = DEFAULT_LANGUAGE) -> Any:
    """The index of places, the friendliest on top, with its 80 % band.

    Args:
        table: rows of ``friendliness`` of one scope and group.
        title: of the figure, in ``lang``.
    """
    hv, _ = holoviews(), words(lang)
    rows = _named(table, lang).iloc[::-1]
    place, value = hv.Dimension("name", label=_("Place")), hv.Dimension("index", label=_(INDEX))
    bars = hv.Segments(
        (rows["lo"].to_numpy(), rows["name"].to_numpy(), rows["hi"].to_numpy(), rows["name"].to_numpy()),
        [hv.Dimension("lo", label=_(INDEX)), place, "hi", "name1"],
    ).opts(color=theme.MISSING, line_width=6)
    points = hv.Scatter((rows["index"].to_numpy(), rows["name"].to_numpy()), value, place)
    points = points.opts(color=theme.ACCENT, size=9, tools=["hover"])
    return (bars * points).opts(
        width=WIDE, height=90 + 24 * len(rows), title=title, xlim=(0, 100), show_grid=True, ylabel=""
    )


def contributions(
    parts: pd.DataFrame,
    names: Mapping[str, str],
    labels: Mapping[str, str],
    title: str,
    lang: str = DEFAULT_LANGUAGE,
) -> Any:
    """What each part brings to the index (score times weight), stacked by place.

    Args:
        parts: rows of ``friendliness_parts`` of one scope and group.
        names: of the keys, in the order they are shown.
        labels: of the parts, in ``lang``.
        title: of the figure, in ``lang``.
    """
    hv, _ = holoviews(), words(lang)
    rows = parts.dropna(subset="score")
    rows = rows[rows["key"].isin(list(names))]
    order = {key: k for k, key in enumerate(names)}
    rows = rows.assign(points=rows["score"] * rows["weight"], at=rows["key"].map(order)).sort_values("at")
    frame = pd.DataFrame(
        {
            "name": rows["key"].map(names), "part": rows["part"].map(labels), "points": rows["points"],
        }
    )  # fmt: skip
    used = [part for part in labels if labels[part] in set(frame["part"])]
    bars = hv.Bars(frame, [hv.Dimension("name", label=_("Place")), hv.Dimension("part", label=_("Part"))],
                   hv.Dimension("points", label=_("Points of the index")))  # fmt: skip
    return bars.opts(
        stacked=True, width=WIDE, height=340, title=title, xrotation=45, xlabel="", legend_position="right",
        cmap={labels[part]: COLOURS.get(part, theme.MISSING) for part in used}, ylim=(0, 100), tools=["hover"],
    )  # fmt: skip


def rank_shares(
    shares: pd.DataFrame, names: Mapping[str, str], title: str, lang: str = DEFAULT_LANGUAGE
) -> Any:
    """How often each place comes at each rank under drawn weights.

    Args:
        shares: a row a key, a column a rank.
        names: of the keys.
        title: of the figure, in ``lang``.
    """
    hv, _ = holoviews(), words(lang)
    rows = [
        (str(rank), names[str(key)], float(share) * 100)
        for key, row in shares.iloc[::-1].iterrows()
        for rank, share in row.items()
    ]
    kdims = [hv.Dimension("rank", label=_("Place in the ranking")), hv.Dimension("name", label=_("Place"))]
    heat = hv.HeatMap(
        rows, kdims, hv.Dimension("share", label=_("Share of draws [%]"), value_format=lambda v: f"{v:.0f}")
    )
    return heat.opts(
        width=WIDE, height=90 + 24 * len(shares), title=title, cmap=shades(), colorbar=True, clim=(0, 100),
        ylabel="", tools=["hover"],
    )  # fmt: skip


def changes(changed: pd.DataFrame, names: Mapping[str, str], labels: Mapping[str, str], title: str,
            lang: str = DEFAULT_LANGUAGE) -> Any:  # fmt: skip
    """What the index of each place gains or loses where one part weighs more.

    Args:
        changed: a row a key, a column a part [points].
        names, labels: of the keys and of the parts.
        title: of the figure, in ``lang``.
    """
    hv, _ = holoviews(), words(lang)
    rows = [
        (labels[str(part)], names[str(key)], float(value))
        for key, row in changed.iloc[::-1].iterrows()
        for part, value in row.items()
        if np.isfinite(float(value))
    ]
    largest = 1.5 * max(
        (abs(value) for _p, _n, value in rows), default=1.0
    )  # numbers stay legible on the colours
    kdims = [hv.Dimension("part", label=_("Part")), hv.Dimension("name", label=_("Place"))]
    heat = hv.HeatMap(rows, kdims, hv.Dimension("change", label=_("Change of the index")))
    text = hv.Labels(heat).opts(text_font_size="8pt", text_color="#17222B")
    return (heat * text.redim(change=hv.Dimension("change", value_format=lambda v: f"{v:+.1f}"))).opts(
        hv.opts.HeatMap(cmap="RdBu", clim=(-largest, largest), colorbar=True, tools=["hover"], xlabel="", ylabel=""),
        hv.opts.Overlay(width=WIDE, height=90 + 24 * len(changed), title=title),
    )  # fmt: skip


def figure(
    table: pd.DataFrame, parts: pd.DataFrame, labels: Mapping[str, str], translate: Translate, lang: str
) -> str:
    """SVG for paper: the index by place as the sum of its parts, with the 80 % band of the sum.

    Args:
        table, parts: rows of ``friendliness`` and ``friendliness_parts`` of one scope and group.
        labels: message ids of the parts.
        translate: the translating function.
        lang: language of the names.
    """
    rows = _named(table, lang)
    points = parts.assign(points=parts["score"] * parts["weight"]).pivot(
        index="key", columns="part", values="points"
    )
    with drawing("friendliness", 16 + 6.2 * len(rows)) as sheet:
        axes = sheet.figure.subplots(gridspec_kw={"left": 0.13, "right": 0.985, "top": 0.86, "bottom": 0.12})
        at, left = np.arange(len(rows)), np.zeros(len(rows))
        for part, label in labels.items():
            width = (
                points.reindex(rows["key"])[part].fillna(0.0).to_numpy(dtype=float)
                if part in points
                else left * 0
            )
            if width.any():
                axes.barh(
                    at,
                    width,
                    left=left,
                    height=0.62,
                    color=COLOURS.get(part, theme.MISSING),
                    label=translate(label),
                )
            left = left + width
        value = rows["index"].to_numpy(dtype=float)
        span = np.stack([value - rows["lo"].to_numpy(dtype=float), rows["hi"].to_numpy(dtype=float) - value])
        axes.errorbar(
            value,
            at,
            xerr=np.maximum(span, 0.0),
            fmt="none",
            ecolor=theme.LIGHT.ink,
            elinewidth=0.9,
            capsize=2,
        )
        axes.set_yticks(at, rows["name"].to_list())
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        axes.set_xlabel(translate(INDEX), fontsize=SMALL, labelpad=1)
        axes.grid(axis="x")
        sheet.figure.legend(
            loc="upper right", ncols=6, bbox_to_anchor=(0.99, 1.0), handlelength=1.2, columnspacing=1.2
        )
    return sheet.svg
