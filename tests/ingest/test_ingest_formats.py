"""Every format and layout gives the same observations."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from gzeco_lib.ingest import ingest
from gzeco_lib.lake import Lake

TABLE = pd.DataFrame(
    {
        "time": ["2024-04-01 00:00:00", "2024-04-01 01:00:00", "2024-04-01 00:00:00"],
        "station": ["1345A", "1345A", "1346A"],
        "PM2.5": [25.0, 22.0, 31.0],
        "CO": [0.9, None, 1.1],
    }
)
EXPECTED = {  # UTC start, site, variable: value
    ("2024-03-31T16", "1345A", "PM2.5"): 25.0,
    ("2024-03-31T17", "1345A", "PM2.5"): 22.0,
    ("2024-03-31T16", "1346A", "PM2.5"): 31.0,
    ("2024-03-31T16", "1345A", "CO"): 0.9,
    ("2024-03-31T16", "1346A", "CO"): 1.1,
}


def stored(lake: Lake) -> dict[tuple[str, str, str], float]:
    """All observations of the lake by UTC hour, site and variable."""
    rows = lake.read("observation")
    hours = rows["time"].dt.tz_convert("UTC").dt.strftime("%Y-%m-%dT%H")
    keys = list(zip(hours, rows["site"], rows["variable"], strict=True))
    assert len(set(keys)) == len(rows)
    return dict(zip(keys, rows["value"], strict=True))


def as_csv(folder: Path) -> Path:
    TABLE.to_csv(folder / "t.csv", index=False)
    return folder / "t.csv"


def as_csv_gz(folder: Path) -> Path:
    (folder / "t.csv.gz").write_bytes(gzip.compress(TABLE.to_csv(index=False).encode()))
    return folder / "t.csv.gz"


def as_csv_bom(folder: Path) -> Path:
    TABLE.to_csv(folder / "t.csv", index=False, encoding="utf-8-sig")
    return folder / "t.csv"


def as_csv_utf16(folder: Path) -> Path:
    TABLE.to_csv(folder / "t.csv", index=False, encoding="utf-16")
    return folder / "t.csv"


def as_parquet(folder: Path) -> Path:
    table = TABLE.assign(time=pd.to_datetime(TABLE["time"]), CO=TABLE["CO"].astype("float32"))
    table.to_parquet(folder / "t.parquet")
    return folder / "t.parquet"


def as_json(folder: Path) -> Path:
    (folder / "t.json").write_text(TABLE.to_json(orient="records"), encoding="utf-8")
    return folder / "t.json"


def as_xlsx(folder: Path) -> Path:
    TABLE.assign(time=pd.to_datetime(TABLE["time"])).to_excel(folder / "t.xlsx", index=False)
    return folder / "t.xlsx"


@pytest.mark.parametrize(
    "write",
    [as_csv, as_csv_gz, as_csv_bom, as_csv_utf16, as_parquet, as_json, as_xlsx],
    ids=lambda f: f.__name__,
)
def test_formats_give_the_same_observations(
    write: Callable[[Path], Path], tmp_path: Path, adapter: Callable[..., Path], lake: Lake
) -> None:
    path, how = write(tmp_path), adapter()
    report = ingest(path, how, lake)
    assert (report.read, report.stored, report.duplicates, report.rejected) == (5, 5, 0, 0)
    assert stored(lake) == EXPECTED  # 0.9 kept in 32 bits is 0.9 again, not 0.8999999762
    again = ingest(path, how, lake)
    assert (again.read, again.stored, again.duplicates, again.revised) == (5, 0, 5, 0)
    assert stored(lake) == EXPECTED


def test_long_layout_in_gbk_with_chinese_headers(
    source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake
) -> None:
    text = "时间,站点,项目,浓度\n" + "".join(
        f"{time},{site},{'细颗粒物' if name == 'PM2.5' else '一氧化碳'},{row[name]}\n"
        for row in TABLE.to_dict("records")
        for time, site, name in [(row["time"], row["station"], "PM2.5"), (row["time"], row["station"], "CO")]
    ).replace("nan", "")
    how = adapter(
        layout="long",
        time={"column": "时间", "zone": "Asia/Shanghai"},
        site="站点",
        variable="项目",
        value="浓度",
        columns={
            "细颗粒物": {"variable": "PM2.5", "unit": "微克/立方米"},
            "一氧化碳": {"variable": "CO", "unit": "毫克/立方米"},
        },
    )
    report = ingest(source(text, encoding="gbk"), how, lake)
    assert (report.read, report.stored) == (5, 5)
    assert stored(lake) == EXPECTED


def test_long_layout_with_a_column_a_site(
    source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake
) -> None:
    """The layout of the national hourly archive: date, hour, type, then one column a station."""
    text = (
        "date,hour,type,1345A,1346A\n20240401,0,PM2.5,25,31\n20240401,0,CO,0.9,1.1\n"
        "20240401,0,PM2.5_24h,20,21\n20240401,1,PM2.5,22,\n20240401,1,Ozone,3,4\n"
    )
    how = adapter(
        layout="long",
        time={"columns": ["date", "hour"], "format": "%Y%m%d %H", "zone": "Asia/Shanghai"},
        site={"headers": "????A"},
        variable="type",
        ignore=["PM2.5_24h"],
    )
    report = ingest(source(text), how, lake)
    assert stored(lake) == EXPECTED
    assert (report.read, report.rejected, report.reasons) == (7, 2, {"series_unknown": 2})


def test_a_column_can_be_one_variable_at_one_site(
    source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake
) -> None:
    how = adapter(
        site=None,
        time={"year": "y", "month": "m", "day": "d", "hour": "h", "zone": "+08:00"},
        columns={
            "A": {"variable": "PM2.5", "unit": "ug/m3", "site": "1345A"},
            "B": {"variable": "PM2.5", "unit": "mg/m3", "site": "1346A"},
            "wd": {
                "variable": "wind_direction",
                "unit": "degree",
                "site": "W",
                "map": {"NE": 45, "cv": None},
            },
        },
    )
    # Hour 24 of 31 March is hour 0 of 1 April.
    report = ingest(source("y,m,d,h,A,B,wd\n2024,3,31,24,25,0.031,NE\n2024,4,1,1,22,,cv\n"), how, lake)
    assert stored(lake) == {
        ("2024-03-31T16", "1345A", "PM2.5"): 25.0,
        ("2024-03-31T17", "1345A", "PM2.5"): 22.0,
        ("2024-03-31T16", "1346A", "PM2.5"): 31.0,
        ("2024-03-31T16", "W", "wind_direction"): 45.0,
    }
    assert report.unknown_sites == ["1345A", "1346A", "W"]


def test_json_list_by_path_and_nested_fields(
    source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake
) -> None:
    records = [
        {"t": "2024-04-01T00:00:00+08:00", "station": "1345A", "air": {"pm25": 25, "co": 0.9}},
        {"t": "2024-03-31T17:00:00Z", "station": "1345A", "air": {"pm25": "22"}},
    ]
    how = adapter(
        records="data.0.items",
        time={"column": "t", "zone": "UTC"},
        columns={
            "air.pm25": {"variable": "PM2.5", "unit": "ug/m3"},
            "air.co": {"variable": "CO", "unit": "mg/m3"},
        },
    )
    path = source(json.dumps({"data": [{"items": records}]}), "s.json")
    assert ingest(path, how, lake).stored == 3
    assert stored(lake) == {k: v for k, v in EXPECTED.items() if k[1] == "1345A"}


def test_json_columns_as_lists(source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake) -> None:
    document = {"hourly": {"time": ["2024-04-01T00:00", "2024-04-01T01:00"], "PM2.5": [25, 22]}}
    columns = {"PM2.5": {"variable": "PM2.5", "unit": "ug/m3"}}
    how = adapter(records="hourly", site={"value": "1345A"}, columns=columns)
    assert ingest(source(json.dumps(document), "s.json"), how, lake).stored == 2


def test_xlsx_sheet_by_name_below_a_title_with_formulas(
    tmp_path: Path, adapter: Callable[..., Path], lake: Lake
) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "封面"
    sheet = book.create_sheet("小时值")
    for line in (["2024年小时值"], ["time", "station", "PM2.5", "CO"]):
        sheet.append(line)
    sheet.append(["2024-04-01 00:00", "1345A", 25, 0.9])
    sheet.append(["2024-04-01 01:00", "1345A", 22, "#DIV/0!"])
    book.save(tmp_path / "s.xlsx")
    report = ingest(tmp_path / "s.xlsx", adapter(sheet="小时值", skip=1), lake)
    assert (report.read, report.stored, report.reasons) == (4, 3, {"not_number": 1})


def test_many_rows_in_slices_are_the_same_as_at_once(
    tmp_path: Path, adapter: Callable[..., Path], lake: Lake
) -> None:
    """Three months written month by month, sites after one another as in real files, with doubled rows."""
    hours = pd.date_range("2024-01-01", periods=90 * 24, freq="h")
    table = pd.concat(
        [
            pd.DataFrame({"time": hours, "station": site, "PM2.5": (hours.hour + k) % 24 + 5.0, "CO": 0.9})
            for k, site in enumerate(("A", "B"))
        ]
    )
    table = pd.concat([table, table.iloc[:10], table.iloc[20:25].assign(CO=1.5)])
    table.to_csv(tmp_path / "s.csv", index=False)
    whole = Lake.open(str(tmp_path / "whole"), create=True)
    at_once = ingest(tmp_path / "s.csv", adapter(), whole)
    sliced = ingest(tmp_path / "s.csv", adapter(), lake, limit=3000)
    assert at_once.read == len(table) * 2
    assert at_once.reasons == {"conflict": 5}
    assert at_once.duplicates == 10 * 2 + 5
    for report in (at_once, sliced):
        assert report.read == report.stored + report.duplicates + report.rejected
    counted = ("read", "stored", "duplicates", "rejected", "reasons")
    assert {k: sliced.json()[k] for k in counted} == {k: at_once.json()[k] for k in counted}
    assert stored(lake) == stored(whole)
    assert lake.versions()["observation"] > whole.versions()["observation"]  # several writes, not one
    assert ingest(tmp_path / "s.csv", adapter(), lake, limit=3000).stored == 0
