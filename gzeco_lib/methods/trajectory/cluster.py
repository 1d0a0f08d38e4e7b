"""Clusters of trajectories of like length or like direction, and how many there are.

Distances are openair's (`trajCluster`; Sirois and Bottenheim 1995, doi:10.1029/94JD02951): *Euclid*, the root
mean square distance of points of one age; *Angle*, the mean angle between the two points of one age as seen
from the receptor, which looks at where the air came from and not at how fast. Instead of the full matrix of
distances and PAM, the paths are laid out so that straight distances are the wanted ones, pressed onto their
principal axes, and clustered with k-means: thousands of trajectories in a tenth of a second.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.trajectory.flow import EARTH_RADIUS

Measure = Literal["euclid", "angle"]
KEPT_VARIANCE = 0.999  # of the layout, by the principal axes kept
# One cloud has silhouettes too: what counts is how far they are above those of a normal cloud of the same shape,
# the idea of the gap statistic (Tibshirani et al. 2001, doi:10.1111/1467-9868.00293). Normal clouds gain within 0.03.
LEAST_GAIN = 0.05
CLOUDS, CLOUD_ROWS = 2, 500


def offsets(tracks: xr.Dataset) -> np.ndarray:
    """Positions (trajectory, age, 2) [m] east and north of the first point.

    On the sphere the azimuthal equidistant projection about the first point (Snyder 1987, p. 195): distance
    and bearing from the receptor are true.
    """
    if "x" in tracks:
        place = np.stack([tracks["x"].to_numpy(), tracks["y"].to_numpy()], axis=-1)
        return place - place[:, :1]
    lon, lat = np.deg2rad(tracks["lon"].to_numpy()), np.deg2rad(tracks["lat"].to_numpy())
    d, lat0 = lon - lon[:, :1], lat[:, :1]
    east = np.cos(lat) * np.sin(d)
    north = np.cos(lat0) * np.sin(lat) - np.sin(lat0) * np.cos(lat) * np.cos(d)
    up = np.sin(lat0) * np.sin(lat) + np.cos(lat0) * np.cos(lat) * np.cos(d)
    flat = np.hypot(east, north)
    scale = EARTH_RADIUS * np.where(flat > 0, np.arctan2(flat, up) / np.maximum(flat, 1e-300), 1.0)
    return np.stack([east * scale, north * scale], axis=-1)


def layout(place: np.ndarray, measure: Measure) -> np.ndarray:
    """Rows (trajectory, P) whose straight distances are those of ``measure``.

    *euclid*: root mean square distance [km]. *angle*: root mean square chord ``2 sin(angle / 2)`` of the
    directions [1], which orders pairs of points as the angle does.
    """
    count, ages = place.shape[:2]
    if measure == "euclid":
        return place.reshape(count, -1) / np.sqrt(ages) / 1000.0
    away = place[:, 1:]
    length = np.linalg.norm(away, axis=2, keepdims=True)
    return (away / np.maximum(length, 1e-9)).reshape(count, -1) / np.sqrt(ages - 1)


def angle_distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Mean angle [rad] between paths ``a`` and ``b`` (..., age, 2) as seen from their first point."""
    a, b = a[..., 1:, :], b[..., 1:, :]
    size = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    cosine = np.where(size > 0, (a * b).sum(axis=-1) / np.maximum(size, 1e-300), 1.0)
    return np.arccos(np.clip(cosine, -1.0, 1.0)).mean(axis=-1)


def cluster(
    tracks: xr.Dataset,
    number: int | None = None,
    measure: Measure = "euclid",
    most: int = 10,
    starts: int = 4,
    seed: int = 0,
) -> xr.Dataset:
    """Cluster trajectories of one receptor.

    Args:
        tracks: what `back.trajectories` gives, or any data set with ``lon``, ``lat`` or ``x``, ``y`` over
            (trajectory, age).
        number: of clusters; by itself that from 2 to ``most`` whose mean silhouette stands highest above that
            of a normal cloud of the same spread, or one where none stands 0.05 above it.
        measure: ``euclid`` or ``angle``.
        most: clusters tried.
        starts: random starts of k-means.
        seed: of the starts.

    Returns:
        ``cluster`` (trajectory) from 1, the most frequent first, 0 where a trajectory is incomplete;
        ``share`` [1] and ``count`` (cluster_number); the mean path ``x``, ``y`` or ``lon``, ``lat``
        (cluster_number, age); ``medoid`` (cluster_number), the trajectory nearest to each mean;
        ``silhouette``, ``gain`` over a cloud, and ``variance`` (tried), the share of variance between
        clusters, over the numbers tried.

    Raises:
        InputError: fewer complete trajectories than clusters, or an unknown measure.
    """
    if measure not in ("euclid", "angle"):
        raise InputError(
            N_("{name} is not known"),
            "cluster",
            N_("name one of: {near}"),
            name=measure,
            near="euclid, angle",
        )
    place = offsets(tracks)
    complete = np.flatnonzero(np.isfinite(place).all(axis=(1, 2)))
    least = number if number is not None else 2
    if len(complete) < max(least, 2) or least < 1:
        raise InputError(
            N_("{given} complete trajectories cannot make {length} clusters"), "tracks",
            N_("give more or shorter trajectories, or ask for fewer clusters"), given=len(complete), length=least,
        )  # fmt: skip
    rows = _principal(layout(place[complete], measure))
    tried = [number] if number is not None else list(range(2, min(most, len(complete) - 1) + 1))
    parts = {k: _kmeans(rows, k, starts, seed) for k in tried}
    quality = pd.DataFrame(
        [_quality(rows, *part) for part in parts.values()], tried, ["silhouette", "variance"]
    )
    best, quality["gain"] = tried[0], np.nan
    if number is None:
        quality["gain"] = quality["silhouette"].to_numpy() - _of_clouds(rows, tried, seed)
        best = tried[int(np.argmax(quality["gain"]))] if quality["gain"].max() >= LEAST_GAIN else 1
        parts[1] = (np.zeros(len(rows), int), rows.mean(axis=0, keepdims=True))
    label, centre = parts[best]
    order = np.argsort(-np.bincount(label, minlength=best), kind="stable")
    label, centre = np.argsort(order)[label], centre[order]
    return _summary(tracks, complete, rows, label, centre, quality, measure)


def _principal(rows: np.ndarray) -> np.ndarray:
    """Coordinates on the principal axes that hold nearly all variance: distances stay, columns go."""
    centred = rows - rows.mean(axis=0)
    value, axis = np.linalg.eigh(centred.T @ centred)
    value, axis = np.maximum(value[::-1], 0.0), axis[:, ::-1]
    kept = 1 + int(np.searchsorted(np.cumsum(value), KEPT_VARIANCE * value.sum()))
    return np.ascontiguousarray(centred @ axis[:, :kept])


def _kmeans(rows: np.ndarray, number: int, starts: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    if number == 1:
        return np.zeros(len(rows), int), rows.mean(axis=0, keepdims=True)
    # Small problems on shared cores: OpenMP's threads would wait for each other longer than they work.
    with threadpool_limits(1):
        model = KMeans(number, n_init=starts, random_state=seed, algorithm="lloyd").fit(rows)
    return model.labels_, model.cluster_centers_


def _of_clouds(rows: np.ndarray, tried: list[int], seed: int) -> np.ndarray:
    """Mean silhouettes (tried,) of normal clouds with the spread of ``rows`` along its principal axes."""
    draw = np.random.default_rng(seed)
    spread = rows.std(axis=0)
    found = np.zeros(len(tried))
    for _ in range(CLOUDS):
        cloud = draw.normal(size=(min(len(rows), CLOUD_ROWS), rows.shape[1])) * spread
        found += [_quality(cloud, *_kmeans(cloud, min(k, len(cloud) - 1), 1, seed))[0] for k in tried]
    return found / CLOUDS


def _quality(rows: np.ndarray, label: np.ndarray, centre: np.ndarray) -> tuple[float, float]:
    """Mean simplified silhouette (to the means; Hruschka et al. 2004) and share of variance between clusters."""
    if len(centre) == 1:
        return 0.0, 0.0
    square = (rows**2).sum(axis=1)[:, None] + (centre**2).sum(axis=1) - 2 * rows @ centre.T
    distance = np.sqrt(np.maximum(square, 0.0))
    own = distance[np.arange(len(rows)), label]
    distance[np.arange(len(rows)), label] = np.inf
    other = distance.min(axis=1)
    silhouette = (other - own) / np.maximum(np.maximum(other, own), 1e-300)
    return float(silhouette.mean()), 1.0 - float((own**2).sum() / ((rows - rows.mean(axis=0)) ** 2).sum())


def _summary(
    tracks: xr.Dataset,
    complete: np.ndarray,
    rows: np.ndarray,
    label: np.ndarray,
    centre: np.ndarray,
    quality: pd.DataFrame,
    measure: str,
) -> xr.Dataset:
    numbers = np.arange(1, len(centre) + 1)
    every = np.zeros(tracks.sizes["trajectory"], int)
    every[complete] = label + 1
    count = np.bincount(label, minlength=len(centre))
    medoid = [
        complete[label == k][np.argmin(((rows[label == k] - c) ** 2).sum(axis=1))]
        for k, c in enumerate(centre)
    ]
    across = ("lon", "lat") if "lon" in tracks else ("x", "y")
    paths = {
        name: (
            ("cluster_number", "age"),
            np.stack([tracks[name].to_numpy()[every == k].mean(axis=0) for k in numbers]),
        )
        for name in across
    }
    return xr.Dataset(
        paths
        | {
            "cluster": ("trajectory", every),
            "count": ("cluster_number", count),
            "share": ("cluster_number", count / count.sum()),
            "medoid": ("cluster_number", np.array(medoid)),
            "silhouette": ("tried", quality["silhouette"].to_numpy()),
            "variance": ("tried", quality["variance"].to_numpy()),
            "gain": ("tried", quality["gain"].to_numpy()),
        },
        {
            "cluster_number": numbers,
            "age": tracks["age"].to_numpy(),
            "tried": np.array(list(quality.index), int),
        },
        {"measure": measure, "number": len(centre), "incomplete": int((every == 0).sum())},
    )
