"""Kinematic trajectories, back in time or forward, in a gridded or a station's wind.

Petterssen's scheme (Petterssen 1940, Weather Analysis and Forecasting, p. 221; as in HYSPLIT, Stein et al. 2015,
doi:10.1175/BAMS-D-14-00110.1) is of second order in the time step; the classical Runge-Kutta scheme is of
fourth. What
limits a trajectory is the wind: Stohl (1998), doi:10.1016/S1352-2310(97)00457-3, reports errors of 20 % of
the distance travelled. ``ensemble`` gives a parcel's neighbours, whose spread tells where the flow parts.
"""

from __future__ import annotations

from itertools import product
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.trajectory.flow import EARTH_RADIUS, Flow, prepare

COURANT = 0.75  # share of a grid cell a step may cross; HYSPLIT's TRATIO
LONGEST_STEP = 3600.0  # [s]
SCHEMES = {"petterssen": 0, "runge_kutta": 1}
HOUR = np.timedelta64(1, "h")


def trajectories(
    wind: xr.Dataset,
    starts: pd.DataFrame,
    hours: int = 96,
    direction: Literal["back", "forward"] = "back",
    scheme: str = "petterssen",
    interval: float = 1.0,
    step: float | None = None,
) -> xr.Dataset:
    """Trajectories of parcels through ``starts``.

    Args:
        wind: as `flow.prepare` takes it.
        starts: one row a parcel: ``time`` (UTC), ``x``, ``y`` [m] or ``lon``, ``lat`` [deg], and ``level``
            ([m], or a pressure in the wind's unit; the lowest level where the column is absent).
        hours: length [h].
        direction: ``back`` from where the air came, ``forward`` to where it goes.
        scheme: ``petterssen`` or ``runge_kutta``.
        interval: between the points kept [h].
        step: time step [s]; by itself the longest that divides the interval and crosses no more than 0.75 of
            a grid cell.

    Returns:
        ``x``, ``y`` (or ``lon``, ``lat``) and ``level`` over (trajectory, age); ``age`` [h] from 0, ``time``
        (trajectory, age), ``arrival`` (trajectory). Points after a parcel left the wind's area, period or top
        are NaN; at the ground it slides along.

    Raises:
        InputError: no starts, a missing column, an unknown scheme, or lengths below one.
    """
    flow = prepare(wind)
    across = ("lon", "lat") if flow.sphere else ("x", "y")
    _check(starts, across, hours, interval, scheme, direction)
    sign = -1.0 if direction == "back" else 1.0
    outputs = round(hours / interval)
    between = interval * 3600.0
    steps = _steps(flow, between) if step is None else max(1, int(np.ceil(between / step)))
    times = pd.DatetimeIndex(starts["time"])
    times = times.tz_convert(None) if times.tz is not None else times
    begin = (times.to_numpy().astype("datetime64[ns]") - flow.epoch) / np.timedelta64(1, "s")
    ground, top = _vertical(flow)
    level = starts["level"].to_numpy(float) if "level" in starts else np.full(len(starts), ground)
    first = _parcels(flow, starts[across[0]].to_numpy(float), starts[across[1]].to_numpy(float), level)
    from gzeco_lib.methods.trajectory.advect import advect

    low, high = min(ground, top), max(ground, top)
    path = advect(
        (flow.time, flow.level, flow.y, flow.x), (flow.u, flow.v, flow.w), flow.sphere, flow.period, EARTH_RADIUS,
        low if len(flow.level) > 1 else -np.inf, high if len(flow.level) > 1 else np.inf,
        top if len(flow.level) > 1 else np.nan, SCHEMES[scheme], first, begin, outputs, steps, sign * between / steps,
    )  # fmt: skip
    age = np.arange(outputs + 1) * interval
    return _dataset(
        flow, path, age, times, sign, {"direction": direction, "scheme": scheme, "step": between / steps}
    )


def ensemble(starts: pd.DataFrame, distance: float, rise: float = 0.0) -> pd.DataFrame:
    """Each start with its neighbours at ``distance`` [m, or deg on the sphere] and ``rise`` [level units], 9
    or 27 rows a start.

    The spread of their trajectories shows how much the start matters, as HYSPLIT's ensemble does (Draxler
    2003, J. Appl. Meteorol. 42, 308). Column ``start`` numbers the rows of ``starts``.
    """
    across = ("lon", "lat") if "lon" in starts else ("x", "y")
    levels = (0.0,) if rise == 0.0 or "level" not in starts else (0.0, -rise, rise)
    parts = []
    for along, up, higher in product((0.0, -distance, distance), (0.0, -distance, distance), levels):
        moved = starts.assign(**{across[0]: starts[across[0]] + along, across[1]: starts[across[1]] + up})
        if "level" in starts:
            moved = moved.assign(level=starts["level"] + higher)
        parts.append(moved.assign(start=np.arange(len(starts))))
    return pd.concat(parts, ignore_index=True)


def spread(tracks: xr.Dataset, start: np.ndarray) -> xr.DataArray:
    """Root mean square distance [m] of an ensemble's members from their centre over (start, age)."""
    place = cartesian(tracks)
    numbers = np.unique(start)
    out = np.full((len(numbers), place.shape[1]), np.nan)
    for row, number in enumerate(numbers):
        members = place[start == number]
        known = np.isfinite(members).all(axis=(0, 2))
        centre = members[:, known].mean(axis=0)
        out[row, known] = np.sqrt(((members[:, known] - centre) ** 2).sum(axis=2).mean(axis=0))
    return xr.DataArray(
        out, {"start": numbers, "age": tracks["age"].to_numpy()}, ("start", "age"), "spread", {"units": "m"}
    )


def cartesian(tracks: xr.Dataset) -> np.ndarray:
    """Positions (trajectory, age, 2 or 3) [m]: of the plane, or of the sphere's chords."""
    if "x" in tracks:
        return np.stack([tracks["x"].to_numpy(), tracks["y"].to_numpy()], axis=-1)
    return EARTH_RADIUS * _unit(tracks["lon"].to_numpy(), tracks["lat"].to_numpy())


def _check(
    starts: pd.DataFrame, across: tuple[str, str], hours: int, interval: float, scheme: str, direction: str
) -> None:
    for name in ("time", *across):
        if name not in starts:
            raise InputError(
                N_("the starts hold no column {name}"), "starts", N_("give: {near}"),
                name=name, near=", ".join(("time", *across)),
            )  # fmt: skip
    if not len(starts):
        raise InputError(N_("there is no start"), "starts", N_("give at least one row"))
    if interval <= 0 or hours < interval:
        raise InputError(
            N_("a trajectory of {hours} h with a point every {interval} h has no length"), "hours",
            N_("give hours of at least one interval, and an interval above 0"), hours=hours, interval=interval,
        )  # fmt: skip
    for value, known in ((scheme, SCHEMES), (direction, {"back": 0, "forward": 1})):
        if value not in known:
            raise InputError(
                N_("{name} is not known"),
                "trajectories",
                N_("name one of: {near}"),
                name=value,
                near=", ".join(known),
            )


def _steps(flow: Flow, between: float) -> int:
    longest = min(LONGEST_STEP, COURANT * flow.spacing / max(flow.fastest, 0.1))
    return max(1, int(np.ceil(between / longest)))


def _vertical(flow: Flow) -> tuple[float, float]:
    """Level of the ground and of the top."""
    if flow.pressure:
        return float(flow.level[-1]), float(flow.level[0])
    return min(0.0, float(flow.level[0])) if len(flow.level) > 1 else float(flow.level[0]), float(
        flow.level[-1]
    )


def _unit(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    a, b = np.deg2rad(lon), np.deg2rad(lat)
    return np.stack([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)], axis=-1)


def _parcels(flow: Flow, along: np.ndarray, across: np.ndarray, level: np.ndarray) -> np.ndarray:
    flat = _unit(along, across) if flow.sphere else np.stack([along, across, np.zeros_like(along)], axis=-1)
    return np.concatenate([flat, level[:, None]], axis=1)


def _dataset(
    flow: Flow,
    path: np.ndarray,
    age: np.ndarray,
    times: pd.DatetimeIndex,
    sign: float,
    attrs: dict[str, object],
) -> xr.Dataset:
    dims = ("trajectory", "age")
    if flow.sphere:
        lon = np.rad2deg(np.arctan2(path[..., 1], path[..., 0]))
        lat = np.rad2deg(np.arctan2(path[..., 2], np.hypot(path[..., 0], path[..., 1])))
        place = {"lon": (dims, lon, {"units": "degree_east"}), "lat": (dims, lat, {"units": "degree_north"})}
    else:
        place = {"x": (dims, path[..., 0], {"units": "m"}), "y": (dims, path[..., 1], {"units": "m"})}
    unit = "hPa" if flow.pressure and flow.level[-1] < 2000 else "Pa" if flow.pressure else "m"
    arrival = times.to_numpy().astype("datetime64[ns]")
    passed = np.round(sign * age * 3.6e12).astype("int64").astype("timedelta64[ns]")
    coords = {
        "age": ("age", age, {"units": "h"}),
        "arrival": ("trajectory", arrival),
        "time": (dims, arrival[:, None] + passed),
    }
    return xr.Dataset(place | {"level": (dims, path[..., 3], {"units": unit})}, coords, attrs)
