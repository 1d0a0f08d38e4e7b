"""Parameter files: YAML that a researcher edits, read safely, and overrides from the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from gzeco_lib.errors import N_, InputError

MAX_BYTES = 1_000_000


class _SafeLoader(yaml.SafeLoader):
    """The safe loader, without aliases: a few nested ones are enough to fill the memory."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.YAMLError(f"aliases are not allowed (line {mark.line + 1})")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {str(k) for k in keys if keys.count(k) > 1}
        if twice:
            raise yaml.YAMLError(
                f"key given twice: {', '.join(sorted(twice))} (line {node.start_mark.line + 1})"
            )
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> Any:
    """The content of the YAML file ``path``; tags that build objects, aliases and repeated keys are refused.

    Raises:
        InputError: where the file is missing, too large or not YAML.
    """
    if not path.is_file():
        raise InputError(N_("no such file"), "{place}", N_("check the path"), place=path)
    if path.stat().st_size > MAX_BYTES:
        raise InputError(
            N_("the parameter file is too large"),
            "{place}",
            N_("at most {limit} bytes"),
            place=path,
            limit=MAX_BYTES,
        )
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_SafeLoader)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            N_("not a readable YAML file: {reason}"),
            "{place}",
            N_("mend the YAML at the place named"),
            place=path,
            reason=" ".join(str(error).split())[:200],
        ) from error


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
            merged[name.strip()] = yaml.load(value, Loader=_SafeLoader)  # noqa: S506 (a SafeLoader)
        except yaml.YAMLError:
            merged[name.strip()] = value
    return merged
