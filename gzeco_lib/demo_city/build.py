"""Build the generated city in a lake: its tables, and the planted truth beside them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from gzeco_lib.demo_city.assembly import STEPS, City, Progress, city
from gzeco_lib.demo_city.options import checked, last_hour
from gzeco_lib.lake.frames import to_parquet
from gzeco_lib.lake.lake import Lake
from gzeco_lib.variables import quality

__all__ = ["STEPS", "City", "Progress", "Summary", "build", "checked", "city", "last_hour"]


@dataclass(frozen=True)
class Summary:
    """What a build stored: rows by table, planted truths by kind, quality flags by rule."""

    seed: int
    scale: str
    start: pd.Timestamp
    end: pd.Timestamp
    rows: dict[str, int]
    stored: int
    duplicates: int
    truth: dict[str, int]
    flags: dict[str, int]
    seconds: float = field(compare=False)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: times as ISO 8601 text."""
        return {**self.__dict__, "start": self.start.isoformat(), "end": self.end.isoformat()}


def build(
    lake: Lake,
    seed: int = 2026,
    scale: str = "small",
    end: pd.Timestamp | str | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Make the city up and store it in ``lake``, its truth beside it under ``truth/``; twice stores it once.

    Raises:
        InputError: for an unknown scale, a seed that is none, or a bad ``end``.
    """
    began = time.monotonic()
    made = city(seed, scale, end, progress)
    if progress:
        progress(STEPS[-1], len(STEPS) - 1, len(STEPS))
    stored = duplicates = 0
    for name, frame in made.tables.items():
        written = lake.write(name, frame)
        stored, duplicates = stored + written.stored, duplicates + written.duplicates
    summary = Summary(
        seed=seed,
        scale=scale,
        start=made.start,
        end=made.end,
        rows={name: len(frame) for name, frame in made.tables.items()},
        stored=stored,
        duplicates=duplicates,
        truth={name: len(frame) for name, frame in made.truth.items()},
        flags=quality.count(made.tables["observation"]["flag"]),
        seconds=round(time.monotonic() - began, 2),
    )
    for name, frame in made.truth.items():
        lake.put(f"truth/{name}.parquet", to_parquet(frame))
        lake.put(f"truth/{name}.json", _json(frame))
    about = {k: v for k, v in summary.as_dict().items() if k not in ("seconds", "stored", "duplicates")}
    lake.put("truth/summary.json", json.dumps(about, indent=1).encode())
    if progress:
        progress(STEPS[-1], len(STEPS), len(STEPS))
    return summary


def _json(frame: pd.DataFrame) -> bytes:
    text = frame.to_json(orient="records", date_format="iso", force_ascii=False)
    return str(text).encode()
