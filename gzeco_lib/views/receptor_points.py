"""Views of all raw points behind a receptor plot, drawn by datashader: ten thousand to millions of hours at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.methods.receptor.frame import prepare
from gzeco_lib.views import theme
from gzeco_lib.views.jupyter import WIDE, holoviews, pollutant_label, shades
from gzeco_lib.views.receptor import framed, rings
from gzeco_lib.views.words import DEFAULT_LANGUAGE, words

PIXELS = 50  # along each side of the compass: wide enough that rounded speeds leave no empty rings
STRETCHES, LEVELS = 310, 110  # pixels of a series
JITTER = 5.0  # directions rounded to 10 degrees are spread over their sector [deg]


def wind_points(
    frame: pd.DataFrame, pollutant: str, unit: str = "ug m-3", lang: str = DEFAULT_LANGUAGE, *, statistic: str = "mean",
    ws: str = "ws", wd: str = "wd", dynamic: bool = True, seed: int = 0,
) -> Any:  # fmt: skip
    """Every hour at its wind, a pixel coloured by the mean (or highest value, or number) of the hours in it.

    Args:
        frame: columns ``ws``, ``wd``, ``pollutant``.
        pollutant: its column.
        unit: of it.
        lang: language of the labels.
        statistic: of a pixel: ``mean``, ``max`` or ``count``.
        ws: column of the wind speed [m s-1].
        wd: column of the wind direction [deg, from].
        dynamic: drawn anew at every zoom, which needs a running kernel; else once.
        seed: of the spread of rounded directions within their sector.
    """
    import datashader as ds
    from holoviews.operation.datashader import rasterize

    hv = holoviews()
    _ = words(lang)
    data = prepare(frame, [pollutant], ws, wd, need_time=False).dropna()
    direction = data["wd"].to_numpy()
    if not np.any(direction % 10):
        direction = direction + np.random.default_rng(seed).uniform(-JITTER, JITTER, len(direction))
    angle = np.deg2rad(direction)
    placed = pd.DataFrame(
        {"u": data["ws"] * np.sin(angle), "v": data["ws"] * np.cos(angle), "value": data[pollutant]}
    )
    kdims = [
        hv.Dimension("u", label=_("from the east"), unit="m/s"),
        hv.Dimension("v", label=_("from the north"), unit="m/s"),
    ]
    label = _("Hours") if statistic == "count" else pollutant_label(pollutant, unit, lang)
    points = hv.Points(placed, kdims, hv.Dimension("value", label=label))
    reduce = {"mean": ds.mean("value"), "max": ds.max("value"), "count": ds.count()}[statistic]
    radius = float(data["ws"].max())
    image = rasterize(
        points,
        aggregator=reduce,
        dynamic=dynamic,
        width=PIXELS,
        height=PIXELS,
        x_range=(-radius, radius),
        y_range=(-radius, radius),
    )
    top = float(np.nanpercentile(placed["value"], 99))
    image = image.opts(
        hv.opts.Image(
            cmap=shades(),
            colorbar=True,
            clabel=_("h") if statistic == "count" else theme.unit(unit),
            tools=["hover"],
            **({"cnorm": "eq_hist"} if statistic == "count" else {"clim": (0.0, top)}),
        )
    )
    title = _("{label}, {hours} hours").format(label=label, hours=f"{len(placed):,}")
    return framed(hv, image * rings(hv, radius, lang, "m/s"), radius, title)


def series(
    frame: pd.DataFrame,
    pollutant: str,
    unit: str = "ug m-3",
    lang: str = DEFAULT_LANGUAGE,
    *,
    dynamic: bool = True,
) -> Any:
    """The whole series as a density of its line: how often the hours of each stretch lay at each level.

    Args:
        frame: series on a time axis.
        pollutant: its column.
        unit: of it.
        lang: language of the labels.
        dynamic: drawn anew at every zoom, which needs a running kernel; else once.
    """
    import datashader as ds
    from holoviews.operation.datashader import rasterize

    hv = holoviews()
    _ = words(lang)
    data = prepare(frame, [pollutant])[[pollutant]].reset_index()
    value = hv.Dimension(pollutant, label=pollutant_label(pollutant, unit, lang))
    points = hv.Points(data.dropna(), [hv.Dimension("time", label=_("Time")), value])
    image = rasterize(points, aggregator=ds.count(), dynamic=dynamic, width=STRETCHES, height=LEVELS)
    return image.opts(
        hv.opts.Image(
            cmap=shades()[24:],
            cnorm="eq_hist",
            colorbar=False,
            frame_width=WIDE,
            frame_height=220,
            clipping_colors={"min": "transparent", "NaN": "transparent"},
            tools=["hover"],
            title=_("{label}, {hours} hours").format(label=str(value.label), hours=f"{len(data):,}"),
        )
    )
