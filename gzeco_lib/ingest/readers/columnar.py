"""Parquet files, batch by batch, only the columns that are needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gzeco_lib.ingest.problems import unreadable
from gzeco_lib.ingest.readers.chunk import ROWS, Chunk, Wanted


def read_parquet(path: Path, wanted: Wanted) -> Iterator[Chunk]:
    """Chunks of a Parquet file; types are kept as they are in the file.

    Raises:
        InputError: for a truncated or damaged file.
    """
    try:
        file = pq.ParquetFile(
            path, thrift_string_size_limit=10_000_000, thrift_container_size_limit=1_000_000
        )
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error
    with file:
        columns = wanted(file.schema_arrow.names)
        total, done = max(file.metadata.num_rows, 1), 0
        try:
            for batch in file.iter_batches(batch_size=ROWS, columns=columns, use_threads=False):
                frame = batch.to_pandas()
                rows = np.arange(done + 1, done + len(frame) + 1)
                done += len(frame)
                yield Chunk(frame, rows, done / total)
        except (pa.ArrowException, OSError) as error:
            raise unreadable(path, error) from error
