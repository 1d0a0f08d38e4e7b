"""Ginninderra 2015: methane released at a known rate on a paddock near Canberra, seen by 25 instruments.

Source: Feitz et al. (2018), doi:10.1016/j.ijggc.2017.11.018; the table is the one of Cartwright et al. (2019),
doi:10.5194/amt-12-4659-2019 (CC BY 4.0). Some instruments sample at a point, some average along a laser's path.
The table does not hold the roughness, the height of release or that of the anemometer; what is assumed stands below.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.experiments.folder import folder
from gzeco_lib.methods.dispersion import BoundaryLayer
from gzeco_lib.methods.dispersion.profiles import KARMAN, wind_shape
from gzeco_lib.methods.inversion import PlumeResponse, along

NAME = "ginninderra_2015_ch4"
RELEASE_HEIGHT = 0.3  # a chamber on the ground [m]
ROUGHNESS = (
    0.02  # short grass: WMO-No. 8 (2018), part I, annex 5.A, Davenport class 3 is 0.03, class 2 0.005 [m]
)
ANEMOMETER = 2.3  # that of the flux station at the origin of the plane [m]
MIXING_HEIGHT = 800.0  # plumes here are metres deep and do not feel it [m]
MOLAR_MASS, GAS = 16.043, 8.314462618  # of methane [g mol-1]; [J mol-1 K-1]
# Weather in which similarity theory holds near the ground: Flesch et al. (2005), doi:10.1175/JAM2214.1
LEAST_FRICTION, LEAST_LENGTH = 0.15, 10.0  # u* [m s-1], |L| [m]
COLUMNS = ["Time", "release_rate", "air_temp", "air_pressure", "wind_speed", "wind_dir", "L", "inst_name", "source_x",
           "source_y", "z", "x1", "y1", "x2", "y2", "Concentration"]  # fmt: skip


@dataclass(frozen=True)
class Release:
    """Observations of one release rate.

    Attributes:
        rate: true release [g s-1].
        source: true place [m] (2,).
        times: start of each interval (time,).
        layer: weather (time,).
        names: instruments (sensor,).
        sensors: points [m] each instrument averages over (sensor,).
        time: row of ``times`` (observation,).
        sensor: row of ``names`` (observation,).
        observed: methane [g m-3] (observation,), its background included.
        sd: noise of the instrument [g m-3] (observation,).
        background: label of each instrument's day (observation,): levels differ by instrument and drift.
    """

    rate: float
    source: np.ndarray
    times: pd.DatetimeIndex
    layer: BoundaryLayer
    names: list[str]
    sensors: list[np.ndarray]
    time: np.ndarray
    sensor: np.ndarray
    observed: np.ndarray
    sd: np.ndarray
    background: np.ndarray

    def response(self) -> PlumeResponse:
        """The plume at the observations."""
        return PlumeResponse(self.layer, self.sensors, self.time, self.sensor, RELEASE_HEIGHT)

    def box(self, margin: float = 30.0) -> np.ndarray:
        """Where the source may be: around all instruments, ((west, east), (south, north)) [m]."""
        points = np.concatenate(self.sensors)[:, :2]
        return np.column_stack([points.min(axis=0) - margin, points.max(axis=0) + margin])


def read(root: Path | str | None = None) -> pd.DataFrame:
    """The table as published, with the time read.

    Args:
        root: folder of all public data sets; see ``folder``.

    Raises:
        InputError: no folder, no table, or a column is missing.
    """
    place = folder(NAME, root)
    parts = sorted(place.glob("*.parquet"))
    if not parts:
        raise InputError(
            N_("no table of the release experiment is here"), str(place), N_("put ginninderra.parquet there")
        )
    frame = pd.concat([pd.read_parquet(path) for path in parts], ignore_index=True)
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise InputError(
            N_("no column {column}"),
            str(place),
            N_("take the table of Cartwright et al. (2019)"),
            column=missing[0],
        )
    return frame.assign(Time=pd.to_datetime(frame["Time"])).dropna(
        subset=["Concentration", "wind_speed", "wind_dir", "L"]
    )


def friction(speed: np.ndarray, length: np.ndarray) -> np.ndarray:
    """u* [m s-1] from the wind at ``ANEMOMETER`` and the Obukhov length [m]."""
    height = np.full(len(speed), ANEMOMETER)
    return KARMAN * speed / wind_shape(height, np.full(len(speed), ROUGHNESS), length)


def release(frame: pd.DataFrame, rate: float, tolerance: float = 0.05) -> Release:
    """Observations while methane left at ``rate`` [g min-1], in weather a plume model is made for.

    Args:
        frame: as ``read`` gives it.
        rate: release [g min-1].
        tolerance: how far the release may be from it [g min-1].

    Raises:
        InputError: no such rows.
    """
    rows = frame[(frame["release_rate"] - rate).abs() <= tolerance]
    length = rows["L"].to_numpy(float)
    known = friction(rows["wind_speed"].to_numpy(float), length) >= LEAST_FRICTION
    rows = rows[known & (np.abs(length) >= LEAST_LENGTH)]
    if rows.empty:
        raise InputError(
            N_("nothing was released at {rate} g/min in usable weather"),
            NAME,
            N_("ask for a rate of the column release_rate"),
            rate=rate,
        )
    weather = rows.groupby("Time").first().sort_index()
    instruments = rows.groupby("inst_name").first().sort_index()
    sensor = instruments.index.get_indexer(pd.Index(rows["inst_name"]))
    to_mass = 1e-6 * MOLAR_MASS * rows["air_pressure"].to_numpy() / (GAS * rows["air_temp"].to_numpy())
    observed = rows["Concentration"].to_numpy(float) * to_mass
    source = rows[["source_x", "source_y"]].iloc[0].to_numpy(float)
    day = rows["Time"].dt.normalize()
    return Release(
        rate / 60, source, pd.DatetimeIndex(weather.index), _layer(weather),
        list(instruments.index), [_points(row) for row in instruments.itertuples()],
        weather.index.get_indexer(pd.Index(rows["Time"])), sensor, observed,
        _noise(observed, sensor, day.to_numpy())[sensor],
        (rows["inst_name"] + day.dt.strftime(" %m-%d")).to_numpy(),
    )  # fmt: skip


def _layer(weather: pd.DataFrame) -> BoundaryLayer:
    speed, length = weather["wind_speed"].to_numpy(float), weather["L"].to_numpy(float)
    direction, lid = weather["wind_dir"].to_numpy(float), np.full(len(weather), MIXING_HEIGHT)
    return BoundaryLayer(
        speed, direction, friction(speed, length), length, lid,
        roughness_length=np.full(1, ROUGHNESS), reference_height=np.full(1, ANEMOMETER),
        temperature=weather["air_temp"].to_numpy(float),
    )  # fmt: skip


def _points(row) -> np.ndarray:
    """Where an instrument samples: one point, or points along its path."""
    if np.isnan(row.x2):
        return np.array([[row.x1, row.y1, row.z]])
    return along((row.x1, row.y1), (row.x2, row.y2), row.z)


def _noise(observed: np.ndarray, sensor: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Standard deviation of each instrument [g m-3] from the steps of its quieter half, where no plume passes."""
    frame = pd.DataFrame({"value": observed, "sensor": sensor, "day": day})
    quiet = frame[frame["value"] <= frame.groupby(["sensor", "day"])["value"].transform("median")]
    steps = quiet.groupby(["sensor", "day"])["value"].diff().abs()
    middle = steps.groupby(quiet["sensor"]).median()
    typical = float(middle[middle > 0].median())
    return np.maximum(
        1.4826 / np.sqrt(2) * middle.reindex(range(sensor.max() + 1)).fillna(typical).to_numpy(),
        0.1 * typical,
    )
