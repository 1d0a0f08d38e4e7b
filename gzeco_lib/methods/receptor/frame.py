"""What the receptor methods take: a DataFrame with a time axis, wind, and pollutants in columns.

Wind conventions are openair's: a direction [deg, from] of 0 is north and becomes 360; a wind speed of 0 [m
s-1] is calm and its direction means nothing; a direction that is missing while the speed is there is a
variable wind. Impossible wind (speed below 0, direction outside 0..360) and infinite values count as missing;
how many were set aside is kept in ``attrs["set_aside"]``.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError, near

WHERE = "methods.receptor"


def times(frame: pd.DataFrame) -> pd.DatetimeIndex:
    """The time axis: the index where it holds times, else the column ``time`` or ``date``; without a zone.

    Raises:
        InputError: there is none, or it holds something else.
    """
    if isinstance(frame.index, pd.DatetimeIndex):
        index = frame.index
    else:
        name = next((c for c in ("time", "date") if c in frame.columns), None)
        if name is None:
            raise InputError(
                N_("the table has no time axis"),
                WHERE,
                N_("give it an index of times, or a column named time"),
            )
        try:
            index = pd.DatetimeIndex(pd.to_datetime(frame[name], format="ISO8601"))
        except (TypeError, ValueError) as problem:
            raise InputError(
                N_("column {column} does not hold times"),
                WHERE,
                N_("use ISO 8601, as 2024-12-01 08:00"),
                column=name,
            ) from problem
    if index.hasnans:
        raise InputError(
            N_("{rows} rows have no time"),
            WHERE,
            N_("leave them out before the analysis"),
            rows=int(np.isnat(index.to_numpy()).sum()),
        )
    return index.tz_localize(None) if index.tz is not None else index


def numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    """Column ``name`` as floats, infinite values as NaN.

    Raises:
        InputError: no such column (the near name is told), or it is not of numbers.
    """
    if name not in frame.columns:
        known = [str(c) for c in frame.columns]
        raise InputError(
            N_("no column {column}"), WHERE, N_("name one of: {near}"), column=name, near=near(name, known)
        )
    try:
        values = frame[name].to_numpy(dtype=float, na_value=np.nan, copy=True)
    except (TypeError, ValueError) as problem:
        raise InputError(
            N_("column {column} is not of numbers"), WHERE, N_("convert it before the analysis"), column=name
        ) from problem
    values[~np.isfinite(values)] = np.nan
    return values


def prepare(
    frame: pd.DataFrame,
    columns: Iterable[str],
    ws: str | None = None,
    wd: str | None = None,
    need_time: bool = True,
    zero_is_north: bool = True,
) -> pd.DataFrame:
    """The columns asked for, checked, in order of time.

    Args:
        frame: what the user has.
        columns: pollutants and other numbers, kept under their names.
        ws: name of the wind speed [m s-1]; comes back as ``ws``.
        wd: name of the wind direction [deg, from]; comes back as ``wd``, 0 as 360.
        need_time: whether a time axis is a must.
        zero_is_north: whether a direction of 0 becomes 360.

    Returns:
        DataFrame indexed by ``time``; ``attrs["set_aside"]`` counts impossible winds.

    Raises:
        InputError: bad table, column or time axis, or no rows at all.
    """
    if not isinstance(frame, pd.DataFrame) or frame.empty:
        raise InputError(N_("the table is empty"), WHERE, N_("give a DataFrame with at least one row"))
    index = times(frame) if need_time else None
    made: dict[str, np.ndarray] = {name: numbers(frame, name) for name in dict.fromkeys(columns)}
    aside = {}
    if ws is not None:
        speed = numbers(frame, ws)
        bad = speed < 0
        aside["ws"], speed[bad] = int(bad.sum()), np.nan
        made["ws"] = speed
    if wd is not None:
        direction = numbers(frame, wd)
        bad = (direction < 0) | (direction > 360)
        aside["wd"], direction[bad] = int(bad.sum()), np.nan
        if zero_is_north:
            direction[direction == 0] = 360.0
        made["wd"] = direction
    out = pd.DataFrame(made, index=index if index is not None else pd.RangeIndex(len(frame)))
    out.index.name = "time" if index is not None else None
    if index is not None and not index.is_monotonic_increasing:
        out = out.sort_index(kind="stable")
    out.attrs["set_aside"] = aside
    return out


def one_of(name: str, value: str, known: Iterable[str]) -> str:
    """``value`` if it is among ``known``.

    Raises:
        InputError: it is not; the near one is told.
    """
    known = list(known)
    if value not in known:
        raise InputError(
            N_("unknown {name} {value}"),
            WHERE,
            N_("use one of: {near}"),
            name=name,
            value=value,
            near=near(value, known),
        )
    return value


def share_between(name: str, value: float, low: float, high: float) -> float:
    """``value`` if it lies within ``low``..``high``.

    Raises:
        InputError: it does not.
    """
    if not low <= value <= high:
        raise InputError(
            N_("{name} is {value}"), WHERE, N_("it must lie between {low} and {high}"),
            name=name, value=value, low=low, high=high,
        )  # fmt: skip
    return value


def capture(values: np.ndarray, total: int | None = None) -> float:
    """Data capture [%]: numbers present over ``total`` (all rows where not given)."""
    total = len(values) if total is None else total
    return float(100.0 * np.isfinite(values).sum() / total) if total else np.nan
