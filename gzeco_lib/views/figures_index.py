"""The friendliness index on paper: its map beside the districts with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_
from gzeco_lib.views.figures import SIZE, SMALL, drawing
from gzeco_lib.views.figures_map import one_map
from gzeco_lib.views.theme import LIGHT
from gzeco_lib.views.words import Translate

# Pale to deep green-blue: more is better here, so it is neither the scale of severity nor that of the AQI.
FRIENDLY = ("#F6EFE3", "#E7E3C4", "#CFDCB0", "#ABCFA4", "#82BE9B", "#58A893", "#348E88", "#1B7078", "#0F5262")
LOW, HIGH = 10.0, 100.0  # ends of the scale


def index_figure(
    field: xr.Dataset, districts: pd.DataFrame, names: Mapping[str, str], translate: Translate, lang: str
) -> str:
    """The index by cell, and by district with its 80 % interval, the least friendly first.

    Args:
        field: field ``friendliness`` of the outcome (y, x) with ``index``.
        districts: rows with ``key``, ``index``, ``lo`` and ``hi``.
        names: district to its name.
        translate: the translating function.
        lang: language of the names on the map.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import BoundaryNorm, ListedColormap

    steps = np.linspace(LOW, HIGH, len(FRIENDLY) + 1)
    scale, norm = ListedColormap(FRIENDLY), BoundaryNorm(steps, len(FRIENDLY))
    height = 84.0
    with drawing("friendliness", height) as sheet:
        grid = sheet.figure.add_gridspec(
            1, 2, left=0.005, right=0.98, top=0.94, bottom=13 / height, wspace=0.2, width_ratios=[1.06, 1]
        )
        left = sheet.figure.add_subplot(grid[0, 0])
        one_map(left, field["index"], scale, norm, None, lang)
        bar = sheet.figure.add_axes((0.06, 8 / height, 0.36, 2.2 / height))
        made = sheet.figure.colorbar(ScalarMappable(norm, scale), cax=bar, orientation="horizontal")
        made.outline.set_linewidth(0.4)
        made.set_ticks(list(steps), labels=[f"{v:.0f}" for v in steps])
        made.ax.tick_params(labelsize=SMALL, length=0, pad=2)
        made.set_label(translate(N_("Friendliness index, 0 to 100")), fontsize=SMALL, labelpad=2)
        _districts(sheet.figure.add_subplot(grid[0, 1]), districts, names, scale, norm, translate)
    return sheet.svg


def _districts(
    axes: Any, rows: pd.DataFrame, names: Mapping[str, str], scale: Any, norm: Any, translate: Translate
) -> None:
    known = rows.dropna(subset=["index"]).sort_values("index")
    value, lo, hi = (known[c].to_numpy(dtype=float) for c in ("index", "lo", "hi"))
    y = np.arange(len(known))
    axes.barh(y, value, height=0.62, color=scale(norm(value)), edgecolor=LIGHT.muted, linewidth=0.3)
    axes.hlines(y, lo, hi, color=LIGHT.ink, linewidth=1.1)
    for k, number in enumerate(value):
        axes.text(max(hi[k], number) + 1.5, k, f"{number:.0f}", va="center", fontsize=SMALL)
    axes.set_yticks(y, [names.get(str(key), str(key)) for key in known["key"]], fontsize=SIZE - 0.5)
    axes.set_ylim(len(known) - 0.4, -0.6)
    axes.set_xlim(0, 106)
    axes.set_xticks([0, 20, 40, 60, 80, 100])
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=SMALL)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.set_title(translate(N_("By district, with 80 % interval")), fontsize=SIZE, pad=4)
