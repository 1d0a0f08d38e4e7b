"""From an alarm to the probability of each candidate: background, wind, plume and evidence put together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtr

from gzeco_lib.environmental_health.trace.background import Background
from gzeco_lib.environmental_health.trace.sources import POLLUTANTS, SIGNATURES, Candidates
from gzeco_lib.environmental_health.trace.weather import Weather
from gzeco_lib.methods.inversion import candidates as inversion

if TYPE_CHECKING:
    from gzeco_lib.methods.inversion.tabulated import Curves

RATES = 2.0 * np.exp(0.3 * np.arange(26))  # kg h-1
LOADS = inversion.loads(RATES)  # ug m-3
NODES = np.linspace(-2.4, 2.4, 9)  # wind errors, in standard errors
# Shapes of the plume over the whole episode: logarithm of its width over that of the model, and what the wind of all
# hours is off by [rad]; the evidence is the mean of them. Narrower than the model, whose width holds the meander of
# an hour in weak winds, which the errors of the wind's direction hold already.
SHAPES = ((-0.85, 0.0), (-0.5, 0.0))
STEP = 0.1  # of the tables of the plume, in the logarithm of distance
INLET = 3.0  # m, height of a monitor's inlet
HEIGHTS = np.array(
    [15.0, 20.0, 27.0, 36.0, 50.0, 70.0, 100.0, 150.0, 220.0]
)  # m, stacks are computed as the nearest
KG_H = 1e9 / 3600.0  # ug s-1 in 1 kg h-1
FARTHEST = 60_000.0  # m
CALM, CALM_WIDTH = 0.5, 0.1  # m s-1, where a plume begins to drift to all sides
LEAST_CALM = 0.02  # part of any hour in which the mean wind says nothing
SLOWEST = 0.3  # m s-1, air never stands still
FRONT = 0.3  # softness of the front of a release, as a share of the way it has come
NO_SOURCE = 0.02  # prior that an alarm has no source at all


@dataclass(frozen=True)
class Attribution:
    """Posterior over the hypotheses of one episode.

    Attributes:
        candidates: the hypotheses.
        times: hours (UTC without a zone).
        probability: of each hypothesis (n,); with ``none`` it sums to 1.
        none: that nothing local made it.
        evidence: of each hypothesis.
        tables: log likelihood ratios by signature, hour, monitor and load.
        dilution: [ug m-3 per kg h-1] (shape, spot, time, node, monitor).
        spot: of each hypothesis (n,).
        away: from each spot to each monitor [m] (spot, monitor).
        weight: of the wind errors (time, node).
        speed: of the wind [m s-1] (time,).
        settings: what was assumed of errors.
    """

    candidates: Candidates
    times: pd.DatetimeIndex
    probability: np.ndarray
    none: float
    evidence: inversion.Evidence
    tables: np.ndarray
    dilution: np.ndarray
    spot: np.ndarray
    away: np.ndarray
    weight: np.ndarray
    speed: np.ndarray
    settings: inversion.Settings

    def response(self, k: int) -> np.ndarray:
        """Expected dilution of a hypothesis, over shapes and wind errors (time, monitor)."""
        mean = self.dilution[:, self.spot[k]].mean(axis=0)
        return np.asarray((mean * self.weight[:, :, None]).sum(axis=1))

    def spells(self, k: int) -> np.ndarray:
        """Log evidence of a hypothesis (shape, begin, last, rate)."""
        share = arrived(self.away[self.spot[k]], self.speed)
        return np.stack([
            inversion.spells(self.tables[self.candidates.main[k]], LOADS, wide[self.spot[k]], share, self.weight, RATES,
                             float(self.candidates.middle[k]), self.settings)
            for wide in self.dilution
        ])  # fmt: skip

    def wind_errors(self, k: int, shape: int, begin: int, rate: float) -> np.ndarray:
        """Posterior of the wind's errors had hypothesis ``k`` emitted ``rate`` [kg h-1] from ``begin`` (time, node)."""
        share = arrived(self.away[self.spot[k]], self.speed)[begin]
        load = self.dilution[shape, self.spot[k]] * share[:, None, :] * rate
        return inversion.wind_errors(self.tables[self.candidates.main[k]], LOADS, load, self.weight)


def arrived(away: np.ndarray, speed: np.ndarray) -> np.ndarray:
    """Share of a plume that has come to places by the hour, by the hour its release began (begin, time, place).

    The front of a release is as far as the wind has carried it; shear and gusts draw it out along the wind.

    Args:
        away: distance of the places from the source [m] (place,).
        speed: of the wind [m s-1] (time,).
    """
    blown = np.maximum(speed, SLOWEST) * 3600.0
    middle = np.cumsum(blown) - 0.5 * blown  # way by the middle of each hour
    before = np.concatenate([[0.0], np.cumsum(blown)[:-1]])
    front = middle[None, :] - before[:, None]
    ahead = (1.0 - away[None, None, :] / np.maximum(front, 1.0)[:, :, None]) / FRONT
    return np.where((front > 0)[:, :, None], ndtr(ahead), 0.0)


def node_weight(weather: Weather) -> np.ndarray:
    """Probability of each wind error, and last of a plume that drifts to all sides (time, node)."""
    weight = np.exp(-0.5 * NODES**2)
    calm = 1.0 / (1.0 + np.exp((weather.layer.wind_speed - CALM) / CALM_WIDTH))
    around = np.clip(calm, LEAST_CALM, 0.95)[:, None]
    return np.column_stack([(weight / weight.sum())[None] * (1 - around), around])


def ring(curves: Curves, row: int, distance: np.ndarray) -> np.ndarray:
    """The plume of an hour spread evenly to all sides [s m-3] at ``distance`` [m]: what a calm does to it."""
    place = np.clip(
        (np.log(np.maximum(distance, 1.0)) - curves.first) / STEP, 1.0, curves.axis.shape[2] - 3.0
    )
    nodes = np.arange(curves.axis.shape[2])
    axis, narrow, around = (
        np.interp(place, nodes, table[row, 0]) for table in (curves.axis, curves.narrow, curves.around)
    )
    return np.exp(axis + 0.5 * (np.log(np.pi) - narrow)) / (2 * np.pi * np.maximum(distance, 50.0)) + np.exp(
        around
    )


def dilution(xy: np.ndarray, height: np.ndarray, places: np.ndarray, weather: Weather) -> np.ndarray:
    """Concentration per unit rate [ug m-3 per kg h-1] (shape, source, time, wind error, place) of steady plumes;
    the last wind error is none but a drift to all sides.

    Args:
        xy: sources [m] (source, 2).
        height: of the releases [m].
        places: monitors or cells [m] (place, 2).
        weather: of the hours.
    """
    from gzeco_lib.methods.inversion import tabulated

    hours, count = len(weather.times), len(places)
    points = np.ascontiguousarray(np.column_stack([places, np.full(count, INLET)]))
    time, sensor = np.repeat(np.arange(hours), count), np.tile(np.arange(count), hours)
    ones, zeros = np.ones(count, np.int64), np.zeros(count, np.int64)
    out = np.empty((len(SHAPES), len(xy), hours, len(NODES) + 1, count))
    kind = nearest_height(height)
    for k in np.unique(kind):
        rows = np.flatnonzero(kind == k)
        curves = tabulated.tabulate(
            weather.layer, np.array([INLET]), float(HEIGHTS[k]), FARTHEST, meander=False
        )
        for w, (wider, off) in enumerate(SHAPES):
            for q, node in enumerate(NODES):
                angle = np.deg2rad(weather.layer.wind_from) + node * weather.turn + off
                found = np.empty((1, hours * count, len(rows)))
                tabulated.look_up(
                    found, time, sensor, np.arange(count), ones, points, zeros, np.ascontiguousarray(xy[rows]), angle,
                    wider, curves.axis, curves.narrow, curves.around, curves.first, tabulated.STEP,
                )  # fmt: skip
                out[w, rows, :, q] = np.moveaxis(found[0].reshape(hours, count, len(rows)), 2, 0)
        away = np.hypot(*np.moveaxis(xy[rows][:, None] - places[None], 2, 0))
        for t in range(hours):
            out[:, rows, t, -1] = ring(curves, t, away)[None]
    return out * KG_H


def nearest_height(height: np.ndarray) -> np.ndarray:
    """Index in ``HEIGHTS`` of each release."""
    return np.asarray(np.abs(np.log(HEIGHTS[None, :] / np.maximum(height, 1.0)[:, None])).argmin(axis=1))


def episode(
    background: Background, rows: np.ndarray, monitors: np.ndarray, sun: np.ndarray
) -> inversion.Episode:
    """The hours ``rows`` of ``background`` at ``monitors`` (indices), as the inversion takes them."""
    shape = (len(rows), len(monitors), len(POLLUTANTS))
    excess, sd = np.full(shape, np.nan), np.ones(shape)
    quiet = np.full((len(background.times), len(monitors), len(POLLUTANTS)), np.nan)
    for p, code in enumerate(POLLUTANTS):
        if code not in background.observed:
            continue
        off = background.observed[code] - background.mean[code]
        excess[..., p] = off[np.ix_(rows, monitors)]
        sd[..., p] = background.sd[code][np.ix_(rows, monitors)]
        quiet[..., p] = (off / background.sd[code])[:, monitors]
    before = quiet[: max(int(rows[0]), 1)].reshape(-1, len(POLLUTANTS))
    no2, ozone = (
        _ppb(background, code, unit, rows, monitors) for code, unit in (("NO2", 1.88), ("O3", 1.96))
    )
    # PMF-like ratio of photolysis to titration: 18 ppb under a high sun (Seinfeld and Pandis 2016, 6.2)
    photolysis = 0.5 + 18.0 * np.clip(sun, 0.0, 1000.0) / 900.0
    kind = np.array(
        [inversion.NITROGEN_DIOXIDE if code == "NO2" else inversion.LINEAR for code in POLLUTANTS]
    )
    return inversion.Episode(
        excess, sd, inversion.whitening(before[:, ~np.isnan(before).all(axis=0)])
        if not np.isnan(before).all(axis=0).any() else np.eye(len(POLLUTANTS)),
        kind, no2 + photolysis[:, None] * no2 / np.maximum(ozone, 1.0), no2 + ozone, photolysis,
    )  # fmt: skip


def _ppb(
    background: Background, code: str, unit: float, rows: np.ndarray, monitors: np.ndarray
) -> np.ndarray:
    """Background of a gas [ppb] (time, monitor); a city's usual 20 ppb where it is not measured."""
    if code not in background.mean:
        return np.full((len(rows), len(monitors)), 20.0)
    return np.nan_to_num(background.mean[code][np.ix_(rows, monitors)] / unit, nan=20.0)


def attribute(
    seen: inversion.Episode, candidates: Candidates, places: np.ndarray, weather: Weather,
    settings: inversion.Settings | None = None,
) -> Attribution:  # fmt: skip
    """Probability of each hypothesis.

    Args:
        seen: what the monitors saw in the hours of ``weather``.
        candidates: the hypotheses.
        places: monitors [m] (monitor, 2).
        weather: of the hours.
        settings: what is assumed of errors.
    """
    assumed = settings or inversion.Settings()
    spots, which = np.unique(np.column_stack([candidates.xy, candidates.height]), axis=0, return_inverse=True)
    which = which.reshape(-1)
    away = np.hypot(*np.moveaxis(spots[:, None, :2] - places[None], 2, 0))
    count = len(candidates)
    found = Attribution(
        candidates, weather.times, np.zeros(count), 0.0,
        inversion.Evidence(np.zeros(count), np.zeros((count, len(RATES))), np.zeros((count, len(weather.times)))),
        inversion.tables(seen, SIGNATURES, LOADS, assumed), dilution(spots[:, :2], spots[:, 2], places, weather), which,
        away, node_weight(weather), weather.layer.wind_speed, assumed,
    )  # fmt: skip
    for k in range(count):
        log, found.evidence.rate[k], found.evidence.on[k] = inversion.summary(found.spells(k))
        found.evidence.log[k] = log - np.log(len(SHAPES))
    score = found.evidence.log + np.log(candidates.prior) + np.log1p(-NO_SOURCE)
    total = np.logaddexp(np.logaddexp.reduce(score), np.log(NO_SOURCE))
    return replace(found, probability=np.exp(score - total), none=float(np.exp(np.log(NO_SOURCE) - total)))
