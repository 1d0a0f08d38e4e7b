"""Causes of death and illness: the words of the table `health`, their ICD-10 codes, and which is part of which."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from gzeco_lib.safe_yaml import read_yaml

_CODE = re.compile(r"^\s*([A-Z])(\d\d)", re.IGNORECASE)


@cache
def _causes() -> dict[str, tuple[list[tuple[str, str]], str]]:
    with resources.as_file(resources.files(__package__) / "icd10.yaml") as path:
        data = read_yaml(path)["causes"]
    return {
        name: ([tuple(span.split("-")) for span in entry["codes"]], str(entry["part_of"]))
        for name, entry in data.items()
    }


def names() -> tuple[str, ...]:
    """The causes that are known."""
    return tuple(_causes())


def parent(cause: str) -> str:
    """The cause that ``cause`` is part of, "" for all and for one that is not known."""
    return _causes().get(cause, ([], ""))[1]


def causes_of(code: str) -> tuple[str, ...]:
    """Every cause that holds the ICD-10 ``code``, () where it is none."""
    match = _CODE.match(code)
    if not match:
        return ()
    short = f"{match[1].upper()}{match[2]}"
    return tuple(name for name, (spans, _) in _causes().items() if any(a <= short <= b for a, b in spans))
