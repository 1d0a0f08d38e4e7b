"""The graded hazards on the map: cells, monitors, districts, their tables, and the control list to take away."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.pages.shown import Shown
from gzeco_lib.environmental_health.pages.state import HAZARDS
from gzeco_lib.errors import N_
from gzeco_lib.variables.dictionary import variables
from gzeco_lib.views import theme
from gzeco_lib.views.markup import text
from gzeco_lib.views.scale import Scale
from gzeco_lib.views.tables import Column, Sheet

NAMES = {
    "overall": N_("All hazards, the worst known"),
    "air": N_("Air"),
    "toxics": N_("Toxic substances"),
    "water": N_("Water"),
    "noise": N_("Noise"),
}
SHORT = {**NAMES, "overall": N_("Overall")}
COLOURS = tuple(theme.SEVERITY[band] for band in theme.BANDS)


def there(shown: Shown) -> bool:
    """Whether the outcome has graded hazards at all."""
    return shown.has("hazard_district") and "hazards" in shown.outcome.fields


def layers(shown: Shown) -> dict[str, str]:
    """Labels of the graded layers by key; none in an outcome without them."""
    if not there(shown):
        return {}
    field = shown.outcome.fields["hazards"]
    return {f"grade_{h}": shown._(SHORT[h]) for h in HAZARDS if f"{h}_grade" in field}


def grade_name(shown: Shown, grade: float) -> str:
    """A grade 1..5 in words; a dash where it is not known."""
    if not np.isfinite(grade):
        return theme.NO_VALUE
    return shown._(theme.BAND_NAMES[theme.BANDS[int(np.clip(round(grade), 1, 5)) - 1]])


def look(grade: float) -> tuple[str, str]:
    """Colour and sign of a grade."""
    if not np.isfinite(grade):
        return theme.MISSING, ""
    band = theme.BANDS[int(np.clip(round(grade), 1, 5)) - 1]
    return theme.SEVERITY[band], theme.SIGNS[band]


def scale(shown: Shown, hazard: str) -> Scale:
    """The five grades, their signs before their names."""
    names = tuple(
        f"{theme.SIGNS[band]} {k} {shown._(theme.BAND_NAMES[band])}" for k, band in enumerate(theme.BANDS, 1)
    )
    return Scale(shown._(NAMES[hazard]), "", COLOURS, 1, 5, names)


def raster(shown: Shown, hazard: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Cells to colour, grades to tell, x and y [m]; NaN where nothing is known."""
    field = shown.outcome.fields["hazards"]
    grade = field[f"{hazard}_grade"].values.astype(float)
    return grade, grade, field["x"].values, field["y"].values


def _sites(shown: Shown, hazard: str) -> pd.DataFrame:
    """Monitors of ``hazard``, one row each: the one with the worst grade."""
    if not shown.has("hazard_sites"):
        return pd.DataFrame()
    rows = shown.table("hazard_sites")
    if hazard != "overall":
        rows = rows[rows["hazard"] == hazard]
    return rows.sort_values("grade", ascending=False, na_position="last").drop_duplicates("site")


def monitors(shown: Shown, hazard: str) -> int:
    """How many monitors stand behind the layer."""
    extra = shown.hour("station_hourly", 0)["site"].nunique() if hazard in ("air", "overall") else 0
    return len(_sites(shown, hazard)) + extra


def named(shown: Shown, row: Any) -> str:
    """The name of a row in the reader's language, in Chinese where it has no other."""
    own = getattr(row, shown.name, "")
    return str(own) if isinstance(own, str) and own else str(row.name_zh)


def variable(shown: Shown, code: str) -> str:
    """The name of a variable of the dictionary, else its code."""
    known = variables()
    if code not in known:
        return shown._(code)
    return str(known[code].name_zh if shown.lang == "zh" else known[code].name_en)


def measured(shown: Shown, row: Any) -> str:
    """Value, interval and unit of a monitor's row in words."""
    if not np.isfinite(row.value):
        return theme.NO_VALUE
    said = f"{figure(row.value)} {theme.unit(str(row.unit))}".strip()
    if np.isfinite(row.lo) and np.isfinite(row.hi):
        said += f" ({figure(row.lo)} – {figure(row.hi)})"
    return said


def figure(value: float) -> str:
    """A figure of any size with three significant digits, small ones as a power of ten."""
    if not np.isfinite(value):
        return theme.NO_VALUE
    if value != 0 and abs(value) < 0.001:
        mantissa, power = f"{value:.1e}".split("e")
        return f"{mantissa} × 10^{int(power)}"
    return theme.number(
        value, 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    )


def points(shown: Shown, hazard: str) -> pd.DataFrame:
    """Monitors as the map takes them."""
    _ = shown._
    rows = _sites(shown, hazard)
    columns = ["key", "name", "lon", "lat", "colour", "hover", "marker"]
    if rows.empty:
        return pd.DataFrame(columns=columns)
    rows = rows.dropna(subset=["lon", "lat"])
    found = []
    row: Any
    for row in rows.itertuples():
        graded = _("grade {n}").format(n=theme.number(row.grade))
        lines = [
            f"{_(SHORT[row.hazard])} · {graded} {grade_name(shown, row.grade)}",
            f"{variable(shown, str(row.variable))}: {measured(shown, row)}",
            str(row.clause),
        ]
        hover = "<br>".join(text(line) for line in lines if line)
        found.append(
            (
                row.site,
                named(shown, row),
                row.lon,
                row.lat,
                look(row.grade)[0],
                hover,
                MARKERS.get(row.hazard, "circle"),
            )
        )
    return pd.DataFrame(found, columns=columns)


MARKERS = {"toxics": "triangle", "water": "square", "noise": "diamond"}


def ranked(shown: Shown, kind: str, hazard: str) -> tuple[list[dict[str, Any]], str]:
    """Rows of the ranked list for a graded layer, and what they are ranked by: districts or monitors."""
    _ = shown._
    if kind == "station":
        return _ranked_sites(shown, hazard), _("Grade")
    rows = shown.table("hazard_district")
    rows = rows[rows["hazard"] == hazard].sort_values(
        ["share_4_5", "grade"], ascending=False, na_position="last"
    )
    names = shown.districts()
    found = []
    row: Any
    for rank, row in enumerate(rows.itertuples(), start=1):
        colour, sign = look(float(row.grade))
        share = float(row.share_4_5)
        found.append(
            {
                "key": str(row.district),
                "rank": str(rank),
                "name": str(names.get(str(row.district), row.district)),
                "note": _("{n} cells known").format(n=theme.number(row.cells)),
                "value": theme.percent(share, 0),
                "colour": colour,
                "sign": sign,
                "grade": grade_name(shown, float(row.grade)),
                "share": share if np.isfinite(share) else 0.0,
                "title": str(names.get(str(row.district), row.district)),
            }
        )
    return found, _("share in grades 4 and 5")


def _ranked_sites(shown: Shown, hazard: str) -> list[dict[str, Any]]:
    found = []
    row: Any
    for rank, row in enumerate(_sites(shown, hazard).itertuples(), start=1):
        colour, sign = look(float(row.grade))
        found.append(
            {
                "key": str(row.site),
                "rank": str(rank),
                "name": named(shown, row),
                "note": variable(shown, str(row.variable)),
                "value": f"{figure(float(row.value))} {theme.unit(str(row.unit))}".strip(),
                "colour": colour,
                "sign": sign,
                "grade": grade_name(shown, float(row.grade)),
                "share": float(row.grade) / 5 if np.isfinite(row.grade) else 0.0,
                "title": f"{named(shown, row)}\n{row.clause}",
            }
        )
    return found


def sheets(shown: Shown) -> dict[str, Sheet]:
    """Hazards by district and by monitor; nothing where the outcome has none."""
    if not there(shown):
        return {}
    _ = shown._
    names = shown.districts()
    district = shown.table("hazard_district").assign(
        place=lambda f: f["district"].astype(str).map(names).fillna(f["district"].astype(str)),
        told=lambda f: [_(SHORT.get(h, h)) for h in f["hazard"]],
        share=lambda f: 100 * f["share_4_5"],
    )
    made = {
        "hazard_district": Sheet(
            _("Hazards by district"),
            [
                Column("place", _("District")),
                Column("told", _("Hazard")),
                Column("grade", _("Grade, 1 to 5"), "", 1),
                Column("share", _("Share in grades 4 and 5"), "%", 1),
                Column("cells", _("Cells known"), "", 0),
            ],
            district,
        )
    }
    sites = shown.table("hazard_sites") if shown.has("hazard_sites") else pd.DataFrame()
    if sites.empty:
        return made | {"hazard_site": Sheet(_("Hazards by monitor"), [], pd.DataFrame())}
    sites = sites.assign(
        place=[named(shown, row) for row in sites.itertuples()],
        told=[_(SHORT.get(h, h)) for h in sites["hazard"]],
        what=[variable(shown, str(v)) for v in sites["variable"]],
        value_text=[figure(float(v)) for v in sites["value"]],
        unit_text=[theme.unit(str(u)) for u in sites["unit"]],
        graded=[grade_name(shown, float(g)) for g in sites["grade"]],
        captured=100 * sites["capture"].astype(float),
    )
    made["hazard_site"] = Sheet(
        _("Hazards by monitor"),
        [
            Column("told", _("Hazard")),
            Column("place", _("Monitor")),
            Column("what", _("Quantity")),
            Column("value_text", _("Value")),
            Column("unit_text", _("Unit")),
            Column("grade", _("Grade, 1 to 5"), "", 0),
            Column("graded", _("In words")),
            Column("n", _("Values"), "", 0),
            Column("captured", _("Data capture"), "%", 0),
            Column("clause", _("Clause")),
        ],
        sites,
    )
    return made
