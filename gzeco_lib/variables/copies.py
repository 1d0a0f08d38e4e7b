"""Stretches of one site's series that are another site's, found in one pass however many sites there are.

Each observation gets a number made from its time and value; the sum of these numbers over a window of rows is the
window's signature. Two sites whose windows end at the same time with the same signature hold the same values.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gzeco_lib.variables.batch import Part

CHANGES = 0.4  # share of the window's steps at which the value must change: calm series are equal by chance


def _mixed(time: NDArray[np.int64], value: NDArray[np.float64]) -> NDArray[np.uint64]:
    """A well-spread 64-bit number of each (time, value) (the finaliser of splitmix64)."""
    with np.errstate(over="ignore"):
        x = (value + 0.0).view(np.uint64) ^ (time.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


# Two nearly complete sites differ in their own values by chance; only a site that is mostly copy tells itself.
CLEAR = 2.0


def copied(part: Part, window: int) -> NDArray[np.bool_]:
    """True on rows of windows of ``window`` values that are equal to another site's at the same times.

    Of the sites that share a stretch, one with more than twice as many values of its own as any other is taken for
    the original and not flagged. Where there is none, values cannot tell which is the copy and all are flagged.
    """
    result = np.zeros(len(part), dtype=bool)
    if len(part) <= window or len(np.unique(part.site)) < 2:
        return result
    with np.errstate(over="ignore"):
        total = np.concatenate([[np.uint64(0)], np.cumsum(_mixed(part.time, part.value), dtype=np.uint64)])
        signature = total[window:] - total[:-window]
    change = np.zeros(len(part), dtype=np.int64)
    change[1:] = (part.series[1:] == part.series[:-1]) & (part.value[1:] != part.value[:-1])
    changes = np.concatenate([[0], np.cumsum(change)])
    enough = changes[window:] - changes[:-window] >= CHANGES * window
    whole = part.series[window - 1 :] == part.series[: len(part) - window + 1]
    ends = np.flatnonzero(whole & enough)
    shared = _shared(part, signature, ends, window)
    if not len(shared):
        return result
    equal = _covered(shared, window, len(part))
    return _covered(_not_original(part, signature, shared, equal, window), window, len(part))


def _shared(
    part: Part, signature: NDArray[np.uint64], ends: NDArray[np.int64], window: int
) -> NDArray[np.int64]:
    """Those of the windows ``ends`` (numbered by their first row) whose signature another one has as well."""
    order = ends[np.lexsort((part.time[ends + window - 1], signature[ends]))]
    same = (signature[order][1:] == signature[order][:-1]) & (
        part.time[order + window - 1][1:] == part.time[order + window - 1][:-1]
    )
    both = np.zeros(len(order), dtype=bool)
    both[1:] |= same
    both[:-1] |= same
    return order[both]


def _covered(firsts: NDArray[np.int64], window: int, size: int) -> NDArray[np.bool_]:
    edge = np.zeros(size + 1, dtype=np.int64)
    np.add.at(edge, firsts, 1)
    np.add.at(edge, firsts + window, -1)
    return np.cumsum(edge[:-1]) > 0


def _not_original(
    part: Part,
    signature: NDArray[np.uint64],
    shared: NDArray[np.int64],
    equal: NDArray[np.bool_],
    window: int,
) -> NDArray[np.int64]:
    """The shared windows without those of the site that clearly has the most values of its own in its group."""
    own = np.bincount(part.series, weights=~equal)[part.series[shared]]
    order = np.lexsort((-own, part.time[shared + window - 1], signature[shared]))
    ranked, own = shared[order], own[order]
    new = np.ones(len(ranked), dtype=bool)
    new[1:] = (signature[ranked][1:] != signature[ranked][:-1]) | (
        part.time[ranked + window - 1][1:] != part.time[ranked + window - 1][:-1]
    )
    # A group has two windows or more: the next is of the same group.
    clear = np.append(own[:-1] > CLEAR * own[1:], False)
    return ranked[~(new & clear)]
