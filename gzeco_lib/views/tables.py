"""Tables for reading, and the same rows to take away as CSV and XLSX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any

import pandas as pd

from gzeco_lib.views import theme

SHEET_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


@dataclass(frozen=True)
class Column:
    """One column: its key in the frame, heading, unit and, for figures, decimals.

    ``decimals`` is None for text; ``time`` marks UTC times, shown as local time.
    """

    key: str
    label: str
    unit: str = ""
    decimals: int | None = None
    time: bool = False

    @property
    def heading(self) -> str:
        """Heading with the unit."""
        return f"{self.label} [{self.unit}]" if self.unit else self.label


@dataclass(frozen=True)
class Sheet:
    """A table to be shown: a title, its columns and rows."""

    title: str
    columns: Sequence[Column]
    frame: pd.DataFrame

    def shown(self) -> tuple[list[dict[str, Any]], list[list[tuple[str, Any]]]]:
        """Columns and rows as `components.DataTable` takes them."""
        columns = [
            {"label": c.label, "unit": c.unit, "numeric": c.decimals is not None} for c in self.columns
        ]
        cells = [[_cell(c, value) for value in self.frame[c.key]] for c in self.columns]
        return columns, [list(row) for row in zip(*cells, strict=True)]

    def plain(self) -> pd.DataFrame:
        """The rows with headings as column names: local times without zone, full figures."""
        columns = {}
        for c in self.columns:
            values = self.frame[c.key]
            if c.time:
                values = pd.to_datetime(values, utc=True).dt.tz_convert(theme.ZONE).dt.tz_localize(None)
            columns[c.heading] = values.reset_index(drop=True)
        return pd.DataFrame(columns)


def _cell(column: Column, value: Any) -> tuple[str, Any]:
    """Shown text and sort key of one cell."""
    if column.decimals is not None:
        missing = value is None or pd.isna(value)
        return theme.number(None if missing else float(value), column.decimals), None if missing else float(
            value
        )
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return theme.NO_VALUE, None
    if column.time:
        shown = pd.Timestamp(value).tz_convert(theme.ZONE).strftime(theme.TIME_FORMAT)
        return shown, shown
    return str(value), str(value)


def csv(sheet: Sheet) -> bytes:
    """``sheet`` as CSV in UTF-8 with the mark that makes Excel read Chinese; formulas in text are disarmed."""
    buffer = StringIO()
    _disarmed(sheet.plain()).to_csv(buffer, index=False, date_format=theme.TIME_FORMAT)
    return buffer.getvalue().encode("utf-8-sig")


def xlsx(sheets: Sequence[Sheet]) -> bytes:
    """``sheets`` as one workbook: a frozen header row and columns wide enough for their headings."""
    from openpyxl.utils import get_column_letter

    buffer = BytesIO()
    with pd.ExcelWriter(buffer, engine="openpyxl", datetime_format="yyyy-mm-dd hh:mm") as writer:
        for number, sheet in enumerate(sheets, start=1):
            plain = _disarmed(sheet.plain())
            name = f"{number} {sheet.title.translate(SHEET_FORBIDDEN)}"[:31]
            plain.to_excel(writer, sheet_name=name, index=False)
            page = writer.sheets[name]
            page.freeze_panes = "A2"
            for c, heading in enumerate(plain.columns, start=1):
                width = sum(2 if ord(ch) > 0x2E80 else 1 for ch in heading)
                page.column_dimensions[get_column_letter(c)].width = max(12, min(48, width + 3))
    return buffer.getvalue()


def _disarmed(frame: pd.DataFrame) -> pd.DataFrame:
    """``frame`` with a quote before text that a spreadsheet would run as a formula (CWE-1236)."""

    def quiet(value: Any) -> Any:
        return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and len(value) > 1 else value

    return frame.map(quiet)
