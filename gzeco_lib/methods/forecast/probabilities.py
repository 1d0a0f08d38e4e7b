"""The probability that an hour belongs to an AQI category or a worse one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.forecast import exceedance, grades, training
from gzeco_lib.methods.forecast.forecaster import Forecaster, checked_leads
from gzeco_lib.methods.forecast.intervals import LEVELS
from gzeco_lib.methods.forecast.panel import HORIZON, HOUR


def exceeding(
    forecaster: Forecaster,
    data: xr.Dataset,
    origin: Any,
    leads: Iterable[int] = range(1, HORIZON + 1),
    limits: Sequence[float] | None = None,
    future: xr.Dataset | None = None,
) -> xr.Dataset:
    """Probability that each hour after ``origin`` exceeds the limits, from the quantiles of the forecast.

    Args:
        data, origin, leads, future: as ``Forecaster.predict`` takes them.
        limits: [unit of the data]; left out, those of the AQI categories 2 to 6 (HJ 633), where the pollutant has them.

    Returns:
        dims (category, lead, site): ``probability`` [1] that the hour is of ``category`` or worse by this pollutant
        alone; coords ``limit`` (category) and ``time`` (lead). Own ``limits`` are numbered from 2.

    Raises:
        InputError: as ``predict``, or no limits are given for a pollutant that HJ 633 does not rate.
    """
    steps = checked_leads(leads)
    now = forecaster.at(data, origin, steps, future)
    if limits is None and not grades.rated(forecaster.variable):
        raise InputError(
            N_("HJ 633 does not rate {variable}"), "limits", N_("give the limits to be exceeded"),
            variable=forecaster.variable,
        )  # fmt: skip
    time = now.of.panel.time[-1]
    found = grades.limits(forecaster.variable, time) if limits is None else np.asarray(limits, float)
    known = found[np.isfinite(found)]
    made = training.bands(forecaster.fitted, now.of, now.point, now.rows, steps, LEVELS, now.factor)[:, 0]
    return xr.Dataset(
        {"probability": (("category", "lead", "site"), exceedance.above(made, known).swapaxes(1, 2))},
        coords={
            "category": np.arange(len(known)) + grades.CATEGORIES[0], "limit": ("category", known), "lead": steps,
            "site": list(now.of.panel.sites), "time": ("lead", time + steps * HOUR),
        },
        attrs={"variable": forecaster.variable, "origin": str(time)[:19]},
    )  # fmt: skip


def of_any(each: Sequence[xr.Dataset]) -> xr.Dataset:
    """Bounds of the probability that the AQI, the worst of several pollutants, is of a category or worse.

    Args:
        each: as ``exceeding`` gives it, one a pollutant, at the same origin and leads.

    Returns:
        ``at_least`` (pollutants that always rise together: the largest probability) and ``at_most`` (pollutants that
        have nothing to do with one another), dims (category, lead, site). A category a pollutant does not have is no
        reason for it.
    """
    aligned = xr.align(*(one["probability"] for one in each), join="outer", fill_value=0.0)
    stacked = xr.concat(aligned, "pollutant", coords="minimal", compat="override")
    return xr.Dataset({
        "at_least": stacked.max("pollutant"), "at_most": 1 - (1 - stacked).prod("pollutant", skipna=False),
    })  # fmt: skip
