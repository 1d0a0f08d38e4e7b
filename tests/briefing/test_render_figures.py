"""Figures: well-formed drawings, round classes, and no noise of matplotlib about fonts."""

from __future__ import annotations

import logging
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.geo.districts import NAMES
from gzeco_lib.scenario import Outcome
from gzeco_lib.views.figures import FULL_WIDTH, local, subscripted
from gzeco_lib.views.figures_chart import outlook, skill
from gzeco_lib.views.figures_map import classes, risk_maps
from gzeco_lib.views.theme import SEQUENTIAL, aqi_colours
from gzeco_lib.views.words import words

SVG = "{http://www.w3.org/2000/svg}"


def maps(outcome: Outcome, **changes: object) -> str:
    stations = outcome.table("station_hourly")
    sites = stations[stations["lead_h"] == 0]
    arguments = {
        "risk": outcome.fields["risk"],
        "leads": [0, 9],
        "titles": ["a $x", "b"],
        "sites": sites,
    } | changes
    return risk_maps(**arguments, translate=words("zh"), lang="zh")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("low", "high", "first", "last", "width"),
    [(5.4, 8.3, 5.0, 8.5, 0.5), (0, 9, 0, 9, 1), (0, 0, 0, 0.0002, 0.0001), (93, 410, 50, 450, 50)],
)
def test_classes_are_round_and_hold_all(
    low: float, high: float, first: float, last: float, width: float
) -> None:
    bounds = classes(low, high)
    assert bounds[0] == pytest.approx(first)
    assert bounds[-1] == pytest.approx(last)
    assert np.diff(bounds) == pytest.approx(width)
    assert 3 <= len(bounds) <= len(SEQUENTIAL) + 1


def test_drawings_are_well_formed_svg_of_the_right_size(outcome: Outcome) -> None:
    root = ET.fromstring(maps(outcome))
    assert root.tag == f"{SVG}svg"
    assert float(root.get("width", "").removesuffix("pt")) == pytest.approx(FULL_WIDTH / 25.4 * 72, abs=0.1)
    assert len(root.findall(f".//{SVG}image")) == 2  # the cells of the two maps
    assert not root.findall(f".//{SVG}text")  # words are outlines


def test_a_field_without_a_value_still_draws_the_districts(outcome: Outcome) -> None:
    empty = outcome.fields["risk"].copy(deep=True)
    empty["excess_risk"][:] = np.nan
    svg = maps(outcome, risk=empty)
    assert svg.count("clipPath") >= 2
    assert len(NAMES) == 11


def test_maps_use_no_colour_of_the_aqi(outcome: Outcome) -> None:
    svg = maps(outcome).lower()
    assert not [colour for colour in aqi_colours() if colour.lower() in svg]


def test_the_outlook_carries_the_colours_of_the_aqi(outcome: Outcome) -> None:
    svg = outlook(outcome.table("city_hourly"), words("zh")).lower()
    assert aqi_colours()[0].lower() in svg
    assert aqi_colours()[1].lower() in svg


def test_gaps_and_missing_forecasts_are_drawn(outcome: Outcome) -> None:
    city = outcome.table("city_hourly").copy()
    city.loc[
        city["lead_h"] > 3, ["aqi", "aqi_lo", "aqi_hi", "excess_risk", "excess_risk_lo", "excess_risk_hi"]
    ] = np.nan
    ET.fromstring(outlook(city, words("en")))


def test_one_pollutant_makes_one_chart(outcome: Outcome) -> None:
    one = outcome.table("skill").query("variable == 'O3'")
    svg = skill(one, {"O3": ("O3", "µg/m³"), "CO": ("CO", "mg/m³")}, words("zh"))
    assert svg.count('id="skill-axes_') >= 1


def test_ids_differ_between_figures_and_are_the_same_in_every_run(outcome: Outcome) -> None:
    assert maps(outcome) == maps(outcome)
    assert 'id="figure_1"' not in maps(outcome)


def test_no_noise_about_fonts(
    outcome: Outcome, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    with caplog.at_level(logging.WARNING, logger="matplotlib"):
        maps(outcome)
        outlook(outcome.table("city_hourly"), words("zh"))
    assert not [r for r in caplog.records if "font" in r.getMessage().lower()]
    assert not [w for w in recwarn if "Glyph" in str(w.message)]


def test_times_are_local() -> None:
    assert local(pd.Series([pd.Timestamp("2024-12-15T00:00Z")]))[0] == pd.Timestamp("2024-12-15T08:00")


def test_formulas_in_titles() -> None:
    assert subscripted("PM2.5") == "PM$_{2.5}$"
    assert subscripted("CO") == "CO"
