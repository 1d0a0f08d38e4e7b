"""How good a forecast is and why it says what it says: HoloViews views and sentences for scientists in Jupyter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.forecast.explain import BECAUSE, reasons
from gzeco_lib.views import theme
from gzeco_lib.views.jupyter import holoviews
from gzeco_lib.views.words import DEFAULT_LANGUAGE, words

GROUP_NAMES = {
    "recent": N_("Last hours"),
    "day": N_("Course of the day"),
    "neighbours": N_("Other stations"),
    "pollutants": N_("Other pollutants"),
    "weather": N_("Weather"),
    "calendar": N_("Calendar"),
}
SENTENCES = {
    "above": N_(
        "{variable} at {time} is expected {amount} {unit} above the usual for this hour ({usual} {unit})"
    ),
    "below": N_(
        "{variable} at {time} is expected {amount} {unit} below the usual for this hour ({usual} {unit})"
    ),
    "usual": N_("{variable} at {time} is expected near the usual for this hour ({usual} {unit})"),
    "unknown": N_("{variable} at {time} cannot be forecast here"),
}
SHOWN = ("persistence", "yesterday", "linear", "boosting")
COLOURS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#D55E00",
    "#56B4E9",
)  # Okabe and Ito: told apart by anyone


def _described(variable: str, lang: str) -> tuple[str, str]:
    """Name and unit of a variable; its own code and no unit where the dictionary does not know it."""
    from gzeco_lib.variables import get

    try:
        found = get(variable)
    except InputError:
        return variable, ""
    return (found.name_zh if lang == "zh" else found.name_en), theme.unit(found.unit)


def skill_by_lead(result: dict[str, Any], lang: str = DEFAULT_LANGUAGE) -> Any:
    """Mean absolute error of the members and of the combination by lead.

    Args:
        result: ``BacktestResult.to_dict()`` or the JSON of ``gzeco backtest``.
        lang: language of the labels.

    Returns:
        A ``holoviews.Overlay`` of curves.
    """
    hv, _ = holoviews(), words(lang)
    name, unit = _described(result["variable"], lang)
    lead = hv.Dimension("lead", label=_("Lead"), unit="h")
    error = hv.Dimension("mae", label=_("Mean absolute error"), unit=unit or None)
    labels = {
        "persistence": _("Last measured value"), "yesterday": _("Same hour yesterday"), "linear": _("Linear"),
        "boosting": _("Trees"),
    }  # fmt: skip
    curves = [
        hv.Curve((result["leads"], result["members"][member]["mae"]), lead, error, label=labels[member]).opts(
            color=colour, line_width=1.5, line_dash="dashed" if member in SHOWN[:2] else "solid"
        )
        for member, colour in zip(SHOWN, COLOURS[1:], strict=False)
        if member in result["members"]
    ]
    chosen = hv.Curve((result["leads"], result["chosen"]["mae"]), lead, error, label=_("Combination"))
    curves.append(chosen.opts(color=COLOURS[0], line_width=3, tools=["hover"]))
    title = _("{variable}: error by lead, {origins} forecasts").format(
        variable=name, origins=result["origins"]
    )
    return hv.Overlay(curves).opts(
        hv.opts.Overlay(title=title, responsive=True, height=320, legend_position="right", show_grid=True)
    )


def coverage_by_lead(result: dict[str, Any], lang: str = DEFAULT_LANGUAGE) -> Any:
    """Share of the hours that lay inside the 80 % band, by lead, beside the range 77 to 83 %."""
    hv, _ = holoviews(), words(lang)
    name, _unit = _described(result["variable"], lang)
    lead = hv.Dimension("lead", label=_("Lead"), unit="h")
    share = hv.Dimension("share", label=_("Share inside the 80 % band"), unit="%")
    inside = 100 * np.array(result["chosen"]["coverage80"], float)
    band = hv.HSpan(77, 83).opts(color=theme.LIGHT.muted, alpha=0.2)
    curve = hv.Curve((result["leads"], inside), lead, share).opts(
        color=COLOURS[0], line_width=3, tools=["hover"]
    )
    title = _("{variable}: coverage of the 80 % band").format(variable=name)
    # An overlay takes its axes from the first layer, and the span has no names for them.
    return (band * curve).opts(
        hv.opts.Overlay(
            title=title, xlabel=lead.pprint_label, ylabel=share.pprint_label, ylim=(60, 100),
            responsive=True, height=260, show_grid=True,
        )
    )  # fmt: skip


def reliability(result: dict[str, Any], category: int, lang: str = DEFAULT_LANGUAGE) -> Any:
    """How often an hour was of ``category`` or worse, against the probability told; the diagonal is what is wanted.

    Raises:
        InputError: the result has no probabilities of that category.
    """
    hv, _ = holoviews(), words(lang)
    if str(category) not in result["grades"]:
        raise InputError(
            N_("the back-test has no probabilities of category {category}"), "category",
            N_("name one of: {near}"), category=category, near=", ".join(result["grades"]) or "-",
        )  # fmt: skip
    found = result["grades"][str(category)]
    frame = pd.DataFrame(found["reliability"]).dropna()
    frame = (frame * [100, 100, 1]).rename(columns={"told": "x", "came": "y"})
    told = hv.Dimension("x", label=_("Probability told"), unit="%", range=(0, 100))
    came = hv.Dimension("y", label=_("Share that came"), unit="%", range=(0, 100))
    cases = hv.Dimension("cases", label=_("Cases"))
    wanted = hv.Curve(([0, 100], [0, 100]), told, came).opts(color=theme.LIGHT.muted, line_dash="dashed")
    line = hv.Curve(frame, told, came).opts(color=COLOURS[0])
    dots = hv.Points(frame, [told, came], cases).opts(color=COLOURS[0], size=8, tools=["hover"])
    name, unit = _described(result["variable"], lang)
    title = _("{variable} above {limit} {unit}: told and come").format(
        variable=name, limit=f"{found['limit']:g}", unit=unit
    )
    return (wanted * line * dots).opts(hv.opts.Overlay(title=title, width=420, height=380, show_grid=True))


def contribution_bars(of: xr.Dataset, site: str, lang: str = DEFAULT_LANGUAGE) -> Any:
    """What makes the forecast of a station depart from the usual, hour by hour, as stacked bars.

    Args:
        of: as ``methods.forecast.explain.contributions`` gives it.
        site: one of its stations.
        lang: language of the labels.

    Returns:
        A ``holoviews.Bars``, stacked by group.

    Raises:
        InputError: no such station.
    """
    hv, _ = holoviews(), words(lang)
    here = _at(of, site)
    name, unit = _described(str(of.attrs["variable"]), lang)
    frame = here["contribution"].to_dataframe().reset_index()[["lead", "group", "contribution"]]
    frame["group"] = [_(GROUP_NAMES[g]) for g in frame["group"]]
    lead = hv.Dimension("lead", label=_("Lead"), unit="h")
    group = hv.Dimension("group", label=_("Because of"), values=[_(n) for n in GROUP_NAMES.values()])
    part = hv.Dimension("contribution", label=_("Departure from the usual"), unit=unit or None)
    title = _("{variable} at {site}: why it departs from the usual").format(variable=name, site=site)
    return hv.Bars(frame, [lead, group], part).opts(
        stacked=True, cmap=list(COLOURS), title=title, responsive=True, height=340, legend_position="right",
        tools=["hover"], show_grid=True,
    )  # fmt: skip


def _at(of: xr.Dataset, site: str) -> xr.Dataset:
    if site not in of["site"].to_numpy():
        raise InputError(
            N_("no station {site} in the forecast"), "site", N_("name one of: {near}"), site=site,
            near=", ".join(map(str, of["site"].to_numpy()[:5])),
        )  # fmt: skip
    return of.sel(site=site)


def sentence(
    of: xr.Dataset, lead: int, site: str, lang: str = DEFAULT_LANGUAGE, zone: str = "Asia/Shanghai"
) -> str:
    """One sentence: how far the forecast lies from the usual for the hour, and what says so.

    Args:
        of: as ``methods.forecast.explain.contributions`` gives it.
        lead: [h].
        site: one of its stations.
        lang: language.
        zone: of the time that is told.

    Raises:
        InputError: no such station.
    """
    _ = words(lang)
    here = _at(of, site).sel(lead=lead)
    kind, groups, departure = reasons(of, lead, site)
    name, unit = _described(str(of.attrs["variable"]), lang)
    time = pd.Timestamp(here["time"].item()).tz_localize("UTC").tz_convert(zone)
    text = _(SENTENCES[kind]).format(
        variable=name, time=f"{time:%H:%M}", unit=unit, amount=_digits(abs(departure)),
        usual=_digits(float(here["usual"])),
    )  # fmt: skip
    if groups:
        because = _(" and ").join(_(BECAUSE[g]) for g in groups)
        text += _(", mostly because of {reasons}").format(reasons=because)
    return _("{text}.").format(text=text)


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"
