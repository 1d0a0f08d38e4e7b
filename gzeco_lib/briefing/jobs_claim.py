"""Run rows and who may write them: plan, take, beat, finish, and find the runs of schedulers that died.

Every change after taking a run asks for the owner's token, so a scheduler that lost a run to another (it was
paused, its machine slept) can neither finish nor deliver it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import exists, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from gzeco_lib.briefing.jobs_outputs import inventory
from gzeco_lib.briefing.jobs_process import Who, kill_tree, who
from gzeco_lib.briefing.schedule import Job
from gzeco_lib.lake.state import State
from gzeco_lib.lake.state_tables import RunRow

PUNCTUAL = timedelta(seconds=60)  # a run that starts within this of its time is not late
STALE = timedelta(seconds=90)  # without a beat for this long a run's scheduler is taken for dead
LOOK_BACK = timedelta(days=31)  # at most; also the longest window
MOST_MISSED = 200  # missed runs written down after a long stop

Finish = Callable[[Session, RunRow], None]


def wall() -> datetime:
    """The real time."""
    return datetime.now(UTC)


def plan(state: State, job: Job, now: datetime) -> None:
    """Write down what ``job`` owes at ``now``: runs to be made as ``planned``, the others as ``missed``.

    A job seen for the first time owes only its latest planned time within the window.
    """
    with state.reading() as session:
        last = session.scalar(select(func.max(RunRow.planned)).where(RunRow.job == job.id))
    first = last is None
    times = job.planned(now - job.window if last is None else max(last, now - LOOK_BACK), now)
    times = times[-1:] if first else times[-MOST_MISSED:]
    owed = _owed(job, times, now)
    for time in times:
        late = now - time > PUNCTUAL
        _insert(state, job, time, "planned" if time in owed else "missed", made_up=late and time in owed)


def _owed(job: Job, times: list[datetime], now: datetime) -> set[datetime]:
    """Which of the planned ``times`` are to be run: those that are due, and those to be made up."""
    due = {time for time in times if now - time <= PUNCTUAL}
    late = [time for time in times if time not in due and now - time <= job.window]
    if job.make_up == "none":
        return due
    if job.make_up == "latest":
        return due or set(late[-1:])
    return due | set(late)


def _insert(state: State, job: Job, planned: datetime, status: str, made_up: bool) -> None:
    row = RunRow(
        id=uuid.uuid4().hex, job=job.id, planned=planned, status=status, made_up=made_up,
        parameters={"runs": job.runs, "lang": job.lang} | ({"set": job.parameters} if job.parameters else {}),
        outputs=[], trail=[], next_try=wall() if status == "planned" else None,
    )  # fmt: skip
    try:
        with state.session() as session:
            session.add(row)
    except IntegrityError:
        return  # another scheduler wrote it down first


def take(state: State, jobs: list[str], at: datetime) -> RunRow | None:
    """Take one planned run whose time has come; nobody else can have it.

    Two runs of one job never go side by side: they would write the same tables.
    """
    other = aliased(RunRow)
    busy = exists().where(other.job == RunRow.job, other.status == "running")
    query = (
        select(RunRow)
        .where(RunRow.job.in_(jobs), RunRow.status == "planned", RunRow.next_try <= at, ~busy)
        .order_by(RunRow.planned)
        .limit(1)
        .with_for_update(skip_locked=True, of=RunRow)
    )
    with state.session() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SELECT pg_advisory_xact_lock(hashtext('gzeco take'))"))
        row = session.scalars(query).first()
        if row is None:
            return None
        me = who()
        row.status, row.owner, row.attempt = "running", uuid.uuid4().hex, row.attempt + 1
        row.host, row.pid, row.pid_started = me.host, me.pid, me.started
        row.child = row.child_started = row.finished = row.error = row.next_try = None
        row.started = row.heartbeat = at
        row.folder, row.outputs = None, []
        session.flush()
        session.expunge(row)
        return row


def mine(session: Session, row: RunRow) -> RunRow | None:
    """The row under lock, where it still is ours."""
    return session.scalars(
        select(RunRow)
        .where(RunRow.id == row.id, RunRow.owner == row.owner, RunRow.status == "running")
        .with_for_update()
    ).first()


def note_folder(state: State, row: RunRow, folder: str) -> bool:
    """Write down where the attempt writes; False where the run is no longer ours."""
    return _change(state, row, lambda own: setattr(own, "folder", folder))


def note_child(state: State, row: RunRow, child: Who) -> bool:
    """Write down the process, so that whoever finds the run abandoned can end it."""

    def change(own: RunRow) -> None:
        own.child, own.child_started = child.pid, child.started

    return _change(state, row, change)


def beat(state: State, row: RunRow) -> bool:
    """Say that the run is watched; False where it is no longer ours."""
    return _change(state, row, lambda own: setattr(own, "heartbeat", wall()))


def _change(state: State, row: RunRow, change: Callable[[RunRow], None]) -> bool:
    with state.session() as session:
        if own := mine(session, row):
            change(own)
        return own is not None


def finish(
    state: State,
    row: RunRow,
    status: str,
    error: str | None,
    outputs: list[dict[str, Any]],
    again_at: datetime | None = None,
    told: Finish | None = None,
) -> bool:
    """End the attempt; with ``again_at`` the run is planned again, else ``status`` is final and ``told`` is called
    in the same transaction. False where the run is no longer ours."""
    with state.session() as session:
        own = mine(session, row)
        if own is None:
            return False
        own.finished, own.error, own.outputs, own.owner = wall(), error, outputs, None
        if again_at is not None:
            own.trail = [*own.trail, _attempt(own, status)]
            own.status, own.next_try = "planned", again_at
            return True
        own.status = status
        if told:
            told(session, own)
        return True


def _attempt(row: RunRow, status: str) -> dict[str, Any]:
    """The attempt as the trail keeps it."""
    return {
        "attempt": row.attempt,
        "status": status,
        "started": row.started.isoformat() if row.started else None,
        "finished": row.finished.isoformat() if row.finished else None,
        "error": row.error,
        "folder": row.folder,
        "outputs": row.outputs,
    }


def recover(state: State, told: Finish) -> int:
    """Find runs whose scheduler died, end what they left running, and plan each once more; a second death is final.

    Returns how many were found.
    """
    with state.reading() as session:
        running = session.scalars(select(RunRow).where(RunRow.status == "running")).all()
    found = 0
    for row in running:
        if not _abandoned(row, wall()):
            continue
        if row.child and row.host == who().host:
            kill_tree(Who(row.host, row.child, row.child_started or 0.0))
        found += _plan_again(state, row, told)
    return found


def _abandoned(row: RunRow, now: datetime) -> bool:
    scheduler = Who(row.host or "", row.pid or 0, row.pid_started or 0.0)
    if scheduler.here and not scheduler.alive:
        return True
    return row.heartbeat is None or now - row.heartbeat > STALE


def _plan_again(state: State, row: RunRow, told: Finish) -> int:
    with state.session() as session:
        own = mine(session, row)
        if own is None or own.heartbeat != row.heartbeat:
            return 0  # another scheduler was quicker, or it lives after all
        own.kills, own.finished, own.owner = own.kills + 1, wall(), None
        if own.folder and row.host == who().host and Path(own.folder).is_dir():
            own.outputs = inventory(Path(own.folder))  # so that retention finds what it left
        own.error = "the scheduler or its machine died during the run"
        if own.kills > 1:
            own.status = "failed"
            told(session, own)
        else:
            own.trail = [*own.trail, _attempt(own, "killed")]
            own.status, own.next_try, own.made_up = "planned", wall(), True
    return 1
