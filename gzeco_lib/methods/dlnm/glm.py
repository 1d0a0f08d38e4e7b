"""Log-linear models of counts with quasi-Poisson spread, fitted by iteratively reweighted least squares.

Start, steps and end are those of R's ``glm`` (McCullagh and Nelder 1989; Chambers and Hastie 1992): means start at the
count + 0.1, the fit ends when the deviance changes by less than 1e-8 of itself. Rows with a missing value are left out,
as R's ``na.omit`` does.

Counts that were suppressed because they are small are known to lie in 1..k: each step uses their expectation given that
(the EM algorithm of Dempster, Laird and Rubin 1977), and the information they lost is taken off (Louis 1982).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.lapack import dpotrf as potrf
from scipy.special import gammaln, xlogy

from gzeco_lib.errors import N_, FailureError, InputError
from gzeco_lib.methods.dlnm.basis import Floats

WHERE = "methods.dlnm.quasi_poisson"
CONVERGED = 1e-8
STEPS = 50
CONSTANT = "constant"
ALIASED = 1e-5  # part of a column (of length one) left by earlier ones below which it is their combination
HIGHEST = 30.0  # log of a mean that no count has


@dataclass(frozen=True)
class Fit:
    """A fitted model.

    Attributes:
        coef: coefficients (column,), the constant first; NaN for columns that are combinations of earlier ones.
        cov: their covariance, spread included (column, column).
        terms: place of each term's columns.
        dispersion: variance over mean (Pearson).
        deviance: of the fit, without the spread.
        rows: which of the given rows were used.
        fitted: expected counts of the rows used.
        counts: counts of the rows used; expectations where they were suppressed.
        steps: iterations done.
        df: residual degrees of freedom.
    """

    coef: Floats
    cov: Floats
    terms: dict[str, slice]
    dispersion: float
    deviance: float
    rows: np.ndarray
    fitted: Floats
    counts: Floats
    steps: int
    df: int

    def of(self, term: str) -> tuple[Floats, Floats]:
        """Coefficients and covariance of one term.

        Raises:
            InputError: the model has no such term.
        """
        if term not in self.terms:
            raise InputError(
                N_("the model has no term {term}"), WHERE, N_("name one of: {near}"), term=term,
                near=", ".join(self.terms),
            )  # fmt: skip
        place = self.terms[term]
        if np.isnan(self.coef[place]).any():
            raise InputError(
                N_("the columns of {term} are combinations of other columns"), WHERE,
                N_("use fewer degrees of freedom, or leave the term out"), term=term,
            )  # fmt: skip
        return self.coef[place], self.cov[place, place]

    @property
    def qaic(self) -> float:
        """Akaike's criterion for quasi-Poisson models (Gasparrini, Armstrong and Kenward 2010): less is better."""
        loglik = float((xlogy(self.counts, self.fitted) - self.fitted - gammaln(self.counts + 1)).sum())
        return -2.0 * loglik + 2.0 * self.dispersion * int(np.isfinite(self.coef).sum())

    @property
    def residuals(self) -> Floats:
        """Deviance residuals of the rows used."""
        y, mu = self.counts, self.fitted
        unit = np.maximum(xlogy(y, y / mu) - (y - mu), 0.0)
        return np.sign(y - mu) * np.sqrt(2.0 * unit)


@dataclass(frozen=True)
class Design:
    """The rows a model is fitted to: ``x`` (row, column) with the constant first, and what goes with them."""

    x: Floats
    y: Floats
    offset: Floats
    weights: Floats
    upper: np.ndarray  # largest value a suppressed count can have; 0 where the count is known
    terms: dict[str, slice]
    rows: np.ndarray


def design(
    terms: Mapping[str, ArrayLike],
    counts: ArrayLike,
    offset: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    suppressed: ArrayLike | None = None,
) -> Design:
    """The complete rows of a model of ``counts``; arguments and errors as for `quasi_poisson`."""
    y = np.asarray(counts, float)
    upper = np.zeros(len(y), int) if suppressed is None else np.asarray(suppressed, int)
    y = np.where(upper > 0, (1 + upper) / 2, y)
    blocks, places, start = [np.ones((len(y), 1))], {CONSTANT: slice(0, 1)}, 1
    for name, columns in terms.items():
        block = np.asarray(columns, float)
        block = block[:, None] if block.ndim == 1 else block
        if len(block) != len(y):
            raise InputError(
                N_("the term {term} has {found} rows, the counts {expected}"), WHERE,
                N_("give all terms on the times of the counts"), term=name, found=len(block), expected=len(y),
            )  # fmt: skip
        blocks.append(block)
        places[name] = slice(start, start + block.shape[1])
        start += block.shape[1]
    x = np.column_stack(blocks)
    off = np.zeros(len(y)) if offset is None else np.asarray(offset, float)
    prior = np.ones(len(y)) if weights is None else np.asarray(weights, float)
    good = np.isfinite(x.sum(axis=1)) & np.isfinite(y) & np.isfinite(off) & (prior > 0)
    if (y[good] < 0).any():
        raise InputError(N_("counts below nought"), WHERE, N_("mend or leave out these rows"))
    if good.sum() <= start or y[good].sum() <= 0:
        raise InputError(
            N_("{rows} complete rows with {events} cases cannot carry {columns} coefficients"), WHERE,
            N_("give a longer series, or fewer degrees of freedom"),
            rows=int(good.sum()), events=int(y[good].sum()), columns=start,
        )  # fmt: skip
    return Design(x[good], y[good], off[good], prior[good], upper[good], places, np.flatnonzero(good))


def quasi_poisson(
    terms: Mapping[str, ArrayLike],
    counts: ArrayLike,
    offset: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    suppressed: ArrayLike | None = None,
) -> Fit:
    """Fit ``log E(counts) = constant + sum of terms + offset``, variance proportional to the mean.

    Args:
        terms: columns of each term (time, k) by name: cross-bases, splines of time, days of the week.
        counts: cases (time,); NaN where missing.
        offset: logarithm of the population or the like (time,).
        weights: of the rows (time,); rows without weight are left out.
        suppressed: largest value a suppressed count can have (time,), 0 where it is known; 4 where counts below 5
            are suppressed and 0 is shown.

    Raises:
        InputError: shapes do not fit, too few complete rows or cases, or counts below nought.
        FailureError: the fit does not settle.
    """
    made = design(terms, counts, offset, weights, suppressed)
    hidden, y = made.upper > 0, made.y
    mu = y + 0.1
    eta = np.log(mu)
    kept = _independent(made.x, made.weights * mu)
    x = made.x[:, kept] if len(kept) < made.x.shape[1] else made.x
    beta = np.zeros(x.shape[1])
    deviance = _deviance(y, mu, made.weights)
    target = eta - made.offset + (y - mu) / mu
    for step in range(1, STEPS + 1):
        if hidden.any():
            y = _expected(made.y, mu, made.upper)[0]
        w = made.weights * mu
        factor, scale = _factored(x, w)
        gradient = x.T @ (w * target if step == 1 else made.weights * (y - mu))
        beta = beta + cho_solve(factor, gradient / scale) / scale
        eta = np.minimum(x @ beta + made.offset, HIGHEST)
        mu = np.exp(eta)
        before, deviance = deviance, _deviance(y, mu, made.weights)
        # the counts of an EM step move with the means: only the next step says whether they settled
        if abs(deviance - before) / (abs(deviance) + 0.1) < (CONVERGED * 1e-2 if hidden.any() else CONVERGED):
            break
    else:
        raise FailureError(
            N_("the fit did not settle in {steps} steps"),
            WHERE,
            N_("use fewer degrees of freedom"),
            steps=STEPS,
        )
    return _finished(made, x, kept, beta, mu, deviance, w, step)


def _finished(
    made: Design, x: Floats, kept: np.ndarray, beta: Floats, mu: Floats, deviance: float, w: Floats, step: int
) -> Fit:
    # the last step's weights, not those of the last means, as R has it
    y, lost = _expected(made.y, mu, made.upper)
    pearson_each = w * ((y - mu) / mu) ** 2
    if made.upper.any():
        w = made.weights * np.maximum(mu - lost, 0.0)
    factor, scale = _factored(x, w)
    inverse = cho_solve(factor, np.diag(1.0 / scale)) / scale[:, None]
    seen = made.upper == 0
    df = int(seen.sum()) - len(beta)
    spread = float(pearson_each[seen].sum()) / df if df > 0 else 1.0
    columns = made.x.shape[1]
    coef, cov = np.full(columns, np.nan), np.full((columns, columns), np.nan)
    coef[kept] = beta
    cov[np.ix_(kept, kept)] = spread * (inverse + inverse.T) / 2
    return Fit(coef, cov, made.terms, spread, deviance, made.rows, mu, y, step, df)


def _information(x: Floats, w: Floats) -> tuple[Floats, Floats]:
    """X'WX with its diagonal scaled to one, and the scale (one where a column is nought)."""
    weighted = x * np.sqrt(w)[:, None]
    information = weighted.T @ weighted
    scale = np.sqrt(np.diag(information))
    scale[scale == 0] = 1.0
    return information / scale / scale[:, None], scale


def _factored(x: Floats, w: Floats) -> tuple[tuple[Floats, bool], Floats]:
    """Cholesky factor of the scaled X'WX, and the scale."""
    information, scale = _information(x, w)
    try:
        return cho_factor(information, lower=True, check_finite=False), scale
    except np.linalg.LinAlgError as error:
        raise FailureError(
            N_("the fit ran away: the columns say nearly the same"), WHERE, N_("use fewer degrees of freedom")
        ) from error


def _independent(x: Floats, w: Floats) -> np.ndarray:
    """Which columns are no combination of earlier ones; splines of time have such where years of rows are missing."""
    information, _ = _information(x, w)
    keep = np.arange(len(information))
    while True:
        factor, failed = potrf(information[np.ix_(keep, keep)], lower=1)
        pivots = np.diag(factor)[: failed - 1 if failed else len(keep)]
        small = np.flatnonzero(pivots < ALIASED)
        if not len(small) and not failed:
            return keep
        keep = np.delete(keep, int(small[0]) if len(small) else failed - 1)


def _deviance(y: Floats, mu: Floats, weights: Floats) -> float:
    return float(2.0 * (weights * (xlogy(y, y / mu) - (y - mu))).sum())


def _expected(y: Floats, mu: Floats, upper: np.ndarray) -> tuple[Floats, Floats]:
    """Counts with each suppressed one replaced by its expectation given 1..upper, and the variance of that."""
    hidden = upper > 0
    variance = np.zeros(len(y))
    if not hidden.any():
        return y, variance
    values = np.arange(1, int(upper.max()) + 1)
    log = values * np.log(mu[hidden])[:, None] - gammaln(values + 1)
    log = np.where(values <= upper[hidden][:, None], log, -np.inf)
    p = np.exp(log - log.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    mean = p @ values
    filled = y.copy()
    filled[hidden] = mean
    variance[hidden] = p @ values**2 - mean**2
    return filled, variance
