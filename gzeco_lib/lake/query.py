"""Reading: DuckDB over the Parquet files of each table's current version, and nothing else within reach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from gzeco_lib.errors import N_, InputError
from gzeco_lib.lake import delta
from gzeco_lib.lake.store import Store
from gzeco_lib.lake.tables import TABLES, Table

TYPES = {
    pa.string(): "VARCHAR",
    pa.float64(): "DOUBLE",
    pa.int64(): "BIGINT",
    pa.int16(): "SMALLINT",
    pa.bool_(): "BOOLEAN",
    pa.timestamp("us", tz="UTC"): "TIMESTAMPTZ",
}


def connect(store: Store, tables: Iterable[Table]) -> duckdb.DuckDBPyConnection:
    """A connection in which each table of ``tables`` is a view and no file outside the lake can be opened."""
    connection = duckdb.connect()
    if not store.local:
        connection.register_filesystem(store.fs)
    # TIMESTAMPTZ comes back in the session's zone, and the lake speaks UTC.
    connection.execute("SET python_enable_replacements = false")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET allowed_directories = [{_quoted(store.uri('tables') + '/')}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    for table in tables:
        connection.execute(f"CREATE VIEW {table.name} AS {_current(store, table)}")
    return connection


def _current(store: Store, table: Table) -> str:
    """The SELECT that gives the current version of ``table``, typed even while it is empty."""
    found = delta.opened(store, table)
    files = [] if found is None else found.file_uris()
    if files:
        listed = ", ".join(_quoted(uri.removeprefix("file://")) for uri in files)
        options = (
            ", hive_partitioning = true, hive_types = {'month': VARCHAR}" if table.partition_time else ""
        )
        return f"SELECT {', '.join(_names(table))} FROM read_parquet([{listed}]{options})"  # noqa: S608
    columns = (f"NULL::{TYPES[field.type]} AS {_name(field.name)}" for field in table.schema)
    return f"SELECT {', '.join(columns)} WHERE false"


def _names(table: Table) -> list[str]:
    return [_name(field.name) for field in table.schema]


def _name(name: str) -> str:
    return f'"{name}"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def read(
    store: Store,
    table: Table,
    columns: Sequence[str] | None,
    start: pd.Timestamp | None,
    end: pd.Timestamp | None,
    where: Mapping[str, Any],
) -> pa.Table:
    """Rows of ``table`` in the half-open window [start, end) where columns equal (or are among) ``where``."""
    wanted = list(columns or table.columns)
    for name in (*wanted, *where):
        if name not in table.columns:
            raise InputError(
                N_("the table {table} has no column {column}"),
                "lake",
                N_("it has: {known}"),
                table=table.name,
                column=name,
                known=", ".join(table.columns),
            )
    conditions, values = _conditions(table, start, end, where)
    sql = f"SELECT {', '.join(_name(name) for name in wanted)} FROM {table.name}"  # noqa: S608 (checked names)
    if conditions:
        sql += " WHERE " + " AND ".join(conditions)
    with connect(store, [table]) as connection:
        return connection.sql(sql, params=values).to_arrow_table()


def _conditions(
    table: Table, start: pd.Timestamp | None, end: pd.Timestamp | None, where: Mapping[str, Any]
) -> tuple[list[str], list[Any]]:
    conditions, values = [], []
    for name, value in where.items():
        several = not isinstance(value, str) and isinstance(value, Sequence | set | frozenset)
        conditions.append(f"{_name(name)} IN (SELECT unnest(?))" if several else f"{_name(name)} = ?")
        values.append(list(value) if several else value)
    if table.partition_time:
        for bound, sign, month_sign in ((start, ">=", ">="), (end, "<", "<=")):
            if bound is not None:
                utc = bound.tz_convert("UTC")
                conditions += [f"{_name(table.partition_time)} {sign} ?", f"month {month_sign} ?"]
                values += [utc.to_pydatetime(warn=False), f"{utc:%Y-%m}"]
    return conditions, values


def query(store: Store, sql: str, parameters: dict[str, Any]) -> pd.DataFrame:
    """The answer to one SELECT over the tables by name; ``$name`` in it stands for a parameter.

    Raises:
        InputError: for anything but one SELECT, and for SQL that DuckDB refuses.
    """
    with connect(store, TABLES.values()) as connection:
        try:
            statements = connection.extract_statements(sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise InputError(N_("only one SELECT is allowed"), "sql", N_("write a single SELECT"))
            return connection.sql(sql, params=parameters or None).df()
        except duckdb.Error as error:
            raise InputError(
                N_("the query is not possible: {reason}"),
                "sql",
                N_("mend the SQL"),
                reason=str(error).splitlines()[0],
            ) from error
