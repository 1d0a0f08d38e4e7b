"""How far a hot or fast release rises, and how much of it leaves through the lid.

Sources: Briggs (1984); Cimorelli et al. (2005), doi:10.1175/JAM2227.1, sections 5b-5d; Weil (1988) for the part that
penetrates an elevated inversion; Briggs (1974) for the tip of the stack. Arrays are (time, kind of source).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gzeco_lib.methods.dispersion.inputs import BoundaryLayer
from gzeco_lib.methods.dispersion.profiles import GRAVITY, Profiles

ENTRAINMENT = 0.6  # beta1 of Briggs for a bent-over plume
SLOWEST = 0.1  # [m s-1], wind that rise is computed in at least


@dataclass(frozen=True)
class Rise:
    """What the curves need to follow a plume up; all (time, kind).

    Attributes:
        height: release height after stack-tip downwash [m].
        buoyancy: flux F_b [m4 s-3].
        momentum: flux F_m [m4 s-2].
        speed: wind that bends the plume over [m s-1].
        frequency: Brunt-Vaisala frequency along the rise [s-1]; 0 within an unstable layer.
        final: rise where it ends [m] (unstable layer: where the plume counts as levelled).
        distance: where that is [m].
        through: share of the release that leaves through the lid of an unstable layer [1].
        above: rise of that share [m].
    """

    height: np.ndarray
    buoyancy: np.ndarray
    momentum: np.ndarray
    speed: np.ndarray
    frequency: np.ndarray
    final: np.ndarray
    distance: np.ndarray
    through: np.ndarray
    above: np.ndarray


def fluxes(
    diameter: np.ndarray, velocity: np.ndarray, temperature: np.ndarray, air: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Buoyancy flux ``g w d^2 (Ts - Ta) / (4 Ts)`` [m4 s-3] and momentum flux ``w^2 d^2 Ta / (4 Ts)`` [m4 s-2]."""
    hot = np.where(np.isfinite(temperature), np.maximum(temperature, air), air)
    buoyancy = GRAVITY * velocity * diameter**2 * (hot - air) / (4 * hot)
    return buoyancy, velocity**2 * diameter**2 * air / (4 * hot)


def tip_downwash(
    height: np.ndarray, diameter: np.ndarray, velocity: np.ndarray, wind: np.ndarray
) -> np.ndarray:
    """Release height [m] lowered by ``2 d (1.5 - w / U)`` where the exit velocity is under 1.5 U (Briggs 1974)."""
    ratio = velocity / np.maximum(wind, SLOWEST)
    return np.maximum(height - 2.0 * diameter * np.maximum(1.5 - ratio, 0.0), 0.0)


def transitional(buoyancy: np.ndarray, momentum: np.ndarray, wind: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Rise [m] of a bent-over plume at ``x`` [m] in neutral air: the two-thirds law with initial momentum."""
    b2 = ENTRAINMENT**2
    return np.cbrt(3 * momentum * x / (b2 * wind**2) + 1.5 * buoyancy * x**2 / (b2 * wind**3))


def levelled(
    buoyancy: np.ndarray, diameter: np.ndarray, velocity: np.ndarray, wind: np.ndarray
) -> np.ndarray:
    """Distance [m] at which a plume in neutral air has levelled: ``49 F^(5/8)``, ``119 F^(2/5)`` from F = 55 up."""
    slow = np.maximum(velocity, 1e-6)
    jet = 4.0 * diameter * (slow + 3.0 * wind) ** 2 / (slow * wind)
    hot = np.where(buoyancy < 55.0, 49.0 * buoyancy**0.625, 119.0 * buoyancy**0.4)
    return np.where(buoyancy > 1e-6, hot, np.where(diameter * velocity > 0, jet, 0.0))


def stable_final(buoyancy: np.ndarray, wind: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    """Final rise [m] of a buoyant plume in stable air with wind, ``2.66 (F / (U N^2))^(1/3)``."""
    return 2.66 * np.cbrt(buoyancy / (wind * frequency**2))


def penetration(
    buoyancy: np.ndarray, wind: np.ndarray, frequency: np.ndarray, room: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Share that leaves through the lid [1], and the rise [m] of that share (Weil 1988).

    Args:
        buoyancy: flux [m4 s-3].
        wind: at the stack [m s-1].
        frequency: of the air above the lid [s-1].
        room: from the release to the lid [m].
    """
    safe = np.maximum(room, 1e-3)
    strength = buoyancy / (wind * frequency**2 * safe**3)
    ratio = np.cbrt(2.6**2 * strength + (2.0 / 3.0) ** 3)  # equilibrium rise over the room there is
    share = np.where(buoyancy > 0, np.clip(1.5 - 1.0 / ratio, 0.0, 1.0), 0.0)
    return share, np.where(share >= 1.0, ratio * safe, (0.75 * ratio + 0.5) * safe)


def follow(traits: np.ndarray, layer: BoundaryLayer, profiles: Profiles) -> Rise:
    """Rise of each kind of source in each hour.

    Args:
        traits: height, diameter, velocity, temperature of each kind (kind, 4).
        layer: weather (time,).
        profiles: of ``layer``.
    """
    hours = len(layer)
    height, diameter, velocity, hot = (np.broadcast_to(column, (hours, len(traits))) for column in traits.T)
    air = layer.temperature[:, None]
    lid = np.broadcast_to(layer.mixing_height[:, None], height.shape)
    wind = np.maximum(profiles.at(0, height), SLOWEST)
    buoyancy, momentum = fluxes(diameter, velocity, hot, air)
    lowered = tip_downwash(height, diameter, velocity, wind)
    quiet = (layer.obukhov_length[:, None] > 0) | (height >= lid)
    spread = levelled(buoyancy, diameter, velocity, wind)
    jet = np.where(velocity > 0, 3.0 * diameter * velocity / wind, 0.0)
    neutral = np.where(buoyancy > 1e-6, transitional(buoyancy, momentum, wind, spread), jet)
    speed, frequency, final = _stable(lowered, wind, buoyancy, neutral, layer, profiles)
    turn = speed * np.arctan2(0.7 * frequency * momentum, -buoyancy) / (0.7 * frequency)
    aloft = np.sqrt(GRAVITY * np.maximum(layer.lapse, 1e-4) / layer.temperature)[:, None]
    through, above = penetration(buoyancy, wind, aloft, lid - lowered)
    return Rise(
        lowered, buoyancy, momentum,
        np.where(quiet, speed, wind), np.where(quiet, frequency, 0.0),
        np.where(quiet, final, neutral), np.where(quiet, np.where(final > 0, turn, 0.0), spread),
        np.where(quiet, 0.0, through), above,
    )  # fmt: skip


def _stable(
    height: np.ndarray,
    wind: np.ndarray,
    buoyancy: np.ndarray,
    neutral: np.ndarray,
    layer: BoundaryLayer,
    profiles: Profiles,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Speed, frequency and final rise in stable air, with the air half way up (five rounds, as AERMOD)."""
    air = layer.temperature[:, None]
    friction = np.maximum(layer.friction_velocity, 0.01)[:, None]
    at_tip = np.maximum(profiles.at(3, height), 1e-5)
    speed, frequency = wind, np.sqrt(GRAVITY * at_tip / air)
    final = np.zeros_like(height)
    for _ in range(5):
        length = buoyancy / (speed * friction**2)
        against = 1.2 * length**0.6 * (height + 1.2 * length) ** 0.4  # broken up by the ambient turbulence
        calm = 4.0 * buoyancy**0.25 / frequency**0.75
        hot = np.minimum(np.minimum(stable_final(buoyancy, speed, frequency), against), calm)
        final = np.where(buoyancy > 1e-6, np.minimum(hot, neutral), neutral)
        middle = height + 0.5 * final
        speed = 0.5 * (wind + np.maximum(profiles.at(0, middle), SLOWEST))
        frequency = np.sqrt(GRAVITY * 0.5 * (at_tip + np.maximum(profiles.at(3, middle), 1e-5)) / air)
    return speed, frequency, final
