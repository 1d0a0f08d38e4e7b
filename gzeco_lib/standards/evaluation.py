"""City evaluation of HJ 663: percentiles of daily values and the composite index.

Source: HJ 663-2013 (``known``) to 2026-02-28 and HJ 663-2026 (``seen-secondary``) from 2026-03-01.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_, InputError
from gzeco_lib.standards.facts import Day, Fact, fact_from, in_force, load, local_day, pick


def percentile(daily: ArrayLike, pollutant: str) -> float:
    """The pollutant's evaluation percentile of daily values (MDA8 for O3): ``k = 1 + (n - 1) p``, linear between ranks.

    NaN values are left out; NaN where none is left.

    Raises:
        InputError: for a pollutant HJ 663 has no percentile for.
    """
    share = pick(load("hj663")["percentiles"], pollutant, N_("unknown pollutant {found}"), "HJ 663")
    values = np.asarray(daily, dtype=np.float64)
    values = values[~np.isnan(values)]
    return float(np.percentile(values, share, method="linear")) if values.size else float("nan")


def composite_index(statistics: Mapping[str, float], on: Day) -> Fact:
    """City composite index: the weighted sum of each statistic over its annual limit, smaller is cleaner.

    Args:
        statistics: annual or monthly means of SO2, NO2, PM10, PM2.5 [ug m-3], the 95th percentile of CO [mg m-3]
            and the 90th of O3 MDA8 [ug m-3].
        on: a day of the period evaluated.

    Raises:
        InputError: when one of the six is missing.
    """
    generation = in_force(load("hj663")["generations"], local_day(on))
    missing = [code for code in generation["weights"] if np.isnan(statistics.get(code, np.nan))]
    if missing:
        raise InputError(
            N_("the composite index needs all six pollutants; missing: {missing}"), generation["standard"],
            N_("give the statistic of each, or choose another period"), missing=", ".join(missing),
        )  # fmt: skip
    index = sum(
        weight * statistics[code] / generation["limits"][code]
        for code, weight in generation["weights"].items()
    )
    return fact_from(generation, float(index), "1")
