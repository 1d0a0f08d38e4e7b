"""Temperature by district and hour, for advice and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.districts import district_masks

if TYPE_CHECKING:
    from gzeco_lib.environmental_health.outlook.weather import Weather
    from gzeco_lib.environmental_health.series import Series
    from gzeco_lib.geo.grid import Grid

CITY = ""
COLUMNS = ("time", "lead_h", "district", "temperature", "heat_index")


def by_district(weather: Weather | None, series: Series, grid: Grid) -> pd.DataFrame | None:
    """Mean over the cells of the city ("") and of each district [degC]; None where no temperature is known."""
    if weather is None:
        return None
    xy = grid.points(inside=True)
    warm, felt = weather.at(weather.temperature, xy), weather.at(weather.heat_index, xy)
    areas = [(CITY, np.ones(len(xy), dtype=bool))]
    areas += [(code, which) for code, _, _, which in district_masks(grid) if which.any()]
    parts = [
        pd.DataFrame(
            {
                "time": series.times.tz_localize("UTC"),
                "lead_h": series.leads.astype(np.int64),
                "district": code,
                "temperature": warm[:, which].mean(axis=1),
                "heat_index": felt[:, which].mean(axis=1),
            }
        )
        for code, which in areas
    ]
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]
