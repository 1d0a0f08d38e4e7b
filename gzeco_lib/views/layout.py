"""How things stand on a page: panes with our styles, columns, cards, two items side by side, lines of controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import panel as pn

from gzeco_lib.views.components import Choice
from gzeco_lib.views.markup import style, text

GAP = 14


def html(content: str, *, sheets: Sequence[str] = ("parts",), **params: Any) -> pn.pane.HTML:
    """A pane for our own markup with our stylesheets; ``content`` must be escaped already."""
    params.setdefault("sizing_mode", "stretch_width")
    params.setdefault("margin", 0)
    return pn.pane.HTML(content, stylesheets=[style(name) for name in sheets], **params)


def hidden() -> pn.pane.HTML:
    """An empty pane that takes no room until `show` gives it something."""
    return html("", styles={"display": "none"})


def show(pane: pn.pane.HTML, markup: str) -> None:
    """Show ``markup`` in ``pane``; with "" it takes no room. (Its ``visible`` must not change: a pane that was
    never drawn fails in the browser when its text changes.)"""
    pane.param.update(object=markup, styles={"display": "block" if markup else "none"})


def column(*items: Any, gap: int = GAP, padding: str = "0", **params: Any) -> pn.Column:
    """Items under each other with an even gap."""
    sheet = f":host {{ gap: {gap}px; min-width: 0; padding: {padding}; box-sizing: border-box; }}"
    return pn.Column(*items, sizing_mode="stretch_width", margin=0, stylesheets=[sheet], **params)


def surface(*items: Any, gap: int = 10, **params: Any) -> pn.Column:
    """Items on a card."""
    sheet = (
        f":host {{ gap: {gap}px; min-width: 0; padding: 14px 16px; overflow-x: clip; "
        "border: 1px solid var(--gz-line); border-radius: 10px; "
        "background: var(--panel-surface-color); box-sizing: border-box; }"
    )
    return pn.Column(*items, sizing_mode="stretch_width", margin=0, stylesheets=[sheet], **params)


def beside(left: Any, right: Any, widths: tuple[int, int] = (3, 2), below: int = 900) -> pn.Column:
    """Two items side by side in the given proportion; under each other on a window narrower than ``below`` [px]."""
    sheet = (
        f":host {{ display: grid !important; gap: 0 {GAP}px; align-items: stretch; "
        f"grid-template-columns: minmax(0, {widths[0]}fr) minmax(0, {widths[1]}fr); }}"
        f"@media (max-width: {below}px) {{ :host {{ grid-template-columns: minmax(0, 1fr); row-gap: {GAP}px; }} }}"
        "[class*=Column] { align-self: stretch !important; height: auto !important; }"
    )
    return pn.Column(left, right, sizing_mode="stretch_width", margin=0, stylesheets=[sheet])


def toolbar(*items: Any) -> pn.Row:
    """Controls in one line that wraps."""
    sheet = ":host { flex-wrap: wrap !important; gap: 8px 14px; align-items: center; min-width: 0; }"
    return pn.Row(*items, sizing_mode="stretch_width", margin=0, stylesheets=[sheet])


def choice(label: str, options: Mapping[str, str], value: str) -> Choice:
    """One of a few as a line of buttons; ``options`` are labels by key."""
    return Choice(label=label, options=[list(pair) for pair in options.items()], value=value, margin=0)


def heading(title: str, sub: str = "") -> pn.pane.HTML:
    """The heading of a section."""
    return html(heading_markup(title, sub))


def heading_markup(title: str, sub: str = "") -> str:
    """The markup of a section's heading."""
    return f'<div class="heading"><h2>{text(title)}</h2><span class="sub">{text(sub)}</span></div>'
