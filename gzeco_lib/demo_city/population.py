"""People of the generated city by 1 km cell, hour of day, kind of day and group.

District totals follow the seventh national census (2020), scaled to 18.8 million residents; where people live
and work inside a district is generated. The groups are disjoint and sum to everybody; over the day nobody is
lost: who leaves home is at work, in school or out on the street.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.demo_city.columns import text
from gzeco_lib.demo_city.noise import generator
from gzeco_lib.demo_city.places import SOURCE
from gzeco_lib.geo.coords import to_plane
from gzeco_lib.geo.grid import city_grid

Array = NDArray[np.float64]

RESIDENTS = 18_800_000
# Seventh national population census, Guangzhou, usual residents by district (2020-11-01).
CENSUS = {
    "440103": 1_238_305,
    "440104": 1_038_643,
    "440105": 1_819_037,
    "440106": 2_241_826,
    "440111": 3_742_991,
    "440112": 1_264_447,
    "440113": 2_658_397,
    "440114": 1_642_360,
    "440115": 846_584,
    "440117": 717_684,
    "440118": 1_466_331,
}
# Jobs per resident against the city's mean: offices in Tianhe and Yuexiu, factories in Huangpu and Nansha.
JOBS = {
    "440103": 0.8,
    "440104": 1.9,
    "440105": 0.9,
    "440106": 1.7,
    "440111": 0.8,
    "440112": 1.5,
    "440113": 0.8,
    "440114": 0.8,
    "440115": 1.2,
    "440117": 0.7,
    "440118": 0.7,
}
# Shares of the residents: ages from the same census, outdoor workers an assumption taken out of the adults.
GROUPS = {"child_0_14": 0.1387, "adult_15_64": 0.7431, "elder_65": 0.0782, "outdoor_worker": 0.0400}
DAY_TYPES = ("workday", "restday")
# Town centres: longitude, latitude, radius [km], weight. Old town, Tianhe, and the towns around.
CENTRES = (
    (113.265, 23.125, 4.0, 1.0), (113.325, 23.130, 4.5, 1.0), (113.270, 23.090, 3.5, 0.8),
    (113.240, 23.100, 3.5, 0.7), (113.270, 23.220, 5.0, 0.9), (113.400, 23.110, 4.0, 0.6),
    (113.460, 23.170, 4.5, 0.6), (113.360, 22.945, 4.5, 0.8), (113.300, 23.000, 4.0, 0.8),
    (113.215, 23.395, 4.0, 0.8), (113.530, 22.790, 4.0, 0.6), (113.480, 22.850, 3.5, 0.4),
    (113.585, 23.550, 3.0, 0.7), (113.825, 23.285, 3.5, 0.7), (113.610, 23.130, 3.5, 0.7),
)  # fmt: skip
SETTLED_FROM = 60.0  # persons km-2; what would live thinner is moved to the settled cells of its district


@dataclass(frozen=True, eq=False)
class People:
    """Residents and jobs by settled cell (n,), with the cell's id, centre [m] and district."""

    cells: NDArray[np.str_]
    xy: Array
    district: NDArray[np.str_]
    residents: Array
    jobs: Array


def people(seed: int) -> People:
    """Who lives and works where; depends on the seed alone."""
    grid = city_grid()
    xy, district, cells = grid.points(), grid.district[grid.mask], grid.cells[grid.mask]
    rng = generator(seed, "people")
    lived = _density(xy, 1.0) * np.exp(0.4 * rng.standard_normal(len(xy)))
    worked = _density(xy, 0.55) * np.exp(0.8 * rng.standard_normal(len(xy)))
    scale = RESIDENTS / sum(CENSUS.values())
    residents = _shared({code: n * scale for code, n in CENSUS.items()}, lived, district, SETTLED_FROM)
    wanted = {code: CENSUS[code] * JOBS[code] for code in CENSUS}
    jobs = _shared(wanted, worked * (residents > 0), district, 0.0)
    home = residents > 0
    return People(cells[home], xy[home], district[home], residents[home], jobs[home])


def _density(xy: Array, spread: float) -> Array:
    """Relative density (n,) falling off around the town centres, with a thin floor for villages."""
    lon, lat, radius, weight = (np.array([c[i] for c in CENTRES]) for i in range(4))
    centres = np.column_stack(to_plane(lon, lat))
    km = np.hypot(xy[:, None, 0] - centres[None, :, 0], xy[:, None, 1] - centres[None, :, 1]) / 1000
    return np.asarray((weight * np.exp(-((km / (radius * spread)) ** 1.2))).sum(axis=1) + 0.002)


def _shared(totals: dict[str, float], weight: Array, district: NDArray[np.str_], least: float) -> Array:
    """District ``totals`` shared out by ``weight`` over its cells; cells below ``least`` are left empty."""
    found = np.zeros(len(weight))
    for code, total in totals.items():
        here = district == code
        share = weight[here] / weight[here].sum() * total
        share = np.where(share >= least, share, 0.0)
        found[here] = share / share.sum() * total
    return found


def away(hour: NDArray[np.int64], rest: bool) -> dict[str, Array]:
    """Share of each group that is not at home, by local hour of day."""
    working = _plateau(hour, 8.5, 18.5, 1.2)
    if rest:
        out = _plateau(hour, 10.5, 20.5, 2.0)
        return {
            "child_0_14": 0.22 * out,
            "adult_15_64": 0.24 * out + 0.10 * working,
            "elder_65": 0.15 * out,
            "outdoor_worker": 0.60 * working,
        }
    return {
        "child_0_14": 0.70 * _plateau(hour, 8.0, 16.5, 0.6),
        "adult_15_64": 0.66 * working + 0.05 * _plateau(hour, 19.0, 22.0, 1.0),
        "elder_65": 0.12 * _plateau(hour, 8.0, 18.0, 1.5),
        "outdoor_worker": 0.90 * _plateau(hour, 7.0, 19.0, 1.5),
    }


def _plateau(hour: NDArray[np.int64], start: float, end: float, soft: float) -> Array:
    """About 1 between the hours ``start`` and ``end``, falling to 0 over ``soft`` hours."""
    middle = hour + 0.5
    rise, fall = (
        1 / (1 + np.exp(-(middle - start) / (soft / 2))),
        1 / (1 + np.exp((middle - end) / (soft / 2))),
    )
    return np.asarray(rise * fall)


def presence(city: People, rest: bool) -> dict[str, Array]:
    """Persons present by group: arrays (24, n) for a workday or a ``rest`` day."""
    out = away(np.arange(24), rest)
    return {
        group: share * (1 - out[group])[:, None] * city.residents
        + out[group][:, None] * share * _destinations(city, group)
        for group, share in GROUPS.items()
    }


def _destinations(city: People, group: str) -> Array:
    """Where those who left home are (n,), summing to all residents: jobs in the own district and across the city."""
    own = {"child_0_14": 0.97, "elder_65": 0.95, "adult_15_64": 0.55, "outdoor_worker": 0.60}[group]
    pull = city.residents if group in ("child_0_14", "elder_65") else city.jobs
    found = np.zeros(len(pull))
    for code in np.unique(city.district):
        here = city.district == code
        found[here] = own * city.residents[here].sum() * pull[here] / pull[here].sum()
    return found + (1 - own) * city.residents.sum() * pull / pull.sum()


def exposure(city: People) -> pd.DataFrame:
    """The lake's ``exposure`` rows: settled cells x 24 hours x kinds of day x groups, persons to one decimal."""
    tables = {
        (day, group): table for day in DAY_TYPES for group, table in presence(city, day == "restday").items()
    }
    n = len(city.cells)
    per_table = 24 * n
    return pd.DataFrame(
        {
            "cell": text(city.cells, np.tile(np.arange(n), 24 * len(tables))),
            "hour": np.tile(np.repeat(np.arange(24, dtype=np.int16), n), len(tables)),
            "day_type": text([day for day, _group in tables], np.repeat(np.arange(len(tables)), per_table)),
            "group": text([group for _day, group in tables], np.repeat(np.arange(len(tables)), per_table)),
            "population": np.round(np.concatenate([t.ravel() for t in tables.values()]), 1),
            "generated": True,
            "source": text([SOURCE], np.zeros(per_table * len(tables), dtype=np.int64)),
        }
    )
