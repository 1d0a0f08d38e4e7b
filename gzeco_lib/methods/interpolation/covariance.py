"""Spatial correlation of station values, the transform they are interpolated in, and its choice by cross-validation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from gzeco_lib.errors import N_, InputError

RANGES = (5e3, 1e4, 2e4, 4e4, 8e4, 1.6e5)  # [m]
NUGGETS = (0.02, 0.1, 0.25, 0.5, 0.75)  # share of the sill
MICRO_RANGE = 500.0  # [m] of the structure that stands for the nugget
JITTER = 1e-6  # keeps stations at one and the same place solvable: their values are then averaged
MAX_FIT_HOURS = 240


@dataclass(frozen=True)
class Transform:
    """A scale in which kriging errors are near normal, and the way back from a normal ``N(m, s²)`` on it."""

    forward: Callable[[np.ndarray], np.ndarray]
    inverse: Callable[[np.ndarray], np.ndarray]  # of a quantile
    mean: Callable[[np.ndarray, np.ndarray], np.ndarray]  # E[value] from (m, s)
    sd: Callable[[np.ndarray, np.ndarray], np.ndarray]  # standard deviation of the value from (m, s)


# Square root: for Z ~ N(m, s²), E[Z²] = m² + s² and Var[Z²] = 4 m² s² + 2 s⁴, so the way back is exact and unbiased.
TRANSFORMS = {
    "sqrt": Transform(
        forward=lambda value: np.sqrt(np.maximum(value, 0.0)),
        inverse=lambda z: np.square(np.maximum(z, 0.0)),
        mean=lambda m, s: m**2 + s**2,
        sd=lambda m, s: np.sqrt(4 * m**2 * s**2 + 2 * s**4),
    ),
    "none": Transform(
        forward=lambda value: value,
        inverse=lambda z: np.maximum(z, 0.0),
        mean=lambda m, s: np.maximum(m, 0.0),
        sd=lambda m, s: s,
    ),
}


@dataclass(frozen=True)
class Covariance:
    """Isotropic exponential correlation with a nugget.

    ``r(h) = (1 - nugget) exp(-h / range) + nugget exp(-h / 500 m)``

    The nugget is a structure of short range rather than a jump, so that the map meets a station in the station's own
    cell; farther than about 1.5 km from a station both give the same weights.

    Attributes:
        range_m: e-folding distance of the correlation [m].
        nugget: share of the variance that a neighbouring station does not know [1].
    """

    range_m: float = 4e4
    nugget: float = 0.25

    def correlation(self, distance: np.ndarray) -> np.ndarray:
        """Correlation [1] at ``distance`` [m]."""
        near = np.exp(-distance / MICRO_RANGE)
        return (1 - self.nugget) * np.exp(-distance / self.range_m) + self.nugget * near


def places(stations_xy: np.ndarray, cells_xy: np.ndarray, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates [m] of stations (site, 2) and cells (cell, 2) as floats.

    Raises:
        InputError: one of them is missing; ``where`` names who asked.
    """
    stations, cells = (np.asarray(xy, dtype=float).reshape(-1, 2) for xy in (stations_xy, cells_xy))
    if not (np.isfinite(stations).all() and np.isfinite(cells).all()):
        raise InputError(
            N_("a station or cell has no coordinates"), where, N_("leave out stations without coordinates")
        )
    return stations, cells


def distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Distances [m] between points ``one`` (n, 2) and ``other`` (m, 2): (n, m)."""
    return np.hypot(one[:, None, 0] - other[None, :, 0], one[:, None, 1] - other[None, :, 1])


def patterns(present: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """The distinct rows of ``present`` (time, station), each with the indices of the times that have it."""
    rows, index = np.unique(present, axis=0, return_inverse=True)
    return [(row, np.flatnonzero(index.ravel() == k)) for k, row in enumerate(rows)]


def precision(correlation: np.ndarray) -> np.ndarray:
    """Inverse of the ordinary-kriging matrix without its last row and column (n, n).

    With it the leave-one-out error of station i is ``(B z)_i / B_ii`` and its variance ``1 / B_ii``, and ``z' B z``
    is the sum of squares about the unknown mean (Dubrule 1983, doi:10.1007/BF01033232).
    """
    n = len(correlation)
    system = np.zeros((n + 1, n + 1))
    system[:n, :n] = correlation + JITTER * np.eye(n)
    system[:n, n] = system[n, :n] = 1.0
    return np.linalg.inv(system)[:n, :n]


def leave_one_out(
    z: np.ndarray, between: np.ndarray, covariance: Covariance, fewest: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Errors made where each station is predicted from the others.

    Args:
        z: transformed values (time, station), NaN where missing.
        between: distances between the stations [m] (station, station).
        covariance: the correlation to predict with.
        fewest: hours with fewer stations than this are left out.

    Returns:
        errors (time, station), their variance for a sill of one (time, station), and the variance of each hour about
        its mean, as an estimate of the sill, with its degrees of freedom (time, 2).
    """
    correlation = covariance.correlation(between)
    error = np.full(z.shape, np.nan)
    variance = np.full(z.shape, np.nan)
    sill = np.full((len(z), 2), np.nan)
    for present, rows in patterns(np.isfinite(z)):
        if present.sum() < fewest:
            continue
        b = precision(correlation[np.ix_(present, present)])
        values = z[np.ix_(rows, present)]
        solved = values @ b
        error[np.ix_(rows, present)] = solved / np.diag(b)
        variance[np.ix_(rows, present)] = 1 / np.diag(b)
        freedom = present.sum() - 1
        sill[rows, 0] = (solved * values).sum(axis=1) / freedom
        sill[rows, 1] = freedom
    return error, variance, sill


def choose(z: np.ndarray, between: np.ndarray, fewest: int) -> Covariance:
    """The covariance whose leave-one-out errors are smallest over many hours at once.

    A few frozen or spiking hours do not decide it: the loss is the mean over hours of each hour's mean absolute error.

    Args:
        z: transformed values (time, station), NaN where missing.
        between: distances between the stations [m].
        fewest: hours with fewer stations are left out.
    """
    usable = np.flatnonzero(np.isfinite(z).sum(axis=1) >= fewest)
    if len(usable) < 24:
        return Covariance()
    if len(usable) > MAX_FIT_HOURS:  # drawn, because an even stride would meet the same hours of the day only
        usable = np.random.default_rng(0).choice(usable, MAX_FIT_HOURS, replace=False)
    sample = z[np.sort(usable)]
    losses = {
        candidate: float(np.nanmean(np.abs(leave_one_out(sample, between, candidate, fewest)[0])))
        for candidate in (Covariance(r, n) for r, n in product(RANGES, NUGGETS))
    }
    return min(losses, key=lambda candidate: losses[candidate])
