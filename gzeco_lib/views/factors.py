"""Views of a factorisation: profiles with their intervals, the course of the day, and how many factors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.methods.factorisation import Bootstrap, Displacement, Factors
from gzeco_lib.views import theme
from gzeco_lib.views.jupyter import NARROW, WIDE, holoviews
from gzeco_lib.views.words import DEFAULT_LANGUAGE, words

HEIGHT = 200  # of a frame


def species_name(code: str, lang: str) -> str:
    """The species as the dictionary of variables writes it, or as it is."""
    from gzeco_lib.variables import find

    found = find(code)
    return code if found is None else found.code


def profiles(
    found: Factors, lang: str = DEFAULT_LANGUAGE, sure: Bootstrap | Displacement | None = None
) -> Any:
    """Share of each species that each factor explains, with the interval where one is given.

    Args:
        found: the solution.
        lang: language of the labels.
        sure: its bootstrap or displacement.
    """
    hv, _ = holoviews(), words(lang)
    total = found.profiles.sum()
    names = [species_name(str(name), lang) for name in found.profiles.columns]
    species = hv.Dimension("species", label=_("Species"))
    share = hv.Dimension("share", label=_("Share of the species"), unit="%")
    views = []
    for row, factor in enumerate(found.profiles.index):
        value = (100 * found.profiles.loc[factor] / total).to_numpy()
        view = hv.Bars((names, value), species, share).opts(
            color=theme.OTHER[row % len(theme.OTHER)], tools=["hover"], alpha=0.8
        )
        if sure is not None:
            low, high = ((100 * table.loc[factor] / total).to_numpy() for table in (sure.low, sure.high))
            spread = (names, value, np.maximum(value - low, 0), np.maximum(high - value, 0))
            view = view * hv.ErrorBars(spread, species, [share, "below", "above"])
        top = float(np.nanmax(100 * (sure.high / total).to_numpy())) if sure is not None else 100.0
        views.append(
            view.opts(
                frame_width=NARROW,
                frame_height=HEIGHT,
                title=_("Factor {name}").format(name=factor),
                ylim=(0, max(100.0, 1.05 * top)),
            )
        )
    return hv.Layout(views).cols(2)


def course_of_day(found: Factors, lang: str = DEFAULT_LANGUAGE, zone: str = "Asia/Shanghai") -> Any:
    """Mean contribution of each factor by hour of the local day, relative to its mean.

    Args:
        found: a solution whose samples are hours in UTC.
        lang: language of the labels.
        zone: of the local clock.
    """
    hv, _ = holoviews(), words(lang)
    clock = pd.DatetimeIndex(found.contributions.index).tz_localize("UTC").tz_convert(zone)
    hourly = found.contributions.groupby(clock.hour).mean()
    hour = hv.Dimension("hour", label=_("Hour of the day"))
    size = hv.Dimension("contribution", label=_("Contribution relative to its mean"))
    curves = [
        hv.Curve((hourly.index.to_numpy(), hourly[name].to_numpy()), hour, size, label=str(name)).opts(
            color=theme.OTHER[row % len(theme.OTHER)], line_width=2, tools=["hover"]
        )
        for row, name in enumerate(hourly.columns)
    ]
    return hv.Overlay(curves).opts(
        frame_width=WIDE - 120,
        frame_height=240,
        title=_("Factors through the day"),
        legend_position="right",
        ylim=(0, None),
    )


def how_many(table: pd.DataFrame, lang: str = DEFAULT_LANGUAGE) -> Any:
    """Fit and error on values left out by number of factors; the suggested number is marked.

    Args:
        table: what `number_of_factors` gives.
        lang: language of the labels.
    """
    hv, _ = holoviews(), words(lang)
    number = hv.Dimension("factors", label=_("Number of factors"))
    ratio = hv.Dimension("q", label=_("Q / expected; mean loss of values left out"))
    fit = hv.Curve((table.index, table["q_ratio"]), number, ratio, label=_("Q / expected"))
    error = hv.Curve((table.index, table["held_out"]), number, ratio, label=_("Values left out"))
    best = int(np.flatnonzero(table["suggested"].to_numpy(bool))[0])
    mark = hv.VLine(float(table.index[best])).opts(color=theme.LIGHT.muted, line_dash="dashed", line_width=1)
    return (fit.opts(color=theme.LIGHT.muted) * error.opts(color=theme.ACCENT, line_width=2) * mark).opts(
        frame_width=WIDE - 120,
        frame_height=240,
        logy=True,
        xticks=[int(k) for k in table.index],
        xlim=(table.index.min() - 0.3, table.index.max() + 0.3),
        title=_("How many factors?"),
        legend_position="right",
    )
