"""From rows to what is kept: counted, added up, small counts taken out, events without persons."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from gzeco_lib.geo.districts import CITY, NAMES
from gzeco_lib.ingest.mapping_tables import TableAdapter
from gzeco_lib.ingest.personal import holds_number, mask
from gzeco_lib.ingest.rejects import Rejects
from gzeco_lib.ingest.small_counts import KEY, protected
from gzeco_lib.ingest.table_rows import VALUE, ages_of
from gzeco_lib.lake import Lake
from gzeco_lib.lake.tables import TABLES

PLACES = 3  # decimals of a degree that are kept of where a complaint came from: about 100 m


@dataclass
class Kept:
    """Rows for the table, and how many rows of the source repeat or were added to another one."""

    frame: pd.DataFrame
    repeated: int = 0
    summed: int = 0


def kept(rows: pd.DataFrame, adapter: TableAdapter, lake: Lake, rejects: Rejects) -> Kept:
    """What of ``rows`` (see `table_rows.rows_of`) goes into the lake."""
    if adapter.table == "event":
        return _events(rows, adapter)
    table = TABLES[adapter.table]
    value = VALUE[adapter.table]
    key = list(table.key)
    rows = _filled(rows, adapter)
    if adapter.rows == "persons":
        first, repeated = _distinct_persons(rows, adapter)
        counted = _persons(first, adapter, key, value)
        return Kept(_finished(counted, adapter, lake, rejects), repeated, len(first))
    first, repeated = _distinct(rows, key, value, rejects)
    # Former districts, points and hospitals of one key add up.
    counted = _sums(first, key, value)
    summed = len(first) - len(counted)
    if adapter.table == "health" and adapter.city_total:
        counted = pd.concat([counted, _city_of_all(counted, key, value)]).drop_duplicates(
            key, ignore_index=True
        )
    return Kept(_finished(counted, adapter, lake, rejects), repeated, summed)


def _filled(rows: pd.DataFrame, adapter: TableAdapter) -> pd.DataFrame:
    """With the words that stand for "all" where the source knows no groups."""
    defaults = {
        "presence": {"group": "all"},
        "exposure": {"group": "all"},
        "health": {"age": "all", "cause": "all"},
    }
    for name, word in defaults.get(adapter.table, {}).items():
        if name not in rows:
            rows = rows.assign(**{name: word})
    return rows


def _distinct(rows: pd.DataFrame, key: list[str], value: str, rejects: Rejects) -> tuple[pd.DataFrame, int]:
    """Each report once; the same again is counted, another number for the same report is set aside."""
    same = [*key, "_id"]
    doubled = rows.duplicated(same).to_numpy()
    again = rows.duplicated([*same, value]).to_numpy()
    against = rows[doubled & ~again]
    for row in against["_row"]:
        rejects.add(int(row), "", "conflict", 1, "")
    return rows[~doubled], int((doubled & again).sum())


def _distinct_persons(rows: pd.DataFrame, adapter: TableAdapter) -> tuple[pd.DataFrame, int]:
    """Each visit once, where the adapter names what tells visits apart; two alike are two persons otherwise."""
    if not adapter.per:
        return rows, 0
    doubled = rows.duplicated([c for c in rows.columns if c not in ("_row",)]).to_numpy()
    return rows[~doubled], int(doubled.sum())


def _persons(rows: pd.DataFrame, adapter: TableAdapter, key: list[str], value: str) -> pd.DataFrame:
    """Persons counted by key: in every group of ages and cause they belong to, and in the whole city.

    Days on which the file holds anybody have a count, 0 too, for every combination the file holds at all.
    """
    if adapter.table != "health":
        return _sums(rows, key, value)
    if adapter.icd10:
        rows = rows.assign(cause=rows["cause"].astype(str).str.split(",")).explode("cause")
    everybody = rows.assign(age="all")
    if adapter.ages and "age" in rows:
        of_age = rows.assign(age=ages_of(rows["age"], adapter.ages))
        everybody = pd.concat([everybody, of_age[of_age["age"] != ""]])
    counted = _sums(everybody, key, value)
    counted = _with_city(counted, key, value)
    seen = counted[key[1:]].drop_duplicates()
    whole = counted[["time"]].drop_duplicates().merge(seen, how="cross")
    return whole.merge(counted, on=key, how="left").fillna({value: 0.0})


def _sums(rows: pd.DataFrame, key: list[str], value: str) -> pd.DataFrame:
    """The sum of ``value`` by ``key``."""
    return rows.groupby(key, sort=False)[value].sum().reset_index()


def _with_city(counted: pd.DataFrame, key: list[str], value: str) -> pd.DataFrame:
    """With the sum of the districts as the city, where the source does not give the city itself."""
    parts = counted[counted["district"].str.startswith("4401") & (counted["district"] != CITY)]
    city = _sums(parts.assign(district=CITY), key, value)
    return pd.concat([counted, city]).drop_duplicates(key, keep="first", ignore_index=True)


def _city_of_all(counted: pd.DataFrame, key: list[str], value: str) -> pd.DataFrame:
    """The city as the sum of its districts, only where every one of them has a number: less is no total."""
    parts = counted[counted["district"].isin(list(NAMES))]
    others = [name for name in key if name != "district"]
    whole = parts.groupby(others)["district"].transform("nunique") == len(NAMES)
    return _sums(parts[whole.to_numpy(dtype=bool)].assign(district=CITY), key, value)


def _finished(counted: pd.DataFrame, adapter: TableAdapter, lake: Lake, rejects: Rejects) -> pd.DataFrame:
    """In the types of the table, with small counts taken out."""
    table = TABLES[adapter.table]
    if adapter.table == "presence":
        few = counted["population"] < adapter.leave_out_below
        rejects.count("too_few", int(few.sum()))
        counted = counted[~few]
    frame = counted.assign(generated=adapter.generated, source=adapter.name)
    if adapter.table == "health":
        frame = _suppressed(frame.assign(suppressed=False), adapter, lake)
    for name, column in table.columns.items():
        if name in frame and pa.types.is_integer(column.type):
            frame[name] = pd.to_numeric(frame[name]).astype(column.type.to_pandas_dtype())
    return frame[[name for name in table.columns if name in frame]].reset_index(drop=True)


def _suppressed(frame: pd.DataFrame, adapter: TableAdapter, lake: Lake) -> pd.DataFrame:
    """With small counts, and those that would give them back, suppressed: also against what the lake holds already."""
    if frame.empty:
        return frame
    start, end = frame["time"].min(), frame["time"].max() + pd.Timedelta(microseconds=1)
    held = lake.read("health", start=start, end=end, where={"measure": sorted(frame["measure"].unique())})
    held = held[held["time"].isin(frame["time"].unique())]
    both = pd.concat([frame.assign(_new=True), held.assign(_new=False)], ignore_index=True)
    both = both.drop_duplicates(KEY, keep="first", ignore_index=True)
    safe = protected(both, adapter.suppress_below)
    # What was kept before and would now give a new small count back goes as well.
    return safe[safe["_new"] | (safe["suppressed"] != both["suppressed"])].drop(columns="_new")


def _events(rows: pd.DataFrame, adapter: TableAdapter) -> Kept:
    """Events with their texts masked and their places blurred, each once."""
    frame = rows.assign(generated=adapter.generated, source=adapter.name)
    for name in ("lon", "lat"):
        if name in frame:
            frame[name] = frame[name].astype(float).round(PLACES)
    for name in ("text", "subject"):
        if name in frame:
            frame[name] = [None if not _said(text) else mask(str(text)) for text in frame[name]]
    given = frame["event"] if "event" in frame else pd.Series("", index=frame.index)
    made = _made_ids(frame)
    frame["event"] = [
        str(name) if _said(name) and not holds_number(str(name)) and mask(str(name)) == str(name) else own
        for name, own in zip(given, made, strict=True)
    ]
    columns = [name for name in TABLES["event"].columns if name in frame]
    doubled = frame.duplicated("event").to_numpy()
    return Kept(frame.loc[~doubled, columns].reset_index(drop=True), int(doubled.sum()))


def _said(value: object) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _made_ids(frame: pd.DataFrame) -> list[str]:
    """A stable id for each event, made of what is kept of it: nothing that was masked can be guessed from it."""
    told = [name for name in ("time", "kind", "lon", "lat", "text", "subject", "source") if name in frame]
    rows = ["|".join(map(str, row)) for row in frame[told].itertuples(index=False)]
    names = [hashlib.sha256(row.encode()).hexdigest()[:16] for row in rows]
    return [f"{source}-{name}" for source, name in zip(frame["source"], names, strict=True)]
