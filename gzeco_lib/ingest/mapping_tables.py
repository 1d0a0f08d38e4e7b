"""What an adapter to a table of counts, figures or events may say."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from gzeco_lib.ingest.mapping import Common, ObservationAdapter, RecordAdapter, Strict, Time, finding

Kept = Literal["presence", "health", "demography", "cell", "exposure", "event"]
TIMED = ("presence", "health", "event")  # tables whose rows have a time
GRIDDED = ("presence", "exposure", "cell")  # tables whose rows have a cell, which lon and lat may give
COUNTS = ("presence", "health")  # counts of people: no person may come through


class Wide(Strict):
    """A source with a column for each cause, age, group or attribute: each column's numbers and what they are of."""

    value: str  # column of the table the numbers go to
    columns: dict[str, dict[str, str]] = Field(min_length=1)  # source column to {column of the table: word}
    optional: bool = False  # the source may lack some of the columns


class TableAdapter(Common):
    """A mapping to ``presence``, ``health``, ``demography``, ``cell``, ``exposure`` or ``event``."""

    table: Kept
    time: Time | None = None
    end: Time | None = None  # events that last
    columns: dict[str, str] = Field(
        default_factory=dict
    )  # source column to column of the table, or to lon and lat
    wide: Wide | None = None
    map: dict[str, dict[str, str]] = Field(
        default_factory=dict
    )  # column of the table: words of the source to its own
    fixed: dict[str, str] = Field(default_factory=dict)  # column of the table: the same value in every row
    text: list[str] = Field(default_factory=list)  # events: the columns whose words are put together
    # persons: one row a person, counted in memory and never kept
    rows: Literal["counts", "persons"] = "counts"
    # columns that tell two rows of one key apart (hospital, visit); read in memory, never kept
    per: list[str] = Field(default_factory=list)
    # personal columns (shell patterns) that the file holds and that are not read
    drop: list[str] = Field(default_factory=list)
    # persons: spans into which the years of age are counted, besides all
    ages: list[str] = Field(default_factory=list)
    icd10: bool = False  # the cause is an ICD-10 code
    city_total: bool = False  # counts: where all districts have a number their sum is stored as the city's
    factor: float = Field(1.0, gt=0)  # numbers are multiplied by it: 10000 for 万人
    # health: counts from 1 to one less than this are not kept
    suppress_below: int = Field(5, ge=5, le=10_000)
    # presence: fewer persons than this in a cell and hour are left out
    leave_out_below: float = Field(10, ge=10, le=1e6)

    @model_validator(mode="after")
    def _shape(self) -> TableAdapter:
        if self.table in TIMED and self.time is None:
            raise finding("table_time", table=self.table)
        if self.table not in TIMED and self.time is not None:
            raise finding("table_no_time", table=self.table)
        if self.rows == "persons" and (self.table not in COUNTS or self.wide is not None):
            raise finding("persons")
        if (self.end is not None or self.text) and self.table != "event":
            raise finding("event_only")
        return self

    @property
    def counts_people(self) -> bool:
        """Whether nothing of a single person may come through."""
        return self.table in COUNTS


Adapter = ObservationAdapter | RecordAdapter | TableAdapter
