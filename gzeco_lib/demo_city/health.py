"""Daily health counts of the generated city, drawn from a planted response (`response`).

Deaths, admissions, emergency and outpatient visits by district, cause and age; cases of a person never exist. Small
counts are suppressed as an ingest does it (`gzeco_lib.ingest.small_counts`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.demo_city import daily, demography, response
from gzeco_lib.demo_city.columns import text
from gzeco_lib.demo_city.noise import EPOCH, generator
from gzeco_lib.demo_city.places import SOURCE
from gzeco_lib.demo_city.population import CENSUS
from gzeco_lib.demo_city.response import CAUSES, figures
from gzeco_lib.demo_city.world import World
from gzeco_lib.ingest.small_counts import protected

Array = NDArray[np.float64]

MEASURES = ("deaths", "admissions", "emergency", "outpatient")
BELOW = 5  # counts from 1 to below this are suppressed
YEAR = 365.25  # d
FIRST_YEAR = 2023.0  # of the rates; the trend goes from there
WAVE = 25.0  # d, standard deviation of an influenza wave's shape
USUAL_RISK = 1.09  # what air and weather add on a usual day: the rates are those of the city as it is, not of clean air


def usual() -> dict[str, Array]:
    """Cases a day before everything that moves them (district, part, age) by measure."""
    people = np.column_stack(list(demography.by_span().values()))[:, None, :]
    per_day = people / 1e5 / YEAR
    rates = {
        measure: np.array([parts[part] for part in figures()["parts"]], dtype=float)
        for measure, parts in figures()["rates"].items()
    }
    return {"deaths": _deaths() / YEAR} | {m: per_day * rate for m, rate in rates.items()}


def _deaths() -> Array:
    """Deaths a year (district, part, age) by the death rates of the demography."""
    about, pyramid = demography.figures(), demography.pyramid()
    ages = np.array(about["ages"])
    spans = [(ages >= low) & (ages < high) for low, high in demography.SPANS.values()]

    def deaths(cause: str) -> Array:
        each = pyramid * np.array(about["death_rates"][cause]) / 1e5
        return np.column_stack([each[:, inside].sum(axis=1) for inside in spans])

    found: dict[str, Array] = {}
    for part, rule in figures()["deaths"].items():
        if "causes" in rule:
            found[part] = rule["factor"] * np.sum([deaths(cause) for cause in rule["causes"]], axis=0)
        else:
            found[part] = rule["rest"] * deaths("all") - np.sum(list(found.values()), axis=0)
    return np.stack([found[part] for part in figures()["parts"]], axis=1)


def calendar(seed: int, starts: pd.DatetimeIndex) -> tuple[dict[str, Array], Array]:
    """Factor of each day by measure (D,): weekday or holiday; by part (D, part): season, influenza, trend."""
    about, local = figures(), starts.tz_convert(daily.LOCAL)
    kind = np.where(_holiday(local), 7, local.dayofweek.to_numpy())
    number = (starts - EPOCH) / pd.Timedelta(days=1)
    season = np.cos(2 * np.pi * (local.dayofyear.to_numpy() - 15) / YEAR)
    wave = _influenza(seed, local)
    years = np.asarray(number) / YEAR + 2000.0 - FIRST_YEAR
    moved = [
        about["season"][part] * season + about["influenza"][part] * wave + about["trend"] * years
        for part in about["parts"]
    ]
    return {m: np.array(row)[kind] for m, row in about["weekdays"].items()}, np.exp(np.column_stack(moved))


def _holiday(local: pd.DatetimeIndex) -> NDArray[np.bool_]:
    import holidays

    known = holidays.country_holidays("CN", years=range(int(local.year.min()), int(local.year.max()) + 1))
    return np.array([day.date() in known for day in local], dtype=bool)


def _influenza(seed: int, local: pd.DatetimeIndex) -> Array:
    """The waves of all winters (D,): each of its own height and middle, from December to February."""
    found = np.zeros(len(local))
    for year in range(int(local.year.min()) - 1, int(local.year.max()) + 1):
        rng = generator(seed, "influenza", year)
        middle = pd.Timestamp(year, 12, 10, tz=daily.LOCAL) + pd.Timedelta(days=float(rng.uniform(0.0, 70.0)))
        height = rng.uniform(0.05, 0.25)
        found += height * np.exp(-0.5 * (np.asarray((local - middle) / daily.DAY) / WAVE) ** 2)
    return found


def expected(made: World) -> tuple[pd.DatetimeIndex, dict[str, Array]]:
    """The days of the counts and the expected counts (D, district, part, age) by measure."""
    days = daily.days_of(made)
    starts = days.starts[daily.LAGS - 1 :]
    risk = np.exp(response.logarithm(made.seed, days.felt, daily.LAGS)) / USUAL_RISK
    by_day, by_part = calendar(made.seed, starts)
    first = daily.span(made)[0]
    kept = starts >= first
    return starts[kept], {
        m: (cases * risk * by_part[:, None, :, None] * by_day[m][:, None, None, None])[kept]
        for m, cases in usual().items()
    }


def drawn(made: World) -> tuple[pd.DatetimeIndex, Array]:
    """The days and the counts (D, measure, district, part, age): negative binomial, drawn by (seed, day)."""
    starts, mean = expected(made)
    spread = np.array([figures()["overdispersion"][m] for m in MEASURES])[:, None, None, None]
    wanted = np.stack([mean[m] for m in MEASURES], axis=1)
    counts = np.empty_like(wanted)
    for i, start in enumerate(starts):
        rng = generator(made.seed, "health", int((start - EPOCH + pd.Timedelta(hours=8)) / daily.DAY))
        counts[i] = rng.poisson(wanted[i] * rng.gamma(1 / spread, spread, size=wanted[i].shape))
    return starts, counts


def counts(made: World) -> pd.DataFrame:
    """The lake's ``health`` rows: districts, causes and ages with their totals; small counts suppressed."""
    starts, found = drawn(made)
    parts, ages = figures()["parts"], figures()["ages"]
    by_cause = np.stack(
        [found[:, :, :, [parts.index(p) for p in inside]].sum(axis=3) for inside in CAUSES.values()], axis=3
    )
    by_age = np.concatenate([by_cause.sum(axis=4, keepdims=True), by_cause], axis=4)
    whole = np.concatenate([by_age.sum(axis=2, keepdims=True), by_age], axis=2)
    words = {
        "measure": MEASURES,
        "district": (demography.CITY, *CENSUS),
        "cause": tuple(CAUSES),
        "age": ("all", *ages),
    }
    at = np.indices(whole.shape).reshape(5, -1)
    table = pd.DataFrame({"time": starts[at[0]]})
    for (name, known), codes in zip(words.items(), at[1:], strict=True):
        table[name] = text(known, codes)
    table["count"], table["suppressed"] = whole.ravel(), False
    kept = protected(table[~_rare(table)], BELOW)
    return kept.assign(generated=True, source=text([SOURCE], np.zeros(len(kept), dtype=np.int64)))


def truth(made: World) -> pd.DataFrame:
    """Truth ``response``: see `response.truth`; series that nobody reports are left out."""
    table = response.truth(made.seed, usual())
    return table[~_rare(table)].reset_index(drop=True)


def lags(_made: World) -> pd.DataFrame:
    """Truth ``response_lags``: see `response.lag_shares`."""
    return response.lag_shares()


def _rare(table: pd.DataFrame) -> pd.Series:
    """Deaths by asthma: nearly always nought."""
    return (table["measure"] == "deaths") & (table["cause"] == "asthma")
