"""Surface-water classes of GB 3838-2002 by the single-factor method: the class of the worst item.

Items are compared after rounding to the places of the statistics rules (GB/T 8170). Water temperature, TN and faecal
coliform are left out of the class, as in national reporting. Class I of dissolved oxygen may also be met by 90 % of
saturation; that way is not used here, so warm clean water may be rated II. TP has limits of its own in lakes and
reservoirs. What limits were in force is decided by the date of the datum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gzeco_lib.errors import N_, InputError
from gzeco_lib.standards.facts import SHIFT, Day, Fact, as_utc, fact_from, in_force, load, local_day, pick
from gzeco_lib.standards.rounding import half_even
from gzeco_lib.standards.validity import Periods

Body = Literal["river", "lake"]
Floats = NDArray[np.float64]
BODIES = ("river", "lake")
UNIT = "mg L-1"
WORSE_THAN_V = 6
PER_DAY = {"PT4H": 6, "PT1H": 24, "P1D": 1}


@dataclass(frozen=True)
class Classed:
    """Classes of many sections or periods; arrays have the shape of the values.

    Attributes:
        number: 1..5, 6 worse than V, 0 where no item is known.
        items: the same by item.
        worst: items that make the class, joined by ",", "" where the class is I or not known.
        judged: how many items were known.
    """

    number: NDArray[np.int8]
    items: dict[str, NDArray[np.int8]]
    worst: NDArray[np.object_]
    judged: NDArray[np.int8]


def _generation(on: Day) -> dict[str, Any]:
    return in_force(load("gb3838")["generations"], local_day(on))


def _checked(body: str) -> str:
    if body not in BODIES:
        raise InputError(
            N_("unknown kind of water body {found}"), "body", N_("use one of: {near}"),
            found=body, near=", ".join(BODIES),
        )  # fmt: skip
    return body


def _limits(generation: Mapping[str, Any], item: str, body: str) -> list[float]:
    """The five limits of an item, [low, high] for one that has a range."""
    known = {**generation["range"], **generation["min"], **generation["max"]}
    found = pick(known, item, N_("GB 3838 has no limit for {found}"), generation["standard"])
    if isinstance(found, dict):
        return pick(found, body, N_("the item has no limit in a {found}"), f"{generation['standard']} {item}")
    return list(found)


def items(body: Body = "river", on: Day = "2026-01-01") -> tuple[str, ...]:
    """The items that make the class of a ``river`` or ``lake``."""
    generation, left_out = _generation(on), load("gb3838")["left_out"]["items"]
    known = [*generation["range"], *generation["min"], *generation["max"]]
    return tuple(code for code in known if code not in left_out)


def water_limit(item: str, number: int, body: Body = "river", on: Day = "2026-01-01") -> Fact:
    """The limit of ``item`` for class ``number`` (1..5): a maximum, for DO a minimum, for pH (low, high).

    Args:
        item: code, e.g. ``"NH3_N"``, ``"TP"``, ``"Cd_water"``.
        number: 1 (class I) to 5 (class V).
        body: ``"river"`` or ``"lake"`` (lakes and reservoirs).
        on: date of the datum.

    Raises:
        InputError: for an item without a limit, another class or kind of water body.
    """
    generation = _generation(on)
    limits = _limits(generation, item, _checked(body))
    if not 1 <= number <= 5:
        raise InputError(N_("there is no water class {found}"), "", N_("use 1 to 5"), found=number)
    value = tuple(limits) if item in generation["range"] else limits[number - 1]
    return fact_from(generation, value, load("gb3838")["units"].get(item, UNIT))


def item_class(
    item: str, values: ArrayLike, body: Body = "river", on: Day = "2026-01-01"
) -> NDArray[np.int8]:
    """Class of one item alone: 1..5, 6 worse than V, 0 for NaN; an item of a range has 1 or 6.

    Args:
        item, body, on: as for :func:`water_limit`.
        values: [mg L-1], pH [1], any shape; rounded before they are compared.
    """
    generation = _generation(on)
    limits = np.asarray(_limits(generation, item, _checked(body)), dtype=np.float64)
    found = half_even(values, load("gb3838")["decimals"]["places"][item])
    if item in generation["range"]:
        number = np.where((found >= limits[0]) & (found <= limits[1]), 1, WORSE_THAN_V)
    elif item in generation["min"]:
        number = 1 + np.sum(found[..., None] < limits, axis=-1)
    else:
        number = 1 + np.sum(found[..., None] > limits, axis=-1)
    return np.where(np.isnan(found), 0, number).astype(np.int8)


def water_class(values: Mapping[str, ArrayLike], body: Body = "river", on: Day = "2026-01-01") -> Classed:
    """Class of the worst item (single-factor method).

    Args:
        values: means of the period by item, all of one shape, NaN where missing; items that GB 3838 leaves out of the
            class (TN, faecal coliform) or does not know are passed over.
        body, on: as for :func:`water_limit`.

    Raises:
        InputError: where none of the items makes a class.
    """
    judged = [code for code in values if code in items(body, on)]
    if not judged:
        raise InputError(
            N_("none of {found} is an item that makes a water class"), "GB 3838",
            N_("give at least one of: {near}"), found=", ".join(values) or "-", near=", ".join(items(body, on)),
        )  # fmt: skip
    by_item = {code: item_class(code, values[code], body, on) for code in judged}
    stack = np.stack(np.broadcast_arrays(*by_item.values()))
    number = stack.max(axis=0)
    names = np.array(judged, dtype=object)
    flat = stack.reshape(len(judged), -1)
    worst = np.empty(flat.shape[1], dtype=object)
    for k, top in enumerate(np.atleast_1d(number).ravel()):
        worst[k] = ",".join(names[flat[:, k] == top]) if top > 1 else ""
    return Classed(number, by_item, worst.reshape(number.shape), (stack > 0).sum(axis=0).astype(np.int8))


def exceedance(
    item: str, value: float, number: int = 3, body: Body = "river", on: Day = "2026-01-01"
) -> float:
    """Exceedance of the limit of class ``number``, ``C / limit - 1`` [1]; NaN for DO and pH, which have none."""
    generation = _generation(on)
    if item not in generation["max"]:
        return float("nan")
    return float(value) / float(water_limit(item, number, body, on).value) - 1.0


def class_name(number: int, lang: str) -> str:
    """Name of class ``number`` (1..6) in ``"zh"`` or ``"en"``, "" for 0."""
    return load("gb3838")["classes"][number - 1][f"name_{lang}"] if number else ""


def required_class(area: Literal["first", "second"]) -> Fact:
    """The class that water of a drinking-water protection area (first, second) has to meet."""
    rule = load("gb3838")["protection"]
    return fact_from(rule, rule[area], "1")


def mean(item: str, values: ArrayLike, axis: int = 0) -> Floats:
    """Mean along ``axis`` without the missing ones; of pH over the hydrogen ion, ``-lg mean(10^-pH)``."""
    found = np.asarray(values, dtype=np.float64)
    scaled = 10.0**-found if item == "pH" else found
    there = np.isfinite(scaled)
    count = there.sum(axis=axis)
    average = np.where(there, scaled, 0.0).sum(axis=axis) / np.maximum(count, 1)
    average = np.where(count > 0, average, np.nan)
    return np.asarray(-np.log10(average) if item == "pH" else average)


def daily_means(item: str, values: ArrayLike, times: Any, interval: str = "PT4H") -> Periods:
    """Means of local days from readings of ``interval``.

    Args:
        item: code; pH is averaged over the hydrogen ion.
        values: readings, first axis time, NaN where missing.
        times: UTC start of each reading.
        interval: ``"PT1H"``, ``"PT4H"`` or ``"P1D"``.

    Returns:
        days; a day with fewer than 60 % of its readings has no valid value.
    """
    per_day = pick(PER_DAY, interval, N_("water readings every {found} are not known"), "interval")
    found = np.asarray(values, dtype=np.float64)
    local = (as_utc(times) + SHIFT).astype("datetime64[D]")
    if local.shape != found.shape[:1]:
        raise InputError(
            N_("{times} times were given for data of shape {shape}"), "times",
            N_("give one time for each row (first axis) of the data"), times=local.size, shape=found.shape,
        )  # fmt: skip
    if not len(local):
        empty = np.empty((0, *found.shape[1:]))
        return Periods(local, empty, empty, empty)
    days = np.arange(local.min(), local.max() + 1)
    raw = np.full((len(days), *found.shape[1:]), np.nan)
    capture = np.zeros_like(raw)
    for k, day in enumerate(days):
        rows = found[local == day]
        raw[k] = mean(item, rows) if len(rows) else np.nan
        capture[k] = np.isfinite(rows).sum(axis=0) / per_day
    enough = capture >= load("gb3838")["day"]["share"] - 1e-9
    return Periods(days, np.where(enough, raw, np.nan), np.minimum(capture, 1.0), raw)
