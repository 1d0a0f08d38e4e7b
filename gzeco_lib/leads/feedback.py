"""What the reviews say of the rules: each rule's measured precision, with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlalchemy import func, select

from gzeco_lib.lake.state import State
from gzeco_lib.lake.state_tables import LeadReviewRow, LeadRow

Z95 = 1.959963984540054  # 97.5 % quantile of the standard normal distribution


@dataclass(frozen=True)
class Precision:
    """How many of a rule's reviewed leads were confirmed; ``low`` and ``high`` bound it at 95 %."""

    scenario: str
    rule: str
    confirmed: int
    dismissed: int
    precision: float
    low: float
    high: float


def wilson(hits: int, trials: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of a proportion, without continuity correction.

    Wilson (1927), doi:10.1080/01621459.1927.10502953; recommended for small samples by
    Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, method 3.

    Args:
        hits: confirmed [1].
        trials: reviewed [1]; with none the interval is 0 to 1.
        z: quantile of the standard normal distribution [1].

    Raises:
        ValueError: hits not within 0..trials.
    """
    if not 0 <= hits <= trials:
        raise ValueError(f"{hits} of {trials}")
    if trials == 0:
        return 0.0, 1.0
    share, over = hits / trials, z * z / trials
    centre = (share + over / 2) / (1 + over)
    half = z / (1 + over) * math.sqrt(share * (1 - share) / trials + over / (4 * trials))
    return max(0.0, centre - half), min(1.0, centre + half)


def precision(state: State, scenario: str | None = None) -> list[Precision]:
    """The precision of every rule that has reviewed leads, by scenario and rule."""
    verdict = LeadReviewRow.after.in_(("confirmed", "dismissed"))
    query = (
        select(LeadRow.scenario, LeadRow.rule, LeadReviewRow.after, func.count())
        .join(LeadReviewRow)
        .where(verdict)
        .group_by(LeadRow.scenario, LeadRow.rule, LeadReviewRow.after)
        .order_by(LeadRow.scenario, LeadRow.rule)
    )
    if scenario is not None:
        query = query.where(LeadRow.scenario == scenario)
    counts: dict[tuple[str, str], dict[str, int]] = {}
    with state.reading() as session:
        for name, rule, after, number in session.execute(query):
            counts.setdefault((name, rule), {"confirmed": 0, "dismissed": 0})[after] = number
    return [
        Precision(*who, c["confirmed"], c["dismissed"], c["confirmed"] / sum(c.values()),
                  *wilson(c["confirmed"], sum(c.values())))
        for who, c in counts.items()
    ]  # fmt: skip
