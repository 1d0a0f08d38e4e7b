"""The manifest of a run: what was asked, what it was made from, what came out, and whether it counts."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

NAME = "manifest.json"


def described(path: Path) -> dict[str, Any]:
    """Name, size [byte] and SHA-256 of the file at ``path``."""
    content = path.read_bytes()
    return {"name": path.name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def read(folder: Path) -> dict[str, Any] | None:
    """The manifest in ``folder``; None where there is none that can be read."""
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def last_good(before: dict[str, Any] | None) -> dict[str, Any] | None:
    """What a failed run must go on to say of the earlier report whose files still stand."""
    if before is None:
        return None
    if before.get("status") == "ok":
        return {key: before.get(key) for key in ("finished", "parameters", "outcome", "files")}
    return before.get("last_good")


def write(folder: Path, content: dict[str, Any]) -> Path:
    """Write the manifest into ``folder``: whole or not at all."""
    part = folder / f".{NAME}.{os.getpid()}.part"
    part.write_text(json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n", encoding="utf-8")
    return part.replace(folder / NAME)
