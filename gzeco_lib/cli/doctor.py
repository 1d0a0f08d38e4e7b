"""``gzeco doctor``: what is installed, reachable and healthy."""

from __future__ import annotations

import json
import platform
import re
import shutil
from datetime import datetime
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import typer

from gzeco_lib import __version__
from gzeco_lib.cli.app import JsonOption, _, app
from gzeco_lib.errors import N_, GzecoError

if TYPE_CHECKING:
    from gzeco_lib.lake.health import Finding

NAME = re.compile(r"[\w.-]+")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MARKS = {"ok": "✓", "warn": "!", "bad": "✗"}
# A clock before this day is wrong for certain: this version was not written yet.
WRITTEN = pd.Timestamp("2026-11-01", tz="UTC")


@app.command(help=_("Check versions, optional parts, disk, clock, browser, fonts and the lake."))
def doctor(
    lake: Annotated[
        str | None, typer.Option("--lake", envvar="GZECO_LAKE", help=_("A lake to check too."))
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print one line for each check; exit 1 where something is bad."""
    from gzeco_lib.lake.health import disk

    findings = [*_versions(), _clock(), _zone(), _browser(), _fonts(), disk(".")]
    if lake is not None:
        findings += _lake(lake)
    if as_json:
        lines = [
            {"subject": f.subject, "status": f.status, "message": _(f.message).format(**f.fields)}
            for f in findings
        ]
        typer.echo(json.dumps({"findings": lines, "healthy": _healthy(findings)}, ensure_ascii=False))
    else:
        for f in findings:
            typer.echo(f"{MARKS[f.status]} {f.subject:<18} {_(f.message).format(**f.fields)}")
    if not _healthy(findings):
        raise typer.Exit(1)


def _healthy(findings: list[Finding]) -> bool:
    return all(f.status != "bad" for f in findings)


def _finding(subject: str, status: str, message: str, **fields: object) -> Finding:
    from gzeco_lib.lake.health import Finding

    return Finding(subject, status, message, fields)  # type: ignore[arg-type]


def _versions() -> list[Finding]:
    """gzeco, Python and every package the project file names."""
    found = [
        _finding("gzeco", "ok", "{version}", version=__version__),
        _finding("python", "ok", "{version}", version=platform.python_version()),
    ]
    try:
        needed = requires("gzeco") or []
    except PackageNotFoundError:
        return [*found, _finding("gzeco", "warn", N_("not installed as a package; run: make setup"))]
    for requirement in needed:
        name = NAME.findall(requirement)[0]
        optional = "extra ==" in requirement
        try:
            found.append(_finding(name, "ok", "{version}", version=version(name)))
        except PackageNotFoundError:
            message = (
                N_("not installed (only for development)")
                if optional
                else N_("not installed; run: make setup")
            )
            found.append(_finding(name, "warn" if optional else "bad", message))
    return found


def _clock() -> Finding:
    now = pd.Timestamp.now("UTC")
    if now < WRITTEN:
        return _finding(
            "clock", "bad", N_("the clock says {now} UTC, which is past; set it"), now=f"{now:%Y-%m-%d %H:%M}"
        )
    return _finding("clock", "ok", "{now} UTC", now=f"{now:%Y-%m-%d %H:%M}")


def _zone() -> Finding:
    try:
        shanghai = pd.Timestamp.now(ZoneInfo("Asia/Shanghai"))
    except ZoneInfoNotFoundError:
        return _finding("time zone", "bad", N_("no time-zone data; install tzdata"))
    return _finding("time zone", "ok", "{here} · Asia/Shanghai {now}", here=_here(), now=f"{shanghai:%H:%M}")


def _here() -> str:
    return datetime.now().astimezone().tzname() or "?"


def _browser() -> Finding:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        return _finding(
            "browser", "warn", N_("no Chromium; only the browser tests need it: apt-get install chromium")
        )
    return _finding("browser", "ok", "{path}", path=path)


def _fonts() -> Finding:
    from gzeco_lib.views import fonts

    try:
        path = fonts.source()
    except GzecoError as error:
        return _finding("fonts", "bad", error.what, **error.fields)
    return _finding("fonts", "ok", "{name}", name=path.name)


def _lake(url: str) -> list[Finding]:
    from gzeco_lib.lake import Lake

    try:
        return [_finding("lake", "ok", "{url}", url=url), *Lake.open(url).health()]
    except GzecoError as error:
        return [_finding("lake", "bad", error.what, **error.fields)]
