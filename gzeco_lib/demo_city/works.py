"""What is known of the enterprises: their rows with the last twelve months, what happened, what stations saw."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gzeco_lib.demo_city import complaints, episodes
from gzeco_lib.demo_city.columns import text
from gzeco_lib.demo_city.noise import generator
from gzeco_lib.demo_city.options import YEAR
from gzeco_lib.demo_city.world import World


def events(made: World) -> pd.DataFrame:
    """The lake's ``event`` rows of a year: complaints and inspections."""
    return complaints.events(
        made.seed, made.enterprises, made.sources.main, made.episodes, made.stop - YEAR, made.stop
    )


def enterprises(made: World) -> pd.DataFrame:
    """The lake's ``enterprise`` rows with the counts of the last twelve months."""
    counted = made.enterprises.drop(columns="careless")
    counted["complaints_12m"] = complaints.counts(events(made), made.enterprises)
    rng = generator(made.seed, "exceedances")
    key = (made.enterprises["management"] == "key").to_numpy()
    expected = made.enterprises["careless"].to_numpy() * np.where(key, 6.0, 2.5)
    counted["exceedances_12m"] = rng.poisson(expected).astype(np.int64)
    return counted


def impacts(made: World) -> pd.DataFrame:
    """What each air station saw of each release in the period."""
    seen = episodes.impacts(made.releases, made.sky, made.sources, made.mixture, made.air)
    seen["enterprise"] = text(
        made.enterprises["enterprise"].tolist(), seen["enterprise"].to_numpy(dtype=np.int64)
    )
    return seen[(seen["time"] >= made.start) & (seen["time"] < made.stop)].reset_index(drop=True)
