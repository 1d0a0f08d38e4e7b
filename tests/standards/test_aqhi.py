"""Hong Kong's and Canada's AQHI against hand computation and public properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gzeco_lib.errors import InputError
from gzeco_lib.standards import aqhi

T = np.datetime64("2024-06-01")
AIR = {"NO2": [60.0], "SO2": [8.0], "O3": [90.0], "PM2.5": [40.0], "PM10": [55.0]}


def test_hong_kong_by_hand() -> None:
    terms = {
        "NO2": 100 * (math.exp(0.0004462559 * 60) - 1),
        "SO2": 100 * (math.exp(0.0001393235 * 8) - 1),
        "O3": 100 * (math.exp(0.0005116328 * 90) - 1),
        "PM": 100 * (math.exp(0.0002821751 * 55) - 1),  # 1.564, above the PM2.5 term 0.876
    }
    found = aqhi.hong_kong(AIR, T)
    assert {k: v[0] for k, v in found.terms.items()} == pytest.approx(terms)
    assert found.excess_risk[0] == pytest.approx(sum(terms.values()))  # 9.09 %
    assert (found.index[0], found.band[0]) == (5, "moderate")


def test_hong_kong_changed_coefficient_and_bands_on_2025_03_22() -> None:
    times = np.array(["2025-03-21T15:00", "2025-03-21T16:00"], dtype="datetime64[s]")  # 23:00 and 0:00 local
    found = aqhi.hong_kong({code: values * 2 for code, values in AIR.items()}, times)
    assert found.terms["O3"].tolist() == pytest.approx(
        [100 * math.expm1(0.0005116328 * 90), 100 * math.expm1(0.0004888034 * 90)]
    )
    risk = np.array([1.875, 1.875])
    assert aqhi.index_of(risk, times, "hong_kong").tolist() == [1, 2]  # 1.88 before, 1.87 after
    assert aqhi.source("hong_kong", times[1]).certainty == "seen-secondary"


@pytest.mark.parametrize(
    ("risk", "index", "band"),
    [
        (0, 1, "low"),
        (1.88, 1, "low"),
        (1.89, 2, "low"),
        (5.65, 4, "moderate"),
        (12.9, 7, "high"),
        (12.92, 8, "very_high"),
        (19.37, 10, "very_high"),
        (19.38, 11, "serious"),
        (90, 11, "serious"),
    ],
)
def test_bands_of_hong_kong(risk: float, index: int, band: str) -> None:
    found = aqhi.index_of([risk], T, "hong_kong")
    assert found[0] == index
    assert aqhi.band_of(found, "hong_kong")[0] == band
    if index > 1:
        assert aqhi.threshold(index, T, "hong_kong") <= risk


def test_canada_by_hand() -> None:
    # 46.006 ug of NO2 and 47.998 ug of O3 fill 24.465 litres at 298.15 K: 30 ppb and 40 ppb.
    litres = 8.314462618 * 298.15 / 101325 * 1e3
    air = {"NO2": [30 * 46.006 / litres], "O3": [40 * 47.998 / litres], "PM2.5": [12.0]}
    found = aqhi.canada(air)
    risk = 100 * (math.expm1(0.000871 * 30) + math.expm1(0.000537 * 40) + math.expm1(0.000487 * 12))
    assert found.excess_risk[0] == pytest.approx(risk)
    assert found.index[0] == round(10 / 10.4 * risk) == 5
    assert aqhi.canada({code: [0.0] for code in air}).index[0] == 1
    assert aqhi.canada({code: [900.0] for code in air}).band[0] == "very_high"


def test_missing_inputs() -> None:
    one_size = AIR | {"PM2.5": [np.nan]}
    assert aqhi.hong_kong(one_size, T).index[0] == 5
    gone = AIR | {"O3": [np.nan]}
    assert np.isnan(aqhi.hong_kong(gone, T).excess_risk[0]) and aqhi.hong_kong(gone, T).band[0] == ""
    lower = aqhi.hong_kong(gone, T, partial=True).excess_risk[0]
    assert 0 < lower < aqhi.hong_kong(AIR, T).excess_risk[0]
    with pytest.raises(InputError, match="O3 is needed"):
        aqhi.canada({"NO2": [1.0], "PM2.5": [1.0]})


@pytest.mark.parametrize("place", ["hong_kong", "canada"])
def test_standard_error_agrees_with_simulation(place: str) -> None:
    rng = np.random.default_rng(1)
    se = {"NO2": 6.0, "SO2": 2.0, "O3": 12.0, "PM2.5": 4.0, "PM10": 5.0}
    drawn = {code: rng.normal(AIR[code][0], se[code], 200_000) for code in AIR}
    if place == "hong_kong":
        first, many = aqhi.hong_kong(AIR, T, se), aqhi.hong_kong(drawn, T)
    else:
        first, many = aqhi.canada(AIR, se), aqhi.canada(drawn)
    assert first.excess_risk_se is not None
    assert first.excess_risk_se[0] == pytest.approx(np.nanstd(many.excess_risk), rel=0.02)


def test_moving_mean_of_three_hours() -> None:
    values = np.array([3.0, np.nan, 9.0, 6.0, np.nan, np.nan, 1.0])
    found = aqhi.moving_mean(values)
    np.testing.assert_allclose(found, [np.nan, np.nan, 6.0, 7.5, 7.5, np.nan, np.nan])
    assert aqhi.moving_mean(np.ones((2, 4, 3)), minimum=1).shape == (2, 4, 3)
    assert aqhi.moving_mean([1.0, 2.0, 6.0])[2] == 3


@given(st.lists(st.floats(0, 400), min_size=5, max_size=5), st.integers(0, 4), st.floats(0, 100))
def test_more_pollution_is_never_less_risk(values: list[float], which: int, more: float) -> None:
    codes = list(AIR)
    air = {code: [value] for code, value in zip(codes, values, strict=True)}
    worse = air | {codes[which]: [values[which] + more]}
    one, other = aqhi.hong_kong(air, T), aqhi.hong_kong(worse, T)
    assert other.excess_risk[0] >= one.excess_risk[0] - 1e-9
    assert 1 <= one.index[0] <= other.index[0] <= 11
    assert one.excess_risk[0] == pytest.approx(sum(term[0] for term in one.terms.values()))
