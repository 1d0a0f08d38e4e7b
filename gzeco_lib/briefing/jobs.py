"""Runs of briefings and models: one attempt from taking it to telling it, and the history of all."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gzeco_lib.briefing import deliver
from gzeco_lib.briefing.jobs_claim import beat, finish, note_child, note_folder, plan, recover, take, wall
from gzeco_lib.briefing.jobs_outputs import faults, inventory, new_folder, retain
from gzeco_lib.briefing.jobs_process import Ended, execute
from gzeco_lib.briefing.schedule import Job, Schedule
from gzeco_lib.lake.state import State
from gzeco_lib.lake.state_tables import DeliveryRow, RunRow

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

BEAT_S = 10.0  # between signs of life of a run [s]
BAD_INPUT = 2  # exit code that another try cannot mend
Command = Callable[[Job, datetime, Path], Sequence[str]]

COLUMNS = [
    "job", "runs", "planned", "status", "attempt", "made_up", "started", "finished", "seconds", "error",
    "folder", "files", "deliveries", "delivered", "host", "id",
]  # fmt: skip


def command(lake: str) -> Command:
    """The command line of a job on ``lake``: this interpreter, a list, every value in one argument."""

    def made(job: Job, planned: datetime, folder: Path) -> list[str]:
        verb = ["brief", str(job.brief)] if job.brief else ["run", str(job.model)]
        line = [sys.executable, "-m", "gzeco_lib.cli", *verb]
        line += [f"--at={planned.isoformat()}", f"--lake={lake}", f"--out={folder}", "--json"]
        line += [f"--lang={job.lang}"] if job.brief else []
        for name, value in job.parameters.items():
            line += ["-P", f"{name}={value if isinstance(value, str) else json.dumps(value, default=str)}"]
        return line

    return made


@dataclass
class Keeper:
    """Plans, takes and performs the runs of one schedule; any number may work on the same state."""

    state: State
    schedule: Schedule
    out: Path
    command: Command
    stop: Callable[[], bool] = lambda: False
    beat_s: float = BEAT_S
    ended: list[RunRow] = field(default_factory=list)  # what this keeper has performed

    def sweep(self, now: datetime) -> None:
        """See what died, what was missed and what is due at ``now``."""
        recover(self.state, self._told)
        for job in self.schedule.jobs:
            plan(self.state, job, now)

    def next_run(self) -> RunRow | None:
        """Take the next run whose time has come."""
        return take(self.state, [job.id for job in self.schedule.jobs], wall())

    def perform(self, row: RunRow) -> RunRow:
        """Run one taken row to its end and return it as it then is."""
        job = self.schedule.job(row.job)
        if job is None:
            raise ValueError(f"job {row.job} is not in the schedule")
        folder = new_folder(self.out, job.id, row.planned, row.attempt)
        note_folder(self.state, row, str(folder))
        try:
            ended = self._execute(job, row, folder)
            fault = faults(job, folder, ended.code) if ended.code is not None else ended.stopped
        except OSError as error:
            ended, fault = Ended(1), f"{type(error).__name__}: {error.strerror or error}"
        self._finish(job, row, folder, ended, fault)
        retain(self.state, job)
        with self.state.reading() as session:
            done = session.get_one(RunRow, row.id)
        log.info("job %s planned %s attempt %d: %s", done.job, done.planned, done.attempt, done.status)
        self.ended.append(done)
        return done

    def _execute(self, job: Job, row: RunRow, folder: Path) -> Ended:
        return execute(
            self.command(job, row.planned, folder),
            folder,
            job.time_limit,
            hide=self.schedule.secrets,
            started=lambda child: note_child(self.state, row, child),
            beat=lambda: beat(self.state, row),
            beat_s=self.beat_s,
            stop=self.stop,
        )

    def _finish(self, job: Job, row: RunRow, folder: Path, ended: Ended, fault: str) -> None:
        outputs = inventory(folder)
        if ended.stopped == "stop":  # not the run's fault: the next scheduler makes it up
            finish(self.state, row, "stopped", "the scheduler was stopped", outputs, again_at=wall())
            return
        status = "timed_out" if ended.stopped == "time limit" else "failed" if fault else "ok"
        tries = row.attempt - row.kills  # a killed attempt is not one of the job's own
        again = status != "ok" and tries <= job.retries and ended.code != BAD_INPUT
        again_at = wall() + job.retry_delay if again else None
        finish(self.state, row, status, fault or None, outputs, again_at, self._told)

    def _told(self, session: Session, run: RunRow) -> None:
        if job := self.schedule.job(run.job):
            deliver.enqueue(session, self.schedule, job, run, wall())


def waiting(state: State, jobs: Sequence[str]) -> datetime | None:
    """When the next planned run of ``jobs`` may be taken; None where none waits."""
    query = select(func.min(RunRow.next_try)).where(RunRow.job.in_(jobs), RunRow.status == "planned")
    with state.reading() as session:
        return session.scalar(query)


def history(state: State, limit: int = 200, job: str | None = None) -> pd.DataFrame:
    """The latest runs, newest first, one row each.

    Columns: job, runs (what it runs), planned, status, attempt, made_up, started, finished, seconds [s], error,
    folder, files (how many), deliveries (asked for), delivered (sent), host, id. Times are UTC.
    """
    import pandas as pd

    query = select(RunRow).order_by(RunRow.planned.desc(), RunRow.job).limit(limit)
    if job is not None:
        query = query.where(RunRow.job == job)
    with state.reading() as session:
        rows = session.scalars(query).all()
        told = select(DeliveryRow.run_id, DeliveryRow.status, func.count()).group_by(
            DeliveryRow.run_id, DeliveryRow.status
        )
        counts: dict[str, dict[str, int]] = {}
        for run, status, number in session.execute(
            told.where(DeliveryRow.run_id.in_([row.id for row in rows]))
        ):
            counts.setdefault(str(run), {})[status] = number
    frame = pd.DataFrame([_line(row, counts.get(row.id, {})) for row in rows], columns=COLUMNS)
    for name in ("planned", "started", "finished"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame


def _line(row: RunRow, told: dict[str, int]) -> dict[str, Any]:
    seconds = (row.finished - row.started).total_seconds() if row.started and row.finished else None
    return {
        "job": row.job, "runs": row.parameters.get("runs", ""), "planned": row.planned, "status": row.status,
        "attempt": row.attempt, "made_up": row.made_up, "started": row.started, "finished": row.finished,
        "seconds": seconds, "error": row.error, "folder": None if row.removed else row.folder,
        "files": 0 if row.removed else len(row.outputs), "deliveries": sum(told.values()),
        "delivered": told.get("sent", 0), "host": row.host, "id": row.id,
    }  # fmt: skip
