"""A brief of a real small lake whose feeds are late, gone or wrong: what was used instead is written on it."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "environmental_health"))
from conftest import SECTIONS, as_notebook
from eh_lakes import END, enterprises, exposure, observations, sites

from gzeco_lib.briefing import render
from gzeco_lib.briefing.checks import pdf_text
from gzeco_lib.briefing.health_research.report import Report
from gzeco_lib.ingest import ingest
from gzeco_lib.lake import Lake

HOUR = pd.Timedelta("1h")
QUICK = {"effort": "quick", "resolution": 2000}
GONE, WEATHER = "S3", {"temperature": 18.0, "wind_speed": 2.0, "wind_direction": 40.0}


def weather() -> pd.DataFrame:
    """Hourly weather at one station that ended 6 h before the last hour."""
    times = pd.date_range(END - 12 * 24 * HOUR, END - 7 * HOUR, freq="1h")
    rows = [
        pd.DataFrame({"time": times, "site": "S1", "variable": code, "value": value})
        for code, value in WEATHER.items()
    ]
    return pd.concat(rows).assign(flag="", interval="PT1H", source="test")


def counts(folder: Path) -> Path:
    """A file of daily deaths with a negative one and a district by its former name."""
    file = folder / "deaths.csv"
    day = (END - 72 * HOUR).strftime("%Y-%m-%d")
    lines = ["日期,区县,总死亡,循环系统疾病,呼吸系统疾病", f"{day},东山区,20,9,8", f"{day},天河区,-3,9,8"]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    folder = tmp_path_factory.mktemp("degraded")
    made = Lake.open(str(folder / "lake"), create=True)
    air = observations()
    made.write("observation", air[(air["site"] != GONE) | (air["time"] < END - 10 * HOUR)])
    made.write("observation", weather())
    made.write("site", sites())
    made.write("exposure", exposure())
    made.write("enterprise", enterprises())
    told = ingest(counts(folder), "health_cdc_daily", made)
    assert told.reasons == {"negative": 1}
    return made


def report(lake: Lake, lang: str, form: str = "long") -> Report:
    brief = {"language": lang, "form": form, "show_burden": False}
    return Report.run(lake.url, END.isoformat(), brief, QUICK)


@pytest.fixture(scope="module")
def english(lake: Lake) -> Report:
    return report(lake, "en")


def test_weather_that_stopped_is_told_on_the_first_page(english: Report) -> None:
    first = english.first_page().html()
    assert "The wind of 6 h ago is carried forward; traces and plumes widen." in first
    assert "Weather" in english.feeds().html() and "late" in english.feeds().html()


def test_a_station_that_fell_silent_is_named(english: Report) -> None:
    first = english.first_page().html()
    assert "Station S3" in first and "has sent nothing since" in first


def test_negative_counts_are_not_used_and_the_former_district_counts_for_the_new_one(
    lake: Lake, english: Report
) -> None:
    health = lake.read("health")
    assert not (health["count"] < 0).any() and "440104" in set(health["district"])  # Dongshan is Yuexiu today
    assert "440106" not in set(health[health["cause"] == "all"]["district"])  # the negative count
    assert "Health counts" in english.feeds().html()


def test_what_no_feed_brings_is_left_out_and_said(english: Report) -> None:
    assert "Not graded for want of data: Toxic substances, Water, Noise" in english.hazards().html()
    assert "for want of data" in english.index().html()
    assert "The lake holds no complaints" in english.advice().html()


def test_generated_data_are_called_so(english: Report) -> None:
    assert "The data are generated for demonstration" in english.first_page().html()


def test_the_chinese_short_form_says_it_too(lake: Lake, tmp_path: Path) -> None:
    made = report(lake, "zh", "short")
    shown = as_notebook([getattr(made, section)() for section in SECTIONS])
    text = pdf_text(render.pdf(render.typst_source(shown, "zh"), tmp_path)).replace("\n", "").replace(" ", "")
    assert "6小时前" in text and "S3" in text
