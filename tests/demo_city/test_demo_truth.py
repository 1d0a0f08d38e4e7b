"""Planted truths are in the data, and listed as they are."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.demo_city import City
from gzeco_lib.demo_city.air import POLLUTANTS
from gzeco_lib.demo_city.places import AIR, plane


@pytest.fixture(scope="module")
def wide(city: City) -> dict[str, pd.DataFrame]:
    """Air observations by variable: hours x sites, NaN where there is no row."""
    table = city.tables["observation"]
    hours = pd.date_range(city.start, city.end, freq="h", inclusive="left")
    air = table[table["variable"].isin(POLLUTANTS)]
    return {
        str(code): part.pivot(index="time", columns="site", values="value").reindex(hours)
        for code, part in air.groupby("variable")
    }


def flagged(city: City, fault: dict[str, object]) -> pd.Series:
    """Flags of the rows a fault covers; of a copy those of both stations: values alone do not tell who copied."""
    table = city.tables["observation"]
    inside = (table["time"] >= fault["start"]) & (table["time"] < fault["end"])
    site = table["site"].isin([fault["site"], fault["other"]])
    return table.loc[inside & site & (table["variable"] == fault["variable"]), "flag"]


def of_kind(city: City, kind: str) -> list[dict[str, object]]:
    found = city.truth["faults"]
    rows = found[found["kind"] == kind].to_dict("records")
    assert rows, f"no {kind} fault was planted"
    return [{str(k): v for k, v in row.items()} for row in rows]


def test_every_kind_of_truth_is_planted(city: City) -> None:
    assert set(city.truth["episodes"]["kind"]) == {"single", "double", "wind_shift", "calm"}
    assert set(city.truth["faults"]["kind"]) == {"frozen", "spike", "sentinel", "outage", "copied"}
    for name in ("episodes", "faults", "spells"):
        table = city.truth[name]
        assert (table["start"] >= city.start).all()
        assert (table["end"] <= city.end).all()
        assert (table["start"] < table["end"]).all()


def test_faults_do_not_overlap(city: City) -> None:
    for _site, part in city.truth["faults"].sort_values("start").groupby("site"):
        assert (part["start"].iloc[1:].to_numpy() >= part["end"].iloc[:-1].to_numpy()).all()


def test_frozen_series_stand_still(city: City, wide: dict[str, pd.DataFrame]) -> None:
    for fault in of_kind(city, "frozen"):
        series = wide[str(fault["variable"])][fault["site"]]
        held = series[(series.index >= fault["start"]) & (series.index < fault["end"])]
        assert held.nunique() == 1
        assert held.notna().all()


def test_copied_series_equal_the_other_station(city: City, wide: dict[str, pd.DataFrame]) -> None:
    for fault in of_kind(city, "copied"):
        table = wide[str(fault["variable"])]
        part = table[(table.index >= fault["start"]) & (table.index < fault["end"])]
        pair = part[[fault["site"], fault["other"]]].dropna()
        assert len(pair) > 0.8 * len(part)
        assert (pair.iloc[:, 0] == pair.iloc[:, 1]).all()


def test_outages_leave_no_rows(city: City, wide: dict[str, pd.DataFrame]) -> None:
    for fault in of_kind(city, "outage"):
        for code in wide if fault["variable"] == "*" else [str(fault["variable"])]:
            series = wide[code][fault["site"]]
            assert series[(series.index >= fault["start"]) & (series.index < fault["end"])].isna().all()


def test_spikes_and_sentinels_stand_out(city: City, wide: dict[str, pd.DataFrame]) -> None:
    for fault in of_kind(city, "spike"):
        series = wide[str(fault["variable"])][fault["site"]]
        before = series[: fault["start"]].iloc[-6:-1]
        assert series[fault["start"]] > before.max() + 100
    for fault in of_kind(city, "sentinel"):
        series = wide[str(fault["variable"])][fault["site"]]
        part = series[(series.index >= fault["start"]) & (series.index < fault["end"])]
        assert (part == fault["value"]).all()


@pytest.mark.parametrize(
    ("kind", "rules", "share"),
    [
        ("sentinel", {"sentinel"}, 1.0),
        ("spike", {"spike"}, 0.8),
        ("frozen", {"flat_line"}, 0.8),
        ("copied", {"copied_series"}, 1.0),
    ],
)
def test_quality_rules_find_the_faults(city: City, kind: str, rules: set[str], share: float) -> None:
    """Share of the planted faults of each kind in which the rule fired on at least one hour."""
    caught = [
        any(rules & set(str(flag).split(",")) for flag in flagged(city, fault))
        for fault in of_kind(city, kind)
        if (pd.Timestamp(str(fault["end"])) - pd.Timestamp(str(fault["start"]))).total_seconds() / 3600 >= 2
        or kind == "spike"
    ]
    assert np.mean(caught) >= share


def test_most_rows_are_sound(city: City) -> None:
    assert (city.tables["observation"]["flag"] == "").mean() > 0.99


def test_some_hours_are_missing_everywhere(city: City, wide: dict[str, pd.DataFrame]) -> None:
    missing = wide["PM2.5"].isna().mean()
    assert missing.min() > 0.003
    assert missing.max() < 0.08


def test_episodes_are_seen_by_stations(city: City) -> None:
    impacts = city.truth["impacts"]
    for name in city.truth["episodes"]["episode"].unique():
        part = impacts[(impacts["episode"] == name) & (impacts["variable"] != "O3")]
        assert part["added"].max() > 5, name


def test_episodes_name_an_enterprise_and_its_place(city: City) -> None:
    table = city.truth["episodes"].merge(
        city.tables["enterprise"], on="enterprise", how="left", suffixes=("", "_enterprise")
    )
    assert table["name_zh"].notna().all()
    assert (table["lon"] == table["lon_enterprise"]).all()
    assert (table["height_m"] == table["stack_height_m"]).all()
    for row in table.to_dict("records"):
        rates = json.loads(row["rates_kg_h"])
        assert 5 <= rates[row["main"]] <= 900
    doubles = city.truth["episodes"][city.truth["episodes"]["kind"] == "double"]
    assert (doubles.groupby("episode")["enterprise"].nunique() == 2).all()


def test_impacts_lie_within_the_episode_and_its_neighbourhood(city: City) -> None:
    episodes = city.truth["episodes"].set_index(["episode", "enterprise"])
    stations = dict(zip([p.site for p in AIR], plane(AIR), strict=True))
    strongest = city.truth["impacts"].sort_values("added").groupby(["episode", "enterprise"]).tail(1)
    assert len(strongest) == len(episodes)
    for row in strongest.to_dict("records"):
        source = episodes.loc[(row["episode"], row["enterprise"])]
        assert source["start"] <= row["time"] < source["end"]
        distance = np.hypot(*(stations[row["site"]] - np.array([source["x"], source["y"]])))
        assert 500 < distance < 25_000


def test_impacts_show_in_the_observations(city: City, wide: dict[str, pd.DataFrame]) -> None:
    """A large planted addition lifts the station over the city's median by about as much."""
    impacts = city.truth["impacts"]
    large = impacts[(impacts["variable"] == "SO2") & (impacts["added"] > 15)]
    assert len(large) >= 5
    sulphur = wide["SO2"]
    seen, added = [], []
    for row in large.to_dict("records"):
        value = sulphur.at[row["time"], row["site"]]
        if np.isfinite(value):
            seen.append(value - sulphur.loc[row["time"]].median())
            added.append(row["added"])
    assert np.median(np.array(seen) / np.array(added)) == pytest.approx(1.0, abs=0.2)
