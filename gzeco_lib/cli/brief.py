"""``gzeco brief``: make a briefing as HTML and PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gzeco_lib.cli.app import JsonOption, LakeOption, OutOption, ParameterHelp, _, answer, app


@app.command(help=_("Make a briefing as HTML and PDF from a lake."), cls=ParameterHelp)
def brief(
    name: Annotated[str, typer.Argument(help=_("Name of the briefing, such as health_research."))],
    lake: LakeOption,
    out: OutOption,
    at: Annotated[
        str | None,
        typer.Option("--at", help=_("As known at this time; default now, local time without a zone.")),
    ] = None,
    lang: Annotated[str | None, typer.Option("--lang", help=_("Language: zh or en."))] = None,
    file: Annotated[Path | None, typer.Option("-f", "--file", help=_("Parameter file (YAML)."))] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("-P", "--parameter", help=_("One parameter, as name=value; may be repeated.")),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check the parameters, run the notebook, render and check both files."""
    from gzeco_lib.briefing.make import make_brief

    made = make_brief(name, lake, out, at, lang, file, parameter or ())
    text = _("Briefing made in {seconds} s:").format(seconds=round(made.seconds, 1))
    answer(made.as_json(), as_json, f"{text}\n  {made.html}\n  {made.pdf}")
