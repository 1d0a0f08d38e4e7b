"""Noise limits and levels: GB 3096-2008 by zone, boundary limits of GB 12348, GB 22337 and GB 12523, Ld and Ln.

Ld is the energy mean over 06:00-22:00, Ln over 22:00-06:00 local time; a night belongs to the day it begins on.
``Leq = 10 lg(mean(10^(L/10)))``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gzeco_lib.errors import N_, InputError
from gzeco_lib.standards.facts import SHIFT, Day, Fact, as_utc, fact_from, load, local_day, pick

Floats = NDArray[np.float64]
Part = Literal["day", "night"]
PARTS = ("day", "night")
UNIT = "dB(A)"
AMBIENT = "GB 3096-2008"
DAY_HOURS, NIGHT_HOURS = 16, 8


@dataclass(frozen=True)
class DayNight:
    """Levels of local days, first axis day.

    Attributes:
        start: the local day (datetime64[D]); its night ends the next morning.
        day, night: Ld and Ln [dB(A)], NaN where too few hours were there.
        day_capture, night_capture: share of the hours that were there [1].
        night_peak: the largest hourly level of the night [dB(A)], a lower bound of the night's maximum.
    """

    start: NDArray[np.datetime64]
    day: Floats
    night: Floats
    day_capture: Floats
    night_capture: Floats
    night_peak: Floats


def _document(name: str, on: Day) -> dict[str, Any]:
    local_day(on)  # a date that cannot be read is refused
    return pick(load("gb3096")["documents"], name, N_("no noise limits of {found} are known"), "gb3096.yaml")


def _entry(law: dict[str, Any], zone: str) -> dict[str, Any]:
    """The document's provenance, with the certainty of the one class."""
    return law | ({"certainty": "known"} if zone in law.get("known", ()) else {})


def noise_limit(zone: str, part: Part, on: Day = "2026-01-01", document: str = AMBIENT) -> Fact:
    """The limit [dB(A)] of a zone by day or night.

    Args:
        zone: ``"0"``, ``"1"``, ``"2"``, ``"3"``, ``"4a"``, ``"4b"`` of GB 3096; ``"4"`` in GB 12348 and GB 22337;
            ``""`` in GB 12523 (construction sites, one limit).
        part: ``"day"`` or ``"night"``.
        on: date of the datum; data older than the norm are judged by it.
        document: GB 3096-2008 (ambient), GB 12348-2008 (factory boundary), GB 22337-2008 (commerce and
            entertainment), GB 12523-2011 (construction).

    Raises:
        InputError: for an unknown zone, document or part of the day, or something that is no date.
    """
    law = _document(document, on)
    pair = pick(law["limits"], zone, N_("there is no noise zone {found}"), document)
    if part not in PARTS:
        raise InputError(
            N_("unknown part of the day {found}"), document, N_("use one of: {near}"), found=part, near="day, night"
        )  # fmt: skip
    return fact_from(_entry(law, zone), pair[PARTS.index(part)], UNIT)


def night_peak_limit(zone: str, on: Day = "2026-01-01", document: str = AMBIENT) -> Fact:
    """The highest level [dB(A)] a single event of the night may reach: the night limit and 15 dB.

    Raises:
        InputError: as for :func:`noise_limit`, or where the document sets no such limit.
    """
    law = _document(document, on)
    if "night_peak" not in law:
        raise InputError(
            N_("{norm} sets no limit for single events of the night here"), document,
            N_("use GB 3096-2008, GB 12348-2008 or GB 12523-2011"), norm=document,
        )  # fmt: skip
    limit = noise_limit(zone, "night", on, document)
    return fact_from(law | law["night_peak"], limit.value + law["night_peak"]["value"], UNIT)


def zone_of(code: float) -> str:
    """The GB 3096 class of the lake's cell attribute ``noise_zone`` (0..3, 4 for 4a), "" where not known."""
    if not np.isfinite(code) or code != int(code):
        return ""
    return str(load("gb3096")["zones"].get(str(int(code)), ""))


def energy_mean(levels: ArrayLike, axis: int = 0) -> Floats:
    """Energy mean [dB(A)] along ``axis`` without the missing ones, NaN where all are."""
    found = np.asarray(levels, dtype=np.float64)
    there = np.isfinite(found)
    count = there.sum(axis=axis)
    energy = np.where(there, 10.0 ** (np.where(there, found, 0.0) / 10.0), 0.0).sum(axis=axis)
    safe = np.where(count > 0, energy / np.maximum(count, 1), 1.0)
    return np.where(count > 0, 10.0 * np.log10(safe), np.nan)


def day_night(levels: ArrayLike, times: Any) -> DayNight:
    """Ld and Ln of local days from hourly levels.

    Args:
        levels: hourly Leq [dB(A)], first axis time, NaN where missing.
        times: UTC start of each hour, in any order, without repeats.

    Raises:
        InputError: where times do not go with the levels or an hour stands twice.
    """
    found = np.asarray(levels, dtype=np.float64)
    local = (as_utc(times) + SHIFT).astype("datetime64[h]")
    if local.ndim != 1 or len(local) != len(found):
        raise InputError(
            N_("{times} times were given for data of shape {shape}"), "times",
            N_("give one time for each row (first axis) of the data"), times=local.size, shape=found.shape,
        )  # fmt: skip
    if len(np.unique(local)) < len(local):
        raise InputError(
            N_("the hourly series holds {n} hours twice"), "times", N_("keep one value for each hour"),
            n=len(local) - len(np.unique(local)),
        )  # fmt: skip
    # Counted from 06:00, every 24 hours hold one day and the night after it.
    begin = load("gb3096")["hours"]["day"][0]
    shifted = local - np.timedelta64(begin, "h")
    dates = shifted.astype("datetime64[D]")
    if not len(dates):
        empty = np.empty((0, *found.shape[1:]))
        return DayNight(dates, empty, empty, empty, empty, empty)
    days = np.arange(dates.min(), dates.max() + 1)
    place = (shifted - days[0].astype("datetime64[h]")).astype(np.intp)
    whole = np.full((len(days) * 24, *found.shape[1:]), np.nan)
    whole[place] = found
    whole = whole.reshape(len(days), 24, *found.shape[1:])
    light, dark = whole[:, :DAY_HOURS], whole[:, DAY_HOURS:]
    need = load("gb3096")["validity"]
    here = np.isfinite(light).sum(axis=1), np.isfinite(dark).sum(axis=1)
    return DayNight(
        days,
        np.where(here[0] >= need["day"], energy_mean(light, 1), np.nan),
        np.where(here[1] >= need["night"], energy_mean(dark, 1), np.nan),
        here[0] / DAY_HOURS,
        here[1] / NIGHT_HOURS,
        np.asarray(np.fmax.reduce(dark, axis=1)),
    )
