"""The tables of the outcome: station, concentration, district and city by hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.districts import Presence, district_masks, mean_over
from gzeco_lib.environmental_health.fields import CityCells
from gzeco_lib.environmental_health.risk import Band, aqi, bands, excess_risk, mean_of_stations
from gzeco_lib.environmental_health.series import PAST, Series
from gzeco_lib.geo.grid import Grid
from gzeco_lib.standards import aqhi
from gzeco_lib.standards.categories import category_of

if TYPE_CHECKING:
    from gzeco_lib.environmental_health.outlook.dependence import CellErrors


def _long(series: Series, columns: dict[str, np.ndarray]) -> pd.DataFrame:
    """Arrays (time, place) as rows, time by time, with time and lead in front."""
    places = next(iter(columns.values())).shape[1]
    head = {
        "time": np.repeat(series.times.tz_localize("UTC"), places),
        "lead_h": np.repeat(series.leads.astype(np.int64), places),
    }
    return pd.DataFrame(head | {name: array.ravel() for name, array in columns.items()})


def _risk_columns(risk: Band) -> dict[str, np.ndarray]:
    return {"excess_risk": risk.value, "excess_risk_lo": risk.lo, "excess_risk_hi": risk.hi}


def _aqi_columns(index: Band, category: np.ndarray, primary: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "aqi": index.value,
        "aqi_lo": index.lo,
        "aqi_hi": index.hi,
        "category": category.astype(np.int64),
        "primary": primary,
    }


def station_hourly(series: Series, sites: pd.DataFrame, form: str) -> pd.DataFrame:
    """AQI, excess risk and AQHI of every station and hour; ``category`` is 0 and numbers are NaN where data lack."""
    index, risk = bands(series, form)
    rated = aqi(series.value, series.utc)
    health = excess_risk(series.value, series.utc, form)
    hours = len(series.times)
    columns = {
        name: np.tile(sites[name].to_numpy(dtype=object), (hours, 1))
        for name in ("site", "name_zh", "name_en", "district")
    }
    columns |= {name: np.tile(sites[name].to_numpy(dtype=float), (hours, 1)) for name in ("lon", "lat")}
    columns |= _aqi_columns(index, rated.category, rated.primary) | _risk_columns(risk)
    columns |= {"aqhi": health.index, "aqhi_band": health.band}
    table = _long(series, columns)
    return table[table["lead_h"] >= -PAST].reset_index(drop=True)


def concentration(series: Series) -> pd.DataFrame:
    """Concentrations of every station, hour and pollutant with their 80 % band and where they come from."""
    hours, sites = len(series.times), len(series.sites)
    parts = [
        _long(
            series,
            {
                "site": np.tile(np.array(series.sites, dtype=object), (hours, 1)),
                "variable": np.full((hours, sites), code, dtype=object),
                "value": series.value[code],
                "lo": series.lo[code],
                "hi": series.hi[code],
                "member": np.repeat(series.member[code], sites).reshape(hours, sites),
            },
        )
        for code in series.codes
    ]
    table = pd.concat(parts, ignore_index=True)
    return table[(table["lead_h"] >= -PAST) & table["value"].notna()].reset_index(drop=True)


def district_hourly(
    series: Series,
    cells: CityCells,
    presence: Presence,
    grid: Grid,
    form: str,
    high_aqhi: int,
    errors: CellErrors | None = None,
) -> pd.DataFrame:
    """Means over each district weighted by the people present (or by area), and the share of them at high risk."""
    utc = series.utc
    high = np.nan_to_num(aqhi.index_of(cells.excess_risk, utc, form)) >= high_aqhi
    parts = []
    for adcode, name_zh, name_en, which in district_masks(grid):
        if not which.any():
            continue
        mean = mean_over(
            cells.aqi, cells.excess_risk, cells.excess_risk_sd, high, presence.weight, which, errors
        )
        index = aqhi.index_of(mean.risk, utc, form)
        band = aqhi.band_of(index, form)
        part = pd.DataFrame(
            {
                "time": series.times.tz_localize("UTC"),
                "lead_h": series.leads.astype(np.int64),
                "district": adcode,
                "name_zh": name_zh,
                "name_en": name_en,
                "population": mean.weight if presence.known else np.nan,
                "aqi": mean.aqi,
                "excess_risk": mean.risk,
                "excess_risk_lo": mean.lo,
                "excess_risk_hi": mean.hi,
                "aqhi": index,
                "aqhi_band": band,
                "category": category_of(mean.aqi).astype(np.int64),
                "high_share": mean.high_share,
            }
        )
        parts.append(part[part["lead_h"] >= -PAST])
    return pd.concat(parts, ignore_index=True).sort_values(["time", "district"], ignore_index=True)


def city_hourly(
    series: Series,
    cells: CityCells,
    presence: Presence,
    form: str,
    high_aqhi: int,
    errors: CellErrors | None = None,
) -> pd.DataFrame:
    """The city: AQI of the stations' mean concentrations, excess risk as the mean over the people of all cells."""
    utc = series.utc
    index, _ = bands(series, form, city=True, shared=None if errors is None else errors.shared)
    mean_air = {code: mean_of_stations(values) for code, values in series.value.items()}
    rated = aqi(mean_air, utc)
    everywhere = np.ones(cells.aqi.shape[1], dtype=bool)
    high = np.nan_to_num(aqhi.index_of(cells.excess_risk, utc, form)) >= high_aqhi
    mean = mean_over(
        cells.aqi, cells.excess_risk, cells.excess_risk_sd, high, presence.weight, everywhere, errors
    )
    risk = Band(mean.risk[:, None], mean.lo[:, None], mean.hi[:, None])
    number = aqhi.index_of(mean.risk, utc, form)
    band = aqhi.band_of(number, form)
    columns = _aqi_columns(index, rated.category, rated.primary) | _risk_columns(risk)
    columns |= {"aqhi": number[:, None], "aqhi_band": band[:, None]}
    table = _long(series, columns)
    return table[table["lead_h"] >= -PAST].reset_index(drop=True)
