"""Tables of things (sites, enterprises, places): one row of the source is one row of the table."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from gzeco_lib.errors import N_, near
from gzeco_lib.geo.districts import area_of
from gzeco_lib.ingest.mapping import RecordAdapter
from gzeco_lib.ingest.numbers import read_numbers
from gzeco_lib.ingest.observations import missing_column
from gzeco_lib.ingest.places import to_wgs84, with_district
from gzeco_lib.ingest.problems import refused
from gzeco_lib.ingest.readers import Chunk, read_chunks
from gzeco_lib.ingest.rejects import Rejects
from gzeco_lib.ingest.times import as_text
from gzeco_lib.lake import Lake
from gzeco_lib.lake.tables import TABLES, Column, Table


def check_records(adapter: RecordAdapter, place: str) -> None:
    """Refuse an adapter that names a column the table does not have, or leaves out one it needs.

    Raises:
        InputError: naming the column and the near one.
    """
    table = TABLES[adapter.table]
    ours = {"generated", "source"}
    for key in ("columns", "map", "fixed"):
        named = adapter.columns.values() if key == "columns" else getattr(adapter, key)
        for name in named:
            if name not in table.columns or name in ours:
                raise refused(
                    N_("the table {table} has no column {column} to fill"),
                    f"{place}: {key}",
                    N_("name one of: {near}"),
                    table=table.name,
                    column=name,
                    near=near(name, set(table.columns) - ours),
                )
    made = {"kind"} if adapter.table == "site" else {"place"} if adapter.table == "place" else set()
    filled = {*adapter.columns.values(), *adapter.fixed, *ours, *made}
    lacking = [name for name, column in table.columns.items() if column.required and name not in filled]
    if lacking:
        raise refused(
            N_("the adapter leaves the column {column} of the table {table} empty"),
            f"{place}: columns",
            N_("name the source column for it, or give it under fixed"),
            column=lacking[0],
            table=table.name,
        )


def read_records(
    path: Path, adapter: RecordAdapter, rejects: Rejects, progress: Callable[[float], None]
) -> tuple[pd.DataFrame, int, int]:
    """Rows for the table, how many rows the file has, and how many repeat another.

    Raises:
        InputError: for a file that cannot be read or lacks a column.
    """

    def wanted(header: list[str]) -> list[str]:
        for name in adapter.columns:
            if name not in header:
                raise missing_column(path, name, header)
        return list(adapter.columns)

    table, parts, read = TABLES[adapter.table], [], 0
    for chunk in read_chunks(path, adapter, wanted):
        for row in chunk.malformed:
            rejects.add(row.row, "", "malformed", 1, row.raw)
        filled = np.array((chunk.frame.astype("string").fillna("") != "").any(axis=1), dtype=bool)
        kept = Chunk(chunk.frame[filled].reset_index(drop=True), chunk.rows[filled], chunk.done)
        read += len(kept.frame) + len(chunk.malformed)
        if len(kept.frame):
            parts.append(_typed(kept, adapter, table, rejects))
        progress(chunk.done)
    if not parts:
        return pd.DataFrame(), read, 0
    whole = pd.concat(parts, ignore_index=True)
    first, repeated = _distinct(whole, table, rejects)
    return _placed(first, adapter, table, str(path)), read, repeated


def _typed(chunk: Chunk, adapter: RecordAdapter, table: Table, rejects: Rejects) -> pd.DataFrame:
    """Rows in the types of the table; a row that cannot be is set aside whole."""
    reason = np.full(len(chunk.frame), "", dtype=object)
    data: dict[str, pd.Series] = {}
    for source, name in adapter.columns.items():
        values, wrong = _cells(chunk.frame[source], table.columns[name], adapter, name)
        data[name] = values
        reason = np.where(reason == "", wrong, reason)
    for name, fixed in adapter.fixed.items():
        data[name] = pd.Series([fixed] * len(reason))
    if adapter.table == "site" and "kind" not in data:
        data["kind"] = pd.Series([adapter.kind] * len(reason))
    if adapter.table == "place" and "place" not in data:
        data["place"] = _place_ids(data, len(reason))
    for name, limit in (("lon", 180), ("lat", 90)):
        if name in data:
            off = (pd.to_numeric(data[name]).abs() > limit).to_numpy()
            reason = np.where((reason == "") & off, "place_wrong", reason)
    rejects.add_rows(chunk.frame, chunk.rows, reason, np.ones(len(reason), dtype=np.int64))
    frame = pd.DataFrame(data).assign(row=chunk.rows)
    return frame[reason == ""]


def _cells(
    cells: pd.Series, column: Column, adapter: RecordAdapter, name: str
) -> tuple[pd.Series, np.ndarray]:
    """One column in the table's type, and a reason where a cell is not of it."""
    text = as_text(cells)
    text = text.mask(text.str.casefold().isin([word.casefold() for word in adapter.missing]), "")
    if name in adapter.map:
        text = text.map(lambda word: adapter.map[name].get(word, word)).astype("string")
    reason = np.full(len(cells), "", dtype=object)
    if name == "district":
        text, unknown = _districts(text)
        reason[unknown] = "district_unknown"
    absent = (text == "").to_numpy()
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        numbers = read_numbers(text)
        values = pd.Series(numbers.value)
        reason = numbers.reason
        if pa.types.is_integer(column.type):
            reason[(values % 1 != 0).to_numpy() & ~np.isnan(numbers.value)] = "field_wrong"
            values = values.where(pd.Series(reason == "")).astype("Int64")
    else:
        values = text.where(~absent, None).astype(object)
        if column.values:
            reason[~absent & ~text.isin(column.values).to_numpy()] = "field_wrong"
    if column.required:
        reason[absent] = "field_missing"
    return values, reason


def _districts(text: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Codes of districts given by code, present or former name, and which of them nobody knows."""
    areas = {found: area_of(found) for found in text.unique()}
    codes = text.map(lambda found: areas[found].code if found else "").astype("string")
    return codes, ((codes == "") & (text != "")).to_numpy(dtype=bool)


def _place_ids(data: dict[str, pd.Series], n: int) -> pd.Series:
    """A stable id for each place of a list that has none: made of its kind, name and rounded place."""
    told = [data[name].astype(str) for name in ("kind", "name_zh") if name in data]
    told += [pd.to_numeric(data[name]).round(2).astype(str) for name in ("lon", "lat") if name in data]
    rows = pd.concat(told, axis=1).agg("|".join, axis=1) if n else pd.Series(dtype=str)
    return rows.map(lambda row: f"P-{hashlib.sha256(row.encode()).hexdigest()[:16]}")


def _distinct(frame: pd.DataFrame, table: Table, rejects: Rejects) -> tuple[pd.DataFrame, int]:
    """Each key once; rows that say the same again are counted, rows that say otherwise are set aside."""
    key = list(table.key)
    doubled = frame.duplicated(key).to_numpy()
    again = frame.duplicated([name for name in frame.columns if name != "row"]).to_numpy()
    against = frame[doubled & ~again].reset_index(drop=True)
    reason = np.full(len(against), "conflict", dtype=object)
    rejects.add_rows(
        against.drop(columns="row"), against["row"].to_numpy(), reason, np.ones(len(against), dtype=np.int64)
    )
    return frame[~doubled].drop(columns="row").reset_index(drop=True), int((doubled & again).sum())


def _placed(frame: pd.DataFrame, adapter: RecordAdapter, table: Table, place: str) -> pd.DataFrame:
    """The rows with WGS-84 coordinates, district, and where they came from."""
    frame = frame.assign(generated=adapter.generated, source=adapter.name)
    if "lon" in frame and "lat" in frame:
        frame = with_district(to_wgs84(frame, np.full(len(frame), adapter.datum), place))
    return frame[[name for name in table.columns if name in frame]]


def keeping(frame: pd.DataFrame, table: Table, lake: Lake) -> pd.DataFrame:
    """``frame`` with what the lake knows of the same things where the source says nothing.

    A list without English names must not wipe out those that another list brought.
    """
    silent = [
        name
        for name, column in table.columns.items()
        if not column.required and (name not in frame or frame[name].isna().any())
    ]
    known = lake.read(table.name, columns=[*table.key, *silent]) if silent else pd.DataFrame()
    if known.empty:
        return frame
    known = frame[list(table.key)].merge(known, on=list(table.key), how="left")
    for name in silent:
        held = pd.Series(known[name].to_numpy(), index=frame.index)
        frame = frame.assign(
            **{name: frame[name].where(frame[name].notna(), held) if name in frame else held}
        )
    return frame
