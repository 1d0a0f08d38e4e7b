"""Screening of risk sources: enterprises near cells of high health risk, with a score that can be followed by hand.

The score (0-100) adds five parts, each 0..1 times its points:

- risk 35: peak excess risk of the nearest high-risk cell over the excess risk of the high-risk threshold
- people 20: persons within 2 km over 100,000
- permit 15: permit management class key 1, simplified 0.6, registered 0.2, unknown 0.2
- emissions 10: rank of the reported emissions among all enterprises that report any
- record 20: 0.6 x exceedances in 12 months over 6 + 0.4 x complaints in 12 months over 10

Beside the score stand what it does not count: whether the wind of the coming hours blows from the enterprise to those
cells, what toxic substances it reports, and who needs care nearby. Screening says where to look first; it finds no
offence.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.upwind import Wind, first_time, upwind
from gzeco_lib.errors import N_
from gzeco_lib.geo.coords import to_plane
from gzeco_lib.geo.distance import nearest, within

POINTS = {"risk": 35.0, "people": 20.0, "permit": 15.0, "emissions": 10.0, "record": 20.0}
PEOPLE_RADIUS = 2000.0  # [m]
MANY_PEOPLE = 100_000.0
CLASSES = {"key": 1.0, "simplified": 0.6, "registered": 0.2}
UNKNOWN_CLASS = 0.2
CARE = ("school", "kindergarten", "hospital", "elderly_home")
CARE_RADIUS = 1000.0  # [m]
# Emissions reported under these codes are, or carry, air toxics; VOC stands for the organic ones among them.
TOXIC = (
    "VOC", "NMHC", "benzene", "toluene", "xylene", "formaldehyde", "butadiene_1_3", "As_air", "Cd_air", "Ni_air",
    "CrVI_air", "Pb_air", "Hg_air",
)  # fmt: skip
TOP_SHARE = 0.1  # of the cells, where none reaches the threshold

COLUMNS = (
    "rank", "enterprise", "name_zh", "name_en", "industry", "district", "lon", "lat", "score", "reasons",
    "nearest_cell", "distance_m", "excess_risk", "population_2km", "management", "exceedances_12m", "complaints_12m",
    "credit", "stack_height_m", "emission_rank", "emissions", "toxics", "upwind_hours", "wind_hours", "upwind_from",
    "places_1km", "place_people_1km", "nearest_place", "nearest_place_en",
)  # fmt: skip

# When a part of the score is worth naming as a reason: part, smallest share of its points, message.
REASONS: tuple[tuple[str, float, str], ...] = (
    ("risk", 1.0, N_("within reach of cells above the high-risk threshold")),
    ("people", 0.5, N_("over 50,000 people within 2 km")),
    ("permit", 1.0, N_("key permit management")),
    ("emissions", 0.8, N_("emissions in the top fifth")),
    ("exceedances", 0.01, N_("exceedances in 12 months")),
    ("complaints", 0.01, N_("complaints in 12 months")),
    ("upwind", 0.01, N_("upwind of these cells in the coming hours")),
    ("toxics", 1.0, N_("reports toxic or organic substances")),
    ("places", 0.01, N_("schools, hospitals or homes for the elderly within 1 km")),
)
NEAR = N_("near the cells of highest risk in the city")


@dataclass(frozen=True)
class HighCells:
    """Cells of high risk.

    Attributes:
        xy: centres (cell, 2) [m].
        name: cell ids.
        risk: peak excess risk from now to the horizon [%].
        absolute: True where they reach the threshold, False where they are only the highest tenth of the city.
    """

    xy: np.ndarray
    name: np.ndarray
    risk: np.ndarray
    absolute: bool


def high_cells(risk: np.ndarray, xy: np.ndarray, name: np.ndarray, threshold: float) -> HighCells:
    """The cells whose peak reaches ``threshold`` [%]; where none does, the tenth with the highest peaks.

    Args:
        risk: excess risk (time, cell) [%] from the latest hour on.
        xy: cell centres [m].
        name: cell ids.
        threshold: excess risk of the high-risk threshold [%].
    """
    known = np.isfinite(risk).any(axis=0)
    peak = np.where(
        known, np.nanmax(np.where(np.isfinite(risk), risk, -np.inf), axis=0, initial=-np.inf), np.nan
    )
    high = known & (np.nan_to_num(peak, nan=-np.inf) > threshold)
    absolute = bool(high.any())
    if not absolute and known.any():
        high = known & (np.nan_to_num(peak, nan=-np.inf) >= np.quantile(peak[known], 1 - TOP_SHARE))
    return HighCells(xy[high], name[high], peak[high], absolute)


def screen(
    enterprises: pd.DataFrame,
    cells: HighCells,
    radius: float,
    threshold: float,
    people: np.ndarray | None,
    all_xy: np.ndarray,
    *,
    wind: Wind | None = None,
    places: pd.DataFrame | None = None,
    at: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """The enterprises within ``radius`` of a high-risk cell, highest score first.

    Args:
        enterprises: rows of the lake's table.
        cells: high-risk cells.
        radius: screening radius [m].
        threshold: excess risk of the high-risk threshold [%].
        people: persons in each cell of the city, None where unknown (that part of the score is then 0).
        all_xy: centres of those cells [m].
        wind: of the coming hours; without it nothing is said of it (empty columns).
        places: rows of the lake's table ``place``; without it nothing is said of who needs care nearby.
        at: UTC time of the first coming hour, for ``upwind_from``.
    """
    placed = enterprises[enterprises["lon"].notna() & enterprises["lat"].notna()].reset_index(drop=True)
    if placed.empty or len(cells.xy) == 0:
        return pd.DataFrame(columns=list(COLUMNS))
    xy = np.column_stack(to_plane(placed["lon"], placed["lat"]))
    distance, index = nearest(xy, cells.xy)
    table = placed.assign(
        distance_m=np.round(distance),
        nearest_cell=cells.name[index],
        excess_risk=_peak_near(xy, cells, radius, index),
        population_2km=_people_near(xy, people, all_xy),
        emission_rank=emission_rank(placed["emission_t_a"]),
        emissions=[_emissions(text) for text in placed["emission_t_a"]],
        toxics=[",".join(c for c in TOXIC if c in _amounts(text)) for text in placed["emission_t_a"]],
        **_wind_columns(xy, cells, radius, wind, at),
        **_place_columns(xy, places),
    )
    table = table[distance <= radius].reset_index(drop=True)
    parts = score_parts(table, threshold)
    table["score"] = np.round(sum(parts[name] * points for name, points in POINTS.items()), 1)
    table["reasons"] = reasons(parts, cells.absolute)
    table = table.sort_values(
        ["score", "distance_m", "enterprise"], ascending=[False, True, True], ignore_index=True
    )
    table["rank"] = np.arange(1, len(table) + 1)
    for column in ("exceedances_12m", "complaints_12m", "upwind_hours", "wind_hours", "places_1km"):
        table[column] = table[column].astype("Int64")
    return table[list(COLUMNS)]


def _peak_near(xy: np.ndarray, cells: HighCells, radius: float, nearest_index: np.ndarray) -> np.ndarray:
    found = within(xy, cells.xy, radius)
    return np.array(
        [
            cells.risk[near].max() if len(near) else cells.risk[at]
            for near, at in zip(found, nearest_index, strict=True)
        ]
    )


def _people_near(xy: np.ndarray, people: np.ndarray | None, all_xy: np.ndarray) -> np.ndarray:
    if people is None:
        return np.full(len(xy), np.nan)
    return np.array([people[near].sum() for near in within(xy, all_xy, PEOPLE_RADIUS)]).round()


def emission_rank(emissions: pd.Series) -> np.ndarray:
    """Rank 0..1 of each enterprise's summed emissions [t a-1] among those that report any, 0 for the others."""
    total = emissions.map(_tonnes).astype(float)
    return total.rank(pct=True).fillna(0.0).to_numpy()


def _amounts(text: object) -> dict[str, float]:
    """Reported emissions [t a-1] by code; empty where there are none or the text is no such list."""
    try:
        amounts = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        return {}
    if not isinstance(amounts, dict):
        return {}
    return {str(k): float(v) for k, v in amounts.items() if isinstance(v, int | float) and np.isfinite(v)}


def _tonnes(text: object) -> float:
    values = _amounts(text).values()
    return sum(values) if values else np.nan


def _emissions(text: object) -> str:
    """The three largest reported emissions [t a-1] as "NOx 120, SO2 30"."""
    largest = sorted(_amounts(text).items(), key=lambda pair: (-pair[1], pair[0]))[:3]
    return ", ".join(f"{code} {amount:g}" for code, amount in largest)


def _wind_columns(
    xy: np.ndarray, cells: HighCells, radius: float, wind: Wind | None, at: pd.Timestamp | None
) -> dict[str, Any]:
    """How many of the coming hours each enterprise lies upwind of high-risk cells, of how many, and from when."""
    if wind is None:
        none = pd.array([pd.NA] * len(xy), dtype="Int64")
        return {
            "upwind_hours": none,
            "wind_hours": none,
            "upwind_from": pd.Series([pd.NaT] * len(xy), dtype="datetime64[ns, UTC]"),
        }
    blown = upwind(xy, cells.xy, wind, radius)
    since = first_time(blown, at) if at is not None else [pd.NaT] * len(xy)
    return {
        "upwind_hours": blown.sum(axis=0),
        "wind_hours": len(wind.hours),
        "upwind_from": pd.Series(pd.DatetimeIndex(since, tz="UTC")).astype("datetime64[ns, UTC]"),
    }


def _place_columns(xy: np.ndarray, places: pd.DataFrame | None) -> dict[str, Any]:
    """Schools, kindergartens, hospitals and homes for the elderly within 1 km, their people, and the nearest one."""
    columns = ("places_1km", "place_people_1km", "nearest_place", "nearest_place_en")
    rows = (
        None
        if places is None
        else places[places["kind"].isin(CARE) & places["lon"].notna() & places["lat"].notna()]
    )
    if rows is None or rows.empty:
        return {
            columns[0]: pd.array([pd.NA] * len(xy), dtype="Int64"),
            columns[1]: np.nan,
            columns[2]: "",
            columns[3]: "",
        }
    place_xy = np.column_stack(to_plane(rows["lon"], rows["lat"]))
    near = within(xy, place_xy, CARE_RADIUS)
    people = rows["people"].to_numpy(dtype=float)
    distance, index = nearest(xy, place_xy)
    named = rows["name_zh"].astype(str).to_numpy()
    english = rows["name_en"].fillna(rows["name_zh"]).astype(str).to_numpy() if "name_en" in rows else named
    return {
        columns[0]: [len(found) for found in near],
        columns[1]: [float(np.nansum(people[found])) for found in near],
        columns[2]: np.where(distance <= CARE_RADIUS, named[index], ""),
        columns[3]: np.where(distance <= CARE_RADIUS, english[index], ""),
    }


def score_parts(table: pd.DataFrame, threshold: float) -> dict[str, np.ndarray]:
    """Each part of the score as 0..1 (enterprise,), with the two halves of the record beside."""
    exceedances = np.minimum(table["exceedances_12m"].fillna(0).to_numpy(dtype=float) / 6, 1.0)
    complaints = np.minimum(table["complaints_12m"].fillna(0).to_numpy(dtype=float) / 10, 1.0)
    return {
        "risk": np.minimum(table["excess_risk"].to_numpy(dtype=float) / threshold, 1.0),
        "people": np.minimum(np.nan_to_num(table["population_2km"].to_numpy(dtype=float)) / MANY_PEOPLE, 1.0),
        "permit": table["management"].map(CLASSES).fillna(UNKNOWN_CLASS).to_numpy(dtype=float),
        "emissions": table["emission_rank"].to_numpy(dtype=float),
        "record": 0.6 * exceedances + 0.4 * complaints,
        "exceedances": exceedances,
        "complaints": complaints,
        **_beside(table),
    }


def _beside(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """What stands beside the score, as 0..1: share of the coming hours upwind, toxics reported, care nearby."""
    nothing = np.zeros(len(table))
    if "upwind_hours" not in table:
        return {"upwind": nothing, "toxics": nothing, "places": nothing}
    hours = table["wind_hours"].astype("Float64").fillna(0).to_numpy(dtype=float)
    blown = table["upwind_hours"].astype("Float64").fillna(0).to_numpy(dtype=float)
    return {
        "upwind": blown / np.maximum(hours, 1),
        "toxics": (table["toxics"] != "").to_numpy(dtype=float),
        "places": np.minimum(table["places_1km"].astype("Float64").fillna(0).to_numpy(dtype=float), 1.0),
    }


def reasons(parts: dict[str, np.ndarray], absolute: bool) -> list[str]:
    """Message ids of the reasons of each enterprise, joined by "|"."""
    result = []
    for k in range(len(parts["risk"])):
        named = [
            text for part, least, text in REASONS if parts[part][k] >= least and (part != "risk" or absolute)
        ]
        result.append("|".join(named if absolute else [NEAR, *named]))
    return result


def explained(joined: str, translate: Callable[[str], str]) -> list[str]:
    """The reasons of a row in the reader's language."""
    return [translate(text) for text in joined.split("|") if text]
