"""One run of a model, with all that belongs to it: the outcome stored, its leads entered in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gzeco_lib.scenario.declaration import Scenario
from gzeco_lib.scenario.outcome import Outcome

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake


def execute(model: Scenario, lake: Lake, at: pd.Timestamp) -> Outcome:
    """Run ``model`` on ``lake`` as known at ``at``; doing it again stores nothing twice."""
    from gzeco_lib.leads import ledger

    outcome = model.run(lake, at)
    outcome.save(lake)
    ledger.record(lake.state, outcome.leads, outcome.at.to_pydatetime())
    return outcome
