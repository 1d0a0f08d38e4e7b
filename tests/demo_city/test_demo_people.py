"""People and enterprises: totals, disjoint groups, commuting, places."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.demo_city import City
from gzeco_lib.demo_city.population import CENSUS, GROUPS, RESIDENTS, people, presence
from gzeco_lib.geo.districts import district_of
from gzeco_lib.geo.grid import cell_centres, city_grid
from gzeco_lib.variables.dictionary import variables


def test_nobody_is_lost_at_any_hour(city: City) -> None:
    totals = city.tables["exposure"].groupby(["day_type", "hour"])["population"].sum()
    assert len(totals) == 48
    assert np.abs(totals / RESIDENTS - 1).max() < 1e-4


def test_groups_are_disjoint_shares_of_all(city: City) -> None:
    assert sum(GROUPS.values()) == pytest.approx(1.0)
    table = city.tables["exposure"]
    for group, share in GROUPS.items():
        hourly = table[table["group"] == group].groupby(["day_type", "hour"])["population"].sum()
        assert hourly.to_numpy() == pytest.approx(share * RESIDENTS, rel=1e-3)


def test_districts_hold_their_census_share_at_home() -> None:
    """Census 2020: 18,676,605 residents; Baiyun the most, Conghua the fewest."""
    assert sum(CENSUS.values()) == 18_676_605
    city = people(2026)
    for code, residents in CENSUS.items():
        here = city.residents[city.district == code].sum()
        assert here == pytest.approx(residents * RESIDENTS / 18_676_605)


def test_the_day_moves_people_to_work() -> None:
    city = people(2026)
    work, rest = (sum(presence(city, rest_day).values()) for rest_day in (False, True))
    assert isinstance(work, np.ndarray)
    assert isinstance(rest, np.ndarray)
    tianhe, baiyun = city.district == "440106", city.district == "440111"
    night, noon = work[3], work[11]
    assert noon[tianhe].sum() > 1.05 * night[tianhe].sum()
    assert noon[baiyun].sum() < night[baiyun].sum()
    moved = np.abs(noon - night).sum() / 2 / RESIDENTS
    assert 0.1 < moved < 0.6
    assert np.abs(rest[11] - rest[3]).sum() < np.abs(noon - night).sum()


def test_cells_are_those_of_the_grid(city: City) -> None:
    cells = city.tables["exposure"]["cell"].unique()
    grid = city_grid()
    assert set(cells) <= set(grid.cells[grid.mask])
    x, _y = cell_centres(cells)
    assert len(x) > 3000
    assert city.tables["exposure"]["population"].min() >= 0


def test_enterprises_stand_in_their_district(city: City) -> None:
    table = city.tables["enterprise"]
    assert len(table) == 200
    assert table["enterprise"].is_unique
    assert table["name_zh"].is_unique
    assert (district_of(table["lon"], table["lat"]) == table["district"].to_numpy()).all()
    assert table["district"].nunique() == 11
    assert table["industry"].nunique() >= 15
    assert set(table["management"]) == {"key", "simplified", "registered"}
    assert table["credit"].between(0, 100).all()
    assert table["stack_height_m"].between(15, 210).all()
    for text in table["emission_t_a"]:
        stated = json.loads(text)
        assert stated
        assert set(stated) <= set(variables())
        assert min(stated.values()) > 0


def test_careless_enterprises_look_worse(city: City) -> None:
    table = city.tables["enterprise"].merge(city.truth["careless"], on="enterprise")
    assert table["careless"].corr(table["credit"]) < -0.8
    assert table["careless"].corr(table["exceedances_12m"]) > 0.3
    assert table["careless"].corr(table["complaints_12m"]) > 0.2


def test_counts_are_those_of_the_events(city: City) -> None:
    events = city.tables["event"]
    assert set(events["kind"]) == {"complaint", "inspection", "opinion"}
    assert events["time"].min() >= city.end - pd.Timedelta(days=365)
    assert events["time"].max() < city.end
    complaints = events[events["kind"] == "complaint"]
    named = complaints.dropna(subset="subject").groupby("subject").size()
    table = city.tables["enterprise"].set_index("enterprise")["complaints_12m"]
    assert table[table > 0].to_dict() == named.to_dict()
    assert complaints["subject"].isna().any()
    # Who does not know whom to blame does not name them in the text either.
    assert not complaints.loc[complaints["subject"].isna(), "text"].str.contains("示例").any()


def test_neighbours_complain_more_during_episodes(city: City) -> None:
    events = city.tables["event"]
    complaints = events[events["kind"] == "complaint"]
    during = 0
    for row in city.truth["episodes"].to_dict("records"):
        late = row["end"] + pd.Timedelta(hours=3)
        inside = (complaints["time"] >= row["start"]) & (complaints["time"] < late)
        during += int((inside & (complaints["subject"] == row["enterprise"])).sum())
    hours = sum(
        (r["end"] - r["start"]).total_seconds() / 3600 + 3 for r in city.truth["episodes"].to_dict("records")
    )
    usual = len(complaints) / 200 / (365 * 24)
    assert during / hours > 20 * usual
