"""What an adapter may say: the mapping from a source file to a table of the lake, checked key by key."""

from __future__ import annotations

import re
from datetime import timedelta, timezone, tzinfo
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from gzeco_lib.errors import N_, near

Format = Literal["csv", "parquet", "json", "xlsx"]
Datum = Literal["WGS-84", "CGCS2000", "GCJ-02", "BD-09"]
Interval = Literal["PT1M", "PT5M", "PT10M", "PT1H", "PT4H", "P1D"]
Kind = Literal["air", "weather", "water", "noise", "background"]

INTERVAL_LENGTH: dict[str, timedelta] = {
    "PT1M": timedelta(minutes=1),
    "PT5M": timedelta(minutes=5),
    "PT10M": timedelta(minutes=10),
    "PT1H": timedelta(hours=1),
    "PT4H": timedelta(hours=4),
    "P1D": timedelta(days=1),
}
MISSING = ("", "NA", "N/A", "#N/A", "NaN", "null", "None")
FINDINGS = {
    "zone": N_("unknown time zone {zone}"),
    "time": N_("say the time in one way: column, or columns, or year with month and day (hour, minute)"),
    "site": N_("say the site in one way: column, or value, or headers (a pattern of site codes)"),
    "no_site": N_("the site is missing: give site, or a site with every one of the columns"),
    "long": N_("a long layout names the columns variable and value (no value where site has headers)"),
    "site_twice": N_("the site {code} stands twice in the list of sites"),
    "table_time": N_("the table {table} needs to know the time: give time"),
    "table_no_time": N_("the table {table} knows no time"),
    "persons": N_("rows: persons belongs to the tables presence and health, and to a layout without wide"),
    "event_only": N_("end and text belong to the table event"),
    "wide": N_("variable, value, unit, ignore and site.headers belong to layout: long"),
}
_OFFSET = re.compile(r"^(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?$")


def finding(kind: str, **fields: str) -> PydanticCustomError:
    return PydanticCustomError(kind, FINDINGS[kind], fields)


def zone_of(name: str) -> tzinfo:
    """The zone named by IANA (``Asia/Shanghai``) or as a fixed offset (``+08:00``, ``UTC+8``).

    Raises:
        PydanticCustomError: for a zone nobody knows.
    """
    if name in ("UTC", "Z"):
        return timezone.utc  # noqa: UP017 - one spelling with the offsets below
    fixed = _OFFSET.match(name)
    if fixed:
        offset = timedelta(hours=int(fixed[2]), minutes=int(fixed[3] or 0))
        if offset <= timedelta(hours=14):
            return timezone(offset if fixed[1] == "+" else -offset)
    elif name in available_timezones():
        return ZoneInfo(name)
    known = available_timezones()
    raise finding("zone", zone=name, near=near(name, known) if "/" in name else "Asia/Shanghai, +08:00")


class Strict(BaseModel):
    """Keys that are not declared are refused; a loaded adapter does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Time(Strict):
    """Where the time of a row stands and how to read it."""

    zone: str
    column: str | None = None
    columns: list[str] = []
    year: str | None = None
    month: str | None = None
    day: str | None = None
    hour: str | None = None
    minute: str | None = None
    format: str = "iso"  # iso, unix_s, unix_ms, or a strptime pattern
    label: Literal["start", "end"] = "start"

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        zone_of(name)
        return name

    @model_validator(mode="after")
    def _one_way(self) -> Time:
        ways = [self.column is not None, bool(self.columns), self.year is not None]
        if sum(ways) != 1 or (self.year is not None and not (self.month and self.day)):
            raise finding("time")
        return self

    @property
    def parts(self) -> dict[str, str]:
        """Source column of each part of the date that is given apart."""
        names = ("year", "month", "day", "hour", "minute")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    @property
    def sources(self) -> list[str]:
        """The source columns the time is read from."""
        return [self.column] if self.column is not None else self.columns or list(self.parts.values())

    @property
    def tz(self) -> tzinfo:
        """The zone as an object."""
        return zone_of(self.zone)


def _column_alone(value: Any) -> Any:
    return {"column": value} if isinstance(value, str | int) else value


class SiteOf(Strict):
    """Which site a row belongs to: a column, one fixed code, or column headers that are site codes."""

    column: str | None = None
    value: str | None = None
    headers: str | None = None  # shell pattern such as "????A": each matching column holds one site's values
    prefix: str = ""
    map: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_way(self) -> SiteOf:
        if sum(x is not None for x in (self.column, self.value, self.headers)) != 1:
            raise finding("site")
        return self


class Series(Strict):
    """One series of the source: which variable it is, in which unit, and how its cells are to be read."""

    variable: str
    unit: str
    site: str | None = None  # this column is of this site, whatever the row says
    sentinels: list[float] = []
    map: dict[str, float | None] = {}  # words of the source to numbers; null is no observation
    optional: bool = False  # the source may lack it


class SiteEntry(Strict):
    """One site: its code, names and place."""

    code: str
    name_zh: str
    name_en: str | None = None
    lon: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)
    datum: Datum | None = None
    kind: Kind | None = None
    district: str | None = None


class Common(Strict):
    """What adapters to every table share."""

    name: str = ""  # the file's name where left out
    title_zh: str = ""
    title_en: str = ""
    format: Format | None = None  # by the file's suffix where left out
    encoding: str = "auto"
    delimiter: str = Field(",", min_length=1, max_length=1)
    sheet: str | int | None = None  # name or number from 1; the first where left out
    skip: int = Field(0, ge=0, le=1000)  # lines or rows above the header
    records: str = ""  # JSON: where the list of records stands, keys joined by dots
    missing: list[str] = list(MISSING)
    datum: Datum = "WGS-84"
    kind: Kind = "air"
    generated: bool = False


class ObservationAdapter(Common):
    """A mapping to the table ``observation``."""

    table: Literal["observation"] = "observation"
    layout: Literal["wide", "long"] = "wide"
    time: Time
    interval: Interval = "PT1H"
    site: Annotated[SiteOf | None, BeforeValidator(_column_alone)] = None
    variable: str | None = None  # long: the column that names the series
    value: str | None = None  # long: the column that holds the number
    columns: dict[str, Series] = Field(min_length=1)
    unit: str | None = None  # long: the column that holds the unit of each row, where the source has one
    ignore: list[str] = []  # long: series that are left out on purpose
    sentinels: list[float] = []
    sites: list[SiteEntry] = []  # in the YAML also the name of a CSV file beside it

    @model_validator(mode="after")
    def _layout(self) -> ObservationAdapter:
        headers = self.site is not None and self.site.headers is not None
        if self.layout == "long" and not (self.variable and (bool(self.value) != headers)):
            raise finding("long")
        if self.layout == "wide" and (self.variable or self.value or self.unit or self.ignore or headers):
            raise finding("wide")
        if self.site is None and not all(series.site for series in self.columns.values()):
            raise finding("no_site")
        codes = [entry.code for entry in self.sites]
        if len(set(codes)) < len(codes):
            raise finding("site_twice", code=next(code for code in codes if codes.count(code) > 1))
        return self


class RecordAdapter(Common):
    """A mapping to a table of things: one row of the source is one row of the table."""

    table: Literal["site", "enterprise", "place"]
    columns: dict[str, str] = Field(min_length=1)  # source column to column of the table
    map: dict[str, dict[str, str]] = {}  # column of the table: words of the source to its own
    fixed: dict[str, str | float | bool] = {}  # column of the table: the same value in every row
