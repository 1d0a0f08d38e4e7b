"""Feeds: who is where, what each feed brought, what stands in for one that is late, and what people complain of."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from eh_lakes import END, PLACES, exposure, observations, told

from gzeco_lib.environmental_health.feeds import opinion, people, status
from gzeco_lib.environmental_health.feeds.declared import FEEDS
from gzeco_lib.environmental_health.feeds.usual_day import GROUPS
from gzeco_lib.geo.grid import city_grid
from gzeco_lib.lake.lake import Lake

HOUR = pd.Timedelta("1h")
GRID = city_grid(1000)
CELLS = GRID.cells[GRID.mask]
MORNING = pd.date_range("2024-12-11T00:00", periods=4, freq="1h")  # a Wednesday, 8 to 12 in Guangzhou


def counted(hours: pd.DatetimeIndex, cells: np.ndarray, persons: float, group: str = "all") -> pd.DataFrame:
    index = pd.MultiIndex.from_product([hours.tz_localize("UTC"), cells], names=["time", "cell"])
    return index.to_frame(index=False).assign(group=group, population=persons, generated=True, source="test")


def sentences(notes: list) -> str:
    return " ".join(told(note, lang) for note in notes for lang in ("en", "zh"))


def test_the_usual_day_keeps_every_person(lake_of: Callable[..., Lake]) -> None:
    lake = lake_of(people=True)
    found, notes = people(lake, MORNING, GRID)
    usual = exposure()
    expected = usual[(usual["day_type"] == "workday") & (usual["hour"] == 8)]["population"].sum()
    assert found.everybody[0].sum() == pytest.approx(expected)
    assert found.known and set(found.made_from) == {"usual"} and found.groups == GROUPS
    assert np.allclose(sum(found.of(group) for group in GROUPS), found.of("all"))
    assert "usual day" in sentences(notes) and "典型日" in sentences(notes)
    finer, _ = people(lake, MORNING.tz_localize("UTC"), city_grid(500))
    assert finer.everybody[0].sum() == pytest.approx(expected, rel=0.01)  # cells on the border are cut


def test_counts_stand_where_there_are_any_and_scale_the_rest(lake_of: Callable[..., Lake]) -> None:
    lake = lake_of(people=True)
    lake.write(
        "presence", counted(MORNING[:2], CELLS, 1500.0)
    )  # the usual day: 60000 in Yuexiu, 1000 elsewhere
    found, notes = people(lake, MORNING, GRID)
    assert list(found.made_from) == ["counted", "counted", "usual", "usual"]
    assert np.allclose(found.everybody[:2], 1500.0)
    usual, _ = people(lake, MORNING, GRID, at=pd.Timestamp("2024-12-10T00:00Z"))
    assert set(usual.made_from) == {"usual"}  # what was not known yet is not used
    factor = found.everybody[2].sum() / usual.everybody[2].sum()
    assert factor == pytest.approx(1500.0 * len(CELLS) / usual.everybody[0].sum(), rel=1e-6)
    assert "2 of 4" in sentences(notes)


def test_an_hour_cut_short_is_not_taken_for_a_count(lake_of: Callable[..., Lake]) -> None:
    lake = lake_of(people=True)
    lake.write("presence", counted(MORNING[:3], CELLS, 1000.0))
    lake.write("presence", counted(MORNING[3:], CELLS[:100], 1000.0))
    assert list(people(lake, MORNING, GRID)[0].made_from) == ["counted"] * 3 + ["usual"]


def test_counts_by_group_are_kept_and_cells_outside_the_count_stay_usual(
    lake_of: Callable[..., Lake],
) -> None:
    lake = lake_of(people=True)
    half = CELLS[: len(CELLS) // 2]
    for group, persons in (("child_0_14", 100.0), ("elder_65", 60.0)):
        lake.write("presence", counted(MORNING, half, persons, group))
    found, _ = people(lake, MORNING, GRID)
    inside = np.isin(CELLS, half)
    assert np.allclose(found.of("child_0_14")[:, inside], 100.0) and np.allclose(
        found.of("adult_15_64")[:, inside], 0
    )
    assert (found.everybody[:, ~inside] > 0).all()


def test_without_counts_residents_and_a_model_stand_in(lake_of: Callable[..., Lake]) -> None:
    lake = lake_of()
    rows = pd.DataFrame({"cell": CELLS[:300], "attribute": "residents", "value": 900.0})
    lake.write("cell", rows.assign(generated=True, source="test"))
    day = pd.date_range("2024-12-11", periods=24, freq="1h")
    found, notes = people(lake, day, GRID)
    assert np.allclose(found.everybody.sum(axis=1), 300 * 900.0)  # nobody is lost over the day
    assert set(found.made_from) == {"residents"} and "model of the day" in sentences(notes)
    census = [(2023, code, "population", "", -1, n) for code, n in (("440104", 1e6), ("440106", 2e6))]
    other = Lake.open(lake.url + "2", create=True)
    frame = pd.DataFrame(census, columns=["year", "district", "measure", "cause", "age", "value"])
    other.write(
        "demography", frame.astype({"year": "int16", "age": "int16"}).assign(generated=True, source="test")
    )
    found, notes = people(other, day[:2], GRID)
    tianhe = GRID.district[GRID.mask] == "440106"
    assert found.everybody[0, tianhe].sum() == pytest.approx(2e6) and "evenly" in sentences(notes)


def test_a_lake_that_knows_nobody_says_so(lake_of: Callable[..., Lake]) -> None:
    found, notes = people(lake_of(), MORNING, GRID)
    assert (
        not found.known and np.allclose(found.everybody, 1.0) and "nobody can be counted" in sentences(notes)
    )
    assert people(lake_of(), MORNING[:0], GRID)[0].persons.shape == (len(GROUPS), 0, len(CELLS))


def weather(hours: pd.DatetimeIndex, site: str = "W1") -> pd.DataFrame:
    rows = pd.DataFrame({"time": hours, "site": site, "variable": "wind_speed", "value": 2.0})
    return rows.assign(flag="", interval="PT1H", source="test")


def test_weather_missing_for_six_hours_is_carried_forward(lake_of: Callable[..., Lake]) -> None:
    lake = lake_of(observations())
    lake.write("observation", weather(pd.date_range(END - 5 * 24 * HOUR, END - 7 * HOUR, freq="1h")))
    feeds, notes = status(lake, END)
    row = feeds.set_index("feed").loc["weather"]
    assert row["status"] == "late" and row["age_h"] == 6 and json.loads(row["fields"])["hours"] == 6
    assert "The wind of 6 h ago is carried forward" in sentences(notes) and "沿用 6 小时前的风" in sentences(
        notes
    )
    assert feeds.set_index("feed").loc["air", "status"] == "ok"


def test_a_station_that_is_gone_is_named_with_since_when(lake_of: Callable[..., Lake]) -> None:
    rows = observations()
    lake = lake_of(rows[(rows["site"] != "S3") | (rows["time"] < END - 10 * HOUR)])
    feeds, notes = status(lake, END)
    silent = json.loads(feeds.set_index("feed").loc["air", "fields"])["silent"]
    assert [station["site"] for station in silent] == ["S3"] and silent[0]["since"] == "2024-12-14T14:00Z"
    assert (
        "S3" in sentences(notes)
        and "2024-12-14 22:00" in sentences(notes)
        and "10 h before" in sentences(notes)
    )


def test_thin_late_and_missing_air(lake_of: Callable[..., Lake]) -> None:
    rows = observations(sites=tuple(PLACES)[:5])
    lake = lake_of(rows[(rows["site"] == "S1") | (rows["time"] < END - 20 * HOUR)])
    assert status(lake, END)[0].set_index("feed").loc["air", "status"] == "thin"
    assert status(lake, END + 5 * HOUR)[0].set_index("feed").loc["air", "status"] == "late"
    assert status(lake, END + 90 * 24 * HOUR)[0].set_index("feed").loc["air", "status"] == "late"
    early = status(lake, pd.Timestamp("2020-01-01T00:00Z"))[0].set_index("feed")
    assert early.loc["air", "status"] == "missing" and pd.isna(early.loc["air", "newest"])


def test_an_almost_empty_lake_says_all_that_is_missing(lake_of: Callable[..., Lake]) -> None:
    feeds, notes = status(lake_of(), END)
    assert list(feeds["feed"]) == [feed.key for feed in FEEDS] and set(feeds["status"]) == {"missing"}
    assert len(notes) == len(FEEDS) and (feeds["instead"] != "").all()
    assert "{" not in sentences(notes)


def events(*rows: tuple[str, str, float, float, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["event", "time", "lon", "lat", "text"])
    frame["time"] = pd.to_datetime(frame["time"], utc=True)
    return frame.assign(kind="complaint", generated=True, source="test")


def test_complaints_are_read_for_topic_time_and_place(lake_of: Callable[..., Lake]) -> None:
    lake = lake_of(works=True)
    lake.write(
        "event",
        events(
            ("a", "2024-12-14T02:00", np.nan, np.nan, "昨晚八点半天河区有刺鼻气味"),
            ("b", "2024-12-14T03:00", 113.262, 23.131, "甲厂的烟囱冒浓烟"),
            ("c", "2024-12-14T04:00", np.nan, np.nan, "石井街道工地夜间施工噪音"),
            ("d", "2024-12-14T05:00", np.nan, np.nan, "萝岗区河涌发黑"),
            ("e", "2024-12-14T06:00", np.nan, np.nan, "哪里都很吵，噪音大"),
            ("f", "2024-10-14T06:00", np.nan, np.nan, "很久以前的臭味"),
        ),
    )
    lake.write("event", events(("g", "2024-12-14T07:00", np.nan, np.nan, "检查")).assign(kind="inspection"))
    table, counts, notes = opinion(lake, END, days=30)
    rows = table.set_index("event")
    assert list(rows.index) == ["a", "b", "c", "d", "e"]
    assert rows["topic"].tolist() == ["odour", "smoke_dust", "construction", "water", "noise"]
    assert rows["district"].tolist() == ["440106", "440104", "440111", "440112", ""]
    assert rows["place_from"].tolist() == ["text", "coordinates", "text", "text", ""]
    assert (
        rows.loc["a", "said_time"] == pd.Timestamp("2024-12-13T12:30Z") and rows.loc["b", "place"] == "甲厂"
    )
    assert counts["count"].sum() == 5 and "1 of 5" in sentences(notes)
    yesterday = counts[counts["topic"] == "odour"].iloc[0]
    assert yesterday["day"] == pd.Timestamp("2024-12-12T16:00Z")  # the local day it tells of


def test_no_complaints(lake_of: Callable[..., Lake]) -> None:
    table, counts, notes = opinion(lake_of(), END, days=7)
    assert table.empty and counts.empty and "7" in sentences(notes)
    assert "said_time" in table and str(counts["day"].dtype).startswith("datetime64")


@pytest.mark.shared
def test_the_stations_of_guangzhou(guangzhou: Lake) -> None:
    feeds, notes = status(guangzhou, pd.Timestamp("2024-11-15T00:00Z"))
    rows = feeds.set_index("feed")
    assert rows.loc["air", "status"] == "ok" and rows.loc["air", "rows_24h"] > 2000
    assert set(rows.drop(index="air")["status"]) == {"missing"}
    assert "no plume or source can be computed" in sentences(notes)
