"""A run from command to files: what a good one leaves, what a failed one leaves, and that neither is ever half."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from pathlib import Path

import nbformat
import pytest
from conftest import as_notebook

from gzeco_lib.briefing import checks, make, manifest, places
from gzeco_lib.briefing.declaration import settings
from gzeco_lib.briefing.elements import Paragraph
from gzeco_lib.cli.app import app, command_line
from gzeco_lib.errors import FailureError, InputError
from gzeco_lib.lake.lake import Lake

AT = "2024-12-15T08:00+08:00"
TESTS = Path(__file__).parent

RUN = f"""import sys
sys.path.insert(0, {str(TESTS)!r})
from conftest import made_outcome
from gzeco_lib.briefing.health_research.declaration import HealthResearch
from gzeco_lib.briefing.health_research.report import Report
report = Report(made_outcome(4), HealthResearch(**brief))
"""


def house(folder: Path, cells: list[str]) -> Path:
    """A home with our templates and parameters, and a notebook with ``cells`` after the first."""
    original = places.home()
    for part in ("reports", "parameters"):
        shutil.copytree(original / part, folder / part, dirs_exist_ok=True)
    notebook = nbformat.read(original / "notebooks/briefs/health_research.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells = [code[0], *(nbformat.v4.new_code_cell(text) for text in cells)]
    (folder / "notebooks/briefs").mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / "notebooks/briefs/health_research.ipynb")
    return folder


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """One good run, then one of the same that fails, through real kernels."""
    folder = tmp_path_factory.mktemp("brief")
    lake = Lake.open(str(folder / "lake"), create=True).url
    before = os.environ.get("GZECO_HOME")
    good_home = house(
        folder / "good", [RUN, "report.first_page()", "report.situation()", "report.provenance()"]
    )
    bad_home = house(folder / "bad", [RUN, "report.first_page()", "1 / 0"])
    try:
        os.environ["GZECO_HOME"] = str(good_home)
        made = make.make_brief("health_research", lake, folder / "out", AT, "zh")
        good = manifest.read(made.manifest.parent)
        hashes = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (made.html, made.pdf)}
        os.environ["GZECO_HOME"] = str(bad_home)
        with pytest.raises(FailureError) as failed:
            make.make_brief("health_research", lake, folder / "out", AT, "zh")
    finally:
        os.environ.pop("GZECO_HOME")
        if before is not None:
            os.environ["GZECO_HOME"] = before
    return {"made": made, "good": good, "failed": failed.value, "hashes": hashes}


def test_a_good_run_leaves_both_files_and_says_so(ran) -> None:
    made, good = ran["made"], ran["good"]
    assert made.html.name == "health_research_2024-12-15T0800_zh.html"
    assert set(made.as_json()) == {"status", "html", "pdf", "manifest", "seconds"}
    assert good["status"] == "ok" and good["error"] is None
    assert good["at"] == "2024-12-15T00:00:00+00:00" and good["language"] == "zh"
    assert good["outcome"].startswith("20241215T0000-")
    assert good["provenance"]["versions"] == {"observation": 3, "site": 1}
    assert good["provenance"]["window"][1] == "2024-12-14T23:00:00+00:00"
    assert good["parameters"]["model"]["horizon"] == 24
    listed = {file["name"]: file for file in good["files"]}
    for name, digest in ran["hashes"].items():
        assert listed[name]["sha256"] == digest
        assert listed[name]["bytes"] > 10_000
    assert "广州市" in checks.pdf_text(made.pdf.read_bytes())


def test_a_failed_run_keeps_its_notebook_and_the_earlier_files(ran) -> None:
    folder = ran["made"].manifest.parent
    now = manifest.read(folder)
    assert now["status"] == "failed"
    assert "ZeroDivisionError" in now["error"]["error"]
    assert "ZeroDivisionError" in str(ran["failed"])
    assert now["last_good"]["files"] == ran["good"]["files"]
    kept = folder / now["files"][0]["name"]
    assert any(
        o["output_type"] == "error" for c in nbformat.read(kept, 4).cells for o in c.get("outputs", [])
    )
    for path in (ran["made"].html, ran["made"].pdf):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == ran["hashes"][path.name]
    assert not [p for p in folder.iterdir() if p.name.startswith(".")]


def test_only_json_able_values_reach_papermill() -> None:
    found = settings("health_research")
    assert json.loads(json.dumps(found.brief.values())) == found.brief.values()
    assert json.loads(json.dumps(found.model.values())) == found.model.values()


def test_bad_input_ends_before_anything_is_written(tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path / "lake"), create=True).url
    for arguments in (
        {"overrides": ["horizn=3"]},
        {"at": "never"},
        {"language": "fr"},
        {"file": tmp_path / "none.yaml"},
    ):
        with pytest.raises(InputError):
            make.make_brief("health_research", lake, tmp_path / "out", **({"at": AT} | arguments))
    with pytest.raises(InputError):
        make.make_brief("health_research", str(tmp_path / "no lake"), tmp_path / "out", AT)
    assert not (tmp_path / "out").exists()


def test_exit_codes_and_json_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import gzeco_lib.cli.brief
    import gzeco_lib.cli.run  # noqa: F401 (a second command: typer has no name for a single one)

    lake = Lake.open(str(tmp_path / "lake"), create=True).url
    base = ["brief", "health_research", "--lake", lake, "--out", str(tmp_path / "out"), "--at", AT, "--json"]

    def code(argv: list[str]) -> int:
        with pytest.raises(SystemExit) as left:
            raise SystemExit(command_line(app, argv))
        return int(left.value.code or 0)

    assert code([*base, "-P", "horizn=3"]) == 2
    told = json.loads(capsys.readouterr().err)
    assert set(told) == {"error", "where", "fix"}
    assert "horizon" in told["fix"]
    assert code([base[0], "../x", *base[2:]]) == 2


def test_a_working_folder_left_by_a_killed_run_is_cleared_a_day_later(tmp_path: Path) -> None:
    old, young = tmp_path / f"{make.WORK}old", tmp_path / f"{make.WORK}young"
    for left in (old, young):
        left.mkdir()
        (left / "half.pdf").write_bytes(b"%PDF-")
    long_ago = time.time() - make.STALE_S - 60
    os.utime(old, (long_ago, long_ago))
    with make._working_folder(tmp_path) as work:
        assert work.is_dir()
    assert not old.exists() and not work.exists()
    assert young.exists()  # a second run may be at work


def test_a_broken_manifest_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / manifest.NAME).write_text("{half", encoding="utf-8")
    assert manifest.read(tmp_path) is None
    assert manifest.last_good(None) is None


@pytest.mark.parametrize(
    ("html", "pdf", "says"),
    [
        ("<html>广州市</html>", b"%PDF-1.7 rubbish", "PDF"),
        ("<html>广州市", b"", "HTML"),
        ("<html>x</html>", b"", "HTML"),
        ("<html>广州市</html>", b"", "PDF"),
    ],
)
def test_a_report_that_is_not_whole_does_not_count(html: str, pdf: bytes, says: str) -> None:
    with pytest.raises(FailureError) as caught:
        checks.check(as_notebook([Paragraph("x")]), html, pdf, "zh")
    assert caught.value.told()["where"] == says


def test_an_error_in_a_cell_does_not_count() -> None:
    shown = as_notebook([Paragraph("x")])
    shown.cells[0].outputs.append(nbformat.v4.new_output("error", ename="E", evalue="v", traceback=[]))
    with pytest.raises(FailureError):
        checks.check(shown, "<html>广州市</html>", b"%PDF-", "zh")


@pytest.mark.slow
@pytest.mark.shared
def test_the_real_stations(shared: Path, tmp_path: Path) -> None:
    from gzeco_lib.ingest import ingest

    lake = Lake.open(str(tmp_path / "lake"), create=True)
    ingest(sorted((shared / "guangzhou_air").glob("*.parquet")), "guangzhou_stations", lake)
    made = make.make_brief("health_research", lake.url, tmp_path / "out", AT, "zh")
    text = checks.pdf_text(made.pdf.read_bytes())
    assert "广州市" in text and "广雅中学" in text
    assert manifest.read(made.manifest.parent)["status"] == "ok"
