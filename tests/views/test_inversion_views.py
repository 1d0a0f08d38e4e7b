"""Views of an inversion hold the numbers they were given."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from gzeco_lib.experiments import synthetic_release
from gzeco_lib.methods.inversion import UNKNOWN, locate
from gzeco_lib.views.inversion import position_map, rate_by_time, unknown_map


@pytest.fixture(scope="module")
def draws() -> xr.Dataset:
    rng = np.random.default_rng(3)
    return xr.Dataset(
        {
            "member": (("draw", "candidate"), np.full((200, 2), [0.75, 0.25])),
            "x": ("draw", rng.normal(400, 20, 200)),
            "y": ("draw", rng.normal(600, 20, 200)),
            "hourly": (("draw", "candidate", "time"), rng.lognormal(0, 0.3, (200, 2, 6))),
        },
        {"candidate": ["kiln", UNKNOWN]},
    )


def test_the_unknown_source_is_drawn_over_the_whole_box(draws: xr.Dataset) -> None:
    view = unknown_map(draws, ((0, 1000), (0, 1000)), "en")
    share = view.dimension_values("share", flat=False)
    assert share.shape == (40, 40) and share.sum() == pytest.approx(1)
    peak = np.argmax(view.dimension_values("share"))
    assert abs(view.dimension_values("x")[peak] - 400) < 50
    assert abs(view.dimension_values("y")[peak] - 600) < 50


def test_rates_by_time_lie_in_their_band(draws: xr.Dataset) -> None:
    band, line = rate_by_time(draws, "kiln", np.arange(6), lang="en").values()
    assert (band.dimension_values(1) < line.dimension_values(1)).all()
    assert (line.dimension_values(1) < band.dimension_values("hi")).all()


def test_a_source_found_has_its_region_and_place() -> None:
    case = synthetic_release.case(7, sources=1, hours=6)
    found = locate(case.response(), case.observed.ravel(), synthetic_release.NOISE, case.box)
    labels = [layer.label for layer in position_map(found, case.monitors, case.sources, "en").values()]
    assert labels == ["Monitors", *["90 % region"] * len(found.rates), "Found", "True place"]
