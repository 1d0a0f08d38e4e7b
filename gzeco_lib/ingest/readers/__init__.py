"""Readers: a file in, chunks of rows out, each row with its number in the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gzeco_lib.errors import N_
from gzeco_lib.ingest.mapping_tables import Adapter
from gzeco_lib.ingest.problems import refused, unreadable
from gzeco_lib.ingest.readers.chunk import Chunk, Malformed, Wanted

__all__ = ["Chunk", "Malformed", "Wanted", "format_of", "read_chunks"]

SUFFIXES = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".json": "json",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
}


def format_of(path: Path, adapter: Adapter) -> str:
    """The format of ``path``: what the adapter says, or what the suffix says.

    Raises:
        InputError: for a suffix nobody reads.
    """
    if adapter.format:
        return adapter.format
    suffix = Path(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix
    found = SUFFIXES.get(suffix.lower())
    if found is None:
        raise refused(
            N_("no reader for files named *{suffix}"),
            path,
            N_("files may be .csv, .csv.gz, .parquet, .json or .xlsx; or name the format in the adapter"),
            suffix=suffix,
        )
    return found


def check_path(path: Path) -> None:
    """Refuse what cannot be a source file.

    Raises:
        InputError: for a path that is not there, is a folder, or is empty.
    """
    if not path.exists():
        raise refused(N_("no such file: {path}"), path, N_("check the path"), path=str(path))
    if not path.is_file():
        raise refused(N_("not a file: {path}"), path, N_("name files, e.g. folder/*.csv"), path=str(path))
    if path.stat().st_size == 0:
        raise refused(N_("the file is empty"), path, N_("fetch it again; nothing was stored from it"))


def read_chunks(path: Path, adapter: Adapter, wanted: Wanted) -> Iterator[Chunk]:
    """The rows of ``path`` in chunks, with the columns that ``wanted`` picks from its header.

    Raises:
        InputError: for a file that is not there, not readable, too large, or without a column that is needed.
    """
    check_path(path)
    kind = format_of(path, adapter)
    try:
        if kind == "csv":
            from gzeco_lib.ingest.readers.delimited import read_csv

            yield from read_csv(path, adapter, wanted)
        elif kind == "parquet":
            from gzeco_lib.ingest.readers.columnar import read_parquet

            yield from read_parquet(path, wanted)
        elif kind == "json":
            from gzeco_lib.ingest.readers.nested import read_json

            yield from read_json(path, adapter, wanted)
        else:
            from gzeco_lib.ingest.readers.sheet import read_xlsx

            yield from read_xlsx(path, adapter, wanted)
    except PermissionError:
        raise
    except (EOFError, UnicodeError) as error:
        raise unreadable(path, error) from error
