"""Daily values laid out as a calendar, openair's ``calendarPlot``: the value, the wind of the day, and its data
capture.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gzeco_lib.methods.receptor.averages import STATISTICS, time_average
from gzeco_lib.methods.receptor.frame import one_of


def calendar(
    frame: pd.DataFrame,
    pollutant: str,
    *,
    statistic: str = "mean",
    percentile: float = 95.0,
    threshold: float = 75.0,
    years: list[int] | None = None,
    ws: str = "ws",
    wd: str = "wd",
) -> pd.DataFrame:
    """Row a day.

    Args:
        frame: series on a time axis.
        pollutant: its column.
        statistic: of the day, as for ``time_average``.
        percentile: of that statistic [%].
        threshold: least data capture of a day [%]; the value is NaN below.
        years: only these; None is all.
        ws: column of the wind speed, used where it is there [m s-1].
        wd: column of the wind direction, used where it is there [deg, from].

    Returns:
        Index ``time`` (days): ``value``, ``capture`` [%], ``year``, ``month``, ``day``, ``weekday`` (1
        Monday), ``week`` (row of the day in its month's sheet, from 0), and, where wind is there, ``ws`` [m
        s-1] and vector mean ``wd`` [deg].

    Raises:
        InputError: bad column or argument.
    """
    one_of("statistic", statistic, STATISTICS)
    values = time_average(
        frame, [pollutant], "day", statistic=statistic, percentile=percentile, threshold=threshold
    )
    index = pd.DatetimeIndex(values.index)
    weekday = index.dayofweek.to_numpy()
    first = (weekday - (index.day.to_numpy() - 1)) % 7
    day = index.day.to_numpy()
    made = pd.DataFrame(
        {
            "value": values[pollutant],
            "capture": values.attrs["capture"][pollutant],
            "year": index.year,
            "month": index.month,
            "day": day,
            "weekday": weekday + 1,
            "week": (day - 1 + first) // 7,
        },
        index=index,
    )
    winds = [c for c in (ws, wd) if c in frame.columns]
    if winds:
        wind = time_average(frame, winds, "day", ws=ws, wd=wd)
        made = made.join(wind.rename(columns={ws: "ws", wd: "wd"}))
    return made if years is None else made[np.isin(made["year"], years)]
