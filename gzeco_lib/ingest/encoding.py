"""Which encoding a text file is in: by its mark, else UTF-8 where all of it is, else GB 18030 where all of it is."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from gzeco_lib.errors import N_
from gzeco_lib.ingest.problems import refused

BLOCK = 1 << 20
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def blocks(file: BinaryIO) -> Iterator[bytes]:
    """The content in blocks, from the start."""
    file.seek(0)
    while block := file.read(BLOCK):
        yield block


def decodes(file: BinaryIO, encoding: str) -> bool:
    """Whether the whole content is valid in ``encoding``; memory does not grow with the file."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in blocks(file):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def encoding_of(file: BinaryIO, path: Path, told: str = "auto") -> str:
    """The encoding of ``file``: the one the adapter told, where it fits, or the one found.

    GB 18030 holds GBK and GB 2312, in which Chinese spreadsheets save their CSV.

    Raises:
        InputError: for an unknown encoding, or content that is valid in none.
    """
    if told != "auto":
        return _told(file, path, told)
    file.seek(0)
    start = file.read(4)
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return encoding
    found = next((encoding for encoding in ("utf-8", "gb18030") if decodes(file, encoding)), None)
    if found is None:
        raise refused(
            N_("the text is neither UTF-8 nor GB 18030"),
            path,
            N_("name its encoding in the adapter, or save it as UTF-8"),
        )
    return found


def _told(file: BinaryIO, path: Path, told: str) -> str:
    try:
        info = codecs.lookup(told)
    except LookupError as error:
        raise refused(
            N_("unknown encoding {encoding}"), path, N_("use auto, utf-8, gbk or utf-16"), encoding=told
        ) from error
    # Codecs such as zip and rot13 turn bytes into bytes or text into text: not what a file is written in.
    if not info._is_text_encoding or not decodes(file, info.name):
        raise refused(
            N_("the text is not valid {encoding}"),
            path,
            N_("leave the adapter's encoding at auto, or name the right one"),
            encoding=told,
        )
    return info.name
