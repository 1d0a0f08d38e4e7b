"""Posts of the generated city's people: what troubles them, in words, and what was true of it.

A post says when and where in words (昨晚八点多, 附近), not always either, some hours after it happened; few carry a
position. Some are about nothing that pollutes. While an episode goes on there are more, from where its air is. The lake
holds texts as an ingest stores them, personal data masked; the truth holds them as written.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from gzeco_lib.demo_city.amenities import amenities
from gzeco_lib.demo_city.daily import DAY, LOCAL, local_day
from gzeco_lib.demo_city.exposed import fields
from gzeco_lib.demo_city.noise import EPOCH, generator
from gzeco_lib.demo_city.places import SOURCE
from gzeco_lib.demo_city.world import HOUR, World
from gzeco_lib.geo.coords import to_plane
from gzeco_lib.geo.grid import cell_of, city_grid
from gzeco_lib.ingest.personal import mask

A_DAY = 9.0  # posts a day in the whole city
IRRELEVANT = 0.12  # share of them
NO_PLACE, NO_TIME = 0.12, 0.15  # share of posts that do not say where, or when
POSITION = 0.25  # share with a position
CONTACT = 0.05  # share with a telephone number
ENDING = 0.35
LATE = 6.0  # h, mean time from what happened to the post
LATEST = 40.0  # h
IN_AN_HOUR = 1.2  # posts an hour of an episode
STRONG = 30.0  # ug m-3 in a cell, from which people write
SMELL = {"SO2": ("odour", "smoke_dust"), "NOx": ("odour", "smoke_dust"), "PM10": ("smoke_dust",)}
NUMBERS = "零一二三四五六七八九十"
TRUTH = (
    "event", "time", "true_start", "said", "topic", "relevant", "lon", "lat", "district", "place", "place_said",
    "episode", "text",
)  # fmt: skip
EVENT = ("event", "time", "end", "kind", "subject", "lon", "lat", "text", "generated", "source")


@dataclass(frozen=True)
class Spot:
    """A place a post may be about."""

    name: str
    kind: str
    lon: float
    lat: float
    district: str


@cache
def figures() -> dict[str, Any]:
    """Contents of ``opinion.yaml``."""
    return dict(yaml.safe_load(Path(__file__).with_name("opinion.yaml").read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def posts(made: World) -> pd.DataFrame:
    """All posts written in the period, with the columns ``TRUTH`` and the position given, by time."""
    spots = _spots(made)
    rows: list[dict[str, Any]] = []
    day = local_day(made.start) - 2 * DAY
    while day < made.stop:
        rows += _of_a_day(made.seed, day, spots)
        day += DAY
    rows += _of_episodes(made, spots)
    table = pd.DataFrame(rows, columns=[*TRUTH, "shown"])
    for name in ("time", "true_start"):
        table[name] = pd.DatetimeIndex(pd.to_datetime(table[name], utc=True)).as_unit("us")
    table = table[(table["time"] >= made.start) & (table["time"] < made.stop)]
    return table.sort_values(["time", "event"], ignore_index=True)


def rows(made: World) -> pd.DataFrame:
    """The lake's ``event`` rows of kind "opinion"."""
    table = posts(made)
    there = table["shown"].astype(bool)
    return table.assign(
        end=pd.Series(pd.NaT, index=table.index, dtype=table["time"].dtype), kind="opinion", subject=None,
        lon=table["lon"].where(there), lat=table["lat"].where(there), text=table["text"].map(mask),
        generated=True, source=SOURCE,
    )[list(EVENT)]  # fmt: skip


def truth(made: World) -> pd.DataFrame:
    """Truth ``opinion``: what each post is about, when and where it was, and the text before masking.

    ``true_start`` is when it happened; ``said`` the words for it, "" where there are none; ``place_said`` whether the
    text names the ``place``; ``episode`` the hidden episode behind it, "" for none.
    """
    return posts(made)[list(TRUTH)]


def _spots(made: World) -> list[Spot]:
    places = amenities(made.seed, made.people)
    works = made.enterprises.assign(kind="enterprise")
    columns = ["name_zh", "kind", "lon", "lat", "district"]
    table = pd.concat([places[columns], works[columns]], ignore_index=True)
    return [Spot(*row) for row in table.itertuples(index=False, name=None)]


def _of_a_day(seed: int, day: pd.Timestamp, spots: list[Spot]) -> list[dict[str, Any]]:
    """Posts about what happened on the local day that begins at ``day``."""
    number = int((day - EPOCH + pd.Timedelta(hours=8)) / DAY)
    rng = generator(seed, "opinion", number)
    topics = figures()["topics"]
    shares = np.array([about["share"] for about in topics.values()])
    found = []
    for k in range(int(rng.poisson(A_DAY))):
        relevant = rng.random() >= IRRELEVANT
        topic = str(rng.choice(list(topics), p=shares / shares.sum())) if relevant else "other"
        kinds = topics[topic]["at"] if relevant else ["park", "school", "residence", "hospital"]
        near = [spot for spot in spots if spot.kind in kinds]
        # Mostly by day and evening, when people are awake.
        hour = float(rng.choice([rng.uniform(0.0, 7.0), rng.uniform(7.0, 24.0)], p=[0.1, 0.9]))
        spot = near[int(rng.integers(len(near)))]
        name = f"DEMO-O-{number}-{k}"
        found.append(_post(rng, name, topic, spot, day + pd.Timedelta(minutes=round(60 * hour)), ""))
    return found


def _of_episodes(made: World, spots: list[Spot]) -> list[dict[str, Any]]:
    """Posts from places in the plumes, each hour drawn by itself so that a later build draws the same."""
    grid = city_grid()
    index = pd.Index(grid.cells[grid.mask])
    homes = [spot for spot in spots if spot.kind in ("residence", "school", "hospital", "park")]
    x, y = to_plane([s.lon for s in homes], [s.lat for s in homes])
    cell = index.get_indexer(pd.Index(cell_of(x, y)))
    found = []
    for added in fields(made):
        for row, hour in zip(added.values, added.hours, strict=True):
            start = made.clock.hours[hour]
            number = int((start - EPOCH) / HOUR)
            rng = generator(made.seed, f"opinion {added.episode} {added.species}", number)
            there = np.flatnonzero((cell >= 0) & (row[cell] >= STRONG))
            for k in range(min(int(rng.poisson(IN_AN_HOUR)), len(there))):
                spot = homes[int(rng.choice(there, p=row[cell[there]] / row[cell[there]].sum()))]
                topic = str(rng.choice(SMELL[added.species]))
                when = start + pd.Timedelta(minutes=int(rng.integers(60)))
                name = f"DEMO-O-{added.episode}-{added.species}-{number}-{k}"
                found.append(_post(rng, name, topic, spot, when, added.episode))
    return found


def _post(
    rng: np.random.Generator, name: str, topic: str, spot: Spot, happened: pd.Timestamp, episode: str
) -> dict[str, Any]:
    """One post about ``happened`` (UTC) at ``spot``, written some hours later and mostly awake."""
    late = min(0.1 + float(rng.exponential(LATE)), LATEST)
    written = _awake(rng, happened + pd.Timedelta(minutes=round(60 * late)))
    relevant = topic != "other"
    texts = figures()["topics"][topic]["texts"] if relevant else figures()["irrelevant"]
    text = str(texts[int(rng.integers(len(texts)))])
    said = "" if rng.random() < NO_TIME else words(rng, happened, written)
    where = str(rng.choice(["我家", "这里", "小区"])) if relevant and rng.random() < NO_PLACE else spot.name
    place_said, said = where == spot.name and "{place}" in text, said if "{time}" in text else ""
    text = text.format(time=said, place=where)
    if relevant and rng.random() < ENDING:
        text += str(rng.choice(figures()["endings"]))
    if relevant and rng.random() < CONTACT:
        text += str(rng.choice(figures()["contacts"]))
    # A telephone's position, a few hundred metres from what the post is about.
    lon, lat = (v + 0.002 * float(rng.standard_normal()) for v in (spot.lon, spot.lat))
    return {
        "event": name, "time": written, "true_start": happened, "said": said, "topic": topic, "relevant": relevant,
        "lon": round(lon, 6), "lat": round(lat, 6), "district": spot.district, "place": spot.name,
        "place_said": bool(place_said), "episode": episode, "text": text, "shown": bool(rng.random() < POSITION),
    }  # fmt: skip


def _awake(rng: np.random.Generator, moment: pd.Timestamp) -> pd.Timestamp:
    """``moment``, or a time of the next morning where most would be asleep."""
    local = moment.tz_convert(LOCAL)
    if 1 <= local.hour < 6 and rng.random() < 0.7:
        return moment + pd.Timedelta(minutes=int(60 * (7 - local.hour) + rng.integers(90)))
    return moment


def words(rng: np.random.Generator, happened: pd.Timestamp, written: pd.Timestamp) -> str:
    """Words for ``happened`` as somebody says it at ``written`` (both with a zone)."""
    then, now = happened.tz_convert(LOCAL), written.tz_convert(LOCAL)
    since = (written - happened) / HOUR
    if since < 0.6 and rng.random() < 0.7:
        return str(rng.choice(["刚才", "刚刚"]))
    if 1.5 <= since < 4.5 and rng.random() < 0.25:
        return f"{_counted(round(since))}个小时前"
    days = (now.normalize() - then.normalize()).days
    part = _part(then.hour)
    vague = rng.random() < 0.45
    if days == 0:
        day = "今早" if part == "早上" and vague else f"今天{part}"
    elif days == 1:
        day = "昨晚" if part == "晚上" and vague else f"昨天{part}"
    elif days == 2:
        day = f"前天{part}"
    else:
        day = f"{then.month}月{then.day}日{part}"
    return day + ("" if vague else _clock(rng, then))


def _part(hour: int) -> str:
    return next(name for name, (first, last) in figures()["parts"].items() if first <= hour <= last)


def _clock(rng: np.random.Generator, then: pd.Timestamp) -> str:
    """The hour as people say it, to the half: 八点, 八点半, 8点多."""
    hour = then.hour - 12 if then.hour > 12 else then.hour
    written = str(hour) if rng.random() < 0.3 else _counted(hour)
    return f"{written}点" + ("半" if then.minute >= 30 else str(rng.choice(["", "多"])))


def _counted(n: int) -> str:
    return "两" if n == 2 else NUMBERS[n] if n <= 10 else "十" + NUMBERS[n - 10]
