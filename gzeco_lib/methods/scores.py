"""Scores of predictions beside observations, as the dispersion community reports them.

Source: Chang and Hanna (2004), doi:10.1007/s00703-003-0070-7. Pairs with a missing side are left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def _pairs(observed: ArrayLike, predicted: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    o, p = np.broadcast_arrays(np.asarray(observed, float), np.asarray(predicted, float))
    kept = np.isfinite(o) & np.isfinite(p)
    return o[kept], p[kept]


def fac2(observed: ArrayLike, predicted: ArrayLike) -> float:
    """Share of pairs with ``0.5 <= predicted / observed <= 2`` [1]; 1 is perfect, NaN without pairs."""
    o, p = _pairs(observed, predicted)
    return float(np.mean((p >= 0.5 * o) & (p <= 2.0 * o))) if len(o) else np.nan


def fractional_bias(observed: ArrayLike, predicted: ArrayLike) -> float:
    """``2 (mean o - mean p) / (mean o + mean p)`` [1]; positive where the model is too low, within -2..2."""
    o, p = _pairs(observed, predicted)
    return float(2 * (o.mean() - p.mean()) / (o.mean() + p.mean())) if len(o) else np.nan


def nmse(observed: ArrayLike, predicted: ArrayLike) -> float:
    """``mean (o - p)^2 / (mean o * mean p)`` [1]; 0 is perfect."""
    o, p = _pairs(observed, predicted)
    return float(np.mean((o - p) ** 2) / (o.mean() * p.mean())) if len(o) else np.nan


def geometric_mean_bias(observed: ArrayLike, predicted: ArrayLike) -> float:
    """``exp(mean ln o - mean ln p)`` [1] over pairs with both sides above 0; 1 is perfect."""
    o, p = _pairs(observed, predicted)
    both = (o > 0) & (p > 0)
    return float(np.exp(np.mean(np.log(o[both]) - np.log(p[both])))) if both.any() else np.nan


def geometric_variance(observed: ArrayLike, predicted: ArrayLike) -> float:
    """``exp(mean (ln o - ln p)^2)`` [1] over pairs with both sides above 0; 1 is perfect."""
    o, p = _pairs(observed, predicted)
    both = (o > 0) & (p > 0)
    return float(np.exp(np.mean((np.log(o[both]) - np.log(p[both])) ** 2))) if both.any() else np.nan
