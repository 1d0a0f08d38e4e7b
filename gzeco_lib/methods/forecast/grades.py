"""Concentrations above which an hour belongs to the next AQI category (HJ 633, table of individual indices)."""

from __future__ import annotations

from typing import Any

import numpy as np

from gzeco_lib.errors import N_
from gzeco_lib.methods.forecast.panel import Array
from gzeco_lib.standards.facts import generation_index, load, pick

CATEGORIES = (2, 3, 4, 5, 6)
TOPS = (50, 100, 150, 200, 300)  # the IAQI each of them lies above


def limits(pollutant: str, time: Any) -> Array:
    """The largest concentration below each of the categories 2 to 6, (5,) [ug m-3] (CO [mg m-3]), NaN where none.

    Concentrations are rounded before they are rated, so that the limit lies half a unit of the last place above the
    breakpoint: 35.4 ug m-3 of PM2.5 is still category 1, 35.6 is 2.

    Args:
        pollutant: one of PM2.5, PM10, SO2, NO2, O3, CO.
        time: UTC; says which generation of the norm holds.

    Raises:
        InputError: another pollutant.
    """
    law = load("hj633")
    decimals = pick(law["decimals"], pollutant, N_("unknown pollutant {found}"), "HJ 633")
    generation = law["generations"][int(np.ravel(generation_index(law["generations"], time))[0])]
    points = generation["breakpoints"][generation["hourly"][pollutant]]
    known = dict(zip(law["iaqi"], points, strict=False))
    return np.array([known.get(top, np.nan) for top in TOPS], float) + 0.5 * 10.0**-decimals


def rated(pollutant: str) -> bool:
    """Whether HJ 633 rates the pollutant."""
    return pollutant in load("hj633")["decimals"]
