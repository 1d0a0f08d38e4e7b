"""Trace: alarms, background and the whole way from a lake to who was exposed."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gzeco_lib.environmental_health.trace import attribution, sources
from gzeco_lib.environmental_health.trace.alarms import COLUMNS, alarms
from gzeco_lib.environmental_health.trace.background import expected, left_one_out
from gzeco_lib.environmental_health.trace.model import EnvironmentalHealthTrace
from gzeco_lib.errors import InputError
from gzeco_lib.geo.coords import from_plane, to_plane
from gzeco_lib.lake.lake import Lake

HOURS = pd.date_range("2026-05-01", periods=24 * 20, freq="1h")
SITES = [f"A{i}" for i in range(9)]
CENTRE = np.array([float(v) for v in to_plane(113.36, 23.10)])
XY = CENTRE + 3000.0 * np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1]), -1).reshape(-1, 2)
BURST = slice(-8, -2)


def _data(seed: int = 0, burst: float = 0.0, site: int = 4) -> xr.Dataset:
    rng = np.random.default_rng(seed)
    shared = np.cumsum(rng.normal(0, 0.05, len(HOURS)))
    shared -= shared.mean()
    values = {}
    for code, level in (("SO2", 8.0), ("PM10", 50.0), ("PM2.5", 30.0), ("NO2", 35.0), ("O3", 60.0)):
        field = level * np.exp(shared[:, None] + 0.08 * rng.standard_normal((len(HOURS), len(SITES))))
        if code in ("PM10", "PM2.5"):
            field[BURST, site] += burst * (1.0 if code == "PM10" else 0.4)
        values[code] = (("time", "site"), np.round(field))
    return xr.Dataset(values, {"time": HOURS, "site": SITES})


def _sites() -> pd.DataFrame:
    lon, lat = from_plane(*XY.T)
    return pd.DataFrame({
        "site": SITES, "name_zh": [f"站{s}" for s in SITES], "name_en": SITES, "district": "440106",
        "lon": lon, "lat": lat,
    })  # fmt: skip


def test_left_one_out_is_the_regression_on_the_others() -> None:
    rng = np.random.default_rng(2)
    root = rng.normal(size=(4, 4))
    covariance = root @ root.T + np.eye(4)
    values = rng.normal(size=(3, 4))
    values[1, 2] = np.nan
    mean, error = left_one_out(values, covariance, np.zeros((3, 4), bool))
    for row, others in ((0, [1, 2, 3]), (1, [1, 3])):
        weight = np.linalg.solve(covariance[np.ix_(others, others)], covariance[others, 0])
        assert mean[row, 0] == pytest.approx(weight @ values[row, others])
        left = covariance[0, 0] - weight @ covariance[others, 0]
        assert error[row, 0] == pytest.approx(np.sqrt(left))


def test_a_burst_raises_an_alarm_where_and_when_it_was() -> None:
    found = alarms(_data(burst=80.0), _sites())
    assert list(found.columns) == list(COLUMNS)
    first = found.iloc[0]
    assert first["site"] == "A4" and first["variable"] == "PM10" and first["probability"] > 0.9
    assert first["start"] == HOURS[BURST][0].tz_localize("UTC")
    assert first["end"] == HOURS[BURST][-1].tz_localize("UTC") + pd.Timedelta("1h")
    assert first["excess"] == pytest.approx(80.0, abs=15.0)


@pytest.mark.parametrize("seed", range(4))
def test_quiet_hours_and_a_city_wide_episode_raise_none(seed: int) -> None:
    data = _data(seed)
    data["PM10"][-10:] = data["PM10"][-10:] * 2.0  # everywhere: not local
    assert alarms(data, _sites()).empty


def test_one_odd_hour_of_one_instrument_is_no_alarm() -> None:
    data = _data()
    data["PM10"][-5, 3] = 400.0
    assert alarms(data, _sites()).empty


def test_missing_stations_and_variables_are_borne() -> None:
    data = _data(burst=80.0).drop_vars("SO2")
    data["PM10"][:, 0] = np.nan
    back = expected(data)
    assert np.isfinite(back.mean["PM2.5"]).all() and "SO2" not in back.codes
    assert (alarms(data, _sites())["site"] == "A4").any()


@pytest.mark.parametrize("text", ["", "{broken", "null", "[1]", '{"SO2": "much"}', '{"SO2": -4}'])
def test_emissions_that_cannot_be_read_are_none(text: str) -> None:
    assert (sources.emissions(text) == 0).all()


def _enterprises(near: np.ndarray) -> pd.DataFrame:
    lon, lat = from_plane(*near.T)
    return pd.DataFrame({
        "enterprise": [f"E{i}" for i in range(len(near))], "name_zh": "示例厂", "name_en": "Works",
        "industry": "水泥制品制造",
        "lon": lon, "lat": lat, "district": "440106", "management": "key", "credit": 80.0, "exceedances_12m": 0,
        "complaints_12m": 0, "emission_t_a": json.dumps({"PM10": 20.0, "PM2.5": 6.0}), "stack_height_m": 18.0,
        "generated": True, "source": "test",
    })  # fmt: skip


def _lake(folder: str, wind: bool = True) -> Lake:
    """A burst at A4 with the wind from the north: E0 stands 2 km north of it, the others elsewhere."""
    lake = Lake.open(folder, create=True)
    data = _data(burst=80.0)
    rows = data.to_dataframe().reset_index().melt(["time", "site"], var_name="variable", value_name="value")
    extra = [rows]
    if wind:
        for code, value in (("wind_speed", 2.5), ("wind_direction", 0.0), ("temperature", 24.0)):
            extra.append(pd.DataFrame({"time": HOURS, "site": "W", "variable": code, "value": value}))
    frame = pd.concat(extra, ignore_index=True).assign(flag="", interval="PT1H", source="test")
    frame["time"] = frame["time"].dt.tz_localize("UTC")
    lake.write("observation", frame)
    places = _sites().assign(kind="air", generated=True, source="test")
    lon, lat = from_plane(*CENTRE)
    places.loc[len(places)] = [
        "W",
        "气象站",
        "Weather",
        "440106",
        float(lon),
        float(lat),
        "weather",
        True,
        "test",
    ]
    lake.write("site", places)
    north, east, south = (CENTRE + np.array(v) for v in ((0, 2000), (2500, 0), (0, -2000)))
    lake.write("enterprise", _enterprises(np.array([north, east, south])).astype(
        {"exceedances_12m": "int64", "complaints_12m": "int64"}))  # fmt: skip
    return lake


AT = pd.Timestamp(HOURS[-1]).tz_localize("UTC") + pd.Timedelta("1h")
QUICK = {"draws": 15, "ahead": 2, "reach": 9000.0}


def test_the_source_upwind_comes_first_and_the_stop_spares_people(tmp_path: object) -> None:
    model = EnvironmentalHealthTrace.of({**QUICK, "stop_at": HOURS[-5].strftime("%Y-%m-%dT%H:%M+00:00")})
    outcome = model.run(_lake(str(tmp_path)), AT)
    trace = outcome.table("traces").iloc[0]
    assert trace["first"] == "E0"
    assert trace["probability"] + trace["unknown"] + trace["none"] <= 1 + 1e-9
    own = outcome.table("candidates").iloc[0]
    assert own["rate_lo"] <= own["rate"] <= own["rate_hi"]
    stop = outcome.table("what_if").set_index("lead_h")
    assert (stop["added_max_stopped"] <= stop["added_max"] + 1e-6).all()
    assert stop["added_max_stopped"].loc[0] < stop["added_max"].max()
    plume = outcome.fields["plume"]
    assert plume["added"].dims == ("trace", "lead_h", "y", "x") and float(plume["added"].max()) > 1
    assert outcome.save(Lake.open(str(tmp_path)))


def test_without_wind_alarms_are_shown_and_not_traced(tmp_path: object) -> None:
    outcome = EnvironmentalHealthTrace.of(QUICK).run(_lake(str(tmp_path), wind=False), AT)
    assert len(outcome.table("alarms")) and outcome.table("traces").empty
    assert any("no wind" in message for message, _fields in outcome.notes)


def test_a_quiet_time_says_so(tmp_path: object) -> None:
    outcome = EnvironmentalHealthTrace.of(QUICK).run(_lake(str(tmp_path)), AT - pd.Timedelta("3D"))
    assert outcome.table("traces").empty and outcome.notes


def test_a_time_that_is_none_is_refused(tmp_path: object) -> None:
    with pytest.raises(InputError):
        EnvironmentalHealthTrace.of({"start": "yesterday-ish"}).run(_lake(str(tmp_path)), AT)


def test_air_of_a_release_comes_as_far_as_the_wind_has_blown() -> None:
    """At 2 m/s the middle of the third hour since the beginning is 18 km on: nothing there before, all of it later."""
    share = attribution.arrived(np.array([500.0, 18_000.0]), np.full(8, 2.0))
    assert share[1, 0].tolist() == [0.0, 0.0]
    assert share[1, 1, 0] > 0.95 and share[1, 1, 1] < 0.01
    assert share[1, 3, 1] == pytest.approx(0.5)
    assert (np.diff(share[1, :, 1]) >= 0).all() and share[1, 7, 1] > 0.95
