"""Distributed-lag models against what R dlnm's vignettes print and against closed forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.experiments.health_chicago import daily
from gzeco_lib.methods import dlnm
from gzeco_lib.methods.dlnm.terms import levels, seasonal, smooth


def linear_data(n: int = 900, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """An exposure and counts with log relative risks 0.01, 0.006, 0.002 a unit at lags 0 to 2."""
    rng = np.random.default_rng(seed)
    x = 20 + 8 * rng.standard_normal(n)
    effect = 0.01 * x + 0.006 * np.roll(x, 1) + 0.002 * np.roll(x, 2)
    return x, rng.poisson(np.exp(3.5 + effect)).astype(float)


@pytest.mark.shared
def test_pm10_of_the_r_dlnm_vignette(shared: Path) -> None:
    """dlnmTS vignette, example 1: allRRfit["10"] = 0.9997563 (0.9916871-1.0078911)."""
    d = daily(shared)
    pm = dlnm.CrossBasis.of(d["pm10"], dlnm.Linear(), dlnm.Polynomial(4), 15)
    temperature = dlnm.CrossBasis.of(d["temp"], dlnm.Natural(5), dlnm.Strata((1,)), 3)
    fit = dlnm.quasi_poisson(
        {
            "pm10": pm.columns(d["pm10"]), "temperature": temperature.columns(d["temp"]),
            "time": smooth(d["time"], 98), "day": levels(d["dow"]),
        },
        d["death"],
    )  # fmt: skip
    row = dlnm.predict(pm, *fit.of("pm10"), at=np.arange(21)).curve().set_index("value").loc[10]
    assert row.to_numpy() == pytest.approx([0.9997563, 0.9916871, 1.0078911], abs=5e-8)
    assert fit.steps == 4


@pytest.mark.shared
def test_ozone_above_a_threshold_of_the_r_dlnm_vignette(shared: Path) -> None:
    """dlnmTS vignette, example 2: summers as groups, O3 above 40.3, allRRfit["50.3"] = 1.047313 (1.004775-1.091652)."""
    d = daily(shared)
    d = d[d.index.month.isin([6, 7, 8, 9])]
    o3 = dlnm.CrossBasis.of(d["o3"], dlnm.Threshold(40.3), dlnm.Integer(), 5)
    temperature = dlnm.CrossBasis.of(d["temp"], dlnm.Threshold(15, 25), dlnm.Strata((2, 6)), 10)
    year = d.index.year
    terms = {
        "o3": o3.columns(d["o3"], year), "temperature": temperature.columns(d["temp"], year),
        "season": smooth(d["doy"], 4), "trend": smooth(d["time"], 3), "day": levels(d["dow"]),
    }  # fmt: skip
    fit = dlnm.quasi_poisson(terms, d["death"])
    row = dlnm.predict(o3, *fit.of("o3"), at=50.3).curve().iloc[0]
    assert row[["rr", "lo", "hi"]].to_numpy() == pytest.approx([1.047313, 1.004775, 1.091652], abs=5e-7)


def test_natural_spline_is_straight_outside() -> None:
    """Natural: no bend beyond the boundary knots, and nought at the lower one."""
    basis = dlnm.Natural(4).on(np.arange(50.0))
    assert basis(np.arange(50.0)).shape == (50, 4)
    outside = basis(np.array([49.0, 52.0, 55.0, 58.0, -3.0, -6.0, -9.0]))
    assert np.diff(outside[:4], n=2, axis=0) == pytest.approx(np.zeros((2, 4)), abs=1e-12)
    assert np.diff(outside[4:], n=2, axis=0) == pytest.approx(np.zeros((1, 4)), abs=1e-12)
    assert basis(np.zeros(1)) == pytest.approx(np.zeros((1, 4)), abs=1e-14)


def test_bases_in_closed_form() -> None:
    x = np.array([-2.0, 1.0, 3.0, np.nan])
    assert dlnm.Threshold(0.0, 2.0)(x)[:3].tolist() == [[2, 0], [0, 0], [0, 1]]
    assert dlnm.Threshold(1.0, side="low")(x)[:3, 0].tolist() == [3, 0, 0]
    assert dlnm.Strata((0, 2))(x)[:3].tolist() == [[0, 0], [1, 0], [0, 1]]
    assert np.isnan(dlnm.Strata((0, 2))(x)[3]).all()
    slopes = dlnm.Piecewise((0.0, 2.0))(x)[:3]
    assert slopes.tolist() == [[-2, 0, 0], [0, 1, 0], [0, 2, 1]]
    assert dlnm.Polynomial(2, scale=2.0)(x)[:3].tolist() == [[-1, 1], [0.5, 0.25], [1.5, 2.25]]
    assert dlnm.Integer(intercept=True).on([0, 1, 2])(np.array([1.0])).tolist() == [[0, 1, 0]]
    partition = dlnm.BSpline(5, intercept=True).on(np.arange(9.0))
    assert partition(np.array([0.0, 3.3, 8.0, 9.5])).sum(axis=1) == pytest.approx(np.ones(4))


def test_a_history_does_not_reach_into_another_group() -> None:
    x = np.arange(8.0)
    basis = dlnm.CrossBasis.of(x, dlnm.Linear(), None, 2)
    whole, parted = basis.columns(x)[:, 0], basis.columns(x, np.repeat([0, 1], 4))[:, 0]
    assert whole[2:].tolist() == [3, 6, 9, 12, 15, 18]
    assert np.isnan(parted[[0, 1, 4, 5]]).all() and parted[[2, 3, 6, 7]].tolist() == [3, 6, 15, 18]


def test_histories_by_column_are_the_series() -> None:
    x = np.random.default_rng(0).normal(size=60)
    basis = dlnm.CrossBasis.of(x, dlnm.Polynomial(2), dlnm.Polynomial(1), (1, 4))
    histories = np.column_stack([np.r_[np.full(k, np.nan), x[:-k]] for k in range(1, 5)])
    np.testing.assert_allclose(basis.columns(histories), basis.columns(x))


def test_a_planted_linear_response_comes_back() -> None:
    x, y = linear_data()
    basis = dlnm.CrossBasis.of(x, dlnm.Linear(), dlnm.Integer(), 2)
    fit = dlnm.quasi_poisson({"x": basis.columns(x)}, y)
    coef, cov = fit.of("x")
    assert np.abs(coef - [0.01, 0.006, 0.002]) == pytest.approx(
        np.zeros(3), abs=4 * np.sqrt(np.diag(cov)).max()
    )
    found = dlnm.predict(basis, coef, cov, at=10.0)
    assert found.overall[0] == pytest.approx(10 * coef.sum())
    assert found.overall_se[0] == pytest.approx(10 * np.sqrt(cov.sum()))
    assert found.cumulative[0, -1] == pytest.approx(found.overall[0])
    assert fit.dispersion == pytest.approx(1.0, abs=0.15)


def test_reduction_gives_the_same_curve() -> None:
    x, y = linear_data()
    basis = dlnm.CrossBasis.of(x, dlnm.Natural(3), dlnm.Natural(3), 6)
    fit = dlnm.quasi_poisson({"x": basis.columns(x)}, y)
    at, found = (
        np.linspace(5, 35, 7),
        dlnm.predict(basis, *fit.of("x"), at=np.linspace(5, 35, 7), reference=20.0),
    )
    coef, cov = dlnm.reduced(basis, *fit.of("x"))
    columns = basis.contrast(at, 20.0)
    assert columns @ coef == pytest.approx(found.overall)
    assert np.sqrt(np.einsum("iv,vw,iw->i", columns, cov, columns)) == pytest.approx(found.overall_se)
    lag_coef, _ = dlnm.reduced_to_value(basis, *fit.of("x"), 35.0, 20.0)
    assert basis.lag(basis.steps) @ lag_coef == pytest.approx(found.by_lag[-1])


def test_columns_that_missing_rows_make_alike_are_left_out() -> None:
    """As R's glm: the fit without them is the same, and a term that needs them is refused."""
    x, y = linear_data()
    twice = np.column_stack([x, 2 * x])
    fit = dlnm.quasi_poisson({"x": x, "again": twice}, y)
    alone = dlnm.quasi_poisson({"x": x}, y)
    assert fit.fitted == pytest.approx(alone.fitted, rel=1e-10)
    assert fit.df == alone.df
    with pytest.raises(InputError, match="combinations"):
        fit.of("again")


def test_suppressed_counts_do_not_bias() -> None:
    """Counts below 5 hidden but for zero: the fit stays near that of all counts; dropping them would not."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=4000)
    y = rng.poisson(np.exp(1.5 + 0.3 * x)).astype(float)
    hidden = (y > 0) & (y < 5)
    full = dlnm.quasi_poisson({"x": x}, y)
    fit = dlnm.quasi_poisson({"x": x}, np.where(hidden, np.nan, y), suppressed=np.where(hidden, 4, 0))
    dropped = dlnm.quasi_poisson({"x": x}, np.where(hidden, np.nan, y))
    se = np.sqrt(fit.of("x")[1][0, 0])
    assert abs(fit.of("x")[0][0] - full.of("x")[0][0]) < 2.5 * se
    assert se > np.sqrt(full.of("x")[1][0, 0])
    assert abs(dropped.of("x")[0][0] - full.of("x")[0][0]) > 5 * se


def test_weights_and_offset_are_those_of_a_rate() -> None:
    x, y = linear_data(300)
    basis = dlnm.CrossBasis.of(x, dlnm.Linear(), None, 0)
    terms = {"x": basis.columns(x)}
    plain = dlnm.quasi_poisson(terms, y)
    offset = dlnm.quasi_poisson(terms, y, offset=np.full(300, 2.0))
    assert offset.coef[0] == pytest.approx(plain.coef[0] - 2.0)
    first = dlnm.quasi_poisson(terms, y, weights=np.r_[np.ones(200), np.zeros(100)])
    assert first.coef == pytest.approx(dlnm.quasi_poisson({"x": basis.columns(x[:200])}, y[:200]).coef)


def test_attributable_cases_in_closed_form() -> None:
    """A constant exposure of 10 with log relative risk 0.01 a unit: 1 - exp(-0.1) of all cases, either way."""
    basis = dlnm.CrossBasis.of(np.arange(30.0), dlnm.Linear(), None, 3)
    coef, cov = np.array([0.0025]), np.array([[1e-8]])
    x, cases = np.full(60, 10.0), np.full(60, 7.0)
    for direction in ("backward", "forward"):
        found = dlnm.attributable(basis, coef, cov, x, cases, 0.0, direction=direction)
        assert found.fraction == pytest.approx(1 - np.exp(-0.1))
        assert found.number == pytest.approx(420 * (1 - np.exp(-0.1)))
        assert found.fraction_lo < found.fraction < found.fraction_hi
    nothing = dlnm.attributable(basis, coef, cov, x, cases, 0.0, within=(20.0, 30.0))
    assert nothing.fraction == 0.0


def test_the_minimum_of_a_planted_curve() -> None:
    rng = np.random.default_rng(4)
    x = rng.uniform(0, 35, 3000)
    y = rng.poisson(np.exp(4 + 0.0008 * (x - 22) ** 2)).astype(float)
    basis = dlnm.CrossBasis.of(x, dlnm.Natural(4), None, 0)
    fit = dlnm.quasi_poisson({"x": basis.columns(x)}, y)
    found = dlnm.minimum(basis, *fit.of("x"))
    assert found.lo <= found.value <= found.hi
    assert found.value == pytest.approx(22.0, abs=1.5)


def test_season_has_seven_columns_a_year() -> None:
    assert seasonal(pd.date_range("2020-01-01", periods=3 * 365)).shape == (1095, 21)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: dlnm.CrossBasis.of(np.arange(9.0), dlnm.Linear(), None, (3, 1)), "not a range"),
        (lambda: dlnm.Natural(4).on(np.full(9, np.nan)), "no value"),
        (lambda: dlnm.Natural(4).on(np.ones(9)), "differ"),
        (lambda: dlnm.Natural(3).on(np.r_[np.zeros(80), np.arange(9.0)]), "knots"),
        (lambda: dlnm.Threshold(3.0, 1.0), "rising"),
        (lambda: dlnm.quasi_poisson({"x": np.arange(2.0)}, [1, 2]), "2 complete rows"),
        (lambda: dlnm.quasi_poisson({"x": np.arange(9.0)}, -np.ones(9)), "below nought"),
        (lambda: dlnm.quasi_poisson({"x": np.arange(4.0)}, np.ones(9)), "4 rows"),
    ],
)
def test_bad_input_is_told(wrong, says: str) -> None:
    with pytest.raises(InputError, match=says):
        wrong()
