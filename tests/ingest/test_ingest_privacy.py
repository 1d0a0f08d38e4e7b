"""Attempts to bring a person into the lake, each of which must fail everywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from gzeco_lib.errors import GzecoError
from gzeco_lib.ingest import ingest, load_adapter
from gzeco_lib.ingest.personal import holds_number, identity, mask, personal_column
from gzeco_lib.lake import Lake

ID = "11010519491231002X"  # the example of GB 11643-1999
PHONE = "13800138000"
NAME = "张三丰"
NOW = pd.Timestamp("2024-06-30T00:00Z")
HEALTH: dict[str, Any] = {
    "table": "health",
    "time": {"column": "date", "zone": "Asia/Shanghai"},
    "columns": {"district": "district", "cause": "cause", "n": "count"},
    "fixed": {"measure": "deaths", "age": "all"},
}
LIST: dict[str, Any] = {
    "table": "health",
    "rows": "persons",
    "time": {"column": "date", "zone": "Asia/Shanghai"},
    "columns": {"district": "district", "code": "cause", "age": "age"},
    "fixed": {"measure": "outpatient"},
    "icd10": True,
    "ages": ["0-14", "15-64", "65+"],
    "per": ["visit"],
    "drop": ["姓名", "身份证号", "phone"],
}
EVENT: dict[str, Any] = {
    "table": "event",
    "time": {"column": "time", "zone": "Asia/Shanghai"},
    "columns": {"id": "event", "lon": "lon", "lat": "lat"},
    "text": ["text"],
    "fixed": {"kind": "complaint"},
}


@pytest.fixture
def into(tmp_path: Path, lake: Lake) -> Callable[..., Any]:
    """Ingest a text with an adapter; return the report, or the error as it would be told."""

    def run(data: dict[str, Any], text: str, name: str = "file.csv") -> Any:
        adapter = tmp_path / "made.yaml"
        adapter.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        try:
            return ingest(path, adapter, lake, now=NOW)
        except GzecoError as error:
            return error

    return run


def everything(lake: Lake) -> str:
    """All that was written, as text: the bytes of every file of the lake, and what its Parquet files hold."""
    parts = []
    for path in sorted(Path(lake.url).rglob("*")):
        if path.is_file():
            raw = path.read_bytes()
            parts += [raw.decode("utf-8", "ignore"), raw.decode("gb18030", "ignore")]
            if path.suffix == ".parquet":
                parts.append(pd.read_parquet(path).to_json(force_ascii=False) or "")
    return "\n".join(parts)


def assert_nobody(lake: Lake, told: Any, *secrets: str) -> None:
    text = everything(lake) + (
        json.dumps(told.json(), ensure_ascii=False) if hasattr(told, "json") else str(told)
    )
    if isinstance(told, GzecoError):
        text += repr(told.fields) + repr(told.__cause__) + repr(told.__context__)
    for secret in secrets or (ID, PHONE, NAME):
        assert secret not in text


def test_a_list_of_visits_becomes_counts_and_nothing_else(into: Callable[..., Any], lake: Lake) -> None:
    rows = [
        f"2024-06-0{1 + i % 2} 09:{i:02d},440106,J45.{i % 9},{i},{NAME}{i},{ID},{PHONE},V{i:04d}"
        for i in range(60)
    ]
    rows.append(rows[0])  # the same visit again
    told = into(LIST, "date,district,code,age,姓名,身份证号,phone,visit\n" + "\n".join(rows))
    assert told.read == 61 and told.duplicates == 1 and told.summed == 60 and told.rejected == 0
    health = lake.read("health")
    asthma = health[
        (health["cause"] == "asthma") & (health["district"] == "440106") & (health["age"] == "all")
    ]
    assert sorted(asthma["count"]) == [30.0, 30.0]
    ages = health[(health["cause"] == "all") & (health["district"] == "440100")].set_index(["time", "age"])[
        "count"
    ]
    assert ages.groupby("age").sum().to_dict() == {"all": 60.0, "0-14": 15.0, "15-64": 45.0}
    assert_nobody(lake, told, NAME, ID, PHONE, "V0001")


@pytest.mark.parametrize(
    "header",
    ["姓名", "患者姓名", "身份证号", "Patient_Name", "PatientID", "手机号", "家庭住址", "病案号", "车牌"],
)
def test_a_personal_column_that_is_not_dropped_is_refused(
    into: Callable[..., Any], lake: Lake, header: str
) -> None:
    told = into(HEALTH, f"date,district,cause,n,{header}\n2024-06-01,440106,all,30,{NAME}{ID}\n")
    assert isinstance(told, GzecoError) and "persons" in str(told)
    assert lake.read("health").empty
    assert_nobody(lake, told)


@pytest.mark.parametrize("column", ["cause", "district", "date", "n"])
@pytest.mark.parametrize("secret", [NAME, "张白云", ID, PHONE, "粤A12345", "san.zhang@example.com"])
def test_a_person_in_any_cell_of_counts_stays_out(
    into: Callable[..., Any], lake: Lake, column: str, secret: str
) -> None:
    row = {"date": "2024-06-01", "district": "440106", "cause": "all", "n": "30"} | {column: secret}
    good = "2024-06-02,440106,all,31"
    told = into(HEALTH, "date,district,cause,n\n" + ",".join(row.values()) + "\n" + good + "\n")
    assert told.rejected == 1 and told.stored == 1
    assert_nobody(lake, told, secret)


def test_headers_rows_and_file_names_tell_nothing(into: Callable[..., Any], lake: Lake) -> None:
    told = into(HEALTH, f"date,district,{NAME}{PHONE},n\n2024-06-01,440106,all,30\n", f"{PHONE}.csv")
    assert isinstance(told, GzecoError)
    assert PHONE not in told.told()["fix"] and NAME not in told.told()["fix"]
    told = into(
        HEALTH, f"date,district,cause,n\n2024-06-01,440106,all,30,{NAME},{ID}\n2024-06-01,440106,all,40\n"
    )
    assert told.reasons == {"malformed": 1}
    assert_nobody(lake, told)
    rejected = pd.read_parquet(
        Path(lake.url) / next(Path(lake.url).rglob("rejected/**/*.parquet")).relative_to(lake.url)
    )
    assert set(rejected["raw"]) == {'""'} or set(rejected["raw"]) == {""}


def test_nested_json_tells_nothing(into: Callable[..., Any], lake: Lake) -> None:
    record = {
        "date": "2024-06-01",
        "district": "440106",
        "cause": "all",
        "n": 30,
        "patient": {"name": NAME, "id": ID},
    }
    told = into(HEALTH, json.dumps([record], ensure_ascii=False), "file.json")
    assert isinstance(told, GzecoError)
    hidden = record | {"cause": {"x": NAME}, "remark": [ID, {"手机": PHONE}]}
    told = into(
        HEALTH | {"drop": ["patient.*"]}, json.dumps([record, hidden], ensure_ascii=False), "file.json"
    )
    assert_nobody(lake, told)
    told = into(HEALTH | {"drop": ["patient.*"]}, json.dumps([record | {"cause": [NAME, ID]}]), "file.json")
    assert_nobody(lake, told)


def test_an_error_of_the_reader_tells_nothing(into: Callable[..., Any], lake: Lake) -> None:
    broken = f'date,district,cause,n\n2024-06-01,"440106,{NAME},{ID}\n2024-06-01,440106,{PHONE},3\n'
    assert_nobody(lake, into(HEALTH, broken))
    assert_nobody(lake, into(HEALTH, f'[{{"date": "{NAME}", "n": {ID}}}', "file.json"))


def test_presence_leaves_out_small_cells_and_tells_how_many(into: Callable[..., Any], lake: Lake) -> None:
    adapter = {
        "table": "presence", "time": {"column": "t", "zone": "Asia/Shanghai"},
        "columns": {"cell": "cell", "n": "population"},
    }  # fmt: skip
    told = into(
        adapter,
        "t,cell,n\n"
        + "".join(f"2024-06-01 08:00,{cell}\n" for cell in ("434_2558,9", "434_2559,10", "435_2559,-4")),
    )
    assert told.reasons == {"too_few": 1, "negative": 1} and told.stored == 1
    assert lake.read("presence")["population"].tolist() == [10.0]


@pytest.mark.parametrize("key,low", [("suppress_below", 4), ("leave_out_below", 5)])
def test_thresholds_can_only_be_raised(into: Callable[..., Any], key: str, low: int) -> None:
    told = into(HEALTH | {key: low}, "date,district,cause,n\n2024-06-01,440106,all,3\n")
    assert isinstance(told, GzecoError) and key in str(told)


def test_texts_of_events_are_masked_and_places_blurred(into: Callable[..., Any], lake: Lake) -> None:
    text = f"我叫{NAME}，住天河路123号5栋1203房，电话{PHONE}，身份证{ID}，车牌粤A12345，邮箱zs@example.com"
    text += "，王小明先生也闻到臭味"
    told = into(EVENT, f"id,time,lon,lat,text\n{PHONE},2024-06-01 20:00,113.332145,23.137512,{text}\n")
    assert told.stored == 1
    kept = lake.read("event").iloc[0]
    assert kept["lon"] == 113.332 and kept["lat"] == 23.138
    assert "天河路" in kept["text"] and "臭味" in kept["text"]
    assert_nobody(
        lake, told, ID, PHONE, NAME, "粤A12345", "zs@example.com", "王小明", "123号", "1203", "113.332145"
    )


def test_the_kind_and_the_subject_of_an_event_hide_nobody(into: Callable[..., Any], lake: Lake) -> None:
    columns = {"kind": "kind", "who": "subject"}
    adapter = EVENT | {"columns": columns, "text": [], "fixed": {}}
    told = into(adapter, f"time,kind,who\n2024-06-01 20:00,{NAME},x\n2024-06-01 21:00,complaint,{PHONE}\n")
    assert told.reasons == {"field_wrong": 1} and told.stored == 1
    assert_nobody(lake, told)


def test_a_rejected_event_tells_nothing(into: Callable[..., Any], lake: Lake) -> None:
    told = into(
        EVENT,
        f"id,time,lon,lat,text\n1,{NAME},113,23,{PHONE} {ID}\n"
        f"2,2024-06-01 20:00,999,23,{NAME}\n3,too,many,cells,here,{ID}\n",
    )
    assert told.rejected == 3 and told.stored == 0
    assert_nobody(lake, told)


@pytest.mark.parametrize(
    "text,secret",
    [
        ("电话138 0013 8000", "138 0013 8000"),
        ("电话１３８００１３８０００", "13800138000"),
        ("手机138-0013-8000。", "138-0013-8000"),
        ("打1\u200b3800138000找我", "3800138000"),
        ("座机020-83123456", "83123456"),
        ("+86 13800138000", "13800138000"),
        ("电话一三八零零一三八零零零", "一三八零零一三八"),
        ("证号110105 19491231 002X", "19491231"),
        ("微信号：abc_12345", "abc_12345"),
        ("QQ 123456789", "123456789"),
        ("粤A·12345的车", "12345"),
        ("粤AD12345新能源车", "AD12345"),
        ("李女士反映", "李女士"),
        ("欧阳先生说", "欧阳"),
        ("投诉人：陈大文", "陈大文"),
        ("中山大道西100号之2 3栋2梯504房", "504"),
        ("棠下村西边大街12号", "12号"),
        ("My name is John Smith", "John Smith"),
        ("Mr. Brown of 221 Baker Street", "Brown"),
        ("at 221 Baker Street", "221"),
    ],
)
def test_mask_takes_out(text: str, secret: str) -> None:
    assert secret not in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "11月20日下午3点闻到刺鼻气味", "2026-11-24 08:30 PM2.5 超过 150 ug/m3", "工地夜间施工到凌晨2点30分",
        "这位先生说得对", "广园快速路车流大", "rotten eggs since 6 am", "近3天每天晚上8点到10点有臭味",
    ],
)  # fmt: skip
def test_mask_leaves_what_tells_the_trouble(text: str) -> None:
    assert mask(text) == text


def test_check_digit_of_an_identity_number() -> None:
    assert identity(ID) and not identity("110105194912310021") and not identity("12345")
    assert holds_number(f"x{PHONE}") and holds_number(ID)
    assert not holds_number("DEMO-C-9795-90") and not holds_number("GZ2024060112345678")


@pytest.mark.parametrize(
    "name",
    ["district_name", "station name", "区县", "hospital name", "患者数", "投诉人数", "count", "设备状态"],
)
def test_columns_that_are_no_persons(name: str) -> None:
    assert not personal_column(name)


def test_ready_adapters_for_people_drop_or_refuse() -> None:
    for name in (
        "health_cdc_daily",
        "health_counts_long",
        "health_line_list",
        "presence_signalling",
        "complaints_12345",
    ):
        adapter = load_adapter(name)
        assert adapter.table in ("health", "presence", "event")
