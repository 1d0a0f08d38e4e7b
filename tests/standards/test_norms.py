"""Limits, WHO levels, categories and evaluation: values by date with clause and certainty."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.standards import (
    CERTAINTIES,
    POLLUTANTS,
    categories,
    category,
    category_of,
    composite_index,
    contrast,
    facts,
    limit,
    percentile,
    who_level,
    who_met,
)


@pytest.mark.parametrize(
    ("code", "averaging", "on", "area_class", "value"),
    [
        ("PM2.5", "24h", "2026-02-28", "II", 75),
        ("PM2.5", "24h", "2026-03-01", "II", 60),
        ("PM2.5", "24h", "2030-12-31", "II", 60),
        ("PM2.5", "24h", "2031-01-01", "II", 50),
        ("PM2.5", "annual", "2031-01-01", "I", 10),
        ("PM10", "annual", "2025-01-01", "II", 70),
        ("SO2", "24h", "2031-06-01", "II", 50),
        ("NO2", "24h", "2031-06-01", "I", 50),
        ("O3", "mda8", "2026-07-01", "I", 100),
        ("CO", "1h", "2026-07-01", "II", 10),
        ("NOx", "24h", "2031-01-01", "II", 70),
        ("TSP", "24h", "2026-03-01", "II", 300),
    ],
)
def test_limit_of_the_date(code: str, averaging: str, on: str, area_class: str, value: float) -> None:
    assert limit(code, averaging, on, area_class).value == value


def test_a_limit_says_where_it_stands() -> None:
    found = limit("NOx", "1h", date(2026, 3, 1))
    assert (found.document, found.clause, found.certainty, found.phase) == (
        "GB 3095-2026",
        "Table 2",
        "seen-primary",
        "transition",
    )
    assert "scan" in found.source and found.unit == "ug m-3" and not found.is_setting
    assert limit("CO", "24h", "2020-01-01").unit == "mg m-3"
    # The act's date is the local one: 17:00 UTC on the last day of February is March in Guangzhou.
    assert limit("PM10", "24h", datetime(2026, 2, 28, 17, tzinfo=ZoneInfo("UTC"))).document == "GB 3095-2026"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("PM25", "24h", "2026-03-01"), "PM2.5"),
        (("PM2.5", "1h", "2026-03-01"), "averaging period 1h"),
        (("TSP", "24h", "2020-01-01"), "TSP"),
        (("PM2.5", "24h", "spring"), "spring is not a date"),
        (("PM2.5", "24h", "2026-03-01", "III"), "III"),
    ],
)
def test_no_such_limit(arguments: tuple[str, ...], told: str) -> None:
    with pytest.raises(InputError, match=told):
        limit(*arguments)


def test_every_fact_names_a_known_certainty() -> None:
    def walk(node: object) -> list[str]:
        if isinstance(node, dict):
            own = [v for k, v in node.items() if str(k).endswith("certainty")]
            return own + [c for v in node.values() for c in walk(v)]
        return [c for v in node for c in walk(v)] if isinstance(node, list) else []

    names = [path.stem for path in facts.DATA.glob("*.yaml")]
    found = {name: walk(facts.load(name)) for name in names}
    assert {"gb3095", "hj633", "hj663", "who2021", "aqhi"} <= set(names)
    assert all(found.values())
    assert {c for each in found.values() for c in each} <= set(CERTAINTIES)


def test_an_unsure_value_is_not_handed_out() -> None:
    entry = {"standard": "IRIS 2024", "certainty": "unsure", "source": "memory"}
    with pytest.raises(InputError, match="not certain enough"):
        facts.fact_from(entry, 7.4e-6, "m3 ug-1")


def test_who_levels() -> None:
    assert [who_level("PM2.5", "24h", name).value for name in ("IT-1", "IT-3", "AQG")] == [75, 37.5, 15]
    assert who_level("SO2", "24h").value == 40
    assert who_level("NO2", "annual", "IT-4") is None
    assert who_met([4, 5, 20, 36, np.nan], "PM2.5", "annual").tolist() == ["AQG", "AQG", "IT-2", "", ""]
    with pytest.raises(InputError, match="IT-9"):
        who_level("PM2.5", "24h", "IT-9")


def test_categories_are_the_norms() -> None:
    assert [c.name_zh for c in categories()] == ["优", "良", "轻度污染", "中度污染", "重度污染", "严重污染"]
    assert [c.hex for c in categories()] == ["#00E400", "#FFFF00", "#FF7E00", "#FF0000", "#99004C", "#7E0023"]
    assert category_of([1, 50, 51, 100, 101, 150, 151, 200, 201, 300, 301, 500, np.nan]).tolist() == [
        1,
        1,
        2,
        2,
        3,
        3,
        4,
        4,
        5,
        5,
        6,
        6,
        0,
    ]
    assert category(5).level("zh") == "五级" and category(5).name("en") == "Heavily polluted"
    with pytest.raises(InputError):
        category(7)


def test_text_on_every_colour_can_be_read() -> None:
    for each in categories():
        assert contrast(each.text, each.hex) >= 4.5
        assert contrast(each.accessible_text, each.accessible) >= 4.5


# Machado, Oliveira & Fernandes 2009, doi:10.1109/TVCG.2009.113, severity 1.0 (linear RGB).
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def _lab(colour: str, vision: np.ndarray) -> np.ndarray:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.clip(vision @ np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4), 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    f = np.cbrt(xyz / np.array([0.9505, 1.0, 1.089]))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("name", sorted(VISION))
def test_accessible_colours_stay_apart_in_any_colour_vision(name: str) -> None:
    def nearest(colours: list[str]) -> float:
        points = [_lab(c, VISION[name]) for c in colours]
        return min(float(np.linalg.norm(a - b)) for a, b in pairwise(points))

    accessible = [c.accessible for c in categories()]
    assert nearest(accessible) > 15  # CIE76; 2.3 is just noticeable
    light = [_lab(c, VISION[name])[0] for c in accessible]
    assert all(np.diff(light) < 0)  # the worse the darker, so it also reads in grey


def test_city_percentile_and_composite_index() -> None:
    # k = 1 + (n - 1) p: of 1..11 the 90th percentile is the 10th value.
    assert percentile(np.arange(1, 12), "O3") == 10
    assert percentile([1, 2, np.nan], "PM2.5") == pytest.approx(1.95)
    assert np.isnan(percentile([np.nan], "CO"))
    at_limit = {"SO2": 60, "NO2": 40, "PM10": 70, "PM2.5": 35, "CO": 4, "O3": 160}
    assert composite_index(at_limit, "2025-06-01").value == pytest.approx(6)
    assert composite_index(at_limit, "2025-06-01").is_setting
    new = composite_index(at_limit | {"PM10": 60, "PM2.5": 30}, "2026-06-01")
    assert new.value == pytest.approx(10) and new.document == "HJ 663-2026"
    with pytest.raises(InputError, match="CO"):
        composite_index({code: 1.0 for code in POLLUTANTS if code != "CO"}, "2026-06-01")
