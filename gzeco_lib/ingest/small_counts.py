"""Small counts are not kept, and nothing that is kept may give them back.

Counts 1..k-1 are suppressed (primary). A total less the parts that are kept would give a single one back, so a second
part, or the total, goes with it (complementary suppression), in every direction in which counts add up: districts to
the city, ages to all ages, causes to the cause they are part of. Source: A. Hundepool et al., Statistical Disclosure
Control, 2012, ch. 4 (doi:10.1002/9781118348239).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np
import pandas as pd

from gzeco_lib.geo.districts import CITY
from gzeco_lib.ingest.causes import parent

KEY = ["time", "district", "measure", "cause", "age"]
AXES = ("district", "cause", "age")
NARROWINGS = 12  # rounds of narrowing bounds; each set is looked at in each
ROUNDS = 50  # each round suppresses at least one more count or is the last
_SPAN = re.compile(r"^(\d{1,3})(?:-(\d{1,3})|\+)$")


def protected(counts: pd.DataFrame, k: int) -> pd.DataFrame:
    """``counts`` with those that are small, or would give a small one back, suppressed.

    Args:
        counts: columns time, district, measure, cause, age, count [1] (NaN where suppressed before), suppressed.
        k: counts 1..k-1 are small.

    Returns:
        The rows in their order: `count` NaN where `suppressed`.
    """
    frame = counts.reset_index(drop=True)
    hidden = frame["suppressed"].to_numpy(dtype=bool) | frame["count"].between(1, k - 1).to_numpy(dtype=bool)
    for _, rows in frame.groupby("measure", sort=False):
        hidden[rows.index] = _cube(rows, hidden[rows.index], k)
    return frame.assign(count=frame["count"].where(~hidden), suppressed=hidden)


def _cube(rows: pd.DataFrame, hidden: np.ndarray, k: int) -> np.ndarray:
    """Which rows of one measure are suppressed in the end."""
    codes, words = zip(*(pd.factorize(rows[name]) for name in ("time", *AXES)), strict=True)
    shape = tuple(len(w) for w in words)
    value, there, hid = np.full(shape, np.nan), np.zeros(shape, bool), np.zeros(shape, bool)
    value[codes], there[codes], hid[codes] = rows["count"].to_numpy(dtype=float), True, hidden
    sets = [
        (axis + 1, total, parts)
        for axis, families in enumerate((_districts, _causes, _ages))
        for total, parts in families([str(word) for word in words[axis + 1]])
    ]
    for _ in range(ROUNDS):
        before = int(hid.sum())
        for axis, total, parts in sets:
            views = [np.moveaxis(cube, axis, 0) for cube in (value, there, hid)]
            _close(views[0], views[1], views[2], total, parts, k)
        if int(hid.sum()) > before:
            continue
        exact = _found_out(value, there, hid, sets) & hid
        for axis, total, parts in sets if exact.any() else []:
            views = [np.moveaxis(cube, axis, 0) for cube in (value, there, hid, exact)]
            at = views[3][[total, *parts]].any(axis=0) & views[1][total]
            _one_more(views[0], views[1] & ~views[2], views[2], total, parts, at)
        if int(hid.sum()) == before:
            break
    return np.asarray(hid[codes])


Sets = list[tuple[int, int, list[int]]]


def _found_out(value: np.ndarray, there: np.ndarray, hid: np.ndarray, sets: Sets) -> np.ndarray:
    """Which suppressed counts follow from all that is published together: their bounds, narrowed set by set, meet."""
    low = np.where(hid, 1.0, np.where(there, value, 0.0))
    high = np.where(hid, np.inf, np.where(there, value, 0.0))
    for _ in range(NARROWINGS):
        before = low.sum() - np.where(np.isfinite(high), high, 1e12).sum()
        for axis, total, parts in sets:
            true, here, lo, hi = (np.moveaxis(cube, axis, 0) for cube in (value, there, low, high))
            p = np.array(parts)
            # Only parts that make up the whole bind each other from below; an outsider may hold them for the whole.
            bound = here[total] & here[p].all(axis=0) & (np.abs(true[total] - true[p].sum(axis=0)) < 0.5)
            sum_low, sum_high = lo[p].sum(axis=0), hi[p].sum(axis=0)
            lo[total] = np.where(bound, np.maximum(lo[total], sum_low), lo[total])
            hi[total] = np.where(bound, np.minimum(hi[total], sum_high), hi[total])
            for part in parts:
                others = p[p != part]
                rest_low, rest_high = lo[others].sum(axis=0), hi[others].sum(axis=0)
                hi[part] = np.where(bound, np.minimum(hi[part], hi[total] - rest_low), hi[part])
                lo[part] = np.where(bound, np.maximum(lo[part], lo[total] - rest_high), lo[part])
        if low.sum() - np.where(np.isfinite(high), high, 1e12).sum() == before:
            break
    return np.asarray(hid & (high - low < 1))


def _one_more(
    value: np.ndarray, shown: np.ndarray, hid: np.ndarray, total: int, parts: list[int], where: np.ndarray
) -> None:
    """Suppress the smallest positive part that is shown, else the total; ``hid`` (a view) is changed."""
    p = np.array(parts)
    candidates = np.where(shown[p] & (value[p] > 0), value[p], np.inf)
    best, possible = np.argmin(candidates, axis=0), np.isfinite(candidates.min(axis=0)) & where
    for i, part in enumerate(parts):
        hid[part] |= possible & (best == i)
    hid[total] |= where & ~possible & shown[total]


def _close(
    value: np.ndarray, there: np.ndarray, hid: np.ndarray, total: int, parts: list[int], k: int
) -> None:
    """Suppress what gives a suppressed part of ``total`` back; ``hid`` (a view) is changed.

    Of what is published an outsider knows R, the total less the published parts: the sum of what is suppressed. One
    suppressed part is R itself; R equal to their number says that each is 1. What no part covers, where it is small,
    counts as one more suppressed part that nobody listed.
    """
    p, t_open = np.array(parts), there[total] & ~hid[total]
    shown = there[p] & ~hid[p]
    left = value[total] - np.where(shown, value[p], 0.0).sum(axis=0)
    number = (there[p] & hid[p]).sum(axis=0)
    all_known = np.isfinite(np.where(there[p], value[p], 0.0)).all(axis=0)
    rest = value[total] - np.where(there[p], np.nan_to_num(value[p]), 0.0).sum(axis=0)
    unlisted = all_known & (rest >= 1) & (rest < k)
    exact = (number == 1) & ~((rest >= k) & all_known)
    exact |= (number >= 2) & (left <= number)
    exact |= (number == 0) & unlisted & shown.any(axis=0)
    exact &= t_open & np.isfinite(left)
    if exact.any():
        _one_more(value, there & ~hid, hid, total, parts, exact)


Families = Callable[[list[str]], Iterable[tuple[int, list[int]]]]


def _districts(names: list[str]) -> list[tuple[int, list[int]]]:
    """The city and its districts."""
    parts = [i for i, name in enumerate(names) if name.startswith("4401") and name != CITY]
    return [(names.index(CITY), parts)] if CITY in names and parts else []


def _causes(names: list[str]) -> list[tuple[int, list[int]]]:
    """Each cause and the nearest causes below it that are there."""

    def above(name: str) -> str:
        found = parent(name)
        while found and found not in names:
            found = parent(found)
        return found

    families: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        if above(name):
            families.setdefault(above(name), []).append(i)
    return [(names.index(name), parts) for name, parts in families.items()]


def _ages(names: list[str]) -> list[tuple[int, list[int]]]:
    """Each span of ages and the widest spans inside it that do not overlap."""
    spans = {i: span for i, name in enumerate(names) if (span := span_of(name)) is not None}
    families = []
    for i, (low, high) in spans.items():
        inside = {
            j: s for j, s in spans.items() if j != i and low <= s[0] and s[1] <= high and s != (low, high)
        }
        widest = [
            j for j, (a, b) in inside.items()
            if not any(c <= a and b <= d and (c, d) != (a, b) for m, (c, d) in inside.items() if m != j)
        ]  # fmt: skip
        ordered = sorted(widest, key=lambda j: spans[j])
        if ordered and all(spans[a][1] < spans[b][0] for a, b in pairwise(ordered)):
            families.append((i, ordered))
    return families


def span_of(age: str) -> tuple[int, int] | None:
    """First and last year of an age group ("15-64", "65+", "all"), None where it is none."""
    if age == "all":
        return 0, 999
    match = _SPAN.match(age)
    if not match:
        return None
    low, high = int(match[1]), int(match[2]) if match[2] else 999
    return (low, high) if low <= high else None
