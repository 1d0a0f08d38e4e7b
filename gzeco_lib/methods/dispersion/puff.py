"""Gaussian puffs in changing wind: fields over a grid, and values at receptors, of many sources by the hour.

Each puff moves with the wind interpolated in time and place, grows as the plume of its hour does (``puff_growth``),
and loses mass by decay, washout and deposition. In steady wind puffs add up to the plume without its meander. Heights
are above ground; puffs follow the terrain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dispersion import puff_kernel as kernel
from gzeco_lib.methods.dispersion.inputs import BoundaryLayer, Sources
from gzeco_lib.methods.dispersion.puff_growth import growth
from gzeco_lib.methods.dispersion.puff_wind import (
    APART_CELLS,
    APART_POINTS,
    WHERE,
    from_field,
    from_layer,
    releases,
)

BUDGET = ("emitted", "decayed", "washed_out", "deposited", "left", "airborne")
PARTS = 16  # tasks a run is cut into, whatever runs them, so that the sums are the same
SLIM = 0.12  # spread along over across the wind of young puffs seen at points; over cells they are round

Map = Callable[..., Any]


def serial(function: Callable[..., Any], *sequences: Any) -> list[Any]:
    """One task after the other, in this thread."""
    return [function(*arguments) for arguments in zip(*sequences, strict=True)]


@dataclass(frozen=True)
class Removal:
    """What takes mass out of the air.

    Attributes:
        decay: of first order [s-1], a number or by hour (time,).
        washout: scavenging by rain [s-1], a number or by hour (time,).
        deposition: velocity of dry deposition at the ground [m s-1].
    """

    decay: ArrayLike = 0.0
    washout: ArrayLike = 0.0
    deposition: float = 0.0

    def losses(self, hours: int) -> kernel.Losses:
        """For the kernel; InputError where negative or of other hours."""
        rows = []
        for name in ("decay", "washout", "deposition"):
            values = np.asarray(getattr(self, name), float)
            if (values < 0).any() or not np.isfinite(values).all() or values.size not in (1, hours):
                raise InputError(
                    N_("{name} is negative, missing, or not one value an hour"), WHERE,
                    N_("give one number, or {hours} of them, none below 0"), name=name, hours=hours,
                )  # fmt: skip
            rows.append(np.broadcast_to(values, (hours,)).copy())
        return kernel.Losses(rows[0], rows[1], float(rows[2][0]))


def fields(
    sources: Sources,
    rates: ArrayLike,
    layer: BoundaryLayer,
    x: ArrayLike,
    y: ArrayLike,
    *,
    wind: xr.Dataset | None = None,
    start: np.datetime64 | str | None = None,
    height: float | None = 1.5,
    removal: Removal | None = None,
    frames: int = 1,
    by_source: bool = False,
    run: Map = serial,
) -> xr.Dataset:
    """Mean concentration over a grid, by hour or in shorter frames.

    Args:
        sources: where and how it is released.
        rates: emission [g s-1] (source,) or (source, time); held within the hour.
        layer: weather by the hour: how puffs grow, and the wind where ``wind`` is None.
        x: centres of the cells, evenly spaced, easting [m] (x,).
        y: likewise northing [m] (y,).
        wind: field with dims (time, level, y, x), as ``methods.wind`` gives it, that covers the hours of ``layer``.
        start: when the first hour begins (UTC); None takes the first time of ``wind``, or counts from 2000-01-01.
        height: of the concentration above ground [m]; None is the column, in g m-2.
        removal: decay, washout and deposition; None keeps all.
        frames: means an hour, 1, 2, 3, 4, 6 or 12: for animation.
        by_source: keep sources apart.
        run: runs tasks: a ``map(function, *sequences) -> list``, such as ``parallel.workers`` gives; equal numbers
            whichever.

    Returns:
        ``concentration`` [g m-3] or ``column`` [g m-2] (time, y, x), with ``by_source`` (source, time, y, x),
        means over the cells; ``budget`` [g] (source, fate). ``time`` is the start of each frame.

    Raises:
        InputError: rates, grid, frames or wind do not fit.
    """
    axes = [_axis(values, name) for values, name in ((x, "x"), (y, "y"))]
    if frames not in (1, 2, 3, 4, 6, 12):
        raise InputError(
            N_("{frames} frames do not divide an hour"), WHERE, N_("use 1, 2, 3, 4, 6 or 12"), frames=frames
        )
    job, begin = _prepare(
        sources, rates, layer, wind, start, np.array([np.nan if height is None else height]), removal, frames,
        APART_CELLS,
    )  # fmt: skip
    steps = [float(axis[1] - axis[0]) for axis in axes]
    extent = _extent(len(layer), axes, min(steps) / 6, 1.0)
    frame = np.array([axes[0][0], steps[0], axes[1][0], steps[1]])
    shape = (len(layer) * frames, len(axes[1]), len(axes[0]))
    parts = _parts(len(sources))
    results = list(run(
        _cells, [job.part(rows) for rows in parts], [extent] * len(parts), [frame] * len(parts), [shape] * len(parts),
        [by_source] * len(parts),
    ))  # fmt: skip
    budget = np.concatenate([part[1] for part in results])
    values = np.concatenate([part[0] for part in results]) if by_source else sum(part[0] for part in results)
    name = "column" if height is None else "concentration"
    dims = ("source", "time", "y", "x") if by_source else ("time", "y", "x")
    coords = {
        "time": ("time", _times(begin, shape[0], frames), {"standard_name": "time"}),
        "y": ("y", axes[1], {"units": "m", "standard_name": "projection_y_coordinate"}),
        "x": ("x", axes[0], {"units": "m", "standard_name": "projection_x_coordinate"}),
    }
    about = {"units": "g m-2" if height is None else "g m-3", "cell_methods": "time: mean area: mean"}
    found = xr.Dataset(
        {name: (dims, values if by_source else values[0], about), "budget": _budget(budget)}, coords,
        {"Conventions": "CF-1.11", "title": "Gaussian puffs"},
    )  # fmt: skip
    return (
        found
        if height is None
        else found.assign_coords(height=((), float(height), {"units": "m", "positive": "up"}))
    )


def at_receptors(
    sources: Sources,
    rates: ArrayLike,
    receptors: ArrayLike,
    layer: BoundaryLayer,
    *,
    wind: xr.Dataset | None = None,
    start: np.datetime64 | str | None = None,
    removal: Removal | None = None,
    frames: int = 1,
    run: Map = serial,
) -> xr.Dataset:
    """Mean concentration of each source at each receptor; arguments as for ``fields``.

    Args:
        receptors: x, y [m] and height above ground [m] (receptor, 3).

    Returns:
        ``concentration`` [g m-3] (time, source, receptor), at the points themselves; ``budget`` [g] (source, fate).

    Raises:
        InputError: rates, receptors, frames or wind do not fit.
    """
    points = _receptors(receptors)
    levels, level = np.unique(points[:, 2], return_inverse=True)
    job, begin = _prepare(sources, rates, layer, wind, start, levels, removal, frames, APART_POINTS)
    away = np.hypot(points[:, 0][:, None] - sources.x, points[:, 1][:, None] - sources.y)
    shortest = float(np.clip(away.min() / 200, 0.1, 10.0))
    extent = _extent(len(layer), [points[:, 0], points[:, 1]], shortest, SLIM)
    parts = _parts(len(sources))
    results = list(run(
        _at_points, [job.part(rows) for rows in parts], [extent] * len(parts), [points[:, :2].copy()] * len(parts),
        [level.reshape(-1)] * len(parts), [frames] * len(parts),
    ))  # fmt: skip
    values = np.concatenate([part[0] for part in results]).transpose(1, 0, 2)
    return xr.Dataset(
        {"concentration": (("time", "source", "receptor"), values, {"units": "g m-3", "cell_methods": "time: mean"}),
         "budget": _budget(np.concatenate([part[1] for part in results]))},
        {"time": ("time", _times(begin, len(values), frames), {"standard_name": "time"})},
        {"Conventions": "CF-1.11", "title": "Gaussian puffs"},
    )  # fmt: skip


@dataclass(frozen=True)
class _Job:
    """What the kernel needs of some sources."""

    emission: kernel.Emission
    air: kernel.Air
    growth: kernel.Growth
    losses: kernel.Losses

    def part(self, rows: np.ndarray) -> _Job:
        """The sources ``rows``, with the growth of their kinds only."""
        kinds, here = np.unique(self.emission.kind[rows], return_inverse=True)
        tables = [
            table if table.ndim == 1 else np.ascontiguousarray(table[:, kinds]) for table in self.growth
        ]
        own = self.emission
        emission = kernel.Emission(own.place[rows], here.reshape(-1), own.rates[rows], own.releases[rows])
        return _Job(emission, self.air, kernel.Growth(*tables), self.losses)


def _cells(
    job: _Job, extent: kernel.Run, frame: np.ndarray, shape: tuple[int, ...], by_source: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Fields (1 or source, frame, y, x) and budget of some sources: one task."""
    count = len(job.emission.place)
    out, budget = np.zeros((count if by_source else 1, *shape)), np.zeros((count, len(BUDGET)))
    length = extent.hours * kernel.HOUR / shape[0]
    kernel.spread_on_cells(job.emission, job.air, job.growth, job.losses, extent, frame, length, out, budget)
    return out, budget


def _at_points(
    job: _Job, extent: kernel.Run, points: np.ndarray, level: np.ndarray, frames: int
) -> tuple[np.ndarray, np.ndarray]:
    """Values (source, frame, receptor) and budget of some sources: one task."""
    count = len(job.emission.place)
    out, budget = np.zeros((count, extent.hours * frames, len(points))), np.zeros((count, len(BUDGET)))
    kernel.spread_on_points(
        job.emission,
        job.air,
        job.growth,
        job.losses,
        extent,
        points,
        level,
        kernel.HOUR / frames,
        out,
        budget,
    )
    return out, budget


def _prepare(
    sources: Sources, rates: ArrayLike, layer: BoundaryLayer, wind: xr.Dataset | None, start: Any, levels: np.ndarray,
    removal: Removal | None, frames: int, apart: float,
) -> tuple[_Job, np.datetime64]:  # fmt: skip
    hours = len(layer)
    if not (np.isfinite(sources.x).all() and np.isfinite(sources.y).all()):
        raise InputError(
            N_("{n} sources have no place"), WHERE, N_("give x and y in metres, or leave them out"),
            n=int((~np.isfinite(sources.x) | ~np.isfinite(sources.y)).sum()),
        )  # fmt: skip
    emission = _emission(rates, len(sources), hours)
    if start is None:
        start = "2000-01-01" if wind is None else wind["time"].to_numpy()[0]
    begin = np.datetime64(start).astype("datetime64[ns]")
    air = from_layer(layer) if wind is None else from_field(wind, begin, hours)
    losses = (removal or Removal()).losses(hours)
    tables, kind = growth(sources, layer, levels, losses.deposition > 0)
    place = np.column_stack([sources.x, sources.y])
    given = kernel.Emission(place, kind, emission, releases(air, place, hours, frames, apart))
    return _Job(given, air, tables, losses), begin


def _emission(rates: ArrayLike, sources: int, hours: int) -> np.ndarray:
    given = np.asarray(rates, float)
    if given.shape not in ((sources,), (sources, hours), ()):
        raise InputError(
            N_("the rates have shape {shape}"), WHERE,
            N_("give g s-1 for {sources} sources, or for each in {hours} hours"),
            shape=given.shape, sources=sources, hours=hours,
        )  # fmt: skip
    if not np.isfinite(given).all() or (given < 0).any():
        raise InputError(N_("a rate is negative or missing"), WHERE, N_("give 0 where nothing is released"))
    wide = given[:, None] if given.ndim == 1 else given
    return np.broadcast_to(wide, (sources, hours)).copy()


def _receptors(given: ArrayLike) -> np.ndarray:
    points = np.asarray(given, float)
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all() or (points[:, 2] < 0).any():
        raise InputError(
            N_("receptors are no rows of x, y and height: shape {shape}"), WHERE,
            N_("give x, y and height above ground in metres, none missing, none below the ground"), shape=points.shape,
        )  # fmt: skip
    return points


def _axis(values: ArrayLike, name: str) -> np.ndarray:
    axis = np.asarray(values, float)
    steps = np.diff(axis) if axis.ndim == 1 and axis.size > 1 else np.zeros(1)
    if not np.isfinite(axis).all() or steps[0] <= 0 or not np.allclose(steps, steps[0], rtol=1e-3):
        raise InputError(
            N_("{name} of the grid is not evenly spaced"), WHERE,
            N_("give cell centres at one distance, e.g. those of geo.city_grid"), name=name,
        )  # fmt: skip
    return axis


def _extent(hours: int, axes: list[np.ndarray], shortest: float, slim: float) -> kernel.Run:
    (west, east), (south, north) = ((float(axis.min()), float(axis.max())) for axis in axes)
    return kernel.Run(hours, west, south, east, north, shortest, slim)


def _parts(sources: int) -> list[np.ndarray]:
    """Every n-th source, so that tasks are alike in size."""
    return [rows for rows in np.array_split(np.arange(sources), PARTS) if len(rows)]


def _times(begin: np.datetime64, count: int, frames: int) -> np.ndarray:
    return begin + np.arange(count) * np.timedelta64(3600 // frames, "s")


def _budget(values: np.ndarray) -> xr.DataArray:
    return xr.DataArray(
        values,
        dims=("source", "fate"),
        coords={"fate": list(BUDGET)},
        attrs={"units": "g", "long_name": "where the mass went"},
    )
