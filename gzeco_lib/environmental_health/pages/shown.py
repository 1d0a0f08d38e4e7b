"""What the page shows of an outcome's tables and fields: layers, points of the map, ranked rows.

Nothing is computed here but ranks and shares of the largest value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.scenario import Outcome
from gzeco_lib.standards.categories import categories, category_of
from gzeco_lib.variables.dictionary import variables
from gzeco_lib.views import theme
from gzeco_lib.views.maps import Scale
from gzeco_lib.views.markup import text
from gzeco_lib.views.words import Translate

CITY = ""  # the key of the whole city


@dataclass(frozen=True)
class Shown:
    """An outcome with the language it is shown in."""

    outcome: Outcome
    _: Translate
    lang: str
    accessible: bool = False  # AQI in colours that colour-blind readers tell apart

    def has(self, name: str) -> bool:
        """Whether the outcome holds rows of table ``name``; an older one may lack the table."""
        return name in self.outcome.tables and not self.outcome.tables[name].empty

    def aqi_colour(self, category: float) -> str:
        """The colour of an AQI category 1..6 in the reader's choice of colours."""
        return theme.aqi_colour(category, self.accessible)

    def table(self, name: str) -> pd.DataFrame:
        """Table ``name``."""
        return self.outcome.table(name)

    def hour(self, name: str, lead: int) -> pd.DataFrame:
        """Rows of table ``name`` for the hour ``lead``."""
        frame = self.table(name)
        return frame[frame["lead_h"] == lead]

    def districts(self) -> dict[str, str]:
        """Name of each district by its code."""
        rows = self.hour("district_hourly", 0)
        return dict(zip(rows["district"].astype(str), rows[self.name].astype(str), strict=True))

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


def scale(shown: Shown, layer: str) -> Scale:
    """How ``layer`` is coloured, the same for every hour so that hours can be compared."""
    name, unit, _decimals = shown.measure(layer)
    if layer == "aqi":
        return Scale(
            name,
            "",
            theme.aqi_colours(shown.accessible),
            1,
            6,
            tuple(c.name(shown.lang) for c in categories()),
        )
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
    for step in (0.1, 0.2, 0.5, 1, 1.5, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500):
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
            "key": frame["site"],
            "name": frame[shown.name],
            "lon": frame["lon"],
            "lat": frame["lat"],
            "colour": [
                colours.colour(float(v)) if layer != "aqi" else shown.aqi_colour(float(v)) for v in colour
            ],
            "hover": [hover(row) for row in frame.itertuples()],
        }
    )


def _graded(shown: Shown, row: Any, layer: str) -> tuple[str, str, str]:
    """Colour, sign and words of a row's grade: the AQI category for AQI, else the risk band."""
    if layer == "aqi":
        return shown.aqi_colour(float(row.category)), "", theme.aqi_name(float(row.category), shown.lang)
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
    row: Any
    for rank, row in enumerate(frame.itertuples(), start=1):
        colour, sign, grade = _graded(shown, row, layer)
        value = float(row.shown_value)
        rows.append(
            {
                "key": row.key,
                "rank": str(rank),
                "name": str(getattr(row, shown.name)),
                "note": row.note,
                "value": f"{theme.number(value, decimals)} {unit}".strip(),
                "colour": colour,
                "sign": sign,
                "grade": grade,
                "share": value / top if np.isfinite(value) and top > 0 else 0.0,
                "title": str(getattr(row, shown.name)),
            }
        )
    return rows


def _ranked_sources(shown: Shown) -> list[dict[str, Any]]:
    _ = shown._
    rows = []
    row: Any
    for row in shown.table("risk_sources").sort_values("rank").itertuples():
        told = reasons(_, row.reasons)
        name = getattr(row, shown.name)
        name = str(name) if isinstance(name, str) and name else str(row.name_zh)
        band = theme.BANDS[min(4, int(float(row.score) // 20))]
        rows.append(
            {
                "key": str(row.enterprise),
                "rank": str(row.rank),
                "name": name,
                "note": told,
                "value": theme.number(row.score),
                "colour": theme.SEVERITY[band],
                "sign": "",
                "grade": _("points"),
                "share": float(row.score) / 100,
                "title": f"{name}\n{told}",
            }
        )
    return rows


def reasons(_: Translate, joined: Any) -> str:
    return _("; ").join(_(reason) for reason in str(joined or "").split("|") if reason)
