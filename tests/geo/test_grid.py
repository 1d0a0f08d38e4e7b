"""Grids aligned to whole kilometres and the names of their cells."""

from __future__ import annotations

import numpy as np
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.geo.districts import districts
from gzeco_lib.geo.grid import cell_centres, cell_of, city_grid


def test_grid_covers_the_city_on_whole_kilometres() -> None:
    grid = city_grid()
    west, south, east, north = districts().to_crs(4547).total_bounds
    assert grid.x[0] - 500 <= west < grid.x[0] + 500
    assert grid.x[-1] - 500 <= east < grid.x[-1] + 500
    assert grid.y[0] - 500 <= south < grid.y[0] + 500
    assert grid.y[-1] - 500 <= north < grid.y[-1] + 500
    assert np.all(grid.x % 1000 == 500)
    assert grid.lon.shape == grid.lat.shape == grid.district.shape == grid.mask.shape == grid.shape
    assert grid is city_grid(1000)


@pytest.mark.parametrize("resolution", [250, 500, 1000, 2000])
def test_cells_inside_sum_to_the_area_of_each_district(resolution: int) -> None:
    grid = city_grid(resolution)
    areas = districts().to_crs(4547).area.to_numpy() / 1e6
    counted = [(grid.district == code).sum() * (resolution / 1000) ** 2 for code in districts()["adcode"]]
    assert sum(counted) == pytest.approx(areas.sum(), rel=0.01)
    perimeters = districts().to_crs(4547).length.to_numpy() / 1000
    # Each border cell is in or out by its centre: the error is a fraction of the perimeter.
    assert np.all(np.abs(np.array(counted) - areas) < 0.25 * perimeters * resolution / 1000)


def test_cell_ids_name_the_lower_left_corner() -> None:
    assert cell_of(434_999.9, 2_558_000.0) == "434_2558"
    x, y = cell_centres("434_2558")
    assert (float(x), float(y)) == (434_500, 2_558_500)
    grid = city_grid()
    assert grid.cells[3, 4] == f"{int(grid.x[4] // 1000)}_{int(grid.y[3] // 1000)}"
    fine = city_grid(250)
    assert fine.cells[1, 1] == f"{(fine.x[1] - 125) / 1000:g}_{(fine.y[1] - 125) / 1000:.2f}"


@pytest.mark.parametrize("resolution", [250, 1000])
def test_cell_ids_are_unique_and_lead_back(resolution: int) -> None:
    grid = city_grid(resolution)
    ids = grid.cells[grid.mask]
    assert len(np.unique(ids)) == len(ids)
    x, y = cell_centres(ids, resolution)
    np.testing.assert_allclose(np.column_stack([x, y]), grid.points())


def test_dataset_has_the_coordinates_of_a_lake_grid() -> None:
    data = city_grid().dataset()
    assert set(data.coords) == {"x", "y", "lon", "lat", "district"}
    assert data["lon"].dims == ("y", "x")
    assert data["district"].to_numpy()[0, 0] == ""


def test_the_shared_grid_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="read-only"):
        city_grid().district[0, 0] = "440106"


@pytest.mark.parametrize("resolution", [0, -500, 300, 1500, 0.5, 10])
def test_odd_resolutions_are_refused(resolution: float) -> None:
    with pytest.raises(InputError, match="whole kilometres"):
        city_grid(resolution)  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", ["434", "434_2558_1", "a_b", ""])
def test_what_is_no_cell_id_is_refused(cell: str) -> None:
    with pytest.raises(InputError, match="no cell id"):
        cell_centres(["434_2558", cell])


def test_a_point_without_coordinates_lies_in_no_cell() -> None:
    with pytest.raises(InputError):
        cell_of([434_000.0, np.nan], [2_558_000.0, 2_558_000.0])
