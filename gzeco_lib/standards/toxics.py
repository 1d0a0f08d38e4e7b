"""Inhalation risk of air toxics: exposure concentration, hazard quotient and lifetime excess cancer risk.

``EC = C ET EF ED / AT``, ``HQ = EC / RfC`` with AT = ED, ``ILCR = EC IUR`` with AT = 70 years (US EPA 2009,
RAGS Part F; WS/T 777-2021). Where the unit risk is a range, each value in it is held equally possible; the
concentration's error is normal and cut at zero. Values whose certainty is ``unsure`` are not used: what they
would give is NaN and named in ``missing``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gzeco_lib.errors import N_, InputError
from gzeco_lib.standards.facts import Fact, load, pick
from gzeco_lib.standards.health import health_fact

Floats = NDArray[np.float64]
DRAWS = 256
LEVELS = (0.025, 0.975)


@dataclass(frozen=True, eq=False)
class ToxicRisk:
    """Risk of one substance, or of several together; arrays have the shape of the concentrations.

    Attributes:
        substances: codes of the variable dictionary.
        group: who breathes it.
        ec: exposure concentration while exposed, averaged over the years of exposure [ug m-3] (NaN for a sum).
        hq, hq_lo, hq_hi: hazard quotient (of a sum the hazard index), with 95 % interval.
        ilcr, ilcr_lo, ilcr_hi: lifetime excess cancer risk, with 95 % interval.
        grade: 1..5 by the worse of both, 0 where neither is known.
        missing: ``<substance> RfC`` or ``<substance> IUR`` for each value that is not certain enough or not there.
        facts: the values used.
    """

    substances: tuple[str, ...]
    group: str
    ec: Floats
    hq: Floats
    hq_lo: Floats
    hq_hi: Floats
    ilcr: Floats
    ilcr_lo: Floats
    ilcr_hi: Floats
    grade: NDArray[np.int8]
    missing: tuple[str, ...]
    facts: tuple[Fact, ...]


def substances() -> tuple[str, ...]:
    """Codes of the substances there are toxicity values of."""
    return tuple(load("toxics")["substances"])


def groups() -> tuple[str, ...]:
    """Names of the groups there is an exposure of."""
    return tuple(load("toxics")["groups"])


def _fact(name: str) -> Fact | None:
    try:
        return health_fact(name)
    except InputError:
        return None


@cache
def _points() -> Floats:
    """Low-discrepancy points (draw, 2) in the unit square: concentration and unit risk."""
    from scipy.stats import qmc

    points = qmc.Halton(2, scramble=False).random(DRAWS + 1)[1:]
    points.setflags(write=False)
    return np.asarray(points)


def risk(concentration: ArrayLike, substance: str, group: str = "all", sd: ArrayLike = 0.0) -> ToxicRisk:
    """Risk of long-term mean concentrations of one substance.

    Args:
        concentration: long-term mean [ug m-3], any shape; NaN is unknown.
        substance: code of the variable dictionary, e.g. ``"benzene"``.
        group: one of :func:`groups`; ``"all"`` is a whole life at the place.
        sd: standard error of the mean [ug m-3], broadcast.

    Raises:
        InputError: for an unknown substance or group (with the near one).
    """
    law = load("toxics")
    names = pick(law["substances"], substance, N_("no toxicity is known of {found}"), "toxics.yaml")
    who = pick(law["groups"], group, N_("there is no exposure of the group {found}"), "toxics.yaml")
    c = np.asarray(concentration, dtype=np.float64)
    error = np.broadcast_to(np.asarray(sd, dtype=np.float64), c.shape)
    part = who["hours"] / 24 * who["days"] / 365
    rfc, iur = _fact(names["rfc"]), _fact(names["iur"])
    missing = [f"{substance} {what}" for what, fact in (("RfC", rfc), ("IUR", iur)) if fact is None]
    hq = _with_interval(c, error, part / float(rfc.value) if rfc else np.nan, None)
    low, high = _ends(iur)
    share = part * who["years"] / law["lifetime_a"]
    ilcr = _with_interval(c, error, share * low, share * high)
    return ToxicRisk(
        (substance,), group, c * part, *hq, *ilcr, _grade(hq[0], ilcr[0]), tuple(missing),
        tuple(fact for fact in (rfc, iur) if fact is not None),
    )  # fmt: skip


def _ends(iur: Fact | None) -> tuple[float, float]:
    if iur is None:
        return np.nan, np.nan
    ends = np.atleast_1d(np.asarray(iur.value, dtype=float))
    return float(ends[0]), float(ends[-1])


def _with_interval(c: Floats, sd: Floats, low: float, high: float | None) -> tuple[Floats, Floats, Floats]:
    """``c`` times a factor (or the middle of a range of factors) with its 95 % interval."""
    high = low if high is None else high
    middle = np.asarray(c * (low + high) / 2)
    if high == low and not np.any(sd > 0):
        return middle, middle.copy(), middle.copy()
    from scipy.special import ndtri

    points = _points().reshape(DRAWS, 2, *([1] * c.ndim))
    drawn = np.maximum(0.0, c + sd * ndtri(points[:, 0])) * (low + points[:, 1] * (high - low))
    lo, hi = np.quantile(drawn, LEVELS, axis=0)
    return middle, np.minimum(lo, middle), np.maximum(hi, middle)


def _grade(hq: Floats, ilcr: Floats) -> NDArray[np.int8]:
    bands = load("toxics")["bands"]
    found = [
        np.where(np.isnan(value), 0, np.searchsorted(bands[name], value, side="left") + 1)
        for name, value in (("hi", hq), ("ilcr", ilcr))
    ]
    return np.asarray(np.maximum(*found), dtype=np.int8)


def together(risks: Sequence[ToxicRisk]) -> ToxicRisk:
    """Hazard index and summed cancer risk of several substances breathed by one group.

    Sums take what is known and name what is missing. Ends of the intervals are summed, as if all were high or low
    together: the widest case.

    Raises:
        InputError: for no risks, or those of different groups.
    """
    if not risks or len({r.group for r in risks}) > 1:
        raise InputError(
            N_("risks of different groups, or none, cannot be summed"),
            "toxics",
            N_("give the risks of one group"),
        )

    def total(name: str) -> Floats:
        parts = np.stack([getattr(r, name) for r in risks])
        return np.where(np.isnan(parts).all(axis=0), np.nan, np.nansum(parts, axis=0))

    sums: dict[str, Any] = {n: total(n) for n in ("hq", "hq_lo", "hq_hi", "ilcr", "ilcr_lo", "ilcr_hi")}
    return ToxicRisk(
        tuple(s for r in risks for s in r.substances), risks[0].group, np.full_like(sums["hq"], np.nan), **sums,
        grade=_grade(sums["hq"], sums["ilcr"]), missing=tuple(m for r in risks for m in r.missing),
        facts=tuple(f for r in risks for f in r.facts),
    )  # fmt: skip


def dose(concentration: ArrayLike, inhalation: float, body_weight: float | None = None) -> Floats:
    """Average daily inhaled dose [ug kg-1 d-1] of continuous exposure: ``ADD = C IR / BW``.

    Args:
        concentration: [ug m-3].
        inhalation: [m3 d-1], e.g. 15.7 for adults of China (``health_fact("inhalation_long_term")``).
        body_weight: [kg]; the Handbook's 60.6 kg where None.
    """
    weight = float(health_fact("body_weight").value) if body_weight is None else body_weight
    return np.asarray(np.asarray(concentration, dtype=np.float64) * inhalation / weight)
