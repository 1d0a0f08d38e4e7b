"""Quality of observations: flags, what they mean for use, data capture, and a report a person can read.

Rules flag and never delete: a flagged value is stored as found. :data:`INVALID` names the rules that make a value
unusable; the others mark it as suspect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gzeco_lib.variables.batch import Batch, batch_of
from gzeco_lib.variables.dictionary import variables
from gzeco_lib.variables.rules import REGISTRY

INVALID: frozenset[str] = frozenset(name for name, rule in REGISTRY.items() if rule.invalid)
FIRST = ("sentinel", "range")  # what these take out is nobody's neighbour
Sentence = tuple[str, dict[str, Any]]


def check(frame: pd.DataFrame, context: pd.DataFrame | None = None) -> pd.Series:
    """Names of the quality rules that fire on each row of ``frame``, joined by ",", "" for none.

    Args:
        frame: long observations: time (UTC), site, variable, value [canonical unit], interval (ISO 8601; hourly
            where the column is missing). Rows without a value get "".
        context: observations already stored, of the same columns, that give the rows neighbours in time
            and in the network. They are not flagged.

    Returns:
        a string Series with the index of ``frame``. Variables the dictionary does not know get "".

    Raises:
        InputError: for a missing column or an interval that cannot be read.
    """
    whole = frame if context is None or not len(context) else _joined(context, frame)
    batch = batch_of(whole)
    bits = _fire(batch, len(whole), lambda name: name in FIRST)
    if bits.any():
        batch = batch_of(whole.assign(value=whole["value"].mask(bits != 0)))
    bits |= _fire(batch, len(whole), lambda name: name not in FIRST)
    return pd.Series(
        _texts(bits[len(whole) - len(frame) :], list(REGISTRY)), index=frame.index, name="flag", dtype="str"
    )


def _fire(batch: Batch, size: int, wanted: Callable[[str], bool]) -> NDArray[np.int64]:
    """For each row of the frame the wanted rules that fire, as bits in the order of the registry."""
    bits = np.zeros(size, dtype=np.int64)
    known, names = variables(), list(REGISTRY)
    for code, part, rows in batch:
        rules = known[code].rules if code in known else {}
        for name in filter(wanted, rules):
            fires = REGISTRY[name].check(part, batch, **rules[name])
            bits[rows[fires]] |= 1 << names.index(name)
    return bits


def _joined(context: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    columns = [c for c in ("time", "site", "variable", "value", "interval") if c in frame]
    return pd.concat([context[columns], frame[columns]], ignore_index=True)


def _texts(bits: NDArray[np.int64], names: list[str]) -> NDArray[np.object_]:
    found, place = np.unique(bits, return_inverse=True)
    texts = [",".join(name for k, name in enumerate(names) if b >> k & 1) for b in found]
    return np.array(texts, dtype=object)[place] if len(found) else np.array([], dtype=object)


def fired(flags: pd.Series, rules: Iterable[str]) -> NDArray[np.bool_]:
    """True where one of ``rules`` is among the comma-separated names of ``flags``."""
    wanted = set(rules)
    numbers, texts = pd.factorize(flags)
    hits = np.array([bool(wanted & set(str(text).split(","))) for text in texts] + [False])
    return hits[numbers]  # a missing flag has the number -1


def usable(flags: pd.Series) -> NDArray[np.bool_]:
    """True where no rule of :data:`INVALID` fired: the value may be computed with."""
    return ~fired(flags, INVALID)


def title(rule: str) -> str:
    """Message id of the title of ``rule``; the name itself for a rule that is not registered here."""
    return REGISTRY[rule].title if rule in REGISTRY else rule


def count(flags: pd.Series) -> dict[str, int]:
    """How many rows each rule fired on, in the order of the rules; rules that did not fire are left out."""
    counts = flags.value_counts()
    totals = dict.fromkeys(REGISTRY, 0)
    for text, n in counts.items():
        for name in filter(None, str(text).split(",")):
            totals[name] = totals.get(name, 0) + int(n)
    return {name: n for name, n in totals.items() if n}


def data_capture(
    frame: pd.DataFrame,
    start: Any,
    end: Any,
    flags: pd.Series | None = None,
    by: tuple[str, ...] = ("site", "variable"),
) -> pd.DataFrame:
    """Share of the intervals of [start, end) with a usable value.

    Args:
        frame: long observations, as for :func:`check`.
        start, end: UTC, half open.
        flags: of :func:`check`; the frame's own ``flag`` column, or none, where not given.
        by: columns to group by.

    Returns:
        columns of ``by``, then ``usable`` and ``flagged`` (rows), ``expected`` (intervals), ``capture`` [0..1].
    """
    first, last = (
        pd.Timestamp(t).tz_localize("UTC") if pd.Timestamp(t).tzinfo is None else pd.Timestamp(t)
        for t in (start, end)
    )
    time = pd.to_datetime(frame["time"], utc=True)
    marks = (
        flags if flags is not None else frame["flag"] if "flag" in frame else pd.Series("", index=frame.index)
    )
    step = pd.to_timedelta(frame["interval"]) if "interval" in frame else pd.Timedelta(hours=1)
    table = frame[list(by)].assign(
        step=step, usable=usable(marks) & frame["value"].notna().to_numpy(), flagged=(marks != "").to_numpy()
    )
    table = table[((time >= first) & (time < last)).to_numpy()]
    grouped = table.groupby([*by], observed=True, sort=True)
    result = grouped.agg(
        usable=("usable", "sum"), flagged=("flagged", "sum"), step=("step", "first")
    ).reset_index()
    result["expected"] = ((last - first) // result["step"]).astype("int64") if len(result) else 0
    result["capture"] = (result["usable"] / result["expected"]).clip(upper=1.0)
    return result.drop(columns="step")


def _fields(rows: pd.DataFrame, site: str, code: str) -> dict[str, Any]:
    variable = variables()[code]
    low, high = variable.plausible
    return {
        "site": site, "variable": code, "n": len(rows), "value": rows["value"].value_counts().index[0],
        "first": rows["time"].min(), "last": rows["time"].max(), "low": low, "high": high, "unit": variable.unit,
    }  # fmt: skip


def report(frame: pd.DataFrame, flags: pd.Series, limit: int | None = None) -> list[Sentence]:
    """What fired, as sentences (message id and fields), worst first: invalidating rules, then by number of rows.

    Args:
        frame: the observations that were checked.
        flags: what :func:`check` gave for them.
        limit: at most so many sentences.
    """
    sentences: list[tuple[bool, int, Sentence]] = []
    for name, rule in REGISTRY.items():
        hit = frame[fired(flags, [name])]
        for place, rows in hit.groupby(["site", "variable"], observed=True, sort=True):
            fields = {"rule": name, **_fields(rows, *map(str, cast(tuple, place)))}
            sentences.append((rule.invalid, len(rows), (rule.sentence, fields)))
    sentences.sort(key=lambda s: (not s[0], -s[1]))
    return [sentence for _, _, sentence in sentences[:limit]]
