"""Views of receptor methods on the compass: roses, polar surfaces and clusters, as HoloViews objects.

The plane of a polar view is that of the wind: up is wind from the north, right from the east, the distance
from the centre the wind speed. Views give their data back (``view.data``) and compose with ``*`` and ``+``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.views import theme
from gzeco_lib.views.jupyter import holoviews, pollutant_label, shades
from gzeco_lib.views.words import DEFAULT_LANGUAGE, words

COMPASS = {"N": N_("N"), "E": N_("E"), "S": N_("S"), "W": N_("W")}
SIDE, BAND_SIDE = 300, 200  # of a polar view, two of which stand in a row, and of one of three in a row [px]
STATISTIC_NAMES = {
    "mean": N_("Mean"), "median": N_("Median"), "max": N_("Highest value"), "stdev": N_("Standard deviation"),
    "frequency": N_("Hours"), "weighted_mean": N_("Share of the mean"), "percentile": N_("Percentile"),
    "cpf": N_("Conditional probability"), "r": N_("Correlation"), "slope": N_("Slope"), "intercept": N_("Intercept"),
    "robust_slope": N_("Robust slope"), "robust_intercept": N_("Robust intercept"),
}  # fmt: skip


def rings(hv: Any, radius: float, lang: str, unit: str) -> Any:
    """Circles of equal radius with their value, and the four winds."""
    _ = words(lang)
    step = next(s for s in (0.5, 1, 2, 5, 10, 20, 50, 100, 1e9) if radius / s <= 5)
    at = np.arange(step, radius * 1.001, step)
    angle = np.linspace(0, 2 * np.pi, 181)
    circles = hv.Path([np.column_stack([r * np.sin(angle), r * np.cos(angle)]) for r in at]).opts(
        color=theme.LIGHT.muted, line_width=0.6, line_dash="dotted"
    )
    turn = np.deg2rad(315)
    values = hv.Labels([(r * np.sin(turn), r * np.cos(turn), f"{r:g} {unit}".strip()) for r in at])
    winds = hv.Labels(
        [
            (1.08 * radius * np.sin(a), 1.08 * radius * np.cos(a), _(name))
            for a, name in zip(np.deg2rad([0, 90, 180, 270]), COMPASS.values(), strict=True)
        ]
    )
    return (
        circles
        * values.opts(text_color=theme.LIGHT.muted, text_font_size="8pt")
        * winds.opts(text_color=theme.LIGHT.ink, text_font_size="10pt")
    )


def framed(hv: Any, overlay: Any, radius: float, title: str) -> Any:
    """A square polar plane without axes."""
    limit = 1.16 * radius
    return overlay.opts(
        hv.opts.Overlay(
            frame_width=SIDE,
            frame_height=SIDE,
            xlim=(-limit, limit),
            ylim=(-limit, limit),
            xaxis=None,
            yaxis=None,
            show_grid=False,
            title=title,
        )
    )


def rose(table: pd.DataFrame, title: str = "", unit: str = "m s-1", lang: str = DEFAULT_LANGUAGE) -> Any:
    """A wind or pollution rose: wedges of direction, one ring of colour a class.

    Args:
        table: as ``wind_rose`` or ``pollution_rose`` gives it.
        title: of the view; none is that of a wind rose.
        unit: of the classes.
        lang: language of the labels.

    Returns:
        Overlay whose ``Polygons`` hold ``wd``, ``group`` and ``share`` [%] of each wedge.
    """
    hv = holoviews()
    _ = words(lang)
    classes = [c for c in table.columns if c not in ("hours", "total")]
    half = 0.45 * table.attrs["angle"]
    wedges = []
    for wd, row in zip(table.index.to_numpy(float), table.to_dict("records"), strict=True):
        inner = 0.0
        for name in classes:
            outer = inner + row[name]
            if outer > inner:
                wedges.append(_wedge(wd, half, inner, outer) | {"group": name, "wd": wd, "share": row[name]})
            inner = outer
    radius = float(table[classes].sum(axis=1).max())
    palette = dict(zip(classes, _colours(len(classes)), strict=True))
    kdims = ["x", "y"]
    groups = hv.Dimension("group", label=f"{_('Class')} [{theme.unit(unit)}]")
    vdims = [
        groups,
        hv.Dimension("wd", label=_("Wind direction"), unit="°"),
        hv.Dimension("share", label=_("Share"), unit="%"),
    ]
    layers = [
        hv.Polygons([w for w in wedges if w["group"] == name], kdims, vdims).opts(
            color=palette[name], line_color=theme.LIGHT.surface, line_width=0.5, tools=["hover"]
        )
        for name in classes
    ]
    ring = _("h") if table.attrs.get("statistic") == "abs_count" else "%"
    calm = _("no direction: {calm:.1f} % of hours").format(calm=table.attrs["calm"])
    head = f"{title or _('Wind rose')} · {calm}"
    keys = _keys(hv, {f"{name} {theme.unit(unit)}": colour for name, colour in palette.items()})
    view = framed(hv, hv.Overlay([*layers, *keys]) * rings(hv, radius, lang, ring), radius, head)
    return view.opts(hv.opts.Overlay(legend_position="bottom", legend_cols=3, show_legend=True))


def _keys(hv: Any, colours: dict[str, str]) -> list[Any]:
    """Entries of a legend; polygons and images make none of their own."""
    return [
        hv.Points([(np.nan, np.nan)], label=label).opts(color=colour, marker="square", size=10)
        for label, colour in colours.items()
    ]


def _wedge(middle: float, half: float, inner: float, outer: float) -> dict[str, Any]:
    """Outline of a ring segment around direction ``middle`` [deg]."""
    angle = np.deg2rad(np.linspace(middle - half, middle + half, 13))
    back = angle[::-1]
    return {
        "x": np.concatenate([outer * np.sin(angle), inner * np.sin(back)]),
        "y": np.concatenate([outer * np.cos(angle), inner * np.cos(back)]),
    }


def _colours(number: int) -> list[str]:
    """``number`` colours along the sequential scale, its palest left out."""
    return shades(number + 1)[1:]


def polar_surface(
    surface: xr.Dataset, unit: str = "ug m-3", name: str = "z", lang: str = DEFAULT_LANGUAGE, **options: Any
) -> Any:
    """The smooth surface of a polar plot on the compass.

    Args:
        surface: as ``polar_plot`` gives it.
        unit: of the pollutant.
        name: ``z``, or ``lower`` and ``upper`` of its band.
        lang: language of the labels.
        **options: further options of the image.

    Raises:
        InputError: where the surface has no such layer.
    """
    hv = holoviews()
    _ = words(lang)
    layers = [str(v) for v in surface.data_vars if surface[v].dims == ("v", "u")]
    if name not in layers:
        raise InputError(
            N_("the surface holds no {name}"),
            "polar_surface",
            N_("did you mean: {near}?"),
            name=name,
            near=near(name, layers),
        )
    attrs = surface.attrs
    statistic = attrs["statistic"]
    of_values = statistic not in ("cpf", "r", "frequency", "slope", "robust_slope")
    label = pollutant_label(attrs["pollutant"], unit if of_values else "", lang)
    if attrs.get("second"):
        label = f"{label} ~ {pollutant_label(attrs['second'], '', lang)}"
    kdims = [
        hv.Dimension("u", label=_("from the east"), unit="m/s"),
        hv.Dimension("v", label=_("from the north"), unit="m/s"),
    ]
    value = hv.Dimension(name, label=f"{_(STATISTIC_NAMES[statistic])} · {label}")
    drawn = surface[name].where(np.isfinite(surface[name]))
    everything = np.concatenate([surface[layer].to_numpy().ravel() for layer in layers if layer != "cluster"])
    image = hv.Image(drawn, kdims=kdims, vdims=[value]).opts(
        cmap=shades(), colorbar=True, tools=["hover"], clipping_colors={"NaN": "transparent"},
        clim=(float(np.nanmin(drawn)), float(np.nanmax(drawn))) if name == "z" else _limits(everything),
        clabel=theme.unit(unit) if of_values else "",
    )  # fmt: skip
    if options:
        image = image.opts(**options)
    radius = float(surface["u"].max())
    title = f"{_(STATISTIC_NAMES[statistic])} · {label}"
    if statistic == "cpf":
        limits = " – ".join(f"{limit:.4g}" for limit in attrs["threshold"])
        title += (
            f" · {_('above {limits}').format(limits=limits)}"
            if len(attrs["threshold"]) == 1
            else f" · {limits}"
        )
    title += f" · {_('data capture {share:.0f} %').format(share=attrs['capture'])}"
    return framed(hv, image * rings(hv, radius, lang, "m/s"), radius, title)


def _limits(values: np.ndarray) -> tuple[float, float]:
    return float(np.nanmin(values)), float(np.nanpercentile(values, 98))


def polar_band(surface: xr.Dataset, unit: str = "ug m-3", lang: str = DEFAULT_LANGUAGE) -> Any:
    """Lower end, surface and upper end of the 95 % band side by side, on one colour scale."""
    _ = words(lang)
    limits = _limits(np.concatenate([surface[n].to_numpy().ravel() for n in ("lower", "z", "upper")]))
    heads = {
        "lower": N_("Lower end of the 95 % band"),
        "z": N_("Surface"),
        "upper": N_("Upper end of the 95 % band"),
    }
    views = [
        polar_surface(surface, unit, name, lang, clim=limits, colorbar=name == "upper").opts(
            title=_(head), frame_width=BAND_SIDE, frame_height=BAND_SIDE
        )
        for name, head in heads.items()
    ]
    return (views[0] + views[1] + views[2]).cols(3)


def polar_clusters(clusters: Any, unit: str = "ug m-3", lang: str = DEFAULT_LANGUAGE) -> Any:
    """The clusters of a polar surface on the compass, each with its share of hours and its mean.

    Args:
        clusters: ``PolarClusters``.
        unit: of the pollutant.
        lang: language of the labels.
    """
    hv = holoviews()
    _ = words(lang)
    surface = clusters.surface
    label = pollutant_label(surface.attrs["pollutant"], unit, lang)
    drawn = surface["cluster"].where(surface["cluster"] > 0)
    palette = _colours(clusters.number)
    kdims = [
        hv.Dimension("u", label=_("from the east"), unit="m/s"),
        hv.Dimension("v", label=_("from the north"), unit="m/s"),
    ]
    image = hv.Image(drawn, kdims=kdims, vdims=[hv.Dimension("cluster", label=_("Cluster"))]).opts(
        cmap=palette,
        clim=(0.5, clusters.number + 0.5),
        tools=["hover"],
        clipping_colors={"NaN": "transparent"},
    )
    names = _("{cluster}: mean {mean:.3g}, {share:.1f} % of hours")
    said = {
        names.format(cluster=n, mean=row["mean"], share=row["share"]): palette[n - 1]
        for n, row in zip(range(1, clusters.number + 1), clusters.summary.to_dict("records"), strict=True)
    }
    keys = _keys(hv, said)
    radius = float(surface["u"].max())
    title = _("{number} clusters · {label}").format(number=clusters.number, label=label)
    overlay = hv.Overlay([image, *keys]) * rings(hv, radius, lang, "m/s")
    return framed(hv, overlay, radius, title).opts(
        hv.opts.Overlay(legend_position="bottom", legend_cols=1, show_legend=True)
    )


def silhouettes(clusters: Any, lang: str = DEFAULT_LANGUAGE) -> Any:
    """Average silhouette width by number of clusters, the chosen number marked.

    Args:
        clusters: ``PolarClusters``.
        lang: language of the labels.
    """
    hv = holoviews()
    _ = words(lang)
    table = clusters.silhouette.rename_axis("number").reset_index()
    number = hv.Dimension("number", label=_("Number of clusters"))
    width = hv.Dimension("silhouette", label=_("Average silhouette width"))
    line = hv.Curve(table, number, width).opts(color=theme.LIGHT.muted)
    chosen = hv.Scatter(table[table["number"] == clusters.number], number, width)
    dots = hv.Scatter(table, number, width).opts(color=theme.LIGHT.ink, size=6, tools=["hover"])
    return (line * dots * chosen.opts(color=theme.ACCENT, size=12)).opts(
        hv.opts.Overlay(
            frame_width=SIDE,
            frame_height=180,
            show_legend=False,
            xticks=table["number"].tolist(),
            xlim=(table["number"].min() - 0.4, table["number"].max() + 0.4),
            title=_("How many clusters?"),
        )
    )
