"""Plume maps for paper: where an alarm's source adds how much, hour by hour, with candidates and places reached."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_
from gzeco_lib.geo import to_plane
from gzeco_lib.views.figures import SIZE, SMALL, drawing
from gzeco_lib.views.figures_map import one_map
from gzeco_lib.views.theme import ACCENT, LIGHT, SEQUENTIAL, SEVERITY
from gzeco_lib.views.words import Translate

STEPS = (1, 3, 6, 15, 30, 60, 150, 300, 600, 1500, 3000)  # [unit] ends of the scale
SHARE = 1 / 60  # of the end of the scale below which a cell stays empty
ROOM, LEAST_EDGE = 4000.0, 26_000.0  # [m] round the plume; edge of the smallest map


def bounds(
    added: xr.DataArray, points: Sequence[tuple[float, float]]
) -> tuple[float, float, float, float] | None:
    """West, south, east, north [m] of a square round the plume and ``points``; None where it comes nowhere."""
    most = np.nan_to_num(added.max("lead_h").to_numpy())
    rows, columns = np.nonzero(most > max(0.05 * most.max(), 0.05))
    if not len(rows):
        return None
    x = np.concatenate([added["x"].to_numpy()[columns], [p[0] for p in points]])
    y = np.concatenate([added["y"].to_numpy()[rows], [p[1] for p in points]])
    edge = max(np.ptp(x), np.ptp(y), LEAST_EDGE - 2 * ROOM) / 2 + ROOM
    cx, cy = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
    return float(cx - edge), float(cy - edge), float(cx + edge), float(cy + edge)


def _classes(added: xr.DataArray) -> list[float]:
    """Class limits from next to nothing to a round number near the highest values."""
    values = added.to_numpy()
    values = values[np.isfinite(values) & (values > 0.01)]
    top = float(np.quantile(values, 0.99)) if values.size else 1.0
    end = float(next((s for s in STEPS if s >= top), STEPS[-1]))
    return [end * share for share in (SHARE, 0.05, 0.1, 0.2, 0.35, 0.6, 1.0)]


def plume_maps(
    plume: xr.Dataset,
    leads: Sequence[int],
    titles: Sequence[str],
    station: tuple[float, float],
    candidates: pd.DataFrame,
    places: pd.DataFrame,
    quantity: str,
    translate: Translate,
    lang: str,
) -> str:
    """Expected addition at ``leads``, one map each, with one common scale; "" where the plume comes nowhere.

    Args:
        plume: one trace's field (lead_h, y, x) with ``added``.
        leads: hours to draw.
        titles: one title a map.
        station: longitude and latitude of the station of the alarm.
        candidates: ``lon``, ``lat`` and ``probability`` of the candidates worth drawing; their rank is their number.
        places: ``lon`` and ``lat`` of schools, hospitals and homes reached.
        quantity: what is added, with its unit.
        translate: the translating function.
        lang: language of the names of the districts.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import BoundaryNorm, ListedColormap

    added = plume["added"]
    points = [_plane(station), *_points(candidates.head(3))]
    box = bounds(added, [p for p in points if np.isfinite(p[0])])
    if box is None:
        return ""
    limits = _classes(added)
    colours = [
        SEQUENTIAL[round(1 + i * (len(SEQUENTIAL) - 2) / (len(limits) - 1))] for i in range(len(limits))
    ]
    scale = ListedColormap(colours[:-1])
    scale.set_over(colours[-1])
    scale.set_under("none")
    norm = BoundaryNorm(limits, len(limits) - 1)
    height = 76.0
    with drawing("plume", height) as sheet:
        grid = sheet.figure.add_gridspec(
            1, len(leads), left=0.005, right=0.995, top=0.93, bottom=17 / height, wspace=0.03
        )
        for i, (lead, title) in enumerate(zip(leads, titles, strict=True)):
            axes = sheet.figure.add_subplot(grid[0, i])
            one_map(axes, added.sel(lead_h=lead), scale, norm, None, lang, box)
            axes.set_title(title, fontsize=SIZE, y=1.0, pad=3)
            _marks(axes, points[0], candidates, places)
        bar = sheet.figure.add_axes((0.04, 8.2 / height, 0.42, 2.2 / height))
        made = sheet.figure.colorbar(
            ScalarMappable(norm, scale), cax=bar, orientation="horizontal", extend="max"
        )
        made.outline.set_linewidth(0.4)
        made.set_ticks(limits, labels=[f"{v:.2g}" for v in limits])
        made.ax.tick_params(labelsize=SMALL, length=0, pad=2)
        made.set_label(quantity, fontsize=SMALL, labelpad=2)
        _legend(sheet.figure, translate, len(places) > 0, height)
    return sheet.svg


def _points(rows: pd.DataFrame) -> list[tuple[float, float]]:
    """Places of ``rows`` in the plane [m]."""
    x, y = to_plane(rows["lon"].to_numpy(dtype=float), rows["lat"].to_numpy(dtype=float))
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _plane(at: tuple[float, float]) -> tuple[float, float]:
    x, y = to_plane(np.array([at[0]], dtype=float), np.array([at[1]], dtype=float))
    return float(x[0]), float(y[0])


STATION: dict[str, Any] = {
    "marker": "o", "s": 26, "facecolor": SEVERITY["high"], "edgecolor": LIGHT.ink, "linewidth": 0.7, "zorder": 7,
}  # fmt: skip
PLACE: dict[str, Any] = {
    "marker": "s", "s": 5, "facecolor": "#FFFFFF", "edgecolor": LIGHT.muted, "linewidth": 0.5, "zorder": 4,
}  # fmt: skip
SOURCE: dict[str, Any] = {
    "marker": "^", "s": 30, "facecolor": ACCENT, "edgecolor": "#FFFFFF", "linewidth": 0.6, "zorder": 8,
}  # fmt: skip


def _marks(axes: Any, station: tuple[float, float], candidates: pd.DataFrame, places: pd.DataFrame) -> None:
    from matplotlib.patheffects import withStroke

    if len(places):
        axes.scatter(*to_plane(places["lon"].to_numpy(float), places["lat"].to_numpy(float)), **PLACE)
    if np.isfinite(station[0]):
        axes.scatter(*station, **STATION)
    edge = [withStroke(linewidth=1.8, foreground="#FFFFFF")]
    for rank, (x, y) in enumerate(_points(candidates), start=1):
        axes.scatter(x, y, **SOURCE)
        axes.annotate(
            str(rank), (x, y), (4, 1), textcoords="offset points", fontsize=SMALL, color=ACCENT,
            path_effects=edge, zorder=9, annotation_clip=True,
        )  # fmt: skip


def _legend(figure: Any, translate: Translate, placed: bool, height: float) -> None:
    from matplotlib.lines import Line2D

    kinds = [("Station of the alarm", STATION, 5.0), ("Candidate source", SOURCE, 5.5)]
    said = {
        "Station of the alarm": translate(N_("Station of the alarm")),
        "Candidate source": translate(N_("Candidate source")),
        "places": translate(N_("School, hospital or home for the elderly reached")),
    }
    if placed:
        kinds.append(("places", PLACE, 3.0))
    handles = [
        Line2D(
            [], [], linestyle="none", marker=look["marker"], markersize=size, markerfacecolor=look["facecolor"],
            markeredgecolor=look["edgecolor"], markeredgewidth=look["linewidth"], label=said[key],
        )
        for key, look, size in kinds
    ]  # fmt: skip
    figure.legend(
        handles=handles, loc="lower right", bbox_to_anchor=(0.995, 1.5 / height), ncols=1, labelspacing=0.35,
        handletextpad=0.4,
    )  # fmt: skip
