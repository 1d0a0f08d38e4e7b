"""Sources found off the grid: how many, where, how strong, and how sure; model error learnt on the way.

``fit`` fits a given number of sources, ``search`` proposes where a further one may be; a source is added where the
weighted residuals ask for one most, and kept while it helps in enough of the hours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2, f, norm, t

from gzeco_lib.methods.inversion import noise
from gzeco_lib.methods.inversion.fit import (
    Fit,
    Problem,
    deviances,
    judged,
    problem,
    refine,
    start,
)
from gzeco_lib.methods.inversion.response import PlumeResponse
from gzeco_lib.methods.inversion.search import add_source, settled, spread, swapped, together, without

# Required uncertainty of wind direction is 5 degrees, two standard deviations (WMO-No. 8, 2018, part I, annex 1.A).
TURN_SD = np.deg2rad(2.5)
# Prior of the logarithm of the spread: sigma_y of research-grade sites is off by about a third.
WIDEN_SD = 0.3
# Mean bias of good plume models at research sites lies within 30 % (Chang and Hanna 2004): taken as 95 % of
# cases, 0.15; a single experiment's weather and surface add as much again.
BIAS_SD = 0.2
CERTAIN = 0.95  # probability a further source needs
DOUBTFUL = 0.3  # a share of own error learnt above this asks whether a source sits at the wrong place


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
        fits[-1] = settled(given, fits[-1])
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
    gain = deviances(given, fewer) - deviances(given, more)
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
