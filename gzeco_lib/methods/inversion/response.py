"""What each candidate source would do to each observation, with its slopes: the plume seen from the monitors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.dispersion import BoundaryLayer
from gzeco_lib.methods.inversion import tabulated

WHERE = "methods.inversion"
FARTHEST = 20_000.0  # a monitor farther from the source than this is given the plume at this distance [m]


@dataclass(frozen=True)
class Slopes:
    """Response and its derivatives, each (observation, source).

    Attributes:
        value: [s m-3].
        east: by the source's easting [s m-4].
        north: by the source's northing [s m-4].
        turn: by the direction the wind comes from [s m-3 rad-1].
        widen: by the logarithm of the spread across the wind [s m-3].
    """

    value: np.ndarray
    east: np.ndarray
    north: np.ndarray
    turn: np.ndarray
    widen: np.ndarray


def along(start: ArrayLike, end: ArrayLike, height: float, spacing: float = 1.0) -> np.ndarray:
    """Points (n, 3) [m] in the middle of equal parts of a path, no farther apart than ``spacing`` [m]."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    count = max(int(np.ceil(np.hypot(*(b - a)) / spacing)), 1)
    part = (np.arange(count) + 0.5) / count
    return np.column_stack([a + part[:, None] * (b - a), np.full(count, height)])


class PlumeResponse:
    """The steady plume at the observations: any source position in, a column of the response matrix out."""

    def __init__(
        self,
        layer: BoundaryLayer,
        sensors: np.ndarray | Sequence[np.ndarray],
        time: ArrayLike,
        sensor: ArrayLike,
        source_height: float = 2.0,
    ) -> None:
        """
        Args:
            layer: weather, one row a time.
            sensors: x, y, height [m] (sensor, 3); or one such array a sensor for instruments that average over points.
            time: row of ``layer`` of each observation (observation,).
            sensor: row of ``sensors`` of each observation (observation,).
            source_height: release height all sources are taken to have [m].

        Raises:
            InputError: an observation names a time or a sensor that is not there.
        """
        parts = [np.atleast_2d(np.asarray(points, float)) for points in sensors]
        self.layer, self.source_height = layer, float(source_height)
        self.points = np.ascontiguousarray(np.concatenate(parts))
        self.counts = np.array([len(points) for points in parts])
        self.starts = np.concatenate([[0], np.cumsum(self.counts)[:-1]])
        self.time, self.sensor = np.asarray(time, np.int64), np.asarray(sensor, np.int64)
        for name, rows, length in (("time", self.time, len(layer)), ("sensor", self.sensor, len(parts))):
            if rows.shape != self.time.shape or rows.min() < 0 or rows.max() >= length:
                raise InputError(
                    N_("an observation names a {name} that is not there"), WHERE,
                    N_("give for each observation a row between 0 and {last}"), name=name, last=length - 1,
                )  # fmt: skip
        self.levels, self._level = np.unique(self.points[:, 2], return_inverse=True)
        self._curves: tabulated.Curves | None = None

    def __len__(self) -> int:
        return len(self.time)

    def take(self, rows: np.ndarray) -> PlumeResponse:
        """The same plume at the observations ``rows`` (indices or a mask)."""
        other = object.__new__(PlumeResponse)
        other.__dict__ |= self.__dict__ | {"time": self.time[rows], "sensor": self.sensor[rows]}
        return other

    def _look_up(self, xy: ArrayLike, kinds: int, turn: float, widen: float) -> np.ndarray:
        xy = np.ascontiguousarray(np.atleast_2d(np.asarray(xy, float)))
        if self._curves is None:
            self._curves = tabulated.tabulate(self.layer, self.levels, self.source_height, FARTHEST)
        curves = self._curves
        out = np.empty((kinds, len(self.time), len(xy)))
        tabulated.look_up(
            out, self.time, self.sensor, self.starts, self.counts, self.points, self._level.reshape(-1), xy,
            np.deg2rad(self.layer.wind_from) + turn, float(widen), curves.axis, curves.narrow, curves.around,
            curves.first, tabulated.STEP,
        )  # fmt: skip
        return out

    def matrix(self, xy: ArrayLike, turn: float = 0.0, widen: float = 0.0) -> np.ndarray:
        """Response [s m-3] (observation, candidate) of sources at ``xy`` [m] (candidate, 2).

        ``turn`` [rad] is added to the wind direction, ``widen`` to the logarithm of the spread across the wind.
        """
        return self._look_up(xy, 1, turn, widen)[0]

    def slopes(self, xy: ArrayLike, turn: float = 0.0, widen: float = 0.0) -> Slopes:
        """The response at ``xy`` with its derivatives."""
        return Slopes(*self._look_up(xy, 5, turn, widen))
