"""Daily counts of the lake as series by district, with what was suppressed kept as a range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_
from gzeco_lib.geo.districts import CITY

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

LOCAL = "Asia/Shanghai"
AGES = ("0-14", "15-64", "65+")  # parts that together are everybody
NEIGHBOURS = 31  # days about a suppressed count that say how large it may have been
LEAST_SHARE = 0.01  # a count that small must be at least this likely there


@dataclass(frozen=True)
class Daily:
    """Counts by local day.

    Attributes:
        counts: (day) by district adcode; NaN where unknown or suppressed.
        upper: largest value a suppressed count can have, 0 where none is suppressed; as ``counts``.
        generated: whether any of them is generated.
    """

    counts: pd.DataFrame
    upper: pd.DataFrame
    generated: bool

    @property
    def districts(self) -> list[str]:
        """Districts with counts, without the whole city."""
        return [str(code) for code in self.counts if code != CITY]


def daily(
    lake: Lake, measure: str, cause: str, age: str, start: pd.Timestamp, end: pd.Timestamp, below: int
) -> tuple[Daily, list[Note]]:
    """Counts of a measure, cause and age in [start, end), and what the reader must know of them.

    Args:
        lake: the lake.
        measure: deaths, admissions, emergency or outpatient.
        cause: as the table ``health`` has it.
        age: ``all`` is the sum of the parts where the lake has no total.
        start: UTC.
        end: UTC.
        below: counts below this were suppressed at ingest.
    """
    rows = lake.read("health", start=start, end=end, where={"measure": measure, "cause": cause})
    notes: list[Note] = []
    chosen = rows[rows["age"] == age]
    if chosen.empty and age == "all" and set(AGES) <= set(rows["age"]):
        chosen = rows[rows["age"].isin(AGES)]
        notes.append(
            (
                N_(
                    "Counts of all ages are the sums of the age groups; days with a suppressed part are left out."
                ),
                {},
            )
        )
    if chosen.empty:
        return Daily(pd.DataFrame(), pd.DataFrame(), False), notes
    counts, hidden = _wide(chosen)
    if CITY not in counts:
        counts[CITY] = counts.sum(axis=1, skipna=False)
        hidden[CITY] = False
        notes.append(
            (
                N_(
                    "Counts of the city are the sums of the districts; days with a missing part are left out."
                ),
                {},
            )
        )
    upper, others = _bounds(counts, hidden, below)
    if others:
        note = N_(
            "{rows} suppressed counts stand where counts are usually large: they were suppressed to protect others and "
            "count as missing."
        )
        notes.append((note, {"rows": others}))
    if bool(chosen["generated"].any()):
        notes.append((N_("Health counts are generated: the local curve shows the method, not the city."), {}))
    return Daily(counts, upper, bool(chosen["generated"].any())), notes


def _wide(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Counts (day x district), summed over ages, NaN where a part is unknown; and where one is suppressed alone."""
    day = rows["time"].dt.tz_convert(LOCAL).dt.tz_localize(None).dt.normalize()
    rows = rows.assign(day=day, count=rows["count"].astype(float), hidden=rows["suppressed"].astype(bool))
    parts = rows["age"].nunique()
    grouped = rows.groupby(["day", "district"], observed=True)
    total = grouped["count"].agg(lambda v: v.sum() if v.notna().all() and len(v) == parts else np.nan)
    hidden = grouped["hidden"].any() if parts == 1 else grouped["hidden"].any() & False
    wide, masks = total.unstack(), hidden.unstack()
    days = pd.date_range(wide.index.min(), wide.index.max(), freq="D")
    masks = masks.reindex(days).astype("boolean").fillna(False).astype(bool)
    return wide.reindex(days), masks


def _bounds(counts: pd.DataFrame, hidden: pd.DataFrame, below: int) -> tuple[pd.DataFrame, int]:
    """Upper bound of each suppressed count, 0 where it is unlikely to be small; and how many are not."""
    from scipy.stats import poisson

    usual = (
        counts.fillna(counts.where(~hidden, (below - 1) / 2))
        .rolling(NEIGHBOURS, center=True, min_periods=1)
        .mean()
    )
    share = pd.DataFrame(poisson.cdf(below - 1, usual), counts.index, counts.columns)
    small = hidden & ~(share < LEAST_SHARE)
    return small.astype(int) * (below - 1), int((hidden & ~small).to_numpy().sum())
