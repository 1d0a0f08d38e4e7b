"""How well a method meets stations that it has never seen: each is left out of learning and of predicting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gzeco_lib.methods.interpolation.covariates import Covariates
from gzeco_lib.methods.interpolation.fusion import Fusion

LEVEL = 0.90


@dataclass(frozen=True)
class NeverSeen:
    """Predictions of the wanted hours at every station, each made without it (time, station).

    Attributes:
        mean: in the unit of the values.
        low, high: bounds of the central 90 % interval.
        sd: standard error.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    sd: np.ndarray

    def covers(self, truth: np.ndarray) -> float:
        """Share of the known ``truth`` (time, station) within the interval."""
        known = np.isfinite(truth) & np.isfinite(self.mean)
        return float(((truth >= self.low) & (truth <= self.high))[known].mean())

    def rmse(self, truth: np.ndarray) -> float:
        """Root mean square error against the known ``truth`` (time, station)."""
        known = np.isfinite(truth) & np.isfinite(self.mean)
        return float(np.sqrt(np.mean(np.square(self.mean - truth)[known])))


def never_seen(
    stations_xy: np.ndarray,
    past: np.ndarray,
    values: np.ndarray,
    hours: np.ndarray,
    land: np.ndarray | None = None,
    *,
    smoothing: bool = False,
) -> NeverSeen:
    """Leave each station out in turn.

    Args:
        stations_xy: (station, 2) [m].
        past: values to learn from (time, station).
        values: the hours right after (time, station).
        hours: rows of ``values`` to predict.
        land: covariates of the stations (station, covariate).
        smoothing: use later hours of the other stations too.
    """
    shape = (len(hours), len(stations_xy))
    mean, low, high, sd = (np.full(shape, np.nan) for _ in range(4))
    for left in range(len(stations_xy)):
        rest = np.arange(len(stations_xy)) != left
        told = None if land is None else Covariates(land[rest], land[left : left + 1])
        model = Fusion.fit(
            stations_xy[rest], stations_xy[left : left + 1], past[:, rest], told, smoothing=smoothing
        )
        found = model.solve(values[:, rest], hours=hours).at(model.cells, model.cell_land)
        mean[:, left], sd[:, left] = found.mean[:, 0], found.sd[:, 0]
        low[:, left] = found.quantile((1 - LEVEL) / 2)[:, 0]
        high[:, left] = found.quantile((1 + LEVEL) / 2)[:, 0]
    return NeverSeen(mean, low, high, sd)


def fell_silent(
    stations_xy: np.ndarray,
    past: np.ndarray,
    values: np.ndarray,
    hours: np.ndarray,
    land: np.ndarray | None = None,
) -> NeverSeen:
    """Silence each station in turn from the first of ``values`` on: its past is known, its hours are not.

    Args: as `never_seen`.
    """
    told = None if land is None else Covariates(land, land)
    model = Fusion.fit(stations_xy, stations_xy, past, told)
    shape = (len(hours), len(stations_xy))
    mean, low, high, sd = (np.full(shape, np.nan) for _ in range(4))
    for left in range(len(stations_xy)):
        others = values.copy()
        others[:, left] = np.nan
        found = model.solve(others, hours=hours).at(
            model.cells[left : left + 1], model.cell_land[left : left + 1]
        )
        mean[:, left], sd[:, left] = found.mean[:, 0], found.sd[:, 0]
        low[:, left] = found.quantile((1 - LEVEL) / 2)[:, 0]
        high[:, left] = found.quantile((1 + LEVEL) / 2)[:, 0]
    return NeverSeen(mean, low, high, sd)
