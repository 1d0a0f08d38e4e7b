"""Cards, states, sheets, fonts and the state in the address."""

from __future__ import annotations

import io
import re

import numpy as np
import openpyxl
import pandas as pd
import param
import pytest

from gzeco_lib.views import cards, fonts, states, tables, theme
from gzeco_lib.views.maps import Scale, legend
from gzeco_lib.views.view_state import ViewState
from gzeco_lib.views.words import catalogue


def test_a_card_escapes_what_it_shows() -> None:
    shown = cards.Card("<b>x</b>", "1", "%", "a & b").html()
    assert "&lt;b&gt;x" in shown and "a &amp; b" in shown and "<b>x" not in shown


def test_six_cards_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 5"):
        cards.cards([cards.Card("x", "1")] * 6)


def test_a_sparkline_leaves_gaps_open_and_dashes_the_forecast() -> None:
    drawn = cards.sparkline([1, 2, np.nan, 3, 4, 5], now=3)
    past, ahead = re.findall(r'd="(M[^"]+)"[^>]*stroke-width="1.6"', drawn)
    assert past.count("M") == 2 and ahead.count("M") == 1
    assert "stroke-dasharray" in drawn
    assert cards.sparkline([np.nan, 1.0]) == ""


def test_a_constant_series_is_drawn() -> None:
    assert "nan" not in cards.sparkline([5, 5, 5])


@pytest.mark.parametrize("kind", ["loading", "empty", "stale", "note", "failed"])
def test_a_state_says_what_is_the_case_and_what_to_do(kind: str) -> None:
    shown = states.state(kind, "what", "next", "place <1>")
    assert all(part in shown for part in ("what", "next", "place &lt;1&gt;", f"state panel {kind}"))
    assert ('role="alert"' in shown) == (kind == "failed")


def test_an_unknown_state_is_refused() -> None:
    with pytest.raises(KeyError):
        states.state("odd", "what")


def sheet() -> tables.Sheet:
    frame = pd.DataFrame(
        {
            "time": [pd.Timestamp("2024-12-14T23:00Z"), pd.Timestamp("2024-12-15T00:00Z")],
            "name": ["=1+1", "番禺"],
            "value": [1234.567, np.nan],
        }
    )
    columns = [
        tables.Column("time", "时间", time=True),
        tables.Column("name", "名称"),
        tables.Column("value", "浓度", "µg/m³", 1),
    ]
    return tables.Sheet("表/一", columns, frame)


def test_a_sheet_is_shown_in_local_time_with_units_in_the_header() -> None:
    columns, rows = sheet().shown()
    assert columns[2] == {"label": "浓度", "unit": "µg/m³", "numeric": True}
    assert rows[0] == [("2024-12-15 07:00", "2024-12-15 07:00"), ("=1+1", "=1+1"), ("1,234.6", 1234.567)]
    assert rows[1][2] == ("—", None)


def test_csv_opens_in_excel_and_runs_no_formula() -> None:
    content = tables.csv(sheet())
    assert content.startswith(b"\xef\xbb\xbf")
    back = pd.read_csv(io.BytesIO(content))
    assert list(back.columns) == ["时间", "名称", "浓度 [µg/m³]"]
    assert back["名称"][0] == "'=1+1" and back["浓度 [µg/m³]"][0] == 1234.567


def test_a_workbook_holds_every_sheet() -> None:
    book = openpyxl.load_workbook(io.BytesIO(tables.xlsx([sheet(), sheet()])))
    assert book.sheetnames == ["1 表 一", "2 表 一"]
    page = book["1 表 一"]
    assert page.freeze_panes == "A2" and page["A2"].value == pd.Timestamp("2024-12-15 07:00")
    assert page["B2"].value == "'=1+1" and page["B2"].data_type == "s"


def test_the_scale_and_its_legend_agree() -> None:
    scale = Scale("Risk", "%", theme.SEQUENTIAL, 3.0, 12.0)
    assert scale.colour(3.0) == theme.SEQUENTIAL[0] and scale.colour(99) == theme.SEQUENTIAL[-1]
    assert scale.colour(float("nan")) == theme.MISSING
    shown = legend(scale, "none")
    assert all(f"<span>{tick}</span>" in shown for tick in (3, 6, 9, 12)) and "Risk [%]" in shown


class Page(ViewState):
    hour = param.Integer(default=0, bounds=(0, 24))


def test_an_address_is_believed_only_as_far_as_it_fits() -> None:
    state = Page.from_query({"lang": "en", "hour": "6", "theme": "pink", "at": "<script>", "other": 1})
    assert (state.lang, state.hour, state.theme, state.at) == ("en", 6, "default", "")
    assert Page.from_query({"hour": "99"}).hour == 0 and Page.from_query({"hour": "x"}).hour == 0


def test_the_address_holds_what_differs_and_gives_it_back() -> None:
    state = Page.from_query({"lang": "en", "hour": 7, "at": "2024-12-15T08:00+08:00"})
    assert state.query() == {"lang": "en", "hour": 7, "at": "2024-12-15T08:00+08:00"}
    assert Page.from_query(state.query()).query() == state.query()


def test_two_sessions_do_not_share_their_state() -> None:
    one, other = Page.from_query({}), Page.from_query({})
    one.hour = 5
    assert other.hour == 0


def test_fonts_cover_the_catalogue_once() -> None:
    everyday, rare = fonts.cuts()
    assert not everyday.characters & rare.characters
    used = {c for text in catalogue("zh").values() for c in text if ord(c) > 0x7F}
    assert not used - everyday.characters - rare.characters - {fonts.FULL_WIDTH_MINUS}
    assert len(everyday.characters) > 3755 and "禺" in everyday.characters


def test_ranges_name_exactly_the_characters() -> None:
    cut = fonts.Cut("x", frozenset("abcx中"))
    assert cut.unicode_range == "U+61-63,U+78,U+4E2D"


def test_a_cut_font_draws_its_characters(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from fontTools.ttLib import TTFont

    small = fonts.Cut("small", frozenset("广州 AQI36"))
    monkeypatch.setattr(fonts, "cuts", lambda: (small,))
    folder = fonts.made(tmp_path)
    font = TTFont(folder / small.file)
    assert {chr(c) for c in font.getBestCmap()} == set(small.characters)
    assert not list(tmp_path.glob("*.part")) and "Noto Sans CJK" in str(font["name"].getDebugName(1))
