"""The back-test and its command, on public data of real stations and on made ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import norm

from gzeco_lib.cli import backtest as command
from gzeco_lib.errors import InputError
from gzeco_lib.methods.forecast import backtest
from gzeco_lib.methods.forecast.intervals import LEVELS, PARTS, at_levels, error_table
from gzeco_lib.methods.forecast.readings import rounding_helps, step, to_step
from gzeco_lib.methods.forecast.tracking import follow
from gzeco_lib.methods.forecast.weights import combination, on_simplex

CODES = ["PM2.5", "NO2", "O3", "CO"]


@pytest.fixture(scope="module")
def guangzhou(shared: Path) -> xr.Dataset:
    """Eight stations of Guangzhou, July to November 2024, UTC."""
    file = shared / "guangzhou_air" / "hourly_2024-04_2024-12.parquet"
    rows = pd.read_parquet(file, columns=["station", "time_local", *CODES])
    rows["time"] = rows["time_local"].astype("datetime64[ns]") - pd.Timedelta(hours=8)
    keep = sorted(rows["station"].unique())[:8]
    rows = rows[rows["station"].isin(keep) & rows["time"].between("2024-06-30", "2024-11-15")]
    return (
        rows.rename(columns={"station": "site"}).set_index(["time", "site"])[CODES].astype(float).to_xarray()
    )


@pytest.mark.shared
@pytest.mark.parametrize("variable", ["PM2.5", "O3", "NO2"])
def test_chosen_is_never_worse_than_the_better_baseline(guangzhou: xr.Dataset, variable: str) -> None:
    result = backtest(
        guangzhou, variable, "2024-10-15", "2024-11-12", every=3, refit_days=14,
        members=("persistence", "yesterday", "climatology", "linear"),
    )  # fmt: skip
    assert min(result.skill) > 0, np.round(result.skill, 3)
    assert result.skill[5] > 0.08
    assert 0.7 < np.mean(result.chosen["coverage80"]) < 0.9
    assert result.capture > 0.9
    assert len(set(result.cases)) > 1  # later leads run out of the period


def test_json_is_plain(synthetic: xr.Dataset) -> None:
    result = backtest(
        synthetic,
        "A",
        "2024-05-25",
        "2024-05-28",
        leads=(1, 3),
        members=("persistence", "climatology"),
        every=6,
    )
    content = json.loads(result.to_json())
    assert content["leads"] == [1, 3]
    assert set(content["members"]) == {"persistence", "yesterday", "climatology"}
    assert {"mae", "rmse", "coverage80", "crps"} <= set(content["chosen"])
    assert content["origins"] == 12
    assert content["capture"] == 1.0
    for scores in content["members"].values():
        assert all(m <= r for m, r in zip(scores["mae"], scores["rmse"], strict=True))


def test_persistence_is_scored_right(synthetic: xr.Dataset) -> None:
    result = backtest(
        synthetic, "A", "2024-05-25", "2024-05-28", leads=(2,), members=("persistence",), every=1
    )
    values = synthetic["A"].sel(time=slice("2024-05-25", "2024-05-27T23:00")).to_numpy()
    assert result.members["persistence"]["mae"][0] == pytest.approx(np.abs(values[2:] - values[:-2]).mean())
    assert result.chosen["mae"] == pytest.approx(result.members["persistence"]["mae"])


@pytest.fixture(scope="module")
def synthetic() -> xr.Dataset:
    time = pd.date_range("2024-05-01", periods=30 * 24, freq="h").to_numpy().astype("datetime64[ns]")
    draw = np.random.default_rng(0)
    values = (
        30 + 8 * np.sin(np.arange(len(time)) / 24 * 2 * np.pi)[:, None] + draw.normal(0, 2, (len(time), 2))
    )
    return xr.Dataset({"A": (("time", "site"), values)}, coords={"time": time, "site": ["a", "b"]})


def test_periods_that_cannot_be_tested(synthetic: xr.Dataset) -> None:
    with pytest.raises(InputError, match="nothing was observed"):
        backtest(synthetic, "A", "2025-01-01", "2025-02-01")
    with pytest.raises(InputError, match="too little"):
        backtest(synthetic, "A", "2024-05-05", "2024-05-20")
    with pytest.raises(InputError, match="is not a time"):
        backtest(synthetic, "A", "soon", "2024-05-20")
    with pytest.raises(InputError, match="at least one apart"):
        backtest(synthetic, "A", "2024-05-25", "2024-05-28", every=0)


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [("2024-11-01", "2024-12-31", 7), ("2016-03-01", "2016-08-31", 14), ("2004-01-01", "2005-05-31", 42)],
)
def test_longer_periods_are_fitted_more_rarely(first: str, last: str, days: int) -> None:
    assert command.refit_days(command.day(first, "--start"), command.day(last, "--end")) == days


def test_lead_times_as_text() -> None:
    assert command.lead_hours("1-3, 6,24") == [1, 2, 3, 6, 24]
    for text in ("", "a", "1-", "-3", "1;2"):
        with pytest.raises(InputError):
            command.lead_hours(text)


def test_dates_as_text() -> None:
    assert str(command.local_midnight(command.day("2024-11-01", "--start"))) == "2024-10-31 16:00:00+00:00"
    with pytest.raises(InputError, match="is not a date"):
        command.day("2024-13-01", "--start")


def test_days_are_those_of_the_place() -> None:
    """London is an hour ahead of UTC in June and not in November."""
    day = command.day
    assert str(command.local_midnight(day("2005-06-01", ""), "Europe/London")) == "2005-05-31 23:00:00+00:00"
    assert str(command.local_midnight(day("2005-11-01", ""), "Europe/London")) == "2005-11-01 00:00:00+00:00"
    assert [command.country_of(zone) for zone in ("Asia/Shanghai", "Europe/London", "UTC")] == [
        "CN",
        "GB",
        "",
    ]
    with pytest.raises(InputError, match="no time zone"):
        command.local_midnight(day("2005-06-01", ""), "Mars/Olympus")


@pytest.mark.slow
def test_a_cluster_gives_equal_numbers(synthetic: xr.Dataset) -> None:
    options = {
        "leads": (1, 6),
        "members": ("persistence", "climatology", "linear"),
        "every": 6,
        "refit_days": 3,
    }
    here = backtest(synthetic, "A", "2024-05-20", "2024-05-28", **options).to_dict()
    there = backtest(synthetic, "A", "2024-05-20", "2024-05-28", cluster="local", **options).to_dict()
    assert here | {"seconds": 0} == there | {"seconds": 0}


def test_bands_follow_their_misses() -> None:
    """Errors double for good: a fixed table covers 48 %, the tracked one comes back to 80 %."""
    draw = np.random.default_rng(4)
    table = np.broadcast_to(norm.ppf(LEVELS), (24, PARTS, len(LEVELS)))
    leads, parts = np.array([1, 24]), np.zeros((1600, 2), int)
    errors = 2 * draw.standard_normal((1600, 5, 2))
    factor = follow(errors, parts, table, leads, 3, np.ones((2, 2)))
    width = 1.2816 * factor[:-1, :, :]
    inside = (errors > -width[:, None, :, 0]) & (errors < width[:, None, :, 1])
    assert inside[:40].mean() < 0.6
    assert inside[800:].mean() == pytest.approx(0.8, abs=0.02)
    np.testing.assert_array_equal(
        factor[:8, 1], 1.0
    )  # no forecast of 24 h has come true before the ninth origin


def test_readings_with_coarse_steps_are_rounded_where_that_is_nearer() -> None:
    draw = np.random.default_rng(6)
    came = draw.integers(5, 9, (3000, 2, 24)).astype(float)
    near = came + draw.normal(0, 0.2, came.shape)  # a good forecast between the steps
    assert step(came) == 1.0
    assert step(came / 10) == 0.1
    assert step(came + draw.random(came.shape)) == 0.0
    assert rounding_helps(near, came, 1.0).all()
    assert not rounding_helps(near, came, 0.0).any()
    between = came + draw.uniform(
        -0.5, 0.5, came.shape
    )  # readings without steps: rounding takes from a good forecast
    assert not rounding_helps(between + draw.normal(0, 0.1, came.shape), between, 1.0).any()
    np.testing.assert_allclose(to_step(np.array([[1.4, 1.4]]), 1.0, np.array([True, False])), [[1.0, 1.4]])


def test_weights_of_squares_are_those_of_least_squares() -> None:
    """Two unbiased members with independent errors of variance 1 and 4: weights 4/5 and 1/5."""
    draw = np.random.default_rng(9)
    came = draw.normal(50, 10, (40_000, 2))
    members = np.stack([came + draw.normal(0, size, came.shape) for size in (1, 2)], axis=-1)
    np.testing.assert_allclose(
        combination(members, came, prior=0.0, squares=True), [[0.8, 0.2]] * 2, atol=0.02
    )


def test_simplex_projection() -> None:
    """Worked by hand: what is inside stays; (2, 0) goes to the corner; (0.8, 0.8) to the middle."""
    given = np.array([[0.3, 0.7], [2.0, 0.0], [0.8, 0.8]])
    np.testing.assert_allclose(on_simplex(given), [[0.3, 0.7], [1.0, 0.0], [0.5, 0.5]])


def test_weights_find_the_good_member_and_halve_equal_ones() -> None:
    draw = np.random.default_rng(1)
    came = draw.normal(50, 10, (4000, 3))
    good, bad = came + draw.normal(0, 1, came.shape), came + draw.normal(0, 12, came.shape)
    weight = combination(np.stack([bad, good], axis=-1), came)
    assert (weight[:, 1] > 0.95).all()
    other = came + draw.normal(0, 1, came.shape)
    weight = combination(np.stack([other, good], axis=-1), came)
    np.testing.assert_allclose(weight, 0.5, atol=0.05)
    np.testing.assert_allclose(weight.sum(axis=1), 1)


def test_error_table_covers_what_it_says() -> None:
    draw = np.random.default_rng(2)
    errors = draw.standard_t(4, (3000, 2, 1)) * 3 + 0.2
    parts = draw.integers(0, 8, (3000, 1))
    table = error_table(errors, parts)
    low, high = at_levels(table, np.array([0.1, 0.9]))
    fresh = draw.standard_t(4, 20_000) * 3 + 0.2
    assert ((fresh > low[0, 0]) & (fresh < high[0, 0])).mean() == pytest.approx(0.8, abs=0.03)
    np.testing.assert_allclose(at_levels(table, LEVELS[:1])[0], table[..., 0])
