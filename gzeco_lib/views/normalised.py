"""Views of weather normalisation: the series with and without weather, a measure's effect, and its placebos."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.methods.normalisation import Effect
from gzeco_lib.views import theme
from gzeco_lib.views.jupyter import NARROW, holoviews, pollutant_label
from gzeco_lib.views.words import DEFAULT_LANGUAGE, words

WIDTH, HEIGHT = 720, 280


def _site(data: xr.Dataset, site: str | None) -> xr.Dataset:
    return data.isel(site=0) if site is None else data.sel(site=site)


def series(
    found: xr.Dataset, lang: str = DEFAULT_LANGUAGE, site: str | None = None, smooth: int = 7, unit: str = ""
) -> Any:
    """Observed and normalised daily concentration of a site.

    Args:
        found: what `normalise` gives.
        lang: language of the labels.
        site: the first where None.
        smooth: days of a running mean of the observed series.
        unit: of the concentration, where the data set does not say it.
    """
    hv, _ = holoviews(), words(lang)
    one = _site(found, site)
    variable = str(found.attrs["variable"])
    label = pollutant_label(variable, str(found["normalised"].attrs.get("units", unit)), lang)
    time, value = hv.Dimension("time", label=_("Day")), hv.Dimension("value", label=label)
    days = one["time"].to_numpy()
    observed = one["observed"].to_series().rolling(smooth, center=True, min_periods=1).mean()
    said = _("Observed, {days}-day mean").format(days=smooth)
    view = hv.Curve((days, observed.to_numpy()), time, value, label=said).opts(
        color=theme.MISSING, line_width=1
    )
    if "low" in one:
        band = (days, one["low"].to_numpy(), one["high"].to_numpy())
        view = view * hv.Area(band, time, [value, "high"]).opts(
            color=theme.ACCENT, fill_alpha=0.25, line_alpha=0
        )
    middle = hv.Curve((days, one["normalised"].to_numpy()), time, value, label=_("In average weather"))
    title = f"{label} · {one['site'].item()} · " + _(
        "error on unseen fortnights {share} below climatology's"
    ).format(share=theme.percent(1 - float(one["rmse"] / one["rmse_climatology"])))
    return (view * middle.opts(color=theme.ACCENT, line_width=2, tools=["hover"])).opts(
        width=WIDTH, height=HEIGHT, title=title, legend_position="top_right"
    )


def effect(found: Effect, label: str, lang: str = DEFAULT_LANGUAGE, site: str | None = None) -> Any:
    """Observed days after a measure beside what they would have been without it, with the interval of the level.

    Args:
        found: what `counterfactual` gives.
        label: of the concentration with its unit.
        lang: language of the labels.
        site: the first where None.
    """
    hv, _ = holoviews(), words(lang)
    one = _site(found.daily, site)
    row = found.effects.loc[one["site"].item()]
    time, value = hv.Dimension("time", label=_("Day")), hv.Dimension("value", label=label)
    days = one["time"].to_numpy()
    band = hv.Area((days, one["low"].to_numpy(), one["high"].to_numpy()), time, [value, "high"])
    expected = hv.Curve(
        (days, one["expected"].to_numpy()), time, value, label=_("Expected without the measure")
    )
    observed = hv.Curve((days, one["observed"].to_numpy()), time, value, label=_("Observed"))
    title = f"{one['site'].item()} · " + _("change {change} % ({low} to {high} %)").format(
        **{name: theme.number(float(row[name]), 1, signed=True) for name in ("change", "low", "high")}
    )
    return (
        band.opts(color=theme.LIGHT.muted, fill_alpha=0.2, line_alpha=0)
        * expected.opts(color=theme.LIGHT.muted, line_width=2)
        * observed.opts(color=theme.ACCENT, line_width=2, tools=["hover"])
    ).opts(width=WIDTH, height=HEIGHT, title=title, legend_position="top_right")


def placebos(found: Effect, lang: str = DEFAULT_LANGUAGE, site: str | None = None) -> Any:
    """Changes that the method sees in windows where no measure began, beside the measure's own.

    Args:
        found: what `counterfactual` gives.
        lang: language of the labels.
        site: the first where None.
    """
    hv, _ = holoviews(), words(lang)
    name = str(found.placebos.columns[0]) if site is None else site
    shown = 100 * np.expm1(found.placebos[name].dropna())
    row = found.effects.loc[name]
    time = hv.Dimension("time", label=_("Start of the window"))
    change = hv.Dimension("change", label=_("Change"), unit="%")
    starts = pd.DatetimeIndex(shown.index)
    measure = pd.DatetimeIndex([found.daily["time"].to_numpy().min()])
    points = hv.Scatter((starts, shown.to_numpy()), time, change, label=_("No measure"))
    bars = hv.ErrorBars(
        (measure, [row["change"]], [row["change"] - row["low"]], [row["high"] - row["change"]]),
        time,
        [change, "below", "above"],
    )
    own = hv.Scatter((measure, [row["change"]]), time, change, label=_("Measure"))
    return (
        points.opts(color=theme.LIGHT.muted, size=8, tools=["hover"])
        * bars
        * own.opts(color=theme.ACCENT, size=10, tools=["hover"])
        * hv.HLine(0).opts(color=theme.LIGHT.line, line_width=1)
    ).opts(
        width=WIDTH,
        height=HEIGHT,
        title=_("The measure beside windows without one"),
        padding=0.08,
        legend_position="bottom_left",
    )


def dependence(curve: pd.DataFrame, label: str, lang: str = DEFAULT_LANGUAGE, across: str = "") -> Any:
    """Concentration as one predictor runs over its range, the others as they were.

    Args:
        curve: what `partial_dependence` gives.
        label: of the concentration with its unit.
        lang: language of the labels.
        across: the predictor with its unit; its column where none is given.
    """
    hv, _ = holoviews(), words(lang)
    named = across or str(curve.index.name)
    predictor = hv.Dimension("predictor", label=named)
    value = hv.Dimension("value", label=label)
    at = curve.index.to_numpy()
    band = hv.Area((at, curve["low"].to_numpy(), curve["high"].to_numpy()), predictor, [value, "high"])
    return (
        band.opts(color=theme.ACCENT, fill_alpha=0.2, line_alpha=0)
        * hv.Curve((at, curve["mean"].to_numpy()), predictor, value).opts(
            color=theme.ACCENT, line_width=2, tools=["hover"]
        )
    ).opts(
        frame_width=NARROW,
        height=HEIGHT,
        title=_("Dependence on {name}").format(name=named.split(" [")[0]),
        show_legend=False,
    )
