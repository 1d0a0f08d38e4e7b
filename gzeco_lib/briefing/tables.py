"""Tables of a briefing: numbered, captioned, with units in the heads and figures that line up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gzeco_lib.briefing.elements import Element
from gzeco_lib.briefing.escape import html_attribute, html_text, typst_text

WHOLE = 12  # a table of at most so many rows stays on one page


@dataclass(frozen=True)
class Column:
    """A column: its head, the unit under it, and whether its figures line up on the right."""

    head: str
    unit: str = ""
    figures: bool = True
    share: float = (
        0  # part of the width left over by the columns that take what they need; 0 takes what it needs
    )


@dataclass(frozen=True)
class Cell:
    """A cell: its text, and a swatch of a grade's colour or a sign before it."""

    text: str
    swatch: str = ""
    quiet: bool = False

    def html(self) -> str:
        """The cell's content as HTML."""
        swatch = (
            f'<span class="swatch" style="background:{html_attribute(self.swatch)}"></span>'
            if self.swatch
            else ""
        )
        return swatch + html_text(self.text)

    def typst(self) -> str:
        """The cell's content as a Typst expression."""
        if self.swatch:
            return f'gz-swatch(rgb("{self.swatch}"), {typst_text(self.text)})'
        return f"gz-quiet({typst_text(self.text)})" if self.quiet else typst_text(self.text)


@dataclass(frozen=True)
class Table(Element):
    """A table with its number and caption; the head is repeated on every page it runs over."""

    label: str  # "Table 1"
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell | str]]
    note: str = ""
    continued: str = ""  # what the head says on later pages
    long: bool = False  # may run over pages however few its rows are

    def html(self) -> str:
        heads = "".join(
            f'<th scope="col"{"" if c.figures else " class=words"}>{html_text(c.head)}'
            + (f'<span class="unit">{html_text(c.unit)}</span>' if c.unit else "")
            + "</th>"
            for c in self.columns
        )
        rows = "".join(f"<tr>{self._html_row(row)}</tr>" for row in self.rows)
        note = f'<p class="note">{html_text(self.note)}</p>' if self.note else ""
        return (
            f'<figure class="table"><figcaption><span class="label">{html_text(self.label)}</span> '
            f"{html_text(self.caption)}</figcaption>"
            f'<div class="scroll" tabindex="0" role="region" aria-label="{html_attribute(self.caption)}">'
            f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{note}</figure>"
        )

    def _html_row(self, row: Sequence[Cell | str]) -> str:
        cells = []
        for i, (column, cell) in enumerate(zip(self.columns, row, strict=True)):
            classes = [] if column.figures else ["words"]
            classes += ["quiet"] if isinstance(cell, Cell) and cell.quiet else []
            attribute = f' class="{" ".join(classes)}"' if classes else ""
            content = cell.html() if isinstance(cell, Cell) else html_text(cell)
            cells.append(
                f'<th scope="row"{attribute}>{content}</th>' if i == 0 else f"<td{attribute}>{content}</td>"
            )
        return "".join(cells)

    def typst(self) -> str:
        widths = ", ".join(f"{c.share}fr" if c.share else "auto" for c in self.columns)
        aligns = ", ".join("right" if c.figures else "left" for c in self.columns)
        heads = ", ".join(f"({typst_text(c.head)}, {typst_text(c.unit)})" for c in self.columns)
        cells = ",\n  ".join(
            ", ".join(cell.typst() if isinstance(cell, Cell) else typst_text(cell) for cell in row)
            for row in self.rows
        )
        return (
            f"#gz-table({'true' if self.long or len(self.rows) > WHOLE else 'false'}, {typst_text(self.label)}, "
            f"{typst_text(self.caption)}, {typst_text(self.note)}, {typst_text(self.continued)},\n"
            f"  ({widths},), ({aligns},), ({heads},),\n  {cells}\n)"
        )
