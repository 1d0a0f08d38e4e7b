"""Water, noise and air toxics of the generated city, their lapses and the problems planted in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.demo_city import City
from gzeco_lib.demo_city import city as generate
from gzeco_lib.demo_city.monitors import NOISE_COUNT, SECTIONS, TOXICS, ears
from gzeco_lib.geo.districts import district_of
from gzeco_lib.geo.grid import KILOMETRE, cell_of

LOCAL = "Asia/Shanghai"


@pytest.fixture(scope="module")
def shown(city: City) -> pd.DataFrame:
    """Sound rows of all but the six pollutants and the weather."""
    table = city.tables["observation"]
    codes = ["Leq", "benzene", "formaldehyde", "butadiene_1_3"]
    own = ~table["site"].str.match("D[1W]") | table["variable"].isin(codes) | (table["interval"] == "P1D")
    table = table[own & (table["flag"] == "")]
    return table.assign(local=table["time"].dt.tz_convert(LOCAL))


def problems(city: City, hazard: str) -> list[dict[str, Any]]:
    table = city.truth["hazards"]
    return [
        {str(k): v for k, v in row.items()} for row in table[table["hazard"] == hazard].to_dict("records")
    ]


def inside(rows: pd.DataFrame, problem: dict[str, Any]) -> pd.Series:
    return (rows["time"] >= problem["start"]) & (rows["time"] < problem["end"])


def test_sites_stand_where_they_say(city: City) -> None:
    sites = city.tables["site"]
    assert sites["site"].is_unique
    assert sites["name_zh"].is_unique
    assert sites["name_zh"].str.startswith("示例").all()
    assert sites["kind"].value_counts().to_dict() == {
        "noise": sum(NOISE_COUNT.values()),
        "air": 23,
        "water": len(SECTIONS),
        "weather": 6,
        "background": 1,
    }
    own = sites[sites["kind"].isin(["water", "noise"])]
    found = district_of(own["lon"], own["lat"])
    assert (found == own["district"].to_numpy(dtype=str)).all()


def test_noise_monitors_stand_in_cells_of_their_zone(city: City) -> None:
    zones = city.tables["cell"].query("attribute == 'noise_zone'").set_index("cell")["value"]
    places = ears(city.seed)
    stand = zones.reindex(cell_of(places.xy[:, 0], places.xy[:, 1], KILOMETRE)).to_numpy()
    assert (stand == places.zone).all()
    assert dict(zip(*np.unique(places.zone, return_counts=True), strict=True)) == NOISE_COUNT


def test_every_intake_has_a_section_beside_it(city: City) -> None:
    intakes = city.tables["place"].query("kind == 'water_source'")
    for row in intakes.to_dict("records"):
        near = [abs(s.lon - row["lon"]) < 0.01 and abs(s.lat - row["lat"]) < 0.01 for s in SECTIONS]
        assert sum(near) == 1


def test_water_comes_every_four_hours_and_ends_in_time(city: City, shown: pd.DataFrame) -> None:
    water = shown[shown["interval"] == "PT4H"]
    assert set(water["site"]) == {s.site for s in SECTIONS}
    assert set(water["local"].dt.hour) == {0, 4, 8, 12, 16, 20}
    assert (water["time"] + pd.Timedelta(hours=4)).max() <= city.end
    daily = shown[shown["interval"] == "P1D"]
    assert (daily["local"].dt.hour == 0).all()
    assert (daily["time"] + pd.Timedelta(days=1)).max() <= city.end


def test_dirty_rivers_are_dirtier_than_reservoirs(shown: pd.DataFrame) -> None:
    mean = shown[shown["interval"] == "PT4H"].pivot_table(index="site", columns="variable", values="value")
    load = pd.Series({s.site: s.load for s in SECTIONS})
    for code, sign in (("NH3_N", 1), ("TP", 1), ("CODMn", 1), ("DO", -1)):
        assert sign * np.corrcoef(mean[code], load[mean.index])[0, 1] > 0.8, code
    assert mean["DO"].between(2, 12).all()
    assert mean["pH"].between(6.5, 9).all()


def test_a_sewage_overflow_shows_in_its_section(city: City, shown: pd.DataFrame) -> None:
    seen = 0
    for problem in problems(city, "water"):
        if problem["what"] != "sewage overflow":
            continue
        own = shown[(shown["site"] == problem["site"]) & (shown["variable"] == "NH3_N")]
        lifted = (
            own.loc[inside(own, problem), "value"].median() - own.loc[~inside(own, problem), "value"].median()
        )
        assert lifted == pytest.approx(2.6 * problem["size"], rel=0.25)
        seen += 1
    assert seen


def test_nights_are_quieter_and_roads_louder(city: City, shown: pd.DataFrame) -> None:
    places = ears(city.seed)
    zone = dict(zip(places.sites, places.zone, strict=True))
    rows = shown[shown["variable"] == "Leq"]
    troubled = {p["site"] for p in problems(city, "noise")}
    rows = rows[~rows["site"].isin(troubled)].assign(energy=lambda t: 10 ** (t["value"] / 10))
    night = (rows["local"].dt.hour >= 22) | (rows["local"].dt.hour < 6)
    level = 10 * np.log10(rows.groupby([rows["site"].map(zone), night])["energy"].mean())
    by_day, by_night = level.xs(False, level=1), level.xs(True, level=1)
    assert ((by_day - by_night).between(4, 12)).all()
    assert by_day[4] > by_day[3] > by_day[1] > by_day[0]
    assert by_day[4] == pytest.approx(69, abs=3)
    assert by_day[1] == pytest.approx(53, abs=3)


def test_building_at_night_is_heard_and_the_loud_place_every_night(city: City, shown: pd.DataFrame) -> None:
    rows = shown[shown["variable"] == "Leq"]
    late = rows[rows["local"].dt.hour.isin([23, 0, 1])]
    kinds = set()
    for problem in problems(city, "noise"):
        own = late[late["site"] == problem["site"]]
        kinds.add(problem["what"])
        if problem["what"] == "building at night":
            assert own.loc[inside(own, problem), "value"].median() > problem["size"] - 1.5
        else:
            assert own["value"].median() > late["value"].median()
    assert kinds == {"building at night", "loud every night"}


def test_toxics_are_of_the_size_of_a_city(shown: pd.DataFrame) -> None:
    mean = shown[shown["site"].isin([p.site for p in TOXICS])].pivot_table(
        index="site", columns="variable", values="value"
    )
    assert mean["benzene"].between(0.4, 5).all()
    assert mean["formaldehyde"].between(1.5, 9).all()
    assert mean["butadiene_1_3"].between(0.01, 0.4).all()
    assert mean.loc["D122", "benzene"] == mean["benzene"].min()  # the background
    assert mean["As_air"].between(0.001, 0.012).all()


def test_leaks_and_chromium_are_seen_where_they_are_listed(city: City, shown: pd.DataFrame) -> None:
    leaks = [p for p in problems(city, "toxics") if p["what"] == "leak"]
    assert leaks
    for problem in leaks:
        own = shown[(shown["site"] == problem["site"]) & (shown["variable"] == "benzene")]
        during = own.loc[inside(own, problem), "value"]
        assert during.quantile(0.98) > 2 * own.loc[~inside(own, problem), "value"].quantile(0.98)
        assert problem["subject"] in set(city.tables["enterprise"]["enterprise"])
    chronic = next(p for p in problems(city, "toxics") if p["what"] != "leak")
    chromium = shown[shown["variable"] == "CrVI_air"].groupby("site")["value"].mean()
    assert chromium.idxmax() == chronic["site"]
    assert chromium.max() > 4 * chromium.median()


def test_lapses_are_listed_and_codes_for_missing_are_flagged(city: City) -> None:
    table, rows = city.truth["monitor_faults"], city.tables["observation"]
    assert set(table["kind"]) == {"sentinel", "outage", "frozen"}
    for lapse in table.to_dict("records"):
        own = rows[(rows["site"] == lapse["site"]) & (rows["variable"] == lapse["variable"])]
        part = own[(own["time"] >= lapse["start"]) & (own["time"] < lapse["end"])]
        if lapse["kind"] == "outage":
            assert part.empty
        elif lapse["kind"] == "sentinel":
            assert part["flag"].str.contains("sentinel").all()
        else:
            assert part["value"].nunique() <= 1


def test_a_value_belongs_to_its_hour(city: City, shown: pd.DataFrame) -> None:
    """A later end gives the same values where both have the hour."""
    later = generate(city.seed, "small", "2026-03-10T00:00+08:00", check=False).tables["observation"]
    key = ["time", "site", "variable", "interval"]
    both = shown.merge(later, on=key, suffixes=("", "_later"))
    assert len(both) > 0.9 * len(shown)
    assert (both["value"] == both["value_later"]).all()
