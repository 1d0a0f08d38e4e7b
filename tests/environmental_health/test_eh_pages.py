"""The six pages of environmental health on outcomes with known values: whole, old, and without any."""

from __future__ import annotations

import re

import numpy as np
import outcome_topics
import pytest
from outcome_hourly import HOSTILE
from outcome_sample import NOW, WORST, sample

from gzeco_lib.environmental_health.pages import (
    PAGES,
    PageState,
    burden_shows,
    cell,
    grades,
    index_shows,
    outlook_shows,
    status,
    trace_shows,
)
from gzeco_lib.environmental_health.pages.context import Context
from gzeco_lib.environmental_health.pages.shell import Shell
from gzeco_lib.environmental_health.pages.shown import Shown
from gzeco_lib.lake import Lake
from gzeco_lib.views.page import Notices
from gzeco_lib.views.words import words


@pytest.fixture
def english() -> Shown:
    return Shown(sample(), words("en"), "en")


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Lake]:
    folder = tmp_path_factory.mktemp("pages")
    made = {name: Lake.open(str(folder / name), create=True) for name in ("whole", "old", "none")}
    for outcome in (sample(), outcome_topics.trace(), outcome_topics.burden(), outcome_topics.response()):
        outcome.save(made["whole"])
    sample(whole=False).save(made["old"])
    return made


def shell(lake: Lake, **asked: str) -> Shell:
    state = PageState.from_query(asked)
    return Shell(Context(lake, state, Notices(words(state.lang))))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("page", list(PAGES))
@pytest.mark.parametrize("lake", ["whole", "old", "none"])
def test_every_page_stands_whatever_the_lake_holds(
    lakes: dict[str, Lake], lake: str, page: str, lang: str
) -> None:
    made = shell(lakes[lake], page=page, lang=lang)
    assert made.view() is not None
    if lake == "whole":
        assert made.shown.ready()


def test_an_alert_follows_the_threshold_without_a_run(english: Shown) -> None:
    few = outlook_shows.found_alerts(english, "moderate", 95)
    many = outlook_shows.found_alerts(english, "moderate", 5)
    # Runs of hours grow together at a lower threshold, so hours are compared and not rows.
    districts = [found[found["place_kind"] == "district"]["hours"].sum() for found in (few, many)]
    assert districts[1] > districts[0]
    assert (many["probability"] >= 0.05).all() and (few["probability"] >= 0.95).all()


def test_chances_of_the_bands_sum_to_one(english: Shown) -> None:
    found = outlook_shows.chances(english, "")
    total = found.drop(columns=["time", "lead_h"]).sum(axis=1)
    assert np.allclose(total, 1.0) and len(found) == 25


def test_candidates_are_ranked_with_the_unknown_among_them() -> None:
    shown = Shown(outcome_topics.trace(), words("en"), "en")
    trace = trace_shows.traces(shown, Shown(sample(), words("en"), "en"))[0]
    rows = trace_shows.candidates(trace)
    assert [r["value"] for r in rows] == ["71 %", "16 %", "9 %", "2 %", "0.4 %"]
    assert [r["key"] for r in rows][:2] == ["91440100X", "unknown"]
    assert trace.place == pytest.approx((113.352, 22.948))
    assert next(r["key"] for r in trace_shows.arrival(trace)) == WORST


def test_a_hostile_name_is_only_text_on_the_map() -> None:
    shown = Shown(outcome_topics.trace(), words("zh"), "zh")
    trace = trace_shows.traces(shown, None)[0]
    points = trace_shows.points(trace, trace.plume())
    assert HOSTILE in set(points["name"])  # Bokeh sets @name as text
    assert not any("<img" in hover for hover in points["hover"])
    shown = Shown(sample(), words("zh"), "zh")
    assert not any("<img" in hover for hover in grades.points(shown, "noise")["hover"])


def test_cells_that_nobody_knows_stay_unknown(english: Shown) -> None:
    values = grades.raster(english, "toxics")[0]
    mask = sample().fields["risk"]["excess_risk"].sel(lead_h=0).notnull().values
    assert 0 < np.isfinite(values).sum() < mask.sum()
    assert grades.grade_name(english, np.nan) == "—"


def test_a_click_opens_the_cell_under_it(english: Shown) -> None:
    field = english.outcome.fields["hazards"]
    row, column = np.argwhere(np.isfinite(field["air_grade"].values))[0]
    x, y = float(field["x"][column]), float(field["y"][row])
    key = cell.key_at(english, x + 10, y - 10)
    found = cell.find(english, key)
    assert found is not None and (found.x, found.y) == (x, y)
    assert "grade = f(air)" in cell.markup(english, found)
    assert cell.key_at(english, 0.0, 0.0) == "" and cell.find(english, "1_1") is None


def test_late_feeds_say_what_stands_in(english: Shown) -> None:
    strip = status.strip(english)
    assert "The wind of 7 h ago is carried forward" in strip and "missing" in strip
    assert status.response_fact(english)[0] == ("From data to map", "12 s")


def test_weights_change_the_index_at_once_and_are_kept(english: Shown) -> None:
    weights = index_shows.start_weights(english, "air:1.00,heat:0.00,noise:9,x:1")
    assert weights["air"] == 1.0 and weights["heat"] == 0.0 and weights["noise"] <= 1 and "x" not in weights
    only_air = index_shows.table(english, {p: float(p == "air") for p in weights})
    assert only_air.loc[only_air["scope"] == "city", "index"].iloc[0] == pytest.approx(90.0, abs=0.5)
    assert index_shows.kept_weights(index_shows.start_weights(english, "")) == ""
    assert b"weight_air: 1.0" in index_shows.weights_yaml(weights)


def test_advice_is_shown_to_whom_it_is_for(english: Shown) -> None:
    assert "AQHI 8" in index_shows.advice(english, "child", "")
    assert "No outdoor sports" not in index_shows.advice(english, "hospital", "")
    assert "No outdoor sports" not in index_shows.advice(english, "outdoor_worker", "440103")


def test_without_death_rates_the_share_is_shown() -> None:
    shown = Shown(outcome_topics.burden(rates=False), words("en"), "en")
    found = burden_shows.rows(shown, "PM2.5|GEMM")
    assert burden_shows.measure(found) == "share"
    assert burden_shows.by_cause(shown, found)[0].value == pytest.approx(20.0)
    assert burden_shows.axis(shown, "share") == ("Attributable share", "%")


def test_deaths_are_ranked_with_their_intervals() -> None:
    shown = Shown(outcome_topics.burden(), words("en"), "en")
    found = burden_shows.rows(shown, "PM2.5|GEMM")
    first = burden_shows.by_cause(shown, found)[0]
    assert (first.value, first.lo, first.hi) == pytest.approx((4600, 3680, 5520))
    assert len(burden_shows.by_district(shown, found)) == 11
    assert [bar.value for bar in burden_shows.targets(shown, "PM2.5|GEMM")] == [1500, 2000]


def test_the_accessible_palette_reaches_the_map(english: Shown) -> None:
    from gzeco_lib.environmental_health.pages import shown as shows

    other = Shown(sample(), words("en"), "en", accessible=True)
    assert shows.scale(other, "aqi").colours != shows.scale(english, "aqi").colours


def test_the_rail_keeps_language_theme_and_time(lakes: dict[str, Lake]) -> None:
    from gzeco_lib.views.rail import markup

    at = f"{NOW:%Y-%m-%dT%H:%MZ}"
    state = PageState.from_query({"lang": "en", "theme": "dark", "at": at, "hour": "5"})
    links = re.findall(
        r'href="([^"]+page=trace[^"]*)"',
        markup(words("en"), state, "environmental_health", {"trace": "Trace"}, "trace"),
    )
    assert len(links) == 1 and "theme=dark" in links[0] and "at=2024" in links[0] and "hour" not in links[0]
