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
    """

    times: pd.DatetimeIndex
    leads: np.ndarray
    sites: tuple[str, ...]
    value: dict[str, np.ndarray]
    lo: dict[str, np.ndarray]
    hi: dict[str, np.ndarray]
    member: dict[str, np.ndarray]

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

    def draws(self, code: str) -> np.ndarray:
        """Possible values (time, draw, site).

        The square root is normal on each side of the median, with the sides' widths from the 80 % band. A draw keeps
        its place in the distribution over time and over stations (an error lasts for hours and is shared by the city),
        and pollutants are drawn independently of each other.
        """
        middle = np.sqrt(np.maximum(self.value[code], 0))[:, None, :]
        low = np.sqrt(np.maximum(self.lo[code], 0))[:, None, :]
        high = np.sqrt(np.maximum(self.hi[code], 0))[:, None, :]
        z = normal_draws()[:, self.codes.index(code)][None, :, None]
        root = middle + z / Z90 * np.where(z < 0, middle - low, high - middle)
        return np.square(np.maximum(root, 0.0))

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
        )


@cache
def normal_draws(columns: int = 6) -> np.ndarray:
    """Evenly spread standard normal draws (draw, pollutant), the same in every run."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    uniform = qmc.Sobol(columns, rng=np.random.default_rng(20241215)).random(DRAWS)
    drawn = ndtri(np.clip(uniform, 1e-4, 1 - 1e-4))
    drawn.setflags(write=False)
    return drawn
