"""Notebooks are products: no outputs, a kernelspec, thin apps; and no machine path or secret in any of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted([*ROOT.glob("apps/*.ipynb"), *ROOT.glob("notebooks/**/*.ipynb")])


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_is_committed_clean(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)
    assert not re.search(r"/(home|root|Users)/", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", sorted(ROOT.glob("apps/*.ipynb")), ids=lambda p: p.stem)
def test_an_app_only_wires(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert 2 <= len(cells) <= 10
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    assert ".servable()" in code and "def " not in code and len(code.splitlines()) < 40
