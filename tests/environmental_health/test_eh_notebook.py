"""The notebook that explores the risk runs on a lake and shows figures, not errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from eh_lakes import END, observations

from gzeco_lib.briefing import notebook
from gzeco_lib.environmental_health import EnvironmentalHealth
from gzeco_lib.lake.lake import Lake
from gzeco_lib.scenario import execute

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_it_runs_on_a_lake(
    lake_of: Callable[..., Lake], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = lake_of(observations(), people=True, works=True)
    execute(EnvironmentalHealth(effort="quick"), lake, END)
    monkeypatch.setenv("GZECO_LAKE", str(tmp_path / "lake"))
    run = tmp_path / "run.ipynb"
    assert notebook.execute(ROOT / "notebooks" / "explore" / "health_risk.ipynb", run, {}) is None
    shown = [o for cell in notebook.read(run).cells for o in cell.get("outputs", [])]
    assert sum("application/vnd.holoviews_exec.v0+json" in o.get("data", {}) for o in shown) >= 2
