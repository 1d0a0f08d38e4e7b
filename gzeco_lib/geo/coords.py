"""Coordinate systems: WGS-84 and CGCS2000, GCJ-02 ("Mars"), BD-09 (Baidu), and the plane EPSG:4547.

The lake stores WGS-84/CGCS2000 degrees; the two differ by centimetres and are treated as one. GCJ-02 is the
obfuscated system of Chinese map services, BD-09 Baidu's twist of it: both are read, never stored. Neither
has an official formula; the one here is the public reverse-engineered one (eviltransform, MIT), and its
inverse is found by fixed-point iteration, so that a round trip ends within a millimetre.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gzeco_lib.errors import N_, InputError, near

if TYPE_CHECKING:
    from pyproj import Transformer

Array = NDArray[np.float64]
Pair = tuple[Array, Array]

PLANE = 4547  # CGCS2000 / 3-degree Gauss-Kruger CM 114E, metres
SYSTEMS = ("WGS-84", "CGCS2000", "GCJ-02", "BD-09")

# Krasovsky 1940, the ellipsoid of the GCJ-02 formula.
_AXIS = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323
_BAIDU = np.pi * 3000.0 / 180.0

# Where the GCJ-02 formula is defined: (west, south, east, north) [degrees].
CHINA = (72.004, 0.8293, 137.8347, 55.8271)
# A generous frame around Guangzhou in which EPSG:4547 keeps its scale within 1e-4: (west, south, east, north).
PLANE_FRAME = (111.0, 20.0, 117.0, 27.0)

_TOLERANCE = 1e-10  # degrees, about 0.01 mm
_MAX_ITERATIONS = 30


def _pair(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Float arrays of ``lon`` and ``lat`` broadcast to one shape, checked to be degrees on Earth."""
    try:
        x, y = np.broadcast_arrays(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
    except (TypeError, ValueError) as error:
        raise InputError(
            N_("longitudes and latitudes are not two equal rows of numbers: {problem}"),
            "lon, lat",
            N_("give decimal degrees, as many longitudes as latitudes"),
            problem=str(error),
        ) from error
    bad = (np.abs(x) > 180) | (np.abs(y) > 90) | np.isinf(x) | np.isinf(y)
    if bad.any():
        _refuse(x, y, bad)
    return x, y


def _refuse(lon: Array, lat: Array, bad: NDArray[np.bool_]) -> None:
    first = int(np.flatnonzero(bad)[0])
    x, y = float(lon.ravel()[first]), float(lat.ravel()[first])
    swapped = abs(y) <= 180 and abs(x) <= 90 and abs(y) > 90
    raise InputError(
        N_("coordinate {lon}, {lat} is not on Earth ({n} such points)"),
        "lon, lat",
        N_("longitude and latitude look swapped: give longitude first")
        if swapped
        else N_("give decimal degrees: longitude -180 to 180, latitude -90 to 90"),
        lon=x,
        lat=y,
        n=int(bad.sum()),
    )


def _inside(lon: Array, lat: Array, frame: tuple[float, float, float, float], what: str) -> None:
    west, south, east, north = frame
    bad = (
        (lon < west) | (lon > east) | (lat < south) | (lat > north)
    )  # NaN compares False: unknown stays unknown
    if not bad.any():
        return
    first = int(np.flatnonzero(bad)[0])
    x, y = float(lon.ravel()[first]), float(lat.ravel()[first])
    swapped = west <= y <= east and south <= x <= north
    raise InputError(
        N_("coordinate {lon}, {lat} lies outside the area of {system} ({n} such points)"),
        "lon, lat",
        N_("longitude and latitude look swapped: give longitude first")
        if swapped
        else N_("expected longitude {west} to {east} and latitude {south} to {north}"),
        lon=x,
        lat=y,
        n=int(bad.sum()),
        system=what,
        west=west,
        east=east,
        south=south,
        north=north,
    )


def _gcj_shift(lon: Array, lat: Array) -> Pair:
    """What GCJ-02 adds to WGS-84 longitude and latitude [degrees]."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    common = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    d_lat = d_lat + (common + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    d_lat = d_lat + (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    d_lon = d_lon + (common + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    d_lon = d_lon + (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    radians = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY2 * np.sin(radians) ** 2
    metres_lat = _AXIS * (1.0 - _ECCENTRICITY2) / (magic * np.sqrt(magic))
    metres_lon = _AXIS / np.sqrt(magic) * np.cos(radians)
    return np.degrees(d_lon / metres_lon), np.degrees(d_lat / metres_lat)


def _gcj(lon: Array, lat: Array) -> Pair:
    d_lon, d_lat = _gcj_shift(lon, lat)
    return lon + d_lon, lat + d_lat


def _bd(lon: Array, lat: Array) -> Pair:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BAIDU)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BAIDU)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _inverse(forward: Callable[[Array, Array], Pair], lon: Array, lat: Array) -> Pair:
    """The point that ``forward`` takes to (``lon``, ``lat``), by fixed-point iteration.

    Both shifts change by far less than their argument (Lipschitz constant below 0.01), so each round gains two digits.
    """
    x, y = lon.copy(), lat.copy()
    for _round in range(_MAX_ITERATIONS):
        fx, fy = forward(x, y)
        dx, dy = lon - fx, lat - fy
        x, y = x + dx, y + dy
        if not np.any(np.maximum(np.abs(dx), np.abs(dy)) > _TOLERANCE):
            break
    return x, y


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """WGS-84 to GCJ-02 [degrees]; arrays of one shape, NaN stays NaN. InputError outside China."""
    x, y = _pair(lon, lat)
    _inside(x, y, CHINA, "GCJ-02")
    return _gcj(x, y)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """GCJ-02 to WGS-84 [degrees]; arrays of one shape, NaN stays NaN. InputError outside China."""
    x, y = _pair(lon, lat)
    _inside(x, y, CHINA, "GCJ-02")
    return _inverse(_gcj, x, y)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """GCJ-02 to BD-09 [degrees]; arrays of one shape, NaN stays NaN. InputError outside China."""
    x, y = _pair(lon, lat)
    _inside(x, y, CHINA, "BD-09")
    return _bd(x, y)


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """BD-09 to GCJ-02 [degrees]; arrays of one shape, NaN stays NaN. InputError outside China."""
    x, y = _pair(lon, lat)
    _inside(x, y, CHINA, "BD-09")
    return _inverse(_bd, x, y)


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """WGS-84 to BD-09 [degrees]."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """BD-09 to WGS-84 [degrees]."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


_TO_WGS84: dict[str, Callable[[ArrayLike, ArrayLike], Pair]] = {
    "WGS-84": _pair,
    "CGCS2000": _pair,
    "GCJ-02": gcj02_to_wgs84,
    "BD-09": bd09_to_wgs84,
}
_FROM_WGS84: dict[str, Callable[[ArrayLike, ArrayLike], Pair]] = {
    "WGS-84": _pair,
    "CGCS2000": _pair,
    "GCJ-02": wgs84_to_gcj02,
    "BD-09": wgs84_to_bd09,
}


def convert(lon: ArrayLike, lat: ArrayLike, source: str, target: str = "WGS-84") -> Pair:
    """Coordinates of system ``source`` in system ``target`` (names of ``SYSTEMS``) [degrees].

    Raises:
        InputError: for an unknown system, or a point outside the system's area.
    """
    for name in (source, target):
        if name not in SYSTEMS:
            raise InputError(
                N_("unknown coordinate system {name}"),
                name,
                N_("use one of: {near}"),
                name=name,
                near=near(name, SYSTEMS),
            )
    return _FROM_WGS84[target](*_TO_WGS84[source](lon, lat))


@cache
def _transformer(forward: bool) -> Transformer:
    from pyproj import Transformer

    # CGCS2000 geographic (EPSG:4490) is what the plane is defined on; to it WGS-84 degrees go unchanged.
    crs: tuple[Any, Any] = (4490, PLANE) if forward else (PLANE, 4490)
    return Transformer.from_crs(*crs, always_xy=True)


def to_plane(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """WGS-84/CGCS2000 degrees to EPSG:4547 easting and northing [m]; NaN stays NaN.

    Raises:
        InputError: for a point outside ``PLANE_FRAME``, where the projection is distorted or the axes are swapped.
    """
    x, y = _pair(lon, lat)
    _inside(x, y, PLANE_FRAME, "EPSG:4547")
    known = np.isfinite(x) & np.isfinite(y)
    easting, northing = np.full(x.shape, np.nan), np.full(x.shape, np.nan)
    easting[known], northing[known] = _transformer(True).transform(x[known], y[known])
    return easting, northing


def from_plane(x: ArrayLike, y: ArrayLike) -> Pair:
    """EPSG:4547 easting and northing [m] to WGS-84/CGCS2000 degrees (lon, lat); NaN stays NaN.

    Raises:
        InputError: for metres that are no place near Guangzhou, e.g. northing given first.
    """
    easting, northing = np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(y, dtype=float))
    bad = (np.abs(easting - 500_000) > 400_000) | (np.abs(northing - 2_600_000) > 450_000)
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise InputError(
            N_("{x}, {y} m is no place near Guangzhou in EPSG:4547 ({n} such points)"),
            "x, y",
            N_("give easting (about 393000 to 506000) first, then northing (about 2496000 to 2648000)"),
            x=float(easting.ravel()[first]),
            y=float(northing.ravel()[first]),
            n=int(bad.sum()),
        )
    known = np.isfinite(easting) & np.isfinite(northing)
    lon, lat = np.full(easting.shape, np.nan), np.full(easting.shape, np.nan)
    lon[known], lat[known] = _transformer(False).transform(easting[known], northing[known])
    return lon, lat
