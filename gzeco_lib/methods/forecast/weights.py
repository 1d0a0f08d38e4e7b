"""Weights of the league at each lead: the convex combination with the least absolute error on past origins.

A convex combination that may put all weight on one member contains the choice of the best one. Absolute errors are
minimised on the simplex by iteratively reweighted least squares (Schlossmacher 1973,
doi:10.1080/01621459.1973.10481436).
"""

from __future__ import annotations

import numpy as np

from gzeco_lib.methods.forecast.panel import Array

POOL = 2  # leads to either side whose evidence is shared
ROUNDS = 12


def on_simplex(values: Array) -> Array:
    """Euclidean projection of each row of (H, K) on the simplex (Duchi et al. 2008, doi:10.1145/1390156.1390191)."""
    sorted_ = -np.sort(-values, axis=1)
    excess = np.cumsum(sorted_, axis=1) - 1
    ranks = np.arange(1, values.shape[1] + 1)
    last = (sorted_ - excess / ranks > 0).sum(axis=1) - 1
    shift = excess[np.arange(len(values)), last] / (last + 1)
    return np.maximum(values - shift[:, None], 0.0)


def least_squares_on_simplex(gram: Array, right: Array, start: Array, steps: int = 200) -> Array:
    """Minimise w'Gw - 2r'w on the simplex, for each lead: (H, K, K), (H, K), (H, K) -> (H, K)."""
    step = 1.0 / np.maximum(np.linalg.eigvalsh(gram)[:, -1], 1e-12)[:, None]
    weight, ahead, speed = start, start, 1.0
    for _ in range(steps):  # accelerated projected gradient
        fresh = on_simplex(ahead - step * (np.einsum("hij,hj->hi", gram, ahead) - right))
        faster = (1 + np.sqrt(1 + 4 * speed**2)) / 2
        ahead = fresh + (speed - 1) / faster * (fresh - weight)
        weight, speed = fresh, faster
    return weight


def _pooled(values: Array) -> Array:
    """Sums over neighbouring leads, nearer ones counting more."""
    out = values.copy()
    for k in range(1, POOL + 1):
        out[k:] += values[:-k] / (1 + k)
        out[:-k] += values[k:] / (1 + k)
    return out


def combination(members: Array, observed: Array, prior: float = 0.02, squares: bool = False) -> Array:
    """Weights (H, K) >= 0 that sum to 1 at each lead.

    Args:
        members: (N, H, K) forecasts [unit]; rows with a gap in any are left out.
        observed: (N, H).
        prior: strength of the pull towards equal weights, share of the evidence; keeps members that are nearly the
            same from trading weight at random.
        squares: minimise the squared error instead of the absolute one.
    """
    _, leads, count = members.shape
    known = np.isfinite(members).all(axis=2) & np.isfinite(observed)
    x = np.where(known[:, :, None], members, 0.0)
    y = np.where(known, observed, 0.0)
    # Differences to the observation: on the simplex the error of the blend is the blend of the errors.
    error = x - y[:, :, None]
    weight = np.full((leads, count), 1.0 / count)
    scale = np.abs(error).mean() + 1e-9
    for _ in range(1 if squares else ROUNDS):
        residual = np.abs(np.einsum("nhk,hk->nh", error, weight))
        importance = known / (scale if squares else np.maximum(residual, 0.05 * scale))
        gram = np.einsum("nhk,nhj->hkj", error * importance[:, :, None], error, optimize=True)
        gram = _pooled(gram)
        pull = prior * np.trace(gram, axis1=1, axis2=2)[:, None] / count
        gram = gram + pull[:, :, None] * np.eye(count)
        weight = least_squares_on_simplex(gram, np.repeat(pull / count, count, axis=1), weight)
    return weight


def blended(members: Array, weight: Array) -> Array:
    """Weighted mean (N, S, H) of members (N, S, H, K) by weights (H, K), of those that are there."""
    known = np.isfinite(members)
    share = np.where(known, np.maximum(weight, 1e-6), 0.0)
    total = share.sum(axis=-1)
    value = (np.where(known, members, 0.0) * share).sum(axis=-1) / np.maximum(total, 1e-12)
    return np.where(total > 0, value, np.nan)


def admitted(blend: Array, newcomer: Array, observed: Array, least: float) -> Array:
    """Weight (H,) of one more member beside a finished blend; 0 where the gain in MAE is under the share ``least``.

    Args:
        blend, newcomer, observed: (N, S, H).

    The evidence is one fold only: the weight found best is halved.
    """
    known = np.isfinite(blend) & np.isfinite(newcomer) & np.isfinite(observed)
    count = np.maximum(known.sum(axis=(0, 1)), 1)
    trials = np.linspace(0.0, 0.6, 7)
    errors = np.stack([
        np.where(known, np.abs((1 - w) * blend + w * newcomer - observed), 0.0).sum(axis=(0, 1)) / count for w in trials
    ])  # fmt: skip
    errors = np.apply_along_axis(
        lambda e: np.convolve(np.pad(e, 2, mode="edge"), np.full(5, 0.2), "valid"), 1, errors
    )
    best = errors.argmin(axis=0)
    gain = 1 - errors.min(axis=0) / np.maximum(errors[0], 1e-12)
    return np.where(gain >= least, 0.5 * trials[best], 0.0)
