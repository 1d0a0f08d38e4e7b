"""What the statements rest on: data capture, forecast skill, method, limits, provenance."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pandas as pd

from gzeco_lib.briefing.elements import Bullets, Element, Figure, Formula, KeyValues, Note, Paragraph, Section
from gzeco_lib.briefing.health_research import numbers
from gzeco_lib.briefing.health_research.names import CERTAINTY
from gzeco_lib.briefing.health_research.page import POLLUTANTS, Page
from gzeco_lib.briefing.tables import Cell, Column, Table
from gzeco_lib.errors import N_
from gzeco_lib.views import theme

HONG_KONG = "Wong et al. 2013, Atmos. Environ., doi:10.1016/j.atmosenv.2012.06.071"
CANADA = "Stieb et al. 2008, J. Air Waste Manag. Assoc., doi:10.3155/1047-3289.58.3.435"
SKILL_LEADS = (1, 3, 6, 12, 24)
MEMBER_NAMES = {
    "persistence": N_("Persistence"),
    "yesterday": N_("Same hour yesterday"),
    "climatology": N_("Climatology"),
    "linear": N_("Linear regression"),
    "boosting": N_("Gradient boosting"),
    "prophet": N_("Prophet"),
}
UNITS = dict.fromkeys(POLLUTANTS, "µg/m³") | {"CO": "mg/m³"}


def capture(page: Page) -> Section:
    """How complete and sound the data were."""
    _ = page.words
    table = page.table("capture")
    day, month = (numbers.mean_capture(table, f"capture_{window}") for window in ("24h", "30d"))
    poor = int((table["capture_30d"] < numbers.ENOUGH).sum())
    says = _(
        "Over the last 24 h {day} of the hourly values are there and usable, over the last 30 days "
        "{month}; {flagged} values "
        "of the last 30 days were flagged by a quality rule. {poor} of {n} series fall short of {enough}."
    ).format(
        day=page.percent(day),
        month=page.percent(month),
        flagged=theme.number(table["flagged_30d"].sum(), 0),
        poor=poor,
        n=len(table),
        enough=page.percent(numbers.ENOUGH, 0),
    )
    return Section(
        [
            page.heading(_("Data capture and quality"), "capture"),
            Paragraph(says, leading=True),
            _capture_table(page, table),
        ]
    )


def _capture_table(page: Page, table: pd.DataFrame) -> Element:
    _ = page.words
    stations = page.table("station_hourly")
    order = stations[stations["lead_h"] == 0].set_index("site", drop=False)
    codes = [code for code in POLLUTANTS if code in set(table["variable"])]
    rows: list[list[Cell | str]] = []
    for site, series in table.groupby("site", sort=False):
        month = series.set_index("variable")["capture_30d"]
        name = page.name(order.loc[site]) if site in order.index else str(site)
        rows.append(
            [
                name,
                *(_capture_cell(month.get(code)) for code in codes),
                _capture_cell(series["capture_24h"].mean()),
                theme.number(series["flagged_30d"].sum(), 0),
                page.short(series["last_time"].max()),
            ]
        )
    return Table(
        page.table_label(),
        _("Data capture by station and pollutant over the last 30 days"),
        [
            Column(_("Station"), figures=False, share=1),
            *(Column(code, "%") for code in codes),
            Column(_("All, 24 h"), "%"),
            Column(_("Flagged values")),
            Column(_("Last value"), figures=False),
        ],
        rows,
        _(
            "▽ below {enough}. Flagged: hourly values that a quality rule marked; they stay in store as found."
        ).format(enough=page.percent(numbers.ENOUGH, 0)),
        _("continued"),
    )


def _capture_cell(share: Any) -> Cell:
    if share is None or pd.isna(share):
        return Cell(theme.NO_VALUE, quiet=True)
    return Cell(f"{'▽ ' if share < numbers.ENOUGH else ''}{theme.number(100 * float(share), 0)}")


def skill(page: Page) -> Section:
    """How well the forecast did in the back-test, against persistence."""
    _ = page.words
    table = page.table("skill")
    heading = page.heading(_("Forecast skill"), "skill")
    if table.empty:
        return Section(
            [heading, Paragraph(_("No back-test is stored in this lake; run: gzeco backtest forecast."))]
        )
    from gzeco_lib.views.figures_chart import skill as chart

    six = table[(table["lead_h"] == 6) & (table["variable"] == "PM2.5")]
    gain = _gain(six.iloc[0]) if len(six) else float("nan")
    says = (
        _(
            "The mean absolute error (MAE) of the forecast in the rolling-origin back-test, beside "
            "persistence (the latest value "
            "held). For PM2.5 at 6 h the forecast is {gain}% better than persistence."
        ).format(gain=theme.number(gain, 0))
        if gain > 0
        else _(
            "The mean absolute error (MAE) of the forecast in the rolling-origin back-test, beside "
            "persistence (the latest value held)."
        )
    )
    codes = [code for code in POLLUTANTS if code in set(table["variable"])]
    return Section(
        [
            heading,
            Paragraph(says, leading=True),
            Figure(
                page.figure_label(),
                _("Mean absolute error by lead time: forecast and persistence"),
                chart(table, {code: (code, UNITS[code]) for code in codes}, _),
                _("Small charts of the error by lead time for each pollutant. {says}").format(says=says),
            ),
            _skill_table(page, table, codes),
        ]
    )


def _gain(row: pd.Series) -> float:
    """How much smaller the error is than that of persistence [%]."""
    return 100 * (1 - row["mae"] / row["mae_persistence"]) if row["mae_persistence"] else float("nan")


def _skill_table(page: Page, table: pd.DataFrame, codes: list[str]) -> Element:
    _ = page.words
    rows: list[list[Cell | str]] = []
    for code in codes:
        one = table[table["variable"] == code].set_index("lead_h").sort_index()
        members = _members(one["member"])
        rows.append(
            [
                code,
                UNITS[code],
                *(
                    _skill_cell(one.loc[lead], code) if lead in one.index else theme.NO_VALUE
                    for lead in SKILL_LEADS
                ),
                theme.number(100 * one["coverage80"].mean(), 0),
                page.listed([_(MEMBER_NAMES.get(name, name)) for name in members]),
            ]
        )
    leads = [Column(_("{n} h").format(n=lead), "(%)", share=1.25) for lead in SKILL_LEADS]
    return Table(
        page.table_label(),
        _("Mean absolute error by lead time, and in brackets how much smaller than that of persistence"),
        [
            Column(_("Pollutant"), figures=False, share=1),
            Column(_("Unit"), figures=False, share=0.9),
            *leads,
            Column(_("Band holds"), "%", share=1.25),
            Column(_("Members used"), figures=False, share=2.2),
        ],
        rows,
        _("Band holds: share of the values observed that fell inside the 80% band; 80% is right."),
        _("continued"),
    )


def _members(chosen: pd.Series) -> list[str]:
    """The league members behind the forecasts (``linear+persistence``), those used at most lead times first."""
    counts = Counter(name for member in chosen for name in str(member).split("+"))
    return [name for name, _count in counts.most_common()]


def _skill_cell(row: Any, code: str) -> str:
    """The error, and in brackets how much smaller it is than that of persistence [%]."""
    error = theme.number(row["mae"], 2 if code == "CO" else 1)
    return f"{error} ({theme.number(_gain(row), 0, signed=True)})"


def method(page: Page) -> Section:
    """How the figures were made, with their sources."""
    _ = page.words
    canada = page.outcome.parameters.get("risk_form") == "canada"
    return Section(
        [
            page.heading(_("Method"), "method"),
            Paragraph(
                _(
                    "AQI is computed hour by hour after HJ 633 in the generation that holds for the "
                    "date of each value, with the "
                    "norm's rounding, validity rules and colours. Excess risk is the additive sum of "
                    "the pollutants' relative "
                    "risks over 3-h moving means:"
                )
            ),
            _formula(_),
            Paragraph(
                _("with the coefficients of Canada's Air Quality Health Index for NO2, O3 and PM2.5.")
                if canada
                else _(
                    "with the coefficients of Hong Kong's Air Quality Health Index for NO2, SO2, O3 and the larger "
                    "term of PM10 and PM2.5."
                )
            ),
            Paragraph(
                _(
                    "Forecasts come from a league of persistence, same hour yesterday, climatology, linear "
                    "regression, gradient boosting and Prophet, weighted for each pollutant and lead time by their "
                    "skill in the past; the 80% band is calibrated on past errors. Station values are brought to "
                    "the grid by a Gaussian process in space and time, with the terrain and settlements around; "
                    "districts are means of their cells, weighted by the people present where these are known and by "
                    "area elsewhere."
                )
            ),
            Note(_("Source of the coefficients: {source}").format(source=CANADA if canada else HONG_KONG)),
        ]
    )


def grades(page: Page) -> list[Element]:
    """How every hazard is graded; nothing where the outcome has no grades."""
    _ = page.words
    table = page.optional("grade_method")
    if table is None or table.empty:
        return []
    rows: list[list[Cell | str]] = [
        [
            _(str(row["quantity"])),
            f"{row['formula']} [{theme.unit(str(row['unit']))}]"
            if row["unit"] != "1"
            else str(row["formula"]),
            _steps(page, str(row.get("grades", ""))),
            _basis(page, row),
            _(str(row["uncertainty"])),
            _(CERTAINTY.get(str(row["certainty"]), str(row["certainty"]))) or theme.NO_VALUE,
        ]
        for _i, row in table.iterrows()
    ]
    return [
        Table(
            page.table_label(),
            _("How each hazard is graded"),
            [
                Column(_("Quantity"), figures=False, share=1.5),
                Column(_("Formula"), figures=False, share=1.6),
                Column(_("Grades"), figures=False, share=1.6),
                Column(_("Clause and reason"), figures=False, share=2.5),
                Column(_("Uncertainty"), figures=False, share=2),
                Column(_("Certainty"), figures=False, share=1.1),
            ],
            rows,
            "",
            _("continued"),
            long=True,
        )
    ]


def _steps(page: Page, grades: str) -> str:
    """The steps of the grades, one a line, bands by their names."""
    said = []
    for step in grades.split(" · "):
        name, arrow, grade = step.partition(" → ")
        said.append(f"{page.band_name(name) if name in theme.BANDS else name}{arrow}{grade}")
    return "\n".join(said) if grades else theme.NO_VALUE


def _basis(page: Page, row: pd.Series) -> str:
    """The clause where it is one of a norm, and the reason in the reader's language."""
    clause, reason = str(row["clause"]), str(row.get(f"reason_{page.lang}", "") or "")
    named = clause if clause.startswith(("GB", "HJ")) or "doi:" in clause or not reason else ""
    return page.joined([part for part in (named, reason) if part]) or theme.NO_VALUE


def _formula(_: Any) -> Element:
    """The additive sum that both forms share."""
    return Formula(
        "<mrow><mi>ER</mi><mo>=</mo><mn>100</mn><munder><mo>∑</mo><mi>i</mi></munder><mo>(</mo>"
        "<msup><mi>e</mi><mrow><msub><mi>β</mi><mi>i</mi></msub><msub><mi>C</mi><mi>i</mi></msub></mrow></msup>"
        "<mo>−</mo><mn>1</mn><mo>)</mo><mspace width='0.4em'/><mtext>[%]</mtext></mrow>",
        '"ER" = 100 sum_i (e^(beta_i C_i) - 1) quad [%]',
        _(
            "ER is 100 times the sum over pollutants i of e to the power of beta i times C i, less one, in percent"
        ),
    )


def limits(page: Page) -> Section:
    """What the figures do not mean."""
    _ = page.words
    return Section(
        [
            page.heading(_("Limits"), "limits"),
            Bullets(
                [
                    _(
                        "Excess risk is that of a short-term rise in hospital visits or deaths found "
                        "elsewhere; it is no count of "
                        "cases in Guangzhou, and AQHI is no official index here."
                    ),
                    _("Values are as received and not ratified; quality rules flag, they do not correct."),
                    _(
                        "Far from any station, cells rest on the pattern of the stations alone; "
                        "local sources between them are "
                        "not seen."
                    ),
                    _(
                        "The forecast knows no weather forecast beyond what its inputs carry; sudden "
                        "episodes may come early or late."
                    ),
                    _(
                        "Exposure is by place of stay outdoors; indoor air and personal habits are not counted."
                    ),
                    _(
                        "A trace gives probabilities from monitors and wind: it says where to look first, and is no "
                        "evidence of an offence."
                    ),
                    _(
                        "Burden and index rest on functions, weights and settings found or chosen elsewhere; read them "
                        "as a comparison of places and years."
                    ),
                ]
            ),
        ]
    )


def provenance(page: Page) -> Section:
    """Everything needed to make this briefing again."""
    _ = page.words
    outcome = page.outcome
    source = outcome.provenance
    window = source.window
    parameters = {**outcome.parameters}
    versions = ", ".join(f"{name} {version}" for name, version in sorted(source.versions.items()))
    rows = [
        (_("Scenario"), outcome.scenario),
        (_("Outcome"), outcome.id),
        (_("Known up to (Beijing time)"), page.moment(outcome.at)),
        (
            _("Data used (Beijing time)"),
            f"{page.moment(window[0])} – {page.moment(window[1])}" if window else theme.NO_VALUE,
        ),
        (_("Table versions"), versions or theme.NO_VALUE),
        (_("Parameters"), ", ".join(f"{name} = {_plain(value)}" for name, value in parameters.items())),
        (_("Code version"), f"gzeco {source.code}"),
    ]
    return Section([page.heading(_("Provenance"), "provenance"), KeyValues(rows)])


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
