"""Wind and concentration on a slider: what is shown is what was given."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gzeco_lib.errors import InputError
from gzeco_lib.views.transport import concentration_frames, wind_arrows

X, Y = np.arange(0, 30e3, 1e3), np.arange(0, 20e3, 1e3)
TIME = pd.date_range("2024-11-01T16:00", periods=3, freq="h")


def field() -> xr.Dataset:
    values = np.zeros((3, len(Y), len(X)))
    values[1:, 5, 7] = 2e-6, 4e-6
    return xr.Dataset({"concentration": (("time", "y", "x"), values)}, {"time": TIME, "y": Y, "x": X})


def wind() -> xr.Dataset:
    shape = (3, 2, len(Y), len(X))
    u = np.broadcast_to(np.array([3.0, 0.0, -4.0])[:, None, None, None], shape)
    dims = ("time", "level", "y", "x")
    return xr.Dataset(
        {"u": (dims, u), "v": (dims, np.zeros(shape))}, {"time": TIME, "level": [10.0, 50.0], "y": Y, "x": X}
    )


def test_arrows_point_where_the_wind_blows_to_and_beijing_hours_are_told() -> None:
    shown = wind_arrows(wind(), lang="en")
    assert list(shown.keys()) == list(pd.date_range("2024-11-02T00:00", periods=3, freq="h"))
    image, arrows = shown[pd.Timestamp("2024-11-02T02:00")]
    assert np.allclose(image.dimension_values("speed"), 4.0)
    assert np.allclose(arrows.dimension_values("angle"), np.pi)
    assert len(arrows) <= 15 * 20
    assert image.kdims[0].unit == "km"


def test_concentration_is_in_micrograms_on_one_scale_without_complaint() -> None:
    import holoviews as hv

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shown = concentration_frames(field(), wind(), np.array([[7e3, 5e3]]), lang="en")
        image, arrows, source = shown[pd.Timestamp("2024-11-02T02:00")]
        hv.render(shown[pd.Timestamp("2024-11-02T00:00")])
    assert float(np.max(image.dimension_values("value"))) == pytest.approx(4.0)
    assert image.vdims[0].unit == "µg/m³"
    options = hv.Store.lookup_options("bokeh", image, "plot").kwargs
    assert options["clim"] == (pytest.approx(0.004), pytest.approx(4.0))
    assert source.array().tolist() == [[7.0, 5.0]]
    assert len(arrows) > 0


def test_chinese_labels() -> None:
    image = concentration_frames(field())[pd.Timestamp("2024-11-02T00:00")]
    assert image.vdims[0].label == "浓度"


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(InputError, match="no variable concentration"):
        concentration_frames(field().rename(concentration="column"))
    with pytest.raises(InputError, match="no variable v"):
        wind_arrows(wind().drop_vars("v"))
