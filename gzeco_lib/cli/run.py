"""``gzeco run``: one scenario model on the lake, as of a time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from gzeco_lib.cli.app import JsonOption, LakeOption, ParameterHelp, _, answer, app

Files = Annotated[Path | None, typer.Option("-f", "--file", help=_("Parameter file (YAML)."))]
Overrides = Annotated[
    list[str] | None, typer.Option("-P", help=_("A parameter: name=value; may be repeated."))
]
At = Annotated[
    str | None, typer.Option("--at", help=_("As known at this time (ISO 8601 with zone); now by default."))
]


@app.command(help=_("Run a scenario model and store its outcome in the lake."), cls=ParameterHelp)
def run(
    scenario: Annotated[str, typer.Argument(help=_("Name of the scenario, e.g. environmental_health."))],
    lake: LakeOption,
    file: Files = None,
    override: Overrides = None,
    at: At = None,
    out: Annotated[
        Path | None, typer.Option("--out", help=_("Also write the tables as CSV to this folder."))
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster", help=_("Where heavy steps run: local, or the tcp:// address of a scheduler.")
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the model, record its leads, store the outcome."""
    from gzeco_lib.lake import Lake
    from gzeco_lib.scenario import execute, from_file, registered, with_overrides
    from gzeco_lib.scenario.parameters import as_known_at

    began = time.perf_counter()
    model = registered(scenario)
    parameters = with_overrides(from_file(file) if file else {}, override or [])
    where = str(file) if file else "-P"
    opened = Lake.open(lake)
    outcome = execute(model.of(parameters, where), opened, as_known_at(at), cluster)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name, frame in outcome.tables.items():
            # The mark tells spreadsheet programs that the text is UTF-8.
            frame.to_csv(out / f"{name}.csv", index=False, encoding="utf-8-sig")
    result = {
        "outcome": outcome.id,
        "tables": {name: len(frame) for name, frame in outcome.tables.items()},
        "leads": len(outcome.leads),
        "seconds": round(time.perf_counter() - began, 2),
    }
    notes = "\n".join(f"- {_(message).format(**fields)}" for message, fields in outcome.notes)
    told = _("Outcome {outcome} stored, {leads} leads, {seconds} s").format(**result)
    answer(result, as_json, f"{told}\n{notes}".strip())
