"""What the page shows, taken from the outcome's tables: cards, ranked rows, series and sheets. Nothing is computed
here but ranks, shares of the largest value and differences against yesterday.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.errors import N_, InputError
from gzeco_lib.scenario import Outcome
from gzeco_lib.standards.categories import categories
from gzeco_lib.standards.limits import limit
from gzeco_lib.variables.dictionary import variables
from gzeco_lib.views import theme
from gzeco_lib.views.cards import Card, Grade
from gzeco_lib.views.charts import Line, Series
from gzeco_lib.views.maps import Scale
from gzeco_lib.views.markup import text
from gzeco_lib.views.tables import Column, Sheet
from gzeco_lib.views.words import Translate

CITY = ""  # the key of the whole city
AVERAGING = {"PM2.5": "24h", "PM10": "24h"}  # GB 3095 has no 1-h limit for particles
AVERAGING_NAMES = {"1h": N_("1-h limit"), "24h": N_("24-h limit")}


@dataclass(frozen=True)
class Shown:
    """An outcome with the language it is shown in."""

    outcome: Outcome
    _: Translate
    lang: str

    def table(self, name: str) -> pd.DataFrame:
        """Table ``name``."""
        return self.outcome.table(name)

    def hour(self, name: str, lead: int) -> pd.DataFrame:
        """Rows of table ``name`` for the hour ``lead``."""
        frame = self.table(name)
        return frame[frame["lead_h"] == lead]

    @property
    def name(self) -> str:
        """The column that holds names in this language."""
        return f"name_{self.lang}"

    @property
    def pollutants(self) -> list[str]:
        """Codes with concentrations, in the order of the norm."""
        known = set(self.table("concentration")["variable"])
        return [code for code in ("PM2.5", "PM10", "O3", "NO2", "SO2", "CO") if code in known]

    @property
    def leads(self) -> list[int]:
        """Hours from now on."""
        return sorted(int(h) for h in self.table("city_hourly")["lead_h"].unique() if h >= 0)

    def time(self, lead: int) -> pd.Timestamp:
        """The UTC start of the hour ``lead``."""
        return pd.Timestamp(self.hour("city_hourly", lead)["time"].iloc[0])

    def measure(self, code: str) -> tuple[str, str, int]:
        """Name, unit and decimals of a layer: aqi, excess_risk or a pollutant's code."""
        if code == "aqi":
            return self._("AQI"), "", 0
        if code == "excess_risk":
            return self._("Excess risk"), "%", 2
        variable = variables()[code]
        name = f"{variable.name_zh} {code}" if self.lang == "zh" else variable.name_en
        return name, theme.unit(variable.unit), variable.decimals

    def layers(self) -> dict[str, str]:
        """Label of each layer by code."""
        short = {code: code for code in self.pollutants}
        return {"aqi": self._("AQI"), "excess_risk": self._("Excess risk"), **short}


def band_grade(_: Translate, band: Any) -> Grade | None:
    """The chip of an AQHI band."""
    if band not in theme.SEVERITY:
        return None
    return Grade(_(theme.BAND_NAMES[band]), theme.SEVERITY[band], theme.SIGNS[band])


def aqi_grade(category: float, lang: str) -> Grade | None:
    """The chip of an AQI category in the norm's colour."""
    if not 1 <= category <= 6:
        return None
    return Grade(theme.aqi_name(category, lang), theme.aqi_colour(category))


def _one(frame: pd.DataFrame) -> pd.Series | None:
    return None if frame.empty else frame.iloc[0]


def _change(shown: Shown, column: str, decimals: int, unit: str = "") -> str:
    """The change of the city's ``column`` against the same hour yesterday, in words."""
    now, before = _one(shown.hour("city_hourly", 0)), _one(shown.hour("city_hourly", -24))
    if now is None or before is None or not np.isfinite([now[column], before[column]]).all():
        return shown._("no value at this time yesterday")
    change = theme.number(now[column] - before[column], decimals, signed=True)
    return shown._("{change} against this time yesterday").format(change=f"{change} {unit}".strip())


def city_cards(shown: Shown) -> list[Card]:
    """At most five figures a leader looks at first."""
    _, city = shown._, shown.table("city_hourly").sort_values("lead_h")
    city = city[city["lead_h"] >= -24]
    now = _one(city[city["lead_h"] == 0])
    if now is None:
        raise InputError(N_("the outcome has no current hour"), "city_hourly", N_("run the model again"))
    index = int(np.flatnonzero((city["lead_h"] == 0).to_numpy())[0])
    ahead = city[(city["lead_h"] > 0) & city["aqi"].notna()]
    peak = None if ahead.empty else ahead.loc[ahead["aqi"].idxmax()]
    cards = [
        Card(
            _("City AQI"), theme.number(now["aqi"]), "", _change(shown, "aqi", 0), city["aqi"].tolist(), index,
            aqi_grade(now["category"], shown.lang),
        ),
        Card(
            _("Excess risk"), theme.number(now["excess_risk"], 2), "%", _change(shown, "excess_risk", 2, "%"),
            city["excess_risk"].tolist(), index, band_grade(_, now["aqhi_band"]),
        ),
    ]  # fmt: skip
    if peak is not None:
        when = pd.Timestamp(peak["time"]).tz_convert(theme.ZONE)
        cards.append(
            Card(
                _("Highest AQI ahead"), theme.number(peak["aqi"]), "",
                _("at {time}, 80 % band {lo} to {hi}").format(
                    time=when.strftime("%m-%d %H:%M"), lo=theme.number(peak["aqi_lo"]), hi=theme.number(peak["aqi_hi"])
                ),
                city["aqi_hi"].tolist(), index, aqi_grade(peak["category"], shown.lang),
            )
        )  # fmt: skip
    return [*cards, *_worst_district(shown), *_capture_card(shown)]


def _worst_district(shown: Shown) -> list[Card]:
    _ = shown._
    rows = shown.hour("district_hourly", 0).dropna(subset=["excess_risk"])
    if rows.empty:
        return []
    worst = rows.loc[rows["excess_risk"].idxmax()]
    history = shown.table("district_hourly")
    series = history[
        (history["district"].astype(str) == str(worst["district"])) & (history["lead_h"] >= -24)
    ].sort_values("lead_h")
    at = np.flatnonzero((series["lead_h"] == 0).to_numpy())
    note = _("excess risk {risk} %").format(risk=theme.number(worst["excess_risk"], 2))
    return [
        Card(
            _("District at highest risk"), str(worst[shown.name]), "", note, series["excess_risk"].tolist(),
            int(at[0]) if len(at) else None, band_grade(_, worst["aqhi_band"]),
        )
    ]  # fmt: skip


def _capture_card(shown: Shown) -> list[Card]:
    _ = shown._
    capture = shown.table("capture")
    if capture.empty:
        return []
    low = int((capture.groupby("site")["capture_24h"].min() < 0.75).sum())
    note = (
        _("every station above 75 %")
        if low == 0
        else _("{n} stations below 75 % for a pollutant").format(n=low)
    )
    return [Card(_("Data capture, 24 h"), theme.number(100 * capture["capture_24h"].mean(), 1), "%", note)]


# --- layers and places ------------------------------------------------------------------------------------------


def scale(shown: Shown, layer: str) -> Scale:
    """How ``layer`` is coloured, the same for every hour so that hours can be compared."""
    name, unit, decimals = shown.measure(layer)
    if layer == "aqi":
        return Scale(name, "", theme.aqi_colours(), 1, 6, tuple(c.name(shown.lang) for c in categories()))
    low, high = _range(shown, layer)
    return Scale(name, unit, theme.SEQUENTIAL, low, high, (), 0 if high - low >= 9 else 1)


def _range(shown: Shown, layer: str) -> tuple[float, float]:
    """Round ends around the stations' values of all hours from now on, three steps of the legend apart."""
    if layer == "excess_risk":
        frame = shown.table("station_hourly")
        values = frame.loc[frame["lead_h"] >= 0, "excess_risk"]
    else:
        frame = shown.table("concentration")
        values = frame.loc[(frame["lead_h"] >= 0) & (frame["variable"] == layer), "value"]
    if not values.notna().any():
        return 0.0, 1.0
    lowest, highest = float(values.min()), float(values.max())
    for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 50, 100, 200, 500):
        low = np.floor(lowest / step) * step
        if low + 3 * step >= highest:
            return float(max(low, 0.0)), float(max(low, 0.0) + 3 * step)
    return 0.0, highest


def raster(
    shown: Shown, layer: str, lead: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None:
    """Cells to colour, figures to tell, x and y [m] of ``layer`` at ``lead``; None where there is no such field."""
    field = shown.outcome.fields.get("risk")
    if field is None or layer not in field or lead not in field["lead_h"].values:
        return None
    values = field[layer].sel(lead_h=lead).values.astype(float)
    if layer == "aqi":
        from gzeco_lib.standards.categories import category_of

        found = category_of(values).astype(float)
        return np.where(found >= 1, found, np.nan), values, field["x"].values, field["y"].values
    return values, values, field["x"].values, field["y"].values


def stations_at(shown: Shown, layer: str, lead: int) -> pd.DataFrame:
    """Stations at ``lead`` with the layer's ``shown_value`` beside AQI and risk."""
    frame = shown.hour("station_hourly", lead).copy()
    if layer in ("aqi", "excess_risk"):
        frame["shown_value"] = frame[layer]
        return frame
    rows = shown.hour("concentration", lead)
    found = rows[rows["variable"] == layer].set_index("site")["value"]
    frame["shown_value"] = frame["site"].map(found)
    return frame


def points(shown: Shown, layer: str, lead: int) -> pd.DataFrame:
    """Stations as the map takes them: coloured by the layer; hovering tells value, time and capture."""
    _, colours = shown._, scale(shown, layer)
    name, unit, decimals = shown.measure(layer)
    when = shown.time(lead).tz_convert(theme.ZONE).strftime(theme.TIME_FORMAT)
    capture = shown.table("capture").groupby("site")["capture_24h"].mean()
    frame = stations_at(shown, layer, lead).dropna(subset=["lon", "lat"])

    def hover(row: Any) -> str:
        lines = [
            f"{text(name)}: {theme.number(row.shown_value, decimals)} {text(unit)}",
            f"AQI {theme.number(row.aqi)} · {text(theme.aqi_name(row.category, shown.lang))}",
            text(_("Excess risk {risk} %").format(risk=theme.number(row.excess_risk, 2))),
            text(when),
            text(
                _("Data capture, 24 h: {capture}").format(
                    capture=theme.percent(capture.get(row.site, np.nan))
                )
            ),
        ]
        return "<br>".join(lines[1:] if layer in ("aqi", "excess_risk") else lines)

    colour = frame["category"] if layer == "aqi" else frame["shown_value"]
    return pd.DataFrame(
        {
            "key": frame["site"], "name": frame[shown.name], "lon": frame["lon"], "lat": frame["lat"],
            "colour": [colours.colour(float(v)) if layer != "aqi" else theme.aqi_colour(float(v)) for v in colour],
            "hover": [hover(row) for row in frame.itertuples()],
        }
    )  # fmt: skip


def _graded(shown: Shown, row: Any, layer: str) -> tuple[str, str, str]:
    """Colour, sign and words of a row's grade: the AQI category for AQI, else the risk band."""
    if layer == "aqi":
        return theme.aqi_colour(float(row.category)), "", theme.aqi_name(float(row.category), shown.lang)
    band = row.aqhi_band
    if band not in theme.SEVERITY:
        return theme.MISSING, "", theme.NO_VALUE
    return theme.SEVERITY[band], theme.SIGNS[band], shown._(theme.BAND_NAMES[band])


def ranked(shown: Shown, kind: str, layer: str, lead: int) -> list[dict[str, Any]]:
    """Rows of the ranked list: districts or stations at ``lead`` by the layer, or the screened risk sources."""
    if kind == "source":
        return _ranked_sources(shown)
    if kind == "district":
        # Districts have AQI and risk; with a pollutant's layer they are ranked by risk.
        layer = "aqi" if layer == "aqi" else "excess_risk"
        frame = shown.hour("district_hourly", lead).assign(
            key=lambda f: f["district"].astype(str), shown_value=lambda f: f[layer]
        )
        notes = [
            shown._("{n} people").format(n=theme.number(p)) if np.isfinite(p) else ""
            for p in frame["population"]
        ]
    else:
        frame = stations_at(shown, layer, lead).assign(key=lambda f: f["site"])
        districts = shown.hour("district_hourly", lead).assign(code=lambda f: f["district"].astype(str))
        names = districts.set_index("code")[shown.name]
        notes = [str(names.get(str(code), "")) for code in frame["district"]]
    frame = frame.assign(note=notes).sort_values("shown_value", ascending=False, na_position="last")
    _, unit, decimals = shown.measure(layer)
    top = float(frame["shown_value"].max()) if frame["shown_value"].notna().any() else 1.0
    rows = []
    for rank, row in enumerate(frame.itertuples(), start=1):
        colour, sign, grade = _graded(shown, row, layer)
        value = float(row.shown_value)
        rows.append(
            {
                "key": row.key, "rank": str(rank), "name": str(getattr(row, shown.name)), "note": row.note,
                "value": f"{theme.number(value, decimals)} {unit}".strip(), "colour": colour, "sign": sign, "grade": grade,
                "share": value / top if np.isfinite(value) and top > 0 else 0.0, "title": str(getattr(row, shown.name)),
            }
        )  # fmt: skip
    return rows


def _ranked_sources(shown: Shown) -> list[dict[str, Any]]:
    _ = shown._
    rows = []
    for row in shown.table("risk_sources").sort_values("rank").itertuples():
        reasons = _reasons(_, row.reasons)
        name = getattr(row, shown.name)
        name = str(name) if isinstance(name, str) and name else str(row.name_zh)
        band = theme.BANDS[min(4, int(float(row.score) // 20))]
        rows.append(
            {
                "key": str(row.enterprise), "rank": str(row.rank), "name": name, "note": reasons,
                "value": theme.number(row.score), "colour": theme.SEVERITY[band], "sign": "", "grade": _("points"),
                "share": float(row.score) / 100, "title": f"{name}\n{reasons}",
            }
        )  # fmt: skip
    return rows


def _reasons(_: Translate, joined: Any) -> str:
    return _("; ").join(_(reason) for reason in str(joined or "").split("|") if reason)


# --- chart ------------------------------------------------------------------------------------------------------


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
    rows = frame[["time", "lead_h"]].assign(
        **{new: frame[old] if old in frame else np.nan for new, old in columns.items()}
    )
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


# --- sheets -----------------------------------------------------------------------------------------------------


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
        Column("aqi", _("AQI"), "", 0), Column("grade", _("AQI category")), Column("excess_risk", _("Excess risk"), "%", 2),
        Column("excess_risk_lo", _("80 % low"), "%", 2), Column("excess_risk_hi", _("80 % high"), "%", 2),
        Column("band", _("Risk band")),
    ]  # fmt: skip

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
            [Column("time", _("Time"), time=True), Column("kind", _("Kind")), Column("value", name, unit, decimals),
             Column("lo", _("80 % low"), unit, decimals), Column("hi", _("80 % high"), unit, decimals)],
            rows.assign(kind=state, lo=rows["lo"].where(rows["lead_h"] > 0), hi=rows["hi"].where(rows["lead_h"] > 0)),
        ),
        "district": Sheet(
            f"{_('Districts')} {when}",
            [label, Column("population", _("Population"), _("persons"), 0), *risk], districts,
        ),
        "station": Sheet(f"{_('Stations')} {when}", [label, *risk, *pollutant], stations),
        "source": Sheet(
            _("Risk sources"),
            [Column("rank", _("Rank"), "", 0), label, Column("industry", _("Industry")), Column("score", _("Score"), "", 0),
             Column("distance_m", _("Distance to the cell"), "m", 0), Column("excess_risk", _("Excess risk there"), "%", 2),
             Column("population_2km", _("Population within 2 km"), _("persons"), 0),
             Column("exceedances_12m", _("Exceedances, 12 months"), "", 0),
             Column("complaints_12m", _("Complaints, 12 months"), "", 0), Column("told", _("Reasons"))],
            shown.table("risk_sources").assign(
                told=[_reasons(_, r) for r in shown.table("risk_sources")["reasons"]],
                **{shown.name: lambda f: f[shown.name].where(f[shown.name].notna() & (f[shown.name] != ""), f["name_zh"])},
            ),
        ),
        "capture": _capture_sheet(shown),
        "skill": Sheet(
            _("Forecast skill"),
            [Column("variable", _("Variable")), Column("lead_h", _("Lead"), "h", 0), Column("mae", _("Mean absolute error"), "", 2),
             Column("mae_persistence", _("Persistence"), "", 2), Column("cover", _("Inside the 80 % band"), "%", 1),
             Column("member", _("Method"))],
            shown.table("skill").assign(cover=lambda f: 100 * f["coverage80"]),
        ),
    }  # fmt: skip


def _capture_sheet(shown: Shown) -> Sheet:
    _ = shown._
    names = shown.hour("station_hourly", 0).set_index("site")[shown.name]
    frame = shown.table("capture").assign(
        place=lambda f: f["site"].map(names).fillna(f["site"]),
        day=lambda f: 100 * f["capture_24h"],
        month=lambda f: 100 * f["capture_30d"],
    )
    return Sheet(
        _("Data capture"),
        [Column("place", _("Station")), Column("variable", _("Variable")), Column("day", _("24 h"), "%", 1),
         Column("month", _("30 days"), "%", 1), Column("flagged_30d", _("Flagged rows, 30 days"), "", 0),
         Column("last_time", _("Last value"), time=True)],
        frame,
    )  # fmt: skip
