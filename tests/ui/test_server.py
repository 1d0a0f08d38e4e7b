"""The server without a browser: health, headers, assets, who may connect, what it refuses."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from gzeco_lib.cli.serve import origins
from gzeco_lib.views import fonts

pytestmark = pytest.mark.ui


def test_health_and_headers(server: str) -> None:
    answer = httpx.get(server + "health")
    assert answer.status_code == 200 and answer.json()["status"] == "ok"
    for path in ("health", "", "environmental_health", "assets/fonts.css", "nothing"):
        headers = httpx.get(server + path, timeout=30).headers
        assert (
            headers["x-content-type-options"] == "nosniff"
            and "default-src 'self'" in headers["content-security-policy"]
        )


def test_pages_name_no_other_host(server: str) -> None:
    for path in ("", "environmental_health?lang=zh", "runs"):
        found = set(
            re.findall(
                r"(?:src|href)=[\"'](?:https?:)?//([^/\"']+)", httpx.get(server + path, timeout=30).text
            )
        )
        assert found <= {server.split("/")[2]}


def test_assets(server: str) -> None:
    everyday = fonts.cuts()[0].file
    font = httpx.get(f"{server}assets/{everyday}")
    assert font.headers["content-type"] == "font/woff2" and "immutable" in font.headers["cache-control"]
    assert font.content[:4] == b"wOF2"
    assert everyday in httpx.get(server + "assets/fonts.css").text
    for path in ("assets/nothing.css", "assets/..%2f..%2fpyproject.toml", "assets/%2e%2e/shell.py"):
        assert httpx.get(server + path).status_code == 404


@pytest.mark.parametrize(
    ("lang", "html"), [("zh", "zh-CN"), ("en", "en"), ("fr", "zh-CN"), ("%3Cscript%3E", "zh-CN")]
)
def test_the_index_speaks_the_language_asked_for(server: str, lang: str, html: str) -> None:
    assert f'<html lang="{html}">' in httpx.get(f"{server}?lang={lang}").text


def test_pages_of_other_hosts_may_not_connect(server: str) -> None:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Origin": "http://elsewhere.example",
    }
    assert httpx.get(server + "environmental_health/ws", headers=headers).status_code == 403


def test_origins_hold_the_port_and_named_hosts() -> None:
    assert {"127.0.0.1:5006", "localhost:5006", "env.example:5006", "env.example"} <= set(
        origins("127.0.0.1", 5006, ["env.example"])
    )
    assert "10.1.2.3:80" in origins("10.1.2.3", 80, []) and "*" not in "".join(origins("0.0.0.0", 80, []))


def serve(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gzeco_lib.cli", "serve", "--no-open", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_folder_that_is_no_lake_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a lake")
    done = serve("--lake", str(tmp_path))
    assert done.returncode == 2 and str(tmp_path) in done.stderr and "Traceback" not in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    from gzeco_lib.lake import Lake

    Lake.open(str(tmp_path / "lake"), create=True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = serve("--lake", str(tmp_path / "lake"), "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2 and "Traceback" not in done.stderr
