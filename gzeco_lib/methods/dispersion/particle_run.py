"""Taking particles through the hours, forward or backward, and adding up what was counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dispersion import turbulence
from gzeco_lib.methods.dispersion.deposition import washout_rate
from gzeco_lib.methods.dispersion.particle_air import WHERE, Air
from gzeco_lib.methods.dispersion.particle_kernel import Cells, Medium, Rules, advance
from gzeco_lib.methods.dispersion.particle_random import normals, seeds

BINS = 256
DRAWS = 7  # deviates a particle takes when it starts: three velocities, three places, which half of a skewed density


@dataclass(frozen=True)
class Losses:
    """What takes mass out of the air.

    Attributes:
        decay: first-order loss by chemistry or radioactive decay [s-1].
        deposition: dry deposition velocity at ``depth`` [m s-1].
        depth: of the lowest layer, in which mass is lost at ``deposition / depth`` [m].
        settling: fall velocity of the particles [m s-1]; ``deposition.settling_velocity`` gives it.
        rain: [mm h-1] by row of the air.
        washout: ``(a, b)`` of the scavenging rate ``a * rain ** b`` [s-1]; 8.4e-5 and 0.79 below cloud
            (Maryon et al. 1996).
    """

    decay: float = 0.0
    deposition: float = 0.0
    depth: float = 15.0
    settling: float = 0.0
    rain: ArrayLike = 0.0
    washout: tuple[float, float] = (8.4e-5, 0.79)

    def __post_init__(self) -> None:
        for name in ("decay", "deposition", "settling"):
            if not 0 <= getattr(self, name) < np.inf:
                raise InputError(N_("{name} is {value}"), WHERE, N_("give a number not below zero"),
                                 name=name, value=getattr(self, name))  # fmt: skip
        if not self.depth > 0:
            raise InputError(N_("{name} is {value}"), WHERE, N_("give a number above zero"),
                             name="depth", value=self.depth)  # fmt: skip

    def washout_rate(self, row: int) -> float:
        """Scavenging rate [s-1] in a row of the air."""
        rain = np.atleast_1d(np.asarray(self.rain, float))
        return float(washout_rate(rain[min(row, len(rain) - 1)], *self.washout))


@dataclass(frozen=True)
class Steps:
    """Length of a time step: ``share`` of the vertical time scale, within ``shortest`` and ``longest`` [s].

    ``longest`` None is half the time the strongest wind takes through a cell, at most 60 s.
    """

    share: float = 0.1
    shortest: float = 0.01
    longest: float | None = None


@dataclass(frozen=True)
class Start:
    """Particles before they move: place [m] (particle, 3), time [s], mass [kg], group; spread or box of the
    release [m]."""

    place: np.ndarray
    time: np.ndarray
    mass: np.ndarray
    group: np.ndarray
    spread: np.ndarray  # (particle, 3): standard deviation of a Gaussian cloud
    box: np.ndarray  # (particle, 3): full width of a box filled evenly

    def take(self, rows: slice) -> Start:
        return Start(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


@dataclass(frozen=True)
class Counted:
    """What a run gives, by interval between ``edges``.

    Attributes:
        counts: mass times time in each cell [kg s] (interval, group, layer, y, x).
        ground: deposited dry and wet [kg] (interval, 2, y, x).
        budget: left, dry, wet, decayed [kg] (interval, 4).
        emitted, airborne: by the end of the interval [kg] (interval,).
        frames: x, y, z, mass (interval, particle, 4) at the end of the interval, NaN where not airborne; or
            None.
        steps: particle-steps taken.
    """

    counts: np.ndarray
    ground: np.ndarray
    budget: np.ndarray
    emitted: np.ndarray
    airborne: np.ndarray
    frames: np.ndarray | None
    steps: int


def cells_of(x: ArrayLike, y: ArrayLike, layers: ArrayLike) -> Cells:
    """Cells around even centres ``x``, ``y`` [m] and between the heights ``layers`` [m] (layer + 1,)."""
    x0, dx, nx = _axis(x, "x")
    y0, dy, ny = _axis(y, "y")
    edges = np.asarray(layers, float)
    if edges.ndim != 1 or len(edges) < 2 or (np.diff(edges) <= 0).any() or edges[0] < 0:
        raise InputError(N_("the edges of the layers do not rise from the ground"), WHERE,
                         N_("give heights in metres, lowest first, e.g. 0, 20, 100"))  # fmt: skip
    return Cells(x0, dx, nx, y0, dy, ny, edges)


def _axis(values: ArrayLike, name: str) -> tuple[float, float, int]:
    """Lower edge, width and number of the cells around even centres."""
    centre = np.atleast_1d(np.asarray(values, float))
    step = np.diff(centre)
    if len(centre) < 2 or (step <= 0).any() or not np.allclose(step, step[0], rtol=1e-3):
        raise InputError(
            N_("{name} of the grid is not evenly spaced and rising"), WHERE,
            N_("give at least two cell centres in metres at one distance"), name=name,
        )  # fmt: skip
    return float(centre[0] - step[0] / 2), float(step[0]), len(centre)


def volume(cells: Cells) -> np.ndarray:
    """[m3] of a cell (layer, 1, 1)."""
    return (np.diff(cells.edges) * cells.dx * cells.dy)[:, None, None]


def _mirrored(pdf: np.ndarray, sign: float) -> np.ndarray:
    """The density of the velocity seen backward in time: updraughts come down."""
    return pdf if sign > 0 else pdf * np.array([1, -1, 1, -1, 1.0])


def medium(air: Air, row: int, sign: float, bounds: np.ndarray) -> Medium:
    """Row ``row`` of the air as the kernel reads it; particles end at ``bounds``."""
    made = air.turbulence
    height = np.ascontiguousarray(made.height)
    top = float(height[-1])
    scale = max(float(height[1]), top * 1e-5)
    gain = (BINS - 1) / np.log1p(top / scale)
    bins = scale * np.expm1(np.arange(BINS + 1) / gain)
    names = ("sigma_u", "sigma_v", "sigma_w", "time_h", "time_w")
    pdf = np.empty((0, 5))
    if (np.abs(made.skewness[row]) > 0).any():
        pdf = _mirrored(turbulence.halves(made.sigma_w[row], made.skewness[row]), sign)
    clock = [air.wind_start, 1 / air.wind_step, float(air.held), float(min(row, len(air.wind) - 1))]
    return Medium(
        height=height, rise=1 / np.diff(height), index_scale=1 / scale, index_gain=gain,
        start=_places(height, bins), table=np.stack([getattr(made, n)[row] for n in names], axis=-1),
        pdf=np.ascontiguousarray(pdf), lid=float(min(made.lid[row], top)), top=top,
        wind=air.wind, wind_height=np.ascontiguousarray(air.wind_height), wind_rise=1 / np.diff(air.wind_height),
        wind_first=_places(air.wind_height, bins), wind_time=np.array(clock),
        plane=np.array([air.x0, 1 / air.dx, air.y0, 1 / air.dy]), bounds=bounds,
    )  # fmt: skip


def _places(height: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """The level at or below the lower edge of each bin, one bin early against rounding."""
    place = np.clip(np.searchsorted(height, bins, side="right") - 1, 0, len(height) - 2)
    return np.concatenate([place[:1], place[:-1]])


def _begin(start: Start, air: Air, seed: int, first: int, sign: float) -> tuple[np.ndarray, np.ndarray]:
    """State and random state of the particles, numbered from ``first``."""
    count = len(start.time)
    rng = seeds(seed, first, count)
    drawn = np.empty((count, DRAWS))
    normals(rng, drawn)
    offset = drawn[:, 3:6] * start.spread + (ndtr(drawn[:, 3:6]) - 0.5) * start.box
    place = start.place + offset
    place[:, 2] = np.abs(place[:, 2])
    q = drawn[:, :3].copy()
    made = air.turbulence
    rows = np.clip((start.time // air.row_s).astype(int), 0, air.rows - 1)
    for row in np.unique(rows):
        here = (rows == row) & (place[:, 2] < made.lid[row])
        if (np.abs(made.skewness[row]) > 0).any():
            pdf = _mirrored(turbulence.halves(made.sigma_w[row], made.skewness[row]), sign)
            up, m1, s1, m2, s2 = (np.interp(place[here, 2], made.height, column) for column in pdf.T)
            sigma = np.interp(place[here, 2], made.height, made.sigma_w[row])
            rising = ndtr(drawn[here, 6]) < up
            q[here, 2] = np.where(rising, m1 + s1 * q[here, 2], m2 + s2 * q[here, 2]) / sigma
    return np.column_stack([place, q, start.mass, start.time]), rng


def _bounds(air: Air, cells: Cells, reach: float) -> np.ndarray:
    """Where particles end: the wind field, and ``reach`` [m] outside the grid that is counted on."""
    grid = [cells.x0, cells.x0 + cells.nx * cells.dx, cells.y0, cells.y0 + cells.ny * cells.dy]
    sides = np.array([-1.0, 1.0, -1.0, 1.0])
    return sides * np.minimum(sides * air.bounds, sides * np.array(grid) + reach)


def _longest(steps: Steps, air: Air, cells: Cells) -> float:
    if steps.longest is not None:
        return steps.longest
    fastest = max(float(np.abs(air.wind[..., :2]).max()), 0.5)
    width = min(cells.dx, cells.dy, air.dx if air.gridded else np.inf)
    return float(np.clip(0.5 * width / fastest, 0.5, 60.0))


def run(
    start: Start, air: Air, edges: np.ndarray, cells: Cells, losses: Losses, steps: Steps,
    seed: int, first: int = 0, groups: int = 1, frames: bool = False, reach: float = np.inf,
) -> Counted:  # fmt: skip
    """Move particles from the first of ``edges`` [s from the start of the air] to the last; falling edges run
    backward."""
    sign = 1.0 if edges[-1] > edges[0] else -1.0
    low, high = min(edges[0], edges[-1]), max(edges[0], edges[-1])
    if low < -1e-6 or high > air.rows * air.row_s + 1e-6:
        raise InputError(
            N_("the run from {low} to {high} h reaches beyond the {rows} h of weather"), WHERE,
            N_("give weather for all of it, or a shorter run"),
            low=round(low / 3600, 2), high=round(high / 3600, 2), rows=round(air.rows * air.row_s / 3600, 2),
        )  # fmt: skip
    particles, rng = _begin(start, air, seed, first, sign)
    alive = np.ones(len(particles), bool)
    group = np.ascontiguousarray(start.group, np.int64)
    count, nz = len(edges) - 1, len(cells.edges) - 1
    counts = np.zeros((count, groups, nz, cells.ny, cells.nx))
    ground = np.zeros((count, 2, cells.ny, cells.nx))
    budget = np.zeros((count, 4))
    emitted, airborne = np.zeros(count), np.zeros(count)
    shown = np.full((count, len(particles), 4), np.nan, np.float32) if frames else None
    longest, taken = _longest(steps, air, cells), 0
    bounds = _bounds(air, cells, reach)
    for i in range(count):
        for until, row in _pieces(edges[i], edges[i + 1], air.row_s, air.rows):
            rules = Rules(
                sign, steps.share, steps.shortest, longest, losses.settling, losses.decay,
                losses.washout_rate(row), losses.deposition / losses.depth, losses.depth,
            )  # fmt: skip
            taken += advance(
                particles,
                rng,
                alive,
                group,
                until,
                medium(air, row, sign, bounds),
                rules,
                cells,
                counts[i],
                ground[i],
                budget[i],
            )
        begun = sign * (edges[i + 1] - start.time) > 0
        emitted[i], airborne[i] = start.mass[begun].sum(), particles[begun & alive, 6].sum()
        if shown is not None:
            there = begun & alive
            shown[i, there] = particles[there][:, [0, 1, 2, 6]]
    return Counted(counts, ground, budget, emitted, airborne, shown, taken)


def _pieces(begin: float, end: float, row_s: float, rows: int) -> list[tuple[float, int]]:
    """``(until, row)`` of the pieces of an interval that each lie in one row of the air."""
    low, high = min(begin, end), max(begin, end)
    inner = np.arange(np.floor(low / row_s) + 1, np.ceil(high / row_s)) * row_s
    marks = np.concatenate([[low], inner[(inner > low) & (inner < high)], [high]])
    row = np.clip((0.5 * (marks[1:] + marks[:-1]) // row_s).astype(int), 0, rows - 1)
    if end > begin:
        return list(zip(marks[1:].tolist(), row.tolist(), strict=True))
    return list(zip(marks[-2::-1].tolist(), row[::-1].tolist(), strict=True))
