"""How much more the same air harms a group than everybody, where a sourced figure exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gzeco_lib.errors import N_
from gzeco_lib.standards.aqhi import PM
from gzeco_lib.standards.temperature import Z95, age_modifier

if TYPE_CHECKING:
    from gzeco_lib.scenario.outcome import Note

# Outdoor workers are adults, but they breathe more air outdoors than anybody and no figure was found for that: lowering
# their risk for their age alone would mislead.
GROUPS = ("child_0_14", "adult_15_64", "elder_65")
TERMS = {
    PM: "PM10",
    "PM2.5": "PM2.5",
    "O3": "O3",
    "NO2": "NO2",
    "SO2": "SO2",
}  # term of the risk: pollutant it is of


@dataclass(frozen=True)
class Factor:
    """On one term of the excess risk, with its standard error."""

    value: float
    error: float


Factors = Mapping[str, Mapping[str, Factor]]  # by group and term of the excess risk


def factors() -> Factors:
    """Factors of the groups on the terms of the risk; terms and groups without a sourced figure are not there.

    Figures are of deaths; on hospital admissions, which the Hong Kong form is about, they are an assumption.
    """
    found: dict[str, dict[str, Factor]] = {}
    for group in GROUPS:
        for term, pollutant in TERMS.items():
            modifier = age_modifier(pollutant, group)
            if modifier is not None:
                error = (modifier.hi - modifier.lo) / (2 * Z95)
                found.setdefault(group, {})[term] = Factor(modifier.value, error)
    return found


def notes() -> list[Note]:
    """What the reader must know of the factors."""
    known = factors()
    older = known.get("elder_65", {})
    if not older:
        return []
    note = N_(
        "For people of 65 and over the risk of particles counts times {pm} and that of ozone times {ozone}, from "
        "studies of deaths, and less for adults; for children, outdoor workers and other pollutants no such figure was "
        "found."
    )
    fields = {"pm": f"{older[PM].value:.2f}", "ozone": f"{older['O3'].value:.2f}"}
    return [(note, fields)]
