"""Whom a hidden episode reached: the true addition on the city's 1 km cells, and the people in them.

The plume that stations see (`episodes.seen`), taken at points inside each cell and averaged: near its source a plume is
narrower than a cell. The people are those of the usual day (`population.presence`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.demo_city import episodes
from gzeco_lib.demo_city.columns import text
from gzeco_lib.demo_city.population import GROUPS, People, presence
from gzeco_lib.demo_city.world import World
from gzeco_lib.geo.grid import city_grid

Array = NDArray[np.float64]

THRESHOLD = 10.0  # ug m-3 added in an hour, from which a cell counts as exposed
LEAST = 1.0  # ug m-3: smaller additions of a cell are not listed
FARTHEST = 30_000.0  # m from the source: beyond it nothing is listed
NEAR = 6000.0  # m, to which cells are averaged over FINE x FINE points, farther ones over COARSE x COARSE
FINE, COARSE = 11, 3  # a plume is 90 m wide (one standard deviation) 1 km down a stable wind, 450 m at 6 km
CELL = 1000.0  # m
FIELD = ("episode", "variable", "time", "cell", "added")
TOTALS = (
    "episode", "variable", "threshold", "group", "persons", "person_hours", "cells", "peak_added", "peak_station",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Added:
    """What an episode added of one species, ``values`` (T, cell of the city) [ug m-3], in ``hours`` (T,)."""

    episode: str
    species: str
    hours: NDArray[np.intp]
    values: Array


def fields(made: World) -> Iterator[Added]:
    """The addition of each main species of each episode in the hours of the period, episode by episode."""
    for _name, found in _by_episode(made):
        hours = np.arange(min(r.begin for r in found), max(r.end for r in found))
        units = [_unit(made, release, hours) for release in found]
        for species in sorted({release.main for release in found}):
            parts = [r.rates.get(species, 0.0) * unit for r, unit in zip(found, units, strict=True)]
            inside = made.window[hours]
            yield Added(found[0].episode, species, hours[inside], np.sum(parts, axis=0)[inside])


def _by_episode(made: World) -> Iterator[tuple[str, list[episodes.Release]]]:
    """Episodes that touch the period, with their releases."""
    grouped: dict[str, list[episodes.Release]] = {}
    for release in made.releases:
        if made.window[release.begin : release.end].any():
            grouped.setdefault(release.episode, []).append(release)
    yield from grouped.items()


def _unit(made: World, release: episodes.Release, hours: NDArray[np.intp]) -> Array:
    """Mean addition in each cell per kg h-1 of ``release`` (T, cell) [ug m-3], nought while it is off."""
    cells = city_grid().points()
    away = np.hypot(*(cells - made.sources.xy[release.enterprise]).T)
    found = np.zeros((len(hours), len(cells)))
    on = (hours >= release.begin) & (hours < release.end)
    for chosen, n in ((away < NEAR, FINE), ((away >= NEAR) & (away < FARTHEST), COARSE)):
        where = np.flatnonzero(chosen)
        if not len(where):
            continue
        points = (cells[where][:, None] + inside(n)).reshape(-1, 2)
        seen = episodes.seen(made.sky, replace(made.sources, stations=points), release)
        found[np.ix_(np.flatnonzero(on), where)] = seen.reshape(len(seen), len(where), -1).mean(axis=2)
    return found


@lru_cache
def inside(n: int) -> Array:
    """Offsets (n * n, 2) [m] from a cell's centre of the middles of its n x n equal parts."""
    steps = ((np.arange(n) + 0.5) / n - 0.5) * CELL
    return np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)


def field(made: World) -> pd.DataFrame:
    """Truth ``exposed_field``: one row a cell and hour with an addition of ``LEAST`` or more.

    ``variable`` is the main species of a source of the episode, NOx counted as NO2 [ug m-3].
    """
    names = city_grid().cells[city_grid().mask]
    parts = []
    for added in fields(made):
        at, cell = np.nonzero(added.values >= LEAST)
        parts.append(
            pd.DataFrame(
                {
                    "episode": text([added.episode], np.zeros(len(at), dtype=np.int64)),
                    "variable": text([added.species], np.zeros(len(at), dtype=np.int64)),
                    "time": made.clock.hours[added.hours[at]],
                    "cell": text(names, cell),
                    "added": np.round(added.values[at, cell], 2),
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(FIELD))


def totals(made: World) -> pd.DataFrame:
    """Truth ``exposed``: one row an episode, main species and group ("all" and each of ``GROUPS``).

    ``persons`` in cells with more than ``threshold`` added in any hour, each cell once with the people of its highest
    hour; ``person_hours`` over all such cells and hours; ``cells`` their number; ``peak_added`` the highest cell mean,
    ``peak_station`` the highest addition at any air station [ug m-3], little where no station lies downwind.
    """
    usual = _usual(made.people)
    rows = []
    for added in fields(made):
        clock = made.clock
        day = usual[clock.rest[added.hours].astype(int), clock.hour[added.hours].astype(int)]
        over = added.values > THRESHOLD
        ever, highest = over.any(axis=0), added.values.argmax(axis=0)
        seen = _at_stations(made, added)
        for k, group in enumerate(("all", *GROUPS)):
            there = day[:, k]
            rows.append((
                added.episode, added.species, THRESHOLD, group,
                round(float(there[highest, np.arange(there.shape[1])][ever].sum()), 1),
                round(float(there[over].sum()), 1), int(ever.sum()), round(float(added.values.max()), 2), seen,
            ))  # fmt: skip
    return pd.DataFrame(rows, columns=list(TOTALS))


def _usual(city: People) -> Array:
    """People (workday or rest day, hour, everybody and groups, cell of the city)."""
    grid = city_grid()
    at = pd.Index(grid.cells[grid.mask]).get_indexer(pd.Index(city.cells))
    found = np.zeros((2, 24, 1 + len(GROUPS), int(grid.mask.sum())))
    for rest in (False, True):
        for k, table in enumerate(presence(city, rest).values()):
            found[int(rest), :, k + 1, at] = table.T
    found[:, :, 0] = found[:, :, 1:].sum(axis=2)
    return found


def _at_stations(made: World, added: Added) -> float:
    """The highest addition at a station in the hours of the period."""
    total = np.zeros((len(made.clock.hours), len(made.air)))
    for release in made.releases:
        if release.episode == added.episode:
            span = slice(release.begin, release.end)
            total[span] += release.rates.get(added.species, 0.0) * episodes.seen(
                made.sky, made.sources, release
            )
    return round(float(total[added.hours].max()), 2)
