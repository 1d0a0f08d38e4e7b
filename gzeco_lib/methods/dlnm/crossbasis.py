"""The cross-basis of a distributed-lag non-linear model: an exposure basis times a lag basis.

``columns[t, v * L + l] = sum over lags k of R_v(x[t - k]) C_l(k)`` with exposure basis ``R`` and lag basis ``C``
(Gasparrini, Armstrong and Kenward 2010, doi:10.1002/sim.3940, eq. 6), lag index running fastest, as in R dlnm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dlnm.basis import Basis, Floats, Strata

WHERE = "methods.dlnm.CrossBasis"


@dataclass(frozen=True)
class CrossBasis:
    """An exposure basis and a lag basis fixed on a series.

    Attributes:
        exposure: basis of the exposure.
        lag: basis of the lag.
        lags: first and last lag, in steps of the series.
        range: of the exposure seen [its unit].
    """

    exposure: Basis
    lag: Basis
    lags: tuple[int, int]
    range: tuple[float, float]

    @classmethod
    def of(
        cls,
        x: ArrayLike,
        exposure: Basis,
        lag: Basis | None = None,
        lags: int | tuple[int, int] = 0,
    ) -> Self:
        """The cross-basis of ``x`` with knots, scales and levels fixed on it.

        Args:
            x: the series (time,), or histories (time, lag) with lag ``lags[0]`` first.
            exposure: basis of the exposure.
            lag: basis of the lag, with a constant unless it says not; None is one level (a moving sum).
            lags: last lag, or first and last.

        Raises:
            InputError: the lags do not rise from nought, or the series has no value.
        """
        first, last = (0, lags) if isinstance(lags, int) else lags
        if not 0 <= first <= last:
            raise InputError(
                N_("the lags {first} to {last} are not a range"), WHERE,
                N_("give the last lag, or the first and the last, from 0 up"), first=first, last=last,
            )  # fmt: skip
        over = np.arange(first, last + 1)
        basis = Strata() if lag is None or first == last else lag
        if basis.intercept is None:
            basis = replace(basis, intercept=True)
        fixed = exposure.on(x)  # raises where nothing is known
        known = np.asarray(x, float)
        return cls(fixed, basis.on(over), (first, last), (float(np.nanmin(known)), float(np.nanmax(known))))

    @property
    def steps(self) -> np.ndarray:
        """The lags, first to last."""
        return np.arange(self.lags[0], self.lags[1] + 1)

    @property
    def shape(self) -> tuple[int, int]:
        """How many columns the exposure basis and the lag basis have."""
        return self.exposure(np.zeros(1)).shape[1], self.lag(self.steps[:1]).shape[1]

    def columns(self, x: ArrayLike, group: ArrayLike | None = None) -> Floats:
        """Columns (time, exposure x lag); NaN where a value of the history is missing.

        Args:
            x: a series (time,) in equal steps, or histories (time, lag).
            group: label of each time; a history does not reach into another group, nor across the start of one.

        Raises:
            InputError: the shape is neither, or the labels do not go with the times.
        """
        found = np.asarray(x, float)
        histories = self._histories(found, group)  # (time, exposure column, lag)
        weights = self.lag(self.steps)
        return (histories @ weights).reshape(len(found), -1)

    def _histories(self, found: Floats, group: ArrayLike | None) -> Floats:
        count = len(self.steps)
        if found.ndim == 2 and found.shape[1] == count:
            columns = self.exposure(found.ravel())
            return columns.reshape(len(found), count, -1).transpose(0, 2, 1)
        labels = np.zeros(len(found)) if group is None else np.asarray(group)
        if found.ndim != 1 or labels.shape != found.shape:
            raise InputError(
                N_("an exposure of shape {shape} has no lags {first} to {last}"), WHERE,
                N_("give one value a time (and one group), or one column for each lag"),
                shape=found.shape, first=self.lags[0], last=self.lags[1],
            )  # fmt: skip
        columns = self.exposure(found)
        lagged = np.full((len(found), columns.shape[1], count), np.nan)
        for start, stop in _runs(labels):
            part = columns[start:stop]
            for place, lag in enumerate(self.steps):
                lagged[start + lag : stop, :, place] = part[: max(len(part) - lag, 0)]
        return lagged

    def contrast(self, at: ArrayLike, reference: float | None = None) -> Floats:
        """Exposure columns at ``at`` less those at ``reference`` (value, exposure column)."""
        columns = self.exposure(np.atleast_1d(np.asarray(at, float)))
        return columns if reference is None else columns - self.exposure(np.array([reference]))

    @property
    def summed(self) -> Floats:
        """The lag columns summed over all lags (lag column,): what makes the overall effect."""
        return self.lag(self.steps).sum(axis=0)


def _runs(labels: np.ndarray) -> list[tuple[int, int]]:
    """Start and end of each run of equal labels."""
    edges = np.flatnonzero(labels[1:] != labels[:-1]) + 1
    bounds = np.concatenate([[0], edges, [len(labels)]])
    return list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))
