"""Surface water: the class of each section, and its grade in the cells beside it and around drinking-water sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.environmental_health.hazards.grades import chance, cumulative, mean_with_error, worst_of
from gzeco_lib.environmental_health.hazards.layers import Floats, Layer, nothing, site_rows
from gzeco_lib.environmental_health.hazards.readings import LENGTH, Readings, pivoted, readings
from gzeco_lib.environmental_health.hazards.rules import Z90, rules, water_grade
from gzeco_lib.errors import N_
from gzeco_lib.geo.coords import to_plane
from gzeco_lib.geo.distance import nearest
from gzeco_lib.standards import water as norm
from gzeco_lib.standards.facts import load
from gzeco_lib.variables import get as variable
from gzeco_lib.variables import variables

if TYPE_CHECKING:
    from gzeco_lib.geo.grid import Grid
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

NAME = "water class (GB 3838)"
SYMBOLS = ("", "I", "II", "III", "IV", "V", ">V")  # of classes, read in any language
CLASSES = np.arange(1, norm.WORSE_THAN_V + 1)


@dataclass(frozen=True)
class Sections:
    """Classed sections.

    Attributes:
        sites: rows of the readings' sites that could be classed.
        number: class 1..6 (section,).
        cumulative: probability of class 1, at most 2, .. (section, 6).
        rows: ``hazard_sites`` rows.
    """

    sites: pd.DataFrame
    number: np.ndarray
    cumulative: Floats
    rows: list[dict[str, Any]]


def layer(lake: Lake, at: pd.Timestamp, grid: Grid) -> Layer:
    """The grade of the water in each cell inside the city; cells away from sections and sources are not known."""
    cells = grid.points(inside=True)
    found = readings(
        lake, at, _items(), {k: int(v) for k, v in rules()["water"]["window_days"].items()}, ["water"]
    )
    notes = _notes(found)
    sections = classed(found, at)
    if not len(sections.sites):
        return nothing(
            len(cells),
            "1",
            NAME,
            [*notes, (N_("No surface-water section has readings: water is not graded."), {})],
        )
    source_xy = _sources(lake)
    if not len(source_xy):
        notes.append(
            (N_("The lake holds no drinking-water sources: their protection areas are not on the map."), {})
        )
    made = _cells(sections, source_xy, cells)
    return Layer(*made[:4], "1", NAME, *made[4:], site_rows(sections.rows), notes)


def _items() -> list[str]:
    """Items of the norm that the variable dictionary knows."""
    return [code for code in norm.items() if code in variables()]


def _notes(found: Readings) -> list[Note]:
    notes: list[Note] = []
    if found.silent:
        notes.append(
            (
                N_("Water sections without readings in the window: {sites}."),
                {"sites": ", ".join(found.silent)},
            )
        )
    if found.unplaced:
        notes.append(
            (
                N_("Water sections without coordinates, left off the map: {sites}."),
                {"sites": ", ".join(found.unplaced)},
            )
        )
    return notes


def classed(found: Readings, at: pd.Timestamp) -> Sections:
    """Classes of the sections from the means of the window, by the single-factor method."""
    kept, numbers, probabilities, rows = [], [], [], []
    of_sections = _means(found)
    for k, site in enumerate(found.sites.to_dict("records")):
        body, means = body_of(site), of_sections[k]
        if not means:
            continue
        whole = norm.water_class({code: m["value"] for code, m in means.items()}, body, at)
        inside = [_item_chances(code, m["value"], m["sd"], body, at) for code, m in means.items()]
        kept.append(k)
        numbers.append(int(whole.number))
        probabilities.append(worst_of(inside, together=False))
        rows += _rows(
            {str(key): value for key, value in site.items()},
            means,
            body,
            at,
            int(whole.number),
            str(whole.worst[()]),
        )
    sites = found.sites.iloc[kept].reset_index(drop=True)
    return Sections(sites, np.array(numbers, dtype=int), np.array(probabilities).reshape(-1, 6), rows)


def body_of(site: Any) -> norm.Body:
    """``lake`` where the name says lake or reservoir, else ``river``."""
    name = f"{site['name_zh']} {site['name_en']}".lower()
    return "lake" if any(word in name for word in rules()["water"]["lake_words"]) else "river"


def _means(found: Readings) -> list[dict[str, dict[str, Any]]]:
    """Means of the window by item for each section, from the shortest interval that gives a valid day of the item."""
    result: list[dict[str, dict[str, Any]]] = [{} for _ in range(len(found.sites))]
    assumed = float(rules()["water"]["assumed_error"])
    for interval, window in rules()["water"]["window_days"].items():
        part = found.rows[found.rows["interval"] == interval]
        for code in part["variable"].unique():
            times, values = pivoted(part, code, list(found.sites["site"]))
            daily = norm.daily_means(code, values, times, interval).value
            _, error, n = mean_with_error(daily)
            mean = norm.mean(code, daily)
            for k in np.flatnonzero(n > 0):
                if code in result[k]:
                    continue
                own = times[np.isfinite(values[:, k])]
                sd = float(error[k]) if np.isfinite(error[k]) else abs(float(mean[k])) * assumed
                result[k][code] = {
                    "value": float(mean[k]), "sd": sd, "n": int(n[k]), "capture": min(1.0, n[k] / int(window)),
                    "start": own.min().tz_convert("UTC"), "end": own.max().tz_convert("UTC") + LENGTH[interval],
                }  # fmt: skip
    return result


def _item_chances(code: str, value: float, sd: float, body: norm.Body, at: pd.Timestamp) -> Floats:
    """Probability of class 1, at most 2, .. at most 6 (6,) of one item; rounding counts."""
    half = 0.5 * 10.0 ** -load("gb3838")["decimals"]["places"][code]
    first = norm.water_limit(code, 1, body, at).value
    if isinstance(first, tuple):
        low, high = cumulative(value, sd, [first[0] - half, first[1] + half])[:2]
        return np.array([*[high - low] * 5, 1.0])
    limits = np.array([float(norm.water_limit(code, k, body, at).value) for k in range(1, 6)])
    falling = limits[0] > limits[-1]  # dissolved oxygen: more is better
    return cumulative(-value, sd, half - limits) if falling else cumulative(value, sd, limits + half)


def _rows(
    site: dict[str, Any],
    means: dict[str, dict[str, Any]],
    body: norm.Body,
    at: pd.Timestamp,
    number: int,
    worst: str,
) -> list[dict[str, Any]]:
    """A row for each item and, with an empty variable, one for the section."""
    base = {
        "hazard": "water",
        **{k: site[k] for k in ("site", "name_zh", "name_en", "lon", "lat", "district")},
    }
    rows = []
    for code, m in means.items():
        own = int(norm.item_class(code, m["value"], body, at))
        third = norm.water_limit(code, 3, body, at)
        limit = np.nan if isinstance(third.value, tuple) else float(third.value)
        rows.append(
            {
                **base, "variable": code, "value": m["value"], "lo": m["value"] - Z90 * m["sd"],
                "hi": m["value"] + Z90 * m["sd"], "unit": variable(code).unit, "start": m["start"], "end": m["end"],
                "n": m["n"], "capture": m["capture"], "limit": limit, "grade": float(water_grade(np.array(own))),
                "class": SYMBOLS[own], "clause": f"{third.document} {third.clause}",
                "certainty": third.certainty,
            }
        )  # fmt: skip
    rows.append(
        {
            **base, "variable": "", "value": float(number), "unit": "1",
            "start": min(m["start"] for m in means.values()),
            "end": max(m["end"] for m in means.values()), "n": len(means),
            "capture": max(m["capture"] for m in means.values()),
            "grade": float(water_grade(np.array(number))), "class": SYMBOLS[number],
            "clause": rules()["water"]["clause"], "worst": worst, "certainty": rules()["water"]["certainty"],
        }
    )  # fmt: skip
    return rows


def _sources(lake: Lake) -> np.ndarray:
    """Drinking-water sources (n, 2) [m]."""
    table = lake.read("place", where={"kind": "water_source"})
    table = table[table["lon"].notna() & table["lat"].notna()]
    return np.column_stack(to_plane(table["lon"], table["lat"])) if len(table) else np.empty((0, 2))


def area_grades(required: int) -> np.ndarray:
    """Grade of classes 1..6 where class ``required`` is asked for (0: none is)."""
    plain = water_grade(CLASSES)
    if not required:
        return plain
    least = float(rules()["water"]["protection"]["least_grade"])
    return np.where(required < CLASSES, np.maximum(plain, least), plain)


def _cells(
    sections: Sections, source_xy: np.ndarray, cells: np.ndarray
) -> tuple[Floats, Floats, Floats, Floats, NDArray[np.object_], dict[str, Floats]]:
    """Grade, class, its standard deviation, probability, and section, area and distances of each cell."""
    reach = float(rules()["water"]["reach_m"])
    section_xy = sections.sites[["x", "y"]].to_numpy(dtype=float)
    distance, serving = nearest(cells, section_xy)
    known = distance <= reach
    area, source_distance = np.zeros(len(cells)), np.full(len(cells), np.nan)
    if len(source_xy):
        protection = rules()["water"]["protection"]
        source_distance, source = nearest(cells, source_xy)
        area = np.select(
            [source_distance <= protection["first_m"], source_distance <= protection["second_m"]],
            [1.0, 2.0],
            0.0,
        )
        # In a protection area the section at the source speaks for its water, where there is one.
        to_section, at_source = nearest(source_xy, section_xy)
        by_source = (area > 0) & (to_section[source] <= reach)
        serving = np.where(by_source, at_source[source], serving)
        known = known | by_source
    grade, probability = np.full(len(cells), np.nan), np.full(len(cells), np.nan)
    for code, required in (
        (0, 0),
        (1, int(norm.required_class("first").value)),
        (2, int(norm.required_class("second").value)),
    ):
        here = known & (area == code)
        by_class = area_grades(required)
        grade[here] = by_class[sections.number[serving[here]] - 1]
        reached = (by_class[None, :] <= np.arange(1, 6)[:, None]).sum(
            axis=1
        ) - 1  # the last class of each grade
        of_section = np.where(reached >= 0, sections.cumulative[:, np.maximum(reached, 0)], 0.0)
        probability[here] = chance(of_section[serving[here]], grade[here])
    single = np.diff(sections.cumulative, axis=1, prepend=0.0)
    expected = single @ CLASSES
    spread = np.sqrt(np.maximum(single @ np.square(CLASSES) - np.square(expected), 0.0))
    extra = {
        "water_area": area,
        "water_source_distance": source_distance,
    }
    value = np.where(known, sections.number[serving].astype(float), np.nan)
    site = np.where(known, sections.sites["site"].to_numpy(dtype=object)[serving], "")
    return grade, value, np.where(known, spread[serving], np.nan), probability, site, extra
