"""The control list as a workbook: the list, how it was made, and what it was made from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pandas as pd

from gzeco_lib.environmental_health.hazards.control import control_list
from gzeco_lib.environmental_health.hazards.control import rules as control_rules
from gzeco_lib.environmental_health.screening import POINTS
from gzeco_lib.errors import N_, InputError
from gzeco_lib.variables.dictionary import variables
from gzeco_lib.views import theme
from gzeco_lib.views.words import words

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from gzeco_lib.scenario.outcome import Outcome
    from gzeco_lib.views.words import Translate

HEAD_ROW = 5
FORMULA = tuple("=+-@\t\r\n")
FILLS = {1: "F8D7D3", 2: "FCEBCB", 3: "FFFFFF"}  # priority, beside its word and number
HEAD_FILL, HEAD_TEXT, LINE, QUIET = "1F3B57", "FFFFFF", "C9D1D9", "5B6670"
FONT = "Noto Sans SC"
MANAGEMENT = {
    "key": N_("key management"),
    "simplified": N_("simplified management"),
    "registered": N_("registered"),
}
PART_NAMES = {
    "risk": N_("peak excess risk of the high-risk cells nearby over the threshold"),
    "people": N_("people within 2 km over 100,000"),
    "permit": N_("permit class: key 1, simplified 0.6, registered or unknown 0.2"),
    "emissions": N_("rank of the reported emissions"),
    "record": N_("0.6 x exceedances over 6 and 0.4 x complaints over 10, 12 months"),
}


@dataclass(frozen=True)
class Field:
    """A column of the list: heading (message id), unit, width in characters, number format, key by language."""

    key: str
    heading: str
    width: float
    unit: str = ""
    number: str = ""
    both: bool = False  # the table has it in both languages


FIELDS = (
    Field("rank", N_("No."), 6, number="0"),
    Field("priority", N_("Priority"), 10, both=True),
    Field("name", N_("Enterprise"), 26, both=True),
    Field("district", N_("District"), 10, both=True),
    Field("industry", N_("Industry"), 16),
    Field("management", N_("Permit class"), 11),
    Field("check", N_("Check first"), 44, both=True),
    Field("why", N_("Why"), 48, both=True),
    Field("by", N_("By"), 17, number="yyyy-mm-dd hh:mm"),
    Field("who", N_("Who"), 24, both=True),
    Field("more", N_("Check also"), 44, both=True),
    Field("score", N_("Score"), 8, number="0.0"),
    Field("upwind_hours", N_("Hours upwind"), 10, "h", "0"),
    Field("upwind_from", N_("Upwind from"), 17, number="yyyy-mm-dd hh:mm"),
    Field("distance_m", N_("Distance to the cell"), 12, "m", "#,##0"),
    Field("excess_risk", N_("Excess risk there"), 11, "%", "0.00"),
    Field("population_2km", N_("Population within 2 km"), 14, N_("persons"), "#,##0"),
    Field("places_1km", N_("Places in need of care within 1 km"), 14, number="0"),
    Field("emissions", N_("Reported emissions"), 26, "t/a"),
    Field("toxics", N_("Toxics reported"), 18),
    Field("exceedances_12m", N_("Exceedances, 12 months"), 12, number="0"),
    Field("complaints_12m", N_("Complaints, 12 months"), 12, number="0"),
    Field("credit", N_("Credit score"), 10, number="0"),
    Field("lon", N_("Longitude"), 12, "°E", "0.00000"),
    Field("lat", N_("Latitude"), 12, "°N", "0.00000"),
    Field("enterprise", N_("Code"), 22),
)
TIMES = ("by", "upwind_from")


def workbook(outcome: Outcome, lang: str = "zh") -> bytes:
    """The control list of ``outcome`` as XLSX in ``lang``.

    Raises:
        InputError: where the outcome holds no screening.
    """
    from openpyxl import Workbook

    if "risk_sources" not in outcome.tables:
        raise InputError(
            N_("the outcome holds no screening of risk sources"), outcome.scenario,
            N_("run the model environmental_health first"),
        )  # fmt: skip
    _ = words(lang)
    listed = control_list(outcome.tables["risk_sources"], outcome.at)
    book = Workbook()
    first = book.active
    assert first is not None
    _list(first, listed, outcome, lang)
    _method(book, outcome, _)
    _provenance(book, outcome, _)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def safe(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets a quote before it (CWE-1236); what is missing is empty."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    if isinstance(value, str):
        clean = "".join(ch for ch in value if ch >= " " or ch in "\t\n\r")
        return f"'{clean}" if clean.startswith(FORMULA) else clean
    return value.item() if hasattr(value, "item") else value


def _shown(row: dict[str, Any], field: Field, lang: str, _: Translate) -> Any:
    value = row.get(f"{field.key}_{lang}" if field.both else field.key)
    if field.key == "name" and (value is None or pd.isna(value) or value == ""):
        value = row["name_zh"]
    if field.key == "priority":
        value = f"{row['priority']} {value}"
    if field.key == "management":
        value = _(MANAGEMENT[value]) if value in MANAGEMENT else None
    if field.key in TIMES and value is not None and not pd.isna(value):
        return (
            pd.Timestamp(value)
            .tz_convert(theme.ZONE)
            .tz_localize(None)
            .to_pydatetime()
            .replace(microsecond=0)
        )
    if field.key == "toxics" and isinstance(value, str):
        known = variables()
        value = (
            "、".join(known[c].name_zh if c in known else c for c in value.split(",") if c)
            if lang == "zh"
            else (", ".join(known[c].name_en if c in known else c for c in value.split(",") if c))
        )
    return safe(value)


def _list(sheet: Worksheet, listed: pd.DataFrame, outcome: Outcome, lang: str) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.utils import get_column_letter

    _ = words(lang)
    sheet.title = _("Control list")
    local = outcome.at.tz_convert(theme.ZONE)
    urgent = int((listed["priority"] == 1).sum())
    sheet["A1"] = _("Control list of risk sources")
    sheet["A2"] = _("{n} enterprises, {urgent} of them to be visited at once. As known at {time}.").format(
        n=len(listed), urgent=urgent, time=f"{local:%Y-%m-%d %H:%M}"
    )
    sheet["A3"] = _(
        "A screening by risk: where to look first. It finds no offence, and no deadline here is a legal one."
    )
    sheet["A1"].font = Font(name=FONT, size=16, bold=True)
    sheet["A2"].font = Font(name=FONT, size=11)
    sheet["A3"].font = Font(name=FONT, size=10, color=QUIET)
    line = Side(style="thin", color=LINE)
    for column, field in enumerate(FIELDS, start=1):
        unit = _(field.unit) if field.unit else ""
        cell = sheet.cell(HEAD_ROW, column, f"{_(field.heading)} [{unit}]" if unit else _(field.heading))
        cell.font = Font(name=FONT, size=10, bold=True, color=HEAD_TEXT)
        cell.fill = PatternFill("solid", fgColor=HEAD_FILL)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(column)].width = field.width
    for number, record in enumerate(listed.to_dict("records"), start=HEAD_ROW + 1):
        row = {str(key): value for key, value in record.items()}
        for column, field in enumerate(FIELDS, start=1):
            cell = sheet.cell(number, column, _shown(row, field, lang, _))
            cell.font = Font(name=FONT, size=10, bold=field.key in ("priority", "name"))
            cell.border = Border(bottom=line)
            numeric = bool(field.number)
            cell.alignment = Alignment(
                horizontal=_side(field),
                vertical="top",
                wrap_text=not numeric,
            )
            if numeric:
                cell.number_format = field.number
        fill = PatternFill("solid", fgColor=FILLS.get(int(row["priority"]), "FFFFFF"))
        sheet.cell(number, 2).fill = fill
        sheet.row_dimensions[number].height = _height(row, lang)
    sheet.row_dimensions[1].height, sheet.row_dimensions[HEAD_ROW].height = 26, 44
    if listed.empty:
        sheet.cell(
            HEAD_ROW + 1, 1, _("No enterprise stands near cells of high risk, or the lake holds none.")
        )
    sheet.freeze_panes = sheet.cell(HEAD_ROW + 1, 4)
    last = get_column_letter(len(FIELDS))
    sheet.auto_filter.ref = f"A{HEAD_ROW}:{last}{max(HEAD_ROW + len(listed), HEAD_ROW + 1)}"
    sheet.sheet_view.showGridLines = False
    sheet.print_title_rows = f"{HEAD_ROW}:{HEAD_ROW}"
    sheet.print_area = f"A1:K{max(HEAD_ROW + len(listed), HEAD_ROW + 1)}"
    _page(sheet, landscape=True)


def _side(field: Field) -> str:
    """Times and the running number stand in the middle, figures to the right, text to the left."""
    return "center" if field.key in (*TIMES, "rank") else "right" if field.number else "left"


def _lines(text: str, width: float) -> int:
    """Lines that ``text`` takes in a column; a Chinese character is as wide as two Latin ones."""
    wide = sum(2.0 if ord(ch) > 0x2E80 else 0.95 for ch in text)
    return max(1, -(-int(wide) // max(int(width) - 2, 1)))


def _height(row: dict[str, Any], lang: str) -> float:
    """Points a row needs for its longest wrapped text."""
    lines = 1
    for field in FIELDS:
        if field.both:
            lines = max(lines, _lines(str(row.get(f"{field.key}_{lang}") or ""), field.width))
    return 14.0 * lines + 6


def _page(sheet: Worksheet, landscape: bool) -> None:
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top = margins.bottom = 0.55
    sheet.oddFooter.center.text = "&P / &N"


def _pairs(book: Workbook, title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A sheet of a few columns with wrapped text."""
    from openpyxl.styles import Alignment, Font, PatternFill

    sheet = book.create_sheet(title)
    for column, head in enumerate(heads, start=1):
        cell = sheet.cell(1, column, head)
        cell.font = Font(name=FONT, size=10, bold=True, color=HEAD_TEXT)
        cell.fill = PatternFill("solid", fgColor=HEAD_FILL)
    widths = (44, 20, 12, 80) if len(heads) == 4 else (34, 96)
    for number, row in enumerate(rows, start=2):
        tall = max(_lines(str(value), width) for value, width in zip(row, widths, strict=True))
        sheet.row_dimensions[number].height = 14.0 * tall + 4
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(number, column, safe(value))
            cell.font = Font(name=FONT, size=10)
            cell.alignment = Alignment(vertical="top", wrap_text=True, horizontal="left")
    for letter, width in zip("ABCD", widths, strict=False):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    sheet.sheet_view.showGridLines = False
    _page(sheet, landscape=False)


def _method(book: Workbook, outcome: Outcome, _: Translate) -> None:
    """How the list was made: the score, the order, and every parameter of the run."""
    from gzeco_lib.scenario.registry import registered

    declared = registered(outcome.scenario).declared() if outcome.scenario else {}
    rows: list[tuple[Any, ...]] = [
        (_("Order"), "", "", _("By priority (the deadline of the first thing to check), then by score.")),
        (
            _("Visits at once"), control_rules()["at_once"], "",
            _("Urgent enterprises beyond these, of lower score, follow within a day."),
        ),
        (_("Score"), "0-100", "", _("Sum of the parts below, each 0 to 1 times its points; wind is not in it.")),
        *((_(PART_NAMES[name]), points, _("points"), "") for name, points in POINTS.items()),
        (
            _("Hours upwind"), "", "h",
            _("Hours ahead in which the wind blows, within 30 degrees, from the enterprise to a cell of highest risk "
              "in reach; the wind of now fades over 6 h into the weekly mean of that hour of the day."),
        ),
    ]  # fmt: skip
    for name, value in outcome.parameters.items():
        p = declared.get(name)
        label = _(p.label or name) if p is not None else name
        rows.append((label, value, getattr(p, "unit", ""), _(p.doc) if p is not None and p.doc else ""))
    _pairs(book, _("Method and parameters"), (_("What"), _("Value"), _("Unit"), _("Meaning")), rows)


def _provenance(book: Workbook, outcome: Outcome, _: Translate) -> None:
    """What the list was made from: times, versions, and everything that was missing."""
    made = outcome.provenance
    rows: list[tuple[Any, ...]] = [
        (_("Outcome"), outcome.id),
        (_("As known at (UTC)"), outcome.at.isoformat()),
        (_("Computed at (UTC)"), made.made or "-"),
        (_("Data window (UTC)"), " – ".join(made.window) if made.window else "-"),
        (_("Version of the code"), made.code),
        (_("Versions of the tables read"), json.dumps(made.versions, ensure_ascii=False)),
    ]
    rows += [(_("Note"), _(message).format(**fields)) for message, fields in outcome.notes]
    _pairs(book, _("Provenance"), (_("What"), _("Value")), rows)
