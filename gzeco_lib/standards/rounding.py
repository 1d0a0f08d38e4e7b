"""Rounding of GB/T 8170: half to even, proof against binary floating point."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def half_even_scaled(values: ArrayLike, decimals: int = 0) -> NDArray[np.float64]:
    """``values`` times ``10**decimals``, rounded half to even to a whole number.

    1.15 is stored as 1.1499999999999999 (and as 1.14999998 in 32 bits): what lies closer to a half than the
    storage can tell is first taken to that half, so 1.15 goes to 1.2 and 1.25 to 1.2 (GB/T 8170-2008 3.2).
    """
    found = np.asarray(values)
    slack = 3 if found.dtype == np.float32 else 7
    scaled = found.astype(np.float64) * 10.0**decimals
    doubled = np.round(2.0 * scaled, slack)  # a half is a whole number here, exact in binary
    return np.rint(doubled / 2.0)


def half_even(values: ArrayLike, decimals: int = 0) -> NDArray[np.float64]:
    """``values`` rounded half to even to ``decimals`` places."""
    return half_even_scaled(values, decimals) / 10.0**decimals
