"""The exposure-response model on lakes whose response is known, thin, or not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.environmental_health.response import counts as counted
from gzeco_lib.environmental_health.response import excess_from
from gzeco_lib.environmental_health.response.model import ExposureResponse
from gzeco_lib.lake import Lake
from gzeco_lib.scenario import execute

END = pd.Timestamp("2024-12-31T16:00Z")  # midnight in Guangzhou
TRUE_PM = 0.02  # log relative risk of +10 ug m-3 over lags 0 and 1
DISTRICTS = ("440104", "440106", "440111")
PLACES = {"A": (113.26, 23.13, "440104"), "B": (113.36, 23.13, "440106"), "C": (113.27, 23.20, "440111")}


def lake_of(path: Path, days: int, level: float = 60.0, health: bool = True) -> Lake:
    """A lake with daily observations and counts that answer to PM2.5 and, about 24 degC, to temperature."""
    lake = Lake.open(str(path), create=True)
    rng = np.random.default_rng(7)
    times = pd.date_range(END - pd.Timedelta(days=days), END, freq="1D", inclusive="left")
    season = np.cos(2 * np.pi * (times.day_of_year.to_numpy() - 15) / 365)
    warm = 23 - 8 * season + 2.5 * rng.standard_normal(days)
    dust = np.clip(30 + 12 * season + 12 * rng.standard_normal(days), 3, None)
    lake.write("site", pd.DataFrame([
        {"site": s, "name_zh": s, "name_en": s, "kind": "air", "lon": lon, "lat": lat, "district": d, "generated": True,
         "source": "test"} for s, (lon, lat, d) in PLACES.items()
    ]))  # fmt: skip
    rows, cases = [], []
    for site, (_, _, district) in PLACES.items():
        mine = dust + 3 * rng.standard_normal(days)
        for code, values in (("PM2.5", mine), ("temperature", warm)):
            rows.append(pd.DataFrame({"time": times, "site": site, "variable": code, "value": values}))
        effect = TRUE_PM / 20 * (mine + np.roll(mine, 1)) + 0.0012 * (warm - 24) ** 2
        count = rng.poisson(level * np.exp(effect - effect.mean())).astype(float)
        cases.append(pd.DataFrame({"time": times, "district": district, "count": count}))
    lake.write("observation", pd.concat(rows).assign(flag="", interval="P1D", source="test"))
    if health:
        table = pd.concat(cases)
        hidden = table["count"].between(1, 4)
        table["count"] = table["count"].mask(hidden)
        lake.write("health", table.assign(
            measure="deaths", cause="nonaccidental", age="all", suppressed=hidden, generated=True, source="test"
        ))  # fmt: skip
    return lake


def test_a_planted_response_comes_back_beside_the_literature(tmp_path: Path) -> None:
    lake = lake_of(tmp_path / "lake", 1100)
    outcome = execute(ExposureResponse(method="local", lag=1), lake, END)
    effects = outcome.table("effects")
    city = effects[(effects["district"] == "440100") & (effects["exposure"] == "PM2.5")].set_index("kind")
    assert city.loc["local", "lo"] < np.exp(TRUE_PM) < city.loc["local", "hi"]
    assert city.loc["local", "hi"] < 1.06
    assert 1.0022 in set(city.loc[["literature"], "rr"])
    assert set(effects.loc[effects["kind"] == "local", "district"]) == {"440100", *DISTRICTS}
    heat = effects[(effects["exposure"] == "temperature") & (effects["district"] == "440100")]
    assert heat["reference"].iloc[0] == pytest.approx(24, abs=3)
    curve = outcome.table("curve")
    warm = curve[(curve["exposure"] == "temperature") & curve["value"].between(14, 32)]
    assert (warm.loc[(warm["kind"] == "local") & (warm["district"] == "440100"), "rr"] > 0.99).all()
    assert {"PM2.5", "temperature"} <= set(outcome.table("lags")["exposure"])
    told = [message for message, _ in outcome.notes]
    assert any("generated" in text for text in told)
    assert any("known on fewer" in text for text in told)  # O3 and NO2 are not there


def test_bayesian_districts_lie_between_their_own_fit_and_the_city(tmp_path: Path) -> None:
    lake = lake_of(tmp_path / "lake", 500)
    outcome = ExposureResponse(exposure="PM2.5", lag=1, draws=150, temperature_lag=3).run(lake, END)
    effects = outcome.table("effects").query("kind != 'literature'").set_index(["kind", "district"])["rr"]
    assert np.ptp(effects["bayes"][list(DISTRICTS)]) < np.ptp(effects["local"][list(DISTRICTS)])
    assert any("R-hat" in message for message, _ in outcome.notes)


@pytest.mark.parametrize(("days", "health"), [(120, True), (120, False)])
def test_too_few_counts_leave_the_literature_and_say_so(tmp_path: Path, days: int, health: bool) -> None:
    lake = lake_of(tmp_path / "lake", days, health=health)
    outcome = ExposureResponse().run(lake, END)
    assert set(outcome.table("effects")["kind"]) == {"literature"}
    assert len(outcome.table("curve")) > 0
    assert any("only the literature's effects" in message for message, _ in outcome.notes)
    assert bool(outcome.table("inputs")["missing"].iloc[0]) is not health


def test_an_empty_lake_gives_the_literature(tmp_path: Path) -> None:
    outcome = ExposureResponse().run(Lake.open(str(tmp_path / "lake"), create=True), END)
    assert set(outcome.table("effects")["kind"]) == {"literature"}
    excess = excess_from(outcome.table("curve"), {"PM2.5": [0.0, 10.0], "O3": [0.0, 0.0]})
    assert excess.value == pytest.approx([0.0, 0.22], abs=1e-9)
    assert (excess.lo <= excess.value).all() and (excess.value <= excess.hi).all()
    assert excess.kinds == {"PM2.5": "literature", "O3": "literature"}


def test_a_cause_without_literature_says_so(tmp_path: Path) -> None:
    outcome = ExposureResponse(cause="asthma", measure="emergency").run(
        Lake.open(str(tmp_path / "l"), create=True), END
    )
    assert outcome.table("effects").empty
    assert any("no effect of air pollution" in message for message, _ in outcome.notes)


def test_excess_prefers_what_knows_most_and_falls_back_to_the_city() -> None:
    keys = {"exposure": "PM2.5", "measure": "deaths", "cause": "nonaccidental", "age": "all"}
    rows = [
        {**keys, "district": d, "kind": k, "value": v, "rr": rr**v, "lo": rr**v / 1.01, "hi": rr**v * 1.01}
        for d, k, rr in (
            ("440100", "literature", 1.0002),
            ("440100", "bayes", 1.001),
            ("440106", "local", 1.002),
        )
        for v in (0.0, 50.0)
    ]
    curve = pd.DataFrame(rows)
    city = excess_from(curve, {"PM2.5": 10.0}, "440104")
    assert float(city.value) == pytest.approx(100 * (1.001**10 - 1))
    assert city.kinds == {"PM2.5": "bayes"}
    assert np.isnan(excess_from(curve, {"PM2.5": np.nan}).value)


def test_suppressed_counts_of_a_large_series_are_missing_not_small(tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path / "lake"), create=True)
    times = pd.date_range(END - pd.Timedelta(days=60), END, freq="1D", inclusive="left")
    count = np.full(60, 50.0)
    count[[10, 20]] = np.nan
    small = np.full(60, 6.0)
    small[[10, 20]] = np.nan
    frame = pd.concat([
        pd.DataFrame({"time": times, "district": d, "count": c}) for d, c in (("440106", count), ("440117", small))
    ])  # fmt: skip
    lake.write("health", frame.assign(
        measure="deaths", cause="all", age="all", suppressed=frame["count"].isna(), generated=False, source="test"
    ))  # fmt: skip
    found, notes = counted.daily(lake, "deaths", "all", "all", times[0], END, 5)
    assert int(found.upper["440106"].sum()) == 0
    assert found.upper["440117"].to_numpy()[[10, 20]].tolist() == [4, 4]
    assert any("protect others" in message for message, _ in notes)
