"""What a briefing is made of: each element shows itself as HTML and as Typst, with the same words and order.

A notebook cell ends in an element or in a `Section` of them; Jupyter stores both forms in the cell's output and
the exporter of each format picks its own (`gzeco_lib.briefing.export`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gzeco_lib.briefing.escape import html_attribute, html_text, typst_string, typst_text

TYPST = "application/x-typst"
FACTS = "application/vnd.gzeco.facts+json"


class Element(ABC):
    """Something that can be shown: subclasses give ``html`` and ``typst``."""

    @abstractmethod
    def html(self) -> str:
        """The element as HTML."""

    @abstractmethod
    def typst(self) -> str:
        """The element as Typst source in markup mode."""

    def facts(self) -> dict[str, Any]:
        """What the exporter and the manifest need to know of the element, for JSON."""
        return {}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {
            "text/html": self.html(),
            TYPST: self.typst(),
            "text/plain": repr(type(self)),
        }
        facts = self.facts()
        return {**bundle, FACTS: facts} if facts else bundle


@dataclass(frozen=True)
class Chip:
    """A short word on a coloured ground: a grade or a band."""

    text: str
    colour: str
    ink: str

    def html(self) -> str:
        """The chip as HTML."""
        return f'<span class="chip" style="background:{self.colour};color:{self.ink}">{html_text(self.text)}</span>'

    def typst(self) -> str:
        """The chip as a Typst expression."""
        return f'gz-chip({typst_text(self.text)}, rgb("{self.colour}"), rgb("{self.ink}"))'


@dataclass(frozen=True)
class Title(Element):
    """The head of the briefing: bureau, title, subtitle and a line of facts such as the time of the data."""

    bureau: str
    title: str
    subtitle: str
    stamps: Sequence[tuple[str, str]]
    running: str
    lang: str
    form: str = "long"  # "short" sets everything closer, for two pages

    def html(self) -> str:
        stamps = "".join(
            f"<div><dt>{html_text(name)}</dt><dd>{html_text(value)}</dd></div>" for name, value in self.stamps
        )
        return (
            f'<header class="title"><p class="bureau">{html_text(self.bureau)}</p><h1>{html_text(self.title)}</h1>'
            f'<p class="subtitle">{html_text(self.subtitle)}</p><dl class="stamps">{stamps}</dl></header>'
        )

    def typst(self) -> str:
        stamps = "".join(f"({typst_text(name)}, {typst_text(value)}), " for name, value in self.stamps)
        return (
            f"#gz-title({', '.join(map(typst_text, (self.bureau, self.title, self.subtitle)))}, ({stamps}))"
        )

    def facts(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "bureau": self.bureau,
            "subtitle": self.subtitle,
            "running": self.running,
            "lang": self.lang,
            "form": self.form,
        }


@dataclass(frozen=True)
class Answer(Element):
    """The answer in one large sentence, with its chips and a quieter line under it."""

    sentence: str
    chips: Sequence[Chip] = ()
    detail: str = ""

    def html(self) -> str:
        chips = "".join(chip.html() for chip in self.chips)
        return (
            f'<div class="answer"><p class="chips">{chips}</p><p class="sentence">{html_text(self.sentence)}</p>'
            f'<p class="detail">{html_text(self.detail)}</p></div>'
        )

    def typst(self) -> str:
        chips = "".join(f"{chip.typst()}, " for chip in self.chips)
        return f"#gz-answer(({chips}), {typst_text(self.sentence)}, {typst_text(self.detail)})"


@dataclass(frozen=True)
class Heading(Element):
    """The head of a section; `anchor` is what contents and links point to."""

    text: str
    anchor: str
    number: str = ""  # "一、" or "1"

    def html(self) -> str:
        return (
            f'<h2 id="{html_attribute(self.anchor)}"><span class="number">{html_text(self.number)}</span>'
            f"{html_text(self.text)}</h2>"
        )

    def typst(self) -> str:
        return f"#gz-heading({typst_text(self.number)}, {typst_text(self.text)})"

    def facts(self) -> dict[str, Any]:
        return {"headings": [{"text": self.text, "anchor": self.anchor, "number": self.number}]}


@dataclass(frozen=True)
class Contents(Element):
    """Where the contents stand on paper; the HTML page has its own beside the text."""

    title: str

    def html(self) -> str:
        return ""

    def typst(self) -> str:
        return f"#gz-contents({typst_text(self.title)})"


@dataclass(frozen=True)
class Paragraph(Element):
    """A paragraph of running text; `leading` keeps it with the figure or table it leads to."""

    text: str
    leading: bool = False

    def html(self) -> str:
        return f"<p>{html_text(self.text)}</p>"

    def typst(self) -> str:
        return f"#block(sticky: {'true' if self.leading else 'false'}, par({typst_text(self.text)}))"


@dataclass(frozen=True)
class Note(Element):
    """A small line beside the running text: a source, a remark."""

    text: str

    def html(self) -> str:
        return f'<p class="note">{html_text(self.text)}</p>'

    def typst(self) -> str:
        return f"#flat(gz-note({typst_text(self.text)}))"


@dataclass(frozen=True)
class Bullets(Element):
    """A list of short statements."""

    items: Sequence[str]

    def html(self) -> str:
        return "<ul>" + "".join(f"<li>{html_text(item)}</li>" for item in self.items) + "</ul>"

    def typst(self) -> str:
        return f"#gz-list(({''.join(f'{typst_text(item)}, ' for item in self.items)}))"


@dataclass(frozen=True)
class KeyValues(Element):
    """Names and values in two columns: provenance, parameters."""

    rows: Sequence[tuple[str, str]]

    def html(self) -> str:
        rows = "".join(
            f"<div><dt>{html_text(name)}</dt><dd>{html_text(value)}</dd></div>" for name, value in self.rows
        )
        return f'<dl class="keys">{rows}</dl>'

    def typst(self) -> str:
        rows = "".join(f"({typst_text(name)}, {typst_text(value)}), " for name, value in self.rows)
        return f"#gz-keys(({rows}))"


@dataclass(frozen=True)
class Card:
    """One headline figure: its name, value, unit and what it is compared with."""

    name: str
    value: str
    unit: str = ""
    compare: str = ""
    chip: Chip | None = None


@dataclass(frozen=True)
class Cards(Element):
    """At most five headline figures in a row."""

    cards: Sequence[Card]

    def html(self) -> str:
        cells = "".join(
            f'<div class="card"><p class="name">{html_text(c.name)}</p><p class="value">{html_text(c.value)}'
            f'<span class="unit">{html_text(c.unit)}</span></p>{c.chip.html() if c.chip else ""}'
            f'<p class="compare">{html_text(c.compare)}</p></div>'
            for c in self.cards
        )
        return f'<div class="cards">{cells}</div>'

    def typst(self) -> str:
        cells = "".join(
            f"({', '.join([*map(typst_text, (c.name, c.value, c.unit, c.compare)), chip])}), "
            for c, chip in ((c, c.chip.typst() if c.chip else "none") for c in self.cards)
        )
        return f"#gz-cards(({cells}))"


@dataclass(frozen=True)
class Callout(Element):
    """What the reader must not miss, set off from the running text; `kind` is ``note`` or ``warning``."""

    title: str
    items: Sequence[str]
    kind: str = "note"

    def html(self) -> str:
        items = "".join(f"<p>{html_text(item)}</p>" for item in self.items)
        head = f'<p class="head">{html_text(self.title)}</p>'
        return f'<aside class="callout {html_attribute(self.kind)}">{head}{items}</aside>'

    def typst(self) -> str:
        items = "".join(f"{typst_text(item)}, " for item in self.items)
        return f"#gz-callout({typst_string(self.kind)}, {typst_text(self.title)}, ({items}))"


@dataclass(frozen=True)
class Formula(Element):
    """A displayed formula in both notations, written by us and never from data."""

    mathml: str
    source: str  # Typst mathematics
    spoken: str  # the formula in words, for a screen reader

    def html(self) -> str:
        spoken = html_attribute(self.spoken)
        return f'<p class="formula"><math display="block" aria-label="{spoken}">{self.mathml}</math></p>'

    def typst(self) -> str:
        return f"#math.equation(block: true, alt: {typst_string(self.spoken)}, ${self.source}$)"


@dataclass(frozen=True)
class Figure(Element):
    """A drawing (SVG) with its number and caption."""

    label: str  # "Figure 1"
    caption: str
    svg: str
    alt: str
    note: str = ""

    def html(self) -> str:
        svg = self.svg[self.svg.index("<svg") :]
        note = f'<p class="note">{html_text(self.note)}</p>' if self.note else ""
        return (
            f'<figure><div class="drawing" role="img" aria-label="{html_attribute(self.alt)}">{svg}</div>'
            f'<figcaption><span class="label">{html_text(self.label)}</span> '
            f"{html_text(self.caption)}</figcaption>{note}</figure>"
        )

    def typst(self) -> str:
        return (
            f"#gz-figure({typst_text(self.label)}, {typst_text(self.caption)}, {typst_string(self.svg)}, "
            f"{typst_string(self.alt)}, {typst_text(self.note)})"
        )


@dataclass(frozen=True)
class Section(Element):
    """Elements shown one after the other: what one cell of the notebook gives."""

    elements: Sequence[Element] = field(default_factory=tuple)

    def __iter__(self) -> Iterator[Element]:
        return iter(self.elements)

    def html(self) -> str:
        return "<section>" + "\n".join(element.html() for element in self.elements) + "</section>"

    def typst(self) -> str:
        return "\n\n".join(element.typst() for element in self.elements)

    def facts(self) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        for facts in (element.facts() for element in self.elements):
            headings = merged.get("headings", []) + facts.get("headings", [])
            merged |= facts | ({"headings": headings} if headings else {})
        return merged


@dataclass(frozen=True)
class Beside(Element):
    """Two elements side by side; ``share`` is the part of the width the left one takes."""

    left: Element
    right: Element
    share: float = 0.5

    def html(self) -> str:
        return f'<div class="beside"><div>{self.left.html()}</div><div>{self.right.html()}</div></div>'

    def typst(self) -> str:
        widths = f"{self.share}fr, {1 - self.share}fr"
        return f"#gz-beside(({widths}), [{self.left.typst()}], [{self.right.typst()}])"


@dataclass(frozen=True)
class Sheet(Element):
    """One page of paper: its elements are set smaller, all together, until they fit."""

    elements: Sequence[Element]
    last: bool = False

    def html(self) -> str:
        return "\n".join(element.html() for element in self.elements)

    def typst(self) -> str:
        inside = "\n\n".join(element.typst() for element in self.elements)
        return f"#gz-sheet({'true' if self.last else 'false'}, [\n{inside}\n])"

    def facts(self) -> dict[str, Any]:
        return Section(self.elements).facts()


@dataclass(frozen=True)
class Facts(Element):
    """What the manifest says of the outcome the briefing shows; nothing a reader sees."""

    known: dict[str, Any]

    def html(self) -> str:
        return ""

    def typst(self) -> str:
        return ""

    def facts(self) -> dict[str, Any]:
        return self.known
