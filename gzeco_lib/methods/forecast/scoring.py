"""Sums of scores by lead that add up over spans, and what follows from them.

Each score asks for its own summary of a forecast (Gneiting 2011, doi:10.1198/jasa.2011.r10138): the absolute error for
the median, the squared error for the mean, the continuous ranked probability score for all quantiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gzeco_lib.methods.forecast import exceedance
from gzeco_lib.methods.forecast.intervals import LEVELS
from gzeco_lib.methods.forecast.panel import Array

LOW, HIGH = (int(np.flatnonzero(level == LEVELS)[0]) for level in (0.1, 0.9))
BINS = 10  # of forecast probability


@dataclass(frozen=True)
class Made:
    """Forecasts of some origins: ``members`` by name, ``chosen`` and ``mean`` (N, S, H), ``quantiles`` (L, N, S, H)."""

    members: dict[str, Array]
    chosen: Array
    mean: Array
    quantiles: Array


class Scores:
    """Sums over origins and stations, by lead (H,), by category and lead (G, H), by category and bin (G, BINS)."""

    def __init__(self, names: Sequence[str], leads: int, limits: Array) -> None:
        self.limits = limits
        self.absolute = {name: np.zeros(leads) for name in (*names, "chosen")}
        self.square = {name: np.zeros(leads) for name in (*names, "chosen", "mean")}
        self.count, self.inside, self.under, self.crps = (np.zeros(leads) for _ in range(4))
        self.brier, self.brier_usual, self.came = (np.zeros((len(limits), leads)) for _ in range(3))
        self.bin_count, self.bin_told, self.bin_came = (np.zeros((len(limits), BINS)) for _ in range(3))

    def add(self, made: Made, came: Array, usual: Array) -> None:
        """Count the cases in which all members and the observation are there.

        Args:
            came: (N, S, H).
            usual: (G, N, H) share of past hours above each limit, the forecast of one who knows only the clock.
        """
        known = np.isfinite(came)
        for values in (*made.members.values(), made.chosen, made.mean):
            known &= np.isfinite(values)
        for name, values in (made.members | {"chosen": made.chosen, "mean": made.mean}).items():
            error = np.where(known, values - came, 0.0)
            self.square[name] += (error**2).sum(axis=(0, 1))
            if name != "mean":
                self.absolute[name] += np.abs(error).sum(axis=(0, 1))
        self.count += known.sum(axis=(0, 1))
        self._add_band(made.quantiles, came, known)
        if len(self.limits):
            self._add_events(made.quantiles, came, known, usual)

    def _add_band(self, quantiles: Array, came: Array, known: Array) -> None:
        low, high = quantiles[LOW], quantiles[HIGH]
        self.inside += (known & (came >= low) & (came <= high)).sum(axis=(0, 1))
        self.under += (known & (came < low)).sum(axis=(0, 1))
        edges = np.concatenate([[0.0], (LEVELS[1:] + LEVELS[:-1]) / 2, [1.0]])
        for level, width, values in zip(LEVELS, np.diff(edges), quantiles, strict=True):
            error = np.where(known, came - values, 0.0)
            self.crps += 2 * width * np.maximum(level * error, (level - 1) * error).sum(axis=(0, 1))

    def _add_events(self, quantiles: Array, came: Array, known: Array, usual: Array) -> None:
        told = exceedance.above(quantiles, self.limits)
        for g, limit in enumerate(self.limits):
            event = (came > limit).astype(float)
            right = np.where(known, told[g], 0.0)
            self.brier[g] += np.where(known, (right - event) ** 2, 0.0).sum(axis=(0, 1))
            self.brier_usual[g] += np.where(known, (usual[g][:, None, :] - event) ** 2, 0.0).sum(axis=(0, 1))
            self.came[g] += np.where(known, event, 0.0).sum(axis=(0, 1))
            place = np.minimum((right[known] * BINS).astype(int), BINS - 1)
            self.bin_count[g] += np.bincount(place, minlength=BINS)
            self.bin_told[g] += np.bincount(place, right[known], BINS)
            self.bin_came[g] += np.bincount(place, event[known], BINS)

    def __iadd__(self, other: Scores) -> Scores:
        for name, theirs in vars(other).items():
            mine = getattr(self, name)
            if isinstance(mine, dict):
                for key in mine:
                    mine[key] += theirs[key]
            elif name != "limits":
                np.add(mine, theirs, out=mine)
        return self

    def rate(self, part: Array) -> list[float]:
        """``part`` (H,) a case."""
        return (part / np.where(self.count > 0, self.count, np.nan)).tolist()

    def of(self, name: str) -> dict[str, list[float]]:
        """MAE and RMSE by lead."""
        return {"mae": self.rate(self.absolute[name]), "rmse": np.sqrt(self.rate(self.square[name])).tolist()}

    def chosen(self) -> dict[str, list[float]]:
        """Scores of the combination by lead: MAE of its median, RMSE of its mean, coverage, share below, CRPS."""
        return {
            "mae": self.rate(self.absolute["chosen"]), "rmse": np.sqrt(self.rate(self.square["mean"])).tolist(),
            "rmse_median": np.sqrt(self.rate(self.square["chosen"])).tolist(),
            "coverage80": self.rate(self.inside), "below80": self.rate(self.under), "crps": self.rate(self.crps),
        }  # fmt: skip

    def grade(self, g: int) -> dict[str, object]:
        """Brier score and its gain on the clock's by lead, and how often what was told with each probability came."""
        cases = self.count.sum()
        usual = self.brier_usual[g]
        filled = np.where(self.bin_count[g] > 0, self.bin_count[g], np.nan)
        return {
            "limit": float(self.limits[g]), "share": float(self.came[g].sum() / max(cases, 1)),
            "brier": self.rate(self.brier[g]),
            "brier_skill": (1 - self.brier[g] / np.where(self.came[g] > 0, usual, np.nan)).tolist(),
            "brier_skill_mean": float(1 - self.brier[g].sum() / usual.sum()) if self.came[g].any() else np.nan,
            "reliability": {
                "told": (self.bin_told[g] / filled).tolist(), "came": (self.bin_came[g] / filled).tolist(),
                "cases": self.bin_count[g].astype(int).tolist(),
            },
        }  # fmt: skip
