"""Views of transport: wind as arrows, concentration hour by hour with a slider, both on one map.

HoloViews objects on Bokeh in kilometres of the plane; they give their data back (``view.data``) and compose with ``*``
and ``+``. Times are Beijing time. Nothing is asked from the network.
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

SHOWN = 1e-3  # smallest part of the largest concentration that is drawn
ARROWS = 14  # at most along each side
WIDTH = 460  # of a map [px]


def _checked(data: xr.Dataset, names: tuple[str, ...]) -> None:
    for name in names:
        if name not in data.variables:
            raise InputError(
                N_("the field holds no variable {name}"), "field", N_("did you mean: {near}?"),
                name=name, near=near(name, [str(v) for v in data.variables]),
            )  # fmt: skip


def _frame(data: xr.Dataset) -> dict[str, Any]:
    """Size of a map of the grid that keeps its proportions."""
    wide, high = (float(np.ptp(data[name].to_numpy())) for name in ("x", "y"))
    return {"frame_width": WIDTH, "frame_height": int(np.clip(WIDTH * high / max(wide, 1.0), 200, 700))}


def _arrows(wind: xr.Dataset, step: int, level: int, longest: float, lang: str) -> Any:
    hv, _ = holoviews(), words(lang)
    _checked(wind, ("u", "v", "x", "y"))
    every = [max(wind.sizes[name] // ARROWS, 1) for name in ("y", "x")]
    part = wind.isel(
        time=step, level=level, y=slice(every[0] // 2, None, every[0]), x=slice(every[1] // 2, None, every[1])
    )
    xx, yy = np.meshgrid(part["x"] / 1000, part["y"] / 1000)
    u, v = part["u"].to_numpy(), part["v"].to_numpy()
    rows = {
        "x": xx.ravel(),
        "y": yy.ravel(),
        "angle": np.arctan2(v, u).ravel(),
        "speed": np.hypot(u, v).ravel(),
    }
    speed = hv.Dimension("speed", label=_("Wind speed"), unit="m/s")
    drawn = hv.VectorField(pd.DataFrame(rows), plane_axes(lang), ["angle", speed])
    cell = every[1] * float(wind["x"][1] - wind["x"][0]) / 1000
    return drawn.opts(
        magnitude=hv.dim("speed").norm((0.0, longest)), scale=1 / (1.4 * cell), rescale_lengths=False, pivot="mid",
        color=theme.LIGHT.ink, tools=["hover"],
    )  # fmt: skip


def wind_arrows(wind: xr.Dataset, level: int = 0, lang: str = DEFAULT_LANGUAGE) -> Any:
    """Wind of each hour as arrows over its speed, with a slider; arrows point where the wind blows to.

    Args:
        wind: u and v [m s-1] (time, level, y, x), as ``methods.wind`` gives it.
        level: which of its levels.
        lang: language of the labels.

    Raises:
        InputError: it holds no wind.
    """
    hv = holoviews()
    _checked(wind, ("u", "v", "x", "y", "level"))
    _ = words(lang)
    blown = wind.isel(level=level).transpose("time", "y", "x")
    speeds = np.hypot(blown["u"].to_numpy(), blown["v"].to_numpy())
    value = hv.Dimension("speed", label=_("Wind speed"), unit="m/s")
    title = _("Wind at {height} m above ground").format(height=f"{float(wind['level'][level]):.0f}")
    frames = {}
    for step, time in enumerate(wind["time"].to_numpy()):
        image = hv.Image((wind["x"] / 1000, wind["y"] / 1000, speeds[step]), plane_axes(lang), value).opts(
            cmap=shades(), clim=(0.0, float(speeds.max())), colorbar=True, tools=["hover"]
        )
        frames[clock(time)] = image * _arrows(wind, step, level, float(speeds.max()), lang)
    return _slider(frames, wind, title, lang)


def concentration_frames(
    field: xr.Dataset,
    wind: xr.Dataset | None = None,
    sources: np.ndarray | None = None,
    name: str = "concentration",
    lang: str = DEFAULT_LANGUAGE,
) -> Any:
    """Concentration of each hour or frame on a logarithmic scale, with a slider; one scale for all.

    Args:
        field: ``name`` [g m-3] (time, y, x), as ``methods.dispersion.puff.fields`` gives it; shown in ug m-3.
        wind: lowest level drawn as arrows, those of the last hour begun.
        sources: x, y [m] (source, 2), drawn as crosses.
        name: variable of ``field``.
        lang: language of the labels.

    Raises:
        InputError: the field or the wind holds no such variable.
    """
    hv = holoviews()
    _checked(field, (name, "x", "y", "time"))
    _ = words(lang)
    values = field[name].transpose("time", "y", "x").to_numpy() * 1e6
    top = max(float(values.max()), 1e-12)
    value = hv.Dimension("value", label=_("Concentration"), unit=theme.unit("ug m-3"))
    x, y = plane_axes(lang)
    frames = {}
    for step, time in enumerate(field["time"].to_numpy()):
        shown = np.maximum(values[step], 1e-3 * SHOWN * top)  # below the scale, but with a logarithm
        layer = hv.Image((field["x"] / 1000, field["y"] / 1000, shown), [x, y], value).opts(
            cmap=shades(),
            clim=(SHOWN * top, top),
            cnorm="log",
            colorbar=True,
            tools=["hover"],
            clipping_colors={"min": "transparent"},
        )
        if wind is not None:
            begun = max(int(np.searchsorted(wind["time"].to_numpy(), time, "right")) - 1, 0)
            longest = float(np.hypot(wind["u"].isel(level=0), wind["v"].isel(level=0)).max())
            layer = layer * _arrows(wind, begun, 0, longest, lang)
        if sources is not None:
            marks = hv.Points(np.asarray(sources, float)[:, :2] / 1000, [x, y])
            layer = layer * marks.opts(marker="x", size=9, color=theme.ACCENT, line_width=2)
        frames[clock(time)] = layer
    fullest = int((values > SHOWN * top).sum(axis=(1, 2)).argmax())  # the first hours may be blank
    return _slider(frames, field, _("Mean concentration"), lang, clock(field["time"].to_numpy()[fullest]))


def _slider(
    frames: dict[pd.Timestamp, Any],
    data: xr.Dataset,
    title: str,
    lang: str,
    first: pd.Timestamp | None = None,
) -> Any:
    hv = holoviews()
    shown = hours_slider(frames, lang, first)
    low = {name: float(data[name].min()) / 1000 for name in ("x", "y")}
    high = {name: float(data[name].max()) / 1000 for name in ("x", "y")}
    return shown.opts(
        hv.opts.Image(**_frame(data), xlim=(low["x"], high["x"]), ylim=(low["y"], high["y"]), title=title),
        hv.opts.Overlay(**_frame(data), xlim=(low["x"], high["x"]), ylim=(low["y"], high["y"]), title=title),
    )
