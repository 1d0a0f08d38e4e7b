"""The command line: exit codes, JSON, errors in both languages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from gzeco_lib.cli.app import app, command_line
from gzeco_lib.errors import InputError
from gzeco_lib.lake import Lake
from gzeco_lib.scenario.parameters import as_known_at


def gzeco(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gzeco_lib.cli", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **env},
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("arguments", [["catalogue"], ["catalogue", "--lak", "x"], ["no-such-command"]])
def test_a_wrong_command_line_exits_2_with_one_json_object(arguments: list[str]) -> None:
    done = gzeco(*arguments, "--json")
    assert done.returncode == 2 and done.stdout == ""
    assert set(json.loads(done.stderr)) == {"error", "where", "fix"}


def test_a_missing_lake_is_told_in_chinese_and_in_english(tmp_path: Path) -> None:
    missing = str(tmp_path / "none")
    chinese = gzeco("catalogue", "--lake", missing, GZECO_LANG="zh")
    assert chinese.returncode == 2 and "此处没有数据湖" in chinese.stderr and missing in chinese.stderr
    english = gzeco("catalogue", "--lake", missing, "--json", GZECO_LANG="en")
    assert json.loads(english.stderr)["error"] == "there is no lake here"
    assert not Path(missing).exists()


def test_help_lists_every_command() -> None:
    import gzeco_lib.cli as package

    shown = gzeco("--help", GZECO_LANG="en").stdout
    modules = {p.stem for p in Path(package.__path__[0]).glob("*.py")} - {"__init__", "__main__", "app"}
    assert {name.replace("_", "-") for name in modules} <= set(shown.split())


def test_the_check_up_is_healthy_here(tmp_path: Path) -> None:
    Lake.open(str(tmp_path / "lake"), create=True)
    done = gzeco("doctor", "--lake", str(tmp_path / "lake"), "--json")
    found = {f["subject"]: f["status"] for f in json.loads(done.stdout)["findings"]}
    assert done.returncode == 0
    for subject in ("python", "panel", "disk", "clock", "time zone", "fonts", "browser", "lake", "state"):
        assert found[subject] in ("ok", "warn"), subject


def test_the_check_up_of_something_else_fails(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    assert gzeco("doctor", "--lake", str(tmp_path), "--json").returncode == 1


def test_a_full_disk_is_told_and_exits_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys) -> None:
    import gzeco_lib.cli.catalogue  # noqa: F401 (adds the command)

    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device", "/lake")

    monkeypatch.setattr(Lake, "open", full)
    assert command_line(app, ["catalogue", "--lake", str(tmp_path), "--json"]) == 1
    assert json.loads(capsys.readouterr().err)["where"] == "/lake"


def test_times_without_a_zone_are_local_and_nonsense_is_refused() -> None:
    assert as_known_at("2024-12-15T08:00") == pd.Timestamp("2024-12-15T00:00Z")
    assert as_known_at("2024-12-15T08:00+08:00") == pd.Timestamp("2024-12-15T00:00Z")
    for text in ("yesterday-ish", "2024-13-01", ""):
        with pytest.raises(InputError):
            as_known_at(text)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["run", "environmental_health"], "horizon = 24   ℤ 1…24 [h]"),
        (["brief", "health_research"], "table_step = 3   ℤ 1…12 [h]"),
    ],
)
def test_help_after_a_name_lists_its_parameters(arguments: list[str], line: str) -> None:
    shown = gzeco(*arguments, "--help", GZECO_LANG="en")
    assert shown.returncode == 0 and line in shown.stdout
    assert line not in gzeco(arguments[0], "--help", GZECO_LANG="en").stdout
