"""The city map: districts as vector base, cells coloured by a layer, stations, and what is selected.

Bokeh models are used directly: an hour's raster is one small array, so moving through time sends some 140 kB and
changes nothing else. Coordinates are EPSG:4547 [m]; there are no tiles, so nothing is asked from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
from bokeh.core.properties import value
from bokeh.events import Tap
from bokeh.models import (
    BoxZoomTool,
    ColumnDataSource,
    DataRange1d,
    HoverTool,
    LinearColorMapper,
    PanTool,
    ResetTool,
    TapTool,
    WheelZoomTool,
)
from bokeh.plotting import figure
from numpy.typing import NDArray

from gzeco_lib.views import theme
from gzeco_lib.views.map_base import districts, name_spots
from gzeco_lib.views.scale import Scale, legend
from gzeco_lib.views.words import Translate

__all__ = ["CityMap", "Scale", "legend"]

HEIGHT = 540
ALPHA = 0.88  # of the cells, so that borders and land show through


class CityMap:
    """One map of one session: set a raster, points and a selection.

    Args:
        on_select: is called with ("station", key) for a click on a point.
        on_place: is called with x and y [m] of a click anywhere.
    """

    def __init__(
        self,
        _: Translate,
        lang: str,
        dark: bool,
        on_select: Callable[[str, str], None],
        on_place: Callable[[float, float], None] | None = None,
    ) -> None:
        self._ = _
        self.lang = lang
        base = districts()
        self.districts = ColumnDataSource(
            {"xs": base["xs"], "ys": base["ys"], "adcode": base["adcode"], "name": base[lang]},
            name="districts",
        )
        self.names = ColumnDataSource({"x": [], "y": [], "name": []}, name="district_names")
        self.raster = ColumnDataSource(
            {"image": [], "value": [], "x": [], "y": [], "dw": [], "dh": []}, name="raster"
        )
        self.points = ColumnDataSource(_no_points(), name="stations")
        self.chosen = ColumnDataSource({"xs": [], "ys": []}, name="chosen_district")
        self.ring = ColumnDataSource({"x": [], "y": []}, name="chosen_point")
        self.square = ColumnDataSource({"x": [], "y": [], "size": []}, name="chosen_cell")
        self.view = ColumnDataSource({"x0": [], "x1": [], "y0": [], "y1": []}, name="map_view")
        self.mapper = LinearColorMapper(
            palette=["#FFFFFF"], low=0, high=1, nan_color="rgba(0,0,0,0)", name="layer"
        )
        self.figure = self._figure()
        self._draw()
        self.paint(dark)
        self.points.selected.on_change("indices", lambda _attr, _old, new: self._tapped(new, on_select))
        if on_place is not None:
            self.figure.on_event(Tap, lambda event: on_place(float(event.x), float(event.y)))

    def _figure(self) -> Any:
        _ = self._
        tools = [
            PanTool(description=_("Move")),
            BoxZoomTool(description=_("Zoom into a box"), match_aspect=True),
            WheelZoomTool(description=_("Zoom with the wheel")),
            ResetTool(description=_("Whole city")),
        ]
        # Bokeh's type stubs know only some of the options of a figure.
        plot = cast(Any, figure)(
            height=HEIGHT,
            sizing_mode="stretch_width",
            match_aspect=True,
            tools=tools,
            toolbar_location="right",
            # Ranges that follow the data are the only ones Bokeh keeps in proportion; they follow the borders.
            x_range=DataRange1d(range_padding=0.03),
            y_range=DataRange1d(range_padding=0.03),
            x_axis_location=None,
            y_axis_location=None,
            outline_line_color=None,
            min_border=0,
            name="city_map",
            output_backend="canvas",
        )
        plot.grid.visible = False
        plot.toolbar.logo = None
        plot.toolbar.active_scroll = None  # the page scrolls; the wheel zooms once its tool is chosen
        return plot

    def _draw(self) -> None:
        plot = self.figure
        _ = self._
        self._land = plot.multi_polygons("xs", "ys", source=self.districts, line_color=None)
        plot.x_range.renderers = plot.y_range.renderers = [self._land]
        self._view = plot.quad("x0", "x1", "y1", "y0", source=self.view, fill_alpha=0, line_alpha=0)
        self._hatch = plot.multi_polygons(
            "xs",
            "ys",
            source=self.districts,
            fill_alpha=0,
            line_color=None,
            hatch_pattern="right_diagonal_line",
            hatch_scale=7,
            hatch_weight=0.7,
            visible=False,
        )
        self.image = image = plot.image(
            "image", source=self.raster, x="x", y="y", dw="dw", dh="dh", color_mapper=self.mapper, alpha=ALPHA
        )
        self._borders = plot.multi_polygons(
            "xs", "ys", source=self.districts, fill_color=None, line_width=1, line_join="round"
        )
        self._chosen = plot.multi_polygons(
            "xs", "ys", source=self.chosen, fill_color=None, line_width=3, line_join="round"
        )
        # Names twice: a soft edge below, the letters above, so that they read on any colour.
        name: dict[str, Any] = {
            "text": "name",
            "source": self.names,
            "text_align": "center",
            "text_baseline": "middle",
            "text_font_size": "12px",
            "text_font": value(theme.FONT_FAMILY),
        }
        self._edges = plot.text("x", "y", text_outline_width=4, **name)
        self._names = plot.text("x", "y", **name)
        self._ring = plot.scatter("x", "y", source=self.ring, size=22, fill_color=None, line_width=3)
        self._square = plot.rect(
            "x", "y", "size", "size", source=self.square, fill_color=None, line_width=2.5
        )
        self._stations = plot.scatter(
            "x",
            "y",
            marker="marker",
            source=self.points,
            size="size",
            fill_color="colour",
            line_color="#FFFFFF",
            line_width=1.5,
            nonselection_fill_alpha=1,
            nonselection_line_alpha=1,
        )
        self._rims = plot.scatter(
            "x",
            "y",
            marker="marker",
            source=self.points,
            size="rim",
            fill_color=None,
            line_color="#17222B",
            line_width=0.8,
            nonselection_line_alpha=1,
        )
        self.cell_hover = HoverTool(
            renderers=[image], tooltips=[], description=_("Show values"), visible=False
        )
        self.point_hover = HoverTool(
            renderers=[self._stations],
            visible=False,
            attachment="above",
            tooltips="<div style='font-size:13px;max-width:260px'><b style='font-weight:400;font-size:14px'>@name</b>"
            "<br>@hover{safe}</div>",
        )
        plot.add_tools(self.cell_hover, self.point_hover, TapTool(renderers=[self._stations], visible=False))

    def paint(self, dark: bool) -> None:
        """Neutral colours of the light or the dark mode."""
        g = theme.ground(dark)
        self._land.glyph.fill_color = g.land
        self._borders.glyph.line_color = "#5F6F7B" if not dark else "#8494A0"
        self._chosen.glyph.line_color = g.ink
        self._ring.glyph.line_color = self._square.glyph.line_color = g.ink
        self._hatch.glyph.hatch_color = g.muted
        # Names stand on the raster and on bare land: letters in the mode's ink, on an edge of its opposite.
        edge = "rgba(16, 23, 29, 0.72)" if dark else "rgba(255, 255, 255, 0.7)"
        self._names.glyph.text_color = g.ink
        self._edges.glyph.text_color = self._edges.glyph.text_outline_color = edge

    def show_raster(
        self,
        values: NDArray[Any],
        shown: NDArray[Any],
        x: NDArray[Any],
        y: NDArray[Any],
        scale: Scale,
        told: str,
    ) -> None:
        """Show the cells ``values`` (y, x), NaN outside; hovering tells the figures ``shown``, called ``told``."""
        step_x, step_y = float(x[1] - x[0]), float(y[1] - y[0])
        rows = slice(None) if step_y > 0 else slice(None, None, -1)
        decimals = "0" if scale.decimals == 0 else "0." + "0" * scale.decimals
        self.image.visible = True
        self.mapper.update(
            palette=list(scale.colours),
            low=scale.low - (0.5 if scale.classes else 0),
            high=scale.high + (0.5 if scale.classes else 0),
        )
        self.cell_hover.tooltips = [(told, f"@value{{{decimals}}} {scale.unit}")]
        self.raster.data = {
            "image": [np.asarray(values[rows], dtype=np.float32)],
            "value": [np.asarray(shown[rows], dtype=np.float32)],
            "x": [float(x.min()) - abs(step_x) / 2],
            "y": [float(y.min()) - abs(step_y) / 2],
            "dw": [abs(step_x) * len(x)],
            "dh": [abs(step_y) * len(y)],
        }

    def show_points(self, points: pd.DataFrame) -> None:
        """Show points: columns key, name, lon, lat, colour, hover (HTML that is already escaped); where they differ
        also marker (Bokeh's name of a form) and size [px]."""
        from gzeco_lib.geo.coords import to_plane

        x, y = to_plane(points["lon"].to_numpy(dtype=float), points["lat"].to_numpy(dtype=float))
        spots = name_spots(tuple(zip(np.round(x, -1).tolist(), np.round(y, -1).tolist(), strict=True)))
        self.names.data = {
            "x": [spot[0] for spot in spots],
            "y": [spot[1] for spot in spots],
            "name": self.districts.data["name"],
        }
        size = points["size"].to_numpy(dtype=float) if "size" in points else np.full(len(points), 12.0)
        shown: Any = {"x": x, "y": y} | {c: points[c].tolist() for c in ("key", "name", "colour", "hover")}
        shown |= {
            "marker": points["marker"].tolist() if "marker" in points else ["circle"] * len(points),
            "size": size,
            "rim": size + 2,
        }
        self.points.data = shown

    def hide_raster(self) -> None:
        """Show no cells: the land alone."""
        self.image.visible = False

    def hatch(self, unknown: bool) -> None:
        """Whether places without a value are hatched, as on a map where "not known" is an answer."""
        self._hatch.visible = unknown
        # Cells must cover the hatch entirely: what shines through would look like doubt.
        self.image.glyph.global_alpha = 1.0 if unknown else ALPHA

    def look_at(self, bounds: tuple[float, float, float, float] | None) -> None:
        """Show the rectangle west, south, east, north [m]; None for the whole city."""
        plot = self.figure
        if bounds is None:
            plot.x_range.renderers = plot.y_range.renderers = [self._land]
            return
        west, south, east, north = bounds
        self.view.data = {"x0": [west], "x1": [east], "y0": [south], "y1": [north]}
        plot.x_range.renderers = plot.y_range.renderers = [self._view]

    def outline(self, cell: tuple[float, float, float] | None) -> None:
        """Outline a cell: x and y of its centre and its edge [m]; None for none."""
        x, y, size = ([], [], []) if cell is None else ([cell[0]], [cell[1]], [cell[2]])
        self.square.data = {"x": x, "y": y, "size": size}

    def select(self, kind: str, key: str, place: tuple[float, float] | None = None) -> None:
        """Mark the district (``kind`` "district", ``key`` its adcode) or the point at ``place`` (lon, lat)."""
        chosen = [
            i for i, code in enumerate(self.districts.data["adcode"]) if kind == "district" and code == key
        ]
        self.chosen.data = {c: [self.districts.data[c][i] for i in chosen] for c in ("xs", "ys")}
        if place is None:
            self.ring.data = {"x": [], "y": []}
            return
        from gzeco_lib.geo.coords import to_plane

        x, y = to_plane([place[0]], [place[1]])
        self.ring.data = {"x": list(x), "y": list(y)}

    def _tapped(self, indices: Sequence[int], on_select: Callable[[str, str], None]) -> None:
        if indices:
            key = self.points.data["key"][indices[0]]
            self.points.selected.indices = []
            on_select("station", key)


def _no_points() -> Any:
    return {c: [] for c in ("x", "y", "key", "name", "colour", "hover", "marker", "size", "rim")}
