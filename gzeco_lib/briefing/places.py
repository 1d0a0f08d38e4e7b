"""Where the notebooks, parameters and templates of the briefings lie: beside the library, in the checkout."""

from __future__ import annotations

import os
from pathlib import Path

import gzeco_lib


def home() -> Path:
    """The folder that holds ``notebooks``, ``parameters`` and ``reports``: ``GZECO_HOME``, or beside the library."""
    return Path(os.environ.get("GZECO_HOME") or Path(gzeco_lib.__file__).parents[1])


def templates() -> Path:
    """The folder of the report templates."""
    return home() / "reports" / "templates"


def notebook(name: str) -> Path:
    """The notebook of the briefing ``name``."""
    return home() / "notebooks" / "briefs" / f"{name}.ipynb"


def parameters(name: str) -> Path:
    """The parameter file of the briefing ``name``."""
    return home() / "parameters" / "briefs" / f"{name}.yaml"
