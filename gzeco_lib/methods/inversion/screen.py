"""Quick screening: sparse non-negative rates of many candidates from one response matrix, in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import nnls

from gzeco_lib.errors import N_, InputError

WHERE = "methods.inversion.screen"


@dataclass(frozen=True)
class Screening:
    """Which candidates explain the observations, before anything is said about certainty.

    Attributes:
        rates: [g s-1] (candidate,); zero for what is not needed.
        chosen: candidates with a rate, in the order they were taken.
        background: one level a label, in the unit of the observations.
        fitted: what the chosen and the background make (observation,).
        criterion: Bayesian information criterion after 0, 1, 2, ... sources; lower is better.
        gain: what each candidate alone would take off the weighted squares (candidate,): a first map of suspicion,
            never an answer.
    """

    rates: np.ndarray
    chosen: list[int]
    background: np.ndarray
    fitted: np.ndarray
    criterion: list[float]
    gain: np.ndarray


def checked(response: ArrayLike, observed: ArrayLike, sd: ArrayLike) -> tuple[np.ndarray, ...]:
    """The three as floats that fit each other.

    Raises:
        InputError: shapes that differ, missing values, or a standard deviation that is not positive.
    """
    g, y = np.asarray(response, float), np.asarray(observed, float)
    s = np.broadcast_to(np.asarray(sd, float), y.shape).copy()
    if g.ndim != 2 or y.shape != g.shape[:1] or 0 in g.shape:
        raise InputError(
            N_("a response of shape {shape} does not fit {rows} observations"), WHERE,
            N_("give a matrix with one row an observation and one column a candidate"),
            shape=g.shape, rows=y.shape,
        )  # fmt: skip
    if not (np.isfinite(g).all() and np.isfinite(y).all() and (s > 0).all()):
        raise InputError(
            N_("the observations hold missing values or standard deviations that are not positive"), WHERE,
            N_("leave such rows out first"),
        )  # fmt: skip
    return g, y, s


def indicator(labels: ArrayLike | None, rows: int) -> np.ndarray:
    """One column a background level (observation, level); one level for all where ``labels`` is None."""
    if labels is None:
        return np.ones((rows, 1))
    names, which = np.unique(np.asarray(labels), return_inverse=True)
    return np.eye(len(names))[which.reshape(-1)]


def _within(weighted: np.ndarray, base: np.ndarray) -> np.ndarray:
    """``weighted`` without what the columns ``base`` (orthonormal) explain."""
    return weighted - base @ (base.T @ weighted)


def screen(
    response: ArrayLike,
    observed: ArrayLike,
    sd: ArrayLike,
    background: ArrayLike | None = None,
    most: int = 8,
    model_error: float = 0.3,
) -> Screening:
    """Rates by orthogonal matching pursuit with non-negative refits; the information criterion says when to stop.

    The pursuit takes the candidate that lowers the weighted squares most, refits all rates with the sign held (Lawson
    and Hanson's non-negative least squares), and stops where the Bayesian information criterion (Schwarz 1978,
    doi:10.1214/aos/1176344136) no longer falls. Weights carry ``model_error`` times the last fit, so that the largest
    values, where a plume model errs most, do not decide alone; the size of the errors is learnt from the fit.

    Args:
        response: [s m-3] (observation, candidate).
        observed: concentrations above zero level [g m-3] (observation,).
        sd: their standard deviations [g m-3].
        background: a label an observation; each label gets a level of its own. None is one level for all.
        most: sources taken at most.
        model_error: share of the fitted value that the plume may be wrong by [1].

    Raises:
        InputError: the shapes do not fit, or values are missing.
    """
    g, y, s = checked(response, observed, sd)
    levels = indicator(background, len(y))
    chosen: list[int] = []
    rates, fitted = np.zeros(0), levels @ np.linalg.lstsq(levels / s[:, None], y / s, rcond=None)[0]
    plume, first_gain = np.zeros(len(y)), np.zeros(g.shape[1])
    criterion: list[float] = []
    best: tuple[list[int], np.ndarray, np.ndarray, np.ndarray] = ([], rates, np.zeros(0), fitted)
    for count in range(most + 1):
        weight = 1.0 / np.hypot(s, model_error * plume)
        base, _ = np.linalg.qr(levels * weight[:, None])
        target = _within(y * weight, base)
        if chosen:
            columns = _within(g[:, chosen] * weight[:, None], base)
            rates, rest = nnls(columns, target)
        else:
            rest = float(np.linalg.norm(target))
        plume = g[:, chosen] @ rates if chosen else plume
        level = np.linalg.lstsq(levels * weight[:, None], (y - plume) * weight, rcond=None)[0]
        fitted = plume + levels @ level
        size = len(y)
        scored = size * np.log(max(rest, 1e-300) ** 2 / size) - 2 * np.sum(np.log(weight))
        criterion.append(float(scored + (3 * count + levels.shape[1]) * np.log(size)))
        if criterion[-1] <= min(criterion):
            best = (list(chosen), rates.copy(), level, fitted)
        elif count > 1:
            break
        gain = _gains(g, weight, base, (y - fitted) * weight)
        first_gain = gain if count == 0 else first_gain
        gain[chosen] = 0.0
        if count == most or not gain.max() > 0:
            break
        chosen.append(int(np.argmax(gain)))
    kept, values, level, fitted = best
    out = np.zeros(g.shape[1])
    out[kept] = values
    return Screening(out, [j for j in kept if out[j] > 0], level, fitted, criterion, first_gain)


def _gains(g: np.ndarray, weight: np.ndarray, base: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """What each candidate with a positive rate would take off the weighted squares."""
    columns = g * weight[:, None]
    free = np.einsum("ij,ij->j", columns, columns) - np.sum((base.T @ columns) ** 2, axis=0)
    score = columns.T @ (residual - base @ (base.T @ residual))
    total = np.einsum("ij,ij->j", columns, columns)
    seen = free > 1e-9 * max(total.max(), 1e-300)
    return np.where(seen & (score > 0), score**2 / np.where(seen, free, 1.0), 0.0)
