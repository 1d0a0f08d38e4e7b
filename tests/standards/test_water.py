"""Surface-water classes against GB 3838-2002, and their properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gzeco_lib.errors import InputError
from gzeco_lib.standards import water

# GB 3838-2002 Table 1, rows NH3-N, TP (river), TP (lake), DO, COD and CODMn: the limits of classes I to V.
TABLE_1 = {
    ("NH3_N", "river"): (0.15, 0.5, 1.0, 1.5, 2.0),
    ("TP", "river"): (0.02, 0.1, 0.2, 0.3, 0.4),
    ("TP", "lake"): (0.01, 0.025, 0.05, 0.1, 0.2),
    ("DO", "river"): (7.5, 6, 5, 3, 2),
    ("CODMn", "river"): (2, 4, 6, 10, 15),
    ("Cd_water", "river"): (0.001, 0.005, 0.005, 0.005, 0.01),
}


@pytest.mark.parametrize(("item", "body"), list(TABLE_1))
def test_limits_are_those_of_table_1_and_belong_to_their_class(item: str, body: str) -> None:
    limits = TABLE_1[item, body]
    assert [water.water_limit(item, k, body).value for k in range(1, 6)] == list(limits)
    met = water.item_class(item, limits, body)
    # Neighbouring classes may share a limit: water that meets both is of the better one.
    assert list(met) == [1 + limits.index(limit) for limit in limits]


def test_a_limit_carries_its_clause_and_certainty() -> None:
    fact = water.water_limit("TP", 3, "lake", "2026-05-01")
    assert (fact.value, fact.unit, fact.document, fact.clause) == (0.05, "mg L-1", "GB 3838-2002", "Table 1")
    assert fact.certainty == "seen-primary"
    assert water.required_class("first").value == 2
    assert water.required_class("second").value == 3


def test_the_worst_item_makes_the_class() -> None:
    found = water.water_class(
        {
            "DO": [8.0, 4.6, 1.9],
            "NH3_N": [0.1, 1.2, np.nan],
            "TP": [0.02, 0.25, 0.1],
            "turbidity": [999, 999, 999],
        }
    )
    assert list(found.number) == [1, 4, 6]
    assert list(found.worst) == ["", "DO,NH3_N,TP", "DO"]
    assert list(found.judged) == [3, 3, 2]


def test_total_nitrogen_coliforms_and_what_is_no_item_do_not_count() -> None:
    assert "TN" not in water.items("lake")
    assert "faecal_coliform" not in water.items()
    assert len(water.items()) == 21  # the items of the national evaluation
    assert water.water_class({"TN": [9.0], "DO": [8.0]}, "lake").number[0] == 1
    with pytest.raises(InputError, match="none of TN"):
        water.water_class({"TN": [9.0]}, "lake")


def test_ph_outside_six_to_nine_is_worse_than_five() -> None:
    assert list(water.item_class("pH", [5.4, 6.0, 9.0, 9.6, np.nan])) == [6, 1, 1, 6, 0]


def test_means_are_rounded_before_they_are_compared() -> None:
    assert list(water.item_class("TP", [0.2004, 0.2006])) == [3, 4]
    assert list(water.item_class("NH3_N", [0.505, 0.515])) == [2, 3]  # half to even: 0.50 and 0.52
    assert list(water.item_class("DO", [4.96, 4.94])) == [3, 4]


def test_exceedance_is_of_class_three() -> None:
    assert water.exceedance("NH3_N", 2.5) == pytest.approx(1.5)
    assert np.isnan(water.exceedance("DO", 1.0))


def test_the_mean_of_ph_is_that_of_the_hydrogen_ion() -> None:
    assert water.mean("pH", [6.0, 8.0]) == pytest.approx(-np.log10((1e-6 + 1e-8) / 2))
    assert water.mean("DO", [6.0, np.nan, 8.0]) == pytest.approx(7.0)


def test_days_of_four_hourly_readings_are_local_and_need_four_of_six() -> None:
    times = np.datetime64("2026-05-01T16:00") + np.arange(12) * np.timedelta64(
        4, "h"
    )  # local midnight of 2 May
    values = np.r_[np.full(6, 1.0), 3.0, 3.0, 3.0, np.full(3, np.nan)]
    found = water.daily_means("NH3_N", values, times)
    assert [str(d) for d in found.start] == ["2026-05-02", "2026-05-03"]
    assert found.value[0] == pytest.approx(1.0)
    assert np.isnan(found.value[1])
    assert found.raw[1] == pytest.approx(3.0)
    assert list(found.capture) == [1.0, 0.5]
    assert len(water.daily_means("DO", np.empty(0), np.empty(0, dtype="datetime64[s]")).start) == 0


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: water.water_limit("gold", 1), "gold"),
        (lambda: water.water_limit("TN", 1, "river"), "river"),
        (lambda: water.water_limit("DO", 6), "6"),
        (lambda: water.water_limit("DO", 1, "sea"), "sea"),
        (lambda: water.daily_means("DO", [1.0], [1, 2]), "times"),
        (lambda: water.daily_means("DO", [1.0], ["2026-01-01"], "PT7H"), "PT7H"),
    ],
)
def test_what_the_norm_does_not_know_is_refused(call, told: str) -> None:
    with pytest.raises(InputError, match=told):
        call()


ITEM = st.sampled_from(water.items())
VALUE = st.floats(0, 1000, allow_nan=False)


@settings(deadline=None, max_examples=60)
@given(item=ITEM, one=VALUE, other=VALUE, body=st.sampled_from(["river", "lake"]))
def test_more_of_a_pollutant_is_never_a_better_class(item: str, one: float, other: float, body: str) -> None:
    if item == "pH":
        return
    low, high = water.item_class(item, sorted([one, other]), body)
    assert (low >= high) if item == "DO" else (low <= high)


@settings(deadline=None, max_examples=60)
@given(values=st.dictionaries(ITEM, VALUE, min_size=1), item=ITEM, more=VALUE)
def test_one_more_item_never_betters_the_class(values: dict[str, float], item: str, more: float) -> None:
    before = water.water_class({k: [v] for k, v in values.items()})
    after = water.water_class(
        {k: [v] for k, v in values.items()} | ({} if item in values else {item: [more]})
    )
    assert after.number[0] >= before.number[0]
    assert 1 <= before.number[0] <= 6
    assert before.number[0] == max(v[0] for v in before.items.values())


@settings(deadline=None, max_examples=60)
@given(item=ITEM, value=VALUE)
def test_lakes_are_judged_no_milder_than_rivers(item: str, value: float) -> None:
    assert water.item_class(item, value, "lake") >= water.item_class(item, value, "river")


def test_names() -> None:
    assert [water.class_name(k, "zh") for k in (0, 1, 6)] == ["", "Ⅰ类", "劣Ⅴ类"]
    assert water.class_name(6, "en") == "worse than V"
