"""From the combination to what is told: whole steps of the instrument where they are nearer, the mean, the quantiles.

The combination is the median of the forecast. Where a reading has coarse steps, a neighbouring step is often exactly
right an hour ahead, and a value between two steps never is; it is rounded at the leads at which that was nearer on past
origins. The mean is the combination that was best in squares, plus what the square root takes away (smearing, Duan
1983, doi:10.1080/01621459.1983.10478017).
"""

from __future__ import annotations

import numpy as np

from gzeco_lib.methods.forecast.panel import Array

STEPS = (10.0, 1.0, 0.1, 0.01)
WHOLE = 0.995  # share of readings that are multiples of the step
GAIN = 0.002  # least share of the error that rounding must take off
POOL = 2  # leads to either side that are averaged


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


def smear(point: Array, came: Array, spread: Array, days: float) -> Array:
    """Mean and mean square (H, 2) of relative errors of ``point`` (N, S, H) in square roots.

    The mean error of ``days`` days is half chance: it is drawn to zero as if ten more days had shown none.
    """
    error = (np.sqrt(came) - np.sqrt(point)) / spread[:, :, None]
    count = np.maximum(np.isfinite(error).sum(axis=(0, 1)), 1)
    first = np.nansum(error, axis=(0, 1)) / count * days / (days + 10)
    second = np.nansum(error**2, axis=(0, 1)) / count
    kernel = np.ones(2 * POOL + 1) / (2 * POOL + 1)
    return np.stack(
        [np.convolve(np.pad(m, POOL, mode="edge"), kernel, "valid") for m in (first, second)], axis=1
    )


def mean_value(point: Array, spread: Array, moments: Array) -> Array:
    """Mean (N, S, H) [canonical unit] about ``point`` (N, S, H), with ``spread`` (N, S) and ``moments`` (H, 2)."""
    scale = spread[:, :, None]
    shifted = point + 2 * np.sqrt(point) * scale * moments[:, 0] + scale**2 * moments[:, 1]
    return np.maximum(shifted, 0.0)
