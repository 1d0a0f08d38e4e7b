"""Health counts follow the planted response, are coherent, and hide what is small."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.demo_city import City, daily, health, response
from gzeco_lib.demo_city.options import DAYS
from gzeco_lib.demo_city.population import CENSUS
from gzeco_lib.demo_city.world import World, world
from gzeco_lib.standards import validity

STOP = pd.Timestamp("2026-03-01T00:00+08:00").tz_convert("UTC")


@pytest.fixture(scope="module")
def full() -> World:
    """What the full city is made of: three years of counts."""
    return world(2026, "full", STOP - pd.Timedelta(days=DAYS["full"]), STOP)


@pytest.fixture(scope="module")
def drawn(full: World) -> tuple[pd.DatetimeIndex, np.ndarray]:
    return health.drawn(full)


def test_the_small_city_has_too_few_days_for_a_fit_and_no_archive(city: City) -> None:
    table = city.tables["health"]
    assert table["time"].nunique() == daily.HISTORY["small"] == 120
    assert not (
        city.tables["observation"]["variable"].isin(["PM2.5", "O3"])
        & (city.tables["observation"]["interval"] == "P1D")
    ).any()


def test_small_counts_are_suppressed_and_nothing_gives_them_back(city: City) -> None:
    table = city.tables["health"]
    assert table["count"].isna().equals(table["suppressed"])
    known = table["count"].dropna()
    assert ((known == 0) | (known >= health.BELOW)).all()
    wide = table.pivot(index=["time", "measure", "cause", "age"], columns="district", values="count")
    parts = wide[list(CENSUS)]
    alone = (parts.isna().sum(axis=1) == 1) & wide["440100"].notna()
    assert not alone.any()


def test_parts_sum_to_totals(city: City) -> None:
    table = city.tables["health"]
    wide = table.pivot(index=["time", "district", "measure", "cause"], columns="age", values="count").dropna()
    assert len(wide) > 5000
    assert (wide[["0-14", "15-64", "65+"]].sum(axis=1) == wide["all"]).all()
    cause = table.pivot(
        index=["time", "district", "measure", "age"], columns="cause", values="count"
    ).dropna()
    assert (cause["nonaccidental"] >= cause["circulatory"] + cause["respiratory"]).all()
    assert (cause["respiratory"] >= cause["asthma"]).all()


def test_deaths_are_of_the_size_of_the_death_rates(
    full: World, drawn: tuple[pd.DatetimeIndex, np.ndarray]
) -> None:
    _starts, counts = drawn
    a_year = counts[:, 0].sum(axis=(1, 2, 3)).mean() * 365.25
    wanted = health.usual()["deaths"].sum() * 365.25
    assert a_year == pytest.approx(wanted, rel=0.08)
    assert 2.5e-3 < a_year / 18.8e6 < 8e-3


def test_a_day_belongs_to_the_seed_not_to_the_run(
    full: World, drawn: tuple[pd.DatetimeIndex, np.ndarray]
) -> None:
    """A later build continues an earlier one: the same days, the same counts and the same daily air."""
    earlier = world(2026, "small", STOP - pd.Timedelta(days=150), STOP - pd.Timedelta(days=30))
    starts, counts = health.drawn(earlier)
    at = drawn[0].get_indexer(starts)
    assert (at >= 0).all()
    assert np.array_equal(drawn[1][at], counts)


def test_the_archive_is_the_air_of_the_hours(full: World) -> None:
    """Days kept daily are those before the hours; the same rule on the hours gives the same values."""
    archive = daily.archive(full)
    assert archive["time"].max() < full.start
    days = daily.days_of(full)
    shown = archive[archive["variable"] == "O3"].pivot(index="time", columns="site", values="value")
    assert shown.notna().to_numpy().all()
    assert 60 < shown.to_numpy().mean() < 130
    late = full.clock.hours >= days.starts[-30]
    late &= full.clock.hours < STOP
    times = full.clock.hours[late].tz_localize(None).to_numpy()
    temperature = validity.daily_mean(full.sky.temperature[late], times).value
    assert days.felt["temperature"][-30:, 0] == pytest.approx(temperature)


def test_expected_counts_answer_as_the_truth_says(full: World) -> None:
    """Ten more ug m-3 on all days multiply the expected counts by the planted relative risk."""
    felt = daily.days_of(full).felt
    more = {**felt, "PM2.5": felt["PM2.5"] + 10.0}
    base, raised = (np.exp(response.logarithm(2026, f, daily.LAGS)) for f in (felt, more))
    usual = health.usual()
    truth = response.truth(2026, usual).query(
        "exposure == 'PM2.5' and age == 'all' and cause == 'nonaccidental'"
    )
    for measure in ("deaths", "emergency"):
        rr = (usual[measure] * raised / base).sum(axis=(1, 2, 3)) / usual[measure].sum()
        said = truth.query("measure == @measure and district == '440100'")["rr"].item()
        assert rr == pytest.approx(np.full(len(rr), said), rel=1e-5)


def test_shares_of_the_lags_are_whole() -> None:
    shares = response.lag_shares().groupby("exposure")["share"].sum()
    assert shares.to_numpy() == pytest.approx(np.ones(5))
    assert response.lag_shares()["lag"].max() < daily.LAGS


def test_cold_and_heat_have_their_least_risk_between() -> None:
    truth = response.truth(2026, health.usual()).query(
        "exposure == 'temperature' and measure == 'deaths' and cause == 'nonaccidental' and district == '440100'"
    )
    for _age, part in truth.groupby("age"):
        risk = part.set_index("value")["rr"]
        assert 23 <= risk.idxmin() <= 25
        assert risk[8.0] > risk[15.0] > 1.0 < risk[32.0]


def test_a_distributed_lag_model_finds_what_was_planted(
    full: World, drawn: tuple[pd.DatetimeIndex, np.ndarray]
) -> None:
    """Emergency visits of the city, fitted with the true exposure: the interval holds the planted risk, not 1."""
    from gzeco_lib.environmental_health.response.fits import PER, local, shared_basis
    from gzeco_lib.environmental_health.response.series import Area, Plan
    from gzeco_lib.methods import dlnm

    starts, counts = drawn
    felt = daily.days_of(full).felt
    usual = health.usual()["emergency"]
    share = usual.sum(axis=(1, 2)) / usual.sum()
    exposures = {code: values[daily.LAGS - 1 :][-len(starts) :] @ share for code, values in felt.items()}
    visits = counts[:, health.MEASURES.index("emergency")].sum(axis=(1, 2, 3))
    days = starts.tz_convert("Asia/Shanghai").tz_localize(None)
    area = Area("440100", days, visits, np.zeros(len(visits), dtype=int), exposures)
    plan = Plan("PM2.5", lag=3, temperature_lag=14, df=7)
    fit = local(area, plan, shared_basis(plan, area))
    assert fit is not None
    found = dlnm.predict(fit.cross, fit.coef, fit.cov, at=PER, reference=None).curve().iloc[0]
    truth = response.truth(2026, health.usual()).query(
        "exposure == 'PM2.5' and measure == 'emergency' and cause == 'nonaccidental' and age == 'all'"
        " and district == '440100'"
    )
    assert found["lo"] <= truth["rr"].item() <= found["hi"]
    assert found["lo"] > 1.0
