"""The forecaster: no look ahead, gaps tolerated, ordered quantiles, text round trip, skill where skill can be had."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gzeco_lib.errors import InputError
from gzeco_lib.methods.forecast import MEMBERS, Forecaster, backtest, fit_all

QUICK = ("persistence", "yesterday", "climatology", "linear", "boosting")
DAYS, SITES = 70, 3
PERSIST = 0.9  # share of the anomaly that lives on an hour later, in `city`


def city(days: int = DAYS, sites: int = SITES, seed: int = 3) -> xr.Dataset:
    """A city made of a known day plus a shared AR(1) anomaly: the best forecast is day + 0.9**lead * anomaly."""
    draw = np.random.default_rng(seed)
    hours = days * 24
    shared = np.zeros(hours)
    for t in range(1, hours):
        shared[t] = PERSIST * shared[t - 1] + draw.normal(0, 3.0)
    day = 40 + 12 * np.sin(2 * np.pi * (np.arange(hours) % 24 - 6) / 24)
    values = day[:, None] + shared[:, None] + np.arange(sites) * 3 + draw.normal(0, 0.5, (hours, sites))
    time = pd.date_range("2024-05-01", periods=hours, freq="h").to_numpy().astype("datetime64[ns]")
    names = [f"S{k}" for k in range(sites)]
    two = {
        "A": (("time", "site"), np.maximum(values, 0)),
        "B": (("time", "site"), draw.uniform(5, 9, values.shape)),
    }
    return xr.Dataset(two, coords={"time": time, "site": names})


@pytest.fixture(scope="module")
def data() -> xr.Dataset:
    return city()


@pytest.fixture(scope="module")
def fitted(data: xr.Dataset) -> Forecaster:
    return Forecaster.fit(data.isel(time=slice(0, 60 * 24)), "A", members=QUICK)


def test_shape_and_coordinates(fitted: Forecaster, data: xr.Dataset) -> None:
    made = fitted.predict(data, "2024-07-01T05:00", leads=(1, 6, 24))
    assert made["value"].dims == ("quantile", "lead", "site")
    assert made["value"].shape == (3, 3, SITES)
    assert list(made["time"].to_numpy()) == list(
        pd.to_datetime(["2024-07-01T06:00", "2024-07-01T11:00", "2024-07-02T05:00"]).as_unit("ns")
    )
    assert all(set(name.split("+")) <= set(MEMBERS) for name in made["member"].to_numpy())
    np.testing.assert_allclose(made["weight"].sum("league"), 1.0, atol=1e-6)


def test_what_comes_after_the_origin_changes_nothing(fitted: Forecaster, data: xr.Dataset) -> None:
    origin = data["time"].to_numpy()[62 * 24]
    changed = data.copy(deep=True)
    for name in ("A", "B"):
        changed[name][62 * 24 + 1 :] = 999.0
    xr.testing.assert_identical(fitted.predict(data, origin), fitted.predict(changed, origin))
    cut = data.isel(time=slice(0, 62 * 24 + 1))
    xr.testing.assert_identical(fitted.predict(data, origin), fitted.predict(cut, origin))


def test_the_back_test_looks_at_nothing_after_an_origin(data: xr.Dataset) -> None:
    """Hours beyond the last target of the period may hold anything; so may the targets."""
    from gzeco_lib.methods.forecast.design import anomalies
    from gzeco_lib.methods.forecast.league import forecasts
    from gzeco_lib.methods.forecast.panel import panel
    from gzeco_lib.methods.forecast.training import bands, blend, train

    whole = panel(data, "A")
    league = train(
        whole.until(60 * 24), "Asia/Shanghai", "CN", ("persistence", "yesterday", "climatology", "linear")
    )
    changed = data.copy(deep=True)
    changed["A"][61 * 24 + 13 :] = 999.0
    rows, leads = np.array([61 * 24, 61 * 24 + 12]), np.arange(1, 25)
    made = []
    for source in (data, changed):
        of = anomalies(panel(source, "A"), league.normal)
        point = blend(league, forecasts(of, None, league.learned, rows, leads), leads)
        made.append(bands(league, of, point, rows, leads, np.array([0.1, 0.9]), np.ones((2, 24, 2))))
    np.testing.assert_array_equal(made[0], made[1])


def test_back_test_and_predict_say_the_same(fitted: Forecaster, data: xr.Dataset) -> None:
    """Many origins at once give what one origin at a time gives."""
    from gzeco_lib.methods.forecast.boosting import tree_columns
    from gzeco_lib.methods.forecast.design import anomalies
    from gzeco_lib.methods.forecast.league import forecasts
    from gzeco_lib.methods.forecast.panel import panel
    from gzeco_lib.methods.forecast.training import blend

    whole = panel(data, "A", fitted.covariates)
    of = anomalies(whole, fitted.fitted.normal)
    rows = np.array([61 * 24, 62 * 24 + 7])
    columns = tree_columns(of, fitted.zone, fitted.country)
    many = blend(fitted.fitted, forecasts(of, columns, fitted.fitted.learned, rows), np.arange(1, 25))
    for k, row in enumerate(rows):
        one = (
            fitted.predict(data, whole.time[row])["value"]
            .sel(quantile=0.5)
            .transpose("site", "lead")
            .to_numpy()
        )
        np.testing.assert_allclose(one, many[k], rtol=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_quantiles_never_cross_and_nothing_is_negative(fitted: Forecaster, seed: int) -> None:
    wild = city(seed=seed)
    draw = np.random.default_rng(seed)
    wild["A"] = wild["A"] * draw.choice([0.0, 0.1, 1.0, 8.0], wild["A"].shape)
    levels = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
    value = fitted.predict(wild, "2024-07-05T00:00", quantiles=levels)["value"].to_numpy()
    assert np.isfinite(value).all()
    assert (value >= 0).all()
    assert (np.diff(value, axis=0) >= 0).all()


def test_missing_inputs_are_tolerated(fitted: Forecaster, data: xr.Dataset) -> None:
    origin = "2024-07-05T00:00"
    full = fitted.predict(data, origin)["value"].sel(quantile=0.5)
    gone = fitted.predict(data.drop_sel(site="S1"), origin)["value"]
    assert list(gone["site"].to_numpy()) == ["S0", "S2"]
    assert np.isfinite(gone).all()
    gap = data.copy(deep=True)
    gap["A"].loc[{"time": slice("2024-07-04T12:00", None), "site": "S0"}] = np.nan
    bridged = fitted.predict(gap, origin)["value"].sel(quantile=0.5)
    assert float(np.abs(bridged - full).sel(site="S0").max()) < 8  # its neighbours tell
    silent = data.copy(deep=True)
    silent["A"].loc[{"time": slice("2024-07-04T00:00", None)}] = np.nan
    assert np.isfinite(fitted.predict(silent, origin)["value"]).all()
    assert np.isfinite(fitted.predict(data[["A"]], origin)["value"]).all()  # the other pollutant is not there
    short = data.sel(time=slice("2024-07-04T22:00", None))
    assert np.isfinite(fitted.predict(short, origin)["value"]).all()  # three hours of history


def test_a_site_never_observed_is_not_invented(fitted: Forecaster, data: xr.Dataset) -> None:
    more = data.reindex(site=["S0", "S1", "S2", "new"])
    made = fitted.predict(more, "2024-07-05T00:00")["value"]
    assert np.isnan(made.sel(site="new")).all()
    assert np.isfinite(made.sel(site="S1")).all()


def test_weather_is_used_where_there_is_some(data: xr.Dataset) -> None:
    """A wind that announces the anomaly of six hours later halves the error there."""
    told = data.copy(deep=True)
    day = 40 + 12 * np.sin(2 * np.pi * (np.arange(data.sizes["time"]) % 24 - 6) / 24)
    anomaly = data["A"].mean("site").to_numpy() - day
    told["wind"] = ("time", np.roll(anomaly, -6))
    told = told.isel(time=slice(0, -6))
    span = {"leads": (6,), "members": ("persistence", "yesterday", "climatology", "linear"), "every": 3}
    without = backtest(data, "A", "2024-06-25", "2024-07-05", **span).chosen["mae"][0]
    with_wind = backtest(told, "A", "2024-06-25", "2024-07-05", **span).chosen["mae"][0]
    assert with_wind < 0.5 * without


def test_text_round_trip(fitted: Forecaster, data: xr.Dataset) -> None:
    again = Forecaster.load(fitted.dump())
    xr.testing.assert_identical(again.predict(data, "2024-07-05"), fitted.predict(data, "2024-07-05"))
    assert json.loads(fitted.dump())["format"].startswith("gzeco-forecast")
    assert again.dump() == fitted.dump()


def test_fitting_twice_gives_the_same(data: xr.Dataset, fitted: Forecaster) -> None:
    again = Forecaster.fit(data.isel(time=slice(0, 60 * 24)), "A", members=QUICK)
    assert again.dump() == fitted.dump()


HOSTILE = {
    "nothing": b"",
    "pickle": b"\x80\x04\x95cposix\nsystem\n",
    "other JSON": b"[1, 2]",
    "deep": b"[" * 100_000,
    "number": b"7",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        Forecaster.load(content)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("trees", "tree\nversion=v4\nnum_class=1\nnonsense"), ("trees", 5), ("coefficients", [1.0]), ("weight", None),
        ("table", {"a": 1}), ("members", ["evil"]), ("predictors", 10**12), ("sites", "S0"), ("normal", ["x"]),
        ("zone", 3), ("weekly", {"table": [], "carry": []}),
    ],
)  # fmt: skip
def test_damaged_parts_are_refused(fitted: Forecaster, key: str, value: object) -> None:
    content = json.loads(fitted.dump())
    content[key] = value
    with pytest.raises(InputError):
        Forecaster.load(json.dumps(content).encode())


def test_bad_input_is_told(fitted: Forecaster, data: xr.Dataset) -> None:
    with pytest.raises(InputError, match="no variable C"):
        Forecaster.fit(data, "C")
    with pytest.raises(InputError, match="no league member"):
        Forecaster.fit(data, "A", members=("persistance",))
    with pytest.raises(InputError, match="too short"):
        Forecaster.fit(data.isel(time=slice(0, 240)), "A")
    with pytest.raises(InputError, match="not complete"):
        Forecaster.fit(data.isel(time=np.r_[0:900, 901:1600]), "A")
    with pytest.raises(InputError, match="outside"):
        fitted.predict(data, "2030-01-01")
    for leads in ((0,), (25,), (), (1.5,)):
        with pytest.raises(InputError, match="leads"):
            fitted.predict(data, "2024-07-01", leads=leads)
    with pytest.raises(InputError, match="quantiles"):
        fitted.predict(data, "2024-07-01", quantiles=(0.01,))
    with pytest.raises(InputError, match="time zone"):
        Forecaster.fit(data, "A", zone="Mars/Olympus")


def test_fit_all_serves_each_variable(data: xr.Dataset) -> None:
    made = fit_all(data, ["A", "B"], members=("persistence", "linear"))
    assert {v: f.covariates for v, f in made.items()} == {"A": ("B",), "B": ("A",)}


def test_skill_comes_near_the_best_there_is(data: xr.Dataset) -> None:
    """At h the best forecast of `city` has MAE sqrt(2/pi) * sd * sqrt(1 - 0.9**2h), sd = 3 / sqrt(1 - 0.81)."""
    result = backtest(city(days=90), "A", "2024-07-10", "2024-07-29", members=QUICK, refit_days=10)
    leads = np.array(result.leads)
    variance = 9 / (1 - PERSIST**2) * (1 - PERSIST ** (2 * leads)) + 0.25
    best = np.sqrt(2 / np.pi) * np.sqrt(variance)
    chosen = np.array(result.chosen["mae"])
    assert (chosen < 1.25 * best).all(), np.round(chosen / best, 2)
    assert min(result.skill) > 0.05
    assert 0.7 < np.mean(result.chosen["coverage80"]) < 0.9


def test_prophet_is_a_fair_member(data: xr.Dataset) -> None:
    result = backtest(
        data, "A", "2024-07-02", "2024-07-05", members=("persistence", "yesterday", "prophet"), leads=(1, 12)
    )
    prophet, persistence = result.members["prophet"]["mae"], result.members["persistence"]["mae"]
    assert prophet[0] < 1.5 * persistence[0]  # the last residual is carried
    assert prophet[1] < persistence[1]  # and the day is known


def test_prophet_as_a_table_is_what_prophet_predicts(data: xr.Dataset) -> None:
    from prophet import Prophet

    from gzeco_lib.methods.forecast.prophet_member import tabled

    frame = pd.DataFrame({"ds": data["time"].to_numpy()[:700], "y": data["A"].to_numpy()[:700, 0]})
    model = Prophet(growth="flat", uncertainty_samples=0, weekly_seasonality=True, yearly_seasonality=False)
    model.fit(frame, seed=1)
    week = pd.date_range("2024-06-03", periods=168, freq="h")
    np.testing.assert_allclose(
        tabled(model, week), model.predict(pd.DataFrame({"ds": week}))["yhat"], rtol=1e-9
    )
