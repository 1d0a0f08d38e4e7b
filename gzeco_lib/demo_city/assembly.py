"""Make the generated city up in memory: all frames of the lake and the planted truth.

``TABLES`` and ``TRUTH`` list what there is: a name and the function that makes its rows from the ``World``.
Several functions of one name are put under each other. A new part of the city is one line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from gzeco_lib.demo_city import (
    crowds,
    daily,
    exposed,
    health,
    monitors,
    opinion,
    sound,
    stations,
    toxics,
    water,
    works,
)
from gzeco_lib.demo_city.amenities import amenities
from gzeco_lib.demo_city.cells import cells
from gzeco_lib.demo_city.demography import demography
from gzeco_lib.demo_city.options import DAYS, checked, last_hour
from gzeco_lib.demo_city.places import sites
from gzeco_lib.demo_city.population import exposure
from gzeco_lib.demo_city.problems import Problem
from gzeco_lib.demo_city.problems import table as listed
from gzeco_lib.demo_city.world import STEPS as OF_WORLD
from gzeco_lib.demo_city.world import World, clipped, world
from gzeco_lib.errors import N_
from gzeco_lib.variables import quality

Part = Callable[[World], pd.DataFrame]


def _listed(problems: Callable[[World], list[Problem]]) -> Part:
    """The rows of planted problems."""
    return lambda made: listed(problems(made), made.start, made.stop)


# Rows of the lake. ``observation`` comes without the flag, which the quality check adds.
TABLES: tuple[tuple[str, Part], ...] = (
    ("site", lambda w: sites()),
    ("site", lambda w: monitors.sites(w.seed)),
    ("enterprise", works.enterprises),
    ("exposure", lambda w: exposure(w.people)),
    ("presence", crowds.rows),
    ("place", lambda w: amenities(w.seed, w.people)),
    ("cell", lambda w: cells(w.seed, w.people, w.enterprises)),
    ("demography", lambda w: demography()),
    ("event", works.events),
    ("observation", stations.air),
    ("observation", stations.weather),
    ("observation", water.rows),
    ("observation", sound.rows),
    ("observation", toxics.rows),
    ("observation", daily.archive),
    ("health", health.counts),
    ("event", opinion.rows),
)
# What is true and hidden from models.
TRUTH: tuple[tuple[str, Part], ...] = (
    ("episodes", lambda w: clipped(w.episodes, w.start, w.stop)),
    ("impacts", works.impacts),
    ("faults", stations.faults),
    ("monitor_faults", water.faults),
    ("monitor_faults", sound.faults),
    ("monitor_faults", toxics.faults),
    ("hazards", _listed(water.problems)),
    ("hazards", _listed(sound.problems)),
    ("hazards", _listed(toxics.problems)),
    ("presence", crowds.truth),
    ("spells", lambda w: clipped(w.sky.spells, w.start, w.stop)),
    ("careless", lambda w: w.enterprises[["enterprise", "careless"]]),
    ("offsets", stations.offsets),
    ("exposed", exposed.totals),
    ("exposed_field", exposed.field),
    ("response", health.truth),
    ("response_lags", health.lags),
    ("opinion", opinion.truth),
)
STEPS = (*OF_WORLD, N_("tables and truths"), N_("quality checks"), N_("writing into the lake"))

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class City:
    """The generated city: ``tables`` for the lake, ``truth`` that is hidden from models, and what made them."""

    seed: int
    scale: str
    start: pd.Timestamp
    end: pd.Timestamp
    tables: dict[str, pd.DataFrame]
    truth: dict[str, pd.DataFrame]


def _silent(_step: str, _done: int, _all: int) -> None:
    return None


def city(
    seed: int = 2026,
    scale: str = "small",
    end: pd.Timestamp | str | None = None,
    progress: Progress | None = None,
    check: bool = True,
) -> City:
    """Make the city up in memory; the same ``seed``, ``scale`` and ``end`` give the same frames.

    ``progress(step, done, all)`` is called before each step; with ``check`` False the flags are left "".

    Raises:
        InputError: for an unknown scale, a seed that is none, or a bad ``end``.
    """
    checked(seed, scale)
    stop = last_hour(end)
    start = stop - pd.Timedelta(days=DAYS[scale])
    report = progress or _silent

    def tell(step: int) -> None:
        report(STEPS[step], step, len(STEPS))

    made = world(seed, scale, start, stop, tell)
    tell(3)
    tables, truth = _made(TABLES, made), _made(TRUTH, made)
    tables["event"] = tables["event"].sort_values(["time", "event"], ignore_index=True)
    tell(4)
    observed = tables["observation"]
    observed.insert(4, "flag", quality.check(observed) if check else "")
    return City(seed, scale, start, stop, tables, truth)


def _made(parts: tuple[tuple[str, Part], ...], made: World) -> dict[str, pd.DataFrame]:
    found: dict[str, list[pd.DataFrame]] = {}
    for name, part in parts:
        found.setdefault(name, []).append(part(made))
    return {
        name: frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
        for name, frames in found.items()
    }
