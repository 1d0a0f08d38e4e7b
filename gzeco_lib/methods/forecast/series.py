"""Series operations along time (axis 0) that look back only, and live with gaps."""

from __future__ import annotations

import numpy as np

from gzeco_lib.methods.forecast.panel import HORIZON, Array

DAY = 24


def lag(values: Array, hours: int) -> Array:
    """``values`` as they were ``hours`` before; NaN where that is before the start."""
    if hours == 0:
        return values
    out = np.full_like(values, np.nan)
    out[hours:] = values[:-hours]
    return out


def trailing_mean(values: Array, hours: int) -> Array:
    """Mean over the last ``hours`` hours including the present one; NaN where all are missing."""
    known = np.isfinite(values)
    total = np.cumsum(np.where(known, values, 0.0), axis=0)
    count = np.cumsum(known, axis=0, dtype=float)
    total[hours:] -= total[:-hours].copy()
    count[hours:] -= count[:-hours].copy()
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def mean_over_sites(values: Array) -> Array:
    """Mean over sites (axis 1) of what is there; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=1)
    return np.where(count > 0, np.where(known, values, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def carried(values: Array, hours: int) -> Array:
    """Last observation carried forward over gaps of at most ``hours`` hours."""
    rows = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(np.isfinite(values), rows, -1), axis=0)
    out = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    return np.where((last >= 0) & (rows - last <= hours), out, np.nan)


def diurnal(values: Array, halflife: float) -> Array:
    """Expected value of each hour from the same hour of the days before it, later days counting more.

    Args:
        values: (T, S).
        halflife: age at which a day counts half [d].

    Returns:
        (T + 24, S): row ``i`` uses rows ``i - 24``, ``i - 48``, ... only, so that it is known 24 h ahead.
    """
    hours, sites = values.shape
    days = -(-hours // DAY)
    padded = np.full((days * DAY, sites), np.nan)
    padded[:hours] = values
    known = np.isfinite(padded).reshape(days, DAY, sites)
    filled = np.where(known, padded.reshape(days, DAY, sites), 0.0)
    fade = 0.5 ** (1 / halflife)
    total = np.zeros((days + 1, DAY, sites))
    weight = np.zeros((days + 1, DAY, sites))
    for day in range(days):
        total[day + 1] = fade * total[day] + filled[day]
        weight[day + 1] = fade * weight[day] + known[day]
    mean = np.where(weight > 0, total / np.maximum(weight, 1e-9), np.nan)
    return mean.reshape(-1, sites)[: hours + HORIZON]
