"""Wind speed by height, relative to that at a reference height."""

from __future__ import annotations

import numpy as np

from gzeco_lib.methods.dispersion.inputs import BoundaryLayer
from gzeco_lib.methods.dispersion.profiles import wind

# Exponent of the power law in neutral air over a city: EPA-454/B-95-003b (ISC3), table 1-2, urban, class D.
URBAN_NEUTRAL = 0.25
LOWEST = 2.0  # [m] below it the profile is held: roofs, trees and walls, not the profile, rule there


def power_law(heights: np.ndarray, reference: float = 10.0, exponent: float = URBAN_NEUTRAL) -> np.ndarray:
    """Speed at ``heights`` [m] over speed at ``reference`` [m] (level,): (z / reference) ** exponent.

    Held above 200 m, to which the ISC3 guidance takes the law.
    """
    held = np.clip(np.asarray(heights, float), LOWEST, 200.0)
    return (held / np.clip(reference, LOWEST, 200.0)) ** exponent


def similarity(heights: np.ndarray, layer: BoundaryLayer, reference: float = 10.0) -> np.ndarray:
    """Speed at ``heights`` [m] over speed at ``reference`` [m] by similarity theory (time, level).

    Monin-Obukhov profile of ``dispersion.profiles``, constant above the mixing height; held below ``LOWEST``.
    """
    held = np.maximum(np.asarray(heights, float), LOWEST)
    return wind(layer, held) / wind(layer, np.array([reference]))
