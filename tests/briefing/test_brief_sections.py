"""Sections of the long form on a whole outcome, on one of an earlier version, and on one that lacks feeds."""

from __future__ import annotations

import io
from collections.abc import Callable

import nbformat
import pandas as pd
import pypdfium2
import pytest
from brief_samples import burden_outcome, full_outcome, trace_outcome
from conftest import SECTIONS, as_notebook

from gzeco_lib.briefing import render
from gzeco_lib.briefing.checks import pdf_text
from gzeco_lib.briefing.health_research import alarms
from gzeco_lib.briefing.health_research.companions import BURDEN, RESPONSE, TRACE, Companions
from gzeco_lib.briefing.health_research.declaration import HealthResearch
from gzeco_lib.briefing.health_research.report import Report
from gzeco_lib.scenario import Outcome

NEW = ("alarms", "hazards", "burden", "index", "advice", "feeds")


def full_report(lang: str = "en", form: str = "long", **changes: object) -> Report:
    """A report of everything there can be."""
    outcomes = {TRACE: trace_outcome(), BURDEN: burden_outcome(), RESPONSE: None}
    others = Companions(outcomes | dict(changes.get("others", {})))
    brief = HealthResearch(language=lang, form=form, **dict(changes.get("brief", {})))
    return Report(changes.get("outcome") or full_outcome(), brief, False, others)  # type: ignore[arg-type]


def pdf_of(report: Report, lang: str, folder: object) -> bytes:
    shown = as_notebook([getattr(report, section)() for section in SECTIONS])
    return render.pdf(render.typst_source(shown, lang), folder)  # type: ignore[arg-type]


def test_an_earlier_outcome_says_what_it_does_not_hold(outcome: Outcome) -> None:
    report = Report(outcome, HealthResearch(language="en"))
    for section in ("alarms", "hazards", "index", "advice", "feeds"):
        html = getattr(report, section)().html()
        assert "earlier version" in html, section
        assert "<table" not in html and "<svg" not in html
    assert "could not be computed" in report.burden().html()
    assert "Risk by group" in report.outlook().html()


def test_every_section_of_a_whole_outcome_says_a_sentence_and_shows(tmp_path) -> None:
    report = full_report()
    for section in NEW:
        html = getattr(report, section)().html()
        assert "earlier version" not in html, section
        assert "<table" in html, section
        assert "nan" not in html.replace("Nansha", ""), section


def test_candidates_add_up_with_the_unknown() -> None:
    html = full_report().alarms().html()
    assert "Example Works 3" in html and "61%" in html
    assert "A source not on the list" in html and "12%" in html
    assert "about 52,000 people (90% interval 31,000 to 78,000 people)" in html
    assert "Its likeliest source is Example Works 3 (probability 61%)" in html
    assert html.count("<svg") == 1  # the plume
    assert "To check first" in html


def test_without_an_alarm_it_says_what_was_looked_at() -> None:
    full = full_outcome()
    full.tables["alarms"] = full.tables["alarms"].head(0)
    html = full_report(outcome=full).alarms().html()
    assert "No alarm in the last 24 h: at none of the 21 stations" in html
    assert "<table" not in html


def test_an_alarm_that_was_not_traced_is_told() -> None:
    html = full_report(others={TRACE: None}).alarms().html()
    assert "No alarm could be traced" in html


def test_alerts_name_place_probability_and_hours() -> None:
    html = full_report().outlook().html()
    assert "Alerts: 2; the band High or worse" in html
    assert "Nansha" in html and "83%" in html


def test_no_alert_says_how_near_it_came() -> None:
    full = full_outcome()
    full.tables["alerts"] = full.tables["alerts"].head(0)
    html = full_report(outcome=full).outlook().html()
    assert "No alert: nowhere does the band High or worse reach a probability of 50%" in html
    assert "The highest probability is 31%, in Panyu" in html


def test_without_death_rates_there_are_shares_and_no_deaths() -> None:
    known, unknown = burden_outcome(), burden_outcome(rates=False)
    assert (
        "About 10,900 deaths a year (3,580 to 15,900" in full_report(others={BURDEN: known}).burden().html()
    )
    html = full_report(others={BURDEN: unknown}).burden().html()
    assert "15.9% of the deaths" in html and "cannot be said without death rates" in html
    assert "per 100,000" not in html


def test_a_hazard_without_data_is_named_and_not_drawn() -> None:
    html = full_report().hazards().html()
    assert "Not graded for want of data: Noise" in html
    assert "ILCR" not in html  # clauses are those of the table
    assert "GB 3838-2002" in html


def test_advice_of_districts_is_one_row_with_its_districts() -> None:
    html = full_report().advice().html()
    assert html.count("Children should do less") == 1
    assert "(Yuexiu, Haizhu)" in html or "(Haizhu, Yuexiu)" in html
    assert "HJ 633-2012" in html


def test_late_feeds_stand_on_the_first_page_with_what_stands_in() -> None:
    report = full_report()
    first, feeds = report.first_page().html(), report.feeds().html()
    assert "The wind of 7 h ago is carried forward" in first
    assert first.index("The wind of 7 h ago") < first.index("Some other note")
    assert "Weather late" in feeds and "it took 12 min" in feeds


def test_notes_beyond_the_first_page_are_not_lost() -> None:
    full = full_outcome()
    full.notes += [("note {n}", {"n": n}) for n in range(20)]
    report = full_report(outcome=full)
    both = report.first_page().html() + report.feeds().html()
    assert all(f"note {n}<" in both for n in range(20))
    assert "more notes stand under Feeds and response time" in report.first_page().html()


def test_a_leads_hours_of_the_plume_are_in_order() -> None:
    added = trace_outcome().fields["plume"]["added"].isel(trace=0)
    leads = alarms.figure_leads(added)
    assert leads == sorted(set(leads)) and 0 in leads and leads[-1] > 0


def test_toggles_leave_sections_out() -> None:
    off = dict.fromkeys(("show_traces", "show_hazards", "show_burden", "show_index", "show_advice"), False)
    report = full_report(brief=off)
    for section in ("alarms", "hazards", "burden", "index", "advice"):
        assert not list(getattr(report, section)())


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("whole", [True, False])
def test_the_short_form_is_two_pages(lang: str, whole: bool, outcome: Outcome, tmp_path) -> None:
    report = (
        full_report(lang, "short") if whole else Report(outcome, HealthResearch(language=lang, form="short"))
    )
    content = pdf_of(report, lang, tmp_path)
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    count = len(document)
    document.close()
    assert count == 2
    text = pdf_text(content)
    assert ("广州市" if lang == "zh" else "Guangzhou") in text
    assert ("gzeco" in text) and (("局限" if lang == "zh" else "Limits") in text)


def test_the_short_form_stays_two_pages_with_far_too_much_to_say(tmp_path) -> None:
    full = full_outcome()
    full.notes = [
        (f"A long note of what is missing and what stands in for it, number {n}. " * 3, {}) for n in range(9)
    ]
    full.tables["advice"] = pd.concat(
        [full.tables["advice"].assign(rule=f"r{n}", text="Children should do less. " * 12) for n in range(8)]
    )
    content = pdf_of(full_report("en", "short", outcome=full), "en", tmp_path)
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    assert len(document) == 2
    document.close()


def test_the_long_form_is_set_whole_in_both_languages(tmp_path) -> None:
    for lang, said in (("zh", "报警与溯源"), ("en", "Alarms and traces")):
        text = pdf_text(pdf_of(full_report(lang), lang, tmp_path))
        assert said in text.replace("\n", "")


def test_no_english_is_left_in_the_chinese_brief() -> None:
    report = full_report("zh")
    for section in NEW:
        html = getattr(report, section)().html()
        for word in ("the ", " of ", "district", "people"):
            assert f">{word}" not in html and f" {word}" not in _text(html), (section, word)


def _text(html: str) -> str:
    import re

    bare = re.sub(r"<svg.*?</svg>|<[^>]+>", " ", html, flags=re.S)
    return re.sub(r"aria-label=\"[^\"]*\"", "", bare)


@pytest.fixture
def notebooks_of() -> Callable[[Report], nbformat.NotebookNode]:
    """A notebook of all sections of a report."""
    return lambda report: as_notebook([getattr(report, section)() for section in SECTIONS])


def test_contents_name_every_section_in_order(notebooks_of) -> None:
    from gzeco_lib.briefing.export import facts

    headings = [h["anchor"] for h in facts(notebooks_of(full_report()))["headings"]]
    wanted = ["situation", "changes", "map", "outlook", "alarms", "hazards", "burden", "response", "friendliness",
              "advice", "opinion", "stations", "districts", "sources", "method", "limits", "capture", "feeds", "skill",
              "provenance"]  # fmt: skip
    assert headings == wanted
