"""Words that name a topic, found in a text: literal, the longest first, taken back by a negation right before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from gzeco_lib.safe_yaml import read_yaml


@dataclass(frozen=True)
class Lexicon:
    """Compiled words (`lexicon.yaml`); every pattern is made of escaped literals, so no text can make it slow.

    Attributes:
        weights: word to the topics it names and its weight for each.
        zh, en: alternations of all words.
        denied_zh, denied_en: what right before a word takes it back.
        order: topics, the first one wins a tie.
        outranks: topic to the topics it makes weaker.
    """

    weights: dict[str, dict[str, float]]
    zh: re.Pattern[str]
    en: re.Pattern[str]
    denied_zh: re.Pattern[str]
    denied_en: re.Pattern[str]
    order: tuple[str, ...]
    outranks: dict[str, tuple[str, ...]]


@cache
def lexicon() -> Lexicon:
    """The lexicon that ships, compiled once a process."""
    with resources.as_file(resources.files(__package__) / "lexicon.yaml") as path:
        return compiled(read_yaml(path))


def compiled(data: dict[str, Any]) -> Lexicon:
    """A lexicon from the plain data of its YAML."""
    weights: dict[str, dict[str, float]] = {}
    for topic, by_weight in data["topics"].items():
        for weight, words in by_weight.items():
            for word in words:
                weights.setdefault(str(word).casefold(), {})[topic] = float(weight)
    zh = sorted((w for w in weights if not w.isascii()), key=len, reverse=True)
    en = sorted((w for w in weights if w.isascii()), key=len, reverse=True)
    no = data["negations"]
    return Lexicon(
        weights,
        re.compile("|".join(map(re.escape, zh))),
        re.compile(r"\b(?:" + "|".join(f"({_english(w)})" for w in en) + r")\b"),
        re.compile(
            f"(?:{_any(no['zh']['words'])})(?!{_any(no['zh']['not_before'])})(?:{_any(no['zh']['fillers'])}){{0,2}}$"
        ),
        re.compile(rf"\b(?:{_any(no['en'])})(?:'?t)?(?!\s+only)(?:\s+[a-z']{{1,15}}){{0,2}}\s*$"),
        tuple(data["order"]),
        {topic: tuple(weaker) for topic, weaker in data["outranks"].items()},
    )


def _any(words: list[str]) -> str:
    return "|".join(re.escape(str(w)) for w in sorted(map(str, words), key=len, reverse=True))


def _english(word: str) -> str:
    stem = re.escape(word.removesuffix("*"))
    return rf"{stem}\w{{0,12}}" if word.endswith("*") else stem


def matched(text: str, words: Lexicon) -> list[str]:
    """Words of the lexicon said in ``text`` (plain), each once in the order they stand, without those taken back."""
    lower = text.casefold()
    found: dict[str, None] = {}
    keys = _english_keys(words)
    for match in words.zh.finditer(lower):
        if not words.denied_zh.search(lower, max(0, match.start() - 12), match.start()):
            found[match.group()] = None
    for match in words.en.finditer(lower):
        if not words.denied_en.search(lower[max(0, match.start() - 50) : match.start()]):
            found[keys[(match.lastindex or 1) - 1]] = None
    return list(found)


@cache
def _keys_of(words: tuple[str, ...]) -> list[str]:
    return sorted((w for w in words if w.isascii()), key=len, reverse=True)


def _english_keys(words: Lexicon) -> list[str]:
    """English words in the order of the groups of the alternation."""
    return _keys_of(tuple(words.weights))
