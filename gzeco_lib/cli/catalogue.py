"""``gzeco catalogue`` and ``gzeco compact``: what the lake holds, and its upkeep."""

from __future__ import annotations

import json

import pandas as pd
import typer

from gzeco_lib.cli.app import JsonOption, LakeOption, _, answer, app


@app.command(help=_("What the lake holds: from where, from when to when, how complete."))
def catalogue(lake: LakeOption, as_json: JsonOption = False) -> None:
    """Print the catalogue."""
    from gzeco_lib.lake import Lake

    found = Lake.open(lake).catalogue()
    records = json.loads(found.to_json(orient="records", date_format="iso"))
    if as_json:
        answer({"catalogue": records}, True, "")
        return
    if found.empty:
        typer.echo(_("The lake is empty."))
        return
    _print(found)


def _print(found: pd.DataFrame) -> None:
    """One line a series; times to the minute, shares in percent."""
    from rich.console import Console
    from rich.table import Table

    heads = {
        "table": _("Table"),
        "what": _("What"),
        "source": _("Source"),
        "rows": _("Rows"),
        "first": _("First (UTC)"),
        "last": _("Last (UTC)"),
        "sites": _("Sites"),
        "completeness": _("Completeness"),
        "flagged": _("Flagged"),
        "written": _("Written (UTC)"),
    }
    patterns = {
        "rows": "{:,}",
        "first": "{:%Y-%m-%d %H:%M}",
        "last": "{:%Y-%m-%d %H:%M}",
        "written": "{:%Y-%m-%d %H:%M}",
        "completeness": "{:.1%}",
        "flagged": "{:.1%}",
    }
    shown = Table(box=None, pad_edge=False)
    for column, head in heads.items():
        shown.add_column(
            head, justify="right" if column in ("rows", "sites", "completeness", "flagged") else "left"
        )
    for row in found.to_dict("records"):
        cells = [(patterns.get(c, "{}"), row[c]) for c in heads]
        shown.add_row(*("" if pd.isna(value) else pattern.format(value) for pattern, value in cells))
    # Into a pipe, lines are not cut to the width of a screen nobody sees.
    console = Console(highlight=False)
    (console if console.is_terminal else Console(width=240)).print(shown)


@app.command(help=_("Rewrite many small files of the lake as few and delete what no recent version needs."))
def compact(lake: LakeOption, as_json: JsonOption = False) -> None:
    """Compact every table."""
    from gzeco_lib.lake import Lake

    done = Lake.open(lake).compact()
    lines = [
        _("{table}: {before} → {after} files, {removed} removed").format(table=table, **n)
        for table, n in done.items()
    ]
    answer({"tables": done}, as_json, "\n".join(lines) or _("The lake is empty."))
