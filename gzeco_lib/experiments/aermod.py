"""A run of AERMOD to compare with: its source, its hourly weather and its hourly concentrations.

Files: ``*_source.txt`` (what emits), ``*_weather.csv`` (surface file with named columns), ``*_hourly.csv.gz``
(``x_m, y_m, conc_ug_m3, yymmddhh``). Hours are those of AERMOD: 1..24, the hour that ends then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.experiments.folder import folder
from gzeco_lib.methods.dispersion.inputs import BoundaryLayer, Sources

NAME = "aermod_reference"
NUMBERS = re.compile(r"=\s*([-\d.\s]+);")


@dataclass(frozen=True)
class Reference:
    """One stack's run.

    Attributes:
        rate: emission [g s-1].
        source: the stack.
        receptors: x, y, height [m] (receptor, 3).
        times: start of each hour, local standard time (time,).
        layer: weather (time,).
        concentration: [ug m-3] (time, receptor).
    """

    rate: float
    source: Sources
    receptors: np.ndarray
    times: pd.DatetimeIndex
    layer: BoundaryLayer
    concentration: np.ndarray

    def first(self, hours: int) -> Reference:
        """The first ``hours``."""
        kept = np.arange(min(hours, len(self.times)))
        return replace(
            self, times=self.times[kept], layer=self.layer.take(kept), concentration=self.concentration[kept]
        )


def read(root: Path | str | None = None) -> list[Reference]:
    """Every run in the folder ``aermod_reference``.

    Args:
        root: folder of all public data sets; see ``folder``.

    Raises:
        InputError: no folder, no run in it, or a source that cannot be read.
    """
    place = folder(NAME, root)
    stems = sorted(path.name.removesuffix("_source.txt") for path in place.glob("*_source.txt"))
    if not stems:
        raise InputError(
            N_("no run of AERMOD is here"),
            str(place),
            N_("put NAME_source.txt, NAME_weather.csv and NAME_hourly.csv.gz there"),
        )
    return [_run(place, stem) for stem in stems]


def _run(place: Path, stem: str) -> Reference:
    rate, source = _source(place / f"{stem}_source.txt")
    weather = pd.read_csv(place / f"{stem}_weather.csv")
    weather.index = pd.to_datetime(
        {"year": 2000 + weather.yy, "month": weather.mm, "day": weather.dd}
    ) + pd.to_timedelta(weather.hh - 1, unit="h")
    rows = pd.read_csv(next(iter(place.glob(f"{stem}_hourly.csv*"))), dtype={"yymmddhh": str})
    codes, hour = np.unique(rows.yymmddhh.to_numpy(str), return_inverse=True)
    times = pd.DatetimeIndex(
        [pd.Timestamp(f"20{c[:2]}-{c[2:4]}-{c[4:6]}") + pd.Timedelta(hours=int(c[6:]) - 1) for c in codes]
    )
    spots, spot = np.unique(rows[["x_m", "y_m"]].to_numpy(), axis=0, return_inverse=True)
    found = np.full((len(times), len(spots)), np.nan)
    found[hour, spot.reshape(-1)] = rows.conc_ug_m3
    usable = (weather.ustar_m_s > 0) & (weather.ws_m_s > 0) & (weather.L_m > -90000)
    kept = times[times.isin(weather.index[usable])]
    return Reference(
        rate, source, np.column_stack([spots, np.zeros(len(spots))]), kept,
        _layer(weather.loc[kept]), found[times.isin(kept)],
    )  # fmt: skip


def _source(path: Path) -> tuple[float, Sources]:
    matched = NUMBERS.search(path.read_text())
    numbers = [float(part) for part in matched[1].split()] if matched else []
    if len(numbers) != 5:
        raise InputError(
            N_("the source is not told by five numbers"), str(path),
            N_("write: emission g/s, height m, exit temperature K, exit velocity m/s, diameter m = 1 2 3 4 5;"),
        )  # fmt: skip
    rate, height, temperature, velocity, diameter = numbers
    source = Sources(
        x=np.zeros(1), y=np.zeros(1), height=np.array([height]), diameter=np.array([diameter]),
        velocity=np.array([velocity]), temperature=np.array([temperature]),
    )  # fmt: skip
    return rate, source


def _layer(rows: pd.DataFrame) -> BoundaryLayer:
    """Lid: the mechanical one, in convective hours the higher of both (as AERMOD); -9 and -999 are missing."""
    convective = rows.zi_convective_m.where(rows.zi_convective_m > 0, 0.0)
    lid = np.where(rows.L_m > 0, rows.zi_mechanical_m, np.maximum(convective, rows.zi_mechanical_m))
    column = {name: rows[name].to_numpy(float) for name in rows.columns}
    return BoundaryLayer(
        wind_speed=column["ws_m_s"], wind_from=column["wd_deg"], friction_velocity=column["ustar_m_s"],
        obukhov_length=column["L_m"], mixing_height=lid, roughness_length=column["z0_m"],
        reference_height=column["zref_m"], temperature=column["temp_k"],
        convective_velocity=np.maximum(column["wstar_m_s"], 0.0),
        lapse=np.where(column["vptg_k_m"] > 0, column["vptg_k_m"], 0.005),
    )  # fmt: skip
