"""Enterprises of the generated city: none exists, and every name says so."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from gzeco_lib.demo_city.noise import generator
from gzeco_lib.demo_city.places import SOURCE
from gzeco_lib.geo.coords import from_plane, to_plane
from gzeco_lib.geo.districts import NAMES, district_of
from gzeco_lib.geo.grid import city_grid

COUNT = 200
# Share of the enterprises by district: most stand in the industrial east and the outer ring.
SHARES = {
    "440103": 0.03,
    "440104": 0.01,
    "440105": 0.02,
    "440106": 0.02,
    "440111": 0.12,
    "440112": 0.22,
    "440113": 0.15,
    "440114": 0.14,
    "440115": 0.12,
    "440117": 0.05,
    "440118": 0.12,
}
ZONES_PER_DISTRICT = 3
ZONE_RADIUS = 1500.0  # m


@cache
def industries() -> list[dict[str, Any]]:
    """The industries of ``industries.yaml``."""
    return list(yaml.safe_load(Path(__file__).with_name("industries.yaml").read_text(encoding="utf-8")))


def enterprises(seed: int) -> pd.DataFrame:
    """``COUNT`` enterprises, the lake's ``enterprise`` columns without the counts of the last twelve months.

    Column ``careless`` (0..1) is hidden from the lake: how often the enterprise errs.
    """
    rng = generator(seed, "enterprises")
    districts = np.repeat(list(SHARES), _counts(np.array(list(SHARES.values()))))
    kinds = industries()
    which = rng.choice(len(kinds), COUNT, p=np.array([k["per_100"] for k in kinds]) / 100)
    xy = _positions(rng, districts)
    lon, lat = from_plane(xy[:, 0], xy[:, 1])
    rows = [
        _enterprise(rng, i, kinds[which[i]], str(districts[i]), float(lon[i]), float(lat[i]))
        for i in range(COUNT)
    ]
    return pd.DataFrame(rows)


def _counts(shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole numbers by share, by largest remainder, summing to ``COUNT``."""
    exact = shares / shares.sum() * COUNT
    counts = np.floor(exact).astype(np.int64)
    counts[np.argsort(counts - exact, kind="stable")[: COUNT - counts.sum()]] += 1
    return counts


def _positions(rng: np.random.Generator, districts: NDArray[np.str_]) -> NDArray[np.float64]:
    """Positions (n, 2) [m] around the industrial zones of each district, inside it."""
    grid = city_grid()
    points, code = grid.points(), grid.district[grid.mask]
    centre = np.array([float(v) for v in to_plane(113.28, 23.12)])
    found = np.empty((len(districts), 2))
    for district in dict.fromkeys(districts.tolist()):
        here = points[code == district]
        # Industry left the old town, but not for the mountains.
        distance = np.hypot(*(here - centre).T) / 1000
        weight = np.exp(-(((distance - 22.0) / 14.0) ** 2)) + 1e-3
        zones = here[rng.choice(len(here), ZONES_PER_DISTRICT, p=weight / weight.sum())]
        members = np.flatnonzero(districts == district)
        for i in members:
            found[i] = _inside(rng, zones[rng.integers(ZONES_PER_DISTRICT)], district)
    return found


def _inside(rng: np.random.Generator, zone: NDArray[np.float64], district: str) -> NDArray[np.float64]:
    """A point scattered around ``zone`` that lies in ``district``; the zone's centre where chance misses 20 times."""
    tries = zone + ZONE_RADIUS * rng.standard_normal((20, 2))
    lon, lat = from_plane(tries[:, 0], tries[:, 1])
    good = np.flatnonzero(district_of(lon, lat) == district)
    return np.asarray(tries[good[0]] if len(good) else zone)


def _enterprise(
    rng: np.random.Generator, i: int, kind: dict[str, Any], district: str, lon: float, lat: float
) -> dict[str, Any]:
    size = float(np.exp(0.6 * rng.standard_normal()))
    careless = float(rng.beta(1.4, 5.0))
    management = (
        "key" if rng.random() < kind["key"] else ("simplified" if rng.random() < 0.6 else "registered")
    )
    low, high = kind["stack"]
    zh, en = NAMES[district]
    return {
        "enterprise": f"DEMO-E{i + 1:03d}",
        "name_zh": f"示例{zh.removesuffix('区')}{kind['short_zh']}{i + 1:03d}",
        "name_en": f"Demo {en} {kind['short_en']} {i + 1:03d}",
        "industry": kind["name"],
        "lon": round(lon, 6),
        "lat": round(lat, 6),
        "district": district,
        "management": management,
        "credit": float(np.clip(np.round(97 - 55 * careless + 3 * rng.standard_normal()), 0, 100)),
        "emission_t_a": json.dumps({code: float(f"{t * size:.3g}") for code, t in kind["emission"].items()}),
        "stack_height_m": float(np.round(rng.uniform(low, high))),
        "generated": True,
        "source": SOURCE,
        "careless": careless,
    }


def emission(table: pd.DataFrame, code: str) -> NDArray[np.float64]:
    """Yearly emission [t a-1] of ``code`` by enterprise, 0 where none is stated."""
    return np.array([json.loads(text).get(code, 0.0) for text in table["emission_t_a"]])
