"""Pasquill's stability classes for data that have nothing better, and the Obukhov length they stand for.

Sources: Turner (1964), doi:10.1175/1520-0450(1964)003<0083:ADMFAU>2.0.CO;2, limits in m s-1 of EPA-454/R-99-005,
table 6-4; Golder (1972), doi:10.1007/BF00769106, straight lines of Seinfeld and Pandis, "Atmospheric Chemistry and
Physics". Classes are 1 (A, very unstable) to 6 (F, stable); Turner's 7 (G) counts as 6.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

# Golder: 1/L = a + b log10(z0) at the middle of each class [m-1]
GOLDER = np.array(
    [(-0.096, 0.029), (-0.037, 0.029), (-0.002, 0.018), (0.0, 0.0), (0.004, -0.018), (0.035, -0.036)]
)
WINDS = np.array([0.75, 1.85, 2.85, 3.35, 3.85, 4.85, 5.45, 5.95])  # [m s-1], upper limits of Turner's rows
# Turner: rows by wind, columns by net radiation index 4, 3, 2, 1, 0, -1, -2
TURNER = np.array([
    (1, 1, 2, 3, 4, 6, 7), (1, 2, 2, 3, 4, 6, 7), (1, 2, 3, 4, 4, 5, 6), (2, 2, 3, 4, 4, 5, 6), (2, 2, 3, 4, 4, 4, 5),
    (2, 3, 3, 4, 4, 4, 5), (3, 3, 4, 4, 4, 4, 5), (3, 3, 4, 4, 4, 4, 4), (3, 4, 4, 4, 4, 4, 4),
])  # fmt: skip
LOW_CLOUD, MIDDLE_CLOUD = 2134.0, 4877.0  # [m], 7,000 and 16,000 feet


def net_radiation_index(elevation: ArrayLike, cloud: ArrayLike, ceiling: ArrayLike = np.inf) -> np.ndarray:
    """Turner's index, -2 (clear night) to 4 (high sun).

    Args:
        elevation: of the sun [deg]; at or under 0 is night.
        cloud: covered part of the sky [0..1].
        ceiling: base of the clouds [m]; without it clouds count as high.
    """
    sun, sky, base = np.broadcast_arrays(*(np.asarray(v, float) for v in (elevation, cloud, ceiling)))
    insolation = np.select([sun > 60, sun > 35, sun > 15], [4, 3, 2], 1)
    less = np.select([base < LOW_CLOUD, base < MIDDLE_CLOUD], [2, 1], np.where(sky >= 1, 1, 0))
    day = np.where(sky > 0.5, np.maximum(insolation - less, 1), insolation)
    night = np.where(sky <= 0.4, -2, -1)
    return np.where((sky >= 1) & (base < LOW_CLOUD), 0, np.where(sun > 0, day, night))


def turner_class(
    wind: ArrayLike, elevation: ArrayLike, cloud: ArrayLike, ceiling: ArrayLike = np.inf
) -> np.ndarray:
    """Class 1..6 from wind at 10 m [m s-1], elevation of the sun [deg], cloud [0..1] and ceiling [m]."""
    row = np.searchsorted(WINDS, np.asarray(wind, float), side="right")
    return np.minimum(TURNER[row, 4 - net_radiation_index(elevation, cloud, ceiling)], 6)


def obukhov_length(classes: ArrayLike, roughness: ArrayLike) -> np.ndarray:
    """L [m] in the middle of each class 1..6 over ground of ``roughness`` [m] (Golder 1972); infinite in D."""
    a, b = GOLDER[np.asarray(classes, int) - 1].T
    inverse = a + b * np.log10(np.asarray(roughness, float))
    with np.errstate(divide="ignore"):
        return np.where(inverse == 0, np.inf, 1.0 / inverse)


def class_of(length: ArrayLike, roughness: ArrayLike) -> np.ndarray:
    """Class 1..6 whose line of Golder is nearest to 1/L."""
    lines = GOLDER[:, 0] + GOLDER[:, 1] * np.log10(np.asarray(roughness, float))[..., None]
    return np.abs(1.0 / np.asarray(length, float)[..., None] - lines).argmin(-1) + 1
