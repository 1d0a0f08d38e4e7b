"""Small helpers for the HTML that panes show: escaping is the default, styles sit beside the markup."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from typing import Any

STYLES = Path(__file__).parent / "styles"
TEMPLATES = Path(__file__).parent / "templates"


@cache
def style(name: str) -> str:
    """The stylesheet ``styles/<name>.css``."""
    return (STYLES / f"{name}.css").read_text(encoding="utf-8")


def text(value: Any) -> str:
    """``value`` safe inside HTML text and attributes; nothing for None."""
    return "" if value is None else escape(str(value))


def chip(label: str, colour: str, ink: str, sign: str = "") -> str:
    """A small coloured label: the sign stands beside the colour for those who cannot tell it."""
    mark = f'<span class="sign" aria-hidden="true">{text(sign)}</span>' if sign else ""
    return f'<span class="chip" style="background:{colour};color:{ink}">{mark}{text(label)}</span>'
