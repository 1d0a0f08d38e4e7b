"""Fused fields of a fine grid, tile by tile, here or on a Dask cluster, with equal numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gzeco_lib.methods.interpolation.field import Field
from gzeco_lib.parallel import workers

TILE = 16_384  # cells; the basis and the results of one tile stay in the low tens of MB
AT_ONCE = 8  # tiles between two writes

Values = dict[str, tuple[np.ndarray, np.ndarray]]
Write = Callable[[int, Values], None]


def tile(
    fields: Mapping[str, Field], cells_xy: np.ndarray, land: Mapping[str, np.ndarray], origin: np.ndarray
) -> Values:
    """Mean and standard error (time, cell) of each field at the cells of one tile, in single precision.

    Coordinates are taken from ``origin`` [m] before they become single precision, so that metres are kept.
    """
    near = (cells_xy - origin).astype(np.float32)
    found = {}
    for name, field in fields.items():
        moved = replace(field, stations=field.stations - origin)
        there = moved.at(near, land[name], np.float32)
        found[name] = (there.mean.astype(np.float32), there.sd.astype(np.float32))
    return found


def fill(
    fields: Mapping[str, Field],
    cells_xy: np.ndarray,
    land: Mapping[str, np.ndarray],
    write: Write,
    *,
    cluster: str | None = None,
    size: int = TILE,
) -> None:
    """Compute ``fields`` at all cells and hand them to ``write(first_cell, values)``, in the order of the cells.

    The tiles are the same wherever they are computed, and so are the numbers. Memory beyond the caller's own is that
    of `AT_ONCE` tiles: ``8 x size x hours x fields x 8`` bytes, 157 MB for 25 hours of six pollutants, and the
    cells' covariates.

    Args:
        fields: from `Fusion.solve`, by name.
        cells_xy: (cell, 2) [m].
        land: covariates of the cells by name of the field, from `Fusion.land_of`.
        write: takes the index of the first cell and mean and standard error (time, cell) by name.
        cluster: as for `parallel.workers`.
        size: cells in a tile.
    """
    origin = cells_xy.mean(axis=0)
    starts = range(0, len(cells_xy), size)
    with workers(cluster) as run:
        for batch in (starts[k : k + AT_ONCE] for k in range(0, len(starts), AT_ONCE)):
            tasks: list[tuple[Any, ...]] = [
                (
                    fields, cells_xy[at : at + size], {n: x[at : at + size] for n, x in land.items()}, origin,
                )
                for at in batch
            ]  # fmt: skip
            for at, values in zip(batch, run(tile, *zip(*tasks, strict=True)), strict=True):
                write(at, values)
