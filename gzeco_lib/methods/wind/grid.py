"""The grid of a wind field: columns over a plane, levels above the ground, the ground itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gzeco_lib.errors import N_, InputError

WHERE = "methods.wind"


def _axis(values: np.ndarray, name: str, even: bool) -> np.ndarray:
    """``values`` as a rising row of at least two numbers, evenly spaced where ``even``."""
    axis = np.atleast_1d(np.asarray(values, float))
    steps = np.diff(axis)
    rising = axis.ndim == 1 and np.isfinite(axis).all() and (steps > 0).all()
    if not rising or len(axis) < (2 if even else 1):
        raise InputError(
            N_("{name} of the grid is no rising row of numbers"), WHERE,
            N_("give cell centres in metres, smallest first, at least two"), name=name,
        )  # fmt: skip
    if even and not np.allclose(steps, steps[0], rtol=1e-3):
        raise InputError(
            N_("{name} of the grid is not evenly spaced"), WHERE,
            N_("give cell centres at one distance, e.g. those of geo.city_grid"), name=name,
        )  # fmt: skip
    return axis


@dataclass(frozen=True)
class WindGrid:
    """Cells of a wind field.

    Attributes:
        x: centres, easting [m] (x,), evenly spaced.
        y: centres, northing [m] (y,), evenly spaced.
        heights: levels above ground [m] (level,).
        elevation: of the ground above the sea [m] (y, x); None is flat.
    """

    x: np.ndarray
    y: np.ndarray
    heights: np.ndarray
    elevation: np.ndarray | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", _axis(self.x, "x", even=True))
        object.__setattr__(self, "y", _axis(self.y, "y", even=True))
        object.__setattr__(self, "heights", _axis(self.heights, "heights", even=False))
        if self.heights[0] <= 0:
            raise InputError(
                N_("the lowest level is at {height} m"), WHERE, N_("give levels above the ground"),
                height=float(self.heights[0]),
            )  # fmt: skip
        if self.elevation is None:
            return
        ground = np.asarray(self.elevation, float)
        if ground.shape != (len(self.y), len(self.x)) or not np.isfinite(ground).all():
            raise InputError(
                N_("the elevation has shape {shape} and {missing} missing values"), WHERE,
                N_("give metres above the sea on the grid, {rows} rows of y by {columns} of x"),
                shape=ground.shape, missing=int((~np.isfinite(ground)).sum()),
                rows=len(self.y), columns=len(self.x),
            )  # fmt: skip
        object.__setattr__(self, "elevation", ground)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Levels, rows (y), columns (x)."""
        return len(self.heights), len(self.y), len(self.x)

    @property
    def spacing(self) -> tuple[float, float]:
        """Distance of centres along y and x [m]."""
        return float(self.y[1] - self.y[0]), float(self.x[1] - self.x[0])

    @property
    def edges(self) -> np.ndarray:
        """Tops and bottoms of the layers around the levels [m] (level + 1,): ground, half-way marks, top."""
        middle = (self.heights[1:] + self.heights[:-1]) / 2
        below = middle[-1] if len(middle) else 0.0
        return np.concatenate([[0.0], middle, [2 * self.heights[-1] - below]])

    @property
    def slope(self) -> tuple[np.ndarray, np.ndarray]:
        """Rise of the ground along x and along y [1], each (y, x); zeros where flat."""
        if self.elevation is None:
            flat = np.zeros(self.shape[1:])
            return flat, flat
        along_y, along_x = np.gradient(self.elevation, *self.spacing)
        return along_x, along_y
