"""One file of counts, figures or events on its way into the lake."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.geo.districts import NAMES
from gzeco_lib.ingest.count_checks import unusual
from gzeco_lib.ingest.mapping_tables import TableAdapter
from gzeco_lib.ingest.personal import mask
from gzeco_lib.ingest.readers import Chunk, read_chunks
from gzeco_lib.ingest.rejects import Rejects
from gzeco_lib.ingest.report import Progress, Report
from gzeco_lib.ingest.table_rows import Rows, rows_of
from gzeco_lib.ingest.table_store import Kept, kept
from gzeco_lib.lake import Lake

LOOK_BACK = pd.Timedelta(weeks=9)  # counts of the lake that say what is usual
SAID = 8  # district names that are told one by one


class TableRun:
    """Reads a whole file, then stores what is to be kept of it in one write."""

    def __init__(
        self, file: Path, adapter: TableAdapter, lake: Lake, progress: Progress, report: Report, batch: str
    ) -> None:
        self.file, self.adapter, self.lake, self.batch = file, adapter, lake, batch
        self.progress, self.report = progress, report
        self.private = adapter.counts_people or adapter.table == "event"

    def go(self, now: pd.Timestamp) -> None:
        """Ingest the file as of ``now`` [UTC]."""
        self.progress(self.file, 0.0)
        with tempfile.TemporaryDirectory(prefix="gzeco-") as scratch:
            rejects = Rejects(self.file.name, Path(scratch), self.private)
            rows = Rows(self.adapter, self.file)
            parts = [rows_of(chunk, rows, now, rejects) for chunk in self._chunks(rows)]
            found = [part for part in parts if len(part)]
            read = sum(map(len, found)) + rejects.observations
            if found:
                whole = pd.concat(found, ignore_index=True)
                self._store(kept(whole, self.adapter, self.lake, rejects))
            self.report.read += read
            self._finish(rejects, rows)
        self.progress(self.file, 1.0)

    def _chunks(self, rows: Rows) -> Iterator[Chunk]:
        """Chunks of the file; an error while reading tells nothing of what stands in it."""
        try:
            for chunk in read_chunks(self.file, self.adapter, rows.wanted):
                yield chunk
                self.progress(self.file, chunk.done / 2)
        except InputError as error:
            if self.private and "problem" in error.fields:
                error.fields["problem"] = mask(str(error.fields["problem"]).split(":")[0])[:60]
                raise InputError(error.what, error.where, error.fix, **error.fields) from None
            raise

    def _store(self, result: Kept) -> None:
        frame = result.frame
        self.report.summed += result.summed
        self.report.duplicates += result.repeated
        if frame.empty:
            return
        checks = self._checks(frame)
        written = self.lake.write(self.adapter.table, frame)
        self.report.stored += written.stored
        self.report.revised += written.revised
        self.report.duplicates += written.duplicates
        if "suppressed" in frame:
            self.report.suppressed += int(frame["suppressed"].sum())
        for rule, n in checks.items():
            self.report.checks[str(rule)] += int(n)

    def _checks(self, frame: pd.DataFrame) -> dict[str, int]:
        """How many counts are not what the weeks before make usual."""
        if self.adapter.table == "health":
            series, value = ["district", "measure", "cause", "age"], "count"
            start = frame["time"].min()
            held = self.lake.read(
                "health", start=start - LOOK_BACK, end=start, where={"source": [self.adapter.name]}
            )
            both = pd.concat([held, frame], ignore_index=True)
            flag = unusual(both, series, value)[both["time"] >= start]
        elif self.adapter.table == "presence":
            hours = frame.groupby(["time", "group"])["population"].sum().reset_index()
            flag = unusual(hours, ["group"], "population")
        else:
            return {}
        return {str(rule): int(n) for rule, n in flag[flag != ""].value_counts().items()}

    def _finish(self, rejects: Rejects, rows: Rows) -> None:
        """Keep what was set aside, count it, and say which districts were gone or unknown."""
        content = rejects.content()
        if content is not None:
            name = f"rejected/{self.adapter.name}/{self.batch}.parquet"
            self.lake.put(name, content)
            self.report.rejects.append(name)
        self.report.rejected += rejects.observations
        self.report.reasons.update(rejects.counts)
        for (found, code), n in rows.former.most_common(SAID):
            note = N_("{n} rows name the former district {found}: they count for {zh} ({en}).")
            zh, en = NAMES[code]
            self.report.notes.append((note, {"n": n, "found": found, "zh": zh, "en": en}))
        for found, n in rows.unknown.most_common(SAID):
            if found:
                note = N_("{n} rows name {found}, which is no district of Guangzhou: set aside; near: {near}")
                ways = [zh for zh, _ in NAMES.values()]
                self.report.notes.append((note, {"n": n, "found": found, "near": near(found, ways)}))
            else:
                note = N_("{n} rows name a district that nobody knows: set aside, and not shown.")
                self.report.notes.append((note, {"n": n}))
