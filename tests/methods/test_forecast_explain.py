"""Explanations add up, probabilities follow from quantiles, grades are those of HJ 633, forecast weather is used."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import norm

from gzeco_lib.errors import InputError
from gzeco_lib.methods.forecast import MEMBERS, Forecaster, backtest
from gzeco_lib.methods.forecast.boosting import tree_columns, tree_groups, tree_rows
from gzeco_lib.methods.forecast.design import anomalies, linear_design, linear_groups
from gzeco_lib.methods.forecast.exceedance import above
from gzeco_lib.methods.forecast.explain import GROUPS, contributions, reasons
from gzeco_lib.methods.forecast.grades import limits
from gzeco_lib.methods.forecast.intervals import LEVELS
from gzeco_lib.methods.forecast.panel import panel
from gzeco_lib.methods.forecast.probabilities import exceeding, of_any
from gzeco_lib.methods.forecast.wind import components

DAYS, SITES = 60, 3
ORIGIN = "2024-06-28T05:00"


def city() -> xr.Dataset:
    """A day's course, a shared anomaly, wind, and another pollutant, whole micrograms."""
    draw = np.random.default_rng(5)
    hours = DAYS * 24
    shared, wind = np.zeros(hours), draw.normal(0, 1, hours)
    for t in range(1, hours):
        shared[t] = 0.93 * shared[t - 1] + draw.normal(0, 6.0) + 2 * wind[t - 1]
    day = 80 + 25 * np.sin(2 * np.pi * (np.arange(hours) % 24 - 6) / 24)
    values = day[:, None] + shared[:, None] + draw.normal(0, 1.5, (hours, SITES))
    time = pd.date_range("2024-05-01", periods=hours, freq="h").to_numpy().astype("datetime64[ns]")
    return xr.Dataset(
        {
            "NO2": (("time", "site"), np.maximum(values, 0).round()),
            "O3": (("time", "site"), np.maximum(150 - values, 0).round()),
            "wind_speed": ("time", wind + 5),
            "wind_direction": ("time", draw.uniform(0, 360, hours), {"units": "degree"}),
        },
        coords={"time": time, "site": [f"S{k}" for k in range(SITES)]},
    )


@pytest.fixture(scope="module")
def data() -> xr.Dataset:
    return city()


@pytest.fixture(scope="module")
def fitted(data: xr.Dataset) -> Forecaster:
    """A league of every kind of member, each with some weight."""
    made = Forecaster.fit(
        data.isel(time=slice(0, 55 * 24)), "NO2", members=[m for m in MEMBERS if m != "prophet"]
    )
    made.fitted.weight[:] = 1 / made.fitted.weight.shape[1]
    return made


def test_parts_sum_to_the_forecast_minus_the_usual(fitted: Forecaster, data: xr.Dataset) -> None:
    of = contributions(fitted, data, ORIGIN)
    assert list(of["group"].to_numpy()) == list(GROUPS)
    np.testing.assert_allclose(of["usual"] + of["contribution"].sum("group"), of["value"], atol=1e-8)
    told = fitted.predict(data, ORIGIN)["value"].sel(quantile=0.5, drop=True)
    np.testing.assert_allclose(of["value"], told, atol=1e-8)


def test_the_parts_of_each_member_are_its_own_departure(fitted: Forecaster, data: xr.Dataset) -> None:
    """Without the rounding put right in the last step: what the terms and trees say is what the members say."""
    from gzeco_lib.methods.forecast.baselines import expectation
    from gzeco_lib.methods.forecast.explain import _of_member
    from gzeco_lib.methods.forecast.league import back

    leads = np.array([1, 6, 24])
    now = fitted.at(data, ORIGIN, leads)
    expected = expectation(now.of, now.rows, leads)[0]
    for name in fitted.fitted.members:
        parts = _of_member(name, now, leads, expected, back(expected), fitted)
        np.testing.assert_allclose(
            parts.sum(axis=0), now.members[name][0] - back(expected), rtol=1e-3, atol=1e-3
        )


def test_every_column_has_a_group(data: xr.Dataset) -> None:
    of = anomalies(panel(data, "NO2"))
    assert len(linear_groups(of)) == linear_design(of, np.array([500])).shape[-1]
    columns = tree_columns(of, "Asia/Shanghai", "CN")
    one = np.array([500])
    assert (
        len(tree_groups(columns))
        == tree_rows(columns, one, np.array([0]), np.array([3]), np.zeros(1)).shape[1]
    )
    assert set(linear_groups(of)) | set(tree_groups(columns)) == set(GROUPS)


def test_the_wind_is_a_vector_where_direction_and_speed_are_known(data: xr.Dataset) -> None:
    whole = panel(data, "NO2")
    east, north = components(whole)
    speed, angle = data["wind_speed"].to_numpy(), np.deg2rad(data["wind_direction"].to_numpy())
    np.testing.assert_allclose(east[:, 0], speed * np.sin(angle), atol=1e-9)
    np.testing.assert_allclose(np.hypot(east, north), np.repeat(speed[:, None], SITES, axis=1), atol=1e-9)
    assert components(panel(data.drop_vars("wind_speed"), "NO2")) == []


def test_an_anomaly_of_the_last_hours_is_named(fitted: Forecaster, data: xr.Dataset) -> None:
    high = data.copy(deep=True)
    high["NO2"].loc[{"time": slice("2024-06-28T02:00", ORIGIN), "site": "S1"}] += 60
    kind, groups, departure = reasons(contributions(fitted, high, ORIGIN, leads=(1, 2)), 1, "S1")
    assert kind == "above"
    assert groups[0] == "recent"
    assert departure > 10


def test_probabilities_are_those_of_the_quantiles() -> None:
    """Quantiles of a Gaussian: between the outermost ones the probability is right within the spacing of levels."""
    quantiles = 50 + 10 * norm.ppf(LEVELS)
    values = np.array([30.0, 40.0, 50.0, 55.0, 70.0])
    np.testing.assert_allclose(above(quantiles, values), norm.sf((values - 50) / 10), atol=0.006)
    far = above(quantiles, np.array([80.0, 90.0, 1e4]))
    assert (np.diff(far) < 0).all()
    assert 0 <= far[-1] < far[0] < 0.01
    low = above(quantiles, np.array([-1e4, 20.0]))
    assert low[0] >= low[1] > 0.99
    assert np.isnan(above(np.full(len(LEVELS), np.nan), values)).all()


def test_limits_are_those_of_the_norm() -> None:
    """HJ 633-2012 Table 1 and HJ 633-2026 Table 1; a rounded 36 ug m-3 of PM2.5 is the first of category 2."""
    np.testing.assert_allclose(limits("PM2.5", "2024-06-01"), [35.5, 75.5, 115.5, 150.5, 250.5])
    np.testing.assert_allclose(limits("PM2.5", "2026-06-01"), [35.5, 60.5, 115.5, 150.5, 250.5])
    np.testing.assert_allclose(limits("CO", "2024-06-01"), [5.05, 10.05, 35.05, 60.05, 90.05])
    assert np.isnan(limits("SO2", "2024-06-01")[-1])
    with pytest.raises(InputError, match="unknown pollutant"):
        limits("NOx", "2024-06-01")


def test_grade_probabilities(fitted: Forecaster, data: xr.Dataset) -> None:
    told = exceeding(fitted, data, ORIGIN, leads=(1, 12))["probability"]
    assert told.dims == ("category", "lead", "site")
    assert ((told >= 0) & (told <= 1)).all()
    assert (told.diff("category") <= 0).all()
    middle = float(
        fitted.predict(data, ORIGIN, leads=(12,), quantiles=(0.5,))["value"].sel(site="S0").squeeze()
    )
    half = exceeding(fitted, data, ORIGIN, leads=(12,), limits=[middle])["probability"].sel(site="S0")
    assert float(half.squeeze()) == pytest.approx(0.5, abs=0.06)  # the median is rounded to whole micrograms
    both = of_any([told.to_dataset(name="probability"), (told * 0.5).to_dataset(name="probability")])
    np.testing.assert_allclose(both["at_least"], told)
    np.testing.assert_allclose(both["at_most"], 1 - (1 - told) * (1 - 0.5 * told))


def test_a_pollutant_without_grades_needs_limits(data: xr.Dataset) -> None:
    made = Forecaster.fit(data.rename(NO2="NOx"), "NOx", members=("persistence", "climatology"))
    with pytest.raises(InputError, match="does not rate"):
        exceeding(made, data.rename(NO2="NOx"), ORIGIN)
    assert (
        exceeding(made, data.rename(NO2="NOx"), ORIGIN, limits=[100.0])["probability"].sizes["category"] == 1
    )


def told_ahead() -> tuple[xr.Dataset, xr.Dataset]:
    """A pollutant that follows the wind of the same hour, which only a weather forecast can tell."""
    draw = np.random.default_rng(8)
    hours = 80 * 24
    wind = np.repeat(draw.normal(0, 1, hours // 6), 6)
    time = pd.date_range("2024-05-01", periods=hours, freq="h").to_numpy().astype("datetime64[ns]")
    values = 60 - 15 * wind[:, None] + draw.normal(0, 1, (hours, SITES))
    coords = {"time": time, "site": [f"S{k}" for k in range(SITES)]}
    data = xr.Dataset({"A": (("time", "site"), np.maximum(values, 0))}, coords=coords)
    return data, xr.Dataset({"wind_speed": ("time", wind)}, coords={"time": time})


def test_forecast_weather_is_used_and_labelled() -> None:
    data, weather = told_ahead()
    span = {"leads": (12,), "members": ("persistence", "linear", "boosting"), "every": 6, "refit_days": 10}
    without = backtest(data, "A", "2024-07-10", "2024-07-19", **span)
    perfect = backtest(data, "A", "2024-07-10", "2024-07-19", prognosis=weather, **span)
    assert perfect.chosen["mae"][0] < 0.7 * without.chosen["mae"][0]
    assert (without.to_dict()["prognosis"], perfect.to_dict()["prognosis"]) == ("none", "perfect")
    made = Forecaster.fit(
        data.isel(time=slice(0, 70 * 24)), "A", members=("linear", "boosting"), future=weather
    )
    again = Forecaster.load(made.dump())
    origin = "2024-07-12T00:00"
    known = weather.sel(time=slice(None, "2024-07-13T00:00"))
    one = again.predict(data, origin, future=known)["value"]
    xr.testing.assert_identical(one, made.predict(data, origin, future=weather)["value"])
    assert np.isfinite(again.predict(data, origin)["value"]).all()  # and it does without
    assert float(np.abs(again.predict(data, origin)["value"] - one).max()) > 1
    with pytest.raises(InputError, match="no dimension time"):
        Forecaster.fit(data, "A", future=weather.rename(time="valid"))
