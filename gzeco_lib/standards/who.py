"""WHO global air quality guidelines 2021: interim targets and guideline levels.

Source: WHO 2021, ISBN 978-92-4-003422-8, Table 0.1 (as repeated on public pages).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gzeco_lib.errors import N_
from gzeco_lib.standards.facts import Fact, fact_from, load, pick


def who_level(pollutant: str, averaging: str, level: str = "AQG") -> Fact | None:
    """The WHO 2021 level [ug m-3] (CO [mg m-3]); None where WHO set none at this level.

    Args:
        pollutant: PM2.5, PM10, O3, NO2, SO2 or CO.
        averaging: ``"annual"``, ``"24h"``, for O3 ``"mda8"`` or ``"peak_season"``.
        level: ``"IT-1"``, ``"IT-2"``, ``"IT-3"``, ``"IT-4"`` or ``"AQG"``.

    Raises:
        InputError: for a pollutant, period or level WHO does not know.
    """
    data = load("who2021")
    periods = pick(
        data["values"], pollutant, N_("there is no limit for the pollutant {found}"), data["standard"]
    )
    values = pick(
        periods, averaging, N_("there is no limit for the averaging period {found}"), data["standard"]
    )
    ranks = {name: k for k, name in enumerate(data["levels"])}
    value = values[pick(ranks, level, N_("unknown WHO level {found}"), data["standard"])]
    if value is None:
        return None
    return fact_from(data, value, "mg m-3" if pollutant == "CO" else "ug m-3", level)


def who_met(values: ArrayLike, pollutant: str, averaging: str) -> NDArray[np.object_]:
    """The strictest WHO level each value [ug m-3] meets: "AQG", "IT-4" .. "IT-1", or "" for none or NaN."""
    found = np.asarray(values, dtype=np.float64)
    met = np.full(found.shape, "", dtype=object)
    for level in load("who2021")["levels"]:
        fact = who_level(pollutant, averaging, level)
        if fact is not None:
            met[found <= fact.value] = level
    return met
