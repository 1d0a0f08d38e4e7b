"""Chinese on a machine without Chinese fonts: Noto Sans SC as web fonts, made once and served from here.

The source is the Noto Sans CJK SC face of the installed package ``mplfonts`` (SIL Open Font License 1.1). It is cut
into two files that a browser chooses between by the characters it meets: the everyday one (Latin, signs and the
3,755 level-1 characters of GB 2312) and the rest of GB 2312. `mplfonts` also ships a face that is not free: it is
never read here.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from gzeco_lib.errors import N_, FailureError

FACE = "NotoSansCJKsc-Regular.otf"
FAMILY = "Noto Sans SC"
VERSION = 3  # raise it when what is cut changes: the file names and so the caches change with it
FEATURES = ["kern", "liga", "ccmp", "locl"]
SIGNS = "–—…·‘’“”°²³±≤≥×÷µμσ‰→←↑↓↗↘○◇△▲▽▼◆●■□◎①②③④⑤⑥⑦⑧⑨⑩￥、。《》「」『』【】（）！，：；？～"
NAMES = "禺浏阈"  # level-2 characters on every page: Panyu, browser, threshold
FULL_WIDTH_MINUS = "−"  # full-width in CJK faces: left to the next family, so that it does not break columns


@dataclass(frozen=True)
class Cut:
    """One web font file: its name and the characters in it."""

    name: str
    characters: frozenset[str]

    @property
    def file(self) -> str:
        """File name with the version that browsers cache by."""
        return f"{self.name}-{VERSION}.woff2"

    @property
    def unicode_range(self) -> str:
        """The CSS ``unicode-range`` of the characters."""
        return ",".join(
            f"U+{a:X}" if a == b else f"U+{a:X}-{b:X}" for a, b in _runs(sorted(map(ord, self.characters)))
        )


def _runs(codes: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of each unbroken run in sorted ``codes``."""
    runs: list[tuple[int, int]] = []
    for code in codes:
        if runs and code == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], code)
        else:
            runs.append((code, code))
    return runs


def _gb2312(first_row: int, last_row: int) -> set[str]:
    """The characters in rows ``first_row``..``last_row`` of GB 2312 (16-55 is level 1, 56-87 is level 2)."""
    cells = (
        bytes([0xA0 + row, cell]) for row in range(first_row, last_row + 1) for cell in range(0xA1, 0xFF)
    )
    return {text for raw in cells if (text := raw.decode("gb2312", errors="ignore"))}


def cuts() -> tuple[Cut, Cut]:
    """The everyday cut and the one for rarer characters."""
    everyday = (
        _gb2312(16, 55) | {chr(c) for c in range(0x20, 0x180) if chr(c).isprintable()} | set(SIGNS + NAMES)
    )
    rare = _gb2312(1, 9) | _gb2312(56, 87)
    return (
        Cut("noto-sans-sc", frozenset(everyday - {FULL_WIDTH_MINUS})),
        Cut("noto-sans-sc-rare", frozenset(rare - everyday - {FULL_WIDTH_MINUS})),
    )


def source() -> Path:
    """The Noto face in the installed package ``mplfonts`` (found without importing it: it would patch matplotlib).

    Raises:
        FailureError: where the package or the face is missing.
    """
    spec = importlib.util.find_spec("mplfonts")
    face = Path(spec.origin or "").parent / "fonts" / FACE if spec else Path(FACE)
    if not face.is_file():
        raise FailureError(
            N_("the Chinese font is missing"), str(face), N_("install the package mplfonts again")
        )
    return face


def cache_folder() -> Path:
    """Where made files are kept between starts: ``GZECO_CACHE``, else ``gzeco`` in the user's cache folder."""
    base = os.environ.get("GZECO_CACHE")
    return Path(base) if base else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "gzeco"


def made(folder: Path | None = None) -> Path:
    """The folder that holds the web fonts; those that are missing are made (about 20 s, once a machine)."""
    folder = folder or cache_folder() / "fonts"
    folder.mkdir(parents=True, exist_ok=True)
    for cut in cuts():
        if not (folder / cut.file).is_file():
            _make(cut, folder / cut.file)
    return folder


def _make(cut: Cut, target: Path) -> None:
    """Write the characters of ``cut`` to ``target``: whole or not at all, also with a second maker at work."""
    from fontTools import subset

    options = subset.Options(
        flavor="woff2",
        hinting=False,
        layout_features=FEATURES,
        ignore_missing_unicodes=True,
        name_IDs=[0, 1, 2, 13, 14],
    )
    font = subset.load_font(str(source()), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[ord(c) for c in cut.characters])
    cutter.subset(font)
    with NamedTemporaryFile(dir=target.parent, suffix=".part", delete=False) as part:
        subset.save_font(font, part, options)
    Path(part.name).replace(target)


def css(base: str) -> str:
    """The ``@font-face`` rules for font files served under the address ``base``."""
    return "\n".join(
        f"@font-face{{font-family:'{FAMILY}';font-style:normal;font-weight:400;font-display:swap;"
        f"src:url('{base}/{cut.file}') format('woff2');unicode-range:{cut.unicode_range}}}"
        for cut in cuts()
    )
