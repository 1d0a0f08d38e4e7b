"""The wind that carries puffs: a field, or the boundary layer's own, from which a time on."""

from __future__ import annotations

import numpy as np
import xarray as xr

from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.methods.dispersion.inputs import BoundaryLayer
from gzeco_lib.methods.dispersion.puff_kernel import HOUR, Air

WHERE = "methods.dispersion.puff"
# Spreads that puffs may lie apart where a turning wind fans them out: over cells, whose mean smooths, and at points.
# Against a brute-force sum of puffs every 7.5 s at points 1 to 9 km off in a shift of 70 degrees within an hour: mean
# error 7 % at 1.5 spreads, 1 % at 0.75, 0.2 % at 0.4.
APART_CELLS, APART_POINTS = 0.75, 0.4
NARROWEST = 0.07  # [1] spread over distance of a narrow plume: it is the first to fall apart into puffs
FEWEST, MOST = 4, 120  # releases an hour


def from_layer(layer: BoundaryLayer) -> Air:
    """Wind everywhere as in ``layer``; each row holds at the middle of its hour, linear between.

    Raises:
        InputError: an hour has no wind.
    """
    gone = int((~np.isfinite(layer.wind_speed) | ~np.isfinite(layer.wind_from)).sum())
    if gone:
        raise InputError(
            N_("the wind has {n} missing values"), WHERE, N_("fill or leave out these hours"), n=gone
        )
    angle = np.radians(layer.wind_from)
    shape = (len(layer), 1, 1, 1)
    u, v = (-layer.wind_speed * part(angle) for part in (np.sin, np.cos))
    time = (np.arange(len(layer)) + 0.5) * HOUR
    return Air(
        u.reshape(shape), v.reshape(shape), time, np.array([10.0]), np.array([0.0, 1.0, 0.0, 1.0]),
        np.maximum(layer.wind_speed, 0.1),
    )  # fmt: skip


def from_field(wind: xr.Dataset, start: np.datetime64, hours: int) -> Air:
    """Wind of a field with dims (time, level, y, x); means hold at the middle of their hour, linear between.

    Raises:
        InputError: a part of the wind is missing, holds missing values, or does not cover the hours.
    """
    for name in ("u", "v", "x", "y", "time", "level"):
        if name not in wind.variables:
            raise InputError(
                N_("the wind has no {name}"), WHERE, N_("did you mean: {near}?"),
                name=name, near=near(name, [str(v) for v in wind.variables]),
            )  # fmt: skip
    seconds = (wind["time"].to_numpy().astype("datetime64[ns]") - start) / np.timedelta64(1, "s")
    if "mean" in str(wind["u"].attrs.get("cell_methods", "")):
        seconds = seconds + HOUR / 2
    if seconds[0] > HOUR / 2 or seconds[-1] < (hours - 0.5) * HOUR:
        raise InputError(
            N_("the wind runs from {first} to {last} and does not cover {hours} hours from {start}"), WHERE,
            N_("read more hours of wind, or run fewer"), first=str(wind["time"].to_numpy()[0])[:16],
            last=str(wind["time"].to_numpy()[-1])[:16], hours=hours, start=str(start)[:16],
        )  # fmt: skip
    u, v = (
        np.ascontiguousarray(wind[name].transpose("time", "level", "y", "x").to_numpy(), float)
        for name in ("u", "v")
    )
    if not (np.isfinite(u).all() and np.isfinite(v).all()):
        raise InputError(
            N_("the wind has {n} missing values"), WHERE, N_("fill or leave out these hours"),
            n=int((~np.isfinite(u)).sum() + (~np.isfinite(v)).sum()),
        )  # fmt: skip
    x, y = wind["x"].to_numpy().astype(float), wind["y"].to_numpy().astype(float)
    if min(len(x), len(y)) < 2:
        raise InputError(
            N_("the wind has {columns} cells along x and {rows} along y"), WHERE, N_("give at least two each way"),
            columns=len(x), rows=len(y),
        )  # fmt: skip
    frame = np.array([x[0], x[1] - x[0], y[0], y[1] - y[0]])
    return Air(u, v, seconds, wind["level"].to_numpy().astype(float), frame, np.zeros(hours))


def releases(air: Air, place: np.ndarray, hours: int, frames: int, apart: float) -> np.ndarray:
    """How many puffs each source needs each hour (source, hour), from how fast its wind turns.

    In a wind that turns at ``w`` [rad s-1], puffs released ``d`` seconds apart pass a place at the distance r from the
    source ``w d r`` apart; a plume no wider than ``NARROWEST`` r stays whole where that is under ``apart`` spreads.
    """
    columns = np.clip(np.rint((place[:, 0] - air.frame[0]) / air.frame[1]), 0, air.u.shape[3] - 1).astype(int)
    rows = np.clip(np.rint((place[:, 1] - air.frame[2]) / air.frame[3]), 0, air.u.shape[2] - 1).astype(int)
    u, v = air.u[:, 0, rows, columns], air.v[:, 0, rows, columns]
    turn = np.zeros((hours, len(place)))
    if len(air.time) > 1:
        angle = np.unwrap(np.arctan2(v, u), axis=0)
        rate = np.abs(np.diff(angle, axis=0)) / np.diff(air.time)[:, None]
        low = np.clip(np.searchsorted(air.time, np.arange(hours) * HOUR, "right") - 1, 0, len(rate) - 1)
        high = np.clip(
            np.searchsorted(air.time, np.arange(1, hours + 1) * HOUR, "left") - 1, 0, len(rate) - 1
        )
        turn = np.maximum(rate[low], rate[high])
    needed = np.ceil(HOUR * turn / (apart * NARROWEST))
    return (np.ceil(np.clip(needed, FEWEST, MOST) / frames) * frames).astype(np.int64).T
