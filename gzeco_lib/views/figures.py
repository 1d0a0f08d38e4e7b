"""Static figures for paper: SVG by matplotlib in the colours and words of the screens.

Text is drawn as outlines of Noto Sans CJK SC, so that a figure looks the same in a browser, in the PDF and on a
machine without Chinese fonts; what it says stands in its caption, its alternative text and the table beside it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from gzeco_lib.views.fonts import source
from gzeco_lib.views.theme import LIGHT, ZONE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MM = 1 / 25.4  # inches
FULL_WIDTH = 164.0  # [mm] of the text on an A4 page of the briefing
SIZE = 8.0  # [pt] of the words in a figure
SMALL = 7.0


@cache
def _family() -> str:
    """The family name of the face, registered with matplotlib by its file."""
    from matplotlib import font_manager

    path = str(source())
    font_manager.fontManager.addfont(path)
    return font_manager.FontProperties(fname=path).get_name()


def _style(salt: str) -> dict[str, Any]:
    """Settings of all figures; ``salt`` keeps the ids of figures on one page apart and the same in every run."""
    return {
        "font.family": [_family()],
        "font.size": SIZE,
        "svg.fonttype": "path",
        "svg.hashsalt": salt,
        "axes.edgecolor": LIGHT.muted,
        "axes.labelcolor": LIGHT.ink,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.unicode_minus": False,  # U+2212 is full-width in the CJK faces
        "axes.titlesize": SIZE + 0.5,
        "axes.titlelocation": "left",
        "axes.titlecolor": LIGHT.ink,
        "axes.axisbelow": True,
        "grid.color": LIGHT.grid,
        "grid.linewidth": 0.6,
        "xtick.color": LIGHT.muted,
        "ytick.color": LIGHT.muted,
        "xtick.labelcolor": LIGHT.ink,
        "ytick.labelcolor": LIGHT.ink,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "xtick.major.size": 3,
        "ytick.major.size": 3,
        "legend.frameon": False,
        "legend.fontsize": SMALL,
        "lines.linewidth": 1.3,
        "text.color": LIGHT.ink,
        "text.parse_math": False,  # a $ in a name from data is a $
        "mathtext.default": "regular",
        "image.interpolation": "nearest",
    }


class Drawing:
    """A figure under way: `figure` to draw on, `svg` when it is done."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.svg = ""


@contextmanager
def drawing(name: str, height: float, width: float = FULL_WIDTH) -> Iterator[Drawing]:
    """A new figure of ``width`` x ``height`` [mm]; when the block ends its `svg` is there."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(cast(Any, _style(name))):
        figure = Figure(figsize=(width * MM, height * MM), facecolor="none")
        FigureCanvasSVG(figure)
        sheet = Drawing(figure)
        yield sheet
        sheet.svg = _svg(figure, name)


def _svg(figure: Figure, name: str) -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg", dpi=250, facecolor="none", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    # Ids such as "axes_1" repeat from figure to figure; on one page they must differ.
    text = re.sub(r'(\bid="|xlink:href="#|url\(#)', rf"\g<1>{name}-", text)
    return re.sub(r">\s+<", "><", text)


def subscripted(formula: str) -> str:
    """PM2.5 and the like with its digits as subscripts, for texts drawn with ``parse_math=True``."""
    return re.sub(r"(?<=[A-Za-z])(\d[\d.]*)", r"$_{\1}$", formula.replace("$", ""))


def local(times: Any) -> pd.DatetimeIndex:
    """``times`` (UTC) as local wall-clock times without zone, for an axis."""
    index = pd.DatetimeIndex(pd.to_datetime(times, utc=True))
    return index.tz_convert(ZONE).tz_localize(None)


def hours_axis(axes: Axes, every: int = 3) -> None:
    """A time axis that names hours, and the date under midnight and the first hour."""
    from matplotlib.dates import DateFormatter, DayLocator, HourLocator

    axes.xaxis.set_major_locator(DayLocator())
    axes.xaxis.set_major_formatter(DateFormatter("00\n%m-%d"))
    axes.xaxis.set_minor_locator(HourLocator(byhour=range(every, 24, every)))
    axes.xaxis.set_minor_formatter(DateFormatter("%H"))
    axes.tick_params(axis="x", which="minor", labelsize=SMALL, length=2, width=0.5)
    axes.tick_params(axis="x", which="major", labelsize=SMALL)
