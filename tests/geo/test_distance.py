"""Distances against the geodesic, neighbours against the slow way."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Geod

from gzeco_lib.errors import InputError
from gzeco_lib.geo.coords import to_plane
from gzeco_lib.geo.distance import great_circle, nearest, planar, within

RNG = np.random.default_rng(3)
POINTS = RNG.uniform(0, 50_000, (40, 2))
TARGETS = RNG.uniform(0, 50_000, (90, 2))


def test_great_circle_agrees_with_the_geodesic() -> None:
    """Sphere against ellipsoid differ by at most 0.56 % anywhere on Earth."""
    lon, lat = RNG.uniform(-180, 180, (2, 300)), RNG.uniform(-85, 85, (2, 300))
    true = np.asarray(Geod(ellps="WGS84").inv(lon[0], lat[0], lon[1], lat[1])[2])
    assert np.abs(great_circle(lon[0], lat[0], lon[1], lat[1]) / true - 1).max() < 0.0057


def test_known_arc() -> None:
    """One degree of a great circle of the mean sphere is 111.195 km."""
    assert float(great_circle(0, 0, 1, 0)) == pytest.approx(111_195.08, abs=0.1)
    assert float(great_circle(10, 90, -170, -90)) == pytest.approx(np.pi * 6_371_008.8)


def test_planar_agrees_with_the_geodesic_over_the_city() -> None:
    lon, lat = np.array([113.2644, 113.5342]), np.array([23.1291, 22.7896])
    plane = planar(np.column_stack(to_plane(lon[:1], lat[:1])), np.column_stack(to_plane(lon[1:], lat[1:])))
    true = Geod(ellps="WGS84").inv(lon[0], lat[0], lon[1], lat[1])[2]
    assert plane[0, 0] == pytest.approx(true, rel=1e-4)


def test_neighbours_equal_the_slow_way() -> None:
    table = planar(POINTS, TARGETS)
    distance, index = nearest(POINTS, TARGETS)
    np.testing.assert_array_equal(index, table.argmin(axis=1))
    np.testing.assert_allclose(distance, table.min(axis=1))
    three, order = nearest(POINTS, TARGETS, k=3)
    np.testing.assert_allclose(three, np.sort(table, axis=1)[:, :3])
    assert order.shape == (40, 3)
    slow = [np.flatnonzero(row <= 5_000).tolist() for row in table]
    assert [found.tolist() for found in within(POINTS, TARGETS, 5_000)] == slow


@pytest.mark.parametrize(
    "call",
    [
        lambda: nearest(POINTS, TARGETS, k=91),
        lambda: nearest(POINTS, TARGETS[:0]),
        lambda: nearest([[np.nan, 0]], TARGETS),
        lambda: nearest([1, 2, 3], TARGETS),
        lambda: within(POINTS, TARGETS, -1),
        lambda: within(POINTS, TARGETS, np.nan),
    ],
)
def test_bad_questions_are_told(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError) as error:
        call()
    assert error.value.told()["fix"]
