"""The hours ahead by district and group, and the alerts: where a grade is reached with which probability, and when."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gzeco_lib.briefing.elements import Element, Figure, Note, Paragraph
from gzeco_lib.briefing.health_research import names
from gzeco_lib.briefing.health_research.absent import OLDER, rows
from gzeco_lib.briefing.health_research.page import Page
from gzeco_lib.briefing.tables import Cell, Column, Table
from gzeco_lib.views import theme

MOST = 12  # alerts that are listed; the page shows all


def elements(page: Page) -> list[Element]:
    """What follows the outlook of the city: districts by hour, groups, alerts."""
    return [*_strip(page), *_groups(page), *_alerts(page)]


def strip(page: Page, width: float | None = None) -> str:
    """The SVG of AQHI by district and hour."""
    from gzeco_lib.views.figures import FULL_WIDTH
    from gzeco_lib.views.figures_grades import hour_strip, order_of

    districts = page.table("district_hourly")
    order = {code: page.district(code) for code in order_of(districts)}
    return hour_strip(districts, order, page.words, width or FULL_WIDTH)


def _strip(page: Page) -> list[Element]:
    _ = page.words
    caption = _("AQHI of each district by hour, the highest risk ahead first")
    note = _("Colours and signs are those of the risk bands, not of the AQI.")
    return [Figure(page.figure_label(), caption, strip(page), f"{caption} {note}", note)]


def worst_by_group(page: Page) -> pd.DataFrame:
    """The city's rows of each group in its hour of highest risk ahead."""
    table = rows(page, "group_hourly")
    if table is None:
        return pd.DataFrame()
    city = table[(table["district"] == "") & (table["lead_h"] > 0) & table["excess_risk"].notna()]
    worst = city.loc[city.groupby("group")["excess_risk"].idxmax()]
    return worst.sort_values("excess_risk", ascending=False)


def _groups(page: Page) -> list[Element]:
    _ = page.words
    worst = worst_by_group(page)
    if worst.empty:
        return [Note(_("Risk by group: {why}").format(why=_(OLDER)))]
    heat = bool(worst["temperature_risk"].notna().any())
    districts = page.table("group_hourly")
    cells = [_group_row(page, row, districts, heat) for _i, row in worst.iterrows()]
    return [
        Table(
            page.table_label(),
            _("Groups in their hour of highest risk ahead, the whole city"),
            [
                Column(_("Group"), figures=False, share=2),
                *([Column(_("People"), _("10,000"), share=1)] if worst["people"].notna().any() else []),
                Column(_("Hour from"), figures=False, share=1.6),
                Column(_("Excess risk"), "%", share=1.2),
                Column(_("80% band"), "%", share=1.5),
                Column("AQHI", share=0.8),
                Column(_("Risk band"), figures=False, share=1.3),
                *([Column(_("Heat and cold"), "%", share=1.2)] if heat else []),
                Column(_("Highest district"), figures=False, share=1.4),
            ],
            cells,
            _("Heat and cold: excess risk of the temperature of that hour, beside that of the air.") if heat else "",
            _("continued"),
        )
    ]  # fmt: skip


def _group_row(page: Page, row: pd.Series, table: pd.DataFrame, heat: bool) -> list[Cell | str]:
    _ = page.words
    same = table[
        (table["group"] == row["group"]) & (table["lead_h"] == row["lead_h"]) & (table["district"] != "")
    ].dropna(subset=["excess_risk"])
    top = page.district(same.nlargest(1, "excess_risk")["district"].iloc[0]) if len(same) else theme.NO_VALUE
    people = table.loc[table["group"] == row["group"], "people"]
    known = [theme.number(float(row["people"]) / 1e4, 1)] if people.notna().any() else []
    return [
        _(names.GROUPS.get(str(row["group"]), str(row["group"]))), *known, page.short(row["time"]),
        page.value("excess_risk", row["excess_risk"]), page.band(row, "excess_risk"), page.aqhi(row["aqhi"]),
        page.band_cell(row["aqhi_band"]),
        *([page.value("excess_risk", row["temperature_risk"])] if heat else []), top,
    ]  # fmt: skip


def alert_sentence(page: Page) -> str:
    """How many alerts, for which band and from which probability on; that there are none where there are none."""
    _ = page.words
    alerts = page.optional("alerts")
    if alerts is None:
        return _("Alerts: {why}").format(why=_(OLDER))
    band, least = _asked(page)
    said = {"band": page.band_name(band), "least": page.chance(least)}
    if alerts.empty:
        chance = highest_chance(page, band)
        more = (
            ""
            if chance is None
            else _(" The highest probability is {chance}, in {place} at {hour}.").format(**chance)
        )
        return (
            _("No alert: nowhere does the band {band} or worse reach a probability of {least} ahead.").format(
                **said
            )
            + more
        )
    areas = alerts[alerts["place_kind"] != "cell"]
    return _(
        "Alerts: {n}; the band {band} or worse is reached with a probability of {least} or more in {areas} areas or "
        "groups and {cells} cells."
    ).format(n=len(alerts), areas=len(areas), cells=len(alerts) - len(areas), **said)  # fmt: skip


def _asked(page: Page) -> tuple[str, float]:
    """Band and probability of an alert, as the run was asked for."""
    given: Any = page.outcome.parameters
    return str(given.get("alert_band", "high")), float(given.get("alert_probability", 0.5))


def highest_chance(page: Page, band: str) -> dict[str, str] | None:
    """Where and when ``band`` or worse is the likeliest; None where not known or next to nothing."""
    table = rows(page, "grade_probability")
    if table is None:
        return None
    ahead = table[(table["band"] == band) & (table["lead_h"] > 0)].dropna(subset=["probability"])
    if ahead.empty or ahead["probability"].max() < 0.01:
        return None
    top = ahead.nlargest(1, "probability").iloc[0]
    return {
        "chance": page.chance(top["probability"]), "place": page.area(top["district"]), "hour": page.short(top["time"]),
    }  # fmt: skip


def alert_name(page: Page, row: pd.Series) -> str:
    """Where and for whom an alert is."""
    _ = page.words
    place = (
        _("Cell {key}").format(key=row["place"]) if row["place_kind"] == "cell" else page.area(row["place"])
    )
    if row["group"] == "all":
        return place
    return f"{place} · {_(names.GROUPS.get(str(row['group']), str(row['group'])))}"


def ranked_alerts(page: Page) -> pd.DataFrame:
    """Alerts with the city first, then districts, groups and cells, the most probable first."""
    alerts = rows(page, "alerts")
    if alerts is None:
        return pd.DataFrame()
    order = {kind: k for k, kind in enumerate(("city", "district", "group", "cell"))}
    ranked = alerts.assign(order=alerts["place_kind"].map(order))
    return ranked.sort_values(["order", "probability"], ascending=[True, False], kind="stable")


def _alerts(page: Page) -> list[Element]:
    _ = page.words
    found: list[Element] = [Paragraph(alert_sentence(page), leading=True)]
    ranked = ranked_alerts(page)
    if ranked.empty:
        return found
    cells: list[list[Cell | str]] = [
        [
            alert_name(page, row), page.band_cell(row["band"]), page.chance(row["probability"]),
            page.span(row["first_time"], row["last_time"] + pd.Timedelta("1h")), str(int(row["hours"])),
            page.short(row["peak_time"]), theme.number(float(row["people"]) / 1e4, 1),
        ]
        for _i, row in ranked.head(MOST).iterrows()
    ]  # fmt: skip
    left = len(ranked) - len(cells)
    return [
        *found,
        Table(
            page.table_label(),
            _("Alerts for the hours ahead"),
            [
                Column(_("Where and for whom"), figures=False, share=2.6),
                Column(_("Risk band"), figures=False, share=1.3),
                Column(_("Highest probability"), share=1.2),
                Column(_("Time"), figures=False, share=2.6),
                Column(_("Hours"), share=0.8),
                Column(_("Likeliest hour"), figures=False, share=1.6),
                Column(_("People"), _("10,000"), share=1),
            ],
            cells,
            _("{n} more alerts of cells are on the map of the page.").format(n=left) if left > 0 else "",
            _("continued"),
        ),
    ]
