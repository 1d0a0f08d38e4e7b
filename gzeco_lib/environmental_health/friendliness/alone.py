"""The index of a lake without running the whole hourly model: for notebooks and experiments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gzeco_lib.environmental_health import fields, forecasts, hazards
from gzeco_lib.environmental_health.feeds import people as present_people
from gzeco_lib.environmental_health.friendliness.make import Friendliness, make
from gzeco_lib.environmental_health.friendliness.rules import default_weights
from gzeco_lib.environmental_health.inputs import gather
from gzeco_lib.environmental_health.outlook import weather
from gzeco_lib.environmental_health.trained import Recipe
from gzeco_lib.geo.grid import city_grid

if TYPE_CHECKING:
    import pandas as pd

    from gzeco_lib.lake.lake import Lake

HISTORY = 30  # [d]


def of_lake(
    lake: Lake,
    at: pd.Timestamp,
    resolution: int = 1000,
    form: str = "hong_kong",
    weights: Mapping[str, float] | None = None,
    recipe: Recipe | None = None,
) -> Friendliness:
    """The index as known at ``at``, with forecasts of ``recipe`` (the quick league on 60 days by default).

    Raises:
        InputError: where the lake has no air station of the city or no recent data.
    """
    inputs = gather(lake, at, HISTORY)
    grid = city_grid(resolution)
    series = forecasts.join(
        inputs.data, forecasts.predict(lake, inputs.data, 24, recipe or Recipe("quick", 60, 7.0)), 24
    )
    history = {code: inputs.data[code].to_numpy() for code in series.codes}
    cells = fields.city_cells(series, history, inputs.xy, grid, form)
    people, notes = present_people(lake, series.times, grid, at)
    warm, said = weather.gather(lake, series.times, series.leads)
    graded = hazards.grade(lake, at, grid, fields.dataset(cells, series, grid), form=form)
    made = make(lake, grid, series, cells, people, warm, graded.dataset, form, weights or default_weights())
    made.notes = [*inputs.notes, *notes, *said, *graded.notes, *made.notes]
    return made
