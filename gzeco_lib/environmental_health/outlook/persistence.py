"""Weather of the next hours without a weather forecast: the usual course of the day and what it departs from it now.

The usual is the mean of the same hour of the last 14 days. The departure of the last hour, of the last six, of the last
day, and of the hour a day before the one asked for, are carried on with factors that are learnt by lead from the days
before, as is the error: least squares of what came on what was known. It is the persistence that a real forecast must
beat, with a spread that was measured and not assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DAYS = 14  # of the usual
RECENT = (1, 6, 24)  # [h] over which the departure is averaged
DAY = 24
RIDGE = 1e-3  # of the mean square of the departures: the parts of the departure go together
LEAST = 48  # cases a lead needs to learn from; below it the last departure is carried whole, its error is the spread


@dataclass(frozen=True)
class Path:
    """The hours ahead of some stations.

    Attributes:
        value: (lead, site), in the unit of the input.
        sd: standard error by lead (lead,).
        daily: mean of the 24 hours that end with each lead (lead, site).
        daily_sd: its standard error (lead,).
    """

    value: np.ndarray
    sd: np.ndarray
    daily: np.ndarray
    daily_sd: np.ndarray


def _mean_of(stack: np.ndarray, least: int = 1) -> np.ndarray:
    """Mean over the first axis where at least ``least`` values are known."""
    known = np.isfinite(stack).sum(axis=0)
    return np.where(known >= least, np.nansum(stack, axis=0) / np.maximum(known, 1), np.nan)


def usual(values: np.ndarray, ahead: int = 0) -> np.ndarray:
    """Mean of the same hour of the last ``DAYS`` days, for each hour and ``ahead`` more (time + ahead, site)."""
    whole = np.vstack([values, np.full((ahead, values.shape[1]), np.nan)])
    shifted = np.full((DAYS, *whole.shape), np.nan)
    for day in range(1, DAYS + 1):
        shifted[day - 1, DAY * day :] = whole[: len(whole) - DAY * day] if len(whole) > DAY * day else np.nan
    return _mean_of(shifted)


def recent(values: np.ndarray, hours: int) -> np.ndarray:
    """Mean of each hour and the ``hours - 1`` before it that are known (time, site)."""
    stack = np.full((hours, *values.shape), np.nan)
    for back in range(hours):
        stack[back, back:] = values[: len(values) - back]
    return _mean_of(stack)


def path(values: np.ndarray, horizon: int) -> Path:
    """The next ``horizon`` hours (at most 24) after the last row of ``values`` (time, site), complete hours.

    A station silent for more than two days follows the usual; one without a usual day is NaN.

    Raises:
        ValueError: for a horizon outside 1..24.
    """
    if not 1 <= horizon <= DAY:
        raise ValueError(f"horizon {horizon} is not in 1..24")
    normal = usual(values, horizon)
    hours, sites = values.shape
    apart = values - normal[:hours]
    levels = [recent(apart, span) for span in RECENT]
    now = [_last_known(level[-DAY:]) for level in levels]
    value = np.empty((horizon, sites))
    hindcast = np.full((horizon, hours, sites), np.nan)
    sd = np.empty(horizon)
    for lead in range(1, horizon + 1):
        back = DAY - lead  # the hour a day before the one asked for, counted back from the origin
        past_day = np.vstack([np.full((back, sites), np.nan), apart[: hours - back]])
        known = np.stack([*levels, past_day])
        factors, sd[lead - 1] = _learn(known[:, : hours - lead], apart[lead:])
        latest = np.stack([*now, np.where(np.isfinite(past_day[-1]), past_day[-1], now[-1])])
        value[lead - 1] = normal[hours + lead - 1] + factors @ latest
        hindcast[lead - 1] = normal[lead : hours + lead] + np.einsum("k,kts->ts", factors, known)
    daily, daily_sd = _daily(values, value, hindcast)
    return Path(value, sd, daily, daily_sd)


def _last_known(rows: np.ndarray) -> np.ndarray:
    """The last known row of each column, 0 where none is."""
    known = np.isfinite(rows)
    place = len(rows) - 1 - known[::-1].argmax(axis=0)
    return np.where(known.any(axis=0), rows[place, np.arange(rows.shape[1])], 0.0)


def _learn(known: np.ndarray, came: np.ndarray) -> tuple[np.ndarray, float]:
    """Factors (part,) of the departures ``known`` (part, time, site) on what came, and the spread of the rest."""
    both = np.isfinite(known).all(axis=0) & np.isfinite(came)
    x, y = known[:, both], came[both]
    if x.shape[1] < LEAST or not (x**2).sum() > 0:
        spread = came[np.isfinite(came)]
        return np.eye(len(known))[0], float(np.std(spread)) if len(spread) > 1 else np.nan
    square = x @ x.T
    factors = np.linalg.solve(square + RIDGE * np.trace(square) / len(square) * np.eye(len(square)), x @ y)
    return factors, float(np.sqrt(np.mean((y - factors @ x) ** 2)))


def _daily(values: np.ndarray, ahead: np.ndarray, hindcast: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of the 24 hours ending with each lead, and their error in the past (lead, site), (lead,)."""
    horizon = len(ahead)
    hours = len(values)
    daily, sd = np.empty_like(ahead), np.full(horizon, np.nan)
    true = trailing(values)
    forecast = np.cumsum(hindcast, axis=0)
    for lead in range(1, horizon + 1):
        whole = np.vstack([values[hours - (DAY - lead) :] if lead < DAY else values[:0], ahead[:lead]])
        daily[lead - 1] = _mean_of(whole, DAY * 3 // 4)
        before = _sums(values, DAY - lead)
        made = (before + forecast[lead - 1]) / DAY
        missed = true[lead:] - made[: hours - lead]
        missed = missed[np.isfinite(missed)]
        sd[lead - 1] = float(np.sqrt(np.mean(missed**2))) if len(missed) >= LEAST else np.nan
    return daily, sd


def trailing(values: np.ndarray) -> np.ndarray:
    """Mean of the 24 hours that end with each hour (time, site); 18 of them must be known."""
    stack = np.full((DAY, *values.shape), np.nan)
    for back in range(min(DAY, len(values))):
        stack[back, back:] = values[: len(values) - back]
    return _mean_of(stack, DAY * 3 // 4)


def _sums(values: np.ndarray, hours: int) -> np.ndarray:
    """Sums of each hour and the ``hours - 1`` before it; NaN where one of them is missing; 0 for no hours."""
    total = np.zeros_like(values)
    for back in range(hours):
        total[back:] += values[: len(values) - back]
        total[:back] = np.nan
    return total
