"""One-kilometre cells of the lake laid on the grid of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gzeco_lib.geo.grid import KILOMETRE, Grid

if TYPE_CHECKING:
    from scipy.sparse import csr_array

POINTS = (
    4  # a cell is spread over 4 x 4 points, so that any resolution from 250 m up keeps the number of people
)


def spread(cells: np.ndarray, grid: Grid) -> csr_array:
    """Share of each kilometre cell that lies in each cell of ``grid`` inside the city: (inside, len(cells)).

    Args:
        cells: ids "x_y" of lower-left corners in km (EPSG:4547).
    """
    from scipy.sparse import csr_array

    corners = np.array([cell.split("_") for cell in cells], dtype=float).reshape(-1, 2) * KILOMETRE
    step = KILOMETRE / POINTS
    place = np.arange(POINTS) * step + step / 2
    offsets = np.stack(np.meshgrid(place, place), axis=-1).reshape(1, POINTS**2, 2)
    points = (corners[:, None, :] + offsets).reshape(-1, 2)
    source = np.repeat(np.arange(len(corners)), POINTS**2)
    target = inside_index(points, grid)
    hit = target >= 0
    share = np.full(int(hit.sum()), 1 / POINTS**2)
    return csr_array((share, (target[hit], source[hit])), shape=(int(grid.mask.sum()), len(corners)))


def inside_index(points: np.ndarray, grid: Grid) -> np.ndarray:
    """Number among the cells inside the city of the one each point (n, 2) [m] lies in, -1 for none."""
    half = grid.resolution / 2
    column = np.floor((points[:, 0] - grid.x[0] + half) / grid.resolution).astype(int)
    row = np.floor((points[:, 1] - grid.y[0] + half) / grid.resolution).astype(int)
    inside = grid.mask.ravel()
    number = np.where(inside, np.cumsum(inside) - 1, -1).reshape(grid.shape)
    on_grid = (column >= 0) & (column < len(grid.x)) & (row >= 0) & (row < len(grid.y))
    row, column = np.clip(row, 0, len(grid.y) - 1), np.clip(column, 0, len(grid.x) - 1)
    return np.where(on_grid, number[row, column], -1)
