"""What a reader hands on: a block of rows under the source's own column names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

Wanted = Callable[[list[str]], list[str]]  # header to the columns to read; refuses a header that lacks one

ROWS = 100_000  # rows in a chunk, at most


@dataclass(frozen=True)
class Malformed:
    """A row that cannot be split into the header's columns."""

    row: int
    raw: str


@dataclass(frozen=True)
class Chunk:
    """Rows of a file: cells by source column, the row numbers, and how far into the file they reach."""

    frame: pd.DataFrame
    rows: np.ndarray  # number in the file, the header being row 1 (Parquet and JSON: the first record is 1)
    done: float  # share of the file read so far, 0..1
    malformed: list[Malformed] = field(default_factory=list)
