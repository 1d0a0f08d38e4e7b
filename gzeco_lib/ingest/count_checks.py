"""Counts that are not what they usually are: many times the usual, or a fraction of it. They are kept, and said.

A day is compared with the same weekday of the eight weeks before it in the same series, an hour with the same hour of
that weekday. Counts below 20 are not judged: chance alone makes them jump.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_

MANY, FRACTION = 5.0, 0.3  # times the usual median
ENOUGH = 20.0  # [1] usual counts from which a jump says something
WEEKS, LEAST = 8, 3  # weeks looked back, and values needed
TITLES = {  # rule: its title
    "count_many_times": N_("counts five times the usual or more, kept"),
    "count_fraction": N_("counts below a third of the usual, kept"),
}


def unusual(frame: pd.DataFrame, series: list[str], value: str) -> pd.Series:
    """The rule that each row breaks, "" for none.

    Args:
        frame: columns time (UTC), ``series`` and ``value``; what is suppressed (NaN) is left alone.
        series: columns that tell one series from another.
        value: column of the counts.
    """
    flag = pd.Series("", index=frame.index, dtype=object)
    rows = frame[frame[value].notna()]
    if rows.empty:
        return flag
    local = rows["time"].dt.tz_convert("Asia/Shanghai")
    slot = local.dt.weekday * 24 + local.dt.hour
    ordered = rows.assign(_slot=slot).sort_values("time")
    before = ordered.groupby([*series, "_slot"], sort=False)[value].transform(
        lambda counts: counts.shift().rolling(WEEKS, min_periods=LEAST).median()
    )
    usual = before.reindex(rows.index).to_numpy(dtype=float)
    found = rows[value].to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        many = (found >= MANY * np.maximum(usual, 1)) & (found >= ENOUGH)
        few = (found <= FRACTION * usual) & (usual >= ENOUGH)
    flag[rows.index] = np.select([many, few], list(TITLES), "")
    return flag
