"""One site's hours as a complete table: the concentration, the weather with what went before it, and the calendar."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_, InputError, near

DAY = 24
MEMORY = (24, 72)  # hours of trailing means: pollutants gather over days, not in the hour's own weather
CALENDAR = ("hour", "weekday", "season")
TREND = "trend"
ONE_SITE = "site"
LEAST_HOURS = 60 * DAY


@dataclass(frozen=True)
class Table:
    """Hours of one site.

    Attributes:
        time: complete hours (T,).
        y: concentration (T,), NaN where missing.
        weather: predictors from the weather (T, P): the values, wind components, trailing means.
        clock: hour 0..23, weekday 0..6, day of the year 1..366 (T, 3), of local time.
        names: of the weather predictors (P,).
        floor: least concentration that counts; lower ones, which have no logarithm, are raised to it.
    """

    time: pd.DatetimeIndex
    y: np.ndarray
    weather: np.ndarray
    clock: np.ndarray
    names: tuple[str, ...]
    floor: float

    @property
    def log(self) -> np.ndarray:
        """Logarithm of the concentration (T,)."""
        return np.log(np.maximum(self.y, self.floor))

    @property
    def known(self) -> np.ndarray:
        """Hours with a concentration and some weather (T,)."""
        return np.isfinite(self.y) & np.isfinite(self.weather).any(axis=1)

    @property
    def trend(self) -> np.ndarray:
        """Days since the first hour (T,)."""
        return ((self.time - self.time[0]) / pd.Timedelta(days=1)).to_numpy()

    def scaled(self, factor: np.ndarray) -> Table:
        """The table with the concentration times ``factor`` (T,)."""
        return replace(self, y=self.y * factor)

    def between(self, start: pd.Timestamp | None, end: pd.Timestamp | None) -> Table:
        """Hours from ``start`` up to, not including, ``end``."""
        kept = np.ones(len(self.time), bool)
        kept &= (self.time >= start) if start is not None else True
        kept &= (self.time < end) if end is not None else True
        return replace(
            self, time=self.time[kept], y=self.y[kept], weather=self.weather[kept], clock=self.clock[kept]
        )


def tables(
    data: xr.Dataset | pd.DataFrame, variable: str, weather: list[str], wind_direction: str | None, zone: str
) -> dict[str, Table]:
    """The tables of all sites.

    Args:
        data: (time, site) or (time,), or a DataFrame with a time index and perhaps a column ``site``; hours
            in UTC.
        variable: the concentration.
        weather: names of the weather variables.
        wind_direction: the one of them that is an angle [deg], or holds compass names (N, NNE, ...).
        zone: of the local clock, for hour and weekday.

    Raises:
        InputError: a name is not in the data, or a site has too little in common with its weather.
    """
    frames = _frames(data, variable, weather, wind_direction)
    out = {}
    for site, frame in frames.items():
        table = _table(frame, variable, weather, wind_direction, zone)
        if table.known.sum() < LEAST_HOURS:
            raise InputError(
                N_("{site} has {given} hours with both {variable} and weather"), "normalisation",
                N_("at least {length} are needed; leave the site out"), site=site, given=int(table.known.sum()),
                variable=variable, length=LEAST_HOURS,
            )  # fmt: skip
        out[site] = table
    return out


COMPASS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")


def degrees(direction: pd.Series) -> pd.Series:
    """Wind directions as degrees; sixteen compass names are understood, anything else that is no number is missing."""
    if pd.api.types.is_numeric_dtype(direction):
        return direction.astype(float)
    named = {name: 22.5 * number for number, name in enumerate(COMPASS)}
    return direction.astype(object).map(named).astype(float)


def _frames(
    data: xr.Dataset | pd.DataFrame, variable: str, weather: list[str], wind_direction: str | None
) -> dict[str, pd.DataFrame]:
    if not weather:
        raise InputError(N_("no weather variable is named"), "weather", N_("name at least one"))
    known = [str(name) for name in (data.data_vars if isinstance(data, xr.Dataset) else data.columns)]
    for name in (variable, *weather, *([wind_direction] if wind_direction else [])):
        if name not in known:
            raise InputError(
                N_("the data hold no variable {name}"), "normalisation", N_("did you mean: {near}?"),
                name=name, near=near(name, known),
            )  # fmt: skip
    wanted = list(dict.fromkeys([variable, *weather, *([wind_direction] if wind_direction else [])]))
    if isinstance(data, pd.DataFrame):
        groups = data.groupby("site", observed=True) if "site" in data else [(ONE_SITE, data)]
        return {str(site): part[wanted] for site, part in groups}
    if "site" not in data.dims:
        return {ONE_SITE: data[wanted].to_dataframe()[wanted]}
    return {str(site): data[wanted].sel(site=site).to_dataframe()[wanted] for site in data["site"].to_numpy()}


def _table(
    frame: pd.DataFrame, variable: str, weather: list[str], wind_direction: str | None, zone: str
) -> Table:
    index = pd.DatetimeIndex(frame.index)
    frame = frame.set_index(index.tz_convert(None) if index.tz is not None else index)
    frame = frame[~frame.index.duplicated()].sort_index()
    time = pd.date_range(frame.index[0].floor("h"), frame.index[-1].floor("h"), freq="h")
    frame = frame.reindex(time)
    columns = {
        name: pd.to_numeric(frame[name], errors="coerce") for name in weather if name != wind_direction
    }
    if wind_direction:
        angle = np.deg2rad(degrees(frame[wind_direction]))
        columns |= {"wind_east": -np.sin(angle), "wind_north": -np.cos(angle)}
    plain = pd.DataFrame(columns, index=time, dtype=float)
    past = [plain.rolling(h, min_periods=h // 2).mean().add_suffix(f"_{h}h") for h in MEMORY]
    every = pd.concat([plain, *past], axis=1)
    y = frame[variable].astype(float).to_numpy(copy=True)
    y[~(y >= 0)] = np.nan
    positive = y[y > 0]
    clock = time.tz_localize("UTC").tz_convert(zone)
    calendar = np.stack([clock.hour, clock.dayofweek, clock.dayofyear], axis=1).astype(np.float32)
    floor = 0.5 * float(np.quantile(positive, 0.01)) if len(positive) else 1.0
    return Table(time, y, every.to_numpy(np.float32), calendar, tuple(every.columns), floor)
