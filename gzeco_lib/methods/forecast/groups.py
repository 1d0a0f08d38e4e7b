"""Groups of causes a forecast is explained by, and which group a series belongs to."""

from __future__ import annotations

GROUPS = ("recent", "day", "neighbours", "pollutants", "weather", "calendar")
POLLUTANTS = {
    "PM2.5", "PM25", "PM10", "PM1", "TSP", "SO2", "NO2", "NO", "NOX", "O3", "CO", "NH3", "H2S", "VOC", "NMHC", "CH4",
    "BC", "AQI", "BENZENE",
}  # fmt: skip


def group_of(series: str) -> str:
    """``pollutants`` or ``weather``, by the name of a covariate (an angle has ``name:sin`` and ``name:cos``)."""
    return "pollutants" if series.partition(":")[0].upper() in POLLUTANTS else "weather"
