"""The friendliness index of a run: by cell, city, district, kind of place and place, and for each group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.environmental_health.districts import district_masks
from gzeco_lib.environmental_health.friendliness import inputs
from gzeco_lib.environmental_health.friendliness.inputs import Part
from gzeco_lib.environmental_health.friendliness.rules import GROUPS, PARTS, points, rules, weights_of
from gzeco_lib.environmental_health.friendliness.scores import Index, index, score
from gzeco_lib.errors import N_

if TYPE_CHECKING:
    from gzeco_lib.environmental_health.feeds.people import People
    from gzeco_lib.environmental_health.fields import CityCells
    from gzeco_lib.environmental_health.outlook.weather import Weather
    from gzeco_lib.environmental_health.series import Series
    from gzeco_lib.geo.grid import Grid
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

COLUMNS = ("scope", "key", "name_zh", "name_en", "group", "index", "lo", "hi", "missing")
PART_COLUMNS = ("scope", "key", "group", "part", "value", "unit", "score", "sd", "weight", "covered")
CITY_KEY = "440100"
KINDS = ("park", "hospital")  # that make the part `access`
WHY = {
    "air": N_("No excess risk of the air is known."),
    "heat": N_("The lake holds no recent temperature: the index is made without heat."),
    "noise": N_("No noise level is known: the index is made without noise."),
    "water": N_("No water section is known: the index is made without water."),
    "green": N_("The lake holds no green share of its cells: the index is made without green space."),
    "access": N_("The lake holds no parks and hospitals: the index is made without access."),
}


Rows = list[dict[str, object]]


@dataclass(frozen=True)
class Scored:
    """Values, expected scores and their standard deviations, arrays (part, cell or place)."""

    value: np.ndarray
    score: np.ndarray
    sd: np.ndarray

    def of(self, which: np.ndarray) -> Scored:
        """The columns ``which``."""
        return Scored(self.value[:, which], self.score[:, which], self.sd[:, which])


@dataclass
class Friendliness:
    """What `make` gives.

    Attributes:
        tables: ``friendliness`` and ``friendliness_parts``.
        dataset: the field ``friendliness``.
        counts: inputs of the advice that are no series.
        notes: missing inputs and what was used instead.
    """

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    dataset: xr.Dataset = field(default_factory=xr.Dataset)
    counts: dict[str, float] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True)
class _Asked:
    """What every row needs: the weights asked for and how sure they are."""

    weights: Mapping[str, float]
    certainty: float

    def of(self, scored: Scored, group: str) -> Index:
        weight = weights_of(self.weights, group)
        return index(scored.score, scored.sd, np.array([weight[part] for part in PARTS]), self.certainty)


def make(
    lake: Lake,
    grid: Grid,
    series: Series,
    cells: CityCells,
    people: People,
    weather: Weather | None,
    hazards: xr.Dataset | None,
    form: str,
    weights: Mapping[str, float],
    certainty: float | None = None,
) -> Friendliness:
    """The index of everything the lake knows of.

    Args:
        people: present on the time axis of ``series``; what is not ``known`` counts as area.
        weather: from the outlook; None where not known.
        hazards: the field of the hazards map, for noise and water; None where not known.
        form: the form of the excess risk.
        weights: of the parts for everybody, of any sum.
        certainty: of the weights; that of the rules where None.

    Raises:
        InputError: for weights that cannot be used.
    """
    asked = _Asked(weights, float(rules()["certainty_of_weights"] if certainty is None else certainty))
    weights_of(weights, "all")
    xy = grid.points(inside=True)
    known_places = inputs.places(lake)
    warm, notes = inputs.heat(weather, series.leads, xy)
    given = {
        "air": inputs.air(cells, series.leads),
        "heat": warm,
        "noise": inputs.hazard(hazards, "noise", grid),
        "water": inputs.hazard(hazards, "water", grid),
        "green": inputs.green(lake, xy),
    }
    scored = _scored(given, _access(xy, known_places), series.utc[-1], form)
    # of noise and water the hazards have said already that they are not known
    told = ("noise", "water") if hazards is not None else ()
    unknown = ~np.isfinite(scored.score).any(axis=1)
    notes += [(WHY[p], {}) for k, p in enumerate(PARTS) if unknown[k] and p not in told]
    notes += _thin(scored, weights)
    ahead = series.leads >= 0
    present = {group: _present(people, group, ahead) for group in GROUPS}
    rows, parts = _areas(scored, present, asked, grid)
    more, more_parts = _places(scored, known_places, xy, asked, grid, series.utc[-1], form)
    return Friendliness(
        {
            "friendliness": pd.DataFrame([*rows, *more], columns=list(COLUMNS)),
            "friendliness_parts": pd.DataFrame([*parts, *more_parts], columns=list(PART_COLUMNS)),
        },
        _dataset(scored, asked.of(scored, "all"), grid),
        _counts(known_places, more_parts),
        notes,
    )


def _thin(scored: Scored, weights: Mapping[str, float]) -> list[Note]:
    """Says so where the parts known anywhere carry too little of the weight for an index of everything."""
    known = np.isfinite(scored.score).any(axis=1)
    share = sum(weight for part, weight in weights_of(weights, "all").items() if known[PARTS.index(part)])
    if not 0 < share < float(rules()["least_weight"]):
        return []
    note = N_(
        "The index rests on {n} of {all} parts with {share}% of the weight: it says little of the others."
    )
    return [(note, {"n": int(known.sum()), "all": len(PARTS), "share": round(100 * share)})]


def _counts(places: pd.DataFrame, parts: Rows) -> dict[str, float]:
    """``noisy_sites``: construction sites in cells louder than the limit of their zone; only where one is known."""
    sites = set(places.loc[places["kind"] == "construction", "place"].astype(str))
    over = [
        float(np.asarray(row["value"])) > 0
        for row in parts
        if row["scope"] == "place"
        and row["part"] == "noise"
        and row["key"] in sites
        and row["covered"] == 1.0
    ]
    return {"noisy_sites": float(sum(over))} if over else {}


def _scored(given: dict[str, Part], access: Scored, on: np.datetime64, form: str) -> Scored:
    """Scores of the five parts of one curve, with ``access`` as the last."""
    made = [score(given[part].value, given[part].sd, points(part, on, form)) for part in PARTS[:-1]]
    return Scored(
        np.vstack([*(given[part].value for part in PARTS[:-1]), access.value]),
        np.vstack([*(one for one, _ in made), access.score]),
        np.vstack([*(sd for _, sd in made), access.sd]),
    )


def _access(xy: np.ndarray, known: pd.DataFrame, own: str = "", exact: bool = False) -> Scored:
    """Nearness of parks and hospitals (1, point): the mean of the scores of the kinds that are known.

    Its value is the distance to the nearest park [m], or hospital where no park is known.

    Args:
        own: the kind of the points themselves, which do not serve themselves.
        exact: the points are places and not the centres of cells.
    """
    rule = rules()["parts"]["access"]
    away, scores, sds = [], [], []
    for kind in KINDS:
        targets = known.loc[known["kind"] == kind, ["x", "y"]].to_numpy(dtype=float)
        apart = inputs.distance(xy, targets, itself=kind == own)
        one, sd = score(apart, np.full(len(xy), 0.0 if exact else inputs.CELL), np.asarray(rule[kind], float))
        away.append(apart)
        scores.append(one)
        sds.append(sd)
    stack, count = np.array(scores), np.isfinite(scores).sum(axis=0)
    some = count > 0
    mean = np.where(some, np.nansum(stack, axis=0) / np.maximum(count, 1), np.nan)
    error = np.sqrt(np.nansum(np.square(sds), axis=0)) / np.maximum(count, 1)
    value = np.where(np.isfinite(away[0]), away[0], away[1])
    return Scored(value[None], mean[None], np.where(some, error, np.nan)[None])


def _present(people: People, group: str, ahead: np.ndarray) -> np.ndarray:
    """Mean number of people of ``group`` (cell,) in the hours ahead; areas where nothing is known of people."""
    whose = str(rules()["groups"][group]["people"])
    if not people.known or (whose != "all" and whose not in people.groups):
        return people.everybody[ahead].mean(axis=0)
    return people.of(whose)[ahead].mean(axis=0)


def _mean(scored: Scored, weight: np.ndarray) -> tuple[Scored, np.ndarray]:
    """Means (part, 1) over cells weighted by people, and the share of the weight each is known for (part,).

    Errors of the cells of one part count as fully dependent. A part known for too few of the people is left out.
    """
    if weight.sum() <= 0:
        weight = np.ones_like(weight)
    known = np.isfinite(scored.score)
    total = known @ weight
    covered = total / weight.sum()
    enough = (total > 0) & (covered >= float(rules()["least_covered"]))
    with np.errstate(invalid="ignore", divide="ignore"):
        value, mean, sd = (
            np.where(enough, np.where(known, np.nan_to_num(a), 0.0) @ weight / total, np.nan)[:, None]
            for a in (scored.value, scored.score, scored.sd)
        )
    return Scored(value, mean, sd), covered


def _areas(scored: Scored, present: dict[str, np.ndarray], asked: _Asked, grid: Grid) -> tuple[Rows, Rows]:
    """The city and its districts, for each group."""
    areas = [("city", CITY_KEY, "广州市", "Guangzhou", np.ones(scored.score.shape[1], dtype=bool))]
    areas += [
        ("district", code, zh, en, which) for code, zh, en, which in district_masks(grid) if which.any()
    ]
    rows: Rows = []
    parts: Rows = []
    for scope, key, zh, en, which in areas:
        for group in GROUPS:
            mean, covered = _mean(scored.of(which), present[group][which])
            _add(rows, parts, (scope, key, zh, en), group, mean, asked, covered)
    return rows, parts


def _places(
    scored: Scored,
    known: pd.DataFrame,
    xy: np.ndarray,
    asked: _Asked,
    grid: Grid,
    on: np.datetime64,
    form: str,
) -> tuple[Rows, Rows]:
    """Kinds of places and every place in the city: the cell it lies in, with its own distances."""
    rows: Rows = []
    parts: Rows = []
    if known.empty:
        return rows, parts
    from scipy.spatial import KDTree

    points_xy = known[["x", "y"]].to_numpy(dtype=float)
    apart, cell = KDTree(xy).query(points_xy)
    for kind, rule in rules()["places"].items():
        mine = np.flatnonzero((known["kind"] == kind).to_numpy() & (apart <= grid.resolution))
        if not len(mine):
            continue
        here = scored.of(cell[mine])
        near = _access(points_xy[mine], known, own=kind, exact=True)
        here = Scored(*(np.vstack([a[:-1], b]) for a, b in zip(_arrays(here), _arrays(near), strict=True)))
        for group in ("all", *rule["groups"]):
            mean, covered = _mean(here, np.ones(len(mine)))
            _add(
                rows,
                parts,
                ("place_kind", kind, rule["name_zh"], rule["name_en"]),
                group,
                mean,
                asked,
                covered,
            )
            _each(rows, parts, known.iloc[mine], here, group, asked)
    return rows, parts


def _arrays(scored: Scored) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return scored.value, scored.score, scored.sd


def _each(rows: Rows, parts: Rows, places: pd.DataFrame, here: Scored, group: str, asked: _Asked) -> None:
    """One row a place, with the index of all of them made at once; parts once a place, for everybody."""
    made = asked.of(here, group)
    names = zip(places["place"], places["name_zh"], places["name_en"].fillna(places["name_zh"]), strict=True)
    for k, (key, zh, en) in enumerate(names):
        rows.append(_row(("place", str(key), str(zh), str(en)), group, made, here, k))
        if group == "all":
            parts += _part_rows(
                ("place", str(key)), group, here, made, k, np.isfinite(here.score[:, k]).astype(float)
            )


def _add(
    rows: Rows,
    parts: Rows,
    who: tuple[str, str, str, str],
    group: str,
    mean: Scored,
    asked: _Asked,
    covered: np.ndarray,
) -> None:
    made = asked.of(mean, group)
    rows.append(_row(who, group, made, mean, 0))
    parts += _part_rows(who[:2], group, mean, made, 0, covered)


def _row(
    who: tuple[str, str, str, str], group: str, made: Index, scored: Scored, k: int
) -> dict[str, object]:
    scope, key, zh, en = who
    missing = ",".join(part for part, one in zip(PARTS, scored.score[:, k], strict=True) if np.isnan(one))
    return {
        "scope": scope, "key": key, "name_zh": zh, "name_en": en, "group": group,
        "index": float(made.value[k]), "lo": float(made.lo[k]), "hi": float(made.hi[k]), "missing": missing,
    }  # fmt: skip


def _part_rows(
    who: tuple[str, str], group: str, scored: Scored, made: Index, k: int, covered: np.ndarray
) -> Rows:
    scope, key = who
    return [
        {
            "scope": scope, "key": key, "group": group, "part": part,
            "value": float(scored.value[p, k]), "unit": rules()["parts"][part]["unit"],
            "score": float(scored.score[p, k]), "sd": float(scored.sd[p, k]),
            "weight": float(made.weight[p, k]), "covered": float(covered[p]),
        }
        for p, part in enumerate(PARTS)
    ]  # fmt: skip


def _dataset(scored: Scored, made: Index, grid: Grid) -> xr.Dataset:
    """The field ``friendliness`` (y, x): index, index_sd, score_<part> and score_sd_<part>, NaN outside the city."""

    def spread(values: np.ndarray) -> np.ndarray:
        whole = np.full(grid.shape, np.nan, dtype=np.float32)
        whole[grid.mask] = values
        return whole

    dims = ("y", "x")
    found = grid.dataset().assign_coords(
        district=(
            dims,
            np.where(grid.mask, grid.district, "0").astype(np.int64),
            {"long_name": "adcode, 0 outside"},
        )
    )
    found["index"] = (dims, spread(made.value), {"units": "1", "long_name": "friendliness index, 0 to 100"})
    found["index_sd"] = (dims, spread(made.sd), {"units": "1", "long_name": "its standard deviation"})
    for k, part in enumerate(PARTS):
        found[f"score_{part}"] = (
            dims,
            spread(scored.score[k]),
            {"units": "1", "long_name": f"score of {part}"},
        )
        found[f"score_sd_{part}"] = (
            dims, spread(scored.sd[k]), {"units": "1", "long_name": f"standard deviation of the score of {part}"},
        )  # fmt: skip
    found.attrs = {"Conventions": "CF-1.11", "crs": "EPSG:4547", "resolution_m": grid.resolution}
    return found
