"""Coordinate systems against published values and against their own inverse."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Geod

from gzeco_lib.errors import InputError
from gzeco_lib.geo import coords
from gzeco_lib.geo.distance import great_circle

# Test vectors of the public eviltransform (python/test.py): lat, lon of WGS-84 and of GCJ-02.
EVILTRANSFORM_GCJ = [
    (31.1774276, 121.5272106, 31.17530398364597, 121.531541859215),
    (22.543847, 113.912316, 22.540796131694766, 113.9171764808363),
    (39.911954, 116.377817, 39.91334545536069, 116.38404722455657),
]
# Values published for lon 116.404, lat 39.915 by the tests of the public coordtransform ports (JavaScript, PHP, Java).
COORDTRANSFORM = (116.404, 39.915)
COORDTRANSFORM_WGS_TO_BD = (116.41662724378733, 39.922699552216216)
COORDTRANSFORM_BD_TO_WGS = (116.3913836995125, 39.907253214522164)  # by one subtraction, good to a few metres
# Over Guangzhou, every five kilometres.
LON, LAT = np.meshgrid(np.arange(112.95, 114.06, 0.05), np.arange(22.55, 23.95, 0.05))
GEOD = Geod(ellps="WGS84")


@pytest.mark.parametrize(("lat", "lon", "gcj_lat", "gcj_lon"), EVILTRANSFORM_GCJ)
def test_gcj02_equals_eviltransform(lat: float, lon: float, gcj_lat: float, gcj_lon: float) -> None:
    x, y = coords.wgs84_to_gcj02(lon, lat)
    assert (float(x), float(y)) == pytest.approx((gcj_lon, gcj_lat), abs=1e-9)


def test_bd09_equals_coordtransform() -> None:
    x, y = coords.wgs84_to_bd09(*COORDTRANSFORM)
    assert (float(x), float(y)) == pytest.approx(COORDTRANSFORM_WGS_TO_BD, abs=1e-9)


def test_bd09_inverse_lies_within_metres_of_coordtransform() -> None:
    x, y = coords.bd09_to_wgs84(*COORDTRANSFORM)
    assert float(great_circle(x, y, *COORDTRANSFORM_BD_TO_WGS)) < 5


def test_gcj02_offset_over_guangzhou() -> None:
    """The offset noted for this area is about 571 m east and 264 m south of WGS-84."""
    x, y = coords.wgs84_to_gcj02(LON, LAT)
    east = GEOD.inv(LON.ravel(), LAT.ravel(), x.ravel(), LAT.ravel())[2]
    south = GEOD.inv(LON.ravel(), LAT.ravel(), LON.ravel(), y.ravel())[2]
    assert (x > LON).all()
    assert (y < LAT).all()
    assert np.hypot(np.asarray(east) - 571, np.asarray(south) - 264).min() < 10
    assert np.hypot(np.asarray(east) - 571, np.asarray(south) - 264).max() < 130


@pytest.mark.parametrize("system", coords.SYSTEMS)
def test_round_trip_is_under_a_metre(system: str) -> None:
    x, y = coords.convert(*coords.convert(LON, LAT, "WGS-84", system), system, "WGS-84")
    assert great_circle(LON, LAT, x, y).max() < 0.001


def test_shapes_and_unknown_places_pass_through() -> None:
    x, y = coords.wgs84_to_gcj02([[113.3, np.nan]], [[23.1, np.nan]])
    assert x.shape == y.shape == (1, 2)
    assert np.isnan(x[0, 1])
    assert np.isnan(coords.gcj02_to_wgs84(x, y)[0][0, 1])
    easting, northing = coords.to_plane([113.3, np.nan], [23.1, np.nan])
    assert np.isnan(easting[1])
    assert np.isnan(coords.from_plane(easting, northing)[1][1])


@pytest.mark.parametrize(
    ("call", "lon", "lat", "fix"),
    [
        (coords.wgs84_to_gcj02, 23.1, 113.3, "swapped"),
        (coords.to_plane, 23.1, 113.3, "swapped"),
        (coords.to_plane, -0.1, 51.5, "expected longitude 111.0"),
        (coords.wgs84_to_gcj02, -0.1, 51.5, "expected longitude 72.004"),
        (coords.wgs84_to_gcj02, 424654.0, 2559024.0, "decimal degrees"),
        (coords.wgs84_to_gcj02, "here", 23.1, "decimal degrees"),
        (coords.wgs84_to_gcj02, [113.0, 113.1, 113.2], [23.0, 23.1], "as many longitudes"),
        (coords.from_plane, 2559024.0, 424654.0, "easting"),
    ],
)
def test_bad_coordinates_are_told(call, lon, lat, fix: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError) as error:
        call(lon, lat)
    assert fix in error.value.told()["fix"]


def test_unknown_system_names_the_near_one() -> None:
    with pytest.raises(InputError) as error:
        coords.convert(113.3, 23.1, "GCJ02")
    assert "GCJ-02" in str(error.value)


def test_plane_has_the_central_meridian_at_114_east() -> None:
    """EPSG:4547: false easting 500 km on 114 E, scale 1 there; the meridian arc to 23 N is 2544.6 km."""
    x, y = coords.to_plane(114.0, 23.0)
    assert float(x) == pytest.approx(500_000, abs=0.001)
    arc = GEOD.inv(114.0, 0.0, 114.0, 23.0)[2]
    assert float(y) == pytest.approx(arc, abs=0.01)


def test_plane_round_trip_and_lengths() -> None:
    x, y = coords.to_plane(LON, LAT)
    lon, lat = coords.from_plane(x, y)
    assert great_circle(LON, LAT, lon, lat).max() < 0.001
    plane = np.hypot(x[0, 1:] - x[0, :-1], y[0, 1:] - y[0, :-1])
    true = np.asarray(GEOD.inv(LON[0, :-1], LAT[0, :-1], LON[0, 1:], LAT[0, 1:])[2])
    assert np.abs(plane / true - 1).max() < 2e-4
