"""Why a forecast is what it is: its departure from the usual for the hour, as a sum over groups of causes.

The usual is the diurnal expectation (the member *climatology*). Each member's departure is split: the linear member's
by its terms, the trees' by TreeSHAP (Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9; LightGBM's ``pred_contrib``),
persistence's into what the hour of origin departs and what the usual changes till the target, the others' as wholes;
the parts are added with the weights of the league. Anomalies add up in square roots; (e + a)^2 - e^2 = a (2 e + a)
makes each part of a one of the concentration, so that the parts sum to the forecast minus the usual exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import xarray as xr

from gzeco_lib.errors import N_
from gzeco_lib.methods.forecast import boosting, linear
from gzeco_lib.methods.forecast.baselines import expectation
from gzeco_lib.methods.forecast.design import Anomalies, linear_design, linear_groups
from gzeco_lib.methods.forecast.forecaster import Forecaster, Moment, checked_leads
from gzeco_lib.methods.forecast.groups import GROUPS, group_of
from gzeco_lib.methods.forecast.league import back
from gzeco_lib.methods.forecast.panel import HORIZON, HOUR, Array
from gzeco_lib.methods.forecast.training import chosen

OF_MEMBER = {
    "yesterday": "day", "climatology": "day", "statespace": "recent", "prophet": "day",
}  # fmt: skip
LITTLE = 0.05  # share of the usual below which there is no departure to speak of
NAMED = 2  # groups a sentence names

BECAUSE = {
    "recent": N_("the level of the last hours at the station"),
    "day": N_("the course of the day"),
    "neighbours": N_("the other stations"),
    "pollutants": N_("the other pollutants"),
    "weather": N_("the weather"),
    "calendar": N_("the calendar (weekday, holiday, season)"),
}


def contributions(
    forecaster: Forecaster,
    data: xr.Dataset,
    origin: Any,
    leads: Iterable[int] = range(1, HORIZON + 1),
    future: xr.Dataset | None = None,
) -> xr.Dataset:
    """The forecast from ``origin`` split into the usual and the parts of what departs from it.

    Args:
        data, origin, leads, future: as ``Forecaster.predict`` takes them.

    Returns:
        dims (group, lead, site): ``contribution`` [unit of the data]; ``usual`` and ``value`` (lead, site), where
        ``usual + contribution.sum("group") == value``; coords ``time`` (lead). Groups: ``GROUPS``.

    Raises:
        InputError: as ``Forecaster.predict``.
    """
    steps = checked_leads(leads)
    now = forecaster.at(data, origin, steps, future)
    of, rows = now.of, now.rows
    expected = expectation(of, rows, steps)[0]
    usual = back(expected)
    weight = _present(now, forecaster.fitted.members, forecaster.fitted.weight[steps - 1])
    parts = np.zeros((len(GROUPS), *usual.shape))
    for name, share in weight.items():
        parts += share * _of_member(name, now, steps, expected, usual, forecaster)
    value = chosen(forecaster.fitted, now.point, steps)[0]
    parts[GROUPS.index("recent")] += value - usual - parts.sum(axis=0)  # rounding to the instrument's step
    axes = ("lead", "site")
    return xr.Dataset(
        {
            "contribution": (("group", *axes), parts.swapaxes(1, 2)),
            "usual": (axes, usual.T), "value": (axes, value.T),
        },
        coords={
            "group": list(GROUPS), "lead": steps, "site": list(of.panel.sites),
            "time": ("lead", of.panel.time[-1] + steps * HOUR),
        },
        attrs={"variable": forecaster.variable, "origin": str(of.panel.time[-1])[:19]},
    )  # fmt: skip


def _present(now: Moment, members: tuple[str, ...], weight: Array) -> dict[str, Array]:
    """Share (S, H) of each member in the combination, as `weights.blended` gives it where some are missing."""
    share = {
        name: np.where(np.isfinite(now.members[name][0]), np.maximum(weight[:, k], 1e-6), 0.0)
        for k, name in enumerate(members)
        if name in now.members
    }
    total = np.maximum(np.sum(list(share.values()), axis=0), 1e-12)
    return {name: part / total for name, part in share.items()}


def _of_member(
    name: str, now: Moment, leads: Array, expected: Array, usual: Array, forecaster: Forecaster
) -> Array:
    """Parts (G, S, H) [canonical unit] of one member's departure from the usual."""
    value = np.nan_to_num(now.members[name][0] - usual)
    parts = np.zeros((len(GROUPS), *usual.shape))
    if name in OF_MEMBER:
        parts[GROUPS.index(OF_MEMBER[name])] = value
        return parts
    if name == "persistence":
        today = np.nan_to_num(back(now.of.expected[now.rows[0]])[:, None] - usual)
        parts[GROUPS.index("recent")], parts[GROUPS.index("day")] = value - today, today
        return parts
    parts = _linear(now.of, now.learned.coefficients[:, leads - 1], now.rows)
    if name == "boosting" and now.columns is not None and now.learned.trees is not None:
        parts += _trees(now.columns, now.learned.trees, now.rows, leads, parts.sum(axis=0))
    anomaly = parts.sum(axis=0)
    slope = np.where(
        np.abs(anomaly) > 1e-9, value / np.where(np.abs(anomaly) > 1e-9, anomaly, 1.0), 2 * expected
    )
    return parts * slope


def _linear(of: Anomalies, coefficients: Array, rows: Array) -> Array:
    """Parts (G, S, H) of the linear anomaly [transformed unit]; its constant belongs to the course of the day."""
    design = linear_design(of, rows)[0].astype(float)
    groups = np.array(linear_groups(of))
    parts = np.stack([linear.applied(np.vstack([
        np.where((groups == group)[:, None], coefficients[:-1], 0.0), np.zeros(coefficients.shape[1])
    ]), design) for group in GROUPS])  # fmt: skip
    parts[GROUPS.index("day")] += coefficients[-1]
    return parts


def _trees(
    columns: boosting.TreeColumns, trees: boosting.Grown, rows: Array, leads: Array, fitted: Array
) -> Array:
    """Parts (G, S, H) of what the trees add [transformed unit]; what they make of the linear anomaly is recent."""
    sites, count = fitted.shape
    origin, site, lead = (x.ravel() for x in np.meshgrid(rows, np.arange(sites), leads, indexing="ij"))
    predictors = boosting.tree_rows(columns, origin, site, lead, fitted.ravel())
    shares = np.asarray(boosting.booster(trees.text).predict(predictors, pred_contrib=True, num_threads=1))
    parts = np.zeros((len(GROUPS), len(shares)))
    for column, group in enumerate(
        (*boosting.tree_groups(columns), "day")
    ):  # the last is the mean of the trees
        parts[GROUPS.index(group)] += shares[:, column]
    return parts.reshape(len(GROUPS), sites, count) * trees.scale[leads - 1]


def reasons(of: xr.Dataset, lead: int, site: str) -> tuple[str, list[str], float]:
    """How the forecast lies beside the usual, and the groups that say most of it.

    Args:
        of: as ``contributions`` gives it.

    Returns:
        ``"above"``, ``"below"`` or ``"usual"``; at most two groups whose part has the sign of the departure and is at
        least a fifth of it, largest first; the departure [unit].
    """
    here = of.sel(lead=lead, site=site)
    departure, usual = float(here["value"] - here["usual"]), float(here["usual"])
    if not np.isfinite(departure):
        return "unknown", [], np.nan
    if abs(departure) < LITTLE * max(usual, 1e-9):
        return "usual", [], departure
    parts = here["contribution"].to_series() * np.sign(departure)
    telling = parts[parts >= 0.2 * abs(departure)].sort_values(ascending=False)
    return ("above" if departure > 0 else "below"), [str(g) for g in telling.index[:NAMED]], departure


__all__ = ["BECAUSE", "GROUPS", "contributions", "group_of", "reasons"]
