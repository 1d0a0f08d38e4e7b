"""The burden of long-term air, and how the city's counts answer to air and temperature."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gzeco_lib.briefing.elements import Element, Figure, Note, Paragraph, Section
from gzeco_lib.briefing.health_research import names
from gzeco_lib.briefing.health_research.absent import absent
from gzeco_lib.briefing.health_research.companions import BURDEN, RESPONSE
from gzeco_lib.briefing.health_research.page import Page
from gzeco_lib.briefing.tables import Cell, Column, Table
from gzeco_lib.errors import N_
from gzeco_lib.views import theme

HEADING, ANCHOR = N_("Burden of long-term air"), "burden"
RESPONSE_HEADING, RESPONSE_ANCHOR = N_("Response of health to air"), "response"
CITY, ALL_AGES, WHOLE = "440100", -1, "NCD+LRI"
NOT_MADE = N_("The burden could not be computed for this briefing; the note on the first page says why.")
NO_AIR = N_("No burden is computed: the lake holds too little air data or no stations.")


def section(page: Page) -> Section:
    """Deaths by cause, district and target; only shares of the deaths where no death rates are known."""
    from gzeco_lib.views import burden as drawn

    _ = page.words
    table = page.companions.table(BURDEN, "burden")
    if table.empty:
        why = NO_AIR if page.companions.outcomes.get(BURDEN) is not None else NOT_MADE
        return absent(page, HEADING, ANCHOR, why)
    chosen = drawn.chosen(table)
    found: list[Element] = [page.heading(_(HEADING), ANCHOR), Paragraph(sentence(page), leading=True)]
    if len(chosen):
        causes = {cause: _(names.CAUSES.get(str(cause), str(cause))) for cause in chosen["cause"].unique()}
        caption = _("PM2.5, GEMM: causes of death of the whole city")
        what = drawn.measure(chosen)
        city = chosen[chosen["district"].astype(str) == CITY].sort_values(what, ascending=False)
        room = 46.0 if page.lang == "zh" else 90.0  # the longest name [mm]
        svg = drawn.intervals("burden_causes", city, [causes[c] for c in city["cause"]], what, _, room=room)
        found.append(Figure(page.figure_label(), caption, svg, f"{caption} {sentence(page)}"))
        found.append(_district_table(page, chosen))
        targets = drawn.targets(page.companions.table(BURDEN, "avoided"), _)
        if targets:
            caption = _("PM2.5: deaths a year that reaching a target would avoid")
            note = _avoid_note(page)
            found.append(Figure(page.figure_label(), caption, targets, f"{caption} {note}", note))
    return Section([*found, *_notes(page, BURDEN)])


def _avoid_note(page: Page) -> str:
    _ = page.words
    return _("GEMM with the cause that holds the others; the whole city, all ages together.")


def whole(page: Page) -> pd.Series | None:
    """The city's row of PM2.5 by GEMM and the cause that holds the others; None where there is none."""
    table = page.companions.table(BURDEN, "burden")
    if table.empty:
        return None
    rows = table[
        (table["district"].astype(str) == CITY) & (table["pollutant"] == "PM2.5") & (table["model"] == "GEMM")
        & (table["cause"] == WHOLE) & (table["age"] == ALL_AGES)
    ]  # fmt: skip
    return None if rows.empty else rows.iloc[0]


def sentence(page: Page) -> str:
    """How many deaths a year, or which share of them, go with long-term PM2.5."""
    _ = page.words
    row = whole(page)
    if row is None:
        return _("Functions of other pollutants only; PM2.5 is not known.")
    mean = f"{float(row['concentration']):.1f}"
    if pd.notna(row["deaths"]):
        return _(
            "About {deaths} deaths a year ({lo} to {hi}, 95% interval) in the city go with long-term PM2.5 of {mean} "
            "µg/m³ (GEMM, non-communicable diseases and lower respiratory infections)."
        ).format(
            deaths=_deaths(row["deaths"]), lo=_deaths(row["deaths_lo"]), hi=_deaths(row["deaths_hi"]), mean=mean
        )  # fmt: skip
    return _(
        "{share} of the deaths from non-communicable diseases and lower respiratory infections ({lo} to {hi}, 95% "
        "interval) go with long-term PM2.5 of {mean} µg/m³ (GEMM); how many deaths that is cannot be said without "
        "death rates."
    ).format(
        share=page.percent(row["share"]), lo=page.percent(row["share_lo"]), hi=page.percent(row["share_hi"]), mean=mean
    )  # fmt: skip


def _deaths(value: Any) -> str:
    """Three figures: the interval is far wider."""
    return theme.number(float(f"{float(value):.3g}")) if pd.notna(value) else theme.NO_VALUE


def _district_table(page: Page, chosen: pd.DataFrame) -> Element:
    _ = page.words
    rows = chosen[chosen["cause"] == WHOLE].astype({"district": str})
    counted = bool(rows["deaths"].notna().any())
    by = "deaths" if counted else "share"
    rows = rows.assign(last=rows["district"] == CITY).sort_values(["last", by], ascending=[True, False])
    cells: list[list[Cell | str]] = []
    for _i, row in rows.iterrows():
        line: list[Cell | str] = [
            page.area(row["district"]), theme.number(row["population"] / 1e4, 1), f"{row['concentration']:.1f}",
            theme.number(100 * row["share"], 1), _range(100 * row["share_lo"], 100 * row["share_hi"], 1),
        ]  # fmt: skip
        if counted:
            line += [
                _deaths(row["deaths"]), _range(row["deaths_lo"], row["deaths_hi"], 0),
                theme.number(row["per_100k"], 1),
            ]  # fmt: skip
        cells.append(line)
    columns = [
        Column(_("District"), figures=False, share=1.3), Column(_("Population"), _("10,000"), share=1.1),
        Column("PM2.5", "µg/m³", share=1), Column(_("Share"), "%", share=0.9),
        Column(_("95% interval"), "%", share=1.3),
    ]  # fmt: skip
    if counted:
        columns += [
            Column(_("Deaths"), _("a year"), share=1.1), Column(_("95% interval"), _("a year"), share=1.7),
            Column(_("Deaths"), _("per 100,000"), share=1.2),
        ]  # fmt: skip
    return Table(
        page.table_label(), _("Deaths of adults that go with long-term PM2.5, by district (GEMM, {cause})").format(
            cause=_(names.CAUSES[WHOLE])), columns, cells,
        _("Districts' rows rest on their own annual mean, population and, where known, death rates."), _("continued"),
    )  # fmt: skip


def _range(lo: Any, hi: Any, decimals: int) -> str:
    return (
        f"{theme.number(float(lo), decimals)}–{theme.number(float(hi), decimals)}"
        if pd.notna(lo)
        else theme.NO_VALUE
    )


def _notes(page: Page, model: str) -> list[Element]:
    """What the model's run wants its reader to know; each sentence once."""
    outcome = page.companions.outcomes.get(model)
    told = list(dict.fromkeys(page.told(*note) for note in (outcome.notes if outcome else [])))
    return [Note(page.sentences(told))] if told else []


def response(page: Page) -> Section:
    """Effects of the literature beside those estimated from the city's counts."""
    from gzeco_lib.views.response import curve_figure

    _ = page.words
    effects = page.companions.table(RESPONSE, "effects")
    if effects.empty:
        return absent(
            page, RESPONSE_HEADING, RESPONSE_ANCHOR,
            N_("No effect is known: the lake holds no counts, and the literature kept here none of these counts."),
        )  # fmt: skip
    found: list[Element] = [
        page.heading(_(RESPONSE_HEADING), RESPONSE_ANCHOR), Paragraph(response_sentence(page, effects), leading=True),
        _effects_table(page, effects),
    ]  # fmt: skip
    curve = page.companions.table(RESPONSE, "curve")
    exposure = _drawn(curve)
    if exposure:
        name, unit = page.variable(exposure)
        caption = _(
            "{exposure} and deaths: relative risk, the literature beside the city's own counts"
        ).format(exposure=name)
        found.append(
            Figure(
                page.figure_label(),
                caption,
                curve_figure(curve, exposure, CITY, page.lang),
                f"{caption} [{unit}] {response_sentence(page, effects)}",
            )
        )
    return Section([*found, *_notes(page, RESPONSE)])


def _drawn(curve: pd.DataFrame) -> str:
    """The exposure whose curve is drawn: one with a local estimate before one without, PM2.5 before others."""
    if curve.empty:
        return ""
    own = set(curve[curve["kind"] != "literature"]["exposure"])
    order = ("PM2.5", "temperature", "O3", "NO2")
    return next((e for e in order if e in own), next((e for e in order if e in set(curve["exposure"])), ""))


def response_sentence(page: Page, effects: pd.DataFrame) -> str:
    """What +10 of PM2.5 goes with, from the literature and from the city's own counts."""
    _ = page.words
    own = effects[(effects["kind"] != "literature") & (effects["district"].astype(str) == CITY)]
    if own.empty:
        return _(
            "Effects are those of the literature: the lake holds too few daily health counts for an estimate of the "
            "city's own."
        )
    ranked = own.assign(last=own["exposure"] != "PM2.5").sort_values("last", kind="stable")
    row: Any = ranked.iloc[0]
    name, _unit = page.variable(str(row["exposure"]))
    return _(
        "In the city's own counts {per} more of {exposure} goes with {change}% deaths or visits ({lo}% to {hi}%, 95% "
        "interval); the literature stands beside it."
    ).format(
        per=f"{float(row['per']):g} {theme.unit(str(row['unit']))}", exposure=name,
        **{key: theme.number(100 * (float(row[column]) - 1), 2, signed=True)
           for key, column in (("change", "rr"), ("lo", "lo"), ("hi", "hi"))},
    )  # fmt: skip


def _effects_table(page: Page, effects: pd.DataFrame) -> Element:
    _ = page.words
    rows = effects[effects["district"].astype(str) == CITY]
    cells: list[list[Cell | str]] = [
        [
            page.variable(str(row["exposure"]))[0],
            f"{_(names.MEASURES.get(str(row['measure']), str(row['measure'])))} · "
            f"{_(names.CAUSES.get(str(row['cause']), str(row['cause'])))}",
            _(names.KINDS.get(str(row["kind"]), str(row["kind"]))),
            f"{float(row['per']):+g} {theme.unit(str(row['unit']))}", f"{float(row['rr']):.4f}",
            f"{float(row['lo']):.4f}–{float(row['hi']):.4f}" if pd.notna(row["lo"]) else theme.NO_VALUE,
            str(row["lag"]), _(str(row["source"])) if row["source"] else theme.NO_VALUE,
        ]
        for _i, row in rows.iterrows()
    ]  # fmt: skip
    return Table(
        page.table_label(), _("Short-term effects, the literature beside local estimates"),
        [
            Column(_("Exposure"), figures=False, share=1.1), Column(_("Counted"), figures=False, share=1.4),
            Column(_("How estimated"), figures=False, share=1.2), Column(_("Per"), figures=False, share=1.2),
            Column(_("Relative risk"), share=0.9), Column(_("95% interval"), share=1.5),
            Column(_("Lag"), _("days"), share=0.7), Column(_("Source"), figures=False, share=2.4),
        ],
        cells, "", _("continued"),
    )  # fmt: skip
