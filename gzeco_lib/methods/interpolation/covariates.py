"""What is known of a place besides its distance to the stations: terrain, settlement, people, roads, land use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gzeco_lib.errors import N_, InputError


@dataclass(frozen=True)
class Covariates:
    """Covariates at the stations (station, covariate) and at the cells (cell, covariate), any unit, same order.

    Give a covariate in the scale in which its effect is about linear, e.g. the logarithm of a density.

    Raises:
        InputError: the columns differ, or a value is not a finite number.
    """

    stations: np.ndarray
    cells: np.ndarray

    def __post_init__(self) -> None:
        for name in ("stations", "cells"):
            found = np.asarray(getattr(self, name), dtype=float)
            object.__setattr__(self, name, found[:, None] if found.ndim == 1 else found)
        if self.stations.shape[1] != self.cells.shape[1]:
            raise InputError(
                N_("{stations} covariates at the stations and {cells} at the cells"), "Covariates",
                N_("give the same covariates in the same order at both"),
                stations=self.stations.shape[1], cells=self.cells.shape[1],
            )  # fmt: skip
        if not (np.isfinite(self.stations).all() and np.isfinite(self.cells).all()):
            raise InputError(
                N_("a covariate is missing at a station or cell"),
                "Covariates",
                N_("fill it, e.g. with the covariate's mean, or leave the covariate out"),
            )


@dataclass(frozen=True)
class Standard:
    """Mean, spread and range of covariates over the stations; a constant one has no effect.

    Cells beyond the range of the stations count as lying at its edge: an effect is not drawn out to where it was
    never seen.
    """

    mean: np.ndarray
    spread: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, stations: np.ndarray) -> Standard:
        """From the values at the stations (station, covariate)."""
        return cls(stations.mean(axis=0), stations.std(axis=0), stations.min(axis=0), stations.max(axis=0))

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Standardised ``values`` (place, covariate)."""
        held = np.clip(values, self.low, self.high) - self.mean
        return np.divide(held, self.spread, out=np.zeros_like(held), where=self.spread > 1e-12)


def density(
    points: np.ndarray, places: np.ndarray, reach: float, weight: np.ndarray | None = None
) -> np.ndarray:
    """Places around each point, weighted ``exp(-(distance / reach)^2)`` (point,).

    Args:
        points: (n, 2) [m].
        places: (m, 2) [m], e.g. settlements, junctions, shops.
        reach: distance [m] at which a place counts for 1/e.
        weight: of each place, e.g. its population; 1 by default.
    """
    apart2 = ((points[:, None, :] - places[None, :, :]) ** 2).sum(axis=2)
    near = np.exp(-apart2 / reach**2)
    return near.sum(axis=1) if weight is None else near @ np.asarray(weight, dtype=float)
