"""What the learning members are told at an origin: anomalies, their past, neighbours and other variables.

Everything is an anomaly against the diurnal expectation of the past weeks (`series.diurnal`), so that what is learned
in one season holds in another, and so that the members start from a baseline that is good already.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gzeco_lib.methods.forecast.groups import group_of
from gzeco_lib.methods.forecast.panel import Array, Panel
from gzeco_lib.methods.forecast.series import diurnal, lag, mean_over_sites, trailing_mean

SLOW, FAST = 14.0, 2.5  # half-lives of the diurnal expectation [d]
OWN_LAGS = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 21, 22, 23, 24, 30, 36, 47)
CITY_LAGS = (0, 1, 2, 3, 5, 7, 10, 13, 16, 19, 21, 22, 23, 24, 36, 47)
HISTORY = 24 * 84  # h that make the slow expectation independent of what was before


@dataclass(frozen=True)
class Anomalies:
    """Expectation and departures of one panel.

    Shapes: ``expected`` and ``fast`` (T + 24, S) of the variable; ``own[name]`` (T, S) anomalies with gaps filled
    by the mean over sites, else 0; ``raw`` the variable's with gaps; ``city[name]`` (T,) means over sites, 0 where
    unknown.
    """

    panel: Panel
    expected: Array
    fast: Array
    raw: Array
    own: dict[str, Array]
    city: dict[str, Array]


def anomalies(panel: Panel, normal: Array | None = None) -> Anomalies:
    """Departures of ``panel`` from its diurnal expectation.

    Args:
        normal: (24, S) expectation by hour (UTC) for sites with no recent past, transformed unit.
    """
    hours = len(panel.time)
    expected = {name: diurnal(values, SLOW) for name, values in panel.z.items()}
    main = expected[panel.variable]
    if normal is not None:
        clock = (np.arange(hours + 24) + first_hour(panel)) % 24
        main = np.where(np.isfinite(main), main, normal[clock])
        expected[panel.variable] = main
    own, city = {}, {}
    for name, values in panel.z.items():
        departure = values - expected[name][:hours]
        mean = mean_over_sites(departure)
        city[name] = np.where(np.isfinite(mean), mean, 0.0)
        own[name] = np.where(np.isfinite(departure), departure, city[name][:, None])
    raw = panel.z[panel.variable] - main[:hours]
    return Anomalies(panel, main, diurnal(panel.z[panel.variable], FAST), raw, own, city)


def first_hour(panel: Panel) -> int:
    """Hour of day (UTC) of the panel's first row."""
    return int(panel.time[0].astype("datetime64[h]").astype(int) % 24)


def _own_columns(of: Anomalies) -> list[Array]:
    name = of.panel.variable
    sites = of.panel.y.shape[1]
    columns = [lag(of.own[name], k) for k in OWN_LAGS]
    columns += [np.repeat(lag(of.city[name], k)[:, None], sites, axis=1) for k in CITY_LAGS]
    return columns + [trailing_mean(of.own[name], k) for k in (24, 72, 168)]


def _other_columns(of: Anomalies) -> list[Array]:
    sites = of.panel.y.shape[1]
    columns: list[Array] = []
    for name in of.panel.covariates:
        columns += [lag(of.own[name], k) for k in (0, 1, 3)] + [trailing_mean(of.own[name], 24)]
        columns += [np.repeat(lag(of.city[name], k)[:, None], sites, axis=1) for k in (0, 3, 6)]
    return columns


def _by_hour(of: Anomalies) -> list[Array]:
    """Products with two harmonics of the day: the same anomaly means another thing at dawn than at noon."""
    name, sites = of.panel.variable, of.panel.y.shape[1]
    angle = 2 * np.pi * ((np.arange(len(of.panel.time)) + first_hour(of.panel)) % 24) / 24
    waves = [np.sin(angle), np.cos(angle), np.sin(2 * angle), np.cos(2 * angle)]
    base = [of.own[name], np.repeat(of.city[name][:, None], sites, axis=1)]
    base += [trailing_mean(of.own[name], k) for k in (6, 24)]
    base += [trailing_mean(of.own[other], 3) for other in of.panel.covariates]
    base.append(np.ones_like(of.own[name]))
    return [b * wave[:, None] for b in base for wave in waves]


def linear_design(of: Anomalies, rows: Array) -> Array:
    """Predictors of the linear member at the hours ``rows``: (len(rows), S, P), float32, 0 where unknown."""
    columns = [*_own_columns(of), *_other_columns(of), *_by_hour(of)]
    return np.nan_to_num(np.stack([c[rows].astype(np.float32) for c in columns], axis=-1))


def linear_groups(of: Anomalies) -> list[str]:
    """The group of causes each column of ``linear_design`` belongs to."""
    others = [group_of(name) for name in of.panel.covariates]
    own = ["recent"] * len(OWN_LAGS) + ["neighbours"] * len(CITY_LAGS) + ["recent"] * 3
    by_hour = ["recent", "neighbours", "recent", "recent", *others, "day"]
    return own + [g for g in others for _ in range(7)] + [g for g in by_hour for _ in range(4)]


def targets(of: Anomalies, rows: Array, leads: Array) -> Array:
    """Anomalies that came ``leads`` hours after ``rows``: (len(rows), S, len(leads)), NaN where not observed."""
    hours, sites = of.raw.shape
    padded = np.full((hours + int(leads.max()), sites), np.nan)
    padded[:hours] = of.raw
    return np.moveaxis(padded[rows[:, None] + leads[None, :]], 1, 2)
