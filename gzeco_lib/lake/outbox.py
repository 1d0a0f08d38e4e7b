"""The outbox: messages written in the transaction of what they tell, sent after it, and again after a crash.

A message is sent at least once. Its key never changes, so a receiver that remembers keys sees it once.
Claim, send, mark: a sender that dies in between leaves a row whose lease ends, and another sender takes it up.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gzeco_lib.lake.state import State
from gzeco_lib.lake.state_tables import DeliveryRow

log = logging.getLogger(__name__)

ATTEMPTS = 8  # with the waits below a receiver may be away for about two hours
FIRST_WAIT = timedelta(seconds=60)
LONGEST_WAIT = timedelta(hours=6)
LEASE = timedelta(minutes=5)  # after this a message still "sending" is taken for abandoned


class SendError(Exception):
    """A message did not go out; ``permanent`` where sending it again cannot help."""

    def __init__(self, message: str, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


@dataclass(frozen=True)
class Message:
    """What to send, where, and the key by which a receiver knows a repetition."""

    key: str
    kind: str
    target: str  # for people, without secrets
    settings: dict[str, Any]
    payload: dict[str, Any]
    run_id: str | None = None
    lead_id: str | None = None
    who: str = ""


@dataclass
class Flushed:
    """Ids of what was sent, what waits for another try, and what was given up."""

    sent: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


Send = Callable[[DeliveryRow], None]
Done = Callable[[Session, DeliveryRow], None]


def now() -> datetime:
    """The clock of the outbox where none is given."""
    return datetime.now(UTC)


def put(session: Session, message: Message, at: datetime) -> DeliveryRow:
    """Add ``message`` in the caller's transaction; one already there under its key is given back instead.

    A message that was given up waits again: whoever asks for it anew wants it sent.
    """
    query = select(DeliveryRow).where(DeliveryRow.key == message.key).with_for_update()
    row = session.scalars(query).first()
    if row is None:
        new = DeliveryRow(
            id=uuid.uuid4().hex, status="waiting", attempts=0, created=at, next_try=at, **vars(message)
        )
        try:
            with session.begin_nested():
                session.add(new)
            return new
        except IntegrityError:  # another writer put it in this moment
            row = session.scalars(query).one()
    if row.status == "failed":
        row.status, row.attempts, row.next_try, row.settings = "waiting", 0, at, message.settings
    return row


def backoff(attempts: int) -> timedelta:
    """The wait after ``attempts`` tries: doubled each time, up to a limit."""
    return min(FIRST_WAIT * 2 ** max(attempts - 1, 0), LONGEST_WAIT)


def flush(
    state: State,
    senders: Mapping[str, Send],
    of: ColumnElement[bool],
    done: Done | None = None,
    clock: Callable[[], datetime] = now,
) -> Flushed:
    """Send every due message that ``of`` selects and that has a sender for its kind."""
    result = Flushed()
    while True:
        row = _claim(state, and_(of, DeliveryRow.kind.in_(list(senders))), clock())
        if row is None:
            return result
        try:
            senders[row.kind](row)
        except SendError as error:
            _failed(state, row, error, clock(), result)
        else:
            _sent(state, row, done, clock(), result)


def _claim(state: State, of: ColumnElement[bool], at: datetime) -> DeliveryRow | None:
    """Take one due message for sending; no other sender gets it while its lease lasts."""
    with state.session() as session:
        due = (
            select(DeliveryRow)
            .where(of, DeliveryRow.next_try <= at)
            .where(or_(DeliveryRow.status == "waiting", DeliveryRow.status == "sending"))
            .order_by(DeliveryRow.next_try)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = session.scalars(due).first()
        if row is None:
            return None
        row.status, row.owner, row.next_try = "sending", uuid.uuid4().hex, at + LEASE
        row.attempts += 1
        session.flush()
        session.expunge(row)
        return row


def _mine(session: Session, row: DeliveryRow) -> DeliveryRow | None:
    """The row, where the lease was not lost to another sender meanwhile."""
    return session.scalars(
        select(DeliveryRow).where(DeliveryRow.id == row.id, DeliveryRow.owner == row.owner).with_for_update()
    ).first()


def _sent(state: State, row: DeliveryRow, done: Done | None, at: datetime, result: Flushed) -> None:
    with state.session() as session:
        if mine := _mine(session, row):
            mine.status, mine.sent, mine.next_try, mine.error, mine.owner = "sent", at, None, None, None
            if done:
                done(session, mine)
    result.sent.append(row.id)


def _failed(state: State, row: DeliveryRow, error: SendError, at: datetime, result: Flushed) -> None:
    given_up = error.permanent or row.attempts >= ATTEMPTS
    log.warning("delivery %s to %s, attempt %d: %s", row.id, row.target, row.attempts, error)
    with state.session() as session:
        if mine := _mine(session, row):
            mine.status, mine.error, mine.owner = "failed" if given_up else "waiting", str(error), None
            mine.next_try = None if given_up else at + backoff(row.attempts)
    (result.failed if given_up else result.waiting).append(row.id)
