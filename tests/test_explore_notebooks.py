"""The notebooks for scientists run, each on the small slice its own metadata names, and show figures, not errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gzeco_lib.briefing import notebook

ROOT = Path(__file__).parents[1]
# The one on a lake is run with a lake of its own, in tests/views/test_explore.py.
EXPLORE = sorted(
    path for path in (ROOT / "notebooks" / "explore").glob("*.ipynb") if path.stem != "health_risk"
)
PICTURES = {"application/vnd.holoviews_exec.v0+json", "application/vnd.bokehjs_exec.v0+json", "image/png"}


def outputs(path: Path) -> list[dict[str, Any]]:
    return [o for cell in notebook.read(path).cells for o in cell.get("outputs", [])]


def test_there_is_one_for_each_topic() -> None:
    assert len(EXPLORE) >= 8


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("path", EXPLORE, ids=lambda p: p.stem)
def test_it_runs_on_its_slice(
    path: Path, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GZECO_DATA", str(shared))
    small = json.loads(path.read_text(encoding="utf-8"))["metadata"]["gzeco"]["slice"]
    stopped = notebook.execute(path, tmp_path / path.name, small)
    assert stopped is None
    shown = outputs(tmp_path / path.name)
    pictures = [o for o in shown if PICTURES & set(o.get("data", {}))]
    assert len(pictures) >= 2
    complaints = "".join(o["text"] for o in shown if o["output_type"] == "stream" and o["name"] == "stderr")
    assert not complaints


@pytest.mark.parametrize("path", EXPLORE, ids=lambda p: p.stem)
def test_its_parameters_and_slice_go_together(path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    tagged = [c for c in content["cells"] if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) == 1
    declared = {line.split("=")[0].split(":")[0].strip() for line in tagged[0]["source"] if "=" in line}
    assert content["metadata"]["gzeco"]["slice"].keys() <= declared
