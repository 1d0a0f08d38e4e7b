"""A fused field as few numbers an hour, taken to any cells: what a worker needs to fill its tile."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gzeco_lib.methods.interpolation.kriging import Interpolated
from gzeco_lib.methods.interpolation.space_time import spatial
from gzeco_lib.methods.interpolation.system import Solved, Terms


@dataclass(frozen=True)
class Pattern:
    """How a pattern of known stretches turns into a field.

    A cell is described by its basis: its correlation with each station by range, its covariates, and a one.

    Attributes:
        mean: (known + used, basis) from the solution of the system to coefficients of the basis.
        reduction: (basis, basis) what the values take off the variance of a cell, as a quadratic form.
        now: (basis, station) weight of the value of each station in the hour itself.
    """

    mean: np.ndarray
    reduction: np.ndarray
    now: np.ndarray

    @classmethod
    def of(cls, solved: Solved, terms: Terms, land: np.ndarray) -> Pattern:
        """For the solved system of ``terms`` with covariates ``land`` (station, covariate) of the stations."""
        stations, stretches = terms.space.shape[1], terms.stretches
        station, stretch = np.divmod(solved.known, stretches)
        ranges = len(terms.space) - land.shape[1]
        n = len(solved.known)
        mean = np.zeros((len(solved.system), _size(ranges, stations, land)))
        for row in range(ranges):
            mean[np.arange(n), row * stations + station] = terms.time[row, 0, stretch]
        for column, effect in enumerate(land.T):
            mean[:n, ranges * stations + column] = terms.time[ranges + column, 0, stretch] * effect[station]
        mean[n, -1] = 1.0  # the unknown mean of the hour itself is the first one used
        weights = solved.inverse @ mean
        now = np.zeros((mean.shape[1], stations))
        now[:, station[solved.now]] = weights[solved.now].T
        return cls(mean, mean.T @ weights, now)


def _size(ranges: int, stations: int, land: np.ndarray) -> int:
    return ranges * stations + land.shape[1] + 1


@dataclass
class Field:
    """The fused field of some hours. Filled by `Fusion.solve`; `at` takes it to cells.

    Attributes:
        coefficient: of the basis (time, basis).
        level: of the city (time,).
        pattern: which of ``patterns`` an hour has, -1 for hours too thin (time,).
        scale: of the standard error (time,).
        spread: of the station values (time, station), or None.
        thin_mean, thin_count: mean and number of stations of every hour (time,), used where it is too thin.
    """

    stations: np.ndarray
    land: np.ndarray
    ranges: np.ndarray
    variance: np.ndarray
    transform: str
    inflation: float
    correction: float
    fewest: int
    coefficient: np.ndarray
    level: np.ndarray
    pattern: np.ndarray
    scale: np.ndarray
    spread: np.ndarray | None
    thin_mean: np.ndarray
    thin_count: np.ndarray
    patterns: list[Pattern] = field(default_factory=list)

    @classmethod
    def empty(
        cls,
        z: np.ndarray,
        spread: np.ndarray | None,
        *,
        stations: np.ndarray,
        land: np.ndarray,
        ranges: np.ndarray,
        variance: np.ndarray,
        transform: str,
        inflation: float,
        correction: float,
        fewest: int,
    ) -> Field:
        """For transformed values ``z`` (time, station), with no hour solved yet."""
        known = np.isfinite(z)
        count = known.sum(axis=1)
        mean = np.where(known, z, 0.0).sum(axis=1) / np.maximum(count, 1)
        hours = len(z)
        return cls(
            stations, land, ranges, variance, transform, inflation, correction, fewest,
            coefficient=np.zeros((hours, _size(len(ranges), len(stations), land))),
            level=np.zeros(hours), pattern=np.full(hours, -1), scale=np.ones(hours), spread=spread,
            thin_mean=np.where(count > 0, mean, np.nan), thin_count=count,
        )  # fmt: skip

    def add(self, rows: np.ndarray, pattern: Pattern, solution: np.ndarray, scale: np.ndarray) -> None:
        """Enter hours ``rows`` of one pattern with their solutions of the system and their error scale."""
        self.coefficient[rows] = solution @ pattern.mean
        self.pattern[rows], self.scale[rows] = len(self.patterns), scale
        self.patterns.append(pattern)

    def at(
        self, cells_xy: np.ndarray, cell_land: np.ndarray | None = None, dtype: type = np.float64
    ) -> Interpolated:
        """The field at cells (cell, 2) [m] with standardised covariates (cell, covariate), computed in ``dtype``."""
        land = np.zeros((len(cells_xy), 0)) if cell_land is None else cell_land
        basis, own = self._basis(np.asarray(cells_xy, dtype), np.asarray(land, dtype))
        centre = self.coefficient.astype(dtype) @ basis.T
        centre += self.level.astype(dtype)[:, None]
        error, source = np.empty_like(centre), np.zeros_like(centre)
        for number, pattern in enumerate(self.patterns):
            rows = np.flatnonzero(self.pattern == number)
            taken = np.einsum("cb,cb->c", basis @ pattern.reduction.astype(dtype), basis)
            error[rows] = (
                np.sqrt(np.maximum(own - taken, 0))[None, :] * self.scale[rows].astype(dtype)[:, None]
            )
            if self.spread is not None and self.spread[rows].any():
                weight = np.abs(basis @ pattern.now.astype(dtype))
                source[rows] = self.spread[rows].astype(dtype) @ weight.T
        self._thin(centre, error, source)
        return Interpolated(
            np.maximum(centre, 0),
            error,
            source,
            self.thin_count < self.fewest,
            self.transform,
            self.correction,
        )

    def _basis(self, cells: np.ndarray, land: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Basis (cell, basis) and variance of each cell before any value is known (cell,)."""
        ranges, stations = len(self.ranges), len(self.stations)
        basis = np.empty((len(cells), _size(ranges, stations, land)), dtype=cells.dtype)
        near = spatial(cells, self.stations.astype(cells.dtype), self.ranges)
        for row in range(ranges):
            basis[:, row * stations : (row + 1) * stations] = near[row]
        basis[:, ranges * stations : -1] = land
        basis[:, -1] = 1.0
        variance = self.variance.astype(cells.dtype)
        return basis, variance[:ranges].sum() + np.square(land) @ variance[ranges:]

    def _thin(self, centre: np.ndarray, error: np.ndarray, source: np.ndarray) -> None:
        """Hours with too few stations: their mean, with the error of an unknown place around an average of n."""
        rows = np.flatnonzero(self.pattern < 0)
        count = self.thin_count[rows].astype(float)
        spread = np.sqrt(self.variance.sum() * (1 + 1 / np.maximum(count, 1))) * self.inflation
        centre[rows] = self.thin_mean[rows, None]
        error[rows] = np.where(count > 0, spread, np.nan)[:, None]
        if self.spread is not None:
            source[rows] = (self.spread[rows].sum(axis=1) / np.maximum(count, 1))[:, None]
