"""Views of trajectories, factors and normalised series hold the numbers they were given, and speak both languages."""

from __future__ import annotations

import holoviews as hv
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gzeco_lib.methods.factorisation import factorise
from gzeco_lib.methods.normalisation import Effect
from gzeco_lib.methods.trajectory import cluster, cwt
from gzeco_lib.views import factors, normalised, trajectories


def bundles(number: int) -> xr.Dataset:
    """Straight paths of 24 h to the east and to the north."""
    draw = np.random.default_rng(0)
    heading = np.where(np.arange(number) % 2 == 0, 0.0, np.pi / 2) + draw.normal(0, 0.1, number)
    metres = 15_000.0 * np.arange(25)
    dims = ("trajectory", "age")
    return xr.Dataset(
        {"x": (dims, np.cos(heading)[:, None] * metres), "y": (dims, np.sin(heading)[:, None] * metres)},
        {"age": np.arange(25.0)},
    )


def rendered(view: object) -> object:
    """The view as Bokeh draws it: errors of options show here."""
    hv.extension("bokeh")
    return hv.render(view)


def test_few_paths_are_lines_and_many_are_counted() -> None:
    few = trajectories.paths(bundles(20), "en")
    assert len(few.Path.I.data) == 20
    assert float(few.Path.I.range("x")[1]) == pytest.approx(360, rel=0.02)  # kilometres
    many = trajectories.paths(bundles(400), "zh")
    counted = many.Image.I.dimension_values("count")
    assert np.nanmax(counted) == 400  # all meet at the receptor
    rendered(few), rendered(many)


def test_the_source_field_keeps_gaps_and_values() -> None:
    tracks = bundles(40)
    value = np.where(np.arange(40) % 2 == 0, 50.0, 10.0)
    field = cwt(tracks, value, 50_000.0, weights=())["cwt"]
    view = trajectories.source_field(field, "en", receptor=(0.0, 0.0), known=(2e5, 0.0), unit="µg/m³")
    shown = view.Image.I.dimension_values("value")
    np.testing.assert_allclose(np.nanmax(shown), np.nanmax(field))
    assert int(np.isnan(shown).sum()) == int(np.isnan(field).sum())
    rendered(view)


def test_clusters_are_named_with_their_share() -> None:
    found = cluster(bundles(40), measure="angle")
    english = trajectories.cluster_paths(found, "en")
    assert {curve.label for curve in english} == {"Cluster 1: 50 %", "Cluster 2: 50 %"}
    assert {curve.label for curve in trajectories.cluster_paths(found, "zh")} == {
        "第 1 类：50 %",
        "第 2 类：50 %",
    }
    rendered(english + trajectories.cluster_quality(found, "zh"))


def test_profiles_are_shares_that_add_up() -> None:
    draw = np.random.default_rng(0)
    x = pd.DataFrame(
        draw.lognormal(size=(80, 2)) @ draw.gamma(1, 1, (2, 5)),
        pd.date_range("2026-01-01", periods=80, freq="h"),
    )
    x.columns = pd.Index(["NO2", "SO2", "CO", "PM10", "Zn"])
    found = factorise(x, 0.1 * x + 0.01, 2, starts=2)
    view = factors.profiles(found, "en")
    total = sum(bars.dimension_values("share") for bars in view.traverse(lambda v: v, [hv.Bars]))
    np.testing.assert_allclose(total, 100.0)
    day = factors.course_of_day(found, "zh")
    assert len(day) == 2
    rendered(view), rendered(day)


def test_the_effect_and_its_placebos_are_shown_in_percent() -> None:
    days = pd.date_range("2026-03-01", periods=5)
    levels = {"observed": 34.0, "expected": 40.0, "low": 36.0, "high": 44.0}
    daily = xr.Dataset(
        {name: (("time", "site"), np.full((5, 1), value)) for name, value in levels.items()},
        {"time": days, "site": ["a"]},
    )
    row = pd.DataFrame({"change": [-15.0], "low": [-25.0], "high": [-4.0], "windows": [4.0]}, ["a"])
    before = pd.DataFrame(
        {"a": np.log([1.1, 0.9, 1.0, 1.05])}, pd.date_range("2025-03-01", periods=4, freq="90D")
    )
    found = Effect(row, daily, before, 0.95)
    view = normalised.effect(found, "NO2 [µg/m³]", "en")
    assert "-15.0 % (-25.0 to -4.0 %)" in str(view.opts.get().kwargs["title"])
    chance = normalised.placebos(found, "zh")
    first = next(v for v in chance if isinstance(v, hv.Scatter))
    np.testing.assert_allclose(first.dimension_values("change"), [10.0, -10.0, 0.0, 5.0])
    rendered(view), rendered(chance)
