"""Deposition: fall velocity of particles, dry deposition velocity through three resistances, washout by
rain."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dispersion.inputs import BoundaryLayer

WHERE = "methods.dispersion.deposition"
KARMAN = 0.4
GRAVITY = 9.81  # [m s-2]
AIR_DENSITY = 1.2  # [kg m-3]
MEAN_FREE_PATH = 6.6e-8  # [m] of air at 293 K, 1013 hPa (Seinfeld and Pandis 2016, table 9.1)
AIR_VISCOSITY = 1.5e-5  # kinematic [m2 s-1]
BOLTZMANN = 1.38e-23  # [J K-1]


def viscosity(temperature: ArrayLike = 293.15) -> np.ndarray:
    """Dynamic viscosity of air [kg m-1 s-1] at ``temperature`` [K] (Sutherland 1893, constants of the US
    Standard Atmosphere 1976)."""
    t = np.asarray(temperature, float)
    return 1.458e-6 * t**1.5 / (t + 110.4)


def _slip(diameter: np.ndarray) -> np.ndarray:
    """Cunningham's correction [1] (Allen and Raabe 1985, doi:10.1080/02786828508959055)."""
    knudsen = 2 * MEAN_FREE_PATH / diameter
    return 1 + knudsen * (1.142 + 0.558 * np.exp(-0.999 / knudsen))


def settling_velocity(
    diameter: ArrayLike, density: ArrayLike = 1000.0, temperature: float = 293.15
) -> np.ndarray:
    """Fall velocity [m s-1] of spheres in air.

    Args:
        diameter: [m], up to about 300 um.
        density: of the sphere [kg m-3]; 1000 where the diameter is aerodynamic.
        temperature: of the air [K].

    Stokes' law with slip; above it the drag of Schiller and Naumann (1933), ``24/Re (1 + 0.15 Re^0.687)``, by
    fixed-point steps.

    Raises:
        InputError: a diameter that is not above zero.
    """
    size = np.asarray(diameter, float)
    if (size <= 0).any() or (size > 1e-3).any():
        raise InputError(
            N_("a particle's diameter is not between 0 and 1 mm"), WHERE, N_("give diameters in metres")
        )
    mu = viscosity(temperature)
    stokes = np.asarray(density, float) * size**2 * GRAVITY * _slip(size) / (18 * mu)
    fall = stokes
    for _ in range(60):
        reynolds = AIR_DENSITY * fall * size / mu
        fall = 0.5 * (fall + stokes / (1 + 0.15 * reynolds**0.687))
    return fall


def aerodynamic_resistance(layer: BoundaryLayer, height: float = 15.0) -> np.ndarray:
    """Resistance of the air between the ground and ``height`` [s m-1] (row,).

    ``(ln(z / z0) - psi_h(z / L) + psi_h(z0 / L)) / (k u*)`` with the corrections for heat of Businger et al.
    1971 as integrated by Paulson 1970; stable ``-5 z/L``, held at z = L.
    """
    rough, length = layer.roughness_length, layer.obukhov_length
    z = np.maximum(height, 1.1 * rough)

    def psi(ratio: np.ndarray) -> np.ndarray:
        unstable = 2 * np.log((1 + np.sqrt(1 - 16 * np.minimum(ratio, 0))) / 2)
        return np.where(ratio < 0, unstable, -5 * np.clip(ratio, 0, 1))

    return (np.log(z / rough) - psi(z / length) + psi(rough / length)) / (KARMAN * layer.friction_velocity)


def gas_velocity(
    layer: BoundaryLayer, diffusivity: float, surface_resistance: ArrayLike, height: float = 15.0
) -> np.ndarray:
    """Dry deposition velocity of a gas at ``height`` [m s-1] (row,): ``1 / (Ra + Rb + Rc)``.

    Args:
        layer: weather by the hour.
        diffusivity: of the gas in air [m2 s-1]; SO2 1.2e-5, NO2 1.4e-5, O3 1.5e-5 (Wesely 1989).
        surface_resistance: Rc [s m-1]; Wesely (1989, doi:10.1016/0004-6981(89)90153-4) tabulates it by
            season, land and gas.
        height: the velocity holds at [m].

    ``Rb = 2 / (k u*) (Sc / Pr)^(2/3)`` (Hicks et al. 1987, Water Air Soil Pollut. 36, 311).
    """
    resistance = np.asarray(surface_resistance, float)
    if (resistance < 0).any() or diffusivity <= 0:
        raise InputError(N_("a resistance below zero or a diffusivity not above zero"), WHERE,
                         N_("give the surface resistance in s m-1 and the diffusivity in m2 s-1"))  # fmt: skip
    skin = 2 / (KARMAN * layer.friction_velocity) * (AIR_VISCOSITY / diffusivity / 0.72) ** (2 / 3)
    return 1 / (aerodynamic_resistance(layer, height) + skin + resistance)


def particle_velocity(
    layer: BoundaryLayer, diameter: float, density: float = 1000.0, height: float = 15.0
) -> np.ndarray:
    """Dry deposition velocity of particles at ``height`` [m s-1] (row,), fall included.

    ``vs / (1 - exp(-vs (Ra + Rs)))`` (Venkatram and Pleim 1999, doi:10.1016/S1352-2310(99)00094-1), with the
    surface resistance of Zhang et al. 2001 (doi:10.1016/S1352-2310(00)00326-5) for an urban surface: Brownian
    motion ``Sc^-0.56``, impaction
    ``(St / (1.5 + St))^2`` with ``St = vs u*^2 / (g nu)``, ``Rs = 1 / (3 u* (Eb + Eim) exp(-sqrt(St)))``.
    """
    fall = float(settling_velocity(diameter, density))
    friction = layer.friction_velocity
    brownian = (
        BOLTZMANN * 293.15 * float(_slip(np.asarray(diameter))) / (3 * np.pi * float(viscosity()) * diameter)
    )
    stokes = fall * friction**2 / (GRAVITY * AIR_VISCOSITY)
    caught = (AIR_VISCOSITY / brownian) ** -0.56 + (stokes / (1.5 + stokes)) ** 2
    surface = 1 / (3 * friction * caught * np.exp(-np.sqrt(stokes)))
    resistance = aerodynamic_resistance(layer, height) + surface
    return fall / -np.expm1(-fall * resistance)


def washout_rate(rain: ArrayLike, a: float = 8.4e-5, b: float = 0.79) -> np.ndarray:
    """Scavenging rate below cloud [s-1] at ``rain`` [mm h-1]: ``a rain^b`` (Maryon et al. 1996, the NAME
    model)."""
    return a * np.maximum(np.asarray(rain, float), 0.0) ** b
