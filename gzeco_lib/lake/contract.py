"""A batch checked against its table's contract before anything is written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.lake.tables import TABLES, Column, Table


def table_named(name: str) -> Table:
    """The contract of the table ``name``.

    Raises:
        InputError: for a table the lake does not know.
    """
    if name not in TABLES:
        raise InputError(
            N_("the lake knows no table {table}"),
            "lake",
            N_("did you mean: {near}?"),
            table=name,
            near=near(name, TABLES),
        )
    return TABLES[name]


def conform(frame: pd.DataFrame, table: Table) -> pa.Table:
    """``frame`` as an Arrow table that keeps ``table``'s contract, with its month partition.

    Raises:
        InputError: naming the column, the first rows and what was expected.
    """
    unknown = [str(c) for c in frame.columns if c not in table.columns]
    if unknown:
        raise _broken(
            table,
            unknown[0],
            N_("column {column} is not a column of the table {table}"),
            near(unknown[0], table.columns),
        )
    arrays = {name: _column(frame, name, column, table) for name, column in table.columns.items()}
    _check_key(frame, table)
    if table.partition_time:
        times = pd.DatetimeIndex(frame[table.partition_time])
        # strftime formats each value; formatting the distinct months alone is two hundred times quicker.
        codes, months = pd.factorize(times.year * 12 + times.month - 1)
        labels = np.array([f"{m // 12:04d}-{m % 12 + 1:02d}" for m in months], dtype=object)
        arrays["month"] = pa.array(labels[codes] if len(codes) else [], pa.string())
    return pa.table(list(arrays.values()), schema=table.schema)


def _column(frame: pd.DataFrame, name: str, column: Column, table: Table) -> pa.Array:
    """The Arrow array of one column, checked."""
    if name not in frame.columns:
        if column.required:
            raise _broken(
                table, name, N_("column {column} of the table {table} is missing"), str(column.type)
            )
        return pa.nulls(len(frame), column.type)
    series = frame[name]
    if column.required and series.isna().any():
        raise _broken(
            table,
            name,
            N_("column {column} of the table {table} is empty in some rows"),
            str(column.type),
            _rows(series.isna()),
        )
    if pa.types.is_timestamp(column.type):
        if not isinstance(series.dtype, pd.DatetimeTZDtype):
            raise _broken(table, name, N_("column {column} of the table {table} has no time zone"), "UTC")
        series = series.dt.tz_convert("UTC")
    if pa.types.is_floating(column.type) and pd.api.types.is_float_dtype(series.dtype):
        infinite = np.isinf(series.to_numpy(dtype=float, na_value=np.nan))
        if infinite.any():
            raise _broken(
                table,
                name,
                N_("column {column} of the table {table} is infinite in some rows"),
                str(column.type),
                _rows(pd.Series(infinite)),
            )
    if column.values:
        wrong = ~series.isin(column.values) & series.notna()
        if wrong.any():
            raise _broken(
                table,
                name,
                N_("column {column} of the table {table} holds words it may not"),
                " | ".join(column.values),
                _rows(wrong),
            )
    try:
        return pa.array(series, type=column.type, from_pandas=True, safe=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise _broken(
            table, name, N_("column {column} of the table {table} has the wrong type"), str(column.type)
        ) from error


def _check_key(frame: pd.DataFrame, table: Table) -> None:
    doubled = frame.duplicated(list(table.key))
    if doubled.any():
        raise _broken(
            table,
            ", ".join(table.key),
            N_("the key {column} of the table {table} occurs twice in the batch"),
            "",
            _rows(doubled),
        )


def _rows(wrong: pd.Series) -> str:
    """The first few row numbers where ``wrong`` holds."""
    at = np.flatnonzero(wrong.to_numpy())
    return ", ".join(str(i) for i in at[:5]) + (" …" if len(at) > 5 else "")


def _broken(table: Table, column: str, sentence: str, expected: str, rows: str = "") -> InputError:
    """The error for one broken column."""
    where = N_("rows {rows} of the batch") if rows else "{table}"
    fix = N_("expected: {expected}") if expected else N_("send each row once")
    return InputError(sentence, where, fix, table=table.name, column=column, rows=rows, expected=expected)
