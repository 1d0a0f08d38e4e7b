"""Text from data is printed as it is, in HTML and in Typst."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import AT, as_notebook, made_outcome, reported
from hypothesis import given, settings
from hypothesis import strategies as st

from gzeco_lib.briefing import render
from gzeco_lib.briefing.checks import pdf_text
from gzeco_lib.briefing.elements import Bullets, Paragraph, Section, Title
from gzeco_lib.briefing.escape import html_text, plain, spans, typst_string
from gzeco_lib.briefing.tables import Cell, Column, Table

HOSTILE = [
    '#import "x"',
    "<script>alert(1)</script>",
    '"); #panic("x',
    "\\u{41} \\n $x$",
    "{{ 7 * 7 }} {% raw %}",
    "]] ) } // /* `raw` @label <label>",
    "&amp; &lt;b&gt;",
]


def head(lang: str = "en") -> Title:
    return Title("Bureau", "Title", "Guangzhou 广州市", [("at", str(AT))], "running", lang)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PM2.5 and PM10", [("PM", False), ("2.5", True), (" and PM", False), ("10", True)]),
        (
            "SO2, NO2, O3",
            [("SO", False), ("2", True), (", NO", False), ("2", True), (", O", False), ("3", True)],
        ),
        ("XPM2.5 PM25 HJ 633-2012", [("XPM2.5 PM25 HJ 633-2012", False)]),
    ],
)
def test_formulas_get_subscripts(text: str, expected: list[tuple[str, bool]]) -> None:
    assert spans(text) == expected


def test_marks_that_turn_the_writing_and_control_characters_go() -> None:
    assert plain("A\u202eB\x00C\u2066D\ud800") == "ABCD"


def test_html_escapes_quotes_and_tags() -> None:
    assert html_text('<a href="x">') == "&lt;a href=&quot;x&quot;&gt;"


def test_typst_string_escapes_backslash_quote_and_newline() -> None:
    assert typst_string('a\\b"c\nd') == '"a\\\\b\\"c\\nd"'


def test_hostile_names_are_printed(tmp_path: Path) -> None:
    table = Table("T", "caption", [Column("h", figures=False)], [[Cell(text)] for text in HOSTILE])
    shown = as_notebook([Section([head(), Bullets(HOSTILE), table])])
    text = pdf_text(render.pdf(render.typst_source(shown, "en"), tmp_path))
    squeezed = "".join(text.split())
    page = render.html(shown, "en")
    for hostile in HOSTILE:
        assert squeezed.count("".join(hostile.split())) == 2, hostile
        assert page.count(html_text(hostile)) >= 2
    assert "<script" not in page


def test_a_hostile_station_runs_through_the_whole_briefing(tmp_path: Path) -> None:
    name = '#import "x" <script>$'
    shown = reported(made_outcome(2, name), "zh")
    text = pdf_text(render.pdf(render.typst_source(shown, "zh"), tmp_path))
    assert '#import"x"<script>$0' in "".join(text.split())
    assert "<script" not in render.html(shown, "zh")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=20))
def test_any_text_compiles(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    source = render.typst_source(as_notebook([Section([head(), *map(Paragraph, texts)])]), "zh")
    assert render.pdf(source, tmp_path_factory.mktemp("any")).startswith(b"%PDF-")
