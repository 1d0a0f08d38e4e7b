"""The league: all members fitted on a past, and their forecasts side by side for many origins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gzeco_lib.methods.forecast import baselines, boosting, linear
from gzeco_lib.methods.forecast.design import Anomalies, linear_design, targets
from gzeco_lib.methods.forecast.panel import HORIZON, Array
from gzeco_lib.methods.forecast.prophet_member import Weekly, weekly_forecast
from gzeco_lib.methods.forecast.state_space import state_forecast

LEADS = np.arange(1, HORIZON + 1)
MEMBERS = ("persistence", "yesterday", "climatology", "linear", "boosting", "statespace", "prophet")
LEAGUE = tuple(name for name in MEMBERS if name != "statespace")  # who plays unless others are named
CHUNK = 200  # origins handled at once


@dataclass(frozen=True)
class Learned:
    """What the learning members keep: coefficients (P+1, 24), tree model text, Prophet's weeks, parameters of the
    state space; None where out."""

    coefficients: Array
    trees: boosting.Grown | None
    weekly: Weekly | None
    states: Array | None = None


def back(anomaly: Array) -> Array:
    """Transformed unit back to the canonical unit; never negative."""
    return np.maximum(anomaly, 0.0) ** 2


def fit_trees(
    columns: boosting.TreeColumns, coefficients: Array, design: Array, rows: Array, stop: int, seed: int = 1
) -> boosting.Grown | None:
    """Trees on what the linear member leaves over at origins ``rows`` whose targets lie before ``stop``.

    ``design`` (len(rows), S, P) belongs to ``rows``; each (origin, site) is drawn with a random lead.
    """
    draw = np.random.default_rng(seed)
    usable = np.flatnonzero(rows + HORIZON < stop)
    sites = design.shape[1]
    days = (stop - int(rows[0])) / 24
    size = boosting.grown(boosting.ROWS, days)
    row = draw.choice(usable, size)
    site = draw.integers(0, sites, size)
    lead = draw.integers(1, HORIZON + 1, size)
    origin = rows[row]
    raw = columns.of.raw
    slope = coefficients[:-1, lead - 1].T
    fitted = np.einsum("np,np->n", design[row, site], slope.astype(np.float32)) + coefficients[-1, lead - 1]
    left_over = raw[origin + lead, site] - fitted
    known = np.isfinite(left_over)
    predictors = boosting.tree_rows(columns, origin[known], site[known], lead[known], fitted[known])
    if days < boosting.SEASONAL:
        predictors[:, boosting.SEASON] = 0.0
    return boosting.fit_trees(predictors, left_over[known], lead[known], days)


def _boosted(
    columns: boosting.TreeColumns, trees: boosting.Grown, rows: Array, leads: Array, fitted: Array
) -> Array:
    """Linear anomaly plus the trees' share: (len(rows), S, len(leads))."""
    model = boosting.booster(trees.text)
    sites = fitted.shape[1]
    out = np.empty_like(fitted)
    for start in range(0, len(rows), CHUNK):
        cut = slice(start, start + CHUNK)
        origin, site, lead = (
            x.ravel() for x in np.meshgrid(rows[cut], np.arange(sites), leads, indexing="ij")
        )
        predictors = boosting.tree_rows(columns, origin, site, lead, fitted[cut].ravel())
        share = np.asarray(model.predict(predictors, num_threads=1)).reshape(fitted[cut].shape)
        out[cut] = fitted[cut] + share * trees.scale[leads - 1]
    return out


def forecasts(
    of: Anomalies,
    columns: boosting.TreeColumns | None,
    learned: Learned,
    rows: Array,
    leads: Array = LEADS,
    design: Array | None = None,
) -> dict[str, Array]:
    """Forecasts of each member at origins ``rows``: (len(rows), S, len(leads)) [canonical unit], NaN where none."""
    if design is None:
        design = linear_design(of, rows)
    expected = baselines.expectation(of, rows, leads)
    fitted = linear.applied(learned.coefficients[:, leads - 1], design).astype(float)
    out = {
        "persistence": baselines.persistence(of.panel, rows, leads),
        "yesterday": baselines.yesterday(of.panel, rows, leads),
        "climatology": back(expected),
        "linear": back(expected + fitted),
    }
    if learned.trees is not None and columns is not None:
        out["boosting"] = back(expected + _boosted(columns, learned.trees, rows, leads, fitted))
    if learned.states is not None:
        out["statespace"] = back(expected + state_forecast(of, learned.states, rows, leads))
    if learned.weekly is not None:
        out["prophet"] = back(weekly_forecast(learned.weekly, of.panel, rows, leads))
    return out


def observed(of: Anomalies, rows: Array, leads: Array = LEADS) -> Array:
    """What came: (len(rows), S, len(leads)) [canonical unit], NaN where not observed or after the panel's end."""
    hours, sites = of.panel.y.shape
    padded = np.full((hours + int(leads.max()), sites), np.nan)
    padded[:hours] = of.panel.y
    return np.moveaxis(padded[rows[:, None] + leads[None, :]], 1, 2)


def design_moments(
    of: Anomalies, design: Array, rows: Array, first: int, stop: int, known_to: int
) -> linear.Moments:
    """Moments over origins ``first`` <= t < ``stop`` with targets before ``known_to``."""
    chosen = (rows >= first) & (rows < stop)
    target = targets(of, rows[chosen], LEADS)
    late = rows[chosen][:, None] + LEADS[None, :] >= known_to
    target = np.where(late[:, None, :], np.nan, target)
    predictors = design[chosen].reshape(-1, design.shape[2])
    return linear.moments(predictors, target.reshape(-1, len(LEADS)))
