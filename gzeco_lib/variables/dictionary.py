"""The variable dictionary: codes, names in both languages, canonical units, ranges, synonyms, quality rules.

``dictionary.yaml`` is checked against the models below when it is first read; a mistake in it names the
variable and the field.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.standards.reference_state import MOLAR_MASS

PATH = Path(__file__).with_name("dictionary.yaml")
RULES = (
    "sentinel",
    "range",
    "duplicate",
    "copied_series",
    "flat_line",
    "flat_low",
    "spike",
    "pm25_gt_pm10",
    "gap",
)


class Variable(BaseModel):
    """One variable; values outside ``plausible`` [unit] cannot have been measured."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    name_zh: str
    name_en: str
    kind: Literal["air", "index", "weather", "noise", "water"]
    unit: str
    plausible: tuple[float, float]
    decimals: int
    gas: str | None = None
    synonyms: tuple[str, ...] = ()
    sentinels: tuple[float, ...]
    rules: dict[str, dict[str, float]]

    @model_validator(mode="after")
    def _sound(self) -> Variable:
        if self.plausible[0] >= self.plausible[1]:
            raise ValueError(f"plausible {self.plausible} is empty")
        if unknown := set(self.rules) - set(RULES):
            raise ValueError(f"unknown quality rules {sorted(unknown)}")
        if self.gas is not None and self.gas not in MOLAR_MASS:
            raise ValueError(f"no molar mass of {self.gas}")
        return self

    def name(self, lang: str) -> str:
        """Name in ``"zh"`` or ``"en"``."""
        return self.name_zh if lang == "zh" else self.name_en


def read(path: Path) -> dict[str, Variable]:
    """Variables of the dictionary file ``path`` by code.

    Raises:
        InputError: naming the variable and the field that is wrong, or a synonym two variables claim.
    """
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    defaults: dict[str, Any] = content.get("defaults", {})
    known: dict[str, Variable] = {}
    for code, entry in content["variables"].items():
        try:
            known[code] = Variable(code=code, **(defaults | entry))
        except ValidationError as error:
            first = error.errors()[0]
            raise InputError(
                N_("the variable {code} is wrong in the dictionary: {problem}"),
                f"{path.name} {code}.{'.'.join(map(str, first['loc']))}",
                N_("mend the entry; see the other variables for its fields"),
                code=code,
                problem=first["msg"],
            ) from error
    _synonyms(known)
    return known


@cache
def variables() -> dict[str, Variable]:
    """All variables by code; callers must not change it."""
    return read(PATH)


def get(code: str) -> Variable:
    """The variable ``code``.

    Raises:
        InputError: with the near code when there is none.
    """
    known = variables()
    if code not in known:
        raise InputError(
            N_("unknown variable {code}"),
            "gzeco_lib/variables/dictionary.yaml",
            N_("did you mean {near}?"),
            code=code,
            near=near(code, known),
        )
    return known[code]


def plain(name: str) -> str:
    """``name`` without case, width, spaces, units in brackets and punctuation: how names are compared."""
    text = unicodedata.normalize("NFKC", name).casefold()
    text = re.sub(r"[(\[].*?[)\]]", "", text)
    return re.sub(r"[\s_\-.,:/]+", "", text)


def _synonyms(known: dict[str, Variable]) -> dict[str, str]:
    found: dict[str, str] = {}
    for code, variable in known.items():
        for name in (code, variable.name_zh, variable.name_en, *variable.synonyms):
            if found.setdefault(plain(name), code) != code:
                raise InputError(
                    N_("the name {name} stands for two variables: {one} and {other}"),
                    "dictionary.yaml",
                    N_("keep it with one of them"),
                    name=name,
                    one=found[plain(name)],
                    other=code,
                )
    return found


@cache
def _names() -> dict[str, str]:
    return _synonyms(variables())


def find(name: str) -> Variable | None:
    """The variable called ``name`` in any of its names (zh, en, pinyin, column names), or None.

    Case, full width, units in brackets and punctuation do not count: ``"PM2.5（μg/m³）"`` is PM2.5.
    """
    code = _names().get(plain(name))
    return None if code is None else variables()[code]
