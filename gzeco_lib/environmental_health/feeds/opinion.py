"""Complaints and opinion of the last days: what they are about, when and where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.feeds.gazetteer import gazetteer
from gzeco_lib.errors import N_
from gzeco_lib.geo.districts import district_of
from gzeco_lib.methods.text.places import SaidPlace, said_place
from gzeco_lib.methods.text.times import ZONE, said_time
from gzeco_lib.methods.text.topics import classify

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

KINDS = ("complaint", "opinion")
COLUMNS = (
    "event", "time", "said_time", "topic", "confidence", "lon", "lat", "district", "place", "place_from", "kind",
)  # fmt: skip
SUMMARY = ("day", "district", "topic", "count")
MOST = 20_000  # the newest so many are read; more in one window is a flood, and said so


def opinion(lake: Lake, at: pd.Timestamp, days: int = 30) -> tuple[pd.DataFrame, pd.DataFrame, list[Note]]:
    """Tables `opinion` and `opinion_summary` (docs/architecture.md) of the ``days`` before ``at``, and notes.

    A coordinate of the source goes before a place found in the text. `said_time` is the start of the time the text
    names, else the time of the complaint. The summary counts by local day of `said_time`, district ("" unknown)
    and topic.
    """
    at = at.tz_convert("UTC")
    rows = lake.read("event", start=at - pd.Timedelta(days=days), end=at, where={"kind": list(KINDS)})
    notes: list[Note] = []
    if rows.empty:
        notes.append(
            (N_("The lake holds no complaint or opinion of the {days} days before."), {"days": days})
        )
        return _empty(COLUMNS), _empty(SUMMARY), notes
    rows = rows.sort_values(["time", "event"], ignore_index=True)
    if len(rows) > MOST:
        notes.append(
            (N_("{n} complaints came in; the newest {most} are read."), {"n": len(rows), "most": MOST})
        )
        rows = rows.tail(MOST).reset_index(drop=True)
    table = _placed(_timed(pd.concat([rows, classify(rows["text"])], axis=1)), lake)
    return table[list(COLUMNS)], summary(table), [*notes, *_told(rows, table)]


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Events by local day of what they tell of, district and topic."""
    day = table["said_time"].dt.tz_convert(ZONE).dt.normalize().dt.tz_convert("UTC")
    grouped = table.assign(day=day).groupby(["day", "district", "topic"], as_index=False)
    return grouped.size().rename(columns={"size": "count"})[list(SUMMARY)]


def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    """An empty table whose times are times."""
    table = pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
    for name in set(columns) & {"time", "said_time", "day"}:
        table[name] = pd.Series(dtype="datetime64[us, UTC]")
    return table


def _timed(table: pd.DataFrame) -> pd.DataFrame:
    """With the time each text names, else its own."""
    found = [said_time(text, time) for text, time in zip(table["text"], table["time"], strict=True)]
    said = pd.Series([t if s is None else s.start for s, t in zip(found, table["time"], strict=True)])
    return table.assign(said_time=pd.to_datetime(said, utc=True).astype("datetime64[us, UTC]"))


def _placed(table: pd.DataFrame, lake: Lake) -> pd.DataFrame:
    """With place, district and where the place comes from."""
    names = gazetteer(lake)
    found = [said_place(text, names) for text in table["text"]]
    lon, lat = table["lon"].to_numpy(dtype=float), table["lat"].to_numpy(dtype=float)
    given = np.isfinite(lon) & np.isfinite(lat)
    told = np.array([place is not None and np.isfinite(place.lon) for place in found])
    lon = np.where(given, lon, [np.nan if p is None else p.lon for p in found])
    lat = np.where(given, lat, [np.nan if p is None else p.lat for p in found])
    inside = district_of(lon, lat)
    named = np.array([_district(place) for place in found], dtype=object)
    return table.assign(
        lon=lon, lat=lat,
        district=np.where(given & (inside != ""), inside, np.where(named != "", named, np.where(given, "", inside))),
        place=["" if p is None else p.place for p in found],
        place_from=np.where(given, "coordinates", np.where(told, "text", "")),
    )  # fmt: skip


def _district(place: SaidPlace | None) -> str:
    return "" if place is None else place.district


def _told(rows: pd.DataFrame, table: pd.DataFrame) -> list[Note]:
    """What could not be read out of the complaints."""
    notes: list[Note] = []
    silent = int((rows["text"].fillna("").str.strip() == "").sum())
    lost = int((table["district"] == "").sum())
    if silent:
        note = N_("{n} of {all} complaints have no text: their topic is unknown.")
        notes.append((note, {"n": silent, "all": len(rows)}))
    if lost:
        note = N_("{n} of {all} complaints name no place that is known: they are counted for no district.")
        notes.append((note, {"n": lost, "all": len(rows)}))
    return notes
