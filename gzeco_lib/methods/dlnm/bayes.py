"""Bayesian distributed-lag models: negative-binomial counts, several series that shrink toward a common response.

Each series (a district) has its own season, days of the week and response; they scatter about a common one (the
city), and what the common one amounts to over all lags has a prior (the literature). Hierarchy: Gelman and Hill 2007;
small-area distributed-lag models: Quijal-Zamorano et al. 2024, doi:10.1093/ije/dyae061. Sampled with NUTS by nutpie.

Coefficients are sampled as departures from the quasi-Poisson fit in its standard errors, and those of no interest
given those of interest, so that the posterior is nearly round and few leaps are needed. That is a change of variables;
what it adds is a normal prior ten standard errors wide, which says nothing.

Suppressed counts enter by the probability of 1..k.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dlnm import glm
from gzeco_lib.methods.dlnm.basis import Floats
from gzeco_lib.methods.dlnm.crossbasis import CrossBasis

WHERE = "methods.dlnm.bayes"
WIDE = 10.0  # standard errors: a prior that says nothing
SPREAD = 0.5  # scale of the relative spread of counts beyond Poisson
RHAT, ESS = 1.01, 400.0  # Vehtari et al. 2021, doi:10.1214/20-BA1221


@dataclass(frozen=True)
class Counts:
    """One series: the arguments of `glm.quasi_poisson`."""

    terms: Mapping[str, ArrayLike]
    counts: ArrayLike
    offset: ArrayLike | None = None
    suppressed: ArrayLike | None = None


@dataclass(frozen=True)
class Prior:
    """Knowledge of the common response: ``contrast @ coefficients`` is a log relative risk.

    Attributes:
        contrast: (column,) of the cross-basis; see `contrast_of`.
        mean, sd: of the log relative risk before the counts were seen; ``sd`` None is no knowledge.
        between: scale of the scatter of series about the common response, as that log relative risk.
    """

    contrast: Floats
    mean: float = 0.0
    sd: float | None = None
    between: float = 0.05


@dataclass(frozen=True)
class Diagnostics:
    """How well the sampler did: the worst R-hat and effective sample size, divergent transitions.

    ``good`` is R-hat up to 1.01, at least 400 effective draws and no divergence (Vehtari et al. 2021).
    """

    rhat: float
    ess: float
    divergences: int

    @property
    def good(self) -> bool:
        """Whether the draws may be used without reserve."""
        return self.rhat <= RHAT and self.ess >= ESS and self.divergences == 0


@dataclass(frozen=True)
class Posterior:
    """Draws of the coefficients of the term of interest.

    Attributes:
        common: of the common response (draw, column).
        series: of each series (draw, column); the common one where there is only one.
        between: scatter of the series about the common response (draw,), as log relative risk of the prior's contrast.
        spread: relative spread of the counts beyond Poisson by series (draw,).
        diagnostics: of the sampler.
    """

    common: Floats
    series: dict[str, Floats]
    between: Floats
    spread: dict[str, Floats]
    diagnostics: Diagnostics

    def drawn(self, name: str | None = None) -> Floats:
        """Draws of the series ``name``, or of the common response.

        Raises:
            InputError: no such series.
        """
        if name is None:
            return self.common
        if name not in self.series:
            raise InputError(
                N_("there is no series {name}"), WHERE, N_("name one of: {near}"), name=name,
                near=", ".join(self.series),
            )  # fmt: skip
        return self.series[name]

    def of(self, name: str | None = None) -> tuple[Floats, Floats]:
        """Mean and covariance of the coefficients, for `predict` and `attributable`."""
        draws = self.drawn(name)
        return draws.mean(axis=0), np.cov(draws.T).reshape(draws.shape[1], draws.shape[1])

    def curve(
        self, basis: CrossBasis, at: ArrayLike, reference: float | None = None, name: str | None = None,
        level: float = 0.95,
    ) -> pd.DataFrame:  # fmt: skip
        """Overall relative risk by exposure from the draws themselves: value, rr, lo, hi."""
        values = np.atleast_1d(np.asarray(at, float))
        turn = np.kron(basis.contrast(values, reference), basis.summed)
        found = np.exp(
            np.quantile(turn @ self.drawn(name).T, [0.5, 0.5 - level / 2, 0.5 + level / 2], axis=1)
        )
        return pd.DataFrame({"value": values, "rr": found[0], "lo": found[1], "hi": found[2]})

    def effect(
        self, contrast: Floats, name: str | None = None, level: float = 0.95
    ) -> tuple[float, float, float]:
        """Relative risk of a contrast: median and interval."""
        found = np.exp(np.quantile(self.drawn(name) @ contrast, [0.5, 0.5 - level / 2, 0.5 + level / 2]))
        return float(found[0]), float(found[1]), float(found[2])


def contrast_of(basis: CrossBasis, value: float, reference: float | None = None) -> Floats:
    """Weights of the coefficients whose sum is the overall log relative risk of ``value`` against ``reference``."""
    return np.kron(basis.contrast(value, reference)[0], basis.summed)


@dataclass(frozen=True)
class _Whitened:
    """One series in coordinates of its own fit: ``eta = base + own @ (beta - centre) + rest @ z``."""

    base: Floats
    own: Floats
    rest: Floats
    centre: Floats
    cov: Floats
    y: Floats
    upper: np.ndarray
    table: tuple[Floats, Floats] = field(repr=False)  # distinct known counts and how often each was seen


def posterior(
    data: Mapping[str, Counts], term: str, prior: Prior, draws: int = 1000, tune: int = 500, chains: int = 2,
    seed: int = 0,
) -> Posterior:  # fmt: skip
    """Sample the responses of all series and the common one.

    Args:
        data: the series by name; ``term`` has the same columns in each.
        term: the cross-basis of interest.
        prior: knowledge of the common response.
        draws: kept in each chain.
        chains: run one after the other.
        tune: draws of each chain that only tune the sampler.
        seed: of the sampler.

    Raises:
        InputError: no series, a series too short for its columns, or a contrast of another basis.
    """
    if not data:
        raise InputError(
            N_("there is no series to learn from"), WHERE, N_("give at least one series of counts")
        )
    parts = {name: _whitened(one, term) for name, one in data.items()}
    width = {len(part.centre) for part in parts.values()} | {len(prior.contrast)}
    if len(width) > 1:
        raise InputError(
            N_("the series and the contrast have different numbers of columns: {found}"), WHERE,
            N_("use one cross-basis for all"), found=", ".join(map(str, sorted(width))),
        )  # fmt: skip
    trace = _sampled(list(parts.values()), prior, (draws, tune, chains), seed)
    return _answered(list(parts), trace, len(parts) > 1)


def _whitened(one: Counts, term: str) -> _Whitened:
    made = glm.design(one.terms, one.counts, one.offset, None, one.suppressed)
    fit = glm.quasi_poisson(one.terms, one.counts, one.offset, None, one.suppressed)
    centre, cov = fit.of(term)
    kept = np.isfinite(fit.coef)
    mine = np.zeros(len(kept), bool)
    mine[fit.terms[term]] = True
    other = kept & ~mine
    pull = np.linalg.solve(cov, fit.cov[np.ix_(mine, other)]).T  # what the others do when the term moves
    left = fit.cov[np.ix_(other, other)] - pull @ fit.cov[np.ix_(mine, other)]
    x = made.x[:, other]
    base = made.x[:, kept] @ fit.coef[kept] + made.offset
    seen = made.y[made.upper == 0]
    values, count = np.unique(seen, return_counts=True)
    return _Whitened(
        base, made.x[:, mine] + x @ pull, x @ np.linalg.cholesky(left), centre, cov, made.y, made.upper,
        (values, count.astype(float)),
    )  # fmt: skip


def _sampled(parts: list[_Whitened], prior: Prior, length: tuple[int, int, int], seed: int) -> Any:
    import nutpie
    import pymc as pm
    import pytensor.tensor as pt

    precision = sum((np.linalg.inv(part.cov) for part in parts), start=np.zeros_like(parts[0].cov))
    pooled = np.linalg.inv(precision)
    pooled = (pooled + pooled.T) / 2
    middle = pooled @ sum((np.linalg.solve(p.cov, p.centre) for p in parts), start=np.zeros(len(pooled)))
    factor = np.linalg.cholesky(pooled)
    unit = factor / np.sqrt(prior.contrast @ pooled @ prior.contrast)  # scatter of one in the contrast
    with pm.Model() as model:
        common = pm.Deterministic(
            "common", middle + pt.dot(factor, pm.Normal("m", 0.0, WIDE, shape=len(middle)))
        )
        if prior.sd is not None:
            away = (pt.dot(prior.contrast, common) - prior.mean) / prior.sd
            pm.Potential("literature", -0.5 * away**2)
        own = [common]
        if len(parts) > 1:
            between = pm.HalfNormal("between", prior.between)
            scatter = pm.Normal("scatter", 0.0, 1.0, shape=(len(parts), len(middle)))
            series = pm.Deterministic("series", common + between * pt.dot(scatter, unit.T))
            own = [series[k] for k in range(len(parts))]
        spread = pm.HalfNormal("spread", SPREAD, shape=len(parts))
        for k, part in enumerate(parts):
            z = pm.Normal(f"rest_{k}", 0.0, WIDE, shape=part.rest.shape[1])
            eta = part.base + pt.dot(part.own, own[k] - part.centre) + pt.dot(part.rest, z)
            pm.Potential(f"counts_{k}", _likelihood(part, eta, 1.0 / (spread[k] ** 2 + 1e-6)))
    compiled = nutpie.compile_pymc_model(model)
    draws, tune, chains = length
    return nutpie.sample(
        compiled, draws=draws, tune=tune, chains=chains, cores=1, seed=seed, progress_bar=False
    )


def _likelihood(part: _Whitened, eta: Any, alpha: Any) -> Any:
    """Negative-binomial log likelihood (shape ``alpha``); gamma functions once for each distinct count."""
    import pytensor.tensor as pt

    known = np.flatnonzero(part.upper == 0)
    values, count = part.table
    y = part.y[known]
    there = eta if len(known) == len(part.y) else eta[known]
    total = pt.dot(count, pt.gammaln(values + alpha) - pt.gammaln(alpha)) + len(y) * alpha * pt.log(alpha)
    total = total + pt.dot(y, there) - pt.dot(y + alpha, pt.log(alpha + pt.exp(there)))
    hidden = np.flatnonzero(part.upper > 0)
    if len(hidden):
        k = np.arange(1, int(part.upper.max()) + 1)
        from scipy.special import gammaln

        level = eta[hidden][:, None]
        each = (
            pt.gammaln(k + alpha) - pt.gammaln(alpha) - gammaln(k + 1.0) + alpha * pt.log(alpha)
            + k * level - (k + alpha) * pt.log(alpha + pt.exp(level))
        )  # fmt: skip
        each = pt.switch(k <= part.upper[hidden][:, None], each, -1e30)
        total = total + pt.sum(pt.logsumexp(each, axis=1))
    return total


def _answered(names: list[str], trace: Any, several: bool) -> Posterior:
    import arviz

    kept = ["common", "spread", *(["between", "series"] if several else [])]
    found = trace.posterior.to_dataset()[kept]
    common, spread = _flat(found["common"]), _flat(found["spread"])
    series = _flat(found["series"]) if several else common[:, None]
    between = _flat(found["between"]) if several else np.zeros(len(common))
    diverging = int(np.asarray(trace.sample_stats["diverging"]).sum())
    worst = arviz.rhat(found), arviz.ess(found)
    rhat = max(float(np.max(worst[0][name].to_numpy())) for name in kept)
    ess = min(float(np.min(worst[1][name].to_numpy())) for name in kept)
    return Posterior(
        common, {name: series[:, k] for k, name in enumerate(names)}, between,
        {name: spread[:, k] for k, name in enumerate(names)}, Diagnostics(rhat, ess, diverging),
    )  # fmt: skip


def _flat(array: Any) -> Floats:
    values = array.to_numpy()
    return values.reshape(-1, *values.shape[2:])
