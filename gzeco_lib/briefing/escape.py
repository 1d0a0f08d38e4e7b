"""Text from data made harmless: the same characters come out in HTML and in Typst, whatever they are.

Typst text is always given as a string literal in code mode, never as markup, so that ``#import "x"`` or ``$`` in
the name of a station is printed and not run.
"""

from __future__ import annotations

import html
import re
import unicodedata

# Formulas whose digits are set as subscripts in running text, tables and captions.
FORMULA = re.compile(r"(?<![A-Za-z])(PM|SO|NO|O|NH|CO)(2\.5|10|2|3|x)(?![A-Za-z0-9])")


# Marks that turn the direction of writing: in a name from data they make what is printed differ from what is stored.
DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: object) -> str:
    """``text`` without the control characters that neither HTML nor Typst may hold."""
    return "".join(
        c for c in str(text) if c in "\n\t" or not (c in DIRECTION or unicodedata.category(c) in ("Cc", "Cs"))
    )


def spans(text: object) -> list[tuple[str, bool]]:
    """Pieces of ``text`` with True for those to set as subscripts: PM2.5 is ``[("PM", False), ("2.5", True)]``."""
    clean, pieces, done = plain(text), [], 0
    for match in FORMULA.finditer(clean):
        pieces += [(clean[done : match.end(1)], False), (match[2], True)]
        done = match.end()
    pieces.append((clean[done:], False))
    return [piece for piece in pieces if piece[0]]


def html_text(text: object) -> str:
    """``text`` as HTML content."""
    return "".join(
        f"<sub>{html.escape(piece)}</sub>" if sub else html.escape(piece) for piece, sub in spans(text)
    )


def html_attribute(text: object) -> str:
    """``text`` as the value of an HTML attribute between double quotes."""
    return html.escape(plain(text), quote=True)


def typst_string(text: object) -> str:
    """``text`` as a Typst string literal."""
    escaped = plain(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def typst_text(text: object) -> str:
    """``text`` as a Typst expression in code mode, with subscripts."""
    pieces = spans(text)
    if not pieces:
        return '""'
    if not any(sub for _, sub in pieces):
        return typst_string("".join(piece for piece, _ in pieces))
    return (
        "{ "
        + "; ".join(f"sub({typst_string(piece)})" if sub else typst_string(piece) for piece, sub in pieces)
        + " }"
    )
