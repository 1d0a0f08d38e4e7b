"""Where it was, by what a complaint says: the longest known name in the text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.text.plain import plain

COLUMNS = ("name", "kind", "lon", "lat", "district", "precision_m")
LONGEST = 40  # characters of a name that are compared
# What a kind of place says about where the smell was, sharpest first.
RANK = (
    "school", "kindergarten", "hospital", "elderly_home", "park", "construction", "residence", "water_source",
    "enterprise", "site", "road", "street", "district",
)  # fmt: skip
_SUFFIX = re.compile(r"(有限责任公司|股份有限公司|有限公司|公司|集团)$")
_LEAD = re.compile(r"^(广东省|广州市|广州|广东)")
_WORD = re.compile(r"[a-z0-9]")


@dataclass(frozen=True)
class SaidPlace:
    """A place said in a text.

    Attributes:
        place: its name as known.
        kind: district, street, enterprise, school, …
        lon, lat: WGS-84 degrees, NaN where the name alone is known.
        district: adcode, "" where unknown.
        precision_m: [m] how far from (lon, lat) it may have been.
        ambiguous: other places that the same words may mean.
        words: the words of the text.
    """

    place: str
    kind: str
    lon: float
    lat: float
    district: str
    precision_m: float
    ambiguous: tuple[str, ...]
    words: str


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """Names of places, looked up in texts; build it with `of`."""

    places: pd.DataFrame
    names: Mapping[str, tuple[int, ...]]  # name to rows of `places`
    starts: Mapping[str, tuple[int, ...]]  # first two characters to the lengths of the names that begin so

    @classmethod
    def of(cls, places: pd.DataFrame) -> Gazetteer:
        """A gazetteer of ``places``: columns name (further names joined by "|"), kind, lon, lat, district, precision_m.

        Of a company's name the part before 有限公司 and without 广州市 counts as well, as people say it.

        Raises:
            InputError: for a table without one of the columns.
        """
        for column in COLUMNS:
            if column not in places:
                raise InputError(
                    N_("the gazetteer lacks the column {column}"), "gazetteer", "", column=column
                )
        rows = places.reset_index(drop=True)
        names: dict[str, list[int]] = {}
        for i, text in enumerate(rows["name"]):
            for name in dict.fromkeys(short for given in str(text).split("|") for short in said_names(given)):
                names.setdefault(name, []).append(i)
        starts: dict[str, set[int]] = {}
        for name in names:
            starts.setdefault(name[:2], set()).add(len(name))
        return cls(
            rows,
            {name: tuple(at) for name, at in names.items()},
            {start: tuple(sorted(lengths, reverse=True)) for start, lengths in starts.items()},
        )


def said_names(name: str) -> list[str]:
    """The ways a name is said: whole, and without what people leave out; nothing shorter than two characters."""
    whole = plain(name, LONGEST).casefold()
    short = _SUFFIX.sub("", _LEAD.sub("", whole))
    ways = [whole, short] if len(short) >= 3 else [whole]
    return [way for way in dict.fromkeys(ways) if len(way) >= 2]


def said_place(text: object, gazetteer: Gazetteer) -> SaidPlace | None:
    """The place ``text`` speaks of, None where it names none.

    Of all names found the longest of the sharpest kind is taken; a district said beside it decides between places of
    one name. Several that remain are ``ambiguous``: the place is then their middle, and its precision reaches them all.
    """
    found = _found(plain(text).casefold(), gazetteer)
    if not found:
        return None
    table = gazetteer.places
    districts = {
        str(table.at[i, "district"]) for _, rows in found for i in rows if table.at[i, "kind"] == "district"
    }
    words, rows = min(found, key=lambda hit: (_rank(table, hit[1]), -len(hit[0])))
    chosen = [i for i in rows if str(table.at[i, "district"]) in districts] if districts else []
    return _answer(table.loc[chosen or list(rows)], words)


def _found(text: str, gazetteer: Gazetteer) -> list[tuple[str, tuple[int, ...]]]:
    """Names in the text with their rows, the longest at each place, none inside another."""
    found, at = [], 0
    while at < len(text) - 1:
        length = next(
            (
                n
                for n in gazetteer.starts.get(text[at : at + 2], ())
                if text[at : at + n] in gazetteer.names and _whole_word(text, at, at + n)
            ),
            0,
        )
        if length:
            name = text[at : at + length]
            found.append((name, gazetteer.names[name]))
        at += length or 1
    return found


def _whole_word(text: str, start: int, end: int) -> bool:
    """Whether an English name stands by itself; a Chinese one always does."""
    left = start > 0 and _WORD.match(text[start]) and _WORD.match(text[start - 1])
    right = end < len(text) and _WORD.match(text[end - 1]) and _WORD.match(text[end])
    return not (left or right)


def _rank(table: pd.DataFrame, rows: tuple[int, ...]) -> int:
    return min(RANK.index(kind) if kind in RANK else len(RANK) - 3 for kind in table.loc[list(rows), "kind"])


def _answer(rows: pd.DataFrame, words: str) -> SaidPlace:
    first = rows.iloc[0]
    lon, lat = rows["lon"].to_numpy(dtype=float), rows["lat"].to_numpy(dtype=float)
    placed = np.isfinite(lon) & np.isfinite(lat)
    middle = (float(lon[placed].mean()), float(lat[placed].mean())) if placed.any() else (np.nan, np.nan)
    precision = float(rows["precision_m"].max())
    if placed.sum() > 1:
        from gzeco_lib.geo.distance import great_circle

        precision += float(np.max(great_circle(lon[placed], lat[placed], *middle)))
    districts = set(rows["district"].fillna("").astype(str))
    name = str(first["name"]).split("|", maxsplit=1)[0]
    others = tuple(str(n).split("|", maxsplit=1)[0] for n in rows["name"].iloc[1:])
    return SaidPlace(
        name,
        str(first["kind"]),
        *middle,
        districts.pop() if len(districts) == 1 else "",
        precision,
        others,
        words,
    )
