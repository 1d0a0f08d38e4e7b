"""The HTML: one file that asks nothing, in the right language, with its own font, links and alternative texts."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import pytest
from fontTools.ttLib import TTFont

from gzeco_lib.briefing import render
from gzeco_lib.briefing.health_research.declaration import HealthResearch
from gzeco_lib.briefing.health_research.report import Report


@pytest.fixture(scope="module")
def sheets(notebooks) -> dict[str, str]:
    return {lang: render.html(notebooks(lang), lang) for lang in ("zh", "en")}


class Seen(HTMLParser):
    """Ids, addresses and texts of a page, and tags left open."""

    VOID = ("meta", "link", "img", "br", "hr", "input")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "xlink:href", "srcset", "action"):
                self.addresses.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.text += data


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_asks_nothing_of_anybody(sheets: dict[str, str], lang: str) -> None:
    seen = Seen(sheets[lang])
    assert seen.open == []
    assert all(a.startswith(("#", "data:")) for a in seen.addresses)
    assert not {"script", "link", "iframe", "img"} & set(seen.tags)
    style = "".join(re.findall(r"<style>(.*?)</style>", sheets[lang], re.S))
    assert all(a.startswith(("data:", "#")) for a in re.findall(r"url\(['\"]?([^'\")]+)", style))
    assert "@import" not in style


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_language_and_contents(sheets: dict[str, str], lang: str) -> None:
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in sheets[lang]
    seen = Seen(sheets[lang])
    links = [
        a[1:]
        for a in seen.addresses
        if a.startswith("#") and not a.startswith(("#outlook-", "#riskmap-", "#skill-"))
    ]
    assert {"situation", "map", "outlook", "stations", "districts", "sources", "capture", "skill"} <= set(
        links
    )
    assert set(links) <= set(seen.ids)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_ids_are_unique(sheets: dict[str, str], lang: str) -> None:
    ids = Seen(sheets[lang]).ids
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_font_inside_covers_every_character(sheets: dict[str, str], lang: str) -> None:
    found = re.search(r"data:font/woff2;base64,([A-Za-z0-9+/=]+)", sheets[lang])
    assert found
    known = set(TTFont(io.BytesIO(base64.b64decode(found[1]))).getBestCmap())
    used = {ord(c) for c in Seen(sheets[lang]).text if not c.isspace()}
    assert used <= known, [chr(c) for c in used - known]


def test_figures_have_words_for_those_who_do_not_see(sheets: dict[str, str]) -> None:
    alts = re.findall(r'role="img" aria-label="([^"]+)"', sheets["zh"])
    assert len(alts) == 4
    assert all("。" in alt and len(alt) > 20 for alt in alts)


def test_tables_have_scopes_and_captions(sheets: dict[str, str]) -> None:
    page = sheets["zh"]
    assert page.count("<table>") == page.count('<figure class="table"><figcaption>') == 7
    assert page.count('<th scope="col"') > 40
    assert '<th scope="row"' in page


def test_english_page_says_no_chinese_but_names_without_english(sheets: dict[str, str]) -> None:
    text = Seen(sheets["en"]).text
    assert not re.findall("[\u4e00-\u9fff]", text.replace("测站", ""))


def test_generated_data_are_called_so(outcome, sheets: dict[str, str]) -> None:
    report = Report(outcome, HealthResearch(language="zh"), generated=True)
    assert "并非实际监测结果" in report.first_page().html()
    assert "并非实际监测结果" not in sheets["zh"]
