"""``gzeco control-list``: what to check first at the screened risk sources, as a workbook."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from gzeco_lib.cli.app import LANG, JsonOption, LakeOption, _, answer, app
from gzeco_lib.errors import N_, InputError

SCENARIO = "environmental_health"


@app.command("control-list", help=_("Write the control list of risk sources of the latest outcome as XLSX."))
def control_list(
    lake: LakeOption,
    out: Annotated[Path, typer.Option("--out", help=_("The workbook to write (.xlsx)."))],
    lang: Annotated[str, typer.Option("--lang", help=_("Language of the workbook: zh or en."))] = LANG,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            help=_("The latest outcome at or before this time (ISO 8601 with zone); the newest by default."),
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take the screening of the stored outcome and write the list."""
    from gzeco_lib.environmental_health.hazards.control import control_list as listed
    from gzeco_lib.environmental_health.hazards.workbook import workbook
    from gzeco_lib.lake import Lake
    from gzeco_lib.scenario import Outcome
    from gzeco_lib.scenario.parameters import as_known_at
    from gzeco_lib.views.words import words

    started = time.perf_counter()
    if out.suffix.lower() != ".xlsx":
        raise InputError(
            N_("{file} is no .xlsx file"), "--out", N_("name a file that ends in .xlsx"), file=out.name
        )
    words(lang)  # an unknown language is refused before anything is read
    opened = Lake.open(lake)
    outcome = Outcome.load(opened, SCENARIO, as_known_at(at) if at else None)
    if outcome is None:
        raise InputError(
            N_("the lake holds no outcome of {scenario} yet"), "{place}",
            N_("run the model first: gzeco run {scenario} --lake {place}"), scenario=SCENARIO, place=lake,
        )  # fmt: skip
    content = workbook(outcome, lang)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(content)
    table = listed(outcome.table("risk_sources"), outcome.at)
    result = {
        "outcome": outcome.id, "file": str(out), "rows": len(table), "urgent": int((table["priority"] == 1).sum()),
        "seconds": round(time.perf_counter() - started, 3),
    }  # fmt: skip
    answer(
        result,
        as_json,
        _("{rows} enterprises, {urgent} to be visited at once, written to {file}").format(**result),
    )
