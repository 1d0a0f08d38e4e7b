"""Yearly figures of the generated city: people by district and five-year age, death rates by age and cause."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from gzeco_lib.demo_city.places import SOURCE
from gzeco_lib.demo_city.population import CENSUS, RESIDENTS

Array = NDArray[np.float64]

CITY = "440100"
SPANS = {"0-14": (0, 15), "15-64": (15, 65), "65+": (65, 200)}  # ages of the health counts [a]
FITTING = 200  # rounds of proportional fitting: the largest error falls below 1e-9 in about 30


@cache
def figures() -> dict[str, Any]:
    """Contents of ``demography.yaml``."""
    return dict(yaml.safe_load(Path(__file__).with_name("demography.yaml").read_text(encoding="utf-8")))


@cache
def pyramid() -> Array:
    """Residents (district, age) that keep the districts' totals of the census and the city's shares by age."""
    about = figures()
    ages = np.array(about["ages"], dtype=float)
    shares = np.array(about["shares"]) / np.sum(about["shares"])
    lean = np.array([about["lean"][code] for code in CENSUS])[:, None]
    totals = np.array(list(CENSUS.values()), dtype=float) * (RESIDENTS / sum(CENSUS.values()))
    table = totals[:, None] * shares * np.exp(lean * (ages - 36.0) / 10.0)
    for _round in range(FITTING):
        table *= (shares * RESIDENTS / table.sum(axis=0))[None, :]
        table *= (totals / table.sum(axis=1))[:, None]
    table.setflags(write=False)
    return table


def by_span() -> dict[str, Array]:
    """Residents (district,) of each span of ages of the health counts."""
    ages = np.array(figures()["ages"])
    return {
        span: pyramid()[:, (ages >= low) & (ages < high)].sum(axis=1) for span, (low, high) in SPANS.items()
    }


def demography() -> pd.DataFrame:
    """The lake's ``demography`` rows: people by district and age; death rates of the whole city."""
    about = figures()
    people = [
        (code, "population", "", age, float(np.round(n)))
        for code, row in zip(CENSUS, pyramid(), strict=True)
        for age, n in zip(about["ages"], row, strict=True)
    ]
    rates = [
        (CITY, "death_rate", cause, age, float(rate))
        for cause, row in about["death_rates"].items()
        for age, rate in zip(about["ages"], row, strict=True)
    ]
    table = pd.DataFrame([*people, *rates], columns=["district", "measure", "cause", "age", "value"])
    table.insert(0, "year", np.int16(about["year"]))
    table["age"] = table["age"].astype("int16")
    return table.assign(generated=True, source=SOURCE)
