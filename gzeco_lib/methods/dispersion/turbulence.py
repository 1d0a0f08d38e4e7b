"""Turbulence and wind by height in a horizontally uniform boundary layer, as the particle model reads them.

Heights are counted from the plane where the wind is zero, one roughness length above ground: the formulas
hold at ``height + roughness_length``. Every profile ends at the lid; above it the particle model has
constants of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dispersion.inputs import BoundaryLayer

WHERE = "methods.dispersion.turbulence"
KARMAN = 0.4
# Kurtosis-free closure of the two-Gaussian density: mean over spread of each half is 2/3 of the cube root of
# skewness.
LUHAR = 2.0 / 3.0
LEAST_SKEWNESS = 1e-3


@dataclass(frozen=True)
class Turbulence:
    """Velocity fluctuations by hour and height.

    Attributes:
        height: [m] (level,), rising from 0.
        sigma_u: standard deviation of the wind to the east [m s-1] (row, level). East and north are alike
            only where ``sigma_u`` and ``sigma_v`` are; ``profiles`` makes them alike, as the wind turns.
        sigma_v: the same to the north [m s-1].
        sigma_w: the same upward [m s-1].
        time_h: Lagrangian time scale of the horizontal wind [s].
        time_w: the same of the vertical wind [s].
        lid: height of the lid [m] (row,); infinite where there is none below the last level.
        skewness: third moment of the vertical wind over ``sigma_w`` cubed [1] (row, level); zero is Gaussian.
    """

    height: np.ndarray
    sigma_u: np.ndarray
    sigma_v: np.ndarray
    sigma_w: np.ndarray
    time_h: np.ndarray
    time_w: np.ndarray
    lid: np.ndarray
    skewness: np.ndarray

    def __post_init__(self) -> None:
        shape = (len(self.lid), len(self.height))
        for name in ("sigma_u", "sigma_v", "sigma_w", "time_h", "time_w", "skewness"):
            values = np.broadcast_to(np.asarray(getattr(self, name), float), shape).copy()
            if not np.isfinite(values).all() or (name != "skewness" and (values <= 0).any()):
                raise InputError(
                    N_("{name} of the turbulence is missing or not above zero in {n} places"), WHERE,
                    N_("give positive numbers at every height of every hour"),
                    name=name, n=int((~np.isfinite(values) | (values <= 0)).sum()),
                )  # fmt: skip
            object.__setattr__(self, name, values)

    def at(self, heights: np.ndarray) -> Turbulence:
        """Linear interpolation to ``heights`` [m]; held outside."""
        rows = {
            name: np.stack([np.interp(heights, self.height, row) for row in getattr(self, name)])
            for name in ("sigma_u", "sigma_v", "sigma_w", "time_h", "time_w", "skewness")
        }
        return Turbulence(height=np.asarray(heights, float), lid=self.lid, **rows)


def profiles(layer: BoundaryLayer, height: np.ndarray, skewed: bool = False) -> Turbulence:
    """Turbulence at ``height`` [m] (level,) of every hour.

    - Vertical: ``sigma_w^2 = 1.8 w*^2 s^(2/3) (1 - 0.8 s)^2 + (1.25 u*)^2 (1 - s)^1.5``, s = z / h:
      convective part Lenschow et al. 1980, J. Atmos. Sci. 37, 1313; mechanical
      part 1.25 u* at the ground (Flesch et al. 1995) and its
      decrease from Nieuwstadt 1984, doi:10.1175/1520-0469(1984)041<2202:TTSOTS>2.0.CO;2.
    - Horizontal: ``3.6 u*^2 (1 - s) + 0.35 w*^2``, at least 0.2 m s-1, as AERMOD (Cimorelli et al. 2005,
      doi:10.1175/JAM2227.1); where the layer holds a measured ``sigma_v``, the whole profile is scaled to
      meet it at the reference height.
    - Time scale of w: ``0.5 z / sigma_w``, times ``(1 - 6 z/L)^(1/4)`` in unstable and over ``1 + 5 z/L`` in
      stable air (Wilson et al. 1981, Boundary-Layer Meteorology 21, 443; Flesch et al. 1995,
      doi:10.1175/1520-0450(1995)034<1320:BTLSDM>2.0.CO;2), at most that of
      Hanna 1982 aloft: ``0.15 (h / sigma_w) (1 - exp(-5 s))`` in unstable air; in neutral and stable air over
      ``1 + 4.5 s``, which is his ``1 + 15 f z/u*`` with the neutral depth ``h = 0.3 u*/f``.
    - Time scale of u and v: ``0.15 h / sigma_v``, in neutral and stable air times ``s^0.5`` (Hanna 1982, in Atmospheric
      Turbulence and Air Pollution Modelling, Reidel; in stable air his value for the wind along serves for both).
    - Skewness, where ``skewed``: ``1.2 w*^3 s (1 - s)^1.5 / sigma_w^3`` (Cassiani et al. 2015,
      doi:10.1007/s10546-014-9976-5), faded towards the ground by ``(1 - exp(-z / |L|))^3``: shear makes the
      wind Gaussian there, and perfect reflection asks it.
    """
    _check(layer)
    u, w = layer.friction_velocity[:, None], _convective(layer)[:, None]
    h, length = layer.mixing_height[:, None], layer.obukhov_length[:, None]
    z = np.minimum(np.asarray(height, float)[None, :] + layer.roughness_length[:, None], 0.999 * h)
    s = z / h
    sigma_w = np.sqrt(1.8 * w**2 * s ** (2 / 3) * (1 - 0.8 * s) ** 2 + (1.25 * u) ** 2 * (1 - s) ** 1.5)
    sigma_w = np.maximum(sigma_w, 0.02)
    sigma_h = np.maximum(np.sqrt(3.6 * u**2 * (1 - s) + 0.35 * w**2), 0.2)
    sigma_h = sigma_h * _measured(layer, sigma_h, np.asarray(height, float))
    surface = 0.5 * z / sigma_w
    unstable = np.minimum(
        surface * (1 + 6 * z / np.maximum(-length, 1e-6)) ** 0.25, 0.15 * h / sigma_w * (1 - np.exp(-5 * s))
    )
    stable = surface / (1 + 5 * z / np.where(length > 0, length, np.inf) + 4.5 * s)
    skewness = np.zeros_like(s)
    if skewed:
        sheared = -np.expm1(-np.asarray(height, float) / np.where(length < 0, -length, np.inf))
        skewness = 1.2 * w**3 * s * (1 - s) ** 1.5 / sigma_w**3 * sheared**3
    return Turbulence(
        height=np.asarray(height, float), sigma_u=sigma_h, sigma_v=sigma_h, sigma_w=sigma_w,
        time_h=0.15 * np.where(length < 0, 1.0, np.sqrt(s)) * h / sigma_h,
        time_w=np.where(length < 0, unstable, stable),
        lid=layer.mixing_height.copy(), skewness=skewness,
    )  # fmt: skip


def _convective(layer: BoundaryLayer) -> np.ndarray:
    """w* [m s-1] (row,): the layer's, or in unstable hours without one ``u* (h / (k |L|))^(1/3)``; 0 in
    stable air."""
    unstable = layer.obukhov_length < 0
    implied = layer.friction_velocity * np.cbrt(layer.mixing_height / (KARMAN * np.abs(layer.obukhov_length)))
    return np.where(
        unstable, np.where(layer.convective_velocity > 0, layer.convective_velocity, implied), 0.0
    )


def _measured(layer: BoundaryLayer, sigma_h: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Measured over modelled ``sigma_v`` at the reference height, 1 where unmeasured (row, 1)."""
    modelled = [np.interp(z, height, row) for z, row in zip(layer.reference_height, sigma_h, strict=True)]
    return np.where(np.isfinite(layer.sigma_v), np.maximum(layer.sigma_v, 0.02) / np.array(modelled), 1.0)[
        :, None
    ]


def speed(layer: BoundaryLayer, height: np.ndarray) -> np.ndarray:
    """Mean wind speed [m s-1] (row, level) by similarity theory, through the measured speed at its height.

    Businger-Dyer as integrated by Paulson 1970 in unstable, Van Ulden and Holtslag 1985 (equation 21) in
    stable air; held above the mixing height.
    """
    rough, length = layer.roughness_length[:, None], layer.obukhov_length[:, None]
    lid = layer.mixing_height[:, None]

    def shape(z: np.ndarray) -> np.ndarray:
        above = np.minimum(z, lid) + rough
        return np.log(above / rough) - _psi(above / length) + _psi(rough / length)

    through = layer.wind_speed[:, None] / shape(layer.reference_height[:, None])
    return through * shape(np.asarray(height, float)[None, :])


def _psi(ratio: np.ndarray) -> np.ndarray:
    """Stability correction of the logarithmic profile [1] at ``z / L``."""
    root = (1 - 16 * np.minimum(ratio, 0)) ** 0.25
    unstable = 2 * np.log((1 + root) / 2) + np.log((1 + root**2) / 2) - 2 * np.arctan(root) + np.pi / 2
    return np.where(ratio < 0, unstable, -17 * (1 - np.exp(-0.29 * np.maximum(ratio, 0))))


def halves(sigma: np.ndarray, skewness: np.ndarray) -> np.ndarray:
    """The two Gaussians whose sum has these moments: weight, mean, spread, mean, spread on the last axis.

    Updraughts first. Closure of Luhar et al. 1996, Atmospheric Environment 30, 1407, equations 8 to 12. Zero
    skewness gives two equal halves.
    """
    magnitude = np.maximum(np.abs(skewness), LEAST_SKEWNESS)
    m = LUHAR * np.cbrt(magnitude)
    r = (1 + m**2) ** 3 * magnitude**2 / ((3 + m**2) ** 2 * m**2)
    up = 0.5 * (1 - np.sqrt(r / (4 + r)))
    wide = sigma * np.sqrt((1 - up) / (up * (1 + m**2)))
    narrow = sigma * np.sqrt(up / ((1 - up) * (1 + m**2)))
    parts = np.stack([up, m * wide, wide, -m * narrow, narrow], axis=-1)
    mirrored = np.stack([up, -m * wide, wide, m * narrow, narrow], axis=-1)
    return np.where((skewness < 0)[..., None], mirrored, parts)


def _check(layer: BoundaryLayer) -> None:
    positive = ("friction_velocity", "mixing_height", "roughness_length", "reference_height")
    for name in (*positive, "wind_speed", "wind_from", "obukhov_length", "convective_velocity"):
        values = getattr(layer, name)
        bad = np.isnan(values) | ((values <= 0) if name in positive else (values == -np.inf))
        if name == "obukhov_length":
            bad |= values == 0
        if bad.any():
            raise InputError(
                N_("{name} is missing or impossible in hour {hour} of the boundary layer"), WHERE,
                N_("give a positive finite number, or leave the hour out"),
                name=name, hour=int(np.flatnonzero(bad)[0]),
            )  # fmt: skip
