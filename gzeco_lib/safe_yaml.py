"""YAML read as plain data: no objects, no aliases, no repeated keys, and ``NO`` stays the letters N and O.

YAML 1.1, which PyYAML follows, reads ``NO`` as false and ``12:30`` as 750. Nitrogen monoxide and half past
twelve are too common here for that, so scalars follow the core schema of YAML 1.2.2 (section 10.3.2).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from gzeco_lib.errors import N_, InputError

MAX_BYTES = 1_000_000
MAX_DEPTH = 20


class _Plain(yaml.SafeLoader):
    """The safe loader with the scalars of YAML 1.2, without aliases, of bounded depth."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own name
    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """One node; an alias or too deep a nest stops here, before anything is built of it."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not allowed")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.YAMLError(f"nested deeper than {MAX_DEPTH} levels")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """A mapping whose keys are text, each once."""
        known: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be a text", key_node.start_mark
                )
            if key_node.value in known:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key_node.value!r} stands twice", key_node.start_mark
                )
            known[key_node.value] = self.construct_object(value_node, deep=deep)
        return known


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    _Plain.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}",
        re.compile(rf"^(?:{_pattern})$"),
        [c if c != "\0" else "" for c in _first],
    )


def read_yaml(path: Path) -> Any:
    """The data in a YAML file.

    Raises:
        InputError: for a file that cannot be read, is over 1 MB, or is not plain YAML.
    """
    if not path.is_file():
        raise InputError(N_("no such file"), "{place}", N_("check the path"), place=path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(
                N_("the YAML file is too large: {size} bytes"),
                "{place}",
                N_("keep it under {limit} bytes; long lists of stations belong in a CSV file"),
                place=path,
                size=size,
                limit=MAX_BYTES,
            )
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            N_("the file cannot be read: {problem}"),
            "{place}",
            N_("give a YAML file saved as UTF-8"),
            place=path,
            problem=str(error),
        ) from error
    try:
        return plain(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError(
            N_("not plain YAML: {problem}"),
            "{place}",
            N_("write keys, values and lists only; objects (!!), anchors (&) and repeated keys are refused"),
            place=path,
            problem=" ".join(str(error).split())[:300],
        ) from error


def plain(text: str) -> Any:
    """The data in YAML ``text``.

    Raises:
        yaml.YAMLError: where it is not plain YAML.
    """
    return yaml.load(text, _Plain)  # noqa: S506 - a SafeLoader
