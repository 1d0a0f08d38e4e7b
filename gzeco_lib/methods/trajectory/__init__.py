"""Kinematic trajectories, the source regions they point at, and their clusters."""

from gzeco_lib.methods.trajectory.back import ensemble, spread, trajectories
from gzeco_lib.methods.trajectory.cluster import cluster
from gzeco_lib.methods.trajectory.fields import cwt, footprint, pscf, redistributed, significance
from gzeco_lib.methods.trajectory.flow import station_wind

__all__ = [
    "cluster",
    "cwt",
    "ensemble",
    "footprint",
    "pscf",
    "redistributed",
    "significance",
    "spread",
    "station_wind",
    "trajectories",
]
