"""When it happened, by what a complaint says and when it was written: a start and an end."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pandas as pd

from gzeco_lib.methods.text.plain import plain
from gzeco_lib.methods.text.said import (
    DAYS,
    MONTHS,
    PARTS,
    WEEKDAYS,
    WEEKDAYS_EN,
    Piece,
    clock_of,
    number,
    pieces,
)

ZONE = "Asia/Shanghai"
DAY, HOUR, MINUTE = pd.Timedelta(days=1), pd.Timedelta(hours=1), pd.Timedelta(minutes=1)
JUST_NOW = 30 * MINUTE
OLDEST = 366 * DAY  # what is said to lie further back is not a time of this complaint
_RANGE = re.compile(r"^\s*(?:到|至|直到|—{1,2}|-|~|～|–|to|until|till|and)\s*$")
_GLUE = re.compile(r"^(?:[\s,，的是在从约大概左右]|around|about|at|from|between|since){0,4}$")
_UNITS = {
    "小时": HOUR, "钟头": HOUR, "分钟": MINUTE, "天": DAY, "日": DAY, "晚": DAY,
    "周": 7 * DAY, "星期": 7 * DAY, "礼拜": 7 * DAY,
    "hour": HOUR, "minute": MINUTE, "min": MINUTE, "day": DAY, "week": 7 * DAY,
}  # fmt: skip


@dataclass(frozen=True)
class SaidTime:
    """A time said in a text: [start, end) in UTC, and the words it rests on."""

    start: pd.Timestamp
    end: pd.Timestamp
    words: str


@dataclass(frozen=True)
class _Moment:
    """What one stretch of words says: a local day, a part of the day, a clock."""

    day: pd.Timestamp | None = None
    part: str = ""
    clock: tuple[int, int] | None = None
    span: tuple[pd.Timestamp, pd.Timestamp] | None = None  # already a whole answer


def said_time(text: object, written: pd.Timestamp, zone: str = ZONE) -> SaidTime | None:
    """The time a text speaks of, given when it was ``written`` (with a zone); None where it names none.

    A day alone is its 24 hours, a part of the day its usual hours, a clock the hour from then on; "from X to Y" runs
    from the start of X to Y. Nothing lies after ``written``. Without a day the last such hour before it is meant; a
    clock without a part of the day may mean morning or evening, and the nearer one is taken.
    """
    said = plain(text).lower()
    now = written.tz_convert(zone).tz_localize(None)
    stretches = _stretches(said, pieces(said))
    for at, stretch in enumerate(stretches):
        first = _moment(stretch, now)
        if first is None:
            continue
        follows = stretches[at + 1] if at + 1 < len(stretches) else None
        last = None
        if follows and _RANGE.match(said[stretch[-1].end : follows[0].start]):
            last = _moment(follows, now)
        span = _span(first, last, now)
        if span is None:
            continue
        end = (follows if last is not None and follows else stretch)[-1].end
        start, stop = (
            pd.Timestamp(t).tz_localize(zone, ambiguous=True, nonexistent="shift_forward") for t in span
        )
        return SaidTime(start.tz_convert("UTC"), stop.tz_convert("UTC"), said[stretch[0].start : end])
    return None


def _stretches(said: str, found: list[Piece]) -> list[list[Piece]]:
    """Pieces that stand together: a day, then a part of it, then a clock; each at most once."""
    groups: list[list[Piece]] = []
    for piece in found:
        last = groups[-1] if groups else []
        joined = bool(last) and _GLUE.match(said[last[-1].end : piece.start]) is not None
        if joined and _rank(piece) > _rank(last[-1]) >= 0:
            last.append(piece)
        else:
            groups.append([piece])
    return groups


def _rank(piece: Piece) -> int:
    """Order within a stretch; -1 for a piece that is an answer by itself."""
    if piece.dated:
        return 0
    return 2 if piece.clock else 1 if piece.kind == "part" else -1


def _moment(stretch: list[Piece], now: pd.Timestamp) -> _Moment | None:
    moment = _Moment()
    for piece in stretch:
        if _rank(piece) < 0:
            span = _whole(piece, now)
            return _Moment(span=span) if span else None
        if piece.dated:
            day, part = _day(piece, now)
            if day is None:
                return None
            moment = replace(moment, day=day, part=part)
            if piece.kind == "weekend":
                return _Moment(span=(day, min(day + 2 * DAY, now)))
        elif piece.clock:
            clock = clock_of(piece)
            if clock is None:
                return None
            moment = replace(moment, clock=clock[:2], part=clock[2] or moment.part)
        else:
            moment = replace(moment, part=piece.groups["part"])
    return moment


def _whole(piece: Piece, now: pd.Timestamp) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """The span of "just now", "two hours ago", "the last three days"."""
    g = piece.groups
    if piece.kind == "now":
        return now - JUST_NOW, now
    word = g.get("unit") or g.get("unit2") or (g.get("uniten") or g["unit2en"]).removesuffix("s")
    unit = _UNITS[word]
    amount = g.get("n") or g.get("n2") or g.get("nen") or g["n2en"]
    length = unit / 2 if amount in ("半", "half an") else number(amount) * unit
    if piece.kind in ("lately", "latelyen"):
        return now - length, now
    if unit >= DAY:
        day = (now - length).normalize()
        return day, day + DAY
    around = max(length / 4, 15 * MINUTE)
    return now - length - around, min(now - length + around, now)


def _day(piece: Piece, now: pd.Timestamp) -> tuple[pd.Timestamp | None, str]:
    """The local day a piece names, and the part of the day it brings along."""
    g, today = piece.groups, now.normalize()
    if piece.kind == "day":
        back, part = DAYS[g["day"]]
        return today - back * DAY, part
    if piece.kind == "weekend":
        saturday = today - ((today.weekday() - 5) % 7) * DAY
        return (
            saturday - 7 * DAY if g.get("whichw", "").startswith("上") and today.weekday() >= 5 else saturday
        ), ""
    if piece.kind in ("week", "weeken"):
        return _weekday(g, today), ""
    return _date(piece, g, today), ""


def _weekday(g: dict[str, str], today: pd.Timestamp) -> pd.Timestamp:
    if "wden" in g:
        back = (today.weekday() - WEEKDAYS_EN[g["wden"]]) % 7
        return today - (back or 7 * (g.get("whichen") == "last")) * DAY
    wd = int(g["wd"]) - 1 if g["wd"].isdigit() else WEEKDAYS[g["wd"]]
    monday = today - today.weekday() * DAY
    which = g.get("which", "")
    weeks = 2 if which == "上上" else 1 if which.startswith("上") else 0
    day = monday - weeks * 7 * DAY + wd * DAY
    return day if which or day <= today else day - 7 * DAY


def _date(piece: Piece, g: dict[str, str], today: pd.Timestamp) -> pd.Timestamp | None:
    """A calendar date: the last one of that name before today where the year or month is not said."""
    try:
        if piece.kind == "iso":
            return pd.Timestamp(int(g["y"]), int(g["m"]), int(g["d"]))
        if piece.kind == "dom2":
            day = today.replace(day=number(g["dn"]))
            return day if day <= today else (today.replace(day=1) - DAY).replace(day=number(g["dn"]))
        month, dom = (
            (number(g["m2"]), number(g["d2"])) if "m2" in g else (MONTHS.index(g["mon"]) + 1, int(g["dom"]))
        )
        day = pd.Timestamp(today.year, month, dom)
        return day if day <= today else pd.Timestamp(today.year - 1, month, dom)
    except ValueError:
        return None


def _span(
    first: _Moment, last: _Moment | None, now: pd.Timestamp
) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """[start, end) of one moment, or from one to another; None where it would lie after ``now``."""
    start, end = _one(first, now)
    if last is not None and first.span is None:
        # "from eight to ten at night": what only one of both says holds for both.
        day = last.day or (first.day if first.day is not None else None)
        later = replace(last, day=day, part=last.part or first.part)
        start, _ = _one(replace(first, part=first.part or (last.part if last.day is None else "")), now)
        begin, stop = _one(later if day is not None else replace(later, day=start.normalize()), now)
        end = begin if last.clock else stop
        if end <= start:
            end += DAY
    end = min(end, now)
    return (start, end) if now - OLDEST <= start < end else None


def _one(moment: _Moment, now: pd.Timestamp) -> tuple[pd.Timestamp, pd.Timestamp]:
    if moment.span is not None:
        return moment.span
    if moment.day is not None:
        return _on(moment, moment.day)
    start, end = _on(moment, now.normalize())
    if moment.clock and not moment.part and moment.clock[0] <= 12:
        both = [start, start - 12 * HOUR, start + 12 * HOUR, start - DAY]
        start = max(t for t in both if t <= now)
        return start, start + HOUR
    return (start, end) if start <= now else (start - DAY, end - DAY)


def _on(moment: _Moment, day: pd.Timestamp) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The moment on a given day."""
    if moment.clock is None:
        first, last = PARTS[moment.part] if moment.part else (0, 24)
        return day + first * HOUR, day + last * HOUR
    hour, minute = moment.clock
    if moment.part:
        hour = _hour(hour, moment.part)
    start = day + hour * HOUR + minute * MINUTE
    return start, start + HOUR


def _hour(hour: int, part: str) -> int:
    """The hour 0..29 that "eight in the evening" or "one at night" means; beyond 24 it is the next day."""
    first, last = PARTS[part]
    if part == "am":
        return hour % 12
    if part == "凌晨":
        return hour % 12 if hour <= 12 else hour
    if hour == 12 and first >= 18:
        return 24
    if hour > 12 or first <= hour < last:
        return hour
    if first <= hour + 12 < max(last, 24):
        return hour + 12
    # "one o'clock at night" belongs to the night that began on the day that was named.
    return hour + 24 if last > 20 and hour < 6 else hour
