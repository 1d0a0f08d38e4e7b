"""Graded maps for paper: hazards in five grades of severity, each grade with its sign, and the hours of every district.

Severity has its own scale (blue to plum, with signs); the colours of the AQI are never used here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_
from gzeco_lib.views.figures import FULL_WIDTH, SIZE, SMALL, drawing, local
from gzeco_lib.views.figures_map import one_map
from gzeco_lib.views.theme import BAND_NAMES, BANDS, LIGHT, MISSING, SEVERITY, SIGNS, text_on
from gzeco_lib.views.words import Translate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GRADES = (1, 2, 3, 4, 5)
PLUS = 11  # AQHI above 10
STRIP_ROW = 5.2  # height of a district in the strip [mm]


def _scale() -> tuple[Any, Any]:
    """Five grades in the colours of severity."""
    from matplotlib.colors import BoundaryNorm, ListedColormap

    return ListedColormap([SEVERITY[b] for b in BANDS]), BoundaryNorm(np.arange(0.5, 6.0), len(BANDS))


def severity_legend(figure: Figure, translate: Translate, missing: str = "", **place: Any) -> None:
    """The five grades with their signs, and what grey stands for."""
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=SEVERITY[band], label=f"{SIGNS[band]} {translate(BAND_NAMES[band])}")
        for band in BANDS
    ]
    if missing:
        handles.append(Patch(facecolor=LIGHT.grid, edgecolor=LIGHT.muted, linewidth=0.4, label=missing))
    figure.legend(
        handles=handles, ncols=len(handles), handlelength=1.1, handleheight=1.0, columnspacing=1.2,
        handletextpad=0.5, **place,
    )  # fmt: skip


def hazard_maps(
    hazards: xr.Dataset, layers: Mapping[str, str], sites: pd.DataFrame, translate: Translate, lang: str
) -> str:
    """The worst known grade of each cell as a large map, and beside it a small map of each hazard.

    Args:
        hazards: field ``hazards`` of the outcome (y, x) with ``<hazard>_grade``.
        layers: hazard to its title; the first is the large map.
        sites: monitors with ``hazard``, ``lon`` and ``lat``, drawn on the map of their hazard.
        translate: the translating function.
        lang: language of the names of the districts.
    """
    scale, norm = _scale()
    height = 100.0
    large, *small = layers
    columns = 4 if small else 1
    with drawing("hazards", height) as sheet:
        grid = sheet.figure.add_gridspec(
            2, columns, left=0.005, right=0.995, top=0.945, bottom=8 / height, hspace=0.12, wspace=0.02
        )
        main = sheet.figure.add_subplot(grid[:, :2] if small else grid[:, 0])
        one_map(main, hazards[f"{large}_grade"], scale, norm, None, lang)
        _monitors(main, sites, large)
        main.set_title(layers[large], fontsize=SIZE + 1, y=1.0, pad=4)
        for i, hazard in enumerate(small[:4]):
            axes = sheet.figure.add_subplot(grid[i // 2, 2 + i % 2])
            one_map(axes, hazards[f"{hazard}_grade"], scale, norm, None, lang, named=False)
            _monitors(axes, sites, hazard)
            axes.set_title(layers[hazard], fontsize=SIZE, y=1.0, pad=3)
        severity_legend(
            sheet.figure,
            translate,
            translate(N_("not known")),
            loc="lower center",
            bbox_to_anchor=(0.5, -0.005),
        )
    return sheet.svg


def _monitors(axes: Axes, sites: pd.DataFrame, hazard: str) -> None:
    """The monitors of ``hazard`` in the colour of their worst grade, the worst on top."""
    from gzeco_lib.geo import to_plane

    own = sites[sites["hazard"] == hazard] if len(sites) else sites
    if own.empty:
        return
    worst = own.sort_values("grade", na_position="first").drop_duplicates("site", keep="last")
    worst = worst.dropna(subset=["lon", "lat"])
    x, y = to_plane(worst["lon"].to_numpy(dtype=float), worst["lat"].to_numpy(dtype=float))
    colours = [
        MISSING if np.isnan(g) else SEVERITY[BANDS[int(g) - 1]] for g in worst["grade"].to_numpy(dtype=float)
    ]
    axes.scatter(x, y, s=11, c=colours, edgecolor=LIGHT.ink, linewidth=0.5, zorder=5)


def hour_strip(
    hourly: pd.DataFrame, names: Mapping[str, str], translate: Translate, width: float = FULL_WIDTH
) -> str:
    """AQHI of every district in every hour from now on: a cell an hour with its index, in the colour of its band.

    Args:
        hourly: rows with ``district``, ``time``, ``lead_h``, ``aqhi`` and ``aqhi_band``.
        names: district to its name, in order from top to bottom.
        translate: the translating function.
        width: [mm].
    """
    ahead = hourly[hourly["lead_h"] >= 0].astype({"district": str})
    leads = sorted(ahead["lead_h"].unique())
    height = 26 + STRIP_ROW * len(names)
    with drawing("hourstrip", height, width) as sheet:
        axes = sheet.figure.subplots(
            gridspec_kw={
                "left": 15.5 / width,
                "right": 1 - 1 / width,
                "top": 1 - 10.5 / height,
                "bottom": 9 / height,
            }
        )
        for y, district in enumerate(names):
            _strip_row(axes, ahead[ahead["district"] == district], y)
        first = ahead[ahead["district"] == next(iter(names))].sort_values("lead_h")
        hours = local(first["time"])
        axes.set_xlim(-0.5, len(leads) - 0.5)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks(range(len(names)), list(names.values()), fontsize=SMALL)
        axes.set_xticks(range(len(hours)), [f"{t:%H}" for t in hours], fontsize=SMALL - 0.5)
        axes.xaxis.tick_top()
        axes.tick_params(length=0, pad=2)
        axes.spines[:].set_visible(False)
        axes.text(
            -0.5, -1.55, translate(N_("Hour from, Beijing time; the first is the latest hour")), fontsize=SMALL - 0.5,
            color=LIGHT.muted, va="bottom",
        )  # fmt: skip
        severity_legend(
            sheet.figure,
            translate,
            translate(N_("not known")),
            loc="lower center",
            bbox_to_anchor=(0.5, -0.005),
        )
    return sheet.svg


def _strip_row(axes: Axes, rows: pd.DataFrame, y: int) -> None:
    from matplotlib.patches import Rectangle

    for x, row in enumerate(rows.sort_values("lead_h").itertuples()):
        band = row.aqhi_band
        colour = SEVERITY.get(str(band), MISSING)
        axes.add_patch(
            Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, edgecolor="#FFFFFF", linewidth=0.6)
        )
        index = float(np.asarray(row.aqhi, dtype=float))
        if np.isfinite(index):
            said = "10+" if index >= PLUS else f"{index:.0f}"
            axes.text(
                x, y + 0.03, said, ha="center", va="center", fontsize=SMALL - 0.8 * (len(said) > 2),
                color=text_on(colour),
            )  # fmt: skip


def order_of(hourly: pd.DataFrame, value: str = "excess_risk") -> Sequence[str]:
    """Districts by their highest ``value`` from now on, the highest first."""
    ahead = hourly[hourly["lead_h"] >= 0].astype({"district": str})
    top = ahead.groupby("district")[value].max().sort_values(ascending=False, na_position="last")
    return [str(code) for code in top.index if code]
