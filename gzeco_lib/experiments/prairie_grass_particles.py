"""Project Prairie Grass by the particle model: arc maxima and spread of each run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gzeco_lib.experiments.prairie_grass import SAMPLER, Experiment
from gzeco_lib.methods.dispersion.particle_run import Losses, Start, Steps, cells_of, run
from gzeco_lib.methods.dispersion.particles import Air

ALONG, ACROSS = (
    10.0,
    4.0,
)  # [m] size of a counting cell; its depth is from half to one and a half sampler heights
REACH = (810.0, 500.0)  # [m] the cells lie to downwind and to either side


def predict(
    experiment: Experiment, n: int = 4000, seed: int = 1, skewed: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """What the particles say of each arc: largest concentration [g m-3] and spread sigma_y [m], both (run, arc).

    The dose of an instantaneous release, counted until the particles have passed, is the steady concentration by unit
    rate. The wind blows along the middle, as in ``prairie_grass.predict``. The largest value is that of the crosswind
    distribution after a running mean over a quarter of its spread: sampling noise would else be its maximum.

    Args:
        experiment: runs with weather.
        n: particles a run.
        seed: of the random numbers.
        skewed: two-Gaussian turbulence in unstable runs.
    """
    layer = replace(experiment.layer, wind_from=np.full(len(experiment.layer), 270.0))
    x = np.arange(0.0, REACH[0] + 1, ALONG)
    y = np.arange(-REACH[1], REACH[1] + 1, ACROSS)
    cells = cells_of(x, y, [0.5 * SAMPLER, 1.5 * SAMPLER])
    volume = ALONG * ACROSS * SAMPLER
    columns = np.round(experiment.arcs / ALONG).astype(int)
    maximum, spread = (np.full((len(layer), len(columns)), np.nan) for _ in range(2))
    for k, (_, row) in enumerate(experiment.runs.iterrows()):
        air = Air.over(layer.take([k]), skewed=skewed)
        start = Start(
            np.tile([0.0, 0.0, float(row["source_height_m"])], (n, 1)), np.zeros(n), np.full(n, 1.0 / n),
            np.zeros(n, int), np.zeros((n, 3)), np.zeros((n, 3)),
        )  # fmt: skip
        steps = Steps(longest=2.0)
        done = run(start, air, np.array([0.0, 1800.0]), cells, Losses(), steps, seed, first=k * n, reach=10.0)
        dose = done.counts[0, 0, 0][:, columns].T / volume
        for arc, line in enumerate(dose):
            maximum[k, arc], spread[k, arc] = _summary(line, y)
        maximum[k] *= float(row["Q_g_s"])
    return maximum, spread


def _summary(line: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Largest value of a smoothed crosswind distribution, and its spread [m]; NaN where no particle came."""
    if line.sum() <= 0:
        return np.nan, np.nan
    middle = (line * y).sum() / line.sum()
    spread = float(np.sqrt((line * (y - middle) ** 2).sum() / line.sum()))
    width = max(round(0.25 * spread / ACROSS), 1)
    return float(np.convolve(line, np.ones(width) / width, mode="same").max()), spread
