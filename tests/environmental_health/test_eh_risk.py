"""AQI and excess risk: published numbers, the standards' own functions, and honest bands."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.environmental_health.risk import (
    aqi,
    bands,
    excess_risk,
    lacking,
    mean_of_stations,
    risk_error,
)
from gzeco_lib.environmental_health.series import Series, error_correlation
from gzeco_lib.standards import aqhi
from gzeco_lib.standards.air import aqi_hourly
from gzeco_lib.standards.aqhi import hong_kong

TIMES = np.array(["2024-12-15T00", "2024-12-15T01", "2024-12-15T02"], dtype="datetime64[ns]")


def steady(**values: float) -> dict[str, np.ndarray]:
    names = {"PM25": "PM2.5"}
    return {names.get(code, code): np.full((3, 1), float(value)) for code, value in values.items()}


def series(value: dict[str, np.ndarray], spread: float = 0.0) -> Series:
    first = next(iter(value.values()))
    times = pd.DatetimeIndex(pd.date_range("2024-12-15", periods=len(first), freq="1h"))
    return Series(
        times,
        np.arange(len(first)) + 1,
        tuple(f"S{k}" for k in range(first.shape[1])),
        value,
        {c: v * (1 - spread) for c, v in value.items()},
        {c: v * (1 + spread) for c, v in value.items()},
        {c: np.full(len(first), "linear", dtype=object) for c in value},
        np.eye(len(value)),
    )


def test_hong_kong_excess_risk_by_hand() -> None:
    """AR = 100 Σ(exp(β C) - 1), the larger particulate term counts: Wong 2013, doi:10.1016/j.atmosenv.2012.06.071."""
    air = steady(NO2=60, SO2=10, O3=80, PM10=70, PM25=50, CO=1)
    terms = {
        "NO2": np.expm1(0.0004462559 * 60),
        "SO2": np.expm1(0.0001393235 * 10),
        "O3": np.expm1(0.0005116328 * 80),
        "PM": max(np.expm1(0.0002821751 * 70), np.expm1(0.0002180567 * 50)),
    }
    result = excess_risk(air, TIMES, "hong_kong")
    assert result.excess_risk[2, 0] == pytest.approx(100 * sum(terms.values()), rel=1e-9)
    # 9.03 % lies between 7.52 and 9.41, the bands of AQHI 5.
    assert result.index[2, 0] == 5
    assert result.band[2, 0] == "moderate"


def test_canadian_form_is_another_number() -> None:
    air = steady(NO2=60, O3=80, PM25=50)
    result = excess_risk(air, TIMES, "canada")
    # Stieb et al. 2008: 1.88 ug m-3 a ppb of NO2 and 1.96 of O3 at 25 degrees.
    expected = 100 * (
        np.expm1(0.000871 * 60 / 1.881) + np.expm1(0.000537 * 80 / 1.962) + np.expm1(0.000487 * 50)
    )
    assert result.excess_risk[2, 0] == pytest.approx(expected, rel=2e-3)


def test_index_of_a_mean_risk_is_the_standards_index() -> None:
    rng = np.random.default_rng(1)
    air = {code: rng.uniform(0, 180, (3, 400)) for code in ("NO2", "SO2", "O3", "PM10", "PM2.5")}
    for form in ("hong_kong", "canada"):
        rated = excess_risk(air, TIMES, form)
        index = aqhi.index_of(rated.excess_risk, TIMES, form)
        band = aqhi.band_of(index, form)
        np.testing.assert_array_equal(index, rated.index)
        np.testing.assert_array_equal(band, rated.band)


@pytest.mark.parametrize(("form", "index"), [("hong_kong", 7), ("hong_kong", 11), ("canada", 7)])
def test_threshold_parts_the_bands(form: str, index: int) -> None:
    limit = aqhi.threshold(index, TIMES[0], form)
    below, above = aqhi.index_of(np.array([[limit - 1e-6], [limit + 1e-6]]), TIMES[:2], form).ravel()
    assert (below, above) == (index - 1, index)


def test_moving_mean_needs_two_of_three_hours() -> None:
    air = steady(NO2=60, SO2=10, O3=80, PM10=70, PM25=50)
    air["NO2"][0] = np.nan
    risk = excess_risk(air, TIMES, "hong_kong").excess_risk[:, 0]
    assert np.isnan(risk[:2]).all()
    assert np.isfinite(risk[2])


def test_a_pollutant_the_network_lacks_is_left_out_and_a_gap_is_not() -> None:
    air = steady(PM25=40, PM10=60, SO2=8, NO2=40, O3=70, CO=0.8)
    without = {code: values for code, values in air.items() if code != "SO2"} | {
        "SO2": np.full((3, 1), np.nan)
    }
    assert lacking(without) == ("SO2",)
    assert aqi(without, TIMES).aqi[0, 0] == aqi(air, TIMES).aqi[0, 0]
    less, all_of_it = (excess_risk(of, TIMES, "hong_kong").excess_risk[2, 0] for of in (without, air))
    assert 0 < less < all_of_it
    two = {code: np.repeat(values, 2, axis=1) for code, values in air.items()}
    two["NO2"][:, 1] = np.nan
    assert np.isnan(excess_risk(two, TIMES, "hong_kong").excess_risk[2, 1])


def test_2026_hours_follow_the_norm_of_2026() -> None:
    air = steady(PM25=60, PM10=50, SO2=8, NO2=40, O3=70, CO=0.8)
    old, new = TIMES, TIMES + np.timedelta64(500, "D")
    assert aqi(air, old).aqi[0, 0] == 82  # HJ 633-2012: 50 + 50 * 25 / 40, rounded up
    assert aqi(air, new).aqi[0, 0] == 100  # HJ 633-2026: 60 is the limit


def test_bands_hold_the_value_and_widen_with_the_forecast() -> None:
    rng = np.random.default_rng(2)
    value = {code: rng.uniform(20, 90, (6, 5)) for code in ("PM2.5", "PM10", "SO2", "NO2", "O3")}
    value["CO"] = rng.uniform(0.4, 1.2, (6, 5))
    narrow, wide = bands(series(value, 0.1), "hong_kong"), bands(series(value, 0.4), "hong_kong")
    for one, other in zip(narrow, wide, strict=True):
        known = np.isfinite(one.value)
        assert (one.lo[known] <= one.value[known]).all()
        assert (one.hi[known] >= one.value[known]).all()
        assert ((other.hi - other.lo)[known] > (one.hi - one.lo)[known]).all()
    sure = bands(series(value), "hong_kong")
    np.testing.assert_allclose(sure[1].lo, sure[1].value)
    np.testing.assert_array_equal(sure[0].value, aqi_hourly(value, series(value).utc).aqi)


def test_band_of_one_pollutant_is_its_forecast_band() -> None:
    """With all but PM2.5 certain and small, the 80 % band of the AQI must be the AQI of PM2.5's 80 % band."""
    small = {code: np.full((3, 1), 1.0) for code in ("PM10", "SO2", "NO2", "O3")} | {
        "CO": np.full((3, 1), 0.1)
    }
    of = series({"PM2.5": np.full((3, 1), 80.0), **small})
    of.lo["PM2.5"][:], of.hi["PM2.5"][:] = 60.0, 110.0
    index, _ = bands(of, "hong_kong")
    assert index.lo[0, 0] == pytest.approx(82, abs=2)
    assert index.hi[0, 0] == pytest.approx(144, abs=3)


def test_city_band_is_that_of_the_mean_air() -> None:
    value = {code: np.array([[20.0, 60.0]] * 3) for code in ("PM2.5", "PM10", "SO2", "NO2", "O3", "CO")}
    value["CO"] /= 50
    index, _ = bands(series(value, 0.2), "hong_kong", city=True)
    flat = {code: np.full((3, 1), array[0].mean()) for code, array in value.items()}
    assert index.value[0, 0] == aqi_hourly(flat, TIMES).aqi[0, 0]
    assert index.lo.shape == (3, 1)


def test_mean_of_stations_ignores_gaps() -> None:
    np.testing.assert_allclose(
        mean_of_stations(np.array([[1.0, np.nan, 3.0], [np.nan] * 3])), [[2.0], [np.nan]]
    )


def test_errors_that_go_against_each_other_make_the_sum_surer() -> None:
    air = {code: np.full((3, 4), 60.0) for code in ("PM2.5", "PM10", "SO2", "NO2", "O3")}
    sd = {code: np.full((3, 4), 12.0) for code in air}
    rated = excess_risk(air, TIMES, "hong_kong")
    codes = tuple(air)
    apart = np.eye(5)
    against = apart.copy()
    against[3, 4] = against[4, 3] = -0.7
    plain = risk_error(rated, air, sd, apart, codes)
    assert (risk_error(rated, air, sd, against, codes)[1:] < plain[1:]).all()
    # The standards' own first-order error for independent pollutants.
    means = {code: values[1:] for code, values in air.items()}
    theirs = hong_kong(means, TIMES[1:], {code: values[1:] for code, values in sd.items()}).excess_risk_se
    np.testing.assert_allclose(plain[1:], theirs, rtol=1e-9)


def test_error_correlation_finds_what_was_put_in() -> None:
    rng = np.random.default_rng(4)
    shared = rng.normal(size=(720, 5))
    hours = np.arange(720) % 24
    daily = 2 * np.sin(hours / 24 * 2 * np.pi)[:, None]  # a daily cycle in common is expected, not an error
    air = {
        "NO2": (8 + daily + shared) ** 2,
        "O3": (8 - daily - shared * 0.9 + 0.3 * rng.normal(size=(720, 5))) ** 2,
        "SO2": (8 + daily + rng.normal(size=(720, 5))) ** 2,
        "CO": np.full((720, 5), np.nan),
    }
    found = error_correlation(air, hours)
    assert found[0, 1] < -0.9
    assert abs(found[0, 2]) < 0.1
    np.testing.assert_allclose(np.diag(found), 1.0)
    assert (found[3, :3] == 0).all()
    np.linalg.cholesky(found)
