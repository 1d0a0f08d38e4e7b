"""Rows of a source to rows of a table of counts, figures or events; what cannot be one is set aside with its reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from gzeco_lib.errors import N_, near
from gzeco_lib.geo.districts import area_of
from gzeco_lib.ingest.causes import causes_of
from gzeco_lib.ingest.mapping_tables import GRIDDED, TableAdapter
from gzeco_lib.ingest.numbers import read_numbers
from gzeco_lib.ingest.personal import mask, personal_column
from gzeco_lib.ingest.places import to_wgs84
from gzeco_lib.ingest.problems import refused
from gzeco_lib.ingest.readers import Chunk
from gzeco_lib.ingest.rejects import Rejects
from gzeco_lib.ingest.small_counts import span_of
from gzeco_lib.ingest.table_words import allowed
from gzeco_lib.ingest.times import as_text, read_times
from gzeco_lib.lake.tables import TABLES

VALUE = {
    "presence": "population",
    "health": "count",
    "demography": "value",
    "cell": "value",
    "exposure": "population",
}
MOST = {
    "presence": 1e6,
    "health": 1e6,
    "demography": 1e9,
    "cell": 1e9,
    "exposure": 1e6,
}  # beyond it is no such number
LENGTH = {"presence": "PT1H", "health": "P1D", "event": "PT1M"}


@dataclass
class Rows:
    """What reading a file notices besides the rows: districts that are gone, and those nobody knows."""

    adapter: TableAdapter
    path: Path
    former: Counter[tuple[str, str]] = field(default_factory=Counter)  # (as found, code now): rows
    unknown: Counter[str] = field(default_factory=Counter)  # as found: rows

    def wanted(self, header: list[str]) -> list[str]:
        """Columns to read.

        Raises:
            InputError: for a column that is missing, and for one of persons that the adapter does not say to drop.
        """
        adapter = self.adapter
        times = [
            *(adapter.time.sources if adapter.time else []),
            *(adapter.end.sources if adapter.end else []),
        ]
        wide = list(adapter.wide.columns) if adapter.wide else []
        if adapter.wide and adapter.wide.optional:
            wide = [name for name in wide if name in header]
        needed = [*times, *adapter.columns, *wide, *adapter.per, *adapter.text]
        for name in needed:
            if name not in header:
                raise self._missing(name, header)
        self._refuse_persons(header, [*times, *adapter.columns, *wide])
        return list(dict.fromkeys(needed))

    def _missing(self, name: str, header: list[str]) -> Exception:
        safe = [h for h in header if not personal_column(h) and mask(h) == h and len(h) <= 40]
        close = near(name, safe) if safe else ""
        # A header without a near name is not shown whole: where counts stand, a header may hold anything.
        return refused(
            N_("no column {column}"), self.path,
            N_("the file has: {near}; correct the adapter or name the right one"),
            column=name, near=close if close in safe or not self.adapter.counts_people else "…",
        )  # fmt: skip

    def _refuse_persons(self, header: list[str], read: list[str]) -> None:
        """Nothing personal is mapped; where people are counted, the file may only hold what is dropped on purpose."""
        adapter = self.adapter
        for name in header:
            personal = personal_column(name) and name not in adapter.per
            dropped = any(fnmatch(name, pattern) for pattern in adapter.drop)
            if personal and (name in read or (adapter.counts_people and not dropped)):
                raise refused(
                    N_("the column {column} holds data of persons"), self.path,
                    N_("name it under drop: it is then not read; or send counts instead of persons"),
                    column=name if name in read else mask(name)[:40],
                )  # fmt: skip


def rows_of(chunk: Chunk, rows: Rows, now: pd.Timestamp, rejects: Rejects) -> pd.DataFrame:
    """Rows of the table from one chunk: columns of the table, `_id` (what makes a row the same row) and `_row`."""
    adapter, frame = rows.adapter, chunk.frame.reset_index(drop=True)
    for bad in chunk.malformed:
        rejects.add(bad.row, "", "malformed", 1, bad.raw)
    if frame.empty:
        return pd.DataFrame()
    filled = np.array((frame.astype("string").fillna("") != "").any(axis=1), dtype=bool)
    frame, numbers = frame[filled].reset_index(drop=True), chunk.rows[filled]
    if frame.empty:
        return pd.DataFrame()
    data, reason = _times(frame, adapter, now)
    _words(frame, adapter, data, reason)
    _areas(data, reason, rows)
    _cells(frame, data, reason, adapter, str(rows.path))
    if adapter.table == "event":
        text = pd.concat([as_text(frame[name]) for name in adapter.text], axis=1) if adapter.text else None
        if text is not None:
            joined = text.apply(lambda row: " | ".join(word for word in row if word), axis=1)
            data["text"] = joined.astype(object)
    data["_id"] = _identity(frame, adapter, data)
    data["_row"] = pd.Series(numbers)
    table = pd.DataFrame(data)
    if adapter.wide is not None:
        return _melted(frame, table, reason, adapter, rejects)
    return _plain(frame, table, reason, adapter, rejects)


def _times(
    frame: pd.DataFrame, adapter: TableAdapter, now: pd.Timestamp
) -> tuple[dict[str, pd.Series], np.ndarray]:
    """The times of each row, and why a row has none."""
    reason = np.full(len(frame), "", dtype=object)
    data: dict[str, pd.Series] = {}
    if adapter.time is None:
        return data, reason
    time, reason = read_times(frame, adapter.time, LENGTH[adapter.table], now)
    if adapter.table == "health":
        # The day a count is of is the local day; a visit at 10:20 belongs to it too.
        local = time.dt.tz_convert(adapter.time.tz).dt.normalize()
        time = local.dt.tz_convert("UTC").astype("datetime64[us, UTC]")
        over = (local + pd.DateOffset(days=1)).dt.tz_convert("UTC")
        reason[(reason == "") & (over > now).to_numpy()] = "day_unfinished"
    elif adapter.table == "presence":
        time = time.dt.floor("1h")
    data["time"] = time
    if adapter.end is not None:
        end, wrong = read_times(frame, adapter.end, LENGTH[adapter.table], now + pd.Timedelta(days=3660))
        data["end"] = end
        reason = np.where((reason == "") & np.isin(wrong, ["time_unreadable"]), wrong, reason)
    return data, reason


def _words(
    frame: pd.DataFrame, adapter: TableAdapter, data: dict[str, pd.Series], reason: np.ndarray
) -> None:
    """Columns of words and numbers that are part of the key; words that are not of the table's own are refused."""
    value = VALUE.get(adapter.table)
    given = {
        name: as_text(frame[source])
        for source, name in adapter.columns.items()
        if name not in (value, "lon", "lat")
    }
    given |= {
        name: pd.Series(word, index=frame.index, dtype="string") for name, word in adapter.fixed.items()
    }
    missing = [word.casefold() for word in adapter.missing]
    for name, text in given.items():
        words = text.mask(text.str.casefold().isin(missing), "")
        if name in adapter.map:
            words = words.map(lambda word, of=name: adapter.map[of].get(word, word)).astype("string")
        column = TABLES[adapter.table].columns[name]
        if name == "cause" and adapter.icd10:
            words = words.map(lambda code: ",".join(causes_of(code))).astype("string")
        elif name == "age":
            words = words.map(_age).astype("string") if adapter.table == "health" else words
        known = allowed(adapter, name)
        if name not in ("district", "cell") and known is not None:
            each = words.str.split(",").explode() if name == "cause" and adapter.icd10 else words
            wrong = ~each.isin(known)
            wrong = wrong.groupby(level=0).any() if len(wrong) != len(words) else wrong
            _set(
                reason,
                (words != "").to_numpy() & wrong.to_numpy(dtype=bool),
                "age_wrong" if name == "age" else "field_wrong",
            )
        if pa.types.is_integer(column.type):
            whole = words.str.fullmatch(r"-?\d{1,4}").fillna(False).to_numpy(dtype=bool)
            _set(reason, (words != "").to_numpy() & ~whole, "field_wrong")
        if (column.required or adapter.counts_people) and not (known is not None and "" in known):
            _set(reason, (words == "").to_numpy(), "field_missing")
        data[name] = words.astype(object)


def _set(reason: np.ndarray, where: np.ndarray, code: str) -> None:
    reason[(reason == "") & where] = code


def _age(text: str) -> str:
    """An age as a group of years, or the years themselves; what is neither stays as it is and is refused."""
    plain = (
        str(text)
        .strip()
        .removesuffix("岁")
        .replace("～", "-")
        .replace("~", "-")
        .replace("至", "-")
        .replace("—", "-")
    )
    plain = plain.replace("及以上", "+").replace("以上", "+").replace("≥", "").replace(" ", "")
    if plain.lower() in ("all", "合计", "总计", "全部", "全年龄", "total"):
        return "all"
    return plain


def _areas(data: dict[str, pd.Series], reason: np.ndarray, rows: Rows) -> None:
    """Districts by code, present name or former name."""
    if "district" not in data:
        return
    found = data["district"].astype("string").fillna("")
    areas = {text: area_of(text) for text in found.unique()}
    data["_found"] = found.astype(object)
    data["district"] = found.map(lambda text: areas[text].code).astype(object)
    for text, n in found.value_counts().items():
        area = areas[str(text)]
        if area.former:
            rows.former[str(text), area.code] += int(n)
        elif not area.code and text:
            rows.unknown[shown(str(text))] += int(n)
    _set(reason, (found != "").to_numpy() & (data["district"] == "").to_numpy(), "district_unknown")


def shown(text: str) -> str:
    """An unknown district as it may be told: only what is written as the name of an area, for it may be a person's."""
    plain = text.strip()
    areal = plain.endswith(("区", "县", "市", "镇", "街道", "district", "District")) and len(plain) <= 20
    return plain if areal and mask(plain) == plain else ""


def _cells(
    frame: pd.DataFrame, data: dict[str, pd.Series], reason: np.ndarray, adapter: TableAdapter, place: str
) -> None:
    """Coordinates in WGS-84, and from them the cell where the table is one of cells."""
    sources = {name: source for source, name in adapter.columns.items() if name in ("lon", "lat")}
    if len(sources) == 2:
        numbers = {name: read_numbers(frame[source], adapter.missing) for name, source in sources.items()}
        lon, lat = numbers["lon"].value, numbers["lat"].value
        wrong = (
            (np.abs(lon) > 180)
            | (np.abs(lat) > 90)
            | (numbers["lon"].reason != "")
            | (numbers["lat"].reason != "")
        )
        _set(reason, wrong, "place_wrong")
        placed = pd.DataFrame({"lon": np.where(wrong, np.nan, lon), "lat": np.where(wrong, np.nan, lat)})
        datum = np.full(len(placed), adapter.datum)
        placed = to_wgs84(placed, datum, place)
        if adapter.table in GRIDDED:
            data["cell"] = _cell(placed)
        else:
            data["lon"], data["lat"] = placed["lon"], placed["lat"]
    if adapter.table in GRIDDED:
        sound = (
            data["cell"].astype("string").fillna("").str.fullmatch(r"\d{2,4}_\d{3,4}").to_numpy(dtype=bool)
        )
        _set(reason, ~sound, "cell_wrong")


def _cell(placed: pd.DataFrame) -> pd.Series:
    """The kilometre cell of each point, "" where there is none."""
    from gzeco_lib.geo.coords import to_plane
    from gzeco_lib.geo.grid import cell_of

    cell = pd.Series("", index=placed.index, dtype=object)
    near_city = placed["lon"].between(111, 116) & placed["lat"].between(21, 26)
    if near_city.any():
        x, y = to_plane(placed.loc[near_city, "lon"], placed.loc[near_city, "lat"])
        cell[near_city] = cell_of(x, y)
    return cell


def _identity(frame: pd.DataFrame, adapter: TableAdapter, data: dict[str, pd.Series]) -> pd.Series:
    """What makes two rows of one key two reports: the hospital, the visit, the point, the district as it was named."""
    parts = [as_text(frame[name]) for name in adapter.per]
    if adapter.table in GRIDDED:
        parts += [
            as_text(frame[source]) for source, name in adapter.columns.items() if name in ("lon", "lat")
        ]
    if "_found" in data:
        parts.append(data["_found"].astype("string").map(_as_named))
    if not parts:
        return pd.Series("", index=frame.index, dtype=object)
    # A hash, for the number of a visit is a person's: nothing of it stays, not even in memory.
    return pd.Series(pd.util.hash_pandas_object(pd.concat(parts, axis=1), index=False)).astype(str)


def _as_named(text: str) -> str:
    """Former districts count beside present ones; two ways to write one district do not."""
    area = area_of(text)
    return text if area.former else area.code


def _melted(
    frame: pd.DataFrame, table: pd.DataFrame, reason: np.ndarray, adapter: TableAdapter, rejects: Rejects
) -> pd.DataFrame:
    """One row a number: what each column says is added to what the row says."""
    assert adapter.wide is not None
    parts, count = [], np.zeros(len(frame), dtype=np.int64)
    for source, words in adapter.wide.columns.items():
        if source not in frame:
            continue
        numbers = read_numbers(frame[source], adapter.missing)
        count += numbers.present
        wrong = np.where(reason == "", _checked(numbers.value * adapter.factor, numbers.reason, adapter), "")
        rejects.add_cells(
            frame[source], source, table["_row"].to_numpy(), np.where(numbers.present, wrong, "")
        )
        sound = numbers.present & (wrong == "") & (reason == "")
        part = table[sound].assign(**words)
        parts.append(part.assign(**{adapter.wide.value: numbers.value[sound] * adapter.factor}))
    rejects.add_rows(frame, table["_row"].to_numpy(), reason, count)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _plain(
    frame: pd.DataFrame, table: pd.DataFrame, reason: np.ndarray, adapter: TableAdapter, rejects: Rejects
) -> pd.DataFrame:
    """One row of the source is one row of the table (or one person)."""
    ones = np.ones(len(frame), dtype=np.int64)
    value = VALUE.get(adapter.table)
    source = next((source for source, name in adapter.columns.items() if name == value), None)
    if value and adapter.rows == "persons":
        table[value] = 1.0
    elif value and source is not None:
        numbers = read_numbers(frame[source], adapter.missing)
        table[value] = numbers.value * adapter.factor
        wrong = _checked(table[value].to_numpy(), numbers.reason, adapter)
        _set(reason, ~numbers.present, "field_missing")
        reason = np.where(reason == "", wrong, reason)
    rejects.add_rows(frame, table["_row"].to_numpy(), reason, ones)
    return table[reason == ""].reset_index(drop=True)


def _checked(value: np.ndarray, reason: np.ndarray, adapter: TableAdapter) -> np.ndarray:
    """Why a number cannot be one of the table."""
    reason = reason.copy()
    known = np.isfinite(value)
    if adapter.table != "cell":
        reason[(reason == "") & known & (value < 0)] = "negative"
    reason[(reason == "") & known & (np.abs(value) > MOST[adapter.table])] = "count_wrong"
    if adapter.table == "health":
        reason[(reason == "") & known & (value % 1 != 0)] = "not_whole"
    return reason


def ages_of(years: pd.Series, spans: list[str]) -> pd.Series:
    """The group of ``spans`` each age in years lies in, "" where in none."""
    bounds = [(span, span_of(span)) for span in spans]
    number = pd.to_numeric(years, errors="coerce").to_numpy(dtype=float)
    found = np.full(len(number), "", dtype=object)
    for span, ends in bounds:
        if ends is not None:
            found[(number >= ends[0]) & (number < ends[1] + 1)] = span
    return pd.Series(found, index=years.index)
