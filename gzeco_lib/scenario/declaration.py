"""The declaration every scenario model and every briefing is: typed parameters with bounds, units and labels.

One declaration checks parameter files and ``-P name=value``, makes the widgets, the command-line help and the
provenance; nobody types a parameter twice.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

import pandas as pd
import param

from gzeco_lib.errors import N_, InputError, near

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Outcome

QUANTITY = re.compile(r"^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S.*?)?\s*$")


class Number(param.Number):
    """A real number with a unit."""

    __slots__ = ("unit",)
    _slot_defaults = {**param.Number._slot_defaults, "unit": ""}  # noqa: RUF012 (the way of param)

    def __init__(self, default: float, *, unit: str = "", **kwargs: Any) -> None:
        super().__init__(default=default, **kwargs)
        self.unit = unit


class Whole(param.Integer):
    """A whole number with a unit."""

    __slots__ = ("unit",)
    _slot_defaults = {**param.Integer._slot_defaults, "unit": ""}  # noqa: RUF012 (the way of param)

    def __init__(self, default: int, *, unit: str = "", **kwargs: Any) -> None:
        super().__init__(default=default, **kwargs)
        self.unit = unit


class Choice(param.Selector):
    """One of a few words."""


class Toggle(param.Boolean):
    """Yes or no."""


class Text(param.String):
    """A short line of text."""


class Declaration(param.Parameterized):
    """Typed parameters that check themselves; base of scenario models and of briefings."""

    title: ClassVar[str] = ""

    @classmethod
    def declared(cls) -> dict[str, param.Parameter]:
        """The declared parameters by name, in the order of the class body."""
        return {
            name: p
            for name, p in cls.param.objects("existing").items()
            if isinstance(p, Number | Whole | Choice | Toggle | Text)
        }

    @classmethod
    def checked(cls, given: Mapping[str, Any], where: str = "parameters") -> dict[str, Any]:
        """``given`` with every value checked and converted to its declared type.

        Numbers may carry their unit (``"24 h"``), which must then be the declared one.

        Raises:
            InputError: for an unknown name, a wrong type, a wrong unit or a value out of bounds.
        """
        declared = cls.declared()
        unknown = [name for name in given if name not in declared]
        if unknown:
            raise InputError(
                N_("unknown parameter {name}"),
                "{place}",
                N_("did you mean: {near}?"),
                place=where,
                name=unknown[0],
                near=near(str(unknown[0]), declared),
            )
        return {name: _value(declared[name], value, where) for name, value in given.items()}

    @classmethod
    def of(cls, given: Mapping[str, Any], where: str = "parameters") -> Self:
        """An instance with the values ``given``, checked."""
        return cls(**cls.checked(given, where))

    def values(self) -> dict[str, Any]:
        """The value of every declared parameter, plain enough for JSON and YAML."""
        return {name: getattr(self, name) for name in self.declared()}


class Scenario(Declaration):
    """A scenario model: parameters over pure functions, run on a lake as of a time."""

    key: ClassVar[str] = ""
    spreads: ClassVar[bool] = False  # whether its heavy steps can run on a Dask cluster
    cluster: str | None = None  # where they run; not a parameter, because the numbers are the same everywhere

    def run(self, lake: Lake, at: pd.Timestamp) -> Outcome:
        """The outcome as it could be known at ``at``; subclasses say what it holds."""
        raise TypeError(f"{type(self).__name__} declares parameters but no run")


def _value(p: param.Parameter, value: Any, where: str) -> Any:
    """``value`` as the type of ``p``, or an InputError that says what was expected."""
    if isinstance(p, Number | Whole):
        value = _number(p, value, where)
    elif isinstance(p, Toggle) and isinstance(value, str) and value.lower() in ("true", "false", "yes", "no"):
        value = value.lower() in ("true", "yes")
    try:
        cast(Any, p)._validate(value)
    except (ValueError, TypeError) as error:
        raise InputError(
            N_("parameter {name} cannot be {value}"),
            "{place}",
            N_("expected {expected}"),
            place=where,
            name=p.name,
            value=repr(value)[:80],
            expected=expectation(p),
        ) from error
    return value


def _number(p: Number | Whole, value: Any, where: str) -> float | int:
    """A number, from a number or from text with an optional unit."""
    if isinstance(value, str) and (match := QUANTITY.match(value)):
        unit = match[2] or ""
        if unit and unit != p.unit:
            raise InputError(
                N_("parameter {name} has the unit {unit}"),
                "{place}",
                N_("give it in [{expected}]"),
                place=where,
                name=p.name,
                unit=unit,
                expected=p.unit or "1",
            )
        value = float(match[1])
        if isinstance(p, Whole) and value.is_integer():
            value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(
            N_("parameter {name} cannot be {value}"),
            "{place}",
            N_("expected {expected}"),
            place=where,
            name=p.name,
            value=repr(value)[:80],
            expected=expectation(p),
        )
    return value


def expectation(p: param.Parameter) -> str:
    """What a value of ``p`` has to be, in symbols rather than words so that it reads in any language."""
    if isinstance(p, Choice):
        return " | ".join(str(option) for option in p.objects)
    if isinstance(p, Toggle):
        return "true | false"
    if isinstance(p, Number | Whole):
        low, high = p.bounds or (None, None)
        set_name = "ℤ" if isinstance(p, Whole) else "ℝ"
        bounds = f" {'' if low is None else low}…{'' if high is None else high}" if p.bounds else ""
        return f"{set_name}{bounds} [{p.unit or '1'}]"
    return "text"
