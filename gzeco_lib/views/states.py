"""Loading, empty, stale, failed, and a note: each looks designed and says what to do next."""

from __future__ import annotations

from gzeco_lib.views.markup import text

_STROKE = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
_DRAWN = {
    "loading": '<circle cx="20" cy="20" r="15" opacity=".25"/><path d="M20 5a15 15 0 0 1 15 15">'
    '<animateTransform attributeName="transform" type="rotate" from="0 20 20" to="360 20 20" dur="1.2s" '
    'repeatCount="indefinite"/></path>',
    "empty": '<path d="M6 26l6-16h16l6 16v7H6zM6 26h8l3 4h6l3-4h8"/>',
    "stale": '<circle cx="20" cy="20" r="15"/><path d="M20 11v10l7 4"/>',
    "note": '<circle cx="20" cy="20" r="15"/><path d="M20 18v10M20 12.5v.5"/>',
    "failed": '<path d="M20 6l15 27H5z"/><path d="M20 16v8M20 28.5v.5"/>',
}
ICONS = {
    kind: f'<svg class="icon" viewBox="0 0 40 40" {_STROKE}>{drawn}</svg>' for kind, drawn in _DRAWN.items()
}


def state(kind: str, headline: str, what_next: str = "", detail: str = "", slim: bool = False) -> str:
    """One of the states ``loading``, ``empty``, ``stale``, ``note``, ``failed``: what is the case, and what to do next.

    Raises:
        KeyError: for another kind.
    """
    role = "alert" if kind == "failed" else "status"
    then = f"<p>{text(what_next)}</p>" if what_next else ""
    more = f"<p><code>{text(detail)}</code></p>" if detail else ""
    form = " slim" if slim else ""
    return (
        f'<div class="state panel {kind}{form}" role="{role}">{ICONS[kind]}'
        f"<div><h2>{text(headline)}</h2>{then}{more}</div></div>"
    )
