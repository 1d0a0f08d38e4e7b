"""Clusters of the polar surface: wind conditions under which a concentration behaves alike.

Source: Carslaw and Beevers 2013, doi:10.1016/j.envsoft.2012.09.005: partition of the standardised places and
values (u, v, z) of the smooth surface. Partition around medoids (Kaufman and Rousseeuw 1990; swaps after
Schubert and Rousseeuw 2021, doi:10.1016/j.is.2021.101804) or k-means (Lloyd 1982,
doi:10.1109/TIT.1982.1056489). Where the number of clusters is not given it is the one with the widest average
silhouette (Rousseeuw 1987, doi:10.1016/0377-0427(87)90125-7).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.receptor.frame import WHERE, one_of, prepare
from gzeco_lib.methods.receptor.polar import polar_plot

NODES = 51  # points along each axis of the surface that is partitioned
RANGE = (2, 10)


@dataclass(frozen=True)
class PolarClusters:
    """Clusters of a polar surface.

    Attributes:
        surface: Dataset over (v, u) with ``z`` and ``cluster`` (1.., 0 where there is no surface).
        members: cluster of every row of the data (0 where it has no wind or pollutant, or lies off the surface).
        summary: row a cluster: ``points``, ``hours``, ``share`` [%] of hours, ``mean`` of the pollutant,
            ``contribution`` [%] to its overall mean, mean ``ws`` and ``wd`` (vector).
        silhouette: average width by number of clusters.
        number: of clusters.
    """

    surface: xr.Dataset
    members: np.ndarray
    summary: pd.DataFrame
    silhouette: pd.Series
    number: int


def polar_cluster(
    frame: pd.DataFrame,
    pollutant: str,
    number: int | None = None,
    *,
    candidates: tuple[int, int] = RANGE,
    method: str = "pam",
    seed: int = 0,
    ws: str = "ws",
    wd: str = "wd",
    **options: object,
) -> PolarClusters:
    """Clusters of the polar surface of a pollutant, and of its hours.

    Args:
        frame: columns ``ws``, ``wd``, ``pollutant``.
        pollutant: its column.
        number: of clusters; None chooses among ``candidates`` by the silhouette.
        candidates: least and largest number tried.
        method: ``pam`` (as openair) or ``kmeans``.
        seed: of k-means' starts.
        ws: column of the speed [m s-1].
        wd: column of the direction [deg, from].
        **options: of ``polar_plot``.

    Raises:
        InputError: bad column or argument.
    """
    one_of("method", method, ("pam", "kmeans"))
    wanted = [number] if number is not None else list(range(candidates[0], candidates[1] + 1))
    if not wanted or min(wanted) < 2:
        raise InputError(
            N_("a partition needs at least 2 clusters"), WHERE, N_("raise the number of clusters")
        )
    surface = polar_plot(frame, pollutant, x=ws, wd=wd, **{"resolution": NODES, "nodes": None} | options)  # type: ignore[arg-type]
    z = surface["z"].to_numpy()
    inside = np.isfinite(z)
    u, v = np.meshgrid(surface["u"], surface["v"])
    features = _standardised(np.column_stack([u[inside], v[inside], z[inside]]))
    if len(features) <= max(wanted):
        raise InputError(
            N_("the surface has {points} points, too few for {number} clusters"),
            WHERE,
            N_("lower the number of clusters"),
            points=len(features),
            number=max(wanted),
        )
    distances = _distances(features)
    labels = _partitions(features, distances, wanted, method, seed)
    widths = pd.Series({n: silhouette(distances, label) for n, label in labels.items()}, name="silhouette")
    best = wanted[int(widths.to_numpy().argmax())]
    grid = np.zeros(z.shape, int)
    grid[inside] = _by_level(labels[best], z[inside]) + 1
    surface["cluster"] = (("v", "u"), grid)
    members = _members(frame, surface, ws, wd, pollutant)
    summary = _summary(frame, members, grid, pollutant, ws, wd)
    return PolarClusters(surface, members, summary, widths, best)


def _standardised(values: np.ndarray) -> np.ndarray:
    """Columns less their mean, over their mean absolute deviation (as PAM's authors standardise)."""
    away = values - values.mean(axis=0)
    size = np.abs(away).mean(axis=0)
    return away / np.where(size > 0, size, 1)


def _distances(features: np.ndarray) -> np.ndarray:
    from scipy.spatial.distance import cdist

    return cdist(features, features).astype(np.float32)


def _partitions(
    features: np.ndarray, distances: np.ndarray, wanted: list[int], method: str, seed: int
) -> dict[int, np.ndarray]:
    """Labels of each number of clusters; the greedy start of a smaller number begins that of a larger one."""
    if method == "kmeans":
        from sklearn.cluster import KMeans

        return {n: KMeans(n, n_init=10, random_state=seed).fit_predict(features) for n in wanted}
    start = greedy(distances, max(wanted))
    return {n: swapped(distances, start[:n]) for n in wanted}


def greedy(distances: np.ndarray, number: int) -> list[int]:
    """Medoids taken one by one, each the point of ``distances`` (n, n) that shortens the total distance most."""
    chosen = [int(np.argmin(distances.sum(axis=1)))]
    nearest = distances[chosen[0]].copy()
    for _ in range(number - 1):
        chosen.append(int(np.argmax(np.maximum(nearest - distances, 0).sum(axis=1))))
        nearest = np.minimum(nearest, distances[chosen[-1]])
    return chosen


def swapped(distances: np.ndarray, start: list[int]) -> np.ndarray:
    """Cluster (0..) of each point (n,): the best swap of a medoid for another point until none helps.

    Every swap's gain comes from the distances to the nearest and second nearest medoid, for all candidates at once.
    """
    chosen = list(start)
    everyone = np.arange(len(distances))
    while True:
        to_medoids = distances[chosen]
        ranked = np.argpartition(to_medoids, 1, axis=0)[:2]
        own = ranked[0]
        first, second = to_medoids[own, everyone], to_medoids[ranked[1], everyone]
        # where a new medoid is nearer than a point's own the point moves; the points of the medoid that goes away move
        # to the new one or to their second nearest
        closer = np.minimum(distances, first)
        member = (own[:, None] == np.arange(len(chosen))).astype(distances.dtype)
        change = np.minimum(distances, second) @ member - closer @ member
        change += (closer.sum(axis=1) - first.sum())[:, None]
        new, old = np.unravel_index(int(np.argmin(change)), change.shape)
        if change[new, old] >= -1e-6 * first.sum():
            return own
        chosen[int(old)] = int(new)


def silhouette(distances: np.ndarray, labels: np.ndarray) -> float:
    """Average silhouette width (-1..1); a point alone in its cluster counts 0."""
    member = (labels[:, None] == np.arange(labels.max() + 1)).astype(distances.dtype)
    size = member.sum(axis=0)
    totals = distances @ member
    everyone = np.arange(len(labels))
    alone = size[labels] == 1
    with np.errstate(invalid="ignore", divide="ignore"):
        own = totals[everyone, labels] / (size[labels] - 1)
        others = totals / size
        others[everyone, labels] = np.inf
        other = others.min(axis=1)
        width = (other - own) / np.maximum(own, other)
    return float(np.where(alone, 0.0, width).mean())


def _by_level(labels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Labels renumbered from the cluster with the lowest mean value to that with the highest."""
    level = np.bincount(labels, weights=values) / np.bincount(labels)
    rank = np.empty(len(level), int)
    rank[np.argsort(level)] = np.arange(len(level))
    return rank[labels]


def _members(frame: pd.DataFrame, surface: xr.Dataset, ws: str, wd: str, pollutant: str) -> np.ndarray:
    """Cluster of the grid cell each row's wind falls into, in the order of the frame."""
    data = prepare(frame, [pollutant], ws, wd, need_time=False)
    axis = surface["u"].to_numpy()
    angle = np.deg2rad(data["wd"].to_numpy())
    radius = data["ws"].to_numpy() - surface.attrs["origin"]
    known = data.notna().all(axis=1).to_numpy()
    step = axis[1] - axis[0]
    place = [
        np.clip(
            np.rint((np.where(known, radius * f(angle), 0) - axis[0]) / step).astype(int), 0, len(axis) - 1
        )
        for f in (np.cos, np.sin)
    ]
    return np.where(known, surface["cluster"].to_numpy()[place[0], place[1]], 0)


def _summary(
    frame: pd.DataFrame, members: np.ndarray, grid: np.ndarray, pollutant: str, ws: str, wd: str
) -> pd.DataFrame:
    data = prepare(frame, [pollutant], ws, wd, need_time=False)
    data = data.assign(
        cluster=members,
        u=data["ws"] * np.sin(np.deg2rad(data["wd"])),
        v=data["ws"] * np.cos(np.deg2rad(data["wd"])),
    )
    data = data[data["cluster"] > 0]
    grouped = data.groupby("cluster")
    made = pd.DataFrame(
        {"hours": grouped.size(), "mean": grouped[pollutant].mean(), "ws": grouped["ws"].mean()}
    )
    made = made.reindex(range(1, grid.max() + 1))
    made["hours"] = made["hours"].fillna(0).astype(int)
    made.insert(0, "points", np.bincount(grid.ravel())[1:])
    made["share"] = 100 * made["hours"] / len(data)
    made["contribution"] = 100 * grouped[pollutant].sum() / data[pollutant].sum()
    made["wd"] = np.rad2deg(np.arctan2(grouped["u"].mean(), grouped["v"].mean())) % 360
    return made.rename_axis("cluster")
