"""Evidence of candidates: against numbers worked out by other means, and on episodes made here."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.methods.inversion import candidates as inversion

RATES = np.geomspace(1.0, 1000.0, 16)


def _episode(excess: np.ndarray, sd: float = 2.0) -> inversion.Episode:
    times, monitors, pollutants = excess.shape
    return inversion.Episode(
        excess, np.full(excess.shape, sd), np.eye(pollutants), np.zeros(pollutants, int),
        np.full((times, monitors), 30.0), np.full((times, monitors), 50.0), np.full(times, 5.0),
    )  # fmt: skip


def _made(seed: int) -> tuple[inversion.Episode, np.ndarray, np.ndarray]:
    """Twelve hours, four monitors; the third of five candidates emits 100 kg h-1 from the fourth hour to the ninth."""
    rng = np.random.default_rng(seed)
    dilution = rng.gamma(0.4, 0.4, (5, 12, 1, 4))
    on = np.zeros(12)
    on[3:9] = 1.0
    excess = 100.0 * on[:, None, None] * dilution[2, :, 0][..., None] * np.array([1.0, 0.3])
    return _episode(excess + 2.0 * rng.standard_normal((12, 4, 2))), dilution, np.tile([1.0, 0.3], (5, 1))


@pytest.mark.parametrize("seed", range(5))
def test_the_source_that_emitted_has_the_highest_evidence(seed: int) -> None:
    episode, dilution, mix = _made(seed)
    settings = inversion.Settings(own=0.2, strength=0.2, temper=1.0)
    found = inversion.likelihood(episode, dilution, mix, np.ones(1), RATES, settings)
    told = inversion.evidence(found, np.full(5, 80.0), settings)
    assert int(told.log.argmax()) == 2
    assert told.log[2] > 10
    assert told.on[2, 4:8].min() > 0.8 and told.on[2, :2].max() < 0.3
    assert 60 < np.exp(told.rate[2] @ np.log(RATES)) < 160


def test_the_chain_sums_over_every_beginning_and_end() -> None:
    """Against the sum over all patterns of five hours, written out."""
    rng = np.random.default_rng(1)
    hourly, starts, stops = rng.normal(0, 2, (1, 5, 1)), 0.1, 0.3
    total = 0.0
    for pattern in itertools.product((0, 1), repeat=5):
        chance, before = 1.0, 0
        for hour, state in enumerate(pattern):
            switch = {(0, 0): 1 - starts, (0, 1): starts, (1, 0): stops, (1, 1): 1 - stops}[before, state]
            chance *= switch * np.exp(hourly[0, hour, 0] * state)
            before = state
        total += chance * any(pattern)
    found, on = inversion._chain(hourly, starts, stops)
    assert found[0, 0] == pytest.approx(np.log(total / (1 - (1 - starts) ** 5)), rel=1e-6)
    assert ((on >= 0) & (on <= 1)).all()


def test_nitrogen_dioxide_cannot_exceed_the_oxidant() -> None:
    """1000 ug m-3 of NOx at night meet 40 ppb of ozone: NO2 gains that and the tenth that leaves the stack as NO2."""
    gain = inversion.added(inversion.NITROGEN_DIOXIDE, 1000.0, 10.0, 50.0, 1e-6)
    assert gain == pytest.approx(1.88 * (40.0 + 0.1 * 1000.0 / 1.88), rel=1e-3)
    lost = inversion.added(inversion.OZONE, 1000.0, 10.0, 50.0, 1e-6)
    assert lost == pytest.approx(-1.96 * 40.0, rel=1e-3)


def test_monitors_that_no_plume_reaches_say_nothing() -> None:
    episode, dilution, mix = _made(0)
    found = inversion.likelihood(episode, dilution * 0.0, mix, np.ones(1), RATES, inversion.Settings())
    assert found.hourly == pytest.approx(0.0, abs=1e-9)


def test_a_dilution_of_another_shape_is_refused() -> None:
    episode, dilution, mix = _made(0)
    with pytest.raises(InputError):
        inversion.likelihood(episode, dilution[:, :-1], mix, np.ones(1), RATES, inversion.Settings())


def test_whitened_residuals_are_uncorrelated() -> None:
    rng = np.random.default_rng(3)
    first = rng.standard_normal(4000)
    both = np.column_stack([first, 0.8 * first + 0.6 * rng.standard_normal(4000)])
    white = both @ inversion.whitening(both, shrinkage=0.0).T
    assert np.corrcoef(white.T)[0, 1] == pytest.approx(0.0, abs=0.03)
