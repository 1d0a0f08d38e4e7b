"""One run as a process of its own: started without a shell, watched, ended with everything it started."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

GRACE_S = 5.0  # between asking a process to end and killing it [s]
POLL_S = 0.2
TAIL_BYTES = 65_536  # of what it printed, the last so many are read
OUT, ERR = "stdout.log", "stderr.log"


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code, or that it was stopped, and by what."""

    code: int | None
    stopped: str = ""  # "" | "time limit" | "lost" | "stop"


@dataclass(frozen=True)
class Who:
    """A process, told from a later one with the same number by when it started."""

    host: str
    pid: int
    started: float

    @property
    def here(self) -> bool:
        """Whether it is a process of this machine."""
        return self.host == socket.gethostname()

    @property
    def alive(self) -> bool:
        """Whether it still runs; only meaningful here."""
        import psutil

        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 1.0
            return bool(same and process.status() != psutil.STATUS_ZOMBIE)
        except psutil.Error:
            return False


def who(pid: int | None = None) -> Who:
    """The identity of process ``pid``, of this one by default."""
    import psutil

    process = psutil.Process(pid or os.getpid())
    try:
        return Who(socket.gethostname(), process.pid, process.create_time())
    except psutil.Error:  # it has ended already
        return Who(socket.gethostname(), process.pid, time.time())


def kill_tree(process: Who) -> None:
    """End ``process`` and all it started, also what has a session of its own as Jupyter kernels do."""
    import psutil

    if not process.alive:
        return
    try:
        root = psutil.Process(process.pid)
        family = [*root.children(recursive=True), root]
    except psutil.Error:
        return
    _signal_group(process.pid, signal.SIGTERM)
    for member in family:
        _send(member, signal.SIGTERM)
    _, left = psutil.wait_procs(family, timeout=GRACE_S)
    _signal_group(process.pid, signal.SIGKILL)
    for member in left:
        _send(member, signal.SIGKILL)
    psutil.wait_procs(left, timeout=GRACE_S)


def _send(member: Any, number: int) -> None:
    import psutil

    try:
        member.send_signal(number)
    except psutil.Error:
        return


def _signal_group(group: int, number: int) -> None:
    try:
        if os.getpgid(group) == group and group != os.getpgid(0):
            os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def execute(
    command: Sequence[str],
    folder: Path,
    time_limit: timedelta,
    hide: Sequence[str],
    started: Callable[[Who], object],
    beat: Callable[[], bool],
    beat_s: float,
    stop: Callable[[], bool],
) -> Ended:
    """Run ``command`` (a list, never a shell) with its output in ``folder`` until it ends or must.

    Args:
        command: program and arguments.
        folder: where what it prints is kept.
        time_limit: after this it is ended with all it started.
        hide: environment variables it must not see (secrets of the delivery).
        started: told the process as soon as it runs.
        beat: called every ``beat_s`` seconds; False where the run is no longer ours.
        beat_s: seconds between beats [s].
        stop: True where the scheduler is to end.
    """
    environment = {name: value for name, value in os.environ.items() if name not in hide}
    until, next_beat = time.monotonic() + time_limit.total_seconds(), time.monotonic() + beat_s
    with (folder / OUT).open("wb") as out, (folder / ERR).open("wb") as err:
        process = subprocess.Popen(  # noqa: S603 - a list made by us, no shell
            list(command), stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment, start_new_session=True
        )  # fmt: skip
    child = who(process.pid)
    why = ""
    try:
        started(child)
        while not why:
            try:
                return Ended(process.wait(timeout=POLL_S))
            except subprocess.TimeoutExpired:
                why = _must_end(until, stop)
            if not why and time.monotonic() >= next_beat:
                next_beat = time.monotonic() + beat_s
                why = "" if beat() else "lost"
        return Ended(None, why)
    finally:
        kill_tree(child)
        process.wait()


def _must_end(until: float, stop: Callable[[], bool]) -> str:
    if time.monotonic() >= until:
        return "time limit"
    return "stop" if stop() else ""


def tail(path: Path) -> str:
    """The end of what a run printed."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def last_object(text: str) -> dict[str, Any]:
    """The last line of ``text`` that is a JSON object; empty where there is none."""
    for line in reversed(text.splitlines()):
        if line.lstrip().startswith("{"):
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict):
                return found
    return {}
