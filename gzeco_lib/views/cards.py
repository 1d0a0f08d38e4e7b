"""The answer sentence and the cards under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from unicodedata import east_asian_width

import numpy as np

from gzeco_lib.views import theme
from gzeco_lib.views.markup import chip, text

MAX_CARDS = 5
LONG = 9  # width of a value, in figures, beyond which it is set smaller


@dataclass(frozen=True)
class Grade:
    """A grade chip: its words, colour and sign."""

    label: str
    colour: str
    sign: str = ""

    def html(self) -> str:
        """The chip."""
        return chip(self.label, self.colour, theme.text_on(self.colour), self.sign)


@dataclass(frozen=True)
class Card:
    """One figure a leader looks at first.

    Attributes:
        label: what it is.
        value: the figure, formatted; `theme.NO_VALUE` where there is none.
        unit: its unit, "" for none.
        change: the sentence under it, e.g. the change against the same time yesterday.
        series: values of the sparkline in time order, NaN where missing.
        now: index in ``series`` of the hour the value is of; what follows is forecast and drawn dashed.
        grade: the chip beside the label.
    """

    label: str
    value: str
    unit: str = ""
    change: str = ""
    series: Sequence[float] = field(default_factory=tuple)
    now: int | None = None
    grade: Grade | None = None

    def html(self) -> str:
        """The card."""
        unit = f'<span class="unit">{text(self.unit)}</span>' if self.unit else ""
        # A name takes more room than a figure and may wrap.
        long = " long" if width(self.value) > LONG else ""
        return (
            f'<div class="card panel"><div class="label"><span>{text(self.label)}</span>'
            f"{self.grade.html() if self.grade else ''}</div>"
            f'<div class="value{long}" title="{text(self.value)}">{text(self.value)}{unit}</div>'
            f'<div class="note" title="{text(self.change)}">{text(self.change)}&nbsp;</div>'
            f"{sparkline(self.series, self.now)}</div>"
        )


def width(value: str) -> int:
    """How wide ``value`` is set, in figures: a Chinese character takes two."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in value)


def cards(items: Sequence[Card]) -> str:
    """The row of cards.

    Raises:
        ValueError: for more than `MAX_CARDS`, which nobody takes in at a glance.
    """
    if len(items) > MAX_CARDS:
        raise ValueError(f"{len(items)} cards; a page shows at most {MAX_CARDS}")
    return f'<div class="cards">{"".join(card.html() for card in items)}</div>'


def answer(sentence: str, grade: Grade | None, facts: Sequence[tuple[str, str]]) -> str:
    """The answer as one large sentence, with its grade and what it holds for (pairs of label and value)."""
    line = "".join(f"<span>{text(label)} <b>{text(value)}</b></span>" for label, value in facts)
    mark = grade.html() if grade else ""
    return f'<div class="answer panel"><h1>{text(sentence)}</h1><div class="line">{mark}{line}</div></div>'


def sparkline(values: Sequence[float], now: int | None = None, width: float = 200, height: float = 30) -> str:
    """A line without axes as SVG, gaps left open; dashed after the index ``now``, which carries a dot."""
    series = np.asarray(values, dtype=float)
    good = np.isfinite(series)
    if good.sum() < 2:
        return ""
    low, high = series[good].min(), series[good].max()
    x = np.linspace(2, width - 2, len(series))
    y = height - 3 - (series - low) / ((high - low) or 1.0) * (height - 6)
    split = len(series) - 1 if now is None else now
    attributes = 'fill="none" stroke="var(--gz-accent)" stroke-width="1.6" vector-effect="non-scaling-stroke"'
    parts = [f'<path d="{_path(x[: split + 1], y[: split + 1])}" {attributes}/>']
    if split < len(series) - 1:
        parts.append(
            f'<path d="{_path(x[split:], y[split:])}" {attributes} stroke-dasharray="3 3" opacity=".75"/>'
        )
    if now is not None and good[now]:
        # A zero-length round-capped stroke stays a round dot while the picture is stretched.
        parts.append(
            f'<path d="M{x[now]:.1f} {y[now]:.1f}h0" stroke="var(--gz-accent)" stroke-width="6" '
            'stroke-linecap="round" vector-effect="non-scaling-stroke"/>'
        )
    box = f'viewBox="0 0 {width:g} {height:g}" preserveAspectRatio="none" aria-hidden="true"'
    return f"<svg {box}>{''.join(parts)}</svg>"


def _path(x: np.ndarray, y: np.ndarray) -> str:
    """SVG path data through the finite points; a gap starts a new stroke."""
    parts, pen_down = [], False
    for px, py in zip(x, y, strict=True):
        if np.isfinite(py):
            parts.append(f"{'L' if pen_down else 'M'}{px:.1f} {py:.1f}")
        pen_down = bool(np.isfinite(py))
    return "".join(parts)
