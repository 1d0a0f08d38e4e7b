"""Effects of the literature: they always stand beside the local ones, and are the prior of the Bayesian model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gzeco_lib.errors import N_
from gzeco_lib.safe_yaml import read_yaml
from gzeco_lib.standards.facts import Fact
from gzeco_lib.standards.health import health_fact

RULES = Path(__file__).parent / "literature.yaml"
PER = 10.0  # ug m-3 the relative risks are for
# Documents as readers know them; the health facts name them in short.
NAMES = {
    "272 cities of China": N_("Study of 272 cities of China"),
    "Shenzhen": N_("Study of Shenzhen, doi:10.3390/ijerph16030401"),
    "HRAPIE 2013": N_("HRAPIE project of WHO Europe, 2013"),
}
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Effect:
    """One published relative risk of a day's exposure.

    Attributes:
        exposure, measure, cause: what of what.
        rr, lo, hi: per 10 ug m-3, NaN bounds where none were published.
        lag: of the study [d].
        prior: whether it is the Bayesian model's knowledge of the city.
        fact: its source and certainty.
    """

    exposure: str
    measure: str
    cause: str
    rr: float
    lo: float
    hi: float
    lag: str
    prior: bool
    fact: Fact

    @property
    def log_rr(self) -> float:
        """Logarithm of the relative risk."""
        return float(np.log(self.rr))

    @property
    def error(self) -> float:
        """Standard error of the logarithm; the effect itself where no interval was published."""
        if not np.isfinite(self.lo + self.hi):
            return abs(self.log_rr)
        return float(np.log(self.hi / self.lo) / (2 * Z95))

    @property
    def spread(self) -> float:
        """How far a city may lie from it, as standard deviation: its error, and as much again as the effect.

        An assumption: that no effect and twice the mean effect are each one standard deviation away leaves room for a
        city to differ, so that its own counts outweigh the prior where they say anything.
        """
        return float(np.hypot(self.error, self.log_rr))


def effects(measure: str, cause: str, exposures: tuple[str, ...]) -> list[Effect]:
    """Published effects of the exposures on a measure and cause, the prior first."""
    found = [_effect(entry) for entry in read_yaml(RULES)["effects"]]
    chosen = [e for e in found if e.measure == measure and e.cause == cause and e.exposure in exposures]
    return sorted(chosen, key=lambda e: (exposures.index(e.exposure), not e.prior))


def _effect(entry: dict[str, Any]) -> Effect:
    fact = health_fact(entry["fact"])
    value = [float(v) for v in fact.value]
    lo, hi = (value[1], value[2]) if len(value) == 3 else (float("nan"), float("nan"))
    return Effect(
        entry["exposure"], entry["measure"], entry["cause"], value[0], lo, hi, str(entry["lag"]), bool(entry["prior"]),
        fact,
    )  # fmt: skip
