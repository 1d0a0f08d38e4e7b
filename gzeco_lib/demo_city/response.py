"""The planted response of health counts to air and temperature, and its truth as tables.

A count answers to the days before it: log E = log of the usual + sum over exposures and lags. Air acts in straight
lines, heat and cold by the square of the distance from the temperature of least risk (``health.yaml``).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from gzeco_lib.demo_city.demography import CITY
from gzeco_lib.demo_city.noise import generator
from gzeco_lib.demo_city.population import CENSUS

Array = NDArray[np.float64]

PER = 10.0  # ug m-3
AIR = ("PM2.5", "O3", "NO2")
# Causes of the table `health` as sums of parts, ages as sums of ages.
CAUSES = {
    "nonaccidental": ("circulatory", "asthma", "other_respiratory", "other"),
    "circulatory": ("circulatory",),
    "respiratory": ("asthma", "other_respiratory"),
    "asthma": ("asthma",),
}
TEMPERATURES = np.arange(4.0, 34.5, 1.0)  # degC, of the truth's curves
COLUMNS = ("exposure", "measure", "cause", "age", "district", "value", "reference", "rr", "unit")


@cache
def figures() -> dict[str, Any]:
    """Contents of ``health.yaml``."""
    return dict(yaml.safe_load(Path(__file__).with_name("health.yaml").read_text(encoding="utf-8")))


def slopes(seed: int) -> dict[str, Array]:
    """Log relative risk per ug m-3 over all lags (district, part, age) by pollutant."""
    about = figures()
    spread = np.exp(
        about["district_spread"] * generator(seed, "health districts").standard_normal(len(CENSUS))
    )
    by_age = np.array(about["by_age"])
    return {
        code: spread[:, None, None]
        * (np.array([about["effects"][code][part] for part in about["parts"]])[:, None] * by_age / 100 / PER)
        for code in AIR
    }


def thermal(temperature: Array) -> tuple[Array, Array]:
    """Log relative risk of heat and of cold (..., part, age) of daily means over all their lags."""
    about = figures()["temperature"]
    low = np.array(list(about["minimum"].values()))
    part = np.array([about["parts"][name] for name in figures()["parts"]])[:, None]
    away = np.asarray(temperature)[..., None, None] - low
    heat = np.clip(away, 0.0, None) ** 2 * np.array(list(about["heat"].values())) * part
    cold = np.clip(away, None, 0.0) ** 2 * np.array(list(about["cold"].values())) * part
    return heat, cold


def lagged(values: Array, shares: list[float], lags: int) -> Array:
    """Sum over days before of ``values`` (D, ...) times ``shares``, from day ``lags - 1`` on."""
    count = len(values) - lags + 1
    return np.asarray(
        sum(share * values[lags - 1 - lag : lags - 1 - lag + count] for lag, share in enumerate(shares))
    )


def logarithm(seed: int, felt: dict[str, Array], lags: int) -> Array:
    """Log relative risk of days against clean air and the best warmth (D - lags + 1, district, part, age)."""
    about = figures()["lags"]
    total = sum(
        lagged(felt[code], about[code], lags)[..., None, None] * slope for code, slope in slopes(seed).items()
    )
    heat, cold = thermal(felt["temperature"])
    return np.asarray(total + lagged(heat, about["heat"], lags) + lagged(cold, about["cold"], lags))


def totals(usual: Array) -> list[tuple[str, str, str, Array]]:
    """District, cause, age of every series of counts, and its share of cases in each (district, part, age)."""
    parts, ages = figures()["parts"], figures()["ages"]
    found = []
    for d, district in enumerate((CITY, *CENSUS)):
        for cause, inside in CAUSES.items():
            for a, age in enumerate(("all", *ages)):
                mask = np.zeros_like(usual)
                mask[
                    np.ix_(
                        range(len(CENSUS)) if d == 0 else [d - 1],
                        [parts.index(name) for name in inside],
                        range(len(ages)) if a == 0 else [a - 1],
                    )
                ] = 1.0
                found.append((district, cause, age, mask * usual / (mask * usual).sum()))
    return found


def truth(seed: int, usual: dict[str, Array]) -> pd.DataFrame:
    """Truth ``response``: cumulative relative risks of every series of counts.

    Of a pollutant per 10 ug m-3; of temperature at whole degrees against the series' own minimum (``reference``). A
    series that sums several parts, ages or districts has the mean risk, weighted with their ``usual`` counts
    (district, part, age).
    """
    found = slopes(seed)
    curve = np.exp(np.sum(thermal(TEMPERATURES), axis=0))[:, None]  # (T, 1, part, age)
    rows: list[tuple[Any, ...]] = []
    for measure, counts in usual.items():
        for district, cause, age, share in totals(counts):
            key = (measure, cause, age, district)
            for code, slope in found.items():
                rr = float((share * np.exp(PER * slope)).sum())
                rows.append((code, *key, PER, 0.0, rr, "ug m-3"))
            risk = (share * curve).sum(axis=(1, 2, 3))
            least = int(risk.argmin())
            rows += [
                ("temperature", *key, float(t), float(TEMPERATURES[least]), float(r), "degC")
                for t, r in zip(TEMPERATURES, risk / risk[least], strict=True)
            ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.assign(rr=table["rr"].round(6))


def lag_shares() -> pd.DataFrame:
    """Truth ``response_lags``: the share of an exposure's effect by day after it."""
    rows = [
        (name, lag, share) for name, shares in figures()["lags"].items() for lag, share in enumerate(shares)
    ]
    return pd.DataFrame(rows, columns=["exposure", "lag", "share"])
