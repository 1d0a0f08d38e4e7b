"""What ingest asks of the variable dictionary: known codes, conversion to canonical units, quality flags."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gzeco_lib.errors import InputError
from gzeco_lib.ingest.mapping import ObservationAdapter, Series
from gzeco_lib.ingest.problems import refused
from gzeco_lib.lake import Lake
from gzeco_lib.variables.dictionary import get
from gzeco_lib.variables.units import convert, unit_named

LOOK_BACK = pd.Timedelta(hours=48)  # what the rules on runs, spikes and gaps may need of the time before


def check_columns(adapter: ObservationAdapter, place: str) -> None:
    """Refuse a code the dictionary does not know, and a unit that is none of its variable's.

    Raises:
        InputError: naming the column of the adapter.
    """
    for name, series in adapter.columns.items():
        try:
            convert([0.0], series.unit, series.variable)
        except InputError as error:
            fields = {key: value for key, value in error.fields.items() if key != "place"}
            raise refused(error.what, f"{place}: columns.{name}", error.fix, **fields) from error


def canonical(
    found: np.ndarray, adapter: ObservationAdapter, series: Series
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of ``series`` [its unit] in the unit of store, and which of them only say "no value".

    A number that says "no value" stays as it was found, whatever the unit.
    """
    sentinel = np.isin(found, sentinels_of(adapter, series))
    return np.where(sentinel, found, convert(found, series.unit, series.variable)), sentinel


def sentinels_of(adapter: ObservationAdapter, series: Series) -> np.ndarray:
    """Numbers of ``series`` [unit of the source] that say "no value".

    Those the adapter names; and, where the unit is converted, those of the dictionary that would be implausible
    as a value, for after the conversion nobody would know them again (-9999 ppb is -19622 ug m-3).
    """
    named = [*adapter.sentinels, *series.sentinels]
    variable = get(series.variable)
    if unit_named(series.unit) != unit_named(variable.unit):
        known = np.asarray(variable.sentinels, dtype=float)
        meant = convert(known, series.unit, series.variable)
        low, high = variable.plausible
        named += list(known[(meant < low) | (meant > high)])
    return np.asarray(named, dtype=float)


def flagged(frame: pd.DataFrame, interval: str, lake: Lake) -> pd.Series:
    """The quality flags of observations, by the dictionary's rules and the sentinels the adapter named.

    Args:
        frame: time, site, variable, value [canonical unit], sentinel; each key once.
        interval: ISO 8601 duration of the averaging interval.
        lake: gives the two days before, so that a run or a jump across the edge of a file is seen.
    """
    from gzeco_lib.variables import quality

    rows = frame[["time", "site", "variable", "value"]].assign(interval=interval)
    named = frame["sentinel"].to_numpy()
    flag = pd.Series("", index=frame.index, dtype=object)
    flag[named] = "sentinel"
    plain = rows[~named]
    if len(plain):
        flag[~named] = quality.check(plain, context=_before(plain, interval, lake)).to_numpy(dtype=object)
    return flag


def _before(rows: pd.DataFrame, interval: str, lake: Lake) -> pd.DataFrame:
    """What the lake holds of the same sites and variables in the time just before ``rows``."""
    start = rows["time"].min()
    where = {
        "site": sorted(rows["site"].unique()),
        "variable": sorted(rows["variable"].unique()),
        "interval": interval,
    }
    return lake.read("observation", start=start - LOOK_BACK, end=start, where=where)
