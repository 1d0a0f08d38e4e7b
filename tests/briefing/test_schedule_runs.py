"""No run twice, none forgotten, none without an end: the runs of the scheduler, with real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from schedule_samples import EIGHT, GOOD, job, keeper, on_sqlite
from sqlalchemy import select

from gzeco_lib.briefing import jobs_claim, jobs_process
from gzeco_lib.briefing.jobs import command, history
from gzeco_lib.briefing.jobs_process import who
from gzeco_lib.briefing.schedule_service import Service, once
from gzeco_lib.lake.state import State
from gzeco_lib.lake.state_tables import RunRow

pytest_plugins = ["state_databases"]

HOUR = timedelta(hours=1)
FAIL = 'import sys; print(\'{"error": "no such lake", "where": "x"}\', file=sys.stderr); sys.exit(1)'


def rows(state: State) -> list[RunRow]:
    with state.reading() as session:
        return list(session.scalars(select(RunRow).order_by(RunRow.planned)))


def runs(pid: int | None) -> bool:
    """Whether the process runs; a dead one that nobody has collected yet does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_due_run_is_done_once(state: State, tmp_path: Path) -> None:
    first = once(keeper(state, tmp_path), EIGHT)
    (row,) = first.ended
    assert (row.status, row.attempt, row.made_up, row.error) == ("ok", 1, False, None)
    assert {"brief.html", "brief.pdf", "manifest.json"} <= {entry["path"] for entry in row.outputs}
    assert once(keeper(state, tmp_path), EIGHT).ended == []
    assert once(keeper(state, tmp_path), EIGHT + HOUR).ended == []
    assert not first.failed


@on_sqlite
def test_nothing_before_its_time(state: State, tmp_path: Path) -> None:
    once(keeper(state, tmp_path), EIGHT)
    assert once(keeper(state, tmp_path), EIGHT + timedelta(hours=23, minutes=59)).ended == []
    assert len(once(keeper(state, tmp_path), EIGHT + timedelta(hours=24)).ended) == 1


@pytest.mark.parametrize(
    ("policy", "made", "missed"),
    [("each", [9, 10, 11, 12], []), ("latest", [12], [9, 10, 11]), ("none", [], [9, 10, 11, 12])],
)
def test_missed_runs(state: State, tmp_path: Path, policy: str, made: list[int], missed: list[int]) -> None:
    hourly = {"cron": "0 * * * *", "make_up": policy}
    once(keeper(state, tmp_path, **hourly), EIGHT)
    once(keeper(state, tmp_path, **hourly), EIGHT + HOUR * 4.5)
    once(keeper(state, tmp_path, **hourly), EIGHT + HOUR * 4.6)
    hours = {row.planned.astimezone(EIGHT.tzinfo).hour: row for row in rows(state)}
    assert [h for h, row in hours.items() if row.made_up and row.status == "ok"] == made
    assert [h for h, row in hours.items() if row.status == "missed"] == missed
    assert all(row.attempt == (0 if row.status == "missed" else 1) for row in hours.values())


def test_missed_too_long_ago_is_seen_but_not_made_up(state: State, tmp_path: Path) -> None:
    once(keeper(state, tmp_path), EIGHT)
    once(keeper(state, tmp_path), EIGHT + timedelta(days=3, hours=2))
    assert [row.status for row in rows(state)] == ["ok", "missed", "missed", "ok"]


def test_two_schedulers_run_each_time_once(state: State, tmp_path: Path) -> None:
    mark = "import sys\nwith open(sys.argv[2], 'a') as file: file.write(sys.argv[1] + chr(10))"
    log = tmp_path / "log"
    hourly = {"cron": "0 * * * *"}
    once(keeper(state, tmp_path / "out", mark + GOOD, log, **hourly), EIGHT)
    threads = [
        threading.Thread(
            target=once, args=(keeper(state, tmp_path / "out", mark + GOOD, log, **hourly), EIGHT + HOUR * 4)
        )
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    once(keeper(state, tmp_path / "out", mark + GOOD, log, **hourly), EIGHT + HOUR * 4)
    assert len(log.read_text().splitlines()) == len(rows(state)) == 5
    assert {(row.status, row.attempt) for row in rows(state)} == {("ok", 1)}


def test_failed_run_is_tried_again_then_failed(state: State, tmp_path: Path) -> None:
    done = once(keeper(state, tmp_path, FAIL, retries=2), EIGHT)
    (row,) = done.ended
    assert (row.status, row.attempt, row.error) == ("failed", 3, "no such lake | x") and done.failed
    assert [(t["attempt"], t["status"]) for t in row.trail] == [(1, "failed"), (2, "failed")]
    assert once(keeper(state, tmp_path, FAIL, retries=2), EIGHT).ended == []


@on_sqlite
def test_second_try_can_succeed(state: State, tmp_path: Path) -> None:
    code = "import sys, pathlib\nif not sys.argv[1].endswith('-2'): sys.exit(1)" + GOOD
    (row,) = once(keeper(state, tmp_path, code, retries=1), EIGHT).ended
    assert (row.status, row.attempt, len(row.trail)) == ("ok", 2, 1)


@on_sqlite
def test_retry_waits_its_delay(state: State, tmp_path: Path) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time.sleep(seconds)

    once(keeper(state, tmp_path, "raise SystemExit(1)", retries=1, retry_delay="1s"), EIGHT, sleep)
    assert sum(slept) >= 0.9 and rows(state)[0].attempt == 2


@on_sqlite
def test_bad_input_is_not_tried_again(state: State, tmp_path: Path) -> None:
    (row,) = once(keeper(state, tmp_path, "raise SystemExit(2)", retries=3), EIGHT).ended
    assert (row.status, row.attempt) == ("failed", 1)


@on_sqlite
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("(folder / 'brief.pdf').unlink()", "pdf is missing"),
        ("(folder / 'brief.html').write_text('')", "html is empty"),
        ("(folder / 'brief.pdf').write_bytes(b'<html>')", "not a PDF"),
        ("(folder / 'manifest.json').write_text('{\"status\": \"failed\"}')", "status failed"),
        ("(folder / 'manifest.json').write_text('{')", "cannot be read"),
        (
            "print(json.dumps({'status': 'ok', 'html': '/etc/hostname', 'pdf': 'x', 'manifest': 'm'}))",
            "outside",
        ),
        ("print(json.dumps({'status': 'failed'}))", "status failed"),
        ("print('{}')", "status missing"),
    ],
)
def test_exit_code_0_is_not_enough(state: State, tmp_path: Path, change: str, fault: str) -> None:
    (row,) = once(keeper(state, tmp_path, GOOD + change), EIGHT).ended
    assert row.status == "failed" and fault in str(row.error)


@on_sqlite
def test_model_run_counts_by_its_outcome(state: State, tmp_path: Path) -> None:
    model = {"brief": None, "model": "environmental_health"}
    (row,) = once(keeper(state, tmp_path, 'print(\'{"outcome": "x", "tables": {}}\')', **model), EIGHT).ended
    assert row.status == "ok"
    (row,) = once(keeper(state, tmp_path, "print('{}')", **model), EIGHT + HOUR * 24).ended
    assert (row.status, row.error) == ("failed", "no outcome was stored")


@on_sqlite
def test_program_that_is_not_there(state: State, tmp_path: Path) -> None:
    work = keeper(state, tmp_path)
    work.command = lambda *_: ["/no/such/program"]
    (row,) = once(work, EIGHT).ended
    assert row.status == "failed" and "FileNotFoundError" in str(row.error)


@on_sqlite
def test_time_limit_ends_the_whole_family(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child in a session of its own (as a Jupyter kernel is) that ignores SIGTERM is ended as well."""
    code = """
    import os, pathlib, signal, subprocess, sys, time
    child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-S", "-c", child], start_new_session=True, stdout=subprocess.PIPE)
    process.stdout.readline()
    pathlib.Path(sys.argv[2]).write_text(f"{os.getpid()} {process.pid}")
    time.sleep(600)
    """
    monkeypatch.setattr(jobs_process, "GRACE_S", 0.5)
    pids = tmp_path / "pids"
    (row,) = once(keeper(state, tmp_path, code, pids, time_limit="2s"), EIGHT).ended
    assert (row.status, row.error) == ("timed_out", "time limit")
    assert not [pid for pid in map(int, pids.read_text().split()) if runs(pid)]


KILLED = """
import sys
sys.path[:0] = sys.argv[4:]
from pathlib import Path
from schedule_samples import EIGHT, keeper, on_sqlite
from gzeco_lib.briefing.schedule_service import once
from gzeco_lib.lake.state import State
code = "import os, pathlib, sys, time; pathlib.Path(sys.argv[2]).write_text(str(os.getpid())); time.sleep(600)"
once(keeper(State.open(sys.argv[1]), Path(sys.argv[2]), code, sys.argv[3], time_limit="10m"), EIGHT)
"""


def killed_scheduler(url: str, out: Path, pid_file: Path) -> None:
    """Start a scheduler whose run sleeps, and kill it in the middle."""
    pid_file.unlink(missing_ok=True)
    path = [str(Path(__file__).parent)]
    process = subprocess.Popen([sys.executable, "-c", KILLED, url, str(out), str(pid_file), *path])
    until(lambda: pid_file.exists() and pid_file.read_text())
    time.sleep(0.3)
    process.kill()
    process.wait()


def test_killed_scheduler_is_seen_and_its_run_made_up_once(empty_url: str, tmp_path: Path) -> None:
    with State.open(empty_url) as state:
        killed_scheduler(empty_url, tmp_path / "out", tmp_path / "pid")
        orphan = int((tmp_path / "pid").read_text())
        assert runs(orphan) and rows(state)[0].status == "running"
        (row,) = once(keeper(state, tmp_path / "out"), EIGHT + HOUR).ended
        assert (row.status, row.attempt, row.kills, row.made_up) == ("ok", 2, 1, True)
        assert row.trail[0]["status"] == "killed"
        assert not runs(orphan)
        assert once(keeper(state, tmp_path / "out"), EIGHT + HOUR).ended == []
        assert len(rows(state)) == 1


def taken(state: State, out: Path) -> RunRow:
    work = keeper(state, out)
    work.sweep(EIGHT)
    row = work.next_run()
    assert row is not None
    return row


@on_sqlite
def test_killed_twice_is_failed(state: State, tmp_path: Path) -> None:
    for _ in range(2):
        row = taken(state, tmp_path)
        with state.session() as session:
            session.get_one(RunRow, row.id).pid_started = (
                who().started - 1000
            )  # its scheduler is another process
        keeper(state, tmp_path).sweep(EIGHT)
    assert once(keeper(state, tmp_path), EIGHT + HOUR).ended == []
    (row,) = rows(state)
    assert (row.status, row.kills, row.attempt) == ("failed", 2, 2) and "died" in str(row.error)


def test_healthy_run_is_left_alone(state: State, tmp_path: Path) -> None:
    taken(state, tmp_path)
    assert once(keeper(state, tmp_path), EIGHT).ended == []
    assert rows(state)[0].status == "running"


def test_silent_run_of_another_machine_is_made_up(state: State, tmp_path: Path) -> None:
    row = taken(state, tmp_path)
    with state.session() as session:
        own = session.get_one(RunRow, row.id)
        own.host, own.heartbeat = "elsewhere", jobs_claim.wall() - jobs_claim.STALE / 2
    assert once(keeper(state, tmp_path), EIGHT).ended == []
    with state.session() as session:
        session.get_one(RunRow, row.id).heartbeat = jobs_claim.wall() - jobs_claim.STALE * 2
    (done,) = once(keeper(state, tmp_path), EIGHT).ended
    assert (done.status, done.attempt, done.kills) == ("ok", 2, 1)
    # The machine comes back: what it held is no longer its own, so it can neither finish nor deliver it.
    assert not jobs_claim.beat(state, row)
    assert not jobs_claim.finish(state, row, "failed", "late", [])
    assert rows(state)[0].status == "ok"


@on_sqlite
def test_reused_pid_is_not_taken_for_the_scheduler(state: State, tmp_path: Path) -> None:
    row = taken(state, tmp_path)
    with state.session() as session:
        session.get_one(RunRow, row.id).pid_started = who().started - 1000
    assert once(keeper(state, tmp_path), EIGHT).ended[0].kills == 1


def test_run_lost_to_another_is_stopped(state: State, tmp_path: Path) -> None:
    work = keeper(state, tmp_path, "import time; time.sleep(600)")
    work.sweep(EIGHT)
    row = work.next_run()
    assert row is not None
    thread = threading.Thread(target=work.perform, args=(row,))
    thread.start()
    until(lambda: rows(state)[0].child)
    child = rows(state)[0].child
    with state.session() as session:
        session.get_one(RunRow, row.id).owner = "another"
    thread.join(10)
    assert not thread.is_alive() and not runs(child)
    assert (rows(state)[0].status, rows(state)[0].owner) == ("running", "another")


def test_keep_removes_only_what_runs_wrote(state: State, tmp_path: Path) -> None:
    for day in range(4):
        once(keeper(state, tmp_path, keep=2), EIGHT + timedelta(days=day))
        if day == 0:
            (Path(str(rows(state)[0].folder)) / "note.txt").write_text("a person's own")
    folders = [Path(str(row.folder)) for row in rows(state)]
    assert [row.removed for row in rows(state)] == [True, True, False, False]
    assert [path.name for path in folders[0].iterdir()] == ["note.txt"] and not folders[1].exists()
    assert (folders[2] / "brief.pdf").exists() and (folders[3] / "brief.pdf").exists()


@on_sqlite
def test_failures_do_not_push_out_the_last_good_run(state: State, tmp_path: Path) -> None:
    once(keeper(state, tmp_path, keep=1), EIGHT)
    for day in (1, 2):
        once(keeper(state, tmp_path, FAIL, keep=1), EIGHT + timedelta(days=day))
    assert [(row.status, row.removed) for row in rows(state)] == [
        ("ok", False),
        ("failed", True),
        ("failed", False),
    ]


@on_sqlite
def test_keep_never_follows_links(state: State, tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("x")
    code = GOOD + "(folder / 'link').symlink_to(sys.argv[2])"
    for day in range(2):
        once(keeper(state, tmp_path / "out", code, precious, keep=1), EIGHT + timedelta(days=day))
    assert rows(state)[0].removed and precious.exists()


def test_command_is_a_list_with_every_value_in_one_argument() -> None:
    line = command("lake; rm -rf /")(
        job(parameters={"horizon": 12, "title": "-x; $(y)", "on": True}), EIGHT, Path("o")
    )
    assert line[1:4] == ["-m", "gzeco_lib.cli", "brief"]
    assert "--lake=lake; rm -rf /" in line and "--at=2024-12-15T08:00:00+08:00" in line
    assert line[-6:] == ["-P", "horizon=12", "-P", "title=-x; $(y)", "-P", "on=true"]
    model = command("l")(job(brief=None, model="environmental_health"), EIGHT, Path("o"))
    assert model[3:5] == ["run", "environmental_health"] and not any(
        part.startswith("--lang") for part in model
    )


@on_sqlite
def test_secrets_of_the_delivery_stay_out_of_the_run(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "geheim")
    monkeypatch.setenv("LAKE_KEY", "needed")
    channel = {
        "kind": "smtp",
        "host": "h",
        "from": "a@b.cn",
        "to": ["c@d.cn"],
        "user": "a",
        "password_env": "MAIL_PASSWORD",
    }
    code = "import os; raise SystemExit(3 if os.environ.get('MAIL_PASSWORD') or not os.environ.get('LAKE_KEY') else 2)"
    (row,) = once(keeper(state, tmp_path, code, channels={"mail": channel}), EIGHT).ended
    assert row.error == "exit code 2"


def test_history(state: State, tmp_path: Path) -> None:
    assert history(state).empty
    once(keeper(state, tmp_path), EIGHT)
    once(keeper(state, tmp_path, FAIL), EIGHT + timedelta(days=1))
    table = history(state)
    assert table["status"].tolist() == ["failed", "ok"] and table["runs"].tolist() == ["health_research"] * 2
    assert str(table["planned"].dt.tz) == "UTC" and (table["seconds"] > 0).all()
    assert len(history(state, limit=1)) == 1 and history(state, job="other").empty


def test_service_works_and_ends_cleanly(state: State, tmp_path: Path) -> None:
    """The service runs what is due, is woken at the next planned time, and a run it must stop is planned again."""
    moment = [EIGHT]
    service = Service(keeper(state, tmp_path), look_s=0.1, clock=lambda: moment[0])
    thread = threading.Thread(target=service.run)
    thread.start()
    until(lambda: [row.status for row in rows(state)] == ["ok"])
    service.keeper.command = lambda *_: [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
    moment[0] += timedelta(days=1)
    until(lambda: len(rows(state)) == 2 and rows(state)[1].child)
    child = rows(state)[1].child
    service.end()
    thread.join(15)
    assert not thread.is_alive() and not runs(child)
    second = rows(state)[1]
    assert (second.status, second.kills, second.trail[0]["status"]) == ("planned", 0, "stopped")
    (made_up,) = once(keeper(state, tmp_path), moment[0]).ended
    assert (made_up.status, made_up.attempt) == ("ok", 2)


def test_service_is_woken_by_apscheduler(state: State, tmp_path: Path) -> None:
    """With a look only once an hour, it is APScheduler's planned second that starts the run."""
    work = keeper(state, tmp_path, cron="* * * * *", make_up="none")
    service = Service(work, look_s=3600)
    woken = threading.Event()
    service._wake.set = woken.set  # type: ignore[method-assign]
    scheduler = service._scheduler()
    scheduler.start()
    try:
        service._register(scheduler)
        (entry,) = scheduler.get_jobs()
        entry.modify(next_run_time=jobs_claim.wall() + timedelta(seconds=1))
        assert woken.wait(10)
        following = scheduler.get_job("morning").next_run_time
        assert following > jobs_claim.wall() and following.second == 0
    finally:
        scheduler.shutdown(wait=False)


def test_job_store_keeps_json_and_forgets_old_jobs(state: State, tmp_path: Path) -> None:
    from sqlalchemy import text

    for name in ("first", "second"):
        service = Service(keeper(state, tmp_path, id=name))
        scheduler = service._scheduler()
        scheduler.start(paused=True)
        service._register(scheduler)
        scheduler.shutdown(wait=False)
    with state.engine.begin() as connection:
        stored = connection.execute(text("SELECT job_state FROM scheduler_job")).scalars().all()
    assert [json.loads(bytes(one))["id"] for one in stored] == ["second"]


def test_sigterm_ends_the_command(tmp_path: Path) -> None:
    file = tmp_path / "schedule.yaml"
    file.write_text('jobs:\n  - {id: a, cron: "0 8 29 2 *", model: environmental_health, window: 1d}\n')
    code = """
import sys
from unittest import mock
from gzeco_lib.lake.state import State
state = State.open(sys.argv[1])
sys.argv = ["gzeco", "schedule", "--lake", "x", "-f", sys.argv[2]]
import gzeco_lib.lake
with mock.patch.object(gzeco_lib.lake.Lake, "open", return_value=mock.Mock(state=state)):
    from gzeco_lib.cli import main
    main()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "state.db"), str(file)], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    line = process.stderr.readline()
    assert "1" in line, line + process.stderr.read()
    time.sleep(1)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(15) == 0, process.stderr.read()
