"""Views of interpolated fields: the map with its standard error, and stations met without having been seen.

HoloViews objects on Bokeh, in plane coordinates (EPSG:4547, kilometres); a fine grid is aggregated by datashader to the
pixels of the figure. They give their data back and compose with ``*`` and ``+``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_, InputError
from gzeco_lib.geo.coords import PLANE
from gzeco_lib.geo.districts import outlines
from gzeco_lib.geo.grid import Grid
from gzeco_lib.views import theme
from gzeco_lib.views.jupyter import holoviews, plane_axes, shades
from gzeco_lib.views.words import DEFAULT_LANGUAGE, words

PIXELS = 300  # width of a map, two of which stand in a row
MANY = 40_000  # cells from which datashader aggregates


def _outlines() -> Any:
    hv = holoviews()
    paths = []
    for shape in outlines().to_crs(PLANE).geometry:
        for part in getattr(shape, "geoms", [shape]):
            paths.append(np.asarray(part.exterior.coords)[:, :2] / 1000)
    return hv.Path(paths, ["x", "y"]).opts(color=theme.LIGHT.muted, line_width=1)


def city_map(
    values: ArrayLike,
    grid: Grid,
    name: str,
    unit: str,
    lang: str = DEFAULT_LANGUAGE,
    *,
    title: str = "",
    limits: tuple[float, float] | None = None,
    stations: tuple[np.ndarray, np.ndarray] | None = None,
) -> Any:
    """Values of the cells inside the city on the districts.

    Args:
        values: (cell,) in the order of ``grid.points()``.
        grid: the grid.
        name: what is shown.
        unit: its unit.
        lang: language of the labels.
        title: of the map.
        limits: of the colours; the 0.5 and 99.5 % quantiles by default.
        stations: their coordinates (n, 2) [m] and values (n,), drawn in the same colours.

    Raises:
        InputError: there are not as many values as cells.
    """
    hv = holoviews()
    _ = words(lang)
    inside = np.asarray(values, dtype=np.float32)
    if inside.shape != (int(grid.mask.sum()),):
        raise InputError(
            N_("{given} values for {cells} cells"), "city_map",
            N_("give one for each cell inside the city, in the order of grid.points()"),
            given=inside.shape, cells=int(grid.mask.sum()),
        )  # fmt: skip
    whole = np.full(grid.shape, np.nan, dtype=np.float32)
    whole[grid.mask] = inside
    label = hv.Dimension("value", label=f"{name} [{theme.unit(unit)}]")
    x, y = plane_axes(lang)
    image = hv.Image((grid.x / 1000, grid.y / 1000, whole), [x, y], label)
    if whole.size > MANY:
        image = _aggregated(image, grid)
    clim = limits or tuple(float(v) for v in np.nanquantile(inside, [0.005, 0.995]))
    colours = {"cmap": shades(), "clim": clim, "colorbar": True}
    shown = image.opts(**colours, tools=["hover"]) * _outlines()
    if stations is not None:
        xy, at = stations
        points = hv.Points((xy[:, 0] / 1000, xy[:, 1] / 1000, at), [x, y], label)
        shown = shown * points.opts(
            color="value", cmap=colours["cmap"], clim=clim, line_color=theme.LIGHT.ink, size=8
        )
    return shown.opts(hv.opts.Overlay(title=title, frame_width=PIXELS, data_aspect=1, show_legend=False))


def _aggregated(image: Any, grid: Grid) -> Any:
    """The image at the pixels of the figure."""
    from holoviews.operation.datashader import rasterize

    width = PIXELS * 2  # sharp on dense screens
    height = int(width * grid.shape[0] / grid.shape[1])
    return rasterize(image, dynamic=False, width=width, height=height, aggregator="mean")


def with_error(
    mean: ArrayLike,
    sd: ArrayLike,
    grid: Grid,
    name: str,
    unit: str,
    lang: str = DEFAULT_LANGUAGE,
    stations: tuple[np.ndarray, np.ndarray] | None = None,
) -> Any:
    """The map and the map of its standard error side by side; arguments as for `city_map`."""
    _ = words(lang)
    shown = city_map(mean, grid, name, unit, lang, title=name, stations=stations)
    error = city_map(sd, grid, _("Standard error"), unit, lang, title=_("Standard error"))
    return (shown + error).cols(2)


def left_out_scatter(
    observed: ArrayLike,
    predicted: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    unit: str,
    lang: str = DEFAULT_LANGUAGE,
    title: str = "",
) -> Any:
    """What a station measured over what was expected there without it, with the line of equality.

    Pairs within their interval and outside it have different colours and marks.

    Args:
        observed, predicted, low, high: of one shape, NaN where missing; the interval is ``low`` to ``high``.
        unit: of all.
        lang: language of the labels.
        title: of the figure.
    """
    hv = holoviews()
    _ = words(lang)
    frame = pd.DataFrame(
        {key: np.ravel(value) for key, value in zip("oplh", (observed, predicted, low, high), strict=True)}
    ).dropna()
    frame["within"] = (frame["o"] >= frame["l"]) & (frame["o"] <= frame["h"])
    x = hv.Dimension("p", label=_("Expected without the station"), unit=theme.unit(unit))
    y = hv.Dimension("o", label=_("Measured"), unit=theme.unit(unit))
    top = float(frame[["o", "p"]].to_numpy().max()) * 1.05 if len(frame) else 1.0
    shown = hv.Curve(([0, top], [0, top]), x, y).opts(color=theme.LIGHT.muted, line_dash="dashed")
    share = frame["within"].mean() if len(frame) else np.nan
    for within, text, colour, mark in (
        (True, _("within the 90 % interval ({share} %)").format(share=round(100 * share, 1)), theme.ACCENT, "circle"),
        (False, _("outside"), theme.OTHER[1], "diamond"),
    ):  # fmt: skip
        part = frame[frame["within"] == within]
        marks = hv.Scatter(part, x, [y, "l", "h"], label=text)
        shown = shown * marks.opts(color=colour, marker=mark, size=4, alpha=0.5, tools=["hover"])
    return shown.opts(
        hv.opts.Overlay(
            title=title,
            frame_width=PIXELS + 60,
            frame_height=PIXELS + 60,
            xlim=(0, top),
            ylim=(0, top),
            legend_position="bottom",
        )
    )


def gains(frame: pd.DataFrame, lang: str = DEFAULT_LANGUAGE, title: str = "") -> Any:
    """Bars of the error left out against a reference, by pollutant and method.

    Args:
        frame: columns ``variable``, ``method``, ``gain`` [%], positive where better than the reference.
        lang: language of the labels.
        title: of the figure.
    """
    hv = holoviews()
    _ = words(lang)
    value = hv.Dimension("gain", label=_("RMSE below the reference"), unit="%")
    kdims = [hv.Dimension("variable", label=_("Pollutant")), hv.Dimension("method", label=_("Method"))]
    if frame["variable"].nunique() == 1:
        kdims = kdims[1:]
    bars = hv.Bars(frame[[k.name for k in kdims] + ["gain"]], kdims, value)
    return bars.opts(
        width=720,
        height=320,
        xrotation=40 if len(kdims) > 1 else 0,
        tools=["hover"],
        title=title,
        fill_color=theme.ACCENT,
    )
