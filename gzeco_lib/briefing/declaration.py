"""What a briefing declares: its own parameters, the scenario it shows, and the check of both before anything runs."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from gzeco_lib.briefing import places
from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.scenario import Choice, Scenario, Text, from_file, registered, with_overrides
from gzeco_lib.scenario.declaration import Declaration
from gzeco_lib.views.words import LANGUAGES

# The briefings there are: where each one is declared. A name from outside is only ever looked up here.
BRIEFS = {"health_research": "gzeco_lib.briefing.health_research.declaration"}


class Brief(Declaration):
    """A briefing: parameters of its own beside those of the scenario it shows."""

    key: ClassVar[str] = ""
    scenario: ClassVar[str] = ""

    language = Choice(
        default="zh", objects=list(LANGUAGES), label=N_("Language"), doc=N_("Language of the briefing.")
    )
    heading = Text(
        default="", label=N_("Title"), doc=N_("Title on the first page; empty for the briefing's own.")
    )
    bureau = Text(
        default="", label=N_("Issued by"), doc=N_("Who issues the briefing; empty for the municipal bureau.")
    )


@dataclass(frozen=True)
class Settings:
    """One briefing with every parameter checked."""

    brief: Brief
    model: Scenario

    @property
    def name(self) -> str:
        """Name of the briefing."""
        return self.brief.key

    @property
    def language(self) -> str:
        """Language of the briefing."""
        return str(self.brief.language)


def brief_class(name: str) -> type[Brief]:
    """The declaration of the briefing ``name``.

    Raises:
        InputError: where there is no such briefing.
    """
    if name not in BRIEFS:
        raise InputError(
            N_("unknown briefing {name}"),
            "gzeco brief",
            N_("did you mean: {near}?"),
            name=repr(name)[:80],
            near=near(name, BRIEFS),
        )
    module = importlib.import_module(BRIEFS[name])
    return next(
        found
        for found in vars(module).values()
        if isinstance(found, type) and getattr(found, "key", "") == name
    )


def settings(
    name: str, file: Path | None = None, overrides: Iterable[str] = (), language: str | None = None
) -> Settings:
    """The briefing ``name`` with parameters from ``file`` (else its own file), then ``overrides``, then ``language``.

    Raises:
        InputError: for an unknown briefing or parameter, a wrong type or unit, a value out of bounds, a bad file.
    """
    own = brief_class(name)
    model = registered(own.scenario)
    standard = places.parameters(name)
    source = file or (standard if standard.is_file() else None)
    given = from_file(source) if source else {}
    where = str(source.name if source else "-P")
    given = with_overrides(given, overrides)
    if language is not None:
        given["language"] = language
    if given.pop("brief", name) != name:
        raise InputError(
            N_("the parameter file is for another briefing"),
            "{place}",
            N_("its line brief: must say {name}"),
            place=where,
            name=name,
        )
    mine, theirs = own.declared(), model.declared()
    for unknown in given:
        if unknown not in mine and unknown not in theirs:
            raise InputError(
                N_("unknown parameter {name}"),
                "{place}",
                N_("did you mean: {near}?"),
                place=where,
                name=unknown,
                near=near(unknown, [*mine, *theirs]),
            )
    return Settings(
        brief=_made(own, {k: v for k, v in given.items() if k in mine}, where),
        model=_made(model, {k: v for k, v in given.items() if k in theirs and k not in mine}, where),
    )


def _made[D: Declaration](declaration: type[D], given: dict[str, Any], where: str) -> D:
    return declaration(**declaration.checked(given, where))
