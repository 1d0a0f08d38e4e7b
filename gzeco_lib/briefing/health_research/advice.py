"""Advice for each audience with its reason and source, and what people complained of."""

from __future__ import annotations

import pandas as pd

from gzeco_lib.briefing.elements import Element, Paragraph, Section
from gzeco_lib.briefing.health_research import names
from gzeco_lib.briefing.health_research.absent import absent, rows
from gzeco_lib.briefing.health_research.page import Page
from gzeco_lib.briefing.tables import Cell, Column, Table
from gzeco_lib.environmental_health.friendliness.advice_texts import AUDIENCES
from gzeco_lib.errors import N_

HEADING, ANCHOR = N_("Advice"), "advice"
OPINION_HEADING, OPINION_ANCHOR = N_("Complaints and opinion"), "opinion"
MOST = 16  # rows of the table
TOPICS = 6  # columns of the table of complaints


def section(page: Page) -> Section:
    """What the rules advise for the hours ahead."""
    _ = page.words
    table = page.optional("advice")
    if table is None:
        return absent(page, HEADING, ANCHOR)
    found: list[Element] = [page.heading(_(HEADING), ANCHOR), Paragraph(sentence(page), leading=True)]
    if table.empty:
        return Section(found)
    cells: list[list[Cell | str]] = [
        [
            _(AUDIENCES.get(str(row["audience"]), str(row["audience"]))),
            page.told(row["text"], row["fields"]) + where(page, row),
            page.told(row["reason"], row["fields"]),
            page.told(row["source"], row["fields"]),
        ]
        for _i, row in merged(table).head(MOST).iterrows()
    ]
    found.append(
        Table(
            page.table_label(),
            _("Advice for the hours ahead, the most pressing first"),
            [
                Column(_("For whom"), figures=False, share=1.3),
                Column(_("Advice"), figures=False, share=3.4),
                Column(_("Reason"), figures=False, share=2.1),
                Column(_("Source"), figures=False, share=2.2),
            ],
            cells,
            _("A rule speaks only from what is known: where an input is missing it gives no advice."),
            _("continued"),
        )
    )
    return Section(found)


def merged(table: pd.DataFrame) -> pd.DataFrame:
    """One row an audience and rule, the city's before districts'; ``districts`` are those it is for ([] the city)."""
    made = []
    ordered = table.sort_values(["priority", "district"], kind="stable")
    for _key, same in ordered.groupby(["audience", "rule"], sort=False):
        districts = [str(code) for code in same["district"] if code]
        made.append({**same.iloc[0].to_dict(), "districts": [] if len(districts) < len(same) else districts})
    return pd.DataFrame(made)


def where(page: Page, row: pd.Series) -> str:
    """The districts a piece of advice is for, in brackets; nothing for the whole city."""
    if not row["districts"]:
        return ""
    mark = "（{}）" if page.lang == "zh" else " ({})"
    return mark.format(page.listed([page.district(code) for code in row["districts"]]))


def sentence(page: Page) -> str:
    """For whom there is advice; that there is none where the inputs give none."""
    _ = page.words
    table = page.optional("advice")
    if table is None or table.empty:
        return _("No rule speaks for the hours ahead: no restriction is advised, as far as the inputs tell.")
    order = table.sort_values("priority", kind="stable")["audience"].drop_duplicates()
    who = page.listed([_(AUDIENCES.get(str(a), str(a))) for a in order])
    return _("There is advice for: {who}.").format(who=who)


def opinion(page: Page) -> Section:
    """Complaints of the last month by district and topic."""
    _ = page.words
    if page.optional("opinion_summary") is None:
        return absent(page, OPINION_HEADING, OPINION_ANCHOR)
    summary = rows(page, "opinion_summary")
    if summary is None:
        return absent(
            page,
            OPINION_HEADING,
            OPINION_ANCHOR,
            N_("The lake holds no complaints or opinion of these days."),
        )
    topics = summary.groupby("topic")["count"].sum().sort_values(ascending=False)
    shown = [str(topic) for topic in topics.index[:TOPICS]]
    wide = summary.assign(district=summary["district"].astype(str)).pivot_table(
        index="district", columns="topic", values="count", aggfunc="sum", fill_value=0
    )
    wide = wide.assign(total=wide.sum(axis=1)).sort_values("total", ascending=False)
    cells: list[list[Cell | str]] = [
        [
            page.district(code) if code else _("Place not known"),
            *(str(int(row[topic])) for topic in shown), str(int(row["total"])),
        ]
        for code, row in wide.iterrows()
    ]  # fmt: skip
    return Section(
        [
            page.heading(_(OPINION_HEADING), OPINION_ANCHOR),
            Paragraph(opinion_sentence(page), leading=True),
            Table(
                page.table_label(),
                _("Complaints and opinion by district and topic"),
                [
                    Column(_("District"), figures=False, share=1.4),
                    *(Column(_(names.TOPICS.get(topic, topic)), share=1) for topic in shown),
                    Column(_("Together"), share=1),
                ],
                cells,
                _("Topics, places and times are read out of the texts by rule; personal data are masked."),
                _("continued"),
            ),
        ]
    )


def opinion_sentence(page: Page) -> str:
    """How many, of which topic most, and of which days; "" where none."""
    _ = page.words
    summary = rows(page, "opinion_summary")
    if summary is None:
        return ""
    topics = summary.groupby("topic")["count"].sum().sort_values(ascending=False)
    days = page.local(summary["day"].min()), page.local(summary["day"].max())
    return _("{n} complaints and posts from {first} to {last}; most are about {topic} ({most}).").format(
        n=int(topics.sum()), first=f"{days[0]:%m-%d}", last=f"{days[1]:%m-%d}",
        topic=_(names.TOPICS.get(str(topics.index[0]), str(topics.index[0]))), most=int(topics.iloc[0]),
    )  # fmt: skip
