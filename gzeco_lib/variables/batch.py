"""A long frame of observations laid out for the quality rules: sorted once, plain arrays, contiguous by variable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.errors import N_, InputError

COLUMNS = ("time", "site", "variable", "value")
HOUR = 3600


@dataclass(frozen=True)
class Part:
    """Observations of one variable, sorted by interval, site and time.

    Attributes:
        code: the variable.
        time: UTC seconds since 1970.
        series: number of the series (interval and site) of each row; equal numbers are neighbours.
        site: number of the site of each row.
        step: length of the interval [s] of each row.
        value: canonical unit, never NaN.
    """

    code: str
    time: NDArray[np.int64]
    series: NDArray[np.int64]
    site: NDArray[np.int64]
    step: NDArray[np.int64]
    value: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.value)

    @cached_property
    def follows(self) -> NDArray[np.bool_]:
        """True where the row before is the same series one step earlier."""
        result = np.zeros(len(self), dtype=bool)
        result[1:] = (self.series[1:] == self.series[:-1]) & (self.time[1:] - self.time[:-1] == self.step[1:])
        return result

    def back(self, steps: int) -> NDArray[np.float64]:
        """The value ``steps`` intervals earlier (negative: later) in the same series; NaN where it is missing."""
        result = np.full(len(self), np.nan)
        if not 0 < abs(steps) < len(self):
            return result
        here, there = (
            (slice(steps, None), slice(None, -steps))
            if steps > 0
            else (slice(None, steps), slice(-steps, None))
        )
        same = (self.series[here] == self.series[there]) & (
            self.time[here] - self.time[there] == steps * self.step[here]
        )
        result[here] = np.where(same, self.value[there], np.nan)
        return result


@dataclass(frozen=True)
class Batch:
    """All parts of a frame; ``rows`` are the places in the frame of the sorted rows."""

    parts: dict[str, Part]
    rows: dict[str, NDArray[np.int64]]
    sites: list[str]

    def __iter__(self) -> Iterator[tuple[str, Part, NDArray[np.int64]]]:
        for code, part in self.parts.items():
            yield code, part, self.rows[code]


def seconds(times: Any) -> NDArray[np.int64]:
    """Times (UTC where without zone) as seconds since 1970."""
    index = pd.DatetimeIndex(times)
    if index.tz is not None:
        index = index.tz_convert("UTC").tz_localize(None)
    return index.to_numpy().astype("datetime64[s]").astype(np.int64)


def _codes(column: pd.Series) -> tuple[NDArray[np.int64], list[str]]:
    numbers, names = pd.factorize(column)
    return numbers.astype(np.int64), [str(name) for name in names]


def _steps(frame: pd.DataFrame) -> NDArray[np.int64]:
    if "interval" not in frame:
        return np.full(len(frame), HOUR, dtype=np.int64)
    numbers, names = _codes(frame["interval"])
    lengths = []
    for name in names:
        try:
            lengths.append(int(pd.Timedelta(name).total_seconds()))
        except ValueError:
            raise InputError(
                N_("{found} is not an interval"), "interval", N_("write it as PT1H or P1D"), found=name
            ) from None
    return np.asarray(lengths, dtype=np.int64)[numbers]


def batch_of(frame: pd.DataFrame) -> Batch:
    """Lay out ``frame`` (columns time, site, variable, value and, where not hourly, interval).

    Rows without a value are left out; they can carry no flag.

    Raises:
        InputError: for a missing column or an interval that cannot be read.
    """
    for column in COLUMNS:
        if column not in frame:
            raise InputError(
                N_("no column {column}"),
                "",
                N_("the frame needs: {near}"),
                column=column,
                near=", ".join(COLUMNS),
            )
    variable, codes = _codes(frame["variable"])
    site, sites = _codes(frame["site"])
    time, step = seconds(frame["time"]), _steps(frame)
    value = frame["value"].to_numpy(dtype=np.float64, na_value=np.nan)
    there = np.flatnonzero(~np.isnan(value))
    order = there[np.lexsort((time[there], site[there], step[there], variable[there]))]
    bounds = np.searchsorted(variable[order], np.arange(len(codes) + 1))
    parts, rows = {}, {}
    for number, code in enumerate(codes):
        place = order[bounds[number] : bounds[number + 1]]
        series = np.zeros(len(place), dtype=np.int64)
        if len(place):
            new = (np.diff(site[place]) != 0) | (np.diff(step[place]) != 0)
            series[1:] = np.cumsum(new)
        parts[code] = Part(code, time[place], series, site[place], step[place], value[place])
        rows[code] = place
    return Batch(parts, rows, sites)
