"""What the land around a place of the city is like: terrain height and density of settlements.

The table beside this module covers 112.6-114.4 E, 22.2-24.3 N in steps of 0.05 degrees and names its sources. It is
coarse (9 km terrain): it tells mountain from plain and town from country, not street from yard.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

TABLE = Path(__file__).with_suffix(".json")
NAMES = ("terrain", "settlements")


@cache
def _table() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    held = json.loads(TABLE.read_text(encoding="utf-8"))
    lon, lat = (np.linspace(first, last, int(n)) for first, last, n in (held["lon"], held["lat"]))
    return lon, lat, np.array([held["altitude_m"], held["settlements"]], dtype=float)


def surroundings(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
    """Terrain and settlements at points (point, 2), in scales in which concentrations follow them about linearly.

    ``terrain`` is ``ln(1 + height / 50 m)``, ``settlements`` the logarithm of the number of places with 500 people and
    more, each counted ``exp(-(distance / 8 km)^2)``. Bilinear; a point beyond the table counts as lying at its edge.

    Args:
        lon, lat: CGCS2000 [degree].
    """
    x, y, values = _table()
    column = np.interp(np.ravel(np.asarray(lon, float)), x, np.arange(len(x)))
    row = np.interp(np.ravel(np.asarray(lat, float)), y, np.arange(len(y)))
    left, low = np.minimum(column.astype(int), len(x) - 2), np.minimum(row.astype(int), len(y) - 2)
    right, up = column - left, row - low
    at = (
        values[:, low, left] * (1 - right) * (1 - up) + values[:, low, left + 1] * right * (1 - up)
        + values[:, low + 1, left] * (1 - right) * up + values[:, low + 1, left + 1] * right * up
    )  # fmt: skip
    return np.column_stack([np.log1p(at[0] / 50.0), np.log(np.maximum(at[1], 0.05))])
