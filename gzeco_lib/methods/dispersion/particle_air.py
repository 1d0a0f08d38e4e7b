"""The air that particles move in, laid out as the kernel reads it: turbulence by hour, wind by time and
place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dispersion import turbulence
from gzeco_lib.methods.dispersion.inputs import BoundaryLayer
from gzeco_lib.methods.dispersion.turbulence import Turbulence

WHERE = "methods.dispersion.particles"
LEVELS = 80
BELOW = (
    0.0,
    0.01,
    0.03,
    0.1,
    0.3,
    0.6,
)  # levels added under the lowest of a wind field, as shares of its height


@dataclass(frozen=True)
class Air:
    """Wind and turbulence of some hours. ``Air.over`` makes it from weather, ``Air.uniform`` from given
    profiles.

    Attributes:
        start: first instant of the first row, UTC.
        row_s: length of a row of turbulence [s].
        layer: the weather it was made from; None where the profiles were given.
        turbulence: by row and height.
        wind: u, v, w [m s-1] (time, y, x, level, 3), float32; w along the terrain.
        wind_height: levels of the wind [m] (level,), the first at 0.
        wind_start: time of the first wind field, from ``start`` [s].
        wind_step: between wind fields [s].
        held: whether a wind field holds for its whole step (else linear in time).
        x0, y0: of the first column of the wind [m].
        dx, dy: between columns [m].
    """

    start: np.datetime64
    row_s: float
    layer: BoundaryLayer | None
    turbulence: Turbulence
    wind: np.ndarray
    wind_height: np.ndarray
    wind_start: float = 0.0
    wind_step: float = 3600.0
    held: bool = True
    x0: float = 0.0
    y0: float = 0.0
    dx: float = 1.0
    dy: float = 1.0

    @property
    def rows(self) -> int:
        """Rows of turbulence."""
        return len(self.turbulence.lid)

    @property
    def gridded(self) -> bool:
        """Whether the wind differs from place to place."""
        return self.wind.shape[1] > 1

    @property
    def bounds(self) -> np.ndarray:
        """West, east, south, north end of the wind field [m]; infinite where it is uniform."""
        if not self.gridded:
            return np.array([-np.inf, np.inf, -np.inf, np.inf])
        ny, nx = self.wind.shape[1:3]
        return np.array([self.x0, self.x0 + (nx - 1) * self.dx, self.y0, self.y0 + (ny - 1) * self.dy])

    def seconds(self, time: Any) -> float:
        """``time`` (a UTC datetime64 or what makes one) as seconds from the start."""
        return float((np.datetime64(time, "ns") - np.datetime64(self.start, "ns")) / np.timedelta64(1, "s"))

    @classmethod
    def over(
        cls,
        layer: BoundaryLayer,
        start: Any = "2000-01-01",
        wind: xr.Dataset | None = None,
        row_s: float = 3600.0,
        skewed: bool = False,
    ) -> Air:
        """The air of a row of hours.

        Args:
            layer: weather by the hour; turbulence is uniform over the plane.
            start: start of the first row, UTC.
            wind: u, v, w [m s-1] (time, level, y, x) as ``methods.wind`` gives it, or none for the wind of
                ``layer`` everywhere. Below its lowest level the logarithmic profile is used. With
                ``elevation`` (y, x) the vertical wind
                is counted from the sloping ground.
            row_s: length of a row of ``layer`` [s].
            skewed: two-Gaussian vertical turbulence in convective hours.

        Raises:
            InputError: weather or wind that is missing, uneven or does not cover the hours.
        """
        begun = np.datetime64(start, "ns")
        top = 1.3 * float(np.max(layer.mixing_height))
        if wind is not None:
            top = max(top, float(wind["level"].max()))
        height = _stretched(top, float(layer.roughness_length.min()))
        made = turbulence.profiles(layer, height, skewed)
        if wind is None:
            angle = np.deg2rad(layer.wind_from)[:, None]
            size = turbulence.speed(layer, height)
            field = np.stack([-size * np.sin(angle), -size * np.cos(angle), 0 * size], axis=-1)
            return cls(begun, row_s, layer, made, _packed(field[:, None, None]), height, wind_step=row_s)
        return cls(begun, row_s, layer, made, **_gridded(wind, layer, begun, row_s))

    @classmethod
    def uniform(
        cls, turbulence: Turbulence, u: Any, v: Any = 0.0, start: Any = "2000-01-01", row_s: float = 3600.0
    ) -> Air:
        """The air of given profiles: ``u``, ``v`` [m s-1] by (row, level) of ``turbulence``, or one
        number."""
        shape = (len(turbulence.lid), len(turbulence.height))
        field = np.stack([np.broadcast_to(np.asarray(c, float), shape) for c in (u, v, 0.0)], axis=-1)
        wind = _packed(field[:, None, None])
        return cls(
            np.datetime64(start, "ns"), row_s, None, turbulence, wind, turbulence.height, wind_step=row_s
        )

    def perturbed(self, turn: float, stretch: float) -> Air:
        """The same air with its wind turned clockwise by ``turn`` [deg] and its speed times ``stretch``
        [1]."""
        angle = np.deg2rad(turn)
        u, v, w = np.moveaxis(self.wind, -1, 0)
        turned = (u * np.cos(angle) + v * np.sin(angle), v * np.cos(angle) - u * np.sin(angle), w)
        return replace(self, wind=_packed(stretch * np.stack(turned, axis=-1)))


def _packed(field: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(field, np.float32)


def _stretched(top: float, rough: float) -> np.ndarray:
    """Heights from 0 to ``top``, their spacing growing with the height."""
    scale = 2 * rough
    return scale * np.expm1(np.linspace(0, np.log1p(top / scale), LEVELS))


def _even(values: np.ndarray, name: str) -> tuple[float, float]:
    """First value and spacing of an evenly spaced axis."""
    steps = np.diff(values)
    if len(values) < 2 or (steps <= 0).any() or not np.allclose(steps, steps[0], rtol=1e-3):
        raise InputError(
            N_("the axis {name} of the wind is not evenly spaced and rising"), WHERE,
            N_("interpolate the wind to an even axis of at least two values"), name=name,
        )  # fmt: skip
    return float(values[0]), float(steps[0])


def _gridded(wind: xr.Dataset, layer: BoundaryLayer, start: np.datetime64, row_s: float) -> dict[str, Any]:
    """What ``Air`` holds of a wind field."""
    axes = ("time", "level", "y", "x")
    missing = [name for name in ("u", "v", "w") if name not in wind] + [
        a for a in axes if a not in wind.coords
    ]
    if missing:
        raise InputError(
            N_("the wind has no {missing}"), WHERE, N_("give u, v, w over time, level, y, x, as methods.wind does"),
            missing=", ".join(missing),
        )  # fmt: skip
    (x0, dx), (y0, dy) = (_even(wind[a].to_numpy().astype(float), a) for a in ("x", "y"))
    seconds = (wind["time"].to_numpy().astype("datetime64[ns]") - start) / np.timedelta64(1, "s")
    first, step = _even(seconds, "time") if len(seconds) > 1 else (float(seconds[0]), row_s)
    if "mean" in wind["u"].attrs.get("cell_methods", ""):
        first += step / 2  # the mean of an hour is the wind at its middle
    field = np.stack(
        [wind[c].transpose("time", "y", "x", "level").to_numpy() for c in ("u", "v", "w")], axis=-1
    )
    if not np.isfinite(field).all():
        raise InputError(
            N_("the wind is missing in {n} places"), WHERE, N_("fill the gaps first"),
            n=int((~np.isfinite(field)).sum()),
        )  # fmt: skip
    if "elevation" in wind:
        ground = wind["elevation"].transpose("y", "x").to_numpy()
        along_y, along_x = np.gradient(ground, dy, dx)
        field[..., 2] -= field[..., 0] * along_x[..., None] + field[..., 1] * along_y[..., None]
    height = wind["level"].to_numpy().astype(float)
    rows = np.clip(((first + step * np.arange(len(seconds))) // row_s).astype(int), 0, len(layer) - 1)
    field, height = _to_the_ground(field, height, layer.take(rows))
    return {
        "wind": _packed(field), "wind_height": height, "wind_start": first, "wind_step": step, "held": False,
        "x0": x0, "y0": y0, "dx": dx, "dy": dy,
    }  # fmt: skip


def _to_the_ground(
    field: np.ndarray, height: np.ndarray, layer: BoundaryLayer
) -> tuple[np.ndarray, np.ndarray]:
    """The wind with levels below its lowest: logarithmic along the ground, straight to zero upward."""
    below = np.array(BELOW) * height[0]
    speed = turbulence.speed(layer, np.append(below, height[0]))
    share = np.stack(
        [speed[:, :-1] / speed[:, -1:]] * 2 + [np.tile(below / height[0], (len(layer), 1))], axis=-1
    )
    lower = field[:, :, :, :1] * share[:, None, None]
    return np.concatenate([lower, field], axis=3), np.concatenate([below, height])
