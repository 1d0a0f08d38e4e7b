"""Colours, type and number formats that screens and papers share.

One accent, neutrals, a severity scale and a sequential scale for excess risk that stay readable with the common
kinds of colour blindness (hue goes from blue to plum while lightness falls), and the norm's AQI colours, which are
used for AQI grades and for nothing else. A severity is never told by colour alone: `SIGNS` stand beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from gzeco_lib.errors import N_

FONT_FAMILY = (
    '"Noto Sans SC", "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif'
)

BUREAU = N_("Guangzhou Municipal Ecological Environment Bureau")

ACCENT = "#0B5E82"
ACCENT_DARK = "#6CC0E5"  # the accent on dark ground


@dataclass(frozen=True)
class Ground:
    """Neutral colours of one mode: page, card, text, hairline, grid of a chart, land and water of a map."""

    page: str
    surface: str
    ink: str
    muted: str
    line: str
    grid: str
    land: str
    water: str
    accent: str


LIGHT = Ground("#F4F6F8", "#FFFFFF", "#17222B", "#566571", "#DBE1E6", "#E8ECF0", "#EFF2F4", "#D7E6EE", ACCENT)
DARK = Ground(
    "#10171D", "#182129", "#E8EDF1", "#9FAEBA", "#2E3A45", "#26313B", "#202B34", "#14303E", ACCENT_DARK
)


def ground(dark: bool = False) -> Ground:
    """The neutrals of the dark or the light mode."""
    return DARK if dark else LIGHT


# --- severity: AQHI bands, leads, states of a job ---------------------------------------------------------------

BANDS = ("low", "moderate", "high", "very_high", "serious")
SEVERITY = {
    "low": "#4F97C7",
    "moderate": "#EFCB5C",
    "high": "#E3852F",
    "very_high": "#B33F2E",
    "serious": "#571B3E",
}
SIGNS = {"low": "○", "moderate": "◇", "high": "△", "very_high": "▲", "serious": "◆"}
BAND_NAMES = {
    "low": N_("Low"),
    "moderate": N_("Moderate"),
    "high": N_("High"),
    "very_high": N_("Very high"),
    "serious": N_("Serious"),
}

# --- sequential: excess risk [%] and any other "more is worse" quantity -----------------------------------------

SEQUENTIAL = (
    "#FFF9E3",
    "#FDEDBB",
    "#FADA8E",
    "#F5C063",
    "#EBA043",
    "#D97C32",
    "#BC572B",
    "#933A29",
    "#661F22",
)
OTHER = (
    "#0B5E82",
    "#C77400",
    "#6A4C93",
    "#3E7D4F",
    "#A2436B",
    "#5F6B75",
)  # series that are neither AQI nor severity
# The same on dark ground, where the deep ones would sink in.
_ON_DARK = {"#0B5E82": ACCENT_DARK, "#6A4C93": "#B79AE0", "#3E7D4F": "#7CC48E", "#A2436B": "#E08DB0"}


def drawn(colour: str, dark: bool) -> str:
    """The colour of a line or bar in the light or the dark mode."""
    return _ON_DARK.get(colour, colour) if dark else colour


# --- AQI: the norm's colours, and an alternative for colour-blind readers ---------------------------------------

MISSING = "#B8C2CA"


@cache
def aqi_colours(colour_blind: bool = False) -> tuple[str, ...]:
    """Colours of the six AQI categories, best first: the norm's (HJ 633, annex of colours) or the alternative."""
    from gzeco_lib.standards.categories import categories

    return tuple(c.accessible if colour_blind else c.hex for c in categories())


def aqi_colour(category: float | None, colour_blind: bool = False) -> str:
    """The colour of AQI ``category`` 1..6; a neutral grey where there is none."""
    if category is None or math.isnan(category) or not 1 <= category <= 6:
        return MISSING
    return aqi_colours(colour_blind)[int(category) - 1]


def aqi_name(category: float | None, lang: str) -> str:
    """The name of AQI ``category`` 1..6 in ``lang``, a dash where there is none."""
    from gzeco_lib.standards.categories import categories

    if category is None or math.isnan(category) or not 1 <= category <= 6:
        return NO_VALUE
    return categories()[int(category) - 1].name(lang)


def text_on(colour: str) -> str:
    """Black or white, whichever stands out more on ``colour``."""
    from gzeco_lib.standards.categories import text_colour

    return text_colour(colour)


# --- numbers and times ------------------------------------------------------------------------------------------

NO_VALUE = "—"
ZONE = "Asia/Shanghai"
DECIMALS = {"aqi": 0, "aqhi": 0, "excess_risk": 2, "CO": 1, "population": 0, "share": 1, "distance_m": 0}
TIME_FORMAT = "%Y-%m-%d %H:%M"


def number(value: float | None, decimals: int = 0, signed: bool = False) -> str:
    """``value`` with thousands marks; a dash where it is missing.

    The minus is the plain hyphen: U+2212 is a full-width character in the CJK faces, and breaks a column of figures.
    """
    if value is None or not math.isfinite(value):
        return NO_VALUE
    text = f"{value:{'+' if signed else ''},.{decimals}f}"
    return text.lstrip("+-") if float(text.replace(",", "")) == 0 else text


def quantity(name: str, value: float | None) -> str:
    """``value`` of the variable or column ``name`` with that variable's number of decimals."""
    return number(value, DECIMALS.get(name, 0))


def percent(fraction: float | None, decimals: int = 0) -> str:
    """``fraction`` 0..1 as a percentage."""
    return (
        NO_VALUE
        if fraction is None or not math.isfinite(fraction)
        else f"{number(100 * fraction, decimals)} %"
    )


UNITS = {"ug m-3": "µg/m³", "mg m-3": "mg/m³", "degC": "°C", "m s-1": "m/s", "1": "", "degree": "°"}


def unit(canonical: str) -> str:
    """A canonical unit as a reader writes it: ``ug m-3`` is µg/m³."""
    return UNITS.get(canonical, canonical)
