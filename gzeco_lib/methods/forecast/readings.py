"""From the combination to what is told: whole steps of the instrument where they are nearer.

The combination is the median of the forecast. Where a reading has coarse steps, a neighbouring step is often exactly
right an hour ahead, and a value between two steps never is; it is rounded at the leads at which that was nearer on past
origins.
"""

from __future__ import annotations

import numpy as np

from gzeco_lib.methods.forecast.panel import Array

STEPS = (10.0, 1.0, 0.1, 0.01)
WHOLE = 0.995  # share of readings that are multiples of the step
GAIN = 0.002  # least share of the error that rounding must take off


def step(values: Array) -> float:
    """Largest of 10, 1, 0.1, 0.01 [unit of the values] the readings are multiples of; 0 where of none."""
    known = values[np.isfinite(values) & (values != 0)]
    if len(known) == 0:
        return 0.0
    for size in STEPS:
        if np.mean(np.abs(known / size - np.round(known / size)) < 1e-6) >= WHOLE:
            return size
    return 0.0


def to_step(values: Array, size: float, leads_rounded: Array) -> Array:
    """``values`` (..., H) as multiples of ``size`` at the leads where ``leads_rounded`` (H,) says so."""
    if size <= 0:
        return values
    return np.where(leads_rounded, np.round(values / size) * size, values)


def rounding_helps(point: Array, came: Array, size: float) -> Array:
    """At which leads (H,) rounding (N, S, H) to ``size`` took off at least ``GAIN`` of the absolute error."""
    leads = point.shape[-1]
    if size <= 0:
        return np.zeros(leads, bool)
    rounded = to_step(point, size, np.ones(leads, bool))
    plain = np.nansum(np.abs(point - came), axis=(0, 1))
    return np.nansum(np.abs(rounded - came), axis=(0, 1)) < (1 - GAIN) * plain
