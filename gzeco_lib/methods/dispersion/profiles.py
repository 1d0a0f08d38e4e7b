"""Wind, turbulence and temperature gradient with height in the boundary layer, from its surface parameters.

Sources: Cimorelli et al. (2005), doi:10.1175/JAM2227.1, section 4 (profiles of AERMOD); Paulson (1970) and van Ulden
and Holtslag (1985), doi:10.1175/1520-0450(1985)024<1196:EOABLP>2.0.CO;2, for the wind. Heights are above ground.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gzeco_lib.methods.dispersion.inputs import BoundaryLayer

KARMAN = 0.4
GRAVITY = 9.80665
LEAST_LATERAL, LEAST_VERTICAL = 0.2, 0.02  # [m s-1], floors of AERMOD on turbulence
# Levels of the tables: dense at the ground, 5 km at the top; the wind is straight between them to 2 %.
HEIGHTS = np.concatenate([[0.0], np.geomspace(0.5, 5000.0, 33)])


def psi_m(ratio: ArrayLike) -> np.ndarray:
    """Integrated stability correction of the wind profile at ``z / L`` [1].

    Unstable: Paulson (1970) with 16; stable: ``-17 (1 - exp(-0.29 z / L))`` of van Ulden and Holtslag (1985), which
    stays finite for any z / L.
    """
    r = np.asarray(ratio, float)
    x = (1.0 - 16.0 * np.minimum(r, 0.0)) ** 0.25
    unstable = 2 * np.log((1 + x) / 2) + np.log((1 + x**2) / 2) - 2 * np.arctan(x) + np.pi / 2
    return np.where(r < 0, unstable, -17.0 * (1.0 - np.exp(-0.29 * np.maximum(r, 0.0))))


def wind_shape(z: np.ndarray, roughness: np.ndarray, length: np.ndarray) -> np.ndarray:
    """``k U(z) / u*`` [1]; straight to nothing below seven roughness lengths."""
    low = 7.0 * roughness
    at = np.maximum(z, low)
    shape = np.log(at / roughness) - psi_m(at / length) + psi_m(roughness / length)
    return shape * np.minimum(z / low, 1.0)


def wind(layer: BoundaryLayer, heights: ArrayLike) -> np.ndarray:
    """Wind speed [m s-1] (time, height): Monin-Obukhov profile through the measured wind, constant above the lid."""
    z = np.minimum(np.asarray(heights, float)[None], layer.mixing_height[:, None])
    z0, length = layer.roughness_length[:, None], layer.obukhov_length[:, None]
    anchor = wind_shape(np.minimum(layer.reference_height, layer.mixing_height)[:, None], z0, length)
    return layer.wind_speed[:, None] * wind_shape(z, z0, length) / anchor


def sigma_w(layer: BoundaryLayer, heights: ArrayLike) -> np.ndarray:
    """Standard deviation of the vertical wind [m s-1] (time, height)."""
    z, lid = np.asarray(heights, float)[None], layer.mixing_height[:, None]
    part = z / lid
    convective = 0.35 * np.where(part > 1, np.exp(-6.0 * np.maximum(part - 1.0, 0.0)), 1.0)
    convective = np.minimum(convective, 1.6 * part ** (2.0 / 3.0)) * layer.convective_velocity[:, None] ** 2
    at_ground = 1.3 * layer.friction_velocity[:, None]
    aloft = _wind_at_lid(layer)[:, None]
    mechanical = at_ground**2 * np.maximum(1.0 - part, 0.0) + (0.02 * np.minimum(part, 1.0) * aloft) ** 2
    return np.maximum(np.sqrt(convective + mechanical), LEAST_VERTICAL)


def _wind_at_lid(layer: BoundaryLayer) -> np.ndarray:
    z0, length, lid = layer.roughness_length, layer.obukhov_length, layer.mixing_height
    return (
        layer.wind_speed
        * wind_shape(lid, z0, length)
        / wind_shape(np.minimum(layer.reference_height, lid), z0, length)
    )


def sigma_v(layer: BoundaryLayer, heights: ArrayLike) -> np.ndarray:
    """Standard deviation of the wind across the mean [m s-1] (time, height); scaled to the measured one where given."""
    z, lid = np.asarray(heights, float)[None], layer.mixing_height[:, None]
    ground = 3.6 * layer.friction_velocity[:, None] ** 2
    high = np.minimum(ground, 0.25)
    mechanical = ground + (high - ground) * np.minimum(z / lid, 1.0)
    within = 0.35 * layer.convective_velocity[:, None] ** 2
    above = np.minimum(within, 0.25)
    convective = within + (above - within) * np.clip((z / lid - 1.0) / 0.2, 0.0, 1.0)
    modelled = np.sqrt(mechanical + convective)
    measured = layer.sigma_v[:, None]
    at_ground = np.sqrt(ground + within)
    floor = np.maximum(modelled, LEAST_LATERAL)
    return np.where(np.isfinite(measured), modelled * measured / at_ground, floor)


def gradient(layer: BoundaryLayer, heights: ArrayLike) -> np.ndarray:
    """Gradient of potential temperature [K m-1] (time, height): none within an unstable layer, ``lapse`` above it.

    Stable: ``theta* / (k z) (1 + 5 z / L)`` to 100 m, then fading over 0.44 of the mixing height, at least 0.002.
    """
    z, lid = np.asarray(heights, float)[None], layer.mixing_height[:, None]
    length = layer.obukhov_length[:, None]
    at = np.clip(z, 2.0, 100.0)
    positive = np.where(length > 0, length, np.inf)
    scale = layer.friction_velocity[:, None] ** 2 * layer.temperature[:, None] / (GRAVITY * KARMAN * positive)
    stable = scale / (KARMAN * at) * (1.0 + 5.0 * at / positive)
    stable = stable * np.exp(-np.maximum(z - 100.0, 0.0) / (0.44 * np.maximum(lid, 100.0)))
    above = np.where(z < lid + 500.0, layer.lapse[:, None], 0.005)
    return np.where(length > 0, np.maximum(stable, 0.002), np.where(z <= lid, 0.0, above))


@dataclass(frozen=True)
class Profiles:
    """Tables over ``HEIGHTS``: values (time, height) of u, sigma_v, sigma_w [m s-1], gradient [K m-1]."""

    values: np.ndarray  # (time, 4, height)
    integral: np.ndarray  # the same integrated from the ground

    @classmethod
    def of(cls, layer: BoundaryLayer) -> Profiles:
        """Tables of ``layer``."""
        values = np.stack([f(layer, HEIGHTS) for f in (wind, sigma_v, sigma_w, gradient)], axis=1)
        middle = 0.5 * (values[..., 1:] + values[..., :-1]) * np.diff(HEIGHTS)
        integral = np.concatenate([np.zeros((*values.shape[:2], 1)), np.cumsum(middle, -1)], -1)
        return cls(np.ascontiguousarray(values), np.ascontiguousarray(integral))

    def at(self, which: int, heights: np.ndarray) -> np.ndarray:
        """Value ``which`` at ``heights`` (time, n), straight between levels."""
        return _between(self.values[:, which], heights)

    def mean_below(self, which: int, heights: np.ndarray) -> np.ndarray:
        """Mean of ``which`` from the ground up to ``heights`` (time,)."""
        return _between(self.integral[:, which], heights[:, None])[:, 0] / heights


def _between(table: np.ndarray, heights: np.ndarray) -> np.ndarray:
    z = np.clip(heights, 0.0, HEIGHTS[-1])
    upper = np.clip(np.searchsorted(HEIGHTS, z), 1, len(HEIGHTS) - 1)
    rows = np.arange(len(z))[:, None]
    part = (z - HEIGHTS[upper - 1]) / (HEIGHTS[upper] - HEIGHTS[upper - 1])
    return table[rows, upper - 1] * (1 - part) + table[rows, upper] * part
