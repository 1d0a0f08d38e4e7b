"""Advice by rule: every rule can speak, none speaks without its input, reasons carry the numbers and hours."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.environmental_health.friendliness import advise
from gzeco_lib.environmental_health.friendliness.advice import book, priority
from gzeco_lib.environmental_health.friendliness.advice_texts import AUDIENCES, REASONS, SOURCES, TEXTS
from gzeco_lib.standards.facts import CERTAINTIES
from gzeco_lib.views.words import words

RULES = book()["rules"]
IDS = [rule["id"] for rule in RULES]


def hours(start: str = "2024-12-15T00:00Z", n: int = 25, district: str = "", **inputs: Any) -> pd.DataFrame:
    """Hours from lead 0 on; an input is a number or a value an hour."""
    frame = pd.DataFrame(
        {"time": pd.date_range(start, periods=n, freq="1h"), "lead_h": range(n), "district": district}
    )
    for name in ("aqi", "aqhi", "excess_risk"):
        frame[name] = inputs.get(name, np.nan)
    frame["primary"] = inputs.get("primary", "")
    return frame


def warm(top: float, start: str = "2024-12-15T00:00Z", n: int = 25, district: str = "") -> pd.DataFrame:
    """A day that is hottest at 15:00 local time (07:00 UTC)."""
    times = pd.date_range(start, periods=n, freq="1h")
    course = top - 4 + 4 * np.cos(2 * np.pi * (times.hour.to_numpy() - 7) / 24)
    return pd.DataFrame({"time": times, "lead_h": range(n), "district": district, "temperature": course})


def none() -> pd.DataFrame:
    return hours(district="440103", n=0)


def enough(rule: dict[str, Any]) -> dict[str, Any]:
    """Inputs under which ``rule`` holds."""
    found: dict[str, Any] = {"series": {}, "top": None, "counts": {}}
    for condition in rule["when"]:
        value = next(condition[key] for key in ("above", "at_least", "at_most", "has") if key in condition)
        value = value + 1 if "above" in condition else value
        if condition["input"] == "day_max":
            found["top"] = float(value)
        elif condition["input"] == "noisy_sites":
            found["counts"] = {"noisy_sites": float(value)}
        else:
            found["series"][condition["input"]] = value
    return found


def spoken(start: str, given: dict[str, Any]) -> pd.DataFrame:
    return advise(
        hours(start, **given["series"]),
        none(),
        None if given["top"] is None else warm(given["top"], start),
        given["counts"],
    )


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_every_rule_speaks_when_its_conditions_hold(rule: dict[str, Any]) -> None:
    found = spoken("2026-09-15T00:00Z", enough(rule))
    mine = found[found["audience"] == rule["audience"]]
    family = {
        r["id"]: r for r in RULES if r["audience"] == rule["audience"] and r["family"] == rule["family"]
    }
    best = next(family[name] for name in mine["rule"] if name in family)
    # The same inputs may meet a more severe rule of the same family, never a milder one.
    assert best["severity"] >= rule["severity"]


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_no_rule_speaks_where_one_of_its_inputs_is_missing(rule: dict[str, Any]) -> None:
    for gone in rule["when"]:
        given = enough(rule)
        given["series"].pop(gone["input"], None)
        if gone["input"] == "day_max":
            given["top"] = None
        if gone["input"] == "noisy_sites":
            given["counts"] = {}
        assert rule["id"] not in set(spoken("2026-09-15T00:00Z", given)["rule"])


def test_nothing_known_gives_no_advice() -> None:
    assert advise(hours(), none()).empty
    assert advise(hours(n=0), none()).empty


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_rules_are_complete_and_sourced(rule: dict[str, Any]) -> None:
    assert rule["text"] in TEXTS
    assert rule["audience"] in AUDIENCES
    assert rule["source"] in SOURCES
    assert book()["sources"][rule["source"]] in CERTAINTIES
    assert book()["sources"][rule["source"]] != "unsure"
    assert rule["family"] in ("air", "heat", "noise")


def test_texts_and_sources_are_all_used_and_rules_named_once() -> None:
    assert set(TEXTS) == {rule["text"] for rule in RULES}
    assert set(SOURCES) == {rule["source"] for rule in RULES} == set(book()["sources"])
    assert len(IDS) == len(set(IDS))
    assert {rule["audience"] for rule in RULES} == set(AUDIENCES)


def test_the_reason_carries_the_hours_and_the_number() -> None:
    index = np.full(25, 5.0)
    index[8:11] = [7.0, 8.0, 8.0]  # 08:00 to 11:00 UTC is 16:00 to 19:00 local
    found = advise(hours(aqhi=index, excess_risk=9.4), none()).set_index("audience")
    row = found.loc["child"]
    assert row["rule"] == "child.aqhi.very_high"
    zh, en = (words(lang)(row["reason"]).format(**json.loads(row["fields"])) for lang in ("zh", "en"))
    assert zh == "12-15 17:00 至 12-15 19:00，AQHI 最高 8"
    assert en == "12-15 17:00 to 12-15 19:00: AQHI up to 8"
    assert row["start"] == pd.Timestamp("2024-12-15T09:00Z")
    assert row["end"] == pd.Timestamp("2024-12-15T11:00Z")
    hospital = words("zh")(found.loc["hospital", "text"]).format(
        **json.loads(found.loc["hospital", "fields"])
    )
    assert "约高 9%" in hospital


def test_only_the_most_severe_of_a_family_speaks() -> None:
    found = advise(hours(aqi=210.0, aqhi=9.0), none())
    assert list(found.loc[found["audience"] == "elder", "rule"]) == ["elder.aqi.200"]


def test_heat_rules_follow_the_measures_of_2012() -> None:
    """35, 37 and 40 degC of the day's maximum: shifts, six hours and none in the hottest three, stop."""
    for top, rule in (
        (34.9, None),
        (35.0, "worker.heat.35"),
        (38.0, "worker.heat.37"),
        (40.0, "worker.heat.40"),
    ):
        found = advise(hours("2024-07-14T16:00Z"), none(), warm(top, "2024-07-14T16:00Z"))
        worker = list(found.loc[found["audience"] == "outdoor_worker", "rule"])
        assert worker == ([rule] if rule else [])


def test_the_hottest_three_hours_are_named() -> None:
    found = advise(hours("2024-07-14T16:00Z"), none(), warm(38.0, "2024-07-14T16:00Z")).set_index("rule")
    fields = json.loads(found.loc["worker.heat.37", "fields"])
    assert fields == {"day": "07-15", "value": "38", "start": "14:00", "end": "17:00"}


def test_a_day_whose_hot_hours_are_not_known_has_no_maximum() -> None:
    """Ten hours from 18:00 local time on do not show the heat of either day."""
    found = advise(hours("2024-07-15T10:00Z", n=10), none(), warm(41.0, "2024-07-15T10:00Z", n=10))
    assert found.empty


def test_haze_advice_needs_haze() -> None:
    ozone = advise(hours(aqi=160.0, primary="O3"), none())
    haze = advise(hours(aqi=160.0, primary="PM2.5,PM10"), none())
    assert list(ozone.loc[ozone["audience"] == "pregnant", "rule"]) == ["pregnant.aqi.150"]
    assert list(haze.loc[haze["audience"] == "pregnant", "rule"]) == ["pregnant.haze.150"]


def test_clean_air_must_last_to_be_praised() -> None:
    clean = np.full(25, 40.0)
    assert "child.normal" in set(advise(hours(aqi=clean), none())["rule"])
    clean[20] = 60.0
    assert "child.normal" not in set(advise(hours(aqi=clean), none())["rule"])
    clean[20] = np.nan
    assert "child.normal" not in set(advise(hours(aqi=clean), none())["rule"])


def test_a_rule_of_law_waits_for_its_day() -> None:
    for start, known in (("2026-08-14T15:00Z", False), ("2026-08-14T16:00Z", True)):
        assert ("site.warning" in set(advise(hours(start, aqi=250.0), none())["rule"])) is known


def test_a_district_speaks_only_where_it_differs() -> None:
    city = hours(aqi=120.0)
    same, worse = hours(district="440103", aqi=120.0), hours(district="440104", aqi=160.0)
    found = advise(city, pd.concat([same, worse]))
    assert set(found["district"]) == {"", "440104"}
    assert set(found.loc[found["district"] == "440104", "rule"]) >= {"child.aqi.150", "school.aqi.150"}
    assert found["priority"].is_monotonic_increasing


def test_the_most_pressing_comes_first_and_is_priority_one() -> None:
    assert [priority(severity) for severity in (3.0, 2.5, 2.0, 1.5, 1.0, 0.5, 0.0)] == [1, 2, 2, 3, 3, 4, 5]
    found = advise(hours(aqi=210.0), none())
    assert found.loc[found["rule"] == "elder.aqi.200", "priority"].item() == 1
    assert advise(hours(aqi=40.0), none())["priority"].eq(5).all()


def test_every_reason_and_text_fills_from_its_fields() -> None:
    for rule in RULES:
        for _, row in spoken("2026-09-15T00:00Z", enough(rule)).iterrows():
            fields = json.loads(row["fields"])
            for lang in ("zh", "en"):
                assert "{" not in words(lang)(row["text"]).format(**fields)
                assert "{" not in words(lang)(row["reason"]).format(**fields)
    assert set(REASONS) >= {"aqi", "aqhi", "day_max", "noisy_sites"}
