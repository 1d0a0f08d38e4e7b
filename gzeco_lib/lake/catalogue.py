"""The catalogue: what the lake holds, from where, from when to when, how complete, and when it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gzeco_lib.lake import delta
from gzeco_lib.lake.tables import TABLES

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake

COLUMNS = [
    "table", "what", "source", "rows", "first", "last", "sites", "completeness", "flagged", "written",
]  # fmt: skip

# Completeness is over the series' own life: rows there are, of the intervals between a site's first and last.
OBSERVATIONS = """
WITH series AS (
    SELECT source, variable, interval, site, count(*) AS n, min(time) AS first, max(time) AS last,
           count(*) FILTER (flag <> '') AS flagged,
           CASE interval WHEN 'PT1M' THEN 60 WHEN 'PT5M' THEN 300 WHEN 'PT10M' THEN 600
                         WHEN 'PT1H' THEN 3600 WHEN 'PT4H' THEN 14400 ELSE 86400 END AS step
    FROM observation GROUP BY ALL
)
SELECT variable || ' ' || interval AS what, source, sum(n)::BIGINT AS rows, min(first) AS first, max(last) AS last,
       count(*) AS sites, sum(n) / sum((epoch(last) - epoch(first)) / step + 1) AS completeness,
       sum(flagged) / sum(n) AS flagged
FROM series GROUP BY source, variable, interval ORDER BY source, variable, interval
"""


def catalogue(lake: Lake) -> pd.DataFrame:
    """One row for each series of observations by source and variable, each other table by source, and each grid.

    Returns:
        Columns table, what, source, rows, first, last (UTC), sites, completeness [1], flagged [1], written (UTC).
    """
    parts = []
    for name, table in TABLES.items():
        found = delta.opened(lake.store, table)
        if found is None:
            continue
        rows = lake.query(OBSERVATIONS if name == "observation" else _by_source(name))
        rows.insert(0, "table", name)
        rows["written"] = pd.Timestamp(found.history(1)[0]["timestamp"], unit="ms", tz="UTC")
        parts.append(rows)
    grids = lake.grids()
    if grids:
        parts.append(pd.DataFrame({"table": "grid", "what": grids}))
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    listed = pd.concat([part.reindex(columns=COLUMNS) for part in parts], ignore_index=True)
    return listed.astype({"rows": "Int64", "sites": "Int64"})


def _by_source(name: str) -> str:
    """The SELECT that sums up a table other than observation; the names come from the contracts."""
    table = TABLES[name]
    time = f'"{table.partition_time}"' if table.partition_time else "NULL::TIMESTAMPTZ"
    source = next((c for c in ("source", "model", "scenario") if c in table.columns), None)
    origin = f'"{source}"' if source else "''"
    return (
        f"SELECT '{name}' AS what, {origin} AS source, count(*) AS rows, min({time}) AS first, max({time}) AS last "  # noqa: S608
        f"FROM {name} GROUP BY ALL ORDER BY 2"
    )
