"""The linear member: ridge regression of the anomaly at each lead on the predictors at the origin.

Hoerl and Kennard 1970, doi:10.1080/00401706.1970.10488634. One solution serves all leads. With stations of one city
moving together the independent cases are days, not rows, which is why the penalty is a fixed share of the variance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gzeco_lib.methods.forecast.panel import Array

PENALTY = (
    0.02  # of each standardised predictor's variance; flat optimum between 0.003 and 0.03 on the design folds
)


@dataclass(frozen=True)
class Moments:
    """Sums over rows from which a ridge follows; those of two periods add up.

    Shapes: ``gram`` (P+1, P+1) and ``cross`` (P+1, H) with a constant last; ``count`` (H,) rows with a target,
    ``rows`` all.
    """

    gram: Array
    cross: Array
    count: Array
    rows: int

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.gram + other.gram, self.cross + other.cross, self.count + other.count, self.rows + other.rows
        )


def moments(design: Array, target: Array) -> Moments:
    """Moments of predictors (N, P) and targets (N, H); a missing target counts as not being there."""
    x = np.concatenate([design, np.ones((len(design), 1), design.dtype)], axis=1)
    known = np.isfinite(target)
    y = np.where(known, target, 0.0).astype(design.dtype)
    return Moments((x.T @ x).astype(float), (x.T @ y).astype(float), known.sum(axis=0).astype(float), len(x))


def ridge(of: Moments, penalty: float = PENALTY) -> Array:
    """Coefficients (P+1, H), the constant last.

    Targets are missing at random as far as the predictors go, so that one Gram matrix, scaled by the share of targets
    there are, serves all leads.
    """
    rows = max(of.rows, 1)
    mean = of.gram[-1, :-1] / rows
    spread = np.maximum(np.diag(of.gram)[:-1] / rows - mean**2, 0.0)
    system = of.gram / rows
    # A predictor that never varied has no coefficient.
    system[np.arange(len(spread)), np.arange(len(spread))] += penalty * spread + np.where(
        spread < 1e-8, 1.0, 0.0
    )
    # The penalty is on departures from the mean: centre, solve, and give the constant back.
    inner = system[:-1, :-1] - np.outer(mean, mean)
    y_mean = of.cross[-1] / np.maximum(of.count, 1)
    right = of.cross[:-1] / np.maximum(of.count, 1) - np.outer(mean, y_mean)
    slope = np.linalg.solve(inner + 1e-9 * np.eye(len(inner)), right)
    return np.concatenate([slope, (y_mean - mean @ slope)[None]], axis=0)


def applied(coefficients: Array, design: Array) -> Array:
    """Anomalies (..., H) from predictors (..., P)."""
    return design @ coefficients[:-1].astype(design.dtype) + coefficients[-1].astype(design.dtype)
