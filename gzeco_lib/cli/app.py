"""What all commands share: the language, the options that repeat, JSON output and exit codes."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core

from gzeco_lib.errors import N_, FailureError, GzecoError
from gzeco_lib.views.words import DEFAULT_LANGUAGE, LANGUAGES, words

if TYPE_CHECKING:
    from gzeco_lib.scenario.declaration import Declaration

# Typer brings a Click of its own and names of it only some errors; the usage errors' base is this one's parent.
UsageError = typer.BadParameter.__base__

LANG = os.environ.get("GZECO_LANG", DEFAULT_LANGUAGE)
_ = words(LANG if LANG in LANGUAGES else DEFAULT_LANGUAGE)

app = typer.Typer(
    name="gzeco",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback(help=_("Environmental analytics for Guangzhou: lake, models, dashboards and briefings."))
def _gzeco() -> None:
    """Without a callback Typer drops a command's name where only one command was imported."""


LakeOption = Annotated[
    str, typer.Option("--lake", envvar="GZECO_LAKE", help=_("Lake: a folder or an object-store address."))
]
JsonOption = Annotated[bool, typer.Option("--json", help=_("Print one JSON object on standard output."))]
OutOption = Annotated[Path, typer.Option("--out", help=_("Folder for the results."))]


class ParameterHelp(typer.core.TyperCommand):
    """A command whose ``--help``, after the name of a model or briefing, also lists that one's parameters."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep what was typed: ``--help`` is acted on before the arguments are read."""
        ctx.meta[__name__] = list(args)
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the parameters below the options."""
        found = declarations(ctx.info_name)
        for name in ctx.meta.get(__name__, ()):
            if name in found:
                formatter.write("\n" + parameter_list(found[name]()) + "\n")
                break


def declarations(command: str) -> dict[str, Callable[[], type[Declaration]]]:
    """What can be named after ``command``, with the way to its declaration."""
    if command == "brief":
        from gzeco_lib.briefing.declaration import BRIEFS, brief_class

        return {name: partial(brief_class, name) for name in BRIEFS}
    from gzeco_lib.scenario.registry import registered, scenario_names

    return {name: partial(registered, name) for name in scenario_names()}


def parameter_list(declaration: type[Declaration]) -> str:
    """The declared parameters, for the help: name, default, what may be given, meaning."""
    from gzeco_lib.scenario.declaration import expectation

    lines = [_("Parameters (-P name=value, or a YAML file):")]
    for name, p in declaration.declared().items():
        lines.append(f"  {name} = {p.default}   {expectation(p)}")
        meaning = f" · {_(p.doc)}" if p.doc else ""  # gettext gives its header for an empty message
        lines.append(f"      {_(p.label or name)}{meaning}")
    return "\n".join(lines)


def answer(result: dict[str, Any], as_json: bool, text: str) -> None:
    """Print ``result`` as one JSON object, or ``text`` for a person."""
    typer.echo(json.dumps(result, ensure_ascii=False, default=str) if as_json else text)


def tell(error: GzecoError, as_json: bool) -> None:
    """Print ``error`` on standard error: a JSON object, or three lines for a person."""
    told = error.told(_)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False), err=True)
        return
    heads = {"error": _("Error"), "where": _("Where"), "fix": _("How to mend it")}
    for key, text in told.items():
        if text:
            typer.echo(f"{heads[key]}: {text}", err=True)


def from_os(error: OSError) -> GzecoError | None:
    """The readable form of an operating-system error that a user can do something about."""
    where = str(error.filename or "")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FailureError(
            N_("the disk is full"),
            "{place}",
            N_("free some space and run the same command again; nothing half-written was kept"),
            place=where,
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return FailureError(
            N_("no permission to write or read"),
            "{place}",
            N_("check the owner and mode of the path"),
            place=where,
        )
    return None


def command_line(application: typer.Typer, argv: list[str]) -> int:
    """Run the command line ``argv``; the exit code is 0 ok, 2 bad input, 1 failure."""
    as_json = "--json" in argv
    try:
        result = typer.main.get_command(application).main(argv, prog_name="gzeco", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except GzecoError as error:
        tell(error, as_json)
        return error.exit_code
    except UsageError as error:  # type: ignore[misc]
        if as_json:
            typer.echo(
                json.dumps(
                    {"error": error.format_message(), "where": " ".join(argv), "fix": "gzeco --help"},
                    ensure_ascii=False,
                ),
                err=True,
            )
        else:
            error.show(sys.stderr)
        return 2
    except (typer.Abort, KeyboardInterrupt):
        typer.echo(_("Stopped."), err=True)
        return 1
    except OSError as error:
        known = from_os(error)
        if known is None:
            raise
        tell(known, as_json)
        return known.exit_code
