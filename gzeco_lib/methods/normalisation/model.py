"""The concentration learned from weather and calendar: gradient boosting on its logarithm.

LightGBM (Ke et al. 2017) instead of the random forest of Grange et al. (2018), doi:10.5194/acp-18-6223-2018:
the same idea, quicker. Logarithms, because what a measure does to emissions multiplies concentrations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.methods.normalisation.table import CALENDAR, DAY, TREND, Table

PARAMETERS: dict[str, Any] = {
    "objective": "l2", "learning_rate": 0.1, "num_leaves": 31, "min_data_in_leaf": 60, "feature_fraction": 0.7,
    "bagging_fraction": 0.6, "bagging_freq": 1, "lambda_l2": 5.0, "max_bin": 63, "num_threads": 1, "seed": 1,
    "deterministic": True, "force_row_wise": True, "verbosity": -1,
}  # fmt: skip
ROUNDS = 150
BLOCK_DAYS, FOLDS = 14, 5  # fortnights: longer than weather's memory


@dataclass(frozen=True)
class WeatherModel:
    """A fitted model.

    Attributes:
        booster: LightGBM model of the log concentration.
        trend: the time is a predictor.
        smear: mean of the concentration over the mean of what the model gives back: brings medians to means
            (Duan 1983).
        names: predictors in order.
    """

    booster: Any
    trend: bool
    smear: float
    names: tuple[str, ...]

    def log(self, rows: np.ndarray) -> np.ndarray:
        """Expected log concentration of predictor rows (N, P)."""
        return self.booster.predict(rows, num_threads=1)


def predictors(table: Table, trend: bool) -> np.ndarray:
    """Predictor rows (T, P): weather, calendar and, with ``trend``, the time in days."""
    columns = [table.weather, table.clock] + ([table.trend[:, None].astype(np.float32)] if trend else [])
    return np.concatenate(columns, axis=1)


def names(table: Table, trend: bool) -> tuple[str, ...]:
    """Names of the columns of `predictors`."""
    return (*table.names, *CALENDAR, *((TREND,) if trend else ()))


def fit(table: Table, trend: bool, rows: np.ndarray | None = None, rounds: int = ROUNDS) -> WeatherModel:
    """Fit to the hours ``rows`` (indices, repeated ones count more), or to all known ones."""
    import lightgbm

    used = np.flatnonzero(table.known) if rows is None else rows[table.known[rows]]
    X, y = predictors(table, trend)[used], table.log[used]
    data = lightgbm.Dataset(
        X, y, params={"max_bin": PARAMETERS["max_bin"], "num_threads": 1, "verbosity": -1}
    )
    booster = lightgbm.train(PARAMETERS, data, num_boost_round=rounds)
    smear = float(np.exp(y).mean() / np.exp(booster.predict(X, num_threads=1)).mean())
    return WeatherModel(booster, trend, smear, names(table, trend))


def skill(table: Table, trend: bool = True) -> dict[str, float]:
    """Errors on fortnights the model did not see, beside those of a month-by-hour climatology of the same
    training hours.

    Returns:
        ``r2`` and ``rmse`` of the model, ``rmse_climatology``, ``skill`` = 1 - MSE / MSE of the climatology,
        ``hours``; on the concentration, in its unit.
    """
    block = np.arange(len(table.time)) // (BLOCK_DAYS * DAY)
    fold = np.random.default_rng(0).permutation(block[-1] + 1)[block] % FOLDS
    X = predictors(table, trend)
    slot = (table.time.month.to_numpy() - 1) * DAY + table.clock[:, 0].astype(int)
    model, dull = np.full(len(table.time), np.nan), np.full(len(table.time), np.nan)
    for number in range(FOLDS):
        out, rest = (
            np.flatnonzero(table.known & (fold == number)),
            np.flatnonzero(table.known & (fold != number)),
        )
        if not len(out) or not len(rest):
            continue
        fitted = fit(table, trend, rest)
        model[out] = fitted.smear * np.exp(fitted.log(X[out]))
        mean = pd.Series(table.y[rest]).groupby(slot[rest]).mean()
        dull[out] = mean.reindex(slot[out]).fillna(table.y[rest].mean()).to_numpy()
    tested = np.isfinite(model)
    y = table.y[tested]
    mse, other = np.mean((model[tested] - y) ** 2), np.mean((dull[tested] - y) ** 2)
    return {
        "r2": float(1 - mse / y.var()), "rmse": float(np.sqrt(mse)), "rmse_climatology": float(np.sqrt(other)),
        "skill": float(1 - mse / other), "hours": float(tested.sum()),
    }  # fmt: skip


def partial_dependence(
    table: Table, model: WeatherModel, name: str, points: int = 25, sample: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Mean concentration over the other predictors as ``name`` runs over its range (Friedman 2001,
    doi:10.1214/aos/1013203451).

    Returns:
        By value of ``name`` (percentiles 1 to 99): ``mean``, and ``low``, ``high``, the 10th and 90th
        percentile over hours.
    """
    from gzeco_lib.errors import N_, InputError, near

    if name not in model.names:
        raise InputError(
            N_("the model has no predictor {name}"), "partial_dependence", N_("did you mean: {near}?"),
            name=name, near=near(name, model.names),
        )  # fmt: skip
    column = model.names.index(name)
    X = predictors(table, model.trend)[table.known]
    rows = X[np.random.default_rng(seed).choice(len(X), min(sample, len(X)), replace=False)]
    grid = np.unique(np.nanquantile(X[:, column], np.linspace(0.01, 0.99, points)))
    moved = np.repeat(rows[None], len(grid), axis=0)
    moved[:, :, column] = grid[:, None]
    found = model.smear * np.exp(model.log(moved.reshape(-1, X.shape[1]))).reshape(len(grid), -1)
    low, high = np.quantile(found, [0.1, 0.9], axis=1)
    return pd.DataFrame({"mean": found.mean(axis=1), "low": low, "high": high}, pd.Index(grid, name=name))
