"""CSV files, plain or gzipped, streamed by Arrow with every cell as text."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
from pyarrow import compute

from gzeco_lib.errors import N_
from gzeco_lib.ingest.encoding import encoding_of
from gzeco_lib.ingest.mapping_tables import Adapter
from gzeco_lib.ingest.problems import refused, unreadable
from gzeco_lib.ingest.readers.chunk import Chunk, Malformed, Wanted

BLOCK_BYTES = 8 << 20  # a row longer than this is refused
MAX_COLUMNS = 5_000
_DAMAGED = (pa.ArrowException, EOFError, zlib.error, gzip.BadGzipFile, csv.Error)


def read_csv(path: Path, adapter: Adapter, wanted: Wanted) -> Iterator[Chunk]:
    """Chunks of a CSV file; rows with another number of cells than the header are set aside.

    Raises:
        InputError: for a file without a header, with an endless row, truncated, or not in its encoding.
    """
    try:
        with _opened(path) as file:
            encoding = encoding_of(file, path, adapter.encoding)
            header, lines = _header(file, path, adapter, encoding)
            columns = wanted(header)
            file.seek(0)
            yield from _chunks(file, path, adapter, encoding, header, lines, columns)
    except _DAMAGED as error:
        fix = N_("a row may be too long or a quotation mark left open") if "straddl" in str(error) else ""
        raise unreadable(path, error, fix) from error


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return cast(BinaryIO, gzip.open(path, "rb") if zipped else path.open("rb"))


def _header(file: BinaryIO, path: Path, adapter: Adapter, encoding: str) -> tuple[list[str], int]:
    """The names of the columns, and the lines of the file down to and with them."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        lines = [text.readline(1 << 20) for _ in range(adapter.skip)]
        reader = csv.reader(_bounded(text), delimiter=adapter.delimiter)
        header = [name.strip() for name in next(reader, [])]
        consumed = len(lines) + reader.line_num
    finally:
        text.detach()
    if not any(header) or len(header) > MAX_COLUMNS:
        raise refused(
            N_("the header cannot be read: {count} columns"),
            path,
            N_("check the adapter's skip and delimiter"),
            count=len(header),
        )
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise refused(
            N_("the column {column} stands twice in the header"),
            path,
            N_("rename one of them in the file"),
            column=twice,
        )
    return header, consumed


def _bounded(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(1 << 20):
        yield line


def _chunks(
    file: BinaryIO,
    path: Path,
    adapter: Adapter,
    encoding: str,
    header: list[str],
    lines: int,
    columns: list[str],
) -> Iterator[Chunk]:
    bad: list[Malformed] = []

    def set_aside(row: Any) -> str:
        bad.append(Malformed(int(row.number), row.text[:10_000]))
        return "skip"

    counted = _Counted(file)
    reader = pc.open_csv(
        pa.PythonFile(counted, mode="r"),
        read_options=pc.ReadOptions(
            use_threads=False,
            block_size=BLOCK_BYTES,
            skip_rows=lines,
            column_names=header,
            encoding={"utf-8": "utf8", "utf-8-sig": "utf8"}.get(encoding, encoding),
        ),
        parse_options=pc.ParseOptions(
            delimiter=adapter.delimiter,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=set_aside,
        ),
        convert_options=pc.ConvertOptions(
            column_types={name: pa.string() for name in header},
            include_columns=columns,
            strings_can_be_null=False,
            check_utf8=True,
        ),
    )
    yield from _numbered(reader, bad, lines, path)
    # Quotation marks come in pairs, doubled ones too; bytes of UTF-16 are not characters and tell nothing.
    if counted.quotes % 2 and encoding != "utf-16":
        raise refused(
            N_("a quotation mark is left open somewhere in the file"),
            path,
            N_("close it or take it out; nothing was stored from this file"),
        )


class _Counted(io.RawIOBase):
    """The content of a file from where it stands, its quotation marks counted on the way."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.quotes = file, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes."""
        block = self.file.read(size)
        self.quotes += block.count(b'"')
        return block


def _numbered(reader: Any, bad: list[Malformed], lines: int, path: Path) -> Iterator[Chunk]:
    """Batches with the number each row has in the file: the rows set aside leave gaps."""
    next_row, read, size = lines + 1, 0, max(path.stat().st_size, 1)
    pending: list[Malformed] = []  # Arrow reads ahead: a row may be set aside before its batch is here
    for batch in reader:
        _refuse_open_quote(bad, path)
        pending, told = pending + bad, list(bad)
        bad.clear()
        gaps = np.array([row.row for row in pending], dtype=np.int64)
        reach = np.arange(next_row, next_row + len(batch) + len(gaps), dtype=np.int64)
        rows = np.setdiff1d(reach, gaps)[: len(batch)]
        next_row = int(rows[-1]) + 1 if len(rows) else next_row
        pending = [row for row in pending if row.row >= next_row]
        _refuse_swallowed(batch, rows, path)
        read += batch.nbytes
        yield Chunk(batch.to_pandas(), rows, min(read / size, 1.0), told)
    if bad:
        _refuse_open_quote(bad, path)
        yield Chunk(pd.DataFrame(), np.empty(0, dtype=np.int64), 1.0, list(bad))


def _refuse_open_quote(bad: list[Malformed], path: Path) -> None:
    """A malformed row over several lines has swallowed its neighbours: what follows cannot be trusted."""
    for row in bad:
        if "\n" in row.raw.strip():
            raise refused(
                N_("a quotation mark is left open in row {row}"),
                path,
                N_("close it or take it out; nothing was stored from this file"),
                row=row.row,
            )


def _refuse_swallowed(batch: pa.RecordBatch, rows: np.ndarray, path: Path) -> None:
    """A cell over several lines, in a column that is read, is a pair of stray quotation marks."""
    for column in batch.columns:
        over = compute.match_substring(column, "\n").to_numpy(zero_copy_only=False)
        if over.any():
            raise refused(
                N_("a quotation mark is left open in row {row}"),
                path,
                N_("close it or take it out; nothing was stored from this file"),
                row=int(rows[np.flatnonzero(over)[0]]),
            )
