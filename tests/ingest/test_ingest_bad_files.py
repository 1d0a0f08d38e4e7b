"""Files that are not what they should be: a clear error or rows set aside; what was stored before stays."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.ingest import ingest
from gzeco_lib.lake import Lake

HEAD = "time,station,PM2.5,CO\n"
GOOD = HEAD + "2024-04-01 00:00,1345A,25,0.9\n2024-04-01 01:00,1345A,22,0.8\n"


@pytest.fixture
def filled(source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake) -> Lake:
    """A lake with four observations."""
    assert ingest(source(GOOD, "good.csv"), adapter("good"), lake).stored == 4
    return lake


def rejected(lake: Lake, name: str) -> pd.DataFrame:
    """Rows that were set aside."""
    return pq.read_table(io.BytesIO(lake.get(name))).to_pandas()


def parquet(folder: Path) -> bytes:
    frame = pd.DataFrame({"time": pd.date_range("2024-04-02", periods=5000, freq="h"), "station": "A"})
    frame.assign(**{"PM2.5": np.arange(5000.0), "CO": 0.5}).to_parquet(folder / "whole.parquet")
    return (folder / "whole.parquet").read_bytes()


def xlsx(folder: Path) -> bytes:
    pd.DataFrame({"time": ["2024-04-02 00:00"] * 500, "station": "A", "PM2.5": 1, "CO": 1}).to_excel(
        folder / "whole.xlsx", index=False
    )
    return (folder / "whole.xlsx").read_bytes()


def gz(folder: Path) -> bytes:
    lines = (
        f"2024-04-{1 + k % 28:02d} {k % 24:02d}:00,S{k},{k * 7919 % 400},{k % 7}\n" for k in range(20_000)
    )
    return gzip.compress((HEAD + "".join(lines)).encode())


@pytest.mark.parametrize(
    ("name", "content"),
    [("t.parquet", parquet), ("t.xlsx", xlsx), ("t.csv.gz", gz)],
    ids=["parquet", "xlsx", "csv.gz"],
)
@pytest.mark.parametrize("share", [0.1, 0.6, 0.99])
def test_truncated_files_store_nothing(
    name: str,
    content: Callable[[Path], bytes],
    share: float,
    tmp_path: Path,
    adapter: Callable[..., Path],
    filled: Lake,
) -> None:
    whole = content(tmp_path)
    (tmp_path / name).write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InputError, match="cannot be read"):
        ingest(tmp_path / name, adapter(), filled)
    assert len(filled.read("observation")) == 4


@pytest.mark.parametrize("name", ["t.parquet", "t.xlsx", "t.json", "t.csv"])
def test_noise_is_no_file_of_any_format(
    name: str, tmp_path: Path, adapter: Callable[..., Path], filled: Lake
) -> None:
    (tmp_path / name).write_bytes(np.random.default_rng(1).bytes(5000))
    with pytest.raises(InputError):
        ingest(tmp_path / name, adapter(), filled)
    assert len(filled.read("observation")) == 4


def test_paths_that_are_no_files(tmp_path: Path, adapter: Callable[..., Path], filled: Lake) -> None:
    (tmp_path / "empty.csv").touch()
    for path, told in (
        (tmp_path / "no.csv", "no such file"),
        (tmp_path, "not a file"),
        (tmp_path / "empty.csv", "empty"),
    ):
        with pytest.raises(InputError, match=told):
            ingest(path, adapter(), filled)
    (tmp_path / "t.doc").write_text("x")
    with pytest.raises(InputError, match=r"no reader for files named \*\.doc"):
        ingest(tmp_path / "t.doc", adapter(), filled)


def test_a_wrong_path_among_several_stores_nothing(
    source: Callable[..., Path], tmp_path: Path, adapter: Callable[..., Path], lake: Lake
) -> None:
    with pytest.raises(InputError, match="no such file"):
        ingest([source(GOOD), tmp_path / "no.csv"], adapter(), lake)
    assert lake.versions() == {}


@pytest.mark.parametrize(
    ("text", "error", "fix"),
    [
        (GOOD.replace("PM2.5", "PM25"), "no column PM2.5", "PM25"),
        (GOOD.replace("time,", "zeit,"), "no column time", ""),
        (HEAD.replace("CO", "PM2.5"), "the column PM2.5 stands twice", ""),
        ("\n" + GOOD, "the header cannot be read", "skip"),
        (
            HEAD + '2024-04-01 00:00,1345A,25,"0.9\n' + GOOD[len(HEAD) :] * 3,
            "a quotation mark is left open",
            "",
        ),
        (
            HEAD + '2024-04-01 00:00,"1345A,25,0.9\n' + GOOD[len(HEAD) :] * 3,
            "a quotation mark is left open",
            "",
        ),
    ],
)
def test_refused_csv(
    text: str, error: str, fix: str, source: Callable[..., Path], adapter: Callable[..., Path], filled: Lake
) -> None:
    with pytest.raises(InputError) as caught:
        ingest(source(text), adapter(), filled)
    assert error in caught.value.told()["error"]
    assert fix in caught.value.told()["fix"]
    assert len(filled.read("observation")) == 4


def test_an_endless_line_is_refused(
    source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake
) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        ingest(source(GOOD + "9" * 20_000_000), adapter(), lake)
    with pytest.raises(InputError):
        ingest(source("9" * 20_000_000), adapter(), lake)
    assert lake.versions() == {}


def test_an_encoding_that_does_not_fit(
    source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake
) -> None:
    path = source(GOOD.replace("1345A", "广雅中学"), encoding="gbk")
    with pytest.raises(InputError, match="not valid utf-8"):
        ingest(path, adapter(encoding="utf-8"), lake)
    for name in ("klingon", "zip", "rot13"):
        with pytest.raises(InputError, match=f"{name}"):
            ingest(path, adapter(encoding=name), lake)
    assert ingest(path, adapter(), lake).stored == 4
    assert set(lake.read("observation")["site"]) == {"广雅中学"}


def test_rows_are_set_aside_with_their_number_and_reason(
    source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake
) -> None:
    lines = [
        "2024-04-01 00:00,1345A,25,0.9",  # row 2
        "2024-04-01 00:00,1345A,25,0.9",  # 3: the same again
        "2024-04-01 00:00,1345A,26,0.9",  # 4: PM2.5 against row 2
        "2024-04-01 01:00,1345A,text,",  # 5: one cell
        "",  # 6: nothing
        "2024-04-01 02:00,1345A,1",  # 7: a cell too few
        "2024-04-01 02:00,1345A,1,2,3",  # 8: a cell too many
        "2999-01-01 00:00,1345A,1,2",  # 9: the future
        "when?,1345A,1,2",  # 10
        "2024-04-01 03:00,,1,2",  # 11: no site
        "2024-04-01 04:00,1345A,,",  # 12: no observation
        "2024-04-01 05:00,1345A,=HYPERLINK(1),5\x00",  # 13
        "when?,1345A,,",  # 14: no observation, so nothing to set aside
    ]
    report = ingest(source(HEAD + "\n".join(lines) + "\n"), adapter(), lake)
    assert report.stored == 2
    assert report.duplicates == 3
    assert report.reasons == {
        "conflict": 1,
        "not_number": 3,
        "malformed": 2,
        "time_future": 2,
        "time_unreadable": 2,
        "site_missing": 2,
    }
    assert report.read == report.stored + report.duplicates + report.rejected == 17
    rows = rejected(lake, report.rejects[0])
    assert rows["observations"].sum() == report.rejected
    assert sorted(zip(rows["row"], rows["reason"], rows["column"], strict=True)) == [
        (4, "conflict", ""),
        (5, "not_number", "PM2.5"),
        (7, "malformed", ""),
        (8, "malformed", ""),
        (9, "time_future", ""),
        (10, "time_unreadable", ""),
        (11, "site_missing", ""),
        (13, "not_number", "CO"),
        (13, "not_number", "PM2.5"),
    ]
    assert json.loads(rows.loc[rows["row"] == 9, "raw"].item())["time"] == "2999-01-01 00:00"
    assert rows.loc[rows["row"] == 8, "raw"].item() == lines[6]
    again = ingest(source(HEAD + "\n".join(lines) + "\n"), adapter(), lake)
    assert again.rejects == report.rejects  # the same batch, the same name
    assert (again.stored, again.read) == (0, 17)


def test_row_numbers_over_several_blocks(
    source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gzeco_lib.ingest.readers.delimited.BLOCK_BYTES", 2_000)
    good = [f"2024-04-{1 + k // 24:02d} {k % 24:02d}:00,A,{k},1" for k in range(600)]
    for row in (10, 11, 300, 301, 555, 598):
        good[row] = "cut short" if row % 2 else "2024-04-01 00:00,A,what,"
    good.append("last")  # row 602, after the last batch
    report = ingest(source(HEAD + "\n".join(good)), adapter(), lake)
    rows = rejected(lake, report.rejects[0])
    wrong = [(12, "not_number"), (13, "malformed"), (302, "not_number"), (303, "malformed")]
    wrong += [(557, "malformed"), (600, "not_number"), (602, "malformed")]
    assert sorted(zip(rows["row"], rows["reason"], strict=True)) == wrong
    assert report.read == report.stored + report.rejected == (600 - 6) * 2 + 7
