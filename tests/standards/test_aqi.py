"""AQI of HJ 633, both generations: the norm's tables, hand-computed values, the published column of Guangzhou."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, isnan
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gzeco_lib.errors import InputError
from gzeco_lib.standards import POLLUTANTS, aqi_daily, aqi_hourly, iaqi

OLD, NEW = np.datetime64("2024-06-01"), np.datetime64("2026-06-01")


# Vectors of the fact file on HJ 633, and values computed by hand from Table 1 of each generation.
@pytest.mark.parametrize(
    ("when", "code", "averaging", "value", "expected"),
    [
        (NEW, "PM2.5", "24h", 60, 100),
        (NEW, "PM2.5", "24h", 61, 101),
        (OLD, "PM2.5", "24h", 61, 83),
        (NEW, "O3", "8h", 200, 137),
        (NEW, "O3", "8h", 900, 300),
        (NEW, "SO2", "1h", 900, 200),
        (NEW, "PM10", "24h", 120, 100),
        (OLD, "PM10", "24h", 120, 85),  # 50 + 50 * 70 / 100
        (OLD, "PM10", "24h", 121, 86),  # 85.5 up
        (NEW, "CO", "1h", 5.1, 51),
        (NEW, "CO", "24h", 2.1, 53),  # 50 + 50 * 0.1 / 2 = 52.5 up
        (NEW, "NO2", "1h", 201, 101),  # 100 + 50 / 500 up
        (NEW, "NO2", "1h", 200, 100),
        (NEW, "O3", "1h", 1200, 500),
        (NEW, "O3", "1h", 5000, 500),
        (NEW, "PM2.5", "1h", 500, 500),
        (NEW, "PM2.5", "1h", 501, 500),
        (NEW, "PM2.5", "24h", 0, 1),
        (OLD, "SO2", "1h", 800, 200),
    ],
)
def test_iaqi_of_the_tables(
    when: np.datetime64, code: str, averaging: str, value: float, expected: int
) -> None:
    assert iaqi([value], code, averaging, when)[0] == expected  # type: ignore[arg-type]


def test_the_old_generation_has_no_index_above_some_tables() -> None:
    assert isnan(iaqi([801.0], "SO2", "1h", OLD)[0])
    assert isnan(iaqi([801.0], "O3", "8h", OLD)[0])
    given_day = {code: [10.0] for code in POLLUTANTS} | {"SO2": [900.0]}
    assert aqi_hourly(given_day | {"SO2_24h": [475.0]}, OLD).iaqi["SO2"][0] == 150
    assert aqi_hourly(given_day | {"SO2_24h": [475.0]}, NEW).iaqi["SO2"][0] == 200
    ozone = {code: [10.0] for code in POLLUTANTS} | {"O3": [900.0], "O3_1h": [1000.0]}
    assert aqi_daily(ozone, OLD).iaqi["O3"][0] == 400
    assert aqi_daily(ozone, NEW).iaqi["O3"][0] == 300


@pytest.mark.parametrize(
    ("value", "code", "same_as"),
    [
        (35.5, "PM2.5", 36),
        (36.5, "PM2.5", 36),
        (60.4999, "PM2.5", 60),
        (1.15, "CO", 1.2),
        (1.25, "CO", 1.2),
        (2.35, "CO", 2.4),
    ],
)
def test_concentrations_are_rounded_half_to_even(value: float, code: str, same_as: float) -> None:
    for kind in (np.float64, np.float32):  # 1.15 is stored below 1.15 in both
        found = iaqi(np.array([value], dtype=kind), code, "24h", NEW)
        assert found[0] == iaqi([same_as], code, "24h", NEW)[0]


def test_the_date_of_each_datum_chooses_the_generation() -> None:
    # 2026-02-28T16:00Z is 2026-03-01T00:00 in Guangzhou.
    times = np.array(["2026-02-28T15:00", "2026-02-28T16:00"], dtype="datetime64[s]")
    assert iaqi([75.0, 75.0], "PM2.5", "1h", times).tolist() == [100, 114]
    zoned = pd.DatetimeIndex(times).tz_localize("UTC").tz_convert("Asia/Shanghai")
    assert iaqi([75.0, 75.0], "PM2.5", "1h", zoned).tolist() == [100, 114]
    days = np.array(["2026-02-28", "2026-03-01"], dtype="datetime64[D]")
    assert aqi_daily({"PM2.5": [75.0, 75.0]}, days, publish_rule=False).aqi.tolist() == [100, 114]
    grid = np.full((2, 3), 75.0)
    assert aqi_hourly({"PM2.5": grid}, times, publish_rule=False).aqi.tolist() == [[100] * 3, [114] * 3]


def test_primary_pollutants_are_all_that_tie_above_50() -> None:
    found = aqi_hourly(
        {
            "PM2.5": [75, 75, 35, np.nan],
            "PM10": [150, 40, 50, np.nan],
            "SO2": [9] * 4,
            "NO2": [9] * 4,
            "O3": [9] * 4,
            "CO": [0.5] * 4,
        },
        OLD,
    )
    assert found.aqi.tolist()[:3] == [100, 100, 50]
    assert found.primary.tolist() == ["PM2.5,PM10", "PM2.5", "", ""]
    assert found.category.tolist() == [2, 2, 1, 1]


def test_with_a_pollutant_missing_2026_publishes_only_above_100() -> None:
    clean, dirty = {"PM2.5": [20.0]}, {"PM2.5": [61.0]}
    assert isnan(aqi_hourly(clean, NEW).aqi[0])
    assert aqi_hourly(clean, NEW).category[0] == 0
    assert aqi_hourly(dirty, NEW).aqi[0] == 101
    assert aqi_hourly(clean, NEW, publish_rule=False).aqi[0] == 29
    assert aqi_hourly(clean, OLD).aqi[0] == 29  # HJ 633-2012 had no such rule
    assert isnan(aqi_hourly({"PM2.5": [np.nan]}, OLD).aqi[0])


def test_wrong_input_is_refused_with_the_near_name() -> None:
    with pytest.raises(InputError, match=r"PM2\.5"):
        aqi_hourly({"PM25": [1.0]}, NEW)
    with pytest.raises(InputError, match="at least one"):
        aqi_hourly({}, NEW)
    with pytest.raises(InputError, match="shapes"):
        aqi_hourly({"PM2.5": [1.0], "PM10": [1.0, 2.0]}, NEW)
    with pytest.raises(InputError, match="3 times"):
        aqi_hourly({"PM2.5": [1.0, 2.0]}, np.array([NEW] * 3))
    with pytest.raises(InputError, match="O3_24h"):
        iaqi([1.0], "O3", "24h", NEW)


TABLE = {  # HJ 633-2026 Table 1, typed again from the standard
    "PM2.5": [0, 35, 60, 115, 150, 250, 350, 500],
    "PM10": [0, 50, 120, 250, 350, 420, 500, 600],
    "NO2": [0, 100, 200, 700, 1200, 2340, 3090, 3840],
    "O3": [0, 160, 200, 300, 400, 800, 1000, 1200],
}
LEVELS = [0, 50, 100, 150, 200, 300, 400, 500]


@given(st.sampled_from(sorted(TABLE)), st.integers(0, 1500))
def test_iaqi_is_the_formula_rounded_up_exactly(code: str, c: int) -> None:
    points = TABLE[code]
    expected = 500
    for low, high, floor, top in zip(points, points[1:], LEVELS, LEVELS[1:], strict=False):
        if low <= c <= high:
            expected = max(1, ceil(floor + Fraction(top - floor, high - low) * (c - low)))
            break
    assert iaqi([c], code, "1h", NEW)[0] == expected


@given(
    st.sampled_from(POLLUTANTS),
    st.lists(st.floats(0, 5000, allow_nan=False), min_size=2, max_size=30),
    st.sampled_from([OLD, NEW]),
)
def test_iaqi_never_falls_as_the_air_gets_worse(code: str, values: list[float], when: np.datetime64) -> None:
    averaging = "1h" if code == "O3" else "24h"
    found = iaqi(np.sort(values), code, averaging, when)  # type: ignore[arg-type]
    assert np.all(np.diff(found) >= 0)
    assert found.min() >= 1 and found.max() <= 500


@given(st.lists(st.one_of(st.floats(-10, 2000), st.just(np.nan)), min_size=6, max_size=6))
def test_aqi_is_the_largest_index(values: list[float]) -> None:
    found = aqi_hourly({c: [v] for c, v in zip(POLLUTANTS, values, strict=True)}, NEW, publish_rule=False)
    each = [float(index[0]) for index in found.iaqi.values() if not isnan(index[0])]
    assert found.aqi[0] == max(each) if each else isnan(found.aqi[0])


@pytest.mark.shared
def test_aqi_equals_the_column_published_for_guangzhou(shared: Path) -> None:
    frame = pd.read_parquet(shared / "guangzhou_air" / "hourly_2024-04_2024-12.parquet")
    times = (frame["time_local"] - pd.Timedelta(hours=8)).to_numpy()
    found = aqi_hourly({code: frame[code].to_numpy() for code in POLLUTANTS}, times)
    complete = frame[["AQI", *POLLUTANTS]].notna().all(axis=1).to_numpy()
    published = frame["AQI"].to_numpy()
    equal = found.aqi[complete] == published[complete]
    assert complete.sum() > 129_000
    assert equal.mean() >= 0.999
    # What is left: hours at the floor of both particle instruments (PM2.5 3, PM10 6 or 7), off by 2 at most.
    rest = frame[complete][~equal]
    assert len(rest) == 11
    assert (rest["PM2.5"] == 3).all() and rest["PM10"].isin([6, 7]).all()
    # Hours published with a pollutant missing are the largest index of the rest, too.
    partial = frame["AQI"].notna().to_numpy() & ~complete
    assert partial.sum() == 1987
    assert (found.aqi[partial] == published[partial]).all()
