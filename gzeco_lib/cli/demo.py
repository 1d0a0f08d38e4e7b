"""``gzeco demo``: build the generated city in a lake."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gzeco_lib.cli.app import JsonOption, LakeOption, _, answer, app

SeedOption = Annotated[
    int, typer.Option("--seed", help=_("Number the city is generated from; the same gives the same city."))
]
ScaleOption = Annotated[str, typer.Option("--scale", help=_("small: about 120 days; full: 13 months."))]
EndOption = Annotated[
    str | None,
    typer.Option(
        "--end", help=_("End of the series (local time without a zone); by default the last full hour.")
    ),
]


@app.command(help=_("Build a generated Guangzhou and its planted truths in a lake, to try everything out."))
def demo(
    lake: LakeOption,
    seed: SeedOption = 2026,
    scale: ScaleOption = "small",
    end: EndOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build, with a progress bar on a terminal, and say what was stored."""
    from gzeco_lib.demo_city.build import build, checked, last_hour
    from gzeco_lib.lake.lake import Lake

    checked(seed, scale)
    stop = last_hour(end)  # refuse bad options before a folder is made
    opened = Lake.open(lake, create=True)
    with _bar() as bar:
        task = bar.add_task("", total=None)

        def progress(step: str, done: int, steps: int) -> None:
            bar.update(task, description=_(step), completed=done, total=steps)

        summary = build(opened, seed, scale, stop, progress)
    told = summary.as_dict()
    told["lake"] = opened.url
    answer(told, as_json, _text(told))


def _bar() -> Any:
    """A progress bar on standard error; on anything but a terminal it stays silent."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _text(told: dict[str, Any]) -> str:
    """What was built, for a person."""
    lines = [
        _(
            "Generated city (no real data) in {lake}: {stored} rows stored, {duplicates} already there, {seconds} s."
        ),
        _("Series from {start} to {end}; seed {seed}, scale {scale}."),
        _("Planted: {episodes} hidden releases, {faults} instrument faults, {spells} weather spells."),
        _("The truth lies beside the tables under artifacts/truth."),
    ]
    local = {key: _local(told[key]) for key in ("start", "end")}
    return "\n".join(line.format(**{**told, **told["truth"], **local}) for line in lines)


def _local(moment: str) -> str:
    """A UTC time as a person here reads it."""
    import pandas as pd

    return pd.Timestamp(moment).tz_convert("Asia/Shanghai").strftime("%Y-%m-%d %H:%M")
