"""Conversion into canonical units. Gases at the reference state of GB 3095: 298.15 K and 1013.25 hPa."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gzeco_lib.errors import N_, InputError, near
from gzeco_lib.standards.reference_state import MOLAR_MASS, MOLAR_VOLUME
from gzeco_lib.variables.dictionary import Variable, get

# Unit -> (dimension, factor, offset): value * factor + offset is in the dimension's base unit.
UNITS: dict[str, tuple[str, float, float]] = {
    "ug m-3": ("mass_concentration", 1.0, 0.0),
    "mg m-3": ("mass_concentration", 1e3, 0.0),
    "g m-3": ("mass_concentration", 1e6, 0.0),
    "ng m-3": ("mass_concentration", 1e-3, 0.0),
    "ppb": ("mole_fraction", 1.0, 0.0),
    "ppm": ("mole_fraction", 1e3, 0.0),
    "ppt": ("mole_fraction", 1e-3, 0.0),
    "degC": ("temperature", 1.0, 0.0),
    "K": ("temperature", 1.0, -273.15),
    "degF": ("temperature", 5.0 / 9.0, -32.0 * 5.0 / 9.0),
    "hPa": ("pressure", 1.0, 0.0),
    "Pa": ("pressure", 1e-2, 0.0),
    "kPa": ("pressure", 10.0, 0.0),
    "mmHg": ("pressure", 1.33322387415, 0.0),
    "m s-1": ("speed", 1.0, 0.0),
    "km h-1": ("speed", 1.0 / 3.6, 0.0),
    "mph": ("speed", 0.44704, 0.0),
    "knot": ("speed", 1852.0 / 3600.0, 0.0),
    "mm": ("depth", 1.0, 0.0),
    "cm": ("depth", 10.0, 0.0),
    "in": ("depth", 25.4, 0.0),
    "m": ("length", 1.0, 0.0),
    "km": ("length", 1e3, 0.0),
    "%": ("share", 1.0, 0.0),
    "1": ("share", 100.0, 0.0),
    "degree": ("angle", 1.0, 0.0),
    "rad": ("angle", 57.29577951308232, 0.0),
    "W m-2": ("irradiance", 1.0, 0.0),
    "kW m-2": ("irradiance", 1e3, 0.0),
    "dB(A)": ("sound_level", 1.0, 0.0),
    "mg L-1": ("mass_in_water", 1.0, 0.0),
    "ug L-1": ("mass_in_water", 1e-3, 0.0),
    "NTU": ("turbidity", 1.0, 0.0),
}
SPELLINGS = {
    "mg/L": "mg L-1", "mg/l": "mg L-1", "毫克/升": "mg L-1", "ug/L": "ug L-1", "μg/L": "ug L-1", "微克/升": "ug L-1",
    "ug/m3": "ug m-3", "μg/m3": "ug m-3", "ugm-3": "ug m-3", "μgm-3": "ug m-3", "微克/立方米": "ug m-3",
    "mg/m3": "mg m-3", "mgm-3": "mg m-3", "毫克/立方米": "mg m-3", "ng/m3": "ng m-3", "ngm-3": "ng m-3",
    "g/m3": "g m-3", "gm-3": "g m-3", "ppbv": "ppb", "nmol/mol": "ppb", "ppmv": "ppm", "μmol/mol": "ppm",
    "c": "degC", "°c": "degC", "celsius": "degC", "摄氏度": "degC", "k": "K", "kelvin": "K",
    "°f": "degF", "f": "degF", "fahrenheit": "degF", "hpa": "hPa", "mbar": "hPa", "mb": "hPa", "pa": "Pa",
    "kpa": "kPa", "m/s": "m s-1", "ms-1": "m s-1", "km/h": "km h-1", "kmh-1": "km h-1", "kph": "km h-1",
    "mi/h": "mph", "knots": "knot", "kt": "knot", "kn": "knot", "毫米": "mm", "inch": "in", "米": "m",
    "percent": "%", "°": "degree", "deg": "degree", "degrees": "degree", "度": "degree", "radian": "rad",
    "w/m2": "W m-2", "wm-2": "W m-2", "kw/m2": "kW m-2", "db": "dB(A)", "dba": "dB(A)", "分贝": "dB(A)",
    "": "1", "-": "1", "none": "1",
}  # fmt: skip


def unit_named(text: str) -> str:
    """The unit that ``text`` spells (``"μg/m³"`` is ``"ug m-3"``).

    Raises:
        InputError: with the near unit when there is none.
    """
    if text in UNITS:
        return text
    key = unicodedata.normalize("NFKC", text).replace("^", "").replace("µ", "μ").replace("℃", "°c")
    key = re.sub(r"\s+", "", key).casefold()
    by_key = {re.sub(r"\s+", "", u).casefold(): u for u in UNITS} | SPELLINGS
    by_key |= {k.replace("μ", "u"): v for k, v in SPELLINGS.items()}
    if key not in by_key:
        raise InputError(
            N_("unknown unit {unit}"), "", N_("use one of: {near}"), unit=text, near=near(text, UNITS)
        )
    return by_key[key]


def _between_gases(
    values: NDArray[np.float64], origin: str, goal: str, variable: Variable
) -> NDArray[np.float64]:
    """``values`` in base units of ``origin`` (ug m-3 or ppb) to those of ``goal``."""
    if variable.gas is None or {origin, goal} != {"mass_concentration", "mole_fraction"}:
        raise InputError(
            N_("{unit} cannot be converted to {canonical} for {code}"),
            variable.code,
            N_("check the unit of the column"),
            unit=origin,
            canonical=goal,
            code=variable.code,
        )
    ppb_per_ug = MOLAR_VOLUME / MOLAR_MASS[variable.gas]
    return values * ppb_per_ug if goal == "mole_fraction" else values / ppb_per_ug


def convert(values: ArrayLike, from_unit: str, code: str, to_unit: str | None = None) -> NDArray[np.float64]:
    """``values`` in ``from_unit`` to the canonical unit of the variable ``code`` (or to ``to_unit``).

    ppb and ppm of a gas become mass concentration at 298.15 K and 1013.25 hPa. NaN stays NaN; shape is kept.

    Raises:
        InputError: for an unknown variable or unit, or units of different kinds.
    """
    variable = get(code)
    source, target = unit_named(from_unit), unit_named(to_unit or variable.unit)
    found = np.asarray(values, dtype=np.float64)
    if source == target:
        return found
    origin, factor, offset = UNITS[source]
    goal, out_factor, out_offset = UNITS[target]
    base = found * factor + offset
    if origin != goal:
        try:
            base = _between_gases(base, origin, goal, variable)
        except InputError as error:
            raise InputError(
                error.what, error.where, error.fix, unit=from_unit, canonical=target, code=code
            ) from None
    return (base - out_offset) / out_factor


def compatible(unit: str, code: str) -> bool:
    """True when ``unit`` is known and can be converted to the canonical unit of ``code``."""
    try:
        convert(0.0, unit, code)
    except InputError:
        return False
    return True
