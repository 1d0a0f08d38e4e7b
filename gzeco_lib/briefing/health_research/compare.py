"""What changed since the last briefing: its key figures are kept in the lake and laid beside today's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from gzeco_lib.briefing.elements import Paragraph, Section
from gzeco_lib.briefing.health_research import numbers
from gzeco_lib.briefing.health_research.companions import BURDEN, TRACE
from gzeco_lib.briefing.health_research.page import Page
from gzeco_lib.briefing.tables import Cell, Column, Table
from gzeco_lib.errors import N_
from gzeco_lib.scenario import Outcome
from gzeco_lib.views import theme

if TYPE_CHECKING:
    from gzeco_lib.lake.lake import Lake

KEPT = "brief_health_research"  # under this name the key figures of each briefing are kept as an outcome

# name, label, unit, decimals
FIGURES: tuple[tuple[str, str, str, int], ...] = (
    ("aqi", N_("City's AQI, latest hour"), "1", 0),
    ("excess_risk", N_("City's excess risk, latest hour"), "%", 2),
    ("aqhi", N_("City's AQHI, latest hour"), "1", 0),
    ("excess_risk_ahead", N_("City's highest excess risk ahead"), "%", 2),
    ("high_share", N_("People or area at high risk"), "%", 1),
    ("capture", N_("Data capture of the last 24 h"), "%", 1),
    ("alerts", N_("Alerts for the hours ahead"), "1", 0),
    ("alarms", N_("Alarms at stations"), "1", 0),
    ("traced", N_("Alarms traced to a first candidate"), "1", 0),
    ("deaths", N_("Deaths a year attributed to PM2.5"), "1", 0),
    ("friendliness", N_("City's friendliness index"), "1", 0),
)


def figures(page: Page) -> pd.DataFrame:
    """Key figures of this briefing: name, value; those that are not known are left out."""
    city = numbers.city(page.table("city_hourly"))
    values = {
        "aqi": city.now["aqi"],
        "excess_risk": city.now["excess_risk"],
        "aqhi": city.now["aqhi"],
        "excess_risk_ahead": city.worst["excess_risk"],
        "high_share": 100
        * numbers.high_share(_now(page), numbers.cells_by_district(page.outcome.fields["risk"])),
        "capture": 100 * numbers.mean_capture(page.table("capture"), "capture_24h"),
        "alerts": _count(page.optional("alerts")),
        "alarms": _count(page.optional("alarms")),
        "traced": _traced(page.companions.table(TRACE, "traces")),
        "deaths": _deaths(page.companions.table(BURDEN, "burden")),
        "friendliness": _friendliness(page.optional("friendliness")),
    }
    known = {name: float(value) for name, value in values.items() if value is not None and pd.notna(value)}
    return pd.DataFrame({"name": list(known), "value": list(known.values())})


def _now(page: Page) -> pd.DataFrame:
    rows = page.table("district_hourly")
    return rows[rows["lead_h"] == 0]


def _count(table: pd.DataFrame | None) -> float | None:
    return None if table is None else float(len(table))


def _traced(traces: pd.DataFrame) -> float | None:
    return float((traces["first"].fillna("") != "").sum()) if "first" in traces else None


def _deaths(burden: pd.DataFrame) -> float | None:
    """The city's deaths from PM2.5 of the all-cause form, all ages together."""
    if burden.empty:
        return None
    city = burden[
        (burden["district"] == "440100") & (burden["pollutant"] == "PM2.5") & (burden["cause"] == "NCD+LRI")
    ]
    rows = city[city["age"] == -1] if (city["age"] == -1).any() else city
    return float(rows["deaths"].sum()) if rows["deaths"].notna().any() else None


def _friendliness(table: pd.DataFrame | None) -> float | None:
    if table is None:
        return None
    city = table[(table["scope"] == "city") & (table["group"] == "all")]
    return float(city["index"].iloc[0]) if len(city) else None


def last(lake: Lake, at: pd.Timestamp) -> Outcome | None:
    """The key figures of the briefing before ``at``; None where this is the first."""
    return Outcome.load(lake, KEPT, at - pd.Timedelta(seconds=1))


def section(page: Page, translated: Callable[[str], str]) -> Section:
    """The figures of the last briefing beside today's, with the change."""
    _ = translated
    heading = page.heading(_("Since the last briefing"), "changes")
    if page.previous is None:
        return Section(
            [
                heading,
                Paragraph(
                    _("This is the first briefing from this data lake: there is nothing to compare with yet.")
                ),
            ]
        )
    before = dict(page.previous.table("figures").itertuples(index=False, name=None))
    now = dict(figures(page).itertuples(index=False, name=None))
    rows: list[list[Cell | str]] = []
    for name, label, unit, decimals in FIGURES:
        if name not in before and name not in now:
            continue
        old, new = before.get(name, float("nan")), now.get(name, float("nan"))
        rows.append(
            [
                _(label), "" if unit == "1" else unit, theme.number(old, decimals), theme.number(new, decimals),
                theme.number(new - old, decimals, signed=True),
            ]
        )  # fmt: skip
    says = _("Compared with the briefing of {time}, {hours} h earlier.").format(
        time=page.moment(page.previous.at),
        hours=theme.number((page.outcome.at - page.previous.at) / pd.Timedelta("1h"), 0),
    )
    return Section(
        [
            heading,
            Paragraph(says, leading=True),
            Table(
                page.table_label(),
                _("Key figures then and now"),
                [
                    Column(_("Indicator"), figures=False, share=3),
                    Column(_("Unit"), figures=False),
                    Column(_("Last briefing"), share=1),
                    Column(_("Now"), share=1),
                    Column(_("Change"), share=1),
                ],
                rows,
                "",
                _("continued"),
            ),
        ]
    )
