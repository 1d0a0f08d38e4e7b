"""From hourly arrays to daily, monthly and annual values that the norm accepts as valid.

Source: GB 3095-2026 Table 4 (a daily mean needs 20 hourly means, each 8-h running mean 6 hours, an annual mean
324 daily means and 27 a month, 25 in February). The daily maximum of the 8-h means is taken over the 17 windows
that lie within the day; that 14 of them must be valid, unless the maximum exceeds the limit anyway, follows
HJ 663-2013 (``known``: a setting).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gzeco_lib.errors import N_, InputError
from gzeco_lib.standards.facts import SHIFT, as_utc, load

Floats = NDArray[np.float64]
HOURS = 24
WINDOW = 8


@dataclass(frozen=True)
class Periods:
    """Values of whole periods, first axis period.

    Attributes:
        start: local start of each period (datetime64[D], or [M] and [Y] for months and years).
        value: the statistic, NaN where it is not valid.
        capture: share of the hours (or days) that were there [0..1].
        raw: the statistic of what was there, valid or not.
    """

    start: NDArray[np.datetime64]
    value: Floats
    capture: Floats
    raw: Floats

    @property
    def valid(self) -> NDArray[np.bool_]:
        """True where the norm accepts the value."""
        return ~np.isnan(self.value)


def _days(values: ArrayLike, times: Any) -> tuple[NDArray[np.datetime64], Floats]:
    """Local days and the values as (day, hour, ...); hours the series does not hold are NaN."""
    found = np.asarray(values, dtype=np.float64)
    hours = (as_utc(times) + SHIFT).astype("datetime64[h]")
    if hours.ndim != 1 or len(hours) != len(found):
        raise InputError(
            N_("{times} times were given for data of shape {shape}"),
            "times",
            N_("give one time for each row (first axis) of the data"),
            times=hours.size,
            shape=found.shape,
        )
    if not len(hours):
        return np.array([], dtype="datetime64[D]"), np.empty((0, HOURS, *found.shape[1:]))
    first = hours.min().astype("datetime64[D]")
    days = np.arange(first, hours.max().astype("datetime64[D]") + 1)
    place = (hours - first.astype("datetime64[h]")).astype(np.intp)
    if len(np.unique(place)) < len(place):
        raise InputError(
            N_("the hourly series holds {n} hours twice"), "times", N_("keep one value for each hour"),
            n=len(place) - len(np.unique(place)),
        )  # fmt: skip
    full = np.full((len(days) * HOURS, *found.shape[1:]), np.nan)
    full[place] = found
    return days, full.reshape(len(days), HOURS, *found.shape[1:])


def _mean(values: Floats, axis: int) -> tuple[Floats, NDArray[np.intp]]:
    there = ~np.isnan(values)
    count = there.sum(axis=axis)
    total = np.where(there, values, 0.0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan), count


def daily_mean(values: ArrayLike, times: Any, minimum: int | None = None) -> Periods:
    """24-h means of local days.

    Args:
        values: hourly means, first axis time; NaN is missing.
        times: UTC start of each hour, in any order, without repeats.
        minimum: hours needed, 20 by the norm.

    Raises:
        InputError: for repeated hours or times that do not go with the values.
    """
    days, hourly = _days(values, times)
    raw, count = _mean(hourly, axis=1)
    need = load("gb3095")["validity"]["day"]["hours"] if minimum is None else minimum
    return Periods(days, np.where(count >= need, raw, np.nan), count / HOURS, raw)


def mda8(values: ArrayLike, times: Any, minimum_windows: int | None = None) -> Periods:
    """Daily maximum of the 8-h running means (O3), over the 17 windows within the local day.

    Arguments and errors as for :func:`daily_mean`; ``minimum_windows`` valid windows are needed (14), unless
    the maximum exceeds 160 ug m-3 anyway.
    """
    law = load("gb3095")
    days, hourly = _days(values, times)
    need = law["validity"]["mda8"]["hours_per_window"]
    if not len(days):
        empty = np.empty((0, *hourly.shape[2:]))
        return Periods(days, empty, empty, empty)
    windows = np.lib.stride_tricks.sliding_window_view(hourly, WINDOW, axis=1)  # (day, 17, ..., 8)
    means, count = _mean(windows, axis=-1)
    means = np.where(count >= need, means, np.nan)
    valid = (~np.isnan(means)).sum(axis=1)
    raw = np.asarray(np.fmax.reduce(means, axis=1))
    rule = law["mda8_windows"]
    least = rule["minimum"] if minimum_windows is None else minimum_windows
    good = (valid >= least) | (raw > rule["unless_above"])
    return Periods(days, np.where(good, raw, np.nan), (~np.isnan(hourly)).mean(axis=1), raw)


def daily_maximum(values: ArrayLike, times: Any, minimum: int | None = None) -> Periods:
    """Largest hourly mean of local days; arguments and errors as for :func:`daily_mean`."""
    days, hourly = _days(values, times)
    count = (~np.isnan(hourly)).sum(axis=1)
    raw = np.asarray(np.fmax.reduce(hourly, axis=1)) if len(days) else np.empty((0, *hourly.shape[2:]))
    need = load("gb3095")["validity"]["day"]["hours"] if minimum is None else minimum
    return Periods(days, np.where(count >= need, raw, np.nan), count / HOURS, raw)


def _grouped(
    daily: ArrayLike, days: ArrayLike, unit: str
) -> tuple[NDArray[np.datetime64], Floats, NDArray[np.intp], NDArray[np.intp]]:
    found = np.asarray(daily, dtype=np.float64)
    labels = np.asarray(days, dtype="datetime64[D]").astype(f"datetime64[{unit}]")
    starts, place = np.unique(labels, return_inverse=True)
    there = ~np.isnan(found)
    total, count = (
        np.zeros((len(starts), *found.shape[1:])),
        np.zeros((len(starts), *found.shape[1:]), dtype=np.intp),
    )
    np.add.at(total, place, np.where(there, found, 0.0))
    np.add.at(count, place, there)
    length = ((starts + 1).astype("datetime64[D]") - starts.astype("datetime64[D]")).astype(np.intp)
    return starts, np.where(count > 0, total / np.maximum(count, 1), np.nan), count, length


def _month_need(months: NDArray[np.datetime64]) -> NDArray[np.intp]:
    rule = load("gb3095")["validity"]["year"]
    february = months.astype(np.intp) % 12 == 1
    return np.where(february, rule["days_in_february"], rule["days_per_month"])


def _over(per_period: NDArray[Any], like: NDArray[Any]) -> NDArray[Any]:
    return per_period.reshape(per_period.shape + (1,) * (like.ndim - 1))


def monthly_mean(daily: ArrayLike, days: ArrayLike) -> Periods:
    """Means of calendar months from valid daily values (NaN where not valid), first axis day."""
    months, raw, count, length = _grouped(daily, days, "M")
    good = count >= _over(_month_need(months), count)
    return Periods(months, np.where(good, raw, np.nan), count / _over(length, count), raw)


def annual_mean(daily: ArrayLike, days: ArrayLike) -> Periods:
    """Means of calendar years from valid daily values: 324 days, and enough in every month."""
    years, raw, count, length = _grouped(daily, days, "Y")
    months, _, in_month, _ = _grouped(daily, days, "M")
    enough = in_month >= _over(_month_need(months), in_month)
    good_months = np.zeros_like(count)
    np.add.at(good_months, np.searchsorted(years, months.astype("datetime64[Y]")), enough)
    good = (count >= load("gb3095")["validity"]["year"]["days"]) & (good_months == 12)
    return Periods(years, np.where(good, raw, np.nan), count / _over(length, count), raw)
