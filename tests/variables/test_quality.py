"""Each rule on made series: what it must flag and what it must leave alone."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.variables import INVALID, check, count, data_capture, fired, report, title, usable
from gzeco_lib.views.words import words

Frame = Callable[..., pd.DataFrame]
CALM = [20.0, 22, 21, 23, 22, 24, 23, 21, 20, 22, 23, 22]


def test_rules_that_make_a_value_unusable() -> None:
    assert {"sentinel", "range", "duplicate", "copied_series", "flat_line"} == INVALID
    flags = pd.Series(["", "spike", "range", "spike,flat_line", "gap,flat_low"])
    assert usable(flags).tolist() == [True, True, False, False, True]
    assert fired(flags, ["spike"]).tolist() == [False, True, False, True, False]
    assert count(flags) == {"range": 1, "flat_line": 1, "flat_low": 1, "spike": 2, "gap": 1}


def test_sentinels_and_range(series: Frame) -> None:
    frame = series([*CALM, -9999, 21, 9999, 22, -5, 1200, 23])
    flags = check(frame)
    assert [f for f in flags if f] == ["sentinel,range", "sentinel,range", "range", "range"]
    assert flags.index.equals(frame.index)
    # What is impossible is nobody's neighbour: the hour after it is judged without it.
    assert check(series([*CALM, -9999, *CALM, 90, *CALM]))[25] == "spike"


def test_a_code_within_the_range_is_one_only_where_it_stands_alone(series: Frame) -> None:
    assert check(series([*CALM, 999, *CALM], "PM10"))[12].split(",")[0] == "sentinel"
    dust = series([200, 420, 760, 999, 940, 700, 500], "PM10")
    assert (check(dust) == "").all()
    assert (check(series([-9.5, -9.2, -9.0, -8.8], "temperature")) == "").all()


def test_spike_stands_alone_and_up_or_down(series: Frame) -> None:
    assert check(series([*CALM, 90, *CALM]))[12] == "spike"
    assert check(series([60, 61, 62, 63, 5, 62, 61, 60]))[4] == "spike"
    episode = [20, 24, 31, 45, 66, 92, 118, 131, 120, 96, 70, 48, 33, 25]
    assert (check(series(episode)) == "").all()
    assert (check(series([*CALM, None, 90, *CALM])) == "").all()  # no neighbour to tell by


def test_a_peak_of_the_whole_network_is_no_spike(series: Frame) -> None:
    frame = pd.concat(
        [series([*(v + k for v in CALM), 90, *(v + k for v in CALM)], site=f"S{k}") for k in range(5)],
        ignore_index=True,
    )
    assert (check(frame) == "").all()
    alone = pd.concat(
        [frame[:25], *(series([v + k for v in [*CALM, 22.0, *CALM]], site=f"T{k}") for k in range(8))],
        ignore_index=True,
    )
    assert check(alone)[12] == "spike"


def test_a_frozen_value_is_told_from_a_quiet_one(series: Frame) -> None:
    rng = np.random.default_rng(3)
    noise = list(np.round(60 + np.cumsum(rng.normal(0, 4, 200)) * 0.2 + rng.normal(0, 5, 200)))
    frozen = check(series([*noise, *[57.0] * 9, *noise]))
    assert (frozen[201:209] == "flat_line").all() and fired(frozen, ["flat_line"]).sum() <= 10
    # SO2 of 5 repeats for half a day in clean air, and stays usable even when it repeats for days.
    quiet = list(np.repeat(rng.integers(4, 8, 60), rng.integers(1, 12, 60)).astype(float))
    assert usable(check(series(quiet, "SO2"))).all()
    stuck = check(series([*quiet, *[5.0] * 150, *quiet], "SO2"))
    assert (stuck[len(quiet) + 1 : len(quiet) + 149] == "flat_low").all() and usable(stuck).all()
    # Fog: 100 % humidity for a day is weather.
    assert (check(series([97, 98, *[100.0] * 24, 97], "relative_humidity")) == "").all()


def test_a_long_gap_is_marked_where_it_ends(series: Frame) -> None:
    flags = check(series([*CALM, None, None, 21, 22, *[None] * 5, 24, 22]))
    assert flags.tolist().count("gap") == 1 and flags[14] == "gap"


def test_repeats_keep_the_first_of_equal_values_and_none_of_others(series: Frame) -> None:
    frame = series(CALM)
    again = pd.concat([frame, frame.loc[[3]], frame.loc[[5]].assign(value=99.0)], ignore_index=True)
    flags = check(again)
    assert flags[3] == "" and flags[12] == "duplicate"
    assert "duplicate" in flags[5] and "duplicate" in flags[13]
    assert usable(flags).sum() == 11


def test_a_copied_stretch_is_found_at_the_copy(series: Frame) -> None:
    rng = np.random.default_rng(5)
    a, b, c = (np.round(40 + rng.normal(0, 8, 300)) for _ in range(3))
    b[100:200] = a[100:200]
    b[:60] = b[200:] = np.nan  # the copy has few values of its own
    frame = pd.concat([series(list(x), site=s) for x, s in ((a, "A"), (b, "B"), (c, "C"))], ignore_index=True)
    flags = check(frame)
    hit = frame[fired(flags, ["copied_series"])]
    assert set(hit["site"]) == {"B"} and 100 <= len(hit) <= 102  # a chance equal value may touch the edge


def test_where_nothing_tells_the_copy_both_are_flagged(series: Frame) -> None:
    rng = np.random.default_rng(5)
    a, b = (np.round(40 + rng.normal(0, 8, 300)) for _ in range(2))
    b[100:160] = a[100:160]
    frame = pd.concat([series(list(x), site=s) for x, s in ((a, "A"), (b, "B"))], ignore_index=True)
    hit = frame[fired(check(frame), ["copied_series"])]
    assert 60 <= (hit["site"] == "A").sum() == (hit["site"] == "B").sum() <= 62


def test_two_sites_equal_throughout_are_both_flagged(series: Frame) -> None:
    values = list(np.round(40 + np.random.default_rng(6).normal(0, 8, 100)))
    frame = pd.concat([series(values, site=s) for s in "AB"], ignore_index=True)
    assert fired(check(frame), ["copied_series"]).all()
    quiet = pd.concat([series([5.0] * 90 + [6.0] * 90, "SO2", s) for s in "AB"], ignore_index=True)
    assert not fired(check(quiet), ["copied_series"]).any()  # equal by chance: nothing happens in them


def test_pm25_above_pm10_marks_both(series: Frame) -> None:
    frame = pd.concat([series([20, 30, 25], "PM2.5"), series([25, 28], "PM10")], ignore_index=True)
    assert check(frame).tolist() == ["", "pm25_gt_pm10", "", "", "pm25_gt_pm10"]


def test_context_gives_neighbours_and_is_not_flagged(series: Frame) -> None:
    frame = series([*CALM, 90, *CALM])
    parts = frame[:13], frame[13:]
    assert (check(parts[0]) == "").all()
    assert check(frame[12:], context=frame[:12])[12] == "spike"
    assert len(check(parts[1], context=parts[0])) == len(parts[1])


def test_order_and_index_of_the_frame_do_not_matter(series: Frame) -> None:
    frame = pd.concat(
        [series([*CALM, 90, *CALM, -9999]), series([40, 41, 42, 43], "PM10")], ignore_index=True
    )
    mixed = frame.sample(frac=1, random_state=2).set_index(pd.Index([f"r{k}" for k in range(len(frame))]))
    expected = check(frame).to_numpy()[[int(i) for i in frame.sample(frac=1, random_state=2).index]]
    assert check(mixed).tolist() == expected.tolist()


def test_frames_that_cannot_be_checked(series: Frame) -> None:
    with pytest.raises(InputError, match="site"):
        check(series(CALM).drop(columns="site"))
    with pytest.raises(InputError, match="hourly"):
        check(series(CALM).assign(interval="hourly"))
    assert check(series([])).tolist() == []
    assert check(series(CALM, "unheard_of")).tolist() == [""] * 12


def test_data_capture_counts_usable_intervals(series: Frame) -> None:
    frame = series([*CALM[:6], -9999, *CALM[:6], None, None, *CALM[:9]])
    found = data_capture(frame, "2024-06-01", "2024-06-02", check(frame))
    assert found.loc[0, ["usable", "expected"]].tolist() == [21, 24]
    assert found.loc[0, "capture"] == pytest.approx(21 / 24)
    assert data_capture(frame, "2023-01-01", "2023-01-02", check(frame)).empty


def test_the_report_is_sentences_in_both_languages(series: Frame) -> None:
    frame = pd.concat(
        [series([*CALM, -9999, 90, *CALM]), series([*CALM, 90, *(v + 1 for v in CALM)], site="B")],
        ignore_index=True,
    )
    sentences = report(frame, check(frame))
    assert [fields["rule"] for _, fields in sentences][:2] == ["sentinel", "range"]
    message, fields = sentences[-1]
    assert fields["rule"] == "spike" and fields["n"] == 1 and "lone peaks" in message.format(**fields)
    assert "孤立突变" in words("zh")(message).format(**fields)
    assert words("zh")(title("spike")) == "孤立突变" and title("unheard_of") == "unheard_of"
    assert len(report(frame, check(frame), limit=1)) == 1


@pytest.mark.slow
def test_a_million_rows_take_a_few_seconds() -> None:
    rng = np.random.default_rng(1)
    hours, sites, codes = 8333, 20, ["PM2.5", "PM10", "SO2", "NO2", "O3", "CO"]
    times = pd.date_range("2024-01-01", periods=hours, freq="h", tz="UTC")
    frame = pd.DataFrame(
        {
            "time": np.tile(times, sites * len(codes)),
            "site": np.repeat([f"S{k}" for k in range(sites)], hours * len(codes)),
            "variable": np.tile(np.repeat(codes, hours), sites),
            "value": np.round(np.abs(rng.normal(30, 10, hours * sites * len(codes)))),
            "interval": "PT1H",
        }
    )
    start = time.process_time()
    check(frame)
    assert len(frame) > 990_000
    assert time.process_time() - start < 5
