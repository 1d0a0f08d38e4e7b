"""Fusion of stations with covariates by a Gaussian process in space and time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy.special import ndtri

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.interpolation import blocks, system
from gzeco_lib.methods.interpolation.covariance import TRANSFORMS, Covariance, distances, places
from gzeco_lib.methods.interpolation.covariance import precision as ordinary
from gzeco_lib.methods.interpolation.covariates import Covariates, Standard
from gzeco_lib.methods.interpolation.field import Field, Pattern
from gzeco_lib.methods.interpolation.kriging import CALIBRATED_AT, FEWEST, Interpolated
from gzeco_lib.methods.interpolation.space_time import RANGES, learn, spatial

FACTORS = tuple(product((1.0, 2.0, 4.0), (0.5, 1.0, 2.0), (0.0, 1.0, 3.0)))  # on nugget, ranges, covariates
TRIED_HOURS = 160
LEARNT_AT = (
    0.92  # share of errors left out that the interval takes in: 0.90 of a month covered 0.88 of the next
)
PRIOR_WEIGHTS = Covariance(8e4, 0.25)


@dataclass(frozen=True)
class Prior:
    """A field that is known before any value is seen, e.g. of a dispersion model, in the unit of the values.

    Attributes:
        stations: (time, station).
        cells: (time, cell).
    """

    stations: np.ndarray
    cells: np.ndarray


class Fusion:
    """Space-time Gaussian process from stations to cells, learnt from their history.

    Made by `fit`. The value at a place is the city's level of the hour, the effect of covariates, a multiple of the
    prior field, and a field of several spatial ranges and memories; all on the transformed scale.

    Attributes:
        ranges: of the spatial terms that have a variance [m].
        variance: of each spatial term (ranges, then covariates) in each memory.
        factors: on nugget, ranges and covariates, chosen by leaving stations out and contained in the above.
        slope: non-negative coefficient of the prior field.
        inflation: factor on the standard error, from errors left out.
        correction: share of the variance that the mean takes on its way back from the scale, from the same errors:
            stations crowd where values are high, and the places between need less of it than theory says.
    """

    def __init__(
        self,
        stations_xy: np.ndarray,
        cells_xy: np.ndarray,
        *,
        transform: str = "sqrt",
        smoothing: bool = False,
        covariates: Covariates | None = None,
    ) -> None:
        self.stations, self.cells = places(stations_xy, cells_xy, "Fusion")
        none = Covariates(np.zeros((len(self.stations), 0)), np.zeros((len(self.cells), 0)))
        given = covariates or none
        if len(given.stations) != len(self.stations) or len(given.cells) != len(self.cells):
            raise InputError(
                N_("covariates of {stations} stations and {cells} cells, but there are {n} and {m}"), "Fusion",
                N_("give a row for each station and for each cell, in their order"),
                stations=len(given.stations), cells=len(given.cells), n=len(self.stations), m=len(self.cells),
            )  # fmt: skip
        self.transform, self.smoothing = transform, smoothing
        self.standard = Standard.of(given.stations)
        self._kept = np.arange(given.stations.shape[1])
        self.land, self.cell_land = self.standard(given.stations), self.standard(given.cells)
        self.lags = blocks.stretches(smoothing)
        self._memories = blocks.memories(self.lags)
        self.offset = np.zeros(len(self.stations))
        self.past = np.zeros((0, len(self.stations)))
        self.ranges = np.array(RANGES)
        self.variance = np.zeros((len(RANGES) + self.land.shape[1], len(self._memories)))
        self.factors = (1.0, 1.0, 1.0)
        self.slope, self.inflation, self.correction = 0.0, 1.0, 1.0

    @classmethod
    def fit(
        cls,
        stations_xy: np.ndarray,
        cells_xy: np.ndarray,
        history: np.ndarray,
        covariates: Covariates | None = None,
        *,
        transform: str = "sqrt",
        smoothing: bool = False,
        prior: np.ndarray | None = None,
    ) -> Fusion:
        """Learn from ``history``.

        Args:
            stations_xy: coordinates (station, 2) [m], EPSG:4547.
            cells_xy: coordinates (cell, 2) [m].
            history: values of consecutive hours (time, station), NaN where missing; a month is enough.
            covariates: of stations and cells; an effect that does not help at stations left out is dropped.
            transform: ``sqrt`` or ``none``, the scale to work in.
            smoothing: use hours after the one asked for too, for looking back; else only what was known by then.
            prior: the prior field at the stations over the history (time, station).

        Raises:
            InputError: a coordinate or covariate is missing, or the history has another number of stations.
        """
        made = cls(stations_xy, cells_xy, transform=transform, smoothing=smoothing, covariates=covariates)
        past = np.asarray(history, dtype=float)
        if past.ndim != 2 or past.shape[1] != len(made.stations):
            raise InputError(
                N_("a history of shape {shape} for {n} stations"), "Fusion.fit",
                N_("give hours by stations, a column for each station"), shape=past.shape, n=len(made.stations),
            )  # fmt: skip
        made.past = made._forward(past)
        if prior is not None:
            made.slope = _slope(made.past, made._forward(np.asarray(prior, dtype=float)), made.stations)
            made.past = made.past - made.slope * made._forward(np.asarray(prior, dtype=float))
        made.offset = blocks.offsets(made.past)
        apart = made.past - blocks.level(made.past, made.offset)[:, None]
        made.variance = learn(apart, spatial(made.stations, made.stations, made.ranges), made.land)
        made._choose(apart)
        made._settle()
        return made

    def _forward(self, values: np.ndarray) -> np.ndarray:
        return TRANSFORMS[self.transform].forward(values)

    def _scaled(self, factors: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
        """Ranges and variances under ``factors`` on nugget, ranges and covariates."""
        nugget, reach, land = factors
        ranges, variance = self.ranges.copy(), self.variance.copy()
        ranges[1:] *= reach
        variance[0] *= nugget
        variance[len(ranges) :] *= land
        return ranges, variance

    def _settle(self) -> None:
        """Keep the chosen factors and only the terms that have a variance."""
        ranges, variance = self._scaled(self.factors)
        lives = variance.sum(axis=1) > 0
        self.ranges, self._kept = ranges[lives[: len(ranges)]], np.flatnonzero(lives[len(ranges) :])
        self.variance = variance[lives]
        self.land, self.cell_land = self.land[:, self._kept], self.cell_land[:, self._kept]

    def land_of(self, covariates: np.ndarray) -> np.ndarray:
        """Covariates of any cells (cell, covariate), in the form that `Field.at` takes."""
        return self.standard(np.asarray(covariates, dtype=float))[:, self._kept]

    def _terms(self, ranges: np.ndarray, variance: np.ndarray) -> system.Terms:
        """The covariance of the station stretches."""
        between = spatial(self.stations, self.stations, ranges)
        space = [*between, *(np.outer(x, x) for x in self.land.T)]
        return system.Terms(np.array(space), np.einsum("sk,kab->sab", variance, self._memories))

    def _choose(self, apart: np.ndarray) -> None:
        """Take the factors with the smallest errors at stations left out, and the error scale that they need.

        The loss is the mean square error in the unit of the values, of which the largest hundredth is held back.
        """
        reporting = np.isfinite(apart).sum(axis=1) >= FEWEST
        hours = np.flatnonzero(reporting[-blocks.PAST :]) + max(len(apart) - blocks.PAST, 0)
        hours = hours[len(hours) // 4 :]  # the first have no past themselves
        if len(hours) < 24:
            return
        if len(hours) > TRIED_HOURS:
            hours = np.sort(np.random.default_rng(0).choice(hours, TRIED_HOURS, replace=False))
        values = blocks.means(apart, self.lags)[hours]
        known = np.isfinite(values[..., 0])
        whole = _completed(values)
        truth = self.past[hours]
        best = np.inf
        for factors in FACTORS if self.land.shape[1] else (f for f in FACTORS if f[2] == 1):
            terms = self._terms(*self._scaled(factors))
            solved = system.solve(terms.matrix(), np.ones(whole[0].size, dtype=bool), terms.stretches)
            _, error, variance = system.left_out(solved, whole.reshape(len(whole), -1), terms.stretches)
            loss = _loss(self._back(truth - error), self._back(truth), known)
            if loss < best:
                best, self.factors = loss, factors
                self._calibrate(truth, error, variance, known)

    def _calibrate(
        self, truth: np.ndarray, error: np.ndarray, variance: np.ndarray, known: np.ndarray
    ) -> None:
        """Scale of the standard error, and share of the correction, from errors left out (time, station)."""
        usual = np.sqrt(variance) * system.hour_scale(error, variance)[:, None]
        reach = float(np.quantile((np.abs(error) / usual)[known], LEARNT_AT))
        self.inflation = reach / float(ndtri((1 + CALIBRATED_AT) / 2))
        square = np.square(usual * self.inflation)[known]
        missed = (self._back(truth) - self._back(truth - error))[known]
        missed = np.clip(missed, *np.quantile(missed, [0.01, 0.99]))
        power = float((square**2).sum())
        self.correction = float(np.clip((square * missed).sum() / power, 0, 1)) if power > 0 else 1.0

    def _back(self, values: np.ndarray) -> np.ndarray:
        return TRANSFORMS[self.transform].inverse(values)

    def solve(
        self,
        values: np.ndarray,
        spread: np.ndarray | None = None,
        *,
        before: np.ndarray | None = None,
        prior: np.ndarray | None = None,
        hours: np.ndarray | None = None,
    ) -> Field:
        """The field of each hour as a small set of coefficients, to be taken to any cells with `Field.at`.

        Args: as `interpolate`; ``prior`` at the stations (time, station), ``hours`` the rows of ``values`` that are
            wanted, all by default: the others then only inform them.
        """
        z, past = self._forward(np.asarray(values, dtype=float)), self.past
        if before is not None:
            past = self._forward(np.asarray(before, dtype=float))
        if prior is not None:
            z = z - self.slope * self._forward(np.asarray(prior, dtype=float))
        past = past[-blocks.PAST :]
        whole = np.vstack([past, z])
        city = blocks.level(whole, self.offset)
        wanted = np.arange(len(z)) if hours is None else np.asarray(hours)
        stretches = blocks.means(whole - city[:, None], self.lags)[len(past) + wanted]
        terms = self._terms(self.ranges, self.variance)
        field = self._empty(z[wanted], terms, None if spread is None else np.asarray(spread)[wanted])
        field.level[:] = city[len(past) + wanted]
        covariance = terms.matrix()
        for known, rows in system.by_pattern(stretches, FEWEST):
            solved = system.solve(covariance, known, terms.stretches)
            given = stretches.reshape(len(stretches), -1)[np.ix_(rows, solved.known)]
            _, error, variance = system.left_out(solved, given, terms.stretches)
            scale = system.hour_scale(error, variance)
            found = system.coefficients(solved, given, system.odd_noise(solved, given, scale))
            field.add(rows, Pattern.of(solved, terms, self.land), found, scale * self.inflation)
        return field

    def _empty(self, z: np.ndarray, terms: system.Terms, spread: np.ndarray | None) -> Field:
        return Field.empty(
            z, None if spread is None else np.nan_to_num(np.asarray(spread, dtype=float)),
            stations=self.stations, land=self.land, ranges=self.ranges,
            variance=terms.time[:, 0, 0], transform=self.transform, inflation=max(self.inflation, 1.0),
            correction=self.correction, fewest=FEWEST,
        )  # fmt: skip

    def interpolate(
        self,
        values: np.ndarray,
        spread: np.ndarray | None = None,
        *,
        before: np.ndarray | None = None,
        prior: Prior | None = None,
    ) -> Interpolated:
        """Values at the cells.

        Args:
            values: station values of consecutive hours (time, station), NaN where missing.
            spread: standard deviation of each value on the transformed scale (time, station), e.g. of a forecast; taken
                as fully dependent between the stations of an hour, as in `Kriging.interpolate`.
            before: the hours right before ``values`` (time, station); the history of the fit by default.
            prior: the prior field of these hours.

        Returns:
            the values; NaN for hours in which no station has a value.
        """
        field = self.solve(values, spread, before=before, prior=None if prior is None else prior.stations)
        found = field.at(self.cells, self.cell_land)
        if prior is None or self.slope == 0:
            return found
        known = self.slope * self._forward(np.asarray(prior.cells, dtype=float))
        return replace(found, centre=np.maximum(found.centre + known, 0.0))


def _completed(values: np.ndarray) -> np.ndarray:
    """``values`` (time, station, stretch) with gaps filled by the station's other stretches, or by the level."""
    known = np.isfinite(values)
    count = known.sum(axis=2)
    own = np.where(known, values, 0.0).sum(axis=2) / np.maximum(count, 1)
    return np.where(known, values, own[..., None])


def _loss(made: np.ndarray, came: np.ndarray, known: np.ndarray) -> float:
    square = np.square(made - came)[known]
    return float(np.minimum(square, np.quantile(square, 0.99)).mean())


def _slope(values: np.ndarray, prior: np.ndarray, stations: np.ndarray) -> float:
    """Non-negative coefficient of ``prior``: generalised least squares on what differs between stations of an hour."""
    weights = ordinary(PRIOR_WEIGHTS.correlation(distances(stations, stations)))
    full = np.isfinite(values).all(axis=1) & np.isfinite(prior).all(axis=1)
    if full.sum() < 24:
        return 0.0
    effect = prior[full] @ weights
    power = float((effect * prior[full]).sum())
    return max(0.0, float((effect * values[full]).sum()) / power) if power > 0 else 0.0
