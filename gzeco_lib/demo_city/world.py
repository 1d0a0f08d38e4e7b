"""What the generated city is made of before anything is tabled: people, works, weather, air, hidden releases.

Every table is made from a ``World`` by a function of it; ``assembly`` lists them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.demo_city import episodes, weather
from gzeco_lib.demo_city.air import Air, air, concentrations
from gzeco_lib.demo_city.clock import Clock, clock
from gzeco_lib.demo_city.enterprises import enterprises
from gzeco_lib.demo_city.noise import EPOCH, WEEK
from gzeco_lib.demo_city.options import RUN_IN, YEAR
from gzeco_lib.demo_city.places import AIR, plane
from gzeco_lib.demo_city.population import People, people
from gzeco_lib.demo_city.setting import setting
from gzeco_lib.errors import N_

Array = NDArray[np.float64]

HOUR = pd.Timedelta(hours=1)
STEPS = (N_("people and enterprises"), N_("weather"), N_("air and hidden episodes"))


@dataclass(frozen=True, eq=False)
class World:
    """One city over [start, stop), with the weeks before it that its series need.

    Attributes:
        start, stop: period of the tables (UTC); ``clock.hours`` begins earlier, a year before ``stop`` or more.
        window: (T,) hours of ``clock`` inside the period.
        air: names of the air stations, columns of ``actual``.
        actual: true concentrations (T, station) at the air stations, releases included.
        sources: enterprises as sources of releases; ``releases`` the releases of all hours of ``clock``.
        episodes: one row a source of a release, of all hours of ``clock`` (columns in docs/methods/demo_city.md).
    """

    seed: int
    scale: str
    start: pd.Timestamp
    stop: pd.Timestamp
    clock: Clock
    window: NDArray[np.bool_]
    people: People
    enterprises: pd.DataFrame
    sky: weather.Weather
    mixture: Air
    air: list[str]
    actual: dict[str, Array]
    sources: episodes.Sources
    releases: list[episodes.Release]
    episodes: pd.DataFrame


def world(
    seed: int,
    scale: str,
    start: pd.Timestamp,
    stop: pd.Timestamp,
    tell: Callable[[int], None] = lambda _step: None,
) -> World:
    """The city over [start, stop); ``tell`` is called with the number of each of ``STEPS`` before it."""
    tell(0)
    population, works = people(seed), enterprises(seed)
    tell(1)
    # Whole weeks, because what is planted in a week depends on all of its weather; a year back for complaints.
    first = EPOCH + ((min(start, stop - YEAR) - RUN_IN - EPOCH) // WEEK) * WEEK
    last = EPOCH + -((EPOCH - stop) // WEEK) * WEEK
    when = clock(pd.date_range(first, last, freq="h", inclusive="left", unit="us"))
    sky = weather.weather(seed, when)
    tell(2)
    mixture = air(seed, sky, setting(population, works))
    known = episodes.sources(works, plane(AIR))
    found = episodes.releases(seed, sky, known)
    return World(
        seed=seed,
        scale=scale,
        start=start,
        stop=stop,
        clock=when,
        window=np.asarray((when.hours >= start) & (when.hours < stop)),
        people=population,
        enterprises=works,
        sky=sky,
        mixture=mixture,
        air=[place.site for place in AIR],
        actual=concentrations(mixture, episodes.added_loads(found, sky, known)),
        sources=known,
        releases=found,
        episodes=_table(found, when.hours, works, known),
    )


def _table(
    found: list[episodes.Release], hours: pd.DatetimeIndex, works: pd.DataFrame, known: episodes.Sources
) -> pd.DataFrame:
    """One row a source of an episode."""
    rows = []
    for release in found:
        work = works.iloc[release.enterprise]
        rows.append(
            {
                "episode": release.episode,
                "kind": release.kind,
                "enterprise": work["enterprise"],
                "lon": work["lon"],
                "lat": work["lat"],
                "x": round(float(known.xy[release.enterprise, 0]), 1),
                "y": round(float(known.xy[release.enterprise, 1]), 1),
                "height_m": work["stack_height_m"],
                "main": release.main,
                "rates_kg_h": json.dumps(release.rates),
                "start": hours[release.begin],
                "end": hours[release.end - 1] + HOUR,
            }
        )
    return pd.DataFrame(rows)


def clipped(table: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Rows that touch [start, end), their periods clipped to it."""
    kept = table[(table["start"] < end) & (table["end"] > start)].reset_index(drop=True)
    return kept.assign(
        start=kept["start"].where(kept["start"] > start, start), end=kept["end"].where(kept["end"] < end, end)
    )
