"""Steady plume: concentration per unit emission rate of every hour, source and receptor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dispersion import rise
from gzeco_lib.methods.dispersion.inputs import BoundaryLayer, Sources
from gzeco_lib.methods.dispersion.profiles import HEIGHTS, KARMAN, Profiles

IN_MEMORY = 2.0**28  # bytes of dilution that ``concentration`` holds at a time
WHERE = "methods.dispersion.plume"
TRAITS = (
    "height",
    "diameter",
    "velocity",
    "temperature",
    "sigma_y0",
    "sigma_z0",
)  # what makes a kind of source
THROUGH = 8  # place of the share that leaves through the lid, in a row of ``curves.Release``
STEP = 0.18  # between nodes in the logarithm of distance


def _points(receptors: ArrayLike) -> np.ndarray:
    """``receptors`` as floats (n, 3)."""
    points = np.asarray(receptors, float)
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all() or (points[:, 2] < 0).any():
        raise InputError(
            N_("receptors have shape {shape}, or hold missing values or places below ground"), WHERE,
            N_("give rows of x, y and height above ground in metres"), shape=points.shape,
        )  # fmt: skip
    return points


def _nodes(sources: Sources, points: np.ndarray) -> tuple[float, np.ndarray]:
    """Logarithm of the first distance and the distances of the nodes [m], one more on each side."""
    dx = points[:, 0][None] - sources.x[:, None]
    dy = points[:, 1][None] - sources.y[:, None]
    away = np.hypot(dx, dy)
    low, high = max(0.2 * away.min(), 1.0), max(away.max(), 10.0)
    first = np.log(low)
    count = int(np.ceil((np.log(high) - first) / STEP)) + 1
    return float(first), np.exp(first + STEP * np.arange(-1, count + 2))


def dilution(
    sources: Sources, receptors: ArrayLike, layer: BoundaryLayer, meander: bool = True
) -> np.ndarray:
    """Concentration per unit emission rate.

    Args:
        sources: point sources.
        receptors: x, y [m] in the plane of the sources, height above ground [m] (receptor, 3).
        layer: weather by the hour.
        meander: whether part of the plume goes in any direction where the wind is weak beside its fluctuations.
            It never does in hours with a measured ``sigma_v``: that already holds the meandering.

    Returns:
        [s m-3] (time, source, receptor); times a rate in g s-1 it is a concentration in g m-3.

    Raises:
        InputError: receptors that are not rows of three finite numbers, or weather that is missing or impossible.
    """
    from gzeco_lib.methods.dispersion import curves, pairs

    points = _points(receptors)
    _check(layer)
    first, distance = _nodes(sources, points)
    levels, level = np.unique(points[:, 2], return_inverse=True)
    traits, kind = _kinds(sources)
    layer = _with_convection(layer)
    loose = np.isnan(layer.sigma_v) & meander
    profiles = Profiles.of(layer)
    releases = _releases(traits, layer, profiles)
    hours, kinds, nodes = len(layer), len(traits), len(distance)
    top = np.full((hours, kinds, 2, len(levels), nodes), curves.FLOOR)
    width = np.zeros((hours, kinds, 2, nodes))
    around = np.empty((hours, kinds, len(levels), nodes))
    curves.trace(
        _weather(layer, profiles), layer.temperature, loose, releases, HEIGHTS, profiles.values, profiles.integral,
        levels, distance, top, width, around,
    )  # fmt: skip
    angle = np.deg2rad(layer.wind_from)
    out = np.zeros((hours, len(sources), len(points)))
    pairs.fill(
        out, np.stack([sources.x, sources.y], 1), kind, points[:, :2].copy(), level.reshape(-1),
        -np.stack([np.sin(angle), np.cos(angle)], 1), first, STEP, top, width,
        1 + (releases[:, :, THROUGH] > 0).astype(np.int64), loose, around,
    )  # fmt: skip
    return out


def concentration(
    sources: Sources, rates: ArrayLike, receptors: ArrayLike, layer: BoundaryLayer, meander: bool = True
) -> np.ndarray:
    """Concentration of all sources together; never holds more than some sources' share of it in memory.

    Args:
        sources: point sources.
        rates: emission [g s-1]: one, one a source, or (time, source).
        receptors: as ``dilution`` takes them.
        layer: weather by the hour.
        meander: as ``dilution`` takes it.

    Returns:
        [g m-3] (time, receptor).

    Raises:
        InputError: rates that do not belong to the sources and hours, and what ``dilution`` refuses.
    """
    points, given = _points(receptors), np.asarray(rates, float)
    shape = (len(layer), len(sources))
    if given.shape not in ((), (shape[1],), shape) or not np.isfinite(given).all():
        raise InputError(
            N_("the rates have shape {shape}, or some are missing"), WHERE,
            N_("give one rate, one for each of {sources} sources, or rows of them for {hours} hours"),
            shape=given.shape, sources=shape[1], hours=shape[0],
        )  # fmt: skip
    emitted = np.broadcast_to(given, shape)
    total = np.zeros((len(layer), len(points)))
    share = max(int(IN_MEMORY / 8 / max(total.size, 1)), 1)
    for start in range(0, len(sources), share):
        part = slice(start, start + share)
        some = Sources(**{name: getattr(sources, name)[part] for name in sources.__dataclass_fields__})
        total += np.einsum("ts,tsr->tr", emitted[:, part], dilution(some, points, layer, meander))
    return total


def _kinds(sources: Sources) -> tuple[np.ndarray, np.ndarray]:
    """Traits of each kind of source (kind, 6), and which kind each source is."""
    rows = np.stack([getattr(sources, name) for name in TRAITS], 1)
    told = np.where(np.isnan(rows), -1.0, rows)  # NaN is unlike itself
    _, first, kind = np.unique(told, axis=0, return_index=True, return_inverse=True)
    return rows[first], kind.reshape(-1)


def _releases(traits: np.ndarray, layer: BoundaryLayer, profiles: Profiles) -> np.ndarray:
    """Rows of ``curves.Release`` (time, kind, 12)."""
    up = rise.follow(traits[:, :4], layer, profiles)
    shape = (len(layer), len(traits))
    return np.stack(
        [np.broadcast_to(column, shape) for column in (
            traits[:, 0], up.height, up.buoyancy, up.momentum, up.speed, up.frequency, up.final, up.distance,
            up.through, up.above, traits[:, 4], traits[:, 5])],
        axis=2,
    )  # fmt: skip


def _with_convection(layer: BoundaryLayer) -> BoundaryLayer:
    """``layer`` with w* in unstable hours that have none: ``u* (zi / (k |L|))^(1/3)``; none in stable ones."""
    unstable = layer.obukhov_length < 0
    scale = layer.friction_velocity * np.cbrt(layer.mixing_height / (KARMAN * np.abs(layer.obukhov_length)))
    given = layer.convective_velocity > 0
    return replace(
        layer, convective_velocity=np.where(unstable, np.where(given, layer.convective_velocity, scale), 0.0)
    )


def _weather(layer: BoundaryLayer, profiles: Profiles) -> np.ndarray:
    """Rows of ``curves.Hour`` (time, 9)."""
    lid = layer.mixing_height
    below = [profiles.mean_below(which, lid) for which in (0, 2)]
    return np.stack(
        [layer.friction_velocity, layer.obukhov_length, lid, layer.roughness_length, layer.reference_height,
         layer.wind_speed, layer.convective_velocity, *below], 1)  # fmt: skip


def _check(layer: BoundaryLayer) -> None:
    """Refuse weather that no plume can be computed in."""
    for name in ("wind_speed", "friction_velocity", "mixing_height", "roughness_length", "reference_height"):
        values = getattr(layer, name)
        bad = ~(np.isfinite(values) & (values > 0))
        if bad.any():
            raise InputError(
                N_("{name} is missing or not above 0 in {n} of {hours} hours"), WHERE,
                N_("leave these hours out: layer.take(mask)"), name=name, n=int(bad.sum()), hours=len(layer),
            )  # fmt: skip
    for name in ("obukhov_length", "wind_from"):
        values = getattr(layer, name)
        bad = np.isnan(values) | (values == 0 if name == "obukhov_length" else np.isinf(values))
        if bad.any():
            raise InputError(
                N_("{name} is missing or impossible in {n} of {hours} hours"), WHERE,
                N_("leave these hours out: layer.take(mask)"), name=name, n=int(bad.sum()), hours=len(layer),
            )  # fmt: skip
