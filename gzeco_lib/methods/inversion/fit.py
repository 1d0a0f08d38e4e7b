"""A fit of sources off the grid: positions, rates, backgrounds and common errors together, by Gauss-Newton steps.

Backgrounds are eliminated, the model error (``noise``) is learnt again after each fit; what the weights do to the
likelihood counts, so that steps never make it worse by more than a little.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize

from gzeco_lib.methods.inversion import noise
from gzeco_lib.methods.inversion.noise import ModelError
from gzeco_lib.methods.inversion.response import PlumeResponse
from gzeco_lib.methods.inversion.screen import checked, labels

STEP_LIMIT = 80.0  # of a position in one iteration [m]
SLACK = 0.5  # by which twice the log likelihood may fall in a step


@dataclass
class Fit:
    """A fit with a fixed number of sources.

    Attributes:
        xy: positions [m] (source, 2).
        rates: [g s-1] (source,).
        background: level of each label.
        turn: error of the wind direction common to all observations [rad].
        widen: the same of the logarithm of the spread.
        error: model error learnt.
        deviance: twice the negative log likelihood, with the priors of the common errors.
        covariance: of the eastings, the northings, the rates, turn and widen, in this order.
    """

    xy: np.ndarray
    rates: np.ndarray
    background: np.ndarray
    turn: float = 0.0
    widen: float = 0.0
    error: ModelError = field(default_factory=ModelError)
    deviance: float = np.inf
    covariance: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))


@dataclass(frozen=True)
class Problem:
    """Observations sorted by the group that shares errors, and what is assumed about them."""

    response: PlumeResponse
    observed: np.ndarray
    sd: np.ndarray
    starts: np.ndarray
    label: np.ndarray
    box: np.ndarray
    turn_sd: float
    widen_sd: float
    sensor: np.ndarray
    timed: bool


def problem(
    response: PlumeResponse, observed: ArrayLike, sd: ArrayLike, box: ArrayLike, group: ArrayLike | None,
    background: ArrayLike | None, turn_sd: float, widen_sd: float,
) -> Problem:  # fmt: skip
    """Check and sort; see ``locate`` for the arguments."""
    _, y, s = checked(np.zeros((len(response), 1)), observed, sd)
    groups = response.time if group is None else np.asarray(group)
    order = np.argsort(groups, kind="stable")
    _, starts = np.unique(groups[order], return_index=True)
    return Problem(
        response.take(order), y[order], s[order], starts, labels(background, len(y))[order],
        np.asarray(box, float).reshape(2, 2), float(turn_sd), float(widen_sd), response.sensor[order], group is None,
    )  # fmt: skip


def start(given: Problem) -> Fit:
    """The fit without a source: backgrounds only."""
    weight = given.sd**-2.0
    level = np.bincount(given.label, weight * given.observed) / np.bincount(given.label, weight)
    residual, none = given.observed - level[given.label], np.zeros(len(given.observed))
    error = noise.learn(ModelError(), residual, given.sd, none, np.zeros((len(none), 2)), given.starts)
    fit = Fit(np.zeros((0, 2)), np.zeros(0), level, error=error)
    return replace(fit, deviance=total_deviance(given, fit))


class Design(NamedTuple):
    """The model about a fit: slopes of the observations by its parameters, and what is left of them."""

    jacobian: np.ndarray
    residual: np.ndarray
    plume: np.ndarray
    slopes: np.ndarray


def design(given: Problem, fit: Fit) -> Design:
    """The model about ``fit``; its ``slopes`` are those of the plume by wind direction and spread (observation, 2)."""
    s = given.response.slopes(fit.xy, fit.turn, fit.widen)
    plume = s.value @ fit.rates
    slopes = np.column_stack([s.turn @ fit.rates, s.widen @ fit.rates])
    jacobian = np.column_stack([s.east * fit.rates, s.north * fit.rates, s.value, slopes])
    return Design(jacobian, given.observed - plume - fit.background[given.label], plume, slopes)


def priors(given: Problem, count: int) -> np.ndarray:
    """Precision of what has a prior: turn and widen."""
    precision = np.zeros(3 * count + 2)
    precision[3 * count] = 1.0 / max(given.turn_sd, 1e-6) ** 2
    precision[3 * count + 1] = 1.0 / max(given.widen_sd, 1e-6) ** 2
    return precision


def projected(
    given: Problem, weights: noise.Whitener, columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``columns`` without what background levels explain of them, the same through ``C^-1``, and those levels."""
    solved = weights.solve(columns)
    own, crossed = weights.levels(given.label, solved)
    level = np.linalg.solve(own + 1e-12 * np.diag(np.diag(own)), crossed)
    left = columns - level[given.label]
    return left, weights.solve(left), level


def _moved(given: Problem, fit: Fit, step: np.ndarray, share: float) -> Fit:
    """``fit`` after ``share`` of a step, inside the box and with rates that stay positive."""
    count = len(fit.rates)
    move = np.column_stack([step[:count], step[count : 2 * count]])
    far = np.hypot(*move.T)
    move *= (np.minimum(1.0, STEP_LIMIT / np.maximum(far, 1e-9)))[:, None]
    xy = np.clip(fit.xy + share * move, given.box[:, 0], given.box[:, 1])
    rates = np.maximum(fit.rates + share * step[2 * count : 3 * count], 0.1 * fit.rates)
    turn, widen = fit.turn + share * step[3 * count], fit.widen + share * step[3 * count + 1]
    return replace(
        fit, xy=xy, rates=rates, background=fit.background + share * step[3 * count + 2 :],
        turn=float(np.clip(turn, -0.6, 0.6)), widen=float(np.clip(widen, -1.0, 1.0)),
    )  # fmt: skip


def deviances(given: Problem, fit: Fit, made: Design | None = None) -> np.ndarray:
    """Twice the negative log likelihood of each group of observations."""
    made = design(given, fit) if made is None else made
    return noise.deviances(fit.error, made.residual, given.sd, made.plume, made.slopes, given.starts)


def total_deviance(given: Problem, fit: Fit, made: Design | None = None) -> float:
    value = float(deviances(given, fit, made).sum()) + noise.prior(fit.error)
    return value + (fit.turn / max(given.turn_sd, 1e-6)) ** 2 + (fit.widen / max(given.widen_sd, 1e-6)) ** 2


def refine(given: Problem, fit: Fit, iterations: int = 12) -> Fit:
    """Gauss-Newton with weights renewed at each step; steps are cut until the likelihood does not fall."""
    precision = priors(given, len(fit.rates))
    values, made = np.zeros(len(precision)), design(given, fit)
    now = total_deviance(given, fit, made)
    for _ in range(iterations):
        weights = noise.whitener(fit.error, given.sd, made.plume, made.slopes, given.starts, made.residual)
        values[3 * len(fit.rates) :] = fit.turn, fit.widen
        left, solved, level = projected(given, weights, np.column_stack([made.jacobian, made.residual]))
        gram = left[:, :-1].T @ solved[:, :-1] + np.diag(precision)
        slope = left[:, :-1].T @ solved[:, -1] - precision * values
        scale = np.sqrt(np.maximum(np.diag(gram), 1e-300))
        curved = gram / np.outer(scale, scale) + 1e-9 * np.eye(len(scale))
        step = np.linalg.solve(curved, slope / scale) / scale
        step = np.append(step, level[:, -1] - level[:, :-1] @ step)
        for share in (1.0, 0.3, 0.1, 0.03):
            moved = _moved(given, fit, step, share)
            made = design(given, moved)
            after = total_deviance(given, moved, made)
            if after < now + SLACK:
                break
        else:
            return fit
        far = np.abs(moved.xy - fit.xy).max(initial=0.0)
        changed = np.abs(moved.rates / np.maximum(fit.rates, 1e-300) - 1).max(initial=0.0)
        fit, now = moved, after
        if far < 0.2 and changed < 0.005:
            break
    return fit


def judged(given: Problem, fit: Fit, rounds: int = 8, effort: int = 200) -> Fit:
    """``fit`` with the model error learnt and refined again, in turn until neither helps, and its deviance."""
    before = np.inf
    for _ in range(rounds):
        made = design(given, fit)
        error = noise.learn(fit.error, made.residual, given.sd, made.plume, made.slopes, given.starts, effort)
        fit = refine(given, replace(fit, error=error), 6)
        now = total_deviance(given, fit)
        if now > before - SLACK:
            break
        before = now
    return replace(fit, deviance=total_deviance(given, fit))


def polished(given: Problem, fit: Fit) -> Fit:
    """``fit`` at the least deviance itself: Gauss-Newton takes no notice that the errors grow with the plume.

    Quasi-Newton steps in the coordinates in which the Gauss-Newton matrix is the unit matrix.
    """
    made, count = design(given, fit), len(fit.rates)
    weights = noise.whitener(fit.error, given.sd, made.plume, made.slopes, given.starts, made.residual)
    level = (given.label[:, None] == np.arange(len(fit.background))).astype(float)
    full = np.column_stack([made.jacobian, level])
    gram = full.T @ weights.solve(full) + np.diag(
        np.append(priors(given, count), 1e-12 * np.ones(level.shape[1]))
    )
    scale = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    unit = np.linalg.cholesky(np.linalg.inv(gram / np.outer(scale, scale) + 1e-9 * np.eye(len(scale))))

    def moved(z: np.ndarray) -> Fit:
        return _moved(given, fit, unit @ z / scale, 1.0)

    found = minimize(
        lambda z: total_deviance(given, moved(z)), np.zeros(len(scale)), method="L-BFGS-B",
        options={"maxiter": 12, "ftol": 1e-6, "eps": 1e-3},
    )  # fmt: skip
    return moved(found.x)
