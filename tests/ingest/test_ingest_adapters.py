"""An adapter that says what it may not is refused with the key at fault and the near name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.ingest import adapter_names, ingest, load_adapter
from gzeco_lib.lake import Lake

SHIPPED = Path(__file__).parents[2] / "parameters" / "adapters"
PM = {"variable": "PM2.5", "unit": "ug/m3"}


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.yaml")))
def test_shipped_adapters_load(name: str) -> None:
    adapter = load_adapter(name)
    assert adapter.name == name
    assert name in adapter_names()


def test_the_stations_of_guangzhou() -> None:
    sites = load_adapter("guangzhou_stations").sites  # type: ignore[union-attr]
    assert len({s.code for s in sites}) == 21
    assert all(s.name_zh and s.name_en and 112.9 < (s.lon or 0) < 114.1 for s in sites)


@pytest.mark.parametrize(
    ("keys", "error", "where", "fix"),
    [
        ({"tme": {}}, "unknown key tme", "tme", "time"),
        ({"time": {"column": "t", "zone": "UTC", "labl": "end"}}, "unknown key labl", "time.labl", "label"),
        ({"columns": {"A": PM | {"unti": "x"}}}, "unknown key unti", "columns.A.unti", "unit"),
        ({"columns": {"A": {"variable": "PM2.5"}}}, "the key unit is missing", "columns.A.unit", "add it"),
        ({"time": None}, "the key time is missing", "time", "add it"),
        ({"layout": "tall"}, "layout cannot be tall", "layout", "ingest.md"),
        (
            {"time": {"column": "t", "zone": "Asia/Shangai"}},
            "unknown time zone Asia/Shangai",
            "zone",
            "Asia/Shanghai",
        ),
        ({"time": {"column": "t", "zone": "CST"}}, "unknown time zone CST", "zone", "Asia/Shanghai"),
        ({"time": {"column": "t", "zone": "../../etc/passwd"}}, "unknown time zone", "zone", ""),
        ({"time": {"column": "t", "zone": "+25:00"}}, "unknown time zone +25:00", "zone", ""),
        ({"time": {"zone": "UTC"}}, "say the time in one way", "time", ""),
        ({"site": None}, "the site is missing", "made.yaml", ""),
        ({"layout": "long"}, "a long layout names the columns", "made.yaml", ""),
        ({"variable": "x"}, "belong to layout: long", "made.yaml", ""),
        ({"table": "observatio"}, "unknown table observatio", "table", "observation"),
        ({"name": "../x"}, "../x cannot be an adapter's name", "name", ""),
        ({"sites": "../../etc/passwd"}, "refers to a file it may not read", "sites", "own folder"),
        ({"sites": "/etc/hosts.csv"}, "refers to a file it may not read", "sites", "own folder"),
        ({"sites": "none.csv"}, "the file of sites is not there", "sites", ""),
        ({"sites": [{"code": "A", "name_zh": "甲", "lon": 200}]}, "lon cannot be 200", "sites.0.lon", ""),
        (
            {"sites": [{"code": "A", "name_zh": "甲"}, {"code": "A", "name_zh": "乙"}]},
            "the site A stands twice",
            "made.yaml",
            "",
        ),
        ({"interval": "PT2H"}, "interval cannot be PT2H", "interval", ""),
    ],
)
def test_refused_adapters(
    keys: dict[str, Any], error: str, where: str, fix: str, adapter: Callable[..., Path]
) -> None:
    with pytest.raises(InputError) as caught:
        load_adapter(adapter(**keys))
    told = caught.value.told()
    assert error in told["error"]
    assert where in told["where"]
    assert fix in told["fix"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: !!python/object/apply:os.system [echo]", "constructor for the tag"),
        ("a: &x [1]\nb: *x", "aliases"),
        ("a: " + "[" * 100 + "]" * 100, "nested deeper"),
        ("time: {}\ntime: {}", "stands twice"),
        ("a: [1", "expected"),
        ("[1]: 2", "a key must be a text"),
    ],
)
def test_refused_yaml(text: str, problem: str, source: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match="not plain YAML") as caught:
        load_adapter(source(text, "made.yaml"))
    assert problem in caught.value.told()["error"]


def test_other_files_that_are_no_adapters(source: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match="not a mapping"):
        load_adapter(source("- 1", "made.yaml"))
    with pytest.raises(InputError, match="too large"):
        load_adapter(source("#" * 1_000_001, "large.yaml"))
    with pytest.raises(InputError, match="cannot be read"):
        load_adapter(source("标题: 一", "gbk.yaml", "gbk"))
    with pytest.raises(InputError, match="no such file"):
        load_adapter("nowhere.yaml")
    with pytest.raises(InputError, match="guangzhou_stations"):
        load_adapter("guangzhou_station")
    with pytest.raises(InputError, match="no adapter"):
        load_adapter("../../parameters/adapters/guangzhou_stations")


def test_nitric_oxide_is_no_boolean(source: Callable[..., Path]) -> None:
    text = "time: {column: t, zone: UTC}\nsite: 1\ncolumns:\n  NO: {variable: NO, unit: ppb}\n"
    adapter = load_adapter(source(text, "made.yaml"))
    assert adapter.columns["NO"].variable == "NO"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("column", "error", "fix"),
    [
        ({"variable": "PM25", "unit": "ug/m3"}, "unknown variable PM25", "PM2.5"),
        ({"variable": "PM2.5", "unit": "ug/m33"}, "unknown unit ug/m33", "ug m-3"),
        ({"variable": "PM2.5", "unit": "ppb"}, "ppb cannot be converted to ug m-3 for PM2.5", "unit"),
        ({"variable": "temperature", "unit": "hPa"}, "hPa cannot be converted to degC", "unit"),
    ],
)
def test_units_and_codes_are_checked_before_anything_is_read(
    column: dict[str, str],
    error: str,
    fix: str,
    source: Callable[..., Path],
    adapter: Callable[..., Path],
    lake: Lake,
) -> None:
    with pytest.raises(InputError) as caught:
        ingest(source("time,station,X\n2024-04-01,A,1\n"), adapter(columns={"X": column}), lake)
    told = caught.value.told()
    assert error in told["error"]
    assert told["where"] == "made.yaml: columns.X"
    assert fix in told["fix"]
    assert lake.versions() == {}


def test_units_are_converted_and_sentinels_are_not(
    source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake
) -> None:
    columns = {
        "o3": {"variable": "O3", "unit": "ppb"},
        "co": {"variable": "CO", "unit": "ug/m3", "sentinels": [888]},
        "t": {"variable": "temperature", "unit": "K"},
    }
    text = "time,station,o3,co,t\n2024-04-01 00:00,A,100,900,298.15\n2024-04-01 01:00,A,-9999,888,300.15\n"
    report = ingest(source(text), adapter(columns=columns), lake)
    rows = lake.read("observation").sort_values("time")
    o3, co, t = (rows[rows["variable"] == v] for v in ("O3", "CO", "temperature"))
    # 48 g mol-1 over the molar volume at 298.15 K and 1013.25 hPa, 24.465 L mol-1
    assert o3["value"].tolist() == [pytest.approx(100 * 48 / 24.465, rel=2e-3), -9999.0]
    assert co["value"].tolist() == [pytest.approx(0.9), 888.0]
    assert t["value"].tolist() == pytest.approx([25.0, 27.0])
    assert o3["flag"].tolist()[1] == co["flag"].tolist()[1] == "sentinel"
    assert report.flags["sentinel"] == 2


def test_a_long_row_may_bring_its_own_unit(
    source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake
) -> None:
    rows = [
        ("1", "0.9", "mg/m3"),
        ("2", "900", "µg/m³"),
        ("3", "0.8", ""),
        ("4", "5", "hPa"),
        ("5", "5", "what"),
    ]
    text = "time,station,name,value,unit\n"
    text += "".join(f"2024-04-0{day} 00:00,A,CO,{value},{unit}\n" for day, value, unit in rows)
    report = ingest(source(text), adapter(layout="long", variable="name", value="value", unit="unit"), lake)
    assert report.reasons == {"unit_wrong": 2}
    assert lake.read("observation").sort_values("time")["value"].tolist() == pytest.approx([0.9, 0.9, 0.8])


def test_sites_are_brought_to_wgs84_and_their_district(
    source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake
) -> None:
    """The centre of Tianhe in GCJ-02 lies about 600 m off in WGS-84."""
    source("code,name_zh,lon,lat\nB,乙,,\n", "list.csv")
    sites = [
        {"code": "A", "name_zh": "甲", "lon": 113.3275, "lat": 23.1345, "datum": "GCJ-02", "kind": "weather"}
    ]
    data = source("time,station,PM2.5,CO\n2024-04-01 00:00,A,25,0.9\n")
    assert ingest(data, adapter(sites=sites), lake).sites == 1
    assert ingest(data, adapter("other", sites="list.csv"), lake).sites == 1
    rows = lake.read("site").set_index("site")
    assert rows.loc["A", "lon"] == pytest.approx(113.3275 - 0.0054, abs=5e-4)
    assert rows.loc["A", "lat"] == pytest.approx(23.1345 + 0.0026, abs=5e-4)
    assert rows.loc["A", ["district", "kind"]].tolist() == ["440106", "weather"]
    assert np.isnan(rows.loc["B", "lon"]) and pd.isna(rows.loc["B", "district"])


def test_a_list_of_sites_keeps_what_it_does_not_know(
    source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake
) -> None:
    site = {"code": "A", "name_zh": "甲", "name_en": "First", "lon": 113.3, "lat": 23.1}
    ingest(source("time,station,PM2.5,CO\n2024-04-01 00:00,A,25,0.9\n"), adapter(sites=[site]), lake)
    records = source(
        "编码,名称,经度,纬度,对照\nA,甲站,113.31,23.1,Y\nB,乙站,,,N\nB,乙站,,,N\nC,,1,1,N\nD,丁,181,0,X\n",
        "s.csv",
    )
    how = source(
        "table: site\ncolumns: {编码: site, 名称: name_zh, 经度: lon, 纬度: lat, 对照: kind}\n"
        "map: {kind: {Y: background, N: air}}\n",
        "list.yaml",
    )
    report = ingest(records, how, lake)
    assert (report.read, report.stored, report.revised, report.duplicates, report.rejected) == (5, 2, 1, 1, 2)
    assert report.reasons == {"field_missing": 1, "field_wrong": 1}
    rows = lake.read("site").set_index("site")
    assert rows.loc["A", ["name_zh", "name_en", "kind"]].tolist() == ["甲站", "First", "background"]
    assert ingest(records, how, lake).stored == 0


def test_enterprises(source: Callable[..., Path], lake: Lake) -> None:
    text = "id,名称,行业,烟囱,超标\nE1,甲厂,涂料制造,30.5,2\nE2,乙厂,涂料制造,,1.5\n"
    how = source(
        "table: enterprise\n"
        "columns: {id: enterprise, 名称: name_zh, 行业: industry, 烟囱: stack_height_m, 超标: exceedances_12m}\n"
        "fixed: {management: key}\ngenerated: true\n",
        "factories.yaml",
    )
    report = ingest(source(text), how, lake)
    assert (report.stored, report.reasons) == (1, {"field_wrong": 1})
    row = lake.read("enterprise").iloc[0]
    assert row[["enterprise", "stack_height_m", "exceedances_12m", "management", "generated"]].tolist() == [
        "E1",
        30.5,
        2,
        "key",
        True,
    ]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("columns: {a: site, b: name_zhh}", "the table site has no column name_zhh"),
        ("columns: {a: site}", "leaves the column name_zh of the table site empty"),
        ("columns: {a: site, b: name_zh}\nfixed: {source: x}", "the table site has no column source"),
    ],
)
def test_refused_adapters_of_things(text: str, error: str, source: Callable[..., Path], lake: Lake) -> None:
    how = source(f"table: site\n{text}\n", "made.yaml")
    with pytest.raises(InputError, match=error):
        ingest(source("a,b\n1,2\n"), how, lake)
