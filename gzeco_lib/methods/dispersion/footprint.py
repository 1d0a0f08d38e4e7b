"""Footprints: which emissions a receptor saw in an hour, by particles followed backward in time.

A particle that arrives at the receptor spent some time near the ground on its way. That time, by cell and by
hour before, is the response of the concentration to what is emitted there (Flesch et al. 1995,
doi:10.1175/1520-0450(1995)034<1320:BTLSDM>2.0.CO;2;
Seibert and Frank 2004, doi:10.5194/acp-4-51-2004).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dispersion.particle_air import Air
from gzeco_lib.methods.dispersion.particle_run import Counted, Losses, Start, Steps, cells_of, run, volume
from gzeco_lib.parallel import workers

WHERE = "methods.dispersion.footprint"


def backward(
    receptors: ArrayLike,
    times: Any,
    air: Air,
    hours: int,
    n: int,
    seed: int,
    *,
    x: ArrayLike,
    y: ArrayLike,
    layer: tuple[float, float] = (0.0, 20.0),
    duration: float = 3600.0,
    box: tuple[float, float, float] = (0.0, 0.0, 0.0),
    losses: Losses | None = None,
    steps: Steps | None = None,
    reach: float = np.inf,
    cluster: str | None = None,
) -> xr.Dataset:
    """Footprints of every receptor in every hour.

    Args:
        receptors: x, y [m], height above ground [m] (receptor, 3).
        times: start of the receptor's hours, UTC (time,).
        air: wind and turbulence (``Air.over``), from ``hours`` before the first time to the end of the last.
        hours: how far back, counted from the start of the receptor's hour.
        n: particles a receptor-hour, arriving evenly over it.
        seed: of the random numbers.
        x, y: cell centres [m], even.
        layer: bottom and top of the air that emissions are mixed into at once [m].
        duration: of the receptor's mean [s].
        box: full widths of the volume the receptor stands for [m]; zeros are a point.
        losses: the same as forward: they act alike in both directions.
        steps: length of the time step.
        reach: how far outside the grid particles are followed before they count as ``left`` [m].
        cluster: where the receptor-hours run, as ``parallel.workers`` takes it.

    Returns:
        ``footprint`` [s m-3] (receptor, time, time_back, y, x): mean concentration over the receptor's hour
        [kg m-3] by unit rate [kg s-1] emitted evenly in a cell during the hour that starts ``time_back``
        hours before. ``left``, ``lost`` and ``airborne``
        (receptor, time): shares of the particles that left the wind field (their air brought something from
        outside), that decayed or were deposited on the way, and that were still under way at the end.

    Raises:
        InputError: receptors that are no rows of three finite numbers, times beyond the air, an uneven grid.
    """
    points = np.asarray(receptors, float)
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all() or (points[:, 2] < 0).any():
        raise InputError(
            N_("receptors have shape {shape}, or hold missing values or places below ground"), WHERE,
            N_("give rows of x, y and height above ground in metres"), shape=points.shape,
        )  # fmt: skip
    if n < 1 or hours < 0:
        raise InputError(N_("{n} particles over {hours} h make no footprint"), WHERE,
                         N_("give at least one particle, and hours not below zero"), n=n, hours=hours)  # fmt: skip
    when = np.atleast_1d(np.asarray(times, "datetime64[ns]"))
    cells = cells_of(x, y, layer)
    pairs = [(point, moment) for point in range(len(points)) for moment in range(len(when))]
    same = (air, hours, n, seed, cells, duration, box, losses or Losses(), steps or Steps(), reach)
    with workers(cluster) as each:
        parts = each(
            _one, [points[p] for p, _ in pairs], [air.seconds(when[t]) for _, t in pairs],
            [k * n for k in range(len(pairs))], *([argument] * len(pairs) for argument in same),
        )  # fmt: skip
    return _dataset(parts, points, when, cells, np.asarray(x, float), np.asarray(y, float), hours)


def _one(
    point: np.ndarray, begin: float, first: int, air: Air, hours: int, n: int, seed: int, cells: Any,
    duration: float, box: tuple[float, float, float], losses: Losses, steps: Steps, reach: float,
) -> Counted:  # fmt: skip
    """One receptor-hour; its particles are numbered from ``first``."""
    time = begin + (np.arange(n) + 0.5) / n * duration
    start = Start(
        place=np.tile(point, (n, 1)), time=time, mass=np.full(n, 1.0 / n), group=np.zeros(n, np.int64),
        spread=np.zeros((n, 3)), box=np.tile(np.asarray(box, float), (n, 1)),
    )  # fmt: skip
    edges = np.concatenate([[begin + duration], begin - 3600.0 * np.arange(hours + 1)])
    return run(start, air, edges, cells, losses, steps, seed, first, reach=reach)


def _dataset(
    parts: list[Counted],
    points: np.ndarray,
    when: np.ndarray,
    cells: Any,
    x: np.ndarray,
    y: np.ndarray,
    hours: int,
) -> xr.Dataset:
    shape = (len(points), len(when))
    seen = np.stack([part.counts[:, 0, 0] for part in parts]) / volume(cells)[0]
    gone = np.stack([part.budget.sum(axis=0) for part in parts])
    names = ("left", "lost", "airborne")
    shares = (gone[:, 0], gone[:, 1:].sum(axis=1), np.array([part.airborne[-1] for part in parts]))
    data: dict[str, Any] = {
        "footprint": (
            ("receptor", "time", "time_back", "y", "x"), seen.reshape(*shape, *seen.shape[1:]),
            {"units": "s m-3", "long_name": "concentration by unit emission rate of a cell"},
        )
    }  # fmt: skip
    for name, values in zip(names, shares, strict=True):
        data[name] = (("receptor", "time"), values.reshape(shape), {"units": "1"})
    coords = {
        "time": when, "time_back": ("time_back", np.arange(hours + 1), {"units": "h"}),
        "x": ("x", x, {"units": "m"}), "y": ("y", y, {"units": "m"}),
        "receptor_x": ("receptor", points[:, 0], {"units": "m"}),
        "receptor_y": ("receptor", points[:, 1], {"units": "m"}),
        "receptor_height": ("receptor", points[:, 2], {"units": "m"}),
    }  # fmt: skip
    steps = int(sum(part.steps for part in parts))
    return xr.Dataset(data, coords, {"layer_m": tuple(cells.edges.tolist()), "particle_steps": steps})


def concentration(footprints: xr.Dataset, emissions: xr.DataArray) -> xr.DataArray:
    """What the emissions give at the receptors [kg m-3] (receptor, time).

    Args:
        footprints: as ``backward`` gives them.
        emissions: rate of each cell [kg s-1] (y, x), or (time, y, x) by hour that starts at ``time``; hours
            it does not hold emit nothing.

    Raises:
        InputError: emissions on another grid.
    """
    seen = footprints["footprint"]
    if any(
        axis not in emissions.coords or emissions.sizes[axis] != seen.sizes[axis]
        or not np.allclose(emissions[axis], seen[axis])
        for axis in ("y", "x")
    ):  # fmt: skip
        raise InputError(N_("the emissions are on another grid than the footprints"), WHERE,
                         N_("give the rate of every cell of x and y of the footprints"))  # fmt: skip
    if "time" not in emissions.dims:
        return (seen * emissions).sum(["time_back", "y", "x"])
    back = seen["time_back"].to_numpy().astype("timedelta64[h]")
    columns = []
    for k, moment in enumerate(seen["time"].to_numpy()):
        held = emissions.reindex(time=moment - back).fillna(0.0).rename(time="time_back")
        held = held.assign_coords(time_back=seen["time_back"])
        columns.append((seen.isel(time=k) * held).sum(["time_back", "y", "x"]))
    return xr.concat(columns, "time").transpose("receptor", "time")
