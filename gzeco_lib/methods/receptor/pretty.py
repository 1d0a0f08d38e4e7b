"""Round class limits, as R's ``pretty`` chooses them, so that a rose has the classes its R counterpart has.

Source: Becker, Chambers and Wilks 1988, The New S Language, p. 361 (documentation of R's ``pretty``).
"""

from __future__ import annotations

import math

import numpy as np

BIAS, BIAS5, SHRINK, FUZZ = 1.5, 2.75, 0.75, 1e-7


def pretty(low: float, high: float, n: int) -> np.ndarray:
    """About ``n`` round intervals that cover ``low``..``high``: their limits."""
    spread = high - low
    widest = max(abs(low), abs(high))
    factor = 1 + (1 / (1 + BIAS) if BIAS5 >= 1.5 * BIAS + 0.5 else 1.5 / (1 + BIAS5))
    if spread == 0 and widest == 0:
        cell, small = 1.0, True
    else:
        small = bool(spread < widest * factor * max(1, n) * np.finfo(float).eps * 3)
        cell = widest if small else spread / n
    if small:
        cell = cell * SHRINK / max(1, n // 3) if widest else cell
    base = 10.0 ** math.floor(math.log10(cell))
    unit = base
    for multiple, bias in ((2, BIAS), (5, BIAS5), (10, BIAS)):
        if multiple * base - cell < bias * (cell - unit):
            unit = multiple * base
        else:
            break
    first, last = math.floor(low / unit + FUZZ), math.ceil(high / unit - FUZZ)
    missing = n // 3 - (last - first)
    if missing > 0:
        below = missing // 2 if first >= 0 else missing // 2 + missing % 2
        first, last = first - below, last + (missing - below)
    return unit * np.arange(first, last + 1)
