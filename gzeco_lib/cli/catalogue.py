"""``gzeco catalogue`` and ``gzeco compact``: what the lake holds, and its upkeep."""

from __future__ import annotations

import json

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
    for column in ("first", "last", "written"):
        found[column] = found[column].map("{:%Y-%m-%d %H:%M}".format, na_action="ignore")
    for column in ("completeness", "flagged"):
        found[column] = found[column].map("{:.1%}".format, na_action="ignore")
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
    typer.echo(found.astype(object).fillna("").rename(columns=heads).to_string(index=False))


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
