"""The true exposure of hidden episodes: mass, places, people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.demo_city import City, episodes, exposed
from gzeco_lib.demo_city.clock import clock
from gzeco_lib.demo_city.options import DAYS, last_hour
from gzeco_lib.demo_city.world import World, world
from gzeco_lib.geo.grid import cell_of, city_grid


@pytest.fixture(scope="module")
def made(city: City) -> World:
    """What the city of the session is made of."""
    stop = last_hour(city.end)
    return world(city.seed, city.scale, stop - pd.Timedelta(days=DAYS[city.scale]), stop)


@pytest.fixture(scope="module")
def added(made: World) -> list[exposed.Added]:
    return list(exposed.fields(made))


def test_every_episode_has_a_field_and_totals(city: City) -> None:
    planted = set(city.truth["episodes"]["episode"])
    assert set(city.truth["exposed"]["episode"]) == planted
    assert set(city.truth["exposed_field"]["episode"]) == planted
    assert set(city.truth["exposed"]["variable"]) <= {"SO2", "NOx", "PM10"}


def test_cell_means_conserve_what_the_wind_carries(made: World, added: list[exposed.Added]) -> None:
    """The mean over a fine lattice of points around the source equals the mean of the cells there."""
    one = next(a for a in added if sum(r.episode == a.episode for r in made.releases) == 1)
    release = next(r for r in made.releases if r.episode == one.episode)
    cells = city_grid().points()
    near = np.hypot(*(cells - made.sources.xy[release.enterprise]).T) < 4000
    offsets = exposed.inside(40)
    points = (cells[near][:, None] + offsets).reshape(-1, 2)
    fine = (
        episodes.seen(made.sky, replace(made.sources, stations=points), release) * release.rates[one.species]
    )
    assert one.values[:, near].mean() == pytest.approx(fine[: len(one.values)].mean(), rel=0.05)


def test_the_plume_lies_downwind(made: World, added: list[exposed.Added]) -> None:
    """In hours with wind the centre of the addition lies on the lee of the source."""
    cells, checked = city_grid().points(), 0
    for one in added:
        releases = [r for r in made.releases if r.episode == one.episode]
        if len(releases) > 1:
            continue
        for k, hour in enumerate(one.hours):
            wind = np.array([made.sky.u[hour], made.sky.v[hour] + 0.7 * made.sky.breeze[hour]])
            if np.hypot(*wind) < 0.7 or one.values[k].max() < 1:
                continue
            centre = (one.values[k] @ cells) / one.values[k].sum() - made.sources.xy[releases[0].enterprise]
            assert centre @ wind / np.hypot(*centre) / np.hypot(*wind) > 0.7
            checked += 1
    assert checked >= 10


def test_totals_follow_from_the_field_and_the_usual_day(city: City) -> None:
    """Persons and person-hours counted again from the tables alone."""
    field, usual = city.truth["exposed_field"], city.tables["exposure"]
    per = usual.groupby(["cell", "hour", "day_type"], as_index=False)["population"].sum()
    over = field[field["added"] > exposed.THRESHOLD]
    local = over["time"].dt.tz_convert("Asia/Shanghai")
    resting = pd.Series(clock(pd.DatetimeIndex(over["time"])).rest, over.index)
    over = over.assign(
        hour=local.dt.hour.astype("int16"), day_type=np.where(resting, "restday", "workday")
    ).merge(per, on=["cell", "hour", "day_type"], how="left")
    again = over.groupby(["episode", "variable"])["population"].sum()
    totals = city.truth["exposed"].query("group == 'all'").set_index(["episode", "variable"])
    working = ~resting.groupby([field.loc[local.index, "episode"], field.loc[local.index, "variable"]]).any()
    for name in again.index[working.reindex(again.index)]:
        assert totals.at[name, "person_hours"] == pytest.approx(again[name], rel=0.02, abs=20)
    assert int(working.sum()) >= 2


def test_groups_sum_to_everybody_and_somebody_is_exposed(city: City) -> None:
    totals = city.truth["exposed"]
    for _key, part in totals.groupby(["episode", "variable"]):
        whole, groups = part[part["group"] == "all"].iloc[0], part[part["group"] != "all"]
        assert groups["persons"].sum() == pytest.approx(whole["persons"], abs=1)
        assert whole["persons"] <= whole["person_hours"] + 1
    assert (totals.query("group == 'all'")["persons"] > 100).mean() > 0.5


def test_a_station_and_its_cell_saw_about_the_same(made: World, city: City) -> None:
    """Where a station's own cell is listed, the cell's mean is of the size of what the station saw."""
    impacts, field = city.truth["impacts"], city.truth["exposed_field"]
    xy = dict(zip(made.air, made.sources.stations, strict=True))
    cells = {site: cell_of(point[:1], point[1:])[0] for site, point in xy.items()}
    seen = impacts[(impacts["added"] > 3) & impacts["variable"].isin(["SO2", "PM10"])]
    seen = seen.groupby(["episode", "variable", "time", "site"], as_index=False)["added"].sum()
    seen["cell"] = seen["site"].map(cells)
    both = seen.merge(field, on=["episode", "variable", "time", "cell"], suffixes=("", "_cell"))
    assert len(both) >= 10
    assert 0.5 < np.median(both["added_cell"] / both["added"]) < 2.0
