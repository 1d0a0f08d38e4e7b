"""Toxicity of the substances that monitors report: unit risk and reference concentration, with their range."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gzeco_lib.errors import N_, InputError
from gzeco_lib.standards.facts import Fact
from gzeco_lib.standards.health import health_fact

if TYPE_CHECKING:
    from gzeco_lib.scenario.outcome import Note

# Variable code: names of the inhalation unit risk and of the reference concentration among the health figures.
SUBSTANCES = {
    "benzene": ("benzene_IUR", "benzene_RfC"),
    "formaldehyde": ("formaldehyde_IUR", "formaldehyde_RfC_2024"),
    "butadiene_1_3": ("butadiene_IUR", "butadiene_RfC"),
    "As_air": ("As_IUR", "As_REL_chronic"),
    "Cd_air": ("Cd_IUR", "Cd_REL_chronic"),
    "Ni_air": ("Ni_IUR_refinery_dust", "Ni_REL_chronic"),
    "CrVI_air": ("CrVI_IUR", "CrVI_RfC_particulate"),
}


@dataclass(frozen=True)
class Toxicity:
    """One substance: unit risk (low, high) [m3 ug-1] and reference concentration [ug m-3]; None where not known."""

    unit_risk: tuple[float, float] | None
    reference: float | None
    document: str
    certainty: str

    def ilcr(self) -> tuple[float | None, float]:
        """Lifetime risk per ug m-3 in the middle of the range, and the relative error the range stands for."""
        if self.unit_risk is None:
            return None, 0.0
        low, high = self.unit_risk
        # The range holds about 95 % of what is thought possible; its middle is taken on the logarithm.
        return float(np.sqrt(low * high)), float(np.log(high / low) / 4)

    def hq(self) -> tuple[float | None, float]:
        """Hazard quotient per ug m-3; reference concentrations come without an error."""
        return (1.0 / self.reference if self.reference else None), 0.0


def toxicity(measured: Collection[str] = tuple(SUBSTANCES)) -> tuple[dict[str, Toxicity], list[Note]]:
    """The substances of ``measured`` that can be judged, and notes on those whose figures are not certain enough."""
    known: dict[str, Toxicity] = {}
    lacking: dict[str, list[str]] = {"risk": [], "reference": [], "both": []}
    for code in (code for code in SUBSTANCES if code in measured):
        risk, reference = SUBSTANCES[code]
        iur, rfc = _fact(risk), _fact(reference)
        if iur is None or rfc is None:
            lacking["both" if iur is rfc else "risk" if iur is None else "reference"].append(code)
        named = [fact for fact in (iur, rfc) if fact is not None]
        if not named:
            continue
        pair = None if iur is None else np.resize(np.asarray(iur.value, dtype=float), 2)
        known[code] = Toxicity(
            None if pair is None else (float(pair[0]), float(pair[1])),
            None if rfc is None else float(rfc.value),
            "; ".join(dict.fromkeys(fact.document for fact in named)),
            named[0].certainty,
        )
    texts = {
        "risk": N_("Not in the cancer risk, because their unit risk is not certain enough: {codes}."),
        "reference": N_("Not in the hazard index, because they have no reference concentration: {codes}."),
        "both": N_("Not judged, because their toxicity figures are not certain enough: {codes}."),
    }
    return known, [(texts[kind], {"codes": ", ".join(codes)}) for kind, codes in lacking.items() if codes]


def _fact(name: str) -> Fact | None:
    try:
        return health_fact(name)
    except InputError:
        return None
