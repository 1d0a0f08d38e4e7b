"""The model end to end: contract, sanity of the map, weights, screening, and honest degradation."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from eh_lakes import CODES, END, LEVEL, PLACES, observations, sites, told

from gzeco_lib.environmental_health import EnvironmentalHealth, answer, findings
from gzeco_lib.environmental_health.forecasts import Predicted, join, predict
from gzeco_lib.environmental_health.inputs import gather
from gzeco_lib.environmental_health.risk import aqi, bands, excess_risk, risk_error
from gzeco_lib.environmental_health.screening import POINTS, score_parts
from gzeco_lib.environmental_health.trained import Recipe, stored
from gzeco_lib.errors import InputError
from gzeco_lib.geo.coords import to_plane
from gzeco_lib.lake.lake import Lake
from gzeco_lib.methods.interpolation import Kriging
from gzeco_lib.scenario import Outcome
from gzeco_lib.standards.air import aqi_hourly

COLUMNS = {
    "station_hourly": "time lead_h site name_zh name_en district lon lat aqi aqi_lo aqi_hi category primary "
    "excess_risk excess_risk_lo excess_risk_hi aqhi aqhi_band",
    "concentration": "time lead_h site variable value lo hi member",
    "district_hourly": "time lead_h district name_zh name_en population aqi excess_risk excess_risk_lo "
    "excess_risk_hi aqhi aqhi_band category high_share",
    "city_hourly": "time lead_h aqi aqi_lo aqi_hi category primary excess_risk excess_risk_lo excess_risk_hi "
    "aqhi aqhi_band",
    "risk_sources": "rank enterprise name_zh name_en industry district lon lat score reasons nearest_cell distance_m "
    "excess_risk population_2km management exceedances_12m complaints_12m",
    "capture": "site variable capture_24h capture_30d flagged_30d last_time",
    "skill": "variable lead_h mae mae_persistence coverage80 member",
}


def run(lake, at: pd.Timestamp = END, **parameters) -> Outcome:
    return EnvironmentalHealth(**{"effort": "quick", **parameters}).run(lake, at)


def at_lead(table: pd.DataFrame, lead: int) -> pd.DataFrame:
    return table[table["lead_h"] == lead].reset_index(drop=True)


def test_outcome_keeps_its_contract_and_comes_back(whole, outcome) -> None:
    for name, columns in COLUMNS.items():
        assert set(columns.split()) <= set(outcome.tables[name].columns), name
    for name in ("station_hourly", "district_hourly", "city_hourly", "concentration"):
        table = outcome.tables[name]
        assert sorted(table["lead_h"].unique()) == list(range(-48, 25))
        assert str(table["time"].dtype).endswith("UTC]")
    assert len(at_lead(outcome.tables["district_hourly"], 0)) == 11
    field = outcome.fields["risk"]
    assert field["aqi"].dims == ("lead_h", "y", "x")
    assert {*CODES, *(f"{code}_sd" for code in CODES), "excess_risk", "excess_risk_sd"} <= set(
        field.data_vars
    )
    inside = field["district"].to_numpy() > 0
    assert np.isfinite(field["excess_risk"].to_numpy()[:, inside]).all()
    assert np.isnan(field["excess_risk"].to_numpy()[:, ~inside]).all()
    outcome.save(whole)
    assert (
        run(whole).id == outcome.id
    )  # the same data and parameters, although the lake holds one outcome more
    back = Outcome.load(whole, "environmental_health", END)
    assert back is not None
    assert back.id == outcome.id
    pd.testing.assert_frame_equal(
        back.tables["city_hourly"], outcome.tables["city_hourly"], check_dtype=False
    )
    np.testing.assert_allclose(back.fields["risk"]["PM2.5"].to_numpy(), field["PM2.5"].to_numpy())


def test_stations_are_rated_as_the_norm_rates_them(outcome) -> None:
    rows = observations()
    now = at_lead(outcome.tables["station_hourly"], 0).set_index("site")
    last = rows[rows["time"] == END - pd.Timedelta("1h")].pivot(
        index="site", columns="variable", values="value"
    )
    expected = aqi_hourly({code: last[code].to_numpy() for code in CODES}, "2024-12-14T23:00Z")
    np.testing.assert_array_equal(now.loc[last.index, "aqi"], expected.aqi)
    assert list(now.loc[last.index, "primary"]) == list(expected.primary)
    assert (now["aqi_lo"] == now["aqi_hi"]).all()  # what was measured is not a forecast


def test_the_map_meets_the_stations_and_means_lie_within_their_cells(outcome) -> None:
    field = outcome.fields["risk"].sel(lead_h=0)
    stations = at_lead(outcome.tables["concentration"], 0)
    for site, place in PLACES.items():
        x, y = to_plane(*place)
        for code in ("PM2.5", "O3"):
            cell = field.sel(x=float(x), y=float(y), method="nearest")
            value = stations[(stations["site"] == site) & (stations["variable"] == code)]["value"].iloc[0]
            assert float(cell[code]) == pytest.approx(value, rel=0.08)
    district = field["district"].to_numpy()
    for row in at_lead(outcome.tables["district_hourly"], 0).itertuples():
        cells = field["excess_risk"].to_numpy()[district == int(row.district)]
        assert cells.min() <= row.excess_risk <= cells.max()
        assert row.excess_risk_lo <= row.excess_risk <= row.excess_risk_hi


def test_uncertainty_grows_with_lead_and_with_distance(outcome) -> None:
    sd = outcome.fields["risk"]["PM2.5_sd"]
    assert float(sd.sel(lead_h=12).mean()) > float(sd.sel(lead_h=0).mean())
    x, y = to_plane(*PLACES["S2"])
    near, far = to_plane(113.9, 23.85)
    at_station = float(sd.sel(lead_h=0).sel(x=float(x), y=float(y), method="nearest"))
    assert at_station < float(sd.sel(lead_h=0).sel(x=float(near), y=float(far), method="nearest"))


def test_people_weigh_by_hour_and_kind_of_day(outcome) -> None:
    # 2024-12-15 is a Sunday, 2024-12-13 a Friday.
    yuexiu = outcome.tables["district_hourly"].query("district == '440104'").set_index("time")["population"]
    sunday_day = yuexiu[pd.Timestamp("2024-12-15T04:00Z")]
    friday_day = yuexiu[pd.Timestamp("2024-12-13T04:00Z")]
    friday_night = yuexiu[pd.Timestamp("2024-12-13T18:00Z")]  # 02:00 local on Saturday: a rest day's night
    assert friday_day == pytest.approx(2 * sunday_day)
    assert sunday_day == pytest.approx(2 * friday_night)


def test_public_holidays_and_made_up_workdays() -> None:
    from gzeco_lib.environmental_health.districts import day_types

    local = pd.DatetimeIndex(["2024-10-01 12:00", "2024-10-12 12:00", "2024-10-13 12:00", "2024-10-14 12:00"])
    utc = local.tz_localize("Asia/Shanghai").tz_convert("UTC").tz_localize(None)
    # 1 October is a holiday, Saturday the 12th was made up for it (State Council notice of 2023-10-25).
    assert list(day_types(utc)) == ["restday", "workday", "restday", "workday"]


def test_resolution_keeps_the_people(whole) -> None:
    def people(size: int) -> float:
        table = run(whole, resolution=size, horizon=1).tables["district_hourly"]
        return float(at_lead(table, 0)["population"].sum())

    assert people(500) == pytest.approx(people(1000), rel=0.01)
    assert people(2000) == pytest.approx(people(1000), rel=0.03)  # a coarser border


def test_screening_lists_who_is_near_and_says_why(lake_of) -> None:
    high = {code: value * 3 for code, value in LEVEL.items()}
    outcome = run(lake_of(observations(level=high), works=True), lead_score=50.0)
    sources = outcome.tables["risk_sources"]
    assert list(sources["enterprise"]) == ["E1", "E2", "E3"]  # E4 has no coordinates
    assert list(sources["rank"]) == [1, 2, 3]
    assert sources["score"].between(0, 100).all()
    assert "exceedances in 12 months" in sources.iloc[0]["reasons"].split("|")
    assert "within reach of cells above the high-risk threshold" in sources.iloc[0]["reasons"]
    lead = outcome.leads[0]
    assert (lead.subject, lead.rule, lead.legal_basis) == ("E1", "risk_source_screening", ())
    assert lead.evidence.numbers["score"] == sources.iloc[0]["score"]


def test_score_by_hand() -> None:
    table = pd.DataFrame(
        {
            "excess_risk": [11.29], "population_2km": [50_000.0], "management": ["key"], "emission_rank": [0.5],
            "exceedances_12m": [3], "complaints_12m": [5],
        }
    )  # fmt: skip
    parts = score_parts(table, 11.29)
    score = sum(POINTS[name] * parts[name] for name in POINTS)
    assert score[0] == pytest.approx(35 + 10 + 15 + 5 + 20 * 0.5)


def test_clean_air_screens_the_worst_tenth_and_says_so(lake_of) -> None:
    low = {code: value / 4 for code, value in LEVEL.items()}
    outcome = run(lake_of(observations(level=low), works=True), screening_radius=20000.0, lead_score=20.0)
    assert any("tenth of the city" in message for message, _ in outcome.notes)
    assert all("high-risk threshold" not in reasons for reasons in outcome.tables["risk_sources"]["reasons"])
    assert {lead.severity for lead in outcome.leads} == {"info"}  # no cell at high risk, no alarm


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_answer_and_the_findings_can_be_said(outcome, lang: str) -> None:
    sentence = told(answer(outcome, lang), lang)
    city = at_lead(outcome.tables["city_hourly"], 0).iloc[0]
    assert f"{city['aqi']:.0f}" in sentence
    assert "{" not in sentence
    said = [told(part, lang) for part in findings(outcome, lang)]
    assert len(said) >= 3
    assert all("{" not in part for part in said)


def test_what_is_missing_is_said(lake_of) -> None:
    rows = observations()
    rows = rows[(rows["variable"] != "SO2") & (rows["site"] != "S8")]
    outcome = run(lake_of(rows))
    said = [message for message, _ in outcome.notes]
    assert any(message.startswith("{code} is missing at every station") for message in said)
    assert (
        "Stations of the city without any data in the window read: {sites}.",
        {"sites": "S8"},
    ) in outcome.notes
    assert any("nothing about people" in message for message in said)
    assert any("no enterprises" in message for message in said)
    assert any("Too little history" in message for message in said)
    assert outcome.tables["risk_sources"].empty
    assert outcome.tables["district_hourly"]["population"].isna().all()
    assert at_lead(outcome.tables["station_hourly"], 0)["aqi"].notna().all()
    assert at_lead(outcome.tables["city_hourly"], 5)["excess_risk"].notna().all()


def test_three_stations_give_one_value_for_the_city_and_say_so(lake_of) -> None:
    outcome = run(lake_of(observations(sites=("S1", "S2", "S3"))))
    assert any("Fewer than four" in message for message, _ in outcome.notes)
    now = outcome.fields["risk"]["PM2.5"].sel(lead_h=0).to_numpy()
    assert np.nanmax(now) == pytest.approx(np.nanmin(now))


def test_a_station_with_a_gap_now_is_shown_without_a_number(lake_of) -> None:
    rows = observations()
    gap = (rows["site"] == "S4") & (rows["time"] >= END - pd.Timedelta("2h")) & (rows["variable"] == "PM2.5")
    outcome = run(lake_of(rows[~gap]))
    now = at_lead(outcome.tables["station_hourly"], 0).set_index("site")
    assert now["aqi"].drop("S4").notna().all()
    counts = {
        code: int(outcome.fields["risk"][code].sel(lead_h=0).notnull().sum()) for code in ("PM2.5", "O3")
    }
    assert counts["PM2.5"] == counts["O3"] > 7000


def test_half_of_the_stations_make_a_complete_hour(lake_of) -> None:
    rows = observations()
    late = (rows["time"] == END - pd.Timedelta("1h")) & rows["site"].isin(["S1", "S2", "S3", "S4", "S5"])
    outcome = run(lake_of(rows[~late]))
    assert at_lead(outcome.tables["city_hourly"], 0)["time"].iloc[0] == END - pd.Timedelta("2h")


def test_nothing_known_later_than_at_is_used(lake_of) -> None:
    lake = lake_of(observations())
    early = END - pd.Timedelta("30h")
    before = run(lake, at=early + pd.Timedelta("10min"))
    assert at_lead(before.tables["city_hourly"], 0)["time"].iloc[0] == early - pd.Timedelta("1h")
    changed = observations()
    changed = changed[changed["time"] >= early].assign(value=lambda f: f["value"] * 10)
    lake.write("observation", changed)
    after = run(lake, at=early + pd.Timedelta("10min"))
    pd.testing.assert_frame_equal(before.tables["station_hourly"], after.tables["station_hourly"])


def test_old_data_are_noted_and_too_old_ones_refused(whole) -> None:
    late = run(whole, at=END + pd.Timedelta("7h"))
    assert ("The latest complete hour ended {hours} h before the time asked for.", {"hours": 7}) in late.notes
    with pytest.raises(InputError) as none:
        run(whole, at=END + pd.Timedelta("400D"))
    assert "2024-12-14 23:00 UTC" in none.value.told()["fix"]


def test_a_time_in_the_future_is_noted(lake_of) -> None:
    now = pd.Timestamp.now("UTC").floor("1h")
    ahead = run(lake_of(observations(end=now, days=3)), at=now + pd.Timedelta("2D"), resolution=2000)
    assert any("lies in the future" in message for message, _ in ahead.notes)
    assert at_lead(ahead.tables["city_hourly"], 0)["time"].iloc[0] == now - pd.Timedelta("1h")


def test_bad_input_is_told(lake_of) -> None:
    lake = lake_of(None)
    with pytest.raises(InputError, match="no time zone"):
        run(lake, at=pd.Timestamp("2024-12-15T00:00"))
    with pytest.raises(InputError, match="no hourly observations"):
        run(lake)


def test_a_lake_without_a_station_of_the_city_is_refused(tmp_path) -> None:
    lake = Lake.open(str(tmp_path / "lake"), create=True)
    lake.write("site", sites().assign(lon=116.4, lat=39.9))
    with pytest.raises(InputError, match="no air station"):
        run(lake)


def test_parameters_do_what_they_say(whole, outcome) -> None:
    short = run(whole, horizon=6)
    assert short.tables["city_hourly"]["lead_h"].max() == 6
    assert short.fields["risk"].sizes["lead_h"] == 7
    canada = run(whole, risk_form="canada")
    assert not np.allclose(
        canada.tables["city_hourly"]["excess_risk"], outcome.tables["city_hourly"]["excess_risk"]
    )
    assert run(whole, high_risk_aqhi=2).tables["district_hourly"]["high_share"].max() > 0.99
    assert len(run(whole, screening_radius=200.0).tables["risk_sources"]) < 3
    with pytest.raises(InputError, match="unknown parameter"):
        EnvironmentalHealth.checked({"horizn": 3})
    with pytest.raises(InputError):
        EnvironmentalHealth.checked({"horizon": 25})


@pytest.mark.shared
def test_trains_once_then_is_quick_and_never_uses_a_later_model(guangzhou) -> None:
    at = pd.Timestamp("2024-12-15T08:00+08:00")
    first = run(guangzhou, at, training=60)
    members = set(first.tables["concentration"].query("lead_h > 0")["member"])
    assert not any("Too little history" in message for message, _ in first.notes)
    assert any("linear" in member for member in members)
    skill = first.tables["skill"]
    assert set(skill["variable"]) == set(CODES)
    assert skill["coverage80"].between(0.4, 1.0).all()
    began = time.perf_counter()
    second = run(guangzhou, at + pd.Timedelta("5h"), training=60)
    second.save(guangzhou)
    assert time.perf_counter() - began < 10  # from new data to stored field
    assert guangzhou.has("models/forecast/PM2.5/quick-60d/20241214T23")
    origin = pd.Timestamp("2024-12-14T23:00")
    week, day = (Recipe("quick", 60, age) for age in (7.0, 1.0))
    assert stored(guangzhou, "PM2.5", origin + pd.Timedelta("3D"), week) is not None
    assert stored(guangzhou, "PM2.5", origin + pd.Timedelta("3D"), day) is None  # too old
    assert stored(guangzhou, "PM2.5", origin - pd.Timedelta("1h"), week) is None  # made later than the origin
    assert stored(guangzhou, "PM2.5", origin, Recipe("standard", 60, 7.0)) is None
    guangzhou.put("models/forecast/PM2.5/quick-60d/20241214T23", b"damaged")
    assert stored(guangzhou, "PM2.5", origin, week) is None


@pytest.mark.shared
def test_bands_cover_what_came(guangzhou) -> None:
    """80 % bands of AQI and excess risk at the stations in December, at all hours of the day."""
    recipe = Recipe("quick", 60, 30.0)
    data = gather(guangzhou, pd.Timestamp("2024-12-31T00:00Z"), 100).data
    air = {code: data[code].to_numpy() for code in CODES}
    times = data["time"].to_numpy()
    truth = aqi(air, times).aqi, excess_risk(air, times, "hong_kong").excess_risk
    inside: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for row in range(len(times) - 28 * 24, len(times) - 24, 31):
        known = data.isel(time=slice(row - 30 * 24, row + 1))
        series = join(known, predict(guangzhou, known, 24, recipe), 24).since(-2)
        for band, came, hits in zip(bands(series, "hong_kong"), truth, inside, strict=True):
            later = came[row + 1 : row + 25]
            there = np.isfinite(later)
            hits.append(((later >= band.lo[3:]) & (later <= band.hi[3:]))[there])
    for hits in inside:
        assert 0.72 <= np.concatenate(hits).mean() <= 0.90


@pytest.mark.shared
def test_map_errors_hold_where_a_station_was_left_out(guangzhou) -> None:
    """Excess risk of a place from the other stations: its 80 % interval covers what was measured there."""
    inputs = gather(guangzhou, pd.Timestamp("2024-12-25T00:00Z"), 30)
    recent = inputs.data.isel(time=slice(-240, None))
    made = Predicted(
        *({code: np.empty((0, recent.sizes["site"])) for code in CODES} for _ in range(3)),
        {code: np.array([], dtype=object) for code in CODES},
    )
    series = join(inputs.data, made, 0)
    truth = excess_risk(series.value, series.utc, "hong_kong").excess_risk
    hits = []
    for left in range(0, recent.sizes["site"], 3):
        rest = np.arange(recent.sizes["site"]) != left
        mean, sd = {}, {}
        for code in CODES:
            kriging = Kriging.fit(
                inputs.xy[rest], inputs.xy[left : left + 1], inputs.data[code].to_numpy()[:, rest]
            )
            found = kriging.interpolate(series.value[code][:, rest])
            mean[code], sd[code] = found.mean, found.sd
        rated = excess_risk(mean, series.utc, "hong_kong")
        error = risk_error(rated, mean, sd, series.correlation, series.codes)
        z = np.abs(truth[:, left] - rated.excess_risk[:, 0]) / error[:, 0]
        hits.append(z[np.isfinite(z)] <= 1.2816)
    assert 0.70 <= np.concatenate(hits).mean() <= 0.93
