"""Figures the briefing states: picked from the outcome's tables and compared, never computed anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_, FailureError

ENOUGH = (
    0.75  # data capture below which a value counts as poorly supported (GB 3095: 75% of the hours of a day)
)


@dataclass(frozen=True)
class City:
    """The city's row now, at the same hour yesterday, and in the worst of the hours ahead."""

    now: pd.Series
    yesterday: pd.Series | None
    worst: pd.Series


def city(hourly: pd.DataFrame) -> City:
    """The rows of ``city_hourly`` a leader asks for.

    Raises:
        FailureError: where the outcome holds no latest hour.
    """
    rows = hourly.set_index("lead_h", drop=False).sort_index()
    if 0 not in rows.index:
        raise FailureError(N_("the outcome holds no latest hour"), "city_hourly", N_("run the model again"))
    ahead = rows.loc[1:]
    return City(
        now=_row(rows, 0),
        yesterday=_row(rows, -24) if -24 in rows.index else None,
        worst=worst(ahead if len(ahead) else rows.loc[0:0]),
    )


def _row(rows: pd.DataFrame, lead: int) -> pd.Series:
    """The row of hour ``lead``."""
    return rows[rows["lead_h"] == lead].iloc[0]


def worst(rows: pd.DataFrame) -> pd.Series:
    """The row of highest excess risk, by AQI where no risk is known; the earliest of equals."""
    for column in ("excess_risk", "aqi"):
        values = rows[column].to_numpy(dtype=float)
        if np.isfinite(values).any():
            return rows.iloc[int(np.nanargmax(values))]
    return rows.iloc[0]


def worst_ahead(hourly: pd.DataFrame, key: str) -> pd.DataFrame:
    """For each ``key`` its row of highest excess risk among the hours ahead, indexed by ``key``."""
    ahead = hourly[hourly["lead_h"] > 0]
    picked = [worst(rows) for _, rows in ahead.groupby(key, sort=False)]
    return pd.DataFrame(picked).set_index(key, drop=False) if picked else ahead.set_index(key, drop=False)


def high_share(districts: pd.DataFrame, area: Mapping[str, float]) -> float:
    """Share of the city at high risk: districts weighted by population, by ``area`` where none is known."""
    weight = districts["population"].astype(float)
    if not weight.notna().any():
        weight = districts["district"].astype(str).map(area).astype(float)
    known = districts["high_share"].notna() & weight.gt(0)
    total = float(weight[known].sum())
    return float((districts["high_share"] * weight)[known].sum() / total) if total > 0 else float("nan")


def cells_by_district(risk: xr.Dataset) -> dict[str, float]:
    """How many cells of the field lie in each district (adcode)."""
    codes, counts = np.unique(risk["district"].to_numpy(), return_counts=True)
    return {str(int(code)): float(count) for code, count in zip(codes, counts, strict=True) if code}


def change(now: Any, before: Any) -> float:
    """``now`` less ``before``, NaN where either is missing."""
    return float(now) - float(before) if pd.notna(now) and pd.notna(before) else float("nan")


def mean_capture(capture: pd.DataFrame, column: str) -> float:
    """Mean data capture of all series (fraction)."""
    return float(capture[column].mean()) if len(capture) else float("nan")
