"""The part of a page that holds a map: its title, its controls, the legend, and the hours it can be moved through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import panel as pn

from gzeco_lib.views import theme
from gzeco_lib.views.components import TimeBar
from gzeco_lib.views.layout import heading_markup, html, surface, toolbar
from gzeco_lib.views.maps import CityMap
from gzeco_lib.views.words import Translate


class MapPart:
    """A map with what belongs to it, for one session.

    Args:
        on_select: is called with ("station", key) for a click on a point.
        on_place: is called with x and y [m] of a click anywhere.
        controls: lines of controls under the title.
        below: what stands under the legend.
        hours: whether there is a bar of hours.
    """

    def __init__(
        self,
        _: Translate,
        lang: str,
        dark: bool,
        on_select: Callable[[str, str], None],
        on_place: Callable[[float, float], None] | None = None,
        controls: Sequence[Any] = (),
        below: Sequence[Any] = (),
        hours: bool = True,
    ) -> None:
        self._ = _
        self.map = CityMap(_, lang, dark, on_select, on_place)
        self.title, self.legend = html(""), html("")
        self.hours = TimeBar(
            words={"hour": _("Hour"), "play": _("Play"), "pause": _("Pause")},
            sizing_mode="stretch_width",
            margin=0,
        )
        bar = [self.hours] if hours else []
        lines = [toolbar(item) for item in controls]
        pane = pn.pane.Bokeh(self.map.figure, sizing_mode="stretch_width", margin=0)
        self.view = surface(self.title, *lines, pane, self.legend, *bar, *below)

    def paint(self, dark: bool) -> None:
        """Colours of the light or the dark mode."""
        self.map.paint(dark)

    def head(self, title: str, sub: str, legend: str) -> None:
        """Title, what stands beside it, and the legend's HTML."""
        self.title.object = heading_markup(title, sub)
        self.legend.object = legend

    def scale_hours(
        self, times: Sequence[pd.Timestamp], colours: Sequence[str], notes: Sequence[str], value: int
    ) -> None:
        """The hours (UTC) of the bar, the colour and the note of each, and the one shown."""
        local = [pd.Timestamp(t).tz_convert(theme.ZONE) for t in times]
        every = 6 if len(local) <= 36 else 12
        self.hours.param.update(
            labels=[f"{t:%m-%d %H:%M}" for t in local],
            colours=list(colours),
            notes=list(notes),
            value=value,
            ticks=[[i, f"{t:%H:%M}"] for i, t in enumerate(local) if t.hour % every == 0],
        )
