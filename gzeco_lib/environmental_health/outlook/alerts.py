"""Alerts: where and when the probability of a band passes the threshold that the user set.

Pure functions over what an outcome stores, so that a page can set another threshold without another run.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.environmental_health.outlook import probability
from gzeco_lib.environmental_health.outlook.groups import ALL
from gzeco_lib.environmental_health.outlook.probability import CITY
from gzeco_lib.geo.districts import NAMES
from gzeco_lib.geo.grid import cell_of

COLUMNS = (
    "place_kind", "place", "name_zh", "name_en", "group", "band", "probability", "first_time", "last_time",
    "hours", "peak_time", "people",
)  # fmt: skip
TIME = "datetime64[ns, UTC]"
TYPES = {
    "hours": "int64", "probability": "float64", "people": "float64",
    "first_time": TIME, "last_time": TIME, "peak_time": TIME,
}  # fmt: skip
CITY_NAMES = ("广州市", "Guangzhou")
MOST_CELLS = 200  # of cells the most probable and most populous are listed; the map shows all


def alerts(
    group_hourly: pd.DataFrame,
    risk: xr.Dataset,
    band: str,
    least: float,
    form: str,
    persons: np.ndarray | None = None,
) -> pd.DataFrame:
    """The table ``alerts``: runs of hours from now on with a probability of ``band`` or worse of at least ``least``.

    City and districts stand for all people in them; a group is listed for the city, and for a district that as a whole
    has no alert. ``people`` are the most present in any hour of the run. Hours apart by one hour below the threshold
    are one alert.

    Args:
        group_hourly: the table of an outcome.
        risk: its field ``risk`` (lead_h, y, x).
        band: low | moderate | high | very_high | serious.
        least: [1].
        form: the form of the excess risk.
        persons: present (lead_h, y, x) for the cells; None where not known.
    """
    ahead = group_hourly[group_hourly["lead_h"] >= 0]
    rows = [*_areas(ahead, band, least, form), *_cells(risk, band, least, form, persons)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(TYPES)


def runs(over: np.ndarray) -> list[tuple[int, int]]:
    """First and last index of each run of True, with gaps of one closed."""
    at = np.flatnonzero(over)
    if not len(at):
        return []
    cut = np.flatnonzero(np.diff(at) > 2)
    starts, ends = at[np.concatenate([[0], cut + 1])], at[np.concatenate([cut, [len(at) - 1]])]
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _areas(ahead: pd.DataFrame, band: str, least: float, form: str) -> Iterator[dict[str, object]]:
    whole = set()  # districts with an alert for everybody; their groups need no line of their own
    first_all = ahead.sort_values("group", key=lambda names: names != ALL, kind="stable")
    for (district, group), rows in first_all.groupby(["district", "group"], sort=False):
        if group != ALL and district in whole:
            continue
        of = rows.sort_values("lead_h")
        times = pd.DatetimeIndex(of["time"])
        mean = of["excess_risk"].to_numpy(dtype=float)
        sd = probability.spread_of(mean, of["excess_risk_hi"].to_numpy(dtype=float))
        limit = probability.thresholds(
            band, times.tz_localize(None).to_numpy().astype("datetime64[ns]"), form
        )
        found = probability.exceedance(mean, sd, limit)
        kind = "group" if group != ALL else "city" if district == CITY else "district"
        names = CITY_NAMES if district == CITY else NAMES.get(str(district), (str(district), str(district)))
        people = of["people"].to_numpy(dtype=float)
        for first, last in runs(found >= least):
            whole |= {district} if group == ALL and district != CITY else set()
            yield _row(kind, str(district), names, str(group), band, found, times, people, first, last)


def _cells(
    risk: xr.Dataset, band: str, least: float, form: str, persons: np.ndarray | None
) -> Iterator[dict[str, object]]:
    found = probability.of_cells(risk, band, form)
    times = pd.DatetimeIndex(risk["time"].to_numpy()).tz_localize("UTC")
    with np.errstate(invalid="ignore"):
        over = (found >= least).any(axis=0)
    y, x = np.nonzero(over)
    if not len(y):
        return
    most = np.zeros(len(y)) if persons is None else np.nan_to_num(persons[:, y, x]).max(axis=0)
    order = np.lexsort((-np.nanmax(found[:, y, x], axis=0), -most))[:MOST_CELLS]
    names = cell_of(
        risk["x"].to_numpy()[x], risk["y"].to_numpy()[y], int(risk.attrs.get("resolution_m", 1000))
    )
    for k in order:
        here = found[:, y[k], x[k]]
        people = np.full(len(here), np.nan) if persons is None else persons[:, y[k], x[k]]
        for first, last in runs(here >= least):
            yield _row(
                "cell", str(names[k]), (str(names[k]),) * 2, ALL, band, here, times, people, first, last
            )


def _row(
    kind: str,
    place: str,
    names: tuple[str, str],
    group: str,
    band: str,
    found: np.ndarray,
    times: pd.DatetimeIndex,
    people: np.ndarray,
    first: int,
    last: int,
) -> dict[str, object]:
    peak = first + int(np.nanargmax(found[first : last + 1]))
    there = people[first : last + 1]
    return {
        "place_kind": kind,
        "place": place,
        "name_zh": names[0],
        "name_en": names[1],
        "group": group,
        "band": band,
        "probability": float(found[peak]),
        "first_time": times[first],
        "last_time": times[last],
        "hours": last - first + 1,
        "peak_time": times[peak],
        "people": float(np.nanmax(there)) if np.isfinite(there).any() else np.nan,
    }
