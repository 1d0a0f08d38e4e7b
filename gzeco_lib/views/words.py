"""Every word a person sees, in Chinese and in English.

Message ids are the English text. Each package has its own Chinese catalogue in ``locale/zh/<package>.po``;
they are read together. A test extracts every message from the code and fails on one without a translation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from gzeco_lib.errors import N_, InputError, near

LANGUAGES = {"zh": "中文", "en": "English"}
DEFAULT_LANGUAGE = "zh"
LOCALE = Path(__file__).parent / "locale"

Translate = Callable[[str], str]


def _english(message: str) -> str:
    return message


@cache
def catalogue(lang: str) -> dict[str, str]:
    """Translations into ``lang`` by message id, all packages together."""
    known: dict[str, str] = {}
    for path in sorted((LOCALE / lang).glob("*.po")):
        with path.open("rb") as file:
            known |= {str(m.id): str(m.string) for m in read_po(file, locale=lang) if m.id and m.string}
    return known


def words(lang: str = DEFAULT_LANGUAGE) -> Translate:
    """The translating function for ``lang``; an untranslated message comes back in English.

    Raises:
        InputError: for a language there is no catalogue for.
    """
    if lang not in LANGUAGES:
        raise InputError(
            N_("unknown language {lang}"),
            "--lang",
            N_("use one of: {near}"),
            lang=lang,
            near=near(lang, LANGUAGES),
        )
    if lang == "en":
        return _english
    known = catalogue(lang)
    return lambda message: known.get(message, message)
