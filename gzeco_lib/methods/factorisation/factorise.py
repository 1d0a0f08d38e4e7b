"""Positive matrix factorisation: samples by species as contributions times profiles, nothing negative.

``x_ij = sum_k g_ik f_kj + e_ij`` with the least ``Q = sum (e_ij / s_ij)^2`` (Paatero and Tapper 1994,
doi:10.1002/env.3170050203). Contributions have mean one, so that a profile is the factor's mean share of each
species in that species' unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError

ALPHA = 4.0  # scaled residuals beyond this lose weight (Paatero 1997; the guide's robust mode)
SWEEPS, TOLERANCE = 2000, 1e-6


@dataclass(frozen=True)
class Problem:
    """Values (n, m), weights 1 / s^2 with 0 for missing, and the scale of each species."""

    X: np.ndarray
    W: np.ndarray
    scale: np.ndarray
    index: pd.Index
    species: pd.Index
    alpha: float

    def take(self, rows: np.ndarray) -> Problem:
        """The problem of some rows, repeated ones included."""
        return Problem(self.X[rows], self.W[rows], self.scale, self.index[rows], self.species, self.alpha)


@dataclass(frozen=True)
class Factors:
    """A solution.

    Attributes:
        profiles: mean contribution of each factor to each species, in the species' unit (factor, species).
        contributions: of each factor in each sample [1], mean one (time, factor).
        q: sum of squared scaled residuals, all values.
        q_robust: the same where outlying residuals count by Huber's loss; what robust mode minimised.
        q_expected: degrees of freedom: values - factors x (samples + species).
        residuals: scaled residuals (time, species).
        runs: Q of each start, the sweeps it took, and the least cosine of its profiles with the best run's.
        problem: what was solved.
    """

    profiles: pd.DataFrame
    contributions: pd.DataFrame
    q: float
    q_robust: float
    q_expected: float
    residuals: pd.DataFrame
    runs: pd.DataFrame
    problem: Problem = field(repr=False)

    @property
    def shares(self) -> pd.DataFrame:
        """Share of each species that each factor explains [1] (factor, species)."""
        return self.profiles / self.profiles.sum().replace(0.0, np.nan)

    def fitted(self) -> pd.DataFrame:
        """The model's values, in the species' units."""
        return self.contributions @ self.profiles

    def species_fit(self) -> pd.DataFrame:
        """By species: Q over expected, share of scaled residuals beyond 3, and r^2 of observed against fitted."""
        known = self.problem.W > 0
        r = self.residuals.to_numpy()
        free = max(self.q_expected, 1.0) / known.sum()
        observed = pd.DataFrame(
            self.problem.X * self.problem.scale, self.residuals.index, self.residuals.columns
        )
        return pd.DataFrame(
            {
                "q_ratio": np.nansum(r**2, axis=0) / (known.sum(axis=0) * free),
                "beyond_3": np.nanmean(np.abs(r) > 3, axis=0),
                "r2": observed.where(known).corrwith(self.fitted()) ** 2,
            },
            self.residuals.columns,
        )


def problem(data: pd.DataFrame, uncertainty: pd.DataFrame, robust: bool = True) -> Problem:
    """Check the tables and lay them out for the solver.

    Raises:
        InputError: the tables differ in shape or names, an uncertainty is not above 0, or a row or column is
        empty.
    """
    if list(data.columns) != list(uncertainty.columns) or not data.index.equals(uncertainty.index):
        raise InputError(
            N_("values and uncertainties have different rows or species"),
            "factorise",
            N_("give two tables of one shape"),
        )
    x, s = data.to_numpy(float), uncertainty.to_numpy(float)
    known = np.isfinite(x) & np.isfinite(s)
    if (s[known] <= 0).any():
        raise InputError(
            N_("an uncertainty is not above 0"), "uncertainty", N_("see uncertainty.equation_based")
        )
    empty = [str(name) for name, some in zip(data.columns, known.any(axis=0), strict=True) if not some]
    if empty or not known.any():
        raise InputError(
            N_("no value is known of {names}"),
            "factorise",
            N_("leave the species out"),
            names=", ".join(empty) or "*",
        )
    kept = known.any(axis=1)
    x, s, known = x[kept], s[kept], known[kept]
    scale = np.array([np.abs(x[known[:, j], j]).mean() or 1.0 for j in range(x.shape[1])])
    weight = np.where(known, (scale / np.where(known, s, 1.0)) ** 2, 0.0)
    return Problem(
        np.where(known, x / scale, 0.0),
        weight,
        scale,
        data.index[kept],
        data.columns,
        ALPHA if robust else 0.0,
    )


def factorise(
    data: pd.DataFrame,
    uncertainty: pd.DataFrame,
    factors: int,
    starts: int = 20,
    robust: bool = True,
    seed: int = 0,
    sweeps: int = SWEEPS,
    tolerance: float = TOLERANCE,
) -> Factors:
    """Factorise ``data``.

    Args:
        data: samples (rows) by species (columns), any units; NaN is missing and carries no weight.
        uncertainty: of each value, in its unit; see `uncertainty`.
        factors: number of factors.
        starts: random starts; the least Q is kept.
        robust: values whose scaled residual exceeds 4 lose weight.
        seed: of the starts.
        sweeps, tolerance: a run ends where ten sweeps lower Q by less than this fraction, or after so many
            sweeps.

    Returns:
        Factors, the one that explains most of all species first.

    Raises:
        InputError: see `problem`; or more factors than species or samples.
    """
    if starts < 1:
        raise InputError(N_("at least one start is needed"), "starts", N_("twenty are usual"))
    return solve(problem(data, uncertainty, robust), factors, starts, seed, sweeps, tolerance)


def solve(
    of: Problem, factors: int, starts: int, seed: int, sweeps: int = SWEEPS, tolerance: float = TOLERANCE
) -> Factors:
    """`factorise` on a prepared problem."""
    n, m = of.X.shape
    if not 1 <= factors <= min(n, m):
        raise InputError(
            N_("{given} factors of {length} species"), "factors", N_("give from 1 to the number of species"),
            given=factors, length=m,
        )  # fmt: skip
    draw = np.random.default_rng(seed)
    runs = [descended(of, *random_start(of, factors, draw), sweeps, tolerance) for _ in range(starts)]
    best = min(runs, key=lambda run: run[2])
    cosines = [matched(best[1], run[1])[1].min() for run in runs]
    table = pd.DataFrame(
        {"q": [run[2] for run in runs], "sweeps": [run[3] for run in runs], "least_cosine": cosines}
    )
    return named(of, best[0], best[1], table)


def random_start(of: Problem, factors: int, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Random G (n, k) and F (m, k) whose product has about the size of the values."""
    n, m = of.X.shape
    return draw.uniform(0.1, 1.0, (n, factors)), draw.uniform(0.1, 1.0, (m, factors)) * 2 / factors


def descended(
    of: Problem, G: np.ndarray, F: np.ndarray, sweeps: int = SWEEPS, tolerance: float = TOLERANCE
) -> tuple[np.ndarray, np.ndarray, float, int]:
    """The solution downhill of (G, F), its objective and the sweeps taken."""
    from gzeco_lib.methods.factorisation.descent import descend

    k = G.shape[1]
    G, F = np.ascontiguousarray(G, float).copy(), np.ascontiguousarray(F, float).copy()
    none, unheld = np.empty((0, k)), np.empty((0, k), bool)
    q, taken = descend(of.X, of.W, G, F, sweeps, tolerance, of.alpha, none, none, unheld, -1)
    return G, F, float(q), int(taken)


def named(of: Problem, G: np.ndarray, F: np.ndarray, runs: pd.DataFrame) -> Factors:
    """The solution as tables, factors ordered and contributions of mean one."""
    mean = np.where(G.mean(axis=0) > 0, G.mean(axis=0), 1.0)
    G, F = G / mean, F * mean
    order = np.argsort(-F.sum(axis=0))
    G, F = G[:, order], F[:, order]
    names = [f"F{k + 1}" for k in range(G.shape[1])]
    known = of.W > 0
    residual = np.where(known, (of.X - G @ F.T) * np.sqrt(of.W), np.nan)
    size = np.abs(residual[known])
    alpha = of.alpha or np.inf
    huber = np.where(size > alpha, 2 * ALPHA * size - ALPHA**2, size**2)
    return Factors(
        profiles=pd.DataFrame(F.T * of.scale, names, of.species),
        contributions=pd.DataFrame(G, of.index, names),
        q=float((size**2).sum()),
        q_robust=float(huber.sum()),
        q_expected=float(known.sum() - G.shape[1] * (G.shape[0] + F.shape[0])),
        residuals=pd.DataFrame(residual, of.index, of.species),
        runs=runs,
        problem=of,
    )


def matched(base: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns of ``other`` that belong to those of ``base`` (rows by factors), one to one, and their cosines."""
    from scipy.optimize import linear_sum_assignment

    a, b = (v / np.maximum(np.linalg.norm(v, axis=0), 1e-300) for v in (base, other))
    cosine = a.T @ b
    _, column = linear_sum_assignment(-cosine)
    return column, cosine[np.arange(len(column)), column]
