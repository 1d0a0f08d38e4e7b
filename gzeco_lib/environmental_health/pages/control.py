"""The control list in one click: the screened risk sources as a workbook."""

from __future__ import annotations

from gzeco_lib.environmental_health.pages import now_sheets
from gzeco_lib.environmental_health.pages.shown import Shown
from gzeco_lib.views import tables


def workbook(shown: Shown) -> bytes:
    """The control list of the outcome as XLSX."""
    return tables.xlsx([now_sheets.source_sheet(shown)])
