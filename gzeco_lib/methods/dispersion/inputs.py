"""What every dispersion model takes: sources, and the boundary layer over flat ground, one row an hour."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_, InputError


def _row(values: ArrayLike, length: int, name: str) -> np.ndarray:
    """``values`` as floats of shape (length,); a scalar is repeated."""
    array = np.asarray(values, float)
    if array.ndim > 1 or (array.ndim == 1 and len(array) not in (1, length)):
        raise InputError(
            N_("{name} has shape {shape}"), "methods.dispersion", N_("give {length} values, or one for all"),
            name=name, shape=array.shape, length=length,
        )  # fmt: skip
    return np.broadcast_to(array, (length,)).copy()


@dataclass(frozen=True)
class Sources:
    """Point sources; positions in a plane [m] (EPSG:4547 in the product), one row a source.

    Attributes:
        x: easting [m] (source,).
        y: northing [m] (source,).
        height: release height above ground [m].
        diameter: inner diameter at the stack's mouth [m]; 0 where nothing rises.
        velocity: exit velocity [m s-1].
        temperature: exit temperature [K]; NaN is that of the air.
        sigma_y0: spread across the wind at the source [m], of a release that is not a point.
        sigma_z0: the same in the vertical [m].
    """

    x: np.ndarray
    y: np.ndarray
    height: np.ndarray
    diameter: np.ndarray = field(default_factory=lambda: np.zeros(1))
    velocity: np.ndarray = field(default_factory=lambda: np.zeros(1))
    temperature: np.ndarray = field(default_factory=lambda: np.full(1, np.nan))
    sigma_y0: np.ndarray = field(default_factory=lambda: np.zeros(1))
    sigma_z0: np.ndarray = field(default_factory=lambda: np.zeros(1))

    def __post_init__(self) -> None:
        length = np.atleast_1d(np.asarray(self.x)).size
        for name in self.__dataclass_fields__:
            object.__setattr__(self, name, _row(getattr(self, name), length, name))

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class BoundaryLayer:
    """Weather of the boundary layer at one place, one row an hour.

    Attributes:
        wind_speed: at ``reference_height`` [m s-1] (time,).
        wind_from: direction the wind comes from, clockwise from north [deg].
        friction_velocity: u* [m s-1].
        obukhov_length: L [m]; positive is stable, negative unstable, infinite neutral.
        mixing_height: height of the lid [m].
        roughness_length: z0 [m].
        reference_height: of wind speed and temperature [m].
        temperature: air at ``reference_height`` [K].
        convective_velocity: w* [m s-1]; 0 where the layer is not convective.
        lapse: potential temperature gradient above the mixing height, or in the stable layer [K m-1].
        sigma_v: measured standard deviation of the wind across the mean [m s-1]; NaN is unmeasured.
    """

    wind_speed: np.ndarray
    wind_from: np.ndarray
    friction_velocity: np.ndarray
    obukhov_length: np.ndarray
    mixing_height: np.ndarray
    roughness_length: np.ndarray = field(default_factory=lambda: np.full(1, 0.1))
    reference_height: np.ndarray = field(default_factory=lambda: np.full(1, 10.0))
    temperature: np.ndarray = field(default_factory=lambda: np.full(1, 293.15))
    convective_velocity: np.ndarray = field(default_factory=lambda: np.zeros(1))
    lapse: np.ndarray = field(default_factory=lambda: np.full(1, 0.005))
    sigma_v: np.ndarray = field(default_factory=lambda: np.full(1, np.nan))

    def __post_init__(self) -> None:
        length = np.atleast_1d(np.asarray(self.wind_speed)).size
        for name in self.__dataclass_fields__:
            object.__setattr__(self, name, _row(getattr(self, name), length, name))

    def __len__(self) -> int:
        return len(self.wind_speed)

    def take(self, rows: ArrayLike) -> BoundaryLayer:
        """The hours ``rows`` (indices or a mask)."""
        chosen = np.asarray(rows)
        return BoundaryLayer(**{name: getattr(self, name)[chosen] for name in self.__dataclass_fields__})
