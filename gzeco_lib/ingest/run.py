"""Ingest: files in, observations in the lake, what could not be stored set aside, everything counted."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from gzeco_lib.ingest.adapters import load_adapter
from gzeco_lib.ingest.dictionary import check_columns, flagged
from gzeco_lib.ingest.mapping import ObservationAdapter, RecordAdapter
from gzeco_lib.ingest.mapping_tables import Adapter, TableAdapter
from gzeco_lib.ingest.observations import Picked, observations_of
from gzeco_lib.ingest.places import sites_frame
from gzeco_lib.ingest.readers import check_path, format_of, read_chunks
from gzeco_lib.ingest.records import check_records, keeping, read_records
from gzeco_lib.ingest.rejects import Rejects
from gzeco_lib.ingest.report import Progress, Report
from gzeco_lib.ingest.spool import LIMIT, Spool, distinct
from gzeco_lib.ingest.table_run import TableRun
from gzeco_lib.ingest.table_words import check_table
from gzeco_lib.lake import TABLES, Lake


def _silent(path: Path, share: float) -> None:
    return None


def ingest(
    paths: str | Path | Iterable[str | Path],
    adapter: str | Path | Adapter,
    lake: Lake | str | Path,
    progress: Progress | None = None,
    now: pd.Timestamp | None = None,
    limit: int = LIMIT,
) -> Report:
    """Store the observations (or sites, enterprises) of files in the lake; running it again changes nothing.

    Args:
        paths: one file or several; each is read whole before any of it is stored.
        adapter: name in ``parameters/adapters``, a YAML file, or a loaded adapter.
        lake: an open lake, or its address; made where nothing is there yet.
        progress: told how far each file has come.
        now: the present [UTC], by the clock where left out; later times are set aside.
        limit: observations in one atomic write; files with more go in by whole months.

    Returns:
        The counts, over all files.

    Raises:
        InputError: for an adapter, a file or a lake that is not what it should be. Files before the one at
            fault are stored; of that file nothing is.
    """
    started = time.monotonic()
    mapping = load_adapter(adapter) if isinstance(adapter, str | Path) else adapter
    files = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    _check(mapping, files)
    store = Lake.open(str(lake), create=True) if isinstance(lake, str | Path) else lake
    report = Report()
    for file in files:
        run = _Run(file, mapping, store, progress or _silent, report)
        if isinstance(mapping, ObservationAdapter):
            run.observations(mapping, now or pd.Timestamp.now(tz="UTC"), limit)
        elif isinstance(mapping, TableAdapter):
            TableRun(file, mapping, store, progress or _silent, report, batch_id(file, mapping)).go(
                now or pd.Timestamp.now(tz="UTC")
            )
        else:
            run.records(mapping)
        report.files += 1
    report.seconds = time.monotonic() - started
    return report


def _check(adapter: Adapter, files: list[Path]) -> None:
    """What can be known to be wrong before anything is read or stored."""
    place = f"{adapter.name}.yaml"
    if isinstance(adapter, ObservationAdapter):
        check_columns(adapter, place)
    elif isinstance(adapter, TableAdapter):
        check_table(adapter, place)
    else:
        check_records(adapter, place)
    for file in files:
        check_path(file)
        format_of(file, adapter)


def batch_id(file: Path, adapter: Adapter) -> str:
    """A name for this file read with this adapter: the same content has the same name."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256")
    digest.update(adapter.model_dump_json().encode())
    return digest.hexdigest()[:16]


class _Run:
    """One file on its way into the lake."""

    def __init__(self, file: Path, adapter: Adapter, lake: Lake, progress: Progress, report: Report) -> None:
        self.file, self.adapter, self.lake, self.progress, self.report = file, adapter, lake, progress, report

    def observations(self, adapter: ObservationAdapter, now: pd.Timestamp, limit: int) -> None:
        """Read all, then store: sites first, then observations slice by slice, then what was set aside."""
        self.progress(self.file, 0.0)
        picked = Picked(adapter, self.file, [])
        with tempfile.TemporaryDirectory(prefix="gzeco-") as scratch:
            rejects, spool = Rejects(self.file.name, Path(scratch)), Spool(Path(scratch), limit)
            for chunk in read_chunks(self.file, adapter, picked.wanted):
                spool.add(observations_of(chunk, picked, now, rejects))
                self.progress(self.file, chunk.done / 2)
            self.report.read += spool.total + rejects.observations
            if adapter.sites:
                sites = sites_frame(adapter, f"{adapter.name}.yaml: sites")
                sites = keeping(sites, TABLES["site"], self.lake)
                self.report.sites += self.lake.write("site", sites).stored
            stored, seen = 0, set[str]()
            for part in spool.slices():
                seen |= set(part["site"].unique())
                stored += len(part)
                self._store(part, rejects)
                self.progress(self.file, 0.5 + stored / spool.total / 2)
            self._finish(rejects)
        self._note_unknown(seen)
        self.progress(self.file, 1.0)

    def _store(self, part: pd.DataFrame, rejects: Rejects) -> None:
        """One atomic write: each key once, flagged, merged into the lake."""
        first, repeated, against = distinct(part)
        if len(against):
            raw = against[["time", "site", "variable", "value"]]
            reason = np.full(len(against), "conflict", dtype=object)
            ones = np.ones(len(against), dtype=np.int64)
            rejects.add_rows(raw, against["row"].to_numpy(), reason, ones)
        assert isinstance(self.adapter, ObservationAdapter)
        interval = self.adapter.interval
        flag = flagged(first, interval, self.lake)
        frame = first[["time", "site", "variable", "value"]].assign(
            flag=flag.astype(str), interval=interval, source=self.adapter.name
        )
        written = self.lake.write("observation", frame)
        self.report.stored += written.stored
        self.report.revised += written.revised
        self.report.duplicates += written.duplicates + repeated
        self.report.flags.update(rules_in(flag))

    def records(self, adapter: RecordAdapter) -> None:
        """Read all rows, then store them in one write."""
        self.progress(self.file, 0.0)
        with tempfile.TemporaryDirectory(prefix="gzeco-") as scratch:
            rejects = Rejects(self.file.name, Path(scratch))
            frame, read, repeated = read_records(
                self.file, adapter, rejects, lambda share: self.progress(self.file, share / 2)
            )
            self.report.read += read
            if len(frame):
                frame = keeping(frame, TABLES[adapter.table], self.lake)
                written = self.lake.write(adapter.table, frame)
                self.report.stored += written.stored
                self.report.revised += written.revised
                self.report.duplicates += written.duplicates
            self.report.duplicates += repeated
            self._finish(rejects)
        self.progress(self.file, 1.0)

    def _finish(self, rejects: Rejects) -> None:
        """Keep what was set aside under a name that the same file always has."""
        content = rejects.content()
        if content is not None:
            name = f"rejected/{self.adapter.name}/{batch_id(self.file, self.adapter)}.parquet"
            self.lake.put(name, content)
            self.report.rejects.append(name)
        self.report.rejected += rejects.observations
        self.report.reasons.update(rejects.counts)

    def _note_unknown(self, seen: set[str]) -> None:
        if seen:
            known = set(self.lake.read("site", columns=["site"])["site"])
            self.report.unknown_sites = sorted({*self.report.unknown_sites, *(seen - known)})


def rules_in(flag: pd.Series) -> Counter[str]:
    """How many observations each quality rule flagged."""
    counts: Counter[str] = Counter()
    for text, n in flag[flag != ""].value_counts().items():
        for rule in str(text).split(","):
            counts[rule] += int(n)
    return counts
