"""Views of trajectories: the paths, where high concentrations come from, and clusters, as HoloViews objects.

Positions are kilometres of the plane, or degrees where the tracks have longitudes. Views give their data back and
compose with ``*`` and ``+``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from gzeco_lib.errors import N_
from gzeco_lib.views import theme
from gzeco_lib.views.jupyter import NARROW, holoviews, plane_axes, shades
from gzeco_lib.views.words import DEFAULT_LANGUAGE, Translate, words

MANY = 300  # trajectories from which on they are shaded by their number instead of drawn one by one
WIDTH, HEIGHT = 440, 420  # of a figure alone; the pixels that many paths are shaded in
FIELDS = {
    "pscf": N_("Share of passages with high concentrations (PSCF)"),
    "cwt": N_("Concentration-weighted trajectories (CWT)"),
    "redistributed": N_("Redistributed concentration"),
    "p_value": N_("Chance of so high a value (p)"),
    "points": N_("Trajectory points"),
}
METRES = 1000.0
DASHES = ("solid", "dashed", "dotted")  # of clusters beyond the number of colours


def _axes(data: xr.Dataset | xr.DataArray, lang: str) -> tuple[Any, Any, float]:
    """The two dimensions and what to divide positions by."""
    if "lon" not in data.coords and "lon" not in data:
        return (*plane_axes(lang), METRES)
    hv, _ = holoviews(), words(lang)
    east = hv.Dimension("lon", label=_("Longitude"), unit="°")
    return east, hv.Dimension("lat", label=_("Latitude"), unit="°"), 1.0


def _places(data: xr.Dataset, scale: float) -> tuple[np.ndarray, np.ndarray]:
    names = ("lon", "lat") if "lon" in data else ("x", "y")
    return data[names[0]].to_numpy() / scale, data[names[1]].to_numpy() / scale


def paths(tracks: xr.Dataset, lang: str = DEFAULT_LANGUAGE) -> Any:
    """The trajectories, each a line; more than 300 are shaded by how many pass (datashader).

    Args:
        tracks: what `trajectory.trajectories` gives.
        lang: language of the labels.
    """
    hv, _ = holoviews(), words(lang)
    east, north, scale = _axes(tracks, lang)
    x, y = _places(tracks, scale)
    title = _("{n} trajectories of {hours} h").format(n=x.shape[0], hours=f"{float(tracks['age'].max()):g}")
    opts = hv.opts.Overlay(frame_width=WIDTH, data_aspect=1, title=title)
    mark = hv.Points([(float(x[0, 0]), float(y[0, 0]))], [east, north]).opts(
        color=theme.LIGHT.ink, size=9, marker="triangle"
    )
    if len(x) <= MANY:
        lines = hv.Path([np.column_stack(pair) for pair in zip(x, y, strict=True)], [east, north])
        return (lines.opts(color=theme.ACCENT, alpha=0.4, line_width=1) * mark).opts(opts)
    image = _shaded(x, y, hv, east, north, _)
    return (image * mark).opts(opts)


def _shaded(x: np.ndarray, y: np.ndarray, hv: Any, east: Any, north: Any, _: Translate) -> Any:
    """Number of trajectories through each pixel."""
    import datashader
    import pandas as pd

    limits = [(float(np.nanmin(v)), float(np.nanmax(v))) for v in (x, y)]
    canvas = datashader.Canvas(
        plot_width=WIDTH // 2, plot_height=HEIGHT // 2, x_range=limits[0], y_range=limits[1]
    )
    # One row a trajectory; gaps of NaN end a line.
    rows = pd.DataFrame(np.concatenate([x, y], axis=1))
    half = x.shape[1]
    count = canvas.line(
        rows, x=list(range(half)), y=list(range(half, 2 * half)), axis=1, agg=datashader.count()
    )
    values = np.where(count.to_numpy() > 0, count.to_numpy(), np.nan)
    number = hv.Dimension("count", label=_("Trajectories"))
    image = hv.Image((count["x"].to_numpy(), count["y"].to_numpy(), values), [east, north], number)
    return image.opts(cmap=shades(), cnorm="log", colorbar=True, clabel=_("Trajectories"), tools=["hover"])


def source_field(
    field: xr.DataArray,
    lang: str = DEFAULT_LANGUAGE,
    receptor: tuple[float, float] | None = None,
    known: tuple[float, float] | None = None,
    unit: str = "",
) -> Any:
    """A field of PSCF, CWT or the like with the receptor and, where known, the source.

    Args:
        field: as `trajectory.pscf` and its neighbours give; NaN is where no trajectory came.
        lang: language of the labels.
        receptor: its position, as the field's coordinates.
        known: a source's position, to compare.
        unit: of the values.
    """
    hv, _ = holoviews(), words(lang)
    east, north, scale = _axes(field, lang)
    title = _(FIELDS.get(str(field.name), str(field.name)))
    value = hv.Dimension("value", label=title, unit=unit or None)
    rows, columns = (field[name].to_numpy() / scale for name in field.dims)
    # Less chance is more of a finding: the scale of p-values runs the other way.
    colours = shades()[::-1] if field.name == "p_value" else shades()
    image = hv.Image((columns, rows, field.to_numpy()), [east, north], value).opts(
        cmap=colours, colorbar=True, clabel=unit, tools=["hover"]
    )
    marks = []
    for place, marker, colour in (
        (receptor, "triangle", theme.LIGHT.ink),
        (known, "circle_cross", theme.OTHER[0]),
    ):
        if place is not None:
            point = hv.Points([(place[0] / scale, place[1] / scale)], [east, north])
            marks.append(point.opts(marker=marker, size=13, color=colour, fill_alpha=0.15, line_width=2))
    return hv.Overlay([image, *marks]).opts(frame_width=NARROW, data_aspect=1, title=title, show_legend=False)


def cluster_paths(found: xr.Dataset, lang: str = DEFAULT_LANGUAGE) -> Any:
    """Mean path of each cluster with its share of all trajectories.

    Args:
        found: what `trajectory.cluster` gives.
        lang: language of the labels.
    """
    hv, _ = holoviews(), words(lang)
    east, north, scale = _axes(found, lang)
    x, y = _places(found, scale)
    parts = []
    for row, share in enumerate(found["share"].to_numpy()):
        label = _("Cluster {number}: {share}").format(number=row + 1, share=theme.percent(float(share)))
        line = hv.Curve((x[row], y[row]), east, north, label=label)
        parts.append(
            line.opts(
                color=theme.OTHER[row % len(theme.OTHER)],
                line_dash=DASHES[row // len(theme.OTHER) % len(DASHES)],
                line_width=1.5 + 8 * float(share),
                tools=["hover"],
            )
        )
    title = _("Mean paths of {n} clusters").format(n=len(x))
    return hv.Overlay(parts).opts(
        frame_width=NARROW, data_aspect=1, title=title, legend_position="bottom", legend_cols=3
    )


def cluster_quality(found: xr.Dataset, lang: str = DEFAULT_LANGUAGE) -> Any:
    """Mean silhouette by number of clusters, and how far it stands above one cloud's: the peak is the number taken."""
    hv, _ = holoviews(), words(lang)
    number = hv.Dimension("number", label=_("Number of clusters"))
    value = hv.Dimension("silhouette", label=_("Mean silhouette"))
    tried = found["tried"].to_numpy()
    both = hv.Curve(
        (tried, found["silhouette"].to_numpy()), number, value, label=_("These trajectories")
    ).opts(color=theme.ACCENT) * hv.Curve(
        (tried, (found["silhouette"] - found["gain"]).to_numpy()), number, value, label=_("One cloud")
    ).opts(color=theme.LIGHT.muted, line_dash="dashed")
    return both.opts(
        frame_width=NARROW,
        frame_height=NARROW,
        title=_("How many clusters?"),
        legend_position="bottom",
        xticks=tried.tolist(),
    )
