"""Parameter files: YAML that a researcher edits, read safely, and overrides from the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from gzeco_lib.errors import N_, InputError
from gzeco_lib.safe_yaml import plain, read_yaml


def from_file(path: Path) -> dict[str, Any]:
    """The parameters in the YAML file ``path``: a mapping of names to values.

    Raises:
        InputError: where the file cannot be read or is not such a mapping.
    """
    content = read_yaml(path)
    if content is None:
        return {}
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise InputError(
            N_("a parameter file holds names and values"),
            "{place}",
            N_("write lines such as: horizon: 24"),
            place=path,
        )
    return content


def with_overrides(parameters: Mapping[str, Any], overrides: Iterable[str]) -> dict[str, Any]:
    """``parameters`` with ``name=value`` texts laid over them; values are read as YAML scalars.

    Raises:
        InputError: where an override is not ``name=value``.
    """
    merged = dict(parameters)
    for text in overrides:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise InputError(
                N_("{text} is not a parameter"), "-P", N_("write it as -P name=value"), text=repr(text)
            )
        try:
            merged[name.strip()] = plain(value)
        except yaml.YAMLError:
            merged[name.strip()] = value
    return merged
