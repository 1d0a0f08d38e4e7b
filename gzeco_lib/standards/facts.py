"""The dated data files of the norms, read once, and the certainty every value carries.

A value is used as its certainty allows: ``seen-primary``, ``seen-secondary`` and ``computed`` are facts with a
source, ``known`` is a setting an operator may change, ``unsure`` is never handed out as a fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import yaml

from gzeco_lib.errors import N_, InputError, near

Certainty = Literal["seen-primary", "seen-secondary", "computed", "known", "unsure"]
CERTAINTIES: tuple[Certainty, ...] = ("seen-primary", "seen-secondary", "computed", "known", "unsure")
DATA = Path(__file__).parent / "data"
LOCAL = "Asia/Shanghai"
SHIFT = np.timedelta64(8, "h")  # Asia/Shanghai has kept UTC+8 without daylight saving since 1991

Day = date | datetime | str | np.datetime64 | pd.Timestamp


@dataclass(frozen=True)
class Fact:
    """One value of a norm with where it stands and how sure it is."""

    value: Any
    unit: str
    document: str
    clause: str
    certainty: Certainty
    source: str
    effective: date | None = None
    until: date | None = None

    @property
    def is_setting(self) -> bool:
        """True where the value is from general knowledge: an operator may change it, no penalty may rest on it."""
        return self.certainty == "known"


@cache
def load(name: str) -> dict[str, Any]:
    """Content of the data file ``name`` (without ``.yaml``); callers must not change it."""
    with (DATA / f"{name}.yaml").open(encoding="utf-8") as file:
        data = yaml.safe_load(file)
    _name_sources(data, data.get("sources", {}))
    return data


def _name_sources(node: Any, sources: dict[str, str]) -> None:
    """Put the source's own words where an entry of the file names it by its short key."""
    for child in node.values() if isinstance(node, dict) else node:
        if isinstance(child, (dict, list)):
            _name_sources(child, sources)
    if isinstance(node, dict) and isinstance(node.get("source"), str):
        node["source"] = sources.get(node["source"], node["source"])


def local_day(when: Day) -> date:
    """The Asia/Shanghai calendar date of ``when``; a time without zone is taken as local already.

    Raises:
        InputError: when ``when`` cannot be read as a date.
    """
    try:
        stamp = pd.Timestamp(when)
    except (ValueError, TypeError):
        stamp = pd.NaT  # type: ignore[assignment]
    if pd.isna(stamp):
        raise InputError(N_("{found} is not a date"), "date", N_("write it as 2026-03-01"), found=str(when))
    if stamp.tzinfo is not None:
        stamp = stamp.tz_convert(LOCAL)
    return stamp.date()


def in_force(generations: list[dict[str, Any]], day: date) -> dict[str, Any]:
    """The generation in force on ``day``; before the first one took effect, the first one."""
    chosen = generations[0]
    for generation in generations[1:]:
        if day >= generation["effective"]:
            chosen = generation
    return chosen


def generation_index(generations: list[dict[str, Any]], times: Any, local: bool = False) -> np.ndarray:
    """Number of the generation each of ``times`` falls under (int array of the shape of ``times``).

    ``times`` are UTC instants (with or without zone), or local dates where ``local``.
    """
    instants = as_utc(times)
    shift = np.timedelta64(0, "h") if local else SHIFT
    days = instants + shift
    starts = np.array([g["effective"] for g in generations[1:]], dtype="datetime64[s]")
    return np.searchsorted(starts, days, side="right")


def as_utc(times: Any) -> np.ndarray:
    """``times`` as datetime64[s] UTC without zone; times with a zone are converted, without are UTC already."""
    if isinstance(times, np.ndarray) and times.dtype.kind == "M":
        return times.astype("datetime64[s]")
    if isinstance(times, (date, str, np.datetime64, pd.Timestamp)):
        stamp = pd.Timestamp(times)
        stamp = stamp.tz_convert("UTC").tz_localize(None) if stamp.tzinfo is not None else stamp
        return np.asarray(stamp.to_datetime64()).astype("datetime64[s]")
    index = pd.DatetimeIndex(times)
    if index.tz is not None:
        index = index.tz_convert("UTC").tz_localize(None)
    return index.to_numpy().astype("datetime64[s]")


def fact_from(entry: dict[str, Any], value: Any, unit: str, clause: str = "") -> Fact:
    """A :class:`Fact` of ``value`` with the provenance that ``entry`` keeps.

    Raises:
        InputError: for a value whose certainty is ``unsure``.
    """
    certainty = entry["certainty"]
    document = entry.get("standard") or entry.get("document") or ""
    if certainty == "unsure":
        raise InputError(
            N_("{norm} is not certain enough to be used as a fact"),
            str(entry.get("source", "")),
            N_("give the value as a parameter, with its source"),
            norm=document,
        )
    return Fact(
        value,
        unit,
        document,
        clause or entry.get("clause", ""),
        certainty,
        entry.get("source", ""),
        entry.get("effective"),
        entry.get("until"),
    )


def pick(mapping: dict[str, Any], key: str, message: str, where: str) -> Any:
    """``mapping[key]``, or an InputError made of ``message`` (its field is {found})."""
    if key not in mapping:
        raise InputError(message, where, N_("use one of: {near}"), found=key, near=near(key, mapping))
    return mapping[key]
