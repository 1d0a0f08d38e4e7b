"""Instrument faults planted into what the stations show, and the list of them.

Two begin every week, kinds by turns, each at another station than the last twenty-three, so that no two overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.demo_city.noise import EPOCH, WEEK, generator, week_numbers, white

Array = NDArray[np.float64]

KINDS = ("frozen", "spike", "sentinel", "outage", "copied")
PER_WEEK = 2
SENTINELS = (-9999.0, 9999.0, -999.0)
# A frozen SO2 or CO monitor cannot be told from clean air; the others can.
VARIABLES = ("PM2.5", "PM10", "NO2", "O3")
SPIKES = {"PM2.5": 180.0, "PM10": 300.0, "NO2": 160.0, "O3": 240.0}  # ug m-3, least height
MISSING_SHARE = 0.008  # of the station hours, lost to calibration and power cuts


@dataclass(frozen=True)
class Fault:
    """One planted fault over [start, end); ``other`` is the copied station's site, ``value`` what is shown instead."""

    kind: str
    site: str
    variable: str  # "*" for all
    start: pd.Timestamp
    end: pd.Timestamp
    other: str = ""
    value: float = float("nan")


def faults(seed: int, sites: list[str], start: pd.Timestamp, end: pd.Timestamp) -> list[Fault]:
    """The faults that touch [start, end), not clipped, in order of their beginning."""
    order = [sites[i] for i in generator(seed, "fault order").permutation(len(sites))]
    found = []
    for week in week_numbers(start - WEEK, end):
        for slot in range(PER_WEEK):
            fault = _fault(seed, week, slot, order)
            if fault.start < end and fault.end > start:
                found.append(fault)
    return sorted(found, key=lambda f: (f.start, f.site))


def _fault(seed: int, week: int, slot: int, order: list[str]) -> Fault:
    rng = generator(seed, f"fault {slot}", week)
    kind = KINDS[(week + 2 * slot) % len(KINDS)]
    turn = PER_WEEK * week + slot
    site = order[turn % len(order)]
    variable = str(rng.choice(VARIABLES))
    begin = EPOCH + week * WEEK + pd.Timedelta(hours=int(rng.integers(0, 168)))
    low, high = {
        "frozen": (14, 41),
        "spike": (1, 2),
        "sentinel": (2, 9),
        "outage": (8, 61),
        "copied": (60, 121),
    }[kind]
    end = begin + pd.Timedelta(hours=int(rng.integers(low, high)))
    if kind == "outage":
        return Fault(kind, site, "*" if rng.random() < 0.6 else variable, begin, end)
    if kind == "copied":
        return Fault(kind, site, variable, begin, end, other=order[(turn + len(order) // 2) % len(order)])
    if kind == "sentinel":
        return Fault(kind, site, variable, begin, end, value=float(rng.choice(SENTINELS)))
    if kind == "spike":
        return Fault(
            kind, site, variable, begin, end, value=float(np.round(SPIKES[variable] * rng.uniform(1.0, 1.8)))
        )
    return Fault(kind, site, variable, begin, end)


def apply(
    planted: list[Fault], hours: pd.DatetimeIndex, sites: list[str], shown: dict[str, Array]
) -> dict[str, Array]:
    """Copies of the tables (T, n) ``shown`` with the faults in them; outages are NaN."""
    spoilt = {code: table.copy() for code, table in shown.items()}
    for fault in planted:
        inside = np.flatnonzero((hours >= fault.start) & (hours < fault.end))
        column = sites.index(fault.site)
        if not len(inside):
            continue
        for code in spoilt if fault.variable == "*" else (fault.variable,):
            table = spoilt[code]
            if fault.kind == "outage":
                table[inside, column] = np.nan
            elif fault.kind == "copied":
                table[inside, column] = shown[code][inside, sites.index(fault.other)]
            elif fault.kind == "frozen":
                table[inside, column] = _held(shown[code][:, column], hours, fault.start)
            elif fault.kind == "sentinel":
                table[inside, column] = fault.value
            else:
                table[inside, column] += fault.value
    return spoilt


def _held(series: Array, hours: pd.DatetimeIndex, start: pd.Timestamp) -> float:
    """The value a monitor froze at: that of the fault's first hour, at least 12 so that it is no clean-air calm."""
    at = int(np.searchsorted(hours.asi8, pd.DatetimeIndex([start]).as_unit(hours.unit).asi8[0]))
    return float(max(series[min(at, len(series) - 1)], 12.0))


def drop_scattered(
    seed: int, planted: list[Fault], hours: pd.DatetimeIndex, sites: list[str], shown: dict[str, Array]
) -> dict[str, Array]:
    """The tables without the scattered hours every station loses, all its variables at once; faults are kept."""
    from scipy.stats import norm

    lost = white(seed, "lost hours", hours, len(sites)) < norm.ppf(MISSING_SHARE)
    for fault in planted:
        inside = (hours >= fault.start) & (hours < fault.end)
        lost[inside, sites.index(fault.site)] = False
    return {code: np.where(lost, np.nan, table) for code, table in shown.items()}


def table(planted: list[Fault], start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """The faults as rows, clipped to [start, end)."""
    rows = [
        {
            "fault": f"fault-{i:04d}",
            "kind": f.kind,
            "site": f.site,
            "variable": f.variable,
            "start": max(f.start, start),
            "end": min(f.end, end),
            "other": f.other,
            "value": f.value,
        }
        for i, f in enumerate(planted)
    ]
    return pd.DataFrame(rows, columns=["fault", "kind", "site", "variable", "start", "end", "other", "value"])
