"""GB 3095 ambient air quality limits, looked up by date.

Source: GB 3095-2012 with its amendment of 2018, and GB 3095-2026 (in force from 2026-03-01, transition limits
to 2030-12-31, final limits from 2031-01-01), Tables 1 and 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from gzeco_lib.errors import N_
from gzeco_lib.standards.facts import Day, Fact, fact_from, in_force, load, local_day, pick

POLLUTANTS = ("PM2.5", "PM10", "SO2", "NO2", "O3", "CO")
UNITS = {"CO": "mg m-3"}


@dataclass(frozen=True)
class Limit(Fact):
    """A limit of GB 3095: its class, averaging period and phase beside the fact."""

    pollutant: str = ""
    averaging: str = ""
    area_class: str = ""
    phase: str = ""


def _phase(generation: dict[str, Any], day: date) -> str:
    names = [p["name"] for p in generation["phases"] if day >= p["from"]]
    return names[-1] if names else generation["phases"][0]["name"]


def limit(pollutant: str, averaging: str, on: Day, area_class: str = "II") -> Limit:
    """The GB 3095 limit of ``pollutant`` for data of the day ``on``.

    Args:
        pollutant: code, e.g. ``"PM2.5"``; from 2026-03-01 also TSP, NOx, Pb, BaP.
        averaging: ``"1h"``, ``"24h"``, ``"mda8"``, ``"annual"`` or ``"quarter"``.
        on: the date of the datum (Asia/Shanghai); data older than GB 3095-2012 are judged by it.
        area_class: ``"I"`` or ``"II"``.

    Returns:
        value [ug m-3] (CO [mg m-3]) with clause, certainty, source and phase.

    Raises:
        InputError: where GB 3095 has no such limit on that date.
    """
    data = load("gb3095")
    day = local_day(on)
    generation = in_force(data["generations"], day)
    tables = generation["limits"] | generation.get("other_limits", {})
    where = generation["standard"]
    periods = pick(tables, pollutant, N_("there is no limit for the pollutant {found}"), where)
    phases = pick(
        periods, averaging, N_("there is no limit for the averaging period {found}"), f"{where} {pollutant}"
    )
    column = list(data["classes"]).index(
        area_class
        if area_class in data["classes"]
        else pick(data["classes"], area_class, N_("unknown area class {found}"), where)
    )
    phase = _phase(generation, day)
    clause = generation["clause"] if pollutant in generation["limits"] else generation["other_clause"]
    fact = fact_from(generation, phases[phase][column], UNITS.get(pollutant, "ug m-3"), clause)
    return Limit(**vars(fact), pollutant=pollutant, averaging=averaging, area_class=area_class, phase=phase)
