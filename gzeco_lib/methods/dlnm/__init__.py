"""Distributed-lag non-linear models: how counts answer to an exposure over the days that follow it.

Bases, cross-bases, quasi-Poisson fits, predictions and attributable cases, in the definitions of R dlnm; a Bayesian
version in `methods.dlnm.bayes`.
"""

from gzeco_lib.methods.dlnm.attributable import Attributable, attributable
from gzeco_lib.methods.dlnm.basis import (
    Basis,
    BSpline,
    Integer,
    Linear,
    Natural,
    Piecewise,
    Polynomial,
    Strata,
    Threshold,
    equal_knots,
    log_knots,
)
from gzeco_lib.methods.dlnm.crossbasis import CrossBasis
from gzeco_lib.methods.dlnm.glm import Fit, quasi_poisson
from gzeco_lib.methods.dlnm.predict import Minimum, Prediction, minimum, predict, reduced, reduced_to_value

__all__ = [
    "Attributable", "BSpline", "Basis", "CrossBasis", "Fit", "Integer", "Linear", "Minimum", "Natural", "Piecewise",
    "Polynomial", "Prediction", "Strata", "Threshold", "attributable", "equal_knots", "log_knots", "minimum", "predict",
    "quasi_poisson", "reduced", "reduced_to_value",
]  # fmt: skip
