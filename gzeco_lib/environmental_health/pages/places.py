"""Places of the page and the series its chart shows for them."""

from __future__ import annotations

import numpy as np

from gzeco_lib.environmental_health.pages.shown import CITY, Shown
from gzeco_lib.errors import N_, InputError
from gzeco_lib.standards.categories import categories
from gzeco_lib.standards.limits import limit
from gzeco_lib.variables.dictionary import variables
from gzeco_lib.views import theme
from gzeco_lib.views.charts import Line, Series

AVERAGING = {"PM2.5": "24h", "PM10": "24h"}  # GB 3095 has no 1-h limit for particles


AVERAGING_NAMES = {"1h": N_("1-h limit"), "24h": N_("24-h limit")}


def place_kind(shown: Shown, key: str) -> str:
    """Whether ``key`` is the "city", a "district", a "station" or a "source"; the city where nothing has that key."""
    if key == CITY:
        return "city"
    if (shown.table("station_hourly")["site"] == key).any():
        return "station"
    if (shown.table("district_hourly")["district"].astype(str) == key).any():
        return "district"
    return "source" if (shown.table("risk_sources")["enterprise"].astype(str) == key).any() else "city"


def place_row(shown: Shown, key: str) -> tuple[str, tuple[float, float] | None]:
    """Name of the place ``key``, and its longitude and latitude where it is a point."""
    kind = place_kind(shown, key)
    if kind == "city":
        return shown._("Whole city"), None
    if kind == "district":
        frame = shown.table("district_hourly")
        return str(frame.loc[frame["district"].astype(str) == key, shown.name].iloc[0]), None
    name, column = ("station_hourly", "site") if kind == "station" else ("risk_sources", "enterprise")
    frame = shown.table(name)
    row = frame[frame[column].astype(str) == key].iloc[0]
    place = (float(row["lon"]), float(row["lat"]))
    return str(row[shown.name] or row["name_zh"]), place if np.isfinite(place).all() else None


def measures(shown: Shown, key: str) -> dict[str, str]:
    """What can be charted for the place: code by label."""
    codes = ["aqi", "excess_risk"]
    if place_kind(shown, key) == "station":
        codes += shown.pollutants
    return {shown.measure(code)[0]: code for code in codes}


def series(shown: Shown, key: str, measure: str) -> Series:
    """History and forecast of ``measure`` at the place ``key``."""
    kind = place_kind(shown, key)
    name, unit, decimals = shown.measure(measure)
    if measure not in ("aqi", "excess_risk"):
        frame = shown.table("concentration")
        rows = frame[(frame["site"] == key) & (frame["variable"] == measure)]
        return Series(
            rows[["time", "lead_h", "value", "lo", "hi"]], name, unit, decimals, norm_line(shown, measure)
        )
    if kind == "station":
        frame = shown.table("station_hourly")
        frame = frame[frame["site"] == key]
    elif kind == "district":
        frame = shown.table("district_hourly")
        frame = frame[frame["district"].astype(str) == key]
    else:
        frame = shown.table("city_hourly")
    columns = {"value": measure, "lo": f"{measure}_lo", "hi": f"{measure}_hi"}
    rows = frame[["time", "lead_h"]].assign(**{new: frame.get(old, np.nan) for new, old in columns.items()})
    return Series(rows, name, unit, decimals, _aqi_line(shown) if measure == "aqi" else None)


def _aqi_line(shown: Shown) -> Line:
    level = categories()[2]
    return Line(
        float(level.low - 1), shown._("above this line: {category}").format(category=level.name(shown.lang))
    )


def norm_line(shown: Shown, code: str) -> Line | None:
    """The class II limit of GB 3095 in force at the time of the outcome."""
    period = AVERAGING.get(code, "1h")
    try:
        found = limit(code, period, shown.outcome.at)
    except InputError:
        return None
    words = f"{shown._(AVERAGING_NAMES[period])} {theme.number(found.value, variables()[code].decimals)}"
    return Line(float(found.value), words)
