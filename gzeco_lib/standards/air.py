"""Air quality index (AQI) of HJ 633, both generations, hourly and daily.

Source: HJ 633-2012 and HJ 633-2026 (in force from 2026-03-01), Table 1 and the formula
``IAQI = (IAQI_hi - IAQI_lo) / (BP_hi - BP_lo) * (C - BP_lo) + IAQI_lo``; AQI is the largest IAQI.
Concentrations are rounded half to even to whole numbers (CO to one decimal), IAQI is rounded up, 1..500.
As rounded concentrations are whole numbers, every IAQI is found by exact integer arithmetic once and
looked up after: no value such as 100.0000001 can arise.

Which generation holds is decided for each datum by its date in Asia/Shanghai, so one call may straddle
2026-03-01. Data older than HJ 633-2012 are rated by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.standards.categories import category_of
from gzeco_lib.standards.facts import generation_index, load, pick
from gzeco_lib.standards.limits import POLLUTANTS
from gzeco_lib.standards.rounding import half_even_scaled

Averaging = Literal["1h", "8h", "24h"]
Floats = NDArray[np.float64]
EXTRA = ("SO2_24h", "O3_1h")  # stand-ins of the 2012 generation where a table ends


@dataclass(frozen=True)
class AqiResult:
    """AQI of many rows; every array has the shape of the concentrations.

    Attributes:
        aqi: 1..500, NaN where it cannot be computed or may not be published.
        iaqi: individual index of each pollutant given, NaN where missing.
        primary: codes of the primary pollutants joined by ",", all ties, "" where AQI <= 50 or NaN.
        category: 1..6, 0 where AQI is NaN.
    """

    aqi: Floats
    iaqi: dict[str, Floats]
    primary: NDArray[np.object_]
    category: NDArray[np.int8]


def _ceil_div(top: int, bottom: int) -> int:
    return -(-top // bottom)


@cache
def _table(generation: int, item: str) -> Floats:
    """IAQI of every rounded concentration 0..last breakpoint (CO in tenths), then above the table, then missing."""
    data = load("hj633")
    law = data["generations"][generation]
    scale = 10 ** data["decimals"][item.partition("_")[0]]
    points = [point * scale for point in law["breakpoints"][item]]
    levels = data["iaqi"][: len(points)]
    rows = [0]
    for (low, high), (floor, top) in zip(pairwise(points), pairwise(levels), strict=True):
        rows += [floor + _ceil_div((top - floor) * (c - low), high - low) for c in range(low + 1, high + 1)]
    above = law["overflow"].get(item, data["range"][1])
    table = np.array(
        [max(row, data["range"][0]) for row in rows] + [np.nan if above is None else above, np.nan]
    )
    table.setflags(write=False)
    return table


def _look_up(table: Floats, scaled: Floats) -> Floats:
    missing = len(table) - 1
    with np.errstate(invalid="ignore"):
        index = np.minimum(scaled, missing - 1)  # NaN stays NaN; above the table is the last but one
        index = np.where(index >= 0, index, missing)  # NaN and negative readings count as missing
    return table[index.astype(np.intp)]


def _item(kind: str, generation: int, pollutant: str) -> str:
    return load("hj633")["generations"][generation][kind][pollutant]


def _by_generation(which: NDArray[np.intp], compute: Callable[[int], Floats]) -> Floats:
    """``compute(generation)`` for each datum by its own generation ``which``."""
    found = np.unique(which)
    if len(found) == 1:
        return compute(int(found[0]))
    result = compute(int(found[0]))
    for generation in found[1:]:
        result = np.where(which == generation, compute(int(generation)), result)
    return result


def _spread(which: NDArray[np.intp], shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Generations of the times, aligned with the first axis of data of ``shape`` and spread over the others."""
    if which.ndim == 0 or which.shape == shape:
        return which
    if which.ndim == 1 and shape and shape[0] == which.shape[0]:
        return which.reshape(which.shape + (1,) * (len(shape) - 1))
    raise InputError(
        N_("{times} times were given for data of shape {shape}"),
        "times",
        N_("give one time for each row (first axis) of the data"),
        times=which.size,
        shape=shape,
    )


def iaqi(values: ArrayLike, pollutant: str, averaging: Averaging, times: Any) -> Floats:
    """Individual air quality index of one pollutant.

    Args:
        values: concentrations [ug m-3] (CO [mg m-3]); NaN or negative is missing. First axis is time.
        pollutant: one of PM2.5, PM10, SO2, NO2, O3, CO.
        averaging: ``"1h"``, ``"24h"``, or ``"8h"`` (O3). 1-h means of particles use the 24-h breakpoints.
        times: UTC start of each interval: one for all, one a row, or one a value.

    Returns:
        1..500, NaN where missing or where the 2012 generation has no IAQI (SO2 1 h or O3 8 h above 800).

    Raises:
        InputError: for an unknown pollutant or an averaging period its table does not have.
    """
    law = load("hj633")
    pick(law["decimals"], pollutant, N_("unknown pollutant {found}"), "HJ 633")
    name = "24h" if pollutant in ("PM2.5", "PM10") and averaging == "1h" else averaging
    item = f"{pollutant}_{name}"
    pick(law["generations"][0]["breakpoints"], item, N_("HJ 633 has no breakpoints for {found}"), "HJ 633")
    scaled = half_even_scaled(values, law["decimals"][pollutant])
    which = _spread(generation_index(law["generations"], times), scaled.shape)
    return _by_generation(which, lambda g: _look_up(_table(g, item), scaled))


@cache
def _names(codes: tuple[str, ...]) -> NDArray[np.object_]:
    """Every set of ``codes`` joined by ",", indexed by its bits."""
    sets = [",".join(c for k, c in enumerate(codes) if bits >> k & 1) for bits in range(1 << len(codes))]
    return np.array(sets, dtype=object)


def _primary(aqi: Floats, each: Mapping[str, Floats]) -> NDArray[np.object_]:
    bits = np.zeros(aqi.shape, dtype=np.intp)
    named = aqi > load("hj633")["primary_above"]
    for k, index in enumerate(each.values()):
        bits |= ((index == aqi) & named).astype(np.intp) << k
    return np.asarray(_names(tuple(each))[bits], dtype=object)


def _shown(aqi: Floats, each: Mapping[str, Floats], which: NDArray[np.intp]) -> Floats:
    """``aqi`` where it may be published: with a pollutant missing, only above what that generation says."""
    law = load("hj633")["generations"]
    floors = np.array([-np.inf if g["publish_only_above"] is None else g["publish_only_above"] for g in law])
    complete = (
        np.ones(aqi.shape, dtype=bool) if len(each) == len(POLLUTANTS) else np.zeros(aqi.shape, dtype=bool)
    )
    for index in each.values():
        complete &= ~np.isnan(index)
    return np.where(complete | (aqi > floors[which]), aqi, np.nan)


def _arrays(concentrations: Mapping[str, ArrayLike]) -> dict[str, Floats]:
    known = (*POLLUTANTS, *EXTRA)
    for code in concentrations:
        if code not in known:
            raise InputError(
                N_("unknown pollutant {found}"),
                "HJ 633",
                N_("use one of: {near}"),
                found=code,
                near=near(code, known),
            )
    if not set(concentrations) & set(POLLUTANTS):
        raise InputError(
            N_("no pollutant was given"),
            "HJ 633",
            N_("give at least one of: {near}"),
            near=", ".join(POLLUTANTS),
        )
    decimals = load("hj633")["decimals"]
    given = {c: half_even_scaled(v, decimals[c.partition("_")[0]]) for c, v in concentrations.items()}
    shapes = {array.shape for array in given.values()}
    if len(shapes) > 1:
        raise InputError(
            N_("the concentrations have different shapes: {shapes}"), "HJ 633",
            N_("give one value of each pollutant for each time, NaN where missing"), shapes=sorted(shapes),
        )  # fmt: skip
    return given


def _index(
    concentrations: Mapping[str, ArrayLike], which: NDArray[np.intp], kind: str, publish_rule: bool
) -> AqiResult:
    given = _arrays(concentrations)
    codes = [code for code in POLLUTANTS if code in given]
    which = _spread(which, given[codes[0]].shape)

    def one(code: str, generation: int) -> Floats:
        index = _look_up(_table(generation, _item(kind, generation, code)), given[code])
        law = load("hj633")["generations"][generation]
        if code == "SO2" and "SO2_24h" in given and law["overflow"]["SO2_1h"] is None and kind == "hourly":
            index = np.where(
                given[code] > 800, _look_up(_table(generation, "SO2_24h"), given["SO2_24h"]), index
            )
        if code == "O3" and "O3_1h" in given and kind == "daily" and law["daily_o3_1h"]:
            index = np.fmax(index, _look_up(_table(generation, "O3_1h"), given["O3_1h"]))
        return index

    each = {code: _by_generation(which, lambda g, c=code: one(c, g)) for code in codes}  # type: ignore[misc]
    aqi = np.asarray(np.fmax.reduce(list(each.values())))
    if publish_rule:
        aqi = _shown(aqi, each, which)
    return AqiResult(aqi, each, _primary(aqi, each), category_of(aqi))


def aqi_hourly(concentrations: Mapping[str, ArrayLike], times: Any, publish_rule: bool = True) -> AqiResult:
    """Hourly ("real-time") AQI from 1-h means.

    Args:
        concentrations: pollutant code to 1-h means [ug m-3] (CO [mg m-3]), all of one shape, first axis time;
            NaN is missing. ``"SO2_24h"`` may be given beside: the 2012 generation rates SO2 by it where the
            1-h mean is above 800.
        times: UTC start of each hour (datetime64, or with a zone): one for all, one a row, or one a value.
        publish_rule: with a pollutant missing, an AQI of the 2026 generation is given only above 100
            (HJ 633-2026); False gives what the remaining pollutants make.

    Raises:
        InputError: for unknown pollutants, none at all, or shapes that do not agree.
    """
    which = generation_index(load("hj633")["generations"], times)
    return _index(concentrations, which, "hourly", publish_rule)


def aqi_daily(concentrations: Mapping[str, ArrayLike], days: Any, publish_rule: bool = True) -> AqiResult:
    """Daily AQI from 24-h means and the largest 8-h mean of O3 (MDA8, under the code ``"O3"``).

    Args:
        concentrations: pollutant code to daily values, as for :func:`aqi_hourly`. ``"O3_1h"``, the largest
            1-h mean of the day, may be given beside: the daily report of the 2012 generation holds it.
        days: local calendar dates (Asia/Shanghai), without zone.
        publish_rule: as for :func:`aqi_hourly`.

    Raises:
        InputError: for unknown pollutants, none at all, or shapes that do not agree.
    """
    which = generation_index(load("hj633")["generations"], days, local=True)
    return _index(concentrations, which, "daily", publish_rule)
