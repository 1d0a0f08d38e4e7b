"""What a hazard gives: its grade and value over the cells, the rows of its sites, and notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gzeco_lib.scenario.outcome import Note

Floats = NDArray[np.float64]

SITE_COLUMNS = (
    "hazard", "site", "name_zh", "name_en", "lon", "lat", "district", "variable", "value", "lo", "hi", "unit",
    "start", "end", "n", "capture", "limit", "grade", "class", "clause", "share_over", "night_peaks",
    "worst", "certainty",
)  # fmt: skip
FIGURES = ("lon", "lat", "value", "lo", "hi", "capture", "limit", "grade", "share_over", "night_peaks")
TIMES = ("start", "end")


@dataclass(frozen=True)
class Layer:
    """One hazard over the cells inside the city.

    Attributes:
        grade: 1..5, NaN where not known (cell,).
        value: the quantity behind it (cell,): excess risk [%], ILCR [1], water class [1], decibels over the limit [dB].
        sd: its standard error.
        probability: that the true grade is this one [0..1].
        unit: of value and sd.
        name: what the value is, for the field's attributes.
        site: id of the site each cell has its grade from, "" where none (cell,); None where no site makes it.
        extra: further arrays (cell,) by name.
        sites: rows of ``hazard_sites``.
        notes: what the reader must know.
    """

    grade: Floats
    value: Floats
    sd: Floats
    probability: Floats
    unit: str
    name: str
    site: NDArray[np.object_] | None = None
    extra: dict[str, Floats] = field(default_factory=dict)
    sites: pd.DataFrame = field(default_factory=lambda: site_rows([]))
    notes: list[Note] = field(default_factory=list)


def nothing(cells: int, unit: str, name: str, notes: list[Note], sites: pd.DataFrame | None = None) -> Layer:
    """A layer of which nothing is known."""
    none = np.full(cells, np.nan)
    rows = site_rows([]) if sites is None else sites
    return Layer(none, none.copy(), none.copy(), none.copy(), unit, name, sites=rows, notes=notes)


def site_rows(rows: list[dict[str, object]]) -> pd.DataFrame:
    """``hazard_sites`` rows with every column and its type, without rows too; what a hazard does not have is empty."""
    frame = pd.DataFrame(rows).reindex(columns=list(SITE_COLUMNS))
    for column in FIGURES:
        frame[column] = frame[column].astype(float)
    for column in TIMES:
        frame[column] = pd.to_datetime(frame[column], utc=True).astype("datetime64[ns, UTC]")
    frame["n"] = frame["n"].astype("Int64")
    for column in frame.columns.difference([*FIGURES, *TIMES, "n"]):
        frame[column] = frame[column].fillna("").astype(str)
    return frame.sort_values(["site", "variable"], ignore_index=True)
