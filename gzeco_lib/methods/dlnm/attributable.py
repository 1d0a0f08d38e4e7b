"""Cases that go with an exposure: attributable fraction and number.

Source: Gasparrini and Leone 2014, doi:10.1186/1471-2288-14-55. Backward: what past exposures did to the cases of a day;
forward: what the exposure of a day will do to the cases of the lag period after it. Intervals by Monte Carlo.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dlnm.basis import Floats
from gzeco_lib.methods.dlnm.crossbasis import CrossBasis
from gzeco_lib.methods.dlnm.predict import DRAWS, draws

WHERE = "methods.dlnm.attributable"
DIRECTIONS = ("backward", "forward")


@dataclass(frozen=True)
class Attributable:
    """Attributable share of all cases [1] and number of cases, with intervals, and the number a time (NaN unknown)."""

    fraction: float
    fraction_lo: float
    fraction_hi: float
    number: float
    number_lo: float
    number_hi: float
    daily: Floats


def attributable(
    basis: CrossBasis, coef: ArrayLike, cov: ArrayLike, x: ArrayLike, cases: ArrayLike, reference: float,
    within: tuple[float, float] | None = None, direction: str = "backward", group: ArrayLike | None = None,
    level: float = 0.95, count: int = DRAWS, seed: int = 0,
) -> Attributable:  # fmt: skip
    """Cases that would not have happened had the exposure been ``reference``.

    Args:
        basis: the cross-basis.
        coef: its coefficients.
        cov: their covariance.
        x: the exposure (time,).
        cases: counts (time,).
        reference: the exposure without effect.
        within: only exposures in this range count (heat, cold, moderate or extreme); others are set to ``reference``.
        direction: ``backward`` or ``forward``.
        group: label of each time, as in `CrossBasis.columns`.
        level: of the intervals.
        count: draws.
        seed: of the draws.

    Raises:
        InputError: an unknown direction, shapes that do not fit, or no time with a known exposure and count.
    """
    if direction not in DIRECTIONS:
        raise InputError(
            N_("{direction} is no direction"), WHERE, N_("name one of: {near}"), direction=direction,
            near=", ".join(DIRECTIONS),
        )  # fmt: skip
    found, seen = np.asarray(x, float), np.asarray(cases, float)
    if found.shape != seen.shape or found.ndim != 1:
        raise InputError(
            N_("{cases} counts were given for {times} exposures"), WHERE, N_("give one count for each exposure"),
            cases=seen.size, times=found.size,
        )  # fmt: skip
    if within is not None:
        found = np.where((found < within[0]) | (found > within[1]), reference, found)
    if direction == "backward":
        same = np.full(len(found), float(reference))
        columns = basis.columns(found, group) - basis.columns(np.where(np.isnan(found), np.nan, same), group)
        weight = seen
    else:
        columns = np.einsum("tv,l->tvl", basis.contrast(found, reference), basis.summed).reshape(
            len(found), -1
        )
        weight = _ahead(seen, basis)
    good = np.isfinite(columns.sum(axis=1)) & np.isfinite(weight)
    if not good.any():
        raise InputError(
            N_("no time has both a count and the exposures before it"), WHERE, N_("give a longer series")
        )
    drawn = np.vstack([np.asarray(coef, float)[None], draws(coef, cov, count, seed)])
    share = 1.0 - np.exp(-columns[good] @ drawn.T)  # (time, draw)
    part = (weight[good] @ share) / weight[good].sum()
    total = float(np.nansum(seen))
    daily = np.full(len(found), np.nan)
    daily[good] = weight[good] * share[:, 0]
    lo, hi = np.quantile(part[1:], [0.5 - level / 2, 0.5 + level / 2])
    return Attributable(
        float(part[0]),
        float(lo),
        float(hi),
        float(part[0] * total),
        float(lo * total),
        float(hi * total),
        daily,
    )


def _ahead(cases: Floats, basis: CrossBasis) -> Floats:
    """Mean count of the lag period that follows each time."""
    first, last = basis.lags
    padded = np.concatenate([cases, np.full(last, np.nan)])
    return np.lib.stride_tricks.sliding_window_view(padded, last + 1)[:, first:].mean(axis=1)
