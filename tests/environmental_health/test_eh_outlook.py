"""The next hours: errors of means, probabilities of bands, alerts, weather carried on, groups."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from eh_lakes import END, observations, told

from gzeco_lib.environmental_health import fields, forecasts, outlook
from gzeco_lib.environmental_health.feeds import people as present_people
from gzeco_lib.environmental_health.inputs import gather
from gzeco_lib.environmental_health.outlook import (
    heat_cold,
    persistence,
    probability,
    susceptibility,
    weather,
)
from gzeco_lib.environmental_health.outlook.alerts import alerts, runs
from gzeco_lib.environmental_health.outlook.dependence import (
    Blocks,
    CellErrors,
    Dependence,
    measure,
    shared,
    step_of,
)
from gzeco_lib.environmental_health.outlook.make import Outlook
from gzeco_lib.environmental_health.trained import Recipe
from gzeco_lib.geo.grid import city_grid
from gzeco_lib.lake.lake import Lake
from gzeco_lib.scenario import Outcome
from gzeco_lib.standards import aqhi

RNG = np.random.default_rng(3)


def errors(sd: np.ndarray, interpolation: np.ndarray, xy: np.ndarray, dependence: Dependence) -> CellErrors:
    return CellErrors(sd, interpolation, np.arange(len(sd)) + 7, Blocks.of(xy), dependence, np.ones(len(sd)))


# --- errors that go together


def test_correlation_of_a_made_network_is_found() -> None:
    """Fields made with 0.4 + 0.6 exp(-d / 20 km), at 25 stations."""
    xy = RNG.uniform(0, 6e4, (25, 2))
    apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    root = np.linalg.cholesky(0.4 + 0.6 * np.exp(-apart / 2e4) + 1e-9 * np.eye(25))
    steps = RNG.standard_normal((2000, 25)) @ root.T
    risk = np.square(20 + np.cumsum(steps, axis=0) * 0.02)
    found = measure(risk, np.arange(2000) % 24, xy)
    for distance in (5e3, 2e4, 5e4):
        expected = 0.4 + 0.6 * np.exp(-distance / 2e4)
        assert found.correlation(np.array([distance]), 0)[0] == pytest.approx(expected, abs=0.08)
    assert found.correlation(np.array([0.0]), 0)[0] == 1


def test_too_small_a_network_is_fully_dependent() -> None:
    found = measure(RNG.uniform(1, 9, (500, 4)), np.arange(500) % 24, RNG.uniform(0, 1e4, (4, 2)))
    np.testing.assert_array_equal(found.correlation(np.array([0.0, 1e3, 1e5]), 2), 1.0)


def test_error_of_a_mean_between_independent_and_fully_dependent() -> None:
    xy = np.stack([np.arange(40) * 1e4, np.zeros(40)], axis=1)  # each cell a block of its own
    sd, none = np.full((2, 40), 3.0), np.zeros((2, 40))
    weight = np.ones((2, 40))
    whole = errors(sd, none, xy, Dependence.full()).of_mean(weight)
    np.testing.assert_allclose(whole, 3.0)
    alone = Dependence(np.zeros(4), np.zeros(4), np.full(4, 1e4))
    np.testing.assert_allclose(errors(sd, none, xy, alone).of_mean(weight), 3.0 / np.sqrt(40))
    # Interpolation errors 10 km apart have a correlation of exp(-2).
    by_hand = 3.0 * np.sqrt(np.exp(-np.abs(xy[:, None, 0] - xy[None, :, 0]) / 5e3).sum()) / 40
    np.testing.assert_allclose(errors(sd, sd, xy, alone).of_mean(weight), by_hand)


def test_what_is_left_of_a_stations_error_in_their_mean() -> None:
    xy = np.array([[0.0, 0.0], [1e5, 0.0], [np.nan, np.nan]])
    half = Dependence(np.full(4, 0.5), np.ones(4), np.full(4, 1e4))
    np.testing.assert_allclose(shared(half, xy, np.array([0, 24])), np.sqrt((1 + 1 + 0.5 + 0.5) / 4))
    np.testing.assert_allclose(shared(Dependence.full(), xy, np.array([3])), 1.0)


def test_cells_without_weight_or_value_do_not_count() -> None:
    xy = np.stack([np.arange(4) * 1e5, np.zeros(4)], axis=1)
    sd = np.array([[1.0, 2.0, np.nan, 50.0]])
    weight = np.array([[1.0, 1.0, 1.0, 0.0]])
    alone = Dependence(np.zeros(4), np.zeros(4), np.full(4, 1e4))
    found = errors(sd, np.zeros((1, 4)), xy, alone).of_mean(weight)
    assert found[0] == pytest.approx(np.hypot(1, 2) / 2)
    nobody = errors(sd, np.zeros((1, 4)), xy, alone).of_mean(
        np.zeros((1, 4)), np.array([True, True, False, False])
    )
    assert nobody[0] == pytest.approx(np.hypot(1, 2) / 2)


def test_leads_take_the_step_below_them() -> None:
    np.testing.assert_array_equal(
        step_of(np.array([-5, 0, 1, 2, 3, 5, 6, 11, 12, 24])), [0, 0, 0, 0, 1, 1, 2, 2, 3, 3]
    )


# --- probabilities


def test_probability_is_a_half_at_the_limit_and_falls_with_it() -> None:
    assert probability.exceedance(np.array(9.0), np.array(2.0), 9.0) == pytest.approx(0.5)
    falling = probability.exceedance(
        np.full(5, 9.0), np.full(5, 2.0), np.array([0.0, 5.0, 9.0, 12.0, np.inf])
    )
    assert (np.diff(falling) < 0).all()
    assert falling[0] == 1
    assert falling[-1] == 0


def test_without_error_the_probability_is_sure_and_unknown_stays_unknown() -> None:
    found = probability.exceedance(np.array([8.9, 9.1, np.nan]), np.array([0.0, 0.0, 1.0]), 9.0)
    np.testing.assert_array_equal(found[:2], [0.0, 1.0])
    assert np.isnan(found[2])


@pytest.mark.parametrize(("form", "band", "index"), [("hong_kong", "high", 7), ("canada", "very_high", 11)])
def test_a_band_begins_at_its_first_index(form: str, band: str, index: int) -> None:
    assert probability.threshold(band, "2024-12-15", form) == aqhi.threshold(index, "2024-12-15", form)
    assert probability.threshold("low", "2024-12-15", form) == 0
    assert probability.threshold("serious", "2024-12-15", "canada") == np.inf


def test_limits_change_with_the_law_at_local_midnight() -> None:
    times = pd.date_range("2025-03-21T10", "2025-03-22T10", freq="1h").to_numpy()
    found = probability.thresholds("high", times, "hong_kong")
    assert set(found[times < np.datetime64("2025-03-21T16")]) == {11.29}
    assert set(found[times >= np.datetime64("2025-03-21T16")]) == {11.20}


def test_band_table_falls_from_band_to_band() -> None:
    rows = pd.DataFrame(
        {
            "time": pd.date_range("2024-12-15", periods=3, freq="1h", tz="UTC"), "lead_h": [-1, 0, 1],
            "district": "", "excess_risk": [9.0, 9.0, 12.0], "excess_risk_hi": [9.0, 10.0, 15.0],
        }
    )  # fmt: skip
    table = probability.table(rows, "hong_kong")
    assert set(table["lead_h"]) == {0, 1}
    for _, of in table.groupby("lead_h"):
        assert list(of["band"]) == list(aqhi.BANDS)
        assert of["probability"].is_monotonic_decreasing
        assert of["probability"].iloc[0] == 1


# --- alerts


def test_runs_close_a_gap_of_one_hour() -> None:
    assert runs(np.array([0, 1, 1, 0, 1, 0, 0, 1], dtype=bool)) == [(1, 4), (7, 7)]
    assert runs(np.zeros(4, dtype=bool)) == []


def hours(district: str, group: str, risk: list[float], people: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "time": pd.date_range("2024-12-15", periods=len(risk), freq="1h", tz="UTC"),
            "lead_h": range(len(risk)), "district": district, "group": group, "people": people,
            "excess_risk": risk, "excess_risk_hi": np.array(risk) + 1.0,
        }
    )  # fmt: skip


def risk_field(risk: list[float]) -> xr.Dataset:
    """Two cells, the second always calm."""
    both = np.stack([np.array(risk), np.full(len(risk), 2.0)], axis=1)[:, None, :]
    dims = ("lead_h", "y", "x")
    return xr.Dataset(
        {"excess_risk": (dims, both), "excess_risk_sd": (dims, np.full_like(both, 0.5))},
        coords={
            "time": ("lead_h", pd.date_range("2024-12-15", periods=len(risk), freq="1h").to_numpy()),
            "x": [434500.0, 435500.0], "y": [2558500.0], "lead_h": np.arange(len(risk)),
        },
        attrs={"resolution_m": 1000},
    )  # fmt: skip


def test_an_alert_joins_hours_and_names_its_peak_and_people() -> None:
    risk = [5.0, 12.0, 13.0, 12.5, 5.0]
    tables = pd.concat(
        [
            hours("", "all", [5.0] * 5, 9e6),
            hours("440104", "all", risk, 1e6),
            hours("440104", "elder_65", risk, 2e5),
        ]
    )
    persons = np.zeros((5, 1, 2)) + 700.0
    found = alerts(tables, risk_field(risk), "high", 0.5, "hong_kong", persons)
    assert list(found["place_kind"]) == ["district", "cell"]
    district, cell = found.iloc[0], found.iloc[1]
    assert (district["name_zh"], district["hours"], district["people"]) == ("越秀区", 3, 1e6)
    assert district["first_time"] == pd.Timestamp("2024-12-15T01:00Z")
    assert district["peak_time"] == pd.Timestamp("2024-12-15T02:00Z")
    assert district["probability"] == pytest.approx(
        float(probability.exceedance(13.0, 1 / 1.2815515655446004, 11.29)), rel=1e-6
    )
    assert (cell["place"], cell["people"]) == ("434_2558", 700.0)


def test_a_group_is_told_where_its_district_is_not() -> None:
    tables = pd.concat([hours("440104", "all", [5.0] * 3, 1e6), hours("440104", "elder_65", [13.0] * 3, 2e5)])
    found = alerts(tables, risk_field([2.0] * 3), "high", 0.5, "hong_kong")
    assert list(found["place_kind"]) == ["group"]
    assert found["group"].iloc[0] == "elder_65"


def test_a_higher_threshold_gives_fewer_alerts() -> None:
    tables = hours("440104", "all", [10.5, 11.0, 11.5, 12.0], 1e6)
    counts = [len(alerts(tables, risk_field([2.0] * 4), "high", p, "hong_kong")) for p in (0.05, 0.5, 0.999)]
    assert counts == [1, 1, 0]
    none = alerts(tables, risk_field([2.0] * 4), "serious", 0.5, "hong_kong")
    assert none.empty
    assert isinstance(none["first_time"].dtype, pd.DatetimeTZDtype)


# --- weather carried on


def warm_days(days: int, sites: int = 3) -> np.ndarray:
    """A daily course of 6 degC with an anomaly of a day's memory."""
    hour = np.arange(24 * days)
    anomaly = np.zeros(len(hour))
    for t in range(1, len(hour)):
        anomaly[t] = 0.97 * anomaly[t - 1] + 0.3 * RNG.standard_normal()
    course = 22 + 6 * np.sin(2 * np.pi * hour / 24) + anomaly
    return course[:, None] + np.arange(sites)[None, :] * 0.5


def test_persistence_beats_the_usual_day_and_its_error_is_what_it_misses() -> None:
    values = warm_days(60)
    inside, gain, plain = [], [], []
    for start in range(24 * 45, 24 * 59, 7):
        made = persistence.path(values[:start], 24)
        came = values[start : start + 24]
        known = len(came)
        inside.append(np.abs(made.value[:known] - came) <= 1.2816 * made.sd[:known, None])
        gain.append(np.abs(made.value[:known] - came)[:6].mean())
        plain.append(np.abs(persistence.usual(values[:start], 6)[-6:] - came[:6]).mean())
    assert 0.7 < np.concatenate(inside).mean() < 0.9
    assert np.mean(gain) < 0.9 * np.mean(plain)


def test_a_days_mean_is_surer_the_more_of_it_is_known() -> None:
    made = persistence.path(warm_days(50), 24)
    assert (np.diff(made.daily_sd) > 0).all()
    assert made.daily_sd[0] < 0.2


def test_gaps_do_not_stop_the_path() -> None:
    values = warm_days(40)
    values[-60:, 1] = np.nan
    made = persistence.path(values, 12)
    assert np.isfinite(made.value).all()
    np.testing.assert_allclose(made.value[:, 1], persistence.usual(values, 12)[-12:, 1])


def test_heat_index_of_the_published_chart() -> None:
    """NWS chart [degF]: 90 and 70 % feel like 106, 96 and 65 % like 121, 100 and 40 % like 109, 86 and 50 % like 88."""
    warm, damp = np.array([90.0, 96.0, 100.0, 86.0]), np.array([70.0, 65.0, 40.0, 50.0])
    found = weather.heat_index((warm - 32) / 1.8, damp) * 1.8 + 32
    np.testing.assert_allclose(found, [106, 121, 109, 88], atol=0.75)


def test_inverse_distance_leaves_out_what_is_missing() -> None:
    xy = np.array([[0.0, 0.0], [1e4, 0.0], [np.nan, np.nan]])
    values = np.array([[10.0, 20.0, np.nan], [np.nan, 20.0, np.nan]])
    found = weather.inverse_distance(values, xy, np.array([[5e3, 0.0], [1e3, 0.0]]))
    assert found[0, 0] == pytest.approx(15.0)
    assert found[0, 1] == pytest.approx((10 * 81 + 20) / 82)
    np.testing.assert_allclose(found[1], 20.0)


# --- from a lake


def made_outlook(lake: Lake, at: pd.Timestamp = END, band: str = "moderate", least: float = 0.3) -> Outlook:
    inputs = gather(lake, at, 30)
    series = forecasts.join(
        inputs.data, forecasts.predict(lake, inputs.data, 12, Recipe("quick", 60, 7.0)), 12
    )
    grid = city_grid(2000)
    history = {code: inputs.data[code].to_numpy() for code in series.codes}
    cells = fields.city_cells(series, history, inputs.xy, grid, "hong_kong")
    people, _ = present_people(lake, series.times, grid)
    known, _ = outlook.cell_errors(inputs, series, cells, grid, "hong_kong")
    return outlook.make(
        lake,
        at,
        series,
        cells,
        known,
        people,
        grid,
        fields.dataset(cells, series, grid),
        "hong_kong",
        band,
        least,
    )


def weather_rows(hours: int = 24 * 20, humid: bool = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    times = pd.date_range(END - pd.Timedelta(hours=hours), END, freq="1h", inclusive="left")
    course = 15 + 5 * np.sin(2 * np.pi * (times.hour - 2) / 24)
    parts = [
        pd.DataFrame({"time": times, "site": site, "variable": variable, "value": value})
        for k, site in enumerate(("W1", "W2"))
        for variable, value in (("temperature", course + k), ("relative_humidity", 70.0))
        if humid or variable == "temperature"
    ]
    rows = pd.concat(parts).assign(flag="", interval="PT1H", source="test")
    sites = pd.DataFrame(
        {
            "site": ["W1", "W2"], "name_zh": ["甲", "乙"], "name_en": ["A", "B"], "kind": "weather",
            "lon": [113.3, 113.6], "lat": [23.1, 23.3], "district": None, "generated": True, "source": "test",
        }
    )  # fmt: skip
    return rows, sites


@pytest.fixture(scope="session")
def looked(whole: Lake) -> Outlook:
    return made_outlook(whole)


def test_groups_and_probabilities_hold_together(looked: Outlook) -> None:
    groups, table = looked.tables["group_hourly"], looked.tables["grade_probability"]
    assert not groups.duplicated(["time", "district", "group"]).any()
    assert set(groups["group"]) == {"all", "child_0_14", "adult_15_64", "elder_65", "outdoor_worker"}
    known = groups.dropna(subset="excess_risk")
    assert (known["excess_risk_lo"] <= known["excess_risk"]).all()
    assert (known["excess_risk_hi"] >= known["excess_risk"]).all()
    assert table["probability"].between(0, 1).all()
    assert (table["lead_h"] >= 0).all()
    parts = groups[(groups["group"] != "all") & (groups["district"] == "")].groupby("time")["people"].sum()
    city = groups[(groups["group"] == "all") & (groups["district"] == "")].set_index("time")["people"]
    np.testing.assert_allclose(parts.to_numpy(), city.loc[parts.index].to_numpy())


def test_older_people_bear_more_of_the_same_air_and_the_index_stays(looked: Outlook) -> None:
    """Everybody is at the same places in this lake: what differs is the factor of particles and ozone alone."""
    groups = looked.tables["group_hourly"]
    at = groups[(groups["lead_h"] == 0) & (groups["district"] == "")].set_index("group")
    factors = susceptibility.factors()["elder_65"]
    ratio = at.loc["elder_65", "excess_risk"] / at.loc["all", "excess_risk"]
    assert 1 < ratio < max(f.value for f in factors.values())
    assert at.loc["adult_15_64", "excess_risk"] < at.loc["all", "excess_risk"]
    assert at.loc["child_0_14", "excess_risk"] == pytest.approx(at.loc["all", "excess_risk"], rel=0.02)
    assert at.loc["outdoor_worker", "excess_risk"] == pytest.approx(at.loc["all", "excess_risk"], rel=0.02)
    assert at["aqhi"].nunique() == 1


def test_factors_are_those_of_the_reviews() -> None:
    """Bell et al. 2013: PM10, 0.64 % for older and 0.525 % for both."""
    found = susceptibility.factors()
    assert found["elder_65"]["PM"].value == pytest.approx(0.64 / 0.525, rel=1e-3)
    assert found["elder_65"]["PM"].error > 0
    assert "child_0_14" not in found
    assert "NO2" not in found["elder_65"]


def test_the_literature_stands_in_where_no_local_curve_is_known(lake_of: Callable[..., Lake]) -> None:
    curve, notes = heat_cold.choose(lake_of(), END)
    assert not curve.local
    assert "Guangzhou" in curve.source or "Yang" in curve.source
    assert "文献" in told(notes[0], "zh")
    lake = lake_of()
    made = Outcome(heat_cold.RESPONSE, END, {})
    value = np.arange(10.0, 35.0, 5.0)
    made.tables["curve"] = pd.DataFrame(
        {"exposure": "temperature", "measure": "deaths", "cause": "nonaccidental", "age": "all", "district": "440100",
         "kind": "local", "value": value, "rr": 1.1, "lo": 1.0, "hi": 1.21}
    )  # fmt: skip
    made.save(lake)
    own, _ = heat_cold.choose(lake, END)
    assert own.local
    np.testing.assert_allclose(own.error, np.log(1.21) / (2 * 1.959964), rtol=1e-5)


def test_city_is_narrower_than_the_mean_of_its_districts(looked: Outlook) -> None:
    groups = looked.tables["group_hourly"]
    at = groups[(groups["group"] == "all") & (groups["lead_h"] == 6)].set_index("district")
    width = at["excess_risk_hi"] - at["excess_risk"]
    assert width[""] <= width.drop("").mean()


def test_without_weather_it_is_said_and_nothing_is_made_up(looked: Outlook) -> None:
    assert looked.weather is None
    assert looked.tables["group_hourly"]["temperature_risk"].isna().all()
    assert any("没有近期气温" in told(note, "zh") for note in looked.notes)


def test_without_people_the_city_is_weighed_by_area(lake_of: Callable[..., Lake]) -> None:
    made = made_outlook(lake_of(observations(days=12)))
    groups = made.tables["group_hourly"]
    assert set(groups["group"]) == {"all"}
    assert groups["people"].isna().all()
    assert groups["excess_risk"].notna().any()


def test_daily_temperature_is_carried_on_and_said(lake_of: Callable[..., Lake]) -> None:
    lake = lake_of(observations(days=12))
    days = pd.date_range("2024-11-20", "2024-12-13", freq="1D", tz="Asia/Shanghai").tz_convert("UTC")
    _, sites = weather_rows()
    lake.write("site", sites.iloc[:1].assign(lon=np.nan, lat=np.nan))
    lake.write(
        "observation",
        pd.DataFrame({"time": days, "value": np.linspace(20, 14, len(days))}).assign(
            site="W1", variable="temperature", flag="", interval="P1D", source="test"
        ),
    )
    made = made_outlook(lake)
    assert made.weather is not None
    np.testing.assert_allclose(made.weather.daily, 14.0)
    assert any("2024-12-13" in told(note, "en") for note in made.notes)


def test_hourly_weather_goes_on_and_a_silence_is_said(lake_of: Callable[..., Lake]) -> None:
    lake = lake_of(observations(days=12))
    rows, sites = weather_rows()
    lake.write("site", sites)
    lake.write("observation", rows[rows["time"] < END - pd.Timedelta("7h")])
    made = made_outlook(lake)
    assert made.weather is not None
    assert np.isfinite(made.weather.temperature[-12:]).all()
    assert np.isfinite(made.weather.heat_index[-12:]).all()
    assert any("7 小时" in told(note, "zh") for note in made.notes)


def test_risk_of_a_curve_is_the_curve_and_errors_add() -> None:
    curve = heat_cold.Curve(
        np.array([5.0, 20.0, 30.0]), np.array([1.2, 1.0, 1.1]), np.full(3, 0.02), True, "test"
    )
    flat = np.full((2, 1), 5.0)
    cold = weather.Weather(
        np.array([[0.0, 0.0]]), flat, np.zeros(2), flat, np.array([0.0, 2.0]), flat, np.zeros(2), 0.0
    )
    found = heat_cold.risk(curve, cold, np.array([[1e3, 0.0]]))
    np.testing.assert_allclose(found.value[:, 0], 20.0)
    assert found.sd[0, 0] == pytest.approx(120 * 0.02)
    slope = (np.log(1.0) - np.log(1.2)) / 15
    assert found.sd[1, 0] == pytest.approx(120 * np.hypot(0.02, 2 * slope))
