"""Places, cells and yearly figures of the generated city."""

from __future__ import annotations

import numpy as np
import pytest

from gzeco_lib.demo_city import City
from gzeco_lib.demo_city.amenities import kinds
from gzeco_lib.demo_city.demography import by_span, figures, pyramid
from gzeco_lib.demo_city.population import CENSUS, GROUPS, RESIDENTS
from gzeco_lib.demo_city.roads import road_distance, roads
from gzeco_lib.geo.districts import district_of
from gzeco_lib.geo.grid import city_grid
from gzeco_lib.lake.tables import PLACES


def test_places_stand_in_their_district_and_say_that_they_are_made_up(city: City) -> None:
    table = city.tables["place"]
    assert set(table["kind"]) == set(PLACES)
    wanted = {kind["kind"]: kind["count"] for kind in kinds()} | {"water_source": 8}
    assert table["kind"].value_counts().to_dict() == wanted
    assert (district_of(table["lon"], table["lat"]) == table["district"].to_numpy()).all()
    for column in ("place", "name_zh", "name_en"):
        assert table[column].is_unique
    assert table["name_zh"].str.startswith("示例").all()
    assert table["name_en"].str.startswith("Demo ").all()
    assert table["people"].between(20, 5_000_000).all()


def test_schools_follow_the_residents(city: City) -> None:
    schools = city.tables["place"].query("kind == 'school'").groupby("district").size()
    expected = np.array([CENSUS[code] for code in schools.index]) / sum(CENSUS.values())
    assert np.corrcoef(schools, expected)[0, 1] > 0.85


def test_every_cell_of_the_city_has_its_attributes(city: City) -> None:
    wide = city.tables["cell"].pivot(index="cell", columns="attribute", values="value")
    grid = city_grid()
    assert set(wide.index) == set(grid.cells[grid.mask])
    assert wide["green_share"].between(0, 1).all()
    assert set(wide["noise_zone"]) == {0.0, 1.0, 2.0, 3.0, 4.0}
    assert wide["residents"].sum() == pytest.approx(RESIDENTS, rel=1e-3)
    by_zone = wide.groupby("noise_zone")["residents"].mean()
    assert by_zone[4] > by_zone[1] > by_zone[0]
    assert wide["green_share"].corr(np.log1p(wide["residents"])) < -0.5


def test_roads_join_the_towns() -> None:
    from gzeco_lib.demo_city.population import CENTRES
    from gzeco_lib.geo.coords import to_plane

    centres = np.column_stack(to_plane([c[0] for c in CENTRES], [c[1] for c in CENTRES]))
    assert road_distance(centres).max() < 1e-6
    assert len(roads()) >= len(CENTRES) - 1
    middle = roads().mean(axis=1)
    assert road_distance(middle).max() < 1e-6
    assert road_distance(middle + np.array([0.0, 200_000.0])).min() > 50_000


def test_ages_keep_the_census_totals(city: City) -> None:
    """Census 2020: 0-14 13.87 %, 65 and over 7.82 %; the old town is older than the factory towns."""
    people = city.tables["demography"].query("measure == 'population'")
    by_district = people.groupby("district")["value"].sum()
    assert set(by_district.index) == set(CENSUS)
    for code, residents in CENSUS.items():
        assert by_district[code] == pytest.approx(residents * RESIDENTS / sum(CENSUS.values()), rel=1e-5)
    spans = by_span()
    assert spans["0-14"].sum() / RESIDENTS == pytest.approx(GROUPS["child_0_14"], rel=1e-3)
    assert spans["65+"].sum() / RESIDENTS == pytest.approx(GROUPS["elder_65"], rel=1e-3)
    old = dict(zip(CENSUS, spans["65+"] / pyramid().sum(axis=1), strict=True))
    assert old["440104"] > 1.5 * old["440112"]


def test_death_rates_are_possible(city: City) -> None:
    rates = (
        city.tables["demography"]
        .query("measure == 'death_rate'")
        .pivot(index="age", columns="cause", values="value")
    )
    assert list(rates.index) == figures()["ages"]
    assert set(rates.columns) == {"NCD+LRI", "IHD", "Stroke", "COPD", "LC", "LRI", "all"}
    five = rates[["IHD", "Stroke", "COPD", "LC", "LRI"]].sum(axis=1)
    assert (five < rates["NCD+LRI"]).all()
    assert (rates["NCD+LRI"] < rates["all"]).all()
    assert (rates.loc[30:].diff().dropna() > 0).all().all()
    crude = (rates["all"].to_numpy() * pyramid().sum(axis=0)).sum() / RESIDENTS
    assert 300 < crude < 700  # per 100,000; the city is young
