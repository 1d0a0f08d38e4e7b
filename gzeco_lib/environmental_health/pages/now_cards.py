"""The cards of the page: figures of the city now, ahead and against yesterday."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gzeco_lib.environmental_health.pages.shown import Shown
from gzeco_lib.errors import N_, InputError
from gzeco_lib.views import theme
from gzeco_lib.views.cards import Card, Grade
from gzeco_lib.views.words import Translate


def band_grade(_: Translate, band: Any) -> Grade | None:
    """The chip of an AQHI band."""
    if band not in theme.SEVERITY:
        return None
    return Grade(_(theme.BAND_NAMES[band]), theme.SEVERITY[band], theme.SIGNS[band])


def aqi_grade(category: float, shown: Shown) -> Grade | None:
    """The chip of an AQI category."""
    if not 1 <= category <= 6:
        return None
    return Grade(theme.aqi_name(category, shown.lang), shown.aqi_colour(category))


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
    peak = None if ahead.empty else ahead.iloc[int(ahead["aqi"].argmax())]
    cards = [
        Card(
            _("City AQI"),
            theme.number(now["aqi"]),
            "",
            _change(shown, "aqi", 0),
            city["aqi"].tolist(),
            index,
            aqi_grade(now["category"], shown),
        ),
        Card(
            _("Excess risk"),
            theme.number(now["excess_risk"], 2),
            "%",
            _change(shown, "excess_risk", 2, "%"),
            city["excess_risk"].tolist(),
            index,
            band_grade(_, now["aqhi_band"]),
        ),
    ]
    if peak is not None:
        when = pd.Timestamp(peak["time"]).tz_convert(theme.ZONE)
        cards.append(
            Card(
                _("Highest AQI ahead"),
                theme.number(peak["aqi"]),
                "",
                _("at {time}, 80 % band {lo} to {hi}").format(
                    time=when.strftime("%m-%d %H:%M"),
                    lo=theme.number(peak["aqi_lo"]),
                    hi=theme.number(peak["aqi_hi"]),
                ),
                city["aqi_hi"].tolist(),
                index,
                aqi_grade(peak["category"], shown),
            )
        )
    return [*cards, *_worst_district(shown), *_capture_card(shown)]


def _worst_district(shown: Shown) -> list[Card]:
    _ = shown._
    rows = shown.hour("district_hourly", 0).dropna(subset=["excess_risk"])
    if rows.empty:
        return []
    worst = rows.iloc[int(rows["excess_risk"].argmax())]
    history = shown.table("district_hourly")
    series = history[
        (history["district"].astype(str) == str(worst["district"])) & (history["lead_h"] >= -24)
    ].sort_values("lead_h")
    at = np.flatnonzero((series["lead_h"] == 0).to_numpy())
    note = _("excess risk {risk} %").format(risk=theme.number(worst["excess_risk"], 2))
    return [
        Card(
            _("District at highest risk"),
            str(worst[shown.name]),
            "",
            note,
            series["excess_risk"].tolist(),
            int(at[0]) if len(at) else None,
            band_grade(_, worst["aqhi_band"]),
        )
    ]


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
