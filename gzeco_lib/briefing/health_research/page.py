"""What all sections share: the outcome, the words, running numbers, and how values and times are written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from gzeco_lib.briefing.elements import Chip, Heading
from gzeco_lib.briefing.health_research.companions import Companions
from gzeco_lib.briefing.health_research.declaration import HealthResearch
from gzeco_lib.briefing.tables import Cell
from gzeco_lib.scenario import Outcome
from gzeco_lib.standards.aqhi import band_name
from gzeco_lib.standards.categories import category
from gzeco_lib.views import theme
from gzeco_lib.views.words import Translate

DIGITS = "〇一二三四五六七八九"
PLUS = 11  # AQHI above 10
POLLUTANTS = ("PM2.5", "PM10", "O3", "NO2", "SO2", "CO")


def chinese_number(n: int) -> str:
    """1..99 in Chinese figures: 一, 十, 十二, 二十."""
    tens, ones = divmod(n, 10)
    if not tens:
        return DIGITS[ones]
    return f"{DIGITS[tens] if tens > 1 else ''}十{DIGITS[ones] if ones else ''}"


@dataclass
class Page:
    """One briefing under way."""

    outcome: Outcome
    brief: HealthResearch
    words: Translate
    lang: str
    generated: bool = False  # the stations are those of the demo city
    companions: Companions = field(default_factory=lambda: Companions({}))
    previous: Outcome | None = None  # key figures of the last briefing
    people_generated: bool = False  # the people by cell and hour are generated ones
    numbers: dict[str, int] = field(default_factory=dict)

    def _next(self, kind: str) -> int:
        self.numbers[kind] = self.numbers.get(kind, 0) + 1
        return self.numbers[kind]

    def heading(self, text: str, anchor: str) -> Heading:
        """The next section's heading with its number."""
        n = self._next("section")
        return Heading(text, anchor, f"{chinese_number(n)}、" if self.lang == "zh" else str(n))

    def figure_label(self) -> str:
        """ "Figure 1" and so on."""
        _ = self.words
        return _("Figure {n}").format(n=self._next("figure"))

    def table_label(self) -> str:
        """ "Table 1" and so on."""
        _ = self.words
        return _("Table {n}").format(n=self._next("table"))

    def table(self, name: str) -> pd.DataFrame:
        """The table ``name`` of the outcome."""
        return self.outcome.table(name)

    def optional(self, name: str) -> pd.DataFrame | None:
        """The table ``name``; None where the outcome has none (it was made by an earlier version)."""
        return self.outcome.tables.get(name)

    def name(self, row: Any) -> str:
        """The name of a station, district or enterprise in the language of the briefing."""
        first, second = ("name_zh", "name_en") if self.lang == "zh" else ("name_en", "name_zh")
        for column in (first, second, "site", "enterprise", "district"):
            value = row.get(column)
            if isinstance(value, str) and value:
                return value
        return theme.NO_VALUE

    def district(self, code: Any) -> str:
        """The name of the district ``code``; a dash where there is none."""
        from gzeco_lib.geo.districts import NAMES

        pair = NAMES.get(str(code))
        return pair[0 if self.lang == "zh" else 1] if pair else theme.NO_VALUE

    def area(self, code: Any) -> str:
        """The name of the district ``code``, or the whole city."""
        _ = self.words
        return _("Whole city") if str(code) in ("", "440100") else self.district(code)

    def told(self, message: Any, fields: Any = None) -> str:
        """A stored sentence with its fields (a mapping, or JSON), which older outcomes may lack."""
        known = _fields(fields)
        text = self.words(str(message))
        try:
            return text.format(**known)
        except (KeyError, IndexError, ValueError):
            return text

    def variable(self, code: str) -> tuple[str, str]:
        """Name and unit of a variable of the dictionary; its code where it has none."""
        from gzeco_lib.variables.dictionary import variables

        known = variables()
        if code not in known:
            return code, ""
        return str(known[code].name_zh if self.lang == "zh" else known[code].name_en), theme.unit(
            known[code].unit
        )

    # --- values -----------------------------------------------------------------------------------------------

    def category_name(self, number: Any) -> str:
        """The name of AQI category ``number``."""
        return category(int(number)).name(self.lang) if _graded(number) else theme.NO_VALUE

    def category_cell(self, number: Any) -> Cell:
        """An AQI category with the norm's colour beside its name."""
        return Cell(self.category_name(number), theme.aqi_colour(number) if _graded(number) else "")

    def category_chip(self, number: Any) -> Chip | None:
        """An AQI category on the norm's colour."""
        if not _graded(number):
            return None
        colour = theme.aqi_colour(number)
        return Chip(f"AQI {self.category_name(number)}", colour, theme.text_on(colour))

    def band_name(self, band: Any) -> str:
        """The name of an AQHI band."""
        return band_name(band, self.lang) if band in theme.BAND_NAMES else theme.NO_VALUE

    def band_cell(self, band: Any) -> Cell:
        """An AQHI band with its sign."""
        return Cell(
            f"{theme.SIGNS[band]}\u00a0{self.band_name(band)}" if band in theme.BAND_NAMES else theme.NO_VALUE
        )

    def band_chip(self, band: Any) -> Chip | None:
        """An AQHI band on its colour, with its sign."""
        if band not in theme.BAND_NAMES:
            return None
        _ = self.words
        colour = theme.SEVERITY[band]
        text = _("Health risk: {band}").format(band=self.band_name(band))
        return Chip(f"{theme.SIGNS[band]} {text}", colour, theme.text_on(colour))

    @staticmethod
    def aqhi(value: Any) -> str:
        """AQHI as people read it: 1..10, "10+" above."""
        if value is None or pd.isna(value):
            return theme.NO_VALUE
        return "10+" if value >= PLUS else str(int(value))

    @staticmethod
    def value(name: str, value: Any) -> str:
        """``value`` with the decimals of ``name``."""
        return theme.quantity(name, None if value is None or pd.isna(value) else float(value))

    @staticmethod
    def percent(fraction: float, decimals: int = 1) -> str:
        """``fraction`` as a percentage, written as in the answer: without a space."""
        return theme.percent(fraction, decimals).replace(" ", "")

    def band(self, row: Any, name: str) -> str:
        """The 80% band of ``name`` as "low–high"."""
        lo, hi = row[f"{name}_lo"], row[f"{name}_hi"]
        return (
            theme.NO_VALUE if pd.isna(lo) or pd.isna(hi) else f"{self.value(name, lo)}–{self.value(name, hi)}"
        )

    def primary(self, codes: Any) -> str:
        """Primary pollutants, parted by commas of the language."""
        if not isinstance(codes, str) or not codes:
            return theme.NO_VALUE
        return self.listed(codes.split(","))

    @property
    def threshold(self) -> int:
        """The AQHI from which a place counts as high risk."""
        return int(self.outcome.parameters["high_risk_aqhi"])

    def high_share_name(self) -> str:
        """What ``high_share`` is a share of: people where the exposure is known, else area."""
        _ = self.words
        if self.table("district_hourly")["population"].notna().any():
            text = _("People where AQHI is {n} or more [%]")
        else:
            text = _("Area where AQHI is {n} or more [%]")
        return text.format(n=self.threshold)

    def grade_cell(self, grade: Any) -> Cell:
        """A grade 1..5 of a hazard: its colour, sign and name."""
        if pd.isna(grade):
            return Cell(theme.NO_VALUE, quiet=True)
        band = theme.BANDS[min(max(round(float(grade)), 1), 5) - 1]
        return Cell(f"{theme.SIGNS[band]}\u00a0{self.band_name(band)}", theme.SEVERITY[band])

    @staticmethod
    def chance(share: Any) -> str:
        """A probability in percent: whole, and never rounded to certainty."""
        if pd.isna(share):
            return theme.NO_VALUE
        percent = 100 * float(share)
        return "<1%" if 0 < percent < 1 else ">99%" if 99 < percent < 100 else f"{percent:.0f}%"

    def people(self, count: Any, bare: bool = False) -> str:
        """A number of people as one says it, in 10,000 where Chinese does; ``bare`` without the word for people."""
        if pd.isna(count):
            return theme.NO_VALUE
        rounded = _rounded(float(count))
        if self.lang == "zh":
            said = theme.number(rounded) if rounded < 10_000 else f"{rounded / 1e4:g}\u00a0万"
            return said if bare else f"{said}人" if rounded >= 10_000 else f"{said}\u00a0人"
        return theme.number(rounded) if bare else f"{theme.number(rounded)} people"

    def listed(self, names: list[str]) -> str:
        """Names one after the other."""
        return ("、" if self.lang == "zh" else ", ").join(names)

    def sentences(self, told: list[str]) -> str:
        """Whole sentences one after the other."""
        return ("" if self.lang == "zh" else " ").join(told)

    def joined(self, parts: list[str]) -> str:
        """Statements one after the other."""
        return ("；" if self.lang == "zh" else "; ").join(parts)

    # --- times ------------------------------------------------------------------------------------------------

    @staticmethod
    def local(time: Any) -> pd.Timestamp:
        """``time`` (UTC) in local time."""
        stamp = pd.Timestamp(time)
        return (stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp).tz_convert(theme.ZONE)

    def moment(self, time: Any) -> str:
        """Date and time of ``time`` in words."""
        t = self.local(time)
        if self.lang == "zh":
            return f"{t.year}年{t.month}月{t.day}日 {t:%H:%M}"
        return f"{t.day} {t:%b %Y}, {t:%H:%M}"

    def hour(self, time: Any) -> str:
        """The hour that starts at ``time`` in running text."""
        t = self.local(time)
        end = t + pd.Timedelta(hours=1)
        if self.lang == "zh":
            return f"{t.month}月{t.day}日{t:%H:%M}–{end:%H:%M}"
        return f"{t:%H:%M}–{end:%H:%M} on {t.day} {t:%b}"

    def short(self, time: Any) -> str:
        """``time`` for a table or a card."""
        return theme.NO_VALUE if pd.isna(time) else f"{self.local(time):%m-%d %H:%M}"

    def span(self, start: Any, end: Any) -> str:
        """From ``start`` to ``end`` for a table: the day is said once where it is the same."""
        a, b = self.local(start), self.local(end)
        return f"{a:%m-%d %H:%M}–{b:%H:%M}" if a.date() == b.date() else f"{a:%m-%d %H:%M}–{b:%m-%d %H:%M}"


def _fields(fields: Any) -> dict[str, Any]:
    """Fields of a sentence as the tables keep them: a mapping, JSON, or nothing."""
    if isinstance(fields, dict):
        return fields
    try:
        known = json.loads(fields) if isinstance(fields, str) and fields else {}
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}


def _rounded(count: float) -> float:
    """Two figures: a count of exposed people is not known better."""
    return float(f"{count:.2g}")


def _graded(number: Any) -> bool:
    return bool(pd.notna(number) and 1 <= number <= 6)
