"""Cells of wind speed and direction, and what the concentration does in each of them.

Cells are those of openair's bivariate polar plots (Carslaw and Ropkins 2012,
doi:10.1016/j.envsoft.2011.09.008): 30 classes of wind speed from 0 to its maximum, and directions of 10
degrees where the data came rounded to tens, else of 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.receptor.frame import WHERE

SPEED_CLASSES = 30


@dataclass(frozen=True)
class Cells:
    """Cells of (direction, speed), row-major: cell ``direction * speeds + speed``.

    Attributes:
        cell: of each row (rows,).
        count: rows in each cell (cells,).
        u: eastward place of the cell in the polar plane [m s-1]; towards where the wind comes from.
        v: northward place.
        speed: representative wind speed of the cell [m s-1], counted from the lowest speed.
        direction: of the cell [deg].
        step: width of a direction class [deg].
        top: highest speed [m s-1].
    """

    cell: np.ndarray
    count: np.ndarray
    u: np.ndarray
    v: np.ndarray
    speed: np.ndarray
    direction: np.ndarray
    step: float
    top: float


def cells(
    speed: np.ndarray,
    direction: np.ndarray,
    step: float | None = None,
    classes: int = SPEED_CLASSES,
    zero_is_north: bool = True,
) -> Cells:
    """Cells of the rows.

    Args:
        speed: wind speed, or another variable for the radius, counted from its lowest value (rows,), no NaN.
        direction: wind direction [deg, from], 0..360.
        step: width of a direction class [deg]; None is 10 where all directions are whole tens, else 5.
        classes: of speed.
        zero_is_north: what rounds to 0 belongs to the sector of 360, else to the first one.

    Raises:
        InputError: no rows, or all speeds alike.
    """
    top = float(speed.max()) if len(speed) else 0.0
    if top <= 0:
        raise InputError(
            N_("no hours with wind and concentration, or all of one wind speed"),
            WHERE,
            N_("take a longer period"),
        )
    if step is None:
        step = 10.0 if not np.any(direction % 10) else 5.0
    turns = round(360 / step)
    # classes are closed on the right
    sector = np.ceil(direction / step - 0.5).astype(int) - 1
    sector = sector % turns if zero_is_north else np.maximum(sector, 0)
    edges = np.linspace(0, top, classes + 1)
    ring = np.clip(np.searchsorted(edges, speed, side="left") - 1, 0, classes - 1)
    cell = sector * classes + ring
    directions, speeds = np.meshgrid(
        step * np.arange(1, turns + 1), np.linspace(0, top, classes), indexing="ij"
    )
    angle = np.deg2rad(directions.ravel())
    return Cells(
        cell, np.bincount(cell, minlength=turns * classes), speeds.ravel() * np.sin(angle),
        speeds.ravel() * np.cos(angle), speeds.ravel(), directions.ravel(), step, top,
    )  # fmt: skip


def totals(made: Cells, values: np.ndarray) -> np.ndarray:
    """Sum of ``values`` in each cell."""
    return np.bincount(made.cell, weights=values, minlength=len(made.count))


def means(made: Cells, values: np.ndarray) -> np.ndarray:
    """Mean of ``values`` in each cell, NaN where empty."""
    with np.errstate(invalid="ignore"):
        return totals(made, values) / made.count


def deviations(made: Cells, values: np.ndarray) -> np.ndarray:
    """Sample standard deviation in each cell, NaN with fewer than two rows."""
    away = values - means(made, values)[made.cell]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(np.where(made.count > 1, totals(made, away**2) / (made.count - 1), np.nan))


def quantiles(made: Cells, values: np.ndarray, q: float) -> np.ndarray:
    """Quantile ``q`` (0..1) in each cell by linear interpolation of the order statistics (type 7 of Hyndman
    and Fan 1996, doi:10.2307/2684934), NaN where empty."""
    order = np.lexsort((values, made.cell))
    ranked = values[order]
    first = np.concatenate([[0], np.cumsum(made.count)[:-1]])
    place = first + q * np.maximum(made.count - 1, 0)
    place = np.minimum(place, len(values) - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, len(values) - 1)
    # the last place of a cell is whole, so the neighbour cell never enters with weight
    found = ranked[low] + (place - low) * (ranked[high] - ranked[low])
    return np.where(made.count > 0, found, np.nan)
