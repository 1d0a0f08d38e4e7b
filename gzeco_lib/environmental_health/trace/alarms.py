"""Alarms: hours in which a station shows more than the other stations and its own usual day explain.

An alarm opens where the excess of one variable passes ``OPENS`` standard errors and lasts while any variable stays
above ``STAYS``; gaps of ``GAP`` hours are joined. Its probability of a local source is a logistic curve of two
features, learnt on generated cities (docs/methods/trace.md). Values that a quality rule made invalid never get here;
one hour of one variable without company in another is what a faulty instrument shows, and counts for less.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from gzeco_lib.environmental_health.trace.background import Background, expected

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUR = pd.Timedelta("1h")
SEARCHED = ("SO2", "NO2", "PM10", "PM2.5", "CO")  # ozone falls near a source, and rises far from any
JUMPING = ("PM10", "PM2.5", "NO2")  # a plume that shows in one of these shows in another
OPENS, STAYS = 4.0, 2.5  # standard errors
GAP = 2  # h below STAYS that do not end an alarm
MOST = 20.0  # standard errors beyond which an excess is no surer
JUMP = 8.0  # standard errors from which one variable alone for an hour or two is a jump of the instrument
COMPANY = 2.0  # standard errors from which a second variable goes along
COLUMNS = (
    "alarm", "site", "name_zh", "name_en", "district", "lon", "lat", "variable", "start", "end", "peak_time", "value",
    "expected", "excess", "score", "probability",
)  # fmt: skip


@dataclass(frozen=True)
class Curve:
    """Logistic curve of the probability that something local made an excess; see docs/methods/trace.md.

    Attributes:
        level: at the opening score.
        score: per logarithm of the highest score over ``OPENS``, which counts up to ``MOST``.
        lone: where one variable alone jumps for an hour or two as instruments do.
    """

    level: float = -2.6
    score: float = 6.8
    lone: float = -12.7

    def probability(self, score: float, lone: bool) -> float:
        """Of an excess whose highest hour is ``score`` standard errors."""
        odds = self.level + self.score * np.log(min(score, MOST) / OPENS) + self.lone * lone
        return float(1.0 / (1.0 + np.exp(-odds)))


CURVE = Curve()


def alarms(
    data: xr.Dataset,
    sites: pd.DataFrame,
    since: pd.Timestamp | None = None,
    least: float = 0.5,
    background: Background | None = None,
) -> pd.DataFrame:
    """Alarms that touch the hours from ``since`` on, newest first.

    Args:
        data: hourly observations (time, site) as ``lake.observations`` gives them (invalid ones are NaN), best 30 days.
        sites: columns site, name_zh, name_en, district, lon, lat.
        since: UTC; None are the last 24 hours of ``data``.
        least: alarms with a lower probability are left out.
        background: ``expected(data)`` where it is known already.

    Returns:
        One row an alarm: the columns ``COLUMNS``; times UTC, ``end`` exclusive; value, expected and excess at the peak
        [variable's unit], score [1] in standard errors. The id is that of the station and the hour it began.
    """
    found = background or expected(data)
    first = found.times[-1] - 23 * HOUR if since is None else _plain(since)
    known = {str(row["site"]): {str(k): v for k, v in row.items()} for row in sites.to_dict("records")}
    rows = [
        row for row in excesses(found) if row["last"] >= first and row["probability"] >= least and row["site"] in known
    ]  # fmt: skip
    rows.sort(key=lambda row: (-row["start"].value, -row["score"], row["site"]))
    return pd.DataFrame([_row(row, known[row["site"]]) for row in rows], columns=list(COLUMNS))


def excesses(background: Background) -> Iterator[dict[str, Any]]:
    """Every excess of every station, with its features and probability; times without a zone (UTC)."""
    codes = [code for code in SEARCHED if code in background.observed]
    if not codes:
        return
    z = np.stack([background.z[code] for code in codes])  # (code, time, site)
    z = np.where(np.isfinite(z), z, -np.inf)
    for site in range(z.shape[2]):
        for begin, stop in spells(z[:, :, site].max(axis=0)):
            yield _features(background, codes, z[:, begin:stop, site], site, begin, stop)


def spells(z: np.ndarray) -> list[tuple[int, int]]:
    """Half-open spells of hours above ``STAYS`` with an hour above ``OPENS``; gaps of ``GAP`` hours are joined."""
    above = np.flatnonzero(z > STAYS)
    if not len(above):
        return []
    parts = np.split(above, np.flatnonzero(np.diff(above) > GAP + 1) + 1)
    return [(int(p[0]), int(p[-1]) + 1) for p in parts if z[p].max() > OPENS]


def _features(
    background: Background, codes: list[str], z: np.ndarray, site: int, begin: int, stop: int
) -> dict[str, Any]:
    which, hour = np.unravel_index(int(np.argmax(z)), z.shape)
    others = np.delete(z, which, axis=0)
    near = others[:, z[which] > STAYS]
    score = float(z[which, hour])
    hours = int((z.max(axis=0) > 3.0).sum())
    company = bool(near.size and near.max() > COMPANY and (near.max(axis=0) > COMPANY).mean() > 0.3)
    lone = codes[int(which)] in JUMPING and hours <= 2 and score > JUMP and not company
    code, at = codes[int(which)], begin + int(hour)
    value, mean = background.observed[code][at, site], background.mean[code][at, site]
    return {
        "site": background.sites[site], "variable": code, "start": background.times[begin],
        "last": background.times[stop - 1], "peak_time": background.times[at], "value": float(value),
        "expected": float(mean), "excess": float(value - mean), "score": score, "hours": hours, "company": company,
        "probability": CURVE.probability(score, lone),
    }  # fmt: skip


def _row(row: dict[str, Any], site: dict[str, Any]) -> dict[str, Any]:
    start = row["start"].tz_localize("UTC")
    text = f"{row['site']} {start:%Y%m%dT%H}"
    return {
        "alarm": f"{start:%Y%m%dT%H}-{hashlib.sha256(text.encode()).hexdigest()[:8]}",
        "site": row["site"], "name_zh": site.get("name_zh"), "name_en": site.get("name_en"),
        "district": site.get("district"), "lon": site.get("lon"), "lat": site.get("lat"), "variable": row["variable"],
        "start": start, "end": row["last"].tz_localize("UTC") + HOUR, "peak_time": row["peak_time"].tz_localize("UTC"),
        "value": row["value"], "expected": row["expected"], "excess": row["excess"], "score": row["score"],
        "probability": row["probability"],
    }  # fmt: skip


def _plain(time: pd.Timestamp) -> pd.Timestamp:
    """UTC without a zone, as the arrays hold times."""
    return time.tz_convert("UTC").tz_localize(None) if time.tzinfo else time
