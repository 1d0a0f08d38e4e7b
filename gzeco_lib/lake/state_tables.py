"""Tables of the state database: what changes often and in small pieces.

Leads and their reviews, runs, deliveries (an outbox), users' watches and the audit log. Times are UTC and
aware in Python whatever the database does; no secret is ever stored, only the name of the environment
variable that holds one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

SEVERITIES = ("info", "low", "medium", "high")
LEAD_STATUSES = ("new", "confirmed", "dismissed", "pushed", "closed")
RUN_STATUSES = ("planned", "running", "ok", "failed", "missed", "timed_out")
DELIVERY_STATUSES = ("waiting", "sending", "sent", "failed")


class UtcTime(TypeDecorator[datetime]):
    """An aware time, stored as UTC; SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without zone: it would silently be read as UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"time without zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time as UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Declarative base; dictionaries and lists are JSON columns."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as a plain class attribute
        datetime: UtcTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        str: Text,
    }


def _one_of(column: str, values: tuple[str, ...], name: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


class LeadRow(Base):
    """One finding; its id is stable, so finding it again adds to ``times_seen``."""

    __tablename__ = "lead"
    __table_args__ = (
        _one_of("severity", SEVERITIES, "lead_severity"),
        _one_of("status", LEAD_STATUSES, "lead_status"),
        Index("lead_by_status", "status", "last_seen"),
        Index("lead_by_rule", "scenario", "rule"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    scenario: Mapped[str]
    rule: Mapped[str]
    subject: Mapped[str]
    title: Mapped[str]
    fields: Mapped[dict[str, Any]]
    lon: Mapped[float | None]  # [degree_east] WGS-84
    lat: Mapped[float | None]  # [degree_north]
    district: Mapped[str | None]
    start: Mapped[datetime]
    end: Mapped[datetime]
    severity: Mapped[str] = mapped_column(String(8))
    confidence: Mapped[float]
    evidence: Mapped[dict[str, Any]]
    legal_basis: Mapped[list[Any]]
    action: Mapped[str]
    status: Mapped[str] = mapped_column(String(12), default="new")
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    times_seen: Mapped[int] = mapped_column(default=1)
    reviews: Mapped[list[LeadReviewRow]] = relationship(
        back_populates="lead", order_by="LeadReviewRow.id", cascade="all, delete-orphan"
    )


class LeadReviewRow(Base):
    """One step of a lead's review trail; rows are only ever added."""

    __tablename__ = "lead_review"

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[str] = mapped_column(ForeignKey("lead.id"), index=True)
    at: Mapped[datetime]
    who: Mapped[str]
    before: Mapped[str] = mapped_column(String(12))
    after: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(default="")
    lead: Mapped[LeadRow] = relationship(back_populates="reviews")


class RunRow(Base):
    """One planned time of one job; the unique pair (job, planned) is the claim: who inserts it runs it."""

    __tablename__ = "run"
    __table_args__ = (
        UniqueConstraint("job", "planned", name="run_once"),
        _one_of("status", RUN_STATUSES, "run_status"),
        Index("run_by_status", "status", "heartbeat"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    job: Mapped[str]
    planned: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(12))
    attempt: Mapped[int] = mapped_column(default=0)
    kills: Mapped[int] = mapped_column(default=0)  # times its scheduler was found dead
    made_up: Mapped[bool] = mapped_column(default=False)  # started after its planned time had been missed
    started: Mapped[datetime | None]
    finished: Mapped[datetime | None]
    next_try: Mapped[datetime | None]
    parameters: Mapped[dict[str, Any]]
    outputs: Mapped[list[Any]]  # [{path, bytes, sha256}] of the files it wrote
    folder: Mapped[str | None]
    removed: Mapped[bool] = mapped_column(default=False)  # its files went with retention
    error: Mapped[str | None]
    trail: Mapped[list[Any]]  # one entry an attempt that ended
    owner: Mapped[str | None] = mapped_column(String(32))  # token of the attempt that may write this row
    host: Mapped[str | None]
    pid: Mapped[int | None]  # of the scheduler
    pid_started: Mapped[float | None]  # [s since epoch] tells a reused pid
    child: Mapped[int | None]  # of the subprocess
    child_started: Mapped[float | None]
    heartbeat: Mapped[datetime | None]


class DeliveryRow(Base):
    """One message of the outbox: written with the fact it tells, sent after, and again after a crash."""

    __tablename__ = "delivery"
    __table_args__ = (
        _one_of("status", DELIVERY_STATUSES, "delivery_status"),
        Index("delivery_due", "status", "next_try"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)  # idempotency key the receiver sees
    run_id: Mapped[str | None] = mapped_column(ForeignKey("run.id"), index=True)
    lead_id: Mapped[str | None] = mapped_column(ForeignKey("lead.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    target: Mapped[str]  # for people; holds no secret
    settings: Mapped[dict[str, Any]]  # how to send; names of environment variables in place of secrets
    payload: Mapped[dict[str, Any]]
    who: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(String(12), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    created: Mapped[datetime]
    next_try: Mapped[datetime | None]
    sent: Mapped[datetime | None]
    error: Mapped[str | None]
    owner: Mapped[str | None] = mapped_column(String(32))  # token of who is sending now


class WatchRow(Base):
    """What a user asked to be told about."""

    __tablename__ = "watch"
    __table_args__ = (UniqueConstraint("who", "scenario", "rule", "subject", name="watch_once"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    who: Mapped[str]
    scenario: Mapped[str] = mapped_column(default="")
    rule: Mapped[str] = mapped_column(default="")
    subject: Mapped[str] = mapped_column(default="")
    severity: Mapped[str] = mapped_column(String(8), default="info")  # the least that is told
    created: Mapped[datetime]


class AuditRow(Base):
    """Who did what to what; rows are only ever added."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    who: Mapped[str]
    act: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[dict[str, Any]]
