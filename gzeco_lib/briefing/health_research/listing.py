"""Tables by place: stations, districts, and the enterprises to look at first."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gzeco_lib.briefing.elements import Element, Paragraph, Section
from gzeco_lib.briefing.health_research import numbers
from gzeco_lib.briefing.health_research.page import Page
from gzeco_lib.briefing.tables import Cell, Column, Table
from gzeco_lib.views import theme


def _sorted_now(table: pd.DataFrame) -> pd.DataFrame:
    """The latest hour's rows, highest excess risk first."""
    return table[table["lead_h"] == 0].sort_values(
        ["excess_risk", "aqi"], ascending=False, na_position="last"
    )


def _ahead_columns(page: Page, worst: pd.DataFrame, key: str) -> list[str]:
    """Highest excess risk ahead and when, for the place ``key``."""
    if key not in worst.index:
        return [theme.NO_VALUE, theme.NO_VALUE]
    row = worst.loc[key]
    return [page.value("excess_risk", row["excess_risk"]), page.short(row["time"])]


def stations(page: Page) -> Section:
    """All stations, highest risk first."""
    _ = page.words
    hourly = page.table("station_hourly")
    worst = numbers.worst_ahead(hourly, "site")
    now = _sorted_now(hourly)
    rows: list[list[Cell | str]] = [
        [
            page.name(row),
            page.district(row["district"]),
            page.value("aqi", row["aqi"]),
            page.category_cell(row["category"]),
            page.primary(row["primary"]),
            page.value("excess_risk", row["excess_risk"]),
            page.aqhi(row["aqhi"]),
            page.band_cell(row["aqhi_band"]),
            *_ahead_columns(page, worst, row["site"]),
        ]
        for _i, row in now.iterrows()
    ]
    silent = int(now["aqi"].isna().sum())
    says = _("{n} stations, {silent} of them without an AQI in the latest hour.").format(
        n=len(now), silent=silent
    )
    return Section(
        [
            page.heading(_("Stations"), "stations"),
            Paragraph(says, leading=True),
            Table(
                page.table_label(),
                _("Stations in the latest hour, highest excess risk first, and their highest hour ahead"),
                [
                    Column(_("Station"), figures=False, share=2.5),
                    Column(_("District"), figures=False, share=1.35),
                    Column("AQI", share=0.8),
                    Column(_("Category"), figures=False, share=1.55),
                    Column(_("Primary pollutant"), figures=False, share=1.65),
                    Column(_("Excess risk"), "%", share=1.45),
                    Column("AQHI", share=0.9),
                    Column(_("Risk band"), figures=False, share=1.45),
                    Column(_("Highest ahead"), "%", share=1.45),
                    Column(_("Hour from"), figures=False, share=1.75),
                ],
                rows,
                _("Times are the start of the hour, Beijing time (UTC+8)."),
                _("continued"),
            ),
        ]
    )


def districts(page: Page) -> Section:
    """All districts, highest risk first."""
    _ = page.words
    hourly = page.table("district_hourly")
    worst = numbers.worst_ahead(hourly, "district")
    now = _sorted_now(hourly)
    peopled = bool(now["population"].notna().any())
    rows: list[list[Cell | str]] = [
        [
            page.name(row),
            *([theme.number(row["population"] / 1e4, 1)] if peopled else []),
            page.value("aqi", row["aqi"]),
            page.category_cell(row["category"]),
            page.value("excess_risk", row["excess_risk"]),
            page.band(row, "excess_risk"),
            page.aqhi(row["aqhi"]),
            page.band_cell(row["aqhi_band"]),
            theme.number(100 * row["high_share"], 1),
            *_ahead_columns(page, worst, row["district"]),
        ]
        for _i, row in now.iterrows()
    ]
    top = numbers.worst(now) if len(now) else None
    says = (
        ""
        if top is None
        else _("{district} has the highest excess risk of the {n} districts: {risk}%.").format(
            district=page.name(top), n=len(now), risk=page.value("excess_risk", top["excess_risk"])
        )
    )
    return Section(
        [
            page.heading(_("Districts"), "districts"),
            Paragraph(says, leading=True),
            Table(
                page.table_label(),
                _("Districts in the latest hour, weighted by population, highest excess risk first")
                if peopled
                else _("Districts in the latest hour, weighted by area, highest excess risk first"),
                [
                    Column(_("District"), figures=False, share=1.4),
                    *([Column(_("Population"), _("10,000"), share=1.2)] if peopled else []),
                    Column("AQI", share=0.8),
                    Column(_("Category"), figures=False, share=1.6),
                    Column(_("Excess risk"), "%", share=1.25),
                    Column(_("80% band"), "%", share=1.5),
                    Column("AQHI", share=0.9),
                    Column(_("Risk band"), figures=False, share=1.6),
                    Column(f"AQHI {page.threshold}+", "%", share=0.95),
                    Column(_("Highest ahead"), "%", share=1.25),
                    Column(_("Hour from"), figures=False, share=1.75),
                ],
                rows,
                _("AQHI {n}+: {share}. Times are the start of the hour, Beijing time (UTC+8).").format(
                    n=page.threshold, share=page.high_share_name()
                ),
                _("continued"),
            ),
        ]
    )


def sources(page: Page) -> Section:
    """The enterprises near high risk, first to look at first."""
    _ = page.words
    every = page.table("risk_sources").sort_values("rank")
    heading = page.heading(_("Risk sources to look at"), "sources")
    if every.empty:
        return Section([heading, Paragraph(_("No enterprise in the lake lies near a cell of high risk."))])
    shown = every.head(int(page.brief.top_sources))
    says = _(
        "{n} of {all} enterprises screened are listed. The score (0 to 100) ranks them for "
        "inspection; it is no finding "
        "against any of them."
    ).format(n=len(shown), all=len(every))
    shared = _shared_reasons(shown)
    if shared:
        says += _(" All of them: {reasons}.").format(reasons=page.joined([_(reason) for reason in shared]))
    return Section([heading, Paragraph(says, leading=True), _sources_table(page, shown, shared)])


def _reasons(row: pd.Series) -> list[str]:
    return [reason for reason in str(row["reasons"] or "").split("|") if reason]


def _shared_reasons(shown: pd.DataFrame) -> list[str]:
    """The reasons that every listed enterprise has: said once, they need no line in each row."""
    each = [_reasons(row) for _i, row in shown.iterrows()]
    return [reason for reason in each[0] if all(reason in others for others in each)]


def _sources_table(page: Page, shown: pd.DataFrame, shared: list[str]) -> Element:
    _ = page.words
    rows: list[list[Cell | str]] = [
        [
            str(int(row["rank"])),
            page.name(row),
            page.district(row["district"]),
            theme.number(row["score"], 0),
            page.value("excess_risk", row["excess_risk"]),
            theme.number(row["distance_m"] / 1000, 1),
            theme.number(row["population_2km"] / 1e4, 1),
            f"{theme.number(_whole(row['exceedances_12m']))} / {theme.number(_whole(row['complaints_12m']))}",
            page.joined([_(reason) for reason in _reasons(row) if reason not in shared]) or theme.NO_VALUE,
        ]
        for _i, row in shown.iterrows()
    ]
    return Table(
        page.table_label(),
        _("Enterprises near cells of high risk, highest score first"),
        [
            Column(_("Rank"), share=0.7),
            Column(_("Enterprise"), figures=False, share=2.8),
            Column(_("District"), figures=False, share=1.3),
            Column(_("Score"), share=0.8),
            Column(_("Excess risk"), "%", share=1.25),
            Column(_("Distance"), "km", share=1.35),
            Column(_("Within 2 km"), _("10,000"), share=1.1),
            Column(_("Exceed. / compl."), _("12 months"), share=1.4),
            Column(_("Why"), figures=False, share=4.0),
        ],
        rows,
        _(
            "Excess risk: highest near the enterprise, in the cell at the distance given. Within 2 "
            "km: people living within "
            "2 km. Exceed. / compl.: numbers of exceedances and of complaints in the last 12 months."
        ),
        _("continued"),
    )


def _whole(value: Any) -> float:
    return float("nan") if pd.isna(value) else float(value)
