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


def _places() -> dict[str, str]:
    """Module of each declaration by name: ``<package>/model.py`` and ``<package>/<topic>/model.py``, none imported.

    The name is the folder's, with the topic's after it: ``environmental_health``, ``environmental_health_trace``.
    """
    root = Path(gzeco_lib.__file__).parent
    packages = [path.parent for path in root.glob("*/model.py")]
    found = [*packages, *(path.parent for package in packages for path in package.glob("*/model.py"))]
    parts = [path.relative_to(root).parts for path in sorted(found)]
    return {"_".join(names): ".".join(("gzeco_lib", *names, "model")) for names in parts}


def scenario_names() -> list[str]:
    """Names of the declarations there are: each scenario package has one and may have one a topic."""
    return sorted(_places())


def registered(name: str) -> type[Scenario]:
    """The scenario model called ``name``; its package is imported on first use.

    Raises:
        InputError: where there is no such scenario.
    """
    places = _places()
    if name not in places:
        raise InputError(
            N_("unknown scenario {name}"),
            "scenario",
            N_("did you mean: {near}?"),
            name=name,
            near=near(name, places),
        )
    importlib.import_module(places[name])
    return _MODELS[name]
