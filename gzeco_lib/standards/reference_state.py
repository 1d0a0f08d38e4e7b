"""Mass and volume concentrations of gases at the reference state of GB 3095 (298.15 K, 1013.25 hPa; clause 4.3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

GAS_CONSTANT = 8.314462618  # [J mol-1 K-1], CODATA 2018
TEMPERATURE = 298.15  # [K]
PRESSURE = 101325.0  # [Pa]
MOLAR_VOLUME = GAS_CONSTANT * TEMPERATURE / PRESSURE * 1e3  # [L mol-1], 24.465

# [g mol-1]; IUPAC conventional atomic weights. NOx is reported as NO2, NMHC as carbon.
MOLAR_MASS = {
    "SO2": 64.066, "NO2": 46.006, "NO": 30.006, "NOx": 46.006, "O3": 47.998, "CO": 28.010, "NMHC": 12.011,
    "benzene": 78.114, "toluene": 92.141, "CH4": 16.043, "H2S": 34.086, "NH3": 17.031, "HCHO": 30.026,
}  # fmt: skip


def ug_to_ppb(values: ArrayLike, molar_mass: float) -> NDArray[np.float64]:
    """Mass concentration [ug m-3] to mole fraction [ppb] for a gas of ``molar_mass`` [g mol-1]."""
    return np.asarray(values, dtype=np.float64) * (MOLAR_VOLUME / molar_mass)


def ppb_to_ug(values: ArrayLike, molar_mass: float) -> NDArray[np.float64]:
    """Mole fraction [ppb] to mass concentration [ug m-3] for a gas of ``molar_mass`` [g mol-1]."""
    return np.asarray(values, dtype=np.float64) * (molar_mass / MOLAR_VOLUME)
