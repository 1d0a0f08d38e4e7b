"""A release in the wake of a building: sources that spread from the start as the wake does.

Huber and Snyder (1982), Atmospheric Environment 16, 2837, and Schulman and Scire (1980) as EPA's ISC3 (EPA-454/B-95-
003b, section 1.1.5.3) put them together. Valid from three building heights behind the building; the recirculating
cavity is not described, nor how the wake bends streamlines down (PRIME, Schulman et al. 2000).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dispersion.inputs import Sources

NEAREST = 3.0  # building heights behind the building from which the formulas hold


def behind_building(
    sources: Sources, height: ArrayLike, width: ArrayLike, plume_height: ArrayLike | None = None
) -> Sources:
    """``sources`` with the spread that the wake gives them.

    Args:
        sources: releases at the building.
        height: of the building [m] (source,) or one.
        width: across the wind [m].
        plume_height: height of the plume two building heights downwind [m]; else the release height.

    Returns:
        Sources with greater ``sigma_y0`` and ``sigma_z0``; unchanged where the plume is above
        ``height + 1.5 min(height, width)``, which is good engineering practice for a stack.

    Raises:
        InputError: where a building has no extent.
    """
    tall, wide = (np.broadcast_to(np.asarray(v, float), len(sources)) for v in (height, width))
    if not ((tall > 0) & (wide > 0)).all():
        raise InputError(
            N_("a building has no height or width"),
            "methods.dispersion.wake",
            N_("give both in metres, above 0"),
        )
    scale = np.minimum(tall, wide)
    plume = (
        sources.height
        if plume_height is None
        else np.broadcast_to(np.asarray(plume_height, float), len(sources))
    )
    touched = plume < tall + 1.5 * scale
    decay = np.clip((tall - plume) / (2.0 * scale) + 1.0, 0.0, 1.0)  # Schulman-Scire: fades over two scales
    vertical = np.where(touched, 0.7 * scale * decay, 0.0)
    squat = wide >= tall
    across = np.where(squat, 0.35 * np.minimum(wide, 5.0 * tall), 0.35 * wide)
    lateral = np.where(touched & (plume < 1.2 * tall), across, 0.0)
    return replace(
        sources, sigma_y0=np.hypot(sources.sigma_y0, lateral), sigma_z0=np.hypot(sources.sigma_z0, vertical)
    )
