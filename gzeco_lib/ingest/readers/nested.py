"""JSON files: a list of records, where it stands in the document, nested records made flat."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, near
from gzeco_lib.ingest.encoding import encoding_of
from gzeco_lib.ingest.mapping_tables import Adapter
from gzeco_lib.ingest.problems import refused, unreadable
from gzeco_lib.ingest.readers.chunk import ROWS, Chunk, Wanted

MAX_BYTES = 256 << 20
MAX_DEPTH = 5


def read_json(path: Path, adapter: Adapter, wanted: Wanted) -> Iterator[Chunk]:
    """Chunks of the records at the adapter's ``records`` path; a nested field is named ``outer.inner``.

    Raises:
        InputError: for a document that is too large, too deep, not JSON, or without a list there.
    """
    records = _list_at(_document(path, adapter), adapter.records, path)
    flat = [flattened(record) if isinstance(record, dict) else {} for record in records]
    header = list(dict.fromkeys(key for record in flat for key in record))
    columns = wanted(header)
    for start in range(0, len(flat), ROWS):
        part = flat[start : start + ROWS]
        frame = pd.DataFrame({name: pd.Series([r.get(name) for r in part], dtype=object) for name in columns})
        rows = np.arange(start + 1, start + len(part) + 1)
        yield Chunk(frame, rows, (start + len(part)) / len(flat))


def _document(path: Path, adapter: Adapter) -> Any:
    with path.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
    with gzip.open(path) if zipped else path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise refused(
                N_("the file is too large to be read whole: over {limit} bytes"),
                path,
                N_("split it, or give it as CSV or Parquet"),
                limit=MAX_BYTES,
            )
        encoding = encoding_of(cast(BinaryIO, file), path, adapter.encoding)
    try:
        return json.loads(content.decode(encoding))
    except (ValueError, RecursionError) as error:
        raise unreadable(path, error) from error


def _list_at(document: Any, records: str, path: Path) -> list[Any]:
    """The list that stands at ``records``, keys and list positions joined by dots."""
    found = document
    for key in records.split(".") if records else ():
        if isinstance(found, dict) and key in found:
            found = found[key]
        elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        else:
            known = list(found) if isinstance(found, dict) else ["0"]
            raise refused(
                N_("no {key} in the document"),
                f"{path}: {records}",
                N_("name one of: {near}"),
                key=key,
                near=near(key, known)[:200],
            )
    if isinstance(found, dict):
        found = _from_columns(found)
    if not isinstance(found, list) or not found:
        raise refused(
            N_("no list of records there"),
            f"{path}: {records}",
            N_("say with records where the list stands, keys joined by dots, e.g. data.items"),
        )
    return found


def _from_columns(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Records of a document that holds its columns as lists of one length, else none."""
    columns = {name: cells for name, cells in found.items() if isinstance(cells, list)}
    if len({len(cells) for cells in columns.values()}) != 1:
        return []
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def flattened(record: dict[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """``record`` with nested objects as ``outer.inner``; what is deeper than five levels stays as text."""
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict) and depth < MAX_DEPTH:
            flat |= flattened(value, f"{prefix}{key}.", depth + 1)
        elif isinstance(value, dict | list):
            flat[prefix + key] = json.dumps(value, ensure_ascii=False)[:1_000]
        else:
            flat[prefix + key] = value
    return flat
