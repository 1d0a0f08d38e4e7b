"""Station values to the cells of the city: concentrations, AQI and excess risk with their errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from gzeco_lib.environmental_health.risk import aqi, excess_risk, risk_error
from gzeco_lib.environmental_health.series import Series
from gzeco_lib.geo.coords import from_plane
from gzeco_lib.geo.grid import Grid
from gzeco_lib.geo.surroundings import surroundings
from gzeco_lib.methods.interpolation import Covariates, Fusion
from gzeco_lib.variables import get as variable


@dataclass(frozen=True)
class CityCells:
    """Values of the cells inside the city over (time, cell), on the time axis of the series.

    Attributes:
        mean, sd: by pollutant code [ug m-3] (CO [mg m-3]).
        aqi: hourly AQI.
        excess_risk, excess_risk_sd: [%].
        interpolation_sd: the part of ``excess_risk_sd`` that is there where stations are observed, too [%].
        thin: by pollutant code, hours with too few stations to be interpolated (time,).
    """

    mean: dict[str, np.ndarray]
    sd: dict[str, np.ndarray]
    aqi: np.ndarray
    excess_risk: np.ndarray
    excess_risk_sd: np.ndarray
    interpolation_sd: np.ndarray
    thin: dict[str, np.ndarray]


def city_cells(
    series: Series, history: dict[str, np.ndarray], xy: np.ndarray, grid: Grid, form: str
) -> CityCells:
    """Concentrations, AQI and excess risk of every cell of the city.

    Args:
        series: stations in the order of ``xy``.
        history: station values (time, site) by code to the latest complete hour, from which covariance and error scale
            are learnt.
        xy: station coordinates (site, 2) [m]; NaN for stations without, which are left out.
        grid: the grid of the city.
        form: the excess-risk form.
    """
    placed = np.isfinite(xy).all(axis=1)
    cells = grid.points(inside=True)
    land = Covariates(surroundings(*from_plane(*xy[placed].T)), surroundings(*from_plane(*cells.T)))
    shared = int((series.leads <= 0).sum())  # hours that history and series both hold
    mean, sd, alone, thin = {}, {}, {}, {}
    for code in series.codes:
        past = history[code][:, placed]
        fusion = Fusion.fit(xy[placed], cells, past, land)
        found = fusion.interpolate(
            series.value[code][:, placed],
            series.spread(code)[:, placed],
            before=past[: max(len(past) - shared, 0)],
        )
        mean[code], sd[code], thin[code] = found.mean, found.sd, found.fallback
        alone[code] = found.interpolation_sd
    risk = excess_risk(mean, series.utc, form)
    return CityCells(
        mean,
        sd,
        aqi(mean, series.utc).aqi,
        risk.excess_risk,
        risk_error(risk, mean, sd, series.correlation, series.codes),
        risk_error(risk, mean, alone, series.correlation, series.codes),
        thin,
    )


def dataset(cells: CityCells, series: Series, grid: Grid) -> xr.Dataset:
    """The field ``risk`` from the latest hour on: dims (lead_h, y, x), NaN outside the city."""
    ahead = series.leads >= 0
    inside = grid.mask

    def spread(values: np.ndarray) -> np.ndarray:
        whole = np.full((int(ahead.sum()), *grid.shape), np.nan, dtype=np.float32)
        whole[:, inside] = values[ahead]
        return whole

    dims = ("lead_h", "y", "x")
    field = grid.dataset().assign_coords(
        lead_h=("lead_h", series.leads[ahead].astype(np.int64), {"units": "h", "long_name": "lead"}),
        time=("lead_h", series.times[ahead].to_numpy()),
        district=(
            ("y", "x"),
            np.where(inside, grid.district, "0").astype(np.int64),
            {"long_name": "adcode, 0 outside"},
        ),
    )
    field["aqi"] = (dims, spread(cells.aqi), {"units": "1", "long_name": "hourly AQI (HJ 633)"})
    field["excess_risk"] = (dims, spread(cells.excess_risk), {"units": "%", "long_name": "excess risk"})
    field["excess_risk_sd"] = (
        dims,
        spread(cells.excess_risk_sd),
        {"units": "%", "long_name": "its standard error"},
    )
    for code in series.codes:
        units = variable(code).unit
        field[code] = (dims, spread(cells.mean[code]), {"units": units, "long_name": code})
        field[f"{code}_sd"] = (
            dims,
            spread(cells.sd[code]),
            {"units": units, "long_name": f"{code} standard error"},
        )
    field.attrs = {"Conventions": "CF-1.11", "crs": "EPSG:4547", "resolution_m": grid.resolution}
    return field
