"""Burden of disease: by hand, against a plain loop, on a cluster, and on lakes that lack things."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.environmental_health.burden import Air, People, annual_air, burden
from gzeco_lib.environmental_health.burden.model import EnvironmentalHealthBurden
from gzeco_lib.errors import InputError
from gzeco_lib.geo.districts import NAMES
from gzeco_lib.lake.lake import Lake
from gzeco_lib.scenario import Outcome, execute
from gzeco_lib.standards.crf import gemm, response

AGES = np.arange(25, 85, 5)
PM, O3 = ("PM2.5", "annual"), ("O3", "peak_season_mda8")


def people(districts: int = 3) -> People:
    rng = np.random.default_rng(3)
    rates = {c: 20 * np.exp((AGES - 25) / 12) for c in ("NCD+LRI", "IHD", "COPD", "all")}
    return People(AGES, rng.uniform(2e4, 2e5, (districts, len(AGES))), rates)


def plain(of: People, air: Air, function: object, draws: int, seed: int) -> np.ndarray:
    """Deaths in the city, draw by draw and cell by cell, with random numbers of its own."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(draws):
        z, common, total = rng.normal(), rng.normal(), 0.0
        for d in range(len(air.mean)):
            c = max(0.0, air.mean[d] + common * air.common_sd + rng.normal() * air.sd[d])
            for a, age in enumerate(of.ages):
                theta, se = function.theta_of(age)  # type: ignore[attr-defined]
                hr = np.exp((theta + z * se) * function.shape(c))  # type: ignore[attr-defined]
                total += of.population[d, a] * of.rates[function.cause][a] / 1e5 * (1 - 1 / hr)  # type: ignore[attr-defined]
        found.append(total)
    return np.array(found)


def test_without_errors_of_the_air_by_hand() -> None:
    """One district, one age: deaths are population x rate x (1 - 1 / HR), its interval that of theta."""
    one = People(np.array([60]), np.array([[1e6]]), {"IHD": np.array([200.0])})
    found = burden([gemm("IHD")], one, {PM: Air(np.array([35.0]), np.zeros(1))}, draws=20000)[0]
    function = gemm("IHD")
    theta, se = function.theta_of(60)
    share = [1 - np.exp(-(theta + k * se) * function.shape(35.0)) for k in (0, -1.96, 1.96)]
    np.testing.assert_allclose(found.share[:, 0], share, rtol=5e-3)
    np.testing.assert_allclose(found.deaths[:, 0], np.array(share) * 2000, rtol=5e-3)
    assert found.share[0, 0] == pytest.approx(share[0], rel=1e-12)


def test_agrees_with_a_plain_loop() -> None:
    of, air = people(), Air(np.array([20.0, 25.0, 32.0]), np.full(3, 2.0), 1.0)
    found = burden([gemm("NCD+LRI")], of, {PM: air}, draws=8000)[0].deaths[:, -1]
    drawn = plain(of, air, gemm("NCD+LRI"), 600, 5)
    assert found[0] == pytest.approx(np.median(drawn), rel=0.02)
    np.testing.assert_allclose(found[1:], np.quantile(drawn, [0.025, 0.975]), rtol=0.04)


def test_districts_and_ages_sum_to_the_city() -> None:
    air = {
        PM: Air(np.array([20.0, 25.0, 32.0]), np.full(3, 2.0)),
        O3: Air(np.full(3, 120.0), np.full(3, 5.0)),
    }
    for found in burden([gemm("COPD"), response("GBD_O3_COPD")], people(), air):
        assert found.deaths[0, :-1].sum() == pytest.approx(found.deaths[0, -1])
        assert found.city_by_age[0].sum() == pytest.approx(found.deaths[0, -1])
        # Districts share the coefficient: the city's interval is almost as wide, relative to it, as a district's.
        width = (found.deaths[2] - found.deaths[1]) / found.deaths[0]
        assert width[-1] > 0.7 * width[:-1].mean()


def test_targets_and_people_without_rates() -> None:
    goals = {PM: {"here": 50.0, "clean": 2.4}}
    air = {PM: Air(np.full(3, 25.0), np.zeros(3))}
    found = burden([gemm("IHD")], people(), air, goals)[0]
    assert (found.avoided["here"] == 0).all()
    np.testing.assert_allclose(found.avoided["clean"], found.deaths)
    bare = burden([gemm("IHD", False)], People(np.array([-1]), np.ones((3, 1))), air, goals)[0]
    assert np.isnan(bare.deaths).all() and np.isnan(bare.avoided["clean"]).all() and not bare.weighted
    theta = 0.2969 * float(gemm("IHD", False).shape(25.0))
    np.testing.assert_allclose(bare.share[0], 1 - np.exp(-theta))


def test_errors_of_rates_widen_deaths_and_not_shares() -> None:
    of, air = people(), {PM: Air(np.full(3, 25.0), np.zeros(3))}
    sure = burden([gemm("IHD")], of, air)[0]
    of.rate_sd["IHD"] = 0.3
    unsure = burden([gemm("IHD")], of, air)[0]
    np.testing.assert_allclose(sure.share, unsure.share)
    assert (unsure.deaths[2] - unsure.deaths[1] > 2 * (sure.deaths[2] - sure.deaths[1])).all()


def test_chunks_on_a_cluster_give_equal_numbers() -> None:
    air = {PM: Air(np.full(3, 25.0), np.full(3, 2.0), 1.0)}
    here, there = (
        burden([gemm("IHD"), response("WHO_PM25_all")], people(), air, {PM: {"AQG": 5.0}}, 700, 9, cluster)
        for cluster in (None, "local")
    )
    for a, b in zip(here, there, strict=True):
        for name in ("share", "deaths", "city_by_age"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
        np.testing.assert_array_equal(a.avoided["AQG"], b.avoided["AQG"])


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="too few"):
        burden([gemm()], people(), {PM: Air(np.full(3, 25.0), np.zeros(3))}, draws=10)
    with pytest.raises(InputError, match="do not go together"):
        burden([gemm()], people(), {PM: Air(np.full(4, 25.0), np.zeros(4))})


def test_peak_season_is_the_best_half_year() -> None:
    days = np.arange("2023-01-01", "2024-01-01", dtype="datetime64[D]")
    months = days.astype("datetime64[M]")
    number = months.astype(int) % 12
    values = np.where((number >= 3) & (number < 9), 120.0, 60.0)[:, None]
    found, gone = annual_air.peak_season(values, months)
    assert found.tolist() == [120.0] and not gone
    short = months < np.datetime64("2023-05")
    assert annual_air.peak_season(values[short], months[short])[1]


@pytest.mark.parametrize("run", [3, 4, 6, 9])
def test_error_of_season_is_what_runs_of_a_wave_miss(run: int) -> None:
    """A year of one wave, seen for some months beginning in any: the errors told are those made."""
    days = np.arange("2023-01-01", "2025-01-01", dtype="datetime64[D]")
    months = days.astype("datetime64[M]")
    values = 30 + 10 * np.cos(2 * np.pi * (days - days[0]).astype(float) / 365.5)[:, None]
    made, told = [], []
    for begin in range(12):
        seen = (months >= months[0] + begin) & (months < months[0] + begin + run)
        made.append(values[seen].mean() - 30)
        told.append(annual_air.season_error(values[seen], months[seen], run / 12))
    assert np.sqrt(np.mean(np.square(told))) == pytest.approx(np.sqrt(np.mean(np.square(made))), rel=0.1)


def test_a_whole_year_has_no_error_of_season() -> None:
    days = np.arange("2023-01-01", "2024-01-01", dtype="datetime64[D]")
    values = 30 + 10 * np.cos(2 * np.pi * np.arange(len(days)) / 365)[:, None]
    assert annual_air.season_error(values, days.astype("datetime64[M]"), 1.0) == pytest.approx(0, abs=1e-9)


def test_interpolation_keeps_a_constant_and_measures_what_it_misses() -> None:
    xy = np.random.default_rng(0).uniform(0, 4e4, (12, 2))
    np.testing.assert_allclose(annual_air.spread(xy, np.full(12, 7.0), xy + 900), 7.0)
    assert annual_air.between(xy, np.full(12, 7.0))[0] == pytest.approx(0)
    assert annual_air.between(xy[:2], np.array([10.0, 20.0]))[0] == pytest.approx(3.0)


# --- on lakes ---------------------------------------------------------------------------------------------------


def lake_of(folder: Path, days: int, demography: pd.DataFrame | None = None) -> Lake:
    """Four stations with ``days`` days of PM2.5 (30), NO2 (40) and O3 (100) up to the end of 2024."""
    lake = Lake.open(str(folder / "lake"), create=True)
    places = [(113.26, 23.13), (113.35, 23.14), (113.40, 22.95), (113.22, 23.38)]
    sites = pd.DataFrame(
        {
            "site": [f"A{k}" for k in range(4)], "name_zh": "站", "name_en": "station", "kind": "air",
            "lon": [p[0] for p in places], "lat": [p[1] for p in places], "district": None, "generated": True,
            "source": "test",
        }
    )  # fmt: skip
    lake.write("site", sites)
    if days:
        times = pd.date_range(end="2024-12-31 15:00", periods=24 * days, freq="1h", tz="UTC")
        frames = [
            pd.DataFrame(
                {
                    "time": times, "site": site, "variable": code, "value": value, "flag": "", "interval": "PT1H",
                    "source": "test",
                }
            )
            for site in sites["site"]
            for code, value in (("PM2.5", 30.0), ("NO2", 40.0), ("O3", 100.0))
        ]  # fmt: skip
        lake.write("observation", pd.concat(frames, ignore_index=True))
    if demography is not None:
        lake.write("demography", demography)
    return lake


def demography(year: int = 2023) -> pd.DataFrame:
    """Every district 10,000 persons in each age group; 500 deaths of 100,000 a year of every cause."""
    rows = [(d, "population", "", a, 1e4) for d in NAMES for a in range(0, 85, 5)]
    rows += [
        ("440100", "death_rate", c, a, 500.0) for c in ("NCD+LRI", "IHD", "all") for a in range(0, 85, 5)
    ]
    frame = pd.DataFrame(rows, columns=["district", "measure", "cause", "age", "value"])
    return frame.assign(year=np.int16(year), generated=False, source="test").astype({"age": "int16"})


AT = pd.Timestamp("2025-01-01", tz="UTC")


def messages(outcome: Outcome) -> str:
    return " ".join(message for message, _ in outcome.notes)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, Outcome]:
    lake = lake_of(tmp_path_factory.mktemp("burden"), 366, demography())
    return lake, execute(EnvironmentalHealthBurden(target_pm25=20.0), lake, AT)


def test_a_whole_lake(whole: tuple[Lake, Outcome]) -> None:
    table = whole[1].table("burden")
    city = table[(table["district"] == "440100") & (table["cause"] == "IHD") & (table["age"] == -1)].iloc[0]
    assert city["concentration"] == pytest.approx(30.0) and city["capture"] == pytest.approx(1.0)
    expected = sum(1e4 * 11 * 0.005 * (1 - 1 / gemm("IHD").hazard_ratio(30.0, int(a))) for a in AGES)
    assert city["deaths"] == pytest.approx(expected) and city["deaths_lo"] < expected < city["deaths_hi"]
    assert city["population"] == pytest.approx(17 * 11e4)
    ages = table[(table["cause"] == "IHD") & (table["age"] >= 0)]
    assert sorted(ages["age"]) == AGES.tolist() and ages["deaths"].sum() == pytest.approx(expected)
    assert set(table["pollutant"]) == {"PM2.5", "NO2", "O3"}
    assert "norm asks" not in messages(whole[1]) and "generated" not in messages(whole[1])


def test_targets_of_the_day_and_ones_own(whole: tuple[Lake, Outcome]) -> None:
    table = whole[1].table("avoided")
    rows = table[(table["district"] == "440100") & (table["model"] == "GEMM")].set_index("target")
    assert rows.loc["GB 3095 class II, annual mean", "target_value"] == 35  # before 2026-03-01
    assert rows.loc["GB 3095 class II, annual mean", "deaths"] == 0
    assert rows.loc["WHO guideline 2021", "deaths"] > rows.loc["Own target", "deaths"] > 0


def test_the_outcome_is_stored_and_the_same_again(whole: tuple[Lake, Outcome]) -> None:
    lake, made = whole
    again = EnvironmentalHealthBurden(target_pm25=20.0).run(lake, AT)
    pd.testing.assert_frame_equal(again.table("burden"), made.table("burden"))
    stored = Outcome.load(lake, "environmental_health_burden")
    assert stored is not None and len(stored.table("inputs")) == len(made.table("inputs"))


def test_air_alone_gives_shares_and_says_so(tmp_path: Path) -> None:
    made = EnvironmentalHealthBurden().run(lake_of(tmp_path, 200), AT)
    table = made.table("burden")
    assert table["deaths"].isna().all() and table["share"].gt(0).all() and (table["age"] == -1).all()
    for said in ("no death rates", "no population by age", "no exposure table", "norm asks"):
        assert said in messages(made)
    missing = made.table("inputs").set_index("what")["missing"]
    assert missing["death rate"] and missing["population by age"] and not missing["annual mean"].any()


def test_rates_of_districts_go_before_those_of_the_city(tmp_path: Path) -> None:
    """Liwan with twice the deaths; the city's rates stay for causes that districts do not have."""
    table = demography()
    rates = table[(table["measure"] == "death_rate") & (table["cause"] == "IHD")]
    own = [rates.assign(district=d, value=1000.0 if d == "440103" else 500.0) for d in NAMES]
    lake = lake_of(tmp_path, 366, pd.concat([table, *own], ignore_index=True))
    burdens = EnvironmentalHealthBurden(functions="gemm").run(lake, AT).table("burden")
    rows = burdens[burdens["age"] == -1].set_index(["cause", "district"])["deaths"]
    assert rows["IHD", "440103"] == pytest.approx(2 * rows["IHD", "440104"])
    assert rows["NCD+LRI", "440103"] == pytest.approx(rows["NCD+LRI", "440104"])
    assert np.isnan(rows["Stroke", "440100"])


def test_rates_of_all_ages_take_the_function_of_all_ages(tmp_path: Path) -> None:
    table = demography()
    crude = table[(table["measure"] == "death_rate") & (table["age"] == 60)].assign(age=np.int16(-1))
    lake = lake_of(
        tmp_path, 366, pd.concat([table[table["measure"] == "population"], crude], ignore_index=True)
    )
    made = EnvironmentalHealthBurden(functions="gemm").run(lake, AT)
    rows = made.table("burden").set_index(["cause", "district"])
    share = 1 - 1 / float(gemm("IHD", by_age=False).hazard_ratio(30.0))
    assert rows.loc[("IHD", "440103"), "deaths"] == pytest.approx(17e4 * 0.005 * share)
    assert "one function for all ages" in messages(made)


def test_an_almost_empty_lake_says_what_it_cannot(tmp_path: Path) -> None:
    made = EnvironmentalHealthBurden().run(lake_of(tmp_path, 0, demography(2015)), AT)
    assert made.table("burden").empty and made.table("avoided").empty
    assert "missing at every station" in messages(made) and "newest population" in messages(made)
    bare = EnvironmentalHealthBurden().run(Lake.open(str(tmp_path / "bare"), create=True), AT)
    assert bare.table("burden").empty and "no air station" in messages(bare)
