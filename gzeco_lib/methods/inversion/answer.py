"""What an inversion may say: never a single name without its probability, never a rate without its interval."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError

WHERE = "methods.inversion"
UNKNOWN = "unknown source"


@dataclass(frozen=True)
class Rate:
    """An emission rate with its interval [g s-1]; ``level`` is the probability the interval is meant to hold."""

    value: float
    lo: float
    hi: float
    level: float = 0.95

    def __post_init__(self) -> None:
        if not self.lo <= self.value <= self.hi:
            raise InputError(
                N_("a rate of {value} lies outside its interval {lo} to {hi}"), WHERE,
                N_("give the interval with the rate"), value=self.value, lo=self.lo, hi=self.hi,
            )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.value:.3g} ({self.lo:.3g}-{self.hi:.3g}) g/s"


@dataclass(frozen=True)
class Named:
    """A candidate with the probability that it emitted, and what it emitted if it did.

    Attributes:
        name: of the candidate; ``UNKNOWN`` stands for a source that is not on the list.
        probability: that it was one of the sources.
        prior: the same before the observations.
        rate: if it was.
        detectable: rate the monitors would have seen with 95 % probability [g s-1]; infinite where no monitor was ever
            downwind.
        like: the candidate the monitors confuse it with most, and the correlation of their responses.
    """

    name: str
    probability: float
    prior: float
    rate: Rate
    detectable: float
    like: tuple[str, float]

    def __post_init__(self) -> None:
        if not (0.0 <= self.probability <= 1.0 and 0.0 <= self.prior <= 1.0):
            raise InputError(
                N_("{name} has no probability between 0 and 1"), WHERE,
                N_("name a source only with its probability"), name=self.name,
            )  # fmt: skip

    @property
    def unseen(self) -> bool:
        """Whether the monitors say nothing about it: no wind blew from it to one of them."""
        return not np.isfinite(self.detectable)

    def __str__(self) -> str:
        return f"{self.name} (P = {self.probability:.2f}): {self.rate}"


@dataclass(frozen=True)
class Answer:
    """All candidates, the unknown source among them, each with its probability; there is no "the" source.

    Attributes:
        candidates: sorted by probability.
        none: probability that nothing emitted.
    """

    candidates: tuple[Named, ...]
    none: float

    def __post_init__(self) -> None:
        if UNKNOWN not in [c.name for c in self.candidates]:
            raise InputError(
                N_("an answer must allow for a source that is not on the list"), WHERE,
                N_("add {name} to the candidates"), name=UNKNOWN,
            )  # fmt: skip
        object.__setattr__(self, "candidates", tuple(sorted(self.candidates, key=lambda c: -c.probability)))

    def __iter__(self) -> Iterator[Named]:
        return iter(self.candidates)

    def __str__(self) -> str:
        return "; ".join([*(str(c) for c in self.candidates), f"none (P = {self.none:.2f})"])

    def table(self) -> pd.DataFrame:
        """One row a candidate; rates and what is detectable in g s-1."""
        rows = [
            {
                "name": c.name, "probability": c.probability, "prior": c.prior, "rate": c.rate.value,
                "rate_lo": c.rate.lo, "rate_hi": c.rate.hi, "detectable": c.detectable, "unseen": c.unseen,
                "like": c.like[0], "correlation": c.like[1],
            }
            for c in self.candidates
        ]  # fmt: skip
        return pd.DataFrame(rows)


def blind(response: np.ndarray, sd: np.ndarray, confidence: float = 1.645 + 1.645) -> np.ndarray:
    """The smallest rate of each candidate the monitors would have seen [g s-1]; infinite where none was downwind.

    A rate is detectable where its response, weighed by the errors of the observations, stands out from zero by
    ``confidence`` standard errors: 5 % of false alarms and 5 % of misses (Currie 1968, doi:10.1021/ac60259a007).

    Args:
        response: [s m-3] (observation, candidate).
        sd: error of each observation, the model's share of the background included [g m-3] (observation,).
    """
    signal = np.sqrt(np.sum((response / np.asarray(sd)[:, None]) ** 2, axis=0))
    return np.where(signal > 0, confidence / np.maximum(signal, 1e-300), np.inf)


def alike(response: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Correlation of the candidates' responses at the monitors (candidate, candidate): near 1 cannot be told apart."""
    weighed = response / np.asarray(sd)[:, None]
    length = np.sqrt(np.sum(weighed**2, axis=0))
    unit = weighed / np.where(length > 0, length, 1.0)
    return unit.T @ unit
