"""Every message has a Chinese translation, none is left over, and both sides name the same fields."""

from __future__ import annotations

import io
import json
import re
import string
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.extract import extract, extract_from_dir
from babel.messages.pofile import read_po

from gzeco_lib.errors import InputError
from gzeco_lib.views.words import LOCALE, words

ROOT = Path(__file__).parents[1]
KEYWORDS = {"_": None, "N_": None}


def messages() -> set[str]:
    """Every message id in the library's code, the apps, the briefing notebooks and the templates."""
    found = {
        m for _, _, m, *_ in extract_from_dir(ROOT / "gzeco_lib", [("**.py", "python")], keywords=KEYWORDS)
    }
    for notebook in [*ROOT.glob("apps/*.ipynb"), *ROOT.glob("notebooks/**/*.ipynb")]:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        found |= {m for _, m, *_ in extract("python", io.BytesIO(code.encode()), keywords=KEYWORDS)}
    for template in (ROOT / "reports/templates").rglob("*.j2"):
        with template.open("rb") as file:
            found |= {m for _, m, *_ in extract("jinja2.ext:babel_extract", file, keywords=KEYWORDS)}
    return {m for m in found if isinstance(m, str)}


def translations() -> list[tuple[str, str, str]]:
    """(catalogue, message id, Chinese) of every entry."""
    entries = []
    for path in sorted((LOCALE / "zh").glob("*.po")):
        with path.open("rb") as file:
            entries += [(path.name, str(m.id), str(m.string)) for m in read_po(file, locale="zh") if m.id]
    return entries


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_message_is_translated() -> None:
    known = {message for _, message, chinese in translations() if chinese}
    # A message without a letter (a number pattern, a mark) reads the same in both languages.
    missing = {m for m in messages() - known if re.search(r"[A-Za-z]", re.sub(r"\{[^}]*\}", "", m))}
    assert not missing, f"{len(missing)} messages lack a translation: {sorted(missing)}"


def test_no_translation_is_left_over() -> None:
    used = messages()
    unused = sorted((catalogue, m) for catalogue, m, _ in translations() if m not in used)
    assert not unused, f"{len(unused)} translations are of no message: {unused}"


def test_one_message_has_one_translation() -> None:
    by_message: dict[str, set[str]] = {}
    for _, message, chinese in translations():
        by_message.setdefault(message, set()).add(chinese)
    several = {m: z for m, z in by_message.items() if len(z) > 1}
    assert not several
    repeated = [m for m, n in Counter((c, m) for c, m, _ in translations()).items() if n > 1]
    assert not repeated


def test_translations_name_the_same_fields() -> None:
    different = [(c, m) for c, m, chinese in translations() if fields(m) != fields(chinese)]
    assert not different


def test_chinese_is_chinese() -> None:
    """A translation copied from the English would pass the tests above."""
    latin_only = [(c, m) for c, m, chinese in translations() if not re.search(r"[\u4e00-\u9fff]", chinese)]
    assert not [e for e in latin_only if re.search(r"[a-z]{4,}", re.sub(r"\{[^}]*\}", "", e[1]))], latin_only


def test_an_unknown_language_is_refused_and_english_is_itself() -> None:
    with pytest.raises(InputError):
        words("fr")
    assert words("en")("Data capture") == "Data capture"
