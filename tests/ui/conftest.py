"""A real server on a sample lake, and a real browser that may talk to nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import outcome_topics
import pytest
from outcome_sample import sample
from ui_reader import Reader

from gzeco_lib.lake import Lake

CHROMIUM = Path(os.environ.get("GZECO_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of `gzeco serve` on a lake with an outcome of every model."""
    folder = tmp_path_factory.mktemp("ui")
    lake = Lake.open(str(folder / "lake"), create=True)
    for outcome in (sample(), outcome_topics.trace(), outcome_topics.burden(), outcome_topics.response()):
        outcome.save(lake)
    log = folder / "serve.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [
                sys.executable,
                "-u",
                "-m",
                "gzeco_lib.cli",
                "serve",
                "--lake",
                str(folder / "lake"),
                "--port",
                "0",
                "--no-open",
            ],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    try:
        yield _address(process, log)
        # An exception in a callback shows only here; what tornado says of readers who left is none of ours.
        assert not re.search(r"page error|File \".*gzeco_lib", log.read_text()), log.read_text()
    finally:
        process.terminate()
        process.wait(20)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(900):
        found = re.search(r"http://127\.0\.0\.1:\d+/", log.read_text())
        if found:
            return found[0]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(f"gzeco serve did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium without name resolution."""
    if not CHROMIUM.exists():
        pytest.fail(f"the browser tests need {CHROMIUM}: apt-get install chromium", pytrace=False)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def reader(browser: Any, server: str) -> Iterator[Reader]:
    """A window of 1366 x 768."""
    window = Reader(browser, server)
    yield window
    window.close()
