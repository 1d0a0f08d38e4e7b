"""Small files of the generated city, to try ingestion with: ``python -m gzeco_lib.demo_city.samples data/demo``.

They are always made from the same seed and period, so making them again changes nothing.
"""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from pathlib import Path

import pandas as pd

from gzeco_lib.demo_city.air import POLLUTANTS
from gzeco_lib.demo_city.build import city
from gzeco_lib.demo_city.places import sites
from gzeco_lib.demo_city.weather import DECIMALS

SEED, END = 2026, "2026-03-15T00:00+08:00"
DAYS = 14
STATIONS = ("D101", "D103", "D104", "D107", "D110", "D113", "D117", "D119", "D122", "D123")
FEW = ("D101", "D110", "D117", "D123")
NAMES_ZH = {
    "PM2.5": "细颗粒物",
    "PM10": "可吸入颗粒物",
    "SO2": "二氧化硫",
    "NO2": "二氧化氮",
    "O3": "臭氧",
    "CO": "一氧化碳",
}
UNITS = {code: "mg/m3" if code == "CO" else "ug/m3" for code in POLLUTANTS}
UNITS_ZH = {code: "毫克/立方米" if code == "CO" else "微克/立方米" for code in POLLUTANTS}
WEATHER_ZH = {
    "temperature": ("气温", "°C"),
    "relative_humidity": ("相对湿度", "%"),
    "pressure": ("气压", "hPa"),
    "wind_speed": ("风速", "m/s"),
    "wind_direction": ("风向", "°"),
    "precipitation": ("降水量", "mm"),
    "solar_radiation": ("太阳总辐射", "W/m2"),
}
FIXED_DATE = pd.Timestamp(END).tz_localize(None).to_pydatetime()


def samples() -> dict[str, bytes]:
    """The files by name, ready to be written."""
    made = city(SEED, "small", END, check=False)
    rows = made.tables["observation"]
    rows = rows[rows["time"] >= made.end - pd.Timedelta(days=DAYS)]
    air = rows[rows["site"].isin(STATIONS) & rows["variable"].isin(POLLUTANTS)]
    last_days = air[(air["time"] >= made.end - pd.Timedelta(days=3)) & air["site"].isin(FEW)]
    week = rows[rows["site"].str.startswith("DW") & (rows["time"] >= made.end - pd.Timedelta(days=7))]
    own = {code: (code, UNITS[code]) for code in POLLUTANTS}
    return {
        "stations.csv": _stations(sites()),
        "wide.csv": _wide(air, list(POLLUTANTS), "%Y-%m-%d %H:%M")
        .to_csv(index=False, lineterminator="\n")
        .encode(),
        "wide.yaml": _adapter("wide", "time", "station", own, _AIR),
        "records.json": _json(_wide(last_days, list(POLLUTANTS), "%Y-%m-%dT%H:%M:%S+08:00")),
        "long_gbk.csv": _long_zh(last_days).to_csv(index=False, lineterminator="\n").encode("gbk"),
        "long_gbk.yaml": _adapter(
            "long",
            "时间",
            "站点编号",
            {NAMES_ZH[c]: (c, UNITS_ZH[c]) for c in POLLUTANTS},
            _AIR,
            ("变量", "数值"),
        ),
        "long.parquet": _parquet(air),
        "long.yaml": _adapter(
            "long", "time", "station", {c: (c, UNITS[c]) for c in POLLUTANTS}, _AIR, ("variable", "value")
        ),
        "weather.xlsx": _xlsx(_weather(week)),
        "weather.yaml": _adapter(
            "wide",
            "时间",
            "站点编号",
            {f"{zh}({unit})": (c, unit) for c, (zh, unit) in WEATHER_ZH.items()},
            _WEATHER,
        ),
    }


def write(folder: Path) -> list[Path]:
    """Write the files into ``folder``; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in samples().items():
        path = folder / name
        path.write_bytes(content)
        paths.append(path)
    return paths


def _local(times: pd.Series, pattern: str) -> pd.Series:
    return times.dt.tz_convert("Asia/Shanghai").dt.strftime(pattern)


def _stations(sites: pd.DataFrame) -> bytes:
    columns = ["code", "name_zh", "name_en", "lon", "lat", "kind", "district"]
    return sites.rename(columns={"site": "code"})[columns].to_csv(index=False, lineterminator="\n").encode()


def _wide(rows: pd.DataFrame, variables: list[str], pattern: str) -> pd.DataFrame:
    """One row a station and hour, a column a variable; empty where nothing was measured."""
    table = rows.pivot(index=["site", "time"], columns="variable", values="value")[variables].reset_index()
    table.columns.name = None
    table["time"] = _local(table["time"], pattern)
    whole = [code for code in variables if code in POLLUTANTS and code != "CO"]
    return table.astype(dict.fromkeys(whole, "Int64")).rename(columns={"site": "station"})


def _long_zh(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "站点编号": rows["site"],
            "时间": _local(rows["time"], "%Y/%m/%d %H:%M"),
            "变量": rows["variable"].map(NAMES_ZH),
            "数值": rows["value"],
            "单位": rows["variable"].map(UNITS_ZH),
        }
    ).sort_values(["站点编号", "时间", "变量"])


def _parquet(rows: pd.DataFrame) -> bytes:
    table = rows[["site", "time", "variable", "value"]].rename(columns={"site": "station"})
    table = table.assign(unit=table["variable"].map(UNITS)).sort_values(["station", "time", "variable"])
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def _json(table: pd.DataFrame) -> bytes:
    records = json.loads(table.to_json(orient="records"))
    lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    return f"[\n{lines}\n]\n".encode()


def _weather(rows: pd.DataFrame) -> pd.DataFrame:
    table = _wide(rows, list(DECIMALS), "%Y-%m-%d %H:%M")
    heads = {code: f"{zh}({unit})" for code, (zh, unit) in WEATHER_ZH.items()}
    return table.rename(columns={"station": "站点编号", "time": "时间", **heads})


def _xlsx(table: pd.DataFrame) -> bytes:
    """A workbook without the moment of its making, so that the same table gives the same bytes."""
    from openpyxl import Workbook

    book = Workbook()
    book.properties.created = book.properties.modified = FIXED_DATE
    sheet = book.active
    assert sheet is not None
    sheet.title = "气象"
    sheet.append(list(table.columns))
    for row in table.itertuples(index=False):
        sheet.append([None if pd.isna(cell) else cell for cell in row])
    raw, fixed = io.BytesIO(), io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(fixed, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "docProps/core.xml":  # openpyxl writes the moment of saving here
                content = _without_moment(content)
            new.writestr(zipfile.ZipInfo(entry.filename), content, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def _without_moment(core: bytes) -> bytes:
    moment = FIXED_DATE.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    return re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + moment, core)


_AIR = ("示例城市空气质量小时值（生成数据）", "Air of the demo city, hourly (generated)", "air")
_WEATHER = ("示例城市气象小时值（生成数据）", "Weather of the demo city, hourly (generated)", "weather")


def _adapter(
    layout: str,
    time: str,
    site: str,
    columns: dict[str, tuple[str, str]],
    titles: tuple[str, str, str],
    long: tuple[str, str] | None = None,
) -> bytes:
    """The adapter file that reads a sample."""
    import yaml

    when = {"column": time, "zone": "Asia/Shanghai"}
    if long and time == "时间":
        when["format"] = "%Y/%m/%d %H:%M"
    content: dict[str, object] = {
        "title_zh": titles[0],
        "title_en": titles[1],
        "layout": layout,
        "time": when,
        "interval": "PT1H",
        "site": site,
    }
    if long:
        content |= {"variable": long[0], "value": long[1]}
    content |= {
        "columns": {head: {"variable": code, "unit": unit} for head, (code, unit) in columns.items()},
        "kind": titles[2],
        "generated": True,
        "sites": "stations.csv",
    }
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=110).encode()


if __name__ == "__main__":
    for made_file in write(Path(sys.argv[1] if len(sys.argv) > 1 else "data/demo")):
        print(made_file)
