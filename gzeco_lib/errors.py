"""Errors that say what was found, where, and how to put it right.

Messages are English message ids with named fields (``"no column {column}"``); whoever shows an error to a
person translates the id first and fills the fields after, so one error reads well in both languages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any


def N_(message: str) -> str:  # noqa: N802 (the name that gettext tools know)
    """Mark ``message`` for the catalogues without translating it here."""
    return message


def _same(message: str) -> str:
    return message


class GzecoError(Exception):
    """A problem told to the user: ``what`` happened, ``where``, and the ``fix``; fields fill all three."""

    exit_code = 1

    def __init__(self, what: str, where: str = "", fix: str = "", **fields: Any) -> None:
        self.what, self.where, self.fix, self.fields = what, where, fix, fields
        super().__init__(what)

    def told(self, translate: Callable[[str], str] = _same) -> dict[str, str]:
        """The three sentences in the language of ``translate``, keyed ``error``, ``where``, ``fix``."""
        parts = {"error": self.what, "where": self.where, "fix": self.fix}
        return {key: translate(text).format(**self.fields) if text else "" for key, text in parts.items()}

    def __str__(self) -> str:
        return " | ".join(part for part in self.told().values() if part)


class InputError(GzecoError):
    """The input is wrong and the user can mend it (exit code 2)."""

    exit_code = 2


class FailureError(GzecoError):
    """The work failed although the input was right: full disk, lost database, killed helper (exit code 1)."""


def near(name: str, known: Iterable[str]) -> str:
    """The known name nearest to ``name``, or the known names in a row where none is near."""
    known = [str(k) for k in known]
    lower = {k.lower(): k for k in known}
    close = get_close_matches(name.lower(), lower, n=1, cutoff=0.5)
    return lower[close[0]] if close else ", ".join(sorted(known))
