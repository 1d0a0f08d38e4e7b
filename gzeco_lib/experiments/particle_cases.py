"""Made cases that show what the particle model does: a mixed tracer, and stacks in a wind that turns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_
from gzeco_lib.methods.dispersion import BoundaryLayer, Sources
from gzeco_lib.methods.dispersion.particle_run import Losses, Start, Steps, cells_of, run
from gzeco_lib.methods.dispersion.particles import Air

# Wind speed at 10 m, friction velocity, Obukhov length, mixing height.
WEATHER = {
    N_("convective"): (3.0, 0.3, -30.0, 1000.0),
    N_("convective, skewed"): (3.0, 0.3, -30.0, 1000.0),
    N_("neutral"): (8.0, 0.5, np.inf, 800.0),
    N_("stable"): (3.0, 0.2, 60.0, 150.0),
}
EDGES = np.array([0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])


def mixing(n: int, seed: int = 1) -> pd.DataFrame:
    """What becomes of a well-mixed tracer: mean concentration of the second hour over its mean, by case and height.

    Args:
        n: particles a case.
        seed: of the random numbers.

    Returns:
        ``case`` (a message id of the catalogues), ``height`` (share of the mixing height), ``concentration`` [1].
    """
    parts = []
    for name, (speed, friction, length, lid) in WEATHER.items():
        row = np.ones(2)
        layer = BoundaryLayer(row * speed, row * 270.0, row * friction, row * length, row * lid, row * 0.1)
        air = Air.over(layer, skewed="skewed" in name)
        place = np.column_stack([np.zeros(n), np.zeros(n), (np.arange(n) + 0.5) / n * lid])
        start = Start(
            place, np.zeros(n), np.full(n, 1 / n), np.zeros(n, int), np.zeros((n, 3)), np.zeros((n, 3))
        )
        cells = cells_of([-1e6, 1e6], [-1e6, 1e6], EDGES * lid)
        done = run(start, air, np.array([0.0, 3600.0, 7200.0]), cells, Losses(), Steps(), seed)
        held = done.counts[1].sum(axis=(0, 2, 3)) / 3600.0 / np.diff(EDGES)
        parts.append(
            pd.DataFrame({"case": name, "height": (EDGES[1:] + EDGES[:-1]) / 2, "concentration": held})
        )
    return pd.concat(parts, ignore_index=True)


def turning_wind() -> tuple[Air, Sources, np.ndarray, np.ndarray]:
    """Six hours from afternoon into night: air, three stacks, and cell centres x, y [m] around them."""
    layer = BoundaryLayer(
        wind_speed=np.array([4.0, 4.0, 3.5, 3.0, 2.5, 2.5]),
        wind_from=np.array([135.0, 125.0, 110.0, 90.0, 65.0, 45.0]),
        friction_velocity=np.array([0.45, 0.42, 0.36, 0.26, 0.2, 0.2]),
        obukhov_length=np.array([-60.0, -80.0, -150.0, 200.0, 60.0, 50.0]),
        mixing_height=np.array([1200.0, 1200.0, 1000.0, 350.0, 220.0, 200.0]),
        roughness_length=np.array([0.5]),
    )
    sources = Sources(
        x=np.array([12e3, 4e3, 9e3]), y=np.array([-9e3, -3e3, 2e3]), height=np.array([60.0, 100.0, 40.0])
    )
    axis = np.arange(-25_000.0, 25_001.0, 500.0)
    return Air.over(layer, "2026-01-10T07:00"), sources, axis, axis
