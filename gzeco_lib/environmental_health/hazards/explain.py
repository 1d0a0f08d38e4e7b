"""Why a cell has its grades: the inputs, formula, clause and uncertainty behind each, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.environmental_health.hazards.grades import grade_of
from gzeco_lib.environmental_health.hazards.rules import HAZARDS, INDICES, rules, toxic_uppers, water_grade
from gzeco_lib.errors import N_, InputError
from gzeco_lib.geo.coords import to_plane
from gzeco_lib.geo.grid import cell_centres
from gzeco_lib.standards.noise import zone_of
from gzeco_lib.views import theme

if TYPE_CHECKING:
    from gzeco_lib.scenario.outcome import Note

NOT_KNOWN = N_("not known")
WORST_CLASS = 5  # the last class with limits
AREAS = {
    1: N_(
        "In the first protection area of a drinking-water source ({metres} m away): class II is asked for."
    ),
    2: N_(
        "In the second protection area of a drinking-water source ({metres} m away): class III is asked for."
    ),
}


@dataclass(frozen=True)
class Reason:
    """One hazard of a cell.

    Attributes:
        hazard: air | toxics | water | noise.
        grade: 1..5, None where not known.
        probability: that the true grade is this one, None where not known.
        value, sd, unit: the quantity graded.
        inputs: sentences with their fields: which site, how far, which readings against which limits.
        formula, clause, source, certainty, reason_zh, reason_en, grades, uncertainty: of the table ``grade_method``.
    """

    hazard: str
    grade: int | None
    probability: float | None
    value: float | None
    sd: float | None
    unit: str
    inputs: list[Note] = field(default_factory=list)
    formula: str = ""
    clause: str = ""
    source: str = ""
    certainty: str = ""
    reason_zh: str = ""
    reason_en: str = ""
    grades: str = ""
    uncertainty: str = ""

    @property
    def name(self) -> str:
        """Message id of the grade."""
        return NOT_KNOWN if self.grade is None else theme.BAND_NAMES[theme.BANDS[self.grade - 1]]


def explain(dataset: xr.Dataset, tables: Mapping[str, pd.DataFrame], cell: str) -> list[Reason]:
    """The reasons of the grades of ``cell``, one a hazard, the highest grade first and the unknown ones last.

    Args:
        dataset: the field ``hazards``.
        tables: the outcome's tables; ``hazard_sites`` and ``grade_method`` are read.
        cell: id of the cell, e.g. "434_2558".

    Raises:
        InputError: for a cell that is not on the map.
    """
    here = _point(dataset, cell)
    sites = tables.get("hazard_sites", pd.DataFrame())
    methods = tables.get("grade_method", pd.DataFrame())
    found = [_reason(hazard, here, sites, methods) for hazard in HAZARDS]
    return sorted(found, key=lambda r: (r.grade is None, -(r.grade or 0), -(r.probability or 0.0)))


def _point(dataset: xr.Dataset, cell: str) -> xr.Dataset:
    x, y = cell_centres([cell], int(dataset.attrs["resolution_m"]))
    half = dataset.attrs["resolution_m"] / 2
    column = int(np.abs(dataset["x"].to_numpy() - x[0]).argmin())
    row = int(np.abs(dataset["y"].to_numpy() - y[0]).argmin())
    here = dataset.isel(x=column, y=row)
    off = max(abs(float(here["x"]) - x[0]), abs(float(here["y"]) - y[0])) > half
    if off or int(here["district"]) == 0:
        raise InputError(
            N_("the cell {cell} is not on the map of the city"), "cell",
            N_("a cell is named by its lower-left corner in km, e.g. 434_2558"), cell=cell,
        )  # fmt: skip
    return here.load()


def _number(here: xr.Dataset, name: str) -> float | None:
    if name not in here:
        return None
    value = float(here[name])
    return value if np.isfinite(value) else None


def _reason(hazard: str, here: xr.Dataset, sites: pd.DataFrame, methods: pd.DataFrame) -> Reason:
    grade = _number(here, f"{hazard}_grade")
    method = _method(hazard, here, methods)
    return Reason(
        hazard,
        None if grade is None else int(grade),
        _number(here, f"{hazard}_probability"),
        _number(here, f"{hazard}_value"),
        _number(here, f"{hazard}_sd"),
        str(here[f"{hazard}_value"].attrs.get("units", "")) if f"{hazard}_value" in here else "",
        _inputs(hazard, grade, here, sites),
        **{
            key: str(method.get(key, ""))
            for key in (
                "formula",
                "clause",
                "source",
                "certainty",
                "reason_zh",
                "reason_en",
                "grades",
                "uncertainty",
            )
        },
    )


def _method(hazard: str, here: xr.Dataset, methods: pd.DataFrame) -> dict[str, Any]:
    """The row of the methods that the cell's grade comes from."""
    rows = methods[methods["hazard"] == hazard] if len(methods) else methods
    if not len(rows):
        return {}
    second = False
    if hazard == "toxics":
        by = [grade_of(_number(here, f"toxics_{name}") or np.nan, toxic_uppers(name)) for name in INDICES]
        second = bool(np.nan_to_num(by[1]) > np.nan_to_num(by[0]))
    if hazard == "water" and (_number(here, "water_grade") or 0) > 0:
        second = float(here["water_grade"]) > float(water_grade(int(here["water_value"])))
    return dict(rows.iloc[1 if second and len(rows) > 1 else 0])


def _inputs(hazard: str, grade: float | None, here: xr.Dataset, sites: pd.DataFrame) -> list[Note]:
    if grade is None:
        return [_unknown(hazard, here)]
    if hazard == "air":
        return _air(here)
    own = sites[sites["hazard"] == hazard]
    number = _number(here, f"{hazard}_site")
    names = sorted(own["site"].unique())
    if number is None or not 0 <= int(number) < len(names):
        return []
    rows = own[own["site"] == names[int(number)]]
    x, y = to_plane(rows["lon"].iloc[0], rows["lat"].iloc[0])
    metres = round(float(np.hypot(float(x) - float(here["x"]), float(y) - float(here["y"]))))
    first: Note = (
        N_("Nearest site: {name_zh} ({name_en}), {metres} m from the middle of the cell."),
        {"name_zh": str(rows["name_zh"].iloc[0]), "name_en": str(rows["name_en"].iloc[0]), "metres": metres},
    )
    told = {"toxics": _toxics, "water": _water, "noise": _noise}[hazard](here, rows)
    return [first, *told, _span(rows)]


def _unknown(hazard: str, here: xr.Dataset) -> Note:
    """Why a hazard is not known here."""
    if hazard == "air":
        return N_("There is no map of the air: its hazard is not graded."), {}
    if hazard == "noise" and "noise_zone" in here and not zone_of(float(here["noise_zone"])):
        return N_("The cell has no zone of GB 3096, so there is no limit to hold the noise against."), {}
    if hazard == "water":
        return N_("No section with readings within {metres} m and no judged drinking-water source near."), {
            "metres": rules()["water"]["reach_m"]
        }
    return N_("No monitor says anything of this cell; that is not a low hazard."), {}


def _air(here: xr.Dataset) -> list[Note]:
    told: list[Note] = [
        (
            N_("Excess risk {value} %, standard error {sd} %, at the latest hour."),
            {"value": f"{float(here['air_value']):.2f}", "sd": f"{float(here['air_sd']):.2f}"},
        )
    ]
    ahead = _number(here, "air_grade_ahead")
    if ahead is not None:
        told.append((N_("Highest grade of the hours forecast: {grade}."), {"grade": int(ahead)}))
    return told


def _toxics(here: xr.Dataset, rows: pd.DataFrame) -> list[Note]:
    told: list[Note] = []
    for name in ("ilcr", "hi"):
        value = _number(here, f"toxics_{name}")
        if value is not None:
            told.append(
                (N_("{index} of the cell: {value}."), {"index": name.upper(), "value": f"{value:.2g}"})
            )
    for row in rows[~rows["variable"].isin(["ILCR", "HI"])].to_dict("records"):
        told.append((N_("At the site: {variable} {value} {unit} ({n} days)."), _fields(row, 4)))
    return told


def _water(here: xr.Dataset, rows: pd.DataFrame) -> list[Note]:
    whole = rows[rows["variable"] == ""].iloc[0]
    message = N_("Class {class_} of the section; worst items: {worst}.")
    if whole["value"] > WORST_CLASS:
        message = N_("The section is worse than class V; worst items: {worst}.")
    told: list[Note] = [(message, {"class_": whole["class"], "worst": whole["worst"] or "-"})]
    for row in rows[rows["variable"] != ""].to_dict("records"):
        fields = _fields(row, 3) | {"class_": row["class"]}
        told.append((N_("{variable} {value} {unit}: class {class_} ({n} days)."), fields))
    area = int(_number(here, "water_area") or 0)
    if area:
        told.append((AREAS[area], {"metres": round(float(here["water_source_distance"]))}))
    return told


def _noise(here: xr.Dataset, rows: pd.DataFrame) -> list[Note]:
    told: list[Note] = [
        (N_("Zone {zone} of GB 3096 in this cell."), {"zone": zone_of(float(here["noise_zone"]))})
    ]
    for part, text in (
        ("day", N_("Day: {excess} dB against the limit of the zone.")),
        ("night", N_("Night: {excess} dB against the limit of the zone.")),
    ):
        value = _number(here, f"noise_{part}")
        if value is not None:
            told.append((text, {"excess": f"{value:+.1f}"}))
    for row in rows.to_dict("records"):
        told.append(
            (N_("At the site: {variable} {value} {unit}, limit {limit} ({n} days)."), _fields(row, 1))
        )
    return told


def _fields(row: Mapping[Any, Any], digits: int) -> dict[str, Any]:
    return {
        "variable": row["variable"], "value": f"{row['value']:.{digits}g}" if digits > 1 else f"{row['value']:.1f}",
        "unit": row["unit"], "n": int(row["n"]), "limit": f"{row['limit']:g}",
    }  # fmt: skip


def _span(rows: pd.DataFrame) -> Note:
    start, end = rows["start"].min(), rows["end"].max()
    known = rows["capture"].dropna()
    return N_("Readings from {start} to {end}; data capture {capture} %."), {
        "start": f"{start.tz_convert('Asia/Shanghai'):%Y-%m-%d}",
        "end": f"{end.tz_convert('Asia/Shanghai'):%Y-%m-%d}",
        "capture": round(100 * float(known.max())) if len(known) else 0,
    }
