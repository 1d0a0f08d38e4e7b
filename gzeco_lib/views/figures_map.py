"""Maps for paper: districts as vector base, risk by 1 km cell, stations, scale bar and north."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_
from gzeco_lib.geo import outlines, to_plane
from gzeco_lib.views.figures import FULL_WIDTH, SIZE, SMALL, drawing
from gzeco_lib.views.theme import LIGHT, SEQUENTIAL
from gzeco_lib.views.words import Translate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KM = 1000.0
FRAME = 4 * KM  # space round the city
LEAST_NAMED = 0.03  # share of a map of a part of the city that a district must fill to be named
LABELLED_ELSEWHERE = {"440104", "440103", "440105"}  # small central districts: named beside the map by a line


@cache
def _plane_outlines() -> Any:
    """The districts in EPSG:4547, simplified to what can be seen on paper."""
    return outlines(250.0).to_crs(4547)


def classes(lowest: float, highest: float) -> list[float]:
    """Round class limits that span ``lowest``..``highest`` in at most as many classes as there are colours."""
    span = max(highest - lowest, 1e-3)
    power = 10.0 ** np.floor(np.log10(span / len(SEQUENTIAL)))
    for width in (power * m for m in (1, 2, 2.5, 5, 10, 20)):
        first = np.floor(lowest / width + 1e-9)
        count = max(2, int(np.ceil(highest / width - 1e-9) - first))
        if count <= len(SEQUENTIAL):
            break
    return [float((first + i) * width) for i in range(count + 1)]


def risk_maps(
    risk: xr.Dataset,
    leads: Sequence[int],
    titles: Sequence[str],
    sites: pd.DataFrame,
    translate: Translate,
    lang: str,
    variable: str = "excess_risk",
    width: float = FULL_WIDTH,
    height: float = 98.0,
) -> str:
    """Maps of ``variable`` [%] side by side, one for each of ``leads`` [h], with one common scale.

    Args:
        risk: field ``risk`` of the outcome (lead_h, y, x) in EPSG:4547.
        leads: lead hours to draw.
        titles: one title a map.
        sites: stations with ``lon`` and ``lat``.
        translate: the translating function.
        lang: language of the names of the districts.
        variable: what to draw.
        width, height: of the whole drawing [mm].

    Returns:
        The SVG.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import BoundaryNorm, ListedColormap

    shown = risk[variable].sel(lead_h=list(leads))
    known = shown.to_numpy()[np.isfinite(shown.to_numpy())]
    bounds = classes(float(known.min()), float(known.max())) if known.size else [0.0, 1.0, 2.0]
    count = len(bounds) - 1
    colours = [SEQUENTIAL[round(i * (len(SEQUENTIAL) - 1) / (count - 1))] for i in range(count)]
    scale, norm = ListedColormap(colours), BoundaryNorm(bounds, count)
    with drawing("riskmap", height, width) as sheet:
        grid = sheet.figure.add_gridspec(
            2,
            len(leads),
            height_ratios=[1, 0.035],
            left=0.005,
            right=0.995,
            top=0.94,
            bottom=9.8 / height,
            hspace=0.06,
            wspace=0.02,
        )
        for i, (lead, title) in enumerate(zip(leads, titles, strict=True)):
            axes = sheet.figure.add_subplot(grid[0, i])
            one_map(axes, shown.sel(lead_h=lead), scale, norm, sites, lang)
            axes.set_title(title, fontsize=SIZE + 1, y=1.0, pad=4)
            if i == 0:
                _furniture(axes, translate)
        bar = sheet.figure.add_axes((0.25, 7.4 / height, 0.5, 2.2 / height))
        colour_bar = sheet.figure.colorbar(ScalarMappable(norm, scale), cax=bar, orientation="horizontal")
        colour_bar.outline.set_linewidth(0.4)
        colour_bar.set_ticks(list(bounds), labels=[f"{bound:.{_decimals(bounds)}f}" for bound in bounds])
        colour_bar.ax.tick_params(labelsize=SMALL, length=0, pad=2)
        colour_bar.set_label(translate(N_("Excess risk [%]")), fontsize=SMALL + 0.5, labelpad=2)
    return sheet.svg


def _decimals(bounds: Sequence[float]) -> int:
    """Decimals that write every limit in full."""
    return max(len(f"{bound:.4f}".rstrip("0").partition(".")[2]) for bound in bounds)


def one_map(
    axes: Axes,
    cells: xr.DataArray,
    scale: Any,
    norm: Any,
    sites: pd.DataFrame | None,
    lang: str,
    box: tuple[float, float, float, float] | None = None,
    named: bool = True,
) -> None:
    """One map: cells cut at the border of the city, borders, stations, names.

    Args:
        cells: values (y, x) in EPSG:4547 [m].
        scale, norm: colours of matplotlib and what they stand for.
        sites: points with ``lon`` and ``lat`` drawn as stations; None for none.
        lang: language of the names of the districts.
        box: west, south, east, north [m] of what is shown; the whole city where None.
        named: whether districts are named.
    """
    from matplotlib.patches import PathPatch

    base = _plane_outlines()
    west, south, east, north = base.total_bounds
    west, south, east, north = box or (west - FRAME, south - FRAME, east + FRAME, north + FRAME)
    axes.set(xlim=(west, east), ylim=(south, north), aspect="equal")
    axes.axis("off")
    x, y = cells["x"].to_numpy(), cells["y"].to_numpy()
    half = abs(x[1] - x[0]) / 2 if len(x) > 1 else KM / 2
    values = cells.transpose("y", "x").to_numpy()
    values = values if y[0] < y[-1] else values[::-1]
    extent = (x.min() - half, x.max() + half, y.min() - half, y.max() + half)
    city = PathPatch(_path(base.geometry.union_all()), facecolor=LIGHT.grid, edgecolor="none", zorder=0.5)
    axes.add_patch(city)
    image = axes.imshow(
        values, cmap=scale, norm=norm, extent=extent, origin="lower", interpolation="nearest", zorder=1
    )
    image.set_clip_path(city)
    for shape in base.geometry:
        axes.add_patch(
            PathPatch(_path(shape), facecolor="none", edgecolor="#FFFFFF", linewidth=1.2, zorder=2)
        )
    for shape in base.geometry:
        axes.add_patch(
            PathPatch(_path(shape), facecolor="none", edgecolor=LIGHT.muted, linewidth=0.5, zorder=2)
        )
    if named:
        _names(axes, base, lang, box)
    known = pd.DataFrame() if sites is None else sites.dropna(subset=["lon", "lat"])
    if len(known):
        sx, sy = to_plane(known["lon"].to_numpy(), known["lat"].to_numpy())
        axes.scatter(sx, sy, s=9, facecolor="#FFFFFF", edgecolor=LIGHT.ink, linewidth=0.7, zorder=5)


def _path(shape: Any) -> Any:
    """A shapely polygon or multipolygon as a matplotlib path."""
    from matplotlib.path import Path

    polygons = [shape] if shape.geom_type == "Polygon" else list(shape.geoms)
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    return Path.make_compound_path(*(Path(np.asarray(ring.coords)[:, :2], closed=True) for ring in rings))


def _names(axes: Axes, base: Any, lang: str, box: tuple[float, float, float, float] | None) -> None:
    """Names of the districts, white-edged so that they read on any colour; small ones stand aside on a line, and where
    the map shows a part of the city each stands in the part of its district that is seen."""
    from matplotlib.patheffects import withStroke

    edge = [withStroke(linewidth=1.8, foreground="#FFFFFF")]
    west, _, _, _ = base.total_bounds
    column = "name_zh" if lang == "zh" else "name_en"
    aside = base[base["adcode"].isin(LABELLED_ELSEWHERE)].copy()
    for code, name, whole in zip(base["adcode"], base[column], base.geometry, strict=True):
        shape = whole if box is None else whole.intersection(_box(box))
        if shape.is_empty or (box is not None and shape.area < LEAST_NAMED * _box(box).area):
            continue
        if box is not None or code not in LABELLED_ELSEWHERE:
            point = shape.representative_point()
            axes.text(
                point.x,
                point.y,
                name,
                fontsize=SMALL - 0.5,
                ha="center",
                va="center",
                path_effects=edge,
                zorder=6,
            )
    if box is not None:
        return
    aside["y"] = aside.geometry.centroid.y
    for i, row in enumerate(aside.sort_values("y", ascending=False).itertuples()):
        centre = row.geometry.centroid
        y = 2_561_500 - i * 6_500
        axes.annotate(
            getattr(row, column),
            (centre.x, centre.y),
            (west + 1_000, y),
            fontsize=SMALL - 0.5,
            va="center",
            ha="right",
            arrowprops={"arrowstyle": "-", "linewidth": 0.5, "color": LIGHT.ink, "shrinkA": 1, "shrinkB": 0},
            path_effects=edge,
            zorder=6,
        )


def _box(box: tuple[float, float, float, float]) -> Any:
    from shapely.geometry import box as rectangle

    return rectangle(*box)


def _furniture(axes: Axes, translate: Translate) -> None:
    """Scale bar of 20 km, north arrow and the sign of a station."""
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    x, y = left + 0.02 * (right - left), bottom + 0.06 * (top - bottom)
    for i, colour in enumerate((LIGHT.ink, "#FFFFFF")):
        axes.barh(y, 10 * KM, 1.1 * KM, x + 10 * KM * i, facecolor=colour, edgecolor=LIGHT.ink, linewidth=0.5)
    for i, label in enumerate(("0", "10", "20 km")):
        align = "left" if i == 2 else "center"
        axes.text(
            x + 10 * KM * i - (KM if i == 2 else 0),
            y - 1.4 * KM,
            label,
            fontsize=SMALL - 1,
            ha=align,
            va="top",
        )
    axes.annotate(
        translate(N_("N")),
        (x + 2 * KM, top - 0.03 * (top - bottom)),
        (x + 2 * KM, top - 0.13 * (top - bottom)),
        fontsize=SMALL,
        ha="center",
        va="center",
        arrowprops={"arrowstyle": "-|>", "linewidth": 0.8, "color": LIGHT.ink, "shrinkA": 0, "shrinkB": 0},
    )
    axes.scatter(x, y + 4 * KM, s=9, facecolor="#FFFFFF", edgecolor=LIGHT.ink, linewidth=0.7)
    axes.text(x + 2 * KM, y + 4 * KM, translate(N_("Monitoring station")), fontsize=SMALL - 0.5, va="center")
