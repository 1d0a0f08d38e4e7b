"""Noise limits by zone and document, and levels of day and night."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gzeco_lib.errors import InputError
from gzeco_lib.standards import noise

# GB 3096-2008 Table 1, [dB(A)]: day, night.
GB_3096 = {"0": (50, 40), "1": (55, 45), "2": (60, 50), "3": (65, 55), "4a": (70, 55), "4b": (70, 60)}


@pytest.mark.parametrize("zone", list(GB_3096))
def test_limits_are_those_of_table_1(zone: str) -> None:
    assert (noise.noise_limit(zone, "day").value, noise.noise_limit(zone, "night").value) == GB_3096[zone]
    # 5.4: a single event of the night may exceed the limit by 15 dB at most.
    assert noise.night_peak_limit(zone).value == GB_3096[zone][1] + 15


def test_classes_that_were_not_seen_again_say_so() -> None:
    assert noise.noise_limit("2", "day").certainty == "seen-secondary"
    assert noise.noise_limit("4a", "day").certainty == "known"
    assert noise.noise_limit("4", "night", document="GB 12348-2008").certainty == "seen-primary"


def test_boundaries_of_works_commerce_and_building_sites() -> None:
    assert noise.noise_limit("3", "night", document="GB 12348-2008").value == 55
    assert noise.noise_limit("2", "day", document="GB 22337-2008").value == 60
    assert noise.noise_limit("", "day", document="GB 12523-2011").value == 70
    assert noise.night_peak_limit("", document="GB 12523-2011").value == 70


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: noise.noise_limit("9", "day"), "9"),
        (lambda: noise.noise_limit("2", "noon"), "noon"),
        (lambda: noise.noise_limit("2", "day", document="GB 1"), "GB 1"),
        (lambda: noise.noise_limit("2", "day", "soon"), "soon"),
        (lambda: noise.night_peak_limit("2", document="GB 22337-2008"), "GB 22337"),
        (lambda: noise.day_night([50.0], [1, 2]), "times"),
        (lambda: noise.day_night([50.0, 51.0], ["2026-01-01T00", "2026-01-01T00"]), "twice"),
    ],
)
def test_what_the_norm_does_not_know_is_refused(call, told: str) -> None:
    with pytest.raises(InputError, match=told):
        call()


def test_zones_of_cells() -> None:
    assert [noise.zone_of(code) for code in (0.0, 3.0, 4.0, 5.0, 1.5, np.nan)] == ["0", "3", "4a", "", "", ""]


def test_two_equal_levels_have_their_own_mean_and_ten_decibels_more_is_ten_times_the_energy() -> None:
    assert noise.energy_mean([60.0, 60.0, np.nan]) == pytest.approx(60.0)
    assert noise.energy_mean([60.0, 70.0]) == pytest.approx(10 * np.log10((1e6 + 1e7) / 2))
    assert np.isnan(noise.energy_mean([np.nan]))


def test_day_is_six_to_twenty_two_and_the_night_belongs_to_the_day_it_begins_on() -> None:
    hours = np.datetime64("2026-05-01T22:00") + np.arange(48) * np.timedelta64(1, "h")  # 06:00 local of 2 May
    local = (np.arange(48) + 6) % 24
    levels = np.where((local >= 6) & (local < 22), 65.0, 55.0)
    levels[17] = 80.0  # 23:00 local of the first night
    found = noise.day_night(levels, hours)
    assert [str(day) for day in found.start] == ["2026-05-02", "2026-05-03"]
    np.testing.assert_allclose(found.day, [65.0, 65.0])
    assert found.night[1] == pytest.approx(55.0)
    assert found.night[0] == pytest.approx(10 * np.log10((7 * 10**5.5 + 10**8) / 8))
    assert found.night_peak[0] == 80.0


def test_too_few_hours_give_no_level() -> None:
    hours = np.datetime64("2026-05-01T22:00") + np.arange(24) * np.timedelta64(1, "h")
    levels = np.full((24, 2), 60.0)
    levels[:5, 1] = np.nan
    found = noise.day_night(levels, hours)
    assert found.day[0, 0] == pytest.approx(60.0)
    assert np.isnan(found.day[0, 1])
    assert found.day_capture[0, 1] == pytest.approx(11 / 16)
    assert found.night[0, 1] == pytest.approx(60.0)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(20, 120), min_size=1, max_size=30))
def test_the_energy_mean_lies_between_the_plain_mean_and_the_loudest(levels: list[float]) -> None:
    mean = float(noise.energy_mean(levels))
    assert np.mean(levels) - 1e-6 <= mean <= max(levels) + 1e-6
