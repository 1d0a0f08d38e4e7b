"""Air: the excess risk of the latest hour on the map, graded by the bands of the air quality health index."""

from __future__ import annotations

import numpy as np
import xarray as xr

from gzeco_lib.environmental_health.hazards.grades import chance, cumulative, grade_of
from gzeco_lib.environmental_health.hazards.layers import Layer, nothing
from gzeco_lib.environmental_health.hazards.rules import air_uppers
from gzeco_lib.errors import N_
from gzeco_lib.geo.grid import Grid

NAME = "excess risk of short-term air"


def layer(air: xr.Dataset | None, grid: Grid, form: str) -> Layer:
    """The grade of the air in each cell inside the city.

    Args:
        air: the field ``risk``: excess_risk and excess_risk_sd (lead_h, y, x) [%], time (lead_h); None without air.
        grid: the grid it lies on.
        form: ``"hong_kong"`` or ``"canada"``, the form the risk was computed in.
    """
    cells = int(grid.mask.sum())
    if air is None:
        return nothing(cells, "%", NAME, [(N_("There is no map of the air: its hazard is not graded."), {})])
    now = air.sel(lead_h=0)
    risk = np.asarray(now["excess_risk"].to_numpy(), dtype=float)[grid.mask]
    error = np.asarray(now["excess_risk_sd"].to_numpy(), dtype=float)[grid.mask]
    uppers = air_uppers(now["time"].to_numpy(), form)
    grade = grade_of(risk, uppers)
    peak = np.asarray(air["excess_risk"].max("lead_h").to_numpy(), dtype=float)[grid.mask]
    return Layer(
        grade, risk, error, chance(cumulative(risk, error, uppers), grade), "%", NAME,
        extra={"air_grade_ahead": grade_of(peak, uppers)},
    )  # fmt: skip
