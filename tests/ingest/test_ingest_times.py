"""Local times become UTC starts of the interval; times that cannot be are set aside with the reason."""

from __future__ import annotations

import pandas as pd
import pytest

from gzeco_lib.ingest.mapping import Time
from gzeco_lib.ingest.times import read_times

NOW = pd.Timestamp("2024-06-01T00:00:00Z")


def one(text: object, interval: str = "PT1H", **time: object) -> tuple[str | None, str]:
    """The UTC time and the reason of one cell."""
    frame = pd.DataFrame({"t": [text]})
    found, reason = read_times(
        frame, Time(**({"column": "t", "zone": "Asia/Shanghai"} | time)), interval, NOW
    )
    return None if pd.isna(found[0]) else found[0].isoformat(), reason[0]


@pytest.mark.parametrize(
    ("text", "time", "expected"),
    [
        ("2024-04-01 00:00", {}, "2024-03-31T16:00:00+00:00"),
        ("2024-04-01T00:00:00", {"zone": "+08:00"}, "2024-03-31T16:00:00+00:00"),
        ("2024-04-01 00:00", {"zone": "UTC+8"}, "2024-03-31T16:00:00+00:00"),
        ("2024-04-01T00:00:00Z", {}, "2024-04-01T00:00:00+00:00"),  # the cell's own offset holds
        ("2024-04-01T00:00:00-0500", {}, "2024-04-01T05:00:00+00:00"),
        ("2024-04-01 24:00", {}, "2024-04-01T16:00:00+00:00"),
        ("2024-04-24", {}, "2024-04-23T16:00:00+00:00"),  # the day 24, not the hour
        ("2024年4月1日 24时", {"format": "%Y年%m月%d日 %H时"}, "2024-04-01T16:00:00+00:00"),
        ("2024年4月1日 7时", {"format": "%Y年%m月%d日 %H时"}, "2024-03-31T23:00:00+00:00"),
        (1711900800, {"format": "unix_s"}, "2024-03-31T16:00:00+00:00"),
        ("1711900800000", {"format": "unix_ms"}, "2024-03-31T16:00:00+00:00"),
        (2024040107, {"format": "%Y%m%d%H"}, "2024-03-31T23:00:00+00:00"),
        (pd.Timestamp("2024-04-01"), {}, "2024-03-31T16:00:00+00:00"),
        (pd.Timestamp("2024-04-01", tz="Europe/London"), {}, "2024-03-31T23:00:00+00:00"),
        ("2024-04-01 00:00", {"label": "end"}, "2024-03-31T15:00:00+00:00"),
    ],
)
def test_readable_times(text: object, time: dict[str, object], expected: str) -> None:
    assert one(text, **time) == (expected, "")


@pytest.mark.parametrize(
    ("text", "time", "reason"),
    [
        ("", {}, "time_missing"),
        ("not a time", {}, "time_unreadable"),
        ("2024-02-30 00:00", {}, "time_unreadable"),
        ("01/04/2024", {}, "time_unreadable"),
        ("9e99", {"format": "unix_s"}, "time_unreadable"),
        ("2024-06-01 09:00", {}, ""),  # 01:00 UTC: an hour ahead is a clock that runs fast
        ("2024-06-01 09:01", {}, "time_future"),
        ("2999-01-01 00:00", {}, "time_future"),
        ("1024-06-01 00:00", {}, "time_ancient"),
        # Europe/London put its clocks forward at 01:00 on 2024-03-31 and back at 02:00 on 2023-10-29.
        ("2024-03-31 01:30", {"zone": "Europe/London"}, "time_nonexistent"),
        ("2023-10-29 01:30", {"zone": "Europe/London"}, "time_ambiguous"),
        ("2023-10-29 02:30", {"zone": "Europe/London"}, ""),
        # Shanghai had summer time until 1991: 1991-04-14 02:00 was skipped (tz database).
        ("1991-04-14 02:30", {}, "time_nonexistent"),
    ],
)
def test_times_that_cannot_be(text: object, time: dict[str, object], reason: str) -> None:
    found, told = one(text, **time)
    assert told == reason
    assert (found is None) == (reason != "")


def test_the_end_of_a_day_that_has_23_hours() -> None:
    found = one("2024-04-01", interval="P1D", zone="Europe/London", label="end")
    assert found == ("2024-03-31T00:00:00+00:00", "")


def test_minutes_and_hour_24_from_parts() -> None:
    frame = pd.DataFrame(
        {"y": [2024] * 3, "m": ["4", "4", "4"], "d": [1, 1, 31], "h": [24, 25, 1], "i": [0, 0, 0]}
    )
    time = Time(year="y", month="m", day="d", hour="h", minute="i", zone="UTC")
    found, reason = read_times(frame, time, "PT1H", NOW)
    assert found[0] == pd.Timestamp("2024-04-02", tz="UTC")
    assert list(reason) == ["", "time_unreadable", "time_unreadable"]
