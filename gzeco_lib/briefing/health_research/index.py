"""The friendliness index: how friendly the city, its districts and its kinds of places are to people's health."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gzeco_lib.briefing.elements import Element, Figure, Paragraph, Section
from gzeco_lib.briefing.health_research import names
from gzeco_lib.briefing.health_research.absent import absent, rows
from gzeco_lib.briefing.health_research.page import Page
from gzeco_lib.briefing.tables import Cell, Column, Table
from gzeco_lib.environmental_health.friendliness import PART_NAMES, PARTS
from gzeco_lib.errors import N_
from gzeco_lib.views import theme

HEADING, ANCHOR = N_("Friendliness index"), "friendliness"


def section(page: Page) -> Section:
    """Map, districts, kinds of places, groups."""
    from gzeco_lib.views.figures_index import index_figure

    _ = page.words
    table, field = rows(page, "friendliness"), page.outcome.fields.get("friendliness")
    if table is None or field is None or table["index"].notna().sum() == 0:
        return absent(page, HEADING, ANCHOR)
    districts = _of(table, "district")
    caption = _("Friendliness index by cell, and by district")
    known = {str(code): page.district(code) for code in districts["key"]}
    found: list[Element] = [
        page.heading(_(HEADING), ANCHOR),
        Paragraph(sentence(page), leading=True),
        Figure(
            page.figure_label(), caption, index_figure(field.load(), districts, known, _, page.lang),
            f"{caption} {sentence(page)}",
            _("0 is least and 100 most friendly; its colours are neither those of severity nor of the AQI."),
        ),
    ]  # fmt: skip
    if rows(page, "friendliness_parts") is not None:
        found.append(_parts_table(page, table))
    return Section([*found, _kinds_table(page, table)])


def _of(table: pd.DataFrame, scope: str, group: str = "all") -> pd.DataFrame:
    return table[(table["scope"] == scope) & (table["group"] == group)]


def city(page: Page) -> pd.Series | None:
    """The city's row for everybody; None where there is none."""
    table = rows(page, "friendliness")
    own = None if table is None else _of(table, "city")
    return None if own is None or own.empty or pd.isna(own["index"].iloc[0]) else own.iloc[0]


def ends(page: Page) -> tuple[pd.Series, pd.Series] | None:
    """The most and the least friendly district; None where not known."""
    table = rows(page, "friendliness")
    own = None if table is None else _of(table, "district").dropna(subset=["index"])
    if own is None or own.empty:
        return None
    ranked = own.sort_values("index", ascending=False, kind="stable")
    return ranked.iloc[0], ranked.iloc[-1]


def missing(page: Page, joined: Any) -> list[str]:
    """Names of the parts without data."""
    return [page.words(PART_NAMES[part]) for part in str(joined or "").split(",") if part in PART_NAMES]


def sentence(page: Page) -> str:
    """The city's index with its interval, both ends of the districts, and the parts that are missing."""
    _ = page.words
    row, both = city(page), ends(page)
    if row is None or both is None:
        return _("The index is known for no district.")
    said = _(
        "The city's index is {value} of 100 ({lo} to {hi}, 80% interval); highest in {best} with {most}, lowest in "
        "{worst} with {least}."
    ).format(
        value=theme.number(row["index"]), lo=theme.number(row["lo"]), hi=theme.number(row["hi"]),
        best=page.district(both[0]["key"]), most=theme.number(both[0]["index"]),
        worst=page.district(both[1]["key"]), least=theme.number(both[1]["index"]),
    )  # fmt: skip
    gone = missing(page, row["missing"])
    if gone:
        said += _(" Made without {parts}, for want of data; the weights of the others are scaled up.").format(
            parts=page.listed(gone)
        )
    return said


def _parts_table(page: Page, table: pd.DataFrame) -> Element:
    """Scores of the parts by district, the least friendly first."""
    _ = page.words
    parts = page.table("friendliness_parts")
    own = parts[(parts["scope"].isin(["city", "district"])) & (parts["group"] == "all")]
    wide = own.assign(key=own["key"].astype(str)).pivot_table(index="key", columns="part", values="score")
    shown = [part for part in PARTS if part in wide and wide[part].notna().any()]
    weight = own[own["scope"] == "city"].set_index("part")["weight"]
    order = pd.concat([_of(table, "district").sort_values("index"), _of(table, "city")])
    cells: list[list[Cell | str]] = [
        [
            page.area(row["key"]), theme.number(row["index"]),
            f"{theme.number(row['lo'])}–{theme.number(row['hi'])}",
            *(theme.number(wide[part].get(str(row["key"]), float("nan"))) for part in shown),
        ]
        for _i, row in order.iterrows()
    ]  # fmt: skip
    return Table(
        page.table_label(),
        _("The index and the scores of its parts by district, the least friendly first"),
        [
            Column(_("District"), figures=False, share=1.4),
            Column(_("Index"), share=0.8),
            Column(_("80% interval"), share=1.2),
            *(
                Column(
                    _(PART_NAMES[part]),
                    _("weight {n}%").format(n=theme.number(100 * weight.get(part, 0))),
                    share=1,
                )
                for part in shown
            ),
        ],
        cells,
        _("Scores and index from 0 to 100. Weights are settings that can be changed on the page."),
        _("continued"),
    )


def _kinds_table(page: Page, table: pd.DataFrame) -> Element:
    """Kinds of places and groups with their index."""
    _ = page.words
    every: list[tuple[str, str, pd.Series]] = []
    kinds = _of(table, "place_kind").dropna(subset=["index"]).sort_values("index")
    counts = table[(table["scope"] == "place") & (table["group"] == "all")]
    for _i, row in kinds.iterrows():
        every.append((_("Kind of place"), page.name(row), row))
    for group in names.GROUPS:
        own = table[(table["scope"] == "city") & (table["group"] == group)]
        if group != "all" and len(own) and pd.notna(own["index"].iloc[0]):
            every.append((_("Group"), _(names.GROUPS[group]), own.iloc[0]))
    cells: list[list[Cell | str]] = [
        [of, name, theme.number(row["index"]), f"{theme.number(row['lo'])}–{theme.number(row['hi'])}"]
        for of, name, row in every
    ]
    return Table(
        page.table_label(),
        _("The index by kind of place and by group"),
        [
            Column(_("Kind"), figures=False, share=1),
            Column(_("Name"), figures=False, share=2),
            Column(_("Index"), share=1),
            Column(_("80% interval"), share=1),
        ],
        cells,
        _("{n} places in all.").format(n=theme.number(counts["key"].nunique())) if len(counts) else "",
        _("continued"),
    )
