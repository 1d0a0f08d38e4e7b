"""The Bayesian distributed-lag model: agreement with the quasi-Poisson fit, shrinkage, suppressed counts."""

from __future__ import annotations

import numpy as np
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.methods import dlnm
from gzeco_lib.methods.dlnm import bayes


def planted(count: int, level: float, seed: int) -> tuple[dlnm.CrossBasis, dict[str, bayes.Counts]]:
    """``count`` series whose log relative risk is 0.004 a unit over lags 0 and 1, about ``level`` cases a day."""
    rng = np.random.default_rng(seed)
    x = 30 + 10 * rng.standard_normal((count, 400))
    basis = dlnm.CrossBasis.of(x.ravel(), dlnm.Linear(), dlnm.Integer(), 1)
    data = {}
    for k in range(count):
        y = rng.poisson(level * np.exp(0.003 * x[k] + 0.001 * np.roll(x[k], 1))).astype(float)
        data[f"series {k}"] = bayes.Counts({"x": basis.columns(x[k])}, y)
    return basis, data


def test_agrees_with_the_quasi_poisson_fit() -> None:
    basis, data = planted(1, 40.0, 1)
    one = data["series 0"]
    contrast = bayes.contrast_of(basis, 10.0)
    found = bayes.posterior(data, "x", bayes.Prior(contrast), draws=400, tune=200)
    coef, cov = dlnm.quasi_poisson(one.terms, one.counts).of("x")
    expected, se = contrast @ coef, np.sqrt(contrast @ cov @ contrast)
    median, lo, hi = np.log(found.effect(contrast))
    assert median == pytest.approx(expected, abs=0.3 * se)
    assert hi - lo == pytest.approx(2 * 1.96 * se, rel=0.25)
    curve = found.curve(basis, [0.0, 10.0])
    assert curve.loc[1, "rr"] == pytest.approx(np.exp(median))
    assert dlnm.predict(basis, *found.of(), at=10.0).overall[0] == pytest.approx(median, abs=0.1 * se)
    assert found.diagnostics.divergences == 0 and found.diagnostics.rhat < 1.05


def test_series_shrink_toward_the_common_response_and_it_toward_the_literature() -> None:
    basis, data = planted(4, 3.0, 2)
    contrast = bayes.contrast_of(basis, 10.0)
    single = [contrast @ dlnm.quasi_poisson(d.terms, d.counts).of("x")[0] for d in data.values()]
    prior = bayes.Prior(contrast, mean=0.04, sd=0.005, between=0.01)
    found = bayes.posterior(data, "x", prior, draws=300, tune=300)
    medians = [np.log(found.effect(contrast, name)[0]) for name in data]
    assert np.ptp(medians) < 0.5 * np.ptp(single)
    assert np.log(found.effect(contrast)[0]) == pytest.approx(0.04, abs=0.01)


def test_suppressed_counts_are_a_range() -> None:
    basis, data = planted(1, 4.0, 5)
    one = data["series 0"]
    y = np.asarray(one.counts)
    hidden = (y > 0) & (y < 5)
    less = bayes.Counts(one.terms, np.where(hidden, np.nan, y), suppressed=np.where(hidden, 4, 0))
    contrast = bayes.contrast_of(basis, 10.0)
    found = bayes.posterior({"a": less}, "x", bayes.Prior(contrast), draws=300, tune=200)
    coef, cov = dlnm.quasi_poisson(one.terms, one.counts).of("x")
    assert np.log(found.effect(contrast)[0]) == pytest.approx(
        contrast @ coef, abs=2 * np.sqrt(contrast @ cov @ contrast)
    )


def test_bad_input_is_told() -> None:
    basis, data = planted(1, 20.0, 3)
    with pytest.raises(InputError, match="no series"):
        bayes.posterior({}, "x", bayes.Prior(bayes.contrast_of(basis, 10.0)))
    with pytest.raises(InputError, match="different numbers"):
        bayes.posterior(data, "x", bayes.Prior(np.ones(5)))
    assert not bayes.Diagnostics(1.2, 900.0, 0).good
    assert bayes.Diagnostics(1.001, 900.0, 0).good
