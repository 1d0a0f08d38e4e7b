"""Text as it comes, made plain before anything looks for meaning: bounded, without markup, in one width."""

from __future__ import annotations

import re
import unicodedata

LIMIT = 2_000  # characters that are read; nobody says more about one complaint
_TAG = re.compile(r"<[^<>]{0,300}>")
_SPACE = re.compile(r"\s+")
_HIDDEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def plain(text: object, limit: int = LIMIT) -> str:
    """``text`` in NFKC, so in plain digits and letters, without markup and hidden marks, cut at ``limit``."""
    if not isinstance(text, str):
        return ""
    cut = unicodedata.normalize("NFKC", text[: 2 * limit])
    return _SPACE.sub(" ", _HIDDEN.sub("", _TAG.sub(" ", cut))).strip()[:limit]
