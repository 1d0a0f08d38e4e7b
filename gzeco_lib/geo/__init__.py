"""Coordinates, districts, grids and distances over Guangzhou.

``gzeco_lib.geo.districts`` is the module; its GeoDataFrame is ``gzeco_lib.geo.districts.districts()``.
"""

from gzeco_lib.geo.coords import convert, from_plane, to_plane
from gzeco_lib.geo.distance import great_circle, nearest, planar, within
from gzeco_lib.geo.districts import adcode_of, city_outline, district_of, outlines
from gzeco_lib.geo.grid import Grid, cell_centres, cell_of, city_grid

__all__ = [
    "Grid",
    "adcode_of",
    "cell_centres",
    "cell_of",
    "city_grid",
    "city_outline",
    "convert",
    "district_of",
    "from_plane",
    "great_circle",
    "nearest",
    "outlines",
    "planar",
    "to_plane",
    "within",
]
