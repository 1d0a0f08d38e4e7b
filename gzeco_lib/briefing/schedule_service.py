"""The scheduler: once over what is due or missed, or as a service until it is told to end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gzeco_lib.briefing import deliver
from gzeco_lib.briefing.jobs import Keeper, waiting
from gzeco_lib.briefing.jobs_claim import wall
from gzeco_lib.lake.outbox import Flushed
from gzeco_lib.lake.state_tables import RunRow
from gzeco_lib.leads import push

log = logging.getLogger(__name__)

LOOK_S = 15.0  # between looks for retries, dead schedulers and messages to be sent again [s]


@dataclass
class Once:
    """What one pass did."""

    ended: list[RunRow] = field(default_factory=list)
    delivered: Flushed = field(default_factory=Flushed)

    @property
    def failed(self) -> bool:
        """Whether a run or a delivery was given up."""
        return any(row.status != "ok" for row in self.ended) or bool(self.delivered.failed)


def once(keeper: Keeper, now: datetime, sleep: Callable[[float], None] = time.sleep) -> Once:
    """Run whatever is due or missed at ``now``, with its retries, deliver it, and come back."""
    keeper.sweep(now)
    ids = [job.id for job in keeper.schedule.jobs]
    while not keeper.stop():
        if row := keeper.next_run():
            keeper.perform(row)
            continue
        at = waiting(keeper.state, ids)
        if at is None or at <= wall():  # what is left waits for another scheduler's run of the same job
            break
        sleep(min((at - wall()).total_seconds(), 1.0))
    last = {row.id: row for row in keeper.ended}
    return Once(list(last.values()), _deliver(keeper))


def _deliver(keeper: Keeper) -> Flushed:
    push.flush(keeper.state)  # leads that wait for another try go along
    return deliver.flush(keeper.state)


class Service:
    """Runs until ``end`` is called; APScheduler wakes it at planned times, the run rows decide what is done."""

    def __init__(self, keeper: Keeper, look_s: float = LOOK_S, clock: Callable[[], datetime] = wall) -> None:
        self.keeper, self.look_s, self.clock = keeper, look_s, clock
        self._wake, self._end = threading.Event(), threading.Event()
        keeper.stop = self._end.is_set

    def end(self) -> None:
        """End soon: no new run, the running ones are stopped and planned again."""
        self._end.set()
        self._wake.set()

    def run(self) -> None:
        """Work until the end."""
        scheduler = self._scheduler()
        scheduler.start()
        self._register(scheduler)
        running: set[Future[RunRow]] = set()
        try:
            with ThreadPoolExecutor(self.keeper.schedule.workers, thread_name_prefix="run") as pool:
                while not self._end.is_set():
                    self._wake.clear()
                    running = self._look(pool, running)
                    self._wake.wait(self.look_s)
        finally:
            scheduler.shutdown(wait=False)

    def _look(self, pool: ThreadPoolExecutor, running: set[Future[RunRow]]) -> set[Future[RunRow]]:
        for done in [future for future in running if future.done()]:
            if error := done.exception():
                log.error("a run broke: %s", error, exc_info=error)
        running = {future for future in running if not future.done()}
        try:
            self.keeper.sweep(self.clock())
            while len(running) < self.keeper.schedule.workers and (row := self.keeper.next_run()):
                future = pool.submit(self.keeper.perform, row)
                future.add_done_callback(lambda _: self._wake.set())
                running.add(future)
            _deliver(self.keeper)
        except Exception:  # the database may be away for a while: say so and look again
            log.exception("the scheduler could not look after its runs")
        return running

    def _scheduler(self) -> Any:
        from apscheduler.schedulers.background import BackgroundScheduler

        from gzeco_lib.briefing.schedule_store import JsonJobStore, Waker

        return BackgroundScheduler(
            jobstores={"default": JsonJobStore(self.keeper.state)},
            executors={"default": Waker(self._wake)},
            timezone=UTC,
        )

    def _register(self, scheduler: Any) -> None:
        from gzeco_lib.briefing.schedule_store import Planned, due

        jobs = {job.id: job for job in self.keeper.schedule.jobs}
        for entry in scheduler.get_jobs():
            if entry.id not in jobs:
                entry.remove()
        for job in jobs.values():
            scheduler.add_job(due, Planned(job.cron, job.zone), id=job.id, replace_existing=True)
