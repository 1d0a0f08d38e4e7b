"""Deposition: published fall velocities, resistances and washout."""

from __future__ import annotations

import numpy as np
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.methods.dispersion import BoundaryLayer
from gzeco_lib.methods.dispersion.deposition import (
    aerodynamic_resistance,
    gas_velocity,
    particle_velocity,
    settling_velocity,
    washout_rate,
)

NEUTRAL = BoundaryLayer(4.0, 270.0, 0.4, np.inf, 800.0, 0.1)


def test_fall_velocities_are_those_of_hinds() -> None:
    """Hinds 1999, Aerosol Technology, table 3.1 and 3.3 (unit density, 293 K): settling velocity [m s-1]."""
    published = {1e-7: 8.8e-7, 1e-6: 3.5e-5, 1e-5: 3.06e-3, 1e-4: 0.249}
    found = settling_velocity(np.array(list(published)))
    np.testing.assert_allclose(found, list(published.values()), rtol=0.03)


def test_resistance_of_the_air_is_logarithmic_in_neutral_air() -> None:
    assert aerodynamic_resistance(NEUTRAL, 10.0).item() == pytest.approx(np.log(100) / (0.4 * 0.4))
    unstable = BoundaryLayer(4.0, 270.0, 0.4, -20.0, 800.0, 0.1)
    stable = BoundaryLayer(4.0, 270.0, 0.4, 20.0, 800.0, 0.1)
    at = [aerodynamic_resistance(layer).item() for layer in (unstable, NEUTRAL, stable)]
    assert at == sorted(at)


def test_deposition_velocities_have_the_known_shape() -> None:
    """Slowest between 0.1 and 1 um, at the fall velocity for coarse particles; a gas is bounded by its resistances."""
    sizes = [1e-8, 5e-7, 2e-5]
    fine, middle, coarse = (particle_velocity(NEUTRAL, size).item() for size in sizes)
    assert fine > middle < coarse
    assert particle_velocity(NEUTRAL, 1e-4).item() == pytest.approx(settling_velocity(1e-4).item(), rel=0.15)
    free = gas_velocity(NEUTRAL, 1.2e-5, 0.0).item()
    assert gas_velocity(NEUTRAL, 1.2e-5, 100.0).item() == pytest.approx(1 / (1 / free + 100))


def test_washout_grows_with_rain() -> None:
    np.testing.assert_allclose(washout_rate([0.0, 1.0, 10.0]), [0, 8.4e-5, 8.4e-5 * 10**0.79])


def test_what_is_wrong_is_told() -> None:
    with pytest.raises(InputError, match="diameter"):
        settling_velocity([0.0, 1e-6])
    with pytest.raises(InputError, match="resistance below zero"):
        gas_velocity(NEUTRAL, 1.2e-5, -1.0)
