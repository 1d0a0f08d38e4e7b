"""``gzeco ingest``: exit codes, the JSON object, sentences, errors in three parts."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import gzeco_lib.cli.catalogue  # noqa: F401 - typer names commands only where there are two
import gzeco_lib.cli.ingest as command
from gzeco_lib.cli.app import app, command_line
from gzeco_lib.lake import Lake

TEXT = "time,station,PM2.5,CO\n2024-04-01 00:00,A,25,0.9\n2024-04-01 01:00,A,what,-9999\n"


def gzeco(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command line."""
    code = command_line(app, ["ingest", *map(str, argv)])
    out, problem = capsys.readouterr()
    return code, out, problem


def test_json(
    tmp_path: Path,
    source: Callable[..., Path],
    adapter: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    argv = (source(TEXT), "--adapter", adapter(), "--lake", tmp_path / "lake", "--json")
    code, out, problem = gzeco(capsys, *argv)
    told = json.loads(out)
    assert (code, problem) == (0, "")
    assert list(told)[:6] == ["read", "stored", "duplicates", "rejected", "flags", "seconds"]
    assert (told["read"], told["stored"], told["duplicates"], told["rejected"]) == (4, 3, 0, 1)
    assert told["flags"]["sentinel"] == 1
    again = json.loads(gzeco(capsys, *argv)[1])
    assert (again["stored"], again["duplicates"], again["rejected"]) == (0, 3, 1)


def test_sentences(
    tmp_path: Path,
    source: Callable[..., Path],
    adapter: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, problem = gzeco(capsys, source(TEXT), "--adapter", adapter(), "--lake", tmp_path / "lake")
    assert (code, problem) == (0, "")  # no bar where nobody looks on
    assert "4" in out and "(sentinel): 1" in out and "rejected/made/" in out
    assert command._(command_reason()) in out


def command_reason() -> str:
    """The sentence for a cell that is no number."""
    from gzeco_lib.ingest.problems import REASONS

    return REASONS["not_number"]


def test_errors(
    tmp_path: Path,
    source: Callable[..., Path],
    adapter: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    lake = ("--lake", tmp_path / "lake", "--json")
    for path, how in (
        (tmp_path / "none.csv", adapter()),
        (source(TEXT), "none_such"),
        (source(TEXT, "{braces}.csv"), adapter("b", columns={"{x}": {"variable": "CO", "unit": "mg/m3"}})),
        (source(TEXT), adapter("u", unknown_key=1)),
    ):
        code, out, problem = gzeco(capsys, path, "--adapter", how, *lake)
        assert (code, out) == (2, "")
        assert set(json.loads(problem)) == {"error", "where", "fix"}
        assert all(json.loads(problem).values())


def test_a_full_disk_is_a_failure_that_says_so(
    tmp_path: Path,
    source: Callable[..., Path],
    adapter: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "lake")

    monkeypatch.setattr(Lake, "write", full)
    code, out, problem = gzeco(
        capsys, source(TEXT), "--adapter", adapter(), "--lake", tmp_path / "lake", "--json"
    )
    assert (code, out) == (1, "")
    assert json.loads(problem)["fix"]


def test_the_bar_follows_each_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command.sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with command.bar(hidden=False) as progress:
        progress(Path("a.csv"), 0.0)
        progress(Path("a.csv"), 0.5)
        progress(Path("b.csv"), 1.0)
    out, shown = capsys.readouterr()
    assert out == ""
    assert "a.csv" in shown and "50%" in shown and "b.csv" in shown
