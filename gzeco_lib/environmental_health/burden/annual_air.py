"""Annual means of the districts from station hours: by the rules of the norm, where people live, with their error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.burden.monte_carlo import Air
from gzeco_lib.errors import N_
from gzeco_lib.standards.facts import load
from gzeco_lib.standards.validity import daily_mean, mda8

if TYPE_CHECKING:
    from gzeco_lib.scenario.outcome import Note

Floats = np.ndarray
METRICS = (("PM2.5", "annual"), ("NO2", "annual"), ("O3", "peak_season_mda8"))
LEAST_DAYS = 30  # valid days below which a station says nothing of the year
LEAST_SHARE = 0.5  # of the best station's days that a station must have, lest its season differs
PEAK_MONTHS = 6
MONTH_DAYS = 15  # valid days a month needs to count in the peak season
FEW = 4  # stations from which the error between them can be measured
ASSUMED = 0.2  # relative error of a mean where fewer stations report (a setting)
POWER = 2.0  # of the inverse distance


@dataclass(frozen=True, eq=False)
class AnnualAir:
    """Long-term concentrations in the districts.

    Attributes:
        air: by (pollutant, metric).
        capture: share of the days of the year that are valid, mean of the stations used (district,), by the same key.
        days: most valid days of a station, by the same key.
        notes: what the reader must know.
    """

    air: dict[tuple[str, str], Air]
    capture: dict[tuple[str, str], Floats]
    days: dict[tuple[str, str], int] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


def annual(data: Any, sites: pd.DataFrame, cells: Floats, weight: Floats, window: int) -> AnnualAir:
    """Means of the districts over the last ``window`` days of ``data``.

    Args:
        data: hourly observations, dims (time, site), UTC, [ug m-3].
        sites: the stations in the order of ``data.site``, with x, y [m] and district.
        cells: centres of the cells (cell, 2) [m].
        weight: persons of each district in each cell (district, cell).
        window: days the year stands for, 365.
    """
    made = AnnualAir({}, {})
    times = data["time"].to_numpy()
    for pollutant, metric in METRICS:
        if pollutant not in data or not np.isfinite(data[pollutant]).any():
            note = N_("{code} is missing at every station: its burden is not computed.")
            made.notes.append((note, {"code": pollutant}))
            continue
        hourly = data[pollutant].to_numpy()
        periods = mda8(hourly, times) if metric == "peak_season_mda8" else daily_mean(hourly, times)
        days, values = periods.start[-window:], periods.value[-window:]
        count = np.isfinite(values).sum(axis=0)
        use = (count >= max(LEAST_DAYS, LEAST_SHARE * count.max())) & np.isfinite(sites["x"].to_numpy(float))
        if not use.any():
            note = N_("No station has {days} valid days of {code}: its burden is not computed.")
            made.notes.append((note, {"days": LEAST_DAYS, "code": pollutant}))
            continue
        _one(made, (pollutant, metric), (days, values[:, use]), sites[use], cells, weight, window)
    return made


def _one(
    made: AnnualAir, key: tuple[str, str], daily: tuple[Floats, Floats], sites: pd.DataFrame, cells: Floats,
    weight: Floats, window: int,
) -> None:  # fmt: skip
    """Adds one pollutant to ``made``."""
    days, values = daily
    months = days.astype("datetime64[M]")
    if key[1] == "peak_season_mda8":
        station, gone = peak_season(values, months)
        if gone:
            note = N_(
                "{code}: fewer than six months have enough days; the mean of all months stands for the peak season."
            )
            made.notes.append((note, {"code": key[0]}))
    else:
        station = np.nanmean(values, axis=0)
    share = np.isfinite(values).sum(axis=0) / window
    need = load("gb3095")["validity"]["year"]["days"]
    best = int(np.isfinite(values).sum(axis=0).max())
    if best < need:
        note = N_(
            "{code}: {days} valid days at most where the norm asks for {need}; their mean stands for the year, with "
            "the spread of the months as its error."
        )
        made.notes.append((note, {"code": key[0], "days": best, "need": need}))
    xy = sites[["x", "y"]].to_numpy(dtype=float)
    field_ = spread(xy, station, cells)
    inside = weight / weight.sum(axis=1, keepdims=True)
    own, note_few = between(xy, station)
    if note_few:
        made.notes.append((note_few, {"code": key[0]}))
    count = (sites["district"].to_numpy()[None, :] == weight_names(weight)[:, None]).sum(axis=1)
    made.air[key] = Air(
        inside @ field_,
        np.full(len(weight), own) / np.sqrt(1.0 + count),
        season_error(values, months, best / window),
    )
    made.capture[key] = np.full(len(weight), float(share.mean()))
    made.days[key] = best


def weight_names(weight: Floats) -> Floats:
    """Adcodes of the districts in the order of ``weight``."""
    from gzeco_lib.geo.districts import NAMES

    return np.array(list(NAMES)[: len(weight)])


def peak_season(values: Floats, months: Floats) -> tuple[Floats, bool]:
    """Largest mean of six consecutive months at each station [as the values]; the plain mean, and True, where no six
    months have enough days."""
    names = np.unique(months)
    means = np.full((len(names), values.shape[1]), np.nan)
    for k, month in enumerate(names):
        here = values[months == month]
        enough = np.isfinite(here).sum(axis=0) >= MONTH_DAYS
        means[k, enough] = np.nanmean(here[:, enough], axis=0)
    if len(names) < PEAK_MONTHS:
        return np.nanmean(values, axis=0), True
    runs = np.lib.stride_tricks.sliding_window_view(means, PEAK_MONTHS, axis=0).mean(axis=-1)
    best = np.fmax.reduce(runs, axis=0)
    gone = np.isnan(best)
    return np.where(gone, np.nanmean(values, axis=0), best), bool(gone.all())


def season_error(values: Floats, months: Floats, covered: float) -> float:
    """Common error of a mean of part of a year, from the spread of its months as if the year were one wave.

    Of ``A cos(2 pi t)`` the mean of a run of x years misses the year's by ``A / sqrt(2) sinc(x)`` (root mean square
    over where the run begins), while the k monthly means within it vary by
    ``A / sqrt(2) sqrt((1 - sinc(x)^2) k / (k - 1))``; the ratio turns the one into the other.
    """
    monthly = [
        np.nanmean(values[months == m]) for m in np.unique(months) if np.isfinite(values[months == m]).any()
    ]
    k = len(monthly)
    if k < 2:
        return float(ASSUMED * np.nanmean(values))
    wave = max(0.0, float(np.sinc(min(1.0, covered))))
    return float(np.std(monthly, ddof=1) * wave / np.sqrt(max(1e-9, 1.0 - wave**2) * k / (k - 1)))


def spread(xy: Floats, values: Floats, to: Floats) -> Floats:
    """Values at points ``to`` (n, 2) by inverse squared distance from the stations [m]."""
    distance = np.hypot(to[:, None, 0] - xy[:, 0], to[:, None, 1] - xy[:, 1])
    weight = 1.0 / np.maximum(distance, 500.0) ** POWER
    return np.asarray(weight @ values / weight.sum(axis=1))


def between(xy: Floats, values: Floats) -> tuple[float, str]:
    """Error of the interpolated mean where no station stands, measured by leaving each station out."""
    if len(values) < FEW:
        note = N_(
            "{code}: fewer than four stations; 20 % of the mean is taken as the error of each district."
        )
        return float(ASSUMED * np.mean(values)), note
    missed = [
        values[k] - spread(np.delete(xy, k, axis=0), np.delete(values, k), xy[k : k + 1])[0]
        for k in range(len(values))
    ]
    return float(np.sqrt(np.mean(np.square(missed)))), ""
