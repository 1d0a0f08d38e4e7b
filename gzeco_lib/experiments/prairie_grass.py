"""Project Prairie Grass (Barad 1958): sulphur dioxide from a point near the ground, five arcs of samplers.

Ten-minute releases over flat grass in Nebraska, July and August 1956. Sources and samplers: release 0.46 m (the last
four runs 1.5 m), samplers 1.5 m above ground on arcs at 50, 100, 200, 400 and 800 m, every 2 degrees (800 m: every
degree). Coordinates here: metres from the source, x east, y north.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from gzeco_lib.experiments.folder import folder
from gzeco_lib.methods.dispersion.boundary_layer import stable_height
from gzeco_lib.methods.dispersion.inputs import BoundaryLayer, Sources
from gzeco_lib.methods.dispersion.plume import dilution

NAME = "prairie_grass_1956"
ROUGHNESS = 0.006  # [m], mown grass: Briggs (1982), used by most who evaluated models on these runs
LATITUDE = 42.5  # [deg], O'Neill, Nebraska
WIND_HEIGHT, SAMPLER = 2.0, 1.5  # [m]


@dataclass(frozen=True)
class Experiment:
    """The runs that have weather.

    Attributes:
        runs: number, time, rate ``Q_g_s``, release height, weather, by run (the file's columns).
        layer: boundary layer of each run, in the order of ``runs``; ``sigma_v`` is the measured one.
        arcs: distances [m] (arc,).
        maximum: largest concentration on each arc [g m-3] (run, arc); NaN is missing.
        sigma_y: observed spread on each arc [m] (run, arc); NaN is missing.
        samples: run, arc_m, azimuth [deg], x, y, z [m], concentration [g m-3] of each sampler with a value.
        towers: run, azimuth [deg], z [m], concentration [g m-3], on the 100 m arc.
    """

    runs: pd.DataFrame
    layer: BoundaryLayer
    arcs: np.ndarray
    maximum: np.ndarray
    sigma_y: np.ndarray
    samples: pd.DataFrame
    towers: pd.DataFrame

    def sources(self, run: int) -> Sources:
        """The release of ``run``, at 0, 0."""
        return Sources(np.zeros(1), np.zeros(1), np.array([self.runs.loc[run, "source_height_m"]], float))

    def first(self, count: int) -> Experiment:
        """The first ``count`` runs."""
        rows = np.arange(min(count, len(self.runs)))
        return replace(
            self, runs=self.runs.iloc[rows], layer=self.layer.take(rows), maximum=self.maximum[rows],
            sigma_y=self.sigma_y[rows],
        )  # fmt: skip

    def stability(self) -> np.ndarray:
        """ "unstable", "neutral" (|L| from 100 m) or "stable" of each run."""
        length = self.layer.obukhov_length
        return np.where(np.abs(length) >= 100, "neutral", np.where(length < 0, "unstable", "stable"))


def predict(experiment: Experiment) -> tuple[np.ndarray, np.ndarray]:
    """What the steady plume says of each arc: largest concentration [g m-3] and spread sigma_y [m], both (run, arc).

    Samplers stand every half degree at 1.5 m, the wind blows along the middle: a run's wind direction, known to a few
    degrees, has no part in the scores. The spread is the second moment along the arc, as that of the observations.
    """
    degrees = np.arange(-80.0, 80.5, 0.5)
    angle, arc = np.meshgrid(np.deg2rad(degrees), experiment.arcs)
    spots = np.column_stack(
        [(arc * np.sin(angle)).ravel(), (arc * np.cos(angle)).ravel(), np.full(arc.size, SAMPLER)]
    )
    south = replace(experiment.layer, wind_from=np.full(len(experiment.layer), 180.0))
    heights, which = np.unique(experiment.runs["source_height_m"].to_numpy(float), return_inverse=True)
    releases = Sources(np.zeros(len(heights)), np.zeros(len(heights)), heights)
    each = dilution(releases, spots, south)[np.arange(len(south)), which]
    found = each.reshape(len(south), *arc.shape) * experiment.runs["Q_g_s"].to_numpy(float)[:, None, None]
    spread = np.sqrt((found * (arc * angle) ** 2).sum(-1) / found.sum(-1))
    return found.max(-1), spread


def section(experiment: Experiment, run: int, arc: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One arc of one run: samplers and the steady plume, both ``azimuth`` [deg] and ``concentration`` [g m-3].

    The axis of the plume is laid through the centroid of the samplers; azimuths count from it.
    """
    seen = experiment.samples.query("run == @run and arc_m == @arc")
    angle = np.deg2rad(seen["azimuth"])
    weight = seen["concentration"].to_numpy()
    middle = np.arctan2((weight * np.sin(angle)).sum(), (weight * np.cos(angle)).sum())
    turned = np.rad2deg(np.angle(np.exp(1j * (angle - middle))))
    row = int(np.flatnonzero(experiment.runs.index == run)[0])
    fine = np.linspace(-40.0, 40.0, 161)
    spots = arc * np.column_stack(
        [np.sin(np.deg2rad(fine)), np.cos(np.deg2rad(fine)), np.full(161, SAMPLER / arc)]
    )
    layer = replace(experiment.layer.take([row]), wind_from=np.array([180.0]))
    made = dilution(experiment.sources(run), spots, layer)[0, 0] * experiment.runs["Q_g_s"].iloc[row]
    return (
        pd.DataFrame({"azimuth": turned, "concentration": weight}).query("abs(azimuth) <= 40"),
        pd.DataFrame({"azimuth": fine, "concentration": made}),
    )


def read(root: Path | str | None = None) -> Experiment:
    """Every run with weather in the folder ``prairie_grass_1956``.

    ``so2_loss_correction`` (0.87 to 1.0 by run and arc) tells what share of the gas the samplers kept. The largest
    value of an arc in ``arc_max_mg_m3.csv`` is that of ``arc_concentrations.csv`` as it stands, so nothing is done
    with it here; were the concentrations still to be divided by it, they would rise by about 6 %. The lid of stable
    runs was not measured: Zilitinkevich's. sigma_v is the measured spread of the wind direction times the wind at 2 m.

    Args:
        root: folder of all public data sets; see ``folder``.

    Raises:
        InputError: the folder is not there.
    """
    place = folder(NAME, root)
    runs = pd.read_csv(place / "runs_source_met.csv").set_index("run").sort_index()
    runs = runs[(runs["ustar_m_s"] > 0) & runs["L_m"].notna() & (runs["wind_speed_2m_m_s"] > 0)]
    maximum = pd.read_csv(place / "arc_max_mg_m3.csv").set_index("run")
    arcs = maximum.columns.astype(float).to_numpy()
    spread = pd.read_csv(place / "sigma_y_m.csv").set_index("run").reindex(columns=maximum.columns)
    samples = pd.read_csv(place / "arc_concentrations.csv")
    towers = pd.read_csv(place / "towers_100m_vertical.csv")
    return Experiment(
        runs, _layer(runs), arcs,
        _measured(maximum.reindex(runs.index)) / 1000.0, _measured(spread.reindex(runs.index)),
        _placed(samples, "post_azimuth_deg", samples["arc_m"], "sampler_height_m", runs),
        _placed(towers, "tower_azimuth_deg", 100.0, "height_m", runs),
    )  # fmt: skip


def _measured(table: pd.DataFrame) -> np.ndarray:
    values = table.to_numpy(float)
    return np.where(values > 0, values, np.nan)


def _layer(runs: pd.DataFrame) -> BoundaryLayer:
    column = {name: runs[name].to_numpy(float) for name in runs.columns if name not in ("date", "time")}
    alone = stable_height(column["ustar_m_s"], np.abs(column["L_m"]), LATITUDE)
    spread = np.where(column["sigma_azimuth_deg"] > 0, np.deg2rad(column["sigma_azimuth_deg"]), np.nan)
    return BoundaryLayer(
        wind_speed=column["wind_speed_2m_m_s"], wind_from=column["wind_dir_deg"],
        friction_velocity=column["ustar_m_s"], obukhov_length=column["L_m"],
        mixing_height=np.where(column["mixing_height_m"] > 0, column["mixing_height_m"], alone),
        roughness_length=np.array([ROUGHNESS]), reference_height=np.array([WIND_HEIGHT]),
        sigma_v=spread * column["wind_speed_2m_m_s"],
    )  # fmt: skip


def _placed(
    table: pd.DataFrame, azimuth: str, distance: pd.Series | float, height: str, runs: pd.DataFrame
) -> pd.DataFrame:
    """Samplers with a value, in metres from the source."""
    angle = np.deg2rad(table[azimuth])
    placed = pd.DataFrame({
        "run": table["run"], "arc_m": distance, "azimuth": table[azimuth], "x": distance * np.sin(angle),
        "y": distance * np.cos(angle), "z": table[height], "concentration": table["conc_mg_m3"] / 1000.0,
    })  # fmt: skip
    return placed[(table["conc_mg_m3"] >= 0) & table["run"].isin(runs.index)].reset_index(drop=True)
