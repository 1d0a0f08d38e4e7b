"""Averages over longer steps with a data capture threshold, and running means; openair's ``timeAverage`` and
``rollingMean``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.receptor.frame import WHERE, one_of, prepare, share_between

STEPS = {"hour": "h", "day": "D", "week": "W-SUN", "month": "MS", "quarter": "QS", "year": "YS"}
STATISTICS = ("mean", "median", "max", "min", "sum", "sd", "frequency", "percentile", "capture")


def regular(data: pd.DataFrame) -> pd.DataFrame:
    """``data`` on a complete time axis from its first to its last row, at its commonest step.

    Raises:
        InputError: a time stands twice.
    """
    index = pd.DatetimeIndex(data.index)
    if index.has_duplicates:
        raise InputError(
            N_("{rows} times stand more than once"), WHERE, N_("analyse one station at a time"),
            rows=int(index.duplicated().sum()),
        )  # fmt: skip
    if len(index) < 2:
        return data
    steps, counts = np.unique(np.diff(index.asi8), return_counts=True)
    if len(steps) == 1:
        return data
    step = pd.Timedelta(int(steps[np.argmax(counts)]), unit=index.unit)
    whole = pd.date_range(index[0], index[-1], freq=step, unit=index.unit, name=index.name)
    return data.reindex(whole)


def _period(index: pd.DatetimeIndex, step: str) -> tuple[np.ndarray, pd.DatetimeIndex]:
    """Number of the period of each time, and the periods' starts, complete from the first to the last."""
    if step == "week":
        start = (index - pd.to_timedelta(index.dayofweek, unit="D")).normalize()
        starts = pd.date_range(start[0], start[-1], freq="7D", unit=index.unit)
    else:
        freq = STEPS[step]
        starts = pd.date_range(
            index[0].to_period(freq.rstrip("S")).start_time, index[-1], freq=freq, unit=index.unit
        )
    return starts.searchsorted(index, side="right") - 1, starts.rename("time")


def time_average(
    frame: pd.DataFrame,
    columns: list[str] | None = None,
    step: str = "day",
    *,
    statistic: str = "mean",
    percentile: float = 50.0,
    threshold: float = 0.0,
    vector_speed: bool = False,
    ws: str = "ws",
    wd: str = "wd",
) -> pd.DataFrame:
    """Values over longer steps.

    Args:
        frame: regular or gappy series.
        columns: to be averaged; None is every column of numbers. Wind direction is averaged as a vector
            weighted by the speed (by itself where there is no speed).
        step: hour, day, week (from Monday), month, quarter or year.
        statistic: one of ``STATISTICS``; ``capture`` [%].
        percentile: of that statistic [%].
        threshold: least data capture [%] of a period, against the hours between the first and the last row;
            NaN below.
        vector_speed: average the speed as a vector as well.
        ws: column of the wind speed [m s-1].
        wd: column of the wind direction [deg, from].

    Returns:
        Row a period (index ``time``, its start), complete between the first and the last;
        ``attrs["capture"]`` a DataFrame alike with the data capture [%].

    Raises:
        InputError: bad column or argument.
    """
    one_of("step", step, STEPS)
    one_of("statistic", statistic, STATISTICS)
    share_between("threshold", threshold, 0, 100)
    share_between("percentile", percentile, 0, 100)
    if columns is None:
        columns = [str(c) for c in frame.columns if pd.api.types.is_numeric_dtype(frame[c])]
    has_wd, has_ws = wd in columns, ws in frame.columns
    plain = [c for c in columns if c != wd]
    data = regular(prepare(frame, plain, ws if has_wd and has_ws else None, wd if has_wd else None))
    group, starts = _period(pd.DatetimeIndex(data.index), step)
    if has_wd:
        angle = np.deg2rad(data["wd"].to_numpy())
        speed = data["ws"].to_numpy() if has_ws else 1.0
        data = data.assign(_u=speed * np.sin(angle), _v=speed * np.cos(angle))
    columns_in = plain + (["_u", "_v"] if has_wd else [])
    table, share = _grouped(data[columns_in], group, len(starts), statistic, percentile)
    table[share < threshold - 1e-9] = np.nan
    made = pd.DataFrame(table, columns=columns_in, index=starts)
    captured = pd.DataFrame(share, columns=columns_in, index=starts)
    if has_wd:
        if statistic == "capture":
            made[wd] = _grouped(data[["wd"]], group, len(starts), "capture", percentile)[1][:, 0]
        else:
            made[wd] = np.rad2deg(np.arctan2(made["_u"], made["_v"])) % 360
            if vector_speed and ws in made:
                made[ws] = np.hypot(made["_u"], made["_v"])
        captured[wd] = captured["_u"]
    made, captured = made[columns], captured[columns]
    made.attrs = {"capture": captured, "statistic": statistic, "threshold": threshold}
    return made


def _grouped(
    data: pd.DataFrame, group: np.ndarray, periods: int, statistic: str, percentile: float
) -> tuple[np.ndarray, np.ndarray]:
    """(statistic, data capture [%]) of each period (periods, columns); periods without a row have no capture."""
    grouped = data.groupby(group)
    present = grouped.count()
    share = 100 * present.div(np.bincount(group, minlength=periods)[present.index.to_numpy()], axis=0)
    functions: dict[str, Callable[[], pd.DataFrame]] = {
        "mean": grouped.mean, "median": grouped.median, "max": grouped.max, "min": grouped.min, "sd": grouped.std,
        "sum": lambda: grouped.sum(min_count=1), "frequency": lambda: present.astype(float),
        "percentile": lambda: grouped.quantile(percentile / 100), "capture": lambda: share,
    }  # fmt: skip
    whole = np.arange(periods)
    found = functions[statistic]().reindex(whole)
    return found.to_numpy(float, copy=True), share.reindex(whole, fill_value=0.0).to_numpy(float)


def rolling_mean(
    values: np.ndarray, width: int, threshold: float = 75.0, align: str = "centre"
) -> np.ndarray:
    """Running mean over ``width`` values of a regular series (n,).

    Args:
        values: NaN where missing.
        width: of the window.
        threshold: least data capture of a window [%].
        align: ``right`` is the current and the past, ``left`` the current and the coming, ``centre`` with
            ``width // 2`` coming. At the ends windows are shorter; what a centred window would reach beyond
            the end counts as missing there, and the window is taken one-sided from the end, as openair does.
    """
    one_of("align", align, ("left", "right", "centre"))
    n = len(values)
    if n == 0 or width <= 1:
        return np.asarray(values, float).copy()
    present = np.isfinite(values)
    total = np.concatenate([[0.0], np.cumsum(np.where(present, values, 0.0))])
    count = np.concatenate([[0], np.cumsum(present)])
    ahead = {"right": 0, "left": width - 1, "centre": width // 2}[align]
    place = np.arange(n)
    low, high = place - (width - 1 - ahead), place + ahead + 1
    if align == "centre":  # one-sided at both ends
        early, late = place <= width // 2, place >= n - width // 2
        low, high = np.where(late, place, low), np.where(early, place + 1, high)
    low, high = np.clip(low, 0, n), np.clip(high, 0, n)
    found = count[high] - count[low]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (total[high] - total[low]) / found
    return np.where((found > 0) & (found / width >= threshold / 100 - 1e-12), mean, np.nan)
