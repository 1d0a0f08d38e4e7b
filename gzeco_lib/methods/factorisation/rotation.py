"""Controlled rotations: is there another solution nearly as good in which profiles, or contributions, differ
more?

The role of Fpeak (Paatero et al. 2002, doi:10.1016/S0169-7439(01)00200-3): a positive strength pulls each
profile away from the others (sharper profiles, smoother contributions), a negative one each series of
contributions. Here it is a pull to a target, the matrix with a fraction of the other factors taken off, as
strong as the data themselves.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.factorisation.factorise import Factors, Problem, matched, named

SWEEPS = 500
PULL = 0.1  # of the curvature of Q: enough to turn what the data leave free, little against what they fix


def rotated(base: Factors, strength: float) -> Factors:
    """The solution pulled by ``strength`` (-1..1); ``q_robust - base.q_robust`` is what the rotation costs.

    Raises:
        InputError: the strength is 0 or beyond one.
    """
    if not 0 < abs(strength) <= 1:
        raise InputError(
            N_("a strength of {given} rotates nothing, or too much"), "strength",
            N_("give a number from -1 to 1, not 0"),
            given=strength,
        )  # fmt: skip
    from gzeco_lib.methods.factorisation.descent import descend

    of = base.problem
    F, G = (base.profiles.to_numpy() / of.scale).T, base.contributions.to_numpy()
    if strength > 0:
        X, W, rows, columns = of.X, of.W, G, F
    else:
        X, W, rows, columns = np.ascontiguousarray(of.X.T), np.ascontiguousarray(of.W.T), F, G
    target = _apart(columns, abs(strength))
    pull = PULL * (W.T @ rows**2)
    rows, columns = np.ascontiguousarray(rows).copy(), np.ascontiguousarray(columns).copy()
    held = np.empty((0, rows.shape[1]), bool)
    descend(X, W, rows, columns, SWEEPS, 1e-8, of.alpha, np.ascontiguousarray(pull), target, held, -1)
    G, F = (rows, columns) if strength > 0 else (columns, rows)
    order = matched((base.profiles.to_numpy() / of.scale).T, F)[0]
    return _in_order(of, G[:, order], F[:, order], base)


def rotations(
    base: Factors, strengths: tuple[float, ...] = (-0.5, -0.2, -0.1, 0.1, 0.2, 0.5)
) -> pd.DataFrame:
    """For each strength the rise of Q, also in percent, and the least cosine of the profiles with the base's."""
    rows = []
    for strength in strengths:
        turned = rotated(base, strength)
        rise = turned.q_robust - base.q_robust
        cosine = matched(_scaled(base), _scaled(turned))[1].min()
        rows.append((strength, rise, 100 * rise / base.q_robust, cosine))
    return pd.DataFrame(rows, columns=["strength", "dq", "dq_percent", "least_cosine"]).set_index("strength")


def _apart(columns: np.ndarray, fraction: float) -> np.ndarray:
    """Each column less ``fraction`` of the mean of the others, brought to its own size, not below nought."""
    size = np.maximum(columns.mean(axis=0), 1e-300)
    unit = columns / size
    k = columns.shape[1]
    others = (unit.sum(axis=1, keepdims=True) - unit) / max(k - 1, 1)
    return np.ascontiguousarray(np.maximum(0.0, unit - fraction * others) * size)


def _scaled(of: Factors) -> np.ndarray:
    return (of.profiles.to_numpy() / of.problem.scale).T


def _in_order(of: Problem, G: np.ndarray, F: np.ndarray, base: Factors) -> Factors:
    """`named`, in the order of the base's factors."""
    found = named(of, G, F, base.runs)
    order = matched(_scaled(base), _scaled(found))[0]
    profiles, contributions = found.profiles.iloc[order], found.contributions.iloc[:, order]
    profiles.index, contributions.columns = base.profiles.index, base.contributions.columns
    return Factors(
        profiles, contributions, found.q, found.q_robust, found.q_expected, found.residuals, base.runs, of
    )
