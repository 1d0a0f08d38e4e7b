"""Posts say in words what is true of them; personal data are masked as an ingest masks them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.demo_city import City, opinion
from gzeco_lib.demo_city.noise import generator
from gzeco_lib.demo_city.options import DAYS
from gzeco_lib.demo_city.world import world
from gzeco_lib.ingest.personal import holds_number
from gzeco_lib.methods.text.times import said_time

HOUR = pd.Timedelta(hours=1)


@pytest.fixture(scope="module")
def truth(city: City) -> pd.DataFrame:
    return city.truth["opinion"]


def test_posts_are_many_and_varied(truth: pd.DataFrame) -> None:
    assert 5 < len(truth) / DAYS["small"] < 15
    assert truth["topic"].nunique() == 9
    assert truth["text"].nunique() > 0.9 * len(truth)
    assert 0.08 < (~truth["relevant"]).mean() < 0.17


def test_each_post_is_an_event_of_the_lake(city: City, truth: pd.DataFrame) -> None:
    events = city.tables["event"].query("kind == 'opinion'").set_index("event")
    assert set(events.index) == set(truth["event"])
    assert events["subject"].isna().all()
    assert 0.15 < events["lon"].notna().mean() < 0.35
    assert (events.loc[truth["event"], "time"].to_numpy() == truth["time"].to_numpy()).all()


def test_nobody_writes_before_it_happened(truth: pd.DataFrame) -> None:
    late = (truth["time"] - truth["true_start"]) / HOUR
    assert late.min() >= 0
    assert 3 < late.median() < 8
    assert late.max() < opinion.LATEST + 10


def test_the_words_for_a_time_mean_that_time(truth: pd.DataFrame) -> None:
    """Read back by the rules of the product, which know nothing of how the words were made."""
    told = truth[truth["said"] != ""]
    assert len(told) > 300
    assert all(said in text for said, text in zip(told["said"], told["text"], strict=True))
    hits = []
    for row in told.to_dict("records"):
        found = said_time(row["text"], row["time"])
        if found is not None:
            hits.append(found.start - HOUR <= row["true_start"] < found.end + HOUR)
    assert len(hits) > 0.9 * len(told)
    assert np.mean(hits) > 0.85


def test_words_for_known_moments() -> None:
    happened, written = (
        pd.Timestamp(t, tz="Asia/Shanghai") for t in ("2026-03-03 20:10", "2026-03-04 09:00")
    )
    said = {opinion.words(generator(1, "words", i), happened, written) for i in range(60)}
    assert {"昨晚", "昨天晚上八点", "昨天晚上八点多", "昨天晚上8点"} <= said
    assert all(word.startswith("昨") for word in said)


def test_places_are_named_as_they_are_listed(city: City, truth: pd.DataFrame) -> None:
    named = truth[truth["place_said"]]
    assert 0.6 < len(named) / len(truth) < 0.95
    assert all(place in text for place, text in zip(named["place"], named["text"], strict=True))
    known = set(city.tables["place"]["name_zh"]) | set(city.tables["enterprise"]["name_zh"])
    assert set(truth["place"]) <= known


def test_invalid_numbers_are_in_the_truth_and_masked_in_the_lake(city: City, truth: pd.DataFrame) -> None:
    held = truth[truth["text"].map(holds_number)]
    assert len(held) >= 10
    assert held["text"].str.contains("000000").all()  # nobody's number
    events = city.tables["event"].query("kind == 'opinion'").set_index("event")
    assert events.loc[held["event"], "text"].str.contains("***", regex=False).all()
    assert not events["text"].map(holds_number).any()


def test_episodes_bring_posts_from_the_plume(city: City, truth: pd.DataFrame) -> None:
    behind = truth[truth["episode"] != ""]
    assert len(behind) >= 10
    periods = city.truth["episodes"].groupby("episode").agg(start=("start", "min"), end=("end", "max"))
    for row in behind.to_dict("records"):
        period = periods.loc[row["episode"]]
        assert period["start"] <= row["true_start"] < period["end"]


def test_a_later_build_says_the_same(city: City, truth: pd.DataFrame) -> None:
    stop = pd.Timestamp(city.end) - pd.Timedelta(days=20)
    earlier = opinion.truth(world(city.seed, "small", stop - pd.Timedelta(days=40), stop)).set_index("event")
    same = truth[(truth["time"] >= stop - pd.Timedelta(days=40)) & (truth["time"] < stop)].set_index("event")
    pd.testing.assert_frame_equal(earlier.sort_index(), same.sort_index())
