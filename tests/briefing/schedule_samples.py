"""A schedule of one small job, and commands that do what a test needs in place of a briefing."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gzeco_lib.briefing.jobs import Keeper
from gzeco_lib.briefing.schedule import Job, Schedule
from gzeco_lib.lake.state import State

# For tests that are not about the database: once is enough.
on_sqlite = pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)

EIGHT = datetime.fromisoformat("2024-12-15T08:00:00+08:00")
GOOD = """
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
(folder / "brief.html").write_text("<html>广州市</html>", encoding="utf-8")
(folder / "brief.pdf").write_bytes(b"%PDF-1.7 ...")
(folder / "manifest.json").write_text(json.dumps({"status": "ok"}))
print("progress")
files = {"html": "brief.html", "pdf": str(folder / "brief.pdf"), "manifest": "manifest.json"}
print(json.dumps({"status": "ok", "seconds": 1} | files))
"""


def job(**changes: Any) -> Job:
    fields: dict[str, Any] = {
        "id": "morning", "cron": "0 8 * * *", "brief": "health_research", "retry_delay": "0s", "retries": 0,
        "window": "6h", "time_limit": "30s",
    }  # fmt: skip
    return Job(**(fields | changes))


def python(code: str, *arguments: object) -> Callable[[Job, datetime, Path], list[str]]:
    """A command that runs ``code`` with the run's folder as first argument."""
    text = textwrap.dedent(code)
    return lambda _job, _planned, folder: [
        sys.executable,
        "-S",
        "-c",
        text,
        str(folder),
        *map(str, arguments),
    ]


def keeper(state: State, out: Path, code: str = GOOD, *arguments: object, **changes: Any) -> Keeper:
    channels = changes.pop("channels", {})
    roots = changes.pop("roots", ["out"])
    plan = Schedule(jobs=[job(**changes)], channels=channels, roots=roots)
    return Keeper(state, plan, out, python(code, *arguments), beat_s=0.2)
