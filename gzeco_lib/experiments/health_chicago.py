"""Daily deaths, weather and air pollution of Chicago 1987-2000 (NMMAPS), the public set of the dlnm literature.

Source: Samet et al. 2000, Health Effects Institute report 94; as distributed with R dlnm (Gasparrini 2011).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.experiments.folder import folder

COLUMNS = ("date", "death", "cvd", "resp", "temp", "dptp", "rhum", "pm10", "o3")


def daily(root: Path | str | None = None) -> pd.DataFrame:
    """All days that lie in ``health_chicago_nmmaps`` of the public data sets, in order, indexed by date.

    Columns: ``death``, ``cvd``, ``resp`` [cases a day], ``temp`` [degC], ``dptp`` [degF], ``rhum`` [%], ``pm10``
    [ug m-3], ``o3`` [ppb]; NaN where missing.

    Raises:
        InputError: the data set is not there, or a file lacks a column.
    """
    place = folder("health_chicago_nmmaps", root)
    files = sorted(place.glob("*.csv"))
    if not files:
        raise InputError(
            N_("the public data set {name} is not here"), str(place),
            N_("docs/experiments.md says where it comes from; name its folder in GZECO_DATA"), name="*.csv",
        )  # fmt: skip
    frames = []
    for file in files:
        frame = pd.read_csv(file)
        missing = [c for c in COLUMNS if c not in frame]
        if missing:
            raise InputError(
                N_("no column {column}"), str(file), N_("the set has the columns {near}"),
                column=missing[0], near=", ".join(COLUMNS),
            )  # fmt: skip
        frames.append(frame)
    rows = pd.concat(frames, ignore_index=True)
    rows["date"] = pd.to_datetime(rows["date"])
    return rows.drop_duplicates("date").set_index("date").sort_index()
