"""Mass-consistent adjustment: the divergence-free wind nearest to a first guess.

Sasaki's variational analysis as in MATHEW (Sherman 1978, doi:10.1175/1520-0450(1978)017<0312:AMCMFW>2.0.CO;2): minimise

    integral a1^2 ((u - u0)^2 + (v - v0)^2) + a2^2 (w - w0)^2   subject to   div (u, v, w) = 0.

The discrete form is exact: with the winds on the faces of the cells (Arakawa C grid) as one vector m, the
weights D on the diagonal and the divergence B, the answer is m = m0 - D^-1 B' l with (B D^-1 B') l = B m0. Heights are
above the ground, so that the flux through a level is w less what the level's slope lifts; through the ground
it is none. The sides are open. Over flat ground sines and the eigenvectors of the column diagonalise the
system; over terrain that flat solution preconditions conjugate gradients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft, linalg, sparse

from gzeco_lib.errors import N_, FailureError
from gzeco_lib.methods.wind.grid import WHERE, WindGrid

TOLERANCE = 1e-7  # of the divergence left, relative to the first guess's, over terrain
ITERATIONS = 400


@dataclass(frozen=True)
class Faces:
    """Wind through the faces of cells [m s-1]: u (time, level, y, x + 1), v (…, y + 1, x), w above each (…, y, x)."""

    u: np.ndarray
    v: np.ndarray
    w: np.ndarray

    def rows(self) -> np.ndarray:
        """All faces of an hour in one row (time, face)."""
        hours = len(self.u)
        return np.concatenate([part.reshape(hours, -1) for part in (self.u, self.v, self.w)], axis=1)


class Adjustment:
    """The adjustment on one grid, made once for many hours.

    Args:
        grid: the cells.
        ratio: a1 / a2 [1], the wind's willingness to be changed in the vertical against the horizontal: 1 in
            neutral air; less in stable air, which flows around rather than over.
        closed: no flow through the top.
    """

    def __init__(self, grid: WindGrid, ratio: float = 1.0, closed: bool = False) -> None:
        self.grid, self.ratio, self.closed = grid, ratio, closed
        self._flat = _FlatSolver(grid, ratio, closed)
        self.divergence = _divergence(grid, closed)
        weights = _inverse_weights(grid, ratio)
        self._spread = (self.divergence.multiply(weights[None, :])).T.tocsr()
        self._system = None if grid.elevation is None else (self.divergence @ self._spread).tocsr()

    def __call__(self, first: Faces) -> Faces:
        """The mass-consistent wind nearest to ``first``.

        Raises:
            FailureError: the solution does not converge (terrain too steep for the grid).
        """
        rows = first.rows()
        excess = (self.divergence @ rows.T).T
        potential = self._flat(excess) if self._system is None else self._over_terrain(excess)
        return self._faces(rows - (self._spread @ potential.T).T)

    def rms(self, wind: Faces) -> np.ndarray:
        """Root mean square divergence by hour [s-1] (time,)."""
        dy, dx = self.grid.spacing
        volume = np.repeat(np.diff(self.grid.edges) * dx * dy, self.grid.shape[1] * self.grid.shape[2])
        return np.sqrt((((self.divergence @ wind.rows().T).T / volume) ** 2).mean(axis=1))

    def _over_terrain(self, excess: np.ndarray) -> np.ndarray:
        return np.stack([_conjugate_gradients(self._system, row, self._flat) for row in excess])

    def _faces(self, rows: np.ndarray) -> Faces:
        nz, ny, nx = self.grid.shape
        ends = np.cumsum([nz * ny * (nx + 1), nz * (ny + 1) * nx])
        u, v, w = np.split(rows, ends, axis=1)
        return Faces(u.reshape(-1, nz, ny, nx + 1), v.reshape(-1, nz, ny + 1, nx), w.reshape(-1, nz, ny, nx))


def _conjugate_gradients(system: sparse.csr_matrix, wanted: np.ndarray, flat: _FlatSolver) -> np.ndarray:
    """Solution of ``system`` for ``wanted``, preconditioned by the solution over flat ground."""
    goal = TOLERANCE * np.linalg.norm(wanted)
    answer, left = np.zeros_like(wanted), wanted.copy()
    if np.linalg.norm(left) <= goal:
        return answer
    ahead = eased = flat(left[None])[0]
    size = left @ eased
    for _round in range(ITERATIONS):
        image = system @ ahead
        step = size / (ahead @ image)
        answer += step * ahead
        left -= step * image
        if np.linalg.norm(left) <= goal:
            return answer
        eased = flat(left[None])[0]
        size, before = left @ eased, size
        ahead = eased + (size / before) * ahead
    raise FailureError(
        N_("the wind field does not converge over this terrain"), WHERE,
        N_("smooth the elevation or use coarser cells"),
    )  # fmt: skip


class _FlatSolver:
    """Solves the system over flat ground: sines along x and y (open sides), eigenvectors along the column."""

    def __init__(self, grid: WindGrid, ratio: float, closed: bool) -> None:
        _levels, ny, nx = self.shape = grid.shape
        dy, dx = grid.spacing
        depth = np.diff(grid.edges)
        column = _column(grid, closed)
        values, self._vectors = linalg.eigh(column, np.diag(depth))
        along_y = 4 * np.sin(np.pi * np.arange(1, ny + 1) / (2 * ny)) ** 2 * dx / dy
        along_x = 4 * np.sin(np.pi * np.arange(1, nx + 1) / (2 * nx)) ** 2 * dy / dx
        up = ratio**2 * dx * dy * np.maximum(values, 0)
        self._inverse = 1 / (up[:, None, None] + along_y[None, :, None] + along_x[None, None, :])

    def __call__(self, excess: np.ndarray) -> np.ndarray:
        field = excess.reshape(-1, *self.shape)
        waves = fft.dstn(np.einsum("km,tkyx->tmyx", self._vectors, field), type=2, axes=(2, 3))
        back = fft.idstn(waves * self._inverse, type=2, axes=(2, 3))
        return np.einsum("km,tmyx->tkyx", self._vectors, back).reshape(excess.shape)


def _gaps(grid: WindGrid) -> np.ndarray:
    """Distance between the levels on both sides of each layer's top [m]; the last to the top itself."""
    return np.append(np.diff(grid.heights), grid.edges[-1] - grid.heights[-1])


def _column(grid: WindGrid, closed: bool) -> np.ndarray:
    """Second difference along the column: none through the ground, through the top unless ``closed``."""
    flow = 1 / _gaps(grid)
    if closed:
        flow[-1] = 0
    matrix = np.diag(flow + np.concatenate([[0], flow[:-1]]))
    return matrix - np.diag(flow[:-1], 1) - np.diag(flow[:-1], -1)


def _inverse_weights(grid: WindGrid, ratio: float) -> np.ndarray:
    """D^-1 [m-3] (face,): one over the air around each face, half a cell at the sides; ratio^2 on w."""
    nz, ny, nx = grid.shape
    dy, dx = grid.spacing
    area = np.diff(grid.edges)[:, None, None] * dx * dy
    u = np.broadcast_to(area, (nz, ny, nx + 1)).copy()
    v = np.broadcast_to(area, (nz, ny + 1, nx)).copy()
    u[:, :, [0, -1]] /= 2
    v[:, [0, -1], :] /= 2
    w = np.broadcast_to(_gaps(grid)[:, None, None] * dx * dy / ratio**2, (nz, ny, nx))
    return 1 / np.concatenate([u.ravel(), v.ravel(), w.ravel()])


def _difference(n: int) -> sparse.csr_matrix:
    """Right face less left face (n, n + 1)."""
    return sparse.diags([-np.ones(n), np.ones(n)], [0, 1], shape=(n, n + 1), format="csr")


def _mean(n: int) -> sparse.csr_matrix:
    """Mean of both faces (n, n + 1)."""
    return sparse.diags([np.full(n, 0.5), np.full(n, 0.5)], [0, 1], shape=(n, n + 1), format="csr")


def _divergence(grid: WindGrid, closed: bool) -> sparse.csr_matrix:
    """B [m2]: air that leaves each cell [m3 s-1] from the winds through its faces (cell, face)."""
    nz, ny, nx = grid.shape
    dy, dx = grid.spacing
    depth = sparse.diags(np.diff(grid.edges))
    here = sparse.identity
    along_x = sparse.kron(depth * dy, sparse.kron(here(ny), _difference(nx)))
    along_y = sparse.kron(depth * dx, sparse.kron(_difference(ny), here(nx)))
    # The flux through the top of layer k leaves it and enters layer k + 1; through the ground there is none.
    through = sparse.diags([np.ones(nz), -np.ones(nz - 1)], [0, -1], shape=(nz, nz)).tocsc()
    if closed:
        through = through @ sparse.diags(np.append(np.ones(nz - 1), 0.0))
    up = sparse.kron(through * (dx * dy), here(ny * nx)).tocsr()
    if grid.elevation is not None:
        slope_x, slope_y = (sparse.diags(np.tile(part.ravel(), nz)) for part in grid.slope)
        tops = _tops(nz)
        along_x = along_x - up @ slope_x @ sparse.kron(tops, sparse.kron(here(ny), _mean(nx)))
        along_y = along_y - up @ slope_y @ sparse.kron(tops, sparse.kron(_mean(ny), here(nx)))
    return sparse.hstack([along_x, along_y, up], format="csr")


def _tops(n: int) -> sparse.csr_matrix:
    """Wind at the top of each layer from the layers: mean with the next one, the last its own (n, n)."""
    return sparse.diags([np.append(np.full(n - 1, 0.5), 1.0), np.full(n - 1, 0.5)], [0, 1], shape=(n, n))
