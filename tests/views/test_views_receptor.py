"""Views of the receptor methods: they render, say what they show, and give their data back."""

from __future__ import annotations

import holoviews as hv
import numpy as np
import pandas as pd
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.methods import receptor
from gzeco_lib.views import receptor as compass
from gzeco_lib.views import receptor_points, receptor_time


@pytest.fixture(scope="module")
def hours() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 24 * 365
    wd = np.round(rng.uniform(0, 360, n), -1)
    frame = pd.DataFrame(
        {
            "ws": rng.weibull(2, n) * 4,
            "wd": wd,
            "no2": 20 + 30 * np.exp(-(((wd - 180) / 40) ** 2)) + rng.gamma(2, 5, n),
        },
        index=pd.date_range("2023-01-01", periods=n, freq="h", name="time"),
    )
    frame.loc["2023-06-03", "no2"] = np.nan
    return frame


def title(view: object) -> str:
    """The title Bokeh is given."""
    return hv.render(view, backend="bokeh").title.text  # type: ignore[attr-defined]


def test_rose_draws_each_class_and_says_the_calm(hours: pd.DataFrame) -> None:
    table = receptor.pollution_rose(hours, "no2", breaks=[0, 20, 40])
    view = compass.rose(table, "NO2", "ug m-3", "en")
    assert "0.0 % of hours" in title(view)
    drawn = sum(
        p.dimension_values("share", expanded=False).sum() for p in view.traverse(lambda x: x, [hv.Polygons])
    )
    assert drawn == pytest.approx(table["total"].sum())
    labels = {p.label for p in view.traverse(lambda x: x, [hv.Points])}
    assert {"0-20 µg/m³", "20-40 µg/m³"} <= labels


def test_polar_surface_holds_the_numbers_and_speaks_both_languages(hours: pd.DataFrame) -> None:
    surface = receptor.polar_plot(hours, "no2", k=60, resolution=51)
    view = compass.polar_surface(surface, lang="en")
    image = view.traverse(lambda x: x, [hv.Image])[0]
    np.testing.assert_allclose(np.nanmax(image.dimension_values("z")), float(surface["z"].max()))
    assert "data capture 100 %" in title(view)
    assert "数据捕获率" in title(compass.polar_surface(surface, lang="zh"))
    with pytest.raises(InputError):
        compass.polar_surface(surface, name="lowr")
    chance = receptor.polar_plot(hours, "no2", "cpf", k=60, resolution=51)
    assert f"above {chance.attrs['threshold'][0]:.4g}" in title(compass.polar_surface(chance, lang="en"))
    band = receptor.polar_plot(hours, "no2", k=60, resolution=51, uncertainty=True)
    assert len(compass.polar_band(band, lang="en")) == 3


def test_clusters_name_their_hours(hours: pd.DataFrame) -> None:
    made = receptor.polar_cluster(hours, "no2", k=60, candidates=(2, 4))
    view = compass.polar_clusters(made, lang="en")
    said = [p.label for p in view.traverse(lambda x: x, [hv.Points])]
    assert len(said) == made.number and all("% of hours" in label for label in said)
    assert f"{made.number} clusters" in title(view)


def test_four_panels_of_the_time_variation(hours: pd.DataFrame) -> None:
    view = receptor_time.variation(receptor.time_variation(hours, "no2", samples=20), lang="zh")
    assert len(view) == 4
    curves = [c for c in view.traverse(lambda x: x, [hv.Curve]) if type(c) is hv.Curve]
    assert [len(c) for c in curves] == [168, 24, 12, 7]
    hv.render(view, backend="bokeh")


def test_trend_says_its_slope(hours: pd.DataFrame) -> None:
    made = receptor.theil_sen(hours, "no2")
    view = receptor_time.trend(made, "no2", lang="en")
    assert f"{made.slope:+.2f}" in title(view) and "µg/m³ a year" in title(view)


def test_calendar_shows_the_days_there_are(hours: pd.DataFrame) -> None:
    table = receptor.calendar(hours, "no2")
    view = receptor_time.calendar(table, "no2", 2023, lang="en")
    maps = view.traverse(lambda x: x, [hv.HeatMap])
    shown = np.concatenate([m.dimension_values("value") for m in maps])
    assert len(maps) == 12 and np.isfinite(shown).sum() == 364
    hv.render(view, backend="bokeh")
    with pytest.raises(InputError):
        receptor_time.calendar(table, "no2", 1999)


def test_datashader_views_hold_every_hour(hours: pd.DataFrame) -> None:
    counted = receptor_points.wind_points(hours, "no2", statistic="count", dynamic=False, lang="en")
    image = counted.traverse(lambda x: x, [hv.Image])[0]
    wind = hours.dropna()
    assert np.nansum(image.dimension_values(2)) == pytest.approx(len(wind), rel=0.002)
    assert f"{len(wind):,} hours" in title(counted)
    mean = receptor_points.wind_points(hours, "no2", dynamic=False).traverse(lambda x: x, [hv.Image])[0]
    assert np.nanmax(mean.dimension_values(2)) <= hours["no2"].max()
    line = receptor_points.series(hours, "no2", dynamic=False, lang="en")
    assert np.nansum(line.dimension_values(2)) == pytest.approx(hours["no2"].notna().sum(), rel=0.002)


def test_datashader_views_redraw_when_zoomed(hours: pd.DataFrame) -> None:
    view = receptor_points.wind_points(hours, "no2")
    assert view.traverse(lambda x: x, [hv.DynamicMap])
    hv.render(view, backend="bokeh")
