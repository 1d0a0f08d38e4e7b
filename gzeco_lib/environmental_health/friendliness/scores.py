"""Scores of uncertain values, and the index of scores under uncertain weights: both in closed form.

Nothing here knows what the parts mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

Z90 = 1.2815515655446004
SURE = 1e-9  # a smaller standard error counts as none


def _density(z: np.ndarray) -> np.ndarray:
    return np.exp(-0.5 * np.square(z)) / np.sqrt(2 * np.pi)


def score(value: np.ndarray, sd: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Expected score of a normal value and its standard deviation, both exact.

    The score is straight between the ``points`` and constant beyond them. On the stretch from a to b it is
    ``p + q z`` in the standard normal z, of which ``∫ φ = Φ``, ``∫ z φ = -φ`` and ``∫ z² φ = Φ - z φ``.

    Args:
        value, sd: any shape; NaN values stay NaN, NaN errors count as 0.
        points: values, ascending, and scores (point, 2).
    """
    mean, error = np.broadcast_arrays(
        np.asarray(value, dtype=float), np.nan_to_num(np.asarray(sd, dtype=float))
    )
    x, y = points.T
    spread = np.maximum(error, SURE)
    edges = np.concatenate([[-np.inf], x, [np.inf]])
    slopes = np.concatenate([[0.0], np.diff(y) / np.diff(x), [0.0]])
    starts = np.concatenate([[y[0]], y[:-1], [y[-1]]])
    origin = np.concatenate([[x[0]], x[:-1], [x[-1]]])
    first, second = np.zeros_like(mean), np.zeros_like(mean)
    for a, b, slope, start, zero in zip(edges[:-1], edges[1:], slopes, starts, origin, strict=True):
        low, high = (a - mean) / spread, (b - mean) / spread
        p, q = start + slope * (mean - zero), slope * spread
        mass = ndtr(high) - ndtr(low)
        tilt = _density(low) - _density(high)
        curl = mass - (_product(high) - _product(low))
        first += p * mass + q * tilt
        second += p**2 * mass + 2 * p * q * tilt + q**2 * curl
    exact = np.interp(mean, x, y)
    sure = error <= SURE
    expected = np.where(sure, exact, first)
    deviation = np.where(sure, 0.0, np.sqrt(np.maximum(second - first**2, 0.0)))
    unknown = np.isnan(mean)
    return np.where(unknown, np.nan, expected), np.where(unknown, np.nan, deviation)


def _product(z: np.ndarray) -> np.ndarray:
    """``z φ(z)``, 0 at infinity."""
    finite = np.isfinite(z)
    return np.where(finite, np.where(finite, z, 0.0) * _density(np.where(finite, z, 0.0)), 0.0)


@dataclass(frozen=True)
class Index:
    """An index 0-100 with its uncertainty; arrays of the shape of one part's scores.

    Attributes:
        value: NaN where no part is known.
        sd: standard deviation from inputs and weights together.
        from_inputs, from_weights: what each of the two makes of it alone.
        lo, hi: 80 % band, within 0..100.
        weight: of each part after the missing ones were left out (part, ...).
    """

    value: np.ndarray
    sd: np.ndarray
    from_inputs: np.ndarray
    from_weights: np.ndarray
    lo: np.ndarray
    hi: np.ndarray
    weight: np.ndarray


def index(scores: np.ndarray, sd: np.ndarray, weights: np.ndarray, certainty: float) -> Index:
    """The weighted mean of the known parts' scores, with the uncertainty of scores and weights.

    Weights are Dirichlet with mean ``weights`` and concentration ``certainty``; leaving parts out keeps a Dirichlet
    (its aggregation property), with the concentration times the weight that is left. For independent scores s and
    weights w, ``Var(Σ w s) = Σ E[w²] Var(s) + Var(Σ w E[s])`` with ``E[w_i²] = m_i² + m_i (1 - m_i) / (κ + 1)`` and
    ``Var(Σ w μ) = (Σ m μ² - (Σ m μ)²) / (κ + 1)``: no sampling is needed.

    Args:
        scores, sd: (part, ...), NaN where not known.
        weights: (part,), 0 or more.
        certainty: concentration of the Dirichlet distribution; infinite for weights that are sure.
    """
    known = np.isfinite(scores)
    shape = (len(weights),) + (1,) * (scores.ndim - 1)
    raw = np.where(known, np.asarray(weights, dtype=float).reshape(shape), 0.0)
    left = raw.sum(axis=0)
    some = left > 0
    share = np.divide(raw, left, out=np.zeros_like(raw), where=some)
    mu, error = np.nan_to_num(scores), np.where(known, np.nan_to_num(sd), 0.0)
    value = (share * mu).sum(axis=0)
    whole = float(np.sum(weights))
    loose = 1.0 / (certainty * left / whole + 1.0)
    by_inputs = (np.square(share) * np.square(error)).sum(axis=0)
    both = (share * (1 - share) * np.square(error)).sum(axis=0) * loose
    by_weights = np.maximum((share * np.square(mu)).sum(axis=0) - np.square(value), 0.0) * loose
    total = np.sqrt(by_inputs + both + by_weights)

    def shown(array: np.ndarray) -> np.ndarray:
        return np.where(some, array, np.nan)

    return Index(
        shown(value),
        shown(total),
        shown(np.sqrt(by_inputs)),
        shown(np.sqrt(by_weights)),
        shown(np.clip(value - Z90 * total, 0.0, 100.0)),
        shown(np.clip(value + Z90 * total, 0.0, 100.0)),
        share,
    )
