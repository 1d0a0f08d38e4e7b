"""A cell of the map, opened: every grade with its inputs, formula, clause and uncertainty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import panel_material_ui as pmui

from gzeco_lib.environmental_health.pages import grades
from gzeco_lib.environmental_health.pages.context import told
from gzeco_lib.environmental_health.pages.shown import Shown
from gzeco_lib.geo.grid import cell_of
from gzeco_lib.views import theme
from gzeco_lib.views.layout import html, surface, toolbar
from gzeco_lib.views.markup import chip, text


@dataclass(frozen=True)
class Found:
    """A cell: its key, the place of its centre and its edge [m], and where it stands in the field."""

    key: str
    x: float
    y: float
    size: float
    row: int
    column: int


def _field(shown: Shown) -> Any:
    return shown.outcome.fields.get("hazards", shown.outcome.fields.get("risk"))


def key_at(shown: Shown, x: float, y: float) -> str:
    """The key of the cell that holds the point x, y [m]; "" outside the city."""
    field = _field(shown)
    if field is None:
        return ""
    size = abs(float(field["x"][1] - field["x"][0]))
    column = int(np.argmin(np.abs(field["x"].values - x)))
    row = int(np.argmin(np.abs(field["y"].values - y)))
    near = abs(float(field["x"][column]) - x) <= size / 2 and abs(float(field["y"][row]) - y) <= size / 2
    if not near or str(field["district"].values[row, column]) in ("", "0"):
        return ""
    return str(cell_of(field["x"].values[column], field["y"].values[row], int(size)))


def find(shown: Shown, key: str) -> Found | None:
    """The cell called ``key``; None where the map has none of that name."""
    field = _field(shown)
    if field is None:
        return None
    x, y = field["x"].values, field["y"].values
    size = abs(float(x[1] - x[0]))
    try:
        left, low = (float(part) * 1000 for part in key.split("_"))
    except ValueError:
        return None
    columns = np.flatnonzero(np.abs(x - (left + size / 2)) < 1)
    rows = np.flatnonzero(np.abs(y - (low + size / 2)) < 1)
    if not len(columns) or not len(rows):
        return None
    return Found(key, float(x[columns[0]]), float(y[rows[0]]), size, int(rows[0]), int(columns[0]))


def panel(shown: Shown, found: Found, close: Callable[[], None]) -> Any:
    """The opened cell."""
    _ = shown._
    button = pmui.Button(label=_("Close"), variant="outlined", size="small", margin=0)
    button.on_click(lambda _event: close())
    return surface(html(markup(shown, found)), toolbar(button))


def markup(shown: Shown, found: Found) -> str:
    """What the grades of the cell rest on, as HTML."""
    _ = shown._
    field = _field(shown)
    code = str(field["district"].values[found.row, found.column])
    names = shown.districts()
    where = _("{district} · {lon} E, {lat} N · cell {key}").format(
        district=names.get(code, code),
        lon=f"{float(field['lon'].values[found.row, found.column]):.3f}",
        lat=f"{float(field['lat'].values[found.row, found.column]):.3f}",
        key=found.key,
    )
    title = text(_("What the grades of this cell rest on"))
    heading = f'<div class="heading"><h2>{title}</h2><span class="sub">{text(where)}</span></div>'
    hazards = shown.outcome.fields.get("hazards")
    if hazards is None:
        return heading + f'<div class="prose">{_air(shown, found)}</div>'
    parts = [_hazard(shown, found, hazards, hazard) for hazard in ("air", "toxics", "water", "noise")]
    return f'{heading}<div class="opened">{"".join(part for part in parts if part)}</div>'


def _air(shown: Shown, found: Found) -> str:
    """Without graded hazards: the risk of the air now and its error."""
    _, field = shown._, shown.outcome.fields["risk"]
    now = field["excess_risk"].sel(lead_h=0).values[found.row, found.column]
    error = (
        field["excess_risk_sd"].sel(lead_h=0).values[found.row, found.column]
        if "excess_risk_sd" in field
        else np.nan
    )
    said = _("Excess risk {risk} %, standard error {sd} %").format(
        risk=theme.number(float(now), 2), sd=theme.number(float(error), 2)
    )
    return f"<p>{text(said)}</p>"


def _hazard(shown: Shown, found: Found, hazards: Any, hazard: str) -> str:
    """One hazard of the cell: grade, value with its error, the monitors, formula and clause."""
    _ = shown._
    if f"{hazard}_grade" not in hazards:
        return ""
    at = (found.row, found.column)
    grade = float(hazards[f"{hazard}_grade"].values[at])
    colour, sign = grades.look(grade)
    label = _("not known") if not np.isfinite(grade) else f"{grade:.0f} {grades.grade_name(shown, grade)}"
    head = f"<h3>{text(_(grades.SHORT[hazard]))} {chip(label, colour, theme.text_on(colour), sign)}</h3>"
    facts = _facts(shown, hazards, hazard, at) + _method(shown, hazard)
    rows = "".join(f"<dt>{text(name)}</dt><dd>{text(said)}</dd>" for name, said in facts)
    return f'<section>{head}<dl class="facts">{rows}</dl></section>'


def _facts(shown: Shown, hazards: Any, hazard: str, at: tuple[int, int]) -> list[tuple[str, str]]:
    _ = shown._
    if f"{hazard}_value" not in hazards:
        return []
    value, unit = (
        float(hazards[f"{hazard}_value"].values[at]),
        str(hazards[f"{hazard}_value"].attrs.get("units", "")),
    )
    if not np.isfinite(value):
        return [(_("Value"), _("no monitor near enough: this is not a low grade, it is not known"))]
    error = float(hazards[f"{hazard}_sd"].values[at]) if f"{hazard}_sd" in hazards else np.nan
    said = f"{grades.figure(value)} {theme.unit(unit)}".strip()
    if np.isfinite(error):
        said += f" ± {grades.figure(error)}"
    facts = [(_("Value and standard error"), said)]
    if f"{hazard}_probability" in hazards:
        chance = float(hazards[f"{hazard}_probability"].values[at])
        facts.append((_("Probability that the true grade is this one"), theme.percent(chance)))
    return facts


def _method(shown: Shown, hazard: str) -> list[tuple[str, str]]:
    """Formula, clause, source and uncertainty from the table of methods."""
    _ = shown._
    if not shown.has("grade_method"):
        return []
    rows = shown.table("grade_method")
    rows = rows[rows["hazard"] == hazard]
    found = []
    row: Any
    for row in rows.itertuples():
        found.append((_("Formula"), told(_, row.formula, {})))
        found.append(
            (_("Clause"), " · ".join(told(_, part, {}) for part in (row.clause, row.source) if part))
        )
        if row.uncertainty:
            found.append((_("Uncertainty"), told(_, row.uncertainty, {})))
    return found
