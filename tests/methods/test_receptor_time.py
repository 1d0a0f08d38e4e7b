"""Roses, averages, yearly statistics, time variation, trends, calendar and the table they all take."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import theilslopes

from gzeco_lib.errors import InputError
from gzeco_lib.methods import receptor
from gzeco_lib.methods.receptor import stl, trend, variation
from gzeco_lib.methods.receptor.frame import prepare
from gzeco_lib.methods.receptor.pretty import pretty


def hourly(start: str, n: int, **columns: object) -> pd.DataFrame:
    return pd.DataFrame(columns, index=pd.date_range(start, periods=n, freq="h", name="time"))


# What R 4 answers: pretty(c(low, high), n)
@pytest.mark.parametrize(
    ("low", "high", "n", "answer"),
    [
        (0, 348, 6, [0, 50, 100, 150, 200, 250, 300, 350]),
        (1, 10, 5, [0, 2, 4, 6, 8, 10]),
        (0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 97, 5, [0, 20, 40, 60, 80, 100]),
        (-3, 3, 6, [-3, -2, -1, 0, 1, 2, 3]),
        (12.1, 17.9, 6, [12, 13, 14, 15, 16, 17, 18]),
    ],
)
def test_round_limits_are_those_of_r(low: float, high: float, n: int, answer: list[float]) -> None:
    np.testing.assert_allclose(pretty(low, high, n), answer, atol=1e-12)


def test_rose_counts_calm_and_variable_wind_and_closes_classes_on_the_right() -> None:
    frame = hourly(
        "2024-01-01", 8,
        ws=[0.0, 1.0, 2.0, 2.1, 5.0, 3.0, np.nan, -1.0],
        wd=[90.0, 0.0, 360.0, 14.0, 16.0, np.nan, 90.0, 90.0],
    )  # fmt: skip
    made = receptor.wind_rose(frame, bias_correction=False)
    assert list(made.index) == list(np.arange(30.0, 361, 30))
    assert made.loc[360.0, "hours"] == 3 and made.loc[30.0, "hours"] == 1
    np.testing.assert_allclose(made.loc[360.0].iloc[:3], [2 / 6 * 100, 1 / 6 * 100, 0])
    assert made.attrs["calm"] == pytest.approx(2 / 6 * 100) and made.attrs["still"] == pytest.approx(
        1 / 6 * 100
    )
    assert made.attrs["capture"] == pytest.approx(75)
    assert made.attrs["outside"] == pytest.approx(1 / 6 * 100)
    whole = receptor.wind_rose(frame, statistic="abs_count", bias_correction=False)
    assert whole["total"].sum() == 4
    share = receptor.wind_rose(frame, normalise=True, bias_correction=False)["total"]
    assert share.loc[360.0] == pytest.approx(100)


def test_bias_of_sectors_that_hold_unequal_numbers_of_tens_is_corrected() -> None:
    """Wind from everywhere alike, rounded to tens: 22.5 degree sectors hold two or three tens (Applequist 2012)."""
    frame = pd.DataFrame({"ws": 3.0, "wd": np.tile(np.arange(10.0, 361, 10), 50)})
    plain = receptor.wind_rose(frame, angle=22.5, bias_correction=False)["total"]
    made = receptor.wind_rose(frame, angle=22.5)["total"]
    assert plain.max() / plain.min() == pytest.approx(1.5)
    np.testing.assert_allclose(made, 100 / 16)


def test_share_of_the_mean_adds_up() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"ws": rng.uniform(0.1, 9, 500), "wd": rng.uniform(0, 360, 500), "so2": rng.gamma(2, 5, 500)}
    )
    made = receptor.pollution_rose(frame, "so2", statistic="prop_mean", breaks=[0, 10, 20])
    assert made["total"].sum() == pytest.approx(100)
    with pytest.raises(InputError):
        receptor.pollution_rose(frame, "so2", breaks=[200.0])
    with pytest.raises(InputError):
        receptor.wind_rose(frame, angle=50)


def test_wind_is_averaged_as_a_vector_and_thin_periods_are_left_out() -> None:
    frame = hourly(
        "2024-01-01", 48, ws=np.tile([2.0, 1.0], 24), wd=np.tile([350.0, 30.0], 24), pm10=np.arange(48.0)
    )
    frame.iloc[24:35, 2] = np.nan
    made = receptor.time_average(frame, step="day", threshold=75)
    u, v = (
        2 * np.sin(np.deg2rad(350)) + np.sin(np.deg2rad(30)),
        2 * np.cos(np.deg2rad(350)) + np.cos(np.deg2rad(30)),
    )
    assert made["wd"].iloc[0] == pytest.approx(np.rad2deg(np.arctan2(u, v)) % 360)
    assert made["ws"].iloc[0] == pytest.approx(1.5)
    assert made["pm10"].iloc[0] == pytest.approx(11.5) and np.isnan(made["pm10"].iloc[1])
    assert made.attrs["capture"]["pm10"].iloc[1] == pytest.approx(100 * 13 / 24)
    vector = receptor.time_average(frame, step="day", vector_speed=True)
    assert vector["ws"].iloc[0] == pytest.approx(np.hypot(u, v) / 2)


@pytest.mark.parametrize(
    "statistic", ["median", "max", "min", "sum", "sd", "frequency", "percentile", "capture"]
)
def test_other_statistics_of_periods(statistic: str) -> None:
    values = np.random.default_rng(0).normal(size=24 * 60)
    frame = hourly("2024-01-01", len(values), o3=values).drop(pd.Timestamp("2024-01-10 05:00"))
    made = receptor.time_average(frame, step="month", statistic=statistic, percentile=90)["o3"].iloc[0]
    first = frame.loc["2024-01", "o3"]
    answer = {
        "median": first.median(), "max": first.max(), "min": first.min(), "sum": first.sum(), "sd": first.std(),
        "frequency": 743, "percentile": first.quantile(0.9), "capture": 100 * 743 / 744,
    }[statistic]  # fmt: skip
    assert made == pytest.approx(answer)


def test_weeks_and_years_start_where_they_should() -> None:
    frame = hourly("2024-01-03", 24 * 400, o3=1.0)
    weeks = receptor.time_average(frame, step="week")
    assert weeks.index[0] == pd.Timestamp("2024-01-01") and (weeks.index.dayofweek == 0).all()
    assert list(receptor.time_average(frame, step="year").index.year) == [2024, 2025]
    with pytest.raises(InputError):
        receptor.time_average(frame, step="fortnight")
    with pytest.raises(InputError):
        receptor.time_average(pd.concat([frame, frame]), step="day")


def test_running_means() -> None:
    values = np.array([1.0, 2, 3, np.nan, 5, 6, 7, 8])
    right = receptor.rolling_mean(values, 4, 75, "right")
    np.testing.assert_allclose(right[3:], [2, 10 / 3, 14 / 3, 6, 6.5])
    assert np.isnan(receptor.rolling_mean(values, 4, 100, "right")[3:7]).all()
    left = receptor.rolling_mean(values, 4, 75, "left")
    np.testing.assert_allclose(left[:5], right[3:])
    centre = receptor.rolling_mean(values, 4, 75, "centre")
    np.testing.assert_allclose(centre[3:6], right[5:])


def test_yearly_statistics_of_made_up_hours() -> None:
    frame = hourly("2023-01-01", 8760, o3=50.0, no2=30.0, pm10=20.0)
    frame.loc["2023-07-01 10:00":"2023-07-01 19:00", "o3"] = 130.0
    frame.loc["2023-03-01 08:00", "no2"] = 250.0
    frame.loc["2023-05-05", "pm10"] = 60.0
    made = receptor.aq_stats(frame, ["o3", "no2", "pm10"]).xs(2023, level="year")
    assert made.loc["o3", "roll_8_max"] == pytest.approx(130)
    assert made.loc["o3", ["days_over_100", "days_over_120"]].tolist() == [1, 1]
    assert made.loc["no2", "hours_over_200"] == 1 and made.loc["pm10", "days_over_50"] == 1
    assert made.loc["pm10", "max_daily"] == pytest.approx(60)
    thin = receptor.aq_stats(frame.loc[:"2023-06"], "o3", threshold=75)
    assert thin["capture"].iloc[0] == pytest.approx(100 * 181 / 365) and np.isnan(thin["mean"].iloc[0])
    with pytest.raises(InputError):
        receptor.aq_stats(frame.resample("D").mean(), "o3")


def test_bootstrap_interval_covers_the_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(300):
        drawn = variation.means(rng.gamma(2, 1, 200), 200, rng)
        low, high = np.quantile(drawn, [0.025, 0.975])
        hits += low <= 2 <= high
    assert 0.89 <= hits / 300 <= 0.985


def test_whole_days_widen_the_interval_of_hours_that_hang_together() -> None:
    rng = np.random.default_rng(0)
    frame = hourly(
        "2024-01-01", 24 * 200, no2=np.repeat(rng.normal(50, 10, 200), 24) + rng.normal(0, 2, 4800)
    )
    hours = receptor.time_variation(frame, "no2")["month"]
    days = receptor.time_variation(frame, "no2", block=True)["month"]
    assert ((days["upper"] - days["lower"]) > 3 * (hours["upper"] - hours["lower"])).all()


def test_time_variation_in_local_time_normalised_and_as_median() -> None:
    index = pd.date_range("2024-01-01", periods=24 * 60, freq="h", tz="UTC")
    frame = pd.DataFrame({"time": index, "no2": index.hour.astype(float)})
    local = receptor.time_variation(frame, "no2", zone="Asia/Shanghai")["hour"].set_index("hour")["mean"]
    assert local.loc[8] == 0 and local.loc[7] == 23
    shown = receptor.time_variation(frame, "no2", normalise=True)["hour"]
    assert shown["mean"].mean() == pytest.approx(1)
    middle = receptor.time_variation(frame, ["no2"], statistic="median", interval=0.75)["day"]
    assert (middle["mean"] == 11.5).all() and (middle["lower"] < middle["upper"]).all()
    with pytest.raises(InputError):
        receptor.time_variation(frame, "no2", samples=3)
    with pytest.raises(InputError):
        receptor.time_variation(frame.assign(no2=np.nan), "no2")


def test_line_and_bootstrap_are_those_of_the_definition() -> None:
    """The sorted slopes with counts give each draw the median that its own slopes have."""
    rng = np.random.default_rng(0)
    x = np.cumsum(rng.integers(28, 32, 25)).astype(float)
    y = 100 - 0.02 * x + rng.normal(0, 3, 25)
    slope, intercept = trend.line(x, y)
    assert (slope, intercept) == pytest.approx(theilslopes(y, x, method="separate")[:2])
    slopes, _ = trend.bootstrap(x, y, 20, 3, np.random.default_rng(7))
    starts = np.random.default_rng(7).integers(0, 23, size=(20, 9))
    for row, found in zip(starts, slopes, strict=True):
        drawn = (row[:, None] + np.arange(3)).ravel()[:25]
        i, j = np.triu_indices(25, 1)
        apart = x[drawn][i] != x[drawn][j]
        own = (y[drawn][i] - y[drawn][j])[apart] / (x[drawn][i] - x[drawn][j])[apart]
        assert found == pytest.approx(np.median(own))


def test_trend_of_a_seasonal_series() -> None:
    index = pd.date_range("2010-01-01", "2019-12-31 23:00", freq="6h")
    rng = np.random.default_rng(0)
    years = (index - index[0]) / pd.Timedelta(days=365)
    values = 80 - 3 * years + 30 * np.cos(2 * np.pi * index.dayofyear / 365.25) + rng.normal(0, 8, len(index))
    frame = pd.DataFrame({"no2": values}, index=index)
    frame.loc["2014-03":"2014-04", "no2"] = np.nan
    plain = receptor.theil_sen(frame, "no2")
    made = receptor.theil_sen(frame, "no2", deseason=True)
    assert made.slope == pytest.approx(-3, abs=0.1) and made.lower < made.slope < made.upper
    assert made.upper - made.lower < 0.3 * (plain.upper - plain.lower)
    assert made.data["conc"].isna().sum() == 2 and made.p < 0.01 and made.stars == "***"
    assert made.slope_percent == pytest.approx(-3.75, abs=0.3)
    blocks = receptor.theil_sen(frame, "no2", autocorrelation=True)
    assert blocks.upper - blocks.lower > 0
    assert receptor.theil_sen(frame, "no2", step="year").slope == pytest.approx(-3, abs=0.5)
    with pytest.raises(InputError):
        receptor.theil_sen(frame.loc["2010-01":"2010-04"], "no2")


def test_decomposition_returns_its_parts() -> None:
    month = np.arange(120)
    season = 10 * np.sin(2 * np.pi * month / 12)
    series = 50 - 0.1 * month + season
    series[40] += 200  # an outlier that a robust fit leaves to the remainder
    made = stl.decompose(series)
    np.testing.assert_allclose(made.trend + made.seasonal + made.remainder, series, atol=1e-10)
    np.testing.assert_allclose(made.seasonal, season, atol=0.3)
    assert made.remainder[40] == pytest.approx(200, abs=1)


def test_calendar_lays_days_out_in_weeks() -> None:
    frame = hourly("2024-02-01", 24 * 60, pm25=np.repeat(np.arange(60.0), 24), ws=2.0, wd=270.0)
    frame.iloc[:10, 0] = np.nan
    made = receptor.calendar(frame, "pm25")
    assert np.isnan(made["value"].iloc[0]) and made["capture"].iloc[0] == pytest.approx(100 * 14 / 24)
    first = made.loc["2024-02-01"]
    assert (first["weekday"], first["week"]) == (4, 0)
    assert made.loc["2024-02-05", "week"] == 1 and made.loc["2024-02-05", "weekday"] == 1
    assert made["wd"].iloc[3] == pytest.approx(270)
    assert set(receptor.calendar(frame, "pm25", years=[2023])["year"]) == set()


def test_table_is_checked_and_put_in_order() -> None:
    frame = pd.DataFrame(
        {"time": ["2024-01-02", "2024-01-01"], "ws": [-1, 2.0], "wd": [0.0, 400.0], "no2": [np.inf, 3.0]}
    )
    made = prepare(frame, ["no2"], "ws", "wd")
    assert made.index.is_monotonic_increasing and made["no2"].isna().tolist() == [False, True]
    assert made.attrs["set_aside"] == {"ws": 1, "wd": 1}
    assert made["wd"].iloc[1] == 360 and np.isnan(made["wd"].iloc[0])
    for bad, columns in (
        (frame.drop(columns="time"), ["no2"]),
        (frame, ["NO2x"]),
        (frame.assign(no2="high"), ["no2"]),
        (frame.assign(time="yesterday"), ["no2"]),
        (frame.iloc[:0], ["no2"]),
    ):
        with pytest.raises(InputError):
            prepare(bad, columns)
    with pytest.raises(InputError) as caught:
        prepare(frame, ["no3"])
    assert "no2" in str(caught.value)
