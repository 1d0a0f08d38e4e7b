"""The registry of scenario models by name."""

from __future__ import annotations

import importlib
from pathlib import Path

import gzeco_lib
from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.scenario.declaration import Scenario

_MODELS: dict[str, type[Scenario]] = {}


def scenario[S: type[Scenario]](model: S) -> S:
    """Class decorator: register ``model`` under its name."""
    _MODELS[model.key] = model
    return model


def scenario_names() -> list[str]:
    """Names of the scenario packages: those of the library with a ``model`` module, none of them imported."""
    return sorted(path.parent.name for path in Path(gzeco_lib.__file__).parent.glob("*/model.py"))


def registered(name: str) -> type[Scenario]:
    """The scenario model called ``name``; its package is imported on first use.

    Raises:
        InputError: where there is no such scenario.
    """
    names = scenario_names()
    if name not in names:
        raise InputError(
            N_("unknown scenario {name}"),
            "scenario",
            N_("did you mean: {near}?"),
            name=name,
            near=near(name, names),
        )
    importlib.import_module(f"gzeco_lib.{name}.model")
    return _MODELS[name]
