"""A cell of the map, opened: every grade with its inputs, formula, clause and uncertainty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import panel_material_ui as pmui

from gzeco_lib.environmental_health.hazards import Reason, explain
from gzeco_lib.environmental_health.pages import grades
from gzeco_lib.environmental_health.pages.context import told
from gzeco_lib.environmental_health.pages.prose import CERTAINTY, source
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
    reasons = explain(hazards, shown.outcome.tables, found.key)
    return f'{heading}<div class="opened">{"".join(_hazard(shown, reason) for reason in reasons)}</div>'


def _air(shown: Shown, found: Found) -> str:
    """Without graded hazards: the risk of the air now and its error."""
    _, at = shown._, (found.row, found.column)
    now = shown.outcome.fields["risk"].sel(lead_h=0)
    error = now["excess_risk_sd"].values[at] if "excess_risk_sd" in now else np.nan
    said = _("Excess risk {risk} %, standard error {sd} %").format(
        risk=theme.number(float(now["excess_risk"].values[at]), 2), sd=theme.number(float(error), 2)
    )
    return f"<p>{text(said)}</p>"


def _hazard(shown: Shown, reason: Reason) -> str:
    """One hazard of the cell: grade, value with its error, inputs, formula, clause, uncertainty."""
    _ = shown._
    colour, sign = grades.look(np.nan if reason.grade is None else reason.grade)
    label = (
        _("not known") if reason.grade is None else f"{reason.grade} {grades.grade_name(shown, reason.grade)}"
    )
    name = text(_(grades.SHORT[reason.hazard]))
    head = f"<h3>{name} {chip(label, colour, theme.text_on(colour), sign)}</h3>"
    inputs = "".join(f"<li>{text(told(_, message, fields))}</li>" for message, fields in reason.inputs)
    rows = "".join(
        f"<dt>{text(label)}</dt><dd>{text(said)}</dd>" for label, said in _facts(shown, reason) if said
    )
    return f'<section>{head}<ul class="inputs">{inputs}</ul><dl class="facts">{rows}</dl></section>'


def _facts(shown: Shown, reason: Reason) -> list[tuple[str, str]]:
    _ = shown._
    value = ""
    if reason.value is not None:
        value = f"{grades.figure(reason.value)} {theme.unit(reason.unit)}".strip()
        if reason.sd is not None:
            value += f" ± {grades.figure(reason.sd)}"
    chance = "" if reason.probability is None else theme.percent(reason.probability)
    return [
        (_("Value and standard error"), value),
        (_("Probability that the true grade is this one"), chance),
        (_("Formula"), reason.formula),
        (_("Grades"), reason.grades),
        (_("Why so"), reason.reason_zh if shown.lang == "zh" else reason.reason_en),
        (_("Clause"), told(_, reason.clause, {})),
        (_("Source"), source(_, reason.source)),
        (_("Certainty"), _(CERTAINTY.get(reason.certainty, reason.certainty))),
        (_("Uncertainty"), told(_, reason.uncertainty, {})),
    ]
