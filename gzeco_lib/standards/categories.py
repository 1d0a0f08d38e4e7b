"""The six AQI categories: names, levels, the norm's colours and colours anyone can tell apart.

Source: HJ 633-2026 and HJ 633-2012, table of categories and annex of colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gzeco_lib.errors import N_, InputError
from gzeco_lib.standards.facts import load

Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class Category:
    """One AQI category: its number 1..6, its range, names in both languages and colours."""

    number: int
    low: int
    high: int
    name_zh: str
    name_en: str
    level_zh: str
    level_en: str
    rgb: Rgb
    accessible: str  # hex, colour-blind safe

    @property
    def hex(self) -> str:
        """The norm's colour as ``#RRGGBB``."""
        return "#{:02X}{:02X}{:02X}".format(*self.rgb)

    @property
    def text(self) -> str:
        """Text colour on the norm's colour, black or white, whichever contrasts more."""
        return text_colour(self.hex)

    @property
    def accessible_text(self) -> str:
        """Text colour on the colour-blind-safe colour."""
        return text_colour(self.accessible)

    def name(self, lang: str) -> str:
        """Name in ``"zh"`` or ``"en"``."""
        return self.name_zh if lang == "zh" else self.name_en

    def level(self, lang: str) -> str:
        """Level in ``"zh"`` or ``"en"``."""
        return self.level_zh if lang == "zh" else self.level_en


def luminance(colour: str) -> float:
    """Relative luminance [0..1] of ``#RRGGBB`` (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio 1..21 of two colours (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def text_colour(background: str) -> str:
    """Black or white, whichever stands out more on ``background``."""
    return max(("#000000", "#FFFFFF"), key=lambda text: contrast(text, background))


@cache
def categories() -> tuple[Category, ...]:
    """The six categories in order."""
    return tuple(Category(**(entry | {"rgb": tuple(entry["rgb"])})) for entry in load("hj633")["categories"])


def category(number: int) -> Category:
    """Category ``number`` (1..6).

    Raises:
        InputError: for another number.
    """
    known = categories()
    if not 1 <= number <= len(known):
        raise InputError(N_("there is no AQI category {found}"), "", N_("use 1 to 6"), found=number)
    return known[int(number) - 1]


def category_of(aqi: ArrayLike) -> NDArray[np.int8]:
    """Category number 1..6 of each AQI, 0 where the AQI is NaN; same shape as ``aqi``."""
    found = np.asarray(aqi, dtype=np.float64)
    uppers = np.array([c.high for c in categories()][:-1], dtype=np.float64)
    number = np.searchsorted(uppers, found, side="left") + 1
    return np.where(np.isnan(found), 0, number).astype(np.int8)
