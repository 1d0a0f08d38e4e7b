"""The PDF: A4, Chinese text, embedded free fonts, page furniture, tables that go on over pages."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator

import pdfplumber
import pytest
from conftest import CODES, reported
from pdfminer.pdftypes import resolve1

from gzeco_lib.briefing import render


@pytest.fixture(scope="module")
def papers(notebooks, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("pdf")
    return {lang: render.pdf(render.typst_source(notebooks(lang), lang), folder) for lang in ("zh", "en")}


def pages(content: bytes) -> list[str]:
    with pdfplumber.open(io.BytesIO(content)) as document:
        return [unicodedata.normalize("NFKC", page.extract_text() or "") for page in document.pages]


def fonts(content: bytes) -> Iterator[tuple[str, bool]]:
    """Base font and whether its outlines are in the file, for each font of each page."""
    with pdfplumber.open(io.BytesIO(content)) as document:
        for page in document.pages:
            for reference in (resolve1(page.page_obj.resources).get("Font") or {}).values():
                font = resolve1(reference)
                inner = resolve1(resolve1(font["DescendantFonts"])[0]) if "DescendantFonts" in font else font
                described = resolve1(inner["FontDescriptor"])
                held = any(key in described for key in ("FontFile", "FontFile2", "FontFile3"))
                yield str(inner["BaseFont"].name), held


def test_the_text_holds_the_city_and_its_districts(papers: dict[str, bytes]) -> None:
    text = "".join(pages(papers["zh"]))
    for word in ("广州市生态环境局", "环境健康研究简报", "天河区", "从化区", "超额风险"):
        assert word in text
    assert "Guangzhou" in "".join(pages(papers["en"]))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_font_is_embedded_and_free(papers: dict[str, bytes], lang: str) -> None:
    found = set(fonts(papers[lang]))
    assert found
    assert all(embedded for _name, embedded in found)
    assert all(
        "NotoSansCJKsc" in name or "NotoSerifCJKsc" in name or "NewCMMath" in name for name, _e in found
    )


def test_pages_are_a4_and_numbered(papers: dict[str, bytes]) -> None:
    with pdfplumber.open(io.BytesIO(papers["zh"])) as document:
        assert {(round(p.width), round(p.height)) for p in document.pages} == {(595, 842)}
        assert document.metadata["Title"] == "环境健康研究简报"
    texts = ["".join(text.split()) for text in pages(papers["zh"])]
    for i, text in enumerate(texts):
        assert f"第{i + 1}页/共{len(texts)}页" in text
    assert "Page 2 of" in pages(papers["en"])[1]


def test_running_head_from_the_second_page_on(papers: dict[str, bytes]) -> None:
    heads = ["".join(text.split("\n")[0].split()) for text in pages(papers["zh"])]
    assert all(head == "广州市生态环境局环境健康研究简报·2024年12月15日08:00" for head in heads[1:])
    assert heads[0] == "广州市生态环境局"


def test_contents_name_each_section_with_its_page(papers: dict[str, bytes]) -> None:
    texts = ["".join(text.split()) for text in pages(papers["zh"])]
    listed = re.findall(r"([一二三四五六七八九十]+、[^.]+?)\.{3,}(\d+)", texts[0])
    numbers = "一二三四五六七八九十"
    order = sorted(listed, key=lambda one: (len(one[0].partition("、")[0]), numbers.index(one[0][0])))
    assert [name.partition("、")[2] for name, _page in order][:3] == [
        "总体情况",
        "与上期简报相比",
        "风险分布",
    ]
    assert len(listed) == 20
    for name, page in listed:
        assert texts[int(page) - 1].count(name) == (2 if page == "1" else 1), name


def test_a_long_table_repeats_its_head_and_says_so(outcome, tmp_path) -> None:
    content = render.pdf(render.typst_source(reported(outcome, "zh", top_sources=30), "zh"), tmp_path)
    broken = [text for text in pages(content) if "续表" in text]
    assert broken
    # The head stands again at the top of the page, above the first row that goes on.
    assert all(text.index("续表") < 120 for text in broken[:1])
    assert any("企业名称" in text for text in broken)


def test_figures_and_tables_are_numbered_in_order_without_gaps(notebooks) -> None:
    source = render.typst_source(notebooks("zh"), "zh")
    for kind in ("图", "表"):
        numbers = re.findall(rf'^#gz-(?:figure|table)\((?:true, |false, )?"{kind} (\d+)"', source, re.M)
        assert numbers == [str(n + 1) for n in range(len(numbers))]
        assert len(numbers) >= 3


def test_units_stand_in_the_heads(papers: dict[str, bytes]) -> None:
    text = "".join(pages(papers["en"]))
    assert "µg/m" in text or "μg/m" in text
    assert all(code in text for code in CODES)
