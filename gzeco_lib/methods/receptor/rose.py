"""Wind and pollution roses: how often the wind comes from where, by classes of speed or of concentration.

Definitions as in openair's ``windRose`` and ``pollutionRose``; where directions come rounded to 10 degrees
and sectors span unequal numbers of them, frequencies are corrected (Applequist 2012,
doi:10.1175/JAMC-D-11-0193.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.methods.receptor.frame import WHERE, capture, one_of, prepare
from gzeco_lib.methods.receptor.pretty import pretty

STATISTICS = ("prop_count", "prop_mean", "abs_count")


def wind_rose(
    frame: pd.DataFrame,
    *,
    angle: float = 30.0,
    step: float = 2.0,
    breaks: int | Sequence[float] = 4,
    statistic: str = "prop_count",
    bias_correction: bool = True,
    normalise: bool = False,
    ws: str = "ws",
    wd: str = "wd",
) -> pd.DataFrame:
    """Frequency by direction and class of wind speed.

    Args:
        frame: columns ``ws`` [m s-1] and ``wd`` [deg, from].
        angle: width of a sector [deg]; it divides 360.
        step: width of a class of speed [m s-1].
        breaks: number of classes below the open one, or the class limits [m s-1].
        statistic: ``prop_count`` [%] of all hours with a speed, ``prop_mean`` [%] of the mean, ``abs_count`` hours.
        bias_correction: see the module.
        normalise: each sector to 100 %.
        ws: column of the speed.
        wd: column of the direction.

    Returns:
        Row a sector (index ``wd``, its middle [deg], 360 is north), column a class of speed ("0-2" ...),
        ``hours``, ``total``. ``attrs``: ``outside`` [%] hours whose value is missing or not above the lowest
        limit, ``calm`` [%] hours that have no direction (calm, or direction missing; openair's figure),
        ``still`` [%] hours of speed 0, ``mean`` of the speed, ``capture`` [%], ``breaks``.

    Raises:
        InputError: bad column or argument, no hour with wind.
    """
    limits = step * np.arange(breaks) if isinstance(breaks, int) else np.asarray(breaks, float)
    return _rose(frame, ws, limits, angle, statistic, bias_correction, normalise, ws, wd)


def pollution_rose(
    frame: pd.DataFrame,
    pollutant: str,
    *,
    angle: float = 30.0,
    breaks: int | Sequence[float] = 6,
    statistic: str = "prop_count",
    bias_correction: bool = True,
    normalise: bool = False,
    ws: str = "ws",
    wd: str = "wd",
) -> pd.DataFrame:
    """Frequency by direction and class of concentration.

    Classes reach from the lowest value to the 90th percentile in round steps, the last one to the highest
    value, unless ``breaks`` gives their limits. Percentages are of all hours with a wind speed. Else as
    ``wind_rose``.
    """
    if isinstance(breaks, int):
        values = prepare(frame, [pollutant], need_time=False)[pollutant].dropna()
        if values.empty:
            raise InputError(
                N_("column {column} holds no number"), WHERE, N_("take a longer period"), column=pollutant
            )
        limits = pretty(float(values.min()), float(values.quantile(0.9)), breaks)
    else:
        limits = np.asarray(breaks, float)
    return _rose(frame, pollutant, limits, angle, statistic, bias_correction, normalise, ws, wd)


def _rose(
    frame: pd.DataFrame, column: str, limits: np.ndarray, angle: float, statistic: str, bias_correction: bool,
    normalise: bool, ws: str, wd: str,
) -> pd.DataFrame:  # fmt: skip
    one_of("statistic", statistic, STATISTICS)
    turns = round(360 / angle) if angle > 0 else 0
    if turns < 2 or abs(turns * angle - 360) > 1e-9:
        raise InputError(
            N_("sectors of {angle} degrees do not fill a circle"),
            WHERE,
            N_("use 10, 15, 22.5, 30 or 45"),
            angle=angle,
        )
    columns = [column] if column != ws else []
    data = prepare(frame, columns, ws, wd, need_time=False)
    rows = len(data)
    data = data[data["ws"].notna()]
    if data.empty:
        raise InputError(N_("no hour has a wind speed"), WHERE, N_("check the column {column}"), column=ws)
    values = data["ws" if column == ws else column].to_numpy()
    still = data["ws"].to_numpy() == 0
    direction = np.where(still, np.nan, data["wd"].to_numpy())
    edges = _edges(limits, values)
    label = [f"{a:g}-{b:g}" for a, b in pairwise(edges)]
    group = np.searchsorted(edges, values, side="left") - 1  # classes closed on the right, as R's cut
    known = np.isfinite(values) & (group >= 0) & (group < len(label))
    sector = _sectors(direction, angle, turns)
    placed = known & (sector >= 0)
    weight = np.where(known, values, 0.0) if statistic == "prop_mean" else np.ones(len(values))
    table = np.zeros((turns, len(label)))
    np.add.at(table, (sector[placed], group[placed]), weight[placed])
    whole = {"prop_count": float(len(data)), "prop_mean": float(weight[known].sum()), "abs_count": 100.0}[
        statistic
    ]
    table *= 100 / whole
    if bias_correction:
        table *= _correction(data["wd"].to_numpy(), angle, turns)[:, None]
    if normalise:
        whole_sector = table.sum(axis=1, keepdims=True)
        table *= 100 / np.where(whole_sector > 0, whole_sector, np.nan)
    made = pd.DataFrame(table, columns=label, index=pd.Index(angle * np.arange(1, turns + 1), name="wd"))
    made["hours"] = np.bincount(sector[sector >= 0], minlength=turns)
    made["total"] = table.sum(axis=1)
    made.attrs = {
        "statistic": statistic, "breaks": edges.tolist(), "mean": float(np.nanmean(values)),
        "calm": 100 * float(np.mean(~np.isfinite(direction))), "still": 100 * float(still.mean()),
        "outside": 100 * float(np.mean(~known)), "capture": capture(values, rows), "column": column, "angle": angle,
    }  # fmt: skip
    return made


def _edges(limits: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The class limits, the highest value appended where they stop below it."""
    limits = np.unique(limits)
    top = np.nanmax(values) if np.isfinite(values).any() else np.nan
    if np.isfinite(top) and (limits.size == 0 or limits[-1] < top):
        limits = np.append(limits, top)
    if len(limits) < 2:
        raise InputError(
            N_("the class limits enclose nothing"), WHERE, N_("give at least two, the lowest below the data")
        )
    return limits


def _sectors(direction: np.ndarray, angle: float, turns: int) -> np.ndarray:
    """Index of the sector (0 is the one around ``angle``, the last is north), -1 without a direction."""
    with np.errstate(invalid="ignore"):
        index = np.ceil(direction / angle - 0.5)
    index = np.where(np.isfinite(index), index, 0).astype(int)
    return np.where(np.isfinite(direction), (index - 1) % turns, -1)


def _correction(direction: np.ndarray, angle: float, turns: int) -> np.ndarray:
    """Factor a sector where directions are whole tens and sectors hold unequal numbers of tens, else ones."""
    given = direction[np.isfinite(direction)]
    if np.any(given % 10):
        return np.ones(turns)
    tens = np.bincount(_sectors(np.arange(10.0, 361.0, 10.0), angle, turns), minlength=turns)
    if not tens.all():
        return np.ones(turns)
    return tens.mean() / tens
