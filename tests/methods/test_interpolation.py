"""Kriging: exact cases, thin networks, and calibrated errors on the stations of Guangzhou."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

from gzeco_lib.errors import InputError
from gzeco_lib.methods.interpolation import Covariance, Kriging
from gzeco_lib.methods.interpolation.covariance import choose, distances, leave_one_out

RNG = np.random.default_rng(7)
STATIONS = RNG.uniform(0, 60_000, (12, 2))
CELLS = np.stack(
    np.meshgrid(np.arange(500.0, 60_000, 4000), np.arange(500.0, 60_000, 4000)), axis=-1
).reshape(-1, 2)


def field_sample(xy: np.ndarray, hours: int, range_m: float = 30_000.0, mean: float = 5.0) -> np.ndarray:
    """Gaussian fields with exponential correlation on the square-root scale, squared: (hour, point)."""
    rng = np.random.default_rng(3)
    factor = np.linalg.cholesky(np.exp(-distances(xy, xy) / range_m) + 1e-9 * np.eye(len(xy)))
    level = mean + rng.normal(0, 1, (hours, 1))
    return np.maximum(level + rng.normal(size=(hours, len(xy))) @ factor.T * 0.6, 0.1) ** 2


def test_weights_are_those_of_the_kriging_system_solved_directly() -> None:
    covariance = Covariance(range_m=20_000, nugget=0.1)
    kriging = Kriging(STATIONS, CELLS[:5], covariance)
    weights, variance = kriging.weights(np.ones(12, dtype=bool))
    for cell in range(5):
        near = covariance.correlation(distances(STATIONS, CELLS[cell : cell + 1]))[:, 0]
        inverse = np.linalg.inv(covariance.correlation(distances(STATIONS, STATIONS)))
        ones = np.ones(12)
        # Ordinary kriging in closed form, Cressie 1993, eq. 3.2.15-3.2.16.
        mu = (1 - ones @ inverse @ near) / (ones @ inverse @ ones)
        np.testing.assert_allclose(weights[cell], inverse @ (near + mu), atol=1e-4)
        expected = 1 - near @ inverse @ near + (1 - ones @ inverse @ near) ** 2 / (ones @ inverse @ ones)
        assert variance[cell] == pytest.approx(expected, abs=1e-4)


def test_agrees_with_pykrige() -> None:
    pykrige = pytest.importorskip("pykrige.ok")
    values = RNG.normal(20, 4, 12)
    ours = Kriging(STATIONS, CELLS, Covariance(15_000, 0.0), transform="none", sill=1.0)
    theirs = pykrige.OrdinaryKriging(
        STATIONS[:, 0], STATIONS[:, 1], values, variogram_model="exponential",
        variogram_parameters={"psill": 1.0, "range": 45_000, "nugget": 0.0}, pseudo_inv=False,
    )  # fmt: skip
    # pykrige's exponential model takes the practical range: three times the e-folding distance.
    expected = np.asarray(theirs.execute("points", CELLS[:, 0], CELLS[:, 1])[0])
    np.testing.assert_allclose(ours.interpolate(values[None]).mean[0], expected, atol=1e-3)


def test_meets_a_station_in_its_place_and_knows_it_best_there() -> None:
    values = field_sample(STATIONS, 200)
    kriging = Kriging.fit(STATIONS, np.vstack([STATIONS, [[200_000.0, 200_000.0]]]), values)
    result = kriging.interpolate(values[:3])
    np.testing.assert_allclose(result.mean[:, :12], values[:3], rtol=0.02)
    assert (result.sd[:, :12] < result.sd[:, 12:]).all()


def test_a_missing_station_changes_the_weights_not_the_rest() -> None:
    values = field_sample(STATIONS, 40)
    broken = values.copy()
    broken[20:, 4] = np.nan
    kriging = Kriging.fit(STATIONS, CELLS, values)
    whole, part = kriging.interpolate(values), kriging.interpolate(broken)
    np.testing.assert_allclose(part.mean[:20], whole.mean[:20])
    assert np.isfinite(part.mean).all()
    at = int(distances(STATIONS[4:5], CELLS).argmin())
    assert (part.error[20:, at] / np.sqrt(kriging._own_sill(np.sqrt(broken))[20:]) > 0).all()
    unit_whole = kriging.weights(np.ones(12, dtype=bool))[1][at]
    unit_part = kriging.weights(np.arange(12) != 4)[1][at]
    assert unit_part > unit_whole


@pytest.mark.parametrize("left", [1, 2, 3])
def test_too_few_stations_give_their_mean_with_a_wide_error(left: int) -> None:
    history = field_sample(STATIONS, 100)
    kriging = Kriging.fit(STATIONS, CELLS, history)
    thin = np.full((1, 12), np.nan)
    thin[0, :left] = 25.0
    result = kriging.interpolate(thin)
    assert result.fallback.all()
    assert np.ptp(result.mean) == 0
    assert result.quantile(0.5)[0, 0] == pytest.approx(25.0)
    assert result.spread.min() > kriging.interpolate(history).spread.mean()


def test_no_station_at_all_is_missing_not_a_number() -> None:
    result = Kriging(STATIONS, CELLS).interpolate(np.full((2, 12), np.nan))
    assert np.isnan(result.mean).all()
    assert result.fallback.all()


def test_stations_at_one_place_are_averaged() -> None:
    xy = np.vstack([STATIONS, STATIONS[:1]])
    values = np.full((1, 13), 16.0)
    values[0, 0], values[0, 12] = 9.0, 25.0
    kriging = Kriging(xy, STATIONS[:1], Covariance(30_000, 0.1), transform="none")
    weights, _ = kriging.weights(np.ones(13, dtype=bool))
    assert weights[0, 0] == pytest.approx(weights[0, 12], abs=1e-6)
    assert kriging.interpolate(values).mean[0, 0] == pytest.approx(17.0, abs=0.1)


def test_never_negative_where_weights_are() -> None:
    xy = np.array([[0.0, 0.0], [1000.0, 0.0], [40_000.0, 0.0], [0.0, 40_000.0], [1500.0, 300.0]])
    values = np.array([[0.0, 80.0, 0.0, 0.0, 300.0]])
    for transform in ("sqrt", "none"):
        result = Kriging(xy, CELLS - 20_000.0, Covariance(80_000, 0.02), transform=transform).interpolate(
            values
        )
        assert (result.mean >= 0).all()
        assert (result.quantile(0.05) >= 0).all()


def test_forecast_spread_adds_to_the_interpolation_error() -> None:
    values = field_sample(STATIONS, 50)
    kriging = Kriging.fit(STATIONS, CELLS, values)
    sd = np.full((1, 12), 0.5)
    sure, unsure = kriging.interpolate(values[:1]), kriging.interpolate(values[:1], sd)
    np.testing.assert_allclose(unsure.mean, sure.mean)
    assert (unsure.source >= 0.5 - 1e-9).all()  # weights sum to one, so at least the common spread
    np.testing.assert_allclose(unsure.spread**2, sure.spread**2 + unsure.source**2)


def test_chooses_a_long_range_where_neighbours_agree_and_a_nugget_where_not() -> None:
    smooth = np.sqrt(field_sample(STATIONS, 300, range_m=150_000))
    noise = RNG.normal(5, 1, (300, 12))
    between = distances(STATIONS, STATIONS)
    assert choose(smooth, between, 4).range_m >= 4e4
    rough = choose(noise, between, 4)
    assert rough.range_m <= 1e4 or rough.nugget >= 0.5


def test_leave_one_out_is_what_leaving_one_out_gives() -> None:
    z = np.sqrt(field_sample(STATIONS, 2))
    covariance = Covariance(25_000, 0.1)
    error, variance, _ = leave_one_out(z, distances(STATIONS, STATIONS), covariance, 4)
    for left in range(12):
        rest = np.arange(12) != left
        kriging = Kriging(STATIONS[rest], STATIONS[left : left + 1], covariance, transform="none")
        weights, unit = kriging.weights(np.ones(11, dtype=bool))
        np.testing.assert_allclose(z[:, left] - z[:, rest] @ weights[0], error[:, left], atol=1e-6)
        np.testing.assert_allclose(unit[0], variance[:, left], atol=1e-4)


def test_refuses_a_station_without_coordinates() -> None:
    with pytest.raises(InputError, match="no coordinates"):
        Kriging(np.array([[np.nan, 1.0]]), CELLS)


@pytest.mark.shared
@pytest.mark.parametrize("variable", ["PM2.5", "PM10", "SO2", "NO2", "O3", "CO"])
def test_errors_are_calibrated_on_the_month_after(shared, variable: str) -> None:
    frame = pd.read_parquet(next((shared / "guangzhou_air").glob("*.parquet")))
    sites = pd.read_csv(shared / "cn_national_stations" / "cn_national_stations.csv").set_index("监测点编码")
    wide = frame.pivot(index="time_local", columns="station", values=variable).astype(float)
    lonlat = sites.loc[wide.columns, ["经度", "纬度"]].astype(float).to_numpy()
    to_metres = Transformer.from_crs(4490, 4547, always_xy=True)
    xy = np.column_stack(to_metres.transform(lonlat[:, 0], lonlat[:, 1]))
    covered, ours, flat = [], [], []
    for start in pd.date_range("2024-06-01", "2024-11-01", freq="MS"):
        history = wide[start - pd.Timedelta("30D") : start - pd.Timedelta("1h")].to_numpy()
        after = wide[start : start + pd.Timedelta("30D") - pd.Timedelta("1h")].dropna(how="all").to_numpy()
        centre, spread = Kriging.fit(xy, xy[:1], history).leave_one_out(after)
        known = np.isfinite(after) & np.isfinite(centre)
        covered.append(np.abs(np.sqrt(after) - centre)[known] <= 1.645 * spread[known])
        others = (np.nansum(after, axis=1, keepdims=True) - after) / (
            np.isfinite(after).sum(axis=1, keepdims=True) - 1
        )
        ours.append((centre**2 + spread**2 - after)[known])
        flat.append((others - after)[known])
    assert 0.85 <= np.concatenate(covered).mean() <= 0.95
    rmse = [float(np.sqrt(np.mean(np.concatenate(e) ** 2))) for e in (ours, flat)]
    assert rmse[0] <= rmse[1]  # never worse than the mean of the other stations
