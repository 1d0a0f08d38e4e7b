"""The break in a normalised series: when, how large, and whether it could be chance.

One break in the level of the logarithm beside a linear trend (Andrews 1993, doi:10.2307/2951764), at the day
of least squares. Chance and intervals come from blocks of the residuals put back on the trend, because days
depend on the days before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError

TRIMMED = 0.15  # of the series at either end, where a break is not looked for (Andrews 1993)
LEAST_DAYS = 60


@dataclass(frozen=True)
class Break:
    """A break.

    Attributes:
        date: first day after it.
        change: step of the level [%]; ``low``, ``high`` its 95 % interval.
        trend: trend beside it [% a year].
        p: chance of a step as clear without a break [1].
    """

    date: pd.Timestamp
    change: float
    low: float
    high: float
    trend: float
    p: float


def find_break(series: pd.Series, resamples: int = 200, block: int = 30, seed: int = 0) -> Break:
    """The clearest break of a daily series of positive values.

    Args:
        series: days, as one site of `normalise`'s ``normalised``; missing days are left out.
        resamples: of the residuals.
        block: days a block.
        seed: of the draws.

    Raises:
        InputError: fewer than 60 days.
    """
    known = series[np.isfinite(series) & (series > 0)]
    if len(known) < LEAST_DAYS:
        raise InputError(
            N_("{given} days are too few to look for a break"), "find_break", N_("give {length} or more"),
            given=len(known), length=LEAST_DAYS,
        )  # fmt: skip
    y = np.log(known.to_numpy(float))
    index = pd.DatetimeIndex(known.index)
    years = ((index - index[0]) / pd.Timedelta(days=365.25)).to_numpy()
    base = np.stack([np.ones(len(y)), years], axis=1)
    places = np.arange(int(TRIMMED * len(y)), int((1 - TRIMMED) * len(y)))
    steps = _steps(base, places)
    gain = _gains(y, base, steps)
    at = int(places[gain.argmax()])
    design = np.column_stack([base, (np.arange(len(y)) >= at).astype(float)])
    beta = np.linalg.lstsq(design, y, rcond=None)[0]
    left, plain = y - design @ beta, y - base @ np.linalg.lstsq(base, y, rcond=None)[0]
    draw = np.random.default_rng(seed)
    chance, sizes = [], []
    for _ in range(resamples):
        rows = _blocks(len(y), block, draw)
        chance.append(_gains(plain[rows], base, steps).max())
        sizes.append(beta[2] + np.linalg.lstsq(design, left[rows], rcond=None)[0][2])
    p = (1 + sum(c >= gain.max() for c in chance)) / (resamples + 1)
    low, high = 100 * np.expm1(np.quantile(sizes, [0.025, 0.975]))
    change, trend = 100 * np.expm1(beta[2]), 100 * np.expm1(beta[1])
    return Break(index[at], float(change), float(low), float(high), float(trend), float(p))


def _steps(base: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Unit steps at ``places`` (place, T), free of what ``base`` explains."""
    step = (np.arange(len(base)) >= places[:, None]).astype(float)
    q, _ = np.linalg.qr(base)
    step -= step @ q @ q.T
    return step / np.linalg.norm(step, axis=1, keepdims=True)


def _gains(y: np.ndarray, base: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Share of the residual sum of squares that a step at each place takes."""
    rest = y - base @ np.linalg.lstsq(base, y, rcond=None)[0]
    return (steps @ rest) ** 2 / max(float(rest @ rest), 1e-300)


def _blocks(n: int, block: int, draw: np.random.Generator) -> np.ndarray:
    first = draw.integers(0, n, -(-n // block))
    return ((first[:, None] + np.arange(block)) % n).ravel()[:n]
