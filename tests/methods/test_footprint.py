"""Footprints: what particles say backward is what they say forward."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from gzeco_lib.errors import InputError
from gzeco_lib.methods.dispersion import BoundaryLayer, footprint
from gzeco_lib.methods.dispersion.particle_run import Losses, Start, Steps, cells_of, run
from gzeco_lib.methods.dispersion.particles import Air
from gzeco_lib.methods.dispersion.turbulence import Turbulence

T0 = np.datetime64("2026-01-01T00:00")
X, Y = np.arange(-1, 12) * 100.0, np.arange(-3, 4) * 100.0
SIZE = (100.0, 100.0, 20.0)


def over(speed: float, friction: float, length: float, lid: float) -> BoundaryLayer:
    row = np.ones(3)
    return BoundaryLayer(row * speed, row * 270.0, row * friction, row * length, row * lid, row * 0.1)


def homogeneous() -> Air:
    height = np.array([0.0, 500.0, 1000.0])
    return Air.uniform(
        Turbulence(height, 0.6, 0.6, 0.5, 60.0, 40.0, np.full(3, 1000.0), 0.0), u=4.0, start=T0
    )


AIRS = {
    "homogeneous": homogeneous(),
    "neutral": Air.over(over(8.0, 0.5, np.inf, 800.0), T0),
    "convective": Air.over(over(3.0, 0.3, -30.0, 1000.0), T0),
    "skewed": Air.over(over(3.0, 0.3, -30.0, 1000.0), T0, skewed=True),
}


def forward(air: Air, seed: int, n: int, losses: Losses) -> float:
    """Dose in the receptor's box by a kilogram released evenly in the source's cell [s m-3]."""
    start = Start(np.tile([0.0, 0.0, 10.0], (n, 1)), (np.arange(n) + 0.5) / n * 3600.0, np.full(n, 1.0 / n),
                  np.zeros(n, int), np.zeros((n, 3)), np.tile(SIZE, (n, 1)))  # fmt: skip
    done = run(
        start, air, np.array([0.0, 3 * 3600.0]), cells_of(X, Y, [0, 20.0]), losses, Steps(), seed, reach=500.0
    )
    return float(done.counts[0, 0, 0, 3, 11] / np.prod(SIZE))


def back(air: Air, seed: int, n: int, losses: Losses) -> float:
    """The footprint of the receptor's box at the source's cell [s m-3]."""
    seen = footprint.backward([[1000.0, 0.0, 10.0]], T0 + np.timedelta64(2, "h"), air, 2, n, seed, x=X, y=Y,
                              box=SIZE, losses=losses, reach=500.0)  # fmt: skip
    return float(seen["footprint"].sum("time_back").sel(x=0.0, y=0.0).item())


@pytest.mark.parametrize("name", AIRS)
def test_backward_is_forward(name: str) -> None:
    """Flesch et al. 1995: both are the same transition density, in sheared inhomogeneous turbulence as well."""
    losses = Losses(decay=5e-4, deposition=0.02, depth=20.0) if name == "neutral" else Losses()
    n, repeats = 3000, 5
    there = np.array([forward(AIRS[name], seed, n, losses) for seed in range(repeats)])
    here = np.array([back(AIRS[name], 100 + seed, n, losses) for seed in range(repeats)])
    error = np.sqrt((there.var(ddof=1) + here.var(ddof=1)) / repeats)
    assert error < 0.15 * there.mean()
    assert abs(there.mean() - here.mean()) < 4 * error


def test_footprint_times_emissions_is_the_concentration() -> None:
    """Emissions everywhere, all air in their layer all the time: an hour adds its length over the volume of a cell."""
    air = AIRS["homogeneous"]
    x = np.arange(-100_000.0, 50_001, 5000.0)
    y = np.arange(-50_000.0, 50_001, 5000.0)
    seen = footprint.backward(
        [[0.0, 0.0, 500.0]], T0 + np.timedelta64(2, "h"), air, 2, 400, 1, x=x, y=y, layer=(0.0, 1000.0)
    )
    whole = seen["footprint"].sum(["y", "x"]).isel(receptor=0, time=0)
    # All air is within the layer all the time: half an hour on average of its own hour, and each hour before in full.
    expected = np.array([1800.0, 3600.0, 3600.0]) / (5000.0**2 * 1000.0)
    np.testing.assert_allclose(whole, expected, rtol=1e-6)
    rates = xr.DataArray(np.ones((len(y), len(x))), coords={"y": y, "x": x}, dims=("y", "x"))
    assert footprint.concentration(seen, rates).item() == pytest.approx(expected.sum())
    hours = xr.concat([2 * rates, rates, 3 * rates], "time").assign_coords(
        time=T0 + np.arange(3) * np.timedelta64(1, "h")
    )
    assert footprint.concentration(seen, hours).item() == pytest.approx((expected * [3, 1, 2]).sum())
    assert seen["airborne"].item() == pytest.approx(1.0)


def test_it_lies_upwind() -> None:
    seen = footprint.backward(
        [[500.0, 0.0, 2.0]], T0 + np.timedelta64(1, "h"), AIRS["neutral"], 1, 300, 1, x=X, y=Y
    )
    by_x = seen["footprint"].sum(["time_back", "y"]).isel(receptor=0, time=0)
    assert float(by_x.sel(x=slice(700, None)).sum()) == 0 < float(by_x.sel(x=300.0))


def test_what_is_wrong_is_told() -> None:
    with pytest.raises(InputError, match="receptors have shape"):
        footprint.backward([1.0, 2.0], T0, AIRS["neutral"], 1, 10, 1, x=X, y=Y)
    with pytest.raises(InputError, match=r"beyond the 3\.0 h of weather"):
        footprint.backward([[0, 0, 2.0]], T0 + np.timedelta64(1, "h"), AIRS["neutral"], 5, 10, 1, x=X, y=Y)
    seen = footprint.backward(
        [[500.0, 0, 2.0]], T0 + np.timedelta64(1, "h"), AIRS["neutral"], 1, 10, 1, x=X, y=Y
    )
    with pytest.raises(InputError, match="another grid"):
        footprint.concentration(
            seen, xr.DataArray(np.ones((2, 2)), coords={"y": [0, 1], "x": [0, 1]}, dims=("y", "x"))
        )
