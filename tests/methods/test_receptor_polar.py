"""Polar plots, their spline, pairs of pollutants and clusters on made-up data with known answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gzeco_lib.errors import InputError
from gzeco_lib.methods import receptor
from gzeco_lib.methods.receptor import cluster, polar_bins, polar_smooth


@pytest.fixture(scope="module")
def hours() -> pd.DataFrame:
    """A year and a half; a source in the east shows in moderate wind, a second pollutant is tied to it there."""
    rng = np.random.default_rng(1)
    n = 13_000
    ws = np.round(rng.weibull(2, n) * 5, 1)
    wd = np.round(rng.uniform(0, 360, n), -1)
    away = (wd - 90 + 180) % 360 - 180
    source = 80 * np.exp(-0.5 * (away / 20) ** 2 - 0.5 * ((ws - 6) / 1.5) ** 2)
    nox = 20 + source + rng.gamma(2, 3, n)
    so2 = 5 + np.where(np.abs(away) < 60, 0.5, 0.0) * nox + rng.normal(0, 2, n)
    frame = pd.DataFrame({"ws": ws, "wd": wd, "nox": nox, "so2": so2})
    frame.index = pd.date_range("2023-01-01", periods=n, freq="h", name="time")
    frame.loc[frame.sample(500, random_state=1).index, "nox"] = np.nan
    return frame


def peak(surface: xr.DataArray) -> tuple[float, float]:
    """(direction [deg], speed) of the middle of what reaches four fifths of the highest value."""
    high = surface.where(surface > 0.8 * surface.max())
    u, v = float((high * 0 + surface["u"]).mean()), float((high * 0 + surface["v"]).mean())
    return float(np.rad2deg(np.arctan2(u, v)) % 360), float(np.hypot(u, v))


@pytest.mark.parametrize("statistic", ["mean", "median", "percentile", "cpf", "max"])
def test_source_is_found_where_it_is(hours: pd.DataFrame, statistic: str) -> None:
    made = receptor.polar_plot(hours, "nox", statistic, resolution=101)
    direction, speed = peak(made["z"])
    assert direction == pytest.approx(90, abs=12)
    assert speed == pytest.approx(6, abs=1.5)
    assert made.attrs["capture"] == pytest.approx(100 * hours["nox"].notna().mean())


def test_conditional_bivariate_probability_of_an_interval(hours: pd.DataFrame) -> None:
    """Hours between two percentiles are those above the lower less those above the upper one."""
    low, high, between = (
        receptor.polar_plot(hours, "nox", "cpf", percentile=p, resolution=51)["cell_value"].to_numpy()
        for p in (50, 90, (50, 90))
    )
    np.testing.assert_allclose(between, low - high, atol=1e-12)


def test_band_holds_the_surface_and_is_wider_where_hours_are_few(hours: pd.DataFrame) -> None:
    made = receptor.polar_plot(hours, "nox", uncertainty=True, resolution=51)
    shown = made["z"].notnull()
    assert bool((made["lower"] <= made["z"]).where(shown, True).all())
    assert bool((made["upper"] >= made["z"]).where(shown, True).all())
    width = made["upper"] - made["lower"]
    radius = np.hypot(made["u"], made["v"])
    assert width.where(radius > 10).median() > 2 * width.where(radius < 5).median()


def test_correlation_and_slope_of_a_pair(hours: pd.DataFrame) -> None:
    r = receptor.polar_plot(hours, "so2", "r", second="nox", resolution=51)["z"]
    slope = receptor.polar_plot(hours, "so2", "slope", second="nox", resolution=51)["z"]
    east, west = {"u": 6.0, "v": 0.0}, {"u": -6.0, "v": 0.0}
    assert float(r.sel(**east, method="nearest")) > 0.95
    assert abs(float(r.sel(**west, method="nearest"))) < 0.2
    assert float(slope.sel(**east, method="nearest")) == pytest.approx(0.5, abs=0.05)


def test_robust_slope_is_not_led_by_outliers(hours: pd.DataFrame) -> None:
    few = hours.iloc[:2000].copy()
    few.loc[few.index[::25], "so2"] += 300.0
    plain, robust = (
        receptor.polar_plot(few, "so2", statistic, second="nox", resolution=51, k=50)["cell_value"]
        .sel(direction=90, speed=6, method="nearest")
        .item()
        for statistic in ("slope", "robust_slope")
    )
    assert abs(robust - 0.5) < 0.08 < abs(plain - 0.5)


def test_weighted_correlation_is_that_of_the_definition(hours: pd.DataFrame) -> None:
    """Sums by equal winds give what numpy gives with one weight an hour."""
    from gzeco_lib.methods.receptor import polar_pairs

    data = hours.dropna().iloc[:1500]
    speed, direction = data["ws"].to_numpy() - data["ws"].min(), data["wd"].replace(0, 360).to_numpy()
    made = polar_bins.cells(speed, direction)
    found = polar_pairs.pair_statistic(
        made, speed, direction, data["so2"].to_numpy(), data["nox"].to_numpy(), "r"
    )
    for cell in np.flatnonzero(made.count)[::97]:
        weight = polar_pairs.kernel(
            speed, direction, made.speed[[cell]], made.direction[[cell]], np.ptp(speed)
        )[0]
        both = np.cov(data["so2"], data["nox"], aweights=weight)
        assert found[cell] == pytest.approx(both[0, 1] / np.sqrt(both[0, 0] * both[1, 1]), rel=1e-9)


def test_full_rank_spline_without_penalty_meets_its_points_and_keeps_planes() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (40, 2))
    basis = polar_smooth.Basis.at(points, 40)
    design = basis.design(points)
    values = rng.normal(size=40)
    np.testing.assert_allclose(design @ np.linalg.solve(design, values), values, atol=1e-8)
    plane = 3 + points @ [2.0, -1.0]
    few = polar_smooth.Basis.at(points, 10)
    made = polar_smooth.fit(few, few.design(points), plane)
    far = np.array([[5.0, -7.0]])
    assert made.at(far)[0] == pytest.approx(3 + 10 + 7, rel=1e-6)


def test_smoothing_recovers_a_smooth_truth_and_its_error_is_honest() -> None:
    rng = np.random.default_rng(3)
    points = rng.uniform(-2, 2, (600, 2))
    truth = np.sin(points[:, 0]) * np.cos(points[:, 1])
    basis = polar_smooth.Basis.at(points, 80)
    made = polar_smooth.fit(basis, basis.design(points), truth + rng.normal(0, 0.3, 600))
    error = made.at(points) - truth
    assert np.sqrt(np.mean(error**2)) < 0.1
    assert made.scale == pytest.approx(0.09, rel=0.15)
    assert 0.88 < np.mean(np.abs(error) < 1.96 * made.error(points)) <= 1


def test_cells_count_every_hour_once_and_hold_their_statistics() -> None:
    speed = np.array([0.0, 1.0, 1.0, 30.0, 30.0, 30.0])
    direction = np.array([360.0, 10.0, 10.0, 350.0, 350.0, 350.0])
    made = polar_bins.cells(speed, direction)
    values = np.array([5.0, 1.0, 3.0, 1.0, 2.0, 9.0])
    assert made.step == 10 and made.count.sum() == 6
    filled = made.count > 0
    np.testing.assert_allclose(polar_bins.means(made, values)[filled], [2.0, 4.0, 5.0])
    np.testing.assert_allclose(polar_bins.quantiles(made, values, 0.5)[filled], [2.0, 2.0, 5.0])
    np.testing.assert_allclose(polar_bins.quantiles(made, values, 1.0)[filled], [3.0, 9.0, 5.0])
    assert polar_bins.cells(speed, direction + np.array([0, 1, 0, 0, 0, 0])).step == 5


@pytest.mark.parametrize("method", ["pam", "kmeans"])
def test_clusters_separate_the_source(hours: pd.DataFrame, method: str) -> None:
    made = receptor.polar_cluster(hours, "nox", method=method, candidates=(2, 5))
    assert 2 <= made.number <= 5 and made.number == made.silhouette.idxmax()
    top = made.summary.iloc[-1]  # numbered by level
    assert top["mean"] == made.summary["mean"].max()
    assert top["wd"] == pytest.approx(90, abs=15)
    assert len(made.members) == len(hours)
    assert (made.members[hours["nox"].isna().to_numpy()] == 0).all()


def test_medoids_and_silhouette_of_plain_groups() -> None:
    from sklearn.metrics import silhouette_score

    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(c, 0.3, (30, 2)) for c in ((0, 0), (4, 0), (0, 5))])
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    labels = cluster.swapped(distances, [0, 1, 2])  # all three start in one group
    assert len(np.unique(labels)) == 3 and all(len(np.unique(labels[i : i + 30])) == 1 for i in (0, 30, 60))
    assert cluster.silhouette(distances, labels) == pytest.approx(silhouette_score(points, labels), rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"pollutant": "noxx"}, "nox"),
        ({"statistic": "meen"}, "mean"),
        ({"statistic": "r"}, "second"),
        ({"second": "so2"}, "second"),
        ({"percentile": 140.0, "statistic": "cpf"}, "100"),
        ({"k": 5000}, "k"),
        ({"weights": (1, 1)}, "three"),
    ],
)
def test_bad_arguments_are_told(hours: pd.DataFrame, arguments: dict, told: str) -> None:
    with pytest.raises(InputError) as caught:
        receptor.polar_plot(hours, **({"pollutant": "nox"} | arguments))
    assert told in caught.value.told()["fix"] + caught.value.told()["error"]


def test_too_few_hours_and_still_air_are_told(hours: pd.DataFrame) -> None:
    with pytest.raises(InputError):
        receptor.polar_plot(hours.iloc[:30], "nox")
    with pytest.raises(InputError):
        receptor.polar_plot(hours.assign(ws=3.0), "nox")
    with pytest.raises(InputError):
        receptor.polar_cluster(hours, "nox", 1)
