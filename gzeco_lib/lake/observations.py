"""Observation rows to arrays (time, site) on a complete time axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import xarray as xr

from gzeco_lib import variables as dictionary

STEPS = {"PT1M": "1min", "PT5M": "5min", "PT10M": "10min", "PT1H": "1h", "PT4H": "4h", "P1D": "1D"}


def wide(
    rows: pa.Table,
    variables: Sequence[str],
    start: pd.Timestamp,
    end: pd.Timestamp,
    sites: Sequence[str] | None,
    interval: str,
    usable: bool,
) -> xr.Dataset:
    """Arrays of each variable over (time, site) in the half-open window [start, end).

    Args:
        rows: columns time, site, variable, value, flag.
        usable: leave out values that a quality rule made invalid (they stay in the lake).

    Returns:
        Dataset with a variable a code, NaN where missing; ``time`` is UTC without a zone and marks the START
        of each interval, complete from the first step to the last; ``attrs["units"]`` on each variable.
    """
    first = start.tz_convert("UTC").tz_localize(None).ceil(STEPS[interval])
    last = end.tz_convert("UTC").tz_localize(None)
    if interval == "P1D":  # days begin at local midnight, wherever that falls in UTC
        times = _days(rows, first, last)
    else:
        times = pd.date_range(first, last, freq=STEPS[interval], inclusive="left", unit="ns")
    if usable and rows.num_rows:
        rows = rows.filter(pa.array(_usable(rows.column("flag"))))
    names = pd.Index(sorted(set(rows.column("site").unique().to_pylist())) if sites is None else list(sites))
    arrays = {}
    for code in variables:
        part = rows.filter(pc.equal(rows.column("variable"), code))
        values = np.full((len(times), len(names)), np.nan)
        stamps = pd.DatetimeIndex(part.column("time").to_numpy()).as_unit("ns")
        at, site = times.get_indexer(stamps), names.get_indexer(part.column("site").to_pandas())
        inside = (at >= 0) & (site >= 0)
        values[at[inside], site[inside]] = part.column("value").to_numpy()[inside]
        arrays[code] = (("time", "site"), values, {"units": dictionary.get(code).unit})
    return xr.Dataset(arrays, coords={"time": times, "site": np.asarray(names, dtype=object)})


def _days(rows: pa.Table, first: pd.Timestamp, last: pd.Timestamp) -> pd.DatetimeIndex:
    stamps = pd.DatetimeIndex(rows.column("time").to_numpy()).as_unit("ns")
    phase = (stamps.min() - stamps.min().normalize()) if len(stamps) else pd.Timedelta(0)
    return pd.date_range(first.normalize() + phase, last, freq="1D", inclusive="left", unit="ns")


def _usable(flags: pa.ChunkedArray) -> np.ndarray:
    """Whether each flag leaves its value usable; there are few distinct flags, so each is judged once."""
    from gzeco_lib.variables import quality

    encoded = flags.combine_chunks().dictionary_encode()
    judged = np.asarray(quality.usable(pd.Series(encoded.dictionary.to_pylist(), dtype=object)), dtype=bool)
    return judged[encoded.indices.to_numpy()]
