"""How long a run takes, step by step, and how soon after the data it was there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake


class Steps:
    """A stopwatch: ``with steps(N_("Forecasts")): …`` adds to that step; ``table()`` has steps in their order."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Time what runs inside as ``step`` (a message id)."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[step] = self._seconds.get(step, 0.0) + time.perf_counter() - began

    @property
    def seconds(self) -> float:
        """Since the stopwatch was made [s]."""
        return time.perf_counter() - self._started

    def table(self) -> pd.DataFrame:
        """Columns step (message id), seconds."""
        return pd.DataFrame(
            {"step": list(self._seconds), "seconds": [round(value, 3) for value in self._seconds.values()]}
        )


def response(lake: Lake, data_end: pd.Timestamp) -> pd.DataFrame:
    """One row: when the newest data ended, when they came into the lake, when the result was there (UTC).

    Args:
        lake: where the observations are.
        data_end: end of the newest interval used.

    Returns:
        Columns data_end, arrived (NaT where the lake does not know), made, minutes (from arrival to result).
    """
    arrived = lake.arrived("observation")
    made = pd.Timestamp.now("UTC")
    row = {
        "data_end": data_end,
        "arrived": pd.NaT if arrived is None else arrived,
        "made": made,
        "minutes": float("nan") if arrived is None else max((made - arrived).total_seconds(), 0.0) / 60,
    }
    return pd.DataFrame([row])
