"""Bases that turn a variable, or a lag, into columns: the one-dimensional parts of a cross-basis.

A basis is a small frozen declaration. ``on(x)`` fixes what depends on data (knots at quantiles, the scale of a
polynomial, the edges of strata); called on values it then gives the columns, always the same transformation. The
columns are those of R's ``splines`` and ``dlnm`` (Gasparrini 2011, doi:10.18637/jss.v043.i08), so that coefficients
can be compared one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dlnm import splines

Floats = NDArray[np.float64]
NO_DATA = N_("the series has no value that a basis could be laid over")


def _vector(x: ArrayLike) -> Floats:
    return np.asarray(x, dtype=np.float64).ravel()


def _known(x: ArrayLike) -> Floats:
    found = _vector(x)
    found = found[np.isfinite(found)]
    if not found.size:
        raise InputError(NO_DATA, "methods.dlnm", N_("give a series with values"))
    return found


@dataclass(frozen=True, kw_only=True)
class Basis:
    """Base of all bases.

    Attributes:
        intercept: whether a constant belongs to the span; None is no for an exposure and yes for a lag.
    """

    intercept: bool | None = None

    def on(self, x: ArrayLike) -> Self:
        """This basis with all that depends on data fixed on ``x``."""
        return self

    def __call__(self, x: ArrayLike) -> Floats:
        """Columns (value, k) for values ``x``; rows of missing values are NaN."""
        raise TypeError(f"{type(self).__name__} has no columns of its own")

    @property
    def zero_at(self) -> float | None:
        """The value whose columns are all nought, where there is one: the natural reference."""
        return None

    def _with_constant(self, columns: Floats) -> Floats:
        return np.column_stack([np.ones(len(columns)), columns]) if self.intercept else columns


@dataclass(frozen=True)
class Linear(Basis):
    """A straight line through nought."""

    def __call__(self, x: ArrayLike) -> Floats:
        return self._with_constant(_vector(x)[:, None])

    @property
    def zero_at(self) -> float | None:
        return 0.0


@dataclass(frozen=True)
class Polynomial(Basis):
    """Powers of ``x / scale`` up to ``degree``; the scale is the largest absolute value unless given."""

    degree: int
    scale: float | None = None

    def on(self, x: ArrayLike) -> Self:
        return self if self.scale is not None else replace(self, scale=float(np.abs(_known(x)).max()) or 1.0)

    def __call__(self, x: ArrayLike) -> Floats:
        powers = np.arange(0 if self.intercept else 1, self.degree + 1)
        return (_vector(x) / (self.scale or 1.0))[:, None] ** powers

    @property
    def zero_at(self) -> float | None:
        return 0.0


@dataclass(frozen=True)
class Threshold(Basis):
    """No effect on one side of a threshold, or between two, and a straight line beyond.

    One value with ``side`` ``"high"`` (the line above it) or ``"low"`` (below it); two values are a line below the
    lower and another above the upper, first the low one.
    """

    low: float
    high: float | None = None
    side: str = "high"

    def __call__(self, x: ArrayLike) -> Floats:
        found = _vector(x)
        below, above = np.maximum(self.low - found, 0.0), np.maximum(found - (self.high or self.low), 0.0)
        if self.high is not None:
            return self._with_constant(np.column_stack([below, above]))
        return self._with_constant((above if self.side == "high" else below)[:, None])

    def __post_init__(self) -> None:
        if self.side not in ("high", "low") or (self.high is not None and self.high < self.low):
            raise InputError(
                N_("a threshold basis needs rising thresholds and a side"), "methods.dlnm.Threshold",
                N_("give low and high in this order, or one value with side high or low"),
            )  # fmt: skip

    @property
    def zero_at(self) -> float | None:
        return self.low


@dataclass(frozen=True)
class Strata(Basis):
    """One level in each stratum [a, b); the first is the reference unless there is an intercept.

    With an intercept the first column is the constant and the others are departures from the first stratum, as in R.
    """

    breaks: tuple[float, ...] = ()

    def __call__(self, x: ArrayLike) -> Floats:
        found = _vector(x)
        stratum = np.searchsorted(np.sort(np.asarray(self.breaks)), found, side="right")
        columns = (stratum[:, None] == np.arange(1, len(self.breaks) + 1)).astype(float)
        columns[np.isnan(found)] = np.nan
        return self._with_constant(columns)


@dataclass(frozen=True)
class Integer(Basis):
    """One free level for each whole value seen (an unconstrained lag); the lowest is the reference."""

    values: tuple[int, ...] | None = None

    def on(self, x: ArrayLike) -> Self:
        if self.values is not None:
            return self
        return replace(self, values=tuple(int(v) for v in np.unique(_known(x))))

    def __call__(self, x: ArrayLike) -> Floats:
        found = _vector(x)
        values = np.asarray(self.values or ())
        columns = (found[:, None] == (values if self.intercept else values[1:])).astype(float)
        columns[np.isnan(found)] = np.nan
        return columns


@dataclass(frozen=True)
class Piecewise(Basis):
    """Straight pieces that meet at the knots; each coefficient is the slope of its piece."""

    knots: tuple[float, ...]

    def __call__(self, x: ArrayLike) -> Floats:
        found = _vector(x)
        edges = np.concatenate([[-np.inf], np.sort(np.asarray(self.knots)), [np.inf]])
        start = np.where(np.isfinite(edges[:-1]), edges[:-1], 0.0)
        columns = np.clip(found[:, None], edges[:-1], edges[1:]) - start
        return self._with_constant(columns)


@dataclass(frozen=True)
class _Spline(Basis):
    """Knots: ``knots`` as given, or as many quantiles of the data as make ``df`` columns."""

    df: int | None = None
    knots: tuple[float, ...] | None = None
    boundary: tuple[float, float] | None = None

    def _inner(self) -> int:
        raise TypeError

    def on(self, x: ArrayLike) -> Self:
        known = _known(x)
        low, high = self.boundary or (float(known.min()), float(known.max()))
        if low >= high:
            raise InputError(
                N_("a spline needs values that differ"),
                "methods.dlnm",
                N_("use a linear basis, or another series"),
            )
        knots = self.knots
        if knots is None:
            inside = known[(known >= low) & (known <= high)]
            count = max(self._inner(), 0)
            knots = tuple(np.quantile(inside, np.linspace(0, 1, count + 2)[1:-1]).tolist())
        if len(set(knots)) < len(knots) or any(not low < k < high for k in knots):
            raise InputError(
                N_("the knots {knots} are not distinct values between {low} and {high}"), "methods.dlnm",
                N_("give knots, or fewer degrees of freedom"),
                knots=", ".join(f"{k:g}" for k in knots), low=f"{low:g}", high=f"{high:g}",
            )  # fmt: skip
        return replace(self, knots=tuple(sorted(knots)), boundary=(low, high))


@dataclass(frozen=True)
class BSpline(_Spline):
    """B-splines of a degree, extended beyond the boundary by their outermost polynomials."""

    degree: int = 3

    def _inner(self) -> int:
        return (self.df or self.degree) - self.degree - (1 if self.intercept else 0)

    def __call__(self, x: ArrayLike) -> Floats:
        columns = splines.b_spline(_vector(x), self.knots or (), self.boundary or (0.0, 1.0), self.degree)
        return columns if self.intercept else columns[:, 1:]


@dataclass(frozen=True)
class Natural(_Spline):
    """Natural cubic splines: straight beyond the boundary knots (the extremes of the data unless given)."""

    def _inner(self) -> int:
        return (self.df or 1) - 1 - (1 if self.intercept else 0)

    def __call__(self, x: ArrayLike) -> Floats:
        return splines.natural(
            _vector(x), self.knots or (), self.boundary or (0.0, 1.0), bool(self.intercept)
        )


def equal_knots(low: float, high: float, count: int) -> tuple[float, ...]:
    """``count`` knots that part the range evenly (``equalknots`` of R dlnm)."""
    return tuple((low + (high - low) / (count + 1) * np.arange(1, count + 1)).tolist())


def log_knots(last: int, count: int, first: int = 0) -> tuple[float, ...]:
    """``count`` knots of a lag range, dense at short lags: evenly spaced in the logarithm (``logknots`` of R dlnm)."""
    steps = (1.0 + np.log(last - first)) / (count + 1) * np.arange(1, count + 1) - 1.0
    return tuple((first + np.exp(steps)).tolist())
