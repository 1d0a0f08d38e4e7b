"""Screening with the wind of the coming hours, the control list and its workbook."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from eh_lakes import enterprises
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from gzeco_lib.environmental_health import screened_leads, screening, upwind
from gzeco_lib.environmental_health.hazards import control
from gzeco_lib.environmental_health.hazards.workbook import FIELDS, HEAD_ROW, safe, workbook
from gzeco_lib.environmental_health.screening import HighCells
from gzeco_lib.errors import InputError
from gzeco_lib.geo.coords import to_plane
from gzeco_lib.lake.lake import Lake
from gzeco_lib.scenario import Outcome, Provenance
from gzeco_lib.views.words import words

AT = pd.Timestamp("2026-05-31T16:00Z")
HOURS = 12


def wind(direction: float, speed: float = 3.0, hours: int = HOURS) -> upwind.Wind:
    """The same wind in all hours, at one station in the old town."""
    u, v = upwind.components(np.full((hours, 1), speed), np.full((hours, 1), direction))
    xy = np.column_stack(to_plane([113.26], [23.12]))
    return upwind.Wind(xy, u, v, np.arange(1, hours + 1))


def cell(dx: float, dy: float) -> HighCells:
    """One cell of high risk, dx and dy [m] from the first works."""
    works = enterprises().iloc[0]
    x, y = to_plane(works["lon"], works["lat"])
    return HighCells(np.array([[float(x) + dx, float(y) + dy]]), np.array(["1_1"]), np.array([12.0]), True)


def screened(
    cells: HighCells, blowing: upwind.Wind | None = None, places: pd.DataFrame | None = None
) -> pd.DataFrame:
    xy = np.zeros((0, 2))
    return screening.screen(
        enterprises(), cells, 3000.0, 11.2, None, xy, wind=blowing, places=places, at=AT
    ).set_index("enterprise")


@pytest.mark.parametrize(
    ("dx", "dy", "direction", "hours"),
    [
        (2000, 0, 270, HOURS),  # cell to the east, wind from the west
        (2000, 0, 90, 0),
        (0, 2000, 180, HOURS),  # cell to the north, wind from the south
        (2000, 0, 270 + 29, HOURS),
        (2000, 0, 270 + 31, 0),
    ],
)
def test_upwind_is_where_the_wind_comes_from(dx: float, dy: float, direction: float, hours: int) -> None:
    row = screened(cell(dx, dy), wind(direction)).loc["E1"]
    assert row["upwind_hours"] == hours
    assert row["wind_hours"] == HOURS
    assert pd.isna(row["upwind_from"]) if hours == 0 else row["upwind_from"] == AT
    assert ("upwind of these cells in the coming hours" in row["reasons"].split("|")) == (hours > 0)


def test_in_a_calm_only_what_stands_close_reaches_a_cell() -> None:
    assert screened(cell(900, 0), wind(90, 0.2)).loc["E1", "upwind_hours"] == HOURS
    assert screened(cell(2000, 0), wind(270, 0.2)).loc["E1", "upwind_hours"] == 0


def test_the_score_does_not_know_the_wind_but_the_lead_does() -> None:
    still, blown = screened(cell(2000, 0)), screened(cell(2000, 0), wind(270))
    np.testing.assert_array_equal(still["score"], blown.loc[still.index, "score"])
    assert still["upwind_hours"].isna().all()
    made = [
        screened_leads.leads(table.reset_index().head(1), 0.0, AT, AT + pd.Timedelta("24h"), True, True)[0]
        for table in (still.loc[["E1"]], blown.loc[["E1"]])
    ]
    assert [lead.confidence for lead in made] == [0.4, 0.5]
    assert made[1].evidence.numbers["upwind_hours"] == HOURS


def test_places_that_need_care_and_toxics_are_named() -> None:
    works = enterprises().iloc[0]
    places = pd.DataFrame(
        [
            {"kind": kind, "name_zh": name, "lon": works["lon"] + off, "lat": works["lat"], "people": 500.0}
            for kind, name, off in (
                ("school", "一小", 0.003),
                ("park", "公园", 0.001),
                ("hospital", "远院", 0.05),
            )
        ]
    )
    row = screened(cell(500, 0), wind(270), places).loc["E1"]
    assert (row["places_1km"], row["place_people_1km"], row["nearest_place"]) == (1, 500.0, "一小")
    assert row["emissions"] == "NOx 120, SO2 30"
    assert row["toxics"] == ""
    assert screened(cell(500, 0))["places_1km"].isna().all()
    poison = enterprises().assign(emission_t_a='{"VOC": 3.0, "benzene": 0.2, "NOx": 1}')
    found = screening.screen(poison, cell(500, 0), 3000.0, 11.2, None, np.zeros((0, 2)))
    assert set(found["toxics"]) == {"VOC,benzene"}


def _lake(folder: Path, rows: pd.DataFrame | None) -> Lake:
    lake = Lake.open(str(folder / "lake"), create=True)
    site = {
        "site": "DW", "name_zh": "气象", "name_en": None, "kind": "weather", "lon": 113.26, "lat": 23.12,
        "district": None, "generated": True, "source": "test",
    }  # fmt: skip
    lake.write("site", pd.DataFrame([site]))
    if rows is not None:
        lake.write("observation", rows)
    return lake


def _weather(until: pd.Timestamp, direction: np.ndarray | float, days: int = 7) -> pd.DataFrame:
    times = pd.date_range(until - pd.Timedelta(days=days), until, freq="1h", inclusive="left")
    parts = [
        pd.DataFrame({"time": times, "variable": "wind_speed", "value": 3.0}),
        pd.DataFrame({"time": times, "variable": "wind_direction", "value": direction}),
    ]
    return pd.concat(parts).assign(site="DW", flag="", interval="PT1H", source="test")


def test_the_wind_of_now_fades_into_the_usual_one(tmp_path: Path) -> None:
    rows = _weather(AT, 90.0)
    rows.loc[(rows["variable"] == "wind_direction") & (rows["time"] >= AT - pd.Timedelta("3h")), "value"] = (
        270.0
    )
    found, notes = upwind.expected(_lake(tmp_path, rows), AT, 24)
    assert found is not None
    assert not notes
    assert found.u[0, 0] > 1.0  # from the west now
    assert found.u[12, 0] < -1.5  # from the east as usual
    assert np.isfinite(found.u).all()


def test_no_wind_for_hours_or_at_all_is_said(tmp_path: Path) -> None:
    old = _weather(AT - pd.Timedelta("9h"), 90.0, days=6)
    found, notes = upwind.expected(_lake(tmp_path / "old", old), AT, 24)
    assert found is not None
    assert notes[0][1] == {"hours": 9}
    np.testing.assert_allclose(found.u[:14], -3.0, atol=1e-6)
    none, said = upwind.expected(_lake(tmp_path / "none", None), AT, 24)
    assert none is None
    assert "没有风" in words("zh")(said[0][0])
    assert upwind.expected(Lake.open(str(tmp_path / "bare"), create=True), AT, 24)[0] is None


# --- the control list ---------------------------------------------------------------------------------------------


def sources() -> pd.DataFrame:
    return screened(cell(1500, 0), wind(270)).reset_index()


def test_the_most_urgent_stands_first_and_every_line_is_complete() -> None:
    table = control.control_list(sources(), AT)
    assert list(table.columns) == list(control.COLUMNS)
    assert list(table["rank"]) == list(range(1, len(table) + 1))
    assert table["priority"].is_monotonic_increasing
    first = table.iloc[0]
    assert first["enterprise"] == "E1"
    assert first["rules"].split(",")[0] == "upwind_treatment"
    assert first["by"] == AT + pd.Timedelta("2h")
    assert "12" in first["why_zh"] and "NOx 120" in first["why_zh"]
    for lang in ("zh", "en"):
        for column in ("check", "why", "who", "priority"):
            assert table[f"{column}_{lang}"].str.len().gt(0).all()
            assert not table[f"{column}_{lang}"].str.contains("[{}]").any()


def test_nothing_is_urgent_while_no_cell_is_at_high_risk() -> None:
    quiet = sources().assign(reasons=f"{screening.NEAR}|key permit management")
    table = control.control_list(quiet, AT)
    assert (table["priority"] >= 2).all()
    assert (table["by"] >= AT + pd.Timedelta("24h")).all()


def test_only_as_many_are_urgent_as_can_be_visited() -> None:
    one = sources().query("enterprise == 'E1'")
    many = pd.concat(
        [one.assign(enterprise=f"F{k:02d}", score=float(k)) for k in range(30)], ignore_index=True
    )
    table = control.control_list(many, AT)
    assert (table["priority"] == 1).sum() == control.rules()["at_once"]
    assert table[table["priority"] == 1]["score"].min() > table[table["priority"] == 2]["score"].max()
    assert (table[table["priority"] == 2]["by"] == AT + pd.Timedelta("24h")).all()


def test_what_is_not_known_holds_no_rule() -> None:
    unknown = sources()[
        ["enterprise", "name_zh", "name_en", "district", "industry", "score", "distance_m", "lon", "lat"]
    ]
    table = control.control_list(unknown, AT)
    assert set(table["rules"]) == {"routine"}
    assert set(table["priority"]) == {3}
    assert control.control_list(sources().head(0), AT).empty


@settings(deadline=None, max_examples=60)
@given(
    hours=st.one_of(st.none(), st.integers(0, 24)),
    rank=st.floats(0, 1),
    over=st.one_of(st.none(), st.integers(0, 20)),
    kind=st.sampled_from(["key", "simplified", "registered", None]),
)
def test_a_rule_always_holds_and_more_hours_upwind_are_never_less_urgent(hours, rank, over, kind) -> None:
    base = sources().head(1).astype({"upwind_hours": object, "exceedances_12m": object, "management": object})
    row = base.assign(emission_rank=rank, exceedances_12m=[over], management=[kind])
    now = control.control_list(row.assign(upwind_hours=[hours]), AT).iloc[0]
    more = control.control_list(row.assign(upwind_hours=[(hours or 0) + 1]), AT).iloc[0]
    assert now["rules"]
    assert more["priority"] <= now["priority"]
    assert more["by"] <= now["by"]


def outcome(table: pd.DataFrame) -> Outcome:
    made = Provenance(
        versions={"enterprise": 3}, window=("2026-05-01T00:00:00+00:00", AT.isoformat()), made=AT.isoformat()
    )
    return Outcome(
        "environmental_health", AT, {"screening_radius": 3000.0, "high_risk_aqhi": 7}, {"risk_sources": table},
        notes=[("The lake holds no enterprises: there is no screening of risk sources.", {})], provenance=made,
    )  # fmt: skip


def test_the_list_is_stored_and_read_like_every_table(tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path / "lake"), create=True)
    for blowing in (None, wind(270)):
        table = control.control_list(screened(cell(1500, 0), blowing).reset_index(), AT)
        made = Outcome("environmental_health", AT, {"wind": blowing is not None}, {"control_list": table})
        made.save(lake)
        back = Outcome.load(lake, "environmental_health")
        assert back is not None
        assert list(back.table("control_list")["check_zh"]) == list(table["check_zh"])
        assert str(back.table("control_list")["by"].dtype).endswith("UTC]")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_workbook_reads_back(lang: str) -> None:
    book = load_workbook(io.BytesIO(workbook(outcome(sources()), lang)))
    _ = words(lang)
    assert book.sheetnames == [_("Control list"), _("Method and parameters"), _("Provenance")]
    sheet = book.worksheets[0]
    heads = [sheet.cell(HEAD_ROW, c).value for c in range(1, len(FIELDS) + 1)]
    assert heads[6] == _("Check first")
    assert f"{_('Distance to the cell')} [m]" in heads
    assert sheet.freeze_panes == f"D{HEAD_ROW + 1}"
    assert sheet.auto_filter.ref.startswith(f"A{HEAD_ROW}:")
    assert sheet.print_title_rows == f"${HEAD_ROW}:${HEAD_ROW}"
    table = control.control_list(sources(), AT)
    body = [
        [c.value for c in row] for row in sheet.iter_rows(min_row=HEAD_ROW + 1, max_row=HEAD_ROW + len(table))
    ]
    assert [row[heads.index(_("Code"))] for row in body] == list(table["enterprise"])
    assert [row[6] for row in body] == list(table[f"check_{lang}"])
    by = body[0][heads.index(_("By"))]
    assert by == pd.Timestamp("2026-06-01T02:00")  # local time
    assert sheet.column_dimensions["G"].width >= 30
    told = [
        cell.value for sheet in book.worksheets[1:] for row in sheet.iter_rows() for cell in row if cell.value
    ]
    assert 3000.0 in told
    assert any("enterprise" in str(value) for value in told)


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_runs_as_a_formula(text: str) -> None:
    assert safe(text).startswith("'")
    evil = sources().assign(name_zh=text, name_en=text, industry=text, nearest_place=text)
    book = load_workbook(io.BytesIO(workbook(outcome(evil), "zh")))
    for row in book.worksheets[0].iter_rows():
        for one in row:
            assert one.data_type != "f"
            assert not (isinstance(one.value, str) and one.value.startswith(("=", "+", "-", "@", "\t")))


def test_control_characters_of_a_name_do_not_break_the_file() -> None:
    odd = sources().assign(name_zh="甲\x00厂\x0b", name_en=None)
    book = load_workbook(io.BytesIO(workbook(outcome(odd), "en")))
    assert "甲厂" in [c.value for c in book.worksheets[0]["C"]]


def test_an_empty_screening_is_a_list_that_says_so_and_none_is_refused() -> None:
    book = load_workbook(io.BytesIO(workbook(outcome(sources().head(0)), "zh")))
    assert "没有企业" in book.worksheets[0].cell(HEAD_ROW + 1, 1).value
    with pytest.raises(InputError):
        workbook(Outcome("environmental_health", AT, {}), "zh")


def test_the_command_writes_the_list_of_the_latest_outcome(tmp_path: Path, capsys) -> None:
    from gzeco_lib.cli import application, command_line, control_list  # noqa: F401

    lake = Lake.open(str(tmp_path / "lake"), create=True)
    call = ["control-list", "--lake", lake.url, "--out", str(tmp_path / "out" / "list.xlsx"), "--json"]
    assert command_line(application, call) == 2
    assert "environmental_health" in json.loads(capsys.readouterr().err)["error"]
    outcome(sources()).save(lake)
    assert command_line(application, call) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == len(sources())
    assert load_workbook(told["file"]).worksheets[0].cell(HEAD_ROW + 1, 1).value == 1
    assert command_line(application, [*call[:4], str(tmp_path / "list.csv"), "--json"]) == 2
    assert command_line(application, [*call, "--lang", "fr"]) == 2


def test_whole_model_takes_the_old_call(whole: Lake) -> None:
    """A caller without wind and places gets every column, the new ones empty."""
    table = screening.screen(whole.read("enterprise"), cell(500, 0), 3000.0, 11.2, None, np.zeros((0, 2)))
    assert set(screening.COLUMNS) == set(table.columns)
    assert table["score"].is_monotonic_decreasing
