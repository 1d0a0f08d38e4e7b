"""Heat and cold in the literature: a curve of relative risk by daily mean temperature for Guangzhou, with its error.

``ln RR = a |T - T0|^p`` on each side of the temperature of least risk T0. On each side a and p follow from two
published figures: the risk at the 2.5th (97.5th) centile against T0 in subtropical monsoon cities (Chen et al.
2018, doi:10.1136/bmj.k4306, Table 3), and the risk in Guangzhou itself between the 1st and 10th (90th and 99th)
centile (Yang et al. 2012, doi:10.1186/1476-069X-11-63). Centiles are those of Guangzhou 2010-2014.

What is not known is T0 of Guangzhou: 22.5 degC is the mean of the zone, its centile (82.5th) lies at 28.1 degC
here. The curve stands in their middle and the error holds the whole range between. Risks are cumulative over
the lags of the studies (heat a few days, cold about two weeks), for non-accidental deaths at all ages. Beyond
the temperatures seen the end holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gzeco_lib.standards.facts import Fact, fact_from, load

Floats = NDArray[np.float64]
Z95 = 1.959963984540054
DRAWS = 2000
STEP = 0.1  # degC


@dataclass(frozen=True)
class TemperatureCurve:
    """Relative risk by daily mean temperature.

    Attributes:
        temperature: ascending [degC].
        rr, lo, hi: relative risk against the temperature of least risk, with its 95 % interval.
        error: standard error of ln rr.
        optimum: temperature of least risk [degC], with the range it may lie in.
        facts: the figures it is made of.
    """

    temperature: Floats
    rr: Floats
    lo: Floats
    hi: Floats
    error: Floats
    optimum: tuple[float, float, float]
    facts: tuple[Fact, ...]

    @property
    def source(self) -> str:
        """The documents, joined."""
        return "; ".join(fact.document for fact in self.facts if fact.document)


def _power(near: float, far: float, anchor: float, step: float, at_anchor: float) -> float:
    """The p for which ``a = at_anchor / anchor^p`` makes ln RR rise by ``step`` from distance near to far [degC]."""
    from scipy.optimize import brentq

    def miss(p: float) -> float:
        return float(at_anchor / anchor**p * (far**p - near**p) - step)

    return float(brentq(miss, 0.2, 6.0))


def _log_rr(t: Floats, optimum: Any, cold: Any, heat: Any, powers: tuple[float, float]) -> Floats:
    """ln RR of ``t``; ``cold`` and ``heat`` are ln RR at the 2.5th and the 97.5th centile."""
    at = load("temperature")["centiles"]["values"]
    below = np.maximum(0.0, optimum - t) / (optimum - at[2.5])
    above = np.maximum(0.0, t - optimum) / (at[97.5] - optimum)
    return np.asarray(cold * below ** powers[0] + heat * above ** powers[1])


@cache
def literature_curve() -> TemperatureCurve:
    """The curve of the literature for Guangzhou, the same for everybody (no sourced figures by group were found).

    The error comes from draws: T0 uniform over its range, the two risks lognormal within their published intervals.
    """
    law = load("temperature")
    zone, city, at = law["zone"], law["city"], law["centiles"]["values"]
    low, high = zone["optimum"], at[zone["optimum_centile"]]
    middle = (low + high) / 2
    cold, heat = np.log(zone["cold"]), np.log(zone["heat"])
    powers = (
        _power(middle - at[10], middle - at[1], middle - at[2.5], np.log(city["cold_1_to_10"][0]), cold[0]),
        _power(
            at[90] - middle, at[99] - middle, at[97.5] - middle, np.log(city["heat_99_to_90"][0]), heat[0]
        ),
    )
    t = np.round(np.arange(at[0], at[100] + STEP / 2, STEP), 1)
    central = _log_rr(t, middle, cold[0], heat[0], powers)
    rng = np.random.default_rng(20260301)
    optimum = rng.uniform(low, high, (DRAWS, 1))
    drawn = _log_rr(
        t,
        optimum,
        rng.normal(cold[0], (cold[2] - cold[1]) / (2 * Z95), (DRAWS, 1)),
        rng.normal(heat[0], (heat[2] - heat[1]) / (2 * Z95), (DRAWS, 1)),
        powers,
    )
    lo, hi = np.quantile(drawn, [0.025, 0.975], axis=0)
    facts = (
        fact_from(zone, [zone["cold"], zone["heat"]], "1"),
        fact_from(city, [city["cold_1_to_10"], city["heat_99_to_90"]], "1"),
    )
    return TemperatureCurve(
        t, np.exp(central), np.exp(np.minimum(lo, central)), np.exp(np.maximum(hi, central)),
        np.sqrt(np.mean(np.square(drawn - central), axis=0)), (middle, low, high), facts,
    )  # fmt: skip


def relative_risk(temperature: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Relative risk of days of mean ``temperature`` [degC] with its 95 % interval; NaN stays NaN."""
    curve = literature_curve()
    t = np.asarray(temperature, dtype=np.float64)
    rr, lo, hi = (np.exp(np.interp(t, curve.temperature, np.log(v))) for v in (curve.rr, curve.lo, curve.hi))
    gone = np.isnan(t)
    return np.where(gone, np.nan, rr), np.where(gone, np.nan, lo), np.where(gone, np.nan, hi)


@dataclass(frozen=True)
class Modifier:
    """Factor on an excess risk found for everybody, for one group, with its 95 % interval."""

    value: float
    lo: float
    hi: float
    fact: Fact


OLDER, YOUNGER = ("elder_65",), ("adult_15_64", "outdoor_worker")


def age_modifier(pollutant: str, group: str) -> Modifier | None:
    """How much more the air harms a group than everybody; None where no sourced figure was found.

    Figures of systematic reviews: PM10 (used for PM2.5 too, which is an assumption) and O3. Everybody's
    effect is, for PM10, the mean of both sexes in the same review; for O3 older and younger are weighted as
    that mean implies (0.62 of the deaths older). "Younger" are adults; of children nothing is said,
    therefore None. NO2, SO2 and CO: None.
    """
    code = {"PM2.5": "PM10"}.get(pollutant, pollutant)
    law = load("temperature")["age"]
    kind = "older" if group in OLDER else "younger" if group in YOUNGER else ""
    if code not in law or not kind:
        return None
    share = (law["PM10"]["both"][0] - law["PM10"]["younger"][0]) / (
        law["PM10"]["older"][0] - law["PM10"]["younger"][0]
    )
    entry = law[code]
    old, young = (np.array(entry[k]) for k in ("older", "younger"))
    rng = np.random.default_rng(7)
    drawn = [rng.normal(v[0], (v[2] - v[1]) / (2 * Z95), DRAWS) for v in (old, young)]
    own = drawn[0] if kind == "older" else drawn[1]
    lo, hi = np.quantile(own / (share * drawn[0] + (1 - share) * drawn[1]), [0.025, 0.975])
    value = entry[kind][0] / (share * old[0] + (1 - share) * young[0])
    return Modifier(float(value), float(lo), float(hi), fact_from(entry, entry[kind], "%"))
