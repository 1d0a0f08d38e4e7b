"""Long columns of few distinct words, and arrays turned into observation rows, without a slow loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.demo_city.places import SOURCE

Array = NDArray[np.float64]


def text(words: Sequence[str] | NDArray[np.str_], codes: NDArray[np.int64]) -> pd.Series:
    """The column ``words[codes]`` as text."""
    return pd.Series(pd.array(list(map(str, words)), dtype="str").take(codes))


def observations(
    hours: pd.DatetimeIndex, sites: Sequence[str], values: Mapping[str, Array], interval: str = "PT1H"
) -> pd.DataFrame:
    """Arrays (T, n) by variable code as rows of the lake's ``observation``, all but the flag; NaN makes no row."""
    codes = list(values)
    table = np.stack([values[code] for code in codes])
    variable, at, site = np.nonzero(~np.isnan(table))
    return pd.DataFrame(
        {
            "time": hours[at],
            "site": text(sites, site),
            "variable": text(codes, variable),
            "value": table[variable, at, site],
            "interval": text([interval], np.zeros(len(at), dtype=np.int64)),
            "source": text([SOURCE], np.zeros(len(at), dtype=np.int64)),
        }
    )
