"""What the views for Jupyter share: HoloViews started offline, the axes of a map, colours, and a slider's clock.

Figures are HoloViews objects on Bokeh. Their scripts come with the notebook itself, so that a notebook and the HTML
that nbconvert makes of it show their figures on a machine without a network.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.views import theme
from gzeco_lib.views.words import words

NARROW, WIDE = 290, 620  # frames of one of two figures in a row, and of one alone [px]
# Upright type (Chinese has no italics), titles that fit their figure, dates without month names of one language.
LOOKS = {
    "attrs": {
        "Title": {"text_font_size": "11pt"},
        "Axis": {"axis_label_text_font_style": "normal", "axis_label_text_font_size": "10pt"},
        "BaseColorBar": {"title_text_font_style": "normal", "title_text_font_size": "9pt"},
        "Legend": {"label_text_font_size": "9pt", "background_fill_alpha": 0.8},
    }
}

_begun: list[Any] = []  # one a process: the kernel that has sent its page the scripts


def start() -> None:
    """Send the scripts of the figures to the page; a notebook calls it in its first cell."""
    import holoviews as hv
    from bokeh.themes import Theme
    from panel import config
    from panel.viewable import Viewable

    hv.extension("bokeh", inline=True, logo=False)
    hv.renderer("bokeh").theme = Theme(json=LOOKS)
    config.console_output = "disable"  # type: ignore[misc]  # else every figure sends an empty output
    if _inlined not in Viewable._preprocessing_hooks:
        Viewable._preprocessing_hooks.append(_inlined)
    hv.output(widget_location="bottom")  # beside a figure it would be cut off
    _begun[:] = [hv]


def _inlined(_view: Any, root: Any, *_changed: Any) -> None:
    """Put the style sheets of a figure into it; Panel names them by an address of the network."""
    from bokeh.models.ui import UIElement
    from panel.io.notebook import patch_inline_stylesheets

    for model in root.select({"type": UIElement}):
        patch_inline_stylesheets(model, root.document)


def holoviews() -> Any:
    """HoloViews, started if no cell has done so."""
    if not _begun:
        start()
    return _begun[0]


def shades(number: int = 256) -> list[str]:
    """The sequential scale of the theme in ``number`` steps."""
    from bokeh.palettes import interp_palette

    return list(interp_palette(theme.SEQUENTIAL, number))


def plane_axes(lang: str) -> list[Any]:
    """The two dimensions of a map in kilometres of the plane."""
    hv, _ = holoviews(), words(lang)
    return [hv.Dimension("x", label=_("East"), unit="km"), hv.Dimension("y", label=_("North"), unit="km")]


def clock(moment: np.datetime64) -> pd.Timestamp:
    """Beijing time, without a zone, of a moment of UTC without one."""
    return pd.Timestamp(moment, tz="UTC").tz_convert(theme.ZONE).tz_localize(None)


def hours_slider(frames: dict[pd.Timestamp, Any], lang: str, first: pd.Timestamp | None = None) -> Any:
    """Figures by `clock` time behind one slider; ``first`` is the one shown at first, else the earliest."""
    hv, _ = holoviews(), words(lang)
    time = hv.Dimension(
        "time", label=_("Beijing time"), value_format=lambda at: f"{at:%m-%d %H:%M}", default=first
    )
    return hv.HoloMap(frames, kdims=[time])


def pollutant_label(name: str, unit: str, lang: str) -> str:
    """The pollutant as the dictionary of variables names it where it knows it, with its unit."""
    from gzeco_lib.variables import find

    found = find(name)
    said = name if found is None else (found.name_zh if lang == "zh" else found.name_en)
    return f"{said} [{theme.unit(unit)}]" if unit else said
