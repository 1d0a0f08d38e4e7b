"""The quick inversion: the plume looked up, screening, sources off the grid, model error, what may be said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.experiments import ginninderra, prairie_grass, synthetic_release
from gzeco_lib.methods.dispersion import BoundaryLayer, Sources, plume
from gzeco_lib.methods.inversion import (
    UNKNOWN,
    Answer,
    ModelError,
    Named,
    PlumeResponse,
    Rate,
    along,
    locate,
    noise,
    screen,
)
from gzeco_lib.methods.inversion.answer import alike, blind

SD = 1e-6


def weather(times: int, seed: int = 0) -> BoundaryLayer:
    draw = np.random.default_rng(seed)
    speed = draw.uniform(2, 6, times)
    length = np.where(np.arange(times) % 2, -60.0, 90.0)
    return BoundaryLayer(speed, draw.uniform(0, 360, times), 0.08 * speed, length, np.full(times, 600.0))


@pytest.fixture(scope="module")
def scene() -> tuple[PlumeResponse, np.ndarray, np.ndarray]:
    """Response, true places and rates: 8 monitors around 800 m, 96 times."""
    angle = np.arange(8) * np.pi / 4 + 0.2
    monitors = np.column_stack([400 + 350 * np.cos(angle), 400 + 350 * np.sin(angle), np.full(8, 2.0)])
    time, sensor = np.divmod(np.arange(96 * 8), 8)
    response = PlumeResponse(weather(96), monitors, time, sensor, 2.0)
    return response, np.array([[312.0, 421.0], [518.0, 277.0]]), np.array([1.2, 0.7])


def test_looked_up_plume_is_the_plume(scene) -> None:
    response, places, _ = scene
    direct = plume.dilution(
        Sources(places[:, 0], places[:, 1], np.full(2, 2.0)), response.points, response.layer
    )[response.time, :, response.sensor]
    looked_up = response.matrix(places)
    large = direct > 1e-3 * direct.max()
    assert large.sum() > 100
    np.testing.assert_allclose(looked_up[large], direct[large], rtol=0.02)


@pytest.mark.parametrize(
    ("kind", "step", "moved"),
    [
        ("east", 0.01, lambda r, xy, h: r.matrix(xy + np.array([h, 0]))),
        ("north", 0.01, lambda r, xy, h: r.matrix(xy + np.array([0, h]))),
        ("turn", 1e-5, lambda r, xy, h: r.matrix(xy, turn=h)),
        ("widen", 1e-5, lambda r, xy, h: r.matrix(xy, widen=h)),
    ],
)
def test_slopes_are_those_of_the_response(scene, kind, step, moved) -> None:
    response, places, _ = scene
    numeric = (moved(response, places, step) - moved(response, places, -step)) / (2 * step)
    slope = getattr(response.slopes(places), kind)
    np.testing.assert_allclose(numeric, slope, atol=1e-4 * np.abs(slope).max())


def test_path_instrument_is_the_mean_of_its_points() -> None:
    points = along((0.0, 0.0), (30.0, 40.0), 1.5, spacing=5.0)
    assert points.shape == (10, 3)
    layer = weather(4)
    source = np.array([[-60.0, 10.0]])
    path = PlumeResponse(layer, [points], np.arange(4), np.zeros(4, int))
    single = PlumeResponse(layer, points, np.repeat(np.arange(4), 10), np.tile(np.arange(10), 4))
    np.testing.assert_allclose(
        path.matrix(source)[:, 0], single.matrix(source)[:, 0].reshape(4, 10).mean(axis=1), rtol=1e-10
    )


def test_screening_finds_the_candidates_that_emit(scene) -> None:
    response, places, rates = scene
    others = np.array([[200.0, 200.0], [600.0, 600.0], [400.0, 650.0], [650.0, 350.0]])
    matrix = response.matrix(np.vstack([places, others]))
    draw = np.random.default_rng(3)
    found = screen(matrix, matrix[:, :2] @ rates + 5e-6 + draw.normal(0, SD, len(matrix)), SD)
    assert sorted(found.chosen) == [0, 1]
    np.testing.assert_allclose(found.rates[:2], rates, rtol=0.1)
    np.testing.assert_allclose(found.background, 5e-6, rtol=0.1)
    assert np.argmin(found.criterion) == 2


def test_screening_refuses_what_does_not_fit(scene) -> None:
    matrix = scene[0].matrix(scene[1])
    with pytest.raises(InputError, match="does not fit"):
        screen(matrix, np.zeros(3), SD)
    with pytest.raises(InputError, match="missing"):
        screen(matrix, np.full(len(matrix), np.nan), SD)


def test_sources_found_off_the_grid(scene) -> None:
    response, places, rates = scene
    draw = np.random.default_rng(5)
    hours = draw.normal(0, 0.15, 96)[response.time]  # the plume is a sixth wrong in each hour
    observed = response.matrix(places) @ rates * np.exp(hours) + 5e-6 + draw.normal(0, SD, len(response))
    found = locate(response, observed, SD, ((0, 800), (0, 800)))
    assert len(found.rates) == 2
    order = np.argsort(found.xy[:, 0])
    assert np.hypot(*(found.xy[order] - places).T).max() < 10
    assert found.within(places[np.argsort(order)]).all()
    inside = (found.rate_interval[order, 0] <= rates) & (rates <= found.rate_interval[order, 1])
    assert inside.all()
    assert found.probability.sum() == pytest.approx(1)
    assert 0.05 < found.fit.error.shared < 0.35


def test_nothing_is_found_in_noise(scene) -> None:
    response = scene[0]
    observed = 5e-6 + np.random.default_rng(8).normal(0, SD, len(response))
    found = locate(response, observed, SD, ((0, 800), (0, 800)))
    assert len(found.rates) == 0
    assert found.probability[0] > 0.9


def test_model_error_is_learnt() -> None:
    draw = np.random.default_rng(1)
    groups, size = 200, 10
    value = draw.lognormal(0, 1, groups * size) * 1e-5
    slopes = np.column_stack([draw.normal(0, 1, groups * size) * 1e-4, np.zeros(groups * size)])
    shared = np.repeat(draw.normal(0, 0.3, groups), size)
    residual = value * (shared + draw.normal(0, 0.1, groups * size)) + draw.normal(0, SD, groups * size)
    sd = np.full(groups * size, SD)
    learnt = noise.learn(ModelError(), residual, sd, value, slopes, np.arange(0, groups * size, size), 600)
    # the Student distribution takes Gaussian errors for a little smaller than they are
    assert learnt.shared == pytest.approx(0.3, rel=0.25)
    assert learnt.own == pytest.approx(0.1, rel=0.25)
    assert learnt.direction < 0.02


def test_whitening_is_the_inverse_of_the_covariance() -> None:
    draw = np.random.default_rng(2)
    value, slopes, sd = draw.random(6), draw.normal(0, 1, (6, 2)), draw.uniform(0.5, 1, 6)
    error, starts = ModelError(), np.array([0, 4])
    covariance = np.diag((error.additive * sd) ** 2 + (error.own * value) ** 2)
    level = np.full(6, error.background * np.median(sd))
    shared = [error.shared * value, error.direction * slopes[:, 0], error.spread * slopes[:, 1], level]
    for first, last in ((0, 4), (4, 6)):
        for column in shared:
            covariance[first:last, first:last] += np.outer(column[first:last], column[first:last])
    weights = noise.whitener(error, sd, value, slopes, starts)
    columns = draw.normal(0, 1, (6, 3))
    np.testing.assert_allclose(weights.solve(columns), np.linalg.solve(covariance, columns))
    label = np.array([0, 1, 0, 1, 0, 0])
    indicator = np.eye(2)[label]
    own, crossed = weights.levels(label, weights.solve(columns))
    np.testing.assert_allclose(own, indicator.T @ np.linalg.solve(covariance, indicator))
    np.testing.assert_allclose(crossed, indicator.T @ np.linalg.solve(covariance, columns))


def test_a_name_needs_its_probability() -> None:
    rate = Rate(1.0, 0.5, 2.0)
    with pytest.raises(InputError, match="probability"):
        Named("stack", float("nan"), 0.3, rate, 0.1, ("", 0.0))
    with pytest.raises(InputError, match="outside its interval"):
        Rate(3.0, 0.5, 2.0)
    named = Named("stack", 0.8, 0.3, rate, 0.1, (UNKNOWN, 0.4))
    with pytest.raises(InputError, match="not on the list"):
        Answer((named,), 0.1)
    answer = Answer((replace(named, name=UNKNOWN, probability=0.1), named), 0.1)
    assert [c.name for c in answer] == ["stack", UNKNOWN]
    assert "P = 0.80" in str(answer)
    assert {"name", "probability", "rate_lo", "rate_hi"} <= set(answer.table().columns)


def test_what_the_monitors_cannot_tell() -> None:
    response = np.array([[1.0, 0.0, 1.0], [0.5, 0.0, 0.5], [0.0, 0.0, 0.1]])
    clear = blind(response, np.ones(3))
    assert clear[0] == pytest.approx(3.29 / np.sqrt(1.25))
    assert np.isinf(clear[1])
    likeness = alike(response, np.ones(3))
    assert likeness[0, 2] > 0.99
    assert likeness[0, 1] == 0


def test_puff_truth_is_found_with_the_plume() -> None:
    right, near = 0, 0
    for seed in (201, 202, 203, 204):
        case = synthetic_release.case(seed)
        found = locate(case.response(), case.observed.ravel(), synthetic_release.NOISE, case.box)
        right += len(found.rates) == 2
        away = np.hypot(*(found.xy[:, None] - case.sources[None]).transpose(2, 0, 1))
        near += int(away.min(axis=0).max() <= 25)
    assert right >= 3
    assert near >= 3


@pytest.mark.shared
def test_prairie_grass_rates_and_places(shared) -> None:
    experiment = prairie_grass.read(shared)
    off, ratios, held = [], [], []
    for number, run in enumerate(experiment.runs.index[:10]):
        seen = experiment.samples[(experiment.samples["run"] == run) & (experiment.samples["arc_m"] <= 200)]
        count = len(seen)
        response = PlumeResponse(
            experiment.layer.take([number]), seen[["x", "y", "z"]].to_numpy(), np.zeros(count, int),
            np.arange(count), 0.46,
        )  # fmt: skip
        found = locate(
            response, seen["concentration"].to_numpy(), 1e-4, ((-230, 170), (-150, 250)), spacing=20.0,
            group=seen["arc_m"].to_numpy(), most=1,
        )  # fmt: skip
        rate = experiment.runs.loc[run, "Q_g_s"]
        off.append(np.hypot(*found.xy[0]))
        ratios.append(abs(np.log(found.rates[0] / rate)))
        held.append(found.rate_interval[0, 0] <= rate <= found.rate_interval[0, 1])
    assert np.median(off) < 15
    assert np.exp(np.median(ratios)) < 1.3
    assert np.mean(held) >= 0.8


@pytest.mark.shared
def test_ginninderra_interval_holds_the_release(shared) -> None:
    frame = ginninderra.read(shared)
    days = frame[frame["Time"].dt.normalize().isin(frame["Time"].dt.normalize().unique()[2:9])]
    release = ginninderra.release(days, 5.8)
    found = locate(
        release.response(), release.observed, release.sd, release.box(), spacing=10.0,
        background=release.background, most=1,
    )  # fmt: skip
    lo, hi = found.rate_interval[0] * 60
    assert lo <= 5.8 <= hi
    assert hi / lo < 10
    assert np.hypot(*(found.xy[0] - release.source)) < 15


@pytest.mark.shared
def test_ginninderra_refuses_a_rate_that_was_not_released(shared) -> None:
    with pytest.raises(InputError, match="nothing was released"):
        ginninderra.release(ginninderra.read(shared), 99.0)
