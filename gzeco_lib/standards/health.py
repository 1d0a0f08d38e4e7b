"""Concentration-response, toxicity and exposure factors, each with its source and certainty; the GEMM hazard ratio."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gzeco_lib.errors import N_
from gzeco_lib.standards.facts import Fact, fact_from, load, pick

GROUPS = {"relative_risks": "per 10 ug m-3", "exposure_factors": "", "toxicity": ""}


def health_fact(name: str) -> Fact:
    """The relative risk (value, and 95 % bounds where known), toxicity or exposure factor called ``name``.

    Raises:
        InputError: for an unknown name (with the near one), or a value that is not certain enough.
    """
    data = load("health")
    known = {key: (entry, unit) for group, unit in GROUPS.items() for key, entry in data[group].items()}
    entry, unit = pick(known, name, N_("there is no health figure called {found}"), "health.yaml")
    return fact_from(entry, entry["value"], entry.get("unit", unit))


def gemm_hazard_ratio(pm25: ArrayLike, cause: str = "NCD+LRI", age: int | None = None) -> NDArray[np.float64]:
    """Hazard ratio of long-term PM2.5 [ug m-3] against 2.4 ug m-3 (GEMM, Burnett et al. 2018).

    ``HR = exp(theta ln(1 + z / alpha) / (1 + exp((mu - z) / nu)))``, ``z = max(0, PM2.5 - 2.4)``; fitted up to about
    84 ug m-3. The attributable share of deaths is ``1 - 1 / HR``.

    Args:
        pm25: annual means [ug m-3], any shape.
        cause: ``"NCD+LRI"``, ``"IHD"``, ``"Stroke"``, ``"COPD"``, ``"LC"`` or ``"LRI"``.
        age: lower end of the age group (25, 30 .. 80), for ``"NCD+LRI"``, ``"IHD"`` and ``"Stroke"``; all ages
            where None.

    Raises:
        InputError: for a cause or an age group there are no coefficients of.
    """
    law = load("health")["gemm"]
    theta, _, alpha, mu, nu = pick(
        law["causes"], cause, N_("GEMM has no coefficients for {found}"), law["standard"]
    )
    if age is not None:
        ages = {str(k): v for k, v in law["by_age"].get(cause, {}).items()}
        theta = pick(
            ages, str(age), N_("GEMM has no coefficients for {found}"), f"{law['standard']} {cause}"
        )[0]
    z = np.maximum(0.0, np.asarray(pm25, dtype=np.float64) - law["counterfactual"])
    return np.asarray(np.exp(theta * np.log1p(z / alpha) / (1.0 + np.exp((mu - z) / nu))))
