"""Counts of people: shapes that feeds come in, feeds that are wrong, and small counts that nothing gives back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.optimize import linprog

from gzeco_lib.errors import InputError
from gzeco_lib.geo.districts import NAMES, area_of
from gzeco_lib.ingest import adapter_names, ingest, load_adapter
from gzeco_lib.ingest.causes import causes_of
from gzeco_lib.ingest.run import _check
from gzeco_lib.ingest.small_counts import protected, span_of
from gzeco_lib.lake import Lake

NOW = pd.Timestamp("2024-06-30T04:00Z")  # noon in Guangzhou
LONG: dict[str, Any] = {
    "table": "health",
    "time": {"column": "date", "zone": "Asia/Shanghai"},
    "columns": {"district": "district", "n": "count"},
    "fixed": {"measure": "deaths", "cause": "all", "age": "all"},
}


@pytest.fixture
def feed(tmp_path: Path, lake: Lake) -> Callable[..., Any]:
    """Ingest rows of text with an adapter."""

    def run(text: str, data: dict[str, Any] | str = LONG, name: str = "feed.csv") -> Any:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        if isinstance(data, str):
            return ingest(path, data, lake, now=NOW)
        adapter = tmp_path / "made.yaml"
        adapter.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
        return ingest(path, adapter, lake, now=NOW)

    return run


def days(counts: list[float], district: str = "天河区") -> str:
    start = pd.Timestamp("2024-03-01")
    rows = [f"{start + pd.Timedelta(days=i):%Y-%m-%d},{district},{n}" for i, n in enumerate(counts)]
    return "date,district,n\n" + "\n".join(rows) + "\n"


def test_every_ready_adapter_is_sound() -> None:
    for name in adapter_names():
        _check(load_adapter(name), [])


def test_negative_counts_are_rejected_counted_and_said(feed: Callable[..., Any], lake: Lake) -> None:
    told = feed(days([50, -3, 50.5, 2e7, 51]))
    assert told.reasons == {"negative": 1, "not_whole": 1, "count_wrong": 1}
    assert told.read == 5 == told.stored + told.rejected
    assert sorted(lake.read("health")["count"]) == [50.0, 51.0]


@pytest.mark.parametrize(
    "found,code",
    [
        ("萝岗区", "440112"), ("440116", "440112"), ("东山区", "440104"), ("440102", "440104"), ("芳村区", "440103"),
        ("440107", "440103"), ("增城市", "440118"),
        ("440183", "440118"), ("从化市", "440117"), ("440184", "440117"),
        ("花都市", "440114"), ("440182", "440114"),
        ("番禺市", "440113"), ("440181", "440113"), ("广州市番禺区", "440113"),
        ("天河", "440106"), ("Tianhe District", "440106"),
        (" 天 河 区 ", "440106"), ("全市", "440100"), ("110105", "110105"),
        ("US-IL-Chicago", "US-IL-Chicago"),
    ],
)  # fmt: skip
def test_districts_old_and_new(found: str, code: str) -> None:
    assert area_of(found).code == code


@pytest.mark.parametrize("found", ["天何区", "440199", "朝阳区", "张三", "", "12", "<b>"])
def test_unknown_districts(found: str) -> None:
    assert area_of(found).code == ""


def test_a_renamed_district_counts_for_the_new_one(feed: Callable[..., Any], lake: Lake) -> None:
    text = "date,district,n\n2004-01-05,东山区,20\n2004-01-05,越秀区,30\n2004-01-05,东山区,20\n2004-01-05,天何区,9\n"
    told = feed(text)
    assert lake.read("health")[["district", "count"]].to_numpy().tolist() == [["440104", 50.0]]
    assert (told.summed, told.duplicates, told.reasons) == (1, 1, {"district_unknown": 1})
    said = [message.format(**fields) for message, fields in told.notes]
    assert "东山区" in said[0] and "越秀区" in said[0]
    assert "天何区" in said[1] and "天河区" in said[1]
    assert told.read == told.stored + told.duplicates + told.rejected + told.summed


def test_a_day_sent_twice_changes_nothing_and_a_contradiction_is_set_aside(feed: Callable[..., Any]) -> None:
    text = days([50, 51, 52])
    assert feed(text + "2024-03-02,天河区,51\n2024-03-03,天河区,99\n").reasons == {"conflict": 1}
    told = feed(text)
    assert (told.stored, told.duplicates) == (0, 3)


def test_a_half_day_and_a_future_day_are_not_whole(feed: Callable[..., Any], lake: Lake) -> None:
    text = "date,district,n\n2024-06-29,天河区,40\n2024-06-30,天河区,18\n2024-07-03,天河区,40\n2031-01-01,天河区,40\n"
    told = feed(text)
    assert told.stored == 1 and told.reasons == {"day_unfinished": 1, "time_future": 2}
    assert lake.read("health")["time"].tolist() == [pd.Timestamp("2024-06-28T16:00Z")]


def test_counts_ten_times_the_usual_are_flagged_and_kept(feed: Callable[..., Any], lake: Lake) -> None:
    usual = [40 + i % 5 for i in range(60)]
    usual[45], usual[50] = 430, 4 + 3
    told = feed(days([float(n) for n in usual]))
    assert told.checks == {"count_many_times": 1, "count_fraction": 1}
    assert 430.0 in set(lake.read("health")["count"])


def test_a_changed_header_names_the_near_column(feed: Callable[..., Any]) -> None:
    with pytest.raises(InputError) as error:
        feed("date,distrct,n\n2024-03-01,天河区,50\n")
    assert "distrct" in error.value.told()["fix"]


def test_wide_feed_with_a_city_total_only_where_all_districts_are_there(
    feed: Callable[..., Any], lake: Lake
) -> None:
    header = "日期,区县,总死亡,循环系统疾病,呼吸系统疾病\n"
    rows = [f"2024-05-01,{code},60,20,{9 if code != '440115' else -9}\n" for code in NAMES]
    told = feed(header + "".join(rows) + "2024-05-02,越秀区,60,20,9\n", "health_cdc_daily")
    health = lake.read("health").set_index(["time", "district", "cause"])["count"]
    city = health.xs("440100", level="district")
    assert told.read == 36 and told.reasons == {"negative": 1}
    assert city.droplevel("time").to_dict() == {
        "all": 660,
        "circulatory": 220,
    }  # not where a district is missing


def test_hospitals_add_up_and_a_repeated_report_does_not(feed: Callable[..., Any], lake: Lake) -> None:
    row = "2024-05-01,天河区,急诊,哮喘,all,{},{}\n"
    text = "date,district,measure,cause,age,hospital,count\n" + row.format("甲", 30) + row.format("乙", 12)
    told = feed(text + row.format("甲", 30), "health_counts_long")
    assert lake.read("health")["count"].tolist() == [42.0]
    assert (told.summed, told.duplicates) == (1, 1)


def test_points_of_a_signalling_feed_add_up_in_their_cell(feed: Callable[..., Any], lake: Lake) -> None:
    rows = [("113.3300,23.1350", "成人", 120), ("113.3301,23.1351", "成人", 80), ("113.33,23.135", "老人", 3)]
    text = "时间,经度,纬度,人群,人数\n" + "".join(f"2024-05-01 08:00,{p},{g},{n}\n" for p, g, n in rows)
    told = feed(text, "presence_signalling")
    kept = lake.read("presence")
    assert kept[["group", "population"]].to_numpy().tolist() == [["adult_15_64", 200.0]]
    assert told.reasons == {"too_few": 1} and kept["time"].iloc[0] == pd.Timestamp("2024-05-01T00:00Z")


def test_population_in_ten_thousands_cells_and_places(feed: Callable[..., Any], lake: Lake) -> None:
    feed("年份,区,合计,0-4岁,80岁及以上\n2023,天河区,223.7,10.1,3.2\n", "population_by_age")
    assert lake.read("demography").set_index("age")["value"].round(1).to_dict() == {
        -1: 2237000,
        0: 101000,
        80: 32000,
    }
    feed("cell,green_share,noise_zone\n434_2558,0.35,2\n", "cell_attributes")
    assert lake.read("cell").set_index("attribute")["value"].to_dict() == {
        "green_share": 0.35,
        "noise_zone": 2.0,
    }
    feed("学校名称,经度,纬度,所属区,在校学生数\n示例小学,113.3453,23.1351,,900\n", "places_schools")
    place = lake.read("place").iloc[0]
    assert place["district"] == "440106" and place["lon"] == pytest.approx(
        113.3398, abs=0.001
    )  # GCJ-02 to WGS-84


def test_the_same_counts_from_workbook_parquet_and_json(
    feed: Callable[..., Any], lake: Lake, tmp_path: Path
) -> None:
    rows = pd.DataFrame(
        {
            "日期": ["2024-05-01", "2024-05-02"],
            "区县": ["440106", "440106"],
            "总死亡": [60, 61],
            "循环系统疾病": [20, 21],
        }
    )
    first = feed(rows.to_csv(index=False), "health_cdc_daily")
    assert first.stored == 4  # two causes and days
    rows.to_excel(tmp_path / "a.xlsx", index=False)
    rows.assign(日期=pd.to_datetime(rows["日期"])).to_parquet(tmp_path / "a.parquet")
    (tmp_path / "a.json").write_text(
        rows.to_json(orient="records", force_ascii=False) or "", encoding="utf-8"
    )
    for name in ("a.xlsx", "a.parquet", "a.json"):
        told = ingest(tmp_path / name, "health_cdc_daily", lake, now=NOW)
        assert (told.stored, told.rejected, told.duplicates) == (0, 0, 4), name


def test_icd10_and_ages() -> None:
    assert causes_of("J45.901") == ("all", "nonaccidental", "respiratory", "asthma")
    assert causes_of("W19") == ("all", "accidental") and causes_of("张三") == ()
    assert span_of("65+") == (65, 999) and span_of("x") is None and span_of("64-15") is None


def table_of(values: np.ndarray) -> pd.DataFrame:
    """Counts of four districts and three age groups with all their totals."""
    full = np.zeros((5, 4))
    full[:4, :3] = values
    full[4], full[:, 3] = full[:4].sum(axis=0), full.sum(axis=1)
    full[4, 3] = values.sum()
    names = ["440103", "440104", "440105", "440106", "440100"]
    rows = [
        (pd.Timestamp("2024-01-01", tz="UTC"), d, "deaths", "all", a, full[i, j], False)
        for i, d in enumerate(names) for j, a in enumerate(("0-14", "15-64", "65+", "all"))
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["time", "district", "measure", "cause", "age", "count", "suppressed"])


def found_out(counts: pd.DataFrame, k: int) -> tuple[int, int]:
    """Small counts that linear programming gets back exactly from what is published, and all of them."""
    full, hidden = (
        counts["count"].to_numpy().reshape(5, 4),
        protected(counts, k)["suppressed"].to_numpy().reshape(5, 4),
    )
    cells = {tuple(c): n for n, c in enumerate(np.argwhere(hidden))}
    left, right = [], []
    families = [((i, 3), [(i, j) for j in range(3)]) for i in range(5)]
    families += [((4, j), [(i, j) for i in range(4)]) for j in range(4)]
    for total, parts in families:
        row, known = np.zeros(len(cells)), 0.0
        for cell, sign in [(total, -1.0), *((part, 1.0) for part in parts)]:
            if cell in cells:
                row[cells[cell]] += sign
            else:
                known -= sign * full[cell]
        left.append(row)
        right.append(known)
    small = [n for cell, n in cells.items() if 1 <= full[cell] < k]
    back = 0
    for n in small:
        goal = np.eye(len(cells))[n]
        ends = [linprog(s * goal, A_eq=left, b_eq=right, bounds=(1, None)).fun * s for s in (1, -1)]
        back += ends[1] - ends[0] < 0.99
    return back, len(small)


def test_what_is_published_gives_almost_no_small_count_back() -> None:
    rng = np.random.default_rng(11)
    found = [found_out(table_of(rng.poisson(rng.choice([1, 3, 6, 12], size=(4, 3)))), 5) for _ in range(60)]
    back, small = (sum(column) for column in zip(*found, strict=True))
    assert small > 200 and back <= 0.005 * small


def test_one_small_district_takes_a_second_with_it() -> None:
    counts = table_of(np.array([[3, 20, 30], [9, 20, 30], [12, 20, 30], [14, 20, 30]]))
    kept = protected(counts, 5)
    young = kept[(kept["age"] == "0-14") & kept["suppressed"]]["district"].tolist()
    assert young == ["440103", "440104"] and kept["count"].isna().sum() == 4  # a square in two directions
    assert not protected(table_of(np.full((4, 3), 30)), 5)["suppressed"].any()


def test_a_total_sent_later_does_not_give_a_small_count_back(feed: Callable[..., Any], lake: Lake) -> None:
    by_age = LONG | {
        "columns": {"district": "district", "age": "age", "n": "count"},
        "fixed": {"measure": "deaths", "cause": "all"},
    }
    feed(
        "date,district,age,n\n2024-05-01,天河区,0-14,2\n2024-05-01,天河区,15-64,30\n2024-05-01,天河区,65+,80\n",
        by_age,
    )
    told = feed("date,district,n\n2024-05-01,天河区,112\n")
    health = lake.read("health").set_index("age")
    assert told.suppressed >= 1 and health.loc["0-14", "suppressed"]
    assert health.loc["15-64", "suppressed"] or health.loc["all", "suppressed"]


@pytest.mark.shared
def test_chicago_and_pittsburgh(shared: Path, lake: Lake) -> None:
    chicago = shared / "health_chicago_nmmaps" / "chicagoNMMAPS.csv"
    told = ingest(chicago, "chicago_nmmaps_health", lake)
    rows = len(pd.read_csv(chicago))
    assert told.read == told.stored == 3 * rows and told.rejected == 0
    health = lake.read("health")
    assert (
        set(health["district"]) == {"US-IL-Chicago"}
        and health["suppressed"].sum() == health["count"].isna().sum()
    )
    first = health[(health["cause"] == "nonaccidental")].sort_values("time").iloc[0]
    assert first["count"] == 130 and first["time"] == pd.Timestamp("1987-01-01T06:00Z")
    assert ingest(chicago, "chicago_nmmaps_air", lake).rejected == 0
    reports = next((shared / "smell_pittsburgh").glob("smell_reports*.csv"))
    told = ingest(reports, "smell_pittsburgh", lake)
    assert told.stored + told.duplicates == told.read and told.rejected == 0
    assert ingest(reports, "smell_pittsburgh", lake).stored == 0
