"""The main roads of the generated city: straight lines between its town centres."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import cdist

from gzeco_lib.demo_city.population import CENTRES
from gzeco_lib.geo.coords import to_plane

Array = NDArray[np.float64]

SHORT = 14_000.0  # m, centres nearer to each other than this have a road of their own


@cache
def roads() -> Array:
    """Roads (n, 2, 2) [m]: the shortest net that joins all centres, and every short way between two."""
    lon, lat, _radius, _weight = zip(*CENTRES, strict=True)
    centres = np.column_stack(to_plane(lon, lat))
    apart = cdist(centres, centres)
    joined = (minimum_spanning_tree(apart).toarray() > 0) | (np.triu(apart, 1) > 0) & (apart < SHORT)
    found = np.array([[centres[i], centres[j]] for i, j in np.argwhere(joined | joined.T) if i < j])
    found.setflags(write=False)
    return found


def road_distance(xy: Array) -> Array:
    """Distance (n,) [m] of points (n, 2) to the nearest main road."""
    begin, along = roads()[:, 0], roads()[:, 1] - roads()[:, 0]
    offset = xy[:, None, :] - begin[None, :, :]
    share = np.clip((offset * along).sum(axis=2) / (along**2).sum(axis=1), 0.0, 1.0)
    return np.asarray(np.linalg.norm(offset - share[..., None] * along, axis=2).min(axis=1))
