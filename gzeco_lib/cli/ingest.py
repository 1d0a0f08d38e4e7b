"""``gzeco ingest``: files into the lake."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gzeco_lib.cli.app import JsonOption, LakeOption, _, answer, app

if TYPE_CHECKING:
    from gzeco_lib.ingest import Report
    from gzeco_lib.ingest.run import Progress


@app.command(help=_("Store the observations of files in the lake; running it again adds nothing."))
def ingest(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help=_("Files: CSV, Parquet, JSON or XLSX."))
    ],
    lake: LakeOption,
    adapter: Annotated[
        str, typer.Option("--adapter", help=_("Adapter: a name in parameters/adapters, or a YAML file."))
    ],
    as_json: JsonOption = False,
) -> None:
    """Read the files with the adapter, store what is sound, set the rest aside, and say how many of each."""
    from gzeco_lib.ingest import ingest as run

    with bar(hidden=as_json) as progress:
        report = run(paths, adapter, lake, progress)
    answer(report.json(), as_json, told(report))


@contextmanager
def bar(hidden: bool) -> Iterator[Progress]:
    """A progress bar on standard error, where a person sees it."""
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    off = hidden or not sys.stderr.isatty()
    with Bar(*columns, console=Console(stderr=True), disable=off, transient=True) as shown:
        tasks: dict[Path, int] = {}

        def progress(path: Path, share: float) -> None:
            if path not in tasks:
                tasks[path] = shown.add_task(path.name, total=1.0)
            shown.update(tasks[path], completed=share)  # type: ignore[arg-type]  # TaskID is an int

        yield progress


def people_told(report: Report) -> list[str]:
    """What was done with counts of people, and what a person should look at."""
    from gzeco_lib.ingest.count_checks import TITLES

    lines = []
    if report.summed:
        lines.append(_("added to another row of the same key, or counted: {n}").format(n=report.summed))
    if report.suppressed:
        note = _("small counts that are not kept, or would give a small one back: {n}")
        lines.append(note.format(n=report.suppressed))
    lines += [f"  {_(TITLES[rule])}: {n}" for rule, n in report.checks.most_common()]
    return lines + [_(message).format(**fields) for message, fields in report.notes]


def told(report: Report) -> str:
    """The report in sentences."""
    from gzeco_lib.ingest.problems import REASONS
    from gzeco_lib.variables.rules import REGISTRY

    lines = [
        _("found: {read} in {files} file(s), {seconds} s").format(
            read=report.read, files=report.files, seconds=round(report.seconds, 1)
        ),
        _("stored: {stored} (of these revised: {revised}); already there: {duplicates}").format(
            stored=report.stored, revised=report.revised, duplicates=report.duplicates
        ),
        _("set aside: {rejected}").format(rejected=report.rejected),
    ]
    lines += [f"  {_(REASONS[reason])}: {n}" for reason, n in report.reasons.most_common()]
    lines += [f"  {name}" for name in report.rejects]
    if report.flags:
        lines.append(_("flagged by quality rules, kept as found:"))
        lines += [f"  {_(REGISTRY[rule].title)} ({rule}): {n}" for rule, n in report.flags.most_common()]
    lines += people_told(report)
    if report.unknown_sites:
        lines.append(
            _("sites without a name and place: {sites}").format(sites=", ".join(report.unknown_sites))
        )
    return "\n".join(lines)
