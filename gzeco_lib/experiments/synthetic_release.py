"""Made releases with known truth: puffs in a turning wind make the concentrations, ten monitors see them.

The truth is made by ``dispersion.puff`` in a wind that turns all the time, so that puffs curve and arrive late; whoever
inverts it with the steady plume has a wrong model, as in the field. Sources lie anywhere, on no grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gzeco_lib.methods.dispersion import BoundaryLayer, Sources, puff
from gzeco_lib.methods.inversion import PlumeResponse

SIDE = 1000.0  # of the square the monitors stand around [m]
HEIGHT = 2.0  # of release and of the monitors' inlets [m]
APART = 120.0  # least distance between two sources [m]
FRAMES = 6  # ten-minute means
WALK = 40.0  # standard deviation of the change of wind direction in an hour [deg]
NOISE = 2e-6  # of the monitors [g m-3]
BACKGROUND = 2e-5  # [g m-3]
VANE = 1.0  # random error of the measured wind direction, a good sonic anemometer [deg]


@dataclass(frozen=True)
class Case:
    """One made experiment.

    Attributes:
        layer: weather as measured, one row a ten-minute step (time,).
        monitors: x, y, height [m] (monitor, 3).
        observed: [g m-3] (time, monitor).
        sources: true positions [m] (source, 2).
        rates: true rates [g s-1] (source,).
    """

    layer: BoundaryLayer
    monitors: np.ndarray
    observed: np.ndarray
    sources: np.ndarray
    rates: np.ndarray

    @property
    def box(self) -> np.ndarray:
        """Where sources may be, ((west, east), (south, north)) [m]."""
        return np.array([[0.0, SIDE], [0.0, SIDE]])

    def response(self) -> PlumeResponse:
        """The plume at the observations, time by time."""
        steps, monitors = self.observed.shape
        time, sensor = np.divmod(np.arange(steps * monitors), monitors)
        return PlumeResponse(self.layer, self.monitors, time, sensor, HEIGHT)


def case(
    seed: int, sources: int = 2, monitors: int = 10, hours: int = 24, walk: float = WALK, vane: float = VANE
) -> Case:
    """A made experiment.

    Hourly wind: direction a random walk of ``walk`` an hour, speed 2 to 6 m/s; between the hours it changes linearly
    (by components), as in ``puff``. Day and night alternate between unstable and stable air. Rates 0.5 to 2 g/s; the
    monitors stand in a ring 350 to 480 m from the middle, sources within 300 m of it, ``APART`` from each other.

    Args:
        seed: of all random numbers.
        sources: how many emit.
        monitors: how many measure.
        hours: of observations; ``FRAMES`` steps each.
        walk: standard deviation of the change of wind direction in an hour [deg].
        vane: random error of the measured wind direction [deg].
    """
    draw = np.random.default_rng(seed)
    direction = draw.uniform(0, 360) + np.cumsum(draw.normal(0, walk, hours))
    speed = 4 + 1.2 * np.sin(2 * np.pi * (np.arange(hours) - 8) / 24) + draw.normal(0, 0.5, hours)
    speed = np.clip(speed, 2.0, 6.0)
    day = np.sin(2 * np.pi * (np.arange(hours) - 6) / 24) > 0
    length = np.where(day, -60.0, 80.0)
    lid = np.where(day, 1000.0, 200.0)
    roughness = np.full(1, 0.05)
    hourly = BoundaryLayer(speed, direction % 360, 0.075 * speed, length, lid, roughness)
    places = _places(draw, sources)
    rates = draw.uniform(0.5, 2.0, sources)
    around = (np.arange(monitors) + draw.uniform(-0.25, 0.25, monitors)) * 2 * np.pi / monitors
    away = draw.uniform(350, 480, monitors)
    stands = np.column_stack([
        SIDE / 2 + away * np.sin(around), SIDE / 2 + away * np.cos(around), np.full(monitors, HEIGHT)
    ])  # fmt: skip
    emitting = Sources(places[:, 0], places[:, 1], np.full(sources, HEIGHT))
    made = puff.at_receptors(emitting, rates, stands, hourly, frames=FRAMES)["concentration"].sum("source")
    observed = made.to_numpy() + BACKGROUND + draw.normal(0, NOISE, made.shape)
    return Case(_measured(hourly, draw, vane), stands, observed, places, rates)


def _places(draw: np.random.Generator, count: int) -> np.ndarray:
    """Places within 300 m of the middle, apart from each other (count, 2)."""
    while True:
        away, angle = 300 * np.sqrt(draw.random(count)), draw.uniform(0, 2 * np.pi, count)
        places = SIDE / 2 + np.column_stack([away * np.cos(angle), away * np.sin(angle)])
        distance = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1)) + 1e9 * np.eye(count)
        if distance.min() > APART:
            return places


def _measured(hourly: BoundaryLayer, draw: np.random.Generator, vane: float) -> BoundaryLayer:
    """Weather of each ten-minute step: the wind between the hours' middles, its direction with the vane's error."""
    hours = len(hourly)
    middle = (np.arange(hours * FRAMES) + 0.5) / FRAMES
    angle = np.deg2rad(hourly.wind_from)
    at = np.arange(hours) + 0.5
    u, v = (np.interp(middle, at, hourly.wind_speed * part(angle)) for part in (np.sin, np.cos))
    row = np.arange(hours * FRAMES) // FRAMES
    direction = np.rad2deg(np.arctan2(u, v)) + draw.normal(0, vane, len(row))
    steps = hourly.take(row)
    speed = np.maximum(np.hypot(u, v), 0.5)
    return BoundaryLayer(
        speed, direction % 360, steps.friction_velocity * speed / steps.wind_speed, steps.obukhov_length,
        steps.mixing_height, steps.roughness_length,
    )  # fmt: skip
