"""Views of dispersion checks: they hold the data they were given and name units in both languages."""

from __future__ import annotations

import numpy as np
import pytest

from gzeco_lib.views import dispersion


@pytest.mark.parametrize(("lang", "word"), [("en", "Observed"), ("zh", "实测")])
def test_predicted_beside_observed_keeps_pairs_with_both_values(lang, word):
    view = dispersion.predicted_observed(
        [1.0, 2, np.nan, 0], [2.0, 1, 3, 1], ["a", "b", "a", "a"], "mg m-3", lang
    )
    marks = [part for part in view if type(part).__name__ == "Scatter"]
    assert [m.label for m in marks] == ["a", "b"] and sum(len(m) for m in marks) == 2
    assert word in marks[0].kdims[0].label and "mg m-3" in marks[0].kdims[0].label
    lines = [part for part in view if type(part).__name__ == "Curve"]
    ratios = sorted(float(line.data["predicted"].iloc[0] / line.data["observed"].iloc[0]) for line in lines)
    assert ratios == pytest.approx([0.5, 1, 2])


def test_a_section_holds_samplers_and_plume():
    view = dispersion.cross_section([0, 2], [1.0, 3], np.arange(5), np.ones(5), "mg m-3", "en", "100 m")
    assert {type(part).__name__: len(part) for part in view} == {"Curve": 5, "Scatter": 2}


def test_a_cut_shows_four_decades():
    values = 10.0 ** -np.arange(12.0).reshape(3, 4)
    view = dispersion.plane(np.arange(4), np.arange(3), values, ("x", "y"), "s m-3", "en")
    shown = view.dimension_values("concentration")
    assert np.isfinite(shown).sum() == 4 and np.nanmax(shown) == 1
