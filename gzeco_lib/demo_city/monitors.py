"""Where the generated city measures water, noise and air toxics; none of these places exists."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.demo_city.amenities import WATER_SOURCES, point_in
from gzeco_lib.demo_city.cells import cells
from gzeco_lib.demo_city.enterprises import enterprises
from gzeco_lib.demo_city.noise import generator
from gzeco_lib.demo_city.places import AIR, SOURCE, Place
from gzeco_lib.demo_city.population import people
from gzeco_lib.geo.coords import from_plane
from gzeco_lib.geo.districts import NAMES
from gzeco_lib.geo.grid import city_grid

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Section:
    """A water section: ``load`` (0..1) is how much of the city's waste water it carries; ``lake`` for reservoirs."""

    site: str
    name_zh: str
    name_en: str
    district: str
    lon: float
    lat: float
    load: float
    lake: bool


# Rivers in and below the town; those at the intakes follow from WATER_SOURCES.
_RIVERS = (
    ("珠江西航道", "Pearl River West Channel", "440103", 113.229, 23.128, 0.45),
    ("珠江前航道", "Pearl River Front Channel", "440105", 113.318, 23.108, 0.40),
    ("珠江后航道", "Pearl River Back Channel", "440105", 113.285, 23.060, 0.42),
    ("白坭河", "Baini River", "440114", 113.130, 23.360, 0.55),
    ("石井河", "Shijing River", "440111", 113.236, 23.200, 0.85),
    ("市桥水道", "Shiqiao Waterway", "440113", 113.372, 22.935, 0.38),
    ("蕉门水道", "Jiaomen Waterway", "440115", 113.540, 22.745, 0.30),
)
_INTAKES = (0.08, 0.17, 0.10, 0.20, 0.13, 0.17, 0.16, 0.06)  # load at each of WATER_SOURCES
INTAKE_OFF = 0.002  # degree, how far a section lies beside its intake

SECTIONS: tuple[Section, ...] = (
    *(
        Section(
            f"DR{i + 1:02d}",
            f"示例{zh}{NAMES[district][0].removesuffix('区')}水源断面",
            f"Demo {en} intake section ({NAMES[district][1]})",
            district,
            lon + INTAKE_OFF,
            lat,
            load,
            "水库" in zh,
        )
        for i, ((zh, en, district, lon, lat, _people), load) in enumerate(
            zip(WATER_SOURCES, _INTAKES, strict=True)
        )
    ),
    *(
        Section(
            f"DR{len(WATER_SOURCES) + i + 1:02d}",
            f"示例{zh}断面",
            f"Demo {en} section",
            district,
            lon,
            lat,
            load,
            False,
        )
        for i, (zh, en, district, lon, lat, load) in enumerate(_RIVERS)
    ),
)
# Air stations that also measure toxics: two at roads, four near industry, one among homes, the background.
TOXICS: tuple[Place, ...] = tuple(
    p for p in AIR if p.site in ("D101", "D104", "D107", "D108", "D112", "D116", "D120", "D122")
)
CELL = 900.0  # m, edge of the square in the middle of a kilometre cell in which a noise monitor stands
NOISE_COUNT = {0: 2, 1: 7, 2: 10, 3: 3, 4: 8}  # noise monitors by zone of GB 3096


@dataclass(frozen=True, eq=False)
class Ears:
    """Noise monitors: id, cell centre offset position [m], zone, district (n,)."""

    sites: list[str]
    xy: Array
    zone: NDArray[np.int64]
    district: NDArray[np.str_]


@cache
def ears(seed: int) -> Ears:
    """The noise monitors, in cells of each zone, mostly where many live."""
    grid = city_grid()
    names, points, district = grid.cells[grid.mask], grid.points(), grid.district[grid.mask]
    wide = cells(seed, people(seed), enterprises(seed)).pivot(
        index="cell", columns="attribute", values="value"
    )
    wide = wide.reindex(names)
    rng = generator(seed, "noise monitors")
    picked, zones = [], []
    for zone, count in NOISE_COUNT.items():
        here = np.flatnonzero(wide["noise_zone"] == zone)
        weight = wide["residents"].to_numpy()[here] ** 0.7 + 1.0
        chosen = rng.choice(here, min(count, len(here)), replace=False, p=weight / weight.sum())
        picked += chosen.tolist()
        zones += [zone] * len(chosen)
    xy = np.array([point_in(rng, points[i], str(district[i]), CELL) for i in picked])
    return Ears(
        [f"DN{i + 1:02d}" for i in range(len(picked))],
        xy,
        np.array(zones, dtype=np.int64),
        district[picked],
    )


def sites(seed: int) -> pd.DataFrame:
    """The lake's ``site`` rows of water sections and noise monitors; toxics are measured at air stations."""
    listening = ears(seed)
    lon, lat = from_plane(listening.xy[:, 0], listening.xy[:, 1])
    rows = [(s.site, s.name_zh, s.name_en, "water", s.lon, s.lat, s.district) for s in SECTIONS]
    number: Counter[str] = Counter()
    for i, site in enumerate(listening.sites):
        district = str(listening.district[i])
        number[district] += 1
        zh, en = NAMES[district]
        rows.append(
            (
                site,
                f"示例{zh.removesuffix('区')}噪声点{number[district]}",
                f"Demo {en} noise {number[district]}",
                "noise",
                round(float(lon[i]), 6),
                round(float(lat[i]), 6),
                district,
            )
        )
    table = pd.DataFrame(rows, columns=["site", "name_zh", "name_en", "kind", "lon", "lat", "district"])
    return table.assign(generated=True, source=SOURCE)
