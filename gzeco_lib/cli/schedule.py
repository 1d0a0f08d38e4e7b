"""``gzeco schedule``: the scheduler as a service, once, or what it plans and did."""

from __future__ import annotations

import logging
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from gzeco_lib.cli.app import JsonOption, LakeOption, _, answer, app
from gzeco_lib.errors import N_, FailureError, InputError

if TYPE_CHECKING:
    from gzeco_lib.briefing.schedule import Schedule

STATUS = {
    "planned": N_("planned"),
    "running": N_("running"),
    "ok": N_("done"),
    "failed": N_("failed"),
    "missed": N_("missed"),
    "timed_out": N_("timed out"),
}
LOCAL = ZoneInfo("Asia/Shanghai")


@app.command(help=_("Run briefings and models when parameters/schedule.yaml says so, and deliver them."))
def schedule(
    lake: LakeOption,
    file: Annotated[
        Path | None,
        typer.Option("-f", "--file", help=_("Schedule file; parameters/schedule.yaml by default.")),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help=_("Folder for the results."))] = Path("out/scheduled"),
    once: Annotated[bool, typer.Option("--once", help=_("Run what is due or missed now, then end."))] = False,
    list_: Annotated[bool, typer.Option("--list", help=_("Show the jobs and when they run next."))] = False,
    history: Annotated[bool, typer.Option("--history", help=_("Show the latest runs."))] = False,
    limit: Annotated[int, typer.Option(min=1, help=_("At most so many."))] = 50,
    at: Annotated[
        str | None, typer.Option("--at", help=_("Take this for now (with --once or --list); ISO 8601."))
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Schedule."""
    from gzeco_lib.briefing import places
    from gzeco_lib.briefing.schedule import load
    from gzeco_lib.lake import Lake

    if sum((once, list_, history)) > 1:
        raise InputError(
            N_("--once, --list and --history exclude each other"), "gzeco schedule", N_("give one of them")
        )
    if at and not (once or list_):
        raise InputError(N_("--at goes with --once or --list"), "gzeco schedule", N_("give one of them"))
    state = Lake.open(lake).state
    if history:
        _history(state, limit, as_json)
        return
    from gzeco_lib.scenario.parameters import as_known_at

    now = as_known_at(at).to_pydatetime()
    plan = load(file or places.home() / "parameters" / "schedule.yaml")
    if list_:
        _list(plan, now, as_json)
        return
    _check_jobs(plan)
    _work(state, plan, lake, out, now if once else None, as_json)


def _work(state: Any, plan: Schedule, lake: str, out: Path, now: datetime | None, as_json: bool) -> None:
    """One pass at ``now``, or the service where there is none."""
    from gzeco_lib.briefing.jobs import Keeper, command
    from gzeco_lib.briefing.schedule_service import Service
    from gzeco_lib.briefing.schedule_service import once as one_pass

    keeper = Keeper(state, plan, out.resolve(), command(_absolute(lake)))
    if now is not None:
        stopped: list[int] = []
        _on_end(lambda: stopped.append(1))
        keeper.stop = lambda: bool(stopped)
        _told(one_pass(keeper, now), as_json)
        return
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs addresses, and those can hold a token
    service = Service(keeper)
    _on_end(service.end)
    typer.echo(_("Scheduler at work: {jobs} jobs. End it with Ctrl+C.").format(jobs=len(plan.jobs)), err=True)
    service.run()


def _absolute(lake: str) -> str:
    """A lake's folder as an absolute path, so that a run finds it from wherever it is started."""
    return lake if "://" in lake else str(Path(lake).resolve())


def _on_end(call: Any) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: call())


def _check_jobs(plan: Schedule) -> None:
    """Have each job's declaration check its parameters before anything is planned.

    Raises:
        InputError: an unknown briefing, model or parameter, or a value it does not take.
    """
    from gzeco_lib.briefing.declaration import settings
    from gzeco_lib.scenario import registered

    for job in plan.jobs:
        if job.model:
            registered(job.model).of(job.parameters, f"jobs: {job.id}")
        else:
            given = [f"{name}={value}" for name, value in job.parameters.items()]
            settings(str(job.brief), overrides=given, language=job.lang)


def _told(done: Any, as_json: bool) -> None:
    rows = [
        {
            "job": row.job, "runs": row.parameters.get("runs"), "planned": row.planned.isoformat(),
            "status": row.status, "attempt": row.attempt, "made_up": row.made_up, "folder": row.folder,
            "error": row.error,
        }
        for row in done.ended
    ]  # fmt: skip
    delivered = {
        "sent": len(done.delivered.sent),
        "waiting": len(done.delivered.waiting),
        "failed": len(done.delivered.failed),
    }
    lines = [_line(row["planned"], row["job"], row["status"], row["error"]) for row in rows] or [
        _("Nothing was due.")
    ]
    lines.append(_("Delivered: {sent}, waiting: {waiting}, given up: {failed}").format(**delivered))
    answer({"runs": rows, "deliveries": delivered}, as_json, "\n".join(lines))
    if done.failed:
        raise FailureError(
            N_("a run or a delivery failed"),
            "gzeco schedule --once",
            N_("see why with: gzeco schedule --history"),
        )


def _line(planned: str, job: str, status: str, error: str | None) -> str:
    time, word = datetime.fromisoformat(planned).astimezone(LOCAL), STATUS[status]
    return f"{time:%Y-%m-%d %H:%M}  {job}  {_(word)}  {error or ''}".rstrip()


def _list(plan: Schedule, now: datetime, as_json: bool) -> None:
    jobs, lines = [], []
    for job in plan.jobs:
        after = job.next_time(now)
        shown = {
            "id": job.id,
            "runs": job.runs,
            "next": after.astimezone(ZoneInfo(job.zone)).isoformat() if after else None,
        }
        kind = "brief" if job.brief else "model"
        jobs.append(shown | {"kind": kind, "cron": job.cron, "zone": job.zone, "deliver": job.deliver})
        told = {"next": shown["next"] or "-", "deliver": ", ".join(job.deliver) or "-"}
        lines.append(_("{id}: {runs}, next {next}, delivers to: {deliver}").format(**shown | told))
    answer({"jobs": jobs}, as_json, "\n".join(lines))


def _history(state: Any, limit: int, as_json: bool) -> None:
    from gzeco_lib.briefing.jobs import history

    frame = history(state, limit)
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    for row in rows:
        for name in ("planned", "started", "finished"):
            row[name] = row[name].astimezone(UTC).isoformat() if row[name] is not None else None
    lines = [_line(row["planned"], row["job"], row["status"], row["error"]) for row in rows] or [
        _("No runs yet.")
    ]
    answer({"runs": rows}, as_json, "\n".join(lines))
