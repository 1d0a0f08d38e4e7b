"""How sure a fit is: covariance of its parameters where the errors of the model go together.

The covariance ``H^-1`` of the weighted fit holds if the errors are what ``noise`` says: shared by a group, or alone.
Where they are not, two ways are taken, by how much the data can tell.

- Many times and many monitors: residuals that go together over time or at a monitor widen it by a two-way clustered
  sandwich ``H^-1 V H^-1`` (Cameron, Gelbach and Miller 2011, doi:10.1198/jbes.2010.07136). Errors of successive times
  go together as well (a plume that bends is late for an hour): their scores are added up with Bartlett's weights
  (Newey and West 1987, doi:10.2307/1913610; for panels Driscoll and Kraay 1998, doi:10.1162/003465398557825).
- Few of either, such as three arcs in one ten-minute period: the plume's shape errs, so neighbours along an arc err
  together. An error whose neighbours correlate with ``r``, measured on the residuals, acts on anything smooth as if
  its variance were ``(1 + r) / (1 - r)`` times as large (Bayley and Hammersley 1946, doi:10.2307/2983560).
"""

from __future__ import annotations

import numpy as np

CERTAIN_CORRELATION = 0.95  # r is taken no nearer to 1: a run of 30 samplers cannot tell more
LEVERAGE = (
    0.85  # share of a cluster's own weight that is allowed for: one alone would else decide the interval
)


def neighbours(residual: np.ndarray, starts: np.ndarray, position: np.ndarray) -> float:
    """Correlation of the residuals of neighbours, never below zero [1].

    Args:
        residual: over their standard deviation, sorted by group (observation,).
        starts: first row of each group.
        position: by which the observations of a group are put in order (observation,), such as a bearing.
    """
    both = squares = 0.0
    for begin, end in zip(starts, np.append(starts[1:], len(residual)), strict=True):
        row = residual[begin:end][np.argsort(position[begin:end], kind="stable")]
        both += float(row[1:] @ row[:-1])
        squares += float(row @ row) * (len(row) - 1) / len(row)
    return float(np.clip(both / squares, 0.0, CERTAIN_CORRELATION)) if squares > 0 else 0.0


def inflation(correlation: float) -> float:
    """By how much the variance of a mean grows where neighbours correlate [1]."""
    return (1.0 + correlation) / (1.0 - correlation)


def corrected(
    jacobian: np.ndarray, weighed: np.ndarray, scores: np.ndarray, starts: np.ndarray, inverse: np.ndarray
) -> np.ndarray:
    """Scores of clusters of rows (cluster, parameter), each for its own leverage (CR3, a jackknife)."""
    ends = np.append(starts[1:], len(scores))
    unit, out = np.eye(scores.shape[1]), np.empty((len(starts), scores.shape[1]))
    for row, (begin, end) in enumerate(zip(starts, ends, strict=True)):
        own = jacobian[begin:end].T @ weighed[begin:end]
        out[row] = np.linalg.solve(unit - LEVERAGE * own @ inverse, scores[begin:end].sum(axis=0))
    return out


def successive(scores: np.ndarray, lags: int) -> np.ndarray:
    """Variability of the sum of scores (time, parameter) that correlate up to ``lags`` steps apart."""
    total = scores.T @ scores
    for lag in range(1, min(lags, len(scores) - 1) + 1):
        crossed = scores[lag:].T @ scores[:-lag]
        total += (1.0 - lag / (lags + 1.0)) * (crossed + crossed.T)
    return total


def lag_count(times: int) -> int:
    """Steps that are allowed to correlate: 4 (times / 100)^(2/9), rounded up (Newey and West 1994)."""
    return int(np.ceil(4.0 * (times / 100.0) ** (2.0 / 9.0)))


def widened(inverse: np.ndarray, varied: np.ndarray) -> np.ndarray:
    """``H^-1 V H^-1``, in no direction narrower than ``H^-1``."""
    root = np.linalg.cholesky(inverse)
    value, vector = np.linalg.eigh(root.T @ varied @ root)
    wide = root @ vector
    return (wide * np.maximum(value, 1.0)) @ wide.T
