"""Theil-Sen trend of monthly or yearly means with a bootstrap interval.

Sources: Theil 1950, Proc. Kon. Ned. Akad. Wetensch. A 53; Sen 1968, doi:10.1080/01621459.1968.10480934; block
bootstrap Kunsch 1989, doi:10.1214/aos/1176347265. Slopes are a year of 365 days, as in openair's
``TheilSen``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.receptor.averages import time_average
from gzeco_lib.methods.receptor.frame import WHERE, one_of, share_between
from gzeco_lib.methods.receptor.stl import decompose

YEAR = 365.0  # [d]
LEAST = 6  # points that a trend needs
STARS = ((0.001, "***"), (0.01, "**"), (0.05, "*"), (0.1, "+"))
CHUNK = 4_000_000


@dataclass(frozen=True)
class Trend:
    """A Theil-Sen line.

    Attributes:
        slope: [unit a-1].
        lower: of the slope's interval.
        upper: of the slope's interval.
        intercept: value on 1970-01-01 [unit].
        intercept_lower: of the line with the slope ``lower``.
        intercept_upper: of the line with the slope ``upper``.
        slope_percent: change [% a-1] of the line's value at the first period, over the whole span.
        lower_percent: of the line with the slope ``lower``.
        upper_percent: of the line with the slope ``upper``.
        p: probability of a slope as far from zero by chance, from the bootstrap.
        stars: the same in the usual marks.
        data: the series: ``conc`` (deseasonalised where asked for), ``capture`` [%], ``line``,
            ``line_lower``, ``line_upper``.
    """

    slope: float
    lower: float
    upper: float
    intercept: float
    intercept_lower: float
    intercept_upper: float
    slope_percent: float
    lower_percent: float
    upper_percent: float
    p: float
    stars: str
    data: pd.DataFrame


def theil_sen(
    frame: pd.DataFrame,
    pollutant: str,
    *,
    step: str = "month",
    deseason: bool = False,
    autocorrelation: bool = False,
    alpha: float = 0.05,
    samples: int = 599,
    threshold: float = 0.0,
    statistic: str = "mean",
    percentile: float = 50.0,
    seed: int = 0,
) -> Trend:
    """The trend of a pollutant.

    Args:
        frame: series on a time axis.
        pollutant: its column.
        step: ``month``, ``quarter`` or ``year``.
        deseason: take the seasonal cycle off monthly means (STL, seasonal span 11 years, robust); needs more
            than 24 months.
        autocorrelation: draw blocks of ``n^(1/3)`` periods (Kunsch) rather than single ones; without, the interval of
            autocorrelated series is too narrow.
        alpha: 1 - confidence of the interval.
        samples: of the bootstrap.
        threshold: least data capture of a period [%].
        statistic: of a period, as for ``time_average``.
        percentile: of that statistic [%].
        seed: of the random draws.

    Raises:
        InputError: bad column or argument, or fewer than 6 periods with data.
    """
    one_of("step", step, ("month", "quarter", "year"))
    share_between("alpha", alpha, 0.0005, 0.5)
    if samples < 99:
        raise InputError(
            N_("{samples} bootstrap samples are too few"), WHERE, N_("take at least 99"), samples=samples
        )
    table = time_average(
        frame, [pollutant], step, statistic=statistic, percentile=percentile, threshold=threshold
    )
    captured = table.attrs["capture"][pollutant]
    series = table[pollutant].loc[table[pollutant].first_valid_index() : table[pollutant].last_valid_index()]
    if step == "month" and deseason and len(series) > 24:
        series = pd.Series(deseasonalised(series.to_numpy()), index=series.index)
    days = (pd.DatetimeIndex(series.index) - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
    known = series.notna().to_numpy()
    if known.sum() < LEAST:
        raise InputError(
            N_("{periods} periods with data are too few for a trend"), WHERE, N_("at least {least} are needed"),
            periods=int(known.sum()), least=LEAST,
        )  # fmt: skip
    x, y = np.floor(days.to_numpy()[known]), series.to_numpy()[known]
    length = max(1, round(len(y) ** (1 / 3))) if autocorrelation else 1
    slope, intercept = line(x, y)
    slopes, intercepts = bootstrap(x, y, samples, length, np.random.default_rng(seed))
    low, high = _ends(slopes, alpha)
    ilow, ihigh = _ends(intercepts, alpha)
    below = (slopes < 0).mean() + 0.5 * (slopes == 0).mean()
    p = float(2 * min(below, 1 - below))
    # the steeper fall goes with the higher intercept
    lines = {"line": (slope, intercept), "line_lower": (low, ihigh), "line_upper": (high, ilow)}
    whole = np.floor(days.to_numpy())
    data = pd.DataFrame(
        {"conc": series, "capture": captured.reindex(series.index)}
        | {k: b + a * whole for k, (a, b) in lines.items()}
    )
    percents = [_percent(a, b, whole[0], whole[-1]) for a, b in lines.values()]
    return Trend(
        slope=slope * YEAR,
        lower=low * YEAR,
        upper=high * YEAR,
        intercept=intercept,
        intercept_lower=ihigh,
        intercept_upper=ilow,
        slope_percent=percents[0],
        lower_percent=percents[1],
        upper_percent=percents[2],
        p=p,
        stars=next((mark for limit, mark in STARS if p < limit), ""),
        data=data,
    )


def line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """(slope, intercept): median of all pairwise slopes, and the line through the medians."""
    i, j = np.triu_indices(len(x), 1)
    slope = float(np.median((y[j] - y[i]) / (x[j] - x[i])))
    return slope, float(np.median(y) - slope * np.median(x))


def bootstrap(
    x: np.ndarray, y: np.ndarray, samples: int, length: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Slopes and intercepts (samples,) of draws of blocks of ``length`` neighbouring points.

    Pairwise slopes never change, only how often a draw holds them: a slope of points drawn a and b times
    counts a b times. So the slopes are sorted once and each draw's median is read off the running sum of its
    counts.
    """
    n = len(x)
    starts = rng.integers(0, n - length + 1, size=(samples, -(-n // length)))
    drawn = (starts[:, :, None] + np.arange(length)).reshape(samples, -1)[:, :n]
    counts = np.zeros((samples, n))
    np.add.at(counts, (np.arange(samples)[:, None], drawn), 1)
    i, j = np.triu_indices(n, 1)
    pair = (y[j] - y[i]) / (x[j] - x[i])
    order = np.argsort(pair)
    pair, i, j = pair[order], i[order], j[order]
    slopes = np.empty(samples)
    step = max(1, CHUNK // len(pair))
    for start in range(0, samples, step):
        part = counts[start : start + step]
        slopes[start : start + step] = _weighted_medians(pair, part[:, i] * part[:, j])
    return slopes, np.median(y[drawn], axis=1) - slopes * np.median(x[drawn], axis=1)


def _weighted_medians(ranked: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Median of ``ranked`` (ascending) repeated by each row of whole ``counts``."""
    running = np.cumsum(counts, axis=1)
    total = running[:, -1]
    lower = (running < np.ceil(total / 2)[:, None]).sum(axis=1)
    upper = (running < (np.floor(total / 2) + 1)[:, None]).sum(axis=1)
    last = len(ranked) - 1
    return (ranked[np.minimum(lower, last)] + ranked[np.minimum(upper, last)]) / 2


def _ends(drawn: np.ndarray, alpha: float) -> tuple[float, float]:
    """Ends of the percentile interval by order statistics (Wilcox 2012, Introduction to Robust Estimation, chapter
    10).
    """
    ranked = np.sort(drawn)
    cut = round(alpha / 2 * len(ranked))
    return float(ranked[cut]), float(ranked[len(ranked) - cut - 1])


def _percent(slope: float, intercept: float, first: float, last: float) -> float:
    """Change of the line over the span, relative to its start [% a-1]."""
    begin, end = intercept + slope * first, intercept + slope * last
    return float(100 * YEAR * (end / begin - 1) / (last - first)) if begin else np.nan


def deseasonalised(values: np.ndarray) -> np.ndarray:
    """Monthly values (n,) without their seasonal cycle. Missing months enter as the month's mean departure on
    a line between their neighbours, and come back missing."""
    gaps = ~np.isfinite(values)
    filled = values.copy()
    if gaps.any():
        at = np.arange(len(values))
        level = np.interp(at, at[~gaps], values[~gaps])
        smooth = pd.Series(level).rolling(13, center=True, min_periods=1).mean().to_numpy()
        away = np.where(gaps, np.nan, values - smooth)
        monthly = pd.Series(away).groupby(at % 12).transform("mean").fillna(0.0).to_numpy()
        filled[gaps] = (smooth + monthly)[gaps]
    parts = decompose(filled)
    return np.where(gaps, np.nan, parts.trend + parts.remainder)
