"""Where the air had been when concentrations were high: PSCF, CWT and redistributed concentration fields.

- PSCF, the conditional probability that a trajectory through a cell ends in a high concentration: Ashbaugh et
  al. (1985), doi:10.1016/0004-6981(85)90256-2.
- CWT, the mean concentration of trajectories through a cell weighted by the time they spent there: Seibert et
  al. (1994; geometric mean), Hsu et al. (2003; arithmetic), doi:10.1016/S1352-2310(02)00886-5.
- Redistribution, which moves concentration along each trajectory to where other trajectories confirm it, so
  that the
  trail in front of and behind a source fades: Stohl (1996), doi:10.1016/1352-2310(95)00314-2.
- Cells with few points are weighted down in steps: Polissar et al. (1999), doi:10.1016/S1352-2310(98)00423-3,
  with the steps of openair's `trajLevel`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy import sparse

from gzeco_lib.errors import N_, InputError

# (points in the cell as a multiple of the mean over visited cells, weight): above 2 whole, and so on down.
WEIGHTS: tuple[tuple[float, float], ...] = ((2.0, 1.0), (1.0, 0.75), (0.5, 0.5), (0.0, 0.15))


@dataclass(frozen=True)
class Footprint:
    """Hours that each trajectory spent in each cell.

    Attributes:
        hours: sparse (trajectory, cell) [h].
        points: end points in each cell (cell,).
        visits: trajectories through each cell (cell,).
        axes: names and centres of the grid's rows and columns.
    """

    hours: sparse.csr_array
    points: np.ndarray
    visits: np.ndarray
    axes: tuple[tuple[str, np.ndarray], tuple[str, np.ndarray]]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        return len(self.axes[0][1]), len(self.axes[1][1])

    def field(self, values: np.ndarray) -> xr.DataArray:
        """``values`` (cell,) on the grid; NaN where no trajectory came."""
        shown = np.where(self.points > 0, values, np.nan).reshape(self.shape)
        return xr.DataArray(shown, dict(self.axes), [name for name, _ in self.axes])

    def weight(self, steps: tuple[tuple[float, float], ...] = WEIGHTS) -> np.ndarray:
        """Weight 0..1 of each cell by its points against the mean of the visited cells."""
        visited = self.points > 0
        mean = self.points[visited].mean() if visited.any() else 1.0
        out = np.zeros(len(self.points))
        for multiple, value in sorted(steps):
            out[(self.points > multiple * mean) & visited] = value
        return out


def footprint(tracks: xr.Dataset, cell: float, youngest: float = 0.0) -> Footprint:
    """Count trajectory points on a regular grid.

    Args:
        tracks: what `back.trajectories` gives.
        cell: side of a cell, in metres, or degrees where the tracks have longitudes.
        youngest: points of a lesser age [h] are left out; the cell of the receptor is on every trajectory and
            says nothing.

    Raises:
        InputError: no point is left, or the cell has no size.
    """
    across, along = ("lat", "lon") if "lon" in tracks else ("y", "x")
    if not cell > 0:
        raise InputError(N_("a cell of {size} has no size"), "cell", N_("give a length above 0"), size=cell)
    kept = tracks["age"].to_numpy() >= youngest
    y, x = tracks[across].to_numpy()[:, kept], tracks[along].to_numpy()[:, kept]
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        raise InputError(
            N_("the trajectories hold no point"), "tracks", N_("look at the wind's area and period")
        )
    row, rows = _bins(y, known, cell)
    column, columns = _bins(x, known, cell)
    flat = row[known] * len(columns) + column[known]
    of = np.broadcast_to(np.arange(len(x))[:, None], x.shape)[known]
    shape = (len(x), len(rows) * len(columns))
    ages = tracks["age"].to_numpy()
    each = float(np.diff(ages).mean()) if len(ages) > 1 else 1.0
    hours = sparse.coo_array((np.full(len(flat), each), (of, flat)), shape).tocsr()
    hours.sum_duplicates()
    visits = np.bincount(hours.indices, minlength=shape[1])
    return Footprint(hours, np.bincount(flat, minlength=shape[1]), visits, ((across, rows), (along, columns)))


def pscf(
    tracks: xr.Dataset,
    concentration: ArrayLike,
    cell: float,
    threshold: float | None = None,
    percentile: float = 75.0,
    youngest: float = 0.0,
    weights: tuple[tuple[float, float], ...] = WEIGHTS,
) -> xr.Dataset:
    """Potential source contribution function.

    Args:
        tracks: back trajectories.
        concentration: at the receptor when each arrived (trajectory,); NaN leaves a trajectory out.
        cell, youngest: as for `footprint`.
        threshold: what counts as high; else the ``percentile`` of the concentrations.
        weights: of cells with few points; ``()`` for none.

    Returns:
        ``pscf`` 0..1 (weighted), ``high`` and ``points`` (counts), ``trajectories``, ``weight`` over the
        grid; the threshold in the attributes.
    """
    tracks, values = _paired(tracks, concentration)
    limit = float(np.percentile(values, percentile)) if threshold is None else threshold
    grid = footprint(tracks, cell, youngest)
    high = (values > limit).astype(float) @ (grid.hours / _hours(grid))
    weight = grid.weight(weights) if weights else np.ones_like(high)
    share = weight * high / np.maximum(grid.points, 1)
    return _fields(grid, weight, {"pscf": share, "high": high}).assign_attrs(threshold=limit)


def cwt(
    tracks: xr.Dataset,
    concentration: ArrayLike,
    cell: float,
    logarithm: bool = False,
    youngest: float = 0.0,
    weights: tuple[tuple[float, float], ...] = WEIGHTS,
) -> xr.Dataset:
    """Concentration-weighted trajectory field in the unit of ``concentration``.

    Args:
        tracks, concentration, cell, youngest, weights: as for `pscf`.
        logarithm: the geometric mean of Seibert (1994), which single episodes move less.

    Returns:
        ``cwt`` (weighted), ``points``, ``trajectories``, ``weight`` over the grid.
    """
    tracks, values = _paired(tracks, concentration, positive=logarithm)
    grid = footprint(tracks, cell, youngest)
    weight = grid.weight(weights) if weights else np.ones(len(grid.points))
    mean = _mean(grid, np.log(values) if logarithm else values)
    return _fields(grid, weight, {"cwt": weight * (np.exp(mean) if logarithm else mean)})


def redistributed(
    tracks: xr.Dataset,
    concentration: ArrayLike,
    cell: float,
    youngest: float = 0.0,
    weights: tuple[tuple[float, float], ...] = WEIGHTS,
    rounds: int = 50,
    tolerance: float = 0.005,
) -> xr.Dataset:
    """Residence-time-weighted concentrations redistributed along the trajectories (Stohl 1996).

    Each trajectory's points get a share of its concentration by the field of the round before, relative to
    their mean; the field is then the weighted mean of these values, until it changes by less than
    ``tolerance`` on average or after ``rounds`` rounds.

    Returns:
        ``redistributed`` in the unit of ``concentration``, ``points``, ``trajectories``, ``weight``; the
        rounds taken in the attributes.
    """
    tracks, values = _paired(tracks, concentration, positive=True)
    grid = footprint(tracks, cell, youngest)
    weight = grid.weight(weights) if weights else np.ones(len(grid.points))
    total = np.maximum(grid.hours.sum(axis=1), 1e-12)
    spent = np.maximum(grid.hours.sum(axis=0), 1e-12)
    field, taken = _mean(grid, values), 0
    while taken < rounds:
        taken += 1
        along = np.maximum(grid.hours @ field / total, 1e-12)  # mean of the field along each trajectory
        new = field * ((values / along) @ grid.hours) / spent
        change = np.abs(new - field)[grid.points > 0].mean() / max(field[grid.points > 0].mean(), 1e-12)
        field = new
        if change < tolerance:
            break
    return _fields(grid, weight, {"redistributed": weight * field}).assign_attrs(rounds=taken)


def significance(
    tracks: xr.Dataset,
    concentration: ArrayLike,
    cell: float,
    youngest: float = 0.0,
    block: int = 8,
    draws: int = 500,
    seed: int = 0,
) -> xr.DataArray:
    """Share of shuffled concentration series whose CWT at a cell reaches the real one: a p-value by cell [1].

    Blocks of ``block`` successive arrivals are shuffled whole, because concentrations and paths of one day
    belong together; after the bootstrap of Vasconcelos et al. (1996). Small where a high value is no
    accident of a few trajectories.
    """
    tracks, values = _paired(tracks, concentration)
    grid = footprint(tracks, cell, youngest)
    real = _mean(grid, values)
    draw = np.random.default_rng(seed)
    shares = grid.hours / np.maximum(grid.hours.sum(axis=0), 1e-12)[None, :]
    pieces = np.array_split(np.arange(len(values)), max(1, len(values) // block))
    reached = np.zeros(len(real))
    for _ in range(draws):
        order = np.concatenate([pieces[i] for i in draw.permutation(len(pieces))])
        reached += values[order] @ shares >= real - 1e-12
    return grid.field((reached + 1) / (draws + 1)).rename("p_value")


def _bins(values: np.ndarray, known: np.ndarray, cell: float) -> tuple[np.ndarray, np.ndarray]:
    """Cell numbers of ``values`` and the cells' centres; edges are multiples of ``cell``."""
    number = np.floor(np.where(known, values, 0.0) / cell).astype(int)
    first, last = number[known].min(), number[known].max()
    return number - first, (np.arange(first, last + 1) + 0.5) * cell


def _paired(
    tracks: xr.Dataset, concentration: ArrayLike, positive: bool = False
) -> tuple[xr.Dataset, np.ndarray]:
    values = np.asarray(concentration, float)
    if values.shape != (tracks.sizes["trajectory"],):
        raise InputError(
            N_("{given} concentrations for {length} trajectories"), "concentration", N_("give one value a trajectory"),
            given=values.shape, length=tracks.sizes["trajectory"],
        )  # fmt: skip
    known = np.isfinite(values) & (values > 0 if positive else True)
    if not known.any():
        raise InputError(
            N_("no trajectory has a concentration"), "concentration", N_("give at least one value above 0")
        )
    return tracks.isel(trajectory=np.flatnonzero(known)), values[known]


def _hours(grid: Footprint) -> float:
    return float(grid.hours.sum() / max(grid.points.sum(), 1))


def _mean(grid: Footprint, values: np.ndarray) -> np.ndarray:
    return (values @ grid.hours) / np.maximum(grid.hours.sum(axis=0), 1e-12)


def _fields(grid: Footprint, weight: np.ndarray, values: dict[str, np.ndarray]) -> xr.Dataset:
    counted = {"points": grid.points, "trajectories": grid.visits, "weight": weight}
    return xr.Dataset({name: grid.field(value) for name, value in (values | counted).items()})
