"""A lake, adapters and source files made for one test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from gzeco_lib.lake import Lake

WIDE: dict[str, Any] = {
    "time": {"column": "time", "zone": "Asia/Shanghai"},
    "site": "station",
    "columns": {
        "PM2.5": {"variable": "PM2.5", "unit": "ug/m3"},
        "CO": {"variable": "CO", "unit": "mg/m3"},
    },
}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake.open(str(tmp_path / "lake"), create=True)


@pytest.fixture
def adapter(tmp_path: Path) -> Callable[..., Path]:
    """Write an adapter: the wide one with the given keys replaced, a key set to None left out."""

    def write(file: str = "made", **keys: Any) -> Path:
        data = {key: value for key, value in (WIDE | keys).items() if value is not None}
        path = tmp_path / f"{file}.yaml"
        path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
        return path

    return write


@pytest.fixture
def source(tmp_path: Path) -> Callable[..., Path]:
    """Write a text file."""

    def write(text: str, name: str = "source.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write
