"""How errors of places go together, measured on the recent past, and what that makes of the error of a mean.

A forecast misses what was not to be expected; what came unexpectedly in the last weeks shows how far it reaches. The
correlation of the stations' unexpected changes over ``step`` hours (square roots of the risk, less the mean change at
that hour of the day), fitted over distance as ``r0 (c + (1 - c) exp(-d / L))``, matches that of the forecasts' errors
(docs/methods/outlook.md). Errors of interpolation go together over a few kilometres only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gzeco_lib.environmental_health.series import unexpected

STEPS = (1, 3, 6, 12)  # [h] of a change; a lead takes the step nearest to it from below
LEAST_STATIONS, LEAST_HOURS = 6, 240  # below either, errors count as fully dependent: the widest case
INTERPOLATION_REACH = 5000.0  # [m] stations left out together, 5 km apart and more, missed independently
BLOCK = 4000.0  # [m] cells of one block count as one place


@dataclass(frozen=True)
class Dependence:
    """Correlation of the forecast errors of two places by distance, for each step of ``STEPS``.

    Attributes:
        near: correlation of places close together (step,) [1].
        common: part of it that no distance takes away (step,) [1].
        reach: e-folding distance of the rest (step,) [m].
    """

    near: np.ndarray
    common: np.ndarray
    reach: np.ndarray

    @classmethod
    def full(cls) -> Dependence:
        """Errors that are the same everywhere."""
        return cls(np.ones(len(STEPS)), np.ones(len(STEPS)), np.full(len(STEPS), 1e5))

    def correlation(self, distance: np.ndarray, step: int) -> np.ndarray:
        """Correlation [1] at ``distance`` [m] for step number ``step``; 1 for a place with itself."""
        fading = self.common[step] + (1 - self.common[step]) * np.exp(-distance / self.reach[step])
        return np.where(distance > 0, self.near[step] * fading, 1.0)


def shared(dependence: Dependence, xy: np.ndarray, leads: np.ndarray) -> np.ndarray:
    """What of a station's error is left in the mean over stations (time,): the root of their mean correlation.

    Args:
        xy: of the stations (site, 2) [m]; those without coordinates (NaN) are left out.
        leads: of each time [h].
    """
    placed = xy[np.isfinite(xy).all(axis=1)]
    if not len(placed):
        return np.ones(len(leads))
    apart = _distances(placed, placed)
    by_step = [
        float(np.sqrt(np.maximum(dependence.correlation(apart, k), 0).mean())) for k in range(len(STEPS))
    ]
    return np.array(by_step)[step_of(leads)]


def step_of(leads: np.ndarray) -> np.ndarray:
    """Number of the step of ``STEPS`` that stands for each lead [h]; observed hours take the first."""
    return np.clip(np.searchsorted(STEPS, np.asarray(leads), side="right") - 1, 0, None)


def measure(risk: np.ndarray, hours: np.ndarray, xy: np.ndarray) -> Dependence:
    """The dependence in the past of the network.

    Args:
        risk: excess risk of the stations on complete hours (time, station) [%], NaN where missing.
        hours: hour of the day of each time (time,).
        xy: coordinates of the stations (station, 2) [m]; those without (NaN) are left out.

    Returns:
        full dependence where fewer than six stations or 240 hours are known.
    """
    placed = np.isfinite(xy).all(axis=1) & (np.isfinite(risk).sum(axis=0) >= LEAST_HOURS)
    if placed.sum() < LEAST_STATIONS:
        return Dependence.full()
    apart = _distances(xy[placed], xy[placed])
    fits = [_fit(*_pairs(unexpected(risk[:, placed], hours, step), apart)) for step in STEPS]
    near, common, reach = np.array(fits).T
    return Dependence(near, common, reach)


def _distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.hypot(one[:, None, 0] - other[None, :, 0], one[:, None, 1] - other[None, :, 1])


def _pairs(changes: np.ndarray, apart: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance and correlation of every pair of stations with enough hours in common."""
    known = np.isfinite(changes)
    filled = np.where(known, changes, 0.0)
    both = known.T.astype(float) @ known.astype(float)
    square = np.square(filled).T @ known.astype(float)
    correlation = filled.T @ filled / np.sqrt(np.maximum(square * square.T, 1e-12))
    i, j = np.triu_indices(len(apart), 1)
    enough = (both[i, j] >= LEAST_HOURS / 2) & (apart[i, j] > 0)
    return apart[i, j][enough], correlation[i, j][enough]


def _fit(distance: np.ndarray, correlation: np.ndarray) -> tuple[float, float, float]:
    """Least squares of ``r0 (c + (1 - c) exp(-d / L))``."""
    from scipy.optimize import least_squares

    if len(distance) < LEAST_STATIONS:
        return 1.0, 1.0, 1e5

    def missed(p: np.ndarray) -> np.ndarray:
        return p[0] * (p[1] + (1 - p[1]) * np.exp(-distance / (p[2] * 1e4))) - correlation

    found = least_squares(missed, (0.9, 0.4, 3.0), bounds=([0.0, 0.0, 0.1], [1.0, 1.0, 20.0])).x
    return float(found[0]), float(found[1]), float(found[2] * 1e4)


@dataclass(frozen=True)
class Blocks:
    """Cells gathered into squares of ``BLOCK``: number of each cell's block and distances between blocks [m]."""

    number: np.ndarray
    apart: np.ndarray

    @classmethod
    def of(cls, xy: np.ndarray) -> Blocks:
        """For cells at ``xy`` (cell, 2) [m]."""
        _, number = np.unique(np.floor(xy / BLOCK).astype(np.int64), axis=0, return_inverse=True)
        number = number.ravel()
        count = np.bincount(number)
        middle = np.stack([np.bincount(number, xy[:, k]) / count for k in (0, 1)], axis=1)
        return cls(number, _distances(middle, middle))

    def part(self, which: np.ndarray) -> Blocks:
        """The cells ``which`` alone, in the same blocks."""
        return Blocks(self.number[which], self.apart)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sums of ``values`` (time, cell) over the cells of each block (time, block)."""
        from scipy.sparse import csr_array

        cells = len(self.number)
        gather = csr_array((np.ones(cells), (np.arange(cells), self.number)), shape=(cells, len(self.apart)))
        return np.asarray(np.nan_to_num(values) @ gather)


@dataclass(frozen=True)
class CellErrors:
    """Errors of the excess risk in the cells, and how they go together.

    Attributes:
        sd: of each cell, forecast and interpolation together (time, cell) [%].
        interpolation: the part from interpolation alone (time, cell) [%].
        leads: of each time [h].
        blocks: of the cells.
        dependence: of the forecasts' errors.
        shared: what of a station's error is left in the mean over stations (time,).
    """

    sd: np.ndarray
    interpolation: np.ndarray
    leads: np.ndarray
    blocks: Blocks
    dependence: Dependence
    shared: np.ndarray

    def of_mean(self, weight: np.ndarray, which: np.ndarray | None = None) -> np.ndarray:
        """Standard error (time,) [%] of the mean over cells with weights ``weight`` (time, cell).

        Args:
            weight: 0 where a cell does not count; need not sum to one.
            which: mask (cell,) of the cells the mean is over, all by default; in hours without any weight they count
                alike.
        """
        here = np.ones(weight.shape[1], dtype=bool) if which is None else which
        sd, interpolation, blocks = self.sd[:, here], self.interpolation[:, here], self.blocks.part(here)
        known = np.isfinite(sd)
        weight = np.where(known, weight[:, here], 0.0)
        weight = np.where(weight.sum(axis=1, keepdims=True) > 0, weight, known)
        total = weight.sum(axis=1, keepdims=True)
        share = np.divide(weight, total, out=np.zeros_like(weight, dtype=float), where=total > 0)
        source = np.sqrt(np.maximum(np.square(sd) - np.square(interpolation), 0.0))
        variance = _form(blocks.sums(share * interpolation), np.exp(-blocks.apart / INTERPOLATION_REACH))
        forecast, steps = blocks.sums(share * source), step_of(self.leads)
        for step in np.unique(steps):
            rows = steps == step
            variance[rows] += _form(forecast[rows], self.dependence.correlation(blocks.apart, int(step)))
        return np.where(total[:, 0] > 0, np.sqrt(np.maximum(variance, 0.0)), np.nan)


def _form(values: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Quadratic form (time,) of each row of ``values`` (time, block), over the blocks that have a share."""
    on = np.flatnonzero(values.any(axis=0))
    return np.einsum("tb,tb->t", values[:, on] @ matrix[np.ix_(on, on)], values[:, on])
