"""The project file, the lock and environment.yml say the same, and the lock holds no address."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]


def _writer():
    spec = importlib.util.spec_from_file_location("environment", ROOT / "tools/environment.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_conda_environment_follows_the_lock() -> None:
    writer = _writer()
    text = (ROOT / "environment.yml").read_text()
    assert text == writer.environment()
    pins = yaml.safe_load(text)["dependencies"][-1]["pip"]
    locked = writer.locked()
    assert {
        pin.split("==")[0].split("[")[0].lower(): pin.split("==")[1] for pin in pins
    }.items() <= locked.items()


def test_the_lock_meets_the_project_file() -> None:
    locked = _writer().locked()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for text in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        requirement = Requirement(text)
        assert Version(locked[requirement.name.lower()]) in requirement.specifier, text


def test_the_lock_is_exact_hashed_and_holds_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"https?://|--index-url|--find-links", lock)
    pins = re.findall(r"^[\w.-]+(?:\[[\w,]+\])?(\S+)", lock, flags=re.MULTILINE)
    assert pins and all(pin.startswith("==") for pin in pins if pin[0] in "=<>~!")
    assert lock.count("--hash=sha256:") >= len(pins)
