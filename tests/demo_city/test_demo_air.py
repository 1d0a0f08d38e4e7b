"""Weather and air of the generated city: regimes, magnitudes, chemistry, transport."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.demo_city import City, air, population, setting, weather
from gzeco_lib.demo_city.clock import clock
from gzeco_lib.demo_city.enterprises import enterprises
from gzeco_lib.demo_city.noise import smooth, white
from gzeco_lib.demo_city.places import WEATHER
from gzeco_lib.demo_city.transport import plume

LOCAL = "Asia/Shanghai"


@pytest.fixture(scope="module")
def year() -> dict[str, Any]:
    """Regional weather and sound instruments' values over 2024-04 to 2025-03, after a run-in."""
    hours = pd.date_range("2024-02-20", "2025-04-01", freq="h", tz="UTC", inclusive="left")
    when = clock(hours)
    sky = weather.weather(2026, when)
    fixed = setting.setting(population.people(2026), enterprises(2026))
    mixture = air.air(2026, sky, fixed)
    values = air.measured(2026, air.concentrations(mixture), when, setting.offsets(2026))
    kept = slice(24 * 40 + 8, None)  # from about 2024-04-01
    local = hours.tz_convert(LOCAL)[kept]
    return {
        "sky": sky,
        "kept": kept,
        "local": local,
        "values": {code: table[kept] for code, table in values.items()},
        "mixture": mixture,
    }


def series(year: dict[str, Any], name: str) -> pd.Series:
    return pd.Series(getattr(year["sky"], name)[year["kept"]], index=year["local"])


def test_noise_belongs_to_the_hour() -> None:
    long = pd.date_range("2025-01-01", periods=3000, freq="h", tz="UTC")
    for make in (white, lambda *a: smooth(*a, 30.0)):
        assert np.array_equal(make(1, "a", long)[700:], make(1, "a", long[700:]))
        assert not np.array_equal(make(1, "a", long), make(1, "b", long))
    steady = smooth(1, "a", long, 30.0, 40)
    assert steady.std() == pytest.approx(1.0, abs=0.1)
    lagged = np.mean([np.corrcoef(steady[30:, k], steady[:-30, k])[0, 1] for k in range(40)])
    assert lagged == pytest.approx(np.exp(-1), abs=0.08)


def test_monsoon_turns_with_the_season(year: dict[str, Any]) -> None:
    north = series(year, "v").groupby(year["local"].month).mean()  # towards north
    assert north[[12, 1, 2]].mean() < -0.6
    assert north[[6, 7]].mean() > 0.4


def test_sea_breeze_blows_on_sunny_afternoons(year: dict[str, Any]) -> None:
    by_hour = series(year, "breeze").groupby(year["local"].hour).mean()
    assert 12 <= by_hour.idxmax() <= 16
    assert by_hour[4] < 0.2 * by_hour.max()
    felt = weather.reach(WEATHER)
    assert felt[3] > felt[0] > felt[4]  # the coast before the city before the hills


def test_climate_is_of_the_right_size(year: dict[str, Any]) -> None:
    """Normals of Guangzhou 1991-2020: January 13.8, July 28.9 degC; about 1,900 mm, most of it April to September."""
    temperature = series(year, "temperature").groupby(year["local"].month).mean()
    assert temperature[1] == pytest.approx(13.8, abs=3)
    assert temperature[7] == pytest.approx(28.9, abs=2)
    rain = series(year, "rain").groupby(year["local"].month).sum()
    assert 1200 < rain.sum() < 2800
    assert rain.loc[4:9].sum() > 0.65 * rain.sum()


def test_typhoons_bring_hot_calm_clear_days_and_ozone(year: dict[str, Any]) -> None:
    beside = series(year, "subsidence") > 0.8
    summer = beside.index.month.isin([6, 7, 8, 9, 10])
    assert beside.sum() > 24
    assert series(year, "cloud")[beside].mean() < 0.5 * series(year, "cloud")[summer & ~beside].mean()
    ozone = pd.Series(year["values"]["O3"].mean(axis=1), index=year["local"])
    afternoon = (ozone.index.hour >= 13) & (ozone.index.hour <= 17) & summer
    assert ozone[beside & afternoon].mean() > 1.3 * ozone[~beside & afternoon].mean()


def test_planted_spells_are_in_the_weather(year: dict[str, Any]) -> None:
    spells = year["sky"].spells
    assert set(spells["kind"]) == {"calm", "typhoon_side"}
    hours = year["sky"].clock.hours
    speed = np.hypot(year["sky"].u, year["sky"].v)
    calm = np.zeros(len(hours), dtype=bool)
    for row in spells[spells["kind"] == "calm"].to_dict("records"):
        calm |= (hours >= row["start"]) & (hours < row["end"])
    assert speed[calm].mean() < 0.6 * speed[~calm].mean()


@pytest.mark.parametrize("code", air.POLLUTANTS)
@pytest.mark.shared
def test_monthly_and_hourly_means_are_of_real_size(year: dict[str, Any], code: str, shared: Any) -> None:
    """Against 21 national stations of the city, April to December 2024: sizes alike, values nowhere copied."""
    real = pd.read_parquet(shared / "guangzhou_air" / "hourly_2024-04_2024-12.parquet")
    here = pd.Series(year["values"][code].mean(axis=1), index=year["local"])
    here = here[here.index.month >= 4]
    assert 0.75 < here.mean() / real[code].mean() < 1.33
    months = here.groupby(here.index.month).mean() / real.groupby(real["time_local"].dt.month)[code].mean()
    assert months.between(0.5, 1.75).all()
    hours = here.groupby(here.index.hour).mean() / real.groupby(real["time_local"].dt.hour)[code].mean()
    assert hours.between(0.5, 1.7).all()
    spread = year["values"][code][year["local"].month >= 4].std() / real[code].std()
    assert 0.55 < spread < 1.5


def test_ozone_and_nitrogen_dioxide_go_against_each_other(year: dict[str, Any]) -> None:
    values = year["values"]
    assert np.corrcoef(values["O3"].ravel(), values["NO2"].ravel())[0, 1] < -0.25
    by_hour = pd.Series(values["O3"].mean(axis=1)).groupby(year["local"].hour).mean()
    assert 13 <= by_hour.idxmax() <= 16
    nitrogen = pd.Series(values["NO2"].mean(axis=1)).groupby(year["local"].hour).mean()
    assert 11 <= nitrogen.idxmin() <= 15


def test_photostationary_state_holds(year: dict[str, Any]) -> None:
    mixture = year["mixture"]
    made = air.concentrations(mixture)
    no2, o3 = made["NO2"] / air.NO2_UG, made["O3"] / air.O3_UG
    no = mixture.loads["NOx"] - no2
    assert np.allclose(no * o3, mixture.photolysis[:, None] * no2, rtol=1e-6, atol=1e-6)
    assert np.allclose(no2 + o3, mixture.oxidant)
    assert min(no.min(), no2.min(), o3.min()) >= 0


def test_rain_washes_particles_out(year: dict[str, Any]) -> None:
    rain = series(year, "rain").rolling(6).sum() > 5
    summer = year["local"].month.isin([4, 5, 6, 7, 8, 9])
    fine = pd.Series(year["values"]["PM2.5"].mean(axis=1), index=year["local"])
    assert fine[rain & summer].mean() < 0.7 * fine[~rain & summer].mean()


def test_winter_air_holds_more_particles(year: dict[str, Any]) -> None:
    fine = pd.Series(year["values"]["PM2.5"].mean(axis=1)).groupby(year["local"].month).mean()
    assert fine[[12, 1]].mean() > 1.4 * fine[[6, 7, 8]].mean()


def test_traffic_stations_see_more_and_hills_less(year: dict[str, Any]) -> None:
    from gzeco_lib.demo_city.places import AIR

    mean = year["values"]["NO2"].mean(axis=0)
    by = {kind: mean[[p.setting == kind for p in AIR]].mean() for kind in ("traffic", "suburb", "hills")}
    assert by["traffic"] > by["suburb"] > by["hills"]


def test_instruments_show_their_resolution(city: City) -> None:
    table = city.tables["observation"]
    for code in ("PM2.5", "PM10", "SO2", "NO2", "O3"):
        value = table.loc[table["variable"] == code, "value"]
        assert (value == value.round(0)).all()
    value = table.loc[table["variable"] == "CO", "value"]
    assert (value == value.round(1)).all()


@pytest.mark.parametrize(("x", "height"), [(500.0, 15.0), (2000.0, 40.0), (5000.0, 80.0)])
def test_plume_equals_the_gaussian_formula(x: float, height: float) -> None:
    """Below the axis: Q / (pi u sy sz) exp(-H^2 / 2 sz^2), Briggs open country class C, sy widened 1.6 times."""
    speed = 4.0
    seen = plume(
        np.zeros(2),
        height,
        np.array([[x, 0.0]]),
        np.array([speed]),
        np.zeros(1),
        np.array([2000.0]),
        np.array([False]),
    )
    sy = 1.6 * 0.11 * x / np.sqrt(1 + 1e-4 * x)
    sz = 0.08 * x / np.sqrt(1 + 2e-4 * x)
    expected = 1e9 / 3600 / (np.pi * speed * sy * sz) * np.exp(-(height**2) / (2 * sz**2))
    assert seen[0, 0] == pytest.approx(expected, rel=1e-4)


def test_plume_goes_with_the_wind() -> None:
    angle = np.radians(np.arange(0, 360, 45))
    ring = 3000 * np.column_stack([np.sin(angle), np.cos(angle)])
    u, v = np.array([0.0, 3.0]), np.array([3.0, 0.0])
    seen = plume(np.zeros(2), 30.0, ring, u, v, np.full(2, 800.0), np.array([False, False]))
    assert seen.argmax(axis=1).tolist() == [0, 2]  # wind from the south blows north, from the west blows east
    assert seen[0, 4] < 1e-3 * seen[0, 0]
    calm = plume(np.zeros(2), 30.0, ring, np.zeros(1), np.zeros(1), np.full(1, 300.0), np.array([True]))
    assert np.ptp(calm) < 0.01 * calm.mean()


def test_days_of_rest_follow_the_calendar() -> None:
    """2026: spring festival from 15 to 23 February, worked for on Saturdays 14 and 28 February."""
    from gzeco_lib.demo_city.clock import rest_days

    local = pd.date_range("2026-02-13", "2026-03-02", freq="D", tz=LOCAL)
    resting = set(local[rest_days(local)].strftime("%m-%d"))
    assert resting == {f"02-{day}" for day in range(15, 24)} | {"03-01"}
