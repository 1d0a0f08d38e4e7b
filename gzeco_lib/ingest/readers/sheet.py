"""XLSX workbooks, one sheet, row by row: values only, nothing in the workbook is run or followed."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, near
from gzeco_lib.ingest.mapping_tables import Adapter
from gzeco_lib.ingest.problems import refused, unreadable
from gzeco_lib.ingest.readers.chunk import Chunk, Wanted

MAX_UNPACKED = 1 << 30  # bytes
MAX_RATIO = 200  # a sheet of numbers packs to a tenth; a bomb to a thousandth
MAX_COLUMNS = 2_000
ROWS = 20_000


def read_xlsx(path: Path, adapter: Adapter, wanted: Wanted) -> Iterator[Chunk]:
    """Chunks of a sheet; a formula counts with the value the workbook was saved with.

    Raises:
        InputError: for a file that is no workbook, a zip bomb, a sheet that is not there or too wide.
    """
    _check_size(path)
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that are not read
            book = openpyxl.load_workbook(
                path, read_only=True, data_only=True, keep_links=False, keep_vba=False
            )
            try:
                yield from _chunks(_sheet(book, path, adapter.sheet), path, adapter, wanted)
            finally:
                book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, SyntaxError, EOFError) as error:
        raise unreadable(path, error) from error


def _check_size(path: Path) -> None:
    """Refuse a workbook that unpacks to more than a workbook can need, before anything is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise unreadable(
            path, error, N_("save it as an Excel workbook (.xlsx) without a password; .xls is not read")
        ) from error
    if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(path.stat().st_size, 100_000):
        raise refused(
            N_("the workbook unpacks to {size} bytes, which no table needs"),
            path,
            N_("save the sheet as CSV"),
            size=unpacked,
        )


def _sheet(book: Any, path: Path, sheet: str | int | None) -> Any:
    names = [s.title for s in book.worksheets]
    if isinstance(sheet, int) and 1 <= sheet <= len(names):
        return book.worksheets[sheet - 1]
    if sheet is None and names:
        return book.worksheets[0]
    if sheet in names:
        return book[sheet]
    raise refused(
        N_("no sheet {sheet}"),
        path,
        N_("name one of: {near}"),
        sheet=str(sheet),
        near=near(str(sheet), names),
    )


def _chunks(sheet: Any, path: Path, adapter: Adapter, wanted: Wanted) -> Iterator[Chunk]:
    claimed = sheet.max_row or 1
    sheet.reset_dimensions()  # for reading, the size a workbook claims is not believed
    top = sheet.iter_rows(
        min_row=adapter.skip + 1, max_row=adapter.skip + 1, max_col=MAX_COLUMNS + 1, values_only=True
    )
    header = ["" if cell is None else str(cell).strip() for cell in next(top, ())]
    if len(header) > MAX_COLUMNS and header[MAX_COLUMNS]:
        raise refused(
            N_("the sheet is wider than {limit} columns"),
            path,
            N_("split it, or give it as CSV"),
            limit=MAX_COLUMNS,
        )
    if not any(header):
        raise refused(
            N_("the header cannot be read: {count} columns"),
            path,
            N_("check the adapter's sheet and skip"),
            count=len(header),
        )
    columns = wanted([name for name in header if name])
    places = [header.index(name) for name in columns]
    # Each row is padded to the columns asked for: no more than the header has.
    lines = sheet.iter_rows(min_row=adapter.skip + 2, max_col=max(places, default=0) + 1, values_only=True)
    number, total = adapter.skip + 1, max(claimed, 1)
    block: list[tuple[Any, ...]] = []
    for line in lines:
        block.append(tuple(line[i] if i < len(line) else None for i in places))
        if len(block) == ROWS:
            yield _chunk(block, columns, number, total)
            number, block = number + len(block), []
    if block:
        yield _chunk(block, columns, number, total)


def _chunk(block: list[tuple[Any, ...]], columns: list[str], number: int, total: int) -> Chunk:
    rows = np.arange(number + 1, number + len(block) + 1)
    data = {name: pd.Series([line[i] for line in block], dtype=object) for i, name in enumerate(columns)}
    return Chunk(pd.DataFrame(data), rows, min(number / total, 1.0))
