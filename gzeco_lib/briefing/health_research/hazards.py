"""Hazards on one map: air, toxics, water and noise in five grades, by district and by the worst sites."""

from __future__ import annotations

import pandas as pd

from gzeco_lib.briefing.elements import Element, Figure, Paragraph, Section
from gzeco_lib.briefing.health_research import names
from gzeco_lib.briefing.health_research.absent import absent, rows
from gzeco_lib.briefing.health_research.page import Page
from gzeco_lib.briefing.tables import Cell, Column, Table
from gzeco_lib.errors import N_
from gzeco_lib.views import theme

HEADING, ANCHOR = N_("Hazards"), "hazards"
WORST = 10  # sites that are listed
NO_SITES = pd.DataFrame(columns=["hazard"])
GRADED = ("air", "toxics", "water", "noise")


def known(page: Page) -> list[str]:
    """The hazards that are graded anywhere."""
    table = rows(page, "hazard_district")
    if table is None:
        return []
    seen = table[table["cells"] > 0]["hazard"]
    return [hazard for hazard in GRADED if hazard in set(seen)]


def section(page: Page) -> Section:
    """Map, districts and worst sites."""
    _ = page.words
    table = rows(page, "hazard_district")
    field = page.outcome.fields.get("hazards")
    if table is None or field is None:
        return absent(page, HEADING, ANCHOR)
    found: list[Element] = [page.heading(_(HEADING), ANCHOR), Paragraph(sentence(page), leading=True)]
    graded = known(page)
    if not graded:
        return Section(found)
    from gzeco_lib.views.figures_grades import hazard_maps

    layers = {
        hazard: _(names.HAZARDS[hazard]) for hazard in (("overall", *graded) if len(graded) > 1 else graded)
    }
    sites = rows(page, "hazard_sites")
    caption = _("Grades of the hazards by cell: the worst known, and each")
    found.append(
        Figure(
            page.figure_label(), caption,
            hazard_maps(field.load(), layers, NO_SITES if sites is None else sites, _, page.lang),
            f"{caption} {sentence(page)}",
            _("Grades 1 to 5 in the colours of severity with their signs; a hazard that is not known does not count, "
              "so the overall grade is a lower bound there."),
        )
    )  # fmt: skip
    found.append(_district_table(page, table, graded))
    if sites is not None:
        found.append(_site_table(page, sites))
    return Section(found)


def sentence(page: Page) -> str:
    """Which hazard stands highest where, and which are not graded."""
    _ = page.words
    table, graded = rows(page, "hazard_district"), known(page)
    missing = [_(names.HAZARDS[hazard]) for hazard in GRADED if hazard not in graded]
    without = (
        _(" Not graded for want of data: {names}.").format(names=page.listed(missing)) if missing else ""
    )
    if table is None or not graded:
        return _("No hazard could be graded.") + without
    own = table[table["hazard"].isin(graded)].dropna(subset=["grade"])
    known_share = own.get("known_share", 1.0)
    own = own.assign(least=own["share_4_5"] * known_share)
    top = own.sort_values(["least", "grade"], ascending=False).iloc[0]
    place, hazard = page.district(top["district"]), _(names.HAZARDS[str(top["hazard"])])
    if float(top["least"]) > 0:
        said = _(
            "{hazard} in {district} stands highest: at least {share} of the people or the area lie in grades 4 and 5."
        )
    else:
        said = _(
            "No district has people or area in grades 4 and 5; the highest mean grade has {hazard} in {district}: "
            "{grade}."
        )
    least, grade = float(top["least"]), theme.number(top["grade"], 1)
    share = page.percent(least, 0 if least >= 0.01 else 1)
    said = said.format(hazard=hazard, district=place, share=share, grade=grade)
    return said + without


def _columns(graded: list[str]) -> list[str]:
    """The hazards and their worst, which one alone is itself."""
    return [*graded, "overall"] if len(graded) > 1 else graded


def _district_table(page: Page, table: pd.DataFrame, graded: list[str]) -> Element:
    _ = page.words
    wide = {(str(row["district"]), str(row["hazard"])): row for _i, row in table.iterrows()}
    overall = table[table["hazard"] == "overall"].sort_values(["share_4_5", "grade"], ascending=False)
    cells: list[list[Cell | str]] = []
    for code in overall["district"].astype(str):
        line: list[Cell | str] = [page.district(code)]
        for hazard in _columns(graded):
            row = wide[code, hazard]
            line += [page.grade_cell(row["grade"]), theme.number(100 * float(row["share_4_5"]), 0)]
        cells.append(line)
    columns = [Column(_("District"), figures=False, share=1.2)]
    for hazard in _columns(graded):
        columns += [
            Column(_(SHORT[hazard]), figures=False, share=1.3), Column("4–5", "%", share=0.7),
        ]  # fmt: skip
    return Table(
        page.table_label(), _("Mean grade of each hazard by district, and the share in grades 4 and 5"), columns, cells,
        _("Means and shares over the cells that are known, weighted by the people present where these are known."),
        _("continued"),
    )  # fmt: skip


SHORT = {**names.HAZARDS, "overall": N_("Overall")}


def worst_sites(page: Page, count: int = WORST) -> pd.DataFrame:
    """The sites of worst grade, one row each, hazards in turn so that one does not hide the others."""
    sites = rows(page, "hazard_sites")
    if sites is None:
        return pd.DataFrame()
    ranked = sites.dropna(subset=["grade"]).sort_values("grade", ascending=False, kind="stable")
    ranked = ranked.drop_duplicates(["hazard", "site"])
    ranked = ranked.assign(turn=ranked.groupby("hazard").cumcount())
    return ranked.sort_values(["turn", "grade"], ascending=[True, False], kind="stable").head(count)


def _site_table(page: Page, sites: pd.DataFrame) -> Element:
    _ = page.words
    worst = worst_sites(page).sort_values("grade", ascending=False, kind="stable")
    cells: list[list[Cell | str]] = [
        [
            page.name(row), page.district(row["district"]), _(SHORT.get(str(row["hazard"]), str(row["hazard"]))),
            quantity(page, row), measured(row), page.grade_cell(row["grade"]), str(row["clause"]),
        ]
        for _i, row in worst.iterrows()
    ]  # fmt: skip
    return Table(
        page.table_label(),
        _("Sites of worst grade, {n} of {all}").format(n=len(worst), all=sites["site"].nunique()),
        [
            Column(_("Site"), figures=False, share=1.8),
            Column(_("District"), figures=False, share=1.15),
            Column(_("Hazard"), figures=False, share=1.15),
            Column(_("Quantity"), figures=False, share=1.35),
            Column(_("Value"), figures=False, share=1.5),
            Column(_("Grade"), figures=False, share=1.5),
            Column(_("Clause"), figures=False, share=1.9),
        ],
        cells,
        "",
        _("continued"),
    )


LEVELS = {"Ld": N_("Level by day, Ld"), "Ln": N_("Level by night, Ln")}


def quantity(page: Page, row: pd.Series) -> str:
    """What was measured: a variable, a noise level, or the item that makes the class of the water."""
    _ = page.words
    code = str(row["variable"])
    if code in LEVELS:
        return _(LEVELS[code])
    if code:
        return page.variable(code)[0]
    items = [page.variable(one)[0] for one in str(row.get("worst", "") or "").split(",") if one]
    item = page.listed(items)
    return _("Water class, by {item}").format(item=item) if item else _("Water class")


def measured(row: pd.Series) -> str:
    """Value, 80 % interval and unit of a site."""
    if not str(row["variable"]) and str(row.get("class", "")):
        return str(row["class"])
    if pd.isna(row["value"]):
        return theme.NO_VALUE
    said = f"{figure(float(row['value']))} {theme.unit(str(row['unit']))}".strip()
    if pd.isna(row["lo"]) or pd.isna(row["hi"]):
        return said
    return f"{said} ({figure(float(row['lo']))}–{figure(float(row['hi']))})"


def figure(value: float) -> str:
    """A figure of any size with about three digits; very small ones by a power of ten."""
    if value != 0 and abs(value) < 0.001:
        mantissa, power = f"{value:.1e}".split("e")
        return f"{mantissa}e{int(power)}"
    return theme.number(
        value, 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    )
