"""One run of a model, with all that belongs to it: the outcome stored, its leads entered in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.scenario.declaration import Scenario
from gzeco_lib.scenario.outcome import Outcome

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake


def execute(model: Scenario, lake: Lake, at: pd.Timestamp, cluster: str | None = None) -> Outcome:
    """Run ``model`` on ``lake`` as known at ``at``; doing it again stores nothing twice.

    Args:
        model: the declaration with its parameters.
        lake: where it reads and writes.
        at: nothing known later is used.
        cluster: where heavy steps run (see ``gzeco_lib.parallel``); None is this process.

    Raises:
        InputError: a cluster is named for a model that has nothing to spread.
    """
    from gzeco_lib.leads import ledger

    if cluster is not None and not model.spreads:
        raise InputError(
            N_("{scenario} has no step that would run on a cluster"), "--cluster",
            N_("leave --cluster out"), scenario=model.key,
        )  # fmt: skip
    model.cluster = cluster

    outcome = model.run(lake, at)
    outcome.save(lake)
    ledger.record(lake.state, outcome.leads, outcome.at.to_pydatetime())
    return outcome
