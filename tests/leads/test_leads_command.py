"""``gzeco leads`` as a person and a program use it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from leads_samples import FOUND, lead

from gzeco_lib.cli.app import app, command_line
from gzeco_lib.cli.leads import leads as _registered  # noqa: F401 - importing it adds the command
from gzeco_lib.lake import Lake
from gzeco_lib.leads.ledger import record


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("GZECO_STATE", raising=False)
    opened = Lake.open(str(tmp_path / "lake"), create=True)
    record(opened.state, [lead(), lead(subject="1346A", severity="high")], FOUND)
    return str(tmp_path / "lake")


def gzeco(capsys: pytest.CaptureFixture[str], *line: str) -> tuple[int, str, str]:
    code = command_line(app, ["leads", *line])
    out, err = capsys.readouterr()
    return code, out, err


def test_list_show_review(lake: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = gzeco(capsys, "list", "--lake", lake, "--json")
    assert code == 0 and [row["subject"] for row in json.loads(out)["leads"]] == ["1346A", "1345A"]
    one = lead().lead_id
    code, out, _ = gzeco(capsys, "review", one, "--lake", lake, "--to", "confirmed", "--who", "li", "--json")
    assert code == 0 and json.loads(out)["status"] == "confirmed"
    code, out, _ = gzeco(capsys, "list", "--lake", lake, "--status", "confirmed", "--json")
    listed = json.loads(out)
    assert [row["id"] for row in listed["leads"]] == [one] and listed["precision"][0]["confirmed"] == 1
    code, out, _ = gzeco(capsys, "show", one, "--lake", lake)
    assert (
        code == 0 and "HJ 818-2018 6.2" in out and "li" in out and "1345A gives the same value for 9 h" in out
    )


def test_wrong_steps_exit_2(lake: str, capsys: pytest.CaptureFixture[str]) -> None:
    one = lead().lead_id
    code, _, err = gzeco(capsys, "review", one, "--lake", lake, "--to", "closed", "--who", "li", "--json")
    assert code == 2 and "confirmed, dismissed" in json.loads(err)["fix"]
    code, _, err = gzeco(capsys, "show", "nobody", "--lake", lake, "--json")
    assert code == 2 and json.loads(err)["error"]
    for wrong in (["--to", "file:///x"], ["--to", "http://u:p@h/"], []):
        code, _, err = gzeco(capsys, "push", one, "--lake", lake, *wrong, "--json")
        assert code == 2 and json.loads(err)["where"] == "--to"


def test_push_that_does_not_arrive_exits_1(lake: str, capsys: pytest.CaptureFixture[str]) -> None:
    one = lead().lead_id
    gzeco(capsys, "review", one, "--lake", lake, "--to", "confirmed", "--who", "li")
    code, out, _ = gzeco(
        capsys, "push", one, "--lake", lake, "--to", "http://127.0.0.1:1/x", "--who", "li", "--json"
    )
    assert code == 1 and json.loads(out) == {"sent": 0, "waiting": 1, "failed": 0}
    code, out, _ = gzeco(capsys, "show", one, "--lake", lake, "--json")
    assert json.loads(out)["pushes"][0]["status"] == "waiting"
