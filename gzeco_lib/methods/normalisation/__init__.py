"""The concentration in average weather, and the change a measure made."""

from gzeco_lib.methods.normalisation.breaks import Break, find_break
from gzeco_lib.methods.normalisation.counterfactual import Effect, counterfactual
from gzeco_lib.methods.normalisation.model import fit, partial_dependence, skill
from gzeco_lib.methods.normalisation.normalise import normalise
from gzeco_lib.methods.normalisation.table import tables

__all__ = [
    "Break",
    "Effect",
    "counterfactual",
    "find_break",
    "fit",
    "normalise",
    "partial_dependence",
    "skill",
    "tables",
]
