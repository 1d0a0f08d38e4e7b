"""Chinese fonts that travel with a briefing: Noto CJK (SIL Open Font License) as shipped in ``mplfonts``.

That package also ships a face that is not free; only the files named here are ever read.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from gzeco_lib.errors import N_, FailureError
from gzeco_lib.views.fonts import source

SANS = "NotoSansCJKsc-Regular.otf"
SERIF = "NotoSerifCJKsc-Regular.otf"
FAMILIES = {SANS: "Noto Sans CJK SC", SERIF: "Noto Serif CJK SC"}
FEATURES = ["kern", "liga", "locl", "ccmp", "mark", "halt", "palt", "chws", "tnum"]


def font_file(name: str = SANS) -> Path:
    """The font file ``name`` beside the face that the screens use.

    Raises:
        FailureError: where it is not there.
    """
    path = source().with_name(name)
    if not path.is_file():
        raise FailureError(
            N_("the Chinese font is missing"), str(path), N_("install the package mplfonts again")
        )
    return path


@contextmanager
def font_folder() -> Iterator[Path]:
    """A folder that holds our two fonts and nothing else, for as long as the context lasts."""
    with TemporaryDirectory(prefix="gzeco-fonts-") as folder:
        for name in FAMILIES:
            (Path(folder) / name).symlink_to(font_file(name))
        yield Path(folder)


def subset_woff2(text: str, name: str = SANS) -> bytes:
    """The font ``name`` with only the characters of ``text``, compressed for the web."""
    from fontTools import subset

    options = subset.Options(
        flavor="woff2",
        layout_features=FEATURES,
        hinting=False,
        name_IDs=[0, 1, 2, 13, 14],
        notdef_outline=True,
    )
    font = subset.load_font(str(font_file(name)), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=text)
    subsetter.subset(font)
    out = io.BytesIO()
    subset.save_font(font, out, options)
    return out.getvalue()


def data_address(font: bytes) -> str:
    """``font`` as a ``data:`` address for a style sheet."""
    return "data:font/woff2;base64," + base64.b64encode(font).decode("ascii")
