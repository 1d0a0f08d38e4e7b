"""The situation: key figures, the risk on the map, the hours ahead."""

from __future__ import annotations

import pandas as pd

from gzeco_lib.briefing.elements import Bullets, Element, Figure, Paragraph, Section
from gzeco_lib.briefing.health_research import numbers
from gzeco_lib.briefing.health_research.page import Page
from gzeco_lib.briefing.tables import Cell, Column, Table
from gzeco_lib.environmental_health.answer import findings
from gzeco_lib.views import theme


def situation(page: Page) -> Section:
    """Key figures now, yesterday and ahead."""
    _ = page.words
    city = numbers.city(page.table("city_hourly"))
    return Section(
        [
            page.heading(_("Situation"), "situation"),
            Bullets([_(message).format(**fields) for message, fields in findings(page.outcome, page.lang)]),
            _key_figures(page, city),
        ]
    )


def _key_figures(page: Page, city: numbers.City) -> Element:
    _ = page.words
    rows: list[list[Cell | str]] = []
    for name, label in (("aqi", "AQI"), ("excess_risk", _("Excess risk [%]"))):
        now, before, worst = city.now[name], _before(city, name), city.worst[name]
        change = theme.number(numbers.change(now, before), theme.DECIMALS.get(name, 0), signed=True)
        band = page.band(city.worst, name)
        rows.append(
            [label, page.value(name, now), page.value(name, before), change, page.value(name, worst), band]
        )
    rows.append(
        [
            "AQHI",
            page.aqhi(city.now["aqhi"]),
            page.aqhi(_before(city, "aqhi")),
            theme.number(numbers.change(city.now["aqhi"], _before(city, "aqhi")), 0, signed=True),
            page.aqhi(city.worst["aqhi"]),
            theme.NO_VALUE,
        ]
    )
    districts = page.table("district_hourly")
    area = numbers.cells_by_district(page.outcome.fields["risk"])
    shares = [
        numbers.high_share(districts[districts["lead_h"] == lead], area)
        for lead in (0, -24, city.worst["lead_h"])
    ]
    shown = [theme.number(100 * share, 1) for share in shares]
    points = theme.number(100 * (shares[0] - shares[1]), 1, signed=True)
    rows.append([page.high_share_name(), *shown[:2], points, shown[2], theme.NO_VALUE])
    return Table(
        page.table_label(),
        _("Key figures of the city"),
        [
            Column(_("Indicator"), figures=False, share=1),
            Column(_("Latest hour")),
            Column(_("Same hour yesterday")),
            Column(_("Change")),
            Column(_("Worst hour ahead")),
            Column(_("80% band")),
        ],
        rows,
        _("Worst hour ahead: {hour}, the hour of highest excess risk.").format(
            hour=page.hour(city.worst["time"])
        ),
        _("continued"),
    )


def _before(city: numbers.City, name: str) -> float:
    return float("nan") if city.yesterday is None else city.yesterday[name]


def maps(page: Page) -> Section:
    """The risk on the map, now and in the worst hour."""
    from gzeco_lib.views.figures_map import risk_maps

    _ = page.words
    city = numbers.city(page.table("city_hourly"))
    worst = int(city.worst["lead_h"])
    stations = page.table("station_hourly")
    sites = stations[stations["lead_h"] == 0]
    leads = [0, worst] if worst else [0]
    titles = [
        _("Latest hour, {hour}").format(hour=page.hour(city.now["time"])),
        _("Worst hour ahead, {hour}").format(hour=page.hour(city.worst["time"])),
    ]
    risk = page.outcome.fields["risk"].load()
    districts = page.table("district_hourly")
    ranked = [_ranking(page, districts[districts["lead_h"] == lead]) for lead in leads]
    says = _("Highest in the latest hour: {now}. Highest in the worst hour ahead: {ahead}.").format(
        now=ranked[0], ahead=ranked[-1]
    )
    return Section(
        [
            page.heading(_("Where the risk is"), "map"),
            Paragraph(says, leading=True),
            Figure(
                page.figure_label(),
                _("Excess risk by cell in the latest hour and in the worst hour ahead"),
                risk_maps(risk, leads, titles[: len(leads)], sites, _, page.lang, height=90.0),
                _("Maps of Guangzhou's districts coloured by excess risk. {says}").format(says=says),
                _(
                    "Cells are interpolated between stations and are the less certain the farther from one. "
                    "District outlines: Tianditu, for orientation only."
                ),
            ),
        ]
    )


def _ranking(page: Page, districts: pd.DataFrame, count: int = 3) -> str:
    top = districts.dropna(subset=["excess_risk"]).nlargest(count, "excess_risk")
    parts = [
        f"{page.name(row)} {page.value('excess_risk', row['excess_risk'])}%" for _i, row in top.iterrows()
    ]
    return page.listed(parts) or theme.NO_VALUE


def outlook(page: Page) -> Section:
    """The hours ahead as a chart with its band and as a table."""
    from gzeco_lib.views.figures_chart import outlook as chart

    _ = page.words
    hourly = page.table("city_hourly")
    city = numbers.city(hourly)
    ahead = hourly[hourly["lead_h"] > 0].sort_values("lead_h")
    aqi = ahead["aqi"].astype(float)
    n = int(hourly["lead_h"].max())
    says = _(
        "Over the next {n} h the city's AQI is expected between {low} and {high}, the excess risk "
        "between {rlow} and {rhigh}%."
    ).format(
        n=n,
        low=page.value("aqi", aqi.min()),
        high=page.value("aqi", aqi.max()),
        rlow=page.value("excess_risk", ahead["excess_risk"].min()),
        rhigh=page.value("excess_risk", ahead["excess_risk"].max()),
    )
    alt = _("Chart of AQI and excess risk over time with the 80% band of the forecast. {says}").format(
        says=says
    )
    return Section(
        [
            page.heading(_("The next {n} hours").format(n=n), "outlook"),
            Paragraph(says, leading=True),
            Figure(
                page.figure_label(),
                _("AQI and excess risk of the city: observed, and forecast with its 80% band"),
                chart(hourly, _, height=74.0),
                alt,
                _("The strip on the AQI axis carries the colours of the AQI categories (HJ 633)."),
            ),
            _outlook_table(page, ahead, city),
        ]
    )


def _outlook_table(page: Page, ahead: pd.DataFrame, city: numbers.City) -> Element:
    _ = page.words
    step = int(page.brief.table_step)
    picked = ahead[
        (ahead["lead_h"] % step == 0) | (ahead["lead_h"] == city.worst["lead_h"]) | (ahead["lead_h"] == 1)
    ]
    rows: list[list[Cell | str]] = []
    for _i, row in picked.iterrows():
        mark = " ▲" if row["lead_h"] == city.worst["lead_h"] else ""
        rows.append(
            [
                page.short(row["time"]) + mark,
                f"{int(row['lead_h'])}",
                page.value("aqi", row["aqi"]),
                page.band(row, "aqi"),
                page.category_cell(row["category"]),
                page.primary(row["primary"]),
                page.value("excess_risk", row["excess_risk"]),
                page.band(row, "excess_risk"),
                page.aqhi(row["aqhi"]),
            ]
        )
    return Table(
        page.table_label(),
        _("Forecast of the city, every {n} h").format(n=step),
        [
            Column(_("Hour from"), figures=False, share=2.1),
            Column(_("Lead time"), "h", share=1.35),
            Column("AQI", share=0.9),
            Column(_("80% band"), share=1.4),
            Column(_("Category"), figures=False, share=1.6),
            Column(_("Primary pollutant"), figures=False, share=1.9),
            Column(_("Excess risk"), "%", share=1.2),
            Column(_("80% band"), "%", share=1.6),
            Column("AQHI", share=1),
        ],
        rows,
        _("▲ marks the hour of highest excess risk. Times are the start of the hour, Beijing time (UTC+8)."),
        _("continued"),
    )
