"""Evidence of candidates: against numbers worked out by other means, and on episodes made here."""

from __future__ import annotations

import numpy as np
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.methods.inversion import candidates as inversion

RATES = 2.0 * np.exp(0.3 * np.arange(22))
LOADS = inversion.loads(RATES)
SIGNATURE = np.array([[1.0, 0.3]])


def _episode(excess: np.ndarray, sd: float = 2.0) -> inversion.Episode:
    times, monitors, pollutants = excess.shape
    return inversion.Episode(
        excess, np.full(excess.shape, sd), np.eye(pollutants), np.zeros(pollutants, int),
        np.full((times, monitors), 30.0), np.full((times, monitors), 50.0), np.full(times, 5.0),
    )  # fmt: skip


def _made(seed: int) -> tuple[inversion.Episode, np.ndarray]:
    """Twelve hours, four monitors; the third of five candidates emits 100 kg h-1 from the fourth hour to the ninth."""
    rng = np.random.default_rng(seed)
    dilution = rng.gamma(0.4, 0.4, (5, 12, 1, 4))
    on = np.zeros(12)
    on[3:9] = 1.0
    excess = 100.0 * on[:, None, None] * dilution[2, :, 0][..., None] * SIGNATURE[0]
    return _episode(excess + 2.0 * rng.standard_normal((12, 4, 2))), dilution


def _spells(table: np.ndarray, dilution: np.ndarray, settings: inversion.Settings) -> np.ndarray:
    times, _nodes, monitors = dilution.shape
    share, weight = np.ones((times, times, monitors)), np.full(dilution.shape[:2], 1.0 / dilution.shape[1])
    return inversion.spells(table, LOADS, dilution, share, weight, RATES, 80.0, settings)


@pytest.mark.parametrize("seed", range(5))
def test_the_source_that_emitted_has_the_highest_evidence(seed: int) -> None:
    episode, dilution = _made(seed)
    settings = inversion.Settings(own=0.2, strength=0.2, temper=1.0)
    table = inversion.tables(episode, SIGNATURE, LOADS, settings)[0]
    told = [inversion.summary(_spells(table, one, settings)) for one in dilution]
    log, rate, on = told[2]
    assert int(np.argmax([one[0] for one in told])) == 2
    assert log > 10
    assert on[4:8].min() > 0.8 and on[:2].max() < 0.3
    assert 60 < np.exp(rate @ np.log(RATES)) < 160


def test_a_spell_is_the_sum_of_its_hours_and_priors() -> None:
    """One monitor, no errors of wind or strength: written out from the Student densities."""
    rng = np.random.default_rng(4)
    excess = rng.normal(0.0, 3.0, (4, 1, 1))
    settings = inversion.Settings(own=0.0, strength=0.0, temper=1.0)
    table = inversion.tables(_episode(excess), np.ones((1, 1)), LOADS, settings)[0]
    found = _spells(table, np.full((4, 1, 1), LOADS[5] / RATES[5]), settings)

    def log(value: np.ndarray) -> np.ndarray:
        return np.asarray(-0.5 * (settings.degrees + 1) * np.log1p(value**2 / settings.degrees))

    seen = excess[:, 0, 0] / 2.0
    prior = np.exp(-0.5 * (np.log(RATES / 80.0) / settings.rate) ** 2)
    lasts = (1 - settings.stops) ** 1 * settings.stops / 4.0  # from the second hour to the third of four
    for g in (5, 9, 12):
        gain = log(seen - LOADS[g] / 2.0) - log(seen)
        expected = gain[1:3].sum() + np.log(lasts) + np.log(prior[g] / prior.sum())
        assert found[1, 2, g] == pytest.approx(expected, rel=1e-6)
    assert np.exp(inversion._lengths(4, settings.stops)).sum() == pytest.approx(1.0)


def test_air_that_has_not_come_yet_says_nothing() -> None:
    episode, dilution = _made(1)
    settings = inversion.Settings()
    table = inversion.tables(episode, SIGNATURE, LOADS, settings)[0]
    share = np.zeros((12, 12, 4))
    found = inversion.spells(table, LOADS, dilution[2], share, np.ones((12, 1)), RATES, 80.0, settings)
    assert inversion.summary(found)[0] == pytest.approx(0.0, abs=1e-9)


def test_wind_errors_follow_what_was_seen() -> None:
    """The second node brings what was seen, the first nothing."""
    excess = np.full((1, 1, 1), 40.0)
    settings = inversion.Settings(own=0.1, temper=1.0)
    table = inversion.tables(_episode(excess), np.ones((1, 1)), LOADS, settings)[0]
    load = np.array([0.0, 40.0]).reshape(1, 2, 1)
    assert inversion.wind_errors(table, LOADS, load, np.full((1, 2), 0.5))[0, 1] > 0.95


def test_nitrogen_dioxide_cannot_exceed_the_oxidant() -> None:
    """1000 ug m-3 of NOx at night meet 40 ppb of ozone: NO2 gains that and the tenth that leaves the stack as NO2."""
    gain = inversion.added(inversion.NITROGEN_DIOXIDE, 1000.0, 10.0, 50.0, 1e-6)
    assert gain == pytest.approx(1.88 * (40.0 + 0.1 * 1000.0 / 1.88), rel=1e-3)
    lost = inversion.added(inversion.OZONE, 1000.0, 10.0, 50.0, 1e-6)
    assert lost == pytest.approx(-1.96 * 40.0, rel=1e-3)


def test_monitors_that_no_plume_reaches_say_nothing() -> None:
    episode, dilution = _made(0)
    table = inversion.tables(episode, SIGNATURE, LOADS, inversion.Settings())[0]
    found = inversion.summary(_spells(table, dilution[2] * 0.0, inversion.Settings()))
    assert found[0] == pytest.approx(0.0, abs=1e-9)


def test_shapes_that_do_not_fit_are_refused() -> None:
    episode, dilution = _made(0)
    settings = inversion.Settings()
    table = inversion.tables(episode, SIGNATURE, LOADS, settings)[0]
    with pytest.raises(InputError):
        _spells(table, dilution[2, :-1], settings)
    with pytest.raises(InputError):
        inversion.tables(episode, np.ones((1, 3)), LOADS, settings)


def test_whitened_residuals_are_uncorrelated() -> None:
    rng = np.random.default_rng(3)
    first = rng.standard_normal(4000)
    both = np.column_stack([first, 0.8 * first + 0.6 * rng.standard_normal(4000)])
    white = both @ inversion.whitening(both, shrinkage=0.0).T
    assert np.corrcoef(white.T)[0, 1] == pytest.approx(0.0, abs=0.03)
