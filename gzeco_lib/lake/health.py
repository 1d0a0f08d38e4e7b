"""The health of a lake: what is in order, what is not, and what to do about it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from gzeco_lib.errors import N_, GzecoError
from gzeco_lib.lake import delta
from gzeco_lib.lake.tables import TABLES

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake

LOW_DISK_BYTES = 2_000_000_000
MANY_FILES = 200


@dataclass(frozen=True)
class Finding:
    """One line of a check-up: its subject, ``ok``, ``warn`` or ``bad``, and a sentence with fields."""

    subject: str
    status: Literal["ok", "warn", "bad"]
    message: str
    fields: dict[str, Any] = field(default_factory=dict)


def health(lake: Lake) -> list[Finding]:
    """A check-up of every table, the state database and the disk."""
    findings = [_table(lake, name) for name in TABLES]
    findings.append(_state(lake))
    if lake.store.local:
        findings.append(disk(lake.url))
    return [finding for finding in findings if finding is not None]


def _table(lake: Lake, name: str) -> Finding | None:
    table = TABLES[name]
    try:
        found = delta.opened(lake.store, table)
        if found is None:
            return None
        rows = int(lake.query(f"SELECT count(*) AS n FROM {name}")["n"][0])  # noqa: S608 (a contract's name)
    except GzecoError as error:
        return Finding(name, "bad", error.what, error.fields)
    files = len(found.file_uris())
    told = {"rows": f"{rows:,}", "files": files}
    if files > MANY_FILES:
        return Finding(name, "warn", N_("{rows} rows in {files} files; run: gzeco compact"), told)
    return Finding(name, "ok", N_("{rows} rows in {files} files"), told)


def _state(lake: Lake) -> Finding:
    try:
        dialect = lake.state.engine.dialect.name
    except GzecoError as error:
        return Finding("state", "bad", error.what, error.fields)
    return Finding("state", "ok", N_("state database: {dialect}"), {"dialect": dialect})


def disk(path: str) -> Finding:
    """How much room the disk under ``path`` has left."""
    free = shutil.disk_usage(path).free
    status: Literal["ok", "warn"] = "ok" if free > LOW_DISK_BYTES else "warn"
    return Finding("disk", status, N_("{free} GB free"), {"free": f"{free / 1e9:.1f}"})
