"""Views of a source inversion: how probable each candidate is, where a source lies, what it emitted, what stays unseen.

Each gives its data back (``view.data`` of its parts). No view names a source without its probability.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gzeco_lib.methods.inversion import UNKNOWN, Answer, Located
from gzeco_lib.views import theme
from gzeco_lib.views.jupyter import holoviews
from gzeco_lib.views.words import DEFAULT_LANGUAGE, words


def candidate_bars(answer: Answer, lang: str = DEFAULT_LANGUAGE) -> Any:
    """Posterior probability of every candidate, the unknown source and "nothing" among them, beside the prior."""
    hv, _ = holoviews(), words(lang)
    named = [(_("Unknown source") if c.name == UNKNOWN else c.name, c.probability, c.prior) for c in answer]
    named.append((_("No source"), answer.none, np.nan))
    name = hv.Dimension("name", label=_("Candidate"))
    value = hv.Dimension("probability", label=_("Probability"), range=(0, 1))
    bars = hv.Bars([(n, p) for n, p, _prior in named], name, value).opts(
        color=theme.ACCENT, tools=["hover"], responsive=True, height=280
    )
    before = hv.Scatter(
        [(n, p) for n, _p, p in named if np.isfinite(p)], name, value, label=_("Before")
    ).opts(marker="dash", size=26, color=theme.LIGHT.muted)
    return (bars * before).opts(title=_("Probability that it emitted"))


def position_map(
    found: Located, monitors: ArrayLike, true: ArrayLike | None = None, lang: str = DEFAULT_LANGUAGE
) -> Any:
    """Sources found with their 90 % regions among the monitors; true places where they are known."""
    hv, _ = holoviews(), words(lang)
    east, north = hv.Dimension("x", label=_("East"), unit="m"), hv.Dimension("y", label=_("North"), unit="m")
    points = np.atleast_2d(np.asarray(monitors, float))[:, :2]
    layers = [
        hv.Points(points, [east, north], label=_("Monitors")).opts(
            marker="triangle", size=8, color=theme.LIGHT.muted
        )
    ]
    for source in range(len(found.rates)):
        layers.append(
            hv.Path([found.outline(source)], [east, north], label=_("90 % region")).opts(
                color=theme.ACCENT, line_width=2
            )
        )
    layers.append(hv.Points(found.xy, [east, north], label=_("Found")).opts(size=9, color=theme.ACCENT))
    if true is not None:
        layers.append(
            hv.Points(np.atleast_2d(np.asarray(true, float)), [east, north], label=_("True place")).opts(
                marker="x", size=12, line_width=3, color=theme.LIGHT.ink
            )
        )
    return hv.Overlay(layers).opts(
        title=_("Where the sources lie"), data_aspect=1, frame_width=460, legend_position="right"
    )


def unknown_map(draws: Any, box: ArrayLike, lang: str = DEFAULT_LANGUAGE, cells: int = 40) -> Any:
    """Posterior density over ``box`` of where the source not on the list lies, weighed by whether it emits."""
    hv, _ = holoviews(), words(lang)
    weight = draws["member"].sel(candidate=UNKNOWN).to_numpy() + 1e-12
    share, x, y = np.histogram2d(
        draws["x"].to_numpy(),
        draws["y"].to_numpy(),
        cells,
        range=np.asarray(box, float),
        weights=weight / weight.sum(),
    )
    east, north = hv.Dimension("x", label=_("East"), unit="m"), hv.Dimension("y", label=_("North"), unit="m")
    value = hv.Dimension("share", label=_("Probability"))
    return hv.Image(((x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2, share.T), [east, north], value).opts(
        cmap=list(theme.SEQUENTIAL), colorbar=True, data_aspect=1, frame_width=420, tools=["hover"],
        title=_("Where an unknown source would lie"),
    )  # fmt: skip


def rate_by_time(
    draws: Any, candidate: str, times: ArrayLike, level: float = 0.95, lang: str = DEFAULT_LANGUAGE
) -> Any:
    """Rate of a candidate from time to time with its interval, from a posterior with hourly rates."""
    hv, _ = holoviews(), words(lang)
    chosen = draws["hourly"].sel(candidate=candidate)
    lo, middle, hi = np.quantile(chosen.to_numpy(), [0.5 - level / 2, 0.5, 0.5 + level / 2], axis=0)
    time = hv.Dimension("time", label=_("Time"))
    rate = hv.Dimension("rate", label=_("Emission rate"), unit="g/s")
    band = hv.Area((times, lo, hi), time, [rate, "hi"]).opts(color=theme.ACCENT, fill_alpha=0.2, line_alpha=0)
    line = hv.Curve((times, middle), time, rate).opts(color=theme.ACCENT, tools=["hover"])
    return (band * line).opts(responsive=True, height=280, title=_("Emission rate and its interval"))


def unseen_map(
    places: ArrayLike, detectable: ArrayLike, monitors: ArrayLike, lang: str = DEFAULT_LANGUAGE
) -> Any:
    """Smallest rate the monitors would have seen at each place of a grid; blank where no wind blew to a monitor."""
    hv, _ = holoviews(), words(lang)
    xy, rate = np.asarray(places, float), np.asarray(detectable, float)
    frame = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "rate": np.where(np.isfinite(rate), rate, np.nan)})
    table = frame.pivot(index="y", columns="x", values="rate")
    east, north = hv.Dimension("x", label=_("East"), unit="m"), hv.Dimension("y", label=_("North"), unit="m")
    value = hv.Dimension("rate", label=_("Detectable rate"), unit="g/s")
    image = hv.Image(
        (table.columns.to_numpy(), table.index.to_numpy(), table.to_numpy()), [east, north], value
    ).opts(
        cmap=list(theme.SEQUENTIAL), logz=True, colorbar=True, data_aspect=1, frame_width=420, tools=["hover"]
    )
    points = np.atleast_2d(np.asarray(monitors, float))[:, :2]
    return (
        image * hv.Points(points, [east, north]).opts(marker="triangle", size=8, color=theme.LIGHT.ink)
    ).opts(title=_("What the monitors would have seen"))
