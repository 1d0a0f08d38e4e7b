"""DataFrames to and from Parquet bytes."""

from __future__ import annotations

import io

import pandas as pd


def to_parquet(frame: pd.DataFrame) -> bytes:
    """``frame`` as Parquet bytes; the index is dropped."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def from_parquet(content: bytes) -> pd.DataFrame:
    """The DataFrame in Parquet bytes."""
    return pd.read_parquet(io.BytesIO(content))
