"""How many factors: what the fit gains, and what it gains on values it did not see."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gzeco_lib.methods.factorisation.factorise import Problem, problem, random_start, solve

FOLDS = 10
TOLERANCE = 1e-5


def number_of_factors(
    data: pd.DataFrame,
    uncertainty: pd.DataFrame,
    tried: tuple[int, ...] = (2, 3, 4, 5, 6, 7, 8),
    starts: int = 10,
    robust: bool = True,
    seed: int = 0,
) -> pd.DataFrame:
    """Indicators by number of factors.

    Returns:
        By number: ``q_ratio`` (robust Q over expected; levels off at the right number), ``held_out`` (mean
        scaled error, Huber's loss, of single values left out in tenths, after Wold 1978,
        doi:10.1080/00401706.1978.10489693) with ``held_out_se``, ``worst_mean`` and ``worst_spread`` of
        scaled residuals by species (IM and IS of Lee et al. 1999, doi:10.1016/S1352-2310(99)00113-2),
        ``same_minimum`` (share of starts within 0.1 % of the least Q), and ``suggested``: the fewest factors
        whose held-out error is within one standard error of the least.
    """
    of = problem(data, uncertainty, robust)
    allowed = [k for k in tried if 1 <= k < min(of.X.shape)]
    rows = {}
    for k in allowed:
        found = solve(of, k, starts, seed)
        errors = held_out_errors(of, k, seed)
        residual = found.residuals
        rows[k] = {
            "q_ratio": found.q_robust / max(found.q_expected, 1.0),
            "held_out": errors.mean(),
            "held_out_se": errors.std(ddof=1) / np.sqrt(len(errors)),
            "worst_mean": residual.mean().max(),
            "worst_spread": residual.std().max(),
            "same_minimum": float((found.runs["q"] <= found.runs["q"].min() * 1.001).mean()),
        }
    table = pd.DataFrame(rows).T.rename_axis("factors")
    error, unsure = table["held_out"].to_numpy(), table["held_out_se"].to_numpy()
    best = int(np.argmin(error))
    within = error <= error[best] + unsure[best]
    table["suggested"] = np.arange(len(table)) == np.flatnonzero(within)[0]
    return table


def held_out_errors(of: Problem, factors: int, seed: int) -> np.ndarray:
    """Mean Huber loss of the scaled errors of values left out, by fold (10,)."""
    from gzeco_lib.methods.factorisation.factorise import descended

    draw = np.random.default_rng(seed)
    fold = draw.integers(0, FOLDS, of.X.shape)
    alpha = of.alpha or np.inf
    errors = np.full(FOLDS, np.nan)
    for number in range(FOLDS):
        left_out = (fold == number) & (of.W > 0)
        part = Problem(of.X, np.where(left_out, 0.0, of.W), of.scale, of.index, of.species, of.alpha)
        runs = [descended(part, *random_start(part, factors, draw), tolerance=TOLERANCE) for _ in range(2)]
        G, F, *_ = min(runs, key=lambda run: run[2])
        size = (np.abs(of.X - G @ F.T) * np.sqrt(of.W))[left_out]
        loss = np.where(size > alpha, 2 * alpha * size - alpha**2, size**2) if of.alpha else size**2
        errors[number] = loss.mean()
    return errors
