"""The boosting member: trees on what the linear member leaves over, one model for all stations and leads.

LightGBM (Ke et al. 2017) with Huber's loss, few leaves and large leaves: in one city all stations
share one weather, so that 100,000 rows are some hundred independent days, and larger trees learnt single days by heart;
with years of days they may be larger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.forecast import calendar, wind
from gzeco_lib.methods.forecast.design import Anomalies
from gzeco_lib.methods.forecast.groups import group_of
from gzeco_lib.methods.forecast.panel import HORIZON, Array
from gzeco_lib.methods.forecast.series import lag, mean_over_sites, trailing_mean

if TYPE_CHECKING:
    import lightgbm

DAYS = (200, 800)  # of the record, between which the trees grow from the first to the second of each pair
ROWS, ROUNDS, LEAVES = (40_000, 180_000), (50, 220), (12, 63)  # sampled training rows, trees, leaves of each
LEAST_ROWS, SHRINK = (500, 300), (50, 20)  # rows a leaf, and how hard leaves are drawn to zero
SEASON = slice(6, 8)  # columns of the time of year
SEASONAL = 500  # days of record from which they tell more than the date
FEWEST = 500  # rows to fit trees to
PARAMETERS: dict[str, Any] = {
    "objective": "huber", "alpha": 1.0, "learning_rate": 0.06, "feature_fraction": 0.25,
    "bagging_fraction": 0.5, "bagging_freq": 1, "max_bin": 31, "num_threads": 1, "seed": 1,
    "deterministic": True, "force_row_wise": True, "verbosity": -1,
}  # fmt: skip


@dataclass(frozen=True)
class TreeColumns:
    """Predictors at origins: ``site`` each (T, S), ``city`` each (T,), and the calendar of T + 24 hours."""

    of: Anomalies
    site: list[Array]
    city: list[Array]
    clock: list[Array]


def tree_columns(of: Anomalies, zone: str, country: str) -> TreeColumns:
    """Predictors of the trees that do not depend on the lead."""
    name = of.panel.variable
    own = of.own[name]
    site = [own, of.panel.z[name], own - of.city[name][:, None]]
    site += [own - lag(own, k) for k in (1, 3, 6)] + [trailing_mean(own, k) for k in (6, 24, 72)]
    city = []
    for series in (name, *of.panel.covariates):
        mean = of.city[series][:, None]
        city += [(mean - lag(mean, k))[:, 0] for k in (3, 12, 24)] + [mean[:, 0]]
        city += [trailing_mean(mean, k)[:, 0] for k in (6, 24)]
    for (
        other
    ) in of.panel.covariates:  # as it is and as it departs from the usual: wind has a meaning of its own
        site += [of.own[other], of.panel.z[other]]
    for part in wind.components(of.panel):
        mean = np.nan_to_num(mean_over_sites(part))[:, None]
        city += [trailing_mean(mean, k)[:, 0] for k in (1, 3, 12)]
        site.append(trailing_mean(part, 3))
    hours = of.panel.time[0] + np.arange(len(of.panel.time) + 24) * np.timedelta64(1, "h")
    local = calendar.local(hours, zone)
    clock = [
        local.hour.to_numpy(float),
        local.day_of_week.to_numpy(float),
        calendar.rest_days(local, country),
        *calendar.season(local),
    ]
    return TreeColumns(of, site, city, clock)


def tree_rows(columns: TreeColumns, origin: Array, site: Array, lead: Array, linear: Array) -> Array:
    """Predictors (N, P) float32 of flat rows; ``linear`` (N,) is the linear member's anomaly."""
    of = columns.of
    z = of.panel.z[of.panel.variable]
    target = origin + lead
    before, earlier = (_there(z[np.maximum(target - k, 0), site], target >= k) for k in (24, 48))
    expected = of.expected[target, site]
    out = [lead, linear, columns.clock[0][origin], *(c[target] for c in columns.clock)]
    out += [c[origin, site] for c in columns.site] + [c[origin] for c in columns.city]
    city_before = _there(mean_over_sites(of.raw)[np.maximum(target - 24, 0)], target >= 24)
    out += [before - expected, earlier - expected, city_before]
    out += [of.fast[target, site] - expected, expected, expected - of.expected[origin, site]]
    for told in of.panel.future.values():  # the weather forecast for the hour, and how it will have changed
        out += [told[target, site], told[target, site] - told[origin, site]]
    return np.stack([np.asarray(c, np.float32) for c in out], axis=1)


def tree_groups(columns: TreeColumns) -> list[str]:
    """The group of causes each column of ``tree_rows`` belongs to."""
    covariates = [group_of(name) for name in columns.of.panel.covariates]
    clock = ["day", "day", "calendar", "calendar", "calendar", "calendar"]  # hours, weekday, rest day, season
    blown = ["weather"] * len(wind.components(columns.of.panel))
    site = (
        ["recent"] * 2 + ["neighbours"] + ["recent"] * 6 + [g for g in covariates for _ in range(2)] + blown
    )
    city = [g for g in ("neighbours", *covariates) for _ in range(6)] + blown * 3
    past = ["recent", "recent", "neighbours", "recent", "day", "day"]
    return ["day", "recent", *clock, *site, *city, *past] + ["weather"] * (2 * len(columns.of.panel.future))


def _there(values: Array, known: Array) -> Array:
    return np.where(known, values, np.nan)


def between(pair: tuple[float, float], days: float) -> float:
    """The value between the two of ``pair`` for a record of ``days`` days."""
    share = float(np.clip((days - DAYS[0]) / (DAYS[1] - DAYS[0]), 0.0, 1.0))
    return pair[0] + share * (pair[1] - pair[0])


def grown(pair: tuple[int, int], days: float) -> int:
    """As ``between``, rounded."""
    return round(between(pair, days))


@dataclass(frozen=True)
class Grown:
    """Trees as model text, and the size of what they were fitted to at each lead, (24,) [transformed unit].

    They see what is left over as multiples of its size: an hour ahead little is left over, a day ahead much, and
    otherwise the short leads would be lost in the sum of errors.
    """

    text: str
    scale: Array


def fit_trees(rows: Array, left_over: Array, lead: Array, days: float) -> Grown | None:
    """Trees fitted to ``left_over`` (N,) at ``lead`` (N,) of ``days`` days; None where there is too little to fit."""
    import lightgbm

    known = np.isfinite(left_over)
    if known.sum() < FEWEST:
        return None
    total = np.bincount(lead[known] - 1, np.abs(left_over[known]), HORIZON)
    count = np.bincount(lead[known] - 1, minlength=HORIZON)
    overall = total.sum() / count.sum() or 1.0
    scale = np.maximum(np.where(count > 0, total / np.maximum(count, 1), overall), 1e-3 * overall)
    told = left_over[known] / scale[lead[known] - 1]
    data = lightgbm.Dataset(rows[known], told, params={"max_bin": 31, "num_threads": 1, "verbosity": -1})
    size = {
        "min_data_in_leaf": max(20, min(grown(LEAST_ROWS, days), int(known.sum()) // 50)),
        "num_leaves": grown(LEAVES, days), "lambda_l2": grown(SHRINK, days),
    }  # fmt: skip
    model = lightgbm.train(PARAMETERS | size, data, num_boost_round=grown(ROUNDS, days))
    return Grown(model.model_to_string(), scale)


def booster(text: str) -> lightgbm.Booster:
    """The model written as ``text``.

    Raises:
        InputError: the text is not a LightGBM model.
    """
    import lightgbm

    try:
        return lightgbm.Booster(model_str=text)
    except (lightgbm.basic.LightGBMError, ValueError) as error:
        raise InputError(
            N_("the fitted model cannot be read: {reason}"),
            "model",
            N_("fit the forecast again"),
            reason=str(error),
        ) from error
