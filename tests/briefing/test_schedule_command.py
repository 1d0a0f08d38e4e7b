"""``gzeco schedule``: once, list and history on a lake, with a model that is not there to see a failure told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from schedule_samples import GOOD, python

from gzeco_lib.briefing import jobs
from gzeco_lib.cli.app import app, command_line
from gzeco_lib.cli.schedule import schedule as _registered  # noqa: F401 - importing it adds the command
from gzeco_lib.lake import Lake

PLAN = """
roots: [{root}]
channels:
  shelf: {{kind: folder, path: {root}/shelf}}
jobs:
  - {{id: morning, cron: "0 8 * * *", brief: health_research, deliver: [shelf], retries: 0}}
"""


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.delenv("GZECO_STATE", raising=False)
    monkeypatch.setattr(jobs, "command", lambda lake: python(GOOD))
    Lake.open(str(tmp_path / "lake"), create=True)
    (tmp_path / "plan.yaml").write_text(PLAN.format(root=tmp_path))
    return [
        "schedule",
        "--lake",
        str(tmp_path / "lake"),
        "-f",
        str(tmp_path / "plan.yaml"),
        "--out",
        str(tmp_path / "out"),
    ]


def gzeco(capsys: pytest.CaptureFixture[str], line: list[str], *more: str) -> tuple[int, str, str]:
    code = command_line(app, [*line, *more])
    out, err = capsys.readouterr()
    return code, out, err


def test_once_list_history(line: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--at", "2024-12-15T08:00+08:00"]
    code, out, _ = gzeco(capsys, line, "--list", *at, "--json")
    assert code == 0 and json.loads(out)["jobs"][0]["next"] == "2024-12-16T08:00:00+08:00"
    code, out, _ = gzeco(capsys, line, "--once", *at, "--json")
    done = json.loads(out)
    assert code == 0 and [run["status"] for run in done["runs"]] == ["ok"]
    assert done["deliveries"] == {"sent": 1, "waiting": 0, "failed": 0}
    assert (tmp_path / "shelf" / "morning" / "20241215T000000Z" / "brief.pdf").exists()
    code, out, _ = gzeco(capsys, line, "--once", *at, "--json")
    assert code == 0 and json.loads(out)["runs"] == []
    code, out, _ = gzeco(capsys, line, "--history", "--json")
    (run,) = json.loads(out)["runs"]
    assert (run["planned"], run["status"], run["delivered"]) == ("2024-12-15T00:00:00+00:00", "ok", 1)
    code, out, _ = gzeco(capsys, line, "--history")
    assert code == 0 and "2024-12-15 08:00  morning" in out


def test_failure_exits_1(
    line: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "command", lambda lake: python("raise SystemExit(1)"))
    code, out, err = gzeco(capsys, line, "--once", "--at", "2024-12-15T08:00+08:00", "--json")
    assert code == 1 and json.loads(out)["runs"][0]["status"] == "failed" and json.loads(err)["fix"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("health_research", "health_reserch"),
        ("retries: 0", "parameters: {horizn: 3}"),
        ("retries: 0", "parameters: {horizon: 99}"),
    ],
)
def test_jobs_are_checked_before_anything_is_planned(
    line: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str
) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(file.read_text().replace(old, new))
    code, _, err = gzeco(capsys, line, "--once", "--at", "2024-12-15T08:00+08:00", "--json")
    assert code == 2 and json.loads(err)["error"]
    assert json.loads(gzeco(capsys, line, "--history", "--json")[1])["runs"] == []


@pytest.mark.parametrize(
    "more", [["--once", "--list"], ["--at", "2024-12-15"], ["--once", "--at", "yesterday"]]
)
def test_options_that_do_not_go_together(
    line: list[str], capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    assert gzeco(capsys, line, *more, "--json")[0] == 2
