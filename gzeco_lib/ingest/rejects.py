"""Rows and cells that could not be stored, kept beside the lake's tables with the reason and what stood there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gzeco_lib.ingest.personal import mask
from gzeco_lib.ingest.problems import REASONS

SCHEMA = pa.schema(
    [
        ("file", pa.string()),
        ("row", pa.int64()),  # number of the row in the file
        ("column", pa.string()),  # "" where the whole row was set aside
        ("reason", pa.string()),  # code of `problems.REASONS`
        ("meaning", pa.string()),
        ("observations", pa.int64()),  # how many observations the row or cell would have been
        ("raw", pa.string()),  # what stood there, as JSON
    ]
)
FLUSH = 50_000
MAX_RAW = 10_000  # characters of a row that are kept


class Rejects:
    """Collects what is set aside from one file; memory stays bounded, the rows go to a scratch file."""

    def __init__(self, file: str, scratch: Path, private: bool = False) -> None:
        self.file, self.path = mask(file) if private else file, scratch / "rejected.parquet"
        self.private = (
            private  # of rows about persons only number, column and reason are kept, never what stood there
        )
        self.counts: Counter[str] = Counter()  # observations by reason
        self._rows: list[tuple[Any, ...]] = []
        self._writer: pq.ParquetWriter | None = None

    @property
    def observations(self) -> int:
        """How many observations were set aside."""
        return self.counts.total()

    def add(self, row: int, column: str, reason: str, observations: int, raw: Any) -> None:
        """Set one row or cell aside."""
        self.counts[reason] += int(observations)
        if self.private:
            raw = ""
        text = raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False, default=str)
        text = text[:MAX_RAW]
        self._rows.append((self.file, int(row), column, reason, REASONS[reason], int(observations), text))
        if len(self._rows) >= FLUSH:
            self._flush()

    def count(self, reason: str, n: int) -> None:
        """Count ``n`` observations as set aside of which nothing is kept."""
        if n:
            self.counts[reason] += n

    def add_rows(
        self, frame: pd.DataFrame, rows: np.ndarray, reason: np.ndarray, observations: np.ndarray
    ) -> None:
        """Set whole rows aside: those with a reason that hold any observation."""
        at = np.flatnonzero((reason != "") & (observations > 0))
        records = frame.iloc[at].astype("string").fillna("").to_dict("records")
        for i, record in zip(at, records, strict=True):
            self.add(rows[i], "", reason[i], observations[i], record)

    def add_cells(
        self, cells: pd.Series, column: str | Iterable[str], rows: np.ndarray, reason: np.ndarray
    ) -> None:
        """Set single cells aside: those with a reason."""
        at = np.flatnonzero(reason != "")
        names = [column] * len(at) if isinstance(column, str) else list(np.asarray(column, dtype=object)[at])
        for i, name, raw in zip(at, names, cells.iloc[at], strict=True):
            self.add(rows[i], name, reason[i], 1, {name: raw})

    def _flush(self) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, SCHEMA, compression="zstd")
        columns = list(zip(*self._rows, strict=True)) if self._rows else [()] * len(SCHEMA)
        self._writer.write_table(
            pa.table(
                [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)], SCHEMA
            )
        )
        self._rows.clear()

    def content(self) -> bytes | None:
        """The Parquet file of all that was set aside, or None where nothing was."""
        if not self._rows and self._writer is None:
            return None
        self._flush()
        assert self._writer is not None
        self._writer.close()
        return self.path.read_bytes()
