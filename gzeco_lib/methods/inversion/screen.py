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


def labels(background: ArrayLike | None, rows: int) -> np.ndarray:
    """Number of the background level of each observation; one level for all where ``background`` is None."""
    if background is None:
        return np.zeros(rows, np.int64)
    return np.unique(np.asarray(background), return_inverse=True)[1].reshape(-1)


def levelled(values: np.ndarray, weight: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Weighted mean of ``values`` (observation,) of each background level."""
    return np.bincount(label, weight * values) / np.bincount(label, weight)


def gains(
    response: np.ndarray, squared: np.ndarray, weight: np.ndarray, residual: np.ndarray, label: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted squares and products with the residual of each candidate, free of the background levels.

    ``squared`` is the square of the response, the same whatever the weights.
    A candidate with a positive product could take ``product^2 / squares`` off the weighted squares.
    """
    count = int(label.max()) + 1
    left = residual - levelled(residual, weight, label)[label]
    product = (weight * left) @ response
    squares = weight @ squared
    if count == 1:
        means = (weight @ response)[None]
    else:
        means = np.zeros((count, response.shape[1]))
        np.add.at(means, label, response * weight[:, None])
    return squares - np.sum(means**2 / np.bincount(label, weight)[:, None], axis=0), product


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
    label = labels(background, len(y))
    squared = g**2
    chosen: list[int] = []
    rates, plume, criterion = np.zeros(0), np.zeros(len(y)), []
    best: tuple[list[int], np.ndarray, np.ndarray, np.ndarray] | None = None
    first_gain = np.zeros(g.shape[1])
    for count in range(most + 1):
        weight = s**-2.0 if not chosen else 1.0 / (s**2 + (model_error * plume) ** 2)
        if chosen:
            rates, plume = _refitted(g[:, chosen], y, weight, label)
        level = levelled(y - plume, weight, label)
        left = y - plume - level[label]
        scored = len(y) * np.log(max(float(weight @ left**2), 1e-300) / len(y)) - np.sum(np.log(weight))
        criterion.append(float(scored + (3 * count + len(level)) * np.log(len(y))))
        if best is None or criterion[-1] <= min(criterion):
            best = (list(chosen), rates, level, plume + level[label])
        elif count > 1:
            break
        squares, product = gains(g, squared, weight, left, label)
        seen = (squares > 1e-9 * squares.max()) & (product > 0)
        gain = np.where(seen, product**2 / np.where(seen, squares, 1.0), 0.0)
        first_gain = gain if count == 0 else first_gain
        gain[chosen] = 0.0
        if count == most or not gain.max() > 0:
            break
        chosen.append(int(np.argmax(gain)))
    assert best is not None
    kept, values, level, fitted = best
    out = np.zeros(g.shape[1])
    out[kept] = values
    return Screening(out, [j for j in kept if out[j] > 0], level, fitted, criterion, first_gain)


def _refitted(
    columns: np.ndarray, observed: np.ndarray, weight: np.ndarray, label: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Non-negative rates of the chosen columns beside free background levels, and the plume they make."""
    root = np.sqrt(weight)
    free = np.stack([c - levelled(c, weight, label)[label] for c in columns.T], axis=1)
    target = observed - levelled(observed, weight, label)[label]
    rates, _ = nnls(free * root[:, None], target * root)
    return rates, columns @ rates
