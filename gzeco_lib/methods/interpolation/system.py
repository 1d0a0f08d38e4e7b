"""The kriging system of one pattern of known stretches: posterior coefficients, errors left out, robust weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gzeco_lib.methods.interpolation.covariance import patterns

JITTER = 1e-5  # of the variance at a place: keeps stations at one and the same place solvable
FREEDOM = 10.0  # stations that the usual spread counts for against the hour's own
ODD = 2.0  # standard deviations from which a value, unlike its neighbours and its own past, loses weight (Huber)


@dataclass(frozen=True)
class Terms:
    """The covariance of the station stretches: ``sum over s of space[s] (x) time[s]``.

    Attributes:
        space: (term, station, station).
        time: variances and covariances of the stretches (term, stretch, stretch).
    """

    space: np.ndarray
    time: np.ndarray

    @property
    def stretches(self) -> int:
        """Number of stretches."""
        return self.time.shape[1]

    def matrix(self) -> np.ndarray:
        """Covariance (station x stretch, station x stretch), the stretch running fastest."""
        n = self.space.shape[1] * self.stretches
        total = np.einsum("sij,sab->iajb", self.space, self.time).reshape(n, n)
        return total + JITTER * np.trace(total) / n * np.eye(n)


@dataclass(frozen=True)
class Solved:
    """The inverse of the system of one pattern, with an unknown mean for each stretch.

    Attributes:
        known: indices of the known values in (station x stretch).
        now: positions among ``known`` that belong to the hour itself.
        used: stretches that any station knows.
        system, inverse: (known + used, known + used).
    """

    known: np.ndarray
    now: np.ndarray
    used: np.ndarray
    system: np.ndarray
    inverse: np.ndarray

    @property
    def precision(self) -> np.ndarray:
        """The part of the inverse that belongs to the values."""
        return self.inverse[: len(self.known), : len(self.known)]


def solve(covariance: np.ndarray, known: np.ndarray, stretches: int) -> Solved:
    """The solved system for ``known`` (station x stretch) booleans."""
    index = np.flatnonzero(known)
    belongs = np.eye(stretches)[index % stretches]
    used = np.flatnonzero(belongs.any(axis=0))
    n, m = len(index), len(used)
    system = np.zeros((n + m, n + m))
    system[:n, :n] = covariance[np.ix_(index, index)]
    system[:n, n:] = belongs[:, used]
    system[n:, :n] = belongs[:, used].T
    return Solved(index, np.flatnonzero(index % stretches == 0), used, system, np.linalg.inv(system))


def by_pattern(values: np.ndarray, fewest: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Patterns (station, stretch) of known values (time, station, stretch) with the hours that have them.

    Hours with fewer than ``fewest`` stations in the hour itself are left out.
    """
    flat = np.isfinite(values).reshape(len(values), -1)
    for known, rows in patterns(flat):
        if known.reshape(values.shape[1:])[:, 0].sum() >= fewest:
            yield known, rows


def left_out(solved: Solved, values: np.ndarray, stretches: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Errors of the hour's own values where a station is left out with all its stretches.

    With B the precision and g a station's rows, they are ``(B_gg)^-1 (B y)_g`` with covariance ``(B_gg)^-1``
    (Dubrule 1983, doi:10.1007/BF01033232, for groups).

    Args:
        solved: the system.
        values: known values (time, known).
        stretches: number of stretches.

    Returns:
        stations that report now (n,), errors (time, n), variances (n,).
    """
    precision = solved.precision
    weighed = values @ precision
    station = solved.known // stretches
    reporting = station[solved.now]
    error, variance = np.empty((len(values), len(reporting))), np.empty(len(reporting))
    for column, name in enumerate(reporting):
        group = np.flatnonzero(station == name)  # its first is the hour itself
        inverse = np.linalg.inv(precision[np.ix_(group, group)])
        error[:, column] = weighed[:, group] @ inverse[:, 0]
        variance[column] = inverse[0, 0]
    return reporting, error, variance


def hour_scale(error: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Spread of each hour against the usual one (time,), from errors left out (time, station).

    Single odd values count as three standard deviations at most.
    """
    score = np.minimum(np.abs(error) / np.sqrt(variance), 3.0)
    return np.sqrt((np.square(score).sum(axis=1) + FREEDOM) / (error.shape[1] + FREEDOM))


def odd_noise(solved: Solved, values: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Noise variance (time, known) that takes its weight from values of the hour unlike all others and their own past.

    One step of Huber's weights ``min(1, 2 / |r|)`` on the residuals with the one value left out; 0 for ordinary ones.
    """
    precision = np.diag(solved.precision)[solved.now]
    residual = (values @ solved.precision)[:, solved.now] / np.sqrt(precision) / scale[:, None]
    weight = np.minimum(1.0, ODD / np.maximum(np.abs(residual), 1e-12))
    noise = np.zeros((len(values), len(solved.known)))
    noise[:, solved.now] = (1 / weight - 1) / precision
    return noise


def coefficients(solved: Solved, values: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Solution of the system (time, known + used) for values (time, known) with extra ``noise`` (time, known)."""
    right = np.hstack([values, np.zeros((len(values), len(solved.used)))])
    found = right @ solved.inverse
    for row in np.flatnonzero(noise.any(axis=1)):
        odd = np.flatnonzero(noise[row])
        inner = solved.inverse[np.ix_(odd, odd)] + np.diag(
            1 / noise[row, odd]
        )  # Woodbury: a few stations only
        found[row] -= np.linalg.solve(inner, found[row, odd]) @ solved.inverse[odd]
    return found
