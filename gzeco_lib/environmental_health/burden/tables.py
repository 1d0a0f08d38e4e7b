"""Estimates as the tables ``burden`` and ``avoided`` of the outcome, and the targets they are held against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.burden.monte_carlo import Estimate
from gzeco_lib.errors import N_
from gzeco_lib.geo.districts import CITY, NAMES
from gzeco_lib.standards.crf import ALL_AGES
from gzeco_lib.standards.limits import limit
from gzeco_lib.standards.who import who_level

if TYPE_CHECKING:
    from gzeco_lib.environmental_health.burden.annual_air import AnnualAir
    from gzeco_lib.environmental_health.burden.inhabitants import Inhabitants

BURDEN = (
    "district", "pollutant", "model", "cause", "age", "population", "concentration", "concentration_sd", "capture",
    "share", "share_lo", "share_hi", "deaths", "deaths_lo", "deaths_hi", "per_100k",
)  # fmt: skip
AVOIDED = (
    "district", "pollutant", "model", "target", "target_value", "deaths", "deaths_lo", "deaths_hi",
)  # fmt: skip
WHO = {
    "IT-1": N_("WHO interim target 1"), "IT-2": N_("WHO interim target 2"), "IT-3": N_("WHO interim target 3"),
    "IT-4": N_("WHO interim target 4"), "AQG": N_("WHO guideline 2021"),
}  # fmt: skip
LIMIT = N_("GB 3095 class II, annual mean")
OWN = N_("Own target")
LEVELS = {
    ("PM2.5", "annual"): ("IT-3", "IT-4", "AQG"),
    ("NO2", "annual"): ("IT-2", "IT-3", "AQG"),
    ("O3", "peak_season_mda8"): ("IT-1", "IT-2", "AQG"),
}
HEADLINE = "NCD+LRI"  # of GEMM's causes the one that holds the others


def targets(at: pd.Timestamp, own_pm25: float) -> dict[tuple[str, str], dict[str, float]]:
    """Targets [ug m-3] by (pollutant, metric): WHO's, the limit in force at ``at``, and the user's own (0 for none)."""
    made: dict[tuple[str, str], dict[str, float]] = {}
    for key, levels in LEVELS.items():
        pollutant, metric = key
        period = "peak_season" if metric == "peak_season_mda8" else "annual"
        facts = {WHO[level]: who_level(pollutant, period, level) for level in levels}
        made[key] = {name: float(fact.value) for name, fact in facts.items() if fact is not None}
        if period == "annual":
            made[key][LIMIT] = float(limit(pollutant, "annual", at).value)
    if own_pm25 > 0:
        made["PM2.5", "annual"][OWN] = own_pm25
    return made


def _codes() -> list[str]:
    return [*NAMES, CITY]


def burden_table(estimates: list[Estimate], air: AnnualAir, people: Inhabitants) -> pd.DataFrame:
    """A row for each district and the city, function and cause; the city's deaths by age after them."""
    parts = [_rows(estimate, air, people) for estimate in estimates]
    return pd.concat(parts, ignore_index=True)[list(BURDEN)] if parts else pd.DataFrame(columns=list(BURDEN))


def _rows(estimate: Estimate, air: AnnualAir, people: Inhabitants) -> pd.DataFrame:
    response = estimate.response
    key = (response.pollutant, response.metric)
    of, capture = air.air[key], air.capture[key]
    known = np.isfinite(people.total).all()
    weight = people.total if known else np.ones(len(people.total))
    mean = float(np.average(of.mean, weights=weight))
    sd = float(np.hypot(of.common_sd, np.sqrt(np.sum(np.square(weight * of.sd))) / weight.sum()))
    population = np.append(people.total, people.total.sum())
    frame = pd.DataFrame(
        {
            "district": _codes(),
            "pollutant": response.pollutant,
            "model": response.model,
            "cause": response.cause,
            "age": ALL_AGES,
            "population": population,
            "concentration": np.append(of.mean, mean),
            "concentration_sd": np.append(np.hypot(of.sd, of.common_sd), sd),
            "capture": np.append(capture, np.average(capture, weights=weight)),
            **_triple("share", estimate.share),
            **_triple("deaths", estimate.deaths),
            "per_100k": estimate.deaths[0] / population * 1e5,
        }
    )
    ages = people.people.ages
    if not estimate.weighted or len(ages) < 2:
        return frame
    city = frame.iloc[[-1]].loc[frame.index[[-1]].repeat(len(ages))].reset_index(drop=True)
    persons = people.people.population.sum(axis=0)
    expected = (people.people.population * people.people.rates[response.cause] / 1e5).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = _triple("share", estimate.city_by_age / expected)
    by_age = city.assign(
        age=ages, population=persons, per_100k=estimate.city_by_age[0] / persons * 1e5,
        **_triple("deaths", estimate.city_by_age), **shares,
    )  # fmt: skip
    return pd.concat([frame, by_age[ages >= response.min_age]], ignore_index=True)


def _triple(name: str, values: np.ndarray) -> dict[str, Any]:
    return {name: values[0], f"{name}_lo": values[1], f"{name}_hi": values[2]}


def avoided_table(estimates: list[Estimate], goals: dict[tuple[str, str], dict[str, float]]) -> pd.DataFrame:
    """Deaths a year less at each target, by the function of each model whose cause holds the others."""
    parts = []
    for estimate in estimates:
        response = estimate.response
        if response.model == "GEMM" and response.cause != HEADLINE:
            continue
        for name, value in goals.get((response.pollutant, response.metric), {}).items():
            parts.append(
                pd.DataFrame(
                    {
                        "district": _codes(),
                        "pollutant": response.pollutant,
                        "model": response.model,
                        "target": name,
                        "target_value": value,
                        **_triple("deaths", estimate.avoided[name]),
                    }
                )
            )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(AVOIDED))
