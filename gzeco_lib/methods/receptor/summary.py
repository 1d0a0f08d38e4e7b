"""Air quality statistics of each year, openair's ``aqStats``: what an annual report states, with data capture
beside it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.receptor.averages import regular, rolling_mean
from gzeco_lib.methods.receptor.frame import WHERE, prepare, share_between

DAY = 24
O3_TARGETS = (100.0, 120.0)  # [ug m-3] of daily highest 8-hour means
NO2_HOUR, PM10_DAY = 200.0, 50.0  # [ug m-3] EU limits that openair counts


def aq_stats(
    frame: pd.DataFrame,
    pollutants: str | list[str],
    *,
    percentiles: tuple[float, ...] = (95.0, 99.0),
    threshold: float = 0.0,
    align: str = "centre",
) -> pd.DataFrame:
    """Statistics of hourly values by pollutant and year.

    Args:
        frame: hourly series [ug m-3; CO mg m-3] on a time axis.
        pollutants: columns.
        percentiles: of the hourly values [%].
        threshold: least data capture [%] of a year, day or window; NaN below.
        align: of the running means, see ``rolling_mean``.

    Returns:
        Row a pollutant and year (index): ``capture`` [%] of the whole year, ``mean``, ``min``, ``max``,
        ``median``, ``max_daily`` (highest daily mean), ``roll_8_max``, ``roll_24_max``, ``percentile_95``
        ...; of NO2 ``hours_over_200``, of O3 ``days_over_100`` and ``days_over_120`` (daily highest 8-hour
        mean), of PM10 ``days_over_50``; NaN where a column is of another pollutant.

    Raises:
        InputError: bad column or argument, or rows that are not hourly.
    """
    names = [pollutants] if isinstance(pollutants, str) else list(pollutants)
    share_between("threshold", threshold, 0, 100)
    for level in percentiles:
        share_between("percentile", level, 0, 100)
    data = regular(prepare(frame, names))
    if len(data) > 1 and (data.index[1] - data.index[0]) != pd.Timedelta(hours=1):
        raise InputError(
            N_("the series is not hourly"), WHERE, N_("average it to hours first, with time_average")
        )
    index = pd.DatetimeIndex(data.index)
    years = range(index[0].year, index[-1].year + 1)
    data = data.reindex(
        pd.date_range(f"{years[0]}-01-01", f"{years[-1]}-12-31 23:00", freq="h", unit=index.unit, name="time")
    )
    year = pd.DatetimeIndex(data.index).year.to_numpy()
    rows = {}
    for name in names:
        values = data[name].to_numpy()
        for one in years:
            rows[name, one] = _year(values[year == one], name, percentiles, threshold, align)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["pollutant", "year"])


def _year(
    hours: np.ndarray, name: str, percentiles: tuple[float, ...], threshold: float, align: str
) -> dict[str, float]:
    """The statistics of one year's hours (8,760 or 8,784)."""
    present = hours[np.isfinite(hours)]
    share = 100 * len(present) / len(hours)
    enough = len(present) > 0 and share >= threshold - 1e-9

    def of(value: float) -> float:
        return float(value) if enough else np.nan

    daily = _daily_means(hours, threshold)
    eight, whole_day = (rolling_mean(hours, width, threshold, align) for width in (8, DAY))
    some = present if len(present) else np.array([np.nan])
    ordered = np.percentile(some, [0, 50, 100, *percentiles])
    made = {
        "capture": share,
        "mean": of(some.mean()),
        "min": of(ordered[0]),
        "max": of(ordered[2]),
        "median": of(ordered[1]),
        "max_daily": of(_highest(daily)),
        "roll_8_max": of(_highest(eight)),
        "roll_24_max": of(_highest(whole_day)),
    }
    made |= {f"percentile_{level:g}": of(q) for level, q in zip(percentiles, ordered[3:], strict=True)}
    code = name.lower()
    if "no2" in code:
        made["hours_over_200"] = float((present > NO2_HOUR).sum())
    if "o3" in code:
        blocks = eight.reshape(-1, DAY)
        highest = np.where(
            np.isfinite(blocks).any(axis=1), np.nanmax(np.nan_to_num(blocks, nan=-np.inf), axis=1), np.nan
        )
        made |= {f"days_over_{limit:g}": float((highest > limit).sum()) for limit in O3_TARGETS}
    if "pm10" in code:
        made["days_over_50"] = float((daily > PM10_DAY).sum())
    return made


def _daily_means(hours: np.ndarray, threshold: float) -> np.ndarray:
    """Mean of each day, NaN below the threshold [%]."""
    blocks = hours.reshape(-1, DAY)
    count = np.isfinite(blocks).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(blocks, axis=1) / count
    return np.where((count > 0) & (count >= threshold / 100 * DAY - 1e-9), mean, np.nan)


def _highest(values: np.ndarray) -> float:
    return float(np.nanmax(values)) if np.isfinite(values).any() else np.nan
