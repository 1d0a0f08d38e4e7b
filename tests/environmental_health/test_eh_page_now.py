"""What the page shows of an outcome, checked on a sample whose values are known."""

from __future__ import annotations

import gc
import logging

import numpy as np
import pandas as pd
import pytest
from outcome_sample import NOW, POLLUTANTS, WORST, sample

from gzeco_lib.environmental_health.model import EnvironmentalHealth
from gzeco_lib.environmental_health.pages import PageState, now_cards, now_sheets, places, prose
from gzeco_lib.environmental_health.pages import shown as shows
from gzeco_lib.environmental_health.pages.shown import Shown
from gzeco_lib.errors import InputError
from gzeco_lib.views import theme
from gzeco_lib.views.charts import ForecastChart
from gzeco_lib.views.controls import Controls
from gzeco_lib.views.maps import CityMap
from gzeco_lib.views.page import Notices
from gzeco_lib.views.words import words


@pytest.fixture(params=["zh", "en"])
def shown(request: pytest.FixtureRequest) -> Shown:
    return Shown(sample(), words(request.param), request.param)


@pytest.fixture
def english() -> Shown:
    return Shown(sample(), words("en"), "en")


def test_cards_say_now_change_peak_and_place(english: Shown) -> None:
    cards = now_cards.city_cards(english)
    assert len(cards) == 5
    assert (cards[0].value, cards[0].change) == ("60", "+20 against this time yesterday")
    assert cards[2].value == "150" and cards[2].change == "at 12-15 19:00, 80 % band 142 to 158"
    assert cards[3].value == "Panyu"
    assert cards[4].change == "1 stations below 75 % for a pollutant"
    assert cards[0].now == 24 and cards[0].series[24] == 60  # the dot stands on the current hour


def test_without_yesterday_no_change_is_claimed(english: Shown) -> None:
    city = english.table("city_hourly")
    english.outcome.tables["city_hourly"] = city[city["lead_h"] >= -3]
    assert now_cards.city_cards(english)[0].change == "no value at this time yesterday"


def test_an_outcome_without_a_current_hour_is_refused(english: Shown) -> None:
    city = english.table("city_hourly")
    english.outcome.tables["city_hourly"] = city[city["lead_h"] < 0]
    with pytest.raises(InputError):
        now_cards.city_cards(english)


@pytest.mark.parametrize("layer", ["aqi", "excess_risk", "PM2.5"])
@pytest.mark.parametrize("kind", ["district", "station", "source"])
def test_ranks_fall_and_bars_are_shares_of_the_largest(shown: Shown, kind: str, layer: str) -> None:
    rows = shows.ranked(shown, kind, layer, 3)
    assert [r["rank"] for r in rows] == [str(i) for i in range(1, len(rows) + 1)]
    shares = [r["share"] for r in rows]
    assert shares == sorted(shares, reverse=True) and 0 < shares[0] <= 1
    assert all(r["name"] and r["grade"] and r["colour"].startswith("#") for r in rows)


def test_the_worst_district_is_first_and_severities_carry_signs(english: Shown) -> None:
    rows = shows.ranked(english, "district", "excess_risk", 0)
    assert rows[0]["key"] == WORST and rows[0]["sign"] in theme.SIGNS.values()
    assert rows[0]["value"] == "5.90 %" and rows[0]["note"] == "700,000 people"


def test_districts_without_population_claim_none(english: Shown) -> None:
    english.outcome.tables["district_hourly"]["population"] = np.nan
    assert all(r["note"] == "" for r in shows.ranked(english, "district", "aqi", 0))


def test_reasons_of_sources_are_translated() -> None:
    row = shows.ranked(Shown(sample(), words("zh"), "zh"), "source", "aqi", 0)[0]
    assert row["name"] == "样例化工厂" and "key permit" not in row["note"] and "；" in row["note"]


@pytest.mark.parametrize("layer", ["aqi", "excess_risk", *POLLUTANTS])
def test_the_scale_holds_every_hour_s_stations(english: Shown, layer: str) -> None:
    scale = shows.scale(english, layer)
    values = pd.concat([shows.stations_at(english, layer, h) for h in english.leads])["shown_value"]
    if not scale.classes:
        assert scale.low <= values.min() and values.max() <= scale.high
    assert len(scale.colours) == (6 if layer == "aqi" else 9)


def test_cells_outside_the_city_stay_empty_and_aqi_is_classed(english: Shown) -> None:
    cells = shows.raster(english, "aqi", 12)
    assert cells is not None
    classes, values, x, y = cells
    assert classes.shape == values.shape == (len(y), len(x))
    assert set(np.unique(classes[np.isfinite(classes)])) <= {1.0, 2.0}
    assert np.array_equal(np.isnan(classes), np.isnan(values)) and np.isnan(values).any()
    assert shows.raster(english, "aqi", 99) is None and shows.raster(english, "Pb", 0) is None


def test_hovering_tells_value_time_and_capture(english: Shown) -> None:
    text = shows.points(english, "PM2.5", 0)["hover"].iloc[0]
    assert "10 µg/m³" in text and "2024-12-15 07:00" in text and "Data capture, 24 h: 100 %" in text


@pytest.mark.parametrize(
    ("key", "kind", "name"),
    [
        ("", "city", "Whole city"),
        (WORST, "district", "Panyu"),
        ("gz02", "station", "Panyu School"),
        ("91440100X", "source", "Sample Chemicals"),
        ("nothing", "city", "Whole city"),
    ],
)
def test_places(english: Shown, key: str, kind: str, name: str) -> None:
    assert places.place_kind(english, key) == kind
    assert places.place_row(english, key)[0] == name
    assert not places.series(english, key, "aqi").frame.empty


def test_the_limit_is_the_norm_s_of_that_day(english: Shown) -> None:
    # GB 3095-2012 class II: PM2.5 24 h 75, O3 1 h 200, NO2 1 h 200, SO2 1 h 500, CO 1 h 10 mg/m3
    found = {code: places.norm_line(english, code) for code in POLLUTANTS}
    assert {c: line.value for c, line in found.items() if line} == {
        "PM2.5": 75,
        "PM10": 150,
        "O3": 200,
        "NO2": 200,
        "SO2": 500,
        "CO": 10,
    }
    assert found["PM2.5"] is not None and found["PM2.5"].label == "24-h limit 75"


def test_only_stations_have_concentrations_to_chart(english: Shown) -> None:
    assert set(places.measures(english, WORST).values()) == {"aqi", "excess_risk"}
    assert set(POLLUTANTS) < set(places.measures(english, "gz01").values())


def test_sheets_name_units_and_start_with_what_comes_next(shown: Shown) -> None:
    sheets = now_sheets.sheets(shown, "gz02", "PM2.5", 0)
    assert set(sheets) == {"series", "district", "station", "source", "capture"}
    rows = sheets["series"].frame["lead_h"].tolist()
    assert rows[:24] == list(range(1, 25)) and rows[24:] == list(range(0, -49, -1))
    assert sheets["series"].frame["lo"].notna().sum() == 24  # observations have no band
    assert [c.unit for c in sheets["series"].columns][2:] == ["µg/m³"] * 3
    for sheet in sheets.values():
        columns, rows = sheet.shown()
        assert rows and all(len(r) == len(columns) for r in rows)


def test_notes_and_method_are_on_the_page(shown: Shown) -> None:
    told = prose.known(shown._, shown.outcome)
    assert shown._("The lake holds no enterprises: there is no screening of risk sources.") in told
    assert "observation 3" in prose.provenance(shown._, shown.outcome)


def test_the_map_shows_the_hour_and_marks_the_place(english: Shown) -> None:
    chosen: list[tuple[str, str]] = []
    city_map = CityMap(english._, "en", False, lambda kind, key: chosen.append((kind, key)))
    cells = shows.raster(english, "excess_risk", 0)
    assert cells is not None
    city_map.show_raster(*cells, shows.scale(english, "excess_risk"), "Excess risk")
    city_map.show_points(shows.points(english, "excess_risk", 0))
    assert city_map.raster.data["dw"][0] == 2000 * cells[0].shape[1]
    assert len(city_map.points.data["key"]) == 3 and len(city_map.names.data["name"]) == 11
    city_map.points.selected.indices = [1]
    assert chosen == [("station", "gz02")] and city_map.points.selected.indices == []
    city_map.select("district", WORST)
    assert len(city_map.chosen.data["xs"]) == 1 and city_map.ring.data["x"] == []


def test_names_on_the_map_stand_inside_their_district_and_clear_of_stations() -> None:
    import shapely

    from gzeco_lib.geo.coords import from_plane
    from gzeco_lib.geo.districts import district_of
    from gzeco_lib.views.map_base import districts, name_spots

    spots = np.array(name_spots(((430_000.0, 2_560_000.0),)))
    lon, lat = from_plane(spots[:, 0], spots[:, 1])
    assert district_of(lon, lat).tolist() == districts()["adcode"]
    assert shapely.points(spots).shape == (11,)


def test_the_chart_splits_past_and_forecast_at_now(english: Shown) -> None:
    chart = ForecastChart(english._, False)
    chart.show(places.series(english, "gz01", "PM2.5"))
    assert len(chart.history.data["time"]) == 49 and len(chart.forecast.data["time"]) == 25
    assert pd.Timestamp(chart.forecast.data["time"][0]) == pd.Timestamp("2024-12-15 07:00")
    assert chart.limit.visible and chart.limit.location == 75
    assert chart.figure.y_range.end > 75
    chart.show(places.series(english, "", "excess_risk"))
    assert not chart.limit.visible
    chart.mark(NOW)
    assert chart.hour.visible


def test_widgets_come_from_the_declaration_and_belong_to_one_session() -> None:
    def controls() -> Controls:
        return Controls(words("zh"), EnvironmentalHealth, {"horizon": 12}, lambda values: None, "x.yaml")

    one, other = controls(), controls()
    assert set(one.widgets) == set(EnvironmentalHealth.declared())
    assert one.widgets["horizon"].value == 12
    one.widgets["horizon"].value = 6
    assert other.widgets["horizon"].value == 12
    assert b"horizon: 6" in one.yaml().read()
    one.reset()
    assert one.values()["horizon"] == 24


def test_an_error_of_a_callback_is_shown_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    notices = Notices(words("zh"))
    with caplog.at_level(logging.ERROR, logger="gzeco.pages"):
        notices.catch(ZeroDivisionError("boom"))
    number = caplog.records[0].getMessage().split()[2]
    assert (
        notices.pane.styles == {"display": "block"}
        and number in notices.pane.object
        and "boom" not in notices.pane.object
    )
    assert "ZeroDivisionError: boom" in caplog.text
    notices.catch(InputError("no column {column}", "file.csv", "name one", column="x"))
    assert "缺少列 x" in notices.pane.object and "file.csv" in notices.pane.object


def test_the_handler_of_errors_does_not_keep_a_session_alive(caplog: pytest.LogCaptureFixture) -> None:
    notices = Notices(words("en"))
    handle, pane = notices.handler(), notices.pane
    handle(InputError("no column {column}", "", "", column="x"))
    assert "no column x" in pane.object
    del notices
    gc.collect()
    handle(ZeroDivisionError("late"))
    assert "no column x" in pane.object and "late" in caplog.text


def test_an_address_is_checked() -> None:
    state = PageState.from_query(
        {"hour": "25", "layer": "Pb", "station": "<x>", "pollutant": "O3", "list": "station"}
    )
    assert (state.hour, state.layer, state.station, state.pollutant, state.list) == (
        0,
        "excess_risk",
        "",
        "O3",
        "station",
    )
