"""Figures of the burden: rows in order, whiskers as told, nothing where nothing is known."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd

from gzeco_lib.views import burden
from gzeco_lib.views.words import words


def table(deaths: bool = True) -> pd.DataFrame:
    rows = [
        (d, "PM2.5", m, c, a, s)
        for d, s in (("440103", 0.10), ("440104", 0.20), ("440100", 0.15))
        for m, c in (("GEMM", "NCD+LRI"), ("GEMM", "IHD"), ("WHO 2020", "all"))
        for a in (-1, 60)
    ]
    frame = pd.DataFrame(rows, columns=["district", "pollutant", "model", "cause", "age", "share"])
    frame["deaths"] = 1000 * frame["share"] if deaths else np.nan
    for what in ("share", "deaths"):
        frame[f"{what}_lo"], frame[f"{what}_hi"] = 0.5 * frame[what], 1.5 * frame[what]
    return frame


def test_rows_of_one_function_at_all_ages() -> None:
    rows = burden.chosen(table())
    assert len(rows) == 6 and set(rows["cause"]) == {"NCD+LRI", "IHD"} and set(rows["age"]) == {-1}
    assert burden.measure(rows) == "deaths" and burden.measure(burden.chosen(table(False))) == "share"


def test_figures_are_svg_and_grow_with_their_rows() -> None:
    rows, translate = burden.chosen(table()), words("zh")
    two = ET.fromstring(burden.districts(rows, "NCD+LRI", {"440103": "荔湾区"}, translate))
    one = ET.fromstring(burden.districts(rows[rows["district"] != "440103"], "NCD+LRI", {}, translate))
    heights = [float(svg.attrib["height"].removesuffix("pt")) for svg in (one, two)]
    assert heights[0] < heights[1]
    assert burden.causes(burden.chosen(table(False)), {}, translate).startswith("<svg")


def test_targets_need_deaths() -> None:
    rows = pd.DataFrame(
        {
            "district": ["440100", "440103"], "pollutant": "PM2.5", "model": "GEMM", "target": "WHO guideline 2021",
            "target_value": 5.0, "deaths": [90.0, 40.0], "deaths_lo": [60.0, 20.0], "deaths_hi": [120.0, 60.0],
        }
    )  # fmt: skip
    assert burden.targets(rows, words("en")).startswith("<svg")
    assert burden.targets(rows.assign(deaths=np.nan), words("en")) == ""
    assert burden.targets(rows, words("en"), "NO2") == ""
