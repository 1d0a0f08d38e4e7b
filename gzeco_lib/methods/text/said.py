"""Parts of a time as people say it, in Chinese and basic English: day, part of the day, clock."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_N = r"(?:\d{1,2}|[零〇一二两三四五六七八九十]{1,3})"
DAYS = {  # word: days before the day it was written, part of the day it brings along
    "大前天": (3, ""), "前天": (2, ""), "前晚": (2, "晚上"), "昨天": (1, ""), "昨日": (1, ""),
    "昨晚": (1, "晚上"), "昨夜": (1, "夜里"), "昨早": (1, "早上"), "今天": (0, ""), "今日": (0, ""),
    "今早": (0, "早上"), "今晨": (0, "早上"), "今晚": (0, "晚上"),
    "the day before yesterday": (2, ""), "yesterday": (1, ""), "last night": (1, "晚上"), "today": (0, ""),
    "tonight": (0, "晚上"), "this morning": (0, "早上"), "this afternoon": (0, "下午"), "this evening": (0, "晚上"),
}  # fmt: skip
PARTS = {  # part of the day: first and last hour; beyond 24 is the next day
    "凌晨": (0, 6), "清晨": (5, 8), "清早": (5, 8), "早晨": (6, 9), "早上": (6, 10), "上午": (8, 12),
    "中午": (11, 14), "午间": (11, 14), "下午": (12, 18), "傍晚": (17, 20), "晚上": (18, 24), "晚间": (18, 24),
    "夜晚": (18, 24), "深夜": (22, 27), "半夜": (23, 28), "夜里": (21, 29), "夜间": (21, 29), "晚": (18, 24),
    "morning": (6, 12), "afternoon": (12, 18), "evening": (18, 22), "noon": (11, 13), "midnight": (23, 25),
    "night": (20, 28), "am": (0, 12), "pm": (12, 24),
}  # fmt: skip
WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
WEEKDAYS_EN = {
    "monday": 0,
    "tuesday": 1,
    "wednesday": 2,
    "thursday": 3,
    "friday": 4,
    "saturday": 5,
    "sunday": 6,
}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _either(words: dict[str, object] | dict[str, tuple[int, str]] | dict[str, tuple[int, int]]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_ZH_PARTS = "|".join(sorted((p for p in PARTS if not p.isascii()), key=len, reverse=True))
MOMENT = re.compile(
    rf"""
    (?P<iso>(?P<y>(?:19|20)\d\d)[-/.年](?P<m>\d{{1,2}})[-/.月](?P<d>\d{{1,2}})[日号]?(?:T(?=\d))?)
    |(?P<md>(?P<m2>{_N})月(?P<d2>{_N})[日号]?)
    |(?P<ago>(?P<n>半|几|{_N})(?:个多|多)?(?:个)?(?P<unit>小时|钟头|分钟|天|日|周|星期|礼拜)(?:之前|以前|前))
    |(?P<agoen>\b(?P<nen>\d{{1,3}}|an?|two|three|half\ an)\ (?P<uniten>hours?|minutes?|mins?|days?|weeks?)\ ago)
    |(?P<lately>(?:最近|近|连续|这|过去的?)(?P<n2>几|{_N})(?:个)?(?P<unit2>小时|天|日|周|星期|晚))
    |(?P<latelyen>\b(?:for|in|over)\ the\ (?:past|last)\ (?P<n2en>\d{{1,3}}|few|two|three)[ ]
        (?P<unit2en>hours?|days?|weeks?))
    |(?P<week>(?P<which>上上|上个?|本|这个?)?(?:周|星期|礼拜)(?P<wd>[一二三四五六日天1-7])(?![年月]))
    |(?P<weeken>\b(?P<whichen>last|this|on)?\ ?(?P<wden>{"|".join(WEEKDAYS_EN)})\b)
    |(?P<mdene>\b(?P<mon>{"|".join(MONTHS)})[a-z]*\.?\ (?P<dom>\d{{1,2}})(?:st|nd|rd|th)?\b)
    |(?P<weekend>(?P<whichw>上个?|这个?|本)?周末)
    |(?P<day>{_either(DAYS)})
    |(?P<dom2>(?P<dn>{_N})[号日](?![楼栋线口门店铺院房]))
    |(?P<now>刚才|刚刚|方才|现在|目前|此刻|眼下|\bjust\ now\b|\bright\ now\b|\bcurrently\b|\bat\ the\ moment\b)
    |(?P<clocken>\b(?P<hen>\d{{1,2}})(?::(?P<minen>\d\d))?\ ?(?P<ampm>[ap]\.?m\b\.?))
    |(?P<colon>(?<![\d.:])(?P<h>\d{{1,2}})[:：](?P<min>[0-5]\d)(?::[0-5]\d)?(?![\d%]))
    |(?P<clock>(?P<h2>{_N})(?:点钟?|时)(?:(?P<half>半)|(?P<quarter>[一三])刻|(?P<min2>{_N})分?)?(?![个小]))
    |(?P<part>{_ZH_PARTS}|\b(?:morning|afternoon|evening|noon|midnight|night)\b)
    """,
    re.VERBOSE,
)
_CLOCKS = ("clocken", "colon", "clock")
_DATED = ("iso", "md", "week", "weeken", "mdene", "day", "dom2", "weekend")


@dataclass(frozen=True)
class Piece:
    """One recognised piece of a time: its kind, the groups it was made of, and where it stands."""

    kind: str
    groups: dict[str, str]
    start: int
    end: int

    @property
    def dated(self) -> bool:
        """Whether it names a day."""
        return self.kind in _DATED

    @property
    def clock(self) -> bool:
        """Whether it names an hour."""
        return self.kind in _CLOCKS


def pieces(text: str) -> list[Piece]:
    """All pieces of times in a plain, lower-case ``text``, in order."""
    found = []
    for match in MOMENT.finditer(text):
        groups = {name: value for name, value in match.groupdict().items() if value is not None}
        kind = next(name for name in groups if name in KINDS)
        found.append(Piece(kind, groups, match.start(), match.end()))
    return found


KINDS = (
    "iso", "md", "ago", "agoen", "lately", "latelyen", "week", "weeken", "mdene", "weekend", "day", "dom2", "now",
    "clocken", "colon", "clock", "part",
)  # fmt: skip


def number(text: str) -> int:
    """A number below a hundred in digits or Chinese; 3 for "several"."""
    if text.isdigit():
        return int(text)
    if text in ("几", "few"):
        return 3
    if text in ("a", "an"):
        return 1
    if text in ("two", "three"):
        return {"two": 2, "three": 3}[text]
    if "十" in text:
        tens, _, ones = text.partition("十")
        return (_DIGITS.get(tens, 1) if tens else 1) * 10 + (_DIGITS.get(ones, 0) if ones else 0)
    return _DIGITS.get(text[-1:], 0)


def clock_of(piece: Piece) -> tuple[int, int, str] | None:
    """Hour (0..24), minute and part of the day (am, pm or "") of a clock; None where it is no hour of a day."""
    g = piece.groups
    if piece.kind == "clocken":
        hour, minute, part = int(g["hen"]), int(g.get("minen", 0)), g["ampm"].replace(".", "").strip()
    elif piece.kind == "colon":
        hour, minute, part = int(g["h"]), int(g["min"]), ""
    else:
        hour, part = number(g["h2"]), ""
        minute = (
            30 if "half" in g else 15 * number(g["quarter"]) if "quarter" in g else number(g.get("min2", "0"))
        )
    return (hour, minute, part) if 0 <= hour <= 24 and 0 <= minute < 60 else None
