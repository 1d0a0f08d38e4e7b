"""What is a number, what is nothing, and which decimal a 32-bit float meant."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gzeco_lib.ingest.mapping import MISSING
from gzeco_lib.ingest.numbers import read_numbers, shortest


@pytest.mark.parametrize(
    ("cell", "value", "reason"),
    [
        ("12.5", 12.5, ""),
        (" 12 ", 12.0, ""),
        ("-9999", -9999.0, ""),
        ("1e3", 1000.0, ""),
        ("１２.５", 12.5, ""),  # full width, as Chinese input methods write it
        ("", None, ""),
        ("NA", None, ""),
        ("nan", None, ""),
        ("—", None, "not_number"),
        ("1,234", None, "not_number"),
        ("<5", None, "not_number"),
        ("=1+1", None, "not_number"),
        ("5\x00", None, "not_number"),
        ("inf", None, "not_finite"),
    ],
)
def test_text_cells(cell: str, value: float | None, reason: str) -> None:
    found = read_numbers(pd.Series([cell]), MISSING)
    assert found.reason[0] == reason
    assert (None if np.isnan(found.value[0]) else found.value[0]) == value
    assert found.present[0] == (value is not None or reason != "")


@pytest.mark.parametrize("cells", [[True, False], [pd.Timestamp("2024-01-01")] * 2, ["a", {"b": 1}]])
def test_cells_that_are_no_numbers(cells: list[object]) -> None:
    assert list(read_numbers(pd.Series(cells), MISSING).reason) == ["not_number"] * 2


def test_numeric_columns_of_any_width() -> None:
    assert read_numbers(pd.Series([1, 2], dtype="int16")).value.tolist() == [1.0, 2.0]
    assert read_numbers(pd.Series([1, None], dtype="Int64")).present.tolist() == [True, False]
    assert read_numbers(pd.Series([np.inf, 1.0])).reason.tolist() == ["not_finite", ""]


@given(st.integers(-99_999, 99_999), st.integers(0, 5))
def test_the_decimal_a_float32_meant(digits: int, places: int) -> None:
    meant = digits / 10**places
    assert shortest(pd.Series([meant], dtype="float32"))[0] == meant


@given(st.floats(width=32, allow_nan=False))
def test_no_float32_changes(number: float) -> None:
    with np.errstate(over="ignore"):
        assert shortest(pd.Series([number], dtype="float32")).astype("float32")[0] == np.float32(number)
