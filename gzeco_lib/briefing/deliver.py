"""Telling the world of a run: outbox rows written with its end, sent after it, and again after a crash."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gzeco_lib.briefing import deliver_folder, deliver_mail
from gzeco_lib.briefing.deliver_channels import FolderChannel, WebhookChannel
from gzeco_lib.briefing.jobs_process import ERR, OUT
from gzeco_lib.briefing.schedule import Job, Schedule
from gzeco_lib.errors import InputError
from gzeco_lib.lake import outbox
from gzeco_lib.lake.state import State
from gzeco_lib.lake.state_tables import DeliveryRow, RunRow
from gzeco_lib.leads.webhook import Webhook, post

SHOWN = ("event", "job", "runs", "planned", "zone", "lang", "attempt", "made_up", "error", "files")


def enqueue(session: Session, schedule: Schedule, job: Job, run: RunRow, at: datetime) -> list[DeliveryRow]:
    """Put one message a channel into the outbox, in the transaction that ends the run.

    A failed run is told by mail and webhook; a folder only ever gets finished files.
    """
    rows = []
    for name in job.deliver:
        channel = schedule.channels[name]
        if run.status != "ok" and isinstance(channel, FolderChannel):
            continue
        settings = channel.model_dump(mode="json", by_alias=True)
        if isinstance(channel, FolderChannel):
            settings["roots"] = schedule.roots
        message = outbox.Message(
            key=f"run-{run.id}-{name}-{run.status}",
            kind=channel.kind,
            target=channel.target,
            settings=settings,
            payload=payload(job, run),
            run_id=run.id,
            who="gzeco schedule",
        )
        rows.append(outbox.put(session, message, at))
    return rows


def payload(job: Job, run: RunRow) -> dict[str, Any]:
    """What there is to tell of a run; its log files are not for readers."""
    return {
        "event": run.status,
        "job": job.id,
        "runs": job.runs,
        "title": _title(job),
        "planned": run.planned.isoformat(),
        "stamp": f"{run.planned:%Y%m%dT%H%M%SZ}",
        "zone": job.zone,
        "lang": job.lang,
        "attempt": run.attempt,
        "made_up": run.made_up,
        "error": run.error,
        "folder": run.folder,
        "files": [entry for entry in run.outputs if entry["path"] not in (OUT, ERR)],
    }


def _title(job: Job) -> str:
    """The title its declaration gives what the job runs, as a message id; its name where it has none any more."""
    from gzeco_lib.briefing.declaration import brief_class
    from gzeco_lib.scenario import registered

    try:
        found = brief_class(job.brief) if job.brief else registered(job.runs)
    except InputError:
        return job.runs
    return str(found.title)


def send_webhook(row: DeliveryRow) -> None:
    """Post what is told of the run, with the hash of each file and a link where they can be fetched."""
    channel = WebhookChannel.model_validate(row.settings)
    told = {name: row.payload[name] for name in SHOWN}
    if channel.links:
        base = f"{channel.links.rstrip('/')}/{row.payload['job']}/{row.payload['stamp']}"
        told["files"] = [entry | {"link": f"{base}/{entry['path']}"} for entry in told["files"]]
    hook = Webhook(**channel.model_dump(exclude={"kind", "links"}))
    post(hook, row.key, told)


SENDERS: Mapping[str, outbox.Send] = {
    "folder": deliver_folder.send,
    "smtp": deliver_mail.send,
    "webhook": send_webhook,
}


def flush(state: State, clock: Callable[[], datetime] = outbox.now) -> outbox.Flushed:
    """Send the runs' messages that are due."""
    return outbox.flush(state, SENDERS, DeliveryRow.run_id.is_not(None), clock=clock)
