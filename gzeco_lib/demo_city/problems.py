"""True problems of water, noise and air toxics, planted and listed: the truth ``hazards``.

Unlike a fault of an instrument, a problem is in the world: what the monitors show of it is right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from gzeco_lib.demo_city.noise import EPOCH, WEEK, generator, week_numbers

HOUR = pd.Timedelta(hours=1)
LONGEST = 4  # weeks a passing problem lasts at most


@dataclass(frozen=True)
class Problem:
    """One planted problem over [start, end).

    Attributes:
        hazard: water, noise or toxics.
        site: the monitor that is to see it.
        variables: what rises or falls there, joined by ",".
        subject: enterprise or place it comes from, "" where none is meant.
        what: one of the kinds of the module that planted it.
        size: its strength in the unit of the first variable, or as a factor, as the module says.
    """

    hazard: str
    problem: str
    site: str
    variables: str
    start: pd.Timestamp
    end: pd.Timestamp
    subject: str
    what: str
    size: float


Make = Callable[[np.random.Generator, int, pd.Timestamp], Problem]


def passing(
    seed: int, name: str, weeks: int, start: pd.Timestamp, end: pd.Timestamp, make: Make
) -> list[Problem]:
    """One problem every ``weeks`` weeks that touches [start, end); ``make(rng, turn, start of the week)``."""
    found = []
    for week in week_numbers(start - LONGEST * WEEK, end):
        if week % weeks:
            continue
        problem = make(generator(seed, f"problem {name}", week), week // weeks, EPOCH + week * WEEK)
        if problem.start < end and problem.end > start:
            found.append(problem)
    return found


def table(found: list[Problem], start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """The problems as rows, clipped to [start, end)."""
    rows = pd.DataFrame([asdict(p) for p in found], columns=list(Problem.__dataclass_fields__))
    for name, limit in (("start", start), ("end", end)):
        rows[name] = pd.DatetimeIndex(
            [max(t, limit) if name == "start" else min(t, limit) for t in rows[name]]
        ).as_unit("us")
    return rows


def during(problem: Problem, hours: pd.DatetimeIndex) -> np.ndarray:
    """Where ``hours`` lie inside the problem (T,)."""
    return np.asarray((hours >= problem.start) & (hours < problem.end))
