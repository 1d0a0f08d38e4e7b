"""Model error of a plume at monitors: what it is made of, its likelihood, and how it is learnt.

Observations of one group (an hour, an arc) share four errors: the strength of the plume (lognormal, to first order),
its direction, its spread across the wind, and the level of the background. Each observation has two of its own: a share
of the plume's value, and a multiple of what the instrument's standard deviation says. So the covariance of a group is

    C = diag((a s)^2 + (m p)^2) + t^2 p p' + w^2 d d' + v^2 e e' + k^2 1 1'

with the plume's value p, its slopes by wind direction d and by the logarithm of its spread e. Groups follow a
multivariate Student distribution with ``FREEDOM`` degrees of freedom (Lange, Little and Taylor 1989,
doi:10.1080/01621459.1989.10478852), so that a few hours in which the model fails altogether do not decide. Plumes that
miss by a factor of two now and then, on average by little, are what field experiments find (Hanna, Hansen and
Dharmavaram 2004, doi:10.1016/j.atmosenv.2004.05.041; Chang and Hanna 2004, doi:10.1007/s00703-003-0070-7): that is the
prior; the data move it.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace

import numpy as np
from numba import njit
from scipy.optimize import minimize

FREEDOM = 4.0  # of the Student distribution: what Lange et al. take where it is not estimated
FEW = 8  # with fewer groups than this none can be told to be an outlier, and they are taken as Gaussian
GAUSSIAN = 1e6
FARTHEST = 8.0  # standard deviations of its prior an error may lie off


@dataclass(frozen=True)
class ModelError:
    """Standard deviations of the six errors.

    Attributes:
        additive: factor on the instruments' standard deviation [1].
        own: share of the plume's value, each observation by itself [1].
        shared: the same, common to a group [1].
        direction: of the wind, common to a group [rad].
        spread: of the logarithm of sigma_y, common to a group [1].
    background: level common to a group, in units of the median instrument's standard deviation [1].
    """

    additive: float = 1.0
    own: float = 0.2
    shared: float = 0.35
    direction: float = 0.1
    spread: float = 0.1
    background: float = 0.5


# Median and log-sd of the priors: instruments are as told within a factor of 3; the plume misses one value by a fifth
# and an hour by 35 % (95 % within a factor of two); wind vanes and meander 6 degrees; sigma_y a tenth
# from group to group; background half
# an instrument's sd.
PRIOR = ModelError()
PRIOR_SPREAD = (1.0, 0.7, 0.7, 0.7, 0.7, 1.0)


@dataclass(frozen=True)
class Whitener:
    """The covariance of all groups, ready to weigh columns; rows are sorted by group."""

    diagonal: np.ndarray
    shared: np.ndarray
    starts: np.ndarray
    inverse: np.ndarray
    trust: np.ndarray

    def solve(self, columns: np.ndarray) -> np.ndarray:
        """``C^-1 columns``."""
        ends = np.append(self.starts[1:], len(self.diagonal))
        return _solve(
            np.ascontiguousarray(columns), self.diagonal, self.shared, ends, self.inverse, self.trust
        )

    def levels(self, label: np.ndarray, solved: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """``B' C^-1 B`` and ``B' C^-1 columns``, B the indicator of ``label``; ``solved`` is ``C^-1 columns``."""
        count = int(label.max()) + 1
        own, ends = np.zeros((count, count)), np.append(self.starts[1:], len(label))
        _level_gram(own, label, self.diagonal, self.shared, ends, self.inverse, self.trust)
        crossed = np.stack([np.bincount(label, weights=c, minlength=count) for c in solved.T], axis=1)
        return own, crossed


@njit(cache=True, fastmath=True)
def _solve(
    columns: np.ndarray, diagonal: np.ndarray, shared: np.ndarray, ends: np.ndarray, inverse: np.ndarray,
    trust: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """``C^-1 columns`` group by group: what all errors of a group have in common is taken off."""
    out, start = np.empty_like(columns), 0
    count, errors = columns.shape[1], shared.shape[1]
    sums, held = np.empty((errors, count)), np.empty((errors, count))
    for g in range(len(ends)):
        sums[:] = 0.0
        held[:] = 0.0
        for n in range(start, ends[g]):
            for a in range(errors):
                weight = shared[n, a] / diagonal[n]
                for q in range(count):
                    sums[a, q] += weight * columns[n, q]
        for a in range(errors):
            for b in range(errors):
                for q in range(count):
                    held[a, q] += inverse[g, a, b] * sums[b, q]
        for n in range(start, ends[g]):
            for q in range(count):
                left = columns[n, q]
                for a in range(errors):
                    left -= shared[n, a] * held[a, q]
                out[n, q] = left * trust[g] / diagonal[n]
        start = ends[g]
    return out


@njit(cache=True, fastmath=True)
def _level_gram(out, label, diagonal, shared, ends, inverse, trust):
    """Add up the elements of each group's ``C^-1`` by the labels of its rows and columns."""
    start, held = 0, np.empty(shared.shape[1])
    for g in range(len(ends)):
        for i in range(start, ends[g]):
            out[label[i], label[i]] += trust[g] / diagonal[i]
            for b in range(len(held)):
                held[b] = 0.0
                for a in range(len(held)):
                    held[b] += shared[i, a] * inverse[g, a, b] * trust[g] / diagonal[i]
            for j in range(start, ends[g]):
                product = 0.0
                for b in range(len(held)):
                    product += held[b] * shared[j, b]
                out[label[i], label[j]] -= product / diagonal[j]
        start = ends[g]


def whitener(
    error: ModelError, sd: np.ndarray, plume: np.ndarray, slopes: np.ndarray, starts: np.ndarray,
    residual: np.ndarray | None = None,
) -> Whitener:  # fmt: skip
    """The covariance at a plume's value (observation,) and its slopes by direction and spread (observation, 2).

    With ``residual`` each group is trusted as far as its residuals allow under the Student distribution.
    """
    diagonal = (error.additive * sd) ** 2 + (error.own * plume) ** 2
    level = error.background * float(np.median(sd))
    shared = np.column_stack(
        [error.shared * plume, slopes * [error.direction, error.spread], np.full(len(sd), level)]
    )
    inner = np.add.reduceat(shared[:, :, None] * shared[:, None] / diagonal[:, None, None], starts, axis=0)
    plain = Whitener(
        diagonal, shared, starts, np.linalg.inv(np.eye(shared.shape[1]) + inner), np.ones(len(starts))
    )
    if residual is None:
        return plain
    squares = np.add.reduceat(residual * plain.solve(residual[:, None])[:, 0], starts)
    count = np.diff(np.append(starts, len(sd)))
    freedom = FREEDOM if len(starts) >= FEW else GAUSSIAN
    return replace(plain, trust=(freedom + count) / (freedom + squares))


@njit(cache=True, fastmath=True)
def _loss(
    theta: np.ndarray, residual: np.ndarray, sd: np.ndarray, plume: np.ndarray, slopes: np.ndarray,
    ends: np.ndarray, level: float,
) -> np.ndarray:  # fmt: skip
    """Twice the negative log likelihood of the residuals of each group, without constants."""
    a, m, t, w, v, k = np.exp(theta)
    out, start = np.empty(len(ends)), 0
    freedom = FREEDOM if len(ends) >= FEW else GAUSSIAN
    inner, right, shared = np.empty((4, 4)), np.empty(4), np.empty(4)
    for g, end in enumerate(ends):
        total = 0.0
        inner[:] = 0.0
        right[:] = 0.0
        square = 0.0
        for i in range(4):
            inner[i, i] = 1.0
        for n in range(start, end):
            variance = (a * sd[n]) ** 2 + (m * plume[n]) ** 2
            total += np.log(variance)
            square += residual[n] ** 2 / variance
            shared[0], shared[1] = t * plume[n], w * slopes[n, 0]
            shared[2], shared[3] = v * slopes[n, 1], k * level
            for i in range(4):
                right[i] += shared[i] * residual[n] / variance
                for j in range(i + 1):
                    inner[i, j] += shared[i] * shared[j] / variance
        begin, start = start, end
        # Cholesky factor in place: log determinant and the quadratic form of a 4 x 4 matrix
        for i in range(4):
            for j in range(i + 1):
                rest = inner[i, j]
                for q in range(j):
                    rest -= inner[i, q] * inner[j, q]
                inner[i, j] = np.sqrt(rest) if i == j else rest / inner[j, j]
        for i in range(4):
            rest = right[i]
            for q in range(i):
                rest -= inner[i, q] * right[q]
            right[i] = rest / inner[i, i]
            total += 2.0 * np.log(inner[i, i])
            square -= right[i] ** 2
        count = end - begin
        out[g] = total + (freedom + count) * np.log(1.0 + square / freedom)
    return out


def deviances(
    error: ModelError, residual: np.ndarray, sd: np.ndarray, plume: np.ndarray, slopes: np.ndarray,
    starts: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Twice the negative log likelihood of the residuals of each group, without constants (group,)."""
    theta = np.log(np.maximum(astuple(error), 1e-6))
    return _loss(
        theta, residual, sd, plume, slopes, np.append(starts[1:], len(residual)), float(np.median(sd))
    )


def prior(error: ModelError) -> float:
    """Twice the negative log prior of the model error, without constants."""
    theta = np.log(np.maximum(astuple(error), 1e-6))
    return float(np.sum(((theta - np.log(astuple(PRIOR))) / PRIOR_SPREAD) ** 2))


def learn(
    start: ModelError, residual: np.ndarray, sd: np.ndarray, plume: np.ndarray, slopes: np.ndarray,
    starts: np.ndarray, effort: int = 200,
) -> ModelError:  # fmt: skip
    """The most probable model error given the residuals of a fit."""
    ends, level = np.append(starts[1:], len(residual)), float(np.median(sd))
    middle, spread = np.log(astuple(PRIOR)), np.asarray(PRIOR_SPREAD)

    def loss(theta: np.ndarray) -> float:
        return float(_loss(theta, residual, sd, plume, slopes, ends, level).sum()) + float(
            np.sum(((theta - middle) / spread) ** 2)
        )

    bounds = np.column_stack([middle - FARTHEST * spread, middle + FARTHEST * spread])
    found = minimize(loss, np.clip(np.log(astuple(start)), *bounds.T), method="L-BFGS-B", bounds=bounds,
                     options={"maxfun": effort, "ftol": 1e-7, "eps": 1e-4})  # fmt: skip
    return ModelError(*(float(v) for v in np.exp(found.x)))
