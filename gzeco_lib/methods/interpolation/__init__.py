"""Interpolation of station values to places without a station, with an honest error."""

from gzeco_lib.methods.interpolation.covariance import TRANSFORMS, Covariance, Transform
from gzeco_lib.methods.interpolation.covariates import Covariates, density
from gzeco_lib.methods.interpolation.fusion import Fusion, Prior
from gzeco_lib.methods.interpolation.kriging import Interpolated, Kriging

__all__ = [
    "TRANSFORMS",
    "Covariance",
    "Covariates",
    "Fusion",
    "Interpolated",
    "Kriging",
    "Prior",
    "Transform",
    "density",
]
