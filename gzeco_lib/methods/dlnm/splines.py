"""Columns of B-splines and natural cubic splines, in the parametrisation of R's ``splines`` package.

B-splines: de Boor (1978), evaluated by SciPy. Natural splines: the cubic B-splines projected onto those whose second
derivative vanishes at both boundary knots, by the Householder reflections R's ``ns`` uses (Hastie 1992), so that the
columns are R's to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline as Curve

Floats = NDArray[np.float64]
CUBIC = 3


def _sequence(knots: Sequence[float], boundary: tuple[float, float], degree: int) -> Floats:
    low, high = boundary
    return np.concatenate(
        [np.repeat(low, degree + 1), np.sort(np.asarray(knots, float)), np.repeat(high, degree + 1)]
    )


def b_spline(x: Floats, knots: Sequence[float], boundary: tuple[float, float], degree: int) -> Floats:
    """All B-splines (value, knots + degree + 1); the outermost polynomials go on beyond the boundary."""
    known = np.isfinite(x)
    t = _sequence(knots, boundary, degree)
    columns = np.full((len(x), len(t) - degree - 1), np.nan)
    columns[known] = Curve.design_matrix(x[known], t, degree, extrapolate=True).toarray()
    return columns


def natural(x: Floats, knots: Sequence[float], boundary: tuple[float, float], intercept: bool) -> Floats:
    """Natural cubic splines (value, knots + 1 or + 2 with ``intercept``); straight beyond the boundary."""
    t = _sequence(knots, boundary, CUBIC)
    columns = b_spline(np.clip(x, *boundary), knots, boundary, CUBIC)
    curve = Curve(t, np.eye(columns.shape[1]), CUBIC)
    slope = curve.derivative()
    for edge, outside in zip(boundary, (x < boundary[0], x > boundary[1]), strict=True):
        columns[outside] += (x[outside] - edge)[:, None] * slope(edge)
    bend = curve.derivative(2)(np.asarray(boundary))
    if not intercept:
        columns, bend = columns[:, 1:], bend[:, 1:]
    # Few of the B-splines bend at a boundary: the reflections leave all the others as they are.
    bent = np.flatnonzero((bend != 0).any(axis=0))
    turn = np.linalg.qr(bend[:, bent].T, mode="complete")[0]
    columns[:, bent] = columns[:, bent] @ turn
    return columns[:, 2:]
