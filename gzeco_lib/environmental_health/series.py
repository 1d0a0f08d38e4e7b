"""Observed and forecast concentrations of all stations on one time axis, and draws of them that carry their error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

PAST = 48  # [h] shown before the latest hour
MEMORY = 2  # [h] more, for the 3-h moving mean of the first hour shown
DRAWS = 128
Z90 = 1.2815515655446004  # standard normal quantile of 0.9
OBSERVED = "observed"


@dataclass(frozen=True)
class Series:
    """Concentrations over (time, site), from ``-PAST - MEMORY`` hours to the horizon.

    Attributes:
        times: UTC start of each hour, without a zone.
        leads: hours from the latest complete one (0); negative is the past.
        sites: station ids.
        value, lo, hi: by pollutant code (time, site) [ug m-3] (CO [mg m-3]): observed or median, and the 80 % band.
        member: by pollutant code, what each hour comes from (time,).
        correlation: of the pollutants' errors with each other (code, code), in the order of ``value``.
    """

    times: pd.DatetimeIndex
    leads: np.ndarray
    sites: tuple[str, ...]
    value: dict[str, np.ndarray]
    lo: dict[str, np.ndarray]
    hi: dict[str, np.ndarray]
    member: dict[str, np.ndarray]
    correlation: np.ndarray

    @property
    def codes(self) -> tuple[str, ...]:
        """Pollutant codes."""
        return tuple(self.value)

    @property
    def utc(self) -> np.ndarray:
        """Times as datetime64[ns]."""
        return self.times.to_numpy().astype("datetime64[ns]")

    def spread(self, code: str) -> np.ndarray:
        """Standard deviation of the square root of the value (time, site), 0 where observed."""
        low, high = np.sqrt(np.maximum(self.lo[code], 0)), np.sqrt(np.maximum(self.hi[code], 0))
        return (high - low) / (2 * Z90)

    def draws(self, code: str, shared: np.ndarray | None = None) -> np.ndarray:
        """Possible values (time, draw, site).

        The square root is normal on each side of the median, with the sides' widths from the 80 % band. A draw keeps
        its place in the distribution over time and over stations (an error lasts for hours and is shared by the city);
        between pollutants draws have the ``correlation``.

        Args:
            shared: of each hour (time,), factor on the error for means over stations, whose errors partly cancel; 1 by
                default.
        """
        middle = np.sqrt(np.maximum(self.value[code], 0))[:, None, :]
        low = np.sqrt(np.maximum(self.lo[code], 0))[:, None, :]
        high = np.sqrt(np.maximum(self.hi[code], 0))[:, None, :]
        z = self._correlated()[:, self.codes.index(code)][None, :, None]
        z = z if shared is None else z * shared[:, None, None]
        root = middle + z / Z90 * np.where(z < 0, middle - low, high - middle)
        return np.square(np.maximum(root, 0.0))

    def _correlated(self) -> np.ndarray:
        """Standard normal draws (draw, code) with the pollutants' correlation."""
        # A little more on the diagonal: a correlation matrix from data with gaps may just fail to be positive.
        size = len(self.codes)
        factor = np.linalg.cholesky((self.correlation + 1e-6 * np.eye(size)) / (1 + 1e-6))
        return normal_draws(size) @ factor.T

    def since(self, lead: int) -> Series:
        """The part from ``lead`` on."""
        keep = self.leads >= lead

        def cut(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
            return {code: array[keep] for code, array in arrays.items()}

        return Series(
            self.times[keep],
            self.leads[keep],
            self.sites,
            cut(self.value),
            cut(self.lo),
            cut(self.hi),
            cut(self.member),
            self.correlation,
        )


def error_correlation(history: Mapping[str, np.ndarray], hours: np.ndarray, step: int = 6) -> np.ndarray:
    """How errors of the pollutants go together (code, code): the correlation of their unexpected changes.

    A forecast misses what was not to be expected; what came unexpectedly over ``step`` hours in the last weeks shows
    how the pollutants move together then (NO2 up, O3 down; both particle sizes together). Changes are those of square
    roots less their mean at that hour of the day, pooled over the stations. Pollutants without data stand alone.

    Args:
        history: by code (time, site) on complete hours.
        hours: hour of the day of each time (time,).
        step: length of a change [h].
    """
    size = len(history)
    changes = np.stack([unexpected(values, hours, step).ravel() for values in history.values()])
    result = np.eye(size)
    for i in range(size):
        for j in range(i):
            both = np.isfinite(changes[i]) & np.isfinite(changes[j])
            one, other = changes[i][both], changes[j][both]
            if len(one) >= 100 and one.std() > 0 and other.std() > 0:
                result[i, j] = result[j, i] = np.corrcoef(one, other)[0, 1]
    return _positive(result)


def unexpected(values: np.ndarray, hours: np.ndarray, step: int) -> np.ndarray:
    """Changes of the root of ``values`` (time, site) over ``step`` hours, less their mean at that hour of the day.

    Args:
        hours: hour of the day of each time (time,).
    """
    root = np.sqrt(np.maximum(values, 0.0))
    change = root[step:] - root[:-step]
    for hour in range(24):
        at = hours[step:] == hour
        known = np.isfinite(change[at]).sum(axis=0)
        change[at] -= np.nansum(change[at], axis=0) / np.maximum(known, 1)
    return change


def _positive(matrix: np.ndarray) -> np.ndarray:
    """The nearest correlation matrix by clipped eigenvalues: pairs with different gaps need not agree."""
    values, vectors = np.linalg.eigh(matrix)
    clipped = vectors @ np.diag(np.maximum(values, 1e-6)) @ vectors.T
    scale = np.sqrt(np.diag(clipped))
    return clipped / np.outer(scale, scale)


@cache
def normal_draws(columns: int = 6) -> np.ndarray:
    """Evenly spread standard normal draws (draw, pollutant), the same in every run."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    uniform = qmc.Sobol(columns, rng=np.random.default_rng(20241215)).random(DRAWS)
    drawn = ndtri(np.clip(uniform, 1e-4, 1 - 1e-4))
    drawn.setflags(write=False)
    return drawn
