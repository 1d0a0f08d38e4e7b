"""Fitting: rolling origins inside the training period decide weights and intervals, then all of it is learned from.

The last weeks are cut into folds. For each fold the members learn from what was known before it and forecast it;
these forecasts, none of which saw its target, give the weights of the league and the errors the intervals come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.forecast import boosting, intervals, linear, readings, tracking, weights
from gzeco_lib.methods.forecast.design import Anomalies, anomalies, first_hour, linear_design
from gzeco_lib.methods.forecast.league import (
    LEADS,
    Learned,
    back,
    design_moments,
    fit_trees,
    forecasts,
    observed,
)
from gzeco_lib.methods.forecast.panel import HORIZON, Array, Panel
from gzeco_lib.methods.forecast.prophet_member import fit_weekly
from gzeco_lib.methods.forecast.state_space import fit_states

LEAST_DAYS = 14
WARM_UP = 7 * 24  # h before the first training origin, so that there is an expectation to depart from
ROW_LIMIT = 180_000  # (origin, site) pairs learned from; more origins than that are thinned evenly
EVERY = 3  # h between validation origins
TRIED = 8  # stations on which Prophet is tried in validation
FOLDS = 6
PULL = (
    0.02,
    0.003,
)  # of the weights to equal ones, on a short record and on a long one (days as for the trees)
ADMITTED = 0.005  # least gain in MAE for which Prophet is let in


@dataclass(frozen=True)
class Fitted:
    """Result of training, all that a forecast needs beside the recent hours.

    ``weight`` of the median and ``mean_weight`` of the mean (24, K) in the order of ``members``; ``table``
    (24, PARTS, L) of relative errors and ``factor`` (24, 2) it is read with; ``step`` [unit] of the
    readings and the leads (24,) that are ``rounded`` to it; ``normal`` day (24, S) [transformed unit].
    """

    learned: Learned
    members: tuple[str, ...]
    weight: Array
    mean_weight: Array
    table: Array
    factor: Array
    step: float
    rounded: Array
    normal: Array


@dataclass(frozen=True)
class Validation:
    """Forecasts at past origins: members (N, S, 24) by name, ``came`` alike, ``parts`` (N, 24), ``spread`` (N, S)."""

    members: dict[str, Array]
    came: Array
    parts: Array
    spread: Array


def folds(hours: int) -> list[tuple[int, int]]:
    """Validation spans [first, stop) in hours: up to six of two weeks, a third of the record, half of a short one."""
    length = int(min(14 * 24, (hours - WARM_UP) // 4))
    count = int(np.clip((hours - WARM_UP) // (3 * length), 1, FOLDS))
    return [(hours - length * (count - k), hours - length * (count - k - 1)) for k in range(count)]


@dataclass(frozen=True)
class Lent:
    """Trees of an earlier fit: those of its first fold, and the last ones."""

    early: boosting.Grown | None
    late: boosting.Grown | None


def train(panel: Panel, zone: str, country: str, members: tuple[str, ...], keep_all: bool = False) -> Fitted:
    """Fit the league on ``panel``; as ``train_again`` with nothing lent."""
    return train_again(panel, zone, country, members, keep_all, None)[0]


def train_again(
    panel: Panel, zone: str, country: str, members: tuple[str, ...], keep_all: bool, lent: Lent | None
) -> tuple[Fitted, Lent]:
    """Fit the league on ``panel``, growing trees anew only where none are lent.

    Args:
        keep_all: fit Prophet also where it earned no weight (a back-test shows it all the same).
        lent: trees of a fit on an earlier end of the same record; they have seen less, never more.

    Raises:
        InputError: less than two weeks of hours.
    """
    panel = panel.reported()
    hours, sites = panel.y.shape
    if hours < LEAST_DAYS * 24:
        raise InputError(
            N_("{days} days are too short a record to learn from"), "data", N_("give at least {least} days"),
            days=hours // 24, least=LEAST_DAYS,
        )  # fmt: skip
    of = anomalies(panel)
    step = max(1, -(-hours * sites // ROW_LIMIT))
    rows = np.arange(WARM_UP, hours, step)
    design = linear_design(of, rows)
    columns = boosting.tree_columns(of, zone, country) if "boosting" in members else None
    spans = folds(hours)
    validations, total, at = [], None, WARM_UP
    early = lent.early if lent else None
    states: Array | None = None
    for first, stop in spans:
        part = design_moments(of, design, rows, at, first - HORIZON, hours)
        total, at = part if total is None else total + part, first - HORIZON
        weekly = (
            fit_weekly(panel.until(first), TRIED) if "prophet" in members and first == spans[-1][0] else None
        )
        coefficients = linear.ridge(total)
        if "statespace" in members and states is None:
            states = fit_states(of.raw[:first])
        if columns is not None and early is None:  # those of the first fold judge all folds: half the cost
            early = fit_trees(columns, coefficients, design, rows, first)
        validations.append(
            _validated(of, columns, Learned(coefficients, early, weekly, states), (first, stop))
        )
    pull = boosting.between(PULL, hours / 24)
    told = _told(validations, members, readings.step(panel.y), pull)
    total = total + design_moments(of, design, rows, at, hours, hours)  # type: ignore[operator]
    coefficients = linear.ridge(total)
    late = lent.late if lent else None
    if columns is not None and late is None:
        late = fit_trees(columns, coefficients, design, rows, hours)
    place = members.index("prophet") if "prophet" in members else None
    wanted = place is not None and (keep_all or bool((told["weight"][:, place] > 0).any()))
    weekly = fit_weekly(panel) if wanted else None
    states = None if states is None else fit_states(of.raw)
    learned = Learned(coefficients, late, weekly, states)
    return Fitted(learned, members, normal=_normal(of), **told), Lent(early, late)


def _validated(
    of: Anomalies, columns: boosting.TreeColumns | None, learned: Learned, span: tuple[int, int]
) -> Validation:
    rows = np.arange(span[0], span[1], EVERY)
    return Validation(
        forecasts(of, columns, learned, rows),
        observed(of, rows),
        intervals.part_of_day(of, rows, LEADS),
        intervals.spread(of, rows),
    )


def _stacked(of: Validation, members: tuple[str, ...]) -> Array:
    gap = np.full_like(of.came, np.nan)
    return np.stack([of.members.get(name, gap) for name in members], axis=-1)


def _told(
    validations: list[Validation], members: tuple[str, ...], step: float, pull: float
) -> dict[str, Any]:
    """Everything learned from the forecasts of the folds: the fields of ``Fitted`` between members and normal day."""
    came, parts, spread = (
        np.concatenate([getattr(v, n) for v in validations]) for n in ("came", "parts", "spread")
    )
    stacked = np.concatenate([_stacked(v, members) for v in validations])
    weight = _weights(validations, members, pull)
    point = weights.blended(stacked, weight)
    error = (np.sqrt(came) - np.sqrt(point)) / spread[:, :, None]
    table = intervals.error_table(error, parts)
    factor = tracking.follow(error, parts, table, LEADS, EVERY, np.ones((len(LEADS), 2)))[-1]
    mean_weight = _mean_weights(stacked, came, weight, pull)
    return {
        "weight": weight, "mean_weight": mean_weight, "table": table, "factor": factor,
        "step": step,
        "rounded": readings.rounding_helps(point, came, step),
    }  # fmt: skip


def _weights(validations: list[Validation], members: tuple[str, ...], pull: float) -> Array:
    """Weights (24, K); Prophet, which was fitted for the last fold only, is let in afterwards where it helps there."""
    plain = tuple(name for name in members if name != "prophet")
    if not plain:
        return np.ones((len(LEADS), 1))
    forecast = np.concatenate([_stacked(v, plain) for v in validations]).reshape(-1, len(LEADS), len(plain))
    came = np.concatenate([v.came for v in validations]).reshape(-1, len(LEADS))
    weight = weights.combination(forecast, came, pull)
    out = np.zeros((len(LEADS), len(members)))
    out[:, [members.index(name) for name in plain]] = weight
    if "prophet" in members:
        last = validations[-1]
        blend = weights.blended(_stacked(last, plain), weight)
        share = weights.admitted(blend, last.members["prophet"], last.came, ADMITTED)
        out *= 1 - share[:, None]
        out[:, members.index("prophet")] = share
    return out


def _mean_weights(stacked: Array, came: Array, weight: Array, pull: float) -> Array:
    """Weights (24, K) of least squares among the members that carry the median anywhere."""
    carrying = np.flatnonzero(weight.max(axis=0) > 0)
    whole = np.isfinite(stacked[..., carrying]).any(axis=(0, 1, 2))
    carrying = carrying[whole]
    flat = stacked[..., carrying].reshape(-1, len(LEADS), len(carrying))
    out = np.zeros_like(weight)
    out[:, carrying] = weights.combination(flat, came.reshape(-1, len(LEADS)), pull, squares=True)
    return out


def _normal(of: Anomalies) -> Array:
    """Last expectation by hour of day (UTC), (24, S), transformed unit: what is left to a site without recent past."""
    hours = len(of.panel.time)
    clock = (np.arange(hours, hours + 24) + first_hour(of.panel)) % 24
    out = np.empty((24, of.expected.shape[1]))
    out[clock] = of.expected[hours : hours + 24]
    return out


def _combined(fitted: Fitted, members: dict[str, Array], weight: Array) -> Array:
    gap = np.full_like(next(iter(members.values())), np.nan)
    return weights.blended(np.stack([members.get(name, gap) for name in fitted.members], axis=-1), weight)


def blend(fitted: Fitted, members: dict[str, Array], leads: Array) -> Array:
    """The combination (N, S, H) of the forecasts of the members: the median before it is rounded."""
    return _combined(fitted, members, fitted.weight[leads - 1])


def chosen(fitted: Fitted, point: Array, leads: Array) -> Array:
    """The forecast that is told (N, S, H): the combination ``point``, in steps of the readings where that is nearer."""
    return readings.to_step(point, fitted.step, fitted.rounded[leads - 1])


def mean(fitted: Fitted, members: dict[str, Array], leads: Array) -> Array:
    """The mean of the forecast (N, S, H) [canonical unit]: the combination that erred least in squares."""
    return _combined(fitted, members, fitted.mean_weight[leads - 1])


def factors(
    fitted: Fitted, of: Anomalies, point: Array, came: Array, rows: Array, leads: Array, every: int
) -> Array:
    """Factors (N + 1, H, 2) of the band at origins ``rows``, ``every`` hours apart, and at the one after them.

    Args:
        point, came: (N, S, H) combination and what came; an hour not yet come is never read.
    """
    error = (np.sqrt(came) - np.sqrt(point)) / intervals.spread(of, rows)[:, :, None]
    parts = intervals.part_of_day(of, rows, leads)
    return tracking.follow(error, parts, fitted.table, leads, every, fitted.factor[leads - 1])


def bands(
    fitted: Fitted, of: Anomalies, point: Array, rows: Array, leads: Array, quantiles: Array, factor: Array
) -> Array:
    """Quantiles (Q, N, S, H) [canonical unit] about the combination ``point`` (N, S, H).

    Args:
        factor: (N, H, 2) as ``factors`` gives it.
    """
    parts = intervals.part_of_day(of, rows, leads)
    table = intervals.at_levels(fitted.table, quantiles)  # (Q, 24, parts)
    relative = table[:, leads[None, :] - 1, parts]  # (Q, N, H)
    relative = relative * np.where(
        (quantiles < 0.5)[:, None, None], factor[None, ..., 0], factor[None, ..., 1]
    )
    spread = intervals.spread(of, rows)
    value = back(np.sqrt(point)[None] + relative[:, :, None, :] * spread[None, :, :, None])
    told = chosen(fitted, point, leads)[None]
    side = quantiles[:, None, None, None]
    return np.where(side < 0.5, np.minimum(value, told), np.where(side > 0.5, np.maximum(value, told), told))
