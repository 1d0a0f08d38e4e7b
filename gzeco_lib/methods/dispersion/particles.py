"""Lagrangian particles forward in time: concentrations, deposition and moving clouds of many sources in
changing wind."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dispersion import rise as plume_rise
from gzeco_lib.methods.dispersion.footprint import backward as footprint
from gzeco_lib.methods.dispersion.inputs import Sources
from gzeco_lib.methods.dispersion.particle_air import WHERE, Air
from gzeco_lib.methods.dispersion.particle_run import Counted, Losses, Start, Steps, cells_of, run, volume
from gzeco_lib.methods.dispersion.profiles import Profiles
from gzeco_lib.parallel import workers

__all__ = ["Air", "Losses", "Steps", "footprint", "release"]

GOLDEN = 0.6180339887498949
RISING = 0.4 / np.sqrt(2)  # spread that a plume gains by rising, over its rise (as AERMOD)
BUDGET = ("left", "deposited_dry", "deposited_wet", "decayed")


def release(
    sources: Sources,
    rates: ArrayLike,
    air: Air,
    start: Any,
    end: Any,
    n: int,
    seed: int,
    *,
    x: ArrayLike,
    y: ArrayLike,
    layers: ArrayLike = (0.0, 20.0),
    every: float = 3600.0,
    stop: Any = None,
    losses: Losses | None = None,
    steps: Steps | None = None,
    rise: ArrayLike | None = None,
    by_source: bool = False,
    positions: bool = False,
    reach: float = np.inf,
    chunks: int = 1,
    cluster: str | None = None,
) -> xr.Dataset:
    """Release particles from sources and follow them.

    Args:
        sources: where; ``sigma_y0`` and ``sigma_z0`` spread the release.
        rates: emission rate [kg s-1]: one number, (source,), or (row, source) by row of the air.
        air: wind and turbulence (``Air.over``).
        start, end: of the run, UTC, within the rows of the air.
        n: particles in all, the same number for each source, evenly in time.
        seed: of the random numbers; the path of a particle depends on it and the particle's number only.
        x, y: cell centres of the output [m], even.
        layers: edges of its layers above ground [m] (layer + 1,).
        every: length of an output interval [s].
        stop: when the sources stop, UTC; None is ``end``.
        losses: decay, deposition, washout; None loses nothing.
        steps: length of the time step.
        rise: above the source [m]: one number, (source,) or (row, source); None is Briggs's for what the sources
            hold of exit velocity and temperature (``dispersion.rise``), some of a hot plume through the lid.
        by_source: count each source apart.
        positions: keep the places of the particles at the end of every interval, for animation.
        reach: how far outside the output grid particles are followed before they count as ``left`` [m].
        chunks: parts the particles are cut into, each a task. Paths do not depend on it; sums do by rounding.
        cluster: where the tasks run, as ``parallel.workers`` takes it.

    Returns:
        ``concentration`` [kg m-3] (time, [source,] layer, y, x), mean over the interval that starts at
        ``time``; ``deposition_dry`` and ``deposition_wet`` [kg m-2] (time, y, x); the balance [kg] (time,) at
        the end of the interval: ``emitted`` is the sum of
        ``airborne``, ``left`` (out of the wind field), ``deposited_dry``, ``deposited_wet`` and ``decayed``;
        with ``positions`` ``particle_x``, ``particle_y``, ``particle_z`` [m], ``particle_mass`` [kg] (time,
        particle), NaN where not airborne.

    Raises:
        InputError: times beyond the air, an uneven grid, negative or missing rates, too few particles.
    """
    begin, finish = air.seconds(start), air.seconds(end)
    last = finish if stop is None else air.seconds(stop)
    if not begin < last <= finish or every <= 0:
        raise InputError(N_("the run does not go forward in time"), WHERE,
                         N_("give start before stop, stop not after end, and a positive interval"))  # fmt: skip
    edges = np.append(np.arange(begin, finish - 1e-6, every), finish)
    cells = cells_of(x, y, layers)
    beginning = _start(
        sources, _by_row(rates, air, sources, "rates"), _risen(rise, air, sources), air, begin, last, n
    )
    if not by_source:
        beginning.group[:] = 0
    groups = len(sources) if by_source else 1
    cut = np.array_split(np.arange(len(beginning.time)), chunks)
    parts = [beginning.take(slice(part[0], part[-1] + 1)) for part in cut if len(part)]
    same = (air, edges, cells, losses or Losses(), steps or Steps(), seed)
    with workers(cluster) as each:
        counted = each(
            run, parts, *([argument] * len(parts) for argument in same), [int(part[0]) for part in cut if
            len(part)], [groups] * len(parts), [positions] * len(parts), [reach] * len(parts),
        )  # fmt: skip
    return _dataset(
        _together(counted), air, edges, cells, np.asarray(x, float), np.asarray(y, float), by_source
    )


def _by_row(values: ArrayLike, air: Air, sources: Sources, name: str) -> np.ndarray:
    """``values`` as (row, source)."""
    given = np.asarray(values, float)
    shape = (air.rows, len(sources))
    if given.ndim > 2 or given.shape not in ((), (shape[1],), shape):
        raise InputError(
            N_("{name} has shape {shape}"), WHERE,
            N_("give one number, one a source, or {rows} rows of {sources} sources"),
            name=name, shape=given.shape, rows=shape[0], sources=shape[1],
        )  # fmt: skip
    if not np.isfinite(given).all() or (given < 0).any():
        raise InputError(N_("{name} holds negative or missing numbers"), WHERE, N_("give numbers not below zero"),
                         name=name)  # fmt: skip
    return np.broadcast_to(given, shape)


def _risen(rise: ArrayLike | None, air: Air, sources: Sources) -> np.ndarray:
    """Rise [m], rise of what goes through the lid [m], share that does [1], on the last axis (row, source, 3)."""
    still = (sources.velocity <= 0) | (sources.diameter <= 0)
    if rise is not None or air.layer is None or still.all():
        given = _by_row(0.0 if rise is None else rise, air, sources, "rise")
        return np.stack([given, given, np.zeros_like(given)], axis=-1)
    traits = np.stack([sources.height, sources.diameter, sources.velocity, sources.temperature], axis=1)
    found = plume_rise.follow(traits, air.layer, Profiles.of(air.layer))
    lowered = found.height - sources.height
    risen = np.stack([lowered + found.final, lowered + found.above, found.through], axis=-1)
    return np.where(still[:, None], 0.0, risen)


def _start(
    sources: Sources, rates: np.ndarray, rise: np.ndarray, air: Air, begin: float, last: float, n: int
) -> Start:
    """Particles evenly in time from every source, each with the mass emitted in its share of the time."""
    each = n // len(sources)
    if each < 1:
        raise InputError(
            N_("{n} particles are too few for {sources} sources"), WHERE, N_("give at least one a source"),
            n=n, sources=len(sources),
        )  # fmt: skip
    marks = np.linspace(begin, last, each + 1)
    time = 0.5 * (marks[1:] + marks[:-1])
    row = np.clip((time // air.row_s).astype(int), 0, air.rows - 1)
    clock = np.arange(air.rows + 1) * air.row_s
    emitted = np.concatenate([np.zeros((1, len(sources))), np.cumsum(rates * air.row_s, axis=0)])
    mass = [np.diff(np.interp(marks, clock, column)) for column in emitted.T]
    # Evenly spread numbers tell which particles are of the share that goes through the lid.
    even = (np.arange(each) * GOLDEN) % 1.0
    within, above, through = np.moveaxis(rise[row], -1, 0)
    risen = np.where(even[:, None] < through, above, within).T
    height = np.maximum(sources.height[:, None] + risen, 0.0)
    place = np.stack(
        [np.broadcast_to(c, height.shape) for c in (sources.x[:, None], sources.y[:, None], height)], axis=-1
    )
    grown = RISING * np.maximum(risen, 0.0)
    across, up = (np.hypot(s[:, None], grown) for s in (sources.sigma_y0, sources.sigma_z0))
    spread = np.stack([across, across, up], axis=-1).reshape(-1, 3)
    return Start(
        place=place.reshape(-1, 3), time=np.tile(time, len(sources)), mass=np.concatenate(mass),
        group=np.repeat(np.arange(len(sources)), each), spread=spread,
        box=np.zeros((each * len(sources), 3)),
    )  # fmt: skip


def _together(parts: list[Counted]) -> Counted:
    """The sum of the parts, in their order."""
    frames = [part.frames for part in parts if part.frames is not None]
    sums = {
        name: sum(getattr(part, name) for part in parts)
        for name in ("counts", "ground", "budget", "emitted", "airborne", "steps")
    }
    return Counted(frames=np.concatenate(frames, axis=1) if frames else None, **sums)


def _dataset(
    counted: Counted, air: Air, edges: np.ndarray, cells: Any, x: np.ndarray, y: np.ndarray, by_source: bool
) -> xr.Dataset:
    seconds = np.diff(edges)[:, None, None, None, None]
    density = counted.counts / (seconds * volume(cells))
    dims = ("time", "source", "layer", "y", "x") if by_source else ("time", "layer", "y", "x")
    area = cells.dx * cells.dy
    data: dict[str, Any] = {
        "concentration": (
            dims, density if by_source else density[:, 0],
            {"units": "kg m-3", "long_name": "concentration", "cell_methods": "time: mean"},
        ),
        "deposition_dry": (("time", "y", "x"), counted.ground[:, 0] / area, {"units": "kg m-2"}),
        "deposition_wet": (("time", "y", "x"), counted.ground[:, 1] / area, {"units": "kg m-2"}),
        "emitted": ("time", counted.emitted, {"units": "kg"}),
        "airborne": ("time", counted.airborne, {"units": "kg"}),
    }  # fmt: skip
    for name, column in zip(BUDGET, np.cumsum(counted.budget, axis=0).T, strict=True):
        data[name] = ("time", column, {"units": "kg"})
    if counted.frames is not None:
        for name, column, unit in zip(("x", "y", "z", "mass"), range(4), ("m", "m", "m", "kg"), strict=True):
            data[f"particle_{name}"] = (("time", "particle"), counted.frames[..., column], {"units": unit})
    time = np.datetime64(air.start, "ns") + (edges[:-1] * 1e9).astype("timedelta64[ns]")
    coords = {
        "time": time, "x": ("x", x, {"units": "m"}), "y": ("y", y, {"units": "m"}),
        "layer": ("layer", 0.5 * (cells.edges[1:] + cells.edges[:-1]), {"units": "m", "positive": "up"}),
        "layer_bottom": ("layer", cells.edges[:-1]), "layer_top": ("layer", cells.edges[1:]),
    }  # fmt: skip
    return xr.Dataset(
        data, coords, {"particle_steps": counted.steps, "interval_s": float(edges[1] - edges[0])}
    )
