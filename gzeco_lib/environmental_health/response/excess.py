"""Percent excess of a day from the effects of a response outcome.

For the hourly model (`environmental_health.outlook`): the latest outcome of ``environmental_health_response`` holds the
tables ``effects`` and ``curve``; `excess_from` turns a day's exposures into the excess they bring, with its interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from gzeco_lib.geo.districts import CITY

Floats = NDArray[np.float64]
KINDS = ("bayes", "local", "literature")  # the one that knows most first
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Excess:
    """Excess of cases [%] with its 95 % interval, and the kind of effect used for each exposure."""

    value: Floats
    lo: Floats
    hi: Floats
    kinds: dict[str, str]


def excess_from(
    curve: pd.DataFrame,
    exposures: Mapping[str, ArrayLike],
    district: str = CITY,
    measure: str = "deaths",
    cause: str = "nonaccidental",
    age: str = "all",
) -> Excess:
    """Excess [%] of days with the given exposures over a day at the curves' reference.

    Log relative risks of the exposures add up; their errors are taken as independent. Beyond its range a curve's end
    holds. A district without a curve takes the city's; an exposure without any is left out (``kinds`` has it not).

    Args:
        curve: table ``curve`` of the outcome.
        exposures: daily values by exposure (PM2.5, O3, NO2 [ug m-3], temperature [degC]), all of one shape.
        district: adcode.
        measure: of the counts.
        cause: of the counts.
        age: of the counts.
    """
    rows = curve[(curve["measure"] == measure) & (curve["cause"] == cause) & (curve["age"] == age)]
    shape = np.broadcast_shapes(*(np.shape(v) for v in exposures.values())) if exposures else ()
    total, variance, kinds = np.zeros(shape), np.zeros(shape), {}
    for name, given in exposures.items():
        chosen = _chosen(rows[rows["exposure"] == name], district)
        if chosen is None:
            continue
        x = np.asarray(given, float)
        log = np.log(chosen[["rr", "lo", "hi"]].to_numpy(dtype=float))
        error = (log[:, 2] - log[:, 1]) / (2 * Z95)
        at = chosen["value"].to_numpy(dtype=float)
        total = total + np.where(np.isnan(x), np.nan, np.interp(x, at, log[:, 0]))
        variance = variance + np.interp(x, at, error) ** 2
        kinds[name] = str(chosen["kind"].iloc[0])
    wide = Z95 * np.sqrt(variance)
    value, lo, hi = (100 * np.expm1(total + k * wide) for k in (0, -1, 1))
    return Excess(value, lo, hi, kinds)


def _chosen(rows: pd.DataFrame, district: str) -> pd.DataFrame | None:
    for kind in KINDS:
        for area in (district, CITY):
            found = rows[(rows["kind"] == kind) & (rows["district"] == area)]
            if len(found) >= 2 and found[["rr", "lo", "hi"]].notna().to_numpy().all():
                return found.sort_values("value")
    return None
