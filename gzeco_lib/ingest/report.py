"""What an ingest did, in the numbers people ask for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


class Progress(Protocol):
    """Told how far a file has come: 0 at its start, 0.5 when it is read, 1 when it is stored."""

    def __call__(self, path: Path, share: float) -> None: ...


@dataclass
class Report:
    """Counts of one ingest; ``read == stored + duplicates + rejected + summed`` holds, but for a list of persons.

    City totals made of the districts add to ``stored``. Of a list of persons ``summed`` are the persons counted and
    ``stored`` the counts; nothing else of them is kept.
    """

    read: int = 0  # observations found: cells that hold something; rows in tables of things
    stored: int = 0  # new or revised in the lake
    duplicates: int = 0  # in the lake or above in the file already, with the same value
    rejected: int = 0  # set aside with a reason
    revised: int = 0  # of the stored: the lake held another value or flag
    flags: Counter[str] = field(default_factory=Counter)  # observations by quality rule
    reasons: Counter[str] = field(default_factory=Counter)  # rejected by reason code
    sites: int = 0  # sites of the adapter that were new or changed
    unknown_sites: list[str] = field(default_factory=list)  # with observations, but in no table of sites
    files: int = 0
    summed: int = (
        0  # rows of counts added to another of the same key: hospitals, former districts, points of one cell
    )
    suppressed: int = 0  # counts of people that were small, or would give a small one back, and are not kept
    checks: Counter[str] = field(default_factory=Counter)  # counts that are not what is usual, kept, by rule
    notes: list[tuple[str, dict[str, Any]]] = field(
        default_factory=list
    )  # (message id, fields) a person should read
    rejects: list[str] = field(default_factory=list)  # artifacts of the lake that hold what was set aside
    seconds: float = 0.0

    def json(self) -> dict[str, Any]:
        """The report as plain data, in the keys of the command line."""
        return {
            "read": self.read,
            "stored": self.stored,
            "duplicates": self.duplicates,
            "rejected": self.rejected,
            "flags": dict(sorted(self.flags.items())),
            "seconds": round(self.seconds, 2),
            "revised": self.revised,
            "reasons": dict(sorted(self.reasons.items())),
            "sites": self.sites,
            "unknown_sites": self.unknown_sites,
            "files": self.files,
            "rejects": self.rejects,
            "summed": self.summed,
            "suppressed": self.suppressed,
            "checks": dict(sorted(self.checks.items())),
            "notes": [message.format(**fields) for message, fields in self.notes],
        }
