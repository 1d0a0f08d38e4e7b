"""The small files that ship with the product go in whole with the adapters beside them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from gzeco_lib.ingest import ingest
from gzeco_lib.lake import Lake

DEMO = Path(__file__).parents[2] / "data" / "demo"
NOW = pd.Timestamp("2026-12-31T00:00:00Z")  # the samples are of March 2026, whatever the clock says


def cells(frame: pd.DataFrame) -> int:
    """Cells that hold a number."""
    return int(frame.select_dtypes("number").notna().sum().sum())


@pytest.mark.parametrize(
    ("file", "adapter", "expected"),
    [
        ("wide.csv", "wide", lambda path: cells(pd.read_csv(path))),
        ("records.json", "wide", lambda path: cells(pd.read_json(path, convert_dates=False))),
        ("long.parquet", "long", lambda path: cells(pd.read_parquet(path))),
        ("long_gbk.csv", "long_gbk", lambda path: cells(pd.read_csv(path, encoding="gbk"))),
        ("weather.xlsx", "weather", lambda path: cells(pd.read_excel(path))),
    ],
)
def test_every_sample_goes_in_whole(file: str, adapter: str, expected: object, lake: Lake) -> None:
    assert callable(expected)
    n = expected(DEMO / file)
    report = ingest(DEMO / file, DEMO / f"{adapter}.yaml", lake, now=NOW)
    assert (report.read, report.stored, report.rejected, report.unknown_sites) == (n, n, 0, [])
    assert n > 1000
    assert lake.read("site")["generated"].all()
    assert ingest(DEMO / file, DEMO / f"{adapter}.yaml", lake, now=NOW).stored == 0


def test_the_same_numbers_in_every_format(lake: Lake) -> None:
    """The JSON and the GBK file hold some of the hours of the wide one, and not one number differs."""
    ingest(DEMO / "wide.csv", DEMO / "wide.yaml", lake, now=NOW)
    for file, adapter in (("long.parquet", "long"), ("records.json", "wide"), ("long_gbk.csv", "long_gbk")):
        before = lake.query("SELECT sum(value) AS v, count(*) AS n FROM observation")
        report = ingest(DEMO / file, DEMO / f"{adapter}.yaml", lake, now=NOW)
        after = lake.query("SELECT sum(value) AS v, count(*) AS n FROM observation")
        assert before["n"].item() == after["n"].item() and report.rejected == 0
        assert before["v"].item() == pytest.approx(after["v"].item())
