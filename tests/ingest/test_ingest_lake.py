"""The lake keeps what it had when an ingest fails, is killed, or meets another writer."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.ingest import ingest
from gzeco_lib.lake import Lake

HEAD = "time,station,PM2.5,CO\n"
ONE = HEAD + "2024-04-01 00:00,A,25,0.9\n"
SCRIPT = "import sys; from gzeco_lib.ingest import ingest; print(ingest(*sys.argv[1:4], limit=int(sys.argv[4])).json())"


def started(path: Path, adapter: Path, lake: Path, limit: int = 3_000_000) -> subprocess.Popen[str]:
    """An ingest in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(path), str(adapter), str(lake), str(limit)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def half_year(folder: Path) -> Path:
    """Six months of two stations: 17,472 observations."""
    hours = pd.date_range("2024-01-01", periods=182 * 24, freq="h")
    table = pd.concat(
        [pd.DataFrame({"time": hours, "station": s, "PM2.5": hours.hour + 5.0, "CO": 0.9}) for s in "AB"]
    )
    table.to_csv(folder / "s.csv", index=False)
    return folder / "s.csv"


def keys(lake: Lake) -> tuple[int, int]:
    """How many rows the lake holds, and how many distinct keys."""
    rows = lake.read("observation")
    return len(rows), len(rows.drop_duplicates(["time", "site", "variable", "interval"]))


def test_a_lake_is_made_where_nothing_is(
    tmp_path: Path, source: Callable[..., Path], adapter: Callable[..., Path]
) -> None:
    (tmp_path / "empty").mkdir()
    for folder in ("new/lake", "empty"):
        assert ingest(source(ONE), adapter(), tmp_path / folder).stored == 2
        assert ingest(source(ONE), adapter(), tmp_path / folder).stored == 0


def test_a_folder_that_holds_something_else_is_left_alone(
    tmp_path: Path, source: Callable[..., Path], adapter: Callable[..., Path]
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"x")
    with pytest.raises(InputError, match="not a lake"):
        ingest(source(ONE), adapter(), tmp_path / "photos")
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["cat.jpg"]
    with pytest.raises(InputError, match="a file, not a folder"):
        ingest(source(ONE), adapter(), tmp_path / "photos" / "cat.jpg")


def test_a_later_file_revises_and_the_first_value_of_a_file_holds(
    source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake
) -> None:
    ingest(source(ONE), adapter(), lake)
    report = ingest(source(ONE.replace("25", "26") + "2024-04-01 00:00,A,99,0.9\n"), adapter(), lake)
    assert (report.read, report.stored, report.revised, report.duplicates, report.rejected) == (4, 1, 1, 2, 1)
    rows = lake.read("observation", where={"variable": "PM2.5"})
    assert rows["value"].tolist() == [26.0]


def test_a_frozen_run_is_seen_across_the_edge_of_files(
    source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake
) -> None:
    """Temperature stands still for 14 h, seven in each file: neither file alone is a run of twelve."""
    columns = {"T": {"variable": "temperature", "unit": "degC"}}
    hours = pd.date_range("2024-04-01", periods=48, freq="h")
    values = [20 + (k * 7 % 11) / 10 for k in range(48)]
    values[17:31] = [23.4] * 14
    lines = [f"{hour},A,{value}\n" for hour, value in zip(hours, values, strict=True)]
    for part in (lines[:24], lines[24:]):
        report = ingest(source("time,station,T\n" + "".join(part)), adapter(columns=columns), lake)
    assert report.flags["flat_line"] >= 1


def test_a_full_disk_leaves_what_was_there(
    source: Callable[..., Path], adapter: Callable[..., Path], lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(source(ONE), adapter(), lake)
    before = sorted(lake.read("observation").itertuples(index=False))
    more = source(ONE + "2024-04-02 00:00,A,30,1\n2999-01-01 00:00,A,1,1\n", "more.csv")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for method in ("write", "put"):
        with monkeypatch.context() as patch:
            patch.setattr(Lake, method, full)
            with pytest.raises(OSError, match="No space left"):
                ingest(more, adapter(), lake)
        kept = sorted(lake.read("observation").itertuples(index=False))
        assert set(before) <= set(kept)
        assert len(kept) in (2, 4)  # a whole write or none
    report = ingest(more, adapter(), lake)
    assert report.read == report.stored + report.duplicates + report.rejected == 6
    assert keys(lake) == (4, 4)


def test_two_writers_at_once_store_each_observation_once(
    tmp_path: Path, adapter: Callable[..., Path]
) -> None:
    path, how = half_year(tmp_path), adapter()
    Lake.open(str(tmp_path / "lake"), create=True)
    runs = [started(path, how, tmp_path / "lake", limit=6000) for _ in range(2)]
    told = []
    for run in runs:
        out, problem = run.communicate(timeout=120)
        assert run.returncode == 0, problem
        told.append(eval(out, {"__builtins__": {}}))
    assert all(report["read"] == 17_472 for report in told)
    assert keys(Lake.open(str(tmp_path / "lake"))) == (17_472, 17_472)


def test_killed_in_the_middle_the_next_run_completes(tmp_path: Path, adapter: Callable[..., Path]) -> None:
    path, how, folder = half_year(tmp_path), adapter(), tmp_path / "lake"
    run = started(path, how, folder, limit=3000)
    log = folder / "tables" / "observation" / "_delta_log"
    deadline = time.monotonic() + 60
    while len(list(log.glob("*.json"))) < 3 and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert run.returncode == -signal.SIGKILL, "the run ended before it could be killed"
    lake = Lake.open(str(folder))
    rows, distinct = keys(lake)
    assert 0 < rows == distinct < 17_472
    report = ingest(path, how, lake, limit=3000)
    assert (report.read, report.stored, report.duplicates) == (17_472, 17_472 - rows, rows)
    assert keys(lake) == (17_472, 17_472)
    assert ingest(path, how, lake, limit=3000).stored == 0
