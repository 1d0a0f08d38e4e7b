"""From hours to days and years: what GB 3095 Table 4 accepts."""

from __future__ import annotations

import numpy as np
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.standards import annual_mean, daily_maximum, daily_mean, mda8, monthly_mean

START = np.datetime64("2024-06-01T16:00", "s")  # 2024-06-02T00:00 in Guangzhou


def hours(n: int) -> np.ndarray:
    return START + np.arange(n) * np.timedelta64(3600, "s")


def test_a_daily_mean_needs_20_hours() -> None:
    values = np.arange(48.0)
    values[24:28] = np.nan  # 20 hours left of the second day
    found = daily_mean(values, hours(48))
    assert found.start.astype(str).tolist() == ["2024-06-02", "2024-06-03"]
    assert found.value.tolist() == [11.5, 37.5]
    assert found.capture.tolist() == [1.0, pytest.approx(20 / 24)]
    values[28] = np.nan
    found = daily_mean(values, hours(48))
    assert found.valid.tolist() == [True, False]
    assert found.raw[1] == pytest.approx(38)


def test_hours_left_out_count_as_missing_whatever_their_order() -> None:
    values, times = np.arange(24.0), hours(24)
    keep = np.r_[np.arange(23, 11, -1), 0:8]
    found = daily_mean(values[keep], times[keep])
    assert found.value[0] == pytest.approx(values[keep].mean())
    assert daily_mean(values[keep[1:]], times[keep[1:]]).valid.tolist() == [False]


def test_the_largest_8_hour_mean_lies_within_the_day() -> None:
    values = np.zeros((48, 2))
    values[20:28, 0] = 80.0  # eight hours across midnight: each day sees only its own half
    values[8:16, 1] = 80.0
    found = mda8(values, hours(48))
    assert found.value.tolist() == [[40.0, 80.0], [40.0, 0.0]]


def test_8_hour_windows_need_6_hours_and_the_day_14_windows() -> None:
    values = np.full(24, 50.0)
    values[[3, 4]] = np.nan
    assert mda8(values, hours(24)).value.tolist() == [50.0]
    values[[5]] = np.nan  # windows from 0:00 to 3:00 are gone
    found = mda8(values, hours(24))
    assert found.valid.tolist() == [False] and found.raw.tolist() == [50.0]
    assert mda8(values, hours(24), minimum_windows=13).value.tolist() == [50.0]
    assert mda8(values * 4, hours(24)).value.tolist() == [200.0]  # above 160 counts anyway


def test_daily_maximum_and_empty_input() -> None:
    assert daily_maximum(np.arange(24.0), hours(24)).value.tolist() == [23.0]
    for function in (daily_mean, mda8, daily_maximum):
        assert len(function([], np.array([], dtype="datetime64[s]")).value) == 0


def test_repeated_or_unmatched_hours_are_refused() -> None:
    with pytest.raises(InputError, match="1 hours twice"):
        daily_mean([1.0, 2.0], hours(1).repeat(2))
    with pytest.raises(InputError, match="2 times"):
        daily_mean([1.0], hours(2))


def test_a_year_needs_324_days_and_enough_in_every_month() -> None:
    days = np.arange("2025-01-01", "2026-01-01", dtype="datetime64[D]")
    daily = np.ones((365, 3))
    daily[31 : 31 + 4, 1] = np.nan  # 24 days of February
    daily[::9, 2] = np.nan  # 324 days in all, but too few in most months
    found = annual_mean(daily, days)
    assert found.valid.tolist() == [[True, False, False]]
    assert found.capture[0].tolist() == pytest.approx([1, 361 / 365, 324 / 365])
    months = monthly_mean(daily[:, 1], days)
    assert months.valid.tolist() == [True, False] + [True] * 10
