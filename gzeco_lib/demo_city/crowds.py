"""People counted hour by hour in the last days, as a signalling feed would: the lake's ``presence``.

The usual day, bent by what the day is: public holidays empty the city, rain keeps people at home, a concert fills one
cell in the evening. Now and then the feed misses some hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.demo_city import population
from gzeco_lib.demo_city.columns import text
from gzeco_lib.demo_city.noise import EPOCH, generator, leaky, smooth
from gzeco_lib.demo_city.places import SOURCE
from gzeco_lib.demo_city.world import World

Array = NDArray[np.float64]

DAYS = {"small": 3, "full": 7}
LEAST = 10.0  # persons; cells with fewer are left out
DAY, ZONE = pd.Timedelta(days=1), "Asia/Shanghai"
TRAVEL = 10.0  # h, e-folding time of leaving and coming home
LEFT = {"spring": 0.33, "holiday": 0.12, "rest": 0.02, "work": 0.0}  # share of the people out of the city
CONCERT_DAYS, GAP_DAYS = 3, 5  # one concert, and one gap of the feed, every so many days
VENUES = 12  # cells with most jobs, one of which has the concert
CONCERT_HOURS = {18: 0.3, 19: 0.9, 20: 1.0, 21: 1.0, 22: 0.5}  # local hour: share of the audience there


def rows(made: World) -> pd.DataFrame:
    """The lake's ``presence`` rows, all groups in one count."""
    hours = _hours(made)
    persons = counted(made, hours)
    kept = (persons >= LEAST) & ~_missing(made.seed, hours)[:, None]
    at, cell = np.nonzero(kept)
    return pd.DataFrame(
        {
            "time": hours[at],
            "cell": text(made.people.cells, cell),
            "group": text(["all"], np.zeros(len(at), dtype=np.int64)),
            "population": np.round(persons[at, cell]),
            "generated": True,
            "source": text([SOURCE], np.zeros(len(at), dtype=np.int64)),
        }
    )


def _hours(made: World) -> pd.DatetimeIndex:
    first = made.stop - pd.Timedelta(days=DAYS[made.scale])
    return made.clock.hours[(made.clock.hours >= first) & made.window]


def counted(made: World, hours: pd.DatetimeIndex) -> Array:
    """True persons (T, cell) of the hours, before small cells are left out."""
    at = made.clock.hours.get_indexer(hours)
    hour, rest = made.clock.hour[at].astype(int), made.clock.rest[at].astype(int)
    usual = np.stack([sum(population.presence(made.people, bool(k)).values()) for k in (0, 1)])
    night = usual[:, 3]
    # Heavy rain keeps a quarter of those at home who would be out.
    going = 1.0 - 0.25 * np.tanh(leaky(made.sky.rain, 3.0)[at] / 6.0)
    persons = night[rest] + going[:, None] * (usual[rest, hour] - night[rest])
    persons = (
        persons
        * (1.0 - _left(made)[at] + 0.006 * smooth(made.seed, "in the city", hours, 40.0)[:, 0])[:, None]
    )
    persons = persons * np.exp(0.05 * smooth(made.seed, "crowd", hours, 6.0, persons.shape[1]))
    for concert in _concerts(made, hours):
        there = np.array([CONCERT_HOURS.get(int(h), 0.0) for h in hour]) * concert.people
        there = np.where((hours >= concert.start) & (hours < concert.end), there, 0.0)
        persons = persons * (1.0 - there / persons.sum(axis=1))[:, None]  # nobody is made up
        persons[:, concert.column] += there
    return np.asarray(persons)


def _left(made: World) -> Array:
    """Share of the people out of the city, all hours of the clock (T,): it grows and falls within a day."""
    local = made.clock.hours.tz_convert(ZONE).normalize().tz_localize(None)
    kinds = {day: LEFT[_kind(day)] for day in local.unique()}
    share = np.array([kinds[day] for day in local])
    return leaky(share, TRAVEL) * (1.0 - np.exp(-1.0 / TRAVEL))


@cache
def _calendar() -> Any:
    import holidays

    return holidays.country_holidays("CN")


@cache
def _kind(day: pd.Timestamp) -> str:
    """What a local day is: work, rest, or part of days of rest that have a holiday or the spring festival in them."""
    calendar = _calendar()
    if calendar.is_working_day(day.date()):
        return "work"
    names = []
    for step in (DAY, -DAY):
        near = day
        while not calendar.is_working_day(near.date()):
            names.append(str(calendar.get(near.date(), "")))
            near += step
    told = "".join(names)
    return "spring" if "春节" in told or "除夕" in told else "holiday" if told else "rest"


def _days(hours: pd.DatetimeIndex) -> range:
    """Local days since the epoch that the hours touch."""
    shift = pd.Timedelta(hours=8)
    return range(int((hours[0] + shift - EPOCH) / DAY), int((hours[-1] + shift - EPOCH) / DAY) + 1)


@dataclass(frozen=True)
class Concert:
    """An audience in one cell (its column) over [start, end)."""

    column: int
    people: float
    start: pd.Timestamp
    end: pd.Timestamp


def _concerts(made: World, hours: pd.DatetimeIndex) -> list[Concert]:
    venues = np.argsort(-made.people.jobs, kind="stable")[:VENUES]
    found = []
    for day in _days(hours):
        if day % CONCERT_DAYS:
            continue
        rng = generator(made.seed, "concert", day)
        start = EPOCH + day * DAY + pd.Timedelta(hours=18 - 8)
        column = int(rng.choice(venues))
        people = float(np.round(rng.uniform(15_000, 45_000), -2))
        end = start + pd.Timedelta(hours=len(CONCERT_HOURS))
        found.append(Concert(column, people, start, end))
    return found


def _missing(seed: int, hours: pd.DatetimeIndex) -> NDArray[np.bool_]:
    """Hours the feed did not bring (T,): one to three on every fifth day."""
    lost = np.zeros(len(hours), dtype=bool)
    for day in _days(hours):
        if day % GAP_DAYS:
            continue
        rng = generator(seed, "presence gap", day)
        start = EPOCH + day * DAY + pd.Timedelta(hours=int(rng.integers(-8, 14)))
        lost |= np.asarray((hours >= start) & (hours < start + pd.Timedelta(hours=int(rng.integers(1, 4)))))
    return lost


def truth(made: World) -> pd.DataFrame:
    """What bent the usual day: kind (concert, left, missing), cell, start, end, people [1] or share of the people."""
    hours = _hours(made)
    end_of_all = hours[-1] + pd.Timedelta(hours=1)
    found: list[tuple[str, str, pd.Timestamp, pd.Timestamp, float]] = [
        ("concert", str(made.people.cells[c.column]), c.start, c.end, c.people)
        for c in _concerts(made, hours)
    ]
    local = hours.tz_convert(ZONE).normalize().tz_localize(None)
    left = np.array([LEFT[_kind(day)] for day in local])
    for kind, series in (("left", left), ("missing", _missing(made.seed, hours).astype(float))):
        edges = np.flatnonzero(np.diff(series)) + 1
        for a, b in zip([0, *edges], [*edges, len(series)], strict=True):
            if series[a] > 0:
                last = hours[b] if b < len(hours) else end_of_all
                found.append((kind, "", hours[a], last, float(series[a])))
    table = pd.DataFrame(found, columns=["kind", "cell", "start", "end", "size"])
    table = table[(table["start"] < end_of_all) & (table["end"] > hours[0])]
    return table.sort_values(["start", "kind"], ignore_index=True)
