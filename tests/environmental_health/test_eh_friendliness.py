"""The friendliness index: scores and their uncertainty in closed form, weights, missing parts, a whole lake."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from eh_lakes import END, exposure, observations, sites, told
from hypothesis import given, settings
from hypothesis import strategies as st

from gzeco_lib.environmental_health import fields, forecasts, friendliness
from gzeco_lib.environmental_health.feeds import people as present_people
from gzeco_lib.environmental_health.friendliness import sensitivity
from gzeco_lib.environmental_health.friendliness.rules import GROUPS, PARTS, points, rules, weights_of
from gzeco_lib.environmental_health.friendliness.scores import index, score
from gzeco_lib.environmental_health.inputs import gather
from gzeco_lib.environmental_health.outlook.weather import Weather
from gzeco_lib.environmental_health.trained import Recipe
from gzeco_lib.errors import InputError
from gzeco_lib.geo.coords import from_plane
from gzeco_lib.geo.grid import Grid, city_grid
from gzeco_lib.lake.lake import Lake
from gzeco_lib.standards import aqhi

CURVE = np.array([[-10.0, 100.0], [-5.0, 80.0], [0.0, 60.0], [15.0, 0.0]])
EQUAL = dict.fromkeys(PARTS, 1.0)

# --- scores


def test_a_sure_value_gets_the_score_of_the_curve() -> None:
    found, sd = score(np.array([-20.0, -7.5, 5.0, 40.0, np.nan]), np.zeros(5), CURVE)
    np.testing.assert_allclose(found, [100, 90, 40, 0, np.nan])
    np.testing.assert_allclose(sd, [0, 0, 0, 0, np.nan])


@pytest.mark.parametrize(("value", "sd"), [(-12.0, 3.0), (-4.0, 1.0), (1.0, 8.0), (14.0, 2.0), (30.0, 4.0)])
def test_expected_score_is_that_of_many_draws(value: float, sd: float) -> None:
    drawn = np.interp(value + sd * np.random.default_rng(4).standard_normal(400_000), *CURVE.T)
    mean, spread = score(np.array(value), np.array(sd), CURVE)
    assert mean == pytest.approx(drawn.mean(), abs=0.15)
    assert spread == pytest.approx(drawn.std(), abs=0.15)


@given(st.floats(-40, 40), st.floats(0, 20))
@settings(max_examples=200, deadline=None)
def test_scores_stay_on_their_scale(value: float, sd: float) -> None:
    mean, spread = score(np.array(value), np.array(sd), CURVE)
    assert -1e-9 <= mean <= 100 + 1e-9
    assert 0 <= spread <= 50 + 1e-9


@pytest.mark.parametrize("part", ["air", "heat", "noise", "water", "green"])
@pytest.mark.parametrize("form", ["hong_kong", "canada"])
def test_every_curve_ascends_in_value_and_spans_the_scale(part: str, form: str) -> None:
    curve = points(part, "2024-12-15", form)
    assert (np.diff(curve[:, 0]) > 0).all()
    steps = np.diff(curve[:, 1])
    assert (steps > 0).all() if part == "green" else (steps < 0).all()
    assert {curve[:, 1].min(), curve[:, 1].max()} == {0, 100}


def test_the_air_loses_a_step_with_each_band() -> None:
    curve = points("air", "2024-12-15", "hong_kong")
    high = aqhi.threshold(7, "2024-12-15", "hong_kong")
    assert score(np.array(high), np.array(0.0), curve)[0] == pytest.approx(50)


# --- the index


def test_index_uncertainty_is_that_of_drawn_weights_and_scores() -> None:
    rng = np.random.default_rng(5)
    weights, mu, sd = (
        np.array([0.3, 0.2, 0.1, 0.4]),
        np.array([90.0, 40.0, 10.0, 70.0]),
        np.array([5.0, 10.0, 2.0, 8.0]),
    )
    drawn = (rng.dirichlet(20 * weights, 400_000) * (mu + sd * rng.standard_normal((400_000, 4)))).sum(axis=1)
    made = index(mu, sd, weights, 20.0)
    assert made.value == pytest.approx(drawn.mean(), abs=0.1)
    assert made.sd == pytest.approx(drawn.std(), rel=0.01)
    assert float(made.hi) == pytest.approx(np.quantile(drawn, 0.9), abs=0.6)
    assert float(made.lo) == pytest.approx(np.quantile(drawn, 0.1), abs=0.6)


def test_leaving_a_part_out_is_a_dirichlet_of_the_rest() -> None:
    rng = np.random.default_rng(6)
    weights, mu = np.array([0.3, 0.2, 0.1, 0.4]), np.array([90.0, 40.0, 10.0, np.nan])
    drawn = rng.dirichlet(20 * weights, 400_000)[:, :3]
    drawn = (drawn / drawn.sum(axis=1, keepdims=True)) @ mu[:3]
    made = index(mu, np.zeros(4), weights, 20.0)
    assert made.value == pytest.approx(drawn.mean(), abs=0.1)
    assert made.from_weights == pytest.approx(drawn.std(), rel=0.01)
    np.testing.assert_allclose(made.weight, [0.5, 1 / 3, 1 / 6, 0.0])


def test_sure_weights_leave_only_the_inputs() -> None:
    made = index(np.array([90.0, 40.0]), np.array([6.0, 8.0]), np.array([0.5, 0.5]), np.inf)
    assert made.sd == pytest.approx(5.0)
    assert made.from_weights == pytest.approx(0.0)


def test_nothing_known_gives_no_index() -> None:
    made = index(np.full((3, 2), np.nan), np.full((3, 2), np.nan), np.ones(3), 20.0)
    assert np.isnan(made.value).all()
    assert np.isnan(made.lo).all()


@given(
    st.lists(st.floats(0, 100), min_size=6, max_size=6), st.lists(st.floats(0.01, 1), min_size=6, max_size=6)
)
@settings(max_examples=100, deadline=None)
def test_the_index_lies_among_its_scores(scores: list[float], weights: list[float]) -> None:
    made = index(np.array(scores), np.zeros(6), np.array(weights), 20.0)
    assert min(scores) - 1e-6 <= made.value <= max(scores) + 1e-6
    assert 0 <= made.lo <= made.value + 1e-6


def test_weights_are_checked_and_groups_change_them() -> None:
    assert sum(weights_of(EQUAL, "elder_65").values()) == pytest.approx(1)
    assert weights_of(EQUAL, "elder_65")["heat"] > weights_of(EQUAL, "all")["heat"]
    for bad, word in (({"air": -1.0}, "不是非负数"), ({"noise": 0.0}, "均为 0"), ({"smell": 1.0}, "smell")):
        with pytest.raises(InputError) as caught:
            weights_of(bad, "all")
        assert word in told((caught.value.what, caught.value.fields), "zh")
    with pytest.raises(InputError):
        weights_of(EQUAL, "nobody")


def test_default_weights_sum_to_one_and_every_group_has_its_rule() -> None:
    assert sum(friendliness.default_weights().values()) == pytest.approx(1)
    assert set(rules()["groups"]) == set(GROUPS)
    assert all(set(rule["groups"]) <= set(GROUPS) for rule in rules()["places"].values())


# --- what the weights do


def part_rows() -> pd.DataFrame:
    """Three districts: A better than B in everything, C best in green alone."""
    scores = {
        "A": [90, 90, 90, 90, 60, 90],
        "B": [50, 50, 50, 50, 40, 50],
        "C": [50, 50, 50, 50, 100, np.nan],
    }
    return pd.DataFrame(
        [
            {"scope": "district", "key": key, "group": "all", "part": name, "score": float(value), "sd": 2.0}
            for key, values in scores.items()
            for name, value in zip(PARTS, values, strict=True)
        ]
    )


def test_a_place_better_in_every_part_is_never_below_the_other() -> None:
    shares = sensitivity.rank_shares(part_rows(), "district", EQUAL, draws=500, inputs=False)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_allclose(shares.sum(axis=0), 1)
    assert shares.loc["B", 3] == 1
    assert shares.index[0] == "A"
    with_inputs = sensitivity.rank_shares(part_rows(), "district", EQUAL, draws=500)
    assert with_inputs.loc["A", 1] > 0.5


def test_more_weight_on_green_moves_the_index_by_hand() -> None:
    changed = sensitivity.one_part_more(part_rows(), "district", EQUAL, more=0.1)
    assert changed.loc["A", "green"] == pytest.approx(0.1 * (60 - 85))
    assert changed.loc["C", "green"] > 0 > changed.loc["B", "green"]
    # What A does not differ in does not move it beyond what green loses.
    assert changed.loc["A", "air"] == pytest.approx(0.1 * (90 - 85))


# --- from a lake


@dataclass
class Made:
    """What the index is made of, and the index."""

    grid: Grid
    result: friendliness.Friendliness
    seconds: float


def weather_of(series_length: int) -> Weather:
    flat = np.full((series_length, 1), 34.0)
    zero = np.zeros(series_length)
    return Weather(np.array([[np.nan, np.nan]]), flat, zero, flat, zero, flat + 5.4, zero, 0.5)


def hazards_of(grid: Grid) -> xr.Dataset:
    """Noise 5 dB over the limit everywhere; water of class IV in the two westernmost columns alone."""
    noise = np.where(grid.mask, 5.0, np.nan)
    water = np.where(grid.mask & (np.arange(grid.shape[1])[None, :] < 2), 4.0, np.nan)
    zero = np.zeros(grid.shape)
    dims = ("y", "x")
    return xr.Dataset(
        {
            "noise_value": (dims, noise), "noise_sd": (dims, zero),
            "water_value": (dims, water), "water_sd": (dims, zero),
        }
    )  # fmt: skip


def places() -> pd.DataFrame:
    """A park and a hospital in the middle, a school 300 m from the park, a site, and a school without a place."""
    x, y = 434500.0, 2560500.0
    at = {"P": (x, y), "H": (x + 900, y), "S": (x, y + 300), "C": (x + 5000, y)}
    kind = {"P": "park", "H": "hospital", "S": "school", "C": "construction"}
    rows = [(key, kind[key], *(float(v) for v in from_plane(*xy))) for key, xy in at.items()]
    rows.append(("Z", "school", np.nan, np.nan))
    frame = pd.DataFrame(rows, columns=["place", "kind", "lon", "lat"])
    return frame.assign(
        name_zh="示例" + frame["place"],
        name_en=None,
        district=None,
        people=100.0,
        generated=True,
        source="test",
    )


def green(grid: Grid) -> pd.DataFrame:
    return pd.DataFrame(
        {"cell": city_grid(1000).cells.ravel(), "attribute": "green_share", "value": 0.3}
    ).assign(generated=True, source="test")


def made(
    lake: Lake, *, warm: bool = True, hazards: bool = True, weights: dict[str, float] | None = None
) -> Made:
    inputs = gather(lake, END, 30)
    series = forecasts.join(
        inputs.data, forecasts.predict(lake, inputs.data, 12, Recipe("quick", 60, 7.0)), 12
    )
    grid = city_grid(2000)
    history = {code: inputs.data[code].to_numpy() for code in series.codes}
    cells = fields.city_cells(series, history, inputs.xy, grid, "hong_kong")
    people, _ = present_people(lake, series.times, grid)
    began = time.process_time()
    result = friendliness.make(
        lake, grid, series, cells, people,
        weather_of(len(series.times)) if warm else None,
        hazards_of(grid) if hazards else None,
        "hong_kong", weights or friendliness.default_weights(),
    )  # fmt: skip
    return Made(grid, result, time.process_time() - began)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Made:
    lake = Lake.open(str(tmp_path_factory.mktemp("friendly") / "lake"), create=True)
    lake.write("site", sites())
    lake.write("observation", observations())
    lake.write("exposure", exposure())
    lake.write("place", places())
    lake.write("cell", green(city_grid(1000)))
    return made(lake)


def part(full: Made, scope: str, key: str, name: str, group: str = "all") -> pd.Series:
    rows = full.result.tables["friendliness_parts"]
    found = rows[
        (rows["scope"] == scope) & (rows["key"] == key) & (rows["part"] == name) & (rows["group"] == group)
    ]
    assert len(found) == 1
    return found.iloc[0]


def test_index_of_the_city_is_the_weighted_mean_of_its_parts(full: Made) -> None:
    rows = full.result.tables["friendliness_parts"]
    city = rows[(rows["scope"] == "city") & (rows["group"] == "all")]
    found = (
        full.result.tables["friendliness"].set_index(["scope", "key", "group"]).loc[("city", "440100", "all")]
    )
    assert found["index"] == pytest.approx((city["score"] * city["weight"]).sum())
    assert found["lo"] < found["index"] < found["hi"]
    assert city["weight"].sum() == pytest.approx(1)


def test_a_part_known_for_few_people_is_left_out_and_named(full: Made) -> None:
    water = part(full, "city", "440100", "water")
    assert np.isnan(water["score"])
    assert 0 <= water["covered"] < rules()["least_covered"]
    table = full.result.tables["friendliness"]
    assert table.loc[table["scope"] == "city", "missing"].eq("water").all()


def test_a_place_is_judged_by_its_cell_and_its_own_distances(full: Made) -> None:
    assert part(full, "place", "S", "access")["value"] == pytest.approx(300, abs=1)
    near_hospital = np.interp(np.hypot(900, 300), *np.array(rules()["parts"]["access"]["hospital"]).T)
    assert part(full, "place", "S", "access")["score"] == pytest.approx((100 + near_hospital) / 2, abs=0.1)
    assert part(full, "place", "S", "noise")["score"] == pytest.approx(40)
    # A park does not serve itself: its nearest other park is unknown, only the hospital counts.
    assert part(full, "place", "P", "access")["value"] == pytest.approx(900, abs=1)
    keys = full.result.tables["friendliness"].query("scope == 'place'")["key"]
    assert set(keys) == {"P", "H", "S", "C"}


def test_kinds_of_places_carry_their_groups(full: Made) -> None:
    table = full.result.tables["friendliness"]
    school = table[(table["scope"] == "place_kind") & (table["key"] == "school")]
    assert set(school["group"]) == {"all", "child_0_14"}
    assert set(school["name_zh"]) == {"学校"}


def test_a_group_has_its_own_weights_over_what_is_known(full: Made) -> None:
    weights = weights_of(friendliness.default_weights(), "outdoor_worker")
    parts = {name: part(full, "city", "440100", name, "outdoor_worker") for name in PARTS}
    known = [name for name in PARTS if np.isfinite(parts[name]["score"])]
    expected = sum(weights[name] * parts[name]["score"] for name in known) / sum(
        weights[name] for name in known
    )
    table = full.result.tables["friendliness"].set_index(["scope", "key", "group"])["index"]
    assert table[("city", "440100", "outdoor_worker")] == pytest.approx(expected)
    assert parts["heat"]["weight"] > part(full, "city", "440100", "heat")["weight"]


def test_counts_for_advice(full: Made) -> None:
    assert full.result.counts == {"noisy_sites": 1.0}


def test_it_is_quick(full: Made) -> None:
    assert full.seconds < 2.0  # [s] of processor; 0.2 on 7,282 cells of an idle core


def test_other_weights_from_what_is_stored_are_those_of_a_run(full: Made) -> None:
    tables = full.result.tables
    again = friendliness.reweighted(
        tables["friendliness"], tables["friendliness_parts"], friendliness.default_weights()
    )
    pd.testing.assert_frame_equal(again, tables["friendliness"])
    noisy = friendliness.reweighted(tables["friendliness"], tables["friendliness_parts"], {"noise": 1.0})
    known = noisy["scope"].eq("city")
    np.testing.assert_allclose(noisy.loc[known, "index"], 40.0)
    cells = friendliness.field_index(full.result.dataset, friendliness.default_weights())
    np.testing.assert_allclose(cells.value, full.result.dataset["index"].to_numpy(), rtol=1e-5)


def test_the_map_is_empty_outside_the_city_and_whole_inside(full: Made) -> None:
    values = full.result.dataset["index"].to_numpy()
    assert np.isnan(values[~full.grid.mask]).all()
    assert np.isfinite(values[full.grid.mask]).all()


def test_an_almost_empty_lake_says_what_is_missing(lake_of: Callable[..., Lake]) -> None:
    found = made(lake_of(observations()), warm=False, hazards=False).result
    table = found.tables["friendliness"]
    assert set(table["scope"]) == {"city", "district"}
    assert table["missing"].eq("heat,noise,water,green,access").all()
    assert table["index"].between(0, 100).all()
    assert found.counts == {}
    assert any(
        told(note, "en").startswith("The index rests on 1 of 6 parts with 30%") for note in found.notes
    )
    said = " ".join(told(note, "zh") for note in found.notes)
    for word in ("气温", "噪声", "水质", "绿地", "公园"):
        assert word in said
