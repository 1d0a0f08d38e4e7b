"""What an ingest did, in the numbers people ask for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Report:
    """Counts of one ingest; ``read == stored + duplicates + rejected`` always holds."""

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
        }
