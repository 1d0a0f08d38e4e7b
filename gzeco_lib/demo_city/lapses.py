"""Lapses of the instruments for water, noise and toxics: truth ``monitor_faults``.

Each network has one a fortnight, kinds by turns: a code for missing, an outage, a value that stands still.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.demo_city.noise import EPOCH, WEEK, generator, week_numbers

Array = NDArray[np.float64]

KINDS = ("sentinel", "outage", "frozen")
WEEKS_BETWEEN = 2
SENTINEL = -9999.0
LENGTH = {"sentinel": (4, 13), "outage": (12, 97), "frozen": (24, 61)}  # h, least and below what


@dataclass(frozen=True)
class Lapse:
    """One lapse of the instrument for ``variable`` at ``site`` over [start, end)."""

    kind: str
    site: str
    variable: str
    start: pd.Timestamp
    end: pd.Timestamp


def lapses(
    seed: int, network: str, sites: list[str], codes: list[str], start: pd.Timestamp, end: pd.Timestamp
) -> list[Lapse]:
    """The lapses of a network that touch [start, end)."""
    found = []
    for week in week_numbers(start - WEEK, end):
        if week % WEEKS_BETWEEN:
            continue
        rng = generator(seed, f"lapse {network}", week)
        kind = KINDS[week // WEEKS_BETWEEN % len(KINDS)]
        begin = EPOCH + week * WEEK + pd.Timedelta(hours=4 * int(rng.integers(0, 36)))
        last = begin + pd.Timedelta(hours=int(rng.integers(*LENGTH[kind])))
        lapse = Lapse(kind, str(rng.choice(sites)), str(rng.choice(codes)), begin, last)
        if lapse.start < end and lapse.end > start:
            found.append(lapse)
    return found


def spoil(
    found: list[Lapse], times: pd.DatetimeIndex, sites: list[str], tables: dict[str, Array]
) -> dict[str, Array]:
    """Copies of the tables (T, n) with the lapses in them; an outage is NaN."""
    spoilt = {code: values.copy() for code, values in tables.items()}
    for lapse in found:
        inside = np.flatnonzero((times >= lapse.start) & (times < lapse.end))
        column = spoilt[lapse.variable][:, sites.index(lapse.site)]
        if lapse.kind == "frozen":
            column[inside] = column[inside[0]] if len(inside) else np.nan
        else:
            column[inside] = SENTINEL if lapse.kind == "sentinel" else np.nan
    return spoilt


def table(found: list[Lapse], start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """The lapses as rows, clipped to [start, end)."""
    rows = [
        (f.kind, f.site, f.variable, max(f.start, start), min(f.end, end))
        for f in sorted(found, key=lambda f: (f.start, f.site))
    ]
    return pd.DataFrame(rows, columns=["kind", "site", "variable", "start", "end"])
