"""Regular grids over the city in EPSG:4547, aligned to whole kilometres, and the names of their cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gzeco_lib.errors import N_, InputError
from gzeco_lib.geo.coords import PLANE, from_plane
from gzeco_lib.geo.districts import district_of, districts

if TYPE_CHECKING:
    import xarray as xr

KILOMETRE = 1000


@dataclass(frozen=True, eq=False)
class Grid:
    """A regular grid: centres ``x`` (nx) and ``y`` (ny) [m], and by cell (ny, nx) ``lon``, ``lat``, ``district``.

    ``district`` is the adcode the centre lies in, "" outside the city. The arrays are read-only and shared.
    """

    resolution: int
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    district: NDArray[np.str_]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows (y) and columns (x)."""
        return self.lon.shape[0], self.lon.shape[1]

    @property
    def mask(self) -> NDArray[np.bool_]:
        """True where the centre of the cell lies in the city (ny, nx)."""
        return self.district != ""

    @property
    def cells(self) -> NDArray[np.str_]:
        """Cell ids "x_y" (ny, nx)."""
        xx, yy = np.meshgrid(self.x, self.y)
        return cell_of(xx, yy, self.resolution)

    def points(self, inside: bool = True) -> NDArray[np.float64]:
        """Centres as (n, 2) [m], row by row; only those in the city unless ``inside`` is False."""
        xx, yy = np.meshgrid(self.x, self.y)
        xy = np.column_stack([xx.ravel(), yy.ravel()])
        return xy[self.mask.ravel()] if inside else xy

    def dataset(self) -> xr.Dataset:
        """An empty Dataset with the coordinates of a lake grid: x, y, lon(y, x), lat(y, x), district(y, x)."""
        import xarray as xr

        return xr.Dataset(
            coords={
                "x": ("x", self.x, {"units": "m", "standard_name": "projection_x_coordinate"}),
                "y": ("y", self.y, {"units": "m", "standard_name": "projection_y_coordinate"}),
                "lon": (("y", "x"), self.lon, {"units": "degrees_east", "standard_name": "longitude"}),
                "lat": (("y", "x"), self.lat, {"units": "degrees_north", "standard_name": "latitude"}),
                "district": (("y", "x"), self.district.astype(object), {"long_name": "adcode"}),
            }
        )


def _check_resolution(resolution: int) -> int:
    whole = int(resolution)
    if whole != resolution or whole < 50 or (KILOMETRE % whole and whole % KILOMETRE):
        raise InputError(
            N_("a grid of {resolution} m does not align with whole kilometres"),
            "resolution",
            N_("use a divisor or a multiple of 1000 m, at least 50 m, e.g. 250, 500, 1000 or 2000"),
            resolution=resolution,
        )
    return whole


def _kilometres(corner: NDArray[np.float64]) -> NDArray[np.str_]:
    """Kilometres of a corner in metres as text: whole ones without decimals, "434.25" below 1 km."""
    if np.all(corner % KILOMETRE == 0):
        return (corner // KILOMETRE).astype(np.int64).astype(str)
    return np.vectorize(lambda m: f"{m / KILOMETRE:.3f}".rstrip("0").rstrip("."), otypes=[str])(corner)


def cell_of(x: ArrayLike, y: ArrayLike, resolution: int = KILOMETRE) -> NDArray[np.str_]:
    """Ids "x_y" of the cells that points (EPSG:4547, m) lie in: the lower-left corner in km, e.g. "434_2558"."""
    size = _check_resolution(resolution)
    xx, yy = np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(y, dtype=float))
    if not (np.isfinite(xx).all() and np.isfinite(yy).all()):
        raise InputError(
            N_("a point without coordinates lies in no cell"),
            "x, y",
            N_("drop the points without coordinates first"),
        )
    left, low = np.floor(xx / size) * size, np.floor(yy / size) * size
    both = np.char.add(np.char.add(_kilometres(left.ravel()), "_"), _kilometres(low.ravel()))
    return np.asarray(both).reshape(xx.shape)


def cell_centres(
    cells: ArrayLike, resolution: int = KILOMETRE
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres (x, y) [m] of cells named "x_y".

    Raises:
        InputError: for an id that is not two numbers of kilometres joined by "_".
    """
    size = _check_resolution(resolution)
    ids = np.asarray(cells, dtype=str)
    try:
        corners = np.array([[float(part) for part in cell.split("_")] for cell in ids.ravel()], dtype=float)
        corners = corners.reshape(-1, 2)
    except ValueError as error:
        bad = next((c for c in ids.ravel() if len(c.split("_")) != 2), str(error))
        raise InputError(
            N_("{cell} is no cell id"),
            "cell",
            N_("a cell is named by its lower-left corner in km, e.g. 434_2558"),
            cell=bad,
        ) from error
    centres = corners * KILOMETRE + size / 2
    return centres[:, 0].reshape(ids.shape), centres[:, 1].reshape(ids.shape)


def city_grid(resolution: int = KILOMETRE) -> Grid:
    """The grid that covers the city at ``resolution`` [m], its edges on whole kilometres; made once a process.

    Raises:
        InputError: for a resolution that neither divides nor is a multiple of 1000 m.
    """
    return _city_grid(_check_resolution(resolution))


@cache
def _city_grid(size: int) -> Grid:
    step = max(size, KILOMETRE)
    west, south, east, north = districts().to_crs(PLANE).total_bounds
    x0, x1 = np.floor(west / step) * step, np.ceil(east / step) * step
    y0, y1 = np.floor(south / step) * step, np.ceil(north / step) * step
    x = np.arange(x0 + size / 2, x1, size)
    y = np.arange(y0 + size / 2, y1, size)
    xx, yy = np.meshgrid(x, y)
    lon, lat = from_plane(xx, yy)
    district = district_of(lon, lat)
    for array in (x, y, lon, lat, district):
        array.setflags(write=False)
    return Grid(size, x, y, lon, lat, district)
