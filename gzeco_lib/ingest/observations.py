"""Rows of a source to observations: one number of one variable at one site and time, in its canonical unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, near
from gzeco_lib.ingest.dictionary import canonical
from gzeco_lib.ingest.mapping import ObservationAdapter, Series, SiteOf
from gzeco_lib.ingest.numbers import read_numbers
from gzeco_lib.ingest.problems import refused
from gzeco_lib.ingest.readers import Chunk
from gzeco_lib.ingest.rejects import Rejects
from gzeco_lib.ingest.times import as_text, read_times
from gzeco_lib.variables.units import compatible


@dataclass
class Picked:
    """The columns of one file that the adapter speaks of, found in its header."""

    adapter: ObservationAdapter
    path: Path
    series: list[str]  # wide: the columns of numbers; long with headers: the columns of sites

    def wanted(self, header: list[str]) -> list[str]:
        """Columns to read.

        Raises:
            InputError: for a column that the adapter names and the file does not have.
        """
        adapter = self.adapter
        needed = list(adapter.time.sources)
        if adapter.site is not None and adapter.site.column is not None:
            needed.append(adapter.site.column)
        if adapter.layout == "long":
            needed += [name for name in (adapter.variable, adapter.value, adapter.unit) if name]
            self.series = self._site_headers(header)
        else:
            self.series = [name for name, s in adapter.columns.items() if name in header or not s.optional]
            needed += self.series
        for name in needed:
            if name not in header:
                raise missing_column(self.path, name, header)
        return list(dict.fromkeys([*needed, *self.series]))

    def _site_headers(self, header: list[str]) -> list[str]:
        site = self.adapter.site
        if site is None or site.headers is None:
            return []
        found = [name for name in header if fnmatchcase(name, site.headers)]
        if not found:
            raise missing_column(self.path, site.headers, header)
        return found


def missing_column(path: Path, name: str, header: list[str]) -> Exception:
    """The error for a column that is not in the header."""
    return refused(
        N_("no column {column}"),
        path,
        N_("the file has: {near}; correct the adapter or name the right one"),
        column=name,
        near=near(name, header)[:300],
    )


def observations_of(chunk: Chunk, picked: Picked, now: pd.Timestamp, rejects: Rejects) -> pd.DataFrame:
    """The observations of ``chunk`` (columns of `spool.COLUMNS`); what cannot be one goes to ``rejects``."""
    for row in chunk.malformed:
        rejects.add(row.row, "", "malformed", 1, row.raw)
    adapter, frame = picked.adapter, chunk.frame
    if frame.empty:
        return pd.DataFrame()
    time, reason = read_times(frame, adapter.time, adapter.interval, now)
    site = sites_of(frame, adapter.site)
    if adapter.layout == "wide":
        parts = _wide(chunk, picked, time, site, reason, rejects)
    else:
        parts = _long(chunk, picked, time, site, reason, rejects)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def sites_of(frame: pd.DataFrame, site: SiteOf | None) -> pd.Series | None:
    """The site code of each row, empty where the cell is; None where rows have no site of their own."""
    if site is None or site.headers is not None:
        return None
    if site.value is not None:
        return pd.Series(site_code(site.value, site), index=frame.index, dtype="string")
    text = as_text(frame[str(site.column)])
    codes = {found: site_code(found, site) for found in text.unique()}
    return text.map(codes).astype("string")


def site_code(found: str, site: SiteOf) -> str:
    """The code under which a site of the source is stored: mapped where the adapter maps it, and prefixed."""
    code = site.map.get(found, found)
    return f"{site.prefix}{code}" if code else ""


def _wide(
    chunk: Chunk,
    picked: Picked,
    time: pd.Series,
    site: pd.Series | None,
    reason: np.ndarray,
    rejects: Rejects,
) -> list[pd.DataFrame]:
    adapter, frame = picked.adapter, chunk.frame
    reason = _without_site(reason, site, all(adapter.columns[name].site for name in picked.series))
    count = np.zeros(len(frame), dtype=np.int64)
    parts = []
    for name in picked.series:
        series = adapter.columns[name]
        cells = read_numbers(frame[name], adapter.missing, series.map)
        count += cells.present
        wrong = np.where(reason == "", cells.reason, "")
        rejects.add_cells(frame[name], name, chunk.rows, wrong)
        sound = cells.present & (cells.reason == "") & (reason == "")
        where = _fixed(series.site, frame.index) if series.site else site
        assert where is not None
        parts.append(_part(chunk.rows, time, where, cells.value, sound, series, adapter))
    rejects.add_rows(frame, chunk.rows, reason, count)
    return parts


def _without_site(reason: np.ndarray, site: pd.Series | None, known: bool) -> np.ndarray:
    if site is None or known:
        return reason
    reason = reason.copy()
    reason[(reason == "") & (site == "").to_numpy()] = "site_missing"
    return reason


def _fixed(code: str, index: pd.Index) -> pd.Series:
    return pd.Series(code, index=index, dtype="string")


def _long(
    chunk: Chunk,
    picked: Picked,
    time: pd.Series,
    site: pd.Series | None,
    reason: np.ndarray,
    rejects: Rejects,
) -> list[pd.DataFrame]:
    adapter, frame = picked.adapter, chunk.frame
    names = as_text(frame[str(adapter.variable)])
    groups = _groups(names, as_text(frame[adapter.unit]) if adapter.unit else None, adapter.ignore)
    reason = _without_site(_with_series(reason, groups, adapter), site, known=False)
    parts: list[pd.DataFrame] = []
    count = np.zeros(len(frame), dtype=np.int64)
    for column, where in _value_columns(picked, site, frame.index):
        for (name, unit), at in groups.items():
            series = _series_in(adapter, name, unit)
            cells = read_numbers(frame[column].iloc[at], adapter.missing, series.map if series else {})
            count[at] += cells.present
            if series is None:
                continue
            sound_row = reason[at] == ""
            wrong = np.where(sound_row, cells.reason, "")
            rejects.add_cells(frame[column].iloc[at], column, chunk.rows[at], wrong)
            sound = cells.present & (cells.reason == "") & sound_row
            place = _fixed(series.site, frame.index) if series.site else where
            parts.append(
                _part(chunk.rows[at], time.iloc[at], place.iloc[at], cells.value, sound, series, adapter)
            )
    rejects.add_rows(frame, chunk.rows, reason, count)
    return parts


def _groups(
    names: pd.Series, units: pd.Series | None, ignore: list[str]
) -> dict[tuple[str, str], np.ndarray]:
    """Places of the rows of each series and unit, without the series left out on purpose."""
    code, found = pd.factorize(names)
    unit_code, found_units = (np.zeros(len(names), int), [""]) if units is None else pd.factorize(units)
    both = code * len(found_units) + unit_code
    order = np.argsort(both, kind="stable")
    distinct, first = np.unique(both[order], return_index=True)
    groups = {}
    for pair, at in zip(distinct, np.split(order, first[1:]), strict=True):
        name, unit = str(found[pair // len(found_units)]), str(found_units[pair % len(found_units)])
        if name not in ignore:
            groups[name, unit] = at
    return groups


def _series_in(adapter: ObservationAdapter, name: str, unit: str) -> Series | None:
    """The series called ``name``, in the unit the row gives; None where the adapter or the unit does not fit."""
    series = adapter.columns.get(name)
    if series is None or not unit or unit == series.unit:
        return series
    return series.model_copy(update={"unit": unit}) if compatible(unit, series.variable) else None


def _with_series(
    reason: np.ndarray, groups: dict[tuple[str, str], np.ndarray], adapter: ObservationAdapter
) -> np.ndarray:
    """``reason`` with the rows whose series or unit nobody knows."""
    reason = reason.copy()
    for (name, unit), at in groups.items():
        if _series_in(adapter, name, unit) is None:
            kind = "unit_wrong" if name in adapter.columns else "series_unknown"
            reason[at] = np.where(reason[at] == "", kind, reason[at])
    return reason


def _value_columns(
    picked: Picked, site: pd.Series | None, index: pd.Index
) -> Iterator[tuple[str, pd.Series]]:
    """Columns that hold numbers, each with the site of every row."""
    adapter = picked.adapter
    if adapter.site is not None and adapter.site.headers is not None:
        for header in picked.series:
            yield header, _fixed(site_code(header, adapter.site), index)
        return
    yield str(adapter.value), site if site is not None else _fixed("", index)


def _part(
    rows: np.ndarray,
    time: pd.Series,
    site: pd.Series,
    value: np.ndarray,
    sound: np.ndarray,
    series: Series,
    adapter: ObservationAdapter,
) -> pd.DataFrame:
    """The sound observations of one series."""
    at = np.flatnonzero(sound)
    stored, sentinel = canonical(value[at], adapter, series)
    return pd.DataFrame(
        {
            "row": rows[at],
            "time": time.iloc[at].array,
            "site": site.iloc[at].array,
            "variable": pd.Series(series.variable, index=range(len(at)), dtype="string").array,
            "value": stored,
            "sentinel": sentinel,
        }
    )
