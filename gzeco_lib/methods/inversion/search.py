"""Where a source could be that a fit does not have yet, and where one of its own might sit better."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numba import njit

from gzeco_lib.methods.inversion import noise, regions
from gzeco_lib.methods.inversion.fit import (
    Fit,
    Problem,
    design,
    judged,
    polished,
    priors,
    projected,
    refine,
    total_deviance,
)
from gzeco_lib.methods.inversion.noise import ModelError

STARTS = 3, 16  # places tried for each further source, with many observations and with few
FIRST = 8  # places tried for the first at least
CHEAP = 1000  # observations times places that cost next to nothing
# Shares of itself a plume may err by while places are searched, one as good a guide as the other.
OWN = 0.0, 0.5
APART_SHARE = 0.12  # and this share of the box
APART = 2  # a start is this many grid spacings away from the others


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
    tried = sorted((refine(given, b, 5) for b in begun), key=lambda f: total_deviance(given, f))
    judged_ones = [
        judged(given, f, rounds=1 if len(given.observed) > CHEAP else 4, effort=80)
        for f in tried[: max(2, len(tried) // 2)]
    ]
    return min(judged_ones, key=lambda f: f.deviance) if judged_ones else None


def settled(given: Problem, fit: Fit, rounds: int = 3) -> Fit:
    """``fit`` polished and its model error learnt in turn."""
    for _ in range(rounds):
        fit = polished(given, fit)
        made = design(given, fit)
        error = noise.learn(fit.error, made.residual, given.sd, made.plume, made.slopes, given.starts)
        fit = replace(fit, error=error)
    return replace(fit, deviance=total_deviance(given, fit))


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
    made, precision = design(given, fit), priors(given, len(fit.rates))
    order = np.argsort(given.sensor, kind="stable")
    _, first = np.unique(given.sensor[order], return_index=True)
    clusters = min(len(given.starts), len(first))
    weights = noise.whitener(fit.error, given.sd, made.plume, made.slopes, given.starts, made.residual)
    jacobian, weighed, _ = projected(given, weights, made.jacobian)
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
