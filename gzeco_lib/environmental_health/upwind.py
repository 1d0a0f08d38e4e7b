"""Which enterprises the wind of the coming hours blows from towards cells of high risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.inputs import HOUR
from gzeco_lib.errors import N_
from gzeco_lib.geo.coords import to_plane
from gzeco_lib.geo.distance import nearest, within

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

DAYS = 7  # of the usual wind at each hour of the day
MEMORY = 6.0  # [h] after which the wind of now counts for 1/e against the usual one (ours)
STALE = 6  # [h] age at which the latest wind is no longer taken for that of now
SECTOR = 30.0  # [degree] either side of the wind: half a sector of 22.5 and the swing of an hour (ours)
CALM = 0.5  # [m s-1] below which air comes from nowhere in particular
CALM_REACH = 1000.0  # [m] that it then spreads


@dataclass(frozen=True)
class Wind:
    """Expected wind of the coming hours at weather stations.

    Attributes:
        xy: stations (station, 2) [m].
        u, v: components towards east and north (hour, station) [m s-1], NaN where unknown.
        hours: hours ahead of the latest one, 1 first.
    """

    xy: np.ndarray
    u: np.ndarray
    v: np.ndarray
    hours: np.ndarray


def expected(lake: Lake, at: pd.Timestamp, horizon: int) -> tuple[Wind | None, list[Note]]:
    """The wind of the ``horizon`` hours from ``at`` on, from what was measured until then.

    The wind of now fades over 6 h into the mean of the last week at that hour of the day; with no wind in the last 6 h
    the weekly mean alone stands in, with a note. None where the lake has no wind.
    """
    sites = lake.read("site", where={"kind": "weather"})
    sites = sites[sites["lon"].notna() & sites["lat"].notna()]
    end = at.tz_convert("UTC").floor("1h")
    missing: list[Note] = [
        (N_("No wind in the lake: the screening does not say which enterprises lie upwind."), {})
    ]
    if sites.empty:
        return None, missing
    data = lake.observations(
        ("wind_speed", "wind_direction"), end - pd.Timedelta(days=DAYS), end, sites=list(sites["site"])
    )
    speed, direction = (data[name].to_numpy() for name in ("wind_speed", "wind_direction"))
    u, v = components(speed, direction)
    known = np.isfinite(u)
    if not known.any():
        return None, missing
    age = len(u) - 1 - int(np.flatnonzero(known.any(axis=1))[-1])
    hours = np.arange(1, horizon + 1)
    fade = np.exp(-(hours + age) / MEMORY)[:, None] if age < STALE else np.zeros((horizon, 1))
    now_u, now_v = _latest(u), _latest(v)
    of_day = (np.arange(len(u)) - len(u)) % 24  # 0 is the first hour ahead
    wanted = (hours - 1) % 24
    usual_u, usual_v = (_by_hour(a, of_day)[wanted] for a in (u, v))
    wind = Wind(
        np.column_stack(to_plane(sites["lon"], sites["lat"])),
        _blend(now_u, usual_u, fade),
        _blend(now_v, usual_v, fade),
        hours,
    )
    if age >= STALE:
        note = N_(
            "No wind for {hours} h: the mean wind of the last week at each hour stands in for the coming hours."
        )
        return wind, [(note, {"hours": age})]
    return wind, []


def components(speed: np.ndarray, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Components of the wind towards east and north from speed and the direction it comes from [degree]."""
    angle = np.radians(direction)
    still = speed < CALM / 10  # a calm needs no direction
    u, v = -speed * np.sin(angle), -speed * np.cos(angle)
    return np.where(still, 0.0, u), np.where(still, 0.0, v)


def _latest(values: np.ndarray) -> np.ndarray:
    """The last known value of each station within ``STALE`` hours, NaN where there is none."""
    recent = values[-STALE:]
    result = np.full(values.shape[1], np.nan)
    for row in recent:
        result = np.where(np.isfinite(row), row, result)
    return result


def _by_hour(values: np.ndarray, of_day: np.ndarray) -> np.ndarray:
    """Mean of each hour of the day (24, station)."""
    result = np.full((24, values.shape[1]), np.nan)
    for hour in range(24):
        part = values[of_day == hour]
        count = np.isfinite(part).sum(axis=0)
        result[hour] = np.where(count > 0, np.nansum(part, axis=0) / np.maximum(count, 1), np.nan)
    return result


def _blend(now: np.ndarray, usual: np.ndarray, fade: np.ndarray) -> np.ndarray:
    both = fade * now + (1 - fade) * usual
    return np.where(np.isfinite(both), both, np.where(np.isfinite(usual), usual, now))


def upwind(enterprises: np.ndarray, cells: np.ndarray, wind: Wind, radius: float) -> np.ndarray:
    """Whether each enterprise lies upwind of one of the cells within ``radius`` (hour, enterprise).

    Upwind is within 30 degrees of where the nearest station's wind comes from; in a calm (below 0.5 m s-1) whatever
    stands within 1 km is.

    Args:
        enterprises: (n, 2) [m].
        cells: centres of the cells of high risk (m, 2) [m].
        wind: the coming hours.
        radius: [m].
    """
    result = np.zeros((len(wind.hours), len(enterprises)), dtype=bool)
    usable = np.isfinite(wind.u).all(axis=0)
    if not usable.any() or not len(cells):
        return result
    _, station = nearest(enterprises, wind.xy[usable])
    u, v = wind.u[:, usable], wind.v[:, usable]
    for k, near in enumerate(within(enterprises, cells, radius)):
        if not len(near):
            continue
        away = cells[near] - enterprises[k]
        distance = np.hypot(*away.T)
        one_u, one_v = u[:, station[k]], v[:, station[k]]
        speed = np.hypot(one_u, one_v)
        along = np.outer(one_u, away[:, 0]) + np.outer(one_v, away[:, 1])
        cosine = along / np.maximum(np.outer(speed, distance), 1e-9)
        blown = (cosine >= np.cos(np.radians(SECTOR))) | (distance < 1.0)
        calm = (speed < CALM)[:, None]
        result[:, k] = np.where(calm, distance <= CALM_REACH, blown).any(axis=1)
    return result


def first_time(blown: np.ndarray, at: pd.Timestamp) -> list[Any]:
    """Start of the first hour in which each enterprise lies upwind, NaT where none does."""
    start = at.tz_convert("UTC").floor("1h")
    return [start + HOUR * int(np.argmax(column)) if column.any() else pd.NaT for column in blown.T]
