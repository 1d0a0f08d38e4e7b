"""``gzeco start``: from nothing to served dashboards: demo lake, model run, briefings once, serve."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from gzeco_lib.cli.app import LakeOption, OutOption, _, app
from gzeco_lib.errors import N_, FailureError

LANGUAGES = ("zh", "en")


@app.command(
    help=_("Build the demo lake, run the model, make the briefings once, then serve the dashboards.")
)
def start(
    lake: LakeOption,
    out: OutOption = Path("out"),
    port: Annotated[int, typer.Option("--port", help=_("Port to serve on."))] = 5006,
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help=_("Serve the dashboards at the end."))
    ] = True,
) -> None:
    """Each step is the command of its own that a user would run, in a process of its own."""
    typer.echo(_("1/5 Demo lake: {lake}").format(lake=lake))
    _step("demo", "--lake", lake)
    typer.echo(_("2/5 Environmental health: risk and forecast"))
    _step("run", "environmental_health", "--lake", lake)
    typer.echo(_("3/5 Environmental health: traces, burden, response"))
    # the demo city hides an episode every second week: look back that far
    since = pd.Timestamp.now("UTC").floor("1h") - pd.Timedelta(days=14)
    _step("run", "environmental_health_trace", "-P", f"start={since.isoformat()}", "--lake", lake)
    _step("run", "environmental_health_burden", "--lake", lake)
    _step("run", "environmental_health_response", "-P", "method=local", "--lake", lake)
    typer.echo(_("4/5 Health research briefing"))
    for lang in LANGUAGES:
        done = _step("brief", "health_research", "--lake", lake, "--out", str(out), "--lang", lang)
        typer.echo(f"    {done['html']}\n    {done['pdf']}")
    if not serve:
        typer.echo(_("Done. Serve the dashboards with: gzeco serve --lake {lake}").format(lake=lake))
        return
    typer.echo(_("5/5 Dashboards"))
    raise typer.Exit(subprocess.call([*_command(), "serve", "--lake", lake, "--port", str(port)]))  # noqa: S603


def _command() -> list[str]:
    return [sys.executable, "-m", "gzeco_lib.cli"]


def _step(*arguments: str) -> dict[str, Any]:
    """Run ``gzeco`` with ``arguments``; its JSON answer.

    Progress bars and errors go straight to the terminal.

    Raises:
        FailureError: where the step did not succeed.
    """
    done = subprocess.run([*_command(), *arguments, "--json"], stdout=subprocess.PIPE, check=False)  # noqa: S603
    if done.returncode:
        raise FailureError(
            N_("the step did not succeed: gzeco {step}"),
            arguments[0],
            N_("see the message above, mend it and run the same command again"),
            step=" ".join(arguments),
        )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
