"""From an area's days to rows of the outcome: local fits, the Bayesian model, and the literature beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.response import literature
from gzeco_lib.environmental_health.response.series import TEMPERATURE, TERM, Area, Plan, basis, counts
from gzeco_lib.errors import N_, InputError
from gzeco_lib.geo.districts import CITY
from gzeco_lib.methods import dlnm
from gzeco_lib.methods.dlnm import bayes

PER = 10.0  # ug m-3
POINTS = 41
EXTREMES = (2.5, 97.5)  # percentiles of temperature the effects of cold and heat are told for
SOURCE = {
    "local": N_("own counts, quasi-Poisson distributed-lag model"),
    "bayes": N_("own counts and literature, hierarchical negative-binomial distributed-lag model"),
}


@dataclass
class Rows:
    """Rows of the outcome's tables under way."""

    effects: list[dict[str, Any]] = field(default_factory=list)
    curve: list[pd.DataFrame] = field(default_factory=list)
    lags: list[pd.DataFrame] = field(default_factory=list)

    def add(self, other: Rows) -> None:
        """Append the rows of ``other``."""
        self.effects += other.effects
        self.curve += other.curve
        self.lags += other.lags


@dataclass(frozen=True)
class Fitted:
    """Coefficients of the exposure of one area, with the days they rest on."""

    area: str
    cross: dlnm.CrossBasis
    coef: np.ndarray
    cov: np.ndarray
    n: int
    dispersion: float


def local(area: Area, plan: Plan, cross: dlnm.CrossBasis) -> Fitted | None:
    """The quasi-Poisson fit of one area; None where its days cannot carry the model."""
    try:
        one = counts(area, plan, cross)
        fit = dlnm.quasi_poisson(one.terms, one.counts, suppressed=one.suppressed)
        coef, cov = fit.of(TERM)
    except InputError:
        return None
    return Fitted(area.name, cross, coef, cov, len(fit.rows), fit.dispersion)


def bayesian(
    areas: list[Area],
    plan: Plan,
    cross: dlnm.CrossBasis,
    prior: literature.Effect | None,
    draws: int,
    seed: int,
) -> tuple[bayes.Posterior, bayes.Prior]:
    """The posterior of all areas together; the city is what they scatter about."""
    contrast = bayes.contrast_of(cross, PER)
    known = (
        bayes.Prior(contrast)
        if prior is None
        else bayes.Prior(contrast, prior.log_rr, prior.spread, abs(prior.log_rr))
    )
    data = {area.name: counts(area, plan, cross) for area in areas}
    return bayes.posterior(data, TERM, known, draws=draws, tune=max(draws // 2, 200), seed=seed), known


def rows(fitted: Fitted, plan: Plan, keys: dict[str, str], kind: str, values: np.ndarray) -> Rows:
    """Effects, curve and lags of one area."""
    known = values[np.isfinite(values)]
    low, high = float(known.min()), float(known.max())
    reference = _reference(fitted, plan, known)
    at = np.linspace(low, high, POINTS)
    made = Rows()
    own = {**keys, "exposure": plan.exposure, "district": fitted.area, "kind": kind}
    parts = (fitted.cross, fitted.coef, fitted.cov)
    curve = dlnm.predict(*parts, at=at, reference=reference).curve()
    made.curve.append(curve.assign(**own))
    for value in _told(plan, known, reference):
        found = dlnm.predict(*parts, at=value, reference=reference)
        overall = found.curve().iloc[0]
        base = 0.0 if reference is None else reference
        last = plan.temperature_lag if plan.exposure == TEMPERATURE else plan.lag
        made.effects.append({
            **own, "per": value - base, "unit": "degC" if plan.exposure == TEMPERATURE else "ug m-3",
            "rr": overall["rr"], "lo": overall["lo"], "hi": overall["hi"], "lag": f"0-{last}", "source": SOURCE[kind],
            "n": fitted.n, "reference": base,
        })  # fmt: skip
        made.lags.append(found.lag_curve(value).assign(**own, per=value - base))
    return made


def _reference(fitted: Fitted, plan: Plan, known: np.ndarray) -> float | None:
    """Nought of a line; the least risk of temperature; the low end of another curve."""
    if plan.exposure == TEMPERATURE:
        within = (float(np.percentile(known, 1)), float(np.percentile(known, 99)))
        return dlnm.minimum(fitted.cross, fitted.coef, fitted.cov, within, count=2).value
    return float(known.min()) if plan.spline else None


def _told(plan: Plan, known: np.ndarray, reference: float | None) -> list[float]:
    if plan.exposure == TEMPERATURE:
        return [float(np.percentile(known, p)) for p in EXTREMES]
    return [PER + (reference or 0.0)]


def published(
    effects: list[literature.Effect], keys: dict[str, str], ranges: dict[str, tuple[float, float]]
) -> Rows:
    """Rows of the literature's effects; the prior's one also as a curve over the exposures seen."""
    made = Rows()
    for effect in effects:
        own = {**keys, "exposure": effect.exposure, "district": CITY, "kind": "literature"}
        made.effects.append({
            **own, "per": literature.PER, "unit": "ug m-3", "rr": effect.rr, "lo": effect.lo, "hi": effect.hi,
            "lag": effect.lag, "source": literature.NAMES.get(effect.fact.document, effect.fact.document),
            "n": 0, "reference": 0.0,
        })  # fmt: skip
        if effect.prior and effect.exposure in ranges:
            at = np.linspace(*ranges[effect.exposure], POINTS)
            bounds = {n: getattr(effect, n) ** (at / literature.PER) for n in ("rr", "lo", "hi")}
            made.curve.append(pd.DataFrame({"value": at, **bounds}).assign(**own))
    return made


def temperature_published(keys: dict[str, str]) -> Rows:
    """The literature's curve of heat and cold; it is of non-accidental deaths at all ages."""
    from gzeco_lib.standards.temperature import literature_curve

    found = literature_curve()
    own = {**keys, "exposure": TEMPERATURE, "district": CITY, "kind": "literature"}
    table = pd.DataFrame({"value": found.temperature, "rr": found.rr, "lo": found.lo, "hi": found.hi})
    return Rows(curve=[table.assign(**own)])


def shared_basis(plan: Plan, city: Area) -> dlnm.CrossBasis:
    """The cross-basis all areas use, fixed on the city's exposure."""
    return basis(plan, city.exposures[plan.exposure])
