"""From quantiles to the probability of exceeding a value, with tails beyond the outermost quantiles."""

from __future__ import annotations

import numpy as np

from gzeco_lib.methods.forecast.intervals import LEVELS
from gzeco_lib.methods.forecast.panel import Array

NARROWEST = 1e-6  # [unit] between two quantiles


def above(quantiles: Array, values: Array) -> Array:
    """Probability of more than each of ``values`` (G,): (G, ...).

    Args:
        quantiles: (L, ...) at ``LEVELS``, never falling [unit]. Between two the probability runs straight; outside it
            falls off exponentially, through the two outermost quantiles (their levels must be known from errors, the
            shape beyond is a choice).
        values: [unit].
    """
    steps = np.arange(len(LEVELS)) * NARROWEST  # ties apart, so that a step has a width
    rising = quantiles + steps.reshape(-1, *[1] * (quantiles.ndim - 1))
    return np.stack([1.0 - _below(rising, float(value)) for value in values])


def _below(rising: Array, value: float) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        return _interpolated(rising, value)


def _interpolated(rising: Array, value: float) -> Array:
    place = np.clip((rising <= value).sum(axis=0), 1, len(LEVELS) - 1)
    low, high = (np.take_along_axis(rising, (place - k)[None], axis=0)[0] for k in (1, 0))
    share = (value - low) / (high - low)
    inside = LEVELS[place - 1] + share * (LEVELS[place] - LEVELS[place - 1])
    first, last = rising[0], rising[-1]
    under = LEVELS[0] * (LEVELS[1] / LEVELS[0]) ** ((value - first) / (rising[1] - first))
    over = 1 - (1 - LEVELS[-1]) * ((1 - LEVELS[-2]) / (1 - LEVELS[-1])) ** (
        (last - value) / (last - rising[-2])
    )
    known = np.isfinite(rising).all(axis=0)
    result = np.where(value < first, under, np.where(value > last, over, inside))
    return np.where(known, result, np.nan)
