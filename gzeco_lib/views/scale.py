"""How a layer's values become colours, and the legend that says so."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gzeco_lib.views import theme
from gzeco_lib.views.markup import text


@dataclass(frozen=True)
class Scale:
    """How a layer's values become colours.

    Attributes:
        title: what the colours say, with its unit in `unit`.
        colours: from low to high; for ``classes`` one colour a class.
        low, high: values at both ends (classes: numbers of the first and the last class).
        classes: names of the classes, empty for a continuous scale.
        decimals: of the figures in the legend and on hover.
    """

    title: str
    unit: str
    colours: tuple[str, ...]
    low: float
    high: float
    classes: tuple[str, ...] = field(default_factory=tuple)
    decimals: int = 0

    def colour(self, value: float) -> str:
        """The colour of ``value``; neutral where it is missing."""
        if value is None or not np.isfinite(value):
            return theme.MISSING
        if self.classes:
            return self.colours[int(np.clip(value - self.low, 0, len(self.colours) - 1))]
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.colours[int(np.clip(share * len(self.colours), 0, len(self.colours) - 1))]


def legend(scale: Scale, missing: str, hatched: bool = False) -> str:
    """The legend of ``scale`` as HTML: classes with their names, or a ramp with figures and unit.

    Args:
        missing: what a place without a value is called.
        hatched: whether such a place is hatched on the map.
    """
    title = f'<span class="title">{text(scale.title)}{f" [{text(scale.unit)}]" if scale.unit else ""}</span>'
    look = "class='hatched'" if hatched else f'style="background:{theme.MISSING}"'
    none = f'<span class="step"><i {look}></i>{text(missing)}</span>'
    if scale.classes:
        steps = "".join(
            f'<span class="step"><i style="background:{c}"></i>{text(n)}</span>'
            for c, n in zip(scale.colours, scale.classes, strict=True)
        )
        return f'<div class="legend">{title}<span class="steps">{steps}{none}</span></div>'
    stops = ",".join(
        f"{c} {100 * i / len(scale.colours):.1f}% {100 * (i + 1) / len(scale.colours):.1f}%"
        for i, c in enumerate(scale.colours)
    )
    ticks = "".join(
        f"<span>{theme.number(v, scale.decimals)}</span>" for v in np.linspace(scale.low, scale.high, 4)
    )
    return (
        f'<div class="legend">{title}<span class="ramp">'
        f'<div class="bar" style="background:linear-gradient(90deg,{stops})">'
        f'</div><div class="ticks">{ticks}</div></span>{none}</div>'
    )
