"""Contracts of the lake's tables: columns, types, keys and what each value may be.

A contract is checked before anything is written; a batch that breaks it is refused whole, with the column,
the first offending rows and what was expected. Times are UTC and mark the START of the interval.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

TIME = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Column:
    """One column: its Arrow type, whether it may be empty, and the closed set of values where there is one."""

    type: pa.DataType
    required: bool = True
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table: its columns, the key that makes a row the same row, and the time column that partitions it."""

    name: str
    columns: dict[str, Column]
    key: tuple[str, ...]
    partition_time: str | None = None
    provenance: tuple[str, ...] = field(default=())  # columns that may differ without the row having changed

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema in store, with the month partition where there is one."""
        fields = [pa.field(name, c.type, nullable=not c.required) for name, c in self.columns.items()]
        if self.partition_time:
            fields.append(pa.field("month", pa.string(), nullable=False))
        return pa.schema(fields)


def _text(required: bool = True, *values: str) -> Column:
    return Column(pa.string(), required, values)


def _number(required: bool = True) -> Column:
    return Column(pa.float64(), required)


def _time(required: bool = True) -> Column:
    return Column(TIME, required)


INTERVALS = ("PT1M", "PT5M", "PT10M", "PT1H", "PT4H", "P1D")
MEASURES = ("deaths", "admissions", "emergency", "outpatient")
PLACES = (
    "school", "kindergarten", "hospital", "elderly_home", "park", "construction", "residence", "water_source",
)  # fmt: skip

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "observation",
            {
                "time": _time(),
                "site": _text(),
                "variable": _text(),  # code of the variable dictionary
                "value": _number(),  # canonical unit; as found where flagged
                "flag": _text(),  # quality rules that fired, comma-separated, "" for none
                "interval": _text(True, *INTERVALS),  # ISO 8601 duration averaged over
                "source": _text(),  # name of the adapter or model that brought it
            },
            key=("time", "site", "variable", "interval"),
            partition_time="time",
            provenance=("source",),
        ),
        Table(
            "site",
            {
                "site": _text(),
                "name_zh": _text(),
                "name_en": _text(False),
                "kind": _text(True, "air", "weather", "water", "noise", "background"),
                "lon": _number(False),  # WGS-84 degrees; empty where unknown
                "lat": _number(False),
                "district": _text(False),  # adcode, e.g. 440106
                "generated": Column(pa.bool_()),  # True for the demo city
                "source": _text(),
            },
            key=("site",),
            provenance=("source",),
        ),
        Table(
            "enterprise",
            {
                "enterprise": _text(),  # unified social credit code or own id
                "name_zh": _text(),
                "name_en": _text(False),
                "industry": _text(),  # GB/T 4754 class name
                "lon": _number(False),
                "lat": _number(False),
                "district": _text(False),
                "management": _text(False, "key", "simplified", "registered"),  # permit management class
                "credit": _number(False),  # 0..100, higher is better
                "exceedances_12m": Column(pa.int64(), False),
                "complaints_12m": Column(pa.int64(), False),
                "emission_t_a": Column(pa.string(), False),  # JSON {variable: t a-1}
                "stack_height_m": _number(False),
                "generated": Column(pa.bool_()),
                "source": _text(),
            },
            key=("enterprise",),
            provenance=("source",),
        ),
        Table(
            "exposure",
            {
                "cell": _text(),  # "x_y": lower-left corner of the 1 km cell in EPSG:4547 km, e.g. "434_2558"
                "hour": Column(pa.int16()),  # local hour of day 0..23
                "day_type": _text(True, "workday", "restday"),
                "group": _text(),  # age or activity group code
                "population": _number(),  # persons present
                "generated": Column(pa.bool_()),
                "source": _text(),
            },
            key=("cell", "hour", "day_type", "group"),
            provenance=("source",),
        ),
        Table(
            "presence",  # counted people by hour (signalling and the like); `exposure` is the usual day
            {
                "time": _time(),
                "cell": _text(),  # as in exposure
                "group": _text(),  # as in exposure, or "all" where the count knows no groups
                "population": _number(),  # persons present; small cells are left out at ingest
                "generated": Column(pa.bool_()),
                "source": _text(),
            },
            key=("time", "cell", "group"),
            partition_time="time",
            provenance=("source",),
        ),
        Table(
            "health",  # daily counts; never a person
            {
                "time": _time(),  # START of the local day
                "district": _text(),  # adcode, or "440100" for the whole city
                "measure": _text(True, *MEASURES),
                "cause": _text(),  # all, nonaccidental, circulatory, respiratory, asthma, copd, stroke, ihd, ...
                "age": _text(),  # all, 0-14, 15-64, 65+, or another span of years such as 65-74
                "count": _number(False),  # empty where suppressed
                "suppressed": Column(pa.bool_()),  # the count was small: not kept, at least 1
                "generated": Column(pa.bool_()),
                "source": _text(),
            },
            key=("time", "district", "measure", "cause", "age"),
            partition_time="time",
            provenance=("source",),
        ),
        Table(
            "demography",  # yearly figures of an area
            {
                "year": Column(pa.int16()),
                "district": _text(),  # adcode, or "440100" for the whole city
                "measure": _text(
                    True, "population", "death_rate"
                ),  # persons; deaths per 100,000 persons a year
                "cause": _text(),  # "" for population; of a death rate: NCD+LRI, IHD, Stroke, COPD, LC, LRI, all
                "age": Column(pa.int16()),  # lower end of the five-year group, 80 is 80 and over; -1 all ages
                "value": _number(),
                "generated": Column(pa.bool_()),
                "source": _text(),
            },
            key=("year", "district", "measure", "cause", "age"),
            provenance=("source",),
        ),
        Table(
            "place",  # where people who need care are, and what people use
            {
                "place": _text(),
                "name_zh": _text(),
                "name_en": _text(False),
                "kind": _text(True, *PLACES),
                "lon": _number(False),
                "lat": _number(False),
                "district": _text(False),
                "people": _number(False),  # pupils, beds, places, workers
                "generated": Column(pa.bool_()),
                "source": _text(),
            },
            key=("place",),
            provenance=("source",),
        ),
        Table(
            "cell",  # what does not change by the hour in a 1 km cell
            {
                "cell": _text(),  # as in exposure
                "attribute": _text(),  # green_share [1], noise_zone (GB 3096: 0..3, 4 for 4a), residents [1]
                "value": _number(),
                "generated": Column(pa.bool_()),
                "source": _text(),
            },
            key=("cell", "attribute"),
            provenance=("source",),
        ),
        Table(
            "event",
            {
                "event": _text(),  # stable id
                "time": _time(),
                "end": _time(False),
                "kind": _text(),  # complaint, inspection, status, ...
                "subject": _text(False),  # enterprise or site
                "lon": _number(False),
                "lat": _number(False),
                "text": _text(False),
                "generated": Column(pa.bool_()),
                "source": _text(),
            },
            key=("event",),
            partition_time="time",
            provenance=("source",),
        ),
        Table(
            "forecast",
            {
                "origin": _time(),  # the last interval known when it was made
                "time": _time(),  # START of the hour it is for
                "lead": Column(pa.int16()),  # h
                "site": _text(),
                "variable": _text(),
                "quantile": _number(),
                "value": _number(),
                "model": _text(),  # what was fitted, on how much history
                "member": _text(),  # league member, or combination of members, that gave it
            },
            key=("origin", "time", "site", "variable", "quantile", "model"),
            partition_time="origin",
        ),
        Table(
            "outcome",
            {
                "outcome": _text(),  # stable id: scenario, time, parameters, data versions
                "scenario": _text(),
                "at": _time(),  # the time it holds for
                "made": _time(),  # when it was computed
                "parameters": _text(),  # JSON
                "provenance": _text(),  # JSON
                "tables": _text(),  # JSON {name: rows}
                "fields": _text(),  # JSON {name: grid group}
                "leads": Column(pa.int64()),
            },
            key=("outcome",),
            partition_time="at",
            provenance=("made", "provenance"),
        ),
    )
}
