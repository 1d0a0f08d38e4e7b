"""Hazards on one map: grades by hand, what is not known stays so, and every grade opens to its inputs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from eh_hazard_rows import AT, GRID, cell_id, level, place, series, site, zones
from hypothesis import given, settings
from hypothesis import strategies as st

from gzeco_lib.environmental_health import hazards
from gzeco_lib.environmental_health.hazards import grades, water
from gzeco_lib.environmental_health.hazards.layers import SITE_COLUMNS
from gzeco_lib.environmental_health.hazards.rules import air_uppers, rules, water_grade
from gzeco_lib.environmental_health.hazards.spread import spread
from gzeco_lib.errors import InputError
from gzeco_lib.lake.lake import Lake
from gzeco_lib.scenario import Outcome
from gzeco_lib.standards import aqhi, toxics
from gzeco_lib.views.words import words

RIVER, RESERVOIR, NOISY, QUIET, POISON, SOURCE = 3000, 5000, 1000, 2000, 4000, 5001


def air_field(risk: np.ndarray, sd: float = 0.3) -> xr.Dataset:
    """A field like the hourly model's: two hours of excess risk [%] in the cells inside the city."""
    field = GRID.dataset()
    whole = np.full((2, *GRID.shape), np.nan, dtype=np.float32)
    whole[:, GRID.mask] = risk
    error = np.where(np.isnan(whole), np.nan, sd)
    hours = np.array(["2026-05-31T15:00", "2026-05-31T16:00"], dtype="datetime64[ns]")
    field = field.assign_coords(lead_h=("lead_h", [0, 1]), time=("lead_h", hours))
    field["excess_risk"] = (("lead_h", "y", "x"), whole)
    field["excess_risk_sd"] = (("lead_h", "y", "x"), error)
    return field


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Two sections, a source, two noise monitors and one of toxics, each with a level that is known."""
    made = Lake.open(str(tmp_path_factory.mktemp("hazards") / "lake"), create=True)
    made.write(
        "site",
        pd.DataFrame(
            [
                site("W1", "water", RIVER), site("W2", "water", RESERVOIR, "Demo reservoir"), site("W3", "water", 6000),
                site("N1", "noise", NOISY), site("N2", "noise", QUIET), site("T1", "air", POISON),
            ]
        ),
    )  # fmt: skip
    rng = np.random.default_rng(7)
    made.write(
        "observation",
        pd.concat(
            [
                series("W1", "DO", lambda h: rng.normal(5.5, 0.4, len(h)), "PT4H"),
                series("W1", "NH3_N", lambda h: rng.normal(1.25, 0.1, len(h)), "PT4H"),
                series("W1", "Cd_water", 0.0002, "P1D", 4),
                series("W2", "TP", 0.03, "PT4H"),
                series("N1", "Leq", lambda h: level(63.0, 57.0)(h) + rng.normal(0, 0.5, len(h)), "PT1H"),
                series("N2", "Leq", level(58.0, 44.0), "PT1H"),
                series("T1", "benzene", 3.0, "PT1H", 40),
                series("T1", "Cd_air", 0.004, "P1D", 40),
            ]
        ),
    )
    made.write("cell", zones(2))
    made.write("place", pd.DataFrame([place("Q1", "water_source", SOURCE)]))
    return made


@pytest.fixture(scope="module")
def made(lake: Lake) -> hazards.Hazards:
    return hazards.grade(lake, AT, GRID, air_field(np.linspace(0, 25, int(GRID.mask.sum()))))


def at_cell(made: hazards.Hazards, name: str, index: int) -> float:
    return float(made.dataset[name].to_numpy()[GRID.mask][index])


def test_the_outcome_keeps_its_contract(made: hazards.Hazards, tmp_path) -> None:
    for hazard in hazards.HAZARDS:
        for part in ("grade", "value", "sd", "probability"):
            assert made.dataset[f"{hazard}_{part}"].dims == ("y", "x")
        known = made.dataset[f"{hazard}_grade"].to_numpy()
        assert set(np.unique(known[np.isfinite(known)])) <= {1, 2, 3, 4, 5}
        chance = made.dataset[f"{hazard}_probability"].to_numpy()
        assert (np.isfinite(chance) == np.isfinite(known)).all()
        assert ((chance[np.isfinite(chance)] >= 0) & (chance[np.isfinite(chance)] <= 1)).all()
    assert set(SITE_COLUMNS) == set(made.tables["hazard_sites"].columns)
    district = made.tables["hazard_district"]
    assert len(district) == 11 * 5
    assert {"district", "hazard", "grade", "share_4_5", "cells"} <= set(district.columns)
    # It can be stored and read like every outcome.
    lake = Lake.open(str(tmp_path / "lake"), create=True)
    kept = Outcome(
        "environmental_health", AT, {}, dict(made.tables), {"hazards": made.dataset}, notes=made.notes
    )
    kept.save(lake)
    back = Outcome.load(lake, "environmental_health")
    assert back is not None
    np.testing.assert_allclose(
        back.fields["hazards"]["overall_grade"].to_numpy(), made.dataset["overall_grade"].to_numpy()
    )
    reasons = hazards.explain(back.fields["hazards"], back.tables, cell_id(RIVER))
    assert [r.grade for r in reasons] == [
        r.grade for r in hazards.explain(made.dataset, made.tables, cell_id(RIVER))
    ]


def test_air_follows_the_bands_of_the_index() -> None:
    time = np.datetime64("2026-05-31T15:00")
    uppers = air_uppers(time, "hong_kong")
    # AQHI 1-3, 4-6, 7, 8-10 and 10+ are the five bands.
    assert list(uppers) == [aqhi.threshold(k, time, "hong_kong") for k in (4, 7, 8, 11)]
    risks = np.linspace(0, 30, 400)
    index = aqhi.index_of(risks, np.repeat(time, 400), "hong_kong")
    bands = aqhi.band_of(index, "hong_kong")
    expected = [rules()["air"]["bands"][band] for band in bands]
    assert list(grades.grade_of(risks, uppers)) == expected
    # Canada has four bands: grade 5 cannot be.
    assert np.isinf(air_uppers(time, "canada")[3])


def test_air_on_the_map_is_that_of_the_latest_hour(made: hazards.Hazards) -> None:
    value = made.dataset["air_value"].to_numpy()[GRID.mask]
    np.testing.assert_allclose(value, np.linspace(0, 25, len(value)), atol=1e-4)
    assert at_cell(made, "air_grade", 0) == 1
    assert at_cell(made, "air_grade", len(value) - 1) == 5


def test_a_section_gives_its_class_to_the_cells_beside_it(made: hazards.Hazards) -> None:
    rows = made.tables["hazard_sites"].set_index(["site", "variable"])
    assert rows.loc[("W1", ""), "class"] == "IV"
    assert rows.loc[("W1", ""), "worst"] == "NH3_N"
    assert rows.loc[("W1", "DO"), "class"] == "III"
    assert rows.loc[("W1", "Cd_water"), "n"] == 4
    assert rows.loc[("W1", "NH3_N"), "limit"] == 1.0
    assert at_cell(made, "water_grade", RIVER) == 3
    assert at_cell(made, "water_value", RIVER) == 4
    assert at_cell(made, "water_probability", RIVER) > 0.99
    xy = GRID.points(inside=True)
    far = np.hypot(*(xy - xy[RIVER]).T) > 3000
    elsewhere = np.hypot(*(xy - xy[RESERVOIR]).T) > 6000
    assert np.isnan(made.dataset["water_grade"].to_numpy()[GRID.mask][far & elsewhere]).all()


def test_water_worse_than_class_five_is_called_so(tmp_path) -> None:
    lake = Lake.open(str(tmp_path / "lake"), create=True)
    lake.write("site", pd.DataFrame([site("W9", "water", RIVER)]))
    lake.write("observation", series("W9", "NH3_N", 2.6, "PT4H"))
    made = hazards.grade(lake, AT, GRID, None)
    assert at_cell(made, "water_grade", RIVER) == 5
    reason = hazards.explain(made.dataset, made.tables, cell_id(RIVER))[0]
    zh = words("zh")
    assert any("劣Ⅴ类" in zh(message).format(**fields) for message, fields in reason.inputs)


def test_a_reservoir_is_judged_by_the_limits_of_lakes(made: hazards.Hazards) -> None:
    rows = made.tables["hazard_sites"].set_index(["site", "variable"])
    assert rows.loc[("W2", "TP"), "class"] == "III"  # 0.03 mg L-1: class II in a river, III in a lake
    assert water.body_of({"name_zh": "流溪河断面", "name_en": None}) == "river"
    assert water.body_of({"name_zh": "黄龙带水库", "name_en": None}) == "lake"


def test_water_that_misses_the_class_of_a_protection_area_is_at_least_grade_four(
    made: hazards.Hazards,
) -> None:
    assert at_cell(made, "water_area", SOURCE) == 1
    assert at_cell(made, "water_grade", SOURCE) == 4  # class III where II is asked for
    areas = made.dataset["water_area"].to_numpy()[GRID.mask]
    grade = made.dataset["water_grade"].to_numpy()[GRID.mask]
    second = areas == 2
    assert second.any()
    assert (grade[second] == 2).all()  # class III is what the second area asks for
    assert list(water.area_grades(0)) == [1, 1, 2, 3, 4, 5]
    assert list(water.area_grades(2)) == [1, 1, 4, 4, 4, 5]
    assert list(water.area_grades(3)) == [1, 1, 2, 4, 4, 5]


def test_noise_is_held_against_the_limits_of_its_zone(made: hazards.Hazards) -> None:
    rows = made.tables["hazard_sites"].set_index(["site", "variable"])
    assert rows.loc[("N1", "Ld"), "limit"] == 60
    assert rows.loc[("N1", "Ln"), "limit"] == 50
    assert rows.loc[("N1", "Ld"), "grade"] == 3  # 3 dB over
    assert rows.loc[("N1", "Ln"), "grade"] == 4  # 7 dB over
    assert rows.loc[("N1", "Ln"), "share_over"] == 1.0
    assert at_cell(made, "noise_grade", NOISY) == 4
    assert at_cell(made, "noise_grade", QUIET) == 2
    assert at_cell(made, "noise_value", NOISY) == pytest.approx(7, abs=0.2)
    # Two monitors cannot say what lies between them.
    assert np.isfinite(made.dataset["noise_grade"].to_numpy()).sum() < 20


def test_toxics_add_up_over_the_substances(made: hazards.Hazards) -> None:
    rows = made.tables["hazard_sites"].set_index(["site", "variable"])
    # IRIS unit risks: benzene 2.2e-6 to 7.8e-6, cadmium 1.8e-3 per ug m-3.
    expected = 3.0 * (2.2e-6 + 7.8e-6) / 2 + 0.004 * 1.8e-3
    assert rows.loc[("T1", "ILCR"), "value"] == pytest.approx(expected)
    assert rows.loc[("T1", "HI"), "value"] == pytest.approx(3.0 / 30 + 0.004 / 0.02)
    both = [toxics.risk(c, code) for code, c in (("benzene", 3.0), ("Cd_air", 0.004))]
    assert rows.loc[("T1", "ILCR"), "value"] == pytest.approx(float(toxics.together(both).ilcr))
    assert rows.loc[("T1", "ILCR"), "lo"] < rows.loc[("T1", "ILCR"), "value"] < rows.loc[("T1", "ILCR"), "hi"]
    assert at_cell(made, "toxics_grade", POISON) == 3
    xy = GRID.points(inside=True)
    far = np.hypot(*(xy - xy[POISON]).T) > 4000
    assert np.isnan(made.dataset["toxics_grade"].to_numpy()[GRID.mask][far]).all()


def test_overall_is_the_worst_known_and_says_which(made: hazards.Hazards) -> None:
    stack = np.stack([made.dataset[f"{h}_grade"].to_numpy() for h in hazards.HAZARDS])
    worst = np.nanmax(np.where(np.isnan(stack), -1, stack), axis=0)
    found = made.dataset["overall_grade"].to_numpy()
    np.testing.assert_array_equal(np.nan_to_num(found, nan=-1), worst)
    maker = made.dataset["overall_hazard"].to_numpy()
    for k in range(1, 5):
        here = maker == k
        np.testing.assert_array_equal(stack[k - 1][here], found[here])


def test_every_grade_opens_to_its_inputs(made: hazards.Hazards) -> None:
    opened = hazards.explain(made.dataset, made.tables, cell_id(RIVER))
    assert {r.hazard for r in opened} == set(hazards.HAZARDS)
    assert [r.grade or 0 for r in opened] == sorted((r.grade or 0 for r in opened), reverse=True)
    river = next(r for r in opened if r.hazard == "water")
    assert (river.grade, river.value) == (3, 4)
    assert river.formula and river.clause and river.uncertainty and river.certainty
    for lang in ("zh", "en"):
        translate = words(lang)
        told = [translate(message).format(**fields) for message, fields in river.inputs]
        assert any("NH3_N" in line and "1.2" in line for line in told)
        assert all("{" not in line for line in told)
    noise = next(r for r in opened if r.hazard == "noise")
    assert noise.grade is None
    assert noise.inputs  # it says why


def test_the_formula_told_is_the_one_that_made_the_grade(made: hazards.Hazards) -> None:
    def formula(index: int, hazard: str) -> str:
        opened = hazards.explain(made.dataset, made.tables, cell_id(index))
        return next(r.formula for r in opened if r.hazard == hazard)

    assert formula(RIVER, "water").startswith("max_i class_i")
    assert formula(SOURCE, "water").startswith("d ≤")
    assert formula(POISON, "toxics").startswith("ILCR")


def test_each_cell_names_the_site_its_grade_comes_from(made: hazards.Hazards) -> None:
    for hazard, index, name in (
        ("water", RIVER, "W1"),
        ("water", SOURCE, "W2"),
        ("noise", QUIET, "N2"),
        ("toxics", POISON, "T1"),
    ):
        reason = next(
            r for r in hazards.explain(made.dataset, made.tables, cell_id(index)) if r.hazard == hazard
        )
        assert reason.inputs[0][1]["name_zh"] == f"站{name}"


@pytest.mark.parametrize("cell", ["1_1", "nowhere", "434_2558_1"])
def test_a_cell_off_the_map_is_refused(made: hazards.Hazards, cell: str) -> None:
    with pytest.raises(InputError):
        hazards.explain(made.dataset, made.tables, cell)


def test_an_empty_lake_is_graded_nowhere_and_says_so(tmp_path) -> None:
    empty = Lake.open(str(tmp_path / "lake"), create=True)
    made = hazards.grade(empty, AT, GRID, None)
    assert np.isnan(made.dataset["overall_grade"].to_numpy()).all()
    assert made.tables["hazard_sites"].empty
    assert made.tables["hazard_district"]["grade"].isna().all()
    assert len(made.notes) >= 4
    zh = words("zh")
    assert all("未分级" in zh(m).format(**f) or "未参与" in zh(m).format(**f) for m, f in made.notes)
    assert all(r.grade is None for r in hazards.explain(made.dataset, made.tables, cell_id(10)))


def test_a_lake_of_air_alone_is_graded_by_air_alone(whole: Lake, outcome: Outcome) -> None:
    made = hazards.grade(whole, outcome.at, GRID, outcome.fields["risk"])
    district = made.tables["hazard_district"].set_index(["hazard", "district"])
    assert (district.loc["air", "cells"] > 0).all()
    assert (district.loc["noise", "cells"] == 0).all()
    pd.testing.assert_series_equal(district.loc["air", "grade"], district.loc["overall", "grade"])
    assert len(made.notes) == 3
    reasons = hazards.explain(made.dataset, made.tables, cell_id(100))
    assert [r.hazard for r in reasons if r.grade] == ["air"]


def test_tables_have_the_same_types_with_and_without_rows(made: hazards.Hazards, tmp_path) -> None:
    empty = hazards.grade(Lake.open(str(tmp_path / "lake"), create=True), AT, GRID, None)
    for name in ("hazard_sites", "hazard_district"):
        assert empty.tables[name].dtypes.to_dict() == made.tables[name].dtypes.to_dict(), name


def test_nothing_after_the_time_asked_for_is_used(lake: Lake) -> None:
    early = hazards.grade(lake, AT - pd.Timedelta(days=20), GRID, None)
    rows = early.tables["hazard_sites"]
    assert (rows["end"] <= AT - pd.Timedelta(days=20) + pd.Timedelta("1D")).all()
    assert rows[rows["variable"] == "NH3_N"]["n"].iloc[0] <= 10
    assert rows[rows["variable"] == "Cd_water"].empty  # sampled later


def test_flagged_values_and_few_days_grade_nothing(tmp_path) -> None:
    lake = Lake.open(str(tmp_path / "lake"), create=True)
    lake.write(
        "site",
        pd.DataFrame([site("N1", "noise", NOISY), site("W1", "water", RIVER), site("T1", "air", POISON)]),
    )
    lake.write(
        "observation",
        pd.concat(
            [
                series("N1", "Leq", 70.0, "PT1H", 2),
                series("W1", "NH3_N", 9.0, "PT4H").assign(flag="range"),
                series("T1", "benzene", 3.0, "PT1H", 5),
            ]
        ),
    )
    lake.write("cell", zones(2))
    made = hazards.grade(lake, AT, GRID, None)
    assert np.isnan(made.dataset["overall_grade"].to_numpy()).all()


def test_districts_are_weighted_by_people(lake: Lake) -> None:
    risk = np.zeros(int(GRID.mask.sum()))
    code = GRID.district[GRID.mask]
    first = np.flatnonzero(code == "440104")
    risk[first[0]] = 30.0
    people = np.zeros(len(risk))
    people[first[0]] = 900.0
    people[first[1]] = 100.0
    made = hazards.grade(lake, AT, GRID, air_field(risk), people=people)
    row = made.tables["hazard_district"].query("district == '440104' and hazard == 'air'").iloc[0]
    assert row["share_4_5"] == pytest.approx(0.9)
    assert row["grade"] == pytest.approx(0.9 * 5 + 0.1)


def test_methods_are_told_for_every_hazard(made: hazards.Hazards) -> None:
    table = made.tables["grade_method"]
    assert set(table["hazard"]) == {*hazards.HAZARDS, "overall"}
    graded = table[table["hazard"] != "overall"]
    for column in ("clause", "source", "certainty", "reason_zh", "reason_en", "grades"):
        assert (graded[column] != "").all(), column
    zh = words("zh")
    assert all(zh(text) != text for text in [*table["quantity"], *table["uncertainty"]])


# --- pure parts ---------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(value=st.floats(-20, 20), sd=st.floats(0, 10))
def test_chances_of_all_grades_add_up(value: float, sd: float) -> None:
    inside = grades.cumulative(value, sd, rules()["noise"]["upper"])
    assert (np.diff(inside) >= -1e-12).all()
    total = sum(float(grades.chance(inside, g)) for g in (1, 2, 3, 4, 5))
    assert total == pytest.approx(1.0)
    if sd == 0:
        assert grades.chance(inside, grades.grade_of(value, rules()["noise"]["upper"])) == pytest.approx(1.0)


@settings(deadline=None, max_examples=60)
@given(one=st.floats(-20, 20), other=st.floats(-20, 20))
def test_grades_rise_with_the_value(one: float, other: float) -> None:
    low, high = grades.grade_of(np.sort([one, other]), rules()["noise"]["upper"])
    assert low <= high


def test_the_worst_of_independent_parts_is_likelier_to_be_bad() -> None:
    part = grades.cumulative(4.0, 2.0, [-5, 0, 5, 10])
    together, apart = grades.worst_of([part, part], True), grades.worst_of([part, part], False)
    np.testing.assert_allclose(together, part)
    assert (apart <= together + 1e-12).all()
    unknown = grades.cumulative(np.nan, 1.0, [-5, 0, 5, 10])
    np.testing.assert_allclose(grades.worst_of([part, unknown], False), part)


def test_days_that_depend_on_each_other_tell_less() -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(size=400)
    slow = np.empty(400)
    slow[0] = noise[0]
    for i in range(1, 400):
        slow[i] = 0.8 * slow[i - 1] + 0.6 * noise[i]
    _, free, _ = grades.mean_with_error(noise)
    _, tied, _ = grades.mean_with_error(slow)
    assert float(tied) > 2 * float(free)
    assert np.isnan(grades.mean_with_error(np.array([1.0, 2.0]))[1])


def test_water_classes_have_grades() -> None:
    assert list(water_grade(np.arange(1, 7))) == [1, 1, 2, 3, 4, 5]
    assert np.isnan(water_grade(np.array(0)))


def _field(seed: int, n: int, reach: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sites, their values of a smooth field, and daily values about them."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 60_000, (n, 2))
    apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    factor = np.linalg.cholesky(np.exp(-apart / reach) + 1e-6 * np.eye(n))
    days = (factor @ rng.normal(size=(n, 40))).T
    value = factor @ rng.normal(size=n) * 3
    return xy, value, value + days


def test_kriging_only_where_it_is_shown_to_help() -> None:
    cells = np.column_stack(
        [g.ravel() for g in np.meshgrid(np.arange(500, 60_000, 1000.0), np.arange(500, 60_000, 1000.0))]
    )
    xy, value, daily = _field(1, 30, 30_000)
    smooth = spread(xy, value, np.full(30, 0.1), cells, daily, 1000)
    assert smooth.method == "kriging"
    assert smooth.skill > 0
    rough_value = np.random.default_rng(2).normal(size=30)
    rough_daily = rough_value + np.random.default_rng(3).normal(size=(40, 30))
    rough = spread(xy, rough_value, np.full(30, 0.1), cells, rough_daily, 1000)
    known_smooth, known_rough = np.isfinite(smooth.value).sum(), np.isfinite(rough.value).sum()
    assert known_rough < known_smooth


def test_the_interval_of_the_kriged_field_holds_the_truth_about_as_often_as_it_says() -> None:
    inside = []
    for seed in range(25):
        xy, value, daily = _field(seed, 60, 25_000)
        found = spread(xy[:40], value[:40], np.zeros(40), xy[40:], daily[:, :40], 1000)
        known = np.isfinite(found.value)
        if found.method == "kriging":
            inside += list(np.abs(found.value[known] - value[40:][known]) <= 1.2816 * found.sd[known])
    assert len(inside) > 200
    assert 0.72 <= np.mean(inside) <= 0.9


def test_few_sites_stand_for_their_surroundings_only() -> None:
    xy = np.array([[0.0, 0.0], [20_000.0, 0.0]])
    cells = np.array([[0.0, 0.0], [900.0, 0.0], [5000.0, 0.0]])
    found = spread(xy, np.array([1.0, 5.0]), np.array([0.1, 0.1]), cells, np.ones((30, 2)), 1000)
    assert found.method == "nearest"
    np.testing.assert_allclose(found.value[:2], [1.0, 1.0])
    assert np.isnan(found.value[2])
    assert found.sd[0] < found.sd[1]
