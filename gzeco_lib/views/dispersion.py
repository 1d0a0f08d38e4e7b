"""Views that check a dispersion model: predicted beside observed, sections across a plume, plan and side view.

HoloViews objects on Bokeh; they give their data back (``view.data``) and compose with ``*`` and ``+``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_
from gzeco_lib.views import theme
from gzeco_lib.views.jupyter import NARROW, holoviews, shades
from gzeco_lib.views.words import DEFAULT_LANGUAGE, words

GROUPS = {"unstable": N_("Unstable air"), "neutral": N_("Neutral air"), "stable": N_("Stable air")}
STYLES = ("circle", "diamond", "triangle", "square", "inverted_triangle", "star")
SHOWN = 1e-4  # smallest part of the largest concentration that a field shows


def predicted_observed(
    observed: ArrayLike,
    predicted: ArrayLike,
    group: ArrayLike,
    unit: str,
    lang: str = DEFAULT_LANGUAGE,
    title: str = "",
) -> Any:
    """Predicted over observed on logarithmic axes, with the line of equality and those of a factor of two.

    Args:
        observed: any shape; pairs without both values above 0 are left out.
        predicted: of the same shape.
        group: name of each pair, of that shape; a colour and a mark a group.
        unit: of both.
        lang: language of the labels.
        title: of the figure.
    """
    hv = holoviews()
    _ = words(lang)
    o, p, g = (a.ravel() for a in np.broadcast_arrays(np.asarray(observed, float), predicted, group))
    kept = (o > 0) & (p > 0)
    frame = pd.DataFrame({"observed": o[kept], "predicted": p[kept].astype(float), "group": g[kept]})
    x = hv.Dimension("observed", label=f"{_('Observed')} [{unit}]")
    y = hv.Dimension("predicted", label=f"{_('Predicted')} [{unit}]")
    low, high = (
        frame[["observed", "predicted"]].min().min() / 1.5,
        frame[["observed", "predicted"]].max().max() * 1.5,
    )
    ends = np.array([low, high])
    shown = hv.Curve((ends, ends), x, y).opts(color=theme.LIGHT.ink, line_width=1)
    for factor in (0.5, 2.0):
        side = hv.Curve((ends, ends * factor), x, y)
        shown = shown * side.opts(color=theme.LIGHT.muted, line_dash="dashed", line_width=1)
    for i, (name, part) in enumerate(frame.groupby("group", sort=False)):
        marks = hv.Scatter(part, x, [y, "group"], label=_(GROUPS.get(str(name), str(name))))
        shown = shown * marks.opts(
            color=theme.OTHER[i % len(theme.OTHER)],
            marker=STYLES[i % len(STYLES)],
            size=6,
            alpha=0.7,
            tools=["hover"],
        )
    return shown.opts(
        logx=True, logy=True, xlim=(low, high), ylim=(low, high), frame_width=NARROW + 20, frame_height=NARROW + 20,
        legend_position="top_left", title=title or _("Predicted and observed, lines at a factor of 2"), show_grid=True,
    )  # fmt: skip


def cross_section(
    azimuth: ArrayLike,
    observed: ArrayLike,
    fine: ArrayLike,
    predicted: ArrayLike,
    unit: str,
    lang: str = DEFAULT_LANGUAGE,
    title: str = "",
) -> Any:
    """One arc: samplers as points, the plume as a curve, over the angle from the source.

    Args:
        azimuth: of the samplers [deg].
        observed: their concentrations.
        fine: angles of the curve [deg].
        predicted: concentrations there.
        unit: of both.
        lang: language of the labels.
        title: such as the arc's distance.
    """
    hv = holoviews()
    _ = words(lang)
    x = hv.Dimension("azimuth", label=_("Direction from the source"), unit="°")
    y = hv.Dimension("concentration", label=_("Concentration"), unit=unit)
    line = hv.Curve((np.asarray(fine), np.asarray(predicted)), x, y, label=_("Predicted"))
    dots = hv.Scatter((np.asarray(azimuth), np.asarray(observed)), x, y, label=_("Observed"))
    return (
        line.opts(color=theme.ACCENT, line_width=2)
        * dots.opts(color=theme.LIGHT.ink, size=5, tools=["hover"])
    ).opts(frame_width=NARROW, frame_height=180, title=title, legend_position="top_right")


def plane(
    across: ArrayLike,
    up: ArrayLike,
    values: ArrayLike,
    labels: tuple[str, str],
    unit: str,
    lang: str = DEFAULT_LANGUAGE,
    title: str = "",
) -> Any:
    """A cut through a plume, from above or from the side, with a logarithmic scale of colours over four decades.

    Args:
        across: coordinate of the columns [m].
        up: coordinate of the rows [m].
        values: concentration (row, column).
        labels: of the two axes, already in ``lang``.
        unit: of the concentration.
        lang: language of the scale's label.
        title: of the figure.
    """
    hv = holoviews()
    _ = words(lang)
    field = np.asarray(values, float)
    top = float(np.nanmax(field))
    shown = np.where(field > SHOWN * top, field, np.nan)
    value = hv.Dimension("concentration", label=f"{_('Concentration')} [{unit}]")
    image = hv.QuadMesh(
        (np.asarray(across, float), np.asarray(up, float), shown),
        [hv.Dimension("a", label=labels[0], unit="m"), hv.Dimension("b", label=labels[1], unit="m")], value,
    )  # fmt: skip
    return image.opts(
        cmap=shades()[16:], logz=True, clim=(SHOWN * top, top), colorbar=True, tools=["hover"],
        frame_width=NARROW, frame_height=180, title=title,
    )  # fmt: skip
