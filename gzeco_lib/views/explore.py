"""Views for scientists in Jupyter: fields on the map and forecasts with their bands, as HoloViews and GeoViews objects.

They give their data back (``view.data``) and compose with ``*`` and ``+`` like any other. The base map is the
district shapes; nothing is asked from the network.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.geo.districts import outlines
from gzeco_lib.views import theme
from gzeco_lib.views.jupyter import holoviews, shades
from gzeco_lib.views.words import DEFAULT_LANGUAGE, words

# EPSG:4547, the plane the grids are computed in: Gauss-Krüger, central meridian 114 degrees east.
MERIDIAN, FALSE_EASTING = 114.0, 500_000.0


def _plane() -> Any:
    import cartopy.crs as ccrs

    return ccrs.TransverseMercator(central_longitude=MERIDIAN, false_easting=FALSE_EASTING, approx=False)


def field_map(field: xr.Dataset, name: str, lang: str = DEFAULT_LANGUAGE, **options: Any) -> Any:
    """The variable ``name`` of a field over (lead_h, y, x) on the districts, with a slider for the lead.

    Args:
        field: grid with coordinates ``x``, ``y`` in EPSG:4547 [m] and ``lead_h`` [h], as ``Outcome.fields`` holds.
        name: one of its data variables.
        lang: language of the labels.
        options: further options of the image.

    Returns:
        A ``holoviews.HoloMap`` of GeoViews overlays, one a lead.

    Raises:
        InputError: where the field has no such variable.
    """
    import geoviews as gv

    if name not in field.data_vars:
        raise InputError(
            N_("the field holds no variable {name}"),
            "field",
            N_("did you mean: {near}?"),
            name=name,
            near=near(name, [str(v) for v in field.data_vars]),
        )
    hv, _ = holoviews(), words(lang)
    gv.extension("bokeh", inline=True, logo=False)  # its scripts on top of those of HoloViews
    plane = _plane()
    shown = field[name].load()
    limits = (float(shown.min()), float(shown.max()))
    said = str(shown.attrs.get("long_name", name))
    said = _(said[:1].upper() + said[1:])
    label = f"{said} [{theme.unit(str(shown.attrs.get('units', '1')))}]"
    shapes = outlines().assign(name=lambda frame: frame[f"name_{lang}"])
    base = gv.Polygons(shapes[["name", "geometry"]], vdims=["name"], crs=gv.util.ccrs.PlateCarree())
    base = base.opts(fill_alpha=0, line_color=theme.LIGHT.muted, line_width=1)
    frames = {}
    for lead in shown["lead_h"].to_numpy():
        layer = shown.sel(lead_h=lead).drop_vars(["lon", "lat", "district", "time"], errors="ignore")
        image = gv.Image(
            layer.rename(name), kdims=["x", "y"], vdims=[hv.Dimension(name, label=label)], crs=plane
        )
        frames[int(lead)] = (
            image.opts(cmap=shades(), clim=limits, colorbar=True, tools=["hover"], **options) * base
        )
    kdim = hv.Dimension("lead_h", label=_("Lead"), unit="h")
    return hv.HoloMap(frames, kdims=[kdim]).opts(
        hv.opts.Overlay(
            projection=plane,
            xaxis=None,
            yaxis=None,
            frame_width=460,
            data_aspect=1,
            title=f"{said} · {{dimensions}}",
        )
    )


def forecast_bands(concentration: pd.DataFrame, variable: str, lang: str = DEFAULT_LANGUAGE) -> Any:
    """Past and forecast of one pollutant with its 80 % band, a drop-down for the station.

    Args:
        concentration: the table of that name of an outcome: time, lead_h, site, variable, value, lo, hi.
        variable: code of the pollutant.
        lang: language of the labels.

    Returns:
        A ``holoviews.HoloMap`` over sites; times are those of Asia/Shanghai.

    Raises:
        InputError: where the table holds no such variable.
    """
    from gzeco_lib.variables import get

    rows = concentration[concentration["variable"] == variable]
    if rows.empty:
        raise InputError(
            N_("the table holds no variable {name}"),
            "concentration",
            N_("did you mean: {near}?"),
            name=variable,
            near=near(variable, concentration["variable"].unique()),
        )
    hv, _ = holoviews(), words(lang)
    described = get(variable)
    value = hv.Dimension("value", label=described.name_zh if lang == "zh" else described.name_en)
    value = value.clone(unit=theme.unit(described.unit))
    time = hv.Dimension("time", label=_("Beijing time"))
    rows = rows.assign(time=rows["time"].dt.tz_convert("Asia/Shanghai").dt.tz_localize(None)).sort_values(
        "time"
    )
    frames = {}
    for site, part in rows.groupby("site", observed=True):
        ahead = part[part["lead_h"] >= 0]
        band = hv.Area((ahead["time"], ahead["lo"], ahead["hi"]), time, [value, "hi"]).opts(
            color=theme.ACCENT, fill_alpha=0.2, line_alpha=0
        )
        past = hv.Curve(part[part["lead_h"] <= 0], time, value, label=_("Observed")).opts(
            color=theme.LIGHT.ink
        )
        middle = hv.Curve(ahead, time, value, label=_("Forecast")).opts(color=theme.ACCENT, tools=["hover"])
        frames[str(site)] = band * past * middle
    return hv.HoloMap(frames, kdims=[hv.Dimension("site", label=_("Station"))]).opts(
        hv.opts.Overlay(
            responsive=True, height=280, legend_position="top_left", title=f"{value.label} · {{dimensions}}"
        )
    )
