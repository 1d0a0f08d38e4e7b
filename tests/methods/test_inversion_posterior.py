"""The full posterior: named candidates beside a source nobody named."""

from __future__ import annotations

import numpy as np
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.experiments import synthetic_release
from gzeco_lib.methods.inversion import UNKNOWN
from gzeco_lib.methods.inversion.posterior import posterior


@pytest.mark.slow
def test_the_candidate_that_emits_gets_the_probability() -> None:
    case = synthetic_release.case(7, sources=1, hours=4)
    places = np.vstack([case.sources, [[300.0, 700.0]]])
    found = posterior(
        case.response(), case.observed.ravel(), synthetic_release.NOISE, ["kiln", "depot"], places, case.box,
        most=1, draws=50, tune=200, chains=1,
    )  # fmt: skip
    chance = {c.name: c.probability for c in found.answer}
    assert set(chance) == {"kiln", "depot", UNKNOWN}
    assert chance["kiln"] > 0.9
    rate = next(c.rate for c in found.answer if c.name == "kiln")
    assert rate.lo < case.rates[0] < 1.3 * rate.hi
    assert sum(found.sets.values()) == pytest.approx(1)
    assert found.draws.sizes["draw"] == 50


def test_names_and_places_have_to_fit() -> None:
    case = synthetic_release.case(7, sources=1, hours=2)
    with pytest.raises(InputError, match="do not fit"):
        posterior(case.response(), case.observed.ravel(), 1e-6, ["a", "a"], np.zeros((2, 2)), case.box)


@pytest.mark.slow
def test_rates_by_time_are_drawn_with_the_rest() -> None:
    case = synthetic_release.case(7, sources=1, hours=2)
    found = posterior(
        case.response(), case.observed.ravel(), synthetic_release.NOISE, ["kiln"], case.sources, case.box,
        most=1, draws=30, tune=60, chains=1, hourly=True,
    )  # fmt: skip
    by_time = found.draws["hourly"].sel(candidate="kiln")
    assert by_time.sizes == {"draw": 30, "time": case.observed.shape[0]}
    assert (by_time > 0).all()
    rate = next(c.rate for c in found.answer if c.name == "kiln")
    assert rate.lo < float(by_time.mean()) < rate.hi
