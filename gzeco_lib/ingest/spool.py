"""Observations of one file on their way to the lake: in memory, or on scratch disk by month where they are many.

A file is read to its end before anything of it is stored, so that a truncated file stores nothing. What fits in
memory goes to the lake in one write; what does not goes in whole months, oldest first, so that the rules that
look back find what came before, and a second run after a kill meets only whole writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

LIMIT = 3_000_000  # observations in one write; about 1 GB at the peak of checking them
COLUMNS = ("row", "time", "site", "variable", "value", "sentinel")
SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("time", pa.timestamp("us", tz="UTC")),
        ("site", pa.string()),
        ("variable", pa.string()),
        ("value", pa.float64()),
        ("sentinel", pa.bool_()),
    ]
)


class Spool:
    """Observations of one file, given back in slices of at most ``limit`` (a month is never split)."""

    def __init__(self, scratch: Path, limit: int = LIMIT) -> None:
        self.scratch, self.limit = scratch, limit
        self.total = 0
        self._parts: list[pd.DataFrame] = []
        self._held = 0
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._counts: dict[str, int] = {}

    def add(self, frame: pd.DataFrame) -> None:
        """Take observations (``COLUMNS``) in the order of the file."""
        if frame.empty:
            return
        self._parts.append(frame)
        self._held += len(frame)
        self.total += len(frame)
        if self._held > self.limit:
            self._spill()

    def _spill(self) -> None:
        frame = pd.concat(self._parts, ignore_index=True)
        self._parts, self._held = [], 0
        number = frame["time"].dt.year * 12 + frame["time"].dt.month - 1
        for month, part in frame.groupby(number.to_numpy()):
            name = f"{int(month) // 12:04d}-{int(month) % 12 + 1:02d}"
            if name not in self._writers:
                self._writers[name] = pq.ParquetWriter(self.scratch / f"{name}.parquet", SCHEMA)
            table = pa.Table.from_pandas(part[list(COLUMNS)], schema=SCHEMA, preserve_index=False)
            self._writers[name].write_table(table)
            self._counts[name] = self._counts.get(name, 0) + len(part)

    def slices(self) -> Iterator[pd.DataFrame]:
        """The observations, everything at once or months in their order."""
        if not self._writers:
            if self._parts:
                yield pd.concat(self._parts, ignore_index=True)
            return
        if self._parts:
            self._spill()
        for writer in self._writers.values():
            writer.close()
        for months in self._groups():
            tables = [pq.read_table(self.scratch / f"{month}.parquet") for month in months]
            yield pa.concat_tables(tables).to_pandas()

    def _groups(self) -> Iterator[list[str]]:
        group: list[str] = []
        held = 0
        for month in sorted(self._counts):
            if group and held + self._counts[month] > self.limit:
                yield group
                group, held = [], 0
            group.append(month)
            held += self._counts[month]
        yield group


def distinct(frame: pd.DataFrame) -> tuple[pd.DataFrame, int, pd.DataFrame]:
    """Each key once: the first rows of the file, how many rows repeat them, and those that contradict them."""
    key = ["time", "site", "variable"]
    doubled = frame.duplicated(key, keep="first").to_numpy()
    if not doubled.any():
        return frame, 0, frame.iloc[:0]
    first, later = frame[~doubled], frame[doubled]
    known = later[key].merge(first[[*key, "value"]], on=key, how="left")["value"].to_numpy()
    same = np.equal(known, later["value"].to_numpy())
    return first, int(same.sum()), later[~same]
