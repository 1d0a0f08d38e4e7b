"""Population and death rates of the districts from the lake, with what stands in where they are missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.burden.monte_carlo import People
from gzeco_lib.environmental_health.districts import population_by_hour
from gzeco_lib.errors import N_
from gzeco_lib.geo.districts import CITY, NAMES
from gzeco_lib.standards.crf import ALL_AGES

if TYPE_CHECKING:
    from gzeco_lib.geo.grid import Grid
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

ADULT = 25
OLD_YEARS = 2
NIGHT = 3  # local hour at which people are at home


@dataclass(frozen=True, eq=False)
class Inhabitants:
    """People for the Monte Carlo, with what is told about them.

    Attributes:
        people: districts x ages.
        total: persons in each district, NaN where unknown (district,).
        weight: persons (or area) of each district in each cell (district, cell).
        inputs: rows of the outcome's table ``inputs``.
        notes: what the reader must know.
    """

    people: People
    total: np.ndarray
    weight: np.ndarray
    inputs: list[dict[str, object]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def row(
    what: str,
    value: object,
    unit: str,
    source: str,
    certainty: str = "",
    missing: bool = False,
    instead: str = "",
) -> dict[str, object]:
    """A row of the table ``inputs``."""
    return {
        "what": what, "value": value, "unit": unit, "source": source, "certainty": certainty, "missing": missing,
        "instead": instead,
    }  # fmt: skip


def gather(lake: Lake, at: pd.Timestamp, grid: Grid) -> Inhabitants:
    """Population by district and age and death rates by cause as known at ``at``."""
    weight, known, inputs, notes = cells(lake, grid)
    table = lake.read("demography")
    table = table[table["year"] <= at.year]
    population, years = _population(table)
    if population is None:
        instead = (
            N_("people present at night in the table of usual days") if known else N_("area of the districts")
        )
        inputs.append(row(N_("population by age"), "", "persons", "demography", "", True, instead))
        note = N_("The lake holds no population by age: one function for all ages is used.")
        total = weight.sum(axis=1) if known else np.full(len(NAMES), np.nan)
        people = People(np.array([ALL_AGES]), weight.sum(axis=1)[:, None])
        inputs.append(_no_rates())
        notes += [(note, {}), _no_rates_note()]
        return Inhabitants(people, total, weight, inputs, notes)
    total = population.sum(axis=1).to_numpy(dtype=float)
    inputs.append(row(N_("population by age"), float(total.sum()), "persons", _source(table, "population")))
    notes += _age_notes(table, years, at)
    rates, by_age = _rates(table, population)
    if not rates:
        inputs.append(_no_rates())
        notes.append(_no_rates_note())
    for cause in rates:
        inputs.append(row(N_("death rate"), cause, "1e-5 a-1", _source(table, "death_rate")))
    adults = _adults(population)
    if by_age and adults:
        people = People(np.array(adults), population[adults].to_numpy(dtype=float), rates)
    else:
        note = N_("Ages of the population or of the deaths are not known: one function for all ages is used.")
        notes.append((note, {}))
        people = People(np.array([ALL_AGES]), total[:, None], rates)
    return Inhabitants(people, total, weight, inputs, notes)


def _no_rates() -> dict[str, object]:
    return row(
        N_("death rate"), "", "1e-5 a-1", "demography", "", True, N_("only the attributable share is given")
    )


def _no_rates_note() -> Note:
    return N_("The lake holds no death rates: the share of deaths is given, not their number."), {}


def cells(lake: Lake, grid: Grid) -> tuple[np.ndarray, bool, list[dict[str, object]], list[Note]]:
    """Weight of each district in each cell (district, cell): persons at home at night, else the area."""
    inside = grid.district[grid.mask][None, :] == np.array(list(NAMES))[:, None]
    table = lake.query(
        "SELECT cell, hour, day_type, sum(population) AS population FROM exposure GROUP BY cell, hour, day_type"
    )
    what = N_("people by cell")
    if table.empty or not (table["population"] > 0).any():
        note = N_("The lake holds no exposure table: districts are weighted by area, not by people.")
        missing = row(what, "", "persons", "exposure", "", True, N_("area of the districts"))
        return inside.astype(float), False, [missing], [(note, {})]
    persons = population_by_hour(table, grid)[0, NIGHT]
    weight = inside * persons
    empty = weight.sum(axis=1) == 0
    weight[empty] = inside[empty]  # nobody known there: its area
    return weight, True, [row(what, float(persons.sum()), "persons", "exposure")], []


def _population(table: pd.DataFrame) -> tuple[pd.DataFrame | None, int]:
    """Persons by district (rows) and age (columns) of the newest year that has every district, and that year."""
    rows = table[(table["measure"] == "population") & table["district"].isin(list(NAMES))]
    for year in sorted(rows["year"].unique(), reverse=True):
        own = rows[rows["year"] == year]
        ages = own[own["age"] >= 0]
        wide = (ages if len(ages) else own).pivot_table(
            index="district", columns="age", values="value", aggfunc="first"
        )
        wide = wide.reindex(list(NAMES))
        if wide.notna().to_numpy().all():
            return wide, int(year)
    return None, 0


def _rates(table: pd.DataFrame, population: pd.DataFrame) -> tuple[dict[str, np.ndarray], bool]:
    """Deaths per 100,000 a year by cause, of the newest year: by adult age where population and rates have ages, else
    of all ages (True for by age). The city's for every district (age,), or those of the districts (district, age)
    where each has its own."""
    rows = table[table["measure"] == "death_rate"]
    adults = _adults(population)
    whole = _by_cause(rows[rows["district"] == CITY], adults)
    own = [_by_cause(rows[rows["district"] == code], adults) for code in NAMES]
    for by_age in (True, False):
        found = dict(whole[by_age])
        for cause in set.intersection(*(set(district[by_age]) for district in own)):
            found[cause] = np.stack([district[by_age][cause] for district in own])
        if found:
            return found, by_age
    return {}, bool(adults)


def _by_cause(rows: pd.DataFrame, adults: list[int]) -> dict[bool, dict[str, np.ndarray]]:
    """Rates of one area by cause: under True those by adult age, under False those of all ages."""
    found: dict[bool, dict[str, np.ndarray]] = {True: {}, False: {}}
    if rows.empty:
        return found
    rows = rows[rows["year"] == rows["year"].max()]
    wide = rows.pivot_table(index="cause", columns="age", values="value", aggfunc="first")
    for by_age, ages in ((True, adults), (False, [ALL_AGES])):
        if ages and set(ages) <= set(wide.columns):
            full = wide[ages].dropna()
            found[by_age] = {str(cause): full.loc[cause].to_numpy(dtype=float) for cause in full.index}
    return found


def _adults(population: pd.DataFrame) -> list[int]:
    """Adult age groups among the columns."""
    ages = np.asarray(population.columns, dtype=int)
    return [int(age) for age in ages if age >= ADULT]


def _source(table: pd.DataFrame, measure: str) -> str:
    rows = table[table["measure"] == measure]
    return ", ".join(sorted(rows["source"].unique()))


def _age_notes(table: pd.DataFrame, year: int, at: pd.Timestamp) -> list[Note]:
    notes: list[Note] = []
    if at.year - year > OLD_YEARS:
        note = N_("The newest population of every district is of {year}.")
        notes.append((note, {"year": year}))
    if table["generated"].any():
        notes.append((N_("Population and death rates are generated ones of the demonstration."), {}))
    return notes
