"""The usual day of the city's people: from the table `exposure`, or modelled from where they live."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.feeds.regrid import inside_index, spread
from gzeco_lib.errors import N_
from gzeco_lib.geo.coords import to_plane
from gzeco_lib.geo.districts import NAMES

if TYPE_CHECKING:
    from gzeco_lib.geo.grid import Grid
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

GROUPS = ("child_0_14", "adult_15_64", "elder_65", "outdoor_worker")  # disjoint; their sum is everybody
USUAL, RESIDENTS, AREA = "usual", "residents", "area"


@dataclass(frozen=True, eq=False)
class UsualDay:
    """Persons by kind of day (0 workday, 1 restday), local hour, group and cell inside the city.

    Attributes:
        persons: (2, 24, group, cell); ones where nothing is known of people.
        made_from: ``usual`` (table exposure), ``residents`` (modelled) or ``area`` (nothing known).
    """

    persons: np.ndarray
    made_from: str


def usual_day(lake: Lake, grid: Grid) -> tuple[UsualDay, list[Note]]:
    """The usual day as well as the lake knows it, and what had to stand in for what is missing."""
    table = lake.query(
        'SELECT cell, hour, day_type, "group", sum(population) AS population FROM exposure '
        'GROUP BY cell, hour, day_type, "group"'
    )
    if len(table) and (table["population"] > 0).any():
        return UsualDay(_counted(table, grid), USUAL), []
    residents, note = _residents(lake, grid)
    if residents is None:
        cells = int(grid.mask.sum())
        return UsualDay(np.full((2, 24, len(GROUPS), cells), 1 / len(GROUPS)), AREA), [(note, {})]
    return UsualDay(_modelled(lake, grid, residents), RESIDENTS), [(note, {})]


def _counted(table: pd.DataFrame, grid: Grid) -> np.ndarray:
    """Persons (2, 24, group, cell) of the table exposure; a count without groups is shared out by the census."""
    code, cells = pd.factorize(table["cell"])
    persons = np.zeros((2, 24, len(GROUPS), len(cells)))
    kind = (table["day_type"] == "restday").to_numpy(dtype=int)
    hour, people = table["hour"].to_numpy(dtype=int), table["population"].to_numpy(dtype=float)
    group = table["group"].to_numpy(dtype=object)
    for g, name in enumerate(GROUPS):
        at = np.flatnonzero(group == name)
        np.add.at(persons, (kind[at], hour[at], np.full(len(at), g), code[at]), people[at])
    other = np.flatnonzero(~np.isin(group, GROUPS))
    for g, name in enumerate(GROUPS):
        share = day_model()["shares"][name] * people[other]
        np.add.at(persons, (kind[other], hour[other], np.full(len(other), g), code[other]), share)
    result = laid_out(persons, spread(np.asarray(cells, dtype=str), grid))
    # A kind of day that the table lacks is taken from the other one, rather than leaving the city empty.
    for k in (0, 1):
        if result[k].sum() == 0:
            result[k] = result[1 - k]
    return result


def laid_out(persons: np.ndarray, share: Any) -> np.ndarray:
    """``persons`` (..., lake cell) on the cells of the grid (..., cell inside)."""
    flat = persons.reshape(-1, persons.shape[-1])
    return np.asarray((share @ flat.T).T).reshape(*persons.shape[:-1], share.shape[0])


@cache
def day_model() -> dict[str, Any]:
    """Shares of the groups and of those away from home by hour, read once (`day_model.yaml`)."""
    from gzeco_lib.safe_yaml import read_yaml

    with resources.as_file(resources.files(__package__) / "day_model.yaml") as path:
        return dict(read_yaml(path))


def _residents(lake: Lake, grid: Grid) -> tuple[np.ndarray | None, str]:
    """Residents by group and cell (group, cell), None where unknown, and the sentence that says so."""
    rows = lake.read("cell", columns=["cell", "value"], where={"attribute": "residents"})
    if len(rows) and rows["value"].sum() > 0:
        share = spread(rows["cell"].to_numpy(dtype=str), grid)
        total = np.asarray(share @ rows["value"].to_numpy(dtype=float))
        return _by_age(lake, grid, total), N_(
            "Nobody counted people by the hour: residents of each cell and a model of the day stand in; by day the "
            "numbers of single cells are uncertain."
        )
    known = _population(lake)
    known = known[known["age"] == -1]
    figures = dict(zip(known["district"], known["value"].astype(float), strict=True))
    inside, total = grid.district[grid.mask], np.zeros(int(grid.mask.sum()))
    for code in NAMES:
        here = inside == code
        if code in figures and here.any():
            total[here] = figures[code] / here.sum()
    if total.sum() == 0:
        return None, N_(
            "The lake holds nothing about people: areas count instead, and nobody can be counted."
        )
    return _by_age(lake, grid, total), N_(
        "Nobody counted people by the hour: residents spread evenly over their district and a model of the day stand "
        "in; numbers of single cells are very uncertain."
    )


def _population(lake: Lake) -> pd.DataFrame:
    """The latest population figure of each area and age: district, age (-1 all), value [1]."""
    rows = lake.read("demography", where={"measure": "population"})
    rows = rows.sort_values("year").drop_duplicates(["district", "age"], keep="last")
    single = rows[rows["age"] >= 0].groupby("district")["value"].sum()
    totals = set(rows.loc[rows["age"] == -1, "district"])
    summed = [{"district": d, "age": -1, "value": v} for d, v in single.items() if d not in totals]
    parts = [rows[["district", "age", "value"]], *([pd.DataFrame(summed)] if summed else [])]
    return pd.concat(parts, ignore_index=True)


def _by_age(lake: Lake, grid: Grid, total: np.ndarray) -> np.ndarray:
    """``total`` (cell,) shared out over the groups: by the ages of the district where known, else by the census."""
    model, rows = day_model()["shares"], _population(lake)
    rows = rows[rows["age"] >= 0]
    inside = grid.district[grid.mask]
    shares = np.repeat(np.array([model[g] for g in GROUPS])[:, None], len(total), axis=1)
    for code, ages in rows.groupby("district"):
        people = ages["value"].sum()
        if code not in NAMES or people <= 0:
            continue
        child = ages.loc[ages["age"] < 15, "value"].sum() / people
        elder = ages.loc[ages["age"] >= 65, "value"].sum() / people
        outdoor = min(model["outdoor_worker"], 1 - child - elder)
        shares[:, inside == code] = np.array([child, 1 - child - elder - outdoor, elder, outdoor])[:, None]
    return shares * total


def _modelled(lake: Lake, grid: Grid, residents: np.ndarray) -> np.ndarray:
    """Persons (2, 24, group, cell): those away from home are in their own district where schools and works are."""
    away, inside = day_model()["away"], grid.district[grid.mask]
    persons = np.empty((2, 24, len(GROUPS), residents.shape[1]))
    pulls = {"school": _pull(lake, grid, school=True), "work": _pull(lake, grid, school=False)}
    for g, name in enumerate(GROUPS):
        pull = pulls["school" if name == "child_0_14" else "work"]
        goal = np.zeros(residents.shape[1])
        for code in np.unique(inside):
            here = inside == code
            # A district in which nothing is known to go to: its people are where it has most residents.
            weight = pull[here] if pull[here].sum() > 0 else residents[:, here].sum(axis=0)
            goal[here] = residents[g, here].sum() * weight / max(weight.sum(), 1e-12)
        for k, kind in enumerate(("workday", "restday")):
            out = np.asarray(away[kind][name], dtype=float)[:, None]
            persons[k, :, g] = (1 - out) * residents[g] + out * goal
    return persons


def _pull(lake: Lake, grid: Grid, school: bool) -> np.ndarray:
    """How strongly each cell draws people by day (cell,): pupils of schools, or people at work."""
    rows = lake.read("place", columns=["kind", "lon", "lat", "people"])
    is_school = rows["kind"].isin(["school", "kindergarten"])
    rows = rows[is_school if school else rows["kind"].isin(["hospital", "construction"])]
    weight = rows["people"].fillna(300.0 if school else 100.0).to_numpy(dtype=float)
    lon, lat = rows["lon"].to_numpy(dtype=float), rows["lat"].to_numpy(dtype=float)
    if not school:
        works = lake.read("enterprise", columns=["lon", "lat"])
        lon, lat = np.append(lon, works["lon"]), np.append(lat, works["lat"])
        weight = np.append(weight, np.full(len(works), 200.0))
    known = np.isfinite(lon) & np.isfinite(lat)
    pull = np.zeros(int(grid.mask.sum()))
    if known.any():
        at = inside_index(np.column_stack(to_plane(lon[known], lat[known])), grid)
        np.add.at(pull, at[at >= 0], weight[known][at >= 0])
    return pull
