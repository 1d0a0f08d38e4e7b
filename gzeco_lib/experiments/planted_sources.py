"""A made-up wind that wanders round the compass, and concentrations at a receptor from a source put into it.

No public set of trajectories with a known source was at hand: here the source is known because it was planted, and
the wind is the integrator's own, so that what is tested are the fields and clusters, not the trajectories.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

EXTENT, CELL = 3.0e6, 1.0e5  # [m]
RADIUS = 75_000.0  # of a planted source [m]
REGIMES = (0.4, 2.1, 3.6, 5.2)  # headings of steady weather [rad]


def wandering_wind(days: int = 120, seed: int = 0) -> xr.Dataset:
    """Hourly wind ``u``, ``v`` [m s-1] over (time, y, x): four regimes in turn, wandering, with shear and gusts.

    Args:
        days: length.
        seed: of the draws.
    """
    draw = np.random.default_rng(seed)
    hours = 24 * days
    regime = np.repeat(draw.choice(REGIMES, days // 4 + 1), 96)[:hours]
    turn = np.zeros(hours)
    for hour in range(1, hours):
        turn[hour] = 0.98 * turn[hour - 1] + draw.normal(0, 0.12)
    speed = 5.0 * np.exp(0.3 * np.sin(np.arange(hours) / 17) + draw.normal(0, 0.1, hours))
    axis = np.arange(-EXTENT, EXTENT + CELL, CELL)
    heading = regime + turn
    u = (speed * np.cos(heading))[:, None, None] + 1.0e-6 * axis[:, None]
    v = (speed * np.sin(heading))[:, None, None] + 0.0 * axis[:, None]
    shape = (hours, len(axis), len(axis))
    fields = {
        name: (("time", "y", "x"), np.broadcast_to(value, shape)) for name, value in (("u", u), ("v", v))
    }
    time = pd.date_range("2026-01-01", periods=hours, freq="h")
    return xr.Dataset(fields, {"time": time, "y": axis, "x": axis})


def arrivals(wind: xr.Dataset, hours: int = 96, every: int = 3) -> pd.DataFrame:
    """Starts of back trajectories of ``hours`` h at the plane's origin, one each ``every`` hours."""
    time = pd.DatetimeIndex(wind["time"].to_numpy())[hours::every]
    return pd.DataFrame({"time": time, "x": 0.0, "y": 0.0})


def concentrations(tracks: xr.Dataset, source: tuple[float, float], seed: int = 0) -> np.ndarray:
    """Concentration [ug m-3] of each arrival: 10, 5 for each hour within 75 km of the source, and noise."""
    away = np.hypot(tracks["x"].to_numpy() - source[0], tracks["y"].to_numpy() - source[1])
    near = away < RADIUS
    noise = np.random.default_rng(seed).lognormal(1.0, 0.5, tracks.sizes["trajectory"])
    return 10.0 + 5.0 * near.sum(axis=1) + noise
