"""The dictionary's schema and names, and unit conversion against published factors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gzeco_lib.errors import InputError
from gzeco_lib.variables import compatible, convert, find, get, unit_named, variables
from gzeco_lib.variables.dictionary import RULES, read
from gzeco_lib.variables.rules import REGISTRY


def test_every_variable_is_complete() -> None:
    assert {"PM2.5", "PM10", "SO2", "NO2", "O3", "CO", "AQI", "NO", "NOx", "temperature", "Leq"} <= set(
        variables()
    )
    for code, variable in variables().items():
        assert get(code) is variable
        assert unit_named(variable.unit) == variable.unit
        assert variable.name("zh") and variable.name("en") and variable.name("zh") != variable.name("en")
        assert all(
            not variable.plausible[0] < s < variable.plausible[1]
            or s in (-9, 999, -99.9, 999.9, 9999, -99, 99999)
            for s in variable.sentinels
        )


def test_the_rules_the_dictionary_may_name_are_those_registered() -> None:
    assert set(RULES) == set(REGISTRY)


def test_unknown_codes_name_the_near_one() -> None:
    with pytest.raises(InputError, match=r"PM2\.5"):
        get("PM25")
    with pytest.raises(InputError, match="temperature"):
        get("temperatur")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("PM2.5（μg/m³）", "PM2.5"), ("pm2_5", "PM2.5"), ("ＰＭ１０", "PM10"), ("臭氧", "O3"), ("O₃", "O3"),
        ("二氧化硫浓度", "SO2"), ("Wind Speed", "wind_speed"), ("DEWP", "dew_point"), ("fengxiang", "wind_direction"),
        ("气温(℃)", "temperature"), ("a21026", "SO2"), ("Relative humidity [%]", "relative_humidity"),
    ],
)  # fmt: skip
def test_names_are_found_in_any_spelling(name: str, code: str) -> None:
    found = find(name)
    assert found is not None and found.code == code


def test_a_name_nobody_knows() -> None:
    assert find("station") is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("plausible: [0, 1000]", "plausible: [1000, 0]", "PM2.5"),
        ("unit: hPa", "units: hPa", "pressure"),
        ("gas: O3", "gas: ozone", "molar mass"),
        ("spike: {step: 8}", "jump: {step: 8}", "jump"),
        ("PM2p5", "臭氧", "two variables"),
    ],
)
def test_a_mistake_in_the_dictionary_is_named(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = (Path(__file__).parents[2] / "gzeco_lib/variables/dictionary.yaml").read_text(encoding="utf-8")
    wrong = text.replace("pm2p5", "PM2p5").replace(old, new, 1)
    assert wrong != text
    path = tmp_path / "dictionary.yaml"
    path.write_text(wrong, encoding="utf-8")
    with pytest.raises(InputError, match=told):
        read(path)


# Factors at 25 C and 1013.25 hPa as published by Defra (NO2 1.88, O3 1.96, SO2 2.62 at 25 C and 1 atm, CO 1.145).
@pytest.mark.parametrize(("code", "factor"), [("NO2", 1.880), ("O3", 1.962), ("SO2", 2.619), ("NO", 1.227)])
def test_ppb_to_mass_at_25_degrees(code: str, factor: float) -> None:
    assert convert([1.0], "ppb", code)[0] == pytest.approx(factor, abs=2e-3)


@pytest.mark.parametrize(
    ("value", "unit", "code", "expected"),
    [
        (1.0, "ppm", "CO", 1.145), (300, "μg/m³", "CO", 0.3), (0.05, "mg/m3", "PM2.5", 50),
        (273.15, "K", "temperature", 0),
        (212, "°F", "temperature", 100), (101325, "Pa", "pressure", 1013.25), (100, "kPa", "pressure", 1000),
        (1, "mph", "wind_speed", 0.44704), (1, "knots", "wind_speed", 1852 / 3600), (36, "km/h", "wind_speed", 10),
        (1, "inch", "precipitation", 25.4), (0.55, "1", "relative_humidity", 55), (np.pi, "rad", "wind_direction", 180),
    ],
)  # fmt: skip
def test_conversion(value: float, unit: str, code: str, expected: float) -> None:
    assert convert(value, unit, code) == pytest.approx(expected, abs=1e-3)


def test_units_that_do_not_fit_are_refused() -> None:
    for unit, code, told in [
        ("ppb", "PM2.5", "PM2.5"),
        ("K", "O3", "K cannot"),
        ("furlong", "O3", "furlong"),
        ("mm", "NOPE", "NOPE"),
    ]:
        with pytest.raises(InputError, match=told):
            convert([1.0], unit, code)
        assert not compatible(unit, code)
    assert compatible("ppm", "SO2")


UNITS_OF = [
    ("O3", "ppb"),
    ("CO", "ppm"),
    ("temperature", "degF"),
    ("temperature", "K"),
    ("pressure", "mmHg"),
    ("wind_speed", "knot"),
]


@given(st.sampled_from(UNITS_OF), st.floats(-1e4, 1e4))
def test_conversion_there_and_back(pair: tuple[str, str], value: float) -> None:
    code, unit = pair
    there = convert(value, unit, code)
    assert convert(there, get(code).unit, code, to_unit=unit) == pytest.approx(value, abs=1e-6)
