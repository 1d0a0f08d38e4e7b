"""The ledger: leads are recorded once, reviewed step by step, and each step keeps who, when and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.lake.state import State, note
from gzeco_lib.lake.state_tables import LEAD_STATUSES, SEVERITIES, DeliveryRow, LeadReviewRow, LeadRow
from gzeco_lib.leads.lead import Lead, plain

NEXT: dict[str, tuple[str, ...]] = {
    "new": ("confirmed", "dismissed"),
    "confirmed": ("pushed",),
    "pushed": ("closed",),
    "dismissed": (),
    "closed": (),
}


@dataclass
class Recorded:
    """Ids of leads that were new and of those seen before."""

    new: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)


def _now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """The leads of one state database."""

    def __init__(self, state: State, clock: Callable[[], datetime] = _now) -> None:
        self.state, self.clock = state, clock

    def record(self, leads: Iterable[Lead], at: datetime | None = None) -> Recorded:
        """Enter ``leads`` as found at time ``at``; the same finding again only counts as seen once more.

        Recording the same run twice (same ``at``) changes nothing. While a lead is still new its evidence
        follows the latest sight; once reviewed, what was reviewed stays.
        """
        at, result = at or self.clock(), Recorded()
        with self.state.session() as session:
            # In one order, so that two writers on PostgreSQL cannot wait for each other.
            for lead in sorted({lead.lead_id: lead for lead in leads}.values(), key=lambda one: one.lead_id):
                new = _record(session, lead, at)
                (result.new if new else result.seen).append(lead.lead_id)
        return result

    def find(
        self,
        status: str | None = None,
        scenario: str | None = None,
        rule: str | None = None,
        severity: str | None = None,
        district: str | None = None,
        subject: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int = 1000,
    ) -> list[dict[str, Any]]:
        """Leads that match every filter, the gravest and latest first; ``severity`` is the least one wanted.

        Raises:
            InputError: a status or severity there is none of.
        """
        for name, value, known in (("status", status, LEAD_STATUSES), ("severity", severity, SEVERITIES)):
            if value is not None and value not in known:
                raise _unknown(name, value, known)
        columns = {
            "status": status,
            "scenario": scenario,
            "rule": rule,
            "district": district,
            "subject": subject,
        }
        wanted: list[ColumnElement[bool]] = [
            getattr(LeadRow, name) == value for name, value in columns.items() if value is not None
        ]
        if severity is not None:
            wanted.append(LeadRow.severity.in_(SEVERITIES[SEVERITIES.index(severity) :]))
        if start is not None:
            wanted.append(LeadRow.end > start)
        if end is not None:
            wanted.append(LeadRow.start < end)
        grave = [LeadRow.severity == name for name in reversed(SEVERITIES)]
        order = [part.desc() for part in grave] + [LeadRow.last_seen.desc(), LeadRow.id]
        with self.state.reading() as session:
            return [
                described(row)
                for row in session.scalars(select(LeadRow).where(*wanted).order_by(*order).limit(limit))
            ]

    def get(self, lead_id: str) -> dict[str, Any]:
        """One lead with its review trail and its pushes.

        Raises:
            InputError: there is no such lead.
        """
        with self.state.reading() as session:
            row = _row(session, lead_id)
            pushes = session.scalars(
                select(DeliveryRow).where(DeliveryRow.lead_id == lead_id).order_by(DeliveryRow.created)
            )
            return described(row) | {
                "reviews": [
                    {"at": r.at, "who": r.who, "from": r.before, "to": r.after, "reason": r.reason}
                    for r in row.reviews
                ],
                "pushes": [
                    {
                        "target": p.target,
                        "status": p.status,
                        "attempts": p.attempts,
                        "sent": p.sent,
                        "error": p.error,
                    }
                    for p in pushes
                ],
            }

    def review(self, lead_id: str, to: str, who: str, reason: str = "") -> dict[str, Any]:
        """Take one step of the trail and return the lead as it then is.

        Raises:
            InputError: no such lead, a step that is not legal from where it is, nobody named, or a dismissal
                without a reason.
        """
        if to not in LEAD_STATUSES:
            raise _unknown("status", to, LEAD_STATUSES)
        with self.state.session() as session:
            step(session, lead_id, to, who, reason, self.clock())
        return self.get(lead_id)


def step(session: Session, lead_id: str, to: str, who: str, reason: str, at: datetime) -> LeadRow:
    """One step of the review trail in the caller's transaction; see ``Ledger.review``."""
    row, who, reason = _row(session, lead_id, lock=True), who.strip(), reason.strip()
    if to not in NEXT[row.status]:
        raise InputError(
            N_("a lead that is {status} cannot become {to}"),
            N_("lead {lead}"),
            N_("from {status} it can go to: {legal}"),
            status=row.status, to=to, lead=lead_id, legal=", ".join(NEXT[row.status]) or "-",
        )  # fmt: skip
    if not who:
        raise InputError(
            N_("nobody is named as the reviewer"), N_("lead {lead}"), N_("say who: --who NAME"), lead=lead_id
        )
    if to == "dismissed" and not reason:
        raise InputError(
            N_("a dismissal needs a reason"), N_("lead {lead}"), N_("say why: --reason TEXT"), lead=lead_id
        )
    session.add(LeadReviewRow(lead_id=lead_id, at=at, who=who, before=row.status, after=to, reason=reason))
    note(session, who, "lead.review", lead_id, at, **{"from": row.status, "to": to, "reason": reason})
    row.status = to
    return row


def described(row: LeadRow) -> dict[str, Any]:
    """The lead as a dictionary, columns in the order of the table."""
    return {column.key: getattr(row, column.key) for column in LeadRow.__table__.columns}


def record(state: State, leads: Iterable[Lead], at: datetime | None = None) -> Recorded:
    """Enter ``leads`` in the ledger of ``state``; see ``Ledger.record``."""
    return Ledger(state).record(leads, at)


def _record(session: Session, lead: Lead, at: datetime) -> bool:
    query = select(LeadRow).where(LeadRow.id == lead.lead_id).with_for_update()
    row = session.scalars(query).first()
    if row is None:
        try:
            with session.begin_nested():
                session.add(_first_sight(lead, at))
            return True
        except IntegrityError:  # another writer recorded it in this moment
            row = session.scalars(query).one()
    if at > row.last_seen:
        row.last_seen, row.times_seen = at, row.times_seen + 1
        if row.status == "new":
            _take_over(row, lead)
    return False


def _first_sight(lead: Lead, at: datetime) -> LeadRow:
    row = LeadRow(
        id=lead.lead_id, scenario=lead.scenario, rule=lead.rule, subject=lead.subject,
        status="new", first_seen=at, last_seen=at, times_seen=1,
    )  # fmt: skip
    _take_over(row, lead)
    return row


def _take_over(row: LeadRow, lead: Lead) -> None:
    facts = lead.facts()
    row.title, row.action, row.district = lead.title, lead.action, lead.district
    row.lon, row.lat, row.confidence = plain(lead.lon), plain(lead.lat), float(lead.confidence)
    row.severity, row.start, row.end = lead.severity, lead.start, lead.end
    row.evidence, row.legal_basis, row.fields = facts["evidence"], facts["legal_basis"], facts["fields"]


def _row(session: Session, lead_id: str, lock: bool = False) -> LeadRow:
    query = select(LeadRow).where(LeadRow.id == lead_id).options(selectinload(LeadRow.reviews))
    row = session.scalars(query.with_for_update() if lock else query).first()
    if row is None:
        raise InputError(
            N_("there is no lead {lead}"),
            N_("the ledger"),
            N_("see the ids with: gzeco leads list"),
            lead=lead_id,
        )
    return row


def _unknown(name: str, value: str, known: Iterable[str]) -> InputError:
    return InputError(
        N_("unknown {name} {value}"), N_("the ledger"), N_("use one of: {near}"),
        name=name, value=value, near=near(value, known),
    )  # fmt: skip
