"""Who could have made an episode: enterprises with their stacks and emissions, and places nobody named."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.geo.coords import to_plane

POLLUTANTS = ("SO2", "NO2", "PM10", "PM2.5", "CO")  # as the monitors see them
EMITTED = {"SO2": "SO2", "NO2": "NOx", "PM10": "PM10", "PM2.5": "PM2.5", "CO": "CO"}
UNNAMED = 0.05  # prior that the source is none of the list
RINGS, RAYS = 7, 24  # of the net of places nobody named around an alarm
STACK = 20.0  # m, where the height is unknown
MIDDLE = 80.0  # kg h-1, prior median of the rate
# What comes with one unit of the main pollutant (SO2, NO2 as NOx, PM10, PM2.5, CO): burning of sulphurous fuel, burning
# of clean fuel, dust. CO in 1e-3, which gives mg m-3.
SIGNATURES = np.array([[1.0, 0.4, 0.2, 0.1, 0.2], [0.15, 1.0, 0.1, 0.06, 0.8], [0.0, 0.0, 1.0, 0.4, 0.0]])
SIGNATURES = SIGNATURES * np.array([1, 1, 1, 1, 1e-3])
USUAL = np.array(
    [8.0, 40.0, 50.0]
)  # ug m-3, a city's usual SO2, NO2 and PM10: an upset is noticed against these
SHARPNESS = 2.0  # power of emission over usual concentration in the prior of what goes up
ANY = 0.05  # share of that prior that is the same for all pollutants an enterprise emits


@dataclass(frozen=True)
class Candidates:
    """Hypotheses: one row for each enterprise and signature of an upset, then the places nobody named.

    Attributes:
        enterprise: its id, "" for a place nobody named (n,).
        xy: [m] (n, 2).
        height: of the release [m] (n,).
        main: index in ``POLLUTANTS`` of the pollutant that ``rate`` counts, and row of ``SIGNATURES`` (n,).
        mix: emission per unit of the main pollutant (n, pollutant); CO in 1e-3, which gives mg m-3.
        prior: sums to 1 (n,).
        middle: prior median of the rate of the main pollutant [kg h-1] (n,).
    """

    enterprise: np.ndarray
    xy: np.ndarray
    height: np.ndarray
    main: np.ndarray
    mix: np.ndarray
    prior: np.ndarray
    middle: np.ndarray

    def __len__(self) -> int:
        return len(self.prior)

    def take(self, rows: np.ndarray) -> Candidates:
        """Some rows, the prior as it was."""
        return Candidates(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def candidates(enterprises: pd.DataFrame, centre: np.ndarray, reach: float) -> Candidates:
    """All hypotheses within ``reach`` [m] of ``centre`` [m].

    Enterprises without a place or without stated emissions are left out; they are places nobody named to the trace.
    """
    near = _placed(enterprises, centre, reach).to_dict("records")
    rows = [_hypotheses({str(key): value for key, value in row.items()}) for row in near]
    rows = [row for row in rows if row]
    named = [one for row in rows for one in row]
    places, share = _places(centre, reach)
    unnamed = UNNAMED if named else 1.0
    each = unnamed / len(SIGNATURES)
    other = [
        ("", *place, STACK, k, each * part)
        for place, part in zip(places, share, strict=True)
        for k in range(len(SIGNATURES))
    ]
    listed = [(*one[:-1], one[-1] * (1 - unnamed) / max(len(rows), 1)) for one in named] + other
    enterprise, x, y, height, main, prior = zip(*listed, strict=True)
    weight = np.array(prior)
    return Candidates(
        np.array(enterprise, dtype=object), np.column_stack([x, y]), np.array(height), np.array(main),
        SIGNATURES[np.array(main)], weight / weight.sum(), np.full(len(weight), MIDDLE),
    )  # fmt: skip


def _placed(enterprises: pd.DataFrame, centre: np.ndarray, reach: float) -> pd.DataFrame:
    """Enterprises with a place within reach, with x and y [m]."""
    known = enterprises[enterprises["lon"].notna() & enterprises["lat"].notna()]
    if known.empty:
        return known.assign(x=[], y=[])
    x, y = to_plane(known["lon"].to_numpy(dtype=float), known["lat"].to_numpy(dtype=float))
    near = np.hypot(x - centre[0], y - centre[1]) <= reach
    return known.assign(x=x, y=y)[near]


def emissions(text: object) -> np.ndarray:
    """Yearly emission [t a-1] by pollutant; zeros where the text is none."""
    try:
        given = json.loads(str(text))
        found = [max(float(given.get(EMITTED[code], 0.0)), 0.0) for code in POLLUTANTS]
    except (ValueError, TypeError, AttributeError):
        return np.zeros(len(POLLUTANTS))
    return np.nan_to_num(np.array(found))


def _hypotheses(row: dict[str, Any]) -> list[tuple[Any, ...]]:
    """(enterprise, x, y, height, main, prior) of each pollutant that may go up; the prior sums to 1."""
    yearly = emissions(row["emission_t_a"])[: len(USUAL)]
    height = row["stack_height_m"]
    tall = float(height) if isinstance(height, float) and np.isfinite(height) and height > 0 else STACK
    some = yearly > 0
    if not some.any():
        return []
    seen = (yearly / USUAL / (yearly / USUAL).max()) ** SHARPNESS
    prior = (1 - ANY) * seen / seen.sum() + ANY * some / some.sum()
    return [
        (row["enterprise"], row["x"], row["y"], tall, int(k), float(prior[k])) for k in np.flatnonzero(some)
    ]


def _places(centre: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Places around ``centre`` (n, 2) [m], finer the nearer, and the share of the area each stands for (n,)."""
    edges = np.geomspace(300.0, reach, RINGS + 1)
    edges[0] = 0.0
    radius, area = 0.5 * (edges[1:] + edges[:-1]), np.diff(edges**2)
    angle = np.arange(RAYS) * 2 * np.pi / RAYS
    east, north = radius[:, None] * np.sin(angle), radius[:, None] * np.cos(angle)
    share = np.repeat(area / area.sum() / RAYS, RAYS)
    return np.column_stack([east.ravel(), north.ravel()]) + centre, share
