"""What does not change by the hour in a 1 km cell: green, noise zone after GB 3096, residents."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.demo_city.columns import text
from gzeco_lib.demo_city.noise import generator
from gzeco_lib.demo_city.places import SOURCE
from gzeco_lib.demo_city.population import People
from gzeco_lib.demo_city.roads import road_distance
from gzeco_lib.geo.coords import to_plane
from gzeco_lib.geo.grid import city_grid
from gzeco_lib.geo.surroundings import surroundings

Array = NDArray[np.float64]

ROADSIDE = 450.0  # m, a cell's centre this near a main road makes it zone 4a
TOWN = 1500.0  # residents or jobs km-2 from which homes and trade count as a mixed quarter
INDUSTRIAL = 2  # enterprises in a cell that make it an industrial zone
QUIET_GREEN, QUIET_RESIDENTS = 0.9, 1.0  # green share and residents of a place of special quiet
ATTRIBUTES = ("green_share", "noise_zone", "residents")


def cells(seed: int, city: People, enterprises: pd.DataFrame) -> pd.DataFrame:
    """The lake's ``cell`` rows for every cell of the city, settled or not."""
    grid = city_grid()
    xy, names = grid.points(), grid.cells[grid.mask]
    residents, jobs = np.zeros(len(xy)), np.zeros(len(xy))
    settled = pd.Index(names).get_indexer(pd.Index(city.cells))
    residents[settled], jobs[settled] = city.residents, city.jobs
    terrain = surroundings(grid.lon[grid.mask], grid.lat[grid.mask])[:, 0]
    green = _green(seed, residents + 0.5 * jobs, terrain)
    values = np.stack([green, _zones(xy, residents, jobs, green, enterprises), np.round(residents, 1)])
    n = len(names)
    return pd.DataFrame(
        {
            "cell": text(names, np.tile(np.arange(n), len(ATTRIBUTES))),
            "attribute": text(ATTRIBUTES, np.repeat(np.arange(len(ATTRIBUTES)), n)),
            "value": values.ravel(),
            "generated": True,
            "source": text([SOURCE], np.zeros(values.size, dtype=np.int64)),
        }
    )


def _green(seed: int, crowded: Array, terrain: Array) -> Array:
    """Share of the cell (n,) under plants: little where people are many, much in the hills."""
    chance = generator(seed, "green").standard_normal(len(crowded))
    level = 1.1 + 0.55 * terrain - 0.42 * np.log1p(crowded / 150.0) + 0.45 * chance
    return np.round(1.0 / (1.0 + np.exp(-level)), 3)


def _zones(xy: Array, residents: Array, jobs: Array, green: Array, enterprises: pd.DataFrame) -> Array:
    """Noise zone (n,): 0 quiet hills, 1 homes, 2 mixed, 3 industry, 4 beside a main road (4a)."""
    works = np.column_stack(to_plane(enterprises["lon"], enterprises["lat"]))
    inside = (np.abs(xy[:, None, :] - works[None, :, :]) <= 500.0).all(axis=2).sum(axis=1)
    mixed = (np.minimum(residents, jobs) >= TOWN) | ((residents < TOWN) & (jobs > residents))
    zone = np.where(mixed, 2.0, 1.0)
    zone = np.where((green >= QUIET_GREEN) & (residents < QUIET_RESIDENTS), 0.0, zone)
    zone = np.where(inside >= INDUSTRIAL, 3.0, zone)
    return np.where((road_distance(xy) < ROADSIDE) & (residents + jobs >= TOWN), 4.0, zone)
