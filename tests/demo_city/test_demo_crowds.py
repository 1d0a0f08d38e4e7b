"""People counted in the last days of the generated city: near the usual day, bent as the truth says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.demo_city import City
from gzeco_lib.demo_city import city as generate
from gzeco_lib.demo_city.population import RESIDENTS

FESTIVAL = "2026-02-19T12:00+08:00"


@pytest.fixture(scope="module")
def festival() -> City:
    """The city in the middle of the spring festival."""
    return generate(2026, "small", FESTIVAL, check=False)


def test_the_last_days_are_counted_but_for_a_gap(city: City) -> None:
    table, truth = city.tables["presence"], city.truth["presence"]
    hours = pd.date_range(city.end - pd.Timedelta(days=3), city.end, freq="h", inclusive="left")
    missing = np.zeros(len(hours), dtype=bool)
    for row in truth[truth["kind"] == "missing"].to_dict("records"):
        missing |= np.asarray((hours >= row["start"]) & (hours < row["end"]))
    assert set(table["time"].unique()) == set(hours[~missing])
    assert table["population"].min() >= 10
    assert (table["group"] == "all").all()
    assert set(table["cell"].unique()) <= set(city.tables["exposure"]["cell"].unique())


def test_on_a_plain_day_the_city_is_full(city: City) -> None:
    total = city.tables["presence"].groupby("time")["population"].sum()
    assert (total / RESIDENTS).between(0.93, 1.04).all()


def test_counts_follow_the_usual_day_with_variation(city: City) -> None:
    table = city.tables["presence"]
    local = table["time"].dt.tz_convert("Asia/Shanghai")
    thursday = table[(local.dt.date == pd.Timestamp("2026-02-26").date()) & (local.dt.hour == 10)]
    usual = (
        city.tables["exposure"]
        .query("hour == 10 and day_type == 'workday'")
        .groupby("cell")["population"]
        .sum()
    )
    ratio = np.log(thursday.set_index("cell")["population"] / usual).dropna()
    assert len(ratio) > 4000
    assert 0.02 < ratio.std() < 0.15
    assert abs(ratio.median()) < 0.05


def test_the_festival_empties_the_city(festival: City, city: City) -> None:
    away = festival.tables["presence"].groupby("time")["population"].sum()
    assert 0.6 < away.mean() / RESIDENTS < 0.75
    left = festival.truth["presence"].query("kind == 'left'")
    assert left["size"].max() == pytest.approx(0.33)
    assert city.tables["presence"].groupby("time")["population"].sum().mean() > 1.3 * away.mean()


def test_a_concert_fills_its_cell(festival: City) -> None:
    table = festival.tables["presence"].pivot(index="time", columns="cell", values="population")
    concerts = festival.truth["presence"].query("kind == 'concert'").to_dict("records")
    assert concerts
    for row in concerts:
        during = table.loc[
            row["start"] + pd.Timedelta(hours=2) : row["start"] + pd.Timedelta(hours=3), row["cell"]
        ]
        day_before = table.loc[
            row["start"] - pd.Timedelta(hours=22) : row["start"] - pd.Timedelta(hours=21), row["cell"]
        ]
        if len(during) and len(day_before):
            assert during.mean() - day_before.mean() == pytest.approx(row["size"], rel=0.25)


def test_a_count_belongs_to_its_hour(city: City) -> None:
    later = generate(city.seed, "small", "2026-03-02T12:00+08:00", check=False).tables["presence"]
    both = city.tables["presence"].merge(later, on=["time", "cell"], suffixes=("", "_later"))
    assert len(both) > 100_000
    assert (both["population"] == both["population_later"]).all()
