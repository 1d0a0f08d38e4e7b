"""What a fitted cross-basis says: relative risks by exposure, by lag and over all lags, and where risk is least.

Source: Gasparrini, Armstrong and Kenward 2010, doi:10.1002/sim.3940; the one-dimensional summaries are those of
Gasparrini and Armstrong 2013, doi:10.1186/1471-2288-13-1; the interval of the minimum is that of Tobias, Armstrong
and Gasparrini 2017, doi:10.1097/EDE.0000000000000567.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtri

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dlnm.basis import Floats
from gzeco_lib.methods.dlnm.crossbasis import CrossBasis

WHERE = "methods.dlnm.predict"
DRAWS = 1000
GRID = 401  # values among which the minimum is looked for


@dataclass(frozen=True)
class Prediction:
    """Effects relative to ``reference``, as logarithms of relative risks.

    Attributes:
        at: exposures (value,) [its unit]; ``reference`` is where the effect is nought, None is the basis's own nought.
        lags: lags (lag,).
        overall, overall_se: effect summed over all lags (value,).
        by_lag, by_lag_se: effect at each lag (value, lag).
        cumulative, cumulative_se: effect summed up to each lag (value, lag).
    """

    at: Floats
    reference: float | None
    lags: np.ndarray
    overall: Floats
    overall_se: Floats
    by_lag: Floats
    by_lag_se: Floats
    cumulative: Floats
    cumulative_se: Floats

    def curve(self, level: float = 0.95) -> pd.DataFrame:
        """Overall relative risk by exposure: value, rr, lo, hi."""
        return _table({"value": self.at}, self.overall, self.overall_se, level)

    def lag_curve(self, value: float, level: float = 0.95) -> pd.DataFrame:
        """Relative risk of ``value`` (the nearest of ``at``) by lag: lag, rr, lo, hi."""
        row = int(np.argmin(np.abs(self.at - value)))
        return _table({"lag": self.lags}, self.by_lag[row], self.by_lag_se[row], level)

    def surface(self) -> pd.DataFrame:
        """Relative risk by exposure and lag in long form: value, lag, rr."""
        value, lag = np.meshgrid(self.at, self.lags, indexing="ij")
        return pd.DataFrame({"value": value.ravel(), "lag": lag.ravel(), "rr": np.exp(self.by_lag).ravel()})


def _table(keys: dict[str, np.ndarray], fit: Floats, se: Floats, level: float) -> pd.DataFrame:
    wide = ndtri(0.5 + level / 2) * se
    return pd.DataFrame({**keys, "rr": np.exp(fit), "lo": np.exp(fit - wide), "hi": np.exp(fit + wide)})


def _checked(basis: CrossBasis, coef: ArrayLike, cov: ArrayLike) -> tuple[Floats, Floats]:
    b, v = np.asarray(coef, float), np.asarray(cov, float)
    count = int(np.prod(basis.shape))
    if b.shape != (count,) or v.shape != (count, count):
        raise InputError(
            N_("{found} coefficients do not fit a cross-basis of {expected} columns"), WHERE,
            N_("give those of this cross-basis, as the fit has them"), found=b.shape, expected=count,
        )  # fmt: skip
    return b, v


def predict(
    basis: CrossBasis, coef: ArrayLike, cov: ArrayLike, at: ArrayLike, reference: float | None = None
) -> Prediction:
    """Effects of the exposures ``at`` relative to ``reference``.

    Args:
        basis: the cross-basis.
        coef: its coefficients (column,).
        cov: their covariance (column, column).
        at: exposures (value,) [unit of the exposure].
        reference: where the effect is nought; None for lines, thresholds and strata.

    Raises:
        InputError: coefficients of another basis.
    """
    b, v = _checked(basis, coef, cov)
    values = np.atleast_1d(np.asarray(at, float))
    exposure, lag = basis.contrast(values, reference), basis.lag(basis.steps)
    shape = basis.shape
    matrix = b.reshape(shape)
    tensor = v.reshape(*shape, *shape)
    overall = exposure @ matrix @ basis.summed
    inner = np.einsum("l,vlwm,m->vw", basis.summed, tensor, basis.summed)
    by_lag, by_lag_se = _at_lags(exposure, lag, matrix, tensor)
    cumulative, cumulative_se = _at_lags(exposure, np.cumsum(lag, axis=0), matrix, tensor)
    return Prediction(
        values, reference, basis.steps, overall, _root(np.einsum("iv,vw,iw->i", exposure, inner, exposure)),
        by_lag, by_lag_se, cumulative, cumulative_se,
    )  # fmt: skip


def _at_lags(exposure: Floats, lag: Floats, matrix: Floats, tensor: Floats) -> tuple[Floats, Floats]:
    fit = exposure @ matrix @ lag.T
    middle = np.einsum("kl,vlwm,km->kvw", lag, tensor, lag, optimize=True)
    return fit, _root(np.einsum("iv,kvw,iw->ik", exposure, middle, exposure, optimize=True))


def _root(variance: Floats) -> Floats:
    return np.sqrt(np.maximum(variance, 0.0))


def reduced(basis: CrossBasis, coef: ArrayLike, cov: ArrayLike) -> tuple[Floats, Floats]:
    """Coefficients of the exposure basis for the overall effect, and their covariance."""
    b, v = _checked(basis, coef, cov)
    turn = np.kron(np.eye(basis.shape[0]), basis.summed)
    return turn @ b, turn @ v @ turn.T


def reduced_to_value(
    basis: CrossBasis, coef: ArrayLike, cov: ArrayLike, value: float, reference: float | None = None
) -> tuple[Floats, Floats]:
    """Coefficients of the lag basis for one exposure against ``reference``, and their covariance."""
    b, v = _checked(basis, coef, cov)
    turn = np.kron(basis.contrast(value, reference), np.eye(basis.shape[1]))
    return turn @ b, turn @ v @ turn.T


def draws(coef: ArrayLike, cov: ArrayLike, count: int = DRAWS, seed: int = 0) -> Floats:
    """Coefficients drawn from their normal distribution (draw, column)."""
    values, vectors = np.linalg.eigh(np.asarray(cov, float))
    normal = np.random.default_rng(seed).standard_normal((count, len(values)))
    return np.asarray(coef, float) + (normal * _root(values)) @ vectors.T


@dataclass(frozen=True)
class Minimum:
    """Exposure of least overall risk and its interval [unit of the exposure]."""

    value: float
    lo: float
    hi: float


def minimum(
    basis: CrossBasis, coef: ArrayLike, cov: ArrayLike, within: tuple[float, float] | None = None,
    level: float = 0.95, count: int = DRAWS, seed: int = 0,
) -> Minimum:  # fmt: skip
    """The exposure at which the overall risk is least (for temperature: the minimum-mortality temperature).

    Args:
        basis: the cross-basis.
        coef: its coefficients.
        cov: their covariance.
        within: where it is looked for; the range seen unless given.
        level: of the interval, from the minima of drawn curves.
        count: draws.
        seed: of the draws.

    Raises:
        InputError: coefficients of another basis.
    """
    b, v = reduced(basis, coef, cov)
    low, high = within or basis.range
    values = np.linspace(low, high, GRID)
    columns = basis.exposure(values)
    least = values[np.argmin(columns @ draws(b, v, count, seed).T, axis=0)]
    lo, hi = np.quantile(least, [0.5 - level / 2, 0.5 + level / 2])
    return Minimum(float(values[np.argmin(columns @ b)]), float(lo), float(hi))
