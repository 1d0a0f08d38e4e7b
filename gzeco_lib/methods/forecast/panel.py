"""Hourly observations as aligned arrays: the form every league member reads.

A panel is cut at an origin by index, never by value: what comes after it is not there to be looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_, InputError, near

Array = npt.NDArray[Any]
HOUR = np.timedelta64(1, "h")
HORIZON = 24  # h; the diurnal anomaly below needs what was known a day before the target
ANGLES = {"deg", "degree", "degrees", "°"}


@dataclass(frozen=True)
class Panel:
    """``y`` [canonical unit] of one variable and ``z``, transformed values of it and its covariates.

    Shapes: ``time`` (T,), ``y`` and each of ``z`` (T, S). ``z`` are square roots where values cannot be negative
    (which makes the spread of a concentration nearly the same at all levels), values as they are elsewhere, and
    sine and cosine of angles. ``future`` (T + 24, S) are forecasts of weather for each hour as they were known a day
    ahead, transformed like ``z``; none where there are no such forecasts.
    """

    variable: str
    time: Array
    sites: tuple[str, ...]
    y: Array
    z: dict[str, Array]
    future: dict[str, Array] = field(default_factory=dict)

    @property
    def covariates(self) -> tuple[str, ...]:
        """Names of the series beside the variable itself, in order."""
        return tuple(name for name in self.z if name != self.variable)

    def until(self, stop: int, start: int = 0) -> Panel:
        """Hours ``start`` to ``stop`` (excluded)."""
        cut = slice(max(start, 0), stop)
        ahead = slice(max(start, 0), stop + HORIZON if stop else 0)
        return replace(
            self, time=self.time[cut], y=self.y[cut], z={name: values[cut] for name, values in self.z.items()},
            future={name: values[ahead] for name, values in self.future.items()},
        )  # fmt: skip

    def reported(self) -> Panel:
        """From the first to the last hour at which any site reported the variable."""
        seen = np.flatnonzero(np.isfinite(self.y).any(axis=1))
        return self.until(int(seen[-1]) + 1, int(seen[0])) if len(seen) else self.until(0)

    def index(self, when: Any) -> int:
        """Position of the hour ``when`` (naive UTC); may lie outside the panel."""
        return int((np.datetime64(pd.Timestamp(when), "ns") - self.time[0]) // HOUR)


def checked(data: xr.Dataset, variable: str) -> None:
    """Refuse what no forecast can be made from.

    Raises:
        InputError: variable missing, dimensions not (time, site), hours not complete and rising, nothing observed.
    """
    where = "data"
    if variable not in data.data_vars:
        raise InputError(
            N_("no variable {variable} in the observations"), where, N_("name one of: {near}"),
            variable=variable, near=near(variable, [str(v) for v in data.data_vars]),
        )  # fmt: skip
    if set(data[variable].dims) != {"time", "site"}:
        raise InputError(
            N_("the observations have dimensions {found}"), where, N_("give dimensions time and site"),
            found=", ".join(str(d) for d in data[variable].dims),
        )  # fmt: skip
    time = data["time"].to_numpy()
    if time.dtype.kind != "M" or (len(time) > 1 and not (np.diff(time) == HOUR).all()):
        raise InputError(
            N_("the hours are not complete and rising"), where,
            N_("give one row an hour, in UTC without zone, missing values as NaN"),
        )  # fmt: skip
    if not np.isfinite(data[variable].to_numpy()).any():
        raise InputError(
            N_("{variable} was never observed"),
            where,
            N_("choose another period or variable"),
            variable=variable,
        )


def transformed(name: str, values: Array, units: str) -> dict[str, Array]:
    """Series that stand for one variable: two for an angle [degree], one otherwise."""
    if units.lower() in ANGLES:
        angle = np.deg2rad(values)
        return {f"{name}:sin": np.sin(angle), f"{name}:cos": np.cos(angle)}
    if not (values < 0).any():
        return {name: np.sqrt(values)}
    return {name: values}


def panel(
    data: xr.Dataset,
    variable: str,
    covariates: tuple[str, ...] | None = None,
    future: xr.Dataset | None = None,
    ahead: tuple[str, ...] | None = None,
) -> Panel:
    """Arrays of ``variable`` and its covariates; ``covariates`` fixes their names, a missing one is all NaN.

    Args:
        future: dims (time,) or (time, site): forecast weather at its valid time, as known 24 h before.
        ahead: fixes the names of the forecast series, as ``covariates`` does.

    Raises:
        InputError: as ``checked``, or ``future`` has no dimension time.
    """
    checked(data, variable)
    time = data["time"].to_numpy().astype("datetime64[ns]")
    shape = (len(time), data.sizes["site"])
    y = data[variable].transpose("time", "site").to_numpy().astype(float)
    y = np.where(y < 0, np.nan, y)  # a concentration below zero is an instrument's fault, not air
    z: dict[str, Array] = {variable: np.sqrt(y)}
    z |= _series(data, variable, shape[1])
    if covariates is not None:
        z = {variable: z[variable]} | {n: z.get(n, np.full(shape, np.nan)) for n in covariates}
    told = _future(data, future, ahead)
    return Panel(variable, time, tuple(map(str, data["site"].to_numpy())), y, z, told)


def _series(data: xr.Dataset, but: str, sites: int) -> dict[str, Array]:
    """Every numeric series of ``data`` over (time,) or (time, site) but one, transformed, (T, sites)."""
    out: dict[str, Array] = {}
    for name in map(str, data.data_vars):
        if name == but or "time" not in data[name].dims or not set(data[name].dims) <= {"time", "site"}:
            continue
        values = data[name].transpose("time", ...).to_numpy()
        if values.dtype.kind not in "fiu":
            continue
        if values.ndim == 1:
            values = np.repeat(values[:, None], sites, axis=1)
        out |= transformed(name, values.astype(float), str(data[name].attrs.get("units", "")))
    return out


def _future(data: xr.Dataset, future: xr.Dataset | None, ahead: tuple[str, ...] | None) -> dict[str, Array]:
    """Forecast weather on the hours of ``data`` and the 24 after them, (T + 24, S)."""
    time, sites = data["time"].to_numpy().astype("datetime64[ns]"), data["site"].to_numpy()
    shape = (len(time) + HORIZON, len(sites))
    out: dict[str, Array] = {}
    if future is not None:
        if "time" not in future.dims:
            raise InputError(
                N_("the forecast weather has no dimension time"), "future",
                N_("give dimensions time (the hour it is for) and site"),
            )  # fmt: skip
        hours = time[0] + np.arange(shape[0]) * HOUR
        wanted: dict[str, Any] = {"time": hours} | ({"site": sites} if "site" in future.dims else {})
        out = _series(future.reindex(wanted), "", shape[1])
    if ahead is not None:
        out = {name: out.get(name, np.full(shape, np.nan)) for name in ahead}
    return out
