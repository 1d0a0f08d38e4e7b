"""What a run must have written to count as done, which files are its own, and how long they stay."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gzeco_lib.briefing.jobs_process import ERR, OUT, last_object, tail
from gzeco_lib.briefing.schedule import Job
from gzeco_lib.lake.state import State
from gzeco_lib.lake.state_tables import DeliveryRow, RunRow

log = logging.getLogger(__name__)

ERROR_LENGTH = 2000


def new_folder(root: Path, job: str, planned: datetime, attempt: int) -> Path:
    """A folder that did not exist before, for one attempt."""
    stem = f"{planned:%Y%m%dT%H%M%SZ}" + (f"-{attempt}" if attempt > 1 else "")
    for number in range(1000):
        folder = root / job / (stem if not number else f"{stem}.{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder.resolve()
    raise FileExistsError(f"{root / job / stem}")


def faults(job: Job, folder: Path, code: int) -> str:
    """Why the run is not done although it ended; "" where it is: exit code 0, files there, manifest ok."""
    if code != 0:
        return told_error(folder) or f"exit code {code}"
    answer = last_object(tail(folder / OUT))
    if job.model:
        return "" if answer.get("outcome") else "no outcome was stored"
    if answer.get("status") != "ok":
        return f"the briefing says: status {answer.get('status', 'missing')}"
    for name in ("html", "pdf", "manifest"):
        if fault := _file_fault(name, answer.get(name), folder):
            return fault
    return _manifest_fault(Path(folder / str(answer["manifest"])))


def _file_fault(name: str, given: Any, folder: Path) -> str:
    if not given or not isinstance(given, str):
        return f"no {name} was named"
    path = folder / given  # an absolute path stays what it is
    if not path.resolve().is_relative_to(folder):
        return f"{name} lies outside the run's folder"
    if not path.is_file():
        return f"{name} is missing"
    if path.stat().st_size == 0:
        return f"{name} is empty"
    with path.open("rb") as file:
        if name == "pdf" and not file.read(5).startswith(b"%PDF-"):
            return "pdf is not a PDF"
    return ""


def _manifest_fault(path: Path) -> str:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "manifest cannot be read"
    status = manifest.get("status") if isinstance(manifest, dict) else None
    return "" if status == "ok" else f"manifest says: status {status}"


def told_error(folder: Path) -> str:
    """What a failed run said: its JSON error, else the last line it printed as an error."""
    text = tail(folder / ERR)
    told = last_object(text)
    if told.get("error"):
        return " | ".join(str(told[key]) for key in ("error", "where", "fix") if told.get(key))[:ERROR_LENGTH]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:ERROR_LENGTH] if lines else ""


def inventory(folder: Path) -> list[dict[str, Any]]:
    """The files a run left, with size and SHA-256; links are not followed."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        name = path.relative_to(folder).as_posix()
        found.append({"path": name, "bytes": path.stat().st_size, "sha256": digest})
    return found


def remove(folder: Path, outputs: Sequence[dict[str, Any]]) -> None:
    """Remove the recorded files of a run and then its empty folders; whatever else lies there stays."""
    if not folder.is_absolute() or folder.is_symlink():
        return
    parents = {folder}
    for entry in outputs:
        path = folder / entry["path"]
        if not path.parent.resolve().is_relative_to(folder.resolve()):
            continue
        if not path.is_symlink() and path.is_file() and path.stat().st_size == entry["bytes"]:
            path.unlink()
        parents |= {parent for parent in path.parents if parent.is_relative_to(folder)}
    for parent in sorted(parents, key=lambda one: len(one.parts), reverse=True):
        try:
            parent.rmdir()
        except OSError:  # not empty: it holds something that is not ours
            continue


def retain(state: State, job: Job) -> int:
    """Remove the files of this job's runs beyond the newest ``keep``; how many runs lost theirs.

    Successful and failed runs are counted apart, so that a week of failures does not push out the last good
    briefing. A run with a message still to be sent keeps its files.
    """
    unsent = select(DeliveryRow.run_id).where(
        DeliveryRow.run_id.is_not(None), DeliveryRow.status.in_(("waiting", "sending"))
    )
    removed = 0
    for kinds in (("ok",), ("failed", "timed_out")):
        query = (
            select(RunRow)
            .where(RunRow.job == job.id, RunRow.status.in_(kinds), RunRow.folder.is_not(None))
            .where(RunRow.removed.is_(False))
            .order_by(RunRow.planned.desc())
        )
        with state.reading() as session:
            busy = set(session.scalars(unsent))
            old = [row for row in session.scalars(query).all()[job.keep :] if row.id not in busy]
        for row in old:
            for attempt in [*row.trail, {"folder": row.folder, "outputs": row.outputs}]:
                if attempt.get("folder"):
                    remove(Path(attempt["folder"]), attempt.get("outputs", []))
            with state.session() as session:
                session.get_one(RunRow, row.id).removed = True
            removed += 1
    if removed:
        log.info("job %s: removed the files of %d old runs", job.id, removed)
    return removed
