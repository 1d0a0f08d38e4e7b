"""Long-term concentration-response functions in one form: GEMM, GBD's ozone, cohorts, WHO's log-linear ones.

Each is ``ln HR = theta_age * shape(C)``, so that drawing ``theta ~ N(theta, se)`` (and, for the GBD, the threshold)
gives the error of any of them. The attributable share of deaths is ``1 - exp(-ln HR)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gzeco_lib.errors import N_
from gzeco_lib.standards.facts import Fact, fact_from, load, pick

Floats = NDArray[np.float64]
ALL_AGES = -1
GEMM_CAUSES = ("NCD+LRI", "IHD", "Stroke", "COPD", "LC", "LRI")
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Response:
    """One concentration-response function.

    Attributes:
        name: unique, e.g. ``GEMM IHD`` or ``GBD_O3_COPD``.
        pollutant, cause, model: what it is of; cause as in the lake's death rates.
        metric: ``annual`` mean or ``peak_season_mda8``.
        ages: lower ends of the five-year groups it knows, or (-1,) for one function at all ages.
        min_age: youngest age it was found in.
        theta, se: coefficient of each age and its standard error.
        kind, shape_of: which form the shape has, and its constants.
        counterfactual: concentration without effect, one or the two ends of a uniform range, in ``unit``.
        valid: range of concentrations it was found in, in ``unit``.
        unit: of the concentrations inside; ``to_unit`` is what one ug m-3 is of it.
        fact: document, certainty and source.
    """

    name: str
    pollutant: str
    cause: str
    model: str
    metric: str
    ages: tuple[int, ...]
    min_age: int
    theta: Floats
    se: Floats
    kind: str
    shape_of: dict[str, Any]
    counterfactual: tuple[float, ...]
    valid: tuple[float, float]
    fact: Fact
    unit: str = "ug m-3"
    to_unit: float = 1.0

    def shape(self, concentration: ArrayLike, place: ArrayLike = 0.5) -> Floats:
        """The part of ln HR that the concentration makes.

        Args:
            concentration: [ug m-3], any shape.
            place: where in a range of thresholds the counterfactual lies [0..1], broadcast; 0.5 is its middle.
        """
        c = np.asarray(concentration, dtype=np.float64) * self.to_unit
        zero = self.counterfactual[0]
        if self.kind == "gemm":
            z = np.maximum(0.0, c - zero)
            alpha, mu, nu = (self.shape_of[k] for k in ("alpha", "mu", "nu"))
            return np.asarray(np.log1p(z / alpha) / (1.0 + np.exp((mu - z) / nu)))
        if self.kind == "spline":
            return _spline(np.clip(c, zero, self.valid[1]), zero, self.shape_of)
        if len(self.counterfactual) > 1:
            zero = zero + np.asarray(place) * (self.counterfactual[1] - zero)  # type: ignore[assignment]
        return np.maximum(0.0, c - zero)

    def theta_of(self, ages: ArrayLike) -> tuple[Floats, Floats]:
        """Coefficient and standard error for groups that start at ``ages``; 0 below the youngest age. For -1 (all
        ages) the function's own, NaN where it knows ages only (``gemm(cause, by_age=False)`` has all ages)."""
        wanted = np.asarray(ages, dtype=int)
        if self.ages == (ALL_AGES,):
            known = (wanted >= self.min_age) | (wanted == ALL_AGES)
            return np.where(known, self.theta[0], 0.0), np.where(known, self.se[0], 0.0)
        index = np.searchsorted(self.ages, wanted, side="right") - 1
        known = index >= 0
        rest = np.where(wanted == ALL_AGES, np.nan, 0.0)
        return np.where(known, self.theta[index], rest), np.where(known, self.se[index], rest)

    def hazard_ratio(self, concentration: ArrayLike, age: int = ALL_AGES) -> Floats:
        """Hazard ratio at the central coefficient; of a uniform threshold its mean over thresholds and coefficients,
        which is what the GBD's tables hold."""
        theta, se = (float(v) for v in self.theta_of(age))
        if len(self.counterfactual) == 1:
            return np.asarray(np.exp(theta * self.shape(concentration)))
        place = (np.arange(200) + 0.5) / 200
        z = self.shape(np.asarray(concentration, dtype=float)[..., None], place)
        return np.asarray(np.exp(theta * z + 0.5 * np.square(se * z)).mean(axis=-1))

    def outside(self, concentration: ArrayLike) -> NDArray[np.bool_]:
        """True where a concentration [ug m-3] lies above what the function was found for."""
        return np.asarray(concentration, dtype=float) * self.to_unit > self.valid[1]


def _spline(c: Floats, zero: float, law: dict[str, Any]) -> Floats:
    """Restricted cubic spline with three knots (Harrell): linear below the first and above the last."""

    def cubes(x: ArrayLike) -> Floats:
        p = [np.maximum(0.0, np.asarray(x, dtype=float) - k) ** 3 for k in law["knots"]]
        one, two, three = law["knots"]
        return np.asarray(p[0] - p[1] * (three - one) / (three - two) + p[2] * (two - one) / (three - two))

    return np.asarray(law["slope"] * (c - zero) + law["bend"] * cubes(c))


def gemm(cause: str = "NCD+LRI", by_age: bool = True) -> Response:
    """GEMM (Burnett et al. 2018, doi:10.1073/pnas.1803222115) for ``cause``; by age where it has ages.

    Raises:
        InputError: for a cause GEMM does not know.
    """
    law = load("health")["gemm"]
    where = law["standard"]
    theta, se, alpha, mu, nu = pick(law["causes"], cause, N_("GEMM has no coefficients for {found}"), where)
    own = law["by_age"].get(cause, {}) if by_age else {}
    pairs = np.array(list(own.values()) if own else [[theta, se]], dtype=float)
    return Response(
        f"GEMM {cause}", "PM2.5", cause, "GEMM", "annual", tuple(own) if own else (ALL_AGES,), 25,
        pairs[:, 0], pairs[:, 1], "gemm", {"alpha": alpha, "mu": mu, "nu": nu}, (law["counterfactual"],),
        (law["counterfactual"], law["valid_to"]), fact_from(law, list(pairs[:, 0]), "1"),
    )  # fmt: skip


def response(name: str) -> Response:
    """The function called ``name`` in ``data/crf.yaml``, or ``GEMM <cause>``.

    Raises:
        InputError: for an unknown name (with the near one).
    """
    if name.startswith("GEMM "):
        return gemm(name.removeprefix("GEMM "))
    law = pick(
        load("crf")["functions"], name, N_("there is no concentration-response function {found}"), "crf.yaml"
    )
    if law["kind"] == "spline":
        theta, se = 1.0, float(law["relative_se"])
    else:
        value, low, high = np.log(law["relative_risk"]) / law["per"]
        theta, se = float(value), float((high - low) / (2 * Z95))
    return Response(
        name, law["pollutant"], law["cause"], law["model"], law["metric"], (ALL_AGES,), law["min_age"],
        np.array([theta]), np.array([se]), law["kind"], law, tuple(law["counterfactual"]),
        (law["valid"][0], law["valid"][1]), fact_from(law, law.get("relative_risk"), law.get("unit", "ug m-3")),
        law.get("unit", "ug m-3"), float(law.get("to_unit", 1.0)),
    )  # fmt: skip


def response_names() -> list[str]:
    """Every function there is: the six of GEMM, then those of ``data/crf.yaml``."""
    return [f"GEMM {cause}" for cause in GEMM_CAUSES] + list(load("crf")["functions"])


def addable(names: list[str]) -> bool:
    """Whether deaths of the functions ``names`` may be added: only different causes of one group of ``additive``.

    NCD+LRI and all causes hold the single causes already, and PM2.5 and NO2 share sources, so that their functions
    count the same deaths twice.
    """
    found = [response(name) for name in names]
    if len(found) < 2:
        return True
    causes = [r.cause for r in found]
    same = len({(r.pollutant, r.model) for r in found}) == 1 and len(set(causes)) == len(causes)
    return same and any(set(causes) <= set(group) for group in load("crf")["additive"])
