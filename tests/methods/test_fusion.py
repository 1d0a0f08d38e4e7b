"""Fusion: exact cases, gaps, planted covariates and prior fields, tiles, and the stations of Guangzhou."""

from __future__ import annotations

import numpy as np
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.experiments.guangzhou_air import network
from gzeco_lib.geo.surroundings import surroundings
from gzeco_lib.methods.interpolation import Covariates, Fusion, Prior, blocks, density, space_time, system
from gzeco_lib.methods.interpolation.covariance import distances
from gzeco_lib.methods.interpolation.never_seen import fell_silent, never_seen
from gzeco_lib.methods.interpolation.tiles import fill

RNG = np.random.default_rng(11)
STATIONS = RNG.uniform(0, 60_000, (14, 2))
CELLS = np.stack(
    np.meshgrid(np.arange(500.0, 60_000, 3000), np.arange(500.0, 60_000, 3000)), axis=-1
).reshape(-1, 2)


def air(
    xy: np.ndarray, hours: int, memory: float = 6.0, reach: float = 40_000.0, seed: int = 5
) -> np.ndarray:
    """Square-root concentrations (hour, point): a level, and a field that fades with distance and hours."""
    rng = np.random.default_rng(seed)
    factor = np.linalg.cholesky(np.exp(-distances(xy, xy) / reach) + 1e-9 * np.eye(len(xy)))
    keep = np.exp(-1 / memory)
    field = np.empty((hours, len(xy)))
    state = factor @ rng.normal(size=len(xy))
    for hour in range(hours):
        field[hour] = state
        state = keep * state + np.sqrt(1 - keep**2) * factor @ rng.normal(size=len(xy))
    level = 6 + np.sin(np.arange(hours) / 24 * 2 * np.pi)[:, None] + rng.normal(0, 0.2, (hours, 1))
    return np.maximum(level + 0.5 * field, 0.1)


def test_contrasts_are_those_of_their_definition() -> None:
    values = RNG.normal(size=(500, 3))
    values[RNG.random(values.shape) < 0.1] = np.nan
    found = space_time.contrasts(values)
    lag = 3
    row = int(np.flatnonzero(lag == space_time.LAGS)[0])
    apart = values[:, 0] - values[:, 2]
    product = apart[lag:] * apart[:-lag] / 2
    assert found[row, 1] == pytest.approx(np.nanmean(product))


def test_learns_the_variances_that_made_the_field() -> None:
    xy = RNG.uniform(0, 80_000, (25, 2))
    rng = np.random.default_rng(2)
    factor = np.linalg.cholesky(np.exp(-distances(xy, xy) / 9e4))
    keep, state, rows = np.exp(-1 / 12), np.zeros(25), []
    for _ in range(6000):
        state = keep * state + np.sqrt(1 - keep**2) * factor @ rng.normal(size=25)
        rows.append(state + 0.3 * rng.normal(size=25))
    values = np.array(rows[200:])
    between = space_time.spatial(xy, xy, np.array(space_time.RANGES))
    found = space_time.learn(values - values.mean(axis=1, keepdims=True), between, np.zeros((25, 0)))
    assert found[0, 0] == pytest.approx(0.09, rel=0.25)  # white noise at the station
    # ranges beyond the network differ by their slope only: sill over range is what can be known
    slope = (found.sum(axis=1)[1:] / np.array(space_time.RANGES[1:])).sum()
    assert slope == pytest.approx(1 / 9e4, rel=0.3)


def test_means_over_stretches_and_their_covariance_agree_with_brute_force() -> None:
    values = RNG.normal(size=(60, 2))
    values[10, 0] = np.nan
    lags = (np.array([0]), np.array([1, 2]), np.array([-2, -1]), np.array([23, 24, 25, 47, 48, 49]))
    found = blocks.means(values, lags)
    assert found[12, 0, 1] == pytest.approx(values[11, 0])  # hour 10 is missing
    assert found[20, 1, 2] == pytest.approx(values[[21, 22], 1].mean())
    assert found[55, 1, 3] == pytest.approx(values[[55 - lag for lag in lags[3]], 1].mean())
    assert np.isnan(found[5, 1, 3])
    covariance = blocks.memories(lags)
    for row, memory in enumerate(space_time.MEMORIES):
        apart = np.abs(np.subtract.outer(lags[1], lags[3]))
        assert covariance[row, 1, 3] == pytest.approx(memory.correlation(apart).mean())


def test_errors_left_out_are_those_of_solving_without_the_station() -> None:
    rng = np.random.default_rng(3)
    n, stretches = 6, 3
    root = rng.normal(size=(stretches, stretches))
    terms = system.Terms(
        space_time.spatial(STATIONS[:n], STATIONS[:n], np.array([500.0, 3e4])),
        np.array([np.eye(stretches), root @ root.T]),
    )
    covariance = terms.matrix()
    values = rng.normal(size=(4, n * stretches))
    whole = system.solve(covariance, np.ones(n * stretches, dtype=bool), stretches)
    _, error, variance = system.left_out(whole, values, stretches)
    for left in range(n):
        rest = np.repeat(np.arange(n) != left, stretches)
        part = system.solve(covariance, rest, stretches)
        right = np.concatenate([covariance[left * stretches, rest], [1, 0, 0]])
        weights = part.inverse @ right
        made = values[:, rest] @ weights[: rest.sum()]
        np.testing.assert_allclose(values[:, left * stretches] - made, error[:, left], atol=1e-8)
        assert covariance[left * stretches, left * stretches] - right @ weights == pytest.approx(
            variance[left]
        )


def test_an_odd_value_loses_weight_as_if_its_noise_were_larger() -> None:
    terms = system.Terms(
        space_time.spatial(STATIONS[:8], STATIONS[:8], np.array([500.0, 3e4])),
        np.array([[[0.2]], [[0.8]]]),
    )
    solved = system.solve(terms.matrix(), np.ones(8, dtype=bool), 1)
    values = np.zeros((1, 8))
    values[0, 2] = 9.0
    noise = system.odd_noise(solved, values, np.ones(1))
    assert noise[0, 2] > 0 and (np.delete(noise[0], 2) < noise[0, 2]).all()
    direct = solved.system.copy()
    direct[np.arange(8), np.arange(8)] += noise[0]
    expected = np.linalg.solve(direct, np.append(values[0], 0.0))
    np.testing.assert_allclose(system.coefficients(solved, values, noise)[0], expected, atol=1e-9)


def test_meets_a_station_in_its_place_and_knows_it_best_there() -> None:
    values = air(STATIONS, 400) ** 2
    cells = np.vstack([STATIONS, [[400_000.0, 400_000.0]]])
    result = Fusion.fit(STATIONS, cells, values[:380]).interpolate(values[380:])
    close = np.abs(result.centre[:, :14] - np.sqrt(values[380:]))
    assert np.median(close) < 0.02
    assert (result.error[:, :14] < result.error[:, 14:]).all()


def test_the_past_tells_about_a_station_that_falls_silent() -> None:
    values = air(STATIONS, 500, memory=200.0) ** 2
    broken = values.copy()
    broken[480:, 3] = np.nan
    model = Fusion.fit(STATIONS, STATIONS[3:4], values[:480])
    never = np.arange(14) != 3
    stranger = Fusion.fit(STATIONS[never], STATIONS[3:4], values[:480][:, never])
    known = np.abs(np.sqrt(values[480:, 3]) - model.interpolate(broken[480:]).centre[:, 0]).mean()
    unknown = np.abs(
        np.sqrt(values[480:, 3]) - stranger.interpolate(broken[480:][:, never]).centre[:, 0]
    ).mean()
    assert known < 0.8 * unknown


def test_only_hours_until_then_are_used_unless_looking_back() -> None:
    values = air(STATIONS, 460) ** 2
    changed = values.copy()
    changed[440:] *= 3
    model = Fusion.fit(STATIONS, CELLS[:5], values[:400])
    np.testing.assert_array_equal(
        model.interpolate(values[400:]).mean[:40], model.interpolate(changed[400:]).mean[:40]
    )
    back = Fusion.fit(STATIONS, CELLS[:5], values[:400], smoothing=True)
    assert np.abs(back.interpolate(values[400:]).mean - back.interpolate(changed[400:]).mean)[39].max() > 1e-6


def test_a_planted_covariate_makes_left_out_stations_better() -> None:
    land = np.random.default_rng(4).normal(size=14)
    values = (air(STATIONS, 700) + 0.9 * land[None, :]).clip(0.1) ** 2
    with_it, without = [], []
    for left in range(14):
        rest = np.arange(14) != left
        args = (STATIONS[rest], STATIONS[left : left + 1], values[:600][:, rest])
        told = Covariates(land[rest], np.clip(land[left : left + 1], -9, 9))
        for found, model in ((with_it, Fusion.fit(*args, told)), (without, Fusion.fit(*args))):
            found.append(model.interpolate(values[600:][:, rest]).mean[:, 0] - values[600:, left])
    assert np.sqrt(np.mean(np.square(with_it))) < 0.75 * np.sqrt(np.mean(np.square(without)))


def test_an_idle_covariate_does_little_harm() -> None:
    land = np.random.default_rng(8).normal(size=14)
    values = air(STATIONS, 700) ** 2
    with_it, without = [], []
    for left in range(14):
        rest = np.arange(14) != left
        args = (STATIONS[rest], STATIONS[left : left + 1], values[:600][:, rest])
        told = Covariates(land[rest], land[left : left + 1])
        for found, model in ((with_it, Fusion.fit(*args, told)), (without, Fusion.fit(*args))):
            found.append(model.interpolate(values[600:][:, rest]).mean[:, 0] - values[600:, left])
    assert np.sqrt(np.mean(np.square(with_it))) < 1.1 * np.sqrt(np.mean(np.square(without)))


def test_a_prior_field_is_used_with_its_planted_coefficient_and_never_a_negative_one() -> None:
    rng = np.random.default_rng(6)
    xy = np.vstack([STATIONS, CELLS[:30]])
    plume = rng.gamma(0.5, 4.0, (500, len(xy)))
    values = (air(xy, 500) + 0.6 * np.sqrt(plume)) ** 2
    model = Fusion.fit(STATIONS, CELLS[:30], values[:450, :14], prior=plume[:450, :14])
    assert model.slope == pytest.approx(0.6, abs=0.06)
    told = model.interpolate(values[450:, :14], prior=Prior(plume[450:, :14], plume[450:, 14:]))
    blind = Fusion.fit(STATIONS, CELLS[:30], values[:450, :14]).interpolate(values[450:, :14])
    truth = np.sqrt(values[450:, 14:])
    assert np.abs(told.centre - truth).mean() < 0.7 * np.abs(blind.centre - truth).mean()
    against = (air(xy, 500) + 3 - 0.6 * np.sqrt(plume)).clip(0.1) ** 2
    assert Fusion.fit(STATIONS, CELLS[:30], against[:450, :14], prior=plume[:450, :14]).slope == 0


def test_stations_left_out_score_as_fitting_without_them_does() -> None:
    values = air(STATIONS, 420, memory=200.0) ** 2
    past, later, hours = values[:400], values[400:], np.array([2, 9])
    found = never_seen(STATIONS, past, later, hours)
    rest = np.arange(14) != 5
    alone = Fusion.fit(STATIONS[rest], STATIONS[5:6], past[:, rest]).interpolate(later[:, rest])
    np.testing.assert_allclose(found.mean[:, 5], alone.mean[hours, 0])
    truth = later[hours]
    assert found.rmse(truth) == pytest.approx(np.sqrt(np.mean((found.mean - truth) ** 2)))
    assert found.covers(truth) == np.mean((truth >= found.low) & (truth <= found.high))
    silent = fell_silent(STATIONS, past, later, hours)
    assert silent.rmse(truth) < found.rmse(truth)  # a slow field: the past of the station is worth much


@pytest.mark.parametrize("left", [0, 1, 3])
def test_too_few_stations_give_their_mean_with_a_wide_error(left: int) -> None:
    values = air(STATIONS, 300) ** 2
    model = Fusion.fit(STATIONS, CELLS, values)
    thin = np.full((1, 14), np.nan)
    thin[0, :left] = 25.0
    result = model.interpolate(thin)
    assert result.fallback.all()
    if left == 0:
        assert np.isnan(result.mean).all()
        return
    assert result.quantile(0.5)[0] == pytest.approx(np.full(len(CELLS), 25.0))
    assert result.spread.min() > model.interpolate(values[-5:]).spread.mean()


@pytest.mark.parametrize("hours", [0, 5])
def test_a_short_history_falls_back_on_defaults(hours: int) -> None:
    values = air(STATIONS, 30) ** 2
    result = Fusion.fit(STATIONS, CELLS, values[:hours]).interpolate(values[hours:])
    assert np.isfinite(result.mean).all()
    assert (result.sd > 0).all()


def test_forecast_spread_adds_to_the_interpolation_error() -> None:
    values = air(STATIONS, 300) ** 2
    model = Fusion.fit(STATIONS, CELLS, values[:290])
    sure, unsure = model.interpolate(values[290:]), model.interpolate(values[290:], np.full((10, 14), 0.5))
    np.testing.assert_allclose(unsure.mean, sure.mean)
    assert (unsure.source >= 0.5 - 1e-9).all()  # weights of the hour sum to one
    np.testing.assert_allclose(unsure.spread**2, sure.spread**2 + unsure.source**2)


def test_stations_at_one_place_are_averaged() -> None:
    xy = np.vstack([STATIONS, STATIONS[:1]])
    values = air(xy + RNG.normal(0, 1, xy.shape), 300) ** 2
    model = Fusion.fit(xy, xy[:1], values[:299], transform="none")
    result = model.interpolate(values[299:])
    assert result.mean[0, 0] == pytest.approx(values[299, [0, 14]].mean(), abs=2.0)


def test_tiles_give_the_field_and_the_same_numbers_on_a_cluster() -> None:
    values = air(STATIONS, 300) ** 2
    land = np.random.default_rng(1).normal(size=(14 + len(CELLS), 1))
    model = Fusion.fit(STATIONS, CELLS, values[:290], Covariates(land[:14], land[14:]))
    field = {"PM2.5": model.solve(values[290:])}
    there = {"PM2.5": model.land_of(land[14:])}
    made: dict[str | None, np.ndarray] = {}
    for cluster in (None, "local"):
        whole = np.empty((2, 10, len(CELLS)), dtype=np.float32)

        def write(first: int, found: dict, whole: np.ndarray = whole) -> None:
            mean, sd = found["PM2.5"]
            whole[:, :, first : first + mean.shape[1]] = mean, sd

        fill(field, CELLS, there, write, cluster=cluster, size=77)
        made[cluster] = whole
    np.testing.assert_array_equal(made[None], made["local"])
    exact = model.interpolate(values[290:])
    np.testing.assert_allclose(made[None][0], exact.mean, rtol=2e-3)
    np.testing.assert_allclose(made[None][1], exact.sd, rtol=2e-2)


def test_refuses_what_does_not_fit() -> None:
    with pytest.raises(InputError, match="no coordinates"):
        Fusion(np.array([[np.nan, 1.0]]), CELLS)
    with pytest.raises(InputError, match="for 14 stations"):
        Fusion.fit(STATIONS, CELLS, np.ones((30, 13)))
    with pytest.raises(InputError, match="at the cells"):
        Covariates(np.ones((14, 2)), np.ones((5, 1)))
    with pytest.raises(InputError, match="missing"):
        Covariates(np.full((14, 1), np.nan), np.ones((5, 1)))
    with pytest.raises(InputError, match="covariates of 13"):
        Fusion(STATIONS, CELLS, covariates=Covariates(np.ones(13), np.ones(len(CELLS))))


def test_density_counts_places_by_distance() -> None:
    found = density(np.zeros((1, 2)), np.array([[0.0, 0.0], [1000.0, 0.0]]), 1000.0, np.array([2.0, 3.0]))
    assert found[0] == pytest.approx(2 + 3 / np.e)


@pytest.mark.shared
@pytest.mark.parametrize("variable", ["PM2.5", "NO2", "O3", "CO"])
def test_stations_left_out_of_a_design_month_are_met_better_than_by_default_kriging_and_with_honest_errors(
    shared, variable: str
) -> None:
    from pykrige.ok import OrdinaryKriging

    net = network(shared)
    values, land = net.values[variable], surroundings(net.lon, net.lat)
    start = int(np.searchsorted(net.times, np.datetime64("2024-08-01")))
    rows = np.arange(5, 720, 53)
    truth = values[start + rows]
    made, theirs = np.full(truth.shape, np.nan), np.full(truth.shape, np.nan)
    inside = np.zeros(truth.shape, dtype=bool)
    for left in range(len(net.sites)):
        rest = np.arange(len(net.sites)) != left
        told = Covariates(land[rest], land[left : left + 1])
        model = Fusion.fit(net.xy[rest], net.xy[left : left + 1], values[start - 720 : start][:, rest], told)
        found = model.solve(values[start : start + 720][:, rest], hours=rows).at(model.cells, model.cell_land)
        made[:, left] = found.mean[:, 0]
        inside[:, left] = (truth[:, left] >= found.quantile(0.05)[:, 0]) & (
            truth[:, left] <= found.quantile(0.95)[:, 0]
        )
        for hour, row in enumerate(truth):
            there = rest & np.isfinite(row)
            if np.ptp(row[there]) > 0:
                peer = OrdinaryKriging(*net.xy[there].T, row[there])
                theirs[hour, left] = peer.execute("points", *net.xy[left][:, None])[0][0]
    cases = np.isfinite(truth) & np.isfinite(made) & np.isfinite(theirs)
    ours, peer_rmse = (np.sqrt(np.mean(np.square(m - truth)[cases])) for m in (made, theirs))
    assert ours < peer_rmse
    assert 0.82 <= inside[cases].mean() <= 0.97
