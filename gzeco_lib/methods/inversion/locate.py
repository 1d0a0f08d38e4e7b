"""Sources found off the grid: how many, where, how strong, and how sure; model error learnt on the way.

Positions, rates, backgrounds, a common error of the wind direction and of the plume's spread are fitted together by
Gauss-Newton steps on the weighted squares (``noise`` gives the weights, and is learnt again after each fit). A source
is added where the weighted residuals ask for one most, and kept while the information criterion falls.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.stats import chi2, f, norm, t

from gzeco_lib.methods.inversion import noise, regions
from gzeco_lib.methods.inversion.noise import ModelError
from gzeco_lib.methods.inversion.response import PlumeResponse
from gzeco_lib.methods.inversion.screen import checked, labels

# Required uncertainty of wind direction is 5 degrees, two standard deviations (WMO-No. 8, 2018, part I, annex 1.A).
TURN_SD = np.deg2rad(2.5)
WIDEN_SD = (
    0.3  # prior of the logarithm of the spread: sigma_y of research-grade sites is off by about a third
)
# Mean bias of good plume models at research sites lies within 30 % (Chang and Hanna 2004): taken as 95 % of
# cases, 0.15; a single experiment's weather and surface add as much again.
BIAS_SD = 0.2
STEP_LIMIT = 80.0  # of a position in one iteration [m]
STARTS = 3, 16  # places tried for each further source, with many observations and with few
FIRST = 8  # places tried for the first at least
CHEAP = 1000  # observations times places that cost next to nothing
CERTAIN = 0.95  # probability a further source needs
DOUBTFUL = 0.3  # a share of own error learnt above this asks whether a source sits at the wrong place
SLACK = 0.5  # by which twice the log likelihood may fall in a step
OWN = (
    0.0,
    0.5,
)  # shares of itself a plume may err by while places are searched, one as good a guide as the other
APART_SHARE = 0.12  # and this share of the box
APART = 2  # a start is this many grid spacings away from the others


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
    return replace(fit, deviance=_deviance(given, fit))


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


def _deviances(given: Problem, fit: Fit, made: Design | None = None) -> np.ndarray:
    """Twice the negative log likelihood of each group of observations."""
    made = design(given, fit) if made is None else made
    return noise.deviances(fit.error, made.residual, given.sd, made.plume, made.slopes, given.starts)


def _deviance(given: Problem, fit: Fit, made: Design | None = None) -> float:
    value = float(_deviances(given, fit, made).sum()) + noise.prior(fit.error)
    return value + (fit.turn / max(given.turn_sd, 1e-6)) ** 2 + (fit.widen / max(given.widen_sd, 1e-6)) ** 2


def refine(given: Problem, fit: Fit, iterations: int = 12) -> Fit:
    """Gauss-Newton with weights renewed at each step; steps are cut until the likelihood does not fall."""
    precision = _prior(given, len(fit.rates))
    values, made = np.zeros(len(precision)), design(given, fit)
    now = _deviance(given, fit, made)
    for _ in range(iterations):
        weights = noise.whitener(fit.error, given.sd, made.plume, made.slopes, given.starts, made.residual)
        values[3 * len(fit.rates) :] = fit.turn, fit.widen
        left, solved, level = _projected(given, weights, np.column_stack([made.jacobian, made.residual]))
        gram = left[:, :-1].T @ solved[:, :-1] + np.diag(precision)
        slope = left[:, :-1].T @ solved[:, -1] - precision * values
        scale = np.sqrt(np.maximum(np.diag(gram), 1e-300))
        curved = gram / np.outer(scale, scale) + 1e-9 * np.eye(len(scale))
        step = np.linalg.solve(curved, slope / scale) / scale
        step = np.append(step, level[:, -1] - level[:, :-1] @ step)
        for share in (1.0, 0.3, 0.1, 0.03):
            moved = _moved(given, fit, step, share)
            made = design(given, moved)
            after = _deviance(given, moved, made)
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
        now = _deviance(given, fit)
        if now > before - SLACK:
            break
        before = now
    return replace(fit, deviance=_deviance(given, fit))


def polished(given: Problem, fit: Fit) -> Fit:
    """``fit`` at the least deviance itself: Gauss-Newton takes no notice that the errors grow with the plume.

    Quasi-Newton steps in the coordinates in which the Gauss-Newton matrix is the unit matrix.
    """
    made, count = design(given, fit), len(fit.rates)
    weights = noise.whitener(fit.error, given.sd, made.plume, made.slopes, given.starts, made.residual)
    level = (given.label[:, None] == np.arange(len(fit.background))).astype(float)
    full = np.column_stack([made.jacobian, level])
    gram = full.T @ weights.solve(full) + np.diag(
        np.append(_prior(given, count), 1e-12 * np.ones(level.shape[1]))
    )
    scale = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    unit = np.linalg.cholesky(np.linalg.inv(gram / np.outer(scale, scale) + 1e-9 * np.eye(len(scale))))

    def moved(z: np.ndarray) -> Fit:
        return _moved(given, fit, unit @ z / scale, 1.0)

    found = minimize(
        lambda z: _deviance(given, moved(z)), np.zeros(len(scale)), method="L-BFGS-B",
        options={"maxiter": 12, "ftol": 1e-6, "eps": 1e-3},
    )  # fmt: skip
    return moved(found.x)


def suspects(
    given: Problem, fit: Fit, matrix: np.ndarray, candidates: np.ndarray, spacing: float
) -> list[tuple[int, float]]:
    """Candidates (row, rate) that would raise the likelihood most beside ``fit``, apart from each other."""
    plume, variance = np.zeros(len(given.observed)), given.sd**2
    if len(fit.rates):
        _, _, plume, slopes = design(given, fit)
        error = fit.error
        variance = (error.additive * given.sd) ** 2 + (error.own**2 + error.shared**2) * plume**2
        variance += (slopes**2) @ np.array([error.direction, error.spread]) ** 2
    residual = given.observed - fit.background[given.label] - plume
    scans = [_scanned(matrix, residual, variance, given.label, own) for own in OWN]
    away = max(APART * spacing, APART_SHARE * float(np.diff(given.box, axis=1).max()))
    found: list[tuple[int, float]] = []
    most = int(np.clip(CHEAP / len(residual), STARTS[0] if len(fit.rates) else FIRST, STARTS[1]))
    ranks = [np.argsort(-gain) for gain, _ in scans]
    for place in range(len(candidates)):
        for (gain, rate), rank in zip(scans, ranks, strict=True):
            j = int(rank[place])
            apart = all(np.hypot(*(candidates[j] - candidates[i])) > away for i, _ in found)
            if gain[j] > 0 and apart and len(found) < most:
                found.append((j, float(rate[j])))
        if len(found) == most:
            break
    return found


@njit(cache=True, fastmath=True)
def _scanned(
    matrix: np.ndarray, residual: np.ndarray, variance: np.ndarray, label: np.ndarray, own: float
) -> tuple[np.ndarray, np.ndarray]:
    """Gain in twice the log likelihood of each candidate at its best rate and backgrounds, and the rate.

    The candidate's plume errs by the share ``own`` of itself, so a few large values do not decide.
    """
    rows, count = matrix.shape
    levels = label.max() + 1
    gain, rates = np.zeros(count), np.zeros(count)
    weights, seen, left = np.empty(levels), np.empty(levels), np.empty(levels)
    for j in range(count):
        rate = 0.0
        for turn in range(7):
            top = bottom = 0.0
            weights[:] = 0.0
            seen[:] = 0.0
            left[:] = 0.0
            for n in range(rows):
                weight, value = 1.0 / (variance[n] + (own * rate * matrix[n, j]) ** 2), matrix[n, j]
                top += weight * value * residual[n]
                bottom += weight * value * value
                weights[label[n]] += weight
                seen[label[n]] += weight * value
                left[label[n]] += weight * residual[n]
            for k in range(levels):
                top -= seen[k] * left[k] / weights[k]
                bottom -= seen[k] * seen[k] / weights[k]
            if top <= 0.0 or bottom <= 0.0:
                break
            before, rate = rate, top / bottom if turn == 0 else np.sqrt(rate * top / bottom)
            if own == 0.0 or abs(rate - before) < 0.02 * rate:
                break
        rates[j] = rate
        if rate > 0.0:
            for n in range(rows):
                k, value = label[n], rate * matrix[n, j]
                wide = variance[n] + (own * value) ** 2
                rest = residual[n] - value - (left[k] - rate * seen[k]) / weights[k]
                gain[j] += residual[n] ** 2 / variance[n] - rest**2 / wide - np.log(wide / variance[n])
    return gain, rates


def _begun(fit: Fit, place: np.ndarray, rate: float) -> Fit:
    """``fit`` with one source more."""
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


def add_source(
    given: Problem, fit: Fit, matrix: np.ndarray, candidates: np.ndarray, spacing: float
) -> Fit | None:
    """The best fit with one source more, or None where nothing asks for one."""
    places = suspects(given, fit, matrix, candidates, spacing)
    begun = [_begun(fit, candidates[j], rate) for j, rate in places]
    if len(fit.rates):
        begun += _parted(fit, spacing)
    tried = sorted((refine(given, b, 5) for b in begun), key=lambda f: _deviance(given, f))
    judged_ones = [
        judged(given, f, rounds=1 if len(given.observed) > CHEAP else 4, effort=80)
        for f in tried[: max(2, len(tried) // 2)]
    ]
    return min(judged_ones, key=lambda f: f.deviance) if judged_ones else None


def _settled(given: Problem, fit: Fit, rounds: int = 3) -> Fit:
    """``fit`` polished and its model error learnt in turn."""
    for _ in range(rounds):
        fit = polished(given, fit)
        made = design(given, fit)
        error = noise.learn(fit.error, made.residual, given.sd, made.plume, made.slopes, given.starts)
        fit = replace(fit, error=error)
    return replace(fit, deviance=_deviance(given, fit))


def without(fit: Fit, source: int) -> Fit:
    """``fit`` with one source taken out."""
    return replace(fit, xy=np.delete(fit.xy, source, 0), rates=np.delete(fit.rates, source))


def swapped(given: Problem, fit: Fit, matrix: np.ndarray, candidates: np.ndarray, spacing: float) -> Fit:
    """``fit`` after each source in turn was taken out and looked for anew, as long as that helps."""
    for _ in range(len(fit.rates)):
        other = add_source(given, without(fit, 0), matrix, candidates, spacing)
        better = other is not None and other.deviance < fit.deviance - 1.0
        fit = other if better and other is not None else _rolled(fit)
    return judged(given, fit)


def _rolled(fit: Fit) -> Fit:
    """``fit`` with its first source put last."""
    return replace(fit, xy=np.roll(fit.xy, -1, axis=0), rates=np.roll(fit.rates, -1))


def spread(given: Problem, fit: Fit) -> tuple[np.ndarray, float]:
    """Covariance of the parameters and the degrees of freedom it was estimated with; see ``regions``.

    With fewer than ``noise.FEW`` groups or sensors a sandwich says nothing, and the covariance of the fit stands, with
    the degrees of freedom that groups have whose plume fails now and then.
    """
    made, precision = design(given, fit), _prior(given, len(fit.rates))
    order = np.argsort(given.sensor, kind="stable")
    _, first = np.unique(given.sensor[order], return_index=True)
    clusters = min(len(given.starts), len(first))
    weights = noise.whitener(fit.error, given.sd, made.plume, made.slopes, given.starts, made.residual)
    jacobian, weighed, _ = _projected(given, weights, made.jacobian)
    curved = jacobian.T @ weighed + np.diag(precision)
    scale = np.sqrt(np.maximum(np.diag(curved), 1e-300))
    inverse = np.linalg.inv(curved / np.outer(scale, scale) + 1e-10 * np.eye(len(scale)))
    if clusters < noise.FEW:
        return inverse / np.outer(scale, scale), noise.FREEDOM
    jacobian, weighed = jacobian / scale, weighed / scale
    scores = jacobian * weights.solve(made.residual[:, None])
    by_group = regions.corrected(jacobian, weighed, scores, given.starts, inverse)
    by_sensor = regions.corrected(jacobian[order], weighed[order], scores[order], first, inverse)
    lags = regions.lag_count(len(given.starts)) if given.timed else 0
    varied = regions.successive(by_group, lags) + by_sensor.T @ by_sensor - scores.T @ scores
    varied += np.diag(precision / scale**2)
    return regions.widened(inverse, varied) / np.outer(scale, scale), clusters - 1.0


def together(given: Problem, fit: Fit) -> Fit:
    """``fit`` again with errors as large as few groups allow to say.

    Few groups are fitted by about as many parameters, so their residuals cannot tell how large the errors are that a
    group shares: these get the sizes of the prior back. The errors of single observations are taken as large as they
    act on a smooth plume, see ``regions``.
    """
    if len(given.starts) >= noise.FEW:
        return fit
    made, error, response = design(given, fit), fit.error, given.response
    sight = response.points[response.starts[given.sensor], :2] - fit.xy[np.argmax(fit.rates)]
    from_wind = np.arctan2(sight[:, 0], sight[:, 1]) - np.deg2rad(response.layer.wind_from[response.time])
    bearing = np.mod(from_wind, 2.0 * np.pi)  # pi straight down the wind, so that a plume is not cut in two
    residual = made.residual / np.hypot(error.additive * given.sd, error.own * made.plume)
    grown = np.sqrt(regions.inflation(regions.neighbours(residual, given.starts, bearing)))
    error = replace(noise.PRIOR, additive=error.additive, own=error.own * grown)
    return refine(given, replace(fit, error=error))


@dataclass(frozen=True)
class Located:
    """Sources found, with what is known about each.

    Attributes:
        xy: positions [m] (source, 2).
        rates: [g s-1] (source,).
        spread: covariance of each position [m2] (source, 2, 2), the shortcomings of the model included.
        rate_interval: [g s-1] (source, 2) at ``level``.
        probability: of 0, 1, 2, ... sources.
        fits: the fit with 0, 1, ... sources, as many as were found.
        level: of the intervals.
        freedom: degrees of freedom of the regions: the fewer of times and monitors, less one; see ``spread``.
    """

    xy: np.ndarray
    rates: np.ndarray
    spread: np.ndarray
    rate_interval: np.ndarray
    probability: np.ndarray
    fits: list[Fit]
    level: float
    freedom: float = np.inf

    @property
    def fit(self) -> Fit:
        """The fit with the number of sources found."""
        return self.fits[len(self.rates)]

    def within(self, places: ArrayLike, level: float = 0.9) -> np.ndarray:
        """Whether each place (source, 2) lies in its source's region; all hold together with ``level``."""
        off = np.atleast_2d(np.asarray(places, float)) - self.xy
        square = np.einsum("si,sij,sj->s", off, np.linalg.inv(self.spread), off)
        return square <= self._square(level)

    def _square(self, level: float) -> float:
        """Largest squared distance inside the regions; Hotelling's where the covariance itself is estimated."""
        each = level ** (1.0 / max(len(self.rates), 1))
        return (
            float(2.0 * f.ppf(each, 2, self.freedom))
            if np.isfinite(self.freedom)
            else float(chi2.ppf(each, 2))
        )

    def outline(self, source: int, level: float = 0.9, points: int = 60) -> np.ndarray:
        """The edge of a source's region (points, 2) [m]; regions of all sources hold together with ``level``."""
        radius = np.sqrt(self._square(level))
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
    turn_sd: float | None = None,
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
        turn_sd: prior of the error of wind direction common to all observations [rad]; None is ``TURN_SD``, with the
            error of a single period's direction where there is only one.
        widen_sd: prior of the error of the logarithm of the spread.
        bias_sd: of the logarithm of the rate: error of the model that all observations share and no fit can see.
        level: of the intervals of rates.

    Raises:
        InputError: shapes do not fit, or values are missing.
    """
    if turn_sd is None:
        turn_sd = (
            TURN_SD if len(np.unique(response.time)) > 1 else float(np.hypot(TURN_SD, noise.PRIOR.direction))
        )
    given = problem(response, observed, sd, box, group, background, turn_sd, widen_sd)
    west, east, south, north = given.box.ravel()
    across = np.arange(west + spacing / 2, east, spacing), np.arange(south + spacing / 2, north, spacing)
    candidates = np.stack(np.meshgrid(*across), axis=-1).reshape(-1, 2)
    matrix = given.response.matrix(candidates)
    fits, exists = [start(given)], []
    while len(fits) <= most:
        more = add_source(given, fits[-1], matrix, candidates, spacing)
        if more is None:
            break
        more = judged(given, more)
        exists.append(_stands(given, fits[-1], more))
        if exists[-1] < CERTAIN:
            break
        fits.append(more)
    fits, exists = _pruned(given, fits, exists)
    if len(fits) > 2 and (fits[-1].error.own > DOUBTFUL):
        fits[-1] = swapped(given, fits[-1], matrix, candidates, spacing)
    # many levels of the background would make the numerical slopes dear
    if len(fits) > 1 and len(given.starts) >= noise.FEW > len(fits[-1].background):
        fits[-1] = _settled(given, fits[-1])
    # one source more only if all before it stand
    standing = np.concatenate([[1.0], np.cumprod(exists)])
    probability = standing - np.append(standing[1:], 0.0)
    return _told(given, fits, len(fits) - 1, probability, bias_sd, level)


def _pruned(given: Problem, fits: list[Fit], exists: list[float]) -> tuple[list[Fit], list[float]]:
    """Without sources that an early, wrong one made necessary: the weakest of three or more goes if it can."""
    while len(fits) > 3:
        full = fits[-1]
        weakest = int(
            np.argmin(full.rates * given.response.matrix(full.xy, full.turn, full.widen).max(axis=0))
        )
        fewer = judged(given, refine(given, without(full, weakest)))
        stands = _stands(given, fewer, full)
        if stands >= CERTAIN:
            break
        fits, exists = [*fits[:-2], fewer], [*exists[: len(fits) - 2], stands]
    return fits, exists


def _stands(given: Problem, fewer: Fit, more: Fit) -> float:
    """Probability that a source more is there and not a way to fit the model's shortcomings.

    Vuong's test (1989, doi:10.2307/1912557) with Schwarz's correction: the gain in likelihood, less what three
    parameters cost, has to stand out from how unevenly the groups of observations gain. A few odd hours are no source.
    """
    gain = _deviances(given, fewer) - _deviances(given, more)
    cost = 3 * np.log(len(given.observed)) + noise.prior(more.error) - noise.prior(fewer.error)
    if len(gain) < noise.FEW:
        return float(norm.cdf(np.sign(gain.sum() - cost) * np.sqrt(abs(gain.sum() - cost))))
    uneven = np.sqrt(np.sum((gain - gain.mean()) ** 2))
    return float(norm.cdf((gain.sum() - cost) / max(uneven, 1e-12)))


def _told(
    given: Problem, fits: list[Fit], count: int, probability: np.ndarray, bias_sd: float, level: float
) -> Located:
    fit = fits[count]
    if not count:
        return Located(fit.xy, fit.rates, np.zeros((0, 2, 2)), np.zeros((0, 2)), probability, fits, level)
    fit = together(given, fit)
    covariance, freedom = spread(given, fit)
    # the strength's error of few groups is the prior's: marginal, and the model's own bias in it
    few = len(given.starts) < noise.FEW
    fits[count] = fit = replace(fit, covariance=covariance)
    pairs = np.stack([np.arange(count), count + np.arange(count)], axis=1)
    places = covariance[pairs[:, :, None], pairs[:, None]]
    error = np.sqrt(np.diag(covariance)[2 * count : 3 * count])
    interval = rate_interval(fit.rates, error, 0.0 if few else bias_sd, level, np.inf if few else freedom)
    return Located(fit.xy, fit.rates, places, interval, probability, fits, level, freedom)


def rate_interval(
    rates: np.ndarray, error: np.ndarray, bias_sd: float, level: float, freedom: float = np.inf
) -> np.ndarray:
    """Interval of rates (source, 2) [g s-1] from their standard errors and the model's own on the logarithm.

    Lognormal where the rate stands out from zero; with a large error the normal interval, cut at zero, says more.
    """
    z = norm.ppf(0.5 + level / 2)
    # a standard error known with few degrees of freedom is as wide as Student's quantile says
    error = error * (t.ppf(0.5 + level / 2, freedom) / z if np.isfinite(freedom) else 1.0)
    share = error / np.maximum(rates, 1e-300)
    log_sd = np.hypot(np.sqrt(np.log1p(share**2)), bias_sd)
    lognormal = np.exp(np.outer(log_sd, [-z, z])) * rates[:, None]
    total = np.hypot(error, bias_sd * rates)
    normal = np.maximum(rates[:, None] + np.outer(total, [-z, z]), 0.0)
    return np.where((share < 0.5)[:, None], lognormal, normal)
