"""The small files that ship are those the code makes, and ingestion takes them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from gzeco_lib.demo_city.samples import samples
from gzeco_lib.ingest import ingest, load_adapter
from gzeco_lib.lake import Lake

FOLDER = Path(__file__).parents[2] / "data" / "demo"
PAIRS = {
    "wide.csv": "wide.yaml",
    "records.json": "wide.yaml",
    "long_gbk.csv": "long_gbk.yaml",
    "long.parquet": "long.yaml",
    "weather.xlsx": "weather.yaml",
}


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return samples()


def test_shipped_files_are_made_again_identically(made: dict[str, bytes]) -> None:
    shipped = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.name != "README.md"}
    assert sorted(shipped) == sorted(made)
    for name, content in made.items():
        assert shipped[name] == content, name


def test_they_are_small_and_explained() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 1_000_000
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    for path in FOLDER.iterdir():
        assert path.name == "README.md" or f"`{path.name}`" in text, path.name
    assert "python -m gzeco_lib.demo_city.samples data/demo" in text
    assert "并非实测" in text


def test_the_same_rows_in_every_format() -> None:
    wide = pd.read_csv(FOLDER / "wide.csv").set_index(["station", "time"])
    records = pd.DataFrame(json.loads((FOLDER / "records.json").read_text(encoding="utf-8")))
    records["time"] = records["time"].str.slice(0, 16).str.replace("T", " ")
    records = records.set_index(["station", "time"])
    pd.testing.assert_frame_equal(wide.loc[records.index], records, check_dtype=False)
    long = pd.read_csv(FOLDER / "long_gbk.csv", encoding="gbk")
    assert list(long.columns) == ["站点编号", "时间", "变量", "数值", "单位"]
    assert len(long) == records.notna().sum().sum()


@pytest.mark.parametrize("name", PAIRS)
def test_ingestion_takes_each_file(name: str, tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path / "lake"), create=True)
    report = ingest([FOLDER / name], load_adapter(str(FOLDER / PAIRS[name])), lake)
    assert report.read == report.stored > 1000
    assert report.rejected == 0
    assert lake.read("site")["generated"].all()
