"""The answer in one sentence and the findings after it, the same words on the page and in the briefing.

A sentence is a message id and its fields: ``_(message).format(**fields)``. Names inside the fields (category, district,
band) are in the language asked for already, and times are local.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gzeco_lib.environmental_health.districts import LOCAL
from gzeco_lib.errors import N_
from gzeco_lib.standards.aqhi import PLUS, band_name
from gzeco_lib.standards.categories import category

if TYPE_CHECKING:
    from gzeco_lib.scenario.outcome import Outcome

Sentence = tuple[str, dict[str, Any]]

UNKNOWN = "-"


def aqhi_text(index: float) -> str:
    """An AQHI as it is written: 1 to 10, or "10+"; "-" where unknown."""
    return UNKNOWN if pd.isna(index) else "10+" if index >= PLUS else f"{index:.0f}"


def local_time(time: pd.Timestamp) -> str:
    """A UTC time as local month, day and hour, e.g. ``12-15 08:00``."""
    return f"{time.tz_convert(LOCAL):%m-%d %H:%M}"


def _category(number: int, lang: str) -> str:
    return category(int(number)).name(lang) if number else UNKNOWN


def _district(row: pd.Series, lang: str) -> str:
    return str(row["name_zh"] if lang == "zh" else row["name_en"])


def _largest(rows: pd.DataFrame, column: str) -> pd.Series:
    """The first row with the largest value of ``column``."""
    return rows.iloc[int(rows[column].to_numpy(dtype=float).argmax())]


def capture_percent(outcome: Outcome) -> float:
    """Mean capture of the last 24 hours over stations and pollutants [%]."""
    return float(outcome.tables["capture"]["capture_24h"].mean() * 100)


def worst_district(outcome: Outcome, lead: int = 0) -> pd.Series | None:
    """The district with the largest excess risk at ``lead``; None where none is known."""
    rows = outcome.tables["district_hourly"]
    rows = rows[(rows["lead_h"] == lead) & rows["excess_risk"].notna()]
    return None if rows.empty else _largest(rows, "excess_risk")


def answer(outcome: Outcome, lang: str = "zh") -> Sentence:
    """The one sentence: the air now, the worst hour to come, the worst district and the data capture."""
    city = outcome.tables["city_hourly"]
    now = city[city["lead_h"] == 0].iloc[0]
    fields: dict[str, Any] = {"time": local_time(now["time"]), "capture": f"{capture_percent(outcome):.1f}"}
    ahead = city[(city["lead_h"] > 0) & city["aqi"].notna()]
    worst = worst_district(outcome)
    if pd.isna(now["aqi"]) or worst is None:
        return N_(
            "At {time} too little is measured to rate the city's air; data capture of the last 24 h is {capture}%."
        ), fields
    fields |= {
        "aqi": f"{now['aqi']:.0f}",
        "category": _category(now["category"], lang),
        "district": _district(worst, lang),
        "aqhi": aqhi_text(worst["aqhi"]),
        "band": band_name(worst["aqhi_band"], lang),
    }
    if ahead.empty:
        return N_(
            "At {time} the city's hourly AQI is {aqi} ({category}); health risk is highest in "
            "{district} (AQHI {aqhi}, {band}). There is no forecast. Data capture of the last 24 h is "
            "{capture}%."
        ), fields
    peak = _largest(ahead, "aqi")
    fields |= {
        "hours": int(ahead["lead_h"].max()),
        "peak_time": local_time(peak["time"]),
        "peak_aqi": f"{peak['aqi']:.0f}",
        "peak_category": _category(peak["category"], lang),
    }
    return N_(
        "At {time} the city's hourly AQI is {aqi} ({category}); in the next {hours} h it peaks "
        "around {peak_time} at {peak_aqi} ({peak_category}); health risk is highest in {district} "
        "(AQHI {aqhi}, {band}). Data capture of the last 24 h is {capture}%."
    ), fields


def findings(outcome: Outcome, lang: str = "zh") -> list[Sentence]:
    """A few more sentences, the most important first; each holds only where its data are there."""
    city = outcome.tables["city_hourly"].set_index("lead_h")
    found = [
        _primary(city),
        _risk_now(city),
        _risk_peak(city),
        _people_at_risk(outcome, lang),
        _sources(outcome, lang),
        _weak_capture(outcome, lang),
    ]
    return [sentence for sentence in found if sentence is not None]


def _primary(city: pd.DataFrame) -> Sentence | None:
    codes = str(city.at[0, "primary"])
    if not codes:
        return None
    return N_("The primary pollutant now is {codes}."), {"codes": codes.replace(",", ", ")}


def _risk_now(city: pd.DataFrame) -> Sentence | None:
    risk = city["excess_risk"].astype(float)
    now, before = float(risk.loc[0]), float(risk.get(-24, float("nan")))
    if pd.isna(now):
        return None
    fields = {"risk": f"{now:.1f}", "aqhi": aqhi_text(float(city["aqhi"].loc[0]))}
    if pd.isna(before):
        return N_("The city's excess health risk is {risk}% now (AQHI {aqhi})."), fields
    change = round(now - before, 1)
    fields["change"] = f"{abs(change):.1f}"
    if change > 0:
        return N_(
            "The city's excess health risk is {risk}% now (AQHI {aqhi}), {change} points "
            "more than at the same time yesterday."
        ), fields
    if change < 0:
        return N_(
            "The city's excess health risk is {risk}% now (AQHI {aqhi}), {change} points "
            "less than at the same time yesterday."
        ), fields
    return N_(
        "The city's excess health risk is {risk}% now (AQHI {aqhi}), as at the same time yesterday."
    ), fields


def _risk_peak(city: pd.DataFrame) -> Sentence | None:
    ahead = city[(city.index > 0) & city["excess_risk"].notna()]
    if ahead.empty:
        return None
    peak = _largest(ahead, "excess_risk")
    return N_("It is expected to peak around {time} at {risk}% (80% interval {lo} to {hi}%)."), {
        "time": local_time(peak["time"]),
        "risk": f"{peak['excess_risk']:.1f}",
        "lo": f"{peak['excess_risk_lo']:.1f}",
        "hi": f"{peak['excess_risk_hi']:.1f}",
    }


def _people_at_risk(outcome: Outcome, lang: str) -> Sentence | None:
    rows = outcome.tables["district_hourly"]
    rows = rows[(rows["lead_h"] >= 0) & (rows["high_share"] > 0)]
    if rows.empty:
        return N_(
            "No district has an area at high health risk (AQHI {threshold} or more) now or in the hours ahead."
        ), {"threshold": outcome.parameters["high_risk_aqhi"]}
    worst = _largest(rows, "high_share")
    fields = {
        "district": _district(worst, lang),
        "time": local_time(worst["time"]),
        "share": f"{worst['high_share'] * 100:.0f}",
        "threshold": outcome.parameters["high_risk_aqhi"],
    }
    if rows["population"].notna().any():
        return N_(
            "In {district} {share}% of the people present are at high health risk (AQHI {threshold} or "
            "more) around {time}."
        ), fields
    return N_(
        "In {district} {share}% of the area is at high health risk (AQHI {threshold} or more) around {time}."
    ), fields


def _sources(outcome: Outcome, lang: str) -> Sentence | None:
    sources = outcome.tables["risk_sources"]
    if sources.empty:
        return None
    first = sources.iloc[0]
    zh, en = first["name_zh"], first["name_en"]
    return N_(
        "{n} enterprises stand near cells of highest risk; {name} comes first with a screening score of {score}."
    ), {
        "n": len(sources),
        "name": zh if lang == "zh" or pd.isna(en) or not en else en,
        "score": f"{first['score']:.0f}",
    }


def _weak_capture(outcome: Outcome, lang: str) -> Sentence | None:
    by_site = outcome.tables["capture"].groupby("site")["capture_24h"].mean()
    weak = by_site[by_site < 0.75].sort_values()
    if weak.empty:
        return None
    stations = outcome.tables["station_hourly"].drop_duplicates("site").set_index("site")
    column = "name_zh" if lang == "zh" else "name_en"
    names = [str(stations.at[site, column]) for site in weak.index[:3]]
    return N_("{n} stations sent less than 75% of the last 24 h, least of all: {names}."), {
        "n": len(weak),
        "names": "、".join(names) if lang == "zh" else ", ".join(names),
    }
