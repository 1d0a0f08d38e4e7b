"""Risk of heat and cold in the cells: the local curve where one stands, else the literature's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.outlook.weather import Weather
from gzeco_lib.errors import N_
from gzeco_lib.standards.temperature import literature_curve

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake
    from gzeco_lib.scenario.outcome import Note

RESPONSE = "environmental_health_response"
CITY = "440100"
EXPOSURE = "temperature"
KINDS = ("bayes", "local")  # of the local curves, the better one first
CAUSES = ("nonaccidental", "all", "circulatory", "respiratory")  # of deaths, the widest first
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Curve:
    """Relative risk of a day by its mean temperature.

    Attributes:
        temperature: ascending [degC].
        rr: relative risk against the temperature of least risk.
        error: standard error of its logarithm.
        local: True where it was estimated from the city's own counts.
        source: where it comes from.
    """

    temperature: np.ndarray
    rr: np.ndarray
    error: np.ndarray
    local: bool
    source: str


@dataclass(frozen=True)
class TemperatureRisk:
    """Excess risk of heat and cold in the cells (time, cell) [%] and its standard error."""

    value: np.ndarray
    sd: np.ndarray


def choose(lake: Lake, at: pd.Timestamp) -> tuple[Curve, list[Note]]:
    """The local curve of the latest response at or before ``at``, else that of the literature; said which."""
    found = local(lake, at)
    if found is not None:
        note = N_("Heat and cold follow the curve estimated from the city's own counts of deaths.")
        return found, [(note, {})]
    note = N_(
        "Heat and cold follow a curve of the literature: none was estimated from the city's own counts."
    )
    return literature(), [(note, {})]


def literature() -> Curve:
    """The curve of published figures for Guangzhou, the same for everybody."""
    found = literature_curve()
    return Curve(found.temperature, found.rr, found.error, False, found.source)


def local(lake: Lake, at: pd.Timestamp) -> Curve | None:
    """The city's own curve of deaths at all ages; None where there is none."""
    from gzeco_lib.scenario.outcome import Outcome

    made = Outcome.load(lake, RESPONSE, at)
    rows = None if made is None else made.tables.get("curve")
    if rows is None or rows.empty:
        return None
    rows = rows[(rows["exposure"] == EXPOSURE) & (rows["district"] == CITY) & (rows["measure"] == "deaths")]
    rows = rows[rows["age"] == "all"]
    for kind in KINDS:
        for cause in CAUSES:
            of = rows[(rows["kind"] == kind) & (rows["cause"] == cause)].sort_values("value")
            if len(of) >= 3 and of[["rr", "lo", "hi"]].gt(0).to_numpy().all():
                return _curve(of, kind)
    return None


def _curve(rows: pd.DataFrame, kind: str) -> Curve:
    warm, rr, lo, hi = (rows[name].to_numpy(dtype=float) for name in ("value", "rr", "lo", "hi"))
    error = np.log(np.maximum(hi, 1e-9) / np.maximum(lo, 1e-9)) / (2 * Z95)
    return Curve(warm, rr, error, True, kind)


def risk(curve: Curve, weather: Weather, cells_xy: np.ndarray) -> TemperatureRisk:
    """Excess risk of the mean temperature of the 24 hours that end with each hour, in each cell.

    The curves are of days: an hour takes the day that ends with it. Beyond the temperatures a curve was seen at, its
    end holds. Errors of curve, forecast and place are independent and add as variances, to first order.
    """
    warm = weather.at(weather.daily, cells_xy)
    known = np.isfinite(warm)
    log_rr = np.log(curve.rr)
    value = np.where(known, 100 * np.expm1(np.interp(warm, curve.temperature, log_rr)), np.nan)
    slope = np.gradient(log_rr, curve.temperature)
    steep = np.interp(warm, curve.temperature, slope)
    away = np.hypot(np.nan_to_num(weather.daily_sd), weather.spatial)[:, None]
    sd_log = np.hypot(np.interp(warm, curve.temperature, curve.error), steep * away)
    return TemperatureRisk(value, np.where(known, (100 + value) * sd_log, np.nan))
