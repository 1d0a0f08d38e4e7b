"""Weather normalisation on made-up air with known emissions, and on real hours with a planted measure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gzeco_lib.errors import InputError
from gzeco_lib.methods.normalisation import (
    counterfactual,
    find_break,
    fit,
    normalise,
    partial_dependence,
    skill,
    tables,
)
from gzeco_lib.methods.normalisation.counterfactual import Drift, judged
from gzeco_lib.methods.normalisation.normalise import drawn
from gzeco_lib.methods.normalisation.table import degrees

WEATHER = ["ws", "temp"]
START = pd.Timestamp("2021-01-01")


def made(days: int = 900, step: float = 1.0, seed: int = 0, trend: float = 0.0) -> pd.DataFrame:
    """Emissions with a day's course, a step in the last 90 days and a trend, under wind and warmth that persist."""
    draw = np.random.default_rng(seed)
    time = pd.date_range(START, periods=days * 24, freq="h")
    hour = np.arange(len(time))
    slow = np.zeros((2, days + 1))
    for day in range(1, days + 1):
        slow[:, day] = 0.75 * slow[:, day - 1] + draw.normal(0, 0.5, 2)
    smooth = np.stack([np.interp(hour / 24, np.arange(days + 1), s) for s in slow])
    season = np.cos(2 * np.pi * hour / 8766)
    ws = 3 * np.exp(0.6 * smooth[0] + 0.2 * np.sin(2 * np.pi * hour / 24) + draw.normal(0, 0.1, len(time)))
    temp = 15 - 10 * season + 4 * smooth[1] + draw.normal(0, 0.5, len(time))
    emission = 30 * (1 + 0.3 * np.sin(2 * np.pi * (hour - 6) / 24)) * np.exp(trend * hour / 8766)
    emission = emission * np.where(hour >= (days - 90) * 24, step, 1.0)
    wd = 360 * draw.uniform(size=len(time))
    east = 1 + 0.3 * np.sin(np.deg2rad(wd))
    y = emission * east / ws**0.7 * np.exp(-0.02 * (temp - 15) + draw.normal(0, 0.15, len(time)))
    return pd.DataFrame({"NO2": y, "ws": ws, "temp": temp, "wd": wd}, time)


@pytest.fixture(scope="module")
def air() -> pd.DataFrame:
    return made(days=560, step=0.85)


def test_the_model_beats_climatology_on_fortnights_it_did_not_see(air: pd.DataFrame) -> None:
    found = skill(next(iter(tables(air, "NO2", WEATHER, "wd", "UTC").values())))
    assert found["skill"] > 0.7
    assert found["r2"] > 0.8
    assert found["rmse"] < found["rmse_climatology"]


def test_weather_that_says_nothing_has_no_skill(air: pd.DataFrame) -> None:
    """Weather of another world: shuffled by weeks."""
    weeks = np.random.default_rng(0).permutation(len(air) // 168)
    rows = (weeks[:, None] * 168 + np.arange(168)).ravel()
    other = air.iloc[: len(rows)].copy()
    other[["ws", "temp", "wd"]] = other[["ws", "temp", "wd"]].to_numpy()[rows]
    assert skill(next(iter(tables(other, "NO2", WEATHER, "wd", "UTC").values())))["skill"] < 0.15


def test_normalising_takes_the_weather_out_and_leaves_the_step(air: pd.DataFrame) -> None:
    found = normalise(air, "NO2", WEATHER, "wd", draws=48, zone="UTC")
    series = found["normalised"].isel(site=0).to_series()
    observed = found["observed"].isel(site=0).to_series()
    steady = series.iloc[30:-120]
    assert steady.std() / steady.mean() < 0.5 * observed.iloc[30:-120].std() / observed.iloc[30:-120].mean()
    assert steady.mean() == pytest.approx(observed.iloc[30:-120].mean(), rel=0.1)
    # Against the same days of the year before, which had the same season and other weather.
    change = series.iloc[-80:].mean() / series.iloc[-445:-365].mean() - 1
    assert change == pytest.approx(-0.15, abs=0.06)


def test_drawing_from_all_hours_takes_the_season_out_too(air: pd.DataFrame) -> None:
    def by_month(draw: str) -> float:
        series = normalise(air, "NO2", WEATHER, "wd", draws=24, draw=draw, zone="UTC")  # type: ignore[arg-type]
        level = series["normalised"].isel(site=0).to_series().iloc[:365]
        monthly = level.groupby(pd.DatetimeIndex(level.index).month).mean()
        return float(monthly.std() / monthly.mean())

    assert by_month("all") < 0.6 * by_month("season")


def test_drawn_weather_is_of_the_same_hour_and_season() -> None:
    hours = 24 * 365 * 3
    at = np.repeat(np.arange(0, hours, 997), 20)
    valid = np.ones(hours, bool)
    valid[5000:5100] = False
    other = drawn(at, hours, valid, "season", np.random.default_rng(0))
    assert ((other - at) % 24 == 0).all()
    apart = np.abs((other - at) / 24)
    apart = np.minimum(apart % 365, 365 - apart % 365)
    assert apart.max() <= 28
    assert valid[other].all()
    assert len(np.unique((other // (24 * 365))[at == at[400]])) == 3  # all years are drawn from


def test_the_interval_of_resamples_holds_the_series(air: pd.DataFrame) -> None:
    found = normalise(air.iloc[: 24 * 150], "NO2", WEATHER, "wd", draws=24, resamples=2, zone="UTC")
    assert (found["low"] <= found["normalised"]).all()
    assert (found["normalised"] <= found["high"]).all()
    again = normalise(air.iloc[: 24 * 150], "NO2", WEATHER, "wd", draws=24, resamples=2, zone="UTC")
    xr.testing.assert_identical(found, again)


def test_a_data_set_of_sites_gives_sites(air: pd.DataFrame) -> None:
    part = air.iloc[: 24 * 120]
    both = xr.concat([part.rename_axis("time").to_xarray()] * 2, pd.Index(["a", "b"], name="site"))
    both["NO2"] = both["NO2"] * xr.DataArray([1.0, 3.0], dims="site")
    both["NO2"].attrs["units"] = "ug m-3"
    found = normalise(both, "NO2", WEATHER, "wd", draws=24, zone="UTC")
    assert found["normalised"].dims == ("time", "site")
    assert found["site"].to_numpy().tolist() == ["a", "b"]
    assert found["normalised"].attrs["units"] == "ug m-3"
    ratio = found["normalised"].sel(site="b").mean() / found["normalised"].sel(site="a").mean()
    assert float(ratio) == pytest.approx(3.0, rel=0.02)


# --- measures --------------------------------------------------------------------------------------------------------


def test_a_measure_is_found_within_its_interval(air: pd.DataFrame) -> None:
    found = counterfactual(
        air, "NO2", WEATHER, START + pd.Timedelta(days=470), wind_direction="wd", zone="UTC"
    )
    row = found.effects.iloc[0]
    assert row["low"] < -15 < row["high"] < 0
    assert row["change"] == pytest.approx(-15, abs=6)
    assert row["windows"] == 5
    daily = found.daily.isel(site=0)
    assert float(daily["observed"].mean() / daily["expected"].mean()) == pytest.approx(0.85, abs=0.08)
    assert ((daily["low"] <= daily["expected"]) & (daily["expected"] <= daily["high"])).all()


@pytest.mark.parametrize("drift", ["none", "linear"])
def test_the_intervals_cover_as_stated(drift: Drift) -> None:
    """Pure chance, each window left out shifting the rest: 90 % intervals hold no change in 90 % of 2,000 cases."""
    draw = np.random.default_rng(0)
    starts = pd.date_range(START, periods=6, freq="90D")
    inside = 0
    for _ in range(2000):
        level = draw.normal(0, 0.1, 6)
        before = level[:5]
        left_out = pd.Series((before - before.mean()) * 5 / 4, starts[:5])
        _, low, high, *_ = judged(
            left_out, level[5] - before.mean(), starts[5] + pd.Timedelta(days=45), drift, 0.9
        )
        inside += low < 0 < high
    assert inside / 2000 == pytest.approx(0.9, abs=0.025)


def test_a_drift_is_extrapolated_only_when_asked() -> None:
    """Windows that fall by 2 % each: without the drift the next one looks like a measure."""
    starts = pd.date_range(START, periods=8, freq="90D")
    level = np.log(0.98) * np.arange(8) + np.random.default_rng(0).normal(0, 0.002, 8)
    left_out = pd.Series((level[:7] - level[:7].mean()) * 7 / 6, starts[:7])
    centre = starts[7] + pd.Timedelta(days=45)
    plain = judged(left_out, level[7] - level[:7].mean(), centre, "none", 0.95)
    drifting = judged(left_out, level[7] - level[:7].mean(), centre, "linear", 0.95)
    assert plain[0] == pytest.approx(-8, abs=1)
    assert drifting[0] == pytest.approx(0, abs=1)
    assert drifting[1] < 0 < drifting[2]


def test_a_network_is_judged_together() -> None:
    parts = [made(days=560, seed=seed, step=0.8).assign(site=name) for seed, name in ((1, "a"), (2, "b"))]
    found = counterfactual(
        pd.concat(parts), "NO2", WEATHER, START + pd.Timedelta(days=470), wind_direction="wd", zone="UTC"
    )
    assert found.effects.index.tolist() == ["a", "b", "all"]
    assert found.effects.loc["all", "change"] == pytest.approx(-20, abs=12)
    assert list(found.placebos.columns) == ["a", "b"]


def test_too_short_a_past_is_refused(air: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="cannot judge"):
        counterfactual(air.iloc[: 24 * 200], "NO2", WEATHER, START + pd.Timedelta(days=120), zone="UTC")


def test_the_dependence_on_wind_falls_as_made(air: pd.DataFrame) -> None:
    table = next(iter(tables(air, "NO2", WEATHER, "wd", "UTC").values()))
    model = fit(table, trend=True)
    curve = partial_dependence(table, model, "ws", sample=300)["mean"]
    assert curve.iloc[0] > 1.5 * curve.iloc[-1]
    with pytest.raises(InputError, match="windspeed"):
        partial_dependence(table, model, "windspeed")


# --- breaks ----------------------------------------------------------------------------------------------------------


def daily(step: float, seed: int = 0, days: int = 700) -> pd.Series:
    """A trend of -5 % a year, noise that lasts for days, and a step on day 400."""
    draw = np.random.default_rng(seed)
    noise = np.zeros(days)
    for day in range(1, days):
        noise[day] = 0.7 * noise[day - 1] + draw.normal(0, 0.03)
    level = np.log(0.95) * np.arange(days) / 365.25 + np.log(step) * (np.arange(days) >= 400)
    return pd.Series(40 * np.exp(level + noise), pd.date_range("2022-01-01", periods=days))


def test_a_break_is_dated_and_sized() -> None:
    found = find_break(daily(0.85))
    assert abs((found.date - pd.Timestamp("2022-01-01")).days - 400) <= 7
    assert found.low < -15 < found.high
    assert found.trend == pytest.approx(-5, abs=4)
    assert found.p < 0.02


def test_no_break_is_no_break() -> None:
    assert np.median([find_break(daily(1.0, seed), resamples=60).p for seed in range(7)]) > 0.1
    with pytest.raises(InputError, match="too few"):
        find_break(daily(1.0, days=40))


# --- input -----------------------------------------------------------------------------------------------------------


def test_bad_input_is_told(air: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="no variable N02"):
        normalise(air, "N02", WEATHER)
    with pytest.raises(InputError, match="no weather"):
        normalise(air, "NO2", [])
    with pytest.raises(InputError, match="hours with both"):
        normalise(air.iloc[:500], "NO2", WEATHER)
    with pytest.raises(InputError, match="winter"):
        normalise(air, "NO2", WEATHER, draw="winter")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="draws a day"):
        normalise(air, "NO2", WEATHER, draws=3)
    with pytest.raises(InputError, match="cubic"):
        counterfactual(air, "NO2", WEATHER, START, drift="cubic")  # type: ignore[arg-type]


def test_compass_names_are_degrees() -> None:
    found = degrees(pd.Series(["N", "ESE", "cv", None]))
    np.testing.assert_allclose(found[:2], [0.0, 112.5])
    assert found[2:].isna().all()


@pytest.mark.shared
def test_a_planted_measure_in_real_hours_is_found(shared: Path) -> None:
    """-15 % planted in the London record's last quarter of 2002: with the wind alone the interval holds it."""
    rows = pd.read_parquet(shared / "openair_mydata_london" / "mydata.parquet").set_index("date")
    date = pd.Timestamp("2002-10-01")
    rows["nox"] = rows["nox"].where(rows.index < date, rows["nox"] * 0.85)
    found = counterfactual(
        rows.loc["2001-06":"2002"],
        "nox",
        ["ws"],
        date,
        "2002-12-30",
        wind_direction="wd",
        drift="linear",
        zone="Europe/London",
    )
    row = found.effects.iloc[0]
    assert row["low"] < -15 < row["high"]
    assert row["windows"] >= 4
