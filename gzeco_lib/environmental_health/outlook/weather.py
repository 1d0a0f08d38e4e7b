"""Temperature and heat index of the last days and the next hours, at the weather stations and in the cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.outlook.persistence import path, recent, trailing
from gzeco_lib.errors import N_
from gzeco_lib.geo.coords import to_plane

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

LEARNT_FROM = 45  # [d] read before the latest hour
STALE = 6  # [h] without any temperature from which the reader is told
OLDEST_DAY = 3  # [d] that the last daily mean may be old
SPATIAL = 1.0  # [degC] error between stations where fewer than three tell it


@dataclass(frozen=True)
class Weather:
    """On the time axis of a run.

    Attributes:
        xy: of the stations (site, 2) [m], NaN where unknown.
        temperature: (time, site) [degC]; ``temperature_sd`` (time,), 0 where observed.
        daily: mean temperature of the 24 hours that end with each hour (time, site) [degC]; ``daily_sd`` (time,).
        heat_index: (time, site) [degC], NaN where humidity is not known; ``heat_index_sd`` (time,).
        spatial: error of the daily mean between stations [degC].
    """

    xy: np.ndarray
    temperature: np.ndarray
    temperature_sd: np.ndarray
    daily: np.ndarray
    daily_sd: np.ndarray
    heat_index: np.ndarray
    heat_index_sd: np.ndarray
    spatial: float

    def at(self, values: np.ndarray, cells_xy: np.ndarray) -> np.ndarray:
        """``values`` (time, site) at cells (time, cell): means of the stations weighted by inverse squared distance."""
        return inverse_distance(values, self.xy, cells_xy)


def inverse_distance(values: np.ndarray, xy: np.ndarray, cells_xy: np.ndarray) -> np.ndarray:
    """Means over stations weighted by inverse squared distance (time, cell); NaN stations do not count.

    A station without coordinates counts everywhere as if it were 30 km away.
    """
    apart = np.hypot(cells_xy[:, None, 0] - xy[None, :, 0], cells_xy[:, None, 1] - xy[None, :, 1])
    weight = 1.0 / np.square(np.maximum(np.where(np.isnan(apart), 30e3, apart), 500.0))
    known = np.isfinite(values)
    total = known.astype(float) @ weight.T
    return np.where(total > 0, np.nan_to_num(values) @ weight.T / np.where(total > 0, total, 1.0), np.nan)


def heat_index(temperature: np.ndarray, humidity: np.ndarray) -> np.ndarray:
    """Heat index [degC] of air temperature [degC] and relative humidity [%].

    Regression of Rothfusz (1990, NWS Technical Attachment SR 90-23) to Steadman (1979,
    doi:10.1175/1520-0450(1979)018<0861:TAOSPI>2.0.CO;2) with the National Weather Service's adjustments; below about
    27 degC its simple form, which is close to the air temperature.
    """
    f, r = np.asarray(temperature, dtype=float) * 1.8 + 32.0, np.asarray(humidity, dtype=float)
    simple = 0.5 * (f + 61.0 + (f - 68.0) * 1.2 + r * 0.094)
    full = (
        -42.379 + 2.04901523 * f + 10.14333127 * r - 0.22475541 * f * r - 6.83783e-3 * f**2
        - 5.481717e-2 * r**2 + 1.22874e-3 * f**2 * r + 8.5282e-4 * f * r**2 - 1.99e-6 * f**2 * r**2
    )  # fmt: skip
    dry = (r < 13) & (f >= 80) & (f <= 112)
    full -= np.where(dry, (13 - r) / 4 * np.sqrt(np.maximum(17 - np.abs(f - 95), 0) / 17), 0.0)
    damp = (r > 85) & (f >= 80) & (f <= 87)
    full += np.where(damp, (r - 85) / 10 * (87 - f) / 5, 0.0)
    found = np.where((simple + f) / 2 >= 80, full, (simple + f) / 2)
    return np.asarray((found - 32.0) / 1.8)


def gather(lake: Lake, times: pd.DatetimeIndex, leads: np.ndarray) -> tuple[Weather | None, list[Note]]:
    """Weather on the time axis of a run: observed to lead 0, by persistence after it.

    Args:
        times: UTC without zone, hourly; ``leads`` are their hours from the latest complete one.

    Returns:
        None where the lake has neither hourly nor recent daily temperature, and what the reader must know.
    """
    latest = times[int(np.flatnonzero(leads == 0)[0])]
    sites = lake.read("site", where={"kind": ["weather"]}).sort_values("site", ignore_index=True)
    end = latest.tz_localize("UTC") + pd.Timedelta("1h")
    codes = ["temperature", "relative_humidity"]
    data = lake.observations(codes, end - pd.Timedelta(days=LEARNT_FROM), end, sites=list(sites["site"]))
    warm, damp = (data[code].to_numpy() for code in codes)
    reporting = np.isfinite(warm[-24:]).any(axis=0) if len(warm) else np.zeros(0, dtype=bool)
    if not reporting.any():
        return _daily_only(lake, sites, times, leads)
    warm, damp = warm[:, reporting], damp[:, reporting]
    notes = _said(warm, damp, int((leads > 0).sum()))
    return _hourly(warm, damp, _places(sites[reporting]), leads), notes


def _said(warm: np.ndarray, damp: np.ndarray, horizon: int) -> list[Note]:
    found: list[Note] = []
    silent = int(np.isfinite(warm)[::-1].any(axis=1).argmax())
    if silent >= STALE:
        note = N_("No temperature was reported in the last {hours} h: the usual course of the day stands in.")
        found.append((note, {"hours": silent}))
    if horizon:
        note = N_(
            "Temperature ahead is the usual course of the last 14 days with the present departure carried on; the lake "
            "holds no weather forecast."
        )
        found.append((note, {}))
    if not np.isfinite(damp[-24:]).any():
        found.append((N_("No humidity was reported: heat is judged by air temperature alone."), {}))
    return found


def _places(sites: pd.DataFrame) -> np.ndarray:
    xy = np.full((len(sites), 2), np.nan)
    placed = (sites["lon"].notna() & sites["lat"].notna()).to_numpy()
    if placed.any():
        xy[placed] = np.column_stack(to_plane(sites.loc[placed, "lon"], sites.loc[placed, "lat"]))
    return xy


def _hourly(warm: np.ndarray, damp: np.ndarray, xy: np.ndarray, leads: np.ndarray) -> Weather:
    back, horizon = int((leads <= 0).sum()), int((leads > 0).sum())
    felt = heat_index(warm, damp)
    # A gap of an hour or two in what was observed takes the mean of the three hours that end with it.
    near = [np.where(np.isfinite(v), v, recent(v, 3)) for v in (warm, felt)]
    zero = np.zeros(back)
    if not horizon:
        return Weather(
            xy, near[0][-back:], zero, trailing(warm)[-back:], zero, near[1][-back:], zero, _between(warm, xy)
        )
    ahead, heat = path(warm, horizon), path(felt, horizon)
    return Weather(
        xy,
        np.vstack([near[0][-back:], ahead.value]),
        np.concatenate([zero, ahead.sd]),
        np.vstack([trailing(warm)[-back:], ahead.daily]),
        np.concatenate([zero, ahead.daily_sd]),
        np.vstack([near[1][-back:], heat.value]),
        np.concatenate([zero, heat.sd]),
        _between(warm, xy),
    )


def _between(warm: np.ndarray, xy: np.ndarray) -> float:
    """Error [degC] of a day's mean at a place without a station: each station from the others."""
    days = trailing(warm)[::24]
    if warm.shape[1] < 3 or not np.isfinite(xy).all():
        return SPATIAL
    missed = []
    for k in range(warm.shape[1]):
        rest = np.arange(warm.shape[1]) != k
        missed.append(days[:, k] - inverse_distance(days[:, rest], xy[rest], xy[[k]])[:, 0])
    known = np.isfinite(missed)
    return float(np.sqrt(np.mean(np.square(np.array(missed)[known])))) if known.any() else SPATIAL


def _daily_only(
    lake: Lake, sites: pd.DataFrame, times: pd.DatetimeIndex, leads: np.ndarray
) -> tuple[Weather | None, list[Note]]:
    """The last daily mean carried on, where there is a recent one; else nothing, which is said."""
    none: Note = (
        N_("The lake holds no recent temperature: heat and cold are not part of the risk."),
        {},
    )
    latest = times[int(np.flatnonzero(leads == 0)[0])].tz_localize("UTC")
    if sites.empty:
        return None, [none]
    start = latest - pd.Timedelta(days=LEARNT_FROM)
    # A day that has not ended by the latest hour is not known yet.
    data = lake.observations(
        ["temperature"],
        start,
        latest - pd.Timedelta("23h"),
        sites=list(sites["site"]),
        interval="P1D",
    )
    values = data["temperature"].to_numpy()
    recent_days = np.isfinite(values[-OLDEST_DAY:]).any(axis=0) if len(values) else np.zeros(0, dtype=bool)
    if not recent_days.any():
        return None, [none]
    values = values[:, recent_days]
    known = np.isfinite(values).any(axis=1)
    age = int(known[::-1].argmax()) + 1
    level = pd.DataFrame(values).ffill(limit=OLDEST_DAY).to_numpy()[-1]
    change = values[age:] - values[:-age] if len(values) > age else values
    sd = float(np.nanstd(change)) if np.isfinite(change).sum() > 5 else 3.0
    shape = (len(times), values.shape[1])
    flat, error = np.broadcast_to(level, shape), np.full(len(times), sd)
    note = N_("Only daily temperature is known, last of {day}: it is carried on.")
    day = pd.Timestamp(data["time"].to_numpy()[-age]) + pd.Timedelta("8h")
    blank = np.full(shape, np.nan)
    found = Weather(_places(sites[recent_days]), flat, error, flat, error, blank, error, SPATIAL)
    return found, [(note, {"day": f"{day:%Y-%m-%d}"})]
