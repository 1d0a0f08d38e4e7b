"""Every table of the page as a sheet to read and to take away."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.pages.places import place_row, series
from gzeco_lib.environmental_health.pages.shown import Shown, reasons, stations_at
from gzeco_lib.variables.dictionary import variables
from gzeco_lib.views import theme
from gzeco_lib.views.tables import Column, Sheet


def sheets(shown: Shown, key: str, measure: str, lead: int) -> dict[str, Sheet]:
    """Every table a reader can see and take away, by key."""
    _ = shown._
    place, _point = place_row(shown, key)
    name, unit, decimals = shown.measure(measure)
    rows = series(shown, key, measure).frame.sort_values("time")
    # What comes next stands first; then the past, going back.
    rows = pd.concat([rows[rows["lead_h"] > 0], rows[rows["lead_h"] <= 0].iloc[::-1]])
    state = np.where(rows["lead_h"] > 0, _("forecast"), _("observed"))
    risk = [
        Column("aqi", _("AQI"), "", 0),
        Column("grade", _("AQI category")),
        Column("excess_risk", _("Excess risk"), "%", 2),
        Column("excess_risk_lo", _("80 % low"), "%", 2),
        Column("excess_risk_hi", _("80 % high"), "%", 2),
        Column("band", _("Risk band")),
    ]

    def graded(frame: pd.DataFrame) -> pd.DataFrame:
        grade = [theme.aqi_name(float(c), shown.lang) for c in frame["category"]]
        band = [
            _(theme.BAND_NAMES[b]) if b in theme.BAND_NAMES else theme.NO_VALUE for b in frame["aqhi_band"]
        ]
        return frame.assign(grade=grade, band=band)

    stations = graded(shown.hour("station_hourly", lead)).sort_values("excess_risk", ascending=False)
    for code in shown.pollutants:
        stations[code] = stations_at(shown, code, lead)["shown_value"]
    districts = graded(shown.hour("district_hourly", lead)).sort_values("excess_risk", ascending=False)
    when = shown.time(lead).tz_convert(theme.ZONE).strftime(theme.TIME_FORMAT)
    pollutant = [
        Column(c, c, theme.unit(variables()[c].unit), variables()[c].decimals) for c in shown.pollutants
    ]
    label = Column(shown.name, _("Name"))
    return {
        "series": Sheet(
            f"{place} {name}",
            [
                Column("time", _("Time"), time=True),
                Column("kind", _("Kind")),
                Column("value", name, unit, decimals),
                Column("lo", _("80 % low"), unit, decimals),
                Column("hi", _("80 % high"), unit, decimals),
            ],
            rows.assign(
                kind=state, lo=rows["lo"].where(rows["lead_h"] > 0), hi=rows["hi"].where(rows["lead_h"] > 0)
            ),
        ),
        "district": Sheet(
            f"{_('Districts')} {when}",
            [label, Column("population", _("Population"), _("persons"), 0), *risk],
            districts,
        ),
        "station": Sheet(f"{_('Stations')} {when}", [label, *risk, *pollutant], stations),
        "source": source_sheet(shown),
        "capture": capture_sheet(shown),
    }


def skill_sheet(shown: Shown) -> Sheet:
    """How well the forecasts did in back-tests, by lead time."""
    _ = shown._
    return Sheet(
        _("Forecast skill"),
        [
            Column("variable", _("Variable")),
            Column("lead_h", _("Lead"), "h", 0),
            Column("mae", _("Mean absolute error"), "", 2),
            Column("mae_persistence", _("Persistence"), "", 2),
            Column("cover", _("Inside the 80 % band"), "%", 1),
            Column("member", _("Method")),
        ],
        shown.table("skill").assign(cover=lambda f: 100 * f["coverage80"]),
    )


def capture_sheet(shown: Shown) -> Sheet:
    """Shares of the hours that came in, by station and pollutant."""
    _ = shown._
    names = shown.hour("station_hourly", 0).set_index("site")[shown.name]
    frame = shown.table("capture").assign(
        place=lambda f: f["site"].map(names).fillna(f["site"]),
        day=lambda f: 100 * f["capture_24h"],
        month=lambda f: 100 * f["capture_30d"],
    )
    return Sheet(
        _("Data capture"),
        [
            Column("place", _("Station")),
            Column("variable", _("Variable")),
            Column("day", _("24 h"), "%", 1),
            Column("month", _("30 days"), "%", 1),
            Column("flagged_30d", _("Flagged rows, 30 days"), "", 0),
            Column("last_time", _("Last value"), time=True),
        ],
        frame,
    )


def source_sheet(shown: Shown) -> Sheet:
    """The screened risk sources."""
    _, label = shown._, Column(shown.name, shown._("Name"))
    return Sheet(
        _("Risk sources"),
        [
            Column("rank", _("Rank"), "", 0),
            label,
            Column("industry", _("Industry")),
            Column("score", _("Score"), "", 0),
            Column("distance_m", _("Distance to the cell"), "m", 0),
            Column("excess_risk", _("Excess risk there"), "%", 2),
            Column("population_2km", _("Population within 2 km"), _("persons"), 0),
            Column("exceedances_12m", _("Exceedances, 12 months"), "", 0),
            Column("complaints_12m", _("Complaints, 12 months"), "", 0),
            Column("told", _("Reasons")),
        ],
        shown.table("risk_sources").assign(
            told=[reasons(_, r) for r in shown.table("risk_sources")["reasons"]],
            **{
                shown.name: lambda f: f[shown.name].where(
                    f[shown.name].notna() & (f[shown.name] != ""), f["name_zh"]
                )
            },
        ),
    )
