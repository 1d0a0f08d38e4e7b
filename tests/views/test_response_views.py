"""Views of exposure-response: what they draw is what the tables hold, in both languages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.views import response

KEYS = {"exposure": "PM2.5", "measure": "deaths", "cause": "nonaccidental", "age": "all"}


@pytest.fixture
def effects() -> pd.DataFrame:
    rows = [
        ("440100", "literature", 1.0022),
        ("440100", "local", 1.004),
        ("440106", "local", 1.01),
        ("440106", "bayes", 1.005),
    ]
    return pd.DataFrame(
        {**KEYS, "district": d, "kind": k, "per": 10.0, "rr": rr, "lo": rr - 0.003, "hi": rr + 0.003}
        for d, k, rr in rows
    )


@pytest.fixture
def curve(effects: pd.DataFrame) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {"value": [0.0, 30.0], "rr": [1.0, e.rr**3], "lo": [1.0, e.lo**3], "hi": [1.0, e.hi**3]}
        ).assign(**KEYS, district=e.district, kind=e.kind)
        for e in effects.itertuples()
    ]
    return pd.concat(parts, ignore_index=True)


def test_curves_of_a_district_stand_beside_the_literature(curve: pd.DataFrame) -> None:
    drawn = response.curves(curve, "PM2.5", "440106", "en")
    labels = {layer.label for layer in drawn if type(layer).__name__ == "Curve"}
    assert labels == {"Literature", "Local fit", "Bayesian"}
    local = next(layer for layer in drawn if type(layer).__name__ == "Curve" and layer.label == "Local fit")
    assert local.dimension_values("rr")[-1] == pytest.approx(1.01**3)


def test_forest_orders_the_city_on_top(effects: pd.DataFrame) -> None:
    drawn = response.forest(effects, "PM2.5", "zh")
    ticks = drawn.opts.get("plot").kwargs["yticks"]
    assert [name for _, name in ticks] == ["天河区", "全市"]
    points = {layer.label: layer for layer in drawn if type(layer).__name__ == "Points"}
    assert len(points["本地估计"]) == 2


def test_lags_and_surface(effects: pd.DataFrame) -> None:
    lags = pd.concat([effects[effects["kind"] == "local"].head(1).assign(lag=k) for k in range(4)])
    drawn = response.lag_profile(lags, "PM2.5", lang="en")
    points = next(layer for layer in drawn if type(layer).__name__ == "Points")
    assert points.dimension_values(1).tolist() == [1.004] * 4
    grid = pd.DataFrame(
        [{"value": v, "lag": k, "rr": 1 + v * k / 100} for v in (0.0, 1.0, 2.0) for k in range(3)]
    )
    image = response.surface(grid, "PM2.5", "en")
    assert np.nanmax(image.dimension_values("rr")) == pytest.approx(1.04)


def test_figures_for_paper_hold_every_kind(curve: pd.DataFrame, effects: pd.DataFrame) -> None:
    for svg in (response.curve_figure(curve, "PM2.5", "440106"), response.forest_figure(effects, "PM2.5")):
        assert svg.startswith("<svg")
        assert all(colour.lower() in svg.lower() for colour in response.COLOURS.values())


def test_an_exposure_that_is_not_there_is_told(curve: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="nothing of O3"):
        response.curves(curve, "O3")
