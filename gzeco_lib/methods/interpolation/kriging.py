"""Ordinary kriging whose weights are solved once a pattern of available stations and used for many hours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from gzeco_lib.methods.interpolation.covariance import (
    JITTER,
    TRANSFORMS,
    Covariance,
    choose,
    distances,
    leave_one_out,
    patterns,
    places,
)

FEWEST = 4  # stations; below it the map is one constant with a wide error
PRIOR_FREEDOM = 10.0  # how many stations' worth the pooled sill counts for against the hour's own
CALIBRATED_AT = 0.90  # the central interval that leave-one-out errors are scaled to


@dataclass(frozen=True)
class Interpolated:
    """Values at cells, normal on the transformed scale.

    Attributes:
        centre: mean on the transformed scale (time, cell).
        error: standard error of the interpolation on that scale (time, cell).
        source: standard deviation there that comes with the station values, 0 for observed ones (time, cell).
        fallback: hours too thin to be kriged, which carry the network's mean instead (time,).
        transform: name of the scale.
        correction: share of the correction for the error that the way back to the mean takes [1].
    """

    centre: np.ndarray
    error: np.ndarray
    source: np.ndarray
    fallback: np.ndarray
    transform: str
    correction: float = 1.0

    @property
    def spread(self) -> np.ndarray:
        """Standard deviation of interpolation and source together on the transformed scale (time, cell)."""
        return np.hypot(self.error, self.source)

    @property
    def mean(self) -> np.ndarray:
        """Value expected at the cell where the station values are right (time, cell), never negative.

        The way back is corrected for the interpolation error, not for the source's: the map of a median forecast stays
        one of the median and meets the stations.
        """
        return TRANSFORMS[self.transform].mean(self.centre, self.error * self.correction**0.5)

    @property
    def sd(self) -> np.ndarray:
        """Standard error (time, cell) in the unit of the input, both causes together."""
        return TRANSFORMS[self.transform].sd(self.centre, self.spread)

    @property
    def interpolation_sd(self) -> np.ndarray:
        """Standard error of the interpolation alone (time, cell) in the unit of the input."""
        return TRANSFORMS[self.transform].sd(self.centre, self.error)

    def quantile(self, p: float) -> np.ndarray:
        """Quantile ``p`` (time, cell) in the unit of the input."""
        return TRANSFORMS[self.transform].inverse(self.centre + float(ndtri(p)) * self.spread)


class Kriging:
    """Ordinary kriging from stations to cells.

    Weights depend on the correlation and on which stations report, not on their values: they are solved once for each
    pattern and kept. The standard error follows the hour: its sill is the hour's own, drawn towards the pooled one.

    Args:
        stations_xy: coordinates (station, 2) [m], EPSG:4547.
        cells_xy: coordinates (cell, 2) [m].
        covariance: correlation of the transformed values.
        transform: ``sqrt`` or ``none``, the scale to interpolate in.
        sill: pooled variance on the transformed scale.
        inflation: factor on the standard error, found by leave-one-out.

    Raises:
        InputError: where a coordinate is not a finite number.
    """

    def __init__(
        self,
        stations_xy: np.ndarray,
        cells_xy: np.ndarray,
        covariance: Covariance | None = None,
        *,
        transform: str = "sqrt",
        sill: float = 1.0,
        inflation: float = 1.0,
    ) -> None:
        self.stations, self.cells = places(stations_xy, cells_xy, "Kriging")
        self.covariance = covariance or Covariance()
        self.transform, self.sill, self.inflation = transform, float(sill), float(inflation)
        self._between = distances(self.stations, self.stations)
        self._cross: np.ndarray | None = None
        self._weights: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}

    @classmethod
    def fit(
        cls, stations_xy: np.ndarray, cells_xy: np.ndarray, history: np.ndarray, *, transform: str = "sqrt"
    ) -> Kriging:
        """Kriging with correlation, sill and error scale learnt from ``history`` (time, station), NaN where missing.

        The error scale makes the central 90 % intervals of the leave-one-out predictions cover 90 % of ``history``.
        With fewer than 24 hours of four stations the correlation stays at its default and the scale at one.
        """
        stations = np.asarray(stations_xy, dtype=float).reshape(-1, 2)
        z = TRANSFORMS[transform].forward(np.asarray(history, dtype=float))
        between = distances(stations, stations)
        covariance = choose(z, between, FEWEST)
        error, variance, own = leave_one_out(z, between, covariance, FEWEST)
        known = np.isfinite(own[:, 0])
        if not known.any():
            spread = np.nanvar(z) if np.isfinite(z).any() else np.nan
            return cls(stations, cells_xy, covariance, transform=transform, sill=_positive(spread))
        # The median hour: a frozen network (no variance) or an episode would pull a mean.
        sill = _positive(float(np.median(own[known, 0])))
        score = np.abs(error) / np.sqrt(variance * _shrunk(own, sill)[:, None])
        score = score[np.isfinite(score)]
        reach = float(np.quantile(score, CALIBRATED_AT)) / float(ndtri((1 + CALIBRATED_AT) / 2))
        return cls(stations, cells_xy, covariance, transform=transform, sill=sill, inflation=_positive(reach))

    def weights(self, present: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weights (cell, station) and error variance (cell,) for a sill of one, for a pattern of stations."""
        key = np.packbits(present).tobytes()
        if key not in self._weights:
            self._weights[key] = self._solve(np.flatnonzero(present))
        return self._weights[key]

    def _solve(self, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self._cross is None:
            self._cross = self.covariance.correlation(distances(self.stations, self.cells))
        n = len(index)
        system = np.ones((n + 1, n + 1))
        system[:n, :n] = self.covariance.correlation(self._between[np.ix_(index, index)]) + JITTER * np.eye(n)
        system[n, n] = 0.0
        right = np.vstack([self._cross[index], np.ones(self._cross.shape[1])])
        solved = np.linalg.solve(system, right)
        variance = 1.0 - (solved * right).sum(axis=0)
        return solved[:n].T.copy(), np.maximum(variance, 0.0)

    def interpolate(self, values: np.ndarray, sd: np.ndarray | None = None) -> Interpolated:
        """Values at the cells.

        Args:
            values: station values (time, station), NaN where missing.
            sd: standard deviation of each value on the transformed scale (time, station), e.g. of a forecast. Errors of
                one hour are taken as fully dependent between stations (a missed episode is missed everywhere), which
                is the widest case, and as independent of the interpolation error: variances add.

        Returns:
            the values; NaN for hours in which no station has a value.
        """
        z = TRANSFORMS[self.transform].forward(np.asarray(values, dtype=float))
        shape = (len(z), len(self.cells))
        centre, variance, source = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape)
        fallback = np.zeros(len(z), dtype=bool)
        own = self._own_sill(z)
        for present, rows in patterns(np.isfinite(z)):
            n = int(present.sum())
            fallback[rows] = n < FEWEST
            if n == 0:
                continue
            if (
                n < FEWEST
            ):  # one constant: an unknown place around an average of n, nothing learnt about where it lies
                weights = np.full((shape[1], n), 1 / n)
                variance[rows] = self.sill * (1 + 1 / n) * max(self.inflation, 1.0) ** 2
            else:
                weights, unit = self.weights(present)
                variance[rows] = own[rows, None] * unit[None, :] * self.inflation**2
            centre[rows] = z[np.ix_(rows, present)] @ weights.T
            if sd is not None:
                source[rows] = np.nan_to_num(sd[np.ix_(rows, present)]) @ np.abs(weights).T
        return Interpolated(np.maximum(centre, 0.0), np.sqrt(variance), source, fallback, self.transform)

    def leave_one_out(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What each station would have been given from the others.

        Args:
            values: station values (time, station), NaN where missing.

        Returns:
            centre and spread on the transformed scale (time, station).
        """
        z = TRANSFORMS[self.transform].forward(np.asarray(values, dtype=float))
        error, variance, own = leave_one_out(z, self._between, self.covariance, FEWEST)
        spread = np.sqrt(variance * _shrunk(own, self.sill)[:, None]) * self.inflation
        return np.maximum(z - error, 0.0), spread

    def _own_sill(self, z: np.ndarray) -> np.ndarray:
        own = leave_one_out(z, self._between, self.covariance, FEWEST)[2]
        return _shrunk(own, self.sill)


def _shrunk(own: np.ndarray, pooled: float) -> np.ndarray:
    """The hour's sill drawn towards the pooled one, which counts as ``PRIOR_FREEDOM`` degrees of freedom."""
    freedom = np.nan_to_num(own[:, 1])
    return (PRIOR_FREEDOM * pooled + freedom * np.nan_to_num(own[:, 0])) / (PRIOR_FREEDOM + freedom)


def _positive(value: float) -> float:
    return value if np.isfinite(value) and value > 0 else 1.0
