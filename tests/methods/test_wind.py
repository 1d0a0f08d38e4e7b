"""The diagnostic wind: what stations say, no air made or lost, the ground tight."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gzeco_lib.errors import InputError
from gzeco_lib.methods import wind
from gzeco_lib.methods.dispersion import BoundaryLayer
from gzeco_lib.methods.wind.adjust import Adjustment, Faces
from gzeco_lib.methods.wind.first_guess import barnes, inverse_distance
from gzeco_lib.methods.wind.profile import power_law, similarity

X = np.arange(0, 40e3, 1e3) + 500
Y = np.arange(0, 30e3, 1e3) + 500
HEIGHTS = np.array([10.0, 30, 60, 100, 200, 400, 700, 1000])


def stations(hours: int = 3, count: int = 8, seed: int = 5) -> xr.Dataset:
    rng = np.random.default_rng(seed)
    return xr.Dataset(
        {
            "wind_speed": (("time", "site"), rng.uniform(1, 5, (hours, count))),
            "wind_direction": (("time", "site"), rng.uniform(30, 120, (hours, count))),
        },
        coords={
            "time": pd.date_range("2024-11-01", periods=hours, freq="h"),
            "x": ("site", rng.uniform(0, 40e3, count)),
            "y": ("site", rng.uniform(0, 30e3, count)),
        },
    )


def hill(height: float = 300.0) -> np.ndarray:
    xx, yy = np.meshgrid(X, Y)
    return height * np.exp(-((xx - 20e3) ** 2 + (yy - 15e3) ** 2) / (2 * 3e3**2))


@pytest.mark.parametrize("elevation", [None, hill()])
@pytest.mark.parametrize("closed", [False, True])
def test_divergence_falls_by_orders_of_magnitude(elevation: np.ndarray | None, closed: bool) -> None:
    got = wind.diagnose(stations(), wind.WindGrid(X, Y, HEIGHTS, elevation), closed=closed)
    assert (got["divergence_after"] < 1e-5 * got["divergence_before"]).all()
    assert (got["divergence_before"] > 1e-5).all()
    assert got["u"].dims == ("time", "level", "y", "x")
    assert np.isfinite(got["w"]).all()


def test_the_adjustment_is_the_smallest_one() -> None:
    """No divergence-free wind is nearer to the first guess: the change is orthogonal to all of them."""
    rng = np.random.default_rng(1)
    grid = wind.WindGrid(X[:6], Y[:5], HEIGHTS[:4], hill()[10:15, 15:21])
    nz, ny, nx = grid.shape

    def some() -> Faces:
        shapes = (1, nz, ny, nx + 1), (1, nz, ny + 1, nx), (1, nz, ny, nx)
        return Faces(*(rng.normal(size=shape) for shape in shapes))

    adjust = Adjustment(grid, ratio=0.5)
    first, other = some(), adjust(some())
    change = (adjust(first).rows() - first.rows())[0]
    dy, dx = grid.spacing
    volume = np.diff(grid.edges)[:, None, None] * dx * dy
    half_x, half_y = np.ones(nx + 1), np.ones(ny + 1)
    half_x[[0, -1]] = half_y[[0, -1]] = 0.5
    gaps = np.append(np.diff(grid.heights), grid.edges[-1] - grid.heights[-1])[:, None, None]
    weights = Faces(
        np.broadcast_to(volume * half_x, (1, nz, ny, nx + 1)),
        np.broadcast_to(volume * half_y[:, None], (1, nz, ny + 1, nx)),
        np.broadcast_to(gaps * dx * dy / 0.25, (1, nz, ny, nx)),
    ).rows()[0]
    along = abs(np.sum(change * weights * other.rows()[0]))
    size = np.sqrt(np.sum(change**2 * weights) * np.sum(other.rows()[0] ** 2 * weights))
    assert along < 1e-6 * size


def test_air_flows_along_the_ground_not_through_it() -> None:
    steady = stations(1)
    steady["wind_speed"][:], steady["wind_direction"][:] = 5.0, 270.0
    got = wind.diagnose(steady, wind.WindGrid(X, Y, HEIGHTS, hill()))
    rise = np.gradient(hill(), 1e3, axis=1)
    lowest = got.isel(time=0, level=0)
    flow = lowest["u"].to_numpy() * rise + lowest["v"].to_numpy() * np.gradient(hill(), 1e3, axis=0)
    assert np.corrcoef(flow.ravel(), lowest["w"].to_numpy().ravel())[0, 1] > 0.95
    top = got["u"].isel(time=0, level=1).sel(y=15.5e3, x=20.5e3, method="nearest")
    foot = got["u"].isel(time=0, level=1).sel(y=15.5e3, x=5.5e3, method="nearest")
    assert top > foot + 0.1  # air is squeezed over the top


def test_stable_air_flows_around_the_hill() -> None:
    """Flow past the sides grows and flow up the slope shrinks where the vertical is stiff (ratio 0.1)."""
    steady = stations(1)
    steady["wind_speed"][:], steady["wind_direction"][:] = 5.0, 270.0
    grid = wind.WindGrid(X, Y, HEIGHTS, hill())
    over, around = (wind.diagnose(steady, grid, ratio=ratio) for ratio in (1.0, 0.02))
    aside = [float(abs(part["v"].isel(level=1)).max()) for part in (over, around)]
    assert aside[1] > 1.5 * aside[0]


def test_uniform_wind_over_flat_ground_is_left_alone() -> None:
    steady = stations(2)
    steady["wind_speed"][:], steady["wind_direction"][:] = 4.0, 225.0
    got = wind.diagnose(steady, wind.WindGrid(X, Y, HEIGHTS))
    np.testing.assert_allclose(got["u"].sel(level=10), 4 * np.sqrt(0.5), rtol=1e-6)
    np.testing.assert_allclose(got["v"].sel(level=10), 4 * np.sqrt(0.5), rtol=1e-6)
    np.testing.assert_allclose(got["w"], 0, atol=1e-9)
    np.testing.assert_allclose(got["u"].sel(level=100) / got["u"].sel(level=10), 10**0.25, rtol=1e-6)


def test_a_rotation_is_kept_by_the_analysis() -> None:
    """Solid rotation is free of divergence: with enough stations the field comes back."""
    rng = np.random.default_rng(0)
    sx, sy = rng.uniform(0, 40e3, 60), rng.uniform(0, 30e3, 60)
    data = xr.Dataset(
        {
            "u": (("time", "site"), -(sy - 15e3)[None] * 2e-4),
            "v": (("time", "site"), (sx - 20e3)[None] * 2e-4),
        },
        coords={"time": [np.datetime64("2024-11-01", "ns")], "x": ("site", sx), "y": ("site", sy)},
    )
    got = wind.diagnose(data, wind.WindGrid(X, Y, np.array([10.0])), method="barnes")
    xx, yy = np.meshgrid(X, Y)
    inner = (abs(xx - 20e3) < 14e3) & (abs(yy - 15e3) < 9e3)
    error = got["u"][0, 0].to_numpy() + (yy - 15e3) * 2e-4
    assert np.sqrt((error[inner] ** 2).mean()) < 0.25  # of a wind of up to 4 m s-1


@pytest.mark.parametrize("weights", [barnes, inverse_distance])
def test_weights_sum_to_one_everywhere(weights: object) -> None:
    rng = np.random.default_rng(2)
    x, y = rng.uniform(0, 40e3, (2, 9))
    far_x, far_y = rng.uniform(-500e3, 500e3, (2, 50))
    got = weights(x, y, far_x, far_y)  # type: ignore[operator]
    np.testing.assert_allclose(got.sum(axis=1), 1, rtol=1e-9)


def test_missing_hours_are_told_and_bridged() -> None:
    data = stations(6)
    data["wind_speed"][2, :] = np.nan
    data["wind_speed"][4, :5] = np.nan
    got = wind.diagnose(data, wind.WindGrid(X, Y, HEIGHTS[:3]))
    assert got["stations"].to_numpy().tolist() == [8, 8, 0, 8, 3, 8]
    assert got.attrs["hours_interpolated"] == 1
    both = wind.diagnose(data.isel(time=[1, 3]), wind.WindGrid(X, Y, HEIGHTS[:3]))
    np.testing.assert_allclose(got["u"][2], both["u"].mean("time"), rtol=1e-9)


def test_gaps_at_the_ends_take_the_nearest_hour_and_long_gaps_are_refused() -> None:
    data = stations(8)
    data["wind_speed"][:1, :] = np.nan
    data["wind_speed"][-2:, :] = np.nan
    got = wind.diagnose(data, wind.WindGrid(X, Y, HEIGHTS[:2]))
    np.testing.assert_allclose(got["u"][0], got["u"][1])
    np.testing.assert_allclose(got["u"][7], got["u"][5])
    with pytest.raises(InputError, match="for 2 hours from 2024-11-01T06:00"):
        wind.diagnose(data, wind.WindGrid(X, Y, HEIGHTS[:2]), bridge=1)


def test_a_single_station_and_a_calm_are_enough() -> None:
    data = stations(2, 1)
    data["wind_speed"][1], data["wind_direction"][1] = 0.0, np.nan
    got = wind.diagnose(data, wind.WindGrid(X, Y, HEIGHTS))
    assert got["stations"].to_numpy().tolist() == [1, 1]
    np.testing.assert_allclose(got["u"][1], 0, atol=1e-12)


def test_the_height_of_the_instrument_counts() -> None:
    data = stations(1, 1).assign_coords(height=("site", [40.0]))
    got = wind.diagnose(data, wind.WindGrid(X, Y, np.array([10.0, 40.0])))
    speed = np.hypot(got["u"], got["v"]).mean(["time", "y", "x"])
    np.testing.assert_allclose(speed[1], float(data["wind_speed"][0, 0]), rtol=1e-6)
    np.testing.assert_allclose(speed[0], speed[1] / 4**0.25, rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.isel(site=slice(0, 0)), "no station has wind"),
        (lambda d: d.where(False).assign_coords(x=d["x"], y=d["y"]), "no station has wind"),
        (lambda d: d.drop_vars("wind_direction"), "no wind_direction"),
        (lambda d: d.drop_vars("x"), "no x"),
    ],
)
def test_stations_without_wind_are_refused(change: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        wind.diagnose(change(stations()), wind.WindGrid(X, Y, HEIGHTS))  # type: ignore[operator]


def test_a_wrong_grid_is_refused() -> None:
    with pytest.raises(InputError, match="evenly"):
        wind.WindGrid(np.array([0, 1000, 3000.0]), Y, HEIGHTS)
    with pytest.raises(InputError, match="elevation has shape"):
        wind.WindGrid(X, Y, HEIGHTS, np.zeros((3, 3)))
    with pytest.raises(InputError, match="lowest level"):
        wind.WindGrid(X, Y, np.array([0.0, 10]))
    with pytest.raises(InputError, match="rising row"):
        wind.WindGrid(X[::-1], Y, HEIGHTS)
    with pytest.raises(InputError, match="unknown way"):
        wind.diagnose(stations(), wind.WindGrid(X, Y, HEIGHTS), method="spline")


def test_profiles() -> None:
    layer = BoundaryLayer([5.0, 5.0, 5.0], 270, 0.4, [np.inf, -50.0, 50.0], 800, roughness_length=0.1)
    got = similarity(np.array([10.0, 50.0, 2000.0]), layer)
    np.testing.assert_allclose(got[0, 1], np.log(500) / np.log(100), rtol=1e-6)  # neutral: the logarithm
    assert got[1, 1] < got[0, 1] < got[2, 1]  # mixing flattens the profile
    np.testing.assert_allclose(got[:, 0], 1)
    np.testing.assert_allclose(
        got[0, 2], np.log(8000) / np.log(100), rtol=1e-6
    )  # held above the mixing height
    np.testing.assert_allclose(power_law(np.array([40.0, 200, 900]))[1:], 20**0.25)


def test_similarity_profile_needs_the_same_hours() -> None:
    layer = BoundaryLayer([5.0, 5.0], 270, 0.4, np.inf, 800)
    with pytest.raises(InputError, match="2 hours, the stations 3"):
        wind.diagnose(stations(), wind.WindGrid(X, Y, HEIGHTS), layer=layer)
