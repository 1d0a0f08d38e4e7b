"""Trajectories against flows whose paths are known; source fields and clusters against planted ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from sklearn.metrics import adjusted_rand_score

from gzeco_lib.errors import InputError
from gzeco_lib.methods.trajectory import (
    cluster,
    cwt,
    ensemble,
    footprint,
    pscf,
    redistributed,
    significance,
    spread,
    station_wind,
    trajectories,
)
from gzeco_lib.methods.trajectory.cluster import angle_distance, offsets

TIMES = pd.date_range("2026-01-01", periods=49, freq="h")
DAY = 86_400.0


def plane_wind(
    u: np.ndarray, v: np.ndarray, x: np.ndarray, w: float = 0.0, levels: tuple[float, ...] = (10.0,)
) -> xr.Dataset:
    """A wind that does not change in time, over a square grid."""
    shape = (len(TIMES), len(levels), len(x), len(x))
    dims = ("time", "level", "y", "x")
    fields = {"u": u, "v": v, "w": np.full((len(x), len(x)), w)}
    return xr.Dataset(
        {name: (dims, np.broadcast_to(value, shape)) for name, value in fields.items()},
        {"time": TIMES, "level": list(levels), "y": x, "x": x},
    )


def at(x: float, y: float, hour: int = 24, **more: float) -> pd.DataFrame:
    return pd.DataFrame({"time": [TIMES[hour]], "x": [x], "y": [y], **{k: [v] for k, v in more.items()}})


@pytest.fixture(scope="module")
def rotation() -> xr.Dataset:
    """Solid rotation once a day, counter-clockwise."""
    x = np.linspace(-2e5, 2e5, 41)
    X, Y = np.meshgrid(x, x)
    return plane_wind(-2 * np.pi / DAY * Y, 2 * np.pi / DAY * X, x)


@pytest.mark.parametrize(("scheme", "order"), [("petterssen", 2), ("runge_kutta", 4)])
def test_the_error_falls_with_the_published_order(rotation: xr.Dataset, scheme: str, order: int) -> None:
    errors = []
    for step in (3600, 1800, 900):
        path = trajectories(rotation, at(1e5, 0), 24, scheme=scheme, step=step)
        errors.append(float(np.hypot(path["x"][0, -1] - 1e5, path["y"][0, -1])))
    rates = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(rates, order, atol=0.1)


def test_back_in_rotation_goes_clockwise_and_keeps_the_radius(rotation: xr.Dataset) -> None:
    path = trajectories(rotation, at(1e5, 0), 6, step=300)
    assert float(path["x"][0, 6]) == pytest.approx(0.0, abs=50)
    assert float(path["y"][0, 6]) == pytest.approx(-1e5, abs=50)
    np.testing.assert_allclose(np.hypot(path["x"], path["y"]), 1e5, rtol=1e-3)
    assert path["time"].to_numpy()[0, 6] == TIMES[18].to_datetime64()


def test_deformation_is_the_exponential_and_reverses() -> None:
    """u = ax, v = -ay: x(t) = x0 exp(at), y(t) = y0 exp(-at); forward from the end comes back to the start."""
    x, a = np.linspace(-4e5, 4e5, 81), 2e-5
    X, Y = np.meshgrid(x, x)
    wind = plane_wind(a * X, -a * Y, x)
    back = trajectories(wind, at(1e5, 5e4), 12, step=300)
    passed = 12 * 3600
    assert float(back["x"][0, -1]) == pytest.approx(1e5 * np.exp(-a * passed), rel=1e-4)
    assert float(back["y"][0, -1]) == pytest.approx(5e4 * np.exp(a * passed), rel=1e-4)
    end = at(float(back["x"][0, -1]), float(back["y"][0, -1]), hour=12)
    forth = trajectories(wind, end, 12, direction="forward", step=300)
    assert float(forth["x"][0, -1]) == pytest.approx(1e5, abs=5)
    assert float(forth["y"][0, -1]) == pytest.approx(5e4, abs=5)


def test_a_wind_that_turns_in_time_is_followed() -> None:
    """u rises by 1 m/s an hour: the way of two hours back from hour 24 is the integral of it."""
    x = np.array([-5e5, 5e5])
    wind = plane_wind(np.zeros((2, 2)), np.zeros((2, 2)), x)
    wind["u"] = wind["u"] + xr.DataArray(np.arange(49.0), {"time": TIMES}, ("time",))
    path = trajectories(wind, at(0, 0), 2)
    assert float(path["x"][0, -1]) == pytest.approx(-(24 + 22) / 2 * 7200, rel=1e-9)


def test_solid_rotation_of_the_sphere_over_the_pole() -> None:
    """Williamson et al. (1992), doi:10.1016/S0021-9991(05)80016-6, case 1, axis in the equator: over both poles."""
    lon, lat = np.arange(0.0, 360.0, 1.0), np.arange(-90.0, 91.0, 1.0)
    speed = 2 * np.pi * 6_371_229.0 / (48 * 3600.0)
    LON, _ = np.meshgrid(np.deg2rad(lon), lat)
    LAT = np.deg2rad(np.broadcast_to(lat[:, None], LON.shape))
    u, v = speed * np.sin(LAT) * np.cos(LON), -speed * np.sin(LON)
    dims, shape = ("time", "lat", "lon"), (len(TIMES), *LON.shape)
    wind = xr.Dataset(
        {"u": (dims, np.broadcast_to(u, shape)), "v": (dims, np.broadcast_to(v, shape))},
        {"time": TIMES, "lat": lat, "lon": lon},
    )
    start = pd.DataFrame({"time": [TIMES[48]], "lon": [90.0], "lat": [20.0]})
    path = trajectories(wind, start, 48, scheme="runge_kutta")
    assert float(path["lat"].max()) > 85
    assert float(path["lat"].min()) < -85
    assert float(path["lat"][0, -1]) == pytest.approx(20.0, abs=0.3)
    assert (
        float(np.abs(np.rad2deg(np.angle(np.exp(1j * np.deg2rad(path["lon"][0, -1].item() - 90.0)))))) < 0.3
    )


def test_parcels_rise_stop_at_the_ground_and_leave_at_the_top() -> None:
    x = np.linspace(-1e5, 1e5, 3)
    still = np.zeros((3, 3))
    wind = plane_wind(still, still, x, w=0.01, levels=(10.0, 500.0, 1000.0))
    path = trajectories(wind, at(0, 0, level=100.0), 6)
    assert float(path["level"][0, 1]) == pytest.approx(64.0)
    assert float(path["level"][0, -1]) == 0.0  # back in rising air it came along the ground
    up = trajectories(wind, at(0, 0, level=900.0), 6, direction="forward")
    assert np.isfinite(up["x"][0, 2])
    assert np.isnan(up["x"][0, 4:]).all()


def test_pressure_levels_move_with_omega() -> None:
    """Omega of -0.1 Pa/s lifts by 3.6 hPa an hour: an hour ago the parcel was 3.6 hPa lower."""
    x = np.linspace(-1e5, 1e5, 3)
    wind = plane_wind(np.zeros((3, 3)), np.zeros((3, 3)), x, w=-0.1, levels=(1000.0, 850.0, 500.0))
    wind["level"].attrs["units"] = "hPa"
    path = trajectories(wind, at(0, 0, level=850.0), 2)
    assert float(path["level"][0, 1]) == pytest.approx(853.6)


def test_outside_the_wind_is_missing_not_wrong(rotation: xr.Dataset) -> None:
    x = np.linspace(-1e5, 1e5, 3)
    east = plane_wind(np.full((3, 3), 10.0), np.zeros((3, 3)), x)
    path = trajectories(east, at(0, 0), 4)
    assert np.isfinite(path["x"][0, :3]).all()
    assert np.isnan(path["x"][0, 3:]).all()
    before = trajectories(rotation, at(1e4, 0, hour=2), 6)
    assert np.isfinite(before["x"][0]).sum() == 3


def test_station_wind_is_a_progressive_vector() -> None:
    wind = station_wind(TIMES, np.full(49, 5.0), np.full(49, 270.0))
    path = trajectories(wind, at(0, 0), 10)
    assert float(path["x"][0, -1]) == pytest.approx(-5 * 36_000)
    assert float(path["y"][0, -1]) == pytest.approx(0.0, abs=1e-6)


def test_an_ensemble_spreads_in_deformation_only(rotation: xr.Dataset) -> None:
    x, a = np.linspace(-4e5, 4e5, 81), 2e-5
    X, Y = np.meshgrid(x, x)
    starts = ensemble(at(0, 0), 1e4)
    assert len(starts) == 9
    turned = spread(trajectories(rotation, starts, 12, step=300), starts["start"].to_numpy())
    torn = spread(trajectories(plane_wind(a * X, -a * Y, x), starts, 12), starts["start"].to_numpy())
    assert float(turned[0, -1] / turned[0, 0]) == pytest.approx(1.0, rel=0.01)
    assert float(torn[0, -1] / torn[0, 0]) > 1.5


def test_bad_input_is_told(rotation: xr.Dataset) -> None:
    with pytest.raises(InputError, match="no column y"):
        trajectories(rotation, at(0, 0).drop(columns="y"))
    with pytest.raises(InputError, match="no start"):
        trajectories(rotation, at(0, 0).iloc[:0])
    with pytest.raises(InputError, match="euler"):
        trajectories(rotation, at(0, 0), scheme="euler")
    with pytest.raises(InputError, match="component v"):
        trajectories(rotation.drop_vars("v"), at(0, 0))
    with pytest.raises(InputError, match="no length"):
        trajectories(rotation, at(0, 0), hours=0)


# --- source fields ------------------------------------------------------------------------------------------------


def weather(seed: int, hours: int = 24 * 120) -> xr.Dataset:
    """Wind that wanders round the compass within days, the same everywhere, with a shear."""
    draw = np.random.default_rng(seed)
    turn = np.cumsum(draw.normal(0, 0.12, hours))
    speed = 5 * np.exp(0.3 * np.sin(np.arange(hours) / 17) + draw.normal(0, 0.1, hours))
    x = np.linspace(-1.5e6, 1.5e6, 31)
    u = (speed * np.cos(turn))[:, None, None] + 2e-6 * x[:, None]
    v = (speed * np.sin(turn))[:, None, None] + 0 * x[:, None]
    dims = ("time", "y", "x")
    shape = (hours, 31, 31)
    return xr.Dataset(
        {"u": (dims, np.broadcast_to(u, shape)), "v": (dims, np.broadcast_to(v, shape))},
        {"time": pd.date_range("2026-01-01", periods=hours, freq="h"), "y": x, "x": x},
    )


SOURCE = (-325_000.0, 225_000.0)


@pytest.fixture(scope="module")
def planted() -> tuple[xr.Dataset, np.ndarray]:
    """Back trajectories and concentrations from one planted source of 50 km radius with noise."""
    wind = weather(3)
    times = pd.DatetimeIndex(wind["time"].to_numpy())[72::3]
    tracks = trajectories(wind, pd.DataFrame({"time": times, "x": 0.0, "y": 0.0}), 72)
    near = np.hypot(tracks["x"] - SOURCE[0], tracks["y"] - SOURCE[1]) < 75_000
    draw = np.random.default_rng(1)
    value = 10 + 5 * near.sum("age").to_numpy() + draw.lognormal(1.0, 0.5, len(times))
    return tracks, value


@pytest.mark.parametrize(
    ("name", "function"), [("pscf", pscf), ("cwt", cwt), ("redistributed", redistributed)]
)
def test_a_planted_source_is_found(planted: tuple[xr.Dataset, np.ndarray], name: str, function) -> None:  # type: ignore[no-untyped-def]
    tracks, value = planted
    field = function(tracks, value, 50_000.0)[name]
    top = field.where(field == field.max(), drop=True)
    assert float(np.hypot(top["x"] - SOURCE[0], top["y"] - SOURCE[1]).min()) <= 120_000
    assert np.isnan(field.to_numpy()).any()  # cells nobody came through are not zero


def test_redistribution_is_sharper_than_cwt(planted: tuple[xr.Dataset, np.ndarray]) -> None:
    tracks, value = planted

    def inside(field: xr.DataArray) -> float:
        field = field - 10.0
        near = np.hypot(field["x"] - SOURCE[0], field["y"] - SOURCE[1]) < 100_000
        return float(field.where(near).clip(0).sum() / field.clip(0).sum())

    sharp = redistributed(tracks, value, 50_000.0, weights=())
    assert inside(sharp["redistributed"]) > 1.3 * inside(cwt(tracks, value, 50_000.0, weights=())["cwt"])


def test_significance_is_small_at_the_source_and_uniform_without(
    planted: tuple[xr.Dataset, np.ndarray],
) -> None:
    tracks, value = planted
    p = significance(tracks, value, 100_000.0, draws=200)
    assert float(p.sel(x=SOURCE[0], y=SOURCE[1], method="nearest")) < 0.05
    noise = significance(tracks, np.random.default_rng(5).normal(50, 5, len(value)), 100_000.0, draws=200)
    assert 0.35 < float(noise.mean()) < 0.65


def hand_made() -> xr.Dataset:
    """Three paths over two cells: the first two through cell A (0..1), the last two through B (1..2)."""
    x = np.array([[0.5, 0.5], [0.5, 1.5], [1.5, 1.5]])
    return xr.Dataset(
        {"x": (("trajectory", "age"), x), "y": (("trajectory", "age"), 0 * x + 0.5)}, {"age": [0.0, 1.0]}
    )


def test_the_definitions_by_hand() -> None:
    """A has 3 points, 2 of them high: wait for CWT (2 x 10 + 1 x 40) / 3 = 20; B (1 x 40 + 2 x 70) / 3 = 60."""
    made, values = hand_made(), [10.0, 40.0, 70.0]
    np.testing.assert_allclose(cwt(made, values, 1.0, weights=())["cwt"].to_numpy().ravel(), [20.0, 60.0])
    share = pscf(made, values, 1.0, threshold=30.0, weights=())
    np.testing.assert_allclose(share["pscf"].to_numpy().ravel(), [1 / 3, 1.0])
    geometric = cwt(made, values, 1.0, logarithm=True, weights=())["cwt"].to_numpy().ravel()
    np.testing.assert_allclose(geometric, [(10 * 10 * 40) ** (1 / 3), (40 * 70 * 70) ** (1 / 3)])
    grid = footprint(made, 1.0)
    np.testing.assert_array_equal(grid.visits, [2, 2])
    np.testing.assert_allclose(grid.weight(), 0.5)  # 3 points where the mean is 3


def test_a_missing_concentration_leaves_its_trajectory_out() -> None:
    values = [10.0, np.nan, 70.0]
    np.testing.assert_allclose(
        cwt(hand_made(), values, 1.0, weights=())["cwt"].to_numpy().ravel(), [10.0, 70.0]
    )
    with pytest.raises(InputError, match="for 3 trajectories"):
        cwt(hand_made(), [1.0], 1.0)
    with pytest.raises(InputError, match="no trajectory"):
        cwt(hand_made(), [np.nan] * 3, 1.0)


# --- clusters -----------------------------------------------------------------------------------------------------


def bundles(
    number: int, seed: int = 0, each: int = 60, spread_deg: float = 8.0
) -> tuple[xr.Dataset, np.ndarray]:
    """``number`` bundles of 96-h paths to all sides, from a place in Guangzhou, as longitudes and latitudes."""
    draw = np.random.default_rng(seed)
    which = np.repeat(np.arange(number), each)
    heading = np.deg2rad(which * 360 / number + draw.normal(0, spread_deg, len(which)))
    metres = np.exp(draw.normal(0, 0.15, len(which)))[:, None] * 6.0 * 3600 * np.arange(97)
    east, north = metres * np.cos(heading)[:, None], metres * np.sin(heading)[:, None]
    lat = 23.1 + np.rad2deg(north / 6_371_229.0)
    lon = 113.3 + np.rad2deg(east / 6_371_229.0) / np.cos(np.deg2rad((lat + 23.1) / 2))
    dims = ("trajectory", "age")
    return xr.Dataset({"lon": (dims, lon), "lat": (dims, lat)}, {"age": np.arange(97.0)}), which


@pytest.mark.parametrize("measure", ["euclid", "angle"])
@pytest.mark.parametrize("number", [3, 5])
def test_planted_bundles_and_their_number_are_found(measure: str, number: int) -> None:
    tracks, truth = bundles(number)
    found = cluster(tracks, measure=measure)  # type: ignore[arg-type]
    assert found.attrs["number"] == number
    assert adjusted_rand_score(truth, found["cluster"]) > 0.95
    assert float(found["share"].sum()) == pytest.approx(1.0)
    assert (
        found["cluster"].to_numpy()[found["medoid"].to_numpy()] == found["cluster_number"].to_numpy()
    ).all()


def test_angle_does_not_look_at_speed_and_euclid_does() -> None:
    tracks, truth = bundles(2, each=80)
    slow = np.arange(160) % 2 == 0
    for name, origin in (("lon", 113.3), ("lat", 23.1)):
        tracks[name] = (tracks[name] - origin) * xr.DataArray(
            np.where(slow, 0.25, 1.0), dims="trajectory"
        ) + origin
    assert adjusted_rand_score(truth, cluster(tracks, 2, "angle")["cluster"]) > 0.95
    assert adjusted_rand_score(2 * truth + slow, cluster(tracks, 4, "euclid")["cluster"]) > 0.9


def test_the_angle_is_that_of_sirois_and_bottenheim() -> None:
    """cos = (A + B - C) / (2 sqrt(A B)) with squared lengths; C the squared distance of the two points."""
    draw = np.random.default_rng(0)
    a, b = (np.cumsum(draw.normal(size=(10, 2)), axis=0) for _ in range(2))
    a, b = a - a[0], b - b[0]
    A, B, C = (a[1:] ** 2).sum(1), (b[1:] ** 2).sum(1), ((a[1:] - b[1:]) ** 2).sum(1)
    assert float(angle_distance(a, b)) == pytest.approx(np.arccos((A + B - C) / (2 * np.sqrt(A * B))).mean())


def test_one_cloud_is_one_cluster() -> None:
    draw = np.random.default_rng(2)
    drift = draw.normal(0, 5, (600, 2))
    steps = drift[:, None, :] + draw.normal(0, 8, (600, 97, 2))
    path = np.cumsum(3600 * steps, axis=1)
    dims = ("trajectory", "age")
    tracks = xr.Dataset({"x": (dims, path[..., 0]), "y": (dims, path[..., 1])}, {"age": np.arange(97.0)})
    assert cluster(tracks).attrs["number"] == 1
    assert float(cluster(bundles(4)[0])["gain"].max()) > 0.2


def test_incomplete_paths_are_left_out_and_too_few_refused() -> None:
    tracks, _ = bundles(3)
    tracks["lon"][5, 50:] = np.nan
    found = cluster(tracks)
    assert int(found["cluster"][5]) == 0
    assert found.attrs["incomplete"] == 1
    with pytest.raises(InputError, match="2 complete"):
        cluster(tracks.isel(trajectory=[0, 1]), 3)
    with pytest.raises(InputError, match="manhattan"):
        cluster(tracks, measure="manhattan")  # type: ignore[arg-type]


def test_the_receptor_projection_keeps_distance_and_bearing() -> None:
    """10 degrees east along the equator and 10 north are both 10 degrees of arc."""
    tracks = xr.Dataset(
        {
            "lon": (("trajectory", "age"), [[0.0, 10.0], [0.0, 0.0]]),
            "lat": (("trajectory", "age"), [[0.0, 0.0], [0.0, 10.0]]),
        },
        {"age": [0.0, 1.0]},
    )
    arc = np.deg2rad(10) * 6_371_229.0
    np.testing.assert_allclose(offsets(tracks)[:, 1], [[arc, 0.0], [0.0, arc]], atol=1e-6)
