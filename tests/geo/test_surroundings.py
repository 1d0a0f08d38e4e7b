"""Land around the city: hills are hills, town is town, and points between and beyond are sensible."""

from __future__ import annotations

import numpy as np
import pytest

from gzeco_lib.geo.surroundings import surroundings


def test_hills_and_town_are_told_apart() -> None:
    # Liangkou in the mountains of Conghua (terrain of some 500 m), Tianhe in the town, Nansha on the delta.
    liangkou, tianhe, nansha = surroundings([113.7858, 113.3221, 113.5342], [23.7478, 23.1322, 22.7896])
    assert 300 < 50 * np.expm1(liangkou[0]) < 700
    assert 50 * np.expm1(tianhe[0]) < 50
    assert 50 * np.expm1(nansha[0]) < 20
    assert tianhe[1] > nansha[1] > liangkou[1]


def test_is_linear_between_points_of_the_table_and_constant_beyond() -> None:
    ends = 50 * np.expm1(surroundings([113.5, 113.55], [23.6, 23.6])[:, 0])
    middle = 50 * np.expm1(surroundings(113.525, 23.6)[0, 0])
    assert middle == pytest.approx(ends.mean(), rel=1e-6)
    np.testing.assert_allclose(surroundings(150.0, 23.0), surroundings(114.4, 23.0))
