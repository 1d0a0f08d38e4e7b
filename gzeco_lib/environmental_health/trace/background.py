"""What each station would show without a source of its own: from the other stations and the usual hour of the day.

Concentrations are taken as ``log(x + c)``, their usual day is taken off, and the rest of all stations is one Gaussian
vector an hour: its leave-one-out prediction at a station is the conditional mean given the others (Rasmussen and
Williams 2006, Gaussian Processes for Machine Learning, 5.4.2). Stations that stand out are left out of the others'
prediction and the prediction is made again, so that a plume does not hide itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

LOCAL = "Asia/Shanghai"
CODES = ("SO2", "NO2", "PM10", "PM2.5", "CO", "O3")
RESOLUTION = {"CO": 0.1}  # of the instruments [variable's unit], 1 for all others
SHRINKAGE = 0.1  # of the stations' correlations towards none
STANDS_OUT = 3.5  # standard errors from which a station does not inform the others
CLIPPED = 3.0  # robust standard deviations beyond which an hour teaches no more
LEAST_HOURS = 72  # hours of history a station needs


@dataclass(frozen=True)
class Background:
    """Prediction of every station and hour, arrays (time, site) by variable code.

    Attributes:
        times: start of each hour, UTC without a zone.
        sites: in the order of the arrays.
        observed: [variable's unit], NaN where missing.
        mean: expected without a source of its own [variable's unit].
        sd: standard error of the expectation for a single observation [variable's unit].
        z: ``(observed - mean) / sd``.
    """

    times: pd.DatetimeIndex
    sites: list[str]
    observed: dict[str, np.ndarray]
    mean: dict[str, np.ndarray]
    sd: dict[str, np.ndarray]

    @property
    def codes(self) -> list[str]:
        """Variables there are."""
        return list(self.observed)

    @property
    def z(self) -> dict[str, np.ndarray]:
        """Standardised excess by code."""
        return {code: (self.observed[code] - self.mean[code]) / self.sd[code] for code in self.observed}


def expected(data: xr.Dataset) -> Background:
    """The background of every hour and station of ``data`` (time, site).

    Args:
        data: hourly, complete in time, as ``lake.observations`` gives it; some weeks long. Variables without a value,
            and stations with fewer than 72 hours of one, are left out (NaN).
    """
    times = pd.DatetimeIndex(data["time"].to_numpy())
    hour = times.tz_localize("UTC").tz_convert(LOCAL).hour.to_numpy()
    observed, mean, sd = {}, {}, {}
    for code in CODES:
        if code not in data or not np.isfinite(data[code].to_numpy()).any():
            continue
        values = data[code].transpose("time", "site").to_numpy().astype(float)
        observed[code] = values
        mean[code], sd[code] = _predicted(values, hour, RESOLUTION.get(code, 1.0))
    return Background(times, [str(s) for s in data["site"].to_numpy()], observed, mean, sd)


def _predicted(values: np.ndarray, hour: np.ndarray, resolution: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard error (time, site) of ``values`` in their own unit."""
    known = np.isfinite(values).sum(axis=0) >= min(LEAST_HOURS, len(values) // 2)
    offset = max(0.5 * float(np.nanmedian(values)), resolution)
    level = np.log(np.where(known, values, np.nan).clip(min=0.0) + offset)
    usual = usual_day(level, hour)
    departure = level - usual
    scale = _robust_sd(departure)
    covariance = _covariance(np.clip(departure / scale, -CLIPPED, CLIPPED))
    standard = departure / scale
    mean, error = left_one_out(standard, covariance, np.zeros(standard.shape, bool))
    for _ in range(2):
        size = _robust_sd((standard - mean) / error)
        out = np.abs(standard - mean) > STANDS_OUT * np.maximum(size, 1.0) * error
        mean, error = left_one_out(standard, covariance, out)
    error = error * np.maximum(_robust_sd((standard - mean) / error), 0.3)
    back = np.exp(usual + mean * scale)
    # rounding of the display: a uniform error of one step
    spread = np.hypot(back * error * scale, resolution / np.sqrt(12.0) + 0.15 * resolution)
    return np.maximum(back - offset, 0.0), spread


def usual_day(level: np.ndarray, hour: np.ndarray) -> np.ndarray:
    """Median of each station and local hour, smoothed over three hours around the clock (time, site)."""
    table = np.stack([_nanmedian(level[hour == h]) for h in range(24)])
    overall = _nanmedian(level)
    table = np.where(np.isfinite(table), table, overall)
    smooth = (np.roll(table, 1, axis=0) + table + np.roll(table, -1, axis=0)) / 3.0
    return smooth[hour]


def _nanmedian(values: np.ndarray) -> np.ndarray:
    """Median over the first axis, NaN where nothing is known."""
    found = np.full(values.shape[1], np.nan)
    some = np.isfinite(values).any(axis=0)
    if some.any():
        found[some] = np.nanmedian(values[:, some], axis=0)
    return found


def _robust_sd(values: np.ndarray) -> np.ndarray:
    """Standard deviation of each column from its median absolute deviation; 1 where nothing is known."""
    sd = 1.4826 * _nanmedian(np.abs(values - _nanmedian(values)))
    return np.where(np.isfinite(sd) & (sd > 1e-6), sd, 1.0)


def _covariance(standard: np.ndarray) -> np.ndarray:
    """Correlation-like matrix of the stations from the hours each two share, shrunk and positive definite."""
    filled = np.nan_to_num(standard)
    shared = np.isfinite(standard).astype(float)
    both = shared.T @ shared
    found = filled.T @ filled / np.maximum(both, 1.0)
    found = np.where(both >= 24, found, 0.0)
    size = np.sqrt(np.maximum(np.diag(found), 0.05))
    correlation = found / np.outer(size, size)
    np.fill_diagonal(correlation, 1.0)
    correlation = (1 - SHRINKAGE) * correlation + SHRINKAGE * np.eye(len(correlation))
    value, vector = np.linalg.eigh(correlation)
    correlation = (vector * np.maximum(value, 0.02)) @ vector.T
    return correlation * np.outer(size, size)


def left_one_out(
    standard: np.ndarray, covariance: np.ndarray, out: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Conditional mean and standard error of each station given the others (time, site).

    Args:
        standard: departures (time, site), NaN where missing.
        covariance: of the stations (site, site).
        out: values that inform nobody (time, site).
    """
    use = np.isfinite(standard) & ~out
    mean, error = np.zeros(standard.shape), np.empty(standard.shape)
    patterns, which = np.unique(use, axis=0, return_inverse=True)
    which = which.reshape(-1)
    prior = np.sqrt(np.diag(covariance))
    for k, pattern in enumerate(patterns):
        rows, on = np.flatnonzero(which == k), np.flatnonzero(pattern)
        if not len(on):
            error[rows] = prior
            continue
        precision = np.linalg.inv(covariance[np.ix_(on, on)])
        values = standard[np.ix_(rows, on)]
        weighed = values @ precision
        own = np.diag(precision)
        mean[np.ix_(rows, on)] = values - weighed / own
        error[np.ix_(rows, on)] = 1.0 / np.sqrt(own)
        off = np.flatnonzero(~pattern)
        if len(off):
            across = covariance[np.ix_(off, on)]
            mean[np.ix_(rows, off)] = weighed @ across.T
            left = np.diag(covariance)[off] - np.einsum("ij,jk,ik->i", across, precision, across)
            error[np.ix_(rows, off)] = np.sqrt(np.maximum(left, 0.02))
    return mean, error
