"""Delivery into a folder: the copy appears whole or not at all, and only under an allowed root."""

from __future__ import annotations

import errno
import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import Any

from gzeco_lib.briefing.deliver_channels import within
from gzeco_lib.lake.outbox import SendError
from gzeco_lib.lake.state_tables import DeliveryRow


def send(row: DeliveryRow) -> None:
    """Copy the run's files to ``<path>/<job>/<planned time>``; done already is done.

    Raises:
        SendError: the target is not under a root (permanent), a file changed or is gone, the disk is full.
    """
    target = Path(row.settings["path"]) / row.payload["job"] / row.payload["stamp"]
    if not within(target, row.settings["roots"]):
        raise SendError("the folder is not under an allowed root", permanent=True)
    files, source = row.payload["files"], Path(row.payload["folder"])
    if target.is_dir() and all(_same(target / entry["path"], entry) for entry in files):
        return
    try:
        _copy(source, target, files)
    except OSError as error:
        full = " (the disk is full)" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        raise SendError(f"{type(error).__name__}: {error.strerror or error}{full}") from None


def _copy(source: Path, target: Path, files: list[dict[str, Any]]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        for entry in files:
            copy = half / entry["path"]
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / entry["path"], copy, follow_symlinks=False)
            if not _same(copy, entry):
                raise SendError(f"{entry['path']} changed after the run", permanent=True)
        half.chmod(0o755)  # mkdtemp is for its owner alone, a delivery is to be read
        _swap(half, target)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _swap(new: Path, target: Path) -> None:
    """Put ``new`` in place; an unfinished or older copy is moved aside, never merged or deleted."""
    try:
        new.rename(target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise
        aside = Path(tempfile.mkdtemp(prefix=f"{target.name}.old.", dir=target.parent))
        target.rename(aside / target.name)
        new.rename(target)


def _same(path: Path, entry: dict[str, Any]) -> bool:
    if path.is_symlink() or not path.is_file() or path.stat().st_size != entry["bytes"]:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == entry["sha256"]
