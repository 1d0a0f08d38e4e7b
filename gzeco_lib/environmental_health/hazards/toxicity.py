"""Risk per microgram of the substances that monitors report, for a whole life at the place (the upper case)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gzeco_lib.errors import N_
from gzeco_lib.standards import CERTAINTIES, toxics

if TYPE_CHECKING:
    from gzeco_lib.scenario.outcome import Note

GROUP = "all"
COVERED = 0.95  # of the intervals of `standards.toxics`


@dataclass(frozen=True)
class Toxicity:
    """One substance.

    Attributes:
        factor: by ``ilcr`` and ``hi`` the risk of 1 ug m-3, None where its figure is not certain enough.
        relative: by the same the standard deviation that the range of the figure stands for, as a share of the factor.
        reference: concentration with a hazard quotient of 1 [ug m-3], None where not known.
        document, certainty: of the figures.
    """

    factor: dict[str, float | None]
    relative: dict[str, float]
    reference: float | None
    document: str
    certainty: str


def toxicity(measured: Collection[str] | None = None) -> tuple[dict[str, Toxicity], list[Note]]:
    """The substances of ``measured`` (all by default) that can be judged, and notes on figures not certain enough."""
    known: dict[str, Toxicity] = {}
    lacking: dict[str, list[str]] = {"risk": [], "reference": [], "both": []}
    for code in toxics.substances():
        if measured is not None and code not in measured:
            continue
        made = _one(code)
        gaps = [name for name in ("ilcr", "hi") if made.factor[name] is None]
        if gaps:
            lacking["both" if len(gaps) == 2 else "risk" if gaps == ["ilcr"] else "reference"].append(code)
        if len(gaps) < 2:
            known[code] = made
    texts = {
        "risk": N_("Not in the cancer risk, because their unit risk is not certain enough: {codes}."),
        "reference": N_("Not in the hazard index, because they have no reference concentration: {codes}."),
        "both": N_("Not judged, because their toxicity figures are not certain enough: {codes}."),
    }
    return known, [(texts[kind], {"codes": ", ".join(codes)}) for kind, codes in lacking.items() if codes]


def _one(code: str) -> Toxicity:
    """Risks are proportional to the concentration, so that of 1 ug m-3 says all."""
    unit = toxics.risk(1.0, code, GROUP)
    factor = {name: float(value) for name, value in (("ilcr", unit.ilcr), ("hi", unit.hq))}
    width = {"ilcr": float(unit.ilcr_hi - unit.ilcr_lo), "hi": float(unit.hq_hi - unit.hq_lo)}
    # Each figure in the range is equally possible: the standard deviation of a uniform distribution.
    relative = {
        name: width[name] / COVERED / np.sqrt(12) / factor[name]
        for name in factor
        if np.isfinite(factor[name])
    }
    return Toxicity(
        {name: value if np.isfinite(value) else None for name, value in factor.items()},
        relative,
        1.0 / factor["hi"] if np.isfinite(factor["hi"]) else None,
        "; ".join(dict.fromkeys(fact.document for fact in unit.facts)),
        # A judgement is as certain as the least certain figure in it.
        max((fact.certainty for fact in unit.facts), key=CERTAINTIES.index, default=""),
    )
