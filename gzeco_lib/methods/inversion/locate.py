"""Sources found off the grid: how many, where, how strong, and how sure; model error learnt on the way.

Positions, rates, backgrounds, a common error of the wind direction and of the plume's spread are fitted together by
Gauss-Newton steps on the weighted squares (``noise`` gives the weights, and is learnt again after each fit). A source
is added where the weighted residuals ask for one most, and kept while the information criterion falls.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2, norm

from gzeco_lib.methods.inversion import noise
from gzeco_lib.methods.inversion.noise import ModelError
from gzeco_lib.methods.inversion.response import PlumeResponse
from gzeco_lib.methods.inversion.screen import checked, gains, labels

TURN_SD = np.deg2rad(
    5.0
)  # prior of a wind vane's common error; mounting and siting, WMO-No. 8 (2018) part I, ch. 5
WIDEN_SD = (
    0.3  # prior of the logarithm of the spread: sigma_y of research-grade sites is off by about a third
)
# Mean bias of good plume models at research sites lies within 30 % (Chang and Hanna 2004): taken as 95 % of
# cases, 0.15; a single experiment's weather and surface add as much again.
BIAS_SD = 0.2
STEP_LIMIT = 80.0  # of a position in one iteration [m]
STARTS = 3  # places tried for each further source
APART = 3  # a start is this many grid spacings away from the others


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
        np.asarray(box, float).reshape(2, 2), float(turn_sd), float(widen_sd), response.sensor[order],
    )  # fmt: skip


def start(given: Problem) -> Fit:
    """The fit without a source: backgrounds only."""
    weight = given.sd**-2.0
    level = np.bincount(given.label, weight * given.observed) / np.bincount(given.label, weight)
    residual, none = given.observed - level[given.label], np.zeros(len(given.observed))
    error = noise.learn(ModelError(), residual, given.sd, none, none, given.starts)
    deviance = noise.deviance(error, residual, given.sd, none, none, given.starts)
    return Fit(np.zeros((0, 2)), np.zeros(0), level, error=error, deviance=deviance)


def design(given: Problem, fit: Fit) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Jacobian, residual, plume and its slope by direction at ``fit``."""
    s = given.response.slopes(fit.xy, fit.turn, fit.widen)
    plume, turned = s.value @ fit.rates, s.turn @ fit.rates
    jacobian = np.column_stack(
        [s.east * fit.rates, s.north * fit.rates, s.value, turned, s.widen @ fit.rates]
    )
    return jacobian, given.observed - plume - fit.background[given.label], plume, turned


def _prior(given: Problem, count: int) -> np.ndarray:
    """Precision of what has a prior: turn and widen."""
    precision = np.zeros(3 * count + 2)
    precision[3 * count] = 1.0 / max(given.turn_sd, 1e-6) ** 2
    precision[3 * count + 1] = 1.0 / max(given.widen_sd, 1e-6) ** 2
    return precision


def _projected(
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


def _loss(given: Problem, fit: Fit, weights: noise.Whitener) -> float:
    plume = given.response.matrix(fit.xy, fit.turn, fit.widen) @ fit.rates
    rest = (given.observed - plume - fit.background[given.label])[:, None]
    return float(weights.gram(rest, rest)[0, 0]) + (fit.turn / max(given.turn_sd, 1e-6)) ** 2 + (
        fit.widen / max(given.widen_sd, 1e-6)
    ) ** 2  # fmt: skip


def refine(given: Problem, fit: Fit, iterations: int = 12) -> Fit:
    """Gauss-Newton with weights renewed at each step; steps are halved until the weighted squares fall."""
    precision = _prior(given, len(fit.rates))
    values = np.zeros(len(precision))
    for _ in range(iterations):
        jacobian, residual, plume, turned = design(given, fit)
        weights = noise.whitener(fit.error, given.sd, plume, turned, given.starts, residual)
        values[3 * len(fit.rates) : 3 * len(fit.rates) + 2] = fit.turn, fit.widen
        left, solved, level = _projected(given, weights, np.column_stack([jacobian, residual]))
        gram = left[:, :-1].T @ solved[:, :-1] + np.diag(precision)
        slope = left[:, :-1].T @ solved[:, -1] - precision * values
        scale = np.sqrt(np.maximum(np.diag(gram), 1e-300))
        curved = gram / np.outer(scale, scale) + 1e-9 * np.eye(len(scale))
        step = np.linalg.solve(curved, slope / scale) / scale
        step = np.append(step, level[:, -1] - level[:, :-1] @ step)
        now = _loss(given, fit, weights)
        share, moved = 1.0, fit
        while share > 0.05:
            moved = _moved(given, fit, step, share)
            if _loss(given, moved, weights) < now:
                break
            share /= 3.0
        else:
            break
        far = np.abs(moved.xy - fit.xy).max(initial=0.0)
        changed = np.abs(moved.rates / np.maximum(fit.rates, 1e-300) - 1).max(initial=0.0)
        fit = moved
        if far < 0.2 and changed < 0.005:
            break
    return fit


def judged(given: Problem, fit: Fit, rounds: int = 2, effort: int = 200) -> Fit:
    """``fit`` with the model error learnt, refined again, and its deviance."""
    for _ in range(rounds):
        _, residual, plume, turned = design(given, fit)
        error = noise.learn(fit.error, residual, given.sd, plume, turned, given.starts, effort)
        fit = refine(given, replace(fit, error=error), 6)
    return replace(fit, deviance=_deviance(given, fit))


def suspects(
    given: Problem, fit: Fit, matrix: np.ndarray, candidates: np.ndarray, spacing: float
) -> list[int]:
    """Candidates that would lower the weighted squares most, apart from each other."""
    if len(fit.rates):
        _, residual, plume, turned = design(given, fit)
    else:
        residual, plume = given.observed - fit.background[given.label], np.zeros(len(given.observed))
        turned = plume
    error = replace(fit.error, background=0.0) if not len(fit.rates) else fit.error
    variance = (error.additive * given.sd) ** 2 + ((error.own**2 + error.shared**2) * plume**2)
    weight = 1.0 / np.sqrt(variance + (error.direction * turned) ** 2)
    free, score = gains(matrix, weight**2, residual, given.label)
    gain = np.where((score > 0) & (free > 1e-6 * free.max()), score**2 / np.maximum(free, 1e-300), 0.0)
    found: list[int] = []
    for j in np.argsort(-gain)[:400]:
        if gain[j] <= 0.1 * gain.max() or len(found) == STARTS:
            break
        if all(np.hypot(*(candidates[j] - candidates[i])) > APART * spacing for i in found):
            found.append(int(j))
    return found


def _begun(given: Problem, fit: Fit, place: np.ndarray) -> Fit:
    """``fit`` with one source more at ``place``, its rate from least squares on what is left."""
    residual = given.observed - fit.background[given.label]
    if len(fit.rates):
        residual = residual - given.response.matrix(fit.xy, fit.turn, fit.widen) @ fit.rates
    column = given.response.matrix(place[None], fit.turn, fit.widen)[:, 0]
    rate = max(float(column @ residual) / max(float(column @ column), 1e-300), 1e-3 * fit.rates.sum() + 1e-12)
    more = replace(fit, xy=np.vstack([fit.xy, place]), rates=np.append(fit.rates, rate))
    return more if len(fit.rates) else replace(more, error=ModelError())


def _parted(fit: Fit, spacing: float) -> list[Fit]:
    """``fit`` with its strongest source parted in two, along the axes: one place may stand for two sources."""
    strongest = int(np.argmax(fit.rates))
    rates = np.append(fit.rates, fit.rates[strongest] / 2)
    rates[strongest] /= 2
    begun = []
    for move in (np.array([2.5 * spacing, 0.0]), np.array([0.0, 2.5 * spacing])):
        xy = np.vstack([fit.xy, fit.xy[strongest] + move])
        xy[strongest] -= move
        begun.append(replace(fit, xy=xy, rates=rates))
    return begun


def _deviance(given: Problem, fit: Fit) -> float:
    _, residual, plume, turned = design(given, fit)
    value = noise.deviance(fit.error, residual, given.sd, plume, turned, given.starts)
    return value + (fit.turn / max(given.turn_sd, 1e-6)) ** 2 + (fit.widen / max(given.widen_sd, 1e-6)) ** 2


def add_source(
    given: Problem, fit: Fit, matrix: np.ndarray, candidates: np.ndarray, spacing: float
) -> Fit | None:
    """The best fit with one source more, or None where nothing asks for one."""
    places = suspects(given, fit, matrix, candidates, spacing)
    begun = [_begun(given, fit, candidates[j]) for j in places]
    if len(fit.rates):
        begun += _parted(fit, spacing)
    tried = sorted((refine(given, b, 5) for b in begun), key=lambda f: _deviance(given, f))
    judged_ones = [judged(given, f, rounds=1, effort=80) for f in tried[:2]]
    return min(judged_ones, key=lambda f: f.deviance) if judged_ones else None


def without(fit: Fit, source: int) -> Fit:
    """``fit`` with one source taken out."""
    return replace(fit, xy=np.delete(fit.xy, source, 0), rates=np.delete(fit.rates, source))


def swapped(given: Problem, fit: Fit, matrix: np.ndarray, candidates: np.ndarray, spacing: float) -> Fit:
    """``fit`` after each source in turn was taken out and looked for anew, as long as that helps."""
    for source in range(len(fit.rates)):
        left = refine(given, without(fit, source), 6)
        other = add_source(given, left, matrix, candidates, spacing)
        if other is not None and other.deviance < fit.deviance - 1.0:
            fit = other
    return fit


def _clustered(
    jacobian: np.ndarray, weighed: np.ndarray, scores: np.ndarray, starts: np.ndarray, inverse: np.ndarray
) -> np.ndarray:
    """Variability of the score between clusters of rows, each corrected for its own leverage (CR3, a jackknife)."""
    ends = np.append(starts[1:], len(scores))
    if len(starts) < 2:
        return scores.T @ scores
    unit, total = np.eye(scores.shape[1]), np.zeros((scores.shape[1],) * 2)
    for begin, end in zip(starts, ends, strict=True):
        own = jacobian[begin:end].T @ weighed[begin:end]
        value = np.linalg.solve(unit - 0.95 * own @ inverse, scores[begin:end].sum(axis=0))
        total += np.outer(value, value)
    return total


def spread(given: Problem, fit: Fit) -> tuple[np.ndarray, np.ndarray]:
    """Covariance of the parameters, and how many parameters the data made of them.

    The model's own covariance ``H^-1`` holds if its errors are what it says. Residuals that go together over the
    observations of a group or of a sensor widen it by the two-way clustered sandwich ``H^-1 V H^-1`` (Cameron, Gelbach
    and Miller 2011, doi:10.1198/jbes.2010.07136), each cluster as if it had been left out of the fit; in no
    direction is the result narrower than ``H^-1``.
    """
    jacobian, residual, plume, turned = design(given, fit)
    weights = noise.whitener(fit.error, given.sd, plume, turned, given.starts, residual)
    precision = _prior(given, len(fit.rates))
    jacobian, weighed, _ = _projected(given, weights, jacobian)
    curved = jacobian.T @ weighed + np.diag(precision)
    scale = np.sqrt(np.maximum(np.diag(curved), 1e-300))
    curved = curved / np.outer(scale, scale) + 1e-10 * np.eye(len(scale))
    jacobian, weighed, inverse = jacobian / scale, weighed / scale, np.linalg.inv(curved)
    scores = jacobian * weights.solve(residual[:, None])
    order = np.argsort(given.sensor, kind="stable")
    _, first = np.unique(given.sensor[order], return_index=True)
    varied = -(scores.T @ scores) + np.diag(precision / scale**2)
    varied += _clustered(jacobian, weighed, scores, given.starts, inverse)
    varied += _clustered(jacobian[order], weighed[order], scores[order], first, inverse)
    root = np.linalg.cholesky(inverse)
    value, vector = np.linalg.eigh(root.T @ varied @ root)
    wide = root @ vector
    covariance = (wide * np.maximum(value, 1.0)) @ wide.T / np.outer(scale, scale)
    return covariance, value


@dataclass(frozen=True)
class Located:
    """Sources found, with what is known about each.

    Attributes:
        xy: positions [m] (source, 2).
        rates: [g s-1] (source,).
        spread: covariance of each position [m2] (source, 2, 2), the shortcomings of the model included.
        rate_interval: [g s-1] (source, 2) at ``level``.
        probability: of 0, 1, 2, ... sources, given that the model is one of these.
        fits: the fit with 0, 1, 2, ... sources.
        level: of the intervals.
    """

    xy: np.ndarray
    rates: np.ndarray
    spread: np.ndarray
    rate_interval: np.ndarray
    probability: np.ndarray
    fits: list[Fit]
    level: float

    @property
    def fit(self) -> Fit:
        """The fit with the number of sources found."""
        return self.fits[len(self.rates)]

    def within(self, places: ArrayLike, level: float = 0.9) -> np.ndarray:
        """Whether each place (source, 2) lies in its source's region; all hold together with ``level``."""
        off = np.atleast_2d(np.asarray(places, float)) - self.xy
        square = np.einsum("si,sij,sj->s", off, np.linalg.inv(self.spread), off)
        return square <= chi2.ppf(level ** (1.0 / max(len(self.rates), 1)), 2)

    def outline(self, source: int, level: float = 0.9, points: int = 60) -> np.ndarray:
        """The edge of a source's region (points, 2) [m]; regions of all sources hold together with ``level``."""
        radius = np.sqrt(chi2.ppf(level ** (1.0 / len(self.rates)), 2))
        angle = np.linspace(0, 2 * np.pi, points)
        circle = np.column_stack([np.cos(angle), np.sin(angle)])
        return self.xy[source] + radius * circle @ np.linalg.cholesky(self.spread[source]).T


def locate(
    response: PlumeResponse,
    observed: ArrayLike,
    sd: ArrayLike,
    box: ArrayLike,
    spacing: float = 50.0,
    group: ArrayLike | None = None,
    background: ArrayLike | None = None,
    most: int = 4,
    turn_sd: float = TURN_SD,
    widen_sd: float = WIDEN_SD,
    bias_sd: float = BIAS_SD,
    level: float = 0.95,
) -> Located:
    """How many sources, where and how strong, in fractions of a second.

    Args:
        response: the plume at the observations.
        observed: concentrations [g m-3] (observation,).
        sd: standard deviation of the instruments [g m-3].
        box: where sources may lie, ((west, east), (south, north)) [m].
        spacing: of the grid that is searched first [m].
        group: label of the observations that share model errors; None is the time.
        background: label of the observations that share a level; None is one level for all.
        most: sources at most.
        turn_sd: prior of the error of wind direction common to all observations [rad].
        widen_sd: prior of the error of the logarithm of the spread.
        bias_sd: of the logarithm of the rate: error of the model that all observations share and no fit can see.
        level: of the intervals of rates.

    Raises:
        InputError: shapes do not fit, or values are missing.
    """
    given = problem(response, observed, sd, box, group, background, turn_sd, widen_sd)
    west, east, south, north = given.box.ravel()
    across = np.arange(west + spacing / 2, east, spacing), np.arange(south + spacing / 2, north, spacing)
    candidates = np.stack(np.meshgrid(*across), axis=-1).reshape(-1, 2)
    matrix = given.response.matrix(candidates)
    fits = [start(given)]
    while len(fits) <= most:
        more = add_source(given, fits[-1], matrix, candidates, spacing)
        if more is None:
            break
        more = judged(given, more)
        if len(more.rates) > 1 and more.deviance > fits[-1].deviance:
            break
        fits.append(more)
        if len(fits) > 2 and _criterion(given, fits[-1]) > _criterion(given, fits[-2]):
            break
    score = np.array([_criterion(given, fit) for fit in fits])
    probability = np.exp(-0.5 * (score - score.min()))
    count = int(np.argmin(score))
    fits[count] = judged(given, fits[count])
    return _told(given, fits, count, probability / probability.sum(), bias_sd, level)


def _criterion(given: Problem, fit: Fit) -> float:
    """Schwarz's criterion: three parameters a source, and the observations in place of the evidence's integral."""
    return fit.deviance + 3 * len(fit.rates) * np.log(len(given.observed))


def _told(
    given: Problem, fits: list[Fit], count: int, probability: np.ndarray, bias_sd: float, level: float
) -> Located:
    fit = fits[count]
    if not count:
        return Located(fit.xy, fit.rates, np.zeros((0, 2, 2)), np.zeros((0, 2)), probability, fits, level)
    covariance, _ = spread(given, fit)
    fits[count] = fit = replace(fit, covariance=covariance)
    pairs = np.stack([np.arange(count), count + np.arange(count)], axis=1)
    places = covariance[pairs[:, :, None], pairs[:, None]]
    error = np.sqrt(np.diag(covariance)[2 * count : 3 * count])
    return Located(
        fit.xy, fit.rates, places, rate_interval(fit.rates, error, bias_sd, level), probability, fits, level
    )


def rate_interval(rates: np.ndarray, error: np.ndarray, bias_sd: float, level: float) -> np.ndarray:
    """Interval of rates (source, 2) [g s-1] from their standard errors and the model's own on the logarithm.

    Lognormal where the rate stands out from zero; with a large error the normal interval, cut at zero, says more.
    """
    z = norm.ppf(0.5 + level / 2)
    share = error / np.maximum(rates, 1e-300)
    log_sd = np.hypot(np.sqrt(np.log1p(share**2)), bias_sd)
    lognormal = np.exp(np.outer(log_sd, [-z, z])) * rates[:, None]
    total = np.hypot(error, bias_sd * rates)
    normal = np.maximum(rates[:, None] + np.outer(total, [-z, z]), 0.0)
    return np.where((share < 0.5)[:, None], lognormal, normal)
