"""Make a briefing: check the parameters, run the notebook, render, check, and only then replace what was there.

Everything is made in a hidden folder beside the results and moved in file by file, the manifest last: a reader
never sees half a file, and a run that was killed leaves the earlier report as it was.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pandas as pd

import gzeco_lib
from gzeco_lib.briefing import checks, manifest, notebook, places, render
from gzeco_lib.briefing.declaration import Settings, settings
from gzeco_lib.errors import N_, FailureError, GzecoError
from gzeco_lib.scenario.parameters import as_known_at
from gzeco_lib.views.theme import ZONE

WORK = ".making-"
STALE_S = 24 * 3600  # a working folder older than this was left by a run that was killed


@dataclass(frozen=True)
class Made:
    """A finished briefing."""

    html: Path
    pdf: Path
    manifest: Path
    seconds: float
    status: str = "ok"

    def as_json(self) -> dict[str, Any]:
        """The JSON object of the command."""
        return {
            "status": self.status,
            "html": str(self.html),
            "pdf": str(self.pdf),
            "manifest": str(self.manifest),
            "seconds": round(self.seconds, 2),
        }


def make_brief(
    name: str,
    lake: str,
    out: Path,
    at: str | pd.Timestamp | None = None,
    language: str | None = None,
    file: Path | None = None,
    overrides: Iterable[str] = (),
) -> Made:
    """Make the briefing ``name`` from ``lake`` as known at ``at`` (default now) into a folder below ``out``.

    Args:
        name: name of the briefing.
        lake: folder or address of the lake.
        out: folder of the results; they lie in ``out/<name>/<local time>_<language>/``.
        at: the time; without a zone it is taken as local time (Asia/Shanghai).
        language: ``zh`` or ``en``; default what the parameters say.
        file: parameter file; default the briefing's own.
        overrides: ``name=value`` texts.

    Raises:
        InputError: for an unknown briefing or parameter, a wrong type or time, a lake that is not one; nothing
            has run then.
        FailureError: where the run failed; its manifest says so and its notebook is kept.
    """
    from gzeco_lib.lake.lake import Lake

    started = time.monotonic()
    checked = settings(name, file, overrides, language)
    moment = as_known_at(at)
    lake = Lake.open(lake).url
    stem = f"{name}_{moment.tz_convert(ZONE):%Y-%m-%dT%H%M}_{checked.language}"
    folder = out / name / stem.removeprefix(f"{name}_")
    record: dict[str, Any] = {
        "brief": name,
        "status": "failed",
        "error": None,
        "parameters": {"brief": checked.brief.values(), "model": checked.model.values()},
        "at": moment.isoformat(),
        "language": checked.language,
        "lake": lake,
        "code": gzeco_lib.__version__,
        "started": _now(),
    }
    with _working_folder(folder) as work:
        before = manifest.read(folder)
        try:
            made, figures = _made(checked, lake, moment, work, stem, record)
        except (GzecoError, OSError) as error:
            _keep_failure(error, work, folder, stem, record, before, started)
            raise
        files = [_moved(path, folder) for path in made]
        (folder / f"{stem}.failed.ipynb").unlink(missing_ok=True)
        record |= {"status": "ok", "files": [manifest.described(path) for path in files]}
        _keep_figures(lake, checked.name, moment, figures)
        seconds = _finish(record, started)
        return Made(files[0], files[1], manifest.write(folder, record), seconds)


def _made(
    checked: Settings, lake: str, moment: pd.Timestamp, work: Path, stem: str, record: dict[str, Any]
) -> tuple[list[Path], list[dict[str, Any]]]:
    """The HTML, the PDF and the executed notebook in the folder ``work``, all checked; the briefing's key figures."""
    from gzeco_lib.briefing.export import facts

    executed = work / f"{stem}.ipynb"
    parameters = {
        "lake": lake,
        "at": moment.isoformat(),
        "brief": checked.brief.values(),
        "model": checked.model.values(),
    }
    stopped = notebook.execute(places.notebook(checked.name), executed, parameters)
    if stopped:
        raise FailureError(
            N_("a cell of the notebook failed: {reason}"),
            "notebook",
            N_("see the notebook kept beside the manifest"),
            reason=f"{stopped.name}: {stopped.value}"[:500],
        )
    result = notebook.read(executed)
    known = facts(result)
    record |= {key: known.get(key) for key in ("outcome", "provenance")}
    page = render.html(result, checked.language)
    paper = render.pdf(render.typst_source(result, checked.language), work)
    checks.check(result, page, paper, checked.language)
    html, pdf = work / f"{stem}.html", work / f"{stem}.pdf"
    html.write_text(page, encoding="utf-8")
    pdf.write_bytes(paper)
    return [html, pdf, executed], known.get("figures", [])


def _keep_figures(lake: str, name: str, moment: pd.Timestamp, figures: list[dict[str, Any]]) -> None:
    """Keep the key figures in the lake, for the next briefing to compare with; only a finished briefing counts."""
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario import Outcome

    if figures:
        kept = Outcome(f"brief_{name}", moment.tz_convert("UTC"), {}, {"figures": pd.DataFrame(figures)})
        kept.save(Lake.open(lake))


def _keep_failure(
    error: Exception,
    work: Path,
    folder: Path,
    stem: str,
    record: dict[str, Any],
    before: dict[str, Any] | None,
    started: float,
) -> None:
    """Keep the notebook of a failed run beside a manifest that says so; earlier good files stay."""
    told = error.told() if isinstance(error, GzecoError) else {"error": str(error), "where": "", "fix": ""}
    record |= {"status": "failed", "error": told, "files": []}
    executed = work / f"{stem}.ipynb"
    if executed.is_file():
        kept = folder / f"{stem}.failed.ipynb"
        executed.replace(kept)
        record["files"] = [manifest.described(kept)]
    if good := manifest.last_good(before):
        record["last_good"] = good
    _finish(record, started)
    manifest.write(folder, record)


def _finish(record: dict[str, Any], started: float) -> float:
    seconds = time.monotonic() - started
    record |= {"finished": _now(), "seconds": round(seconds, 2)}
    return seconds


def _now() -> str:
    return pd.Timestamp.now("UTC").isoformat(timespec="seconds")


@contextmanager
def _working_folder(folder: Path) -> Iterator[Path]:
    """A hidden folder inside ``folder``, gone when done; those that killed runs left are cleared away."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{WORK}*"):
        if time.time() - left.stat().st_mtime > STALE_S:
            shutil.rmtree(left, ignore_errors=True)
    work = Path(mkdtemp(prefix=WORK, dir=folder))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _moved(path: Path, folder: Path) -> Path:
    """Move ``path`` into ``folder``, in one step and safely on disk, over what was there."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return path.replace(folder / path.name)
