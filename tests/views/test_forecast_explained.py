"""Views and sentences of a forecast, in both languages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gzeco_lib.errors import InputError
from gzeco_lib.methods.forecast.groups import GROUPS
from gzeco_lib.views.forecast_explained import (
    contribution_bars,
    coverage_by_lead,
    reliability,
    sentence,
    skill_by_lead,
)

RESULT: dict[str, Any] = {
    "variable": "NO2", "leads": [1, 2], "origins": 4,
    "members": {"persistence": {"mae": [5.0, 8.0]}, "linear": {"mae": [4.0, 6.0]}},
    "chosen": {"mae": [3.5, 5.5], "coverage80": [0.81, 0.79]},
    "grades": {"2": {"limit": 100.5, "reliability": {"told": [0.05, None], "came": [0.04, None], "cases": [90, 0]}}},
}  # fmt: skip


def parts(**given: float) -> xr.Dataset:
    """One station, one lead: usual 40, and the parts named."""
    values = np.array([given.get(group, 0.0) for group in GROUPS]).reshape(-1, 1, 1)
    return xr.Dataset(
        {
            "contribution": (("group", "lead", "site"), values), "usual": (("lead", "site"), [[40.0]]),
            "value": (("lead", "site"), [[40.0 + values.sum()]]),
        },
        coords={
            "group": list(GROUPS), "lead": [6], "site": ["a"],
            "time": ("lead", pd.to_datetime(["2024-11-01T10:00"])),
        },
        attrs={"variable": "NO2"},
    )  # fmt: skip


def test_sentences() -> None:
    of = parts(recent=8, weather=5, day=-1)
    assert sentence(of, 6, "a", "en") == (
        "Nitrogen dioxide (NO2) at 18:00 is expected 12 μg/m³ above the usual for this hour (40 μg/m³), mostly because "
        "of the level of the last hours at the station and the weather."
    ).replace("μg/m³", _unit())
    zh = sentence(of, 6, "a", "zh")
    assert zh.startswith("预计 18:00")
    assert "高 12" in zh
    assert zh.endswith("主要由于该站最近几小时的浓度水平和气象条件。")
    assert "below" in sentence(parts(neighbours=-9), 6, "a", "en")
    near = sentence(parts(weather=1.0), 6, "a", "en")
    assert "near the usual" in near
    assert "because" not in near
    gone = parts()
    gone["value"][:] = np.nan
    assert "cannot be forecast" in sentence(gone, 6, "a", "en")


def _unit() -> str:
    from gzeco_lib.variables import get
    from gzeco_lib.views import theme

    return theme.unit(get("NO2").unit)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_views_render(lang: str) -> None:
    import holoviews as hv

    for view in (
        skill_by_lead(RESULT, lang),
        coverage_by_lead(RESULT, lang),
        reliability(RESULT, 2, lang),
        contribution_bars(parts(recent=8, weather=-3), "a", lang),
    ):
        assert hv.renderer("bokeh").get_plot(view).state is not None


def test_the_views_give_their_data_back() -> None:
    curve = skill_by_lead(RESULT, "en")
    np.testing.assert_allclose(list(curve)[-1].dimension_values("mae"), [3.5, 5.5])
    bars = contribution_bars(parts(recent=8, weather=-3), "a", "en").dframe()
    assert bars["contribution"].sum() == pytest.approx(5)


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="no probabilities"):
        reliability(RESULT, 5)
    with pytest.raises(InputError, match="no station"):
        contribution_bars(parts(), "b")
