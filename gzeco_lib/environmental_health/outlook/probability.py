"""The probability that the risk reaches a band, from a mean and its standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.series import Z90
from gzeco_lib.standards import aqhi
from gzeco_lib.standards.facts import load

if TYPE_CHECKING:
    import xarray as xr

CITY = ""  # stands for the whole city in the column ``district``
COLUMNS = ("time", "lead_h", "district", "band", "probability")


def threshold(band: str, on: Any, form: str) -> float:
    """The excess risk [%] at which ``band`` begins on UTC ``on``; 0 for the lowest, infinite for one the form lacks."""
    bands = load("aqhi")[form]["bands"]
    if band not in bands:
        return float("inf")
    first = int(bands[band][0])
    return 0.0 if first <= 1 else aqhi.threshold(first, on, form)


def thresholds(band: str, times: np.ndarray, form: str) -> np.ndarray:
    """`threshold` of each of ``times`` (time,); it is the law's date that decides, so few differ."""
    days, number = np.unique(times.astype("datetime64[D]"), return_inverse=True)
    # A band may change at local midnight, 16:00 UTC: the hours of one UTC day are asked for on both sides of it.
    late = (times - times.astype("datetime64[D]")) >= np.timedelta64(16, "h")
    early_limit = np.array([threshold(band, day, form) for day in days])
    late_limit = np.array([threshold(band, day + np.timedelta64(20, "h"), form) for day in days])
    return np.where(late, late_limit[number], early_limit[number])


def exceedance(mean: np.ndarray, sd: np.ndarray, limit: np.ndarray | float) -> np.ndarray:
    """Probability [1] that the excess risk reaches ``limit``; NaN where the mean is.

    The square root of the risk is taken as normal: risks are skewed to the high side, and never negative. An error of
    0 gives 0 or 1.

    Args:
        mean, sd: excess risk and its standard error [%], any shape.
        limit: [%], broadcast against them.
    """
    from scipy.special import ndtr

    mean, sd = np.asarray(mean, dtype=float), np.nan_to_num(np.asarray(sd, dtype=float))
    root = np.sqrt(np.maximum(mean, 1e-9))
    spread = np.maximum(sd / (2 * root), 1e-9)
    with np.errstate(invalid="ignore"):
        found = ndtr((root - np.sqrt(np.maximum(limit, 0.0))) / spread)
    return np.where(np.isnan(mean), np.nan, np.where(np.asarray(limit) <= 0, 1.0, found))


def spread_of(value: np.ndarray, hi: np.ndarray) -> np.ndarray:
    """Standard error [%] that a stored 80 % band stands for; its upper side, because the lower one stops at 0."""
    return np.asarray((hi - value) / Z90)


def table(rows: pd.DataFrame, form: str) -> pd.DataFrame:
    """``grade_probability``: of each band or a worse one, by district and hour from the latest one on.

    Args:
        rows: columns time (UTC), lead_h, district, excess_risk, excess_risk_hi.
        form: the form of the excess risk.
    """
    ahead = rows[rows["lead_h"] >= 0]
    mean = ahead["excess_risk"].to_numpy(dtype=float)
    sd = spread_of(mean, ahead["excess_risk_hi"].to_numpy(dtype=float))
    times = ahead["time"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[ns]")
    parts = [
        ahead[["time", "lead_h", "district"]].assign(
            band=band, probability=exceedance(mean, sd, thresholds(band, times, form))
        )
        for band in aqhi.BANDS
        if band in load("aqhi")[form]["bands"]
    ]
    found = pd.concat(parts, ignore_index=True).dropna(subset="probability")
    return found.sort_values(["time", "district"], kind="stable", ignore_index=True)[list(COLUMNS)]


def of_cells(risk: xr.Dataset, band: str, form: str) -> np.ndarray:
    """Probability of ``band`` or worse in each cell (lead_h, y, x) of the field ``risk`` of an outcome."""
    limit = thresholds(band, risk["time"].to_numpy().astype("datetime64[ns]"), form)
    return exceedance(risk["excess_risk"].to_numpy(), risk["excess_risk_sd"].to_numpy(), limit[:, None, None])
