"""A problem lead (问题线索): what a scenario says when it finds something wrong."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.lake.state_tables import SEVERITIES

LOCAL = ZoneInfo("Asia/Shanghai")
BUCKETS = ("day", "week", "month", "year")


@dataclass(frozen=True)
class LegalBasis:
    """One provision the lead rests on, as it stood on ``date``, the day of the act."""

    document: str  # e.g. "GB 3095-2026"
    clause: str
    date: date
    text: str = ""


@dataclass(frozen=True)
class Evidence:
    """What shows the finding: rows of the lake that a person can look up, and figures by artifact name."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)
    numbers: dict[str, float] = field(default_factory=dict)  # e.g. {"z": 4.2, "limit": 75.0}


@dataclass(frozen=True)
class Lead:
    """A finding of one rule about one subject in one period.

    ``title`` and ``action`` are message ids, filled from ``fields``. ``bucket`` is the step of time within
    which the same rule about the same subject is the same finding, counted in local time (Asia/Shanghai).

    Raises:
        InputError: a severity there is none of, a confidence outside 0..1, a period that ends before it starts
            or has no zone, coordinates off the Earth.
    """

    scenario: str
    rule: str
    subject: str  # enterprise, site or cell
    title: str
    start: datetime
    end: datetime  # exclusive
    severity: str  # info | low | medium | high
    confidence: float  # 0..1
    action: str
    evidence: Evidence = field(default_factory=Evidence)
    legal_basis: tuple[LegalBasis, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)
    lon: float | None = None  # [degree_east] WGS-84
    lat: float | None = None  # [degree_north]
    district: str | None = None  # adcode
    bucket: str = "day"

    def __post_init__(self) -> None:
        for name, value, known in (("severity", self.severity, SEVERITIES), ("bucket", self.bucket, BUCKETS)):
            if value not in known:
                raise _wrong(
                    self, N_("unknown {name} {value}"), N_("use one of: {near}"),
                    name=name, value=value, near=near(value, known),
                )  # fmt: skip
        if not 0 <= self.confidence <= 1:
            raise _wrong(
                self, N_("confidence is {value}"), N_("give a number from 0 to 1"), value=self.confidence
            )
        if self.start.tzinfo is None or self.end.tzinfo is None or self.end < self.start:
            raise _wrong(
                self,
                N_("the period {start} to {end} is not one"),
                N_("give times with a zone, the start not after the end"),
                start=self.start,
                end=self.end,
            )
        if not _on_earth(self.lon, self.lat):
            raise _wrong(
                self,
                N_("no such place: longitude {lon}, latitude {lat}"),
                N_("give both in degrees, or neither"),
                lon=self.lon,
                lat=self.lat,
            )

    @property
    def period(self) -> str:
        """The local day, week, month or year the period starts in, e.g. ``2024-12-15`` or ``2024-W50``."""
        formats = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m", "year": "%Y"}
        return self.start.astimezone(LOCAL).strftime(formats[self.bucket])

    @property
    def lead_id(self) -> str:
        """The stable id: the same scenario, rule, subject and period give the same one."""
        parts = json.dumps([self.scenario, self.rule, self.subject, self.period], ensure_ascii=False)
        return hashlib.sha256(parts.encode()).hexdigest()[:16]

    def facts(self) -> dict[str, Any]:
        """The JSON-able parts that go with the finding: evidence, legal basis and fields."""
        return {
            "evidence": plain(asdict(self.evidence)),
            "legal_basis": plain([asdict(basis) for basis in self.legal_basis]),
            "fields": plain(self.fields),
        }


def _on_earth(lon: float | None, lat: float | None) -> bool:
    if lon is None or lat is None:
        return lon is lat
    return math.isfinite(lon) and math.isfinite(lat) and -180 <= lon <= 180 and -90 <= lat <= 90


def _wrong(lead: Lead, what: str, fix: str, **fields: Any) -> InputError:
    return InputError(what, N_("lead of rule {rule}"), fix, rule=f"{lead.scenario}/{lead.rule}", **fields)


def plain(value: Any) -> Any:
    """``value`` as JSON has it: NumPy scalars as numbers, times as ISO 8601, what is not a number as null."""
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if hasattr(value, "isoformat"):
        return None if str(value) == "NaT" else value.isoformat()
    return plain(value.item()) if hasattr(value, "item") else value
