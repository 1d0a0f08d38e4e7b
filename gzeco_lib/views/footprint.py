"""Views of particles: the footprint of a receptor's hour, and clouds that drift, as HoloViews objects on Bokeh.

Nothing is asked from the network; views give their data back (``view.data``) and compose with ``*`` and ``+``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.views import theme
from gzeco_lib.views.jupyter import clock, holoviews, hours_slider, plane_axes, shades
from gzeco_lib.views.words import DEFAULT_LANGUAGE, words

WIDTH = 560  # [px]
DECADES = 4  # orders of magnitude that a footprint shows


def footprint_map(footprints: xr.Dataset, receptor: int = 0, lang: str = DEFAULT_LANGUAGE) -> Any:
    """The footprint of one receptor, all hours back together, a slider over the receptor's hours.

    Args:
        footprints: as ``dispersion.footprint.backward`` gives them.
        receptor: its number.
        lang: language of the labels.

    Returns:
        A ``holoviews.HoloMap`` over the hour; one colour scale for all, cells below a ten-thousandth of the largest
        value blank.

    Raises:
        InputError: where there is no such receptor.
    """
    count = footprints.sizes["receptor"]
    if not 0 <= receptor < count:
        raise InputError(
            N_("there is no receptor {number}"), "footprints", N_("name one of: {near}"),
            number=receptor, near=near(str(receptor), [str(k) for k in range(count)]),
        )  # fmt: skip
    hv = holoviews()
    _ = words(lang)
    seen = footprints["footprint"].isel(receptor=receptor).sum("time_back")
    top = float(seen.max())
    limits = (10.0 ** (np.log10(top) - DECADES), top) if top > 0 else (1e-12, 1e-8)
    value = hv.Dimension("footprint", label=_("Response"), unit="s m⁻³")
    place = (
        float(footprints["receptor_x"][receptor]) / 1000,
        float(footprints["receptor_y"][receptor]) / 1000,
    )
    mark = hv.Points([place], plane_axes(lang), label=_("Receptor")).opts(
        marker="triangle", size=11, color=theme.LIGHT.ink, line_color=theme.LIGHT.surface
    )
    x, y = (footprints[name].to_numpy() / 1000 for name in ("x", "y"))
    frames = {}
    for k, moment in enumerate(footprints["time"].to_numpy()):
        cells = seen.isel(time=k).to_numpy()
        image = hv.Image((x, y, np.where(cells >= limits[0], cells, np.nan)), plane_axes(lang), value)
        frames[clock(moment)] = (
            image.opts(cmap=shades(), clim=limits, logz=True, colorbar=True, tools=["hover"]) * mark
        )
    return hours_slider(frames, lang).opts(
        hv.opts.Overlay(
            frame_width=WIDTH, data_aspect=1, title=_("Where the air came from and what it picked up")
        )
    )


def particle_animation(cloud: xr.Dataset, lang: str = DEFAULT_LANGUAGE, pixels: int = 280) -> Any:
    """The cloud of particles from above at the end of each interval, shaded by datashader, a slider over time.

    Args:
        cloud: as ``dispersion.particles.release(positions=True)`` gives it.
        lang: language of the labels.
        pixels: of the picture along x.

    Returns:
        A ``holoviews.HoloMap``: mass in the column above each pixel [kg m-2], on one logarithmic scale.

    Raises:
        InputError: where the run kept no positions.
    """
    frames = _frames(cloud)
    hv = holoviews()
    _ = words(lang)
    import datashader as ds

    x, y = (np.concatenate([part[name] for part in frames.values()]) for name in ("x", "y"))
    spans = [_span(values) for values in (x, y)]
    wide, high = (span[1] - span[0] for span in spans)
    rows = max(round(pixels * high / wide), 60)
    canvas = ds.Canvas(plot_width=pixels, plot_height=rows, x_range=spans[0], y_range=spans[1])
    area = (wide / pixels) * (high / rows) * 1e6
    columns = {when: canvas.points(part, "x", "y", ds.sum("mass")) / area for when, part in frames.items()}
    top = max(float(np.nanmax(layer)) for layer in columns.values())
    value = hv.Dimension("mass", label=_("Mass in the column"), unit="kg m⁻²")
    shown = {
        when: hv.Image(
            (layer["x"], layer["y"], layer.where(layer > 0).to_numpy()), plane_axes(lang), value
        ).opts(cmap=shades(), clim=(top / 10**DECADES, top), logz=True, colorbar=True, tools=["hover"])
        for when, layer in columns.items()
    }
    return hours_slider(shown, lang).opts(
        hv.opts.Image(frame_width=WIDTH, data_aspect=1, title=_("Particles from above"))
    )


def particle_section(cloud: xr.Dataset, lang: str = DEFAULT_LANGUAGE, pixels: int = 280) -> Any:
    """The same cloud from the south: height over easting, mass by pixel, a slider over time.

    Args, Raises: those of ``particle_animation``.
    """
    frames = _frames(cloud)
    hv = holoviews()
    _ = words(lang)
    import datashader as ds

    x, z = (np.concatenate([part[name] for part in frames.values()]) for name in ("x", "z"))
    spans = [_span(x), (0.0, float(z.max()))]
    canvas = ds.Canvas(plot_width=pixels, plot_height=90, x_range=spans[0], y_range=spans[1])
    layers = {when: canvas.points(part, "x", "z", ds.sum("mass")) for when, part in frames.items()}
    top = max(float(np.nanmax(layer)) for layer in layers.values())
    kdims = [plane_axes(lang)[0], hv.Dimension("z", label=_("Height"), unit="m")]
    value = hv.Dimension("mass", label=_("Mass"), unit="kg")
    shown = {
        when: hv.Image((layer["x"], layer["z"], layer.where(layer > 0).to_numpy()), kdims, value).opts(
            cmap=shades(), clim=(top / 10**DECADES, top), logz=True, colorbar=True, tools=["hover"]
        )
        for when, layer in layers.items()
    }
    return hours_slider(shown, lang).opts(
        hv.opts.Image(frame_width=WIDTH, frame_height=220, title=_("Particles from the south"))
    )


def mixing_profile(profiles: pd.DataFrame, lang: str = DEFAULT_LANGUAGE) -> Any:
    """How evenly a well-mixed tracer stays mixed: share of the mean over height, a curve a case.

    Args:
        profiles: columns ``case`` (a message id), ``height`` (share of the mixing height), ``concentration``
            (over its mean).
        lang: language of the labels.
    """
    hv = holoviews()
    _ = words(lang)
    across = hv.Dimension("concentration", label=_("Concentration over its mean"), range=(0.8, 1.2))
    up = hv.Dimension("height", label=_("Height over mixing height"))
    even = hv.VLine(1.0).opts(color=theme.LIGHT.muted, line_dash="dashed", line_width=1)
    curves = [
        hv.Curve(part.sort_values("height"), across, up, label=_(str(case))).opts(
            color=theme.OTHER[k % len(theme.OTHER)]
        )
        for k, (case, part) in enumerate(profiles.groupby("case", sort=False))
    ]
    return hv.Overlay([*curves, even]).opts(
        frame_width=WIDTH,
        frame_height=300,
        ylim=(0, 1),
        legend_position="right",
        title=_("A well-mixed tracer after two hours"),
    )


def _frames(cloud: xr.Dataset) -> dict[pd.Timestamp, pd.DataFrame]:
    """Particles in the air by the end of each interval: x, y [km], z [m], mass [kg]."""
    if "particle_x" not in cloud:
        raise InputError(N_("the run kept no positions of its particles"), "particles",
                         N_("run it with positions=True"))  # fmt: skip
    frames = {}
    late = np.timedelta64(int(cloud.attrs["interval_s"]), "s")
    for moment in cloud["time"].to_numpy():
        now = cloud.sel(time=moment)
        part = pd.DataFrame({
            "x": now["particle_x"].to_numpy() / 1000.0, "y": now["particle_y"].to_numpy() / 1000.0,
            "z": now["particle_z"].to_numpy(), "mass": now["particle_mass"].to_numpy(),
        }).dropna()  # fmt: skip
        if len(part):
            frames[clock(moment + late)] = part
    return frames


def _span(values: np.ndarray) -> tuple[float, float]:
    """Where nearly all particles are, with a margin."""
    low, high = np.quantile(values, [0.002, 0.998])
    margin = 0.06 * (high - low) + 0.05
    return float(low - margin), float(high + margin)
