"""Views of fields give their data back, in both languages, and a fine grid is aggregated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gzeco_lib.errors import InputError
from gzeco_lib.geo.grid import city_grid
from gzeco_lib.views import fields
from gzeco_lib.views.words import words


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_map_shows_each_cell_in_its_place(lang: str) -> None:
    import holoviews as hv

    grid = city_grid(2000)
    cells = grid.points()
    values = cells[:, 0] / 1000
    shown = fields.city_map(
        values, grid, "NO2", "ug m-3", lang, stations=(cells[:3] + 10, values[:3]), title="NO2"
    )
    image = next(iter(shown.traverse(specs=[hv.Image])))
    back = image.dimension_values("value", flat=False)
    row, column = np.argwhere(grid.mask)[5]
    assert np.isfinite(back).sum() == len(cells)
    assert image.range("x")[0] == pytest.approx(grid.x[0] / 1000 - 1)
    centre = (grid.x[column] / 1000, grid.y[row] / 1000)
    assert float(image[centre]) == pytest.approx(grid.x[column] / 1000, rel=1e-5)
    hv.render(shown)
    assert image.kdims[0].label == words(lang)("East")


def test_a_fine_map_keeps_the_mean_of_its_cells() -> None:
    import holoviews as hv

    grid = city_grid(500)
    values = np.random.default_rng(1).gamma(3, 10, int(grid.mask.sum()))
    shown = fields.with_error(values, values / 5, grid, "NO2", "ug m-3", "en")
    images = shown.traverse(specs=[hv.Image])
    assert len(images) == 2
    back = images[0].dimension_values(2, flat=False)
    assert np.nanmean(back) == pytest.approx(values.mean(), rel=0.02)
    hv.render(shown)


def test_refuses_another_number_of_cells() -> None:
    with pytest.raises(InputError, match="values for"):
        fields.city_map(np.ones(7), city_grid(2000), "NO2", "ug m-3")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_scatter_parts_what_lies_within_from_outside(lang: str) -> None:
    import holoviews as hv

    observed = np.array([[1.0, 5.0], [np.nan, 30.0]])
    shown = fields.left_out_scatter(
        observed, np.full((2, 2), 5.0), np.full((2, 2), 2.0), np.full((2, 2), 9.0), "ug m-3", lang
    )
    inside, outside = shown.traverse(specs=[hv.Scatter])
    assert list(inside.data["o"]) == [5.0]
    assert sorted(outside.data["o"]) == [1.0, 30.0]
    assert "33.3" in inside.label
    hv.render(shown)


def test_bars_give_their_frame_back() -> None:
    import holoviews as hv

    frame = pd.DataFrame({"variable": ["NO2", "O3"], "method": ["fusion"] * 2, "gain": [10.0, 7.0]})
    shown = fields.gains(frame, "en", title="Gain")
    pd.testing.assert_frame_equal(shown.data[["variable", "gain"]], frame[["variable", "gain"]])
    hv.render(shown)
