"""The fixed setting of the air model: where traffic and industry are, seen from each station."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.demo_city.air import POLLUTANTS, Setting
from gzeco_lib.demo_city.enterprises import emission
from gzeco_lib.demo_city.noise import generator
from gzeco_lib.demo_city.places import AIR, Place, plane
from gzeco_lib.demo_city.population import People
from gzeco_lib.demo_city.transport import sector_exposure
from gzeco_lib.geo.coords import to_plane

Array = NDArray[np.float64]

# Nearness of a road or works that a 1 km grid does not see.
_NEAR_TRAFFIC = {"traffic": 1.4, "urban": 1.0, "industry": 1.05, "suburb": 0.9, "coast": 0.9, "hills": 0.6}
_NEAR_INDUSTRY = {"traffic": 1.0, "urban": 1.0, "industry": 1.5, "suburb": 1.0, "coast": 1.0, "hills": 0.7}


def setting(people: People, enterprises: pd.DataFrame, places: tuple[Place, ...] = AIR) -> Setting:
    """Exposure of the places to traffic (residents and jobs) and to industry (stated emissions)."""
    stations = plane(places)
    active = (people.residents + people.jobs) ** 0.75
    traffic = sector_exposure(people.xy, active, stations)
    works = np.column_stack(to_plane(enterprises["lon"], enterprises["lat"]))
    weight = np.sqrt(
        emission(enterprises, "NOx") + emission(enterprises, "SO2") + emission(enterprises, "PM10")
    )
    industry = sector_exposure(works, weight, stations)
    near_traffic = np.array([_NEAR_TRAFFIC[p.setting] for p in places])
    near_industry = np.array([_NEAR_INDUSTRY[p.setting] for p in places])
    return Setting(places, _even(traffic) * near_traffic, _even(industry) * near_industry)


def _even(exposure: Array) -> Array:
    """Scaled to mean 1 and drawn towards it: a city's air mixes more than its map suggests."""
    scaled = exposure / exposure.mean()
    return np.asarray(scaled**0.4 / (scaled**0.4).mean())


def offsets(seed: int, places: tuple[Place, ...] = AIR) -> dict[str, Array]:
    """Systematic factor (n,) of each station's instrument by pollutant, within a few per cent of 1."""
    rng = generator(seed, "offsets")
    return {code: np.exp(0.04 * rng.standard_normal(len(places))) for code in POLLUTANTS}
