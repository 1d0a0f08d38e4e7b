"""The other models of the scenario that a briefing shows beside the hourly risk: traces, burden, response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.scenario import Outcome, execute, registered

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

TRACE = "environmental_health_trace"
BURDEN = "environmental_health_burden"
RESPONSE = "environmental_health_response"
# A figure by the year is not made anew every morning; an answer to an alarm is.
AGE = {TRACE: pd.Timedelta(0), BURDEN: pd.Timedelta(days=30), RESPONSE: pd.Timedelta(days=30)}


@dataclass
class Companions:
    """Outcomes of the other models by name, None where one could not be made; ``notes`` say why."""

    outcomes: Mapping[str, Outcome | None]
    notes: list[Note] = field(default_factory=list)

    def table(self, model: str, name: str) -> pd.DataFrame:
        """The table ``name`` of ``model``, empty where there is none."""
        outcome = self.outcomes.get(model)
        return pd.DataFrame() if outcome is None else outcome.tables.get(name, pd.DataFrame())


def companions(lake: Lake, main: Outcome, wanted: Mapping[str, Mapping[str, Any]]) -> Companions:
    """The models ``wanted`` (name → parameters) as known when ``main`` was; those young enough are read, others run.

    A model that the lake has no data for is left out with a note: the briefing is about the risk first of all.
    """
    found: dict[str, Outcome | None] = {}
    notes: list[Note] = []
    for name, parameters in wanted.items():
        try:
            found[name] = _young(lake, name, main.at) or execute(
                registered(name).of(parameters), lake, main.at
            )
        except InputError as error:
            found[name] = None
            told = error.told()
            notes.append(
                (
                    N_("Not in this briefing: {title} ({why})."),
                    {"title": registered(name).title, "why": told["error"]},
                )
            )
    return Companions(found, notes)


def _young(lake: Lake, name: str, at: pd.Timestamp) -> Outcome | None:
    """The stored outcome where it is young enough at ``at``; None otherwise."""
    stored = Outcome.load(lake, name, at)
    return stored if stored is not None and at - stored.at < AGE.get(name, pd.Timedelta(0)) else None
