"""Every code that the models write has words on the pages, and a trace says how sure it is."""

from __future__ import annotations

from pathlib import Path

import outcome_topics
import pandas as pd
import pytest

from gzeco_lib.environmental_health.feeds.declared import FEEDS
from gzeco_lib.environmental_health.friendliness import rules
from gzeco_lib.environmental_health.hazards.method import grade_method
from gzeco_lib.environmental_health.pages import burden_shows, index_shows, method, prose, status, trace_shows
from gzeco_lib.environmental_health.pages.shown import Shown
from gzeco_lib.ingest.causes import names
from gzeco_lib.lake.tables import MEASURES, PLACES
from gzeco_lib.methods.text import TOPICS
from gzeco_lib.safe_yaml import read_yaml
from gzeco_lib.views.cards import Card
from gzeco_lib.views.words import words


def test_every_code_of_the_models_has_words() -> None:
    assert set(trace_shows.PLACE_KINDS) == set(PLACES)
    assert set(index_shows.TOPICS) == set(TOPICS)
    assert set(status.FEEDS) == {feed.key for feed in FEEDS}
    assert set(burden_shows.MEASURES) == set(MEASURES)
    assert set(names()) <= set(burden_shows.CAUSES)


def test_every_audience_of_the_rules_is_offered() -> None:
    path = Path(rules.__file__).with_name("advice.yaml")
    spoken = {rule["audience"] for rule in read_yaml(path)["rules"]}
    assert spoken == set(index_shows.AUDIENCES)


def test_clauses_that_are_words_are_said_in_chinese() -> None:
    rows = grade_method(pd.Timestamp("2026-06-01", tz="UTC"), "hong_kong")
    clauses = {c for c in rows["clause"] if c} - {
        rows["clause"].iloc[0]
    }  # the first is a reference of a paper
    assert clauses <= set(method.CLAUSES)
    _ = words("zh")
    assert all(any("\u4e00" <= c <= "\u9fff" for c in _(clause)) for clause in method.CLAUSES)
    assert "毒性" in prose.source(_, rows["source"].iloc[1])


def test_temperature_goes_by_its_name_and_unit() -> None:
    shown = Shown(outcome_topics.response(), words("zh"), "zh")
    assert burden_shows.exposure_name(shown, "temperature") == "气温"
    assert burden_shows.exposure_name(shown, "PM2.5") == "PM2.5"
    assert burden_shows.exposure_unit("temperature") == "°C" and burden_shows.exposure_unit("O3") == "µg/m³"


def test_the_headline_is_the_cause_that_holds_the_others() -> None:
    found = burden_shows.rows(
        Shown(outcome_topics.burden(rates=False), words("en"), "en"), "PM2.5|GEMM"
    ).copy()
    found.loc[found["cause"] == "LC", "share"] = 0.9
    assert burden_shows.leading(found) == "NCD+LRI"
    assert burden_shows.leading(found[found["cause"] != "NCD+LRI"]) != ""


def test_the_plume_opens_at_the_hour_of_the_alarm() -> None:
    shown = Shown(outcome_topics.trace(), words("en"), "en")
    trace = trace_shows.traces(shown, None)[0]
    times = trace_shows.frames(trace.plume())
    opened = trace_shows.step(trace, times, -1)
    nearest = min(times, key=lambda t: abs(t - trace.row["start"]))
    assert times[opened] == nearest and trace_shows.step(trace, times, 400) == len(times) - 1


def test_the_likeliest_are_named_with_their_probabilities() -> None:
    shown = Shown(outcome_topics.trace(), words("en"), "en")
    said = trace_shows.likeliest(trace_shows.traces(shown, None)[0], 2)
    assert said.count("%") == 2


@pytest.mark.parametrize(("value", "long"), [("10,859", False), ("65 岁及以上老人", True), ("番禺区", False)])
def test_a_wide_name_is_set_smaller(value: str, long: bool) -> None:
    assert ('"value long"' in Card("x", value).html()) is long
