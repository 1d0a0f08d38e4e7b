"""Who is where at which hour, and means over districts and the city weighted by them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.series import Z90
from gzeco_lib.geo.districts import NAMES
from gzeco_lib.geo.grid import KILOMETRE, Grid

if TYPE_CHECKING:
    from gzeco_lib.environmental_health.outlook.dependence import CellErrors

LOCAL = "Asia/Shanghai"


@dataclass(frozen=True)
class Presence:
    """Persons present in each cell of the city by hour, or the area where nothing is known of people.

    Attributes:
        weight: (time, cell): persons, or 1 for each cell.
        known: True where ``weight`` is persons.
    """

    weight: np.ndarray
    known: bool


def day_types(times: pd.DatetimeIndex) -> np.ndarray:
    """``workday`` or ``restday`` of each UTC hour by its local date: weekends, public holidays and made-up workdays."""
    local = times.tz_localize("UTC").tz_convert(LOCAL)
    return np.array(["workday" if _is_workday(day) else "restday" for day in local.strftime("%Y-%m-%d")])


@cache
def _is_workday(day: str) -> bool:
    return bool(_calendar().is_working_day(day))


@cache
def _calendar() -> Any:
    import holidays

    return holidays.country_holidays("CN")


def population_by_hour(table: pd.DataFrame, grid: Grid) -> np.ndarray:
    """Persons (day type, hour, cell inside the city): day type 0 workday, 1 restday.

    A 1 km cell is spread evenly over 16 points 250 m apart, each of which counts for the grid cell it lies in, so that
    any resolution from 500 m up keeps the number of people.

    Args:
        table: columns cell ("x_y" in km), hour (local), day_type, population.
    """
    from scipy.sparse import csr_array

    code, cells = pd.factorize(table["cell"])
    corners = np.array([cell.split("_") for cell in cells], dtype=float) * KILOMETRE
    step = KILOMETRE / 4
    place = np.arange(4) * step + step / 2
    points = corners[:, None, :] + np.stack(np.meshgrid(place, place), axis=-1).reshape(1, 16, 2)
    source = np.repeat(np.arange(len(cells)), 16)
    target = _cell_index(points.reshape(-1, 2), grid)
    hit = target >= 0
    inside = int(grid.mask.sum())
    share = csr_array((np.full(hit.sum(), 1 / 16), (target[hit], source[hit])), shape=(inside, len(cells)))
    persons = np.zeros((len(cells), 2, 24))
    kind = (table["day_type"] == "restday").to_numpy(dtype=int)
    persons[code, kind, table["hour"].to_numpy(dtype=int)] = table["population"].to_numpy(dtype=float)
    result = (share @ persons.reshape(len(cells), 48)).T.reshape(2, 24, inside)
    # A day type that the table lacks is taken from the other one, rather than leaving the city empty.
    for k in (0, 1):
        if result[k].sum() == 0:
            result[k] = result[1 - k]
    return result


def _cell_index(points: np.ndarray, grid: Grid) -> np.ndarray:
    """Number among the cells inside the city of the one each point (n, 2) [m] lies in, -1 for none."""
    half = grid.resolution / 2
    column = np.floor((points[:, 0] - grid.x[0] + half) / grid.resolution).astype(int)
    row = np.floor((points[:, 1] - grid.y[0] + half) / grid.resolution).astype(int)
    number = np.where(grid.mask.ravel(), np.cumsum(grid.mask.ravel()) - 1, -1).reshape(grid.shape)
    on_grid = (column >= 0) & (column < len(grid.x)) & (row >= 0) & (row < len(grid.y))
    return np.where(
        on_grid, number[np.clip(row, 0, len(grid.y) - 1), np.clip(column, 0, len(grid.x) - 1)], -1
    )


def weighted_mean(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Mean over cells (time,) of ``values`` (time, cell); NaN cells do not count, nor do hours without any weight."""
    known = np.isfinite(values)
    total = (weight * known).sum(axis=1)
    plain = known.sum(axis=1)
    mean = np.where(total > 0, np.nansum(values * weight, axis=1) / np.where(total > 0, total, 1), np.nan)
    # Nobody in the whole district at that hour: every cell counts the same.
    even = np.where(plain > 0, np.nansum(values, axis=1) / np.maximum(plain, 1), np.nan)
    return np.where(total > 0, mean, even)


@dataclass(frozen=True)
class Mean:
    """Weighted means over cells (time,): AQI, excess risk [%] with its 80 % band, share of the weight at high risk."""

    aqi: np.ndarray
    risk: np.ndarray
    lo: np.ndarray
    hi: np.ndarray
    high_share: np.ndarray
    weight: np.ndarray


def mean_over(
    aqi: np.ndarray,
    risk: np.ndarray,
    sd: np.ndarray,
    high: np.ndarray,
    weight: np.ndarray,
    which: np.ndarray,
    errors: CellErrors | None = None,
) -> Mean:
    """Means over the cells ``which``.

    Args:
        aqi, risk, sd, weight: (time, cell); risk and sd in [%].
        errors: how errors of cells go together; without it they count as fully dependent (the mean's standard error is
            the mean of theirs), the widest case.
        high: whether the cell is at high risk (time, cell).
        which: mask of the cells (cell,).
    """
    w = weight[:, which]
    mean = weighted_mean(risk[:, which], w)
    error = weighted_mean(sd[:, which], w) if errors is None else errors.of_mean(weight * which, which)
    share = weighted_mean(np.where(np.isfinite(risk[:, which]), high[:, which], np.nan), w)
    return Mean(
        np.round(weighted_mean(aqi[:, which], w)),
        mean,
        np.maximum(mean - Z90 * error, 0.0),
        mean + Z90 * error,
        share,
        w.sum(axis=1),
    )


def district_masks(grid: Grid) -> list[tuple[str, str, str, np.ndarray]]:
    """Adcode, names and mask over the cells inside the city of every district."""
    inside = grid.district[grid.mask]
    return [(code, zh, en, inside == code) for code, (zh, en) in NAMES.items()]
