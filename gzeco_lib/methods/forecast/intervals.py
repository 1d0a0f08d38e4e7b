"""Prediction intervals from the errors the combination made on past origins (split-conformal).

Vovk, Gammerman and Shafer 2005; Lei et al. 2018, doi:10.1080/01621459.2017.1307116. Errors are taken in the
transformed unit, relative to how variable the air has been over the last days (locally weighted), by lead and by
time of day of the target hour, since ozone at noon and ozone at night do not err alike. How wide the table is read
follows the misses of the last weeks (`tracking`).
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from gzeco_lib.methods.forecast.design import Anomalies, first_hour
from gzeco_lib.methods.forecast.panel import Array
from gzeco_lib.methods.forecast.series import mean_over_sites, trailing_mean

LEVELS = np.array([0.01, 0.025, *(0.05 * k for k in range(1, 20)), 0.975, 0.99]).round(3)
MIDDLE = int(np.flatnonzero(LEVELS == 0.5)[0])
PARTS = 8  # of the day
LEAST = 40  # errors a lead and part must have


def spread(of: Anomalies, rows: Array) -> Array:
    """Recent spread at origins ``rows`` (len(rows), S) [transformed unit]: root mean square anomaly of 10 days."""
    site = np.sqrt(trailing_mean(of.raw**2, 240))
    city = np.sqrt(mean_over_sites(trailing_mean(of.raw**2, 240)))[:, None]
    filled = np.where(np.isfinite(site), 0.5 * site + 0.5 * city, city)
    return np.maximum(np.where(np.isfinite(filled), filled, 1.0)[rows], 1e-3)


def part_of_day(of: Anomalies, rows: Array, leads: Array) -> Array:
    """Part of the day (UTC) of each target hour, (len(rows), len(leads)) in 0..7."""
    return ((rows[:, None] + leads[None, :] + first_hour(of.panel)) % 24) * PARTS // 24


def error_table(errors: Array, parts: Array) -> Array:
    """Quantiles (H, PARTS, len(LEVELS)) of relative errors (N, S, H), whose target hours lie in ``parts`` (N, H).

    Neighbouring parts of the day lend half their weight; a lead and part without enough errors takes the lead's,
    and a lead without any a Gaussian as wide as the recent spread.
    """
    leads = errors.shape[2]
    table = np.zeros((leads, PARTS, len(LEVELS)))
    for h in range(leads):
        whole = _levels(errors[:, :, h].ravel(), norm.ppf(LEVELS))
        for part in range(PARTS):
            table[h, part] = _levels(errors[parts[:, h] == part, :, h].ravel(), whole)
    ahead, behind = np.roll(table, 1, axis=1), np.roll(table, -1, axis=1)
    table = 0.5 * table + 0.25 * (ahead + behind)
    return _anchored(table)


def _levels(errors: Array, otherwise: Array) -> Array:
    errors = errors[np.isfinite(errors)]
    return otherwise if len(errors) < LEAST else np.quantile(errors, LEVELS)


def _anchored(table: Array) -> Array:
    """Errors below the median never positive, above never negative: the point forecast is the median."""
    table = np.where(LEVELS < 0.5, np.minimum(table, 0.0), np.maximum(table, 0.0))
    table[..., MIDDLE] = 0.0
    return np.maximum.accumulate(table, axis=-1)


def at_levels(table: Array, wanted: Array) -> Array:
    """Table (..., L) read at the quantiles ``wanted`` (Q,), straight lines between: (Q, ...)."""
    upper = np.clip(np.searchsorted(LEVELS, wanted), 1, len(LEVELS) - 1)
    share = (wanted - LEVELS[upper - 1]) / (LEVELS[upper] - LEVELS[upper - 1])
    values = table[..., upper - 1] * (1 - share) + table[..., upper] * share
    return np.moveaxis(values, -1, 0)
