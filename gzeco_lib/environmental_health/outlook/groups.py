"""Risk of the air, and of heat and cold, by district, group and hour.

Groups differ by where they are: each one's mean is over the cells weighted by its own people present; and by how much
more the same air harms them, where a sourced figure exists (`susceptibility`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.districts import district_masks, weighted_mean
from gzeco_lib.environmental_health.outlook.probability import CITY
from gzeco_lib.environmental_health.risk import excess_risk
from gzeco_lib.environmental_health.series import PAST, Z90
from gzeco_lib.standards import aqhi

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gzeco_lib.environmental_health.feeds.people import People
    from gzeco_lib.environmental_health.fields import CityCells
    from gzeco_lib.environmental_health.outlook.dependence import CellErrors
    from gzeco_lib.environmental_health.outlook.heat_cold import TemperatureRisk
    from gzeco_lib.environmental_health.outlook.susceptibility import Factor, Factors
    from gzeco_lib.environmental_health.series import Series
    from gzeco_lib.geo.grid import Grid

ALL = "all"
GROUPS = (ALL, "child_0_14", "adult_15_64", "elder_65", "outdoor_worker")
COLUMNS = (
    "time", "lead_h", "district", "group", "people", "excess_risk", "excess_risk_lo", "excess_risk_hi",
    "temperature_risk", "temperature_risk_lo", "temperature_risk_hi", "aqhi", "aqhi_band",
)  # fmt: skip


def group_hourly(
    series: Series,
    cells: CityCells,
    errors: CellErrors,
    people: People,
    temperature: TemperatureRisk | None,
    grid: Grid,
    form: str,
    factors: Factors | None = None,
) -> pd.DataFrame:
    """The table ``group_hourly``: rows of every hour shown, district ("" is the city) and group.

    Where nothing is known of people only the group ``all`` is given, weighted by area.

    Args:
        errors: of the cells' excess risk.
        people: present by group; what is not ``known`` counts as area.
        temperature: risk of heat and cold in the cells; None where no temperature is known.
        factors: of the groups on terms of the excess risk; 1 where not given. The AQHI stays that of the air.
    """
    shown = series.leads >= -PAST
    present = [name for name in GROUPS if name == ALL or name in people.groups] if people.known else [ALL]
    areas = [(CITY, np.ones(int(grid.mask.sum()), dtype=bool))]
    areas += [(code, which) for code, _, _, which in district_masks(grid) if which.any()]
    terms = excess_risk(cells.mean, series.utc, form).terms if factors else {}
    parts = []
    for group in present:
        of_group = (factors or {}).get(group, {})
        persons = people.of(group)
        for code, which in areas:
            rows = _rows(series, cells, errors, persons * which, which, form, terms, of_group)
            rows |= _temperature(temperature, persons, which)
            rows["people"] = persons[:, which].sum(axis=1) if people.known else np.full(len(shown), np.nan)
            frame = pd.DataFrame(rows).assign(
                time=series.times.tz_localize("UTC"),
                lead_h=series.leads.astype(np.int64),
                district=code,
                group=group,
            )
            parts.append(frame[shown])
    found = pd.concat(parts, ignore_index=True)[list(COLUMNS)]
    return found.sort_values(["time", "district", "group"], kind="stable", ignore_index=True)


def _rows(
    series: Series,
    cells: CityCells,
    errors: CellErrors,
    weight: np.ndarray,
    which: np.ndarray,
    form: str,
    terms: Mapping[str, np.ndarray],
    factors: Mapping[str, Factor],
) -> dict[str, np.ndarray]:
    mean = weighted_mean(cells.excess_risk[:, which], weight[:, which])
    sd = errors.of_mean(weight, which)
    own, variance = mean, np.zeros_like(mean)
    for term, factor in factors.items():
        if term in terms:
            part = weighted_mean(terms[term][:, which], weight[:, which])
            own = own + (factor.value - 1) * part
            variance = variance + np.square(factor.error * part)
    # The air's error grows with the risk; that of the factors is independent of it.
    sd = np.hypot(sd * np.divide(own, mean, out=np.ones_like(mean), where=mean > 0), np.sqrt(variance))
    index = aqhi.index_of(mean, series.utc, form)
    return {
        "excess_risk": own,
        "excess_risk_lo": np.maximum(own - Z90 * sd, 0.0),
        "excess_risk_hi": own + Z90 * sd,
        "aqhi": index,
        "aqhi_band": aqhi.band_of(index, form),
    }


def _temperature(
    temperature: TemperatureRisk | None, persons: np.ndarray, which: np.ndarray
) -> dict[str, np.ndarray]:
    if temperature is None:
        blank = np.full(len(persons), np.nan)
        return {f"temperature_risk{end}": blank for end in ("", "_lo", "_hi")}
    mean = weighted_mean(temperature.value[:, which], persons[:, which])
    # One temperature field and one curve for everybody: the errors of cells are the same error.
    sd = weighted_mean(temperature.sd[:, which], persons[:, which])
    return {
        "temperature_risk": mean,
        "temperature_risk_lo": mean - Z90 * sd,
        "temperature_risk_hi": mean + Z90 * sd,
    }
