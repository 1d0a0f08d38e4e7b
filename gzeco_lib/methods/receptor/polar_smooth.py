"""A smooth surface through scattered values: the low-rank thin plate regression spline of a GAM.

Basis: Wood (2003), Thin plate regression splines, doi:10.1111/1467-9868.00374: of the full thin plate spline
only the ``k`` eigenvectors of largest eigenvalue (by size) of the radial matrix are kept, its null space (1,
u, v) always. Smoothness: generalised cross-validation (Craven and Wahba 1979, doi:10.1007/BF01404567), found
over its whole range, not from one start. Standard error: Bayesian posterior covariance (Wood 2006,
doi:10.1111/j.1467-842X.2006.00450.x).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh, qr, solve_triangular
from scipy.optimize import minimize_scalar

from gzeco_lib.errors import N_, InputError

FULL_EIGEN_UP_TO = 300  # below this a full decomposition is as quick as the iterative one
SPARE = 40  # Lanczos vectors beyond the wanted ones: more cost more to turn, fewer need more rounds
RADIAL_CHUNK = 100_000  # radial values held at once: they stay in the cache


def radial(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``r^2 log r / (8 pi)`` between points ``a`` (n, 2) and ``b`` (m, 2): shape (n, m)."""
    square = (a[:, :1] - b[:, 0]) ** 2
    square += (a[:, 1:] - b[:, 1]) ** 2
    # r^2 log r = r^2 log(r^2) / 2, and 0 at r = 0
    return square * np.log(np.maximum(square, 1e-300)) * (1 / (16 * np.pi))


def _largest_eigen(matrix: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The ``k`` eigenvalues largest by size, and their vectors (n, k)."""
    if len(matrix) <= max(FULL_EIGEN_UP_TO, 2 * k):
        values, vectors = eigh(matrix)
        kept = np.argsort(-np.abs(values))[:k]
        return values[kept], vectors[:, kept]
    from scipy.sparse.linalg import eigsh

    start = np.random.default_rng(0).standard_normal(len(matrix))
    return eigsh(matrix, k=k, which="LM", v0=start, tol=1e-9, ncv=min(len(matrix), k + SPARE))


@dataclass(frozen=True)
class Basis:
    """The spline's basis at given knots, free of the values to be smoothed.

    Attributes:
        centre: mean of the knots (2,), taken off all points.
        knots: distinct points (n, 2), centred.
        weights: radial part of each basis function at the knots (n, k - 3).
        penalty: of the radial coefficients (k - 3, k - 3).
    """

    centre: np.ndarray
    knots: np.ndarray
    weights: np.ndarray
    penalty: np.ndarray

    @classmethod
    def at(cls, points: np.ndarray, k: int = 100) -> Basis:
        """Basis of rank ``k`` on the distinct rows of ``points`` (n, 2).

        Raises:
            InputError: fewer distinct points than ``k``.
        """
        knots = np.unique(points, axis=0)
        if len(knots) < k or k < 4:
            raise InputError(
                N_("{points} places with data are too few for a surface of {k} terms"), "methods.receptor",
                N_("lower k (at least 4), or take a longer period"), points=len(knots), k=k,
            )  # fmt: skip
        centre = points.mean(axis=0)
        knots = knots - centre
        values, vectors = _largest_eigen(radial(knots, knots), k)
        plane = np.column_stack([np.ones(len(knots)), knots])
        full, _ = qr(vectors.T @ plane)  # coefficients that the null space does not hold: T'U d = 0
        free = full[:, 3:]
        return cls(centre, knots, vectors @ free, (free.T * values) @ free)

    def design(self, points: np.ndarray) -> np.ndarray:
        """Values of the basis functions at ``points`` (n, 2): shape (n, k)."""
        moved = points - self.centre
        made = np.empty((len(moved), self.weights.shape[1] + 3))
        made[:, -3], made[:, -2:] = 1.0, moved
        step = max(1, RADIAL_CHUNK // len(self.knots))
        for start in range(0, len(moved), step):
            made[start : start + step, :-3] = radial(moved[start : start + step], self.knots) @ self.weights
        return made

    def values(self, points: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        """The surface at ``points`` (n, 2) for ``coefficients`` (k,) or (k, m), without holding the whole design."""
        moved = points - self.centre
        weights = self.weights @ coefficients[:-3]
        plane = coefficients[-3] + moved @ coefficients[-2:]
        step = max(1, RADIAL_CHUNK // len(self.knots))
        for start in range(0, len(moved), step):
            plane[start : start + step] += radial(moved[start : start + step], self.knots) @ weights
        return plane


@dataclass(frozen=True)
class Surface:
    """A fitted surface.

    Attributes:
        basis: of the surface.
        coefficients: (k,).
        root: (k, k), with ``root @ root.T`` the covariance of the coefficients.
        edf: effective degrees of freedom [1].
        smoothing: the weight of the penalty that cross-validation chose.
        scale: residual variance [unit^2].
    """

    basis: Basis
    coefficients: np.ndarray
    root: np.ndarray
    edf: float
    smoothing: float
    scale: float

    def at(self, points: np.ndarray) -> np.ndarray:
        """The surface at ``points`` (n, 2)."""
        return self.basis.values(points, self.coefficients)

    def error(self, points: np.ndarray) -> np.ndarray:
        """Standard error of the surface at ``points`` (n, 2)."""
        return np.sqrt(np.square(self.basis.design(points) @ self.root).sum(axis=1))


def fit(basis: Basis, design: np.ndarray, values: np.ndarray, weights: np.ndarray | None = None) -> Surface:
    """The surface with the least generalised cross-validation score.

    Args:
        basis: as ``Basis.at`` gives it.
        design: its functions at the places of the values, (n, k).
        values: to be smoothed (n,), no NaN.
        weights: relative weights (n,); inverse variances up to a factor. None is all alike.
    """
    n, k = design.shape
    root_weight = np.sqrt(weights) if weights is not None else np.ones(n)
    target = values * root_weight
    ortho, upper = qr(design * root_weight[:, None], mode="economic")
    penalty = np.zeros((k, k))
    penalty[:-3, :-3] = basis.penalty
    # in the coordinates of the data's own metric the penalty becomes diagonal: one eigenproblem for every smoothness
    half = solve_triangular(upper, penalty, trans="T", lower=False)
    inner = solve_triangular(upper, half.T, trans="T", lower=False)
    stiff, turn = eigh((inner + inner.T) / 2)
    stiff = np.maximum(stiff, 0)
    shadow = turn.T @ (ortho.T @ target)
    beyond = float(target @ target - shadow @ shadow)

    def score(log_smoothing: float) -> float:
        kept = 1 / (1 + np.exp(log_smoothing) * stiff)
        misfit = beyond + float(np.square((1 - kept) * shadow).sum())
        return n * misfit / (n - kept.sum()) ** 2

    chosen = _least(score, stiff)
    kept = 1 / (1 + np.exp(chosen) * stiff)
    edf = float(kept.sum())
    misfit = beyond + float(np.square((1 - kept) * shadow).sum())
    scale = max(misfit, 0.0) / (n - edf)
    back = solve_triangular(upper, turn)
    return Surface(
        basis, back @ (kept * shadow), back * np.sqrt(kept * scale), edf, float(np.exp(chosen)), scale
    )


def _least(score: Callable[[float], float], stiff: np.ndarray) -> float:
    """Logarithm of the smoothing with the least score, by a coarse look at the whole range and a fine one around
    the best.
    """
    bent = stiff[stiff > stiff.max() * 1e-12]
    low, high = -np.log(bent.max()) - 7.0, -np.log(bent.min()) + 7.0
    looked = np.linspace(low, high, 61)
    best = int(np.argmin([score(x) for x in looked]))
    around = looked[max(best - 1, 0)], looked[min(best + 1, 60)]
    return float(minimize_scalar(score, bounds=around, method="bounded", options={"xatol": 1e-4}).x)
