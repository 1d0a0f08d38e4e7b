"""The dashboard as a reader meets it: in a browser, without any network but this machine."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from ui_reader import READY, Reader

pytestmark = pytest.mark.ui

PAGE = "environmental_health"
# Whether anything inside the shadow roots reaches beyond the window and makes it scroll sideways.
TEXTS = """() => {
  const out = [];
  const walk = (root) => { for (const node of root.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) out.push(node.data);
    else if (node.nodeType === Node.ELEMENT_NODE && !["STYLE", "SCRIPT"].includes(node.tagName)) {
      walk(node);
      if (node.shadowRoot) walk(node.shadowRoot);
    }
  } };
  walk(document.body);
  return out;
}"""
OVERFLOW = """() => {
  const wide = [];
  const walk = (root) => { for (const e of root.children) {
    const scrolls = ["auto", "scroll"].includes(getComputedStyle(e).overflowX);
    if (e.classList.contains("main-content") && scrolls && e.scrollWidth > e.clientWidth + 1) wide.push(e.className);
    walk(e); if (e.shadowRoot) walk(e.shadowRoot);
  } };
  walk(document.body);
  if (document.documentElement.scrollWidth > innerWidth) wide.push("document");
  return wide;
}"""


def test_first_view_in_chinese_is_quick_and_complete(reader: Reader) -> None:
    reader.open(f"{PAGE}?lang=zh")
    warm = min(reader.open(f"{PAGE}?lang=zh") for _ in range(2))
    assert warm < 5, f"first view took {warm:.1f} s"
    page = reader.page
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.get_by_role("heading", level=1).inner_text().startswith("12-15 07:00")
    for words in ("全市 AQI", "风险最高的区", "番禺区", "数据截至 2024-12-15 07:00"):
        assert page.get_by_text(words).first.is_visible()
    loaded = page.evaluate("[...document.fonts].filter((f) => f.status === 'loaded').map((f) => f.family)")
    assert any("Noto Sans SC" in family for family in loaded)
    assert reader.model("raster", "m.data.image[0].length") > 1000
    assert reader.model("forecast", "m.data.time.length") == 25


def test_english_has_no_chinese_but_names_of_languages(reader: Reader) -> None:
    reader.open(f"{PAGE}?lang=en")
    assert reader.page.evaluate("document.documentElement.lang") == "en"
    texts = reader.page.evaluate(TEXTS)
    chinese = {t.strip() for t in texts if any("\u4e00" <= c <= "\u9fff" for c in t)}
    assert chinese <= {"中文"}


def test_the_language_switch_keeps_the_view(reader: Reader) -> None:
    reader.open(f"{PAGE}?lang=zh&hour=5&layer=aqi")
    reader.page.get_by_role("link", name="English").click()
    reader.page.wait_for_url("**lang=en**")
    reader.page.wait_for_function(
        "document.documentElement.dataset.ready === 'true' && document.documentElement.lang === 'en'"
    )
    assert "hour=5" in reader.page.url and "layer=aqi" in reader.page.url


def test_moving_through_time_changes_map_and_address(reader: Reader) -> None:
    reader.open(f"{PAGE}?lang=en")
    first = reader.model("raster", "m.data.value[0].find(Number.isFinite)")
    reader.page.get_by_role("slider").focus()
    for _ in range(3):
        reader.page.keyboard.press("ArrowRight")
    reader.wait_model("raster", f"Math.abs(m.data.value[0].find(Number.isFinite) - {first}) > 0.2")
    reader.page.wait_for_url("**hour=3**")
    assert reader.page.get_by_text("2024-12-15 10:00 (in 3 h)").is_visible()


def test_playing_moves_on_and_stops(reader: Reader) -> None:
    reader.open(f"{PAGE}?lang=en")
    reader.page.get_by_role("button", name="Play").click()
    reader.page.wait_for_url("**hour=2**", timeout=20_000)
    reader.page.get_by_role("button", name="Pause").click()
    reader.page.get_by_role("button", name="Play").wait_for()


def test_a_link_shows_what_was_seen(reader: Reader) -> None:
    reader.open(f"{PAGE}?lang=en&hour=6&layer=PM2.5&station=gz02&pollutant=O3&list=station")
    page = reader.page
    page.get_by_text("2024-12-15 13:00 (in 6 h)").wait_for()
    page.get_by_role("radio", name="PM2.5", checked=True).wait_for()
    page.get_by_role("option", name="Panyu School", selected=True).wait_for()
    page.get_by_text("Past 48 h and forecast: Panyu School").wait_for()
    reader.wait_model("chosen_point", "m.data.x.length === 1")
    assert reader.model("chosen_point", "m.data.x.length") == 1
    # O3 of gz02 is 31 now (30 + 1)
    assert reader.model("history", "m.data.value[m.data.value.length - 1]") == pytest.approx(31)


def test_choosing_in_the_list_marks_map_chart_and_table(reader: Reader) -> None:
    reader.open(f"{PAGE}?lang=en")
    reader.page.get_by_role("option", name="Conghua").click()
    reader.wait_model("chosen_district", "m.data.xs.length === 1")
    reader.page.get_by_text("Past 48 h and forecast: Conghua").wait_for()
    reader.page.get_by_role("radio", name="Data capture").click()
    reader.page.get_by_role("columnheader", name="Flagged rows, 30 days").wait_for()
    reader.page.wait_for_url("**station=440117**")


def test_the_table_can_be_taken_away(reader: Reader) -> None:
    reader.open(f"{PAGE}?lang=zh")
    with reader.page.expect_download() as waiting:
        reader.page.get_by_text("下载 CSV").click()
    rows = list(csv.reader(io.StringIO(waiting.value.path().read_text(encoding="utf-8-sig"))))
    assert rows[0][:2] == ["时间", "类型"] and len(rows) == 74
    with reader.page.expect_download() as picture:
        reader.page.get_by_text("图表存为 PNG").click()
    assert picture.value.path().read_bytes().startswith(b"\x89PNG")


def test_dark_colours_reach_page_map_and_address(reader: Reader) -> None:
    reader.open(f"{PAGE}?lang=en")
    light = reader.page.evaluate("getComputedStyle(document.body).backgroundColor")
    reader.page.get_by_role("button", name="Dark colours").click()
    reader.page.wait_for_url("**theme=dark**")
    assert reader.page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    reader.open(f"{PAGE}?lang=en&theme=dark")
    assert reader.page.evaluate("document.body.className") == "gz-dark"


def test_the_drawer_holds_the_declaration_and_its_provenance(reader: Reader) -> None:
    reader.open(f"{PAGE}?lang=en")
    reader.page.get_by_role("button", name="Model").click()
    for words in ("Forecast horizon", "Save as YAML", "Provenance"):
        reader.page.get_by_text(words).first.wait_for()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_nothing_makes_the_page_scroll_sideways(
    browser: Any, server: str, width: int, height: int, lang: str
) -> None:
    window = Reader(browser, server, width, height)
    window.open(f"{PAGE}?lang={lang}")
    assert window.page.evaluate(OVERFLOW) == []
    window.close()


@pytest.mark.parametrize("width", [1366, 390])
def test_the_map_keeps_its_proportions(browser: Any, server: str, width: int) -> None:
    window = Reader(browser, server, width, 800)
    window.open(f"{PAGE}?lang=en")
    across = window.model("city_map", "(m.x_range.end - m.x_range.start) / m.inner_width")
    up = window.model("city_map", "(m.y_range.end - m.y_range.start) / m.inner_height")
    assert across == pytest.approx(up, rel=0.02)  # metres a pixel, east and north
    window.close()


def test_no_outcome_looks_designed_and_says_what_to_do(reader: Reader) -> None:
    reader.open(f"{PAGE}?lang=zh&at=2001-01-01T00:00Z")
    reader.page.get_by_text("尚无该模型的运行结果").wait_for()
    assert reader.page.get_by_role("button", name="运行模型").first.is_visible()


def test_a_run_that_cannot_be_made_is_told(reader: Reader) -> None:
    reader.open(f"{PAGE}?lang=en&at=2001-01-01T00:00Z")
    reader.page.get_by_role("button", name="Run the model").first.click()
    reader.page.get_by_role("alert").first.wait_for(timeout=60_000)


def test_a_wrong_address_is_told(reader: Reader) -> None:
    reader.open(f"{PAGE}?lang=en&at=99-99")
    reader.page.get_by_text("is not a time").wait_for()


def test_old_data_are_called_old(reader: Reader) -> None:
    reader.open(f"{PAGE}?lang=en")
    reader.page.get_by_text("These are not the newest hours").wait_for()


def test_the_index_leads_to_every_page(reader: Reader) -> None:
    reader.page.goto(reader.base + "?lang=en")
    assert reader.page.get_by_text("Newest outcome: 2024-12-15 08:00").is_visible()
    reader.page.get_by_role("link", name="Briefing runs").click()
    reader.page.wait_for_function(READY)
    reader.page.get_by_text("No briefing has run yet.").wait_for()
