"""Places of the generated city where people need care or spend their time: schools, hospitals, parks, water sources.

None exists and every name says so. They stand where people live, by the rules of ``amenities.yaml``.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from gzeco_lib.demo_city.noise import generator
from gzeco_lib.demo_city.places import SOURCE
from gzeco_lib.demo_city.population import People
from gzeco_lib.geo.coords import from_plane
from gzeco_lib.geo.districts import NAMES, district_of

TRIES = 20  # points drawn in a cell until one lies in the cell's district
# Intakes on the rivers and reservoirs: water, English name, district, longitude, latitude, people served.
WATER_SOURCES = (
    ("流溪河", "Liuxi River", "440117", 113.601, 23.545, 420_000),
    ("流溪河", "Liuxi River", "440111", 113.318, 23.338, 2_300_000),
    ("洪秀全水库", "Hongxiuquan Reservoir", "440114", 113.145, 23.431, 900_000),
    ("东江北干流", "North Dongjiang", "440118", 113.630, 23.120, 3_100_000),
    ("增江", "Zengjiang River", "440118", 113.826, 23.320, 640_000),
    ("沙湾水道", "Shawan Waterway", "440113", 113.330, 22.910, 2_600_000),
    ("黄阁水道", "Huangge Waterway", "440115", 113.500, 22.830, 700_000),
    ("水声水库", "Shuisheng Reservoir", "440112", 113.513, 23.222, 260_000),
)


@cache
def kinds() -> list[dict[str, Any]]:
    """The kinds of ``amenities.yaml``."""
    return list(yaml.safe_load(Path(__file__).with_name("amenities.yaml").read_text(encoding="utf-8")))


def amenities(seed: int, city: People) -> pd.DataFrame:
    """The lake's ``place`` rows: every kind of ``amenities.yaml`` and the drinking-water sources."""
    parts = [_of_kind(seed, city, kind) for kind in kinds()]
    return pd.concat([*parts, _water_sources()], ignore_index=True).assign(generated=True, source=SOURCE)


def _of_kind(seed: int, city: People, kind: dict[str, Any]) -> pd.DataFrame:
    rng = generator(seed, f"place {kind['kind']}")
    weight = city.residents ** kind["follows"]
    cells = rng.choice(len(weight), kind["count"], p=weight / weight.sum())
    xy = np.array([point_in(rng, city.xy[cell], str(city.district[cell])) for cell in cells])
    lon, lat = from_plane(xy[:, 0], xy[:, 1])
    people = np.round(kind["people"] * np.exp(kind["spread"] * rng.standard_normal(kind["count"])))
    shares = np.array([share for _zh, _en, share in kind["called"]])
    called = rng.choice(len(shares), kind["count"], p=shares / shares.sum())
    names = _names(kind, called, city.district[cells])
    return pd.DataFrame(
        {
            "place": [f"DEMO-{kind['kind'].upper()}-{i + 1:03d}" for i in range(kind["count"])],
            "name_zh": [zh for zh, _en in names],
            "name_en": [en for _zh, en in names],
            "kind": kind["kind"],
            "lon": np.round(lon, 6),
            "lat": np.round(lat, 6),
            "district": city.district[cells],
            "people": np.clip(people, 20.0, None),
        }
    )


def _names(
    kind: dict[str, Any], called: NDArray[np.intp], district: NDArray[np.str_]
) -> list[tuple[str, str]]:
    """Chinese and English names, numbered within the district, so that no two are alike."""
    number: Counter[tuple[int, str]] = Counter()
    found = []
    for which, code in zip(called.tolist(), district.tolist(), strict=True):
        number[which, code] += 1
        zh, en, _share = kind["called"][which]
        town_zh, town_en = NAMES[code]
        n = number[which, code]
        found.append((f"示例{town_zh.removesuffix('区')}第{n}{zh}", f"Demo {town_en} {en} {n}"))
    return found


def point_in(
    rng: np.random.Generator, centre: NDArray[np.float64], district: str, edge: float = 1000.0
) -> tuple[float, float]:
    """A point of the cell that lies in the cell's district; its centre where chance misses ``TRIES`` times."""
    points = centre + edge * (rng.random((TRIES, 2)) - 0.5)
    good = np.flatnonzero(district_of(*from_plane(points[:, 0], points[:, 1])) == district)
    x, y = points[good[0]] if len(good) else centre
    return float(x), float(y)


def _water_sources() -> pd.DataFrame:
    rows = [
        {
            "place": f"DEMO-WATER_SOURCE-{i + 1:03d}",
            "name_zh": f"示例{zh}{NAMES[district][0].removesuffix('区')}饮用水水源地",
            "name_en": f"Demo drinking-water source {en} ({NAMES[district][1]})",
            "kind": "water_source",
            "lon": lon,
            "lat": lat,
            "district": district,
            "people": float(people),
        }
        for i, (zh, en, district, lon, lat, people) in enumerate(WATER_SOURCES)
    ]
    return pd.DataFrame(rows)
