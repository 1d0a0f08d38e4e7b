"""The city map: districts as vector base, cells coloured by a layer, stations, and what is selected.

Bokeh models are used directly: an hour's raster is one small array, so moving through time sends some 140 kB and
changes nothing else. Coordinates are EPSG:4547 [m]; there are no tiles, so nothing is asked from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, cast

import numpy as np
import pandas as pd
from bokeh.core.properties import value
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
from gzeco_lib.views.markup import text
from gzeco_lib.views.words import Translate

__all__ = ["CityMap", "Scale", "legend"]

HEIGHT = 540


@dataclass(frozen=True)
class Scale:
    """How a layer's values become colours.

    Attributes:
        title: what the colours say, with its unit in `unit`.
        colours: from low to high; for ``classes`` one colour a class.
        low, high: values at both ends (classes: numbers of the first and the last class).
        classes: names of the classes, empty for a continuous scale.
        decimals: of the figures in the legend and on hover.
    """

    title: str
    unit: str
    colours: tuple[str, ...]
    low: float
    high: float
    classes: tuple[str, ...] = field(default_factory=tuple)
    decimals: int = 0

    def colour(self, value: float) -> str:
        """The colour of ``value``; neutral where it is missing."""
        if value is None or not np.isfinite(value):
            return theme.MISSING
        if self.classes:
            return self.colours[int(np.clip(value - self.low, 0, len(self.colours) - 1))]
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.colours[int(np.clip(share * len(self.colours), 0, len(self.colours) - 1))]


def legend(scale: Scale, missing: str) -> str:
    """The legend of ``scale`` as HTML: classes with their names, or a ramp with figures and unit."""
    title = f'<span class="title">{text(scale.title)}{f" [{text(scale.unit)}]" if scale.unit else ""}</span>'
    none = f'<span class="step"><i style="background:{theme.MISSING}"></i>{text(missing)}</span>'
    if scale.classes:
        steps = "".join(
            f'<span class="step"><i style="background:{c}"></i>{text(n)}</span>'
            for c, n in zip(scale.colours, scale.classes, strict=True)
        )
        return f'<div class="legend">{title}<span class="steps">{steps}{none}</span></div>'
    stops = ",".join(
        f"{c} {100 * i / len(scale.colours):.1f}% {100 * (i + 1) / len(scale.colours):.1f}%"
        for i, c in enumerate(scale.colours)
    )
    ticks = "".join(
        f"<span>{theme.number(v, scale.decimals)}</span>" for v in np.linspace(scale.low, scale.high, 4)
    )
    return (
        f'<div class="legend">{title}<span class="ramp">'
        f'<div class="bar" style="background:linear-gradient(90deg,{stops})">'
        f'</div><div class="ticks">{ticks}</div></span>{none}</div>'
    )


@cache
def _districts() -> dict[str, list[Any]]:
    """Borders of the districts as Bokeh multi-polygons in EPSG:4547, with a point for the name."""
    from gzeco_lib.geo.coords import to_plane
    from gzeco_lib.geo.districts import outlines

    def ring(coordinates: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        lon, lat = np.asarray(coordinates)[:, :2].T
        x, y = to_plane(lon, lat)
        return np.round(x), np.round(y)

    columns: dict[str, list[Any]] = {k: [] for k in ("adcode", "zh", "en", "xs", "ys")}
    for row in outlines(200.0).itertuples():
        parts = getattr(row.geometry, "geoms", [row.geometry])
        rings = [[ring(r.coords) for r in (part.exterior, *part.interiors)] for part in parts]
        columns["adcode"].append(row.adcode)
        columns["zh"].append(row.name_zh)
        columns["en"].append(row.name_en)
        columns["xs"].append([[x for x, _ in part] for part in rings])
        columns["ys"].append([[y for _, y in part] for part in rings])
    return columns


@lru_cache(maxsize=4)
def _name_spots(stations: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """Where each district's name stands [m]: inside it, clear of stations and of the names already placed."""
    import shapely

    base = _districts()
    taken = [np.array(stations, dtype=float).reshape(-1, 2)]
    spots = []
    for xs, ys in zip(base["xs"], base["ys"], strict=True):
        largest = max(range(len(xs)), key=lambda i: len(xs[i][0]))
        shape = shapely.Polygon(np.column_stack([xs[largest][0], ys[largest][0]]))
        shapely.prepare(shape)
        west, south, east, north = shape.bounds
        grid = np.stack(
            np.meshgrid(np.linspace(west, east, 24), np.linspace(south, north, 24)), axis=-1
        ).reshape(-1, 2)
        inside = grid[shapely.contains_xy(shape, grid[:, 0], grid[:, 1])]
        # A name is some four times as wide as high: distances across count a quarter.
        gaps = (inside[:, None, :] - np.concatenate(taken)[None]) / np.array([2.5, 1.0])
        nearest = np.minimum(np.hypot(gaps[..., 0], gaps[..., 1]).min(axis=1, initial=6000.0), 6000.0)
        off_centre = np.hypot(*(inside - np.array([shape.centroid.x, shape.centroid.y])).T)
        spot = inside[int(np.argmax(nearest - 0.2 * off_centre))]
        taken.append(spot[None])
        spots.append((float(spot[0]), float(spot[1])))
    return spots


class CityMap:
    """One map of one session: set a raster, points and a selection; a click calls ``on_select(kind, key)``."""

    def __init__(
        self, _: Translate, lang: str, dark: bool, on_select: Callable[[str, str], None], unit: str = ""
    ) -> None:
        self._ = _
        self.lang = lang
        base = _districts()
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
        self.mapper = LinearColorMapper(
            palette=["#FFFFFF"], low=0, high=1, nan_color="rgba(0,0,0,0)", name="layer"
        )
        self.figure = self._figure()
        self._draw()
        self.paint(dark)
        self.points.selected.on_change("indices", lambda _attr, _old, new: self._tapped(new, on_select))

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
        image = plot.image(
            "image", source=self.raster, x="x", y="y", dw="dw", dh="dh", color_mapper=self.mapper, alpha=0.88
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
        self._stations = plot.scatter(
            "x",
            "y",
            source=self.points,
            size=12,
            fill_color="colour",
            line_color="#FFFFFF",
            line_width=1.5,
            nonselection_fill_alpha=1,
            nonselection_line_alpha=1,
        )
        self._rims = plot.scatter(
            "x",
            "y",
            source=self.points,
            size=14,
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
        self._ring.glyph.line_color = g.ink
        # The raster is light or strong in both modes, so its names stay dark on a light edge.
        self._names.glyph.text_color = theme.LIGHT.ink
        self._edges.glyph.text_color = self._edges.glyph.text_outline_color = "rgba(255, 255, 255, 0.7)"

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
        """Show stations: columns key, name, lon, lat, colour, hover (HTML that is already escaped)."""
        from gzeco_lib.geo.coords import to_plane

        x, y = to_plane(points["lon"].to_numpy(), points["lat"].to_numpy())
        spots = _name_spots(tuple(zip(np.round(x, -1).tolist(), np.round(y, -1).tolist(), strict=True)))
        self.names.data = {
            "x": [spot[0] for spot in spots],
            "y": [spot[1] for spot in spots],
            "name": self.districts.data["name"],
        }
        shown: Any = {"x": x, "y": y} | {c: points[c].tolist() for c in ("key", "name", "colour", "hover")}
        self.points.data = shown

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
    return {c: [] for c in ("x", "y", "key", "name", "colour", "hover")}
