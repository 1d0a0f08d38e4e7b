"""Positive matrix factorisation with uncertainties a value, and how sure its factors are."""

from gzeco_lib.methods.factorisation.bootstrap import Bootstrap, bootstrap
from gzeco_lib.methods.factorisation.displacement import Displacement, displace
from gzeco_lib.methods.factorisation.factorise import Factors, factorise
from gzeco_lib.methods.factorisation.number import number_of_factors
from gzeco_lib.methods.factorisation.rotation import rotated, rotations
from gzeco_lib.methods.factorisation.uncertainty import (
    categories,
    categorised,
    equation_based,
    replaced,
    signal_to_noise,
)

__all__ = [
    "Bootstrap",
    "Displacement",
    "Factors",
    "bootstrap",
    "categories",
    "categorised",
    "displace",
    "equation_based",
    "factorise",
    "number_of_factors",
    "replaced",
    "rotated",
    "rotations",
    "signal_to_noise",
]
