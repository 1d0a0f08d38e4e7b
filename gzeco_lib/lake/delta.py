"""Delta tables: idempotent atomic writes and compaction."""

from __future__ import annotations

import errno
import random
import time
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from gzeco_lib.errors import N_, FailureError
from gzeco_lib.lake.store import Store
from gzeco_lib.lake.tables import Table

ATTEMPTS = 12
LOOKED_AT = 100  # newest versions among which the last one that brought rows is looked for
ROWS_BROUGHT = ("num_target_rows_inserted", "num_target_rows_updated", "num_added_rows")


@dataclass(frozen=True)
class Written:
    """What a write did, in rows."""

    stored: int = 0
    duplicates: int = 0
    revised: int = 0  # the key was there with other values, which were replaced

    def __add__(self, other: Written) -> Written:
        return Written(
            self.stored + other.stored, self.duplicates + other.duplicates, self.revised + other.revised
        )


def opened(store: Store, table: Table) -> DeltaTable | None:
    """The Delta table, or None while nothing was ever written to it.

    Raises:
        FailureError: where files are there that are not a readable Delta table.
    """
    try:
        return DeltaTable(_uri(store, table), storage_options=store.delta_options())
    except TableNotFoundError:
        return None
    except DeltaError as error:
        raise FailureError(
            N_("the table {table} of the lake is damaged: {reason}"),
            "{url}",
            N_("restore the folder from a copy, then run: gzeco doctor"),
            table=table.name,
            reason=str(error).splitlines()[0][:200],
            url=_uri(store, table),
        ) from error


def _uri(store: Store, table: Table) -> str:
    return store.uri(f"tables/{table.name}")


def upsert(store: Store, table: Table, batch: pa.Table) -> Written:
    """Store ``batch`` once: new keys are inserted, known keys with other values replaced, the rest left alone.

    The commit is atomic; writers at the same time are told apart by Delta Lake's own conflict check and the
    one that came second tries again on the new version.
    """
    if batch.num_rows == 0:
        return Written()
    for attempt in range(ATTEMPTS):
        try:
            return _merge(store, table, batch)
        except CommitFailedError:
            # Two writers that wait equally long would meet again.
            time.sleep(random.uniform(0.05, 0.2) * (attempt + 1))  # noqa: S311 (not for secrecy)
        except DeltaError as error:
            raise _failure(store, table, error) from error
    raise FailureError(
        N_("other writers kept the table {table} busy"), "{url}", N_("run the same command again"),
        table=table.name, url=store.url,
    )  # fmt: skip


def _merge(store: Store, table: Table, batch: pa.Table) -> Written:
    delta = opened(store, table) or _created(store, table)
    same_row = [f"t.{name} = s.{name}" for name in table.key]
    if table.partition_time:
        months = sorted(set(batch.column("month").to_pylist()))
        same_row = [f"t.month IN ({', '.join(repr(m) for m in months)})", "t.month = s.month", *same_row]
    compared = [name for name in table.columns if name not in (*table.key, *table.provenance)]
    merge = delta.merge(batch, " AND ".join(same_row), source_alias="s", target_alias="t")
    if compared:
        merge = merge.when_matched_update(
            {name: f"s.{name}" for name in table.columns if name not in table.key},
            predicate=" OR ".join(f"(t.{name} IS DISTINCT FROM s.{name})" for name in compared),
        )
    done = merge.when_not_matched_insert_all().execute()
    stored, revised = done["num_target_rows_inserted"], done["num_target_rows_updated"]
    return Written(stored + revised, batch.num_rows - stored - revised, revised)


def _created(store: Store, table: Table) -> DeltaTable:
    partition = ["month"] if table.partition_time else []
    return DeltaTable.create(
        _uri(store, table),
        table.schema,
        mode="ignore",
        partition_by=partition,
        storage_options=store.delta_options(),
    )


def _failure(store: Store, table: Table, error: DeltaError) -> Exception:
    """Delta Lake reports a full disk as text; give it back the shape the rest of the program knows."""
    reason = str(error)
    if "No space left" in reason or "os error 28" in reason:
        return OSError(errno.ENOSPC, "No space left on device", store.url)
    return FailureError(
        N_("the table {table} could not be written: {reason}"),
        "{url}",
        N_("what was stored before is still there; see gzeco doctor"),
        table=table.name,
        reason=reason.splitlines()[0][:200],
        url=store.url,
    )


def arrived(found: DeltaTable) -> pd.Timestamp | None:
    """When rows last came into the table (UTC); compaction and the like bring none."""
    for entry in found.history(LOOKED_AT):
        # a merge that found every row there already is a version too, but brought nothing
        metrics = entry.get("operationMetrics") or {}
        if any(int(metrics.get(name) or 0) for name in ROWS_BROUGHT):
            return pd.Timestamp(entry["timestamp"], unit="ms", tz="UTC")
    return None


def compact(store: Store, table: Table, keep_hours: int = 168) -> dict[str, int]:
    """Rewrite many small files as few, and delete files no version of the last ``keep_hours`` needs."""
    delta = opened(store, table)
    if delta is None:
        return {"before": 0, "after": 0, "removed": 0}
    before = len(delta.file_uris())
    delta.optimize.compact()
    removed = delta.vacuum(retention_hours=keep_hours, dry_run=False, enforce_retention_duration=True)
    return {"before": before, "after": len(delta.file_uris()), "removed": len(removed)}
