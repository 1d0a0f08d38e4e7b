"""APScheduler on our state: its job store in the state database, our planned times, nothing pickled.

APScheduler's own store keeps pickled objects: whoever can write the database could run code in the scheduler.
This one keeps the same columns with JSON in them.
"""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import Any

from apscheduler.executors.base import BaseExecutor
from apscheduler.job import Job as Entry
from apscheduler.jobstores.base import ConflictingIdError, JobLookupError
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.triggers.base import BaseTrigger
from apscheduler.util import datetime_to_utc_timestamp
from sqlalchemy.exc import IntegrityError

from gzeco_lib.briefing.schedule import Job
from gzeco_lib.lake.state import State

TABLE = "scheduler_job"


class Planned(BaseTrigger):
    """Fires at a job's planned times."""

    def __init__(self, cron: str, zone: str) -> None:
        self.cron, self.zone = cron, zone
        self._job = Job(id="trigger", brief="trigger", cron=cron, zone=zone)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The planned time after the previous one, or after now."""
        return self._job.next_time((previous_fire_time or now).astimezone(UTC))


def due() -> None:
    """What an entry stands for; the executor below never calls it, the claim on the run row decides."""


class JsonJobStore(SQLAlchemyJobStore):
    """APScheduler's SQLAlchemy job store with JSON in place of pickles."""

    def __init__(self, state: State) -> None:
        super().__init__(engine=state.engine, tablename=TABLE)

    def start(self, scheduler: Any, alias: str) -> None:
        """Create the table; where another scheduler does so in this moment, find it there."""
        try:
            super().start(scheduler, alias)
        except Exception:
            self.jobs_t.create(self.engine, checkfirst=True)

    def shutdown(self) -> None:
        """The engine belongs to the state and stays open."""

    def add_job(self, job: Entry) -> None:
        """Insert an entry."""
        try:
            with self.engine.begin() as connection:
                connection.execute(self.jobs_t.insert().values(id=job.id, **_columns(job)))
        except IntegrityError:
            raise ConflictingIdError(job.id) from None

    def update_job(self, job: Entry) -> None:
        """Update an entry."""
        update = self.jobs_t.update().where(self.jobs_t.c.id == job.id).values(**_columns(job))
        with self.engine.begin() as connection:
            if connection.execute(update).rowcount == 0:
                raise JobLookupError(job.id)

    def _reconstitute_job(self, job_state: bytes) -> Entry:
        kept = json.loads(job_state)
        at = datetime.fromisoformat(kept["next"]) if kept["next"] else None
        entry = Entry(
            self._scheduler, id=kept["id"], name=kept["id"], func=due, args=(), kwargs={},
            trigger=Planned(kept["cron"], kept["zone"]), executor="default", misfire_grace_time=None,
            coalesce=True, max_instances=1, next_run_time=at,
        )  # fmt: skip
        entry._jobstore_alias = self._alias
        return entry


def _columns(job: Entry) -> dict[str, Any]:
    at = job.next_run_time
    kept = {
        "id": job.id, "cron": job.trigger.cron, "zone": job.trigger.zone,
        "next": at.astimezone(UTC).isoformat() if at else None,
    }  # fmt: skip
    return {"next_run_time": datetime_to_utc_timestamp(at), "job_state": json.dumps(kept).encode()}


class Waker(BaseExecutor):
    """Tells the scheduler's own loop that something is due, and leaves it to it."""

    def __init__(self, wake: threading.Event) -> None:
        super().__init__()
        self.wake = wake

    def _do_submit_job(self, job: Entry, run_times: list[datetime]) -> None:
        self.wake.set()
        self._run_job_success(job.id, [])
