"""The outlook of one run: its tables, the weather it used, and what the reader must know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.outlook import heat_cold, probability, susceptibility, weather
from gzeco_lib.environmental_health.outlook.alerts import alerts
from gzeco_lib.environmental_health.outlook.dependence import Blocks, CellErrors, measure, shared
from gzeco_lib.environmental_health.outlook.groups import ALL, group_hourly
from gzeco_lib.environmental_health.risk import excess_risk
from gzeco_lib.errors import N_

if TYPE_CHECKING:
    import xarray as xr

    from gzeco_lib.environmental_health.feeds.people import People
    from gzeco_lib.environmental_health.fields import CityCells
    from gzeco_lib.environmental_health.inputs import Inputs
    from gzeco_lib.environmental_health.series import Series
    from gzeco_lib.geo.grid import Grid
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note


@dataclass
class Outlook:
    """What the next hours bring.

    Attributes:
        tables: ``group_hourly``, ``grade_probability`` and ``alerts``.
        weather: temperature and heat index on the time axis of the run; None where not known.
        notes: missing inputs and what was used instead.
    """

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    weather: weather.Weather | None = None
    notes: list[Note] = field(default_factory=list)


def cell_errors(
    inputs: Inputs, series: Series, cells: CityCells, grid: Grid, form: str
) -> tuple[CellErrors, list[Note]]:
    """Errors of the cells, going together as the network's unexpected changes of the last weeks did."""
    past = {code: inputs.data[code].to_numpy() for code in series.codes}
    risk = excess_risk(past, inputs.data["time"].to_numpy(), form).excess_risk
    dependence = measure(risk, inputs.data["time"].dt.hour.to_numpy(), inputs.xy)
    notes: list[Note] = []
    if (dependence.common >= 1).all():
        note = N_(
            "Too few stations tell how errors go together over the city: bands of districts are the widest."
        )
        notes.append((note, {}))
    blocks = Blocks.of(grid.points(inside=True))
    left = shared(dependence, inputs.xy, series.leads)
    errors = CellErrors(cells.excess_risk_sd, cells.interpolation_sd, series.leads, blocks, dependence, left)
    return errors, notes


def make(
    lake: Lake,
    at: pd.Timestamp,
    series: Series,
    cells: CityCells,
    errors: CellErrors,
    people: People,
    grid: Grid,
    risk_field: xr.Dataset,
    form: str,
    band: str = "high",
    least: float = 0.5,
) -> Outlook:
    """Risk by district and group, probability of each band and alerts, as known at ``at``.

    Args:
        errors: from `cell_errors`.
        people: present on the time axis of ``series``.
        risk_field: the field ``risk`` made of ``cells``.
        form: the form of the excess risk.
        band, least: an alert begins where the probability [1] of ``band`` or worse reaches ``least``.
    """
    found, notes = weather.gather(lake, series.times, series.leads)
    temperature = None
    if found is not None:
        curve, said = heat_cold.choose(lake, at)
        temperature = heat_cold.risk(curve, found, grid.points(inside=True))
        notes = [*notes, *said]
    groups = group_hourly(series, cells, errors, people, temperature, grid, form, susceptibility.factors())
    notes += susceptibility.notes() if people.known else []
    everybody = groups[groups["group"] == ALL]
    persons = _persons(people, series, grid) if people.known else None
    return Outlook(
        {
            "group_hourly": groups,
            "grade_probability": probability.table(everybody, form),
            "alerts": alerts(groups, risk_field, band, least, form, persons),
        },
        found,
        notes,
    )


def _persons(people: People, series: Series, grid: Grid) -> np.ndarray:
    """People present from the latest hour on (lead_h, y, x)."""
    ahead = series.leads >= 0
    whole = np.full((int(ahead.sum()), *grid.shape), np.nan)
    whole[:, grid.mask] = people.everybody[ahead]
    return whole
