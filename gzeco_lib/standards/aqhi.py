"""Air quality health indices of Hong Kong and Canada: excess risk [%], index and band.

Hong Kong: ``AR% = 100 * sum(exp(beta_i * C_i) - 1)`` over NO2, SO2, O3 and the larger of the PM10 and the PM2.5
term, C 3-h moving means [ug m-3] (Wong et al. 2013, doi:10.1016/j.atmosenv.2012.06.071); the coefficient of O3 and
the bands changed on 2025-03-22. Canada: ``10/10.4 * 100 * sum(exp(beta_i * C_i) - 1)`` over NO2 and O3 [ppb] and
PM2.5 [ug m-3] (Stieb et al. 2008, doi:10.3155/1047-3289.58.3.435). Neither is an official index of Guangzhou:
the excess risk says how the daily risk of a hospital visit (Hong Kong) or death (Canada) is raised elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.standards.facts import Fact, fact_from, generation_index, load
from gzeco_lib.standards.reference_state import MOLAR_MASS, MOLAR_VOLUME

Floats = NDArray[np.float64]
BANDS = ("low", "moderate", "high", "very_high", "serious")
PLUS = 11  # the index above 10, shown as "10+"
PM = "PM"  # the particulate term of Hong Kong


@dataclass(frozen=True)
class AqhiResult:
    """AQHI of many rows; arrays have the shape of the concentrations.

    Attributes:
        excess_risk: [%], NaN where an input is missing.
        index: 1..11 as float (11 is "10+"), NaN where the risk is.
        band: low | moderate | high | very_high | serious, "" where the risk is NaN.
        terms: each pollutant's part of the excess risk [%]; they add up to it.
        excess_risk_se: standard error of the excess risk [%] from the inputs' own, None where none were given.
    """

    excess_risk: Floats
    index: Floats
    band: NDArray[np.object_]
    terms: dict[str, Floats]
    excess_risk_se: Floats | None = None


def _needed(values: Mapping[str, ArrayLike], codes: tuple[str, ...], where: str) -> dict[str, Floats]:
    for code in codes:
        if code not in values:
            raise InputError(
                N_("{code} is needed and was not given"), where, N_("give it, NaN where missing; given: {near}"),
                code=code, near=", ".join(values) or near(code, codes),
            )  # fmt: skip
    arrays = {code: np.asarray(values[code], dtype=np.float64) for code in codes}
    shape = np.broadcast_shapes(*(a.shape for a in arrays.values()))
    return {code: np.broadcast_to(np.where(a >= 0, a, np.nan), shape) for code, a in arrays.items()}


def index_of(excess_risk: ArrayLike, times: Any, place: str) -> Floats:
    """Index 1..11 (11 is "10+") of an excess risk [%]; NaN stays NaN.

    Args:
        excess_risk: [%], for example averaged over people; first axis time.
        times: UTC time of each row (or one for all); chooses Hong Kong's bands by date, Canada needs none.
        place: ``"hong_kong"`` or ``"canada"``.
    """
    risk = np.asarray(excess_risk, dtype=np.float64)
    law = load("aqhi")[place]
    if place == "canada":
        top, bottom = law["scale"]
        return np.asarray(np.clip(np.floor(risk * top / bottom + 0.5), 1, PLUS))
    which = _aligned(generation_index(law["generations"], times), risk.shape)
    uppers = np.array([g["band_upper"] for g in law["generations"]])[which]
    above = np.sum(risk[..., None] > uppers, axis=-1).astype(np.float64)
    return np.where(np.isnan(risk), np.nan, 1.0 + above)


def threshold(index: int, on: Any, place: str) -> float:
    """The excess risk [%] at or above which the index of ``place`` is ``index`` (2..11) at UTC ``on``."""
    law = load("aqhi")[place]
    if place == "canada":
        top, bottom = law["scale"]
        return float((index - 0.5) * bottom / top)
    return float(law["generations"][int(generation_index(law["generations"], on))]["band_upper"][index - 2])


def band_of(index: ArrayLike, place: str) -> NDArray[np.object_]:
    """Band of an index 1..11: low | moderate | high | very_high | serious, "" for NaN."""
    found = np.asarray(index, dtype=np.float64)
    ranges = load("aqhi")[place]["bands"]
    names = np.array(["", *ranges], dtype=object)
    uppers = np.array([high for _, high in ranges.values()])
    number = np.searchsorted(uppers, np.where(np.isnan(found), 0, found), side="left") + 1
    return np.asarray(names[np.where(np.isnan(found), 0, number)], dtype=object)


def _term(beta: Floats | float, c: Floats) -> Floats:
    return np.asarray(100.0 * np.expm1(beta * c))


def _slope(beta: Floats | float, c: Floats) -> Floats:
    return np.asarray(100.0 * beta * np.exp(beta * c))


def _root_sum(parts: list[Floats]) -> Floats:
    return np.asarray(np.sqrt(np.sum([np.square(p) for p in parts], axis=0)))


def _aligned(which: NDArray[np.intp], shape: tuple[int, ...]) -> NDArray[np.intp]:
    return which.reshape(which.shape + (1,) * (len(shape) - which.ndim)) if which.ndim else which


def hong_kong(
    means: Mapping[str, ArrayLike],
    times: Any,
    se: Mapping[str, ArrayLike] | None = None,
    partial: bool = False,
) -> AqhiResult:
    """Hong Kong AQHI from 3-h moving means.

    Args:
        means: NO2, SO2, O3, PM2.5 and PM10 [ug m-3], first axis time; one of the particle sizes may be NaN.
        times: UTC time of each row (or one for all): chooses coefficients and bands by date.
        se: standard errors of the means [ug m-3] by code; those not given count as 0. They are taken as
            independent, and to first order: ``se(AR)^2 = sum((100 beta_i exp(beta_i C_i) se_i)^2)``.
        partial: True adds up the terms that are there (a lower bound) instead of giving NaN.

    Raises:
        InputError: when a pollutant is not among ``means``.
    """
    law = load("aqhi")["hong_kong"]
    c = _needed(means, ("NO2", "SO2", "O3", "PM10", "PM2.5"), "AQHI (Hong Kong)")
    shape = c["NO2"].shape
    which = _aligned(generation_index(law["generations"], times), shape)
    beta = {code: np.array([g["beta"][code] for g in law["generations"]])[which] for code in c}
    pm10, pm25 = _term(beta["PM10"], c["PM10"]), _term(beta["PM2.5"], c["PM2.5"])
    terms = {code: _term(beta[code], c[code]) for code in ("NO2", "SO2", "O3")}
    terms[PM] = np.fmax(pm10, pm25)
    risk = _total(terms, partial)
    index = index_of(risk, times, "hong_kong")
    error = None
    if se is not None:
        spread = {code: np.asarray(se.get(code, 0.0), dtype=np.float64) for code in c}
        coarse = np.isnan(pm25) | (pm10 >= pm25)
        parts = [_slope(beta[code], c[code]) * spread[code] for code in ("NO2", "SO2", "O3")]
        parts.append(
            np.where(
                coarse,
                _slope(beta["PM10"], c["PM10"]) * spread["PM10"],
                _slope(beta["PM2.5"], c["PM2.5"]) * spread["PM2.5"],
            )
        )
        error = _root_sum([np.nan_to_num(p) for p in parts] if partial else parts)
    return AqhiResult(risk, index, band_of(index, "hong_kong"), terms, error)


def canada(
    means: Mapping[str, ArrayLike], se: Mapping[str, ArrayLike] | None = None, partial: bool = False
) -> AqhiResult:
    """Canadian AQHI from 3-h means.

    Args:
        means: NO2, O3 and PM2.5 [ug m-3]; gases are turned to ppb at 298.15 K and 1013.25 hPa.
        se: standard errors of the means [ug m-3] by code, as for :func:`hong_kong`.
        partial: as for :func:`hong_kong`.

    Raises:
        InputError: when a pollutant is not among ``means``.
    """
    law = load("aqhi")["canada"]
    c = _needed(means, ("NO2", "O3", "PM2.5"), "AQHI (Canada)")
    per_ug = {  # coefficient per ug m-3
        code: beta * (MOLAR_VOLUME / MOLAR_MASS[code] if code in law["ppb"] else 1.0)
        for code, beta in law["beta"].items()
    }
    terms = {code: _term(per_ug[code], c[code]) for code in c}
    risk = _total(terms, partial)
    index = index_of(risk, None, "canada")
    error = None
    if se is not None:
        parts = [
            _slope(per_ug[code], c[code]) * np.asarray(se.get(code, 0.0), dtype=np.float64) for code in c
        ]
        error = _root_sum([np.nan_to_num(p) for p in parts] if partial else parts)
    return AqhiResult(risk, index, band_of(index, "canada"), terms, error)


def _total(terms: Mapping[str, Floats], partial: bool) -> Floats:
    stack = np.stack([np.asarray(t) for t in terms.values()])
    if not partial:
        return np.asarray(stack.sum(axis=0))
    return np.where(np.isnan(stack).all(axis=0), np.nan, np.nansum(stack, axis=0))


def moving_mean(hourly: ArrayLike, hours: int | None = None, minimum: int | None = None) -> Floats:
    """Mean of each hour and the ``hours - 1`` before it, along the first axis of a complete hourly series.

    NaN where fewer than ``minimum`` of the hours are there (default 2 of 3). Shape of ``hourly``.
    """
    setting = load("aqhi")["moving_mean"]
    hours, minimum = hours or setting["hours"], minimum or setting["minimum"]
    values = np.asarray(hourly, dtype=np.float64)
    total, count = np.zeros_like(values), np.zeros(values.shape)
    for back in range(hours):
        shifted = values[: len(values) - back] if back else values
        there = ~np.isnan(shifted)
        total[back:] += np.where(there, shifted, 0.0)
        count[back:] += there
    return np.where(count >= minimum, total / np.maximum(count, 1), np.nan)


def source(place: str, on: Any) -> Fact:
    """Document, certainty and source of the index of ``place`` (``"hong_kong"`` or ``"canada"``) at UTC ``on``."""
    law = load("aqhi")[place]
    if place == "canada":
        return fact_from(law, law["beta"], "ppb-1, m3 ug-1")
    generation = law["generations"][int(generation_index(law["generations"], on))]
    return fact_from(law | {k: generation[k] for k in ("effective", "until")}, generation["beta"], "m3 ug-1")


def band_name(band: str, lang: str) -> str:
    """Name of a band in ``"zh"`` or ``"en"``; "" for ""."""
    return load("aqhi")["band_names"][band][f"name_{lang}"] if band else ""
