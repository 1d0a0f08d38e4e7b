"""How puffs grow: the plume's own spread and height by distance, for each hour and kind of source.

A puff takes its spread across the wind and its vertical distribution from the steady plume of the hour it is in, so
that puffs in steady wind add up to that plume. What counts is an equivalent distance: when the weather changes, the
puff goes on from the distance at which a plume of the new hour is as wide, and likewise as deep (the virtual distances
of CALPUFF: Scire, Strimaitis and Yamartino 2000, A User's Guide for the CALPUFF Dispersion Model, section 2.2).
"""

from __future__ import annotations

import numpy as np

from gzeco_lib.methods.dispersion import plume, rise
from gzeco_lib.methods.dispersion.inputs import BoundaryLayer, Sources
from gzeco_lib.methods.dispersion.profiles import Profiles
from gzeco_lib.methods.dispersion.puff_kernel import NEAREST, STEP, Growth

FARTHEST = 2e5  # [m] end of the tables
NOTHING = -150.0  # logarithm that stands for "nothing there"
SLOWEST = 0.3  # [m s-1] transport speed at least


def nodes() -> np.ndarray:
    """Distances of the tables [m]."""
    return np.exp(np.arange(np.log(NEAREST), np.log(FARTHEST) + STEP, STEP))


def growth(
    sources: Sources, layer: BoundaryLayer, levels: np.ndarray, ground: bool
) -> tuple[Growth, np.ndarray]:
    """Tables of each kind of source, and which kind each source is.

    Args:
        sources: their position does not matter.
        layer: weather by the hour.
        levels: heights the concentration is wanted at [m] (level,); NaN is the whole column.
        ground: whether the share at the ground is wanted.
    """
    kinds, kind = _kinds(sources)
    x = nodes()
    centre, speed, depth = _vertical_growth(kinds, layer, x)
    width, integrated = _probe(
        kinds, layer, x, np.append(np.where(np.isnan(levels), 1.5, levels), 0.0)[: len(levels) + ground]
    )
    share = np.log(speed)[:, :, None] + integrated
    vertical = np.where(np.isnan(levels)[:, None], 0.0, share[:, :, : len(levels)])
    at_ground = share[:, :, -1] if ground else np.full(width.shape, NOTHING)
    tables = (width, np.log(depth), np.log(centre), speed, vertical, at_ground, layer.mixing_height)
    return Growth(*(np.ascontiguousarray(table) for table in tables)), kind


def _kinds(sources: Sources) -> tuple[Sources, np.ndarray]:
    """One source of each kind, at the origin, and which kind each is."""
    names = ("height", "diameter", "velocity", "temperature", "sigma_y0", "sigma_z0")
    rows = np.stack([getattr(sources, name) for name in names], 1)
    _, first, kind = np.unique(np.nan_to_num(rows, nan=-1.0), axis=0, return_index=True, return_inverse=True)
    origin = np.zeros(len(first))
    return Sources(origin, origin, **dict(zip(names, rows[first].T, strict=True))), kind.reshape(-1)


def _probe(
    kinds: Sources, layer: BoundaryLayer, x: np.ndarray, levels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of the plume's spread [ln m] and of its crosswind integral [ln s m-2], read off the plume itself.

    On its axis and beside it. The spread (hour, kind, node) is that at the first level, where there is a plume; the
    integral is (hour, kind, level, node).
    """
    aside = np.maximum(0.1 * x / np.sqrt(1 + x / 1e4), 1.0)
    rows = [np.column_stack([x, off, np.full(len(x), z)]) for z in levels for off in (0 * x, aside)]
    turned = BoundaryLayer(
        **{name: getattr(layer, name) for name in layer.__dataclass_fields__} | {"wind_from": 270.0}
    )
    seen = plume.dilution(kinds, np.concatenate(rows), turned, meander=False)
    on, off = np.moveaxis(seen.reshape(*seen.shape[:2], len(levels), 2, len(x)), 3, 0)
    known = (off > 0) & (on > off)
    with np.errstate(divide="ignore", invalid="ignore"):
        width = np.where(known, 0.5 * np.log(aside**2 / (2 * np.log(on / off))), np.nan)
        axis = np.where(on > 0, np.log(on), NOTHING)
    first = _filled(width[:, :, 0], x)
    across = np.where(known, width, first[:, :, None])
    return first, np.maximum(axis + 0.5 * np.log(2 * np.pi) + across, NOTHING)


def _filled(width: np.ndarray, x: np.ndarray) -> np.ndarray:
    """``width`` [ln m], where the plume has not come down to the level yet as wide as its angle there; rising."""
    angle = width - np.log(x)
    flat = angle.reshape(-1, len(x))
    for row in flat:
        known = np.isfinite(row)
        row[:] = (
            np.interp(np.arange(len(x)), np.flatnonzero(known), row[known]) if known.any() else np.log(0.1)
        )
    return np.maximum.accumulate(flat.reshape(width.shape) + np.log(x), axis=-1)


def _vertical_growth(
    kinds: Sources, layer: BoundaryLayer, x: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Height of the centre [m], wind there [m s-1] and vertical spread [m], each (hour, kind, node).

    Each stretch of the way adds ``s t / sqrt(1 + depth / (0.72 h + 0.3 lid))``, in kind with the elevated spread of
    Cimorelli et al. (2005), doi:10.1175/JAM2227.1, with the turbulence at the plume's centre. It is never used as a
    spread: it only says which distance in one hour is as deep as which in another.
    """
    profiles = Profiles.of(layer)
    traits = np.stack([kinds.height, kinds.diameter, kinds.velocity, kinds.temperature], 1)
    up = rise.follow(traits, layer, profiles)
    start = np.maximum(up.height + up.final, 0.0)
    lid = layer.mixing_height[:, None]
    centre, speed, depth = np.empty((3, *start.shape, len(x)))
    deep = np.broadcast_to(np.maximum(kinds.sigma_z0, 0.1), start.shape).copy()
    before = 0.0
    for n, distance in enumerate(x):
        middle = np.maximum(start, 0.6 * np.minimum(np.hypot(deep, kinds.sigma_z0), lid))
        wind = np.maximum(profiles.at(0, middle), SLOWEST)
        turbulence = profiles.at(2, np.minimum(middle, lid))
        stretch = turbulence * (distance - before) / wind
        deep = deep + stretch / (1 + deep / (0.72 * np.maximum(middle, 1.0) + 0.3 * lid)) ** 0.5
        centre[..., n], speed[..., n], depth[..., n] = np.maximum(middle, 0.5), wind, deep
        before = distance
    return centre, speed, depth
