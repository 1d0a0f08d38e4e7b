"""What each feed brought by a time: newest row, age, rows of the last day, and what stands in for a late one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.feeds.declared import FEEDS, Feed
from gzeco_lib.errors import N_

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

COLUMNS = ("feed", "newest", "age_h", "rows_24h", "status", "instead", "fields")
USUAL_DAYS = 14  # days before the last one that say how many rows are usual
THIN = 0.5  # fewer rows than this share of the usual
DAILY = 24.0  # [h] a feed that may be older than this does not come every day: a day without rows is no sign
GONE_H = 6.0  # [h] a station silent for so long, while others report, is gone
KNOWN_DAYS = 30  # a station heard of within so many days is expected
HOUR = pd.Timedelta("1h")
LENGTH = {"PT1M": 1 / 60, "PT5M": 1 / 12, "PT10M": 1 / 6, "PT1H": 1.0, "PT4H": 4.0, "P1D": 24.0}  # [h]
LENGTH_SQL = "CASE interval " + " ".join(f"WHEN '{k}' THEN {v * 60:.0f}" for k, v in LENGTH.items()) + " END"


def status(lake: Lake, at: pd.Timestamp) -> tuple[pd.DataFrame, list[Note]]:
    """The table `feeds` (columns in docs/architecture.md) as known at ``at``, and sentences for what is not right.

    A feed is ``missing`` where the lake holds nothing of it, ``late`` where its newest row is too old, ``thin`` where
    the last 24 hours brought less than half of what the two weeks before brought a day, else ``ok``. `newest` is the
    time the feed reaches to: the end of its newest interval. ``fields`` (JSON) are the numbers of the sentence
    ``instead``, and under ``silent`` the stations that stopped reporting.
    """
    at = at.tz_convert("UTC")
    stations = _stations(lake, at)
    rows, notes = [], list[Any]()
    for feed in FEEDS:
        found = _observed(lake, stations, feed, at) if feed.table == "observation" else _other(lake, feed, at)
        row, silent = _judged(feed, found, at)
        rows.append(row)
        if row["status"] in ("late", "missing") or (row["status"] == "thin" and row["instead"]):
            notes.append((str(row["instead"]), json.loads(str(row["fields"]))))
        notes += [_gone(station, at) for station in silent]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["newest"] = pd.to_datetime(table["newest"], utc=True).astype("datetime64[us, UTC]")
    return table, notes


def _stations(lake: Lake, at: pd.Timestamp) -> pd.DataFrame:
    """By site and variable: newest interval's end, and rows of the last day and of a usual day before it."""
    return lake.query(
        f"""
        WITH known AS (
            SELECT site, variable, value, time + to_minutes(CAST({LENGTH_SQL} AS BIGINT)) AS ended
            FROM observation WHERE time >= $since AND time < $at
        )
        SELECT known.site, variable, any_value(name_zh) AS name_zh, any_value(name_en) AS name_en,
               max(ended) AS ended,
               count(*) FILTER (WHERE ended > $day) AS rows_24h,
               count(*) FILTER (WHERE ended <= $day AND ended > $before) / $days AS usual
        FROM known LEFT JOIN site ON known.site = site.site
        WHERE ended <= $at GROUP BY known.site, variable
        """,  # noqa: S608 (the text is made of constants)
        since=(at - pd.Timedelta(days=KNOWN_DAYS)).to_pydatetime(),
        at=at.to_pydatetime(),
        day=(at - 24 * HOUR).to_pydatetime(),
        before=(at - (USUAL_DAYS + 1) * 24 * HOUR).to_pydatetime(),
        days=float(USUAL_DAYS),
    )


def _observed(lake: Lake, stations: pd.DataFrame, feed: Feed, at: pd.Timestamp) -> dict[str, Any]:
    """Newest end, rows and silent stations of a feed of observations."""
    mine = stations[stations["variable"].isin(feed.codes)]
    if mine.empty:
        return {"ended": _long_ago(lake, feed, at), "rows": 0, "usual": 0.0, "silent": []}
    by_site = mine.groupby("site").agg(
        ended=("ended", "max"), zh=("name_zh", "first"), en=("name_en", "first")
    )
    newest = by_site["ended"].max()
    limit = pd.Timedelta(hours=max(GONE_H, 2 * feed.late_h))
    gone = by_site[newest - by_site["ended"] >= limit]
    silent = [
        {"site": site, "name_zh": row.zh or site, "name_en": row.en or site, "since": f"{row.ended:%Y-%m-%dT%H:%MZ}"}
        for site, row in gone.iterrows()
    ]  # fmt: skip
    return {
        "ended": newest,
        "rows": int(mine["rows_24h"].sum()),
        "usual": mine["usual"].sum(),
        "silent": silent,
    }


def _long_ago(lake: Lake, feed: Feed, at: pd.Timestamp) -> pd.Timestamp | None:
    """The newest end of a feed that brought nothing in the window looked at, None where it never brought anything."""
    newest = lake.query(
        f"SELECT max(time + to_minutes(CAST({LENGTH_SQL} AS BIGINT))) AS ended FROM observation "  # noqa: S608
        "WHERE time < $at AND list_contains($codes, variable)",
        at=at.to_pydatetime(),
        codes=list(feed.codes),
    )["ended"].iloc[0]
    return None if pd.isna(newest) else min(pd.Timestamp(newest), at)


def _other(lake: Lake, feed: Feed, at: pd.Timestamp) -> dict[str, Any]:
    """Newest end and rows of a feed with a table of its own."""
    if feed.still:
        total = int(lake.query(f"SELECT count(*) AS n FROM {feed.table}")["n"].iloc[0])  # noqa: S608
        return {"ended": None, "rows": total, "usual": 0.0, "silent": []}
    kinds = "AND kind IN ({})".format(", ".join(f"'{k}'" for k in feed.events)) if feed.events else ""
    length = pd.Timedelta(hours=feed.period_h)
    found = lake.query(
        f"""
        SELECT max(time) AS newest,
               count(*) FILTER (WHERE time > $day) AS rows_24h,
               count(*) FILTER (WHERE time <= $day AND time > $before) / $days AS usual
        FROM {feed.table} WHERE time <= $last {kinds}
        """,  # noqa: S608 (names and kinds are constants of the declaration)
        last=(at - length).to_pydatetime(),
        day=(at - length - 24 * HOUR).to_pydatetime(),
        before=(at - length - (USUAL_DAYS + 1) * 24 * HOUR).to_pydatetime(),
        days=float(USUAL_DAYS),
    ).iloc[0]
    ended = None if pd.isna(found["newest"]) else pd.Timestamp(found["newest"]) + length
    return {"ended": ended, "rows": int(found["rows_24h"]), "usual": float(found["usual"]), "silent": []}


def _judged(
    feed: Feed, found: dict[str, Any], at: pd.Timestamp
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """One row of the table, and the stations of the feed that fell silent."""
    age = np.nan if found["ended"] is None else max((at - found["ended"]) / HOUR, 0.0)
    if feed.still:
        verdict = "ok" if found["rows"] else "missing"
    elif found["ended"] is None:
        verdict = "missing"
    elif age > feed.late_h:
        verdict = "late"
    else:
        verdict = "thin" if feed.late_h <= DAILY and found["rows"] < THIN * found["usual"] else "ok"
    fields: dict[str, Any] = {"n": found["rows"]}
    if np.isfinite(age):
        fields |= {"hours": round(age), "days": round(age / 24)}
    if found["silent"]:
        fields["silent"] = found["silent"]
    row = {
        "feed": feed.key, "newest": found["ended"], "age_h": round(age, 2),
        "rows_24h": found["rows"], "status": verdict, "instead": feed.instead.get(verdict, ""),
        "fields": json.dumps(fields, ensure_ascii=False),
    }  # fmt: skip
    # Where the whole feed is late its stations need not be named one by one.
    return row, [] if verdict in ("late", "missing") else found["silent"]


def _gone(station: dict[str, str], at: pd.Timestamp) -> Note:
    """The sentence about a station that fell silent."""
    since = pd.Timestamp(station["since"])
    local = since.tz_convert("Asia/Shanghai")
    names = station["name_zh"], station["name_en"]
    return N_("{zh} ({site}, {en}) has sent nothing since {since}, {hours} h before; the others stand in."), {
        "zh": names[0], "en": names[1], "site": station["site"],
        "since": f"{local:%Y-%m-%d %H:%M}", "hours": round((at - since) / HOUR),
    }  # fmt: skip
