"""From a value with its error to a grade 1..5 and to how probable each grade is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]


def grade_of(value: ArrayLike, uppers: ArrayLike) -> Floats:
    """Grade 1..5 of ``value``: one more than the number of ``uppers`` it exceeds; NaN stays NaN."""
    found = np.asarray(value, dtype=np.float64)
    grade = 1.0 + (found[..., None] > np.asarray(uppers, dtype=np.float64)).sum(axis=-1)
    return np.where(np.isnan(found), np.nan, grade)


def cumulative(value: ArrayLike, sd: ArrayLike, uppers: ArrayLike) -> Floats:
    """Probability that the true grade (or class) is 1, at most 2, .. (..., uppers + 1), for a normal error.

    Args:
        value: any shape, NaN where not known (probabilities are NaN there).
        sd: standard error, same shape; where it is 0 or NaN the value is taken as exact.
        uppers: what each grade but the last goes up to, ascending, on the scale of ``value``.
    """
    found, error = np.broadcast_arrays(
        np.asarray(value, dtype=float), np.nan_to_num(np.asarray(sd, dtype=float))
    )
    limits = np.asarray(uppers, dtype=float)
    room = limits - found[..., None]
    certain = error[..., None] <= 1e-9 * (1.0 + np.abs(found[..., None]))
    inside = np.where(certain, room >= 0, ndtr(room / np.where(certain, 1.0, error[..., None])))
    whole = np.concatenate([inside, np.ones((*found.shape, 1))], axis=-1)
    return np.where(np.isnan(found)[..., None], np.nan, whole)


def worst_of(parts: Sequence[Floats], together: bool) -> Floats:
    """Cumulative probabilities (..., grade) of the worst of several quantities; unknown ones (NaN) do not count.

    Args:
        parts: cumulative probabilities of each.
        together: True where their errors go together (day and night at one place): the least of them. False where they
            are independent (items measured apart): their product.
    """
    stack = np.stack(parts)
    unknown = np.isnan(stack).all(axis=0)
    filled = np.where(np.isnan(stack), 1.0, stack)
    joined = filled.min(axis=0) if together else filled.prod(axis=0)
    return np.where(unknown, np.nan, joined)


def chance(probabilities: Floats, grade: ArrayLike) -> Floats:
    """Probability that the true grade is ``grade`` (NaN where that is NaN), from cumulative ones (..., grade)."""
    wanted = np.asarray(grade, dtype=float)
    at = np.nan_to_num(wanted, nan=1.0).astype(int) - 1
    single = np.diff(probabilities, axis=-1, prepend=0.0)
    found = np.take_along_axis(single, at[..., None], axis=-1)[..., 0]
    return np.where(np.isnan(wanted), np.nan, np.clip(found, 0.0, 1.0))


def mean_with_error(daily: ArrayLike) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Mean of daily values (day, ...), its standard error and the days that were there.

    Days depend on each other: ``n (1 - r) / (1 + r)`` of them count as independent, r the correlation with the day
    before (0..0.95), as for a first-order autoregressive series. NaN error with fewer than 3 days.
    """
    found = np.asarray(daily, dtype=np.float64)
    there = np.isfinite(found)
    n = there.sum(axis=0)
    mean = np.where(n > 0, np.where(there, found, 0).sum(axis=0) / np.maximum(n, 1), np.nan)
    apart = np.where(there, found - mean, 0.0)
    variance = np.square(apart).sum(axis=0) / np.maximum(n - 1, 1)
    pairs = (there[1:] & there[:-1]).sum(axis=0)
    lagged = (apart[1:] * apart[:-1]).sum(axis=0) / np.maximum(pairs, 1)
    r = np.clip(np.divide(lagged, variance, out=np.zeros_like(lagged), where=variance > 0), 0.0, 0.95)
    free = np.maximum(n * (1 - r) / (1 + r), 1.0)
    return mean, np.where(n >= 3, np.sqrt(variance / free), np.nan), n
