"""The pages beside "now" as a reader meets them: next 24 hours, trace, burden, index, method."""

from __future__ import annotations

from typing import Any

import pytest
from test_dashboard import OVERFLOW, PAGE, TEXTS
from ui_reader import Reader

pytestmark = pytest.mark.ui

NAMES_WITHOUT_ENGLISH = ("化学原料制造",)  # an industry, as the register of enterprises writes it
OTHERS = ("next", "trace", "burden", "index", "method")
TITLES = {
    "next": "未来24小时",
    "trace": "溯源",
    "burden": "疾病负担",
    "index": "环境友好指数",
    "method": "方法与数据",
}


def fits(page: Any) -> None:
    """Wait until nothing reaches beyond the window: charts take their width a moment after the page is there."""
    page.wait_for_function(f"({OVERFLOW})().length === 0", timeout=20_000)


@pytest.mark.parametrize("page", OTHERS)
def test_each_page_answers_in_a_sentence(reader: Reader, page: str) -> None:
    reader.open(f"{PAGE}?page={page}&lang=zh")
    assert reader.page.get_by_text(TITLES[page]).first.is_visible()
    heading = reader.page.get_by_role("heading", level=1).inner_text()
    assert len(heading) > 15 and any("\u4e00" <= c <= "\u9fff" for c in heading)
    # Nothing a model wrote may reach the reader as a raw name or an unfilled field.
    assert "{" not in heading and "nan" not in heading.lower()
    fits(reader.page)


@pytest.mark.parametrize("page", OTHERS)
def test_each_page_fits_a_phone_and_is_english_throughout(browser: Any, server: str, page: str) -> None:
    window = Reader(browser, server, 390, 844)
    window.open(f"{PAGE}?page={page}&lang=en")
    texts = window.page.evaluate(TEXTS)
    chinese = {t.strip() for t in texts if any("\u4e00" <= c <= "\u9fff" for c in t)}
    assert chinese <= {"中文", *NAMES_WITHOUT_ENGLISH}, chinese
    fits(window.page)
    window.close()


def test_the_bar_of_a_phone_holds_every_button(browser: Any, server: str) -> None:
    window = Reader(browser, server, 390, 844)
    window.open(f"{PAGE}?page=next&lang=zh")
    box = window.page.get_by_role("button", name="模型").first.bounding_box()
    assert box is not None and box["x"] + box["width"] <= 390
    window.close()


def test_the_rail_leads_from_page_to_page(reader: Reader) -> None:
    reader.open(f"{PAGE}?lang=en&theme=dark")
    reader.page.get_by_role("link", name="Method and data").click()
    reader.page.wait_for_url("**page=method**")
    reader.page.get_by_text("Forecast skill").first.wait_for()
    assert "lang=en" in reader.page.url and "theme=dark" in reader.page.url


def test_another_threshold_is_kept_in_the_address(reader: Reader) -> None:
    reader.open(f"{PAGE}?page=next&lang=en")
    reader.page.get_by_role("radio", name="Moderate").click()
    reader.page.wait_for_url("**band=moderate**")
    reader.page.get_by_text("probability of Moderate or worse").first.wait_for()


def test_the_plume_opens_at_the_alarm_and_moves(reader: Reader) -> None:
    reader.open(f"{PAGE}?page=trace&lang=en")
    first = reader.model("raster", "m.data.value[0].reduce((s, v) => s + (Number.isFinite(v) ? v : 0), 0)")
    assert first > 0
    reader.page.get_by_role("slider").first.focus()
    reader.page.keyboard.press("ArrowRight")
    reader.page.wait_for_url("**step=**")
    reader.wait_model(
        "raster",
        f"Math.abs(m.data.value[0].reduce((s, v) => s + (Number.isFinite(v) ? v : 0), 0) - {first}) > 1e-3",
    )


def test_lists_of_a_trace(reader: Reader) -> None:
    reader.open(f"{PAGE}?page=trace&lang=en")
    reader.page.get_by_role("radio", name="Arrival").first.click()
    reader.page.wait_for_url("**list=arrival**")
    reader.page.get_by_role("option", name="Panyu").first.wait_for()


def test_a_weight_changes_the_index_at_once(reader: Reader) -> None:
    reader.open(f"{PAGE}?page=index&lang=en")
    before = reader.page.get_by_role("heading", level=1).inner_text()  # the index rises where the air is best
    slider = reader.page.get_by_role("slider").first
    slider.focus()
    for _ in range(6):
        reader.page.keyboard.press("ArrowRight")
    reader.page.wait_for_url("**weights=**")
    reader.page.wait_for_function(
        "(before) => { const find = (root) => { for (const e of root.querySelectorAll('*')) {"
        " if (e.tagName === 'H1') return e.innerText; const f = e.shadowRoot && find(e.shadowRoot); if (f) return f; }"
        " return null; }; return find(document) !== before; }",
        arg=before,
        timeout=20_000,
    )


def test_the_burden_is_told_and_drawn(reader: Reader) -> None:
    reader.open(f"{PAGE}?page=burden&lang=en")
    assert reader.model("cause_chart_bars", "m.data.name.length") > 1
    assert "deaths a year" in reader.page.get_by_role("heading", level=1).inner_text()


def test_a_cell_opens_what_its_grade_rests_on(reader: Reader) -> None:
    reader.open(f"{PAGE}?page=now&lang=en&layer=grade_overall")
    canvas = reader.page.locator(".bk-Canvas").first
    canvas.click(position={"x": 330, "y": 300})
    reader.page.get_by_text("What the grades of this cell rest on").wait_for(timeout=20_000)
    reader.page.wait_for_url("**cell=**")
    reader.page.get_by_role("button", name="Close").click()
