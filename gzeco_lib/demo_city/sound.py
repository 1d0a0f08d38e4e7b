"""Noise monitors: hourly Leq from traffic, the neighbourhood and a floor, as energies, by zone of GB 3096.

The levels are of the order reported for Chinese cities: roads near 69 dB by day and 63 dB by night, homes near 53
and 45.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.demo_city.air import traffic_by_hour
from gzeco_lib.demo_city.columns import observations
from gzeco_lib.demo_city.lapses import Lapse, lapses, spoil
from gzeco_lib.demo_city.lapses import table as lapse_table
from gzeco_lib.demo_city.monitors import ears
from gzeco_lib.demo_city.noise import generator, smooth, white
from gzeco_lib.demo_city.problems import Problem, during, passing
from gzeco_lib.demo_city.world import World

Array = NDArray[np.float64]

CODE = "Leq"
# dB(A) of traffic, neighbourhood and floor at the hour of their mean, by zone 0 .. 4 (4a).
TRAFFIC = np.array([39.0, 44.5, 49.5, 54.5, 66.5])
NEIGHBOURS = np.array([42.0, 49.5, 53.5, 56.0, 57.0])
FLOOR = np.array([33.0, 37.0, 40.0, 46.0, 45.0])
SPREAD = 2.2  # dB between monitors of a zone
CONTRAST = 2.6  # noise follows vehicles and their speed: a quiet night is quieter than its exhaust
MEAN_TRAFFIC = 0.85  # of air.traffic_by_hour over a week
WEEKS = 2  # between problems
CHRONIC_DB = 8.0


def problems(made: World) -> list[Problem]:
    """Building at night near homes, by turns, and one monitor beside a place that is loud every night."""
    places = ears(made.seed)
    homes = [s for s, zone in zip(places.sites, places.zone, strict=True) if zone in (1, 2)]
    loud = str(generator(made.seed, "loud place").choice(homes))

    def one(rng: np.random.Generator, turn: int, week: pd.Timestamp) -> Problem:
        start = week + pd.Timedelta(hours=14 + 24 * int(rng.integers(0, 7)))  # 22:00 local
        end = start + pd.Timedelta(days=int(rng.integers(8, 15)))
        site = str(rng.choice([s for s in homes if s != loud]))
        size = round(float(rng.uniform(60.0, 68.0)), 1)
        return Problem("noise", f"noise-{turn:04d}", site, CODE, start, end, "", "building at night", size)

    found = passing(made.seed, "noise", WEEKS, made.start, made.stop, one)
    always = Problem(
        "noise", "noise-chronic", loud, CODE, made.start, made.stop, "", "loud every night", CHRONIC_DB
    )
    return [*found, always]


def levels(made: World) -> Array:
    """True Leq (T, monitor) [dB(A)] of all hours of the clock, problems included."""
    seed, when, places = made.seed, made.clock, ears(made.seed)
    n, zone = len(places.sites), places.zone
    own = SPREAD * generator(seed, "noise level").standard_normal(n)
    traffic = traffic_by_hour(when)
    vehicles = (traffic / MEAN_TRAFFIC) ** CONTRAST
    awake = 0.04 + 1.4 / (1 + np.exp(-(when.hour - 7.0))) / (1 + np.exp((when.hour - 22.0) / 0.8))
    wet = np.where(made.sky.rain > 0.2, 1.0, 0.0)[:, None]
    energy = (
        10 ** ((TRAFFIC[zone] + own + 2.0 * wet) / 10) * vehicles[:, None]
        + 10 ** ((NEIGHBOURS[zone] + 0.7 * own) / 10) * awake[:, None]
        + 10 ** ((FLOOR[zone] + 4.0 * wet) / 10)
    )
    chance = 0.7 * smooth(seed, "noise hours", when.hours, 5.0, n) + 0.9 * white(
        seed, "noise hour", when.hours, n
    )
    level = 10 * np.log10(energy) + chance
    night = (when.hour >= 22) | (when.hour < 6)
    for problem in problems(made):
        at = places.sites.index(problem.site)
        inside = during(problem, when.hours) & night
        if problem.what == "building at night":
            # Another source beside the usual ones, at work until about 3 in the morning.
            busy = inside & ((when.hour >= 22) | (when.hour < 3))
            level[busy, at] = 10 * np.log10(10 ** (level[busy, at] / 10) + 10 ** (problem.size / 10))
        else:
            level[inside, at] += problem.size
    return np.asarray(level)


def rows(made: World) -> pd.DataFrame:
    """Hourly ``observation`` rows."""
    places = ears(made.seed)
    hours = made.clock.hours[made.window]
    noise = white(made.seed, "noise instrument", hours, len(places.sites))
    shown = {CODE: np.round(levels(made)[made.window] + 0.2 * noise, 1)}
    return observations(hours, places.sites, spoil(_lapses(made), hours, places.sites, shown))


def _lapses(made: World) -> list[Lapse]:
    return lapses(made.seed, "noise", ears(made.seed).sites, [CODE], made.start, made.stop)


def faults(made: World) -> pd.DataFrame:
    """The lapses of the noise monitors."""
    return lapse_table(_lapses(made), made.start, made.stop)
